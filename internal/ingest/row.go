package ingest

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/display"
	"tenderbatch/internal/headings"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// instruction reads the row in hand into an instruction, or says everything that
// is wrong with it.
func (s *sheet) instruction(row *xlsx.Row) {
	s.count++
	if s.first == 0 {
		s.first = row.Number
	}
	s.last = row.Number
	l := s.nextLine()
	in := l.instruction
	in.Depositary = s.depositary.Name
	in.Source = tender.Source{File: s.report.File, Sheet: s.name, Row: row.Number}
	s.ID, s.bad = "", false
	s.current = in.Source
	before := len(s.rejects)
	s.struckRow = s.isStruck()
	s.ID = s.identifier(headings.ColInstruction, tender.RuleInstruction)
	in.ID = s.ID
	series := s.security(in)
	in.Principal = s.principal(series)
	in.Received = s.received()
	in.Participant = s.participant(row.Number)
	s.currency(series)
	s.headingCurrency(series)
	in.Status = s.status()
	s.withdrawal(in)
	in.Delivery = s.delivery()
	s.cover(in)
	in.Waived = s.denomination(series, in.Principal)
	if s.struckRow {
		in.Waived = append(in.Waived, s.struck()...)
	}
	if s.struckRow && s.bad {
		s.lines.strike()
	}
	in.Waived = append(in.Waived, s.beside(row, in)...)
	in.ParticipantName = s.copied(headings.ColParticipantName)
	in.HolderReference = s.copied(headings.ColHolderReference)
	in.Contact = s.copied(headings.ColContact)
	s.addPrincipal(row.Number, series, in.Principal, s.inTotals(in.Status))
	if in.Principal.IsZero() && !s.stated.IsZero() {
		s.lines.state(s.stated)
	}
	s.watch(row)
	s.weigh(s.rejects[before:], in)
	if s.bad {
		l.outcome = rejected
		s.refuse(s.current, xlsx.CellName(max(s.layout.Position(headings.ColInstruction), 0), row.Number))
	}
}

// weigh gives the findings of a row what hangs on them.
func (s *sheet) weigh(findings []tender.Reject, in *tender.Instruction) {
	for i := range findings {
		f := &findings[i]
		f.Instruction, f.Participant, f.Series, f.Principal = s.ID, in.Participant, in.Series, in.Principal
		if in.Principal.IsZero() {
			f.Principal = s.stated
		}
	}
}

// say records a finding about a cell of the row in hand.
func (s *sheet) say(c headings.Column, f *values.Fault, standing tender.Standing, waived string) {
	reject := tender.Reject{
		Source: s.current, Depositary: s.depositary.Name, Instruction: s.ID,
		Column: display.Copied(s.layout.Heading(c)), Rule: f.Rule, Message: f.Message, Advice: f.Advice,
		Standing: standing, Waived: waived,
	}
	if at := s.layout.Position(c); at >= 0 {
		reject.Cell = xlsx.CellName(at, s.current.Row)
	}
	if cell := s.cells[c]; cell != nil {
		reject.Value = shortened(display.Copied(string(cell.Text)))
	}
	s.rejects = append(s.rejects, reject)
}

// reject records a fault of the row in hand.
func (s *sheet) reject(c headings.Column, f *values.Fault) {
	s.bad = true
	s.say(c, f, tender.StandingRejected, "")
}

// text is the text of a cell from which something is decided, without the spaces
// around it, empty if it is blank. It is false for a cell that cannot be used,
// which is then rejected. It lasts as long as the row.
func (s *sheet) text(c headings.Column) ([]byte, bool) {
	cell := s.cells[c]
	if cell == nil {
		return nil, true
	}
	text := values.Trimmed(cell.Text)
	if len(text) > 2 && text[0] == '=' && cell.Kind == xlsx.Text {
		text = []byte(literal(string(text)))
	}
	if mayBeBlank[c] && s.saysNothing(cell) {
		return nil, true
	}
	if wrong := s.unusable(cell, text); wrong != nil {
		s.reject(c, wrong)
		return nil, false
	}
	return text, true
}

// unusable says why nothing can be decided from a cell, nil if something can.
func (s *sheet) unusable(cell *xlsx.Cell, text []byte) *values.Fault {
	switch {
	case cell.Formula && cell.Kind == xlsx.Blank:
		return &values.Fault{Rule: tender.RuleFormula, Message: "the cell holds a formula that was never computed", Advice: "paste the column as values"}
	case cell.Formula && s.depositary.Formulas != tender.StoredFormulas:
		return &values.Fault{Rule: tender.RuleFormula, Message: "the cell holds a formula, whose stored value may be out of date",
			Advice: "paste the column as values, or say formulas: stored in the offer at depositary " + s.depositary.Name}
	case cell.Kind == xlsx.Text && len(text) > 0 && text[0] == '=':
		return &values.Fault{Rule: tender.RuleFormula, Message: "the text is a formula", Advice: "paste the column as values"}
	case cell.Kind == xlsx.Error, cell.Kind == xlsx.Text && values.IsErrorText(text):
		return &values.Fault{Rule: tender.RuleErrorValue, Message: "the cell shows an error", Advice: "ask the depositary for the value"}
	case cell.Kind == xlsx.Bool:
		return &values.Fault{Rule: tender.RuleErrorValue, Message: "the cell holds TRUE or FALSE", Advice: "ask the depositary for the value"}
	case cell.Struck != xlsx.NotStruck && len(text) > 0 && !s.struckRow:
		return struckCharacters(cell)
	}
	if cell.Formula {
		s.formulas++
	}
	return nil
}

// required is the text of a cell that must not be blank.
func (s *sheet) required(c headings.Column, rule string) ([]byte, bool) {
	text, ok := s.text(c)
	if ok && s.saysNothing(s.cells[c]) {
		s.reject(c, &values.Fault{Rule: rule, Message: "there is none" + s.holdsNothing(c), Advice: "ask the depositary for the " + strings.ReplaceAll(headings.Headings[c].Name, "_", " ")})
		return nil, false
	}
	if ok && len(text) == 0 {
		s.reject(c, &values.Fault{Rule: rule, Message: "the cell is blank", Advice: "ask the depositary for the " + strings.ReplaceAll(headings.Headings[c].Name, "_", " ")})
		return nil, false
	}
	return text, ok
}

// kind is the kind of a cell that is not blank.
func (s *sheet) kind(c headings.Column) xlsx.Kind { return s.cells[c].Kind }

// identifier reads an instruction or participant number. Text is kept with its
// zeros; a number is read by its digits.
func (s *sheet) identifier(c headings.Column, rule string) string {
	text, ok := s.required(c, tender.RuleMissing)
	if !ok {
		return ""
	}
	cell := s.cells[c]
	if wrong := values.MadeByProgram(cell, text, rule); wrong != nil {
		s.reject(c, wrong)
		return ""
	}
	if c == headings.ColInstruction && beginsComment(text) {
		s.commented = append(s.commented, s.current.Row)
	}
	if len(text) > values.MaxDigits {
		s.long[c].see(text, s.current.Row)
	}
	if isPlainIdentifier(cell, text) {
		if c == headings.ColInstruction {
			return s.keeper.last(text) // it hardly ever comes again
		}
		return s.keeper.text(cell.Shared, text)
	}
	id, wrong := readIdentifier(cell, string(text), rule)
	if wrong == nil && cell.Kind == xlsx.Number && cell.Look != nil {
		id, wrong = identifierShown(cell.Look, id, rule)
	}
	if wrong != nil {
		s.reject(c, wrong)
	}
	return id
}

// participant reads the number of the participant. Where others begin with a zero,
// a spreadsheet may have taken that of one stored as a number.
func (s *sheet) participant(row int) string {
	number := s.identifier(headings.ColParticipant, tender.RuleParticipant)
	switch {
	case number == "":
	case s.kind(headings.ColParticipant) == xlsx.Number && number[0] != '0':
		s.unpadded = append(s.unpadded, row)
	case number[0] == '0':
		s.padded = true
	}
	return number
}

// isPlainIdentifier reports whether a cell's text is taken as written: a text
// such as 0123 or VOI-7, or a whole number.
func isPlainIdentifier(cell *xlsx.Cell, text []byte) bool {
	if cell.Kind == xlsx.Text {
		return isPlainNumber(text)
	}
	return cell.Kind == xlsx.Number && cell.Format != xlsx.DateTime && cell.Look == nil && isWholeNumber(text)
}

func isPlainNumber(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c >= 0x7f || c == '.' || c == ',' || c == '+' {
			return false
		}
	}
	return true
}

// isWholeNumber reports whether a number is written as what it is, without a
// point, an exponent or zeros in front.
func isWholeNumber(digits []byte) bool {
	for _, c := range digits {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(digits) > 0 && len(digits) <= values.MaxDigits && digits[0] != '0'
}

func readIdentifier(cell *xlsx.Cell, text, rule string) (string, *values.Fault) {
	const advice = "ask the depositary for the number, in a column formatted as text"
	if cell.Kind == xlsx.Text {
		if strings.ContainsAny(text, ".,+") && values.ExponentForm.MatchString(text) {
			return "", &values.Fault{Rule: rule, Message: "the number is written with an exponent, so digits are missing", Advice: advice}
		}
		if wrong := asNumber(text, rule); wrong != nil {
			return "", wrong
		}
		return display.Copied(text), nil
	}
	if cell.Format == xlsx.DateTime {
		return "", &values.Fault{Rule: rule, Message: "the cell is formatted as a date; a spreadsheet may have made one of the number", Advice: advice}
	}
	n, ok := values.ParseNumber(text)
	if !ok || n.Negative || n.Exp < 0 || n.Magnitude() > values.MaxDigits {
		return "", &values.Fault{Rule: rule, Message: fmt.Sprintf("the number is no whole number of at most %d digits", values.MaxDigits), Advice: advice}
	}
	return n.Decimal().String(), nil
}

// security reads the CUSIP or ISIN and returns the position of its series, -1 if
// it is not known.
func (s *sheet) security(in *tender.Instruction) (series int) {
	text, ok := s.required(headings.ColSecurity, tender.RuleMissing)
	if !ok {
		return -1
	}
	if l, ok := s.securities.Listed[string(text)]; ok && s.kind(headings.ColSecurity) == xlsx.Text {
		in.Security, in.Series = l.ID, s.offer.Series[l.Series].ID
		return l.Series
	}
	if l := s.cells[headings.ColSecurity].Look; l != nil && s.kind(headings.ColSecurity) == xlsx.Number {
		text = []byte(strings.Repeat("0", max(0, l.Zeros-len(text))) + string(text))
	}
	id, series, remark, wrong := s.securities.Read(s.kind(headings.ColSecurity), string(text))
	if wrong != nil {
		s.reject(headings.ColSecurity, wrong)
		return -1
	}
	if remark != nil {
		s.say(headings.ColSecurity, remark, tender.StandingFlagged, "")
	}
	in.Security, in.Series = id, s.offer.Series[series].ID
	return series
}

// principal reads the principal, in whole currency units; zero if it cannot be
// read.
func (s *sheet) principal(series int) decimal.Decimal {
	text, ok := s.required(headings.ColPrincipal, tender.RuleMissing)
	if !ok {
		return decimal.Zero
	}
	cell := s.cells[headings.ColPrincipal]
	isText := cell.Kind == xlsx.Text
	if wrong := s.principalShown(cell, series); wrong != nil {
		s.reject(headings.ColPrincipal, wrong)
		return decimal.Zero
	}
	if isText {
		s.commas.see(text, s.current.Row)
	}
	if v, ok := values.PlainAmount(text, isText); ok && !(isText && s.depositary.Decimal != "") && cell.Format != xlsx.Percent && cell.Format != xlsx.DateTime {
		return s.keeper.whole(v)
	}
	amount, mark, wrong := readPrincipal(cell, string(text), s.depositary.Decimal)
	if wrong == nil && amount.Sign() <= 0 {
		wrong = &values.Fault{Rule: tender.RulePrincipalPositive, Message: "the principal is not above zero", Advice: "ask the depositary for the principal tendered"}
	}
	if wrong != nil {
		s.reject(headings.ColPrincipal, wrong)
		return decimal.Zero
	}
	if series < 0 {
		return amount
	}
	currency := s.offer.Series[series].Currency
	if mark != "" && !values.MarkFits(mark, currency) {
		s.reject(headings.ColPrincipal, wrongCurrency(mark, s.offer.Series[series]))
	}
	if places, known := tender.MinorUnits(currency); known && amount.Exponent() < -places {
		s.reject(headings.ColPrincipal, &values.Fault{Rule: tender.RuleMinorUnit, Message: fmt.Sprintf("the principal has more decimals than %s has (%d)", currency, places),
			Advice: "ask the depositary for the principal tendered"})
	}
	return amount
}

// principalShown is what is wrong with how a cell shows the principal.
func (s *sheet) principalShown(cell *xlsx.Cell, series int) *values.Fault {
	if cell.Look == nil || cell.Kind != xlsx.Number && cell.Format != xlsx.TextFormat {
		return nil
	}
	of := tender.Series{}
	if series >= 0 {
		of = s.offer.Series[series]
	}
	return amountShown(cell.Look, of)
}

func readPrincipal(cell *xlsx.Cell, text string, decimals tender.DecimalMark) (amount decimal.Decimal, mark string, wrong *values.Fault) {
	const advice = "enter the principal as a number"
	switch {
	case cell.Kind == xlsx.Text:
		return values.TextAmountIn(text, decimals)
	case cell.Format == xlsx.Percent:
		return decimal.Zero, "", &values.Fault{Rule: tender.RulePrincipal, Message: "the cell is formatted as a percentage", Advice: advice}
	case cell.Format == xlsx.DateTime:
		return decimal.Zero, "", &values.Fault{Rule: tender.RulePrincipal, Message: "the cell is formatted as a date", Advice: advice}
	}
	amount, wrong = values.NumberAmount(text)
	return amount, "", wrong
}

func wrongCurrency(found string, series tender.Series) *values.Fault {
	return &values.Fault{Rule: tender.RuleCurrency, Message: fmt.Sprintf("the currency is %s, but series %s is in %s", found, series.ID, series.Currency),
		Advice: "correct the security or the currency with the depositary"}
}

// currency checks the currency column, where there is one and it is filled.
func (s *sheet) currency(series int) {
	text, ok := s.text(headings.ColCurrency)
	if !ok || len(text) == 0 || series < 0 || string(text) == s.offer.Series[series].Currency {
		return
	}
	if !values.MarkFits(strings.ToUpper(string(text)), s.offer.Series[series].Currency) {
		s.reject(headings.ColCurrency, wrongCurrency(display.Quote(string(text)), s.offer.Series[series]))
	}
}

// denomination checks the principal against the denomination of its series and
// returns the waivers that were needed.
func (s *sheet) denomination(series int, principal decimal.Decimal) (used []tender.Waiver) {
	if series < 0 || principal.Sign() <= 0 || s.legal[series].allows(principal) {
		return nil
	}
	d := s.offer.Series[series].Denomination
	if d.Multiple.Sign() > 0 && !isMultiple(principal, d.Multiple) {
		used = s.waivable(used, &values.Fault{Rule: tender.RuleMultiple, Message: fmt.Sprintf("%s is not a multiple of %s", principal, d.Multiple),
			Advice: "ask the depositary for the principal tendered, or waive it in the offer"})
	}
	if principal.LessThan(d.Minimum) {
		used = s.waivable(used, &values.Fault{Rule: tender.RuleMinimum, Message: fmt.Sprintf("%s is below the minimum denomination of %s", principal, d.Minimum),
			Advice: "ask the depositary for the principal tendered, or waive it in the offer"})
	}
	return used
}

func isMultiple(principal, multiple decimal.Decimal) bool { return principal.Mod(multiple).IsZero() }

// legalAmount is a denomination in whole numbers, for a quick look; the zero
// legalAmount is one that needs a closer look.
type legalAmount struct{ minimum, multiple int64 }

// legalAmounts are the denominations of the series.
func legalAmounts(o *tender.Offer) []legalAmount {
	legal := make([]legalAmount, len(o.Series))
	for i := range o.Series {
		d := o.Series[i].Denomination
		if l := (legalAmount{d.Minimum.IntPart(), d.Multiple.IntPart()}); d.Minimum.IsInteger() && d.Multiple.IsInteger() && l.multiple > 0 {
			legal[i] = l
		}
	}
	return legal
}

// allows reports whether an amount is seen at once to be legal.
func (l legalAmount) allows(principal decimal.Decimal) bool {
	if l.multiple == 0 || principal.Exponent() != 0 {
		return false
	}
	v := principal.IntPart()
	return v >= l.minimum && v%l.multiple == 0
}

// waivable records a fault that the offer may waive for this instruction.
func (s *sheet) waivable(used []tender.Waiver, f *values.Fault) []tender.Waiver {
	for _, w := range s.offer.Waivers {
		if w.Rule != f.Rule || s.ID == "" || w.Instruction != s.ID || w.Depositary != "" && w.Depositary != s.depositary.Name {
			continue
		}
		s.say(headings.ColPrincipal, f, tender.StandingFlagged, fmt.Sprintf("by %s on %s", w.By, w.On))
		return append(used, w)
	}
	s.reject(headings.ColPrincipal, f)
	return used
}

// status reads what the depositary says of the tender. Without a column for it,
// all are tendered.
func (s *sheet) status() tender.Status {
	if !s.layout.Has(headings.ColStatus) {
		return tender.Tendered
	}
	text, ok := s.text(headings.ColStatus)
	if !ok {
		return ""
	}
	if status, ok := s.statuses[string(text)]; ok {
		return status
	}
	if status, ok := s.statuses[strings.ToUpper(string(text))]; ok {
		return status
	}
	s.reject(headings.ColStatus, values.UnknownStatus(string(text), s.depositary))
	return ""
}

// delivery reads how the notes are delivered. Rows say it in the same few words,
// so each is looked up once.
func (s *sheet) delivery() tender.Delivery {
	text, ok := s.text(headings.ColDelivery)
	if !ok {
		return ""
	}
	if d, ok := s.deliveries[string(text)]; ok {
		return d
	}
	d, wrong := values.ReadDelivery(string(text), s.layout.Second(headings.ColDelivery))
	if wrong != nil {
		s.reject(headings.ColDelivery, wrong)
		return ""
	}
	s.deliveries[string(text)] = d
	return d
}

// copied is a text that is passed on and decides nothing.
func (s *sheet) copied(c headings.Column) string {
	if s.cells[c] == nil {
		return ""
	}
	text := values.Trimmed(s.cells[c].Text)
	if s.cells[c].Struck != xlsx.NotStruck && len(text) > 0 && !s.struckRow {
		s.struckBeside = append(s.struckBeside, s.current.Row)
	}
	if values.IsPlainText(text) && len(text) <= display.MaxText {
		return s.keeper.text(s.cells[c].Shared, text)
	}
	return display.Copied(string(text))
}
