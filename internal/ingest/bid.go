package ingest

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/display"
	"tenderbatch/internal/headings"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// auctionsBySeries are the auctions by the positions of their series, nil where there is none.
func auctionsBySeries(o *tender.Offer) []*tender.Auction {
	all := make([]*tender.Auction, len(o.Series))
	for i, s := range o.Series {
		all[i] = o.AuctionOf(s.ID)
	}
	return all
}

// hasBids reports whether reports have bids.
func (t *terms) hasBids() bool { return len(t.offer.Auctions) > 0 }

// bid reads the bid of a tender in an auction, nil if there is none. One that is none of the
// auction is rejected, so that it moves no level; and without a column for bids nothing is, as
// all tenders would count as bids at the best end.
func (r *rowReader) bid(series int) *decimal.Decimal {
	if series < 0 || (!r.terms.hasBids() && !r.layout.headings.Has(headings.ColBid)) {
		return nil
	}
	a, name := r.terms.auctions[series], r.terms.offer.Series[series].ID
	if a != nil && !r.layout.headings.Has(headings.ColBid) {
		r.reject(headings.ColSecurity, values.NewFault(tender.RuleBidMissing,
			fmt.Sprintf("series %s is in the auction %s, and the report has no column for bids", name, display.Quote(a.Name)),
			fmt.Sprintf("name the column in the offer at depositary %s: columns: {bid: …}", r.terms.depositary.Name)))
		return nil
	}
	text, ok := r.text(headings.ColBid)
	switch {
	case !ok:
		return nil
	case a == nil && len(text) > 0:
		r.addFinding(headings.ColBid, values.NewFault(tender.RuleBid,
			fmt.Sprintf("series %s is in no auction; the bid is left aside", name),
			"nothing, unless another series is meant"), tender.LineRemarked, "")
		return nil
	case len(text) == 0 && a != nil && a.NoBid == tender.NoBidReject:
		r.reject(headings.ColBid, values.NewFault(tender.RuleBidMissing,
			fmt.Sprintf("there is no bid, which the auction %s needs", display.Quote(a.Name)),
			"ask the depositary for the bid, or return the tender"))
		return nil
	case len(text) == 0:
		return nil
	}
	return r.bidIn(a, string(text), r.terms.offer.Series[series].Currency)
}

// bidIn is the bid in a cell that is not blank. Auctions have few levels, so each is read once.
func (r *rowReader) bidIn(a *tender.Auction, text, currency string) *decimal.Decimal {
	cell := r.cells[headings.ColBid]
	key := fmt.Sprintf("%s %d %d %s", a.Name, cell.Kind, cell.Format, text)
	if known, ok := r.keeper.bids[key]; ok {
		return known
	}
	bid, wrong := readBid(cell, text, currency, r.terms.depositary.Decimal)
	switch {
	case wrong != nil:
	case !a.InRange(bid):
		wrong = values.NewFault(tender.RuleBidRange,
			fmt.Sprintf("the bid %s is outside the range from %s to %s", bid, a.From, a.To),
			"return the tender, or ask the depositary for the bid")
	case !a.OnIncrement(bid):
		wrong = values.NewFault(tender.RuleBidIncrement,
			fmt.Sprintf("the bid %s is not %s and whole steps of %s more", bid, a.From, a.Increment),
			"return the tender, or ask the depositary for the bid")
	}
	if wrong != nil {
		r.reject(headings.ColBid, wrong)
		return nil
	}
	if r.keeper.bids == nil {
		r.keeper.bids = make(map[string]*decimal.Decimal)
	}
	r.keeper.bids[key] = &bid
	return &bid
}

// readBid reads a price, a spread or a premium; a spread may be below zero.
func readBid(cell *xlsx.Cell, text, currency string, mark tender.DecimalMark) (bid decimal.Decimal,
	wrong *values.Fault) {
	digits, negative := strings.CutPrefix(text, "-")
	beside := ""
	switch {
	case cell.Format == xlsx.Percent:
		wrong = values.NewFault("", "the cell is formatted as a percentage", "")
	case cell.Format == xlsx.DateTime:
		wrong = values.NewFault("", "the cell is formatted as a date", "")
	case cell.Kind == xlsx.Text:
		bid, beside, wrong = values.TextAmountIn(digits, mark)
	default:
		bid, wrong = values.NumberAmount(digits)
	}
	if wrong == nil && beside != "" && !values.MarkFits(beside, currency) {
		wrong = values.NewFault("", fmt.Sprintf("its currency is %s, and the series is in %s", beside, currency), "")
	}
	if wrong != nil {
		return bid, values.NewFault(tender.RuleBid, "the bid cannot be read: "+wrong.Message,
			"ask the depositary for the bid as a number")
	}
	if negative {
		bid = bid.Neg()
	}
	return bid, nil
}
