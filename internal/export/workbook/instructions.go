package workbook

import (
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/decimals"
	"tenderbatch/internal/result"
	"tenderbatch/internal/spreadsheet"
	"tenderbatch/internal/tender"
)

// instructionRow is a row of Instructions, or its totals in a currency.
type instructionRow struct {
	m         *instructionMaker
	line      *tender.Line
	decided   *allocate.Line
	date      tender.Date // zero if nothing is paid
	reference string      // of the payment, "" for none
	currency  string
	tendered  spreadsheet.Cell
	own       *usedCells          // in an auction, or if it was settled before, where each line can have its own
	money     [4]spreadsheet.Cell // consideration, early payment, interest, total
	unpriced  bool                // the series has no price yet, so money is empty
}

// used are the factor and prices that were used for the row.
func (r *instructionRow) used() *usedCells {
	if r.own != nil {
		return r.own
	}
	return &r.m.used[r.m.b.tally.series[r.line.Series]][windowIndex(r.line.Window)]
}

// instructionFields are the columns of Instructions.
var instructionFields = fields[instructionRow]{
	{key: "instruction", column: spreadsheet.Column{Heading: "Instruction", Widest: 24},
		cell: func(r *instructionRow) spreadsheet.Cell { return spreadsheet.Label(r.line.ID) }},
	{key: "depositary", column: spreadsheet.Column{Heading: "Depositary", Widest: 16},
		cell: func(r *instructionRow) spreadsheet.Cell { return spreadsheet.Label(r.line.Depositary) }},
	{key: "participant", column: spreadsheet.Column{Heading: "Participant", Widest: 18},
		cell: func(r *instructionRow) spreadsheet.Cell { return spreadsheet.Label(r.line.Participant) }},
	{key: "name", column: spreadsheet.Column{Heading: "Participant name", Widest: 24},
		cell: func(r *instructionRow) spreadsheet.Cell { return spreadsheet.Label(r.line.ParticipantName) }},
	{key: "security", column: spreadsheet.Column{Heading: "Security"},
		cell: func(r *instructionRow) spreadsheet.Cell { return spreadsheet.Label(r.line.Security) }},
	{key: "series", column: spreadsheet.Column{Heading: "Series", Widest: 20},
		cell: func(r *instructionRow) spreadsheet.Cell { return spreadsheet.Label(r.line.Series) }},
	{key: "currency", column: spreadsheet.Column{Heading: "Currency"},
		cell: func(r *instructionRow) spreadsheet.Cell { return spreadsheet.Label(r.currency) }},
	{key: "window", column: spreadsheet.Column{Heading: "Window"},
		cell: func(r *instructionRow) spreadsheet.Cell { return spreadsheet.Label(string(r.line.Window)) }},
	{key: "received", column: spreadsheet.Column{Heading: "Received"}, // in the time zone of the offer
		cell: func(r *instructionRow) spreadsheet.Cell {
			return spreadsheet.Moment(r.line.Received, r.m.zone).ShownAs(r.m.received).Aligned(spreadsheet.Left)
		}},
	{key: "tendered", column: spreadsheet.Column{Heading: "Tendered", Right: true}, total: true,
		cell: func(r *instructionRow) spreadsheet.Cell { return r.tendered }},
	{key: "accepted", column: spreadsheet.Column{Heading: "Accepted", Right: true}, total: true,
		cell: func(r *instructionRow) spreadsheet.Cell { return spreadsheet.Principal(r.decided.Accepted) }},
	{key: "returned", column: spreadsheet.Column{Heading: "Returned", Right: true}, total: true,
		formula: "{tendered}-{accepted}",
		cell: func(r *instructionRow) spreadsheet.Cell {
			return less(r.tendered, r.line.Principal, r.decided.Accepted)
		}},
	{key: "factor", column: spreadsheet.Column{Heading: "Factor", Right: true},
		cell: func(r *instructionRow) spreadsheet.Cell {
			if r.line.Undelivered {
				return spreadsheet.Cell{}
			}
			return r.used().factor
		}},
	{key: "reason", column: spreadsheet.Column{Heading: "Reason", Widest: 44},
		cell: func(r *instructionRow) spreadsheet.Cell { return r.m.reason(r.line, r.decided.Reason) }},
	{key: "price", column: spreadsheet.Column{Heading: "Consideration per 1,000", Right: true},
		cell: (*instructionRow).price},
	{key: "consideration", column: spreadsheet.Column{Heading: "Tender Offer Consideration", Right: true}, total: true,
		cell: func(r *instructionRow) spreadsheet.Cell { return r.money[0] }},
	{key: "early_price", column: spreadsheet.Column{Heading: "Early Tender Payment per 1,000", Right: true},
		cell: func(r *instructionRow) spreadsheet.Cell { return r.ifPaid(r.used().earlyPrice) }},
	{key: "early", column: spreadsheet.Column{Heading: "Early Tender Payment", Right: true}, total: true,
		cell: func(r *instructionRow) spreadsheet.Cell { return r.money[1] }},
	{key: "interest", column: spreadsheet.Column{Heading: "Accrued interest", Right: true}, total: true,
		cell: func(r *instructionRow) spreadsheet.Cell { return r.money[2] }},
	{key: "total", column: spreadsheet.Column{Heading: "Total", Right: true}, total: true,
		formula: "{consideration}+SUM({early}:{interest})",
		cell:    func(r *instructionRow) spreadsheet.Cell { return r.money[3] }},
	{key: "date", column: spreadsheet.Column{Heading: "Settlement date"},
		cell: func(r *instructionRow) spreadsheet.Cell { return r.m.day(r.date) }},
	{key: "reference", column: spreadsheet.Column{Heading: "Payment reference"},
		cell: func(r *instructionRow) spreadsheet.Cell { return spreadsheet.Label(r.reference) }},
	{key: "file", column: spreadsheet.Column{Heading: "File", Widest: 26},
		cell: func(r *instructionRow) spreadsheet.Cell { return spreadsheet.Label(r.line.Source.File) }},
	{key: "sheet", column: spreadsheet.Column{Heading: "Sheet", Widest: 18},
		cell: func(r *instructionRow) spreadsheet.Cell { return spreadsheet.Label(r.line.Source.Sheet) }},
	{key: "row", column: spreadsheet.Column{Heading: "Row", Right: true},
		cell: func(r *instructionRow) spreadsheet.Cell { return spreadsheet.Count(r.line.Source.Row).Formatted("0") }},
}

// price is the price per 1,000 that the row is paid, or that there is none yet.
func (r *instructionRow) price() spreadsheet.Cell {
	if r.unpriced && r.decided.Accepted.Sign() > 0 {
		return spreadsheet.Label(noPrice).Aligned(spreadsheet.Right)
	}
	return r.ifPaid(r.used().price)
}

// ifPaid is a cell that is shown only where something is paid.
func (r *instructionRow) ifPaid(c spreadsheet.Cell) spreadsheet.Cell {
	if r.reference == "" {
		return spreadsheet.Cell{}
	}
	return c
}

// layInstructions lays out every instruction that counts. The totals stand
// above the headings: there they stay in sight however long the list is.
func (b *workbook) layInstructions() {
	const title = "Instructions that count"
	s := b.frame.NewSheet("Instructions", title)
	b.instructions = s
	currencies := b.run.Currencies()
	l := instructionFields.list(len(b.run.Book.Lines), "No instruction counts.", b.instructionRows)
	l.Columns[instructionFields.at("received")-1].Heading = "Received (" + b.run.Offer.Zone.String() + ")"
	l.Described = b.run.Progress
	b.lines = l
	b.frame.Lay(l, s, spreadsheet.BannerRow+1+len(currencies), 0, b.frame.Continuation(s, title))
	for i, currency := range currencies {
		s.Line(spreadsheet.BannerRow+1+i, b.instructionTotal(currency, spreadsheet.BannerRow+1+i), l.Columns,
			spreadsheet.InSubtotal)
	}
}

// instructionRows returns what each row of Instructions shows. It remembers what
// a row has in common with others.
func (b *workbook) instructionRows() func(i int) *instructionRow {
	m := &instructionMaker{b: b, zone: b.run.Offer.Zone, reasons: make(map[allocate.Reason]spreadsheet.Cell)}
	for i := range b.run.Book.Lines {
		m.received = max(m.received, spreadsheet.ClockFormat(b.run.Book.Lines[i].Received))
	}
	for i := range b.run.Offer.Series {
		series, accepted := &b.run.Offer.Series[i], &b.run.Allocation.Series[i]
		m.used = append(m.used, [2]usedCells{
			{factor(accepted.EarlyFactor), spreadsheet.Price(series.TenderOfferConsideration),
				spreadsheet.Price(series.EarlyTenderPayment)},
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
	current  instructionRow
}

// row is the i-th row, until the next is asked for.
func (m *instructionMaker) row(i int) *instructionRow {
	r := m.b.run
	l, paid := &r.Book.Lines[i], &r.Settlement.Lines[i]
	m.current = instructionRow{
		m: m, line: l, decided: &r.Allocation.Lines[i], date: paid.Date, currency: m.b.tally.currency(l.Series),
		tendered: spreadsheet.Principal(l.Principal),
	}
	if at, ok := m.b.tally.series[l.Series]; ok && !r.Offer.Series[at].HasPrice() && paid.Payment < 0 {
		m.current.unpriced = true
		return &m.current
	}
	series := m.b.tally.series[l.Series]
	if l.Settled != nil || r.Allocation.Series[series].Several ||
		(len(r.Offer.Auctions) > 0 && r.Offer.AuctionOf(l.Series) != nil) {
		used := m.used[series][windowIndex(l.Window)]
		consideration, early := r.PricePaid(i)
		used.price, used.factor = spreadsheet.Price(consideration), factor(r.FactorUsed(i, series))
		if l.Window == tender.Early {
			used.earlyPrice = spreadsheet.Price(early)
		}
		m.current.own = &used
	}
	m.current.money = cashCells(&paid.Cash, m.current.currency)
	if paid.Payment >= 0 {
		m.current.reference = r.Settlement.Payments[paid.Payment].Reference
	}
	return &m.current
}

// less is the principal tendered, which a cell shows already, less what is
// accepted of it.
func less(shown spreadsheet.Cell, tendered, accepted decimal.Decimal) spreadsheet.Cell {
	if a, ok := decimals.Of(accepted); ok && shown.Value == "" {
		if returned, ok := shown.Amount.Plus(decimals.Amount{Units: -a.Units, Places: a.Places}); ok {
			return spreadsheet.Cell{Kind: spreadsheet.Number, Amount: returned,
				Style: spreadsheet.Style{Format: spreadsheet.DecimalsFormat(returned.Places)}}
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
	sums := instructionRow{
		line:     &tender.Line{Instruction: &tender.Instruction{Principal: f.Tendered()}},
		decided:  &allocate.Line{Accepted: f.Accepted()},
		tendered: spreadsheet.Principal(f.Tendered()),
	}
	if !b.anyWithoutPrice(currency) {
		sums.money = cashCells(&paid, currency)
	}
	key := instructionFields.at("currency")
	cells := instructionFields.totals("Total "+currency, &sums, func(col int) string {
		return b.lines.Over(b.instructions, func(address func(int) string) string {
			return spreadsheet.SumOf(address(col), address(key), spreadsheet.At(row, key))
		})
	})
	cells[key-1] = spreadsheet.Label(currency)
	return cells
}
