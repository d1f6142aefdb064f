package workbook

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/result"
	"tenderbatch/internal/spreadsheet"
)

// beforeAndNow are three columns: an amount before and now, and the change.
func beforeAndNow[R any](key, name string, sides func(r *R) (was, now spreadsheet.Cell),
	change func(r *R) decimal.Decimal) fields[R] {
	return fields[R]{
		{key: key + "_was", column: spreadsheet.Column{Heading: name + " before", Right: true},
			cell: func(r *R) spreadsheet.Cell { was, _ := sides(r); return was }},
		{key: key + "_now", column: spreadsheet.Column{Heading: name + " now", Right: true},
			cell: func(r *R) spreadsheet.Cell { _, now := sides(r); return now }},
		{key: key, column: spreadsheet.Column{Heading: "Change", Right: true}, formula: "{" + key + "_now}-{" + key + "_was}",
			cell: func(r *R) spreadsheet.Cell {
				was, now := sides(r)
				return difference(was, now, change(r))
			}},
	}
}

// difference is a change that is shown as the amounts are.
func difference(was, now spreadsheet.Cell, change decimal.Decimal) spreadsheet.Cell {
	if now.Kind == spreadsheet.Empty {
		now = was
	}
	return now.Holding(change)
}

// changeRow is an instruction that differs.
type changeRow struct {
	*result.Change
	currencyWas, currencyNow string
}

// cells are an amount before and now; empty where the instruction did not count.
func (r *changeRow) cells(was, now decimal.Decimal,
	show func(d decimal.Decimal, currency string) spreadsheet.Cell) (before, after spreadsheet.Cell) {
	if r.Was.Counted() {
		before = show(was, r.currencyWas)
	}
	if r.Now.Counted() {
		after = show(now, r.currencyNow)
	}
	return before, after
}

func principalIn(d decimal.Decimal, _ string) spreadsheet.Cell { return spreadsheet.Principal(d) }

// positionFields are the columns that name an instruction and its series and window before
// and now; kind is the heading of what happened to it.
func positionFields(kind string) fields[changeRow] {
	return fields[changeRow]{
		{key: "kind", column: spreadsheet.Column{Heading: kind, Widest: 24},
			cell: func(r *changeRow) spreadsheet.Cell { return spreadsheet.Label(ChangeName(r.Kind)) }},
		{key: "depositary", column: spreadsheet.Column{Heading: "Depositary", Widest: 16},
			cell: func(r *changeRow) spreadsheet.Cell { return spreadsheet.Label(r.Depositary) }},
		{key: "instruction", column: spreadsheet.Column{Heading: "Instruction", Widest: 24},
			cell: func(r *changeRow) spreadsheet.Cell { return spreadsheet.Label(r.Instruction) }},
		{key: "series_was", column: spreadsheet.Column{Heading: "Series before", Widest: 20},
			cell: func(r *changeRow) spreadsheet.Cell { return spreadsheet.Label(r.Was.Series) }},
		{key: "series_now", column: spreadsheet.Column{Heading: "Series now", Widest: 20},
			cell: func(r *changeRow) spreadsheet.Cell { return spreadsheet.Label(r.Now.Series) }},
		{key: "window_was", column: spreadsheet.Column{Heading: "Window before"},
			cell: func(r *changeRow) spreadsheet.Cell { return spreadsheet.Label(string(r.Was.Window)) }},
		{key: "window_now", column: spreadsheet.Column{Heading: "Window now"},
			cell: func(r *changeRow) spreadsheet.Cell { return spreadsheet.Label(string(r.Now.Window)) }},
	}
}

// changeFields are the columns of Changes.
var changeFields = slices.Concat(positionFields("Change"),
	beforeAndNow("tendered", "Tendered", func(r *changeRow) (was, now spreadsheet.Cell) {
		return r.cells(r.Was.Tendered, r.Now.Tendered, principalIn)
	}, func(r *changeRow) decimal.Decimal { return r.Now.Tendered.Sub(r.Was.Tendered) }),
	beforeAndNow("accepted", "Accepted", func(r *changeRow) (was, now spreadsheet.Cell) {
		return r.cells(r.Was.Accepted, r.Now.Accepted, principalIn)
	}, func(r *changeRow) decimal.Decimal { return r.Now.Accepted.Sub(r.Was.Accepted) }),
	beforeAndNow("cash", "Cash", func(r *changeRow) (was, now spreadsheet.Cell) {
		return r.cells(r.Was.Total, r.Now.Total, spreadsheet.Cash)
	}, func(r *changeRow) decimal.Decimal { return r.Now.Total.Sub(r.Was.Total) }),
)

// seriesChangeRow is what became of a series.
type seriesChangeRow struct {
	result.SeriesChange
	currency string
}

// seriesChangeFields are the columns of the table above: what both compare is in the
// same columns.
var seriesChangeFields = slices.Concat(fields[seriesChangeRow]{
	{key: "series", column: spreadsheet.Column{Heading: "Series", Widest: 24},
		cell: func(r *seriesChangeRow) spreadsheet.Cell { return spreadsheet.Label(r.Series) }},
	{}, {},
	{key: "currency", column: spreadsheet.Column{Heading: "Currency"},
		cell: func(r *seriesChangeRow) spreadsheet.Cell { return spreadsheet.Label(r.currency) }},
	{}, {}, {},
},
	beforeAndNow("tendered", "Tendered", func(r *seriesChangeRow) (was, now spreadsheet.Cell) {
		return spreadsheet.Principal(r.TenderedWas), spreadsheet.Principal(r.TenderedNow)
	}, func(r *seriesChangeRow) decimal.Decimal { return r.TenderedNow.Sub(r.TenderedWas) }),
	beforeAndNow("accepted", "Accepted", func(r *seriesChangeRow) (was, now spreadsheet.Cell) {
		return spreadsheet.Principal(r.AcceptedWas), spreadsheet.Principal(r.AcceptedNow)
	}, func(r *seriesChangeRow) decimal.Decimal { return r.AcceptedNow.Sub(r.AcceptedWas) }),
	beforeAndNow("cash", "Cash", func(r *seriesChangeRow) (was, now spreadsheet.Cell) {
		return spreadsheet.Cash(r.CashWas, r.currency), spreadsheet.Cash(r.CashNow, r.currency)
	}, func(r *seriesChangeRow) decimal.Decimal { return r.CashNow.Sub(r.CashWas) }),
)

const changesTitle = "Changes since the previous run"

// layChanges lays out what is different from the previous published run: first
// what became of the series, then every instruction that differs.
func (b *workbook) layChanges() {
	s := b.frame.NewSheet("Changes", changesTitle)
	b.changes = s
	s.Put(spreadsheet.BannerRow+1, 1, spreadsheet.Label(b.changeWords()).As(spreadsheet.InSubtitle))
	s.SetHeight(spreadsheet.BannerRow+1, 20)
	c := b.run.Changes
	if c == nil {
		s.Widen(1, 110) // the title line has nothing beside it to run into
		return
	}
	t := spreadsheet.Table{Columns: seriesChangeFields.columns(), None: "The offer has no series."}
	for _, change := range c.Series {
		t.Rows = append(t.Rows, seriesChangeFields.row(&seriesChangeRow{change, b.run.CurrencyOf(change.Series)}))
	}
	s.Put(spreadsheet.FirstRow, 1, spreadsheet.Label("Series").As(spreadsheet.InSection))
	body := s.Table(spreadsheet.FirstRow+1, t)
	b.layChangedLines(body.Bottom + 2)
}

func (b *workbook) layChangedLines(top int) {
	s := b.changes
	s.Put(top, 1, spreadsheet.Label("Instructions").As(spreadsheet.InSection))
	l := changeFields.list(len(b.run.Changes.Lines), "No instruction changed.", func() func(i int) *changeRow {
		return func(i int) *changeRow {
			c := &b.run.Changes.Lines[i]
			return &changeRow{c, b.tally.currency(c.Was.Series), b.tally.currency(c.Now.Series)}
		}
	})
	// Its headings stand below another table: they repeat in print, but do not
	// stay in sight.
	frozen := s.Frozen
	b.frame.Lay(l, s, top+1, 0, b.frame.Continuation(s, changesTitle))
	s.Frozen = frozen
}

func (b *workbook) changeWords() string {
	c := b.run.Changes
	if c == nil {
		return "First run: there is no earlier run to compare with."
	}
	n := c.Kinds()
	return fmt.Sprintf("Compared with run %s: %d new, %d no longer counted, %d amended, %d accepted differently.",
		c.Previous, n[result.New], n[result.NoLonger], n[result.Amended], n[result.Reclassed])
}

// ChangeName says a kind in words.
func ChangeName(k result.ChangeKind) string { return changeNames[k] }

var changeNames = map[result.ChangeKind]string{
	result.New: "new", result.NoLonger: "no longer counted", result.Amended: "amended",
	result.Reclassed: "accepted differently",
}
