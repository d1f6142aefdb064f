package workbook

import (
	"fmt"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/spreadsheet"
)

// rungFields are the columns of an auction's ladder.
var rungFields = fields[allocate.Rung]{
	{key: "bid", column: spreadsheet.Column{Heading: "Bid", Least: 14},
		cell: func(r *allocate.Rung) spreadsheet.Cell { return spreadsheet.Label(r.Bid) }},
	{key: "early", column: spreadsheet.Column{Heading: "Tendered early", Right: true},
		cell: func(r *allocate.Rung) spreadsheet.Cell { return spreadsheet.Principal(r.Early) }},
	{key: "late", column: spreadsheet.Column{Heading: "Tendered late", Right: true},
		cell: func(r *allocate.Rung) spreadsheet.Cell { return spreadsheet.Principal(r.Late) }},
	{key: "accepted", column: spreadsheet.Column{Heading: "Accepted", Right: true},
		cell: func(r *allocate.Rung) spreadsheet.Cell { return spreadsheet.Principal(r.Accepted) }},
	{key: "cumulative", column: spreadsheet.Column{Heading: "At this bid or better", Right: true},
		cell: func(r *allocate.Rung) spreadsheet.Cell { return spreadsheet.Principal(r.Cumulative) }},
	{key: "counts", column: spreadsheet.Column{Heading: "Counts under the cap", Right: true},
		cell: func(r *allocate.Rung) spreadsheet.Cell { return spreadsheet.Principal(r.Counts) }},
	{key: "fits", column: spreadsheet.Column{Heading: "Fits"},
		cell: func(r *allocate.Rung) spreadsheet.Cell { return spreadsheet.BoolCell(r.Fits) }},
}

// layAuctions lays out, for each auction, where it clears and the amounts at each bid: what
// the issuer decides from.
func (b *workbook) layAuctions() {
	if len(b.run.Allocation.Auctions) == 0 {
		return
	}
	s := b.frame.NewSheet("Auctions", "Auctions: principal by bid, best first, in the currency of the cap")
	b.auctions = s
	row := spreadsheet.FirstRow
	for i := range b.run.Allocation.Auctions {
		a := &b.run.Allocation.Auctions[i]
		s.Put(row, 1, spreadsheet.Label(auctionWords(a)).As(spreadsheet.InSection))
		t := spreadsheet.Table{Columns: rungFields.columns(), None: "Nothing was tendered."}
		for k := range a.Ladder {
			t.Rows = append(t.Rows, rungFields.row(&a.Ladder[k]))
		}
		row = s.Table(row+1, t).Bottom + 2
	}
}

// auctionWords say where an auction clears.
func auctionWords(a *allocate.Auctioned) string {
	if !a.Cleared {
		return a.Name + ": nothing was tendered"
	}
	by := ""
	if a.Set {
		by = ", the level set by the issuer"
	}
	return fmt.Sprintf("%s: clears at %s%s; factor %s for early tenders, %s for late ones", a.Name, a.Clearing, by,
		orNone(a.EarlyFactor), orNone(a.LateFactor))
}

func orNone(f allocate.Factor) string {
	if f.None() {
		return "none"
	}
	return f.String()
}
