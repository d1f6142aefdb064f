package ingest

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/csvfile"
	"tenderbatch/internal/display"
	"tenderbatch/internal/headings"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// rowReader turns one row after the other into an instruction and findings.
type rowReader struct {
	terms  *terms
	layout *layout
	totals *sheetTotals
	lines  *lines
	found  *findings
	keeper *keeper
	clock  *clock // of the depositary's times

	sheet          int                        // position of the sheet among those that are read
	comments       map[int][]xlsx.Comment     // on cells, by row
	deliveries     map[string]tender.Delivery // by the words seen so far
	statedCurrency string                     // the currency that the headings last stated for the principal
	currencySource string                     // where, if not in the heading of the principal

	// Of the current row:
	cells     rowCells
	source    tender.Source
	id        string          // its instruction number
	bad       bool            // it has a fault
	hidden    bool            // it is not shown
	struckRow bool            // it is struck through
	stated    decimal.Decimal // its principal, whatever is wrong with it
}

// take puts the cells of the next row where the columns are.
func (r *rowReader) take(row *xlsx.Row) {
	r.layout.place(row, &r.cells)
	r.hidden = row.Hidden
}

// instruction reads the current row into an instruction, or says everything that
// is wrong with it.
func (r *rowReader) instruction(row *xlsx.Row) {
	in := r.start(row)
	findings := len(r.found.rejects)
	in.ID = r.identifier(headings.ColInstruction, tender.RuleInstruction)
	r.id = in.ID
	series := r.security(in)
	in.Principal = r.principal(series)
	in.Received = r.received()
	in.Participant = r.participant(row.Number)
	r.currency(series)
	r.headingCurrency(series)
	in.Status = r.status()
	r.withdrawal(in)
	in.Delivery = r.delivery()
	r.cover(in)
	in.Bid = r.bid(series)
	in.Waived = r.denomination(series, in.Principal)
	if r.struckRow {
		in.Waived = append(in.Waived, r.struck()...)
	}
	if r.struckRow && r.bad {
		r.lines.strike()
	}
	in.Waived = append(in.Waived, r.cellsBeside(row, in)...)
	in.ParticipantName = r.copied(headings.ColParticipantName)
	in.HolderReference = r.copied(headings.ColHolderReference)
	in.Contact = r.copied(headings.ColContact)
	r.addPrincipal(row.Number, series, in.Principal, r.inTotals(in.Status))
	if in.Principal.IsZero() && !r.stated.IsZero() {
		r.lines.state(r.stated)
	}
	r.totals.addInstruction(row, in.Status)
	r.completeFindings(r.found.rejects[findings:], in)
	if r.bad {
		r.lines.reject(r.lines.last())
		r.found.refuse(r.source, r.layout.cell(headings.ColInstruction, row.Number))
	}
}

// start begins the instruction of the current row.
func (r *rowReader) start(row *xlsx.Row) *tender.Instruction {
	in := r.lines.next(r.sheet)
	in.Depositary = r.terms.depositary.Name
	in.Source = tender.Source{File: r.terms.file, Sheet: r.layout.sheet, Row: row.Number}
	r.source, r.id, r.bad, r.struckRow = in.Source, "", false, r.isStruck()
	return in
}

// completeFindings adds the instruction to the findings of its row.
func (r *rowReader) completeFindings(findings []tender.Finding, in *tender.Instruction) {
	for i := range findings {
		f := &findings[i]
		f.Instruction, f.Participant, f.Series, f.Principal = r.id, in.Participant, in.Series, in.Principal
		if in.Principal.IsZero() {
			f.Principal = r.stated
		}
	}
}

// addPrincipal adds the principal of a row to the sums, even if the row is
// rejected, and keeps it for the row.
func (r *rowReader) addPrincipal(row, series int, principal decimal.Decimal, status tender.Status) {
	value, ok := principal, true
	if value.IsZero() { // it is none; the row may still state an amount
		value, ok = r.statedPrincipal()
	}
	r.stated = value
	if ok {
		r.totals.sums.add(value, series, status, r.hidden)
	} else if isFilled(r.cells[headings.ColPrincipal]) {
		r.totals.sums.unreadable = append(r.totals.sums.unreadable, row)
	}
}

// statedPrincipal is the amount that is in the current row, whatever is wrong
// with it.
func (r *rowReader) statedPrincipal() (decimal.Decimal, bool) {
	if c := r.cells[headings.ColPrincipal]; c != nil {
		return r.terms.controlValue(c)
	}
	return decimal.Zero, false
}

// addFinding records a finding about a cell of the current row.
func (r *rowReader) addFinding(c headings.Column, f *values.Fault, standing tender.Disposition, waived string) {
	reject := tender.Finding{
		Source: r.source, Depositary: r.terms.depositary.Name, Instruction: r.id,
		Column: display.Copied(r.layout.headings.Heading(c)), Cell: r.layout.cell(c, r.source.Row),
		Rule: f.Rule, Message: f.Message, Advice: f.Advice, Disposition: standing, Waived: waived,
	}
	if cell := r.cells[c]; cell != nil {
		reject.Value = shortened(display.Copied(string(cell.Text)))
	}
	r.found.reject(reject)
}

// reject records a fault of the current row.
func (r *rowReader) reject(c headings.Column, f *values.Fault) {
	r.bad = true
	r.addFinding(c, f, tender.LineRejected, "")
}

// text is the text of a cell from which something is decided, without the spaces
// around it, empty if it is blank. It is false for a cell that cannot be used,
// which is then rejected. It lasts as long as the row.
func (r *rowReader) text(c headings.Column) ([]byte, bool) {
	cell := r.cells[c]
	if cell == nil {
		return nil, true
	}
	text := values.Trimmed(cell.Text)
	if len(text) > 2 && text[0] == '=' && cell.Kind == xlsx.Text {
		text = []byte(csvfile.Literal(string(text)))
	}
	if mayBeBlank[c] && r.terms.saysNothing(cell) {
		return nil, true
	}
	if wrong := r.unusable(cell, text); wrong != nil {
		r.reject(c, wrong)
		return nil, false
	}
	return text, true
}

// unusable says why nothing can be decided from a cell, nil if something can.
func (r *rowReader) unusable(cell *xlsx.Cell, text []byte) *values.Fault {
	switch {
	case cell.Formula && cell.Kind == xlsx.Blank:
		return values.NewFault(tender.RuleFormula, "the cell holds a formula that was never computed",
			"paste the column as values")
	case cell.Formula && r.terms.depositary.Formulas != tender.StoredFormulas:
		return values.NewFault(tender.RuleFormula, "the cell holds a formula, whose stored value may be out of date",
			"paste the column as values, or say formulas: stored in the offer at depositary "+r.terms.depositary.Name)
	case cell.Kind == xlsx.Text && len(text) > 0 && text[0] == '=':
		return values.NewFault(tender.RuleFormula, "the text is a formula", "paste the column as values")
	case cell.Kind == xlsx.Error, cell.Kind == xlsx.Text && values.IsErrorText(text):
		return values.NewFault(tender.RuleErrorValue, "the cell shows an error", "ask the depositary for the value")
	case cell.Kind == xlsx.Bool:
		return values.NewFault(tender.RuleErrorValue, "the cell holds TRUE or FALSE",
			"ask the depositary for the value")
	case cell.Struck != xlsx.NotStruck && len(text) > 0 && !r.struckRow:
		return struckCharacters(cell)
	}
	if cell.Formula {
		r.totals.formulas++
	}
	return nil
}

// required is the text of a cell that must not be blank.
func (r *rowReader) required(c headings.Column, rule string) ([]byte, bool) {
	text, ok := r.text(c)
	if ok && r.terms.saysNothing(r.cells[c]) {
		r.reject(c, values.NewFault(rule, "the value is missing"+r.holdsNothing(c),
			"ask the depositary for the "+strings.ReplaceAll(headings.Headings[c].Name, "_", " ")))
		return nil, false
	}
	if ok && len(text) == 0 {
		r.reject(c, values.NewFault(rule, "the cell is blank",
			"ask the depositary for the "+strings.ReplaceAll(headings.Headings[c].Name, "_", " ")))
		return nil, false
	}
	return text, ok
}

// kind is the kind of a cell that is not blank.
func (r *rowReader) kind(c headings.Column) xlsx.Kind { return r.cells[c].Kind }

// identifier reads an instruction or participant number. Text is kept with its
// zeros; a number is read by its digits.
func (r *rowReader) identifier(c headings.Column, rule string) string {
	text, ok := r.required(c, tender.RuleMissing)
	if !ok {
		return ""
	}
	cell := r.cells[c]
	if wrong := values.MadeByProgram(cell, text, rule); wrong != nil {
		r.reject(c, wrong)
		return ""
	}
	if c == headings.ColInstruction && beginsComment(text) {
		r.totals.commented = append(r.totals.commented, r.source.Row)
	}
	if len(text) > values.MaxDigits {
		r.totals.long[c].add(text, r.source.Row)
	}
	if isPlainIdentifier(cell, text) {
		if c == headings.ColInstruction {
			return r.keeper.last(text) // it hardly ever comes again
		}
		return r.keeper.text(cell.Shared, text)
	}
	id, wrong := readIdentifier(cell, string(text), rule)
	if wrong == nil && cell.Kind == xlsx.Number && cell.Appearance != nil {
		id, wrong = identifierShown(cell.Appearance, id, rule)
	}
	if wrong != nil {
		r.reject(c, wrong)
	}
	return id
}

// participant reads the number of the participant. Where others begin with a zero,
// a spreadsheet may have taken that of one stored as a number.
func (r *rowReader) participant(row int) string {
	number := r.identifier(headings.ColParticipant, tender.RuleParticipant)
	switch {
	case number == "":
	case r.kind(headings.ColParticipant) == xlsx.Number && number[0] != '0':
		r.totals.unpadded = append(r.totals.unpadded, row)
	case number[0] == '0':
		r.totals.padded = true
	}
	return number
}

// isPlainIdentifier reports whether a cell's text is taken as written: a text
// such as 0123 or VOI-7, or a whole number.
func isPlainIdentifier(cell *xlsx.Cell, text []byte) bool {
	if cell.Kind == xlsx.Text {
		return values.IsPlainText(text) && !bytes.ContainsAny(text, ".,+")
	}
	return cell.Kind == xlsx.Number && cell.Format != xlsx.DateTime && cell.Appearance == nil && isWholeNumber(text)
}

// isWholeNumber reports whether a number is written as what it is, without a
// point, an exponent or zeros in front.
func isWholeNumber(digits []byte) bool {
	return len(digits) <= values.MaxDigits && values.IsDigits(string(digits)) && digits[0] != '0'
}

func readIdentifier(cell *xlsx.Cell, text, rule string) (string, *values.Fault) {
	const advice = "ask the depositary for the number, in a column formatted as text"
	if cell.Kind == xlsx.Text {
		if strings.ContainsAny(text, ".,+") && values.ExponentForm.MatchString(text) {
			return "", values.NewFault(rule, "the number is written with an exponent, so digits are missing", advice)
		}
		if wrong := asNumber(text, rule); wrong != nil {
			return "", wrong
		}
		return display.Copied(text), nil
	}
	if cell.Format == xlsx.DateTime {
		return "", values.NewFault(rule, "the cell is formatted as a date; a spreadsheet may have turned the number "+
			"into one", advice)
	}
	n, ok := values.ParseNumber(text)
	if !ok || n.Negative || n.Exp < 0 || n.Magnitude() > values.MaxDigits {
		return "", values.NewFault(rule, fmt.Sprintf("the number is not a whole number of at most %d digits",
			values.MaxDigits), advice)
	}
	return n.Decimal().String(), nil
}

// security reads the CUSIP or ISIN and returns the position of its series, -1 if
// it is not known.
func (r *rowReader) security(in *tender.Instruction) (series int) {
	text, ok := r.required(headings.ColSecurity, tender.RuleMissing)
	if !ok {
		return -1
	}
	if l, ok := r.terms.securities.Listed[string(text)]; ok && r.kind(headings.ColSecurity) == xlsx.Text {
		in.Security, in.Series = l.ID, r.terms.offer.Series[l.Series].ID
		return l.Series
	}
	if l := r.cells[headings.ColSecurity].Appearance; l != nil && r.kind(headings.ColSecurity) == xlsx.Number {
		text = []byte(strings.Repeat("0", max(0, l.Zeros-len(text))) + string(text))
	}
	id, series, remark, wrong := r.terms.securities.Read(r.kind(headings.ColSecurity), string(text))
	if wrong != nil {
		r.reject(headings.ColSecurity, wrong)
		return -1
	}
	if remark != nil {
		r.addFinding(headings.ColSecurity, remark, tender.LineRemarked, "")
	}
	in.Security, in.Series = id, r.terms.offer.Series[series].ID
	return series
}

// principal reads the principal, in whole currency units; zero if it cannot be
// read.
func (r *rowReader) principal(series int) decimal.Decimal {
	text, ok := r.required(headings.ColPrincipal, tender.RuleMissing)
	if !ok {
		return decimal.Zero
	}
	cell := r.cells[headings.ColPrincipal]
	isText := cell.Kind == xlsx.Text
	if wrong := r.principalShown(cell, series); wrong != nil {
		r.reject(headings.ColPrincipal, wrong)
		return decimal.Zero
	}
	if isText {
		r.totals.commas.add(text, r.source.Row)
	}
	if v, ok := values.PlainAmount(text, isText); ok && !(isText && r.terms.depositary.Decimal != "") &&
		cell.Format != xlsx.Percent && cell.Format != xlsx.DateTime {
		return r.keeper.whole(v)
	}
	amount, mark, wrong := readPrincipal(cell, string(text), r.terms.depositary.Decimal)
	if wrong == nil && amount.Sign() <= 0 {
		wrong = values.NewFault(tender.RulePrincipalPositive, "the principal is not greater than zero",
			"ask the depositary for the principal tendered")
	}
	if wrong != nil {
		r.reject(headings.ColPrincipal, wrong)
		return decimal.Zero
	}
	if series < 0 {
		return amount
	}
	currency := r.terms.offer.Series[series].Currency
	if mark != "" && !values.MarkFits(mark, currency) {
		r.reject(headings.ColPrincipal, wrongCurrency(mark, r.terms.offer.Series[series]))
	}
	if places, known := tender.MinorUnits(currency); known && amount.Exponent() < -places {
		r.reject(headings.ColPrincipal, values.NewFault(tender.RuleMinorUnit,
			fmt.Sprintf("the principal has more decimals than %s has (%d)", currency, places),
			"ask the depositary for the principal tendered"))
	}
	return amount
}

// principalShown is what is wrong with how a cell shows the principal.
func (r *rowReader) principalShown(cell *xlsx.Cell, series int) *values.Fault {
	if cell.Appearance == nil || (cell.Kind != xlsx.Number && cell.Format != xlsx.TextFormat) {
		return nil
	}
	of := tender.Series{}
	if series >= 0 {
		of = r.terms.offer.Series[series]
	}
	return amountShown(cell.Appearance, of)
}

func readPrincipal(cell *xlsx.Cell, text string, decimals tender.DecimalMark) (amount decimal.Decimal, mark string,
	wrong *values.Fault) {
	const advice = "enter the principal as a number"
	switch {
	case cell.Kind == xlsx.Text:
		return values.TextAmountIn(text, decimals)
	case cell.Format == xlsx.Percent:
		return decimal.Zero, "", values.NewFault(tender.RulePrincipal, "the cell is formatted as a percentage", advice)
	case cell.Format == xlsx.DateTime:
		return decimal.Zero, "", values.NewFault(tender.RulePrincipal, "the cell is formatted as a date", advice)
	}
	amount, wrong = values.NumberAmount(text)
	return amount, "", wrong
}

func wrongCurrency(found string, series tender.Series) *values.Fault {
	return values.NewFault(tender.RuleCurrency,
		fmt.Sprintf("the currency is %s, but series %s is in %s", found, series.ID, series.Currency),
		"correct the security or the currency with the depositary")
}

// currency checks the currency column, where there is one and it is filled.
func (r *rowReader) currency(series int) {
	text, ok := r.text(headings.ColCurrency)
	if !ok || len(text) == 0 || series < 0 || string(text) == r.terms.offer.Series[series].Currency {
		return
	}
	if !values.MarkFits(strings.ToUpper(string(text)), r.terms.offer.Series[series].Currency) {
		r.reject(headings.ColCurrency, wrongCurrency(display.Quote(string(text)), r.terms.offer.Series[series]))
	}
}

// denomination checks the principal against the denomination of its series and
// returns the waivers that were needed.
func (r *rowReader) denomination(series int, principal decimal.Decimal) (used []tender.Waiver) {
	if series < 0 || principal.Sign() <= 0 || r.terms.legal[series].allows(principal) {
		return nil
	}
	d := r.terms.offer.Series[series].Denomination
	if d.Multiple.Sign() > 0 && !isMultiple(principal, d.Multiple) {
		used = r.waivable(used, values.NewFault(tender.RuleMultiple,
			fmt.Sprintf("%s is not a multiple of %s", principal, d.Multiple),
			"ask the depositary for the principal tendered, or waive it in the offer"))
	}
	if principal.LessThan(d.Minimum) {
		used = r.waivable(used, values.NewFault(tender.RuleMinimum,
			fmt.Sprintf("%s is below the minimum denomination of %s", principal, d.Minimum),
			"ask the depositary for the principal tendered, or waive it in the offer"))
	}
	return used
}

func isMultiple(principal, multiple decimal.Decimal) bool { return principal.Mod(multiple).IsZero() }

// legalAmount is a denomination in whole numbers, for a quick check; the zero
// legalAmount is one that needs the full check.
type legalAmount struct{ minimum, multiple int64 }

// legalAmounts are the denominations of the series.
func legalAmounts(o *tender.Offer) []legalAmount {
	legal := make([]legalAmount, len(o.Series))
	for i := range o.Series {
		d := o.Series[i].Denomination
		if l := (legalAmount{d.Minimum.IntPart(), d.Multiple.IntPart()}); d.Minimum.IsInteger() &&
			d.Multiple.IsInteger() && l.multiple > 0 {
			legal[i] = l
		}
	}
	return legal
}

// allows reports whether the quick check shows an amount to be legal.
func (l legalAmount) allows(principal decimal.Decimal) bool {
	if l.multiple == 0 || principal.Exponent() != 0 {
		return false
	}
	v := principal.IntPart()
	return v >= l.minimum && v%l.multiple == 0
}

// waivable records a fault that the offer may waive for this instruction.
func (r *rowReader) waivable(used []tender.Waiver, f *values.Fault) []tender.Waiver {
	for _, w := range r.terms.offer.Waivers {
		if w.Rule != f.Rule || r.id == "" || w.Instruction != r.id ||
			(w.Depositary != "" && w.Depositary != r.terms.depositary.Name) {
			continue
		}
		r.addFinding(headings.ColPrincipal, f, tender.LineRemarked, fmt.Sprintf("by %s on %s", w.By, w.On))
		return append(used, w)
	}
	r.reject(headings.ColPrincipal, f)
	return used
}

// status reads what the depositary says of the tender. Without a column for it,
// all are tendered.
func (r *rowReader) status() tender.Status {
	if !r.layout.headings.Has(headings.ColStatus) {
		return tender.Tendered
	}
	text, ok := r.text(headings.ColStatus)
	if !ok {
		return ""
	}
	if status, ok := r.terms.statuses[string(text)]; ok {
		return status
	}
	if status, ok := r.terms.statuses[strings.ToUpper(string(text))]; ok {
		return status
	}
	r.reject(headings.ColStatus, values.UnknownStatus(string(text), r.terms.depositary))
	return ""
}

// delivery reads how the notes are delivered. Rows say it in the same few words,
// so each is looked up once.
func (r *rowReader) delivery() tender.Delivery {
	text, ok := r.text(headings.ColDelivery)
	if !ok {
		return ""
	}
	if d, ok := r.deliveries[string(text)]; ok {
		return d
	}
	d, wrong := values.ReadDelivery(string(text), r.layout.headings.Second(headings.ColDelivery))
	if wrong != nil {
		r.reject(headings.ColDelivery, wrong)
		return ""
	}
	r.deliveries[string(text)] = d
	return d
}

// copied is a text that is passed on and decides nothing.
func (r *rowReader) copied(c headings.Column) string {
	if r.cells[c] == nil {
		return ""
	}
	text := values.Trimmed(r.cells[c].Text)
	if r.cells[c].Struck != xlsx.NotStruck && len(text) > 0 && !r.struckRow {
		r.totals.struckBeside = append(r.totals.struckBeside, r.source.Row)
	}
	if values.IsPlainText(text) && len(text) <= display.MaxText {
		return r.keeper.text(r.cells[c].Shared, text)
	}
	return display.Copied(string(text))
}
