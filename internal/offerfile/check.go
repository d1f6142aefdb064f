package offerfile

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/display"
	"tenderbatch/internal/tender"
)

// check checks the rules that tie keys of different places together. Those about
// one series are checked as it is read.
func (r *termsReader) check(o *tender.Offer) {
	r.checkDates(o)
	r.checkSettlement(o)
	r.checkInterim(o)
	r.checkGuaranteed(o)
	r.checkWithdrawal(o)
	r.checkEarlyPayments(o)
	r.checkLastPaid(o)
	if !r.same("series.*.securities") {
		r.checkSecurities(o)
	}
	r.checkNames(o)
	if !r.same("fx") {
		r.checkRates(o)
	}
	r.checkCaps(o)
	r.checkMinimums(o)
	r.checkReferences(o)
	r.checkInterestDates(o)
	r.checkPrices(o)
	r.checkPools(o)
	r.checkAuctions(o)
	if !r.same("waivers", "resolutions", "depositaries.*.name") {
		r.checkDecisions(o)
	}
}

// checkCaps checks each cap against the series and the rates.
func (r *termsReader) checkCaps(o *tender.Offer) {
	same := r.same("series.*.id", "series.*.priority", "series.*.currency", "fx", "auctions")
	if same && r.same("caps") {
		return
	}
	ids, idsSound := r.seriesIDs(o)
	ratesSound := r.ratesSound(o)
	for i := range o.Caps {
		if same && r.sameItem("caps", i, "name") && r.sameItem("caps", i, "series") && r.sameItem("caps", i, "currency") {
			continue
		}
		r.checkCap(o, i)
		if idsSound {
			r.checkCovered(o, i, ids)
		}
		if ratesSound {
			r.checkCapRates(o, i)
		}
	}
}

// lastDay is the day on which a cut-off falls. Midnight is the end of a day.
func lastDay(c tender.CutOff) tender.Date { return tender.DateOf(c.At.Add(-time.Nanosecond)) }

// checkDates checks that launch, Early Tender Date and expiration follow each
// other.
func (r *termsReader) checkDates(o *tender.Offer) {
	const launch, early, expiration = "dates.launch", "dates.early_tender.at", "dates.expiration.at"
	if !o.Early.IsZero() && r.sound(launch, early) && lastDay(o.Early).Before(o.Launch) {
		r.faultAmong([]string{early, launch}, "early_tender %s is before launch %s; correct one of them", r.node(early).Text,
			o.Launch)
	}
	if !o.Early.IsZero() && r.sound(early, expiration) && o.Expiration.At.Before(o.Early.At) {
		r.faultAmong([]string{expiration, early}, "expiration %s is before early_tender %s; correct one of them",
			r.node(expiration).Text, r.node(early).Text)
	}
	if r.sound(launch, expiration) && lastDay(o.Expiration).Before(o.Launch) {
		r.faultAmong([]string{expiration, launch}, "expiration %s is before launch %s; correct one of them",
			r.node(expiration).Text, o.Launch)
	}
}

func (r *termsReader) checkSettlement(o *tender.Offer) {
	const early, final, expiration = "dates.settlement.early", "dates.settlement.final", "dates.expiration.at"
	if r.sound(final, expiration) && o.Settlement.Final.Before(lastDay(o.Expiration)) {
		r.faultAmong([]string{final, expiration}, "the final settlement %s is before the expiration %s; correct one of them",
			o.Settlement.Final, r.node(expiration).Text)
	}
	if run := "dates.settlement.early_run"; o.Settlement.EarlyRun != "" && o.Settlement.Early.IsZero() &&
		r.sound(run, early) {
		r.faultAmong([]string{run, early},
			"early_run is given, but no early settlement; add the date on which its tenders were paid as early")
	}
	if o.Settlement.Early.IsZero() || !r.sound(early, "dates.early_tender.at") {
		return
	}
	if o.Early.IsZero() {
		r.faultAmong([]string{early, "dates.early_tender"},
			"the early settlement %s is given, but the offer has no Early Tender Date; leave it out, or add early_tender",
			o.Settlement.Early)
		return
	}
	if made := slices.ContainsFunc(o.Settlement.Interim, func(i tender.Interim) bool {
		return i.Run != "" && i.On == o.Settlement.Early // and the Early Tender Date may be extended since
	}); !made && o.Settlement.Early.Before(lastDay(o.Early)) {
		r.faultAmong([]string{early, "dates.early_tender.at"},
			"the early settlement %s is before early_tender %s; correct one of them", o.Settlement.Early,
			r.node("dates.early_tender.at").Text)
	}
	if r.sound(final) && o.Settlement.Final.Before(o.Settlement.Early) {
		r.faultAmong([]string{early, final}, "the early settlement %s is after the final settlement %s; correct one of them",
			o.Settlement.Early, o.Settlement.Final)
	}
}

// checkWithdrawal checks that no deadline refers to an Early Tender Date that is
// not there.
func (r *termsReader) checkWithdrawal(o *tender.Offer) {
	for _, key := range []string{"early", "late"} {
		at := "withdrawal." + key
		if o.Early.IsZero() && r.node(at).Text == "early_tender" && r.sound(at, "dates.early_tender.at") {
			r.faultAmong([]string{at, "dates.early_tender"},
				"%s is early_tender, but the offer has no Early Tender Date; write expiration or a time", key)
		}
	}
}

// seriesPath is the path of a key of a series, or of the series.
func seriesPath(i int, key string) string {
	return fmt.Sprintf("series[%d]%s", i, key)
}

// checkEarlyPayments checks that only an offer with an Early Tender Date pays for
// being early.
func (r *termsReader) checkEarlyPayments(o *tender.Offer) {
	for i, s := range o.Series {
		if !o.Early.IsZero() || s.EarlyTenderPayment.Sign() <= 0 {
			continue
		}
		if payment := seriesPath(i, ".early_tender_payment"); r.sound(payment, "dates.early_tender.at") {
			r.faultAmong([]string{payment, "dates.early_tender"},
				"early_tender_payment %s of series %s is given, but the offer has no Early Tender Date; leave it out, or add "+
					"dates.early_tender", price(s.EarlyTenderPayment), display.Quote(s.ID))
		}
	}
}

func (r *termsReader) checkLastPaid(o *tender.Offer) {
	which, first := "final", o.Settlement.Final
	if !o.Settlement.Early.IsZero() {
		which, first = "early", o.Settlement.Early
	} else if next, planned := o.Settlement.Next(); planned && !next.IsZero() {
		which, first = "interim", next
	}
	for i, s := range o.Series {
		if !first.Before(s.Interest.LastPaid) {
			continue
		}
		paid, settlement := seriesPath(i, ".interest.last_paid"), "dates.settlement."+which
		if r.sound(paid, settlement) {
			r.faultAmong([]string{paid, settlement},
				"last_paid %s is after the %s settlement %s; write the last interest date before settlement", s.Interest.LastPaid,
				which, first)
		}
	}
}

// checkInterest checks the dates of one series' interest against each other.
func (r *termsReader) checkInterest(path string, i tender.Interest) {
	first := path + ".first_payment"
	if !i.FirstPayment.IsZero() && r.sound(first, path+".last_paid") && !i.LastPaid.Before(i.FirstPayment) {
		r.fault(first, r.node(first), "first_payment %s is not after last_paid %s, which in the first period is the day "+
			"from which interest accrues; correct one of them", i.FirstPayment, i.LastPaid)
	}
	for n := 1; n < len(i.Steps); n++ {
		at := fmt.Sprintf("%s.steps[%d].from", path, n)
		if r.sound(at) && !i.Steps[n-1].From.Before(i.Steps[n].From) {
			r.fault(at, r.node(at), "from %s is not after that of the step before it, %s; write the steps in order",
				i.Steps[n].From, i.Steps[n-1].From)
		}
	}
}

// checkGuaranteed checks that a guaranteed delivery comes after the expiration
// and is paid after it came.
func (r *termsReader) checkGuaranteed(o *tender.Offer) {
	const deadline, settlement = "dates.guaranteed_delivery.deadline.at", "dates.guaranteed_delivery.settlement"
	if o.Guaranteed.Deadline.IsZero() || !r.sound(deadline, settlement, "dates.expiration.at") {
		return
	}
	if o.Guaranteed.Deadline.At.Before(o.Expiration.At) {
		r.faultAmong([]string{deadline, "dates.expiration.at"},
			"the deadline for guaranteed deliveries %s is before the expiration %s; correct one of them", r.node(deadline).Text,
			r.node("dates.expiration.at").Text)
	}
	if o.Guaranteed.Settlement.Before(lastDay(o.Guaranteed.Deadline)) {
		r.faultAmong([]string{settlement, deadline},
			"the settlement of guaranteed deliveries %s is before their deadline %s; correct one of them",
			o.Guaranteed.Settlement, r.node(deadline).Text)
	}
}

// checkTotal checks a Total Consideration against its parts (R6).
func (r *termsReader) checkTotal(path string, s tender.Series, stated decimal.Decimal) {
	total, consideration, payment := path+".total_consideration", path+".tender_offer_consideration",
		path+".early_tender_payment"
	if r.sound(total, consideration, payment) && !stated.Equal(s.TotalConsideration()) {
		r.faultAmong([]string{total, consideration, payment},
			"total_consideration %s of series %s is not tender_offer_consideration %s plus early_tender_payment %s, which is "+
				"%s; correct the one that is wrong",
			price(stated), display.Quote(s.ID), price(s.TenderOfferConsideration), price(s.EarlyTenderPayment),
			price(s.TotalConsideration()))
	}
}

// price shows an amount with all its decimals, and at least two.
func price(v decimal.Decimal) string { return v.StringFixed(max(2, -v.Exponent())) }

// checkSeries checks the values of one series against each other.
func (r *termsReader) checkSeries(path string, s tender.Series) {
	minimum, multiple := path+".denomination.minimum", path+".denomination.multiple"
	if !r.sound(multiple) {
		return
	}
	places, _ := tender.MinorUnits(s.Currency)
	if d := s.Denomination.Multiple; r.sound(path+".currency") && !d.Equal(d.Truncate(places)) {
		r.faultAmong([]string{multiple, path + ".currency"}, "multiple %s has more than the %d decimals of %s; correct it",
			d, places, s.Currency)
	}
	if d := s.Denomination; r.sound(minimum) && !d.Minimum.Mod(d.Multiple).IsZero() {
		r.faultAmong([]string{minimum, multiple},
			"minimum %s is not a multiple of %s; the minimum is the multiple or a whole number of them", d.Minimum, d.Multiple)
	}
}

// checkSecurities checks that every security belongs to one series.
func (r *termsReader) checkSecurities(o *tender.Offer) {
	seen := map[string]string{}
	for i, s := range o.Series {
		for j, security := range s.Securities {
			at := seriesPath(i, fmt.Sprintf(".securities[%d]", j))
			if first, twice := seen[security]; !twice {
				seen[security] = at
			} else if r.sound(at) {
				r.faultAmong([]string{at, first},
					"%s is there twice among the securities, also %s; a security belongs to one series", security, r.line(first))
			}
		}
	}
}

// line says where a value is.
func (r *termsReader) line(path string) string { return fmt.Sprintf("on line %d", r.node(path).Line) }

// checkNames checks that the names in each list differ.
func (r *termsReader) checkNames(o *tender.Offer) {
	unique := func(list, key string, n int, name func(i int) string) {
		if r.same(list + ".*." + key) {
			return
		}
		seen := map[string]string{}
		for i := range n {
			at := fmt.Sprintf("%s[%d].%s", list, i, key)
			if first, twice := seen[name(i)]; !twice {
				seen[name(i)] = at
			} else if r.sound(at) && r.sound(first) {
				r.faultAmong([]string{at, first}, "%s %s is there twice among the %s, also %s; give each its own", key,
					display.Quote(name(i)), list, r.line(first))
			}
		}
	}
	unique("series", "id", len(o.Series), func(i int) string { return o.Series[i].ID })
	unique("caps", "name", len(o.Caps), func(i int) string { return o.Caps[i].Name })
	unique("references", "name", len(o.References), func(i int) string { return o.References[i].Name })
	unique("pools", "name", len(o.Pools), func(i int) string { return o.Pools[i].Name })
	unique("auctions", "name", len(o.Auctions), func(i int) string { return o.Auctions[i].Name })
	unique("conditions", "name", len(o.Conditions), func(i int) string { return o.Conditions[i].Name })
	unique("depositaries", "name", len(o.Depositaries), func(i int) string { return o.Depositaries[i].Name })
}

// checkRates checks that there is one rate for each pair of currencies.
func (r *termsReader) checkRates(o *tender.Offer) {
	for i, rate := range o.Rates {
		from, to := fmt.Sprintf("fx[%d].from", i), fmt.Sprintf("fx[%d].to", i)
		if !r.sound(from, to) {
			continue
		}
		if rate.From == rate.To {
			r.faultAmong([]string{to, from}, "from and to are both %s; a rate is between two currencies", rate.To)
			continue
		}
		for j, other := range o.Rates[:i] {
			if (rate.From == other.From && rate.To == other.To) || (rate.From == other.To && rate.To == other.From) {
				r.faultAmong([]string{from, to}, "there is a rate between %s and %s already, %s; keep one of the two", rate.From,
					rate.To, r.line(fmt.Sprintf("fx[%d]", j)))
				break
			}
		}
	}
}

// checkCap checks the name of a cap, and that there is something it covers.
func (r *termsReader) checkCap(o *tender.Offer, i int) {
	c, path := o.Caps[i], fmt.Sprintf("caps[%d]", i)
	r.checkCapName(o, c, path+".name")
	if len(c.Series) == 0 && r.sound(path+".series", "series") && !r.anyLevel(o) {
		r.faultAmong([]string{path, "series"},
			"the cap %s covers no series, because none has a priority; add priority to the series it limits",
			display.Quote(c.Name))
	}
}

// checkCapRates checks that a cap can count what it covers in its currency.
func (r *termsReader) checkCapRates(o *tender.Offer, i int) {
	c, path := o.Caps[i], fmt.Sprintf("caps[%d]", i)
	for j, s := range o.Series {
		currency := seriesPath(j, ".currency")
		if s.Currency == c.Currency || !c.Covers(s) || !r.sound(path+".currency", currency, "fx") {
			continue
		}
		if _, ok := o.Rate(s.Currency, c.Currency); !ok && !o.RateToCome(s.Currency, c.Currency) {
			r.faultAmong([]string{path + ".currency", path + ".series", currency, "fx"},
				"the cap %s is in %s and covers series %s in %s; add the rate from %s to %s to fx", display.Quote(c.Name),
				c.Currency, display.Quote(s.ID), s.Currency, s.Currency, c.Currency)
			return
		}
	}
}

// checkCapName checks that a cap is not called what a Maximum Offer Amount is
// called in results.
func (r *termsReader) checkCapName(o *tender.Offer, c tender.Cap, at string) {
	for j, s := range o.Series {
		if c.Name == "Maximum Offer Amount "+s.ID && r.sound(at, seriesPath(j, ".id")) {
			r.faultAmong([]string{at, seriesPath(j, ".id")},
				"name %s is what the maximum_offer_amount of the series is called; give the cap another name",
				display.Quote(c.Name))
		}
	}
}

// seriesIDs returns the ids of all series, and whether all are sound.
func (r *termsReader) seriesIDs(o *tender.Offer) (ids []string, sound bool) {
	ids, sound = make([]string, len(o.Series)), r.sound("series")
	for j, s := range o.Series {
		ids[j] = s.ID
		sound = sound && r.sound(seriesPath(j, ".id"))
	}
	return ids, sound
}

// checkCovered checks the series a cap names.
func (r *termsReader) checkCovered(o *tender.Offer, i int, ids []string) {
	for k, id := range o.Caps[i].Series {
		at := fmt.Sprintf("caps[%d].series[%d]", i, k)
		if !r.sound(at) {
			continue
		}
		switch j := slices.Index(ids, id); {
		case slices.Contains(o.Caps[i].Series[:k], id):
			r.faultAmong([]string{at}, "%s is there twice in the series of the cap; name it once", display.Quote(id))
		case j < 0:
			r.faultAmong([]string{at, "series"}, "there is no series %s; %s", display.Quote(id), instead(id, ids))
		case o.AuctionOf(id) != nil:
			r.faultAmong([]string{at, "auctions"},
				"series %s is in the auction %s, which has a cap of its own; take it out of the cap",
				display.Quote(id), display.Quote(o.AuctionOf(id).Name))
		case o.Series[j].Priority == 0 && r.sound(seriesPath(j, ".priority")):
			r.faultAmong([]string{at, seriesPath(j, "")},
				"series %s has no priority and so is bought any and all, outside every cap; add priority to it, or take it out "+
					"of the cap", display.Quote(id))
		}
	}
}

// checkMinimums checks the series whose tenders count for the minimum of a condition: they are there, and all in its
// currency, as no rate is fixed for what is only tendered.
func (r *termsReader) checkMinimums(o *tender.Offer) {
	if r.same("conditions", "series.*.id", "series.*.currency") {
		return
	}
	ids, idsSound := r.seriesIDs(o)
	for i, c := range o.Conditions {
		at := fmt.Sprintf("conditions[%d].minimum_tendered", i)
		if c.Minimum == nil || !idsSound || !r.sound(at+".currency", at+".series") {
			continue
		}
		for k, id := range c.Minimum.Series {
			if named := fmt.Sprintf("%s.series[%d]", at, k); !slices.Contains(ids, id) && r.sound(named) {
				r.faultAmong([]string{named, "series"}, "there is no series %s; %s", display.Quote(id), instead(id, ids))
			}
		}
		r.checkMinimumCurrency(o, c.Minimum, at)
	}
}

// checkMinimumCurrency checks that what counts for a minimum is in its currency.
func (r *termsReader) checkMinimumCurrency(o *tender.Offer, m *tender.MinimumTendered, at string) {
	for j, s := range o.Series {
		counts := len(m.Series) == 0 || slices.Contains(m.Series, s.ID)
		if counts && s.Currency != m.Currency && r.sound(seriesPath(j, ".currency")) {
			r.faultAmong([]string{at + ".currency", seriesPath(j, ".currency")},
				"the minimum is in %s and series %s in %s; name the series that count in series, all in one currency, and give "+
					"each currency a condition of its own", m.Currency, display.Quote(s.ID), s.Currency)
			return
		}
	}
}

// anyLevel reports whether a series has a level, or may have one once its faults
// are missing.
func (r *termsReader) anyLevel(o *tender.Offer) bool {
	for j, s := range o.Series {
		if s.Priority > 0 || !r.sound(seriesPath(j, ".priority")) {
			return true
		}
	}
	return len(o.Series) == 0
}

// ratesSound reports whether the currencies of all rates are sound.
func (r *termsReader) ratesSound(o *tender.Offer) bool {
	for i := range o.Rates {
		if !r.sound(fmt.Sprintf("fx[%d].from", i), fmt.Sprintf("fx[%d].to", i), fmt.Sprintf("fx[%d].rate", i)) {
			return false
		}
	}
	return true
}

// checkDecisions checks that waivers and resolutions name depositaries of the offer.
func (r *termsReader) checkDecisions(o *tender.Offer) {
	names := make([]string, len(o.Depositaries))
	known := r.sound("depositaries")
	for i, d := range o.Depositaries {
		names[i] = d.Name
		known = known && r.sound(fmt.Sprintf("depositaries[%d].name", i))
	}
	check := func(at, name string) {
		if known && name != "" && r.sound(at) && !slices.Contains(names, name) {
			r.faultAmong([]string{at, "depositaries"}, "there is no depositary %s; %s", display.Quote(name),
				instead(name, names))
		}
	}
	for i, w := range o.Waivers {
		check(fmt.Sprintf("waivers[%d].depositary", i), w.Depositary)
	}
	for i, s := range o.Resolutions {
		check(fmt.Sprintf("resolutions[%d].depositary", i), s.Depositary)
	}
}
