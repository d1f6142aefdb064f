package workbook

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/decimals"
	"tenderbatch/internal/result"
	"tenderbatch/internal/spreadsheet"
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

var instructionColumns = []spreadsheet.Column{
	{Heading: "Instruction", Widest: 24},
	{Heading: "Depositary", Widest: 16},
	{Heading: "Participant", Widest: 18},
	{Heading: "Participant name", Widest: 24},
	{Heading: "Security"},
	{Heading: "Series", Widest: 20},
	{Heading: "Currency"},
	{Heading: "Window"},
	{Heading: "Received"},
	{Heading: "Tendered", Right: true},
	{Heading: "Accepted", Right: true},
	{Heading: "Returned", Right: true},
	{Heading: "Factor", Right: true},
	{Heading: "Reason", Widest: 44},
	{Heading: "Consideration per 1,000", Right: true},
	{Heading: "Tender Offer Consideration", Right: true},
	{Heading: "Early Tender Payment per 1,000", Right: true},
	{Heading: "Early Tender Payment", Right: true},
	{Heading: "Accrued interest", Right: true},
	{Heading: "Total", Right: true},
	{Heading: "Settlement date"},
	{Heading: "Payment reference"},
	{Heading: "File", Widest: 26},
	{Heading: "Sheet", Widest: 18},
	{Heading: "Row", Right: true},
}

// layInstructions lays out every instruction that counts. The totals stand
// above the headings: there they stay in sight however long the list is.
func (b *workbook) layInstructions() {
	const title = "Instructions that count"
	s := b.NewSheet("Instructions", title)
	b.instructions = s
	currencies := b.run.Currencies()
	l := &spreadsheet.Listing{Columns: slices.Clone(instructionColumns), Count: len(b.run.Book.Lines), None: "No instruction counts."}
	l.Columns[insReceived-1].Heading = "Received (" + b.run.Offer.Zone.String() + ")"
	l.Maker, l.Described = b.instructionRows, b.run.Progress
	b.lines = l
	b.Lay(l, s, spreadsheet.BannerRow+1+len(currencies), 0, b.Continuation(s, title))
	for i, currency := range currencies {
		s.Line(spreadsheet.BannerRow+1+i, b.instructionTotal(currency, spreadsheet.BannerRow+1+i), l.Columns, spreadsheet.InSubtotal)
	}
}

// instructionRows returns what fills the rows of Instructions. It remembers what
// a row has in common with others.
func (b *workbook) instructionRows() spreadsheet.RowMaker {
	m := &instructionMaker{b: b, zone: b.run.Offer.Zone, reasons: make(map[allocate.Reason]spreadsheet.Cell)}
	for i := range b.run.Book.Lines {
		m.received = max(m.received, spreadsheet.ClockFormat(b.run.Book.Lines[i].Received))
	}
	for i := range b.run.Offer.Series {
		series, accepted := &b.run.Offer.Series[i], &b.run.Allocation.Series[i]
		m.used = append(m.used, [2]usedCells{
			{factor(accepted.EarlyFactor), spreadsheet.Price(series.TenderOfferConsideration), spreadsheet.Price(series.EarlyTenderPayment)},
			{factor(accepted.LateFactor), spreadsheet.Price(series.TenderOfferConsideration), spreadsheet.Cell{}},
		})
	}
	return m.row
}

// usedCells show the factor and the prices that were used for a series and window.
type usedCells struct{ factor, price, earlyPrice spreadsheet.Cell }

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
	reasons  map[allocate.Reason]spreadsheet.Cell
	date     tender.Date // of the row before, and its cell
	dated    spreadsheet.Cell
}

var (
	returnedFormula   = spreadsheet.Letters(insTendered) + "#-" + spreadsheet.Letters(insAccepted) + "#"
	instructionAcross = spreadsheet.Letters(insConsideration) + "#+" + acrossCash(insEarly, insInterest)
)

func (m *instructionMaker) row(i int, cells []spreadsheet.Cell) {
	r := m.b.run
	l, decided, paid := &r.Book.Lines[i], &r.Allocation.Lines[i], &r.Settlement.Lines[i]
	currency := m.b.tally.currency(l.Series)
	cells[insID-1], cells[insDepositary-1] = spreadsheet.Label(l.ID), spreadsheet.Label(l.Depositary)
	cells[insParticipant-1], cells[insName-1] = spreadsheet.Label(l.Participant), spreadsheet.Label(l.ParticipantName)
	cells[insSecurity-1], cells[insSeries-1] = spreadsheet.Label(l.Security), spreadsheet.Label(l.Series)
	cells[insCurrency-1], cells[insWindow-1] = spreadsheet.Label(currency), spreadsheet.Label(string(l.Window))
	cells[insReceived-1] = spreadsheet.Moment(l.Received, m.zone).ShownAs(m.received).Aligned(spreadsheet.Left)
	cells[insTendered-1], cells[insAccepted-1] = spreadsheet.Principal(l.Principal), spreadsheet.Principal(decided.Accepted)
	cells[insReturned-1] = less(cells[insTendered-1], l.Principal, decided.Accepted).By(returnedFormula)
	cells[insReason-1] = m.reason(l, decided.Reason)
	used := &m.used[m.b.tally.series[l.Series]][windowIndex(l.Window)]
	if !l.Undelivered {
		cells[insFactor-1] = used.factor
	}
	money := [...]spreadsheet.Cell{{}, {}, {}, {}}
	putCash(money[:], &paid.Cash, tender.CashPlaces(currency), instructionAcross)
	cells[insConsideration-1] = money[0]
	copy(cells[insEarly-1:insTotal], money[1:])
	cells[insDate-1] = m.day(paid.Date)
	if paid.Payment >= 0 {
		cells[insPrice-1], cells[insEarlyPrice-1] = used.price, used.earlyPrice
		cells[insReference-1] = spreadsheet.Label(r.Settlement.Payments[paid.Payment].Reference)
	}
	cells[insFile-1], cells[insSheet-1] = spreadsheet.Label(l.Source.File), spreadsheet.Label(l.Source.Sheet)
	cells[insRow-1] = spreadsheet.Count(l.Source.Row).Formatted("0")
}

// less is the principal tendered, which a cell shows already, less what is
// accepted of it.
func less(shown spreadsheet.Cell, tendered, accepted decimal.Decimal) spreadsheet.Cell {
	if a, ok := decimals.Of(accepted); ok && shown.Value == "" {
		if returned, ok := shown.Amount.Plus(decimals.Amount{Units: -a.Units, Places: a.Places}); ok {
			return spreadsheet.Cell{Kind: spreadsheet.Number, Amount: returned, Style: spreadsheet.Style{Format: spreadsheet.DecimalsFormat(returned.Places)}}
		}
	}
	return spreadsheet.Principal(tendered.Sub(accepted))
}

func (m *instructionMaker) day(d tender.Date) spreadsheet.Cell {
	if d != m.date {
		m.date, m.dated = d, spreadsheet.Day(d).Aligned(spreadsheet.Left)
	}
	if d.IsZero() {
		return spreadsheet.Cell{Style: spreadsheet.Style{Align: spreadsheet.Left}}
	}
	return m.dated
}

func (m *instructionMaker) reason(l *tender.Line, decided allocate.Reason) spreadsheet.Cell {
	if l.Delivery == tender.GuaranteedDelivery || len(l.Waived) > 0 {
		return spreadsheet.Label(result.ReasonWords(l, decided))
	}
	c, known := m.reasons[decided]
	if !known {
		c = spreadsheet.Label(result.ReasonWords(l, decided))
		m.reasons[decided] = c
	}
	return c
}

func (b *workbook) instructionTotal(currency string, row int) []spreadsheet.Cell {
	f, paid := b.run.CurrencyFigures(currency), b.tally.paid[currency]
	cells := make([]spreadsheet.Cell, insRow)
	cells[0], cells[insCurrency-1] = spreadsheet.Label("Total "+currency), spreadsheet.Label(currency)
	put := func(col int, c spreadsheet.Cell) {
		cells[col-1] = c.By(b.lines.Over(b.instructions, func(address func(int) string) string {
			return spreadsheet.SumOf(address(col), address(insCurrency), spreadsheet.At(row, insCurrency))
		}))
	}
	put(insTendered, spreadsheet.Principal(f.Tendered()))
	put(insAccepted, spreadsheet.Principal(f.Accepted()))
	put(insReturned, spreadsheet.Principal(f.Left))
	put(insConsideration, spreadsheet.Cash(paid.Consideration, currency))
	put(insEarly, spreadsheet.Cash(paid.EarlyPayment, currency))
	put(insInterest, spreadsheet.Cash(paid.AccruedInterest, currency))
	put(insTotal, spreadsheet.Cash(paid.Total(), currency))
	return cells
}
