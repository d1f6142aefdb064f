package export

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/decimals"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
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
	insFactor
	insReason
	insPrice
	insConsideration
	insEarlyPrice
	insEarly
	insInterest
	insTotal
	insDate
	insReference
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
	{heading: "Factor", right: true},
	{heading: "Reason", widest: 44},
	{heading: "Consideration per 1,000", right: true},
	{heading: "Tender Offer Consideration", right: true},
	{heading: "Early Tender Payment per 1,000", right: true},
	{heading: "Early Tender Payment", right: true},
	{heading: "Accrued interest", right: true},
	{heading: "Total", right: true},
	{heading: "Settlement date"},
	{heading: "Payment reference"},
	{heading: "File", widest: 26},
	{heading: "Sheet", widest: 18},
	{heading: "Row", right: true},
}

// layInstructions lays out every instruction that counts. The totals stand
// above the headings: there they stay in sight however long the list is.
func (b *workbook) layInstructions() {
	const title = "Instructions that count"
	s := b.newSheet("Instructions", title)
	b.instructions = s
	currencies := b.run.Currencies()
	l := &listing{columns: slices.Clone(instructionColumns), count: len(b.run.Book.Lines), none: "No instruction counts."}
	l.columns[insReceived-1].heading = "Received (" + b.run.Offer.Zone.String() + ")"
	l.maker, l.told = b.instructionRows, b.run.Progress
	b.lines = l
	b.lay(l, s, bannerRow+1+len(currencies), 0, b.goOn(s, title))
	for i, currency := range currencies {
		s.line(bannerRow+1+i, b.instructionTotal(currency, bannerRow+1+i), l.columns, inSubtotal)
	}
}

// instructionRows returns what fills the rows of Instructions. It remembers what
// a row has in common with others.
func (b *workbook) instructionRows() rowMaker {
	m := &instructionMaker{b: b, zone: b.run.Offer.Zone, reasons: make(map[allocate.Reason]cell)}
	for i := range b.run.Book.Lines {
		m.received = max(m.received, clockFormat(b.run.Book.Lines[i].Received))
	}
	for i := range b.run.Offer.Series {
		series, accepted := &b.run.Offer.Series[i], &b.run.Allocation.Series[i]
		m.used = append(m.used, [2]usedCells{
			{factor(accepted.EarlyFactor), price(series.TenderOfferConsideration), price(series.EarlyTenderPayment)},
			{factor(accepted.LateFactor), price(series.TenderOfferConsideration), cell{}},
		})
	}
	return m.row
}

// usedCells show the factor and the prices that were used for a series and window.
type usedCells struct{ factor, price, earlyPrice cell }

// windowIndex is the place of a window in tender.Windows.
func windowIndex(w tender.Window) int {
	if w == tender.Early {
		return 0
	}
	return 1
}

type instructionMaker struct {
	b        *workbook
	zone     *time.Location
	received string         // the format of the column
	used     [][2]usedCells // by series and window
	reasons  map[allocate.Reason]cell
	date     tender.Date // of the row before, and its cell
	dated    cell
}

var (
	returnedFormula   = letters(insTendered) + "#-" + letters(insAccepted) + "#"
	instructionAcross = letters(insConsideration) + "#+" + acrossCash(insEarly, insInterest)
)

func (m *instructionMaker) row(i int, cells []cell) {
	r := m.b.run
	l, decided, paid := &r.Book.Lines[i], &r.Allocation.Lines[i], &r.Settlement.Lines[i]
	currency := m.b.tally.currency(l.Series)
	cells[insID-1], cells[insDepositary-1] = label(l.ID), label(l.Depositary)
	cells[insParticipant-1], cells[insName-1] = label(l.Participant), label(l.ParticipantName)
	cells[insSecurity-1], cells[insSeries-1] = label(l.Security), label(l.Series)
	cells[insCurrency-1], cells[insWindow-1] = label(currency), label(string(l.Window))
	cells[insReceived-1] = moment(l.Received, m.zone).shownAs(m.received).aligned(left)
	cells[insTendered-1], cells[insAccepted-1] = principal(l.Principal), principal(decided.Accepted)
	cells[insReturned-1] = less(cells[insTendered-1], l.Principal, decided.Accepted).by(returnedFormula)
	cells[insReason-1] = m.reason(l, decided.Reason)
	used := &m.used[m.b.tally.series[l.Series]][windowIndex(l.Window)]
	if !l.Undelivered {
		cells[insFactor-1] = used.factor
	}
	money := [...]cell{{}, {}, {}, {}}
	putCash(money[:], &paid.Cash, tender.CashPlaces(currency), instructionAcross)
	cells[insConsideration-1] = money[0]
	copy(cells[insEarly-1:insTotal], money[1:])
	cells[insDate-1] = m.day(paid.Date)
	if paid.Payment >= 0 {
		cells[insPrice-1], cells[insEarlyPrice-1] = used.price, used.earlyPrice
		cells[insReference-1] = label(r.Settlement.Payments[paid.Payment].Reference)
	}
	cells[insFile-1], cells[insSheet-1] = label(l.Source.File), label(l.Source.Sheet)
	cells[insRow-1] = count(l.Source.Row).formatted("0")
}

// less is the principal tendered, which a cell shows already, less what is
// accepted of it.
func less(shown cell, tendered, accepted decimal.Decimal) cell {
	if a, ok := decimals.Of(accepted); ok && shown.value == "" {
		if returned, ok := shown.amount.Plus(decimals.Amount{Units: -a.Units, Places: a.Places}); ok {
			return cell{kind: number, amount: returned, look: look{format: decimalsFormat(returned.Places)}}
		}
	}
	return principal(tendered.Sub(accepted))
}

func (m *instructionMaker) day(d tender.Date) cell {
	if d != m.date {
		m.date, m.dated = d, day(d).aligned(left)
	}
	if d.IsZero() {
		return cell{look: look{align: left}}
	}
	return m.dated
}

func (m *instructionMaker) reason(l *tender.Line, decided allocate.Reason) cell {
	if l.Delivery == tender.GuaranteedDelivery || len(l.Waived) > 0 {
		return label(result.ReasonWords(l, decided))
	}
	c, known := m.reasons[decided]
	if !known {
		c = label(result.ReasonWords(l, decided))
		m.reasons[decided] = c
	}
	return c
}

func (b *workbook) instructionTotal(currency string, row int) []cell {
	f, paid := b.run.CurrencyFigures(currency), b.tally.paid[currency]
	cells := make([]cell, insRow)
	cells[0], cells[insCurrency-1] = label("Total "+currency), label(currency)
	put := func(col int, c cell) {
		cells[col-1] = c.by(b.lines.over(b.instructions, func(address func(int) string) string {
			return sumOf(address(col), address(insCurrency), at(row, insCurrency))
		}))
	}
	put(insTendered, principal(f.Tendered()))
	put(insAccepted, principal(f.Accepted()))
	put(insReturned, principal(f.Left))
	put(insConsideration, cash(paid.Consideration, currency))
	put(insEarly, cash(paid.EarlyPayment, currency))
	put(insInterest, cash(paid.AccruedInterest, currency))
	put(insTotal, cash(paid.Total(), currency))
	return cells
}
