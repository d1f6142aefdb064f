package workbook

import (
	"fmt"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/spreadsheet"
	"tenderbatch/internal/tender"
)

// rung is one level of an auction's ladder as it is shown.
type rung struct {
	*allocate.Rung
	cap     decimal.Decimal
	outcome string
}

// rungFields are the columns of an auction's ladder.
var rungFields = fields[rung]{
	{key: "bid", column: spreadsheet.Column{Heading: "Bid", Right: true, Least: 14},
		cell: func(r *rung) spreadsheet.Cell { return bidCell(r.Bid) }},
	{key: "early", column: spreadsheet.Column{Heading: "Tendered early", Right: true}, total: true,
		cell: func(r *rung) spreadsheet.Cell { return spreadsheet.Principal(r.Early) }},
	{key: "late", column: spreadsheet.Column{Heading: "Tendered late", Right: true}, total: true,
		cell: func(r *rung) spreadsheet.Cell { return spreadsheet.Principal(r.Late) }},
	{key: "tendered", column: spreadsheet.Column{Heading: "Tendered", Right: true}, total: true,
		formula: "{early}+{late}",
		cell:    func(r *rung) spreadsheet.Cell { return spreadsheet.Principal(r.Early.Add(r.Late)) }},
	{key: "accepted", column: spreadsheet.Column{Heading: "Accepted", Right: true}, total: true,
		cell: func(r *rung) spreadsheet.Cell { return spreadsheet.Principal(r.Accepted) }},
	{key: "cumulative", column: spreadsheet.Column{Heading: "At this bid or better", Right: true},
		cell: func(r *rung) spreadsheet.Cell { return spreadsheet.Principal(r.Cumulative) }},
	{key: "counts", column: spreadsheet.Column{Heading: "Counts under the cap", Right: true},
		cell: func(r *rung) spreadsheet.Cell { return spreadsheet.Principal(r.Counts) }},
	{key: "cap", column: spreadsheet.Column{Heading: "Cap", Right: true},
		cell: func(r *rung) spreadsheet.Cell { return spreadsheet.Principal(r.cap) }},
	{key: "fits", column: spreadsheet.Column{Heading: "Fits"}, formula: "{counts}<={cap}",
		cell: func(r *rung) spreadsheet.Cell { return spreadsheet.BoolCell(r.Fits) }},
	{key: "outcome", column: spreadsheet.Column{Heading: "Outcome", Least: 16},
		cell: func(r *rung) spreadsheet.Cell { return spreadsheet.Label(r.outcome) }},
}

// bidCell is a bid as the number that it is, or that there is none.
func bidCell(bid string) spreadsheet.Cell {
	level, err := decimal.NewFromString(bid)
	if err != nil {
		return spreadsheet.Label(bid).Aligned(spreadsheet.Right)
	}
	return plainNumber(level)
}

// ladderRows is how many rows the chart of a ladder is high.
const ladderRows = 18

// layAuctions lays out, for each auction, where it clears and the amounts at each bid, as a table
// and as a chart: what the issuer decides from. Each begins a page.
func (b *workbook) layAuctions() {
	if len(b.run.Allocation.Auctions) == 0 {
		return
	}
	s := b.frame.NewSheet("Auctions", "Auctions: principal by bid, best first, in the currency of the cap")
	b.auctions = s
	row := spreadsheet.FirstRow
	for i := range b.run.Allocation.Auctions {
		if i > 0 {
			s.Breaks = append(s.Breaks, row)
		}
		row = b.layAuction(row, &b.run.Offer.Auctions[i], &b.run.Allocation.Auctions[i])
	}
}

// layAuction lays out one auction, and returns the next free row.
func (b *workbook) layAuction(row int, terms *tender.Auction, a *allocate.Auctioned) int {
	s := b.auctions
	s.Put(row, 1, spreadsheet.Label(auctionWords(terms, a)).As(spreadsheet.InSection))
	t := spreadsheet.Table{Columns: rungFields.columns(), None: "Nothing was tendered."}
	sum := rung{Rung: new(allocate.Rung)}
	for k := range a.Ladder {
		r := rung{&a.Ladder[k], terms.Cap.Amount, outcomeWords(terms, a, &a.Ladder[k])}
		t.Rows = append(t.Rows, rungFields.row(&r))
		sum.Early, sum.Late, sum.Accepted = sum.Early.Add(r.Early), sum.Late.Add(r.Late), sum.Accepted.Add(r.Accepted)
	}
	if len(a.Ladder) == 0 {
		return s.Table(row+1, t).Bottom + 2
	}
	body := spreadsheet.Area{Top: row + 2, Left: 1, Bottom: row + 1 + len(t.Rows), Right: len(t.Columns)}
	t.Totals = append(t.Totals, rungFields.totals("All bids", &sum, func(col int) string {
		return spreadsheet.Sum(body.Column(col))
	}))
	top := s.Table(row+1, t).Bottom + 3
	b.drawLadder(body, top, terms)
	return top + ladderRows + 2
}

// drawLadder draws the principal at each bid, what it comes to under the cap, and the cap.
func (b *workbook) drawLadder(body spreadsheet.Area, top int, terms *tender.Auction) {
	s := b.auctions
	if body.Bottom-body.Top+1+ladderRows > pageRows-2 {
		s.Breaks = append(s.Breaks, top-1) // the row above, so that the border is on the same page
	}
	format, unit := scaleOf(terms.Cap.Amount)
	bar := func(key, colour string) spreadsheet.Bar {
		col := rungFields.at(key)
		return spreadsheet.Bar{Name: spreadsheet.Fixed(body.Top-1, col), Values: []spreadsheet.Area{body.Column(col)},
			Colour: colour}
	}
	s.Charts = append(s.Charts, &spreadsheet.Chart{
		Over:   spreadsheet.Area{Top: top, Left: 1, Bottom: top + ladderRows - 1, Right: body.Right},
		Title:  fmt.Sprintf("%s: by %s, best bid first, in %s of %s", terms.Name, bidWords(terms), unit, terms.Cap.Currency),
		Format: format, Groups: []spreadsheet.Area{body.Column(1)},
		Bars:  []spreadsheet.Bar{bar("tendered", barLight), bar("accepted", spreadsheet.Accent)},
		Line:  bar("counts", spreadsheet.Amber),
		Limit: bar("cap", spreadsheet.Red),
	})
}

// bidWords say what is bid.
func bidWords(a *tender.Auction) string {
	switch a.Bid {
	case tender.BidSpread:
		return "spread in basis points"
	case tender.BidPremium:
		return "premium in basis points"
	}
	return "price per 1,000"
}

// outcomeWords say what became of a level.
func outcomeWords(terms *tender.Auction, a *allocate.Auctioned, r *allocate.Rung) string {
	level, err := decimal.NewFromString(r.Bid)
	switch {
	case !a.Cleared && !a.Set:
		return ""
	case err != nil:
		return "before every bid"
	}
	switch c := terms.Compare(level, a.Clearing); {
	case c < 0:
		return "better"
	case c > 0:
		return "worse: returned"
	}
	return "clears here"
}

// auctionWords say where an auction clears.
func auctionWords(terms *tender.Auction, a *allocate.Auctioned) string {
	if !a.Cleared {
		return a.Name + ": nothing was tendered"
	}
	by := ""
	if a.Set {
		by = ", the level set by the issuer"
	}
	factors := fmt.Sprintf("factor %s", orNone(a.EarlyFactor))
	if early, late := orNone(a.EarlyFactor), orNone(a.LateFactor); early != late {
		factors = fmt.Sprintf("factor %s for early tenders, %s for late ones", early, late)
	}
	return fmt.Sprintf("%s: clears at %s%s; %s", a.Name, terms.LevelWords(a.Clearing), by, factors)
}

func orNone(f allocate.Factor) string {
	if f.None() {
		return "none"
	}
	return f.String()
}
