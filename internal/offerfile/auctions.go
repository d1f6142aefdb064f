package offerfile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/display"
	"tenderbatch/internal/strictyaml"
	"tenderbatch/internal/tender"
)

func (r *termsReader) readAuction(f termsField) tender.Auction {
	m := f.mapping()
	a := tender.Auction{Name: m.need("name").text(), Series: m.need("series").names()}
	a.Form = cmp.Or(choice(m.may("form"), tender.Modified, tender.Unmodified), tender.Modified)
	kind := m.need("bid")
	a.Bid = choice(kind, tender.BidPrice, tender.BidSpread, tender.BidPremium)
	ends := m.need("range").mapping()
	a.From, a.To = ends.need("from").level(a.Bid), ends.need("to").level(a.Bid)
	ends.close()
	a.Increment = m.need("increment").positive()
	bases := m.may("base_spreads")
	a.BaseSpreads = readBaseSpreads(bases)
	references := m.may("references")
	a.References = readNames(references)
	limit := m.need("cap").mapping()
	a.Cap = tender.Cap{
		Amount: limit.need("amount").amount(), Currency: limit.need("currency").currency(),
		Measure: cmp.Or(choice(limit.may("measure"), measures...), tender.MeasurePrincipal),
	}
	limit.close()
	a.NoBid = cmp.Or(choice(m.may("no_bid"), tender.NoBidBest, tender.NoBidFirst, tender.NoBidReject), tender.NoBidBest)
	a.Undersubscribed = cmp.Or(choice(m.may("undersubscribed"), tender.ClearsAtLastBid, tender.ClearsAtRangeEnd),
		tender.ClearsAtLastBid)
	a.SetBy = cmp.Or(choice(m.may("set_by"), tender.SetByAll, tender.SetByEarly), tender.SetByAll)
	a.Announced = m.may("factor").announced()
	clearing := m.may("clearing")
	a.HasClearing, a.Clearing = clearing.given(), clearing.level(a.Bid)
	m.close()
	r.checkLevels(f.path, &a)
	if len(a.BaseSpreads) > 0 && a.Bid != tender.BidPremium && r.sound(kind.path, bases.path) {
		bases.fault("is for bids by premium, and bid is %s; leave it out", a.Bid)
	}
	if len(a.References) > 0 && a.Bid == tender.BidPrice && r.sound(kind.path, references.path) {
		references.fault("are for bids by spread or premium, and bid is price; leave it out")
	}
	return a
}

// readNames reads names by series.
func readNames(f termsField) map[string]string {
	m := f.mapping()
	if m.node == nil || len(m.node.Entries) == 0 {
		return nil
	}
	names := map[string]string{}
	for _, e := range m.node.Entries {
		id := e.Key.Text
		names[id] = termsField{f.r, id, strictyaml.PathTo(m.path, id), e.Value}.text()
	}
	return names
}

// readBaseSpreads reads the base spreads by series.
func readBaseSpreads(f termsField) map[string]decimal.Decimal {
	m := f.mapping()
	if m.node == nil || len(m.node.Entries) == 0 {
		return nil
	}
	bases := map[string]decimal.Decimal{}
	for _, e := range m.node.Entries {
		id := e.Key.Text
		bases[id] = termsField{f.r, id, strictyaml.PathTo(m.path, id), e.Value}.level(tender.BidSpread)
	}
	return bases
}

// level is a level of bids: an amount; a spread may be below zero.
func (f termsField) level(kind tender.BidKind) decimal.Decimal {
	s, ok := f.scalar("a level such as 880.00")
	digits, negative := strings.CutPrefix(s, "-")
	if !ok || kind != tender.BidSpread || !negative {
		return f.amount()
	}
	v, wrong := offerAmount(digits)
	if wrong != "" {
		f.fault("%s %s", display.Quote(s), wrong)
	}
	return v.Neg()
}

// checkLevels checks the range of an auction, and the level that the issuer set.
func (r *termsReader) checkLevels(path string, a *tender.Auction) {
	from, to, increment, clearing := path+".range.from", path+".range.to", path+".increment", path+".clearing"
	if !r.sound(from, to, increment, path+".bid") {
		return
	}
	if !a.From.LessThan(a.To) {
		r.faultAmong([]string{to, from},
			"to %s is not above from %s; write the lower end as from, whichever is better for the issuer", a.To, a.From)
		return
	}
	if a.Increment.Sign() > 0 && !a.OnIncrement(a.To) {
		r.faultAmong([]string{increment, to, from},
			"from %s to %s is not a whole number of increments of %s; correct one of them", a.From, a.To, a.Increment)
		return
	}
	if a.HasClearing && r.sound(clearing) && (!a.InRange(a.Clearing) || !a.OnIncrement(a.Clearing)) {
		r.faultAmong([]string{clearing, to, from, increment},
			"clearing %s is not a level that can be bid: from %s to %s in steps of %s",
			a.Clearing, a.From, a.To, a.Increment)
	}
}

// checkAuctions checks the auctions against the series, the pools, the caps and the dates.
func (r *termsReader) checkAuctions(o *tender.Offer) {
	if r.same("auctions", "fx", "acceptance.order", "caps.*.name", "pools.*.name", "dates.early_tender") &&
		r.same("series.*.id", "series.*.currency", "series.*.priority", "series.*.pool", "series.*.maximum_offer_amount") &&
		r.same("series.*.tender_offer_consideration", "series.*.total_consideration", "series.*.spread") {
		return
	}
	ids, idsSound := r.seriesIDs(o)
	auctionOf := map[string]string{}
	for i := range o.Auctions {
		a, path := &o.Auctions[i], fmt.Sprintf("auctions[%d]", i)
		r.checkPoolName(o, a.Name, path+".name")
		for j, p := range o.Pools {
			if other := fmt.Sprintf("pools[%d].name", j); p.Name == a.Name && r.sound(path+".name", other) {
				r.faultAmong([]string{path + ".name", other},
					"name %s is also the name of a pool; give each its own", display.Quote(a.Name))
			}
		}
		if idsSound {
			r.checkAuctioned(o, i, ids, auctionOf)
		}
		if r.ratesSound(o) {
			r.checkRatesOf(o, a.Name, path+".cap.currency", a.Cap.Currency, a.Series)
		}
		r.checkSetBy(o, a, path)
	}
	for i, s := range o.Series {
		// One whose id has a fault may be in an auction.
		if o.AuctionOf(s.ID) == nil && (len(o.Auctions) == 0 || r.sound(seriesPath(i, ".id"))) {
			r.checkPriced(i)
			r.checkMaximum(seriesPath(i, ""), s)
		}
	}
}

// checkMaximum checks that a series with a maximum, which is in no auction, has a level.
func (r *termsReader) checkMaximum(path string, s tender.Series) {
	maximum, level := path+".maximum_offer_amount", path+".priority"
	if s.HasMaximum && s.Priority == 0 && r.sound(maximum, level) {
		r.faultAmong([]string{maximum, level},
			"maximum_offer_amount is given, but series %s has no priority and so is bought any and all; add priority, or "+
				"leave the maximum out", display.Quote(s.ID))
	}
}

// checkSetBy checks that it is clear whose bids set the level.
func (r *termsReader) checkSetBy(o *tender.Offer, a *tender.Auction, path string) {
	setBy := path + ".set_by"
	switch {
	case !r.sound(setBy, "acceptance.order", "dates.early_tender.at"):
	case a.SetBy == tender.SetByEarly && o.Early.IsZero():
		r.faultAmong([]string{setBy, "dates.early_tender"},
			"set_by is early, but the offer has no Early Tender Date; write all, or add dates.early_tender")
	case !isGiven(r.node(path), "set_by") && o.Acceptance.Order == tender.OrderEarlyFirst:
		r.faultAmong([]string{path, "acceptance.order"},
			"the auction %s does not say whose bids set the level, and early tenders go first elsewhere; add set_by, "+
				"early or all",
			display.Quote(a.Name))
	}
}

// notAuctioned are the keys that a series in an auction may not have.
var notAuctioned = []string{"priority", "pool", "maximum_offer_amount", "tender_offer_consideration",
	"total_consideration", "spread"}

// checkAuctioned checks the series of an auction. auctionOf has those of the auctions before.
func (r *termsReader) checkAuctioned(o *tender.Offer, i int, ids []string, auctionOf map[string]string) {
	a := &o.Auctions[i]
	for k, id := range a.Series {
		at := fmt.Sprintf("auctions[%d].series[%d]", i, k)
		if !r.sound(at) {
			continue
		}
		j := slices.Index(ids, id)
		if j < 0 {
			r.faultAmong([]string{at, "series"}, "there is no series %s; %s", display.Quote(id), instead(id, ids))
			continue
		}
		if first, twice := auctionOf[id]; twice {
			r.faultAmong([]string{at},
				"series %s is in the auction %s already; a series is in one", display.Quote(id), display.Quote(first))
		}
		auctionOf[id] = a.Name
		for _, key := range notAuctioned {
			if other := seriesPath(j, "."+key); isGiven(r.node(seriesPath(j, "")), key) && r.sound(other) {
				r.faultAmong([]string{other, at},
					"%s is given, but series %s is in the auction %s, which takes the place of levels and prices; leave it out",
					key, display.Quote(id), display.Quote(a.Name))
			}
		}
		payment := seriesPath(j, ".early_tender_payment")
		if s := &o.Series[j]; a.Bid == tender.BidPrice && s.EarlyTenderPayment.GreaterThanOrEqual(a.From) &&
			r.sound(payment, fmt.Sprintf("auctions[%d].range", i), fmt.Sprintf("auctions[%d].range.from", i)) {
			r.faultAmong([]string{payment, at}, "early_tender_payment %s is not less than the least price that can be bid, "+
				"%s, so nothing would be left for a late tender; correct one of them", s.EarlyTenderPayment, a.From)
		}
		if _, based := a.BaseSpreads[id]; a.Bid == tender.BidPremium && !based {
			bases := fmt.Sprintf("auctions[%d].base_spreads", i)
			if r.sound(bases) {
				r.faultAmong([]string{bases, at},
					"there is no base spread of series %s, from which a premium is taken off; add it to base_spreads",
					display.Quote(id))
			}
		}
	}
	r.checkAuctionReferences(o, i)
	for id := range a.BaseSpreads {
		at := strictyaml.PathTo(fmt.Sprintf("auctions[%d].base_spreads", i), id)
		if !slices.Contains(a.Series, id) && r.sound(at) {
			r.faultAmong([]string{at}, "series %s is not in the auction; %s", display.Quote(id), instead(id, a.Series))
		}
	}
}

// checkAuctionReferences checks that, if an auction names references, each of its series has
// one that there is, of its currency, and the days that a price needs.
func (r *termsReader) checkAuctionReferences(o *tender.Offer, i int) {
	a, path := &o.Auctions[i], fmt.Sprintf("auctions[%d].references", i)
	if len(a.References) == 0 || !r.sound(path, "references", "series") {
		return
	}
	if o.Pricing.At.IsZero() {
		r.faultAmong([]string{path, "pricing"},
			"prices over a reference need pricing; add it, with the time of the pricing as at")
		return
	}
	for _, id := range a.Series {
		name, named := a.References[id]
		at, known := o.ReferenceByName(name)
		j, _ := o.SeriesByID(id)
		switch {
		case !named:
			r.faultAmong([]string{path}, "there is no reference for series %s of the auction; add it", display.Quote(id))
		case !known:
			r.faultAmong([]string{strictyaml.PathTo(path, id), "references"}, "there is no reference %s; add it to references",
				display.Quote(name))
		case o.Series[j].Maturity.IsZero():
			r.faultAmong([]string{seriesPath(j, ""), path}, "series %s has no maturity, which its price over %s needs; add it",
				display.Quote(id), display.Quote(name))
		case !slices.Contains([]string{"", o.Series[j].Currency}, o.References[at].Kind.Currency()):
			r.faultAmong([]string{strictyaml.PathTo(path, id), fmt.Sprintf("references[%d].kind", at)},
				"reference %s is a %s, for notes in %s, but series %s is in %s; name another", display.Quote(name),
				o.References[at].Kind, o.References[at].Kind.Currency(), display.Quote(id), o.Series[j].Currency)
		}
	}
	for id := range a.References {
		if !slices.Contains(a.Series, id) {
			r.faultAmong([]string{strictyaml.PathTo(path, id)}, "series %s is not in the auction; %s", display.Quote(id),
				instead(id, a.Series))
		}
	}
}

// checkPriced checks that a series, which is in no auction, has a price.
func (r *termsReader) checkPriced(i int) {
	const key = "tender_offer_consideration"
	series, price := r.node(seriesPath(i, "")), seriesPath(i, "."+key)
	if isGiven(series, key) || isGiven(series, "spread") || series.Kind != strictyaml.Mapping || !r.sound(price, seriesPath(i, ".spread"), "auctions") {
		return
	}
	if null := series.Entry(key); null != nil {
		termsField{r, key, price, null}.amount()
		return
	}
	r.unsound[price] = true
	r.remarks = append(r.remarks, remark{node: series, path: price, key: key,
		message: fmt.Sprintf("item %d of series lacks the key %s; add it", i+1, key)})
}

// isGiven reports whether a mapping has a value for a key that may be left out.
func isGiven(n *strictyaml.Node, key string) bool {
	value := n.Entry(key)
	return value != nil && value.Kind != strictyaml.Null
}
