package workbook

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/compare"
	"tenderbatch/internal/result"
	"tenderbatch/internal/spreadsheet"
	"tenderbatch/internal/tender"
)

// The columns of Instructions in the workbook of a difference. From difAmounts on
// each amount has three: before, now and the change.
const (
	linKind = iota + 1
	linDepositary
	linInstruction
	linSeriesWas
	linSeriesNow
	linWindowWas
	linWindowNow
	linCurrencyWas
	linCurrencyNow
	linAmounts
)

var lineColumns = func() []spreadsheet.Column {
	columns := []spreadsheet.Column{
		{Heading: "What happened", Widest: 24},
		{Heading: "Depositary", Widest: 16},
		{Heading: "Instruction", Widest: 24},
		{Heading: "Series before", Widest: 20},
		{Heading: "Series now", Widest: 20},
		{Heading: "Window before"},
		{Heading: "Window now"},
		{Heading: "Currency before"},
		{Heading: "Currency now"},
	}
	for _, m := range compare.LineMeasures.Names {
		columns = append(columns, spreadsheet.Column{Heading: m.Heading + " before", Right: true},
			spreadsheet.Column{Heading: m.Heading + " now", Right: true}, spreadsheet.Column{Heading: "Change", Right: true})
	}
	return columns
}()

// layInstructions lays out every instruction that differs.
func (b *comparison) layInstructions() {
	const title = "Instructions that differ"
	s := b.NewSheet("Instructions", title)
	b.instructions = s
	s.Put(spreadsheet.BannerRow+1, 1, spreadsheet.Label("New ones, and those no longer counted, count in one of the runs only; the others were amended, or accepted or paid differently.").As(spreadsheet.InSubtitle))
	s.SetHeight(spreadsheet.BannerRow+1, 20)
	l := &spreadsheet.Listing{Columns: lineColumns, Count: len(b.d.Lines), None: "No instruction differs."}
	l.Maker = func() spreadsheet.RowMaker {
		return func(i int, cells []spreadsheet.Cell) { b.lineRow(&b.d.Lines[i], cells) }
	}
	b.lines = l
	b.Lay(l, s, spreadsheet.FirstRow, 0, b.Continuation(s, title))
}

func (b *comparison) lineRow(c *result.Change, cells []spreadsheet.Cell) {
	cells[linKind-1], cells[linDepositary-1], cells[linInstruction-1] = spreadsheet.Label(ChangeName(c.Kind)), spreadsheet.Label(c.Depositary), spreadsheet.Label(c.Instruction)
	was, now := b.currencies.Of(c)
	cells[linSeriesWas-1], cells[linSeriesNow-1] = spreadsheet.Label(c.Was.Series), spreadsheet.Label(c.Now.Series)
	cells[linWindowWas-1], cells[linWindowNow-1] = spreadsheet.Label(string(c.Was.Window)), spreadsheet.Label(string(c.Now.Window))
	cells[linCurrencyWas-1], cells[linCurrencyNow-1] = spreadsheet.Label(was), spreadsheet.Label(now)
	before, after, change := compare.Amounts(compare.Positions(c))
	for i := range compare.LineMeasures.Names {
		var three [3]spreadsheet.Cell
		if before != nil {
			three[0] = measureCell(compare.LineMeasures, i, before[i], was)
		}
		if after != nil {
			three[1] = measureCell(compare.LineMeasures, i, after[i], now)
		}
		wasAndNow(cells, linAmounts+3*i, three[0], three[1], change[i])
		if was != now && was != "" && now != "" { // amounts in two currencies have no difference
			cells[linAmounts+3*i+1] = spreadsheet.Cell{}
		}
	}
}

// movement is what one kind of change does to one currency.
type movement struct {
	kind     result.ChangeKind
	currency string
	lines    int
	amounts  []decimal.Decimal
}

// movements adds up the instructions that differ by kind and currency. One that
// went from one currency to another counts in both.
func (b *comparison) movements() []movement {
	var all []movement
	add := func(kind result.ChangeKind, currency string, amounts []decimal.Decimal, sign int64, lines int) {
		i := slices.IndexFunc(all, func(m movement) bool { return m.kind == kind && m.currency == currency })
		if i < 0 {
			i = len(all)
			all = append(all, movement{kind, currency, 0, make([]decimal.Decimal, len(compare.LineMeasures.Names))})
		}
		all[i].lines += lines
		for n, a := range amounts {
			all[i].amounts[n] = all[i].amounts[n].Add(a.Mul(decimal.NewFromInt(sign)))
		}
	}
	for i := range b.d.Lines {
		c := &b.d.Lines[i]
		was, now := b.currencies.Of(c)
		if was != "" {
			add(c.Kind, was, c.Was.Amounts(), -1, 1)
		}
		if now != "" {
			lines := 1
			if was == now {
				lines = 0
			}
			add(c.Kind, now, c.Now.Amounts(), 1, lines)
		}
	}
	order := []result.ChangeKind{result.New, result.NoLonger, result.Amended, result.Reclassed}
	slices.SortStableFunc(all, func(x, y movement) int {
		return cmp.Or(cmp.Compare(x.currency, y.currency), cmp.Compare(slices.Index(order, x.kind), slices.Index(order, y.kind)))
	})
	return all
}

// layMoved lays out what the instructions that differ do to each currency, and
// checks that this is what became of the series and of the cash. It returns the
// next free row.
func (b *comparison) layMoved(row int) int {
	s := b.summary
	s.Put(row, 1, spreadsheet.Label("What moved, by instructions").As(spreadsheet.InSection))
	columns := figureColumns("What happened", nil, spreadsheet.Column{Heading: "Instructions", Right: true})
	for _, m := range compare.LineMeasures.Names {
		columns = append(columns, spreadsheet.Column{Heading: m.Heading + ", change", Right: true})
	}
	t := spreadsheet.Table{Columns: append(columns, spreadsheet.Column{Heading: "Agrees with the above", Right: true}), None: "No instruction differs."}
	top := row + 2
	moved := b.movements()
	for _, m := range moved {
		t.Rows = append(t.Rows, b.movementRow(top+len(t.Rows), m))
	}
	body := spreadsheet.Area{Top: top, Left: 1, Bottom: top + max(1, len(moved)) - 1, Right: difLast}
	for _, sum := range sumsByCurrency(moved) {
		t.Totals = append(t.Totals, b.movementTotal(body, body.Bottom+1+len(t.Totals), sum))
	}
	s.Table(row+1, t)
	s.Checks = append(s.Checks, spreadsheet.Area{Top: body.Bottom + 1, Left: difLast, Bottom: body.Bottom + max(1, len(t.Totals)), Right: difLast})
	return body.Bottom + len(t.Totals) + 1
}

// sumsByCurrency adds up all kinds of movements.
func sumsByCurrency(moved []movement) []movement {
	var sums []movement
	for _, m := range moved { // by currency
		if len(sums) == 0 || sums[len(sums)-1].currency != m.currency {
			sums = append(sums, movement{currency: m.currency, amounts: make([]decimal.Decimal, len(m.amounts))})
		}
		sum := &sums[len(sums)-1]
		sum.lines += m.lines
		for i, a := range m.amounts {
			sum.amounts[i] = sum.amounts[i].Add(a)
		}
	}
	return sums
}

func (b *comparison) movementRow(row int, m movement) []spreadsheet.Cell {
	cells := []spreadsheet.Cell{spreadsheet.Label(ChangeName(m.kind)), spreadsheet.Label(m.currency), {}, spreadsheet.Count(m.lines)}
	for i, a := range m.amounts {
		cells = append(cells, measureCell(compare.LineMeasures, i, a, m.currency).By(b.movedFormula(row, i)))
	}
	return cells
}

// movementTotal adds up a currency and holds it against the changes of the series
// and of what is wired.
func (b *comparison) movementTotal(body spreadsheet.Area, row int, sum movement) []spreadsheet.Cell {
	cells := []spreadsheet.Cell{spreadsheet.Label("All " + sum.currency), spreadsheet.Label(sum.currency), {}}
	for i, a := range append([]decimal.Decimal{decimal.NewFromInt(int64(sum.lines))}, sum.amounts...) {
		shown := measureCell(compare.LineMeasures, max(i-1, 0), a, sum.currency)
		cells = append(cells, shown.By(spreadsheet.SumOf(body.Column(difFirst+i).Fixed(), body.Column(difCurrency).Fixed(), spreadsheet.At(row, difCurrency))))
	}
	agrees, terms := b.agrees(sum), []string{}
	for _, c := range []struct {
		col   int // of the amount here
		block spreadsheet.Area
		of    int // the column there
	}{{difFirst + 1, b.accepted, difFirst + 2}, {difFirst + 2, b.accepted, difFirst + 3}, {difFirst + 3, b.accepted, difFirst + 4}, {difFirst + 4, b.wired, difFirst + 4}} {
		terms = append(terms, fmt.Sprintf("ROUND(%s-SUMIFS(%s,%s,%s,%s,\"%s\"),4)=0", spreadsheet.At(row, c.col), c.block.Column(c.of).Fixed(),
			c.block.Column(difCurrency).Fixed(), spreadsheet.At(row, difCurrency), c.block.Column(difWhich).Fixed(), changed))
	}
	return append(cells, spreadsheet.BoolCell(agrees).By("AND("+strings.Join(terms, ",")+")"))
}

// agrees reports whether the instructions of a currency add up to the changes of
// its series and of what is wired in it.
func (b *comparison) agrees(sum movement) bool {
	left := slices.Clone(sum.amounts)
	for _, p := range b.d.Series {
		if _, _, change := compare.Amounts(p); p.Either().Currency == sum.currency {
			for i := range 3 {
				left[i] = left[i].Sub(change[2+i])
			}
		}
	}
	left[3] = left[3].Sub(b.fundingSum(sum.currency, 2)[4])
	return !slices.ContainsFunc(left, func(d decimal.Decimal) bool { return !d.IsZero() })
}

// movedFormula adds up the i-th amount over the instructions of a kind and
// currency: now less before.
func (b *comparison) movedFormula(row, i int) string {
	part := func(amount, currency int) string {
		return b.lines.Over(b.summary, func(address func(col int) string) string {
			return fmt.Sprintf("SUMIFS(%s,%s,%s,%s,%s)", address(amount), address(linKind), spreadsheet.At(row, difName), address(currency), spreadsheet.At(row, difCurrency))
		})
	}
	return part(linAmounts+3*i+1, linCurrencyNow) + "-(" + part(linAmounts+3*i, linCurrencyWas) + ")"
}

var rejectDiffColumns = []spreadsheet.Column{
	{Heading: "Reject is"},
	{Heading: "File", Widest: 28},
	{Heading: "Sheet", Widest: 18},
	{Heading: "Row", Right: true},
	{Heading: "Column", Widest: 20, Least: 14},
	{Heading: "Value as written", Widest: 28, Least: 22},
	{Heading: "Rule", Widest: 20},
	{Heading: "What is wrong", Widest: 58},
	{Heading: "Waived before", Widest: 30},
	{Heading: "Waived now", Widest: 30},
}

// layRejects lays out the rejects that only one of the runs has, and those that
// were waived between them.
func (b *comparison) layRejects() {
	const title = "Rejects that differ"
	s := b.NewSheet("Rejects", title)
	b.rejects = s
	s.Put(spreadsheet.BannerRow+1, 1, spreadsheet.Label("A line that is rejected for the same reason in both runs is not shown, even if it is in another file or row now.").As(spreadsheet.InSubtitle))
	s.SetHeight(spreadsheet.BannerRow+1, 20)
	l := &spreadsheet.Listing{Columns: rejectDiffColumns, Count: len(b.d.Rejects), None: "The same lines are rejected."}
	l.Maker = func() spreadsheet.RowMaker {
		return func(i int, cells []spreadsheet.Cell) { rejectDiffRow(b.d.Rejects[i], cells) }
	}
	b.Lay(l, s, spreadsheet.FirstRow, 0, b.Continuation(s, title))
}

func rejectDiffRow(p result.Pair[tender.Reject], cells []spreadsheet.Cell) {
	r := p.Either()
	cells[0], cells[3] = spreadsheet.Label(compare.RejectWord(p)), spreadsheet.Count(r.Source.Row).Formatted("0")
	for i, text := range [...]string{1: r.Source.File, 2: r.Source.Sheet, 4: r.Column, 5: r.Value, 6: r.Rule, 7: r.Message} {
		if text != "" {
			cells[i] = spreadsheet.Label(text)
		}
	}
	for i, side := range []*tender.Reject{p.Was, p.Now} {
		if side != nil {
			cells[8+i] = spreadsheet.Label(side.Waived)
		}
	}
}
