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

// lineFields are the columns of Instructions in the workbook of a difference.
var lineFields = func() fields[changeRow] {
	all := append(positionFields("What happened"), fields[changeRow]{
		{key: "currency_was", column: spreadsheet.Column{Heading: "Currency before"},
			cell: func(r *changeRow) spreadsheet.Cell { return spreadsheet.Label(r.currencyWas) }},
		{key: "currency_now", column: spreadsheet.Column{Heading: "Currency now"},
			cell: func(r *changeRow) spreadsheet.Cell { return spreadsheet.Label(r.currencyNow) }},
	}...)
	for i, m := range compare.LineMeasures.Names {
		columns := beforeAndNow(measureKey(i), m.Heading,
			func(r *changeRow) (was, now spreadsheet.Cell) { return r.measure(i) },
			func(r *changeRow) decimal.Decimal {
				_, _, changes := compare.Amounts(compare.Positions(r.Change))
				return changes[i]
			})
		change := columns[2].cell
		columns[2].cell = func(r *changeRow) spreadsheet.Cell {
			if r.currencyWas != r.currencyNow && r.currencyWas != "" && r.currencyNow != "" {
				return spreadsheet.Cell{} // amounts in two currencies have no difference
			}
			return change(r)
		}
		all = append(all, columns...)
	}
	return all
}()

// measureKey is the key of the change of the i-th amount.
func measureKey(i int) string { return fmt.Sprint("measure_", i) }

// measure is the i-th amount before and now.
func (r *changeRow) measure(i int) (was, now spreadsheet.Cell) {
	before, after, _ := compare.Amounts(compare.Positions(r.Change))
	if before != nil {
		was = measureCell(compare.LineMeasures, i, before[i], r.currencyWas)
	}
	if after != nil {
		now = measureCell(compare.LineMeasures, i, after[i], r.currencyNow)
	}
	return was, now
}

// layInstructions lays out every instruction that differs.
func (b *comparison) layInstructions() {
	const title = "Instructions that differ"
	s := b.frame.NewSheet("Instructions", title)
	b.instructions = s
	s.Put(spreadsheet.BannerRow+1, 1,
		spreadsheet.Label("New ones, and those no longer counted, count in one of the runs only; the others were amended, "+
			"or accepted or paid differently.").As(spreadsheet.InSubtitle))
	s.SetHeight(spreadsheet.BannerRow+1, 20)
	l := lineFields.list(len(b.d.Lines), "No instruction differs.", func() func(i int) *changeRow {
		return func(i int) *changeRow {
			was, now := b.currencies.Of(&b.d.Lines[i])
			return &changeRow{&b.d.Lines[i], was, now}
		}
	})
	b.lines = l
	b.frame.Lay(l, s, spreadsheet.FirstRow, 0, b.frame.Continuation(s, title))
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
		return cmp.Or(cmp.Compare(x.currency, y.currency), cmp.Compare(slices.Index(order, x.kind),
			slices.Index(order, y.kind)))
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
	t := spreadsheet.Table{Columns: append(columns, spreadsheet.Column{Heading: "Agrees with the above", Right: true}),
		None: "No instruction differs."}
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
	s.Checks = append(s.Checks, spreadsheet.Area{Top: body.Bottom + 1, Left: difLast, Bottom: body.Bottom +
		max(1, len(t.Totals)), Right: difLast})
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
	cells := []spreadsheet.Cell{spreadsheet.Label(ChangeName(m.kind)), spreadsheet.Label(m.currency), {},
		spreadsheet.Count(m.lines)}
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
		cells = append(cells, shown.By(spreadsheet.SumOf(body.Column(difFirst+i).Fixed(), body.Column(difCurrency).Fixed(),
			spreadsheet.At(row, difCurrency))))
	}
	agrees, terms := b.agrees(sum), []string{}
	for _, c := range []struct {
		col   int // of the amount here
		block spreadsheet.Area
		of    int // the column there
	}{{difFirst + 1, b.accepted, difFirst + 2}, {difFirst + 2, b.accepted, difFirst + 3},
		{difFirst + 3, b.accepted, difFirst + 4}, {difFirst + 4, b.wired, difFirst + 4}} {
		terms = append(terms, fmt.Sprintf("ROUND(%s-SUMIFS(%s,%s,%s,%s,\"%s\"),4)=0", spreadsheet.At(row, c.col),
			c.block.Column(c.of).Fixed(),
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
	part := func(amount, currency string) string {
		return b.lines.Over(b.summary, func(address func(col int) string) string {
			at := func(key string) string { return address(lineFields.at(key)) }
			return fmt.Sprintf("SUMIFS(%s,%s,%s,%s,%s)", at(amount), at("kind"), spreadsheet.At(row, difName), at(currency),
				spreadsheet.At(row, difCurrency))
		})
	}
	return part(measureKey(i)+"_now", "currency_now") + "-(" + part(measureKey(i)+"_was", "currency_was") + ")"
}

// rejectDiffRow is a reject that differs.
type rejectDiffRow struct {
	*tender.Finding // of the run that has it; of the second if both have
	result.Pair[tender.Finding]
}

// waivedIn says why a run waives the reject, "" if it does not.
func waivedIn(side *tender.Finding) spreadsheet.Cell {
	if side == nil {
		return spreadsheet.Cell{}
	}
	return spreadsheet.Label(side.Waived)
}

// rejectDiffFields are the columns of Rejects in the workbook of a difference.
var rejectDiffFields = fields[rejectDiffRow]{
	{key: "change", column: spreadsheet.Column{Heading: "Reject is"},
		cell: func(r *rejectDiffRow) spreadsheet.Cell { return spreadsheet.Label(compare.RejectWord(r.Pair)) }},
	{key: "file", column: spreadsheet.Column{Heading: "File", Widest: 28},
		cell: func(r *rejectDiffRow) spreadsheet.Cell { return spreadsheet.Label(r.Source.File) }},
	{key: "sheet", column: spreadsheet.Column{Heading: "Sheet", Widest: 18},
		cell: func(r *rejectDiffRow) spreadsheet.Cell { return spreadsheet.Label(r.Source.Sheet) }},
	{key: "row", column: spreadsheet.Column{Heading: "Row", Right: true},
		cell: func(r *rejectDiffRow) spreadsheet.Cell { return spreadsheet.Count(r.Source.Row).Formatted("0") }},
	{key: "column", column: spreadsheet.Column{Heading: "Column", Widest: 20, Least: 14},
		cell: func(r *rejectDiffRow) spreadsheet.Cell { return spreadsheet.Label(r.Column) }},
	{key: "value", column: spreadsheet.Column{Heading: "Value as written", Widest: 28, Least: 22},
		cell: func(r *rejectDiffRow) spreadsheet.Cell { return spreadsheet.Label(r.Value) }},
	{key: "rule", column: spreadsheet.Column{Heading: "Rule", Widest: 20},
		cell: func(r *rejectDiffRow) spreadsheet.Cell { return spreadsheet.Label(r.Rule) }},
	{key: "message", column: spreadsheet.Column{Heading: "What is wrong", Widest: 58},
		cell: func(r *rejectDiffRow) spreadsheet.Cell { return spreadsheet.Label(r.Message) }},
	{key: "waived_was", column: spreadsheet.Column{Heading: "Waived before", Widest: 30},
		cell: func(r *rejectDiffRow) spreadsheet.Cell { return waivedIn(r.Was) }},
	{key: "waived_now", column: spreadsheet.Column{Heading: "Waived now", Widest: 30},
		cell: func(r *rejectDiffRow) spreadsheet.Cell { return waivedIn(r.Now) }},
}

// layRejects lays out the rejects that only one of the runs has, and those that
// were waived between them.
func (b *comparison) layRejects() {
	const title = "Rejects that differ"
	s := b.frame.NewSheet("Rejects", title)
	b.rejects = s
	s.Put(spreadsheet.BannerRow+1, 1,
		spreadsheet.Label("A line that is rejected for the same reason in both runs is not shown, even if it is in "+
			"another file or row now.").As(spreadsheet.InSubtitle))
	s.SetHeight(spreadsheet.BannerRow+1, 20)
	l := rejectDiffFields.list(len(b.d.Findings), "The same lines are rejected.", func() func(i int) *rejectDiffRow {
		return func(i int) *rejectDiffRow { return &rejectDiffRow{b.d.Findings[i].Either(), b.d.Findings[i]} }
	})
	b.frame.Lay(l, s, spreadsheet.FirstRow, 0, b.frame.Continuation(s, title))
}
