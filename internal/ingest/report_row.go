package ingest

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/ingest/xlsx"
	"tenderbatch/internal/tender"
)

// instruction reads the row in hand into an instruction, or says everything that
// is wrong with it.
func (s *sheet) instruction(row *xlsx.Row) {
	s.report.Rows++
	if s.first == 0 {
		s.first = row.Number
	}
	s.last = row.Number
	in := tender.Instruction{
		Depositary: s.depositary.Name,
		Source:     tender.Source{File: s.report.File, Sheet: s.report.Sheet, Row: row.Number},
	}
	s.id, s.bad = "", false
	s.current = in.Source
	s.id = s.identifier(colInstruction, ruleInstruction)
	in.ID = s.id
	series := s.security(&in)
	in.Principal = s.principal(series)
	in.Received = s.received()
	in.Participant = s.identifier(colParticipant, ruleParticipant)
	s.currency(series)
	in.Status = s.status()
	s.withdrawal(&in)
	in.Delivery = s.delivery()
	s.cover(&in)
	in.Waived = s.denomination(series, in.Principal)
	in.ParticipantName = s.copied(colParticipantName)
	in.HolderReference = s.copied(colHolderReference)
	in.Contact = s.copied(colContact)
	s.addPrincipal(row.Number, series, in.Status)
	l := line{instruction: in, digest: rowDigest(row)}
	if s.bad {
		l = line{tender.Instruction{ID: in.ID, Source: in.Source}, l.digest, rejected}
		s.refuse(row.Number)
	}
	if len(s.lines) == cap(s.lines) {
		s.lines = slices.Grow(s.lines, len(s.lines)+256) // append alone would copy long reports many times
	}
	s.lines = append(s.lines, l)
}

// rowDigest is the same for rows that have the same cells.
func rowDigest(row *xlsx.Row) [32]byte {
	var buf [512]byte
	b := buf[:0]
	for i := range row.Cells {
		c := &row.Cells[i]
		if c.Kind == xlsx.Blank && !c.Formula {
			continue
		}
		formula := byte(0)
		if c.Formula {
			formula = 1
		}
		b = binary.AppendUvarint(b, uint64(c.Col))
		b = append(b, byte(c.Kind), formula)
		b = binary.AppendUvarint(b, uint64(len(c.Text)))
		b = append(b, c.Text...)
	}
	return sha256.Sum256(b)
}

// say records a finding about a cell of the row in hand.
func (s *sheet) say(c column, f *finding, standing tender.Standing, waived string) {
	reject := tender.Reject{
		Source: s.current, Depositary: s.depositary.Name, Instruction: s.id,
		Column: copied(s.layout.heading(c)), Rule: f.rule, Message: f.message, Advice: f.advice,
		Standing: standing, Waived: waived,
	}
	if at := s.layout.position(c); at >= 0 {
		reject.Cell = xlsx.CellName(at, s.current.Row)
	}
	if cell := s.cells[c]; cell != nil {
		reject.Value = shortened(copied(string(cell.Text)))
	}
	s.rejects = append(s.rejects, reject)
}

// reject records a fault of the row in hand.
func (s *sheet) reject(c column, f *finding) {
	s.bad = true
	s.say(c, f, tender.StandingRejected, "")
}

// text is the text of a cell from which something is decided, "" if it is blank.
// It is false for a cell that cannot be used, which is then rejected.
func (s *sheet) text(c column) (string, bool) {
	cell := s.cells[c]
	if cell == nil {
		return "", true
	}
	text := trim(string(cell.Text))
	switch {
	case cell.Formula && cell.Kind == xlsx.Blank:
		s.reject(c, &finding{ruleFormula, "the cell holds a formula that was never computed", "paste the column as values"})
	case cell.Formula:
		s.reject(c, &finding{ruleFormula, "the cell holds a formula, whose stored value may be out of date", "paste the column as values"})
	case cell.Kind == xlsx.Text && strings.HasPrefix(text, "="):
		s.reject(c, &finding{ruleFormula, "the text is a formula", "paste the column as values"})
	case cell.Kind == xlsx.Error:
		s.reject(c, &finding{ruleErrorValue, "the cell shows an error", "ask the depositary for the value"})
	case cell.Kind == xlsx.Bool:
		s.reject(c, &finding{ruleErrorValue, "the cell holds TRUE or FALSE", "ask the depositary for the value"})
	default:
		return text, true
	}
	return "", false
}

// required is the text of a cell that must not be blank.
func (s *sheet) required(c column, rule string) (string, bool) {
	text, ok := s.text(c)
	if ok && text == "" {
		s.reject(c, &finding{rule, "the cell is blank", "ask the depositary for the " + strings.ReplaceAll(headings[c].name, "_", " ")})
		return "", false
	}
	return text, ok
}

// kind is the kind of a cell that is not blank.
func (s *sheet) kind(c column) xlsx.Kind { return s.cells[c].Kind }

// identifier reads an instruction or participant number. Text is kept with its
// zeros; a number is read by its digits.
func (s *sheet) identifier(c column, rule string) string {
	text, ok := s.required(c, ruleMissing)
	if !ok {
		return ""
	}
	id, wrong := readIdentifier(s.cells[c], text, rule)
	if wrong != nil {
		s.reject(c, wrong)
	}
	return id
}

func readIdentifier(cell *xlsx.Cell, text, rule string) (string, *finding) {
	const advice = "ask the depositary for the number, in a column formatted as text"
	if cell.Kind == xlsx.Text {
		if strings.ContainsAny(text, ".,+") && exponentForm.MatchString(text) {
			return "", &finding{rule, "the number is written with an exponent, so digits are missing", advice}
		}
		return copied(text), nil
	}
	if cell.Format == xlsx.DateTime {
		return "", &finding{rule, "the cell is formatted as a date; a spreadsheet may have made one of the number", advice}
	}
	n, ok := parseNumber(text)
	if !ok || n.negative || n.exp < 0 || n.magnitude() > maxDigits {
		return "", &finding{rule, fmt.Sprintf("the number is no whole number of at most %d digits", maxDigits), advice}
	}
	return n.decimal().String(), nil
}

// security reads the CUSIP or ISIN and returns the position of its series, -1 if
// it is not known.
func (s *sheet) security(in *tender.Instruction) (series int) {
	text, ok := s.required(colSecurity, ruleMissing)
	if !ok {
		return -1
	}
	id, series, remark, wrong := s.securities.read(s.kind(colSecurity), text)
	if wrong != nil {
		s.reject(colSecurity, wrong)
		return -1
	}
	if remark != nil {
		s.say(colSecurity, remark, tender.StandingFlagged, "")
	}
	in.Security, in.Series = id, s.offer.Series[series].ID
	return series
}

// principal reads the principal, in whole currency units; zero if it cannot be
// read.
func (s *sheet) principal(series int) decimal.Decimal {
	text, ok := s.required(colPrincipal, ruleMissing)
	if !ok {
		return decimal.Zero
	}
	amount, mark, wrong := readPrincipal(s.cells[colPrincipal], text)
	if wrong == nil && amount.Sign() <= 0 {
		wrong = &finding{rulePrincipalPositive, "the principal is not above zero", "ask the depositary for the principal tendered"}
	}
	if wrong != nil {
		s.reject(colPrincipal, wrong)
		return decimal.Zero
	}
	if series < 0 {
		return amount
	}
	currency := s.offer.Series[series].Currency
	if mark != "" && !markFits(mark, currency) {
		s.reject(colPrincipal, wrongCurrency(mark, s.offer.Series[series]))
	}
	if places, known := tender.MinorUnits(currency); known && amount.Exponent() < -places {
		s.reject(colPrincipal, &finding{ruleMinorUnit, fmt.Sprintf("the principal has more decimals than %s has (%d)", currency, places),
			"ask the depositary for the principal tendered"})
	}
	return amount
}

func readPrincipal(cell *xlsx.Cell, text string) (amount decimal.Decimal, mark string, wrong *finding) {
	const advice = "enter the principal as a number"
	switch {
	case cell.Kind == xlsx.Text:
		return textAmount(text)
	case cell.Format == xlsx.Percent:
		return decimal.Zero, "", &finding{rulePrincipal, "the cell is formatted as a percentage", advice}
	case cell.Format == xlsx.DateTime:
		return decimal.Zero, "", &finding{rulePrincipal, "the cell is formatted as a date", advice}
	}
	amount, wrong = numberAmount(text)
	return amount, "", wrong
}

func wrongCurrency(found string, series tender.Series) *finding {
	return &finding{ruleCurrency, fmt.Sprintf("the currency is %s, but series %s is in %s", found, series.ID, series.Currency),
		"correct the security or the currency with the depositary"}
}

// currency checks the currency column, where there is one and it is filled.
func (s *sheet) currency(series int) {
	text, ok := s.text(colCurrency)
	if !ok || text == "" || series < 0 {
		return
	}
	if !markFits(strings.ToUpper(text), s.offer.Series[series].Currency) {
		s.reject(colCurrency, wrongCurrency(quote(text), s.offer.Series[series]))
	}
}

// denomination checks the principal against the denomination of its series and
// returns the waivers that were needed.
func (s *sheet) denomination(series int, principal decimal.Decimal) (used []tender.Waiver) {
	if series < 0 || principal.Sign() <= 0 {
		return nil
	}
	d := s.offer.Series[series].Denomination
	if d.Multiple.Sign() > 0 && !isMultiple(principal, d.Multiple) {
		used = s.waivable(used, &finding{ruleMultiple, fmt.Sprintf("%s is not a multiple of %s", principal, d.Multiple),
			"ask the depositary for the principal tendered, or waive it in the offer"})
	}
	if principal.LessThan(d.Minimum) {
		used = s.waivable(used, &finding{ruleMinimum, fmt.Sprintf("%s is below the minimum denomination of %s", principal, d.Minimum),
			"ask the depositary for the principal tendered, or waive it in the offer"})
	}
	return used
}

func isMultiple(principal, multiple decimal.Decimal) bool {
	if principal.Exponent() == 0 && multiple.Exponent() == 0 && multiple.IsInteger() {
		if m := multiple.IntPart(); m > 0 && multiple.Equal(decimal.NewFromInt(m)) {
			return principal.IntPart()%m == 0
		}
	}
	return principal.Mod(multiple).IsZero()
}

// waivable records a fault that the offer may waive for this instruction.
func (s *sheet) waivable(used []tender.Waiver, f *finding) []tender.Waiver {
	for _, w := range s.offer.Waivers {
		if w.Rule != f.rule || s.id == "" || w.Instruction != s.id || w.Depositary != "" && w.Depositary != s.depositary.Name {
			continue
		}
		s.say(colPrincipal, f, tender.StandingFlagged, fmt.Sprintf("by %s on %s", w.By, w.On))
		return append(used, w)
	}
	s.reject(colPrincipal, f)
	return used
}

// status reads what the depositary says of the tender. Without a column for it,
// all are tendered.
func (s *sheet) status() tender.Status {
	if !s.layout.has(colStatus) {
		return tender.Tendered
	}
	text, ok := s.text(colStatus)
	if !ok {
		return ""
	}
	if status, ok := s.statuses[strings.ToUpper(text)]; ok && text != "" {
		return status
	}
	s.reject(colStatus, unknownStatus(text, s.depositary))
	return ""
}

// delivery reads how the notes are delivered. Rows say it in the same few words,
// so each is looked up once.
func (s *sheet) delivery() tender.Delivery {
	text, ok := s.text(colDelivery)
	if !ok {
		return ""
	}
	if d, ok := s.deliveries[text]; ok {
		return d
	}
	d, wrong := readDelivery(text, s.layout.second(colDelivery))
	if wrong != nil {
		s.reject(colDelivery, wrong)
		return ""
	}
	s.deliveries[text] = d
	return d
}

// copied is a text that is passed on and decides nothing.
func (s *sheet) copied(c column) string {
	if s.cells[c] == nil {
		return ""
	}
	return copied(trim(string(s.cells[c].Text)))
}
