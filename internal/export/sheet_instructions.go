package export

import (
	"tenderbatch/internal/settle"
)

// The columns of Instructions.
const (
	insID = iota + 1
	insDepositary
	insParticipant
	insName
	insSecurity
	insSeries
	insCurrency
	insWindow
	insReceived
	insTendered
	insAccepted
	insReturned
	insReason
	insConsideration
	insEarly
	insInterest
	insTotal
	insDate
	insPayment
	insFile
	insSheet
	insRow
)

var instructionColumns = []column{
	{heading: "Instruction", widest: 24},
	{heading: "Depositary", widest: 16},
	{heading: "Participant", widest: 18},
	{heading: "Participant name", widest: 24},
	{heading: "Security"},
	{heading: "Series", widest: 20},
	{heading: "Currency"},
	{heading: "Window"},
	{heading: "Received"},
	{heading: "Tendered", right: true},
	{heading: "Accepted", right: true},
	{heading: "Returned", right: true},
	{heading: "Reason", widest: 44},
	{heading: "Tender Offer Consideration", right: true},
	{heading: "Early Tender Payment", right: true},
	{heading: "Accrued interest", right: true},
	{heading: "Total", right: true},
	{heading: "Settlement date"},
	{heading: "Payment"},
	{heading: "File", widest: 26},
	{heading: "Sheet", widest: 18},
	{heading: "Row", right: true},
}

// layInstructions lays out every instruction that counts. The totals stand
// above the headings: there they stay in sight however long the list is.
func (b *workbook) layInstructions() {
	s := b.newSheet("Instructions", "Instructions that count")
	b.instructions, s.wide = s, true
	currencies := b.run.currencies()
	top := bannerRow + 1 + len(currencies)
	columns := append([]column(nil), instructionColumns...)
	columns[insReceived-1].heading = "Received (" + b.run.Offer.Zone.String() + ")"
	t := table{columns: columns, none: "No instruction counts."}
	for i := range b.run.Book.Lines {
		t.rows = append(t.rows, b.instructionRow(i, top+1+i))
	}
	b.lines = s.table(top, t)
	for i, currency := range currencies {
		s.line(bannerRow+1+i, b.instructionTotal(currency, bannerRow+1+i), columns, inSubtotal)
	}
	s.filter, s.frozen, s.repeat = area{top, 1, b.lines.bottom, insRow}, top, top
}

func (b *workbook) instructionRow(i, row int) []cell {
	l, decided, paid := &b.run.Book.Lines[i], b.run.Allocation.Lines[i], b.run.Settlement.Lines[i]
	currency := b.run.currencyOf(l.Series)
	return []cell{
		label(l.ID), label(l.Depositary), label(l.Participant), label(l.ParticipantName), label(l.Security),
		label(l.Series), label(currency), label(string(l.Window)), moment(l.Received, b.run.Offer.Zone).aligned(left),
		principal(l.Principal), principal(decided.Accepted),
		principal(l.Principal.Sub(decided.Accepted)).by(at(row, insTendered) + "-" + at(row, insAccepted)),
		label(reason(*l, decided)),
		cash(paid.Consideration, currency), cash(paid.EarlyPayment, currency), cash(paid.AccruedInterest, currency),
		cash(paid.Total(), currency).by(acrossCash(row, insConsideration, insInterest)),
		day(paid.Date).aligned(left), b.paymentOf(i), label(l.Source.File), label(l.Source.Sheet),
		count(l.Source.Row).formatted("0"),
	}
}

// paymentOf is the number of the payment an instruction is paid with, empty if
// nothing of it is accepted.
func (b *workbook) paymentOf(i int) cell {
	l := &b.run.Book.Lines[i]
	number := b.paid[paymentKey{l.Depositary, l.Participant, l.Series, b.run.Settlement.Lines[i].Date}]
	if number == "" || b.run.Allocation.Lines[i].Accepted.IsZero() {
		return cell{}
	}
	return label(number)
}

func (b *workbook) instructionTotal(currency string, row int) []cell {
	f, paid := b.run.currencyFigures(currency), b.run.paidIn(currency)
	cells := make([]cell, insRow)
	cells[0], cells[insCurrency-1] = label("Total "+currency), label(currency)
	put := func(col int, c cell) {
		cells[col-1] = c.by(sumOf(b.lines.column(col).fixed(), b.lines.column(insCurrency).fixed(), at(row, insCurrency)))
	}
	put(insTendered, principal(f.tendered()))
	put(insAccepted, principal(f.accepted()))
	put(insReturned, principal(f.Left))
	put(insConsideration, cash(paid.Consideration, currency))
	put(insEarly, cash(paid.EarlyPayment, currency))
	put(insInterest, cash(paid.AccruedInterest, currency))
	put(insTotal, cash(paid.Total(), currency))
	return cells
}

// paidIn adds up the cash of all instructions of a currency.
func (r *Run) paidIn(currency string) settle.Cash {
	var sum settle.Cash
	for i, l := range r.Book.Lines {
		if r.currencyOf(l.Series) == currency {
			sum = sum.Plus(r.Settlement.Lines[i].Cash)
		}
	}
	return sum
}
