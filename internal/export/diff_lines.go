package export

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/result"
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

var lineColumns = func() []column {
	columns := []column{
		{heading: "What happened", widest: 24},
		{heading: "Depositary", widest: 16},
		{heading: "Instruction", widest: 24},
		{heading: "Series before", widest: 20},
		{heading: "Series now", widest: 20},
		{heading: "Window before"},
		{heading: "Window now"},
		{heading: "Currency before"},
		{heading: "Currency now"},
	}
	for _, m := range lineMeasures.names {
		columns = append(columns, column{heading: m.heading + " before", right: true},
			column{heading: m.heading + " now", right: true}, column{heading: "Change", right: true})
	}
	return columns
}()

// layInstructions lays out every instruction that differs.
func (b *comparison) layInstructions() {
	const title = "Instructions that differ"
	s := b.newSheet("Instructions", title)
	b.instructions = s
	s.put(bannerRow+1, 1, label("New and gone ones count in one of the runs only; the others were amended, or accepted or paid differently.").as(inSubtitle))
	s.tall(bannerRow+1, 20)
	l := &listing{columns: lineColumns, count: len(b.d.Lines), none: "No instruction differs."}
	l.maker = func() rowMaker { return func(i int, cells []cell) { b.lineRow(&b.d.Lines[i], cells) } }
	b.lines = l
	b.lay(l, s, firstRow, 0, b.goOn(s, title))
}

func (b *comparison) lineRow(c *result.Change, cells []cell) {
	cells[linKind-1], cells[linDepositary-1], cells[linInstruction-1] = label(ChangeName(c.Kind)), label(c.Depositary), label(c.Instruction)
	was, now := b.currencies.of(c)
	cells[linSeriesWas-1], cells[linSeriesNow-1] = label(c.Was.Series), label(c.Now.Series)
	cells[linWindowWas-1], cells[linWindowNow-1] = label(string(c.Was.Window)), label(string(c.Now.Window))
	cells[linCurrencyWas-1], cells[linCurrencyNow-1] = label(was), label(now)
	before, after, change := Amounts(pair(c))
	for i := range lineMeasures.names {
		var three [3]cell
		if before != nil {
			three[0] = lineMeasures.cell(i, before[i], was)
		}
		if after != nil {
			three[1] = lineMeasures.cell(i, after[i], now)
		}
		compare(cells, linAmounts+3*i, three[0], three[1], change[i])
		if was != now && was != "" && now != "" { // amounts in two currencies have no difference
			cells[linAmounts+3*i+1] = cell{}
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
			all = append(all, movement{kind, currency, 0, make([]decimal.Decimal, len(lineMeasures.names))})
		}
		all[i].lines += lines
		for n, a := range amounts {
			all[i].amounts[n] = all[i].amounts[n].Add(a.Mul(decimal.NewFromInt(sign)))
		}
	}
	for i := range b.d.Lines {
		c := &b.d.Lines[i]
		was, now := b.currencies.of(c)
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
	order := []result.ChangeKind{result.New, result.Gone, result.Amended, result.Reclassed}
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
	s.put(row, 1, label("What moved, by instructions").as(inSection))
	columns := figureColumns("What happened", nil, column{heading: "Instructions", right: true})
	for _, m := range lineMeasures.names {
		columns = append(columns, column{heading: m.heading + ", change", right: true})
	}
	t := table{columns: append(columns, column{heading: "Agrees with the above", right: true}), none: "No instruction differs."}
	top := row + 2
	moved := b.movements()
	for _, m := range moved {
		t.rows = append(t.rows, b.movementRow(top+len(t.rows), m))
	}
	body := area{top, 1, top + max(1, len(moved)) - 1, difLast}
	for _, sum := range sumsByCurrency(moved) {
		t.totals = append(t.totals, b.movementTotal(body, body.bottom+1+len(t.totals), sum))
	}
	s.table(row+1, t)
	s.checks = append(s.checks, area{body.bottom + 1, difLast, body.bottom + max(1, len(t.totals)), difLast})
	return body.bottom + len(t.totals) + 1
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

func (b *comparison) movementRow(row int, m movement) []cell {
	cells := []cell{label(ChangeName(m.kind)), label(m.currency), {}, count(m.lines)}
	for i, a := range m.amounts {
		cells = append(cells, lineMeasures.cell(i, a, m.currency).by(b.movedFormula(row, i)))
	}
	return cells
}

// movementTotal adds up a currency and holds it against the changes of the series
// and of what is wired.
func (b *comparison) movementTotal(body area, row int, sum movement) []cell {
	cells := []cell{label("All " + sum.currency), label(sum.currency), {}}
	for i, a := range append([]decimal.Decimal{decimal.NewFromInt(int64(sum.lines))}, sum.amounts...) {
		shown := lineMeasures.cell(max(i-1, 0), a, sum.currency)
		cells = append(cells, shown.by(sumOf(body.column(difFirst+i).fixed(), body.column(difCurrency).fixed(), at(row, difCurrency))))
	}
	agrees, terms := b.agrees(sum), []string{}
	for _, c := range []struct {
		col   int // of the amount here
		block area
		of    int // the column there
	}{{difFirst + 1, b.accepted, difFirst + 2}, {difFirst + 2, b.accepted, difFirst + 3}, {difFirst + 3, b.accepted, difFirst + 4}, {difFirst + 4, b.wired, difFirst + 4}} {
		terms = append(terms, fmt.Sprintf("ROUND(%s-SUMIFS(%s,%s,%s,%s,\"%s\"),4)=0", at(row, c.col), c.block.column(c.of).fixed(),
			c.block.column(difCurrency).fixed(), at(row, difCurrency), c.block.column(difWhich).fixed(), changed))
	}
	return append(cells, yes(agrees).by("AND("+strings.Join(terms, ",")+")"))
}

// agrees reports whether the instructions of a currency add up to the changes of
// its series and of what is wired in it.
func (b *comparison) agrees(sum movement) bool {
	left := slices.Clone(sum.amounts)
	for _, p := range b.d.Series {
		if _, _, change := Amounts(p); p.Either().Currency == sum.currency {
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
		return b.lines.over(b.summary, func(address func(col int) string) string {
			return fmt.Sprintf("SUMIFS(%s,%s,%s,%s,%s)", address(amount), address(linKind), at(row, difName), address(currency), at(row, difCurrency))
		})
	}
	return part(linAmounts+3*i+1, linCurrencyNow) + "-(" + part(linAmounts+3*i, linCurrencyWas) + ")"
}

var rejectDiffColumns = []column{
	{heading: "Reject is"},
	{heading: "File", widest: 28},
	{heading: "Sheet", widest: 18},
	{heading: "Row", right: true},
	{heading: "Column", widest: 20, least: 14},
	{heading: "Value as it stands", widest: 28, least: 22},
	{heading: "Rule", widest: 20},
	{heading: "What is wrong", widest: 58},
	{heading: "Waived before", widest: 30},
	{heading: "Waived now", widest: 30},
}

// layRejects lays out the rejects that only one of the runs has, and those that
// were waived between them.
func (b *comparison) layRejects() {
	const title = "Rejects that differ"
	s := b.newSheet("Rejects", title)
	b.rejects = s
	s.put(bannerRow+1, 1, label("A line that is rejected for the same reason in both runs is not shown, even if it stands in another file or row now.").as(inSubtitle))
	s.tall(bannerRow+1, 20)
	l := &listing{columns: rejectDiffColumns, count: len(b.d.Rejects), none: "The same lines are rejected."}
	l.maker = func() rowMaker { return func(i int, cells []cell) { rejectDiffRow(b.d.Rejects[i], cells) } }
	b.lay(l, s, firstRow, 0, b.goOn(s, title))
}

func rejectDiffRow(p result.Pair[tender.Reject], cells []cell) {
	r := p.Either()
	cells[0], cells[3] = label(RejectWord(p)), count(r.Source.Row).formatted("0")
	for i, text := range [...]string{1: r.Source.File, 2: r.Source.Sheet, 4: r.Column, 5: r.Value, 6: r.Rule, 7: r.Message} {
		if text != "" {
			cells[i] = label(text)
		}
	}
	for i, side := range []*tender.Reject{p.Was, p.Now} {
		if side != nil {
			cells[8+i] = label(side.Waived)
		}
	}
}

// RejectWord says what became of a reject in the second run.
func RejectWord(p result.Pair[tender.Reject]) string {
	switch {
	case p.Was == nil:
		return "new"
	case p.Now == nil:
		return "resolved"
	case p.Now.Waived != "":
		return "waived"
	}
	return "no longer waived"
}
