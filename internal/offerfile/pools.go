package offerfile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tenderbatch/internal/display"
	"tenderbatch/internal/tender"
)

// measures are what a cap may count.
var measures = []tender.Measure{tender.MeasurePrincipal, tender.MeasurePurchasePrice, tender.MeasureWithAccrued}

func (r *termsReader) readPool(f termsField) tender.Pool {
	m := f.mapping()
	p := tender.Pool{Name: m.need("name").text()}
	limit := m.may("cap")
	p.HasCap = limit.given()
	p.Cap, p.Less = readPoolCap(limit)
	p.Shortfall = choice(m.may("shortfall"), tender.Prorate, tender.AllOrNoneSkip, tender.AllOrNoneStop)
	p.Announced = m.may("factor").announced()
	counts, full, satisfied := m.may("counts"), m.may("only_if_full"), m.may("satisfied")
	p.Counts = cmp.Or(choice(counts, tender.CountAccepted, tender.CountTendered), tender.CountAccepted)
	p.OnlyIfFull = full.names()
	p.Satisfied = satisfied.flag()
	m.close()
	if satisfied.given() && !full.given() {
		satisfied.fault("is given, but no condition; name the pools that must be bought in full in only_if_full, or " +
			"leave it out")
	}
	if p.Counts == tender.CountTendered && !p.HasCap {
		counts.fault("is tendered, but the pool has no cap that could be used up; add cap, or leave it out")
	}
	return p
}

// readPoolCap reads the cap of a pool: an amount, or a total less what other pools bought.
func readPoolCap(f termsField) (c tender.Cap, less []string) {
	m := f.mapping()
	amount, total, pools := m.may("amount"), m.may("total"), m.may("less")
	c.Currency = m.need("currency").currency()
	c.Measure = cmp.Or(choice(m.may("measure"), measures...), tender.MeasurePrincipal)
	c.Amount, less = amount.amount(), pools.names()
	switch {
	case amount.given() && total.given():
		total.fault("is given beside amount; write one of the two")
	case total.given():
		c.Amount = total.amount()
		if !pools.given() {
			m.need("less")
		}
	case !amount.given():
		m.need("amount")
	}
	if pools.given() && !total.given() {
		pools.fault("is given without total; write total for what all these pools may come to together")
	}
	m.close()
	return c, less
}

// checkPools checks the pools against each other, the series and the caps.
func (r *termsReader) checkPools(o *tender.Offer) {
	if r.same("pools", "fx", "acceptance.shortfall", "caps.*.name") &&
		r.same("series.*.id", "series.*.pool", "series.*.priority", "series.*.currency") {
		return
	}
	names := make([]string, len(o.Pools))
	for i, p := range o.Pools {
		names[i] = p.Name
	}
	for i, p := range o.Pools {
		path := fmt.Sprintf("pools[%d]", i)
		r.checkEarlier(path+".cap.less", p.Less, names[:i])
		r.checkEarlier(path+".only_if_full", p.OnlyIfFull, names[:i])
		r.checkPoolName(o, p.Name, path+".name")
		if counts := path + ".counts"; p.Counts == tender.CountTendered && o.ShortfallOf(p) == tender.Prorate &&
			r.sound(counts, path+".shortfall", "acceptance.shortfall") {
			r.faultAmong([]string{counts, path + ".shortfall"},
				"counts is tendered, which is for levels bought whole or not at all; write shortfall: all_or_none_skip or "+
					"all_or_none_stop, or leave it out")
		}
		if len(o.SeriesIn(p.Name)) == 0 && r.sound(path+".name", "series") && r.poolsSound(o) {
			r.faultAmong([]string{path, "series"}, "no series is in the pool %s; add pool: %s to its series, or take it out",
				display.Quote(p.Name), p.Name)
		}
		if p.HasCap && r.ratesSound(o) {
			r.checkRatesOf(o, p.Name, path+".cap.currency", p.Cap.Currency, o.SeriesIn(append([]string{p.Name}, p.Less...)...))
		}
	}
	for i, s := range o.Series {
		r.checkSeriesPool(o, i, s, names)
	}
}

// poolsSound reports whether the pools that the series name are sound.
func (r *termsReader) poolsSound(o *tender.Offer) bool {
	for i := range o.Series {
		if !r.sound(seriesPath(i, ".pool")) {
			return false
		}
	}
	return true
}

// checkEarlier checks that the pools that a pool names come before it.
func (r *termsReader) checkEarlier(path string, named, before []string) {
	for k, name := range named {
		at := fmt.Sprintf("%s[%d]", path, k)
		if slices.Contains(before, name) || !r.sound(at, "pools") {
			continue
		}
		if len(before) == 0 {
			r.faultAmong([]string{at, "pools"},
				"there is no pool before this one, and so none called %s; put it after the pools it names", display.Quote(name))
			continue
		}
		r.faultAmong([]string{at, "pools"},
			"there is no pool %s before this one; %s", display.Quote(name), instead(name, before))
	}
}

// checkPoolName checks that a pool or an auction, under whose name its cap is in the results, is
// not called like another cap.
func (r *termsReader) checkPoolName(o *tender.Offer, name, at string) {
	for i, c := range o.Caps {
		if other := fmt.Sprintf("caps[%d].name", i); c.Name == name && r.sound(at, other) {
			r.faultAmong([]string{at, other},
				"name %s is also the name of a cap; give each its own, as results call the cap of a pool or an auction by "+
					"its name",
				display.Quote(name))
		}
	}
	r.checkCapName(o, tender.Cap{Name: name}, at)
}

// checkSeriesPool checks the pool that a series names, or lacks.
func (r *termsReader) checkSeriesPool(o *tender.Offer, i int, s tender.Series, names []string) {
	pool, level := seriesPath(i, ".pool"), seriesPath(i, ".priority")
	switch {
	case !r.sound(pool, level, "pools"), o.AuctionOf(s.ID) != nil: // of which neither may be given
	case s.Pool == "" && len(names) > 0 && s.Priority > 0:
		r.faultAmong([]string{seriesPath(i, ""), "pools"}, "series %s has a priority and no pool; add pool, %s",
			display.Quote(s.ID), instead("", names))
	case s.Pool != "" && len(names) == 0:
		r.faultAmong([]string{pool, "pools"},
			"there are no pools, and so none called %s; add pools, or leave the key out", display.Quote(s.Pool))
	case s.Pool != "" && !slices.Contains(names, s.Pool):
		r.faultAmong([]string{pool, "pools"}, "there is no pool %s; %s", display.Quote(s.Pool), instead(s.Pool, names))
	case s.Pool != "" && s.Priority == 0:
		r.faultAmong([]string{pool, seriesPath(i, "")},
			"series %s is in a pool and has no priority; add priority, its level in the pool", display.Quote(s.ID))
	}
}

// checkRatesOf checks that the cap of a pool or an auction can count some series in its currency.
func (r *termsReader) checkRatesOf(o *tender.Offer, name, at, currency string, ids []string) {
	for j, s := range o.Series {
		theirs := seriesPath(j, ".currency")
		if s.Currency == currency || !slices.Contains(ids, s.ID) || !r.sound(at, theirs, "fx") {
			continue
		}
		_, known := o.Rate(s.Currency, currency)
		switch {
		case !known && o.RateToCome(s.Currency, currency) && strings.HasPrefix(at, "auctions"):
			r.faultAmong([]string{at, theirs, "fx"},
				"the auction %s is held in %s and series %s is in %s; write a preliminary rate from %s to %s in fx until it is "+
					"fixed", display.Quote(name), currency, display.Quote(s.ID), s.Currency, s.Currency, currency)
			return
		case !known && !o.RateToCome(s.Currency, currency):
			r.faultAmong([]string{at, theirs, "fx"},
				"the cap of %s is in %s and series %s in %s; add the rate from %s to %s to fx",
				display.Quote(name), currency, display.Quote(s.ID), s.Currency, s.Currency, currency)
			return
		}
	}
}
