package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// guaranteedWords say how much of what is tendered was promised by guaranteed delivery, "" for nothing.
func guaranteedWords(r *result.Run) string {
	sums := map[string]decimal.Decimal{}
	for i := range r.Book.Lines {
		if l := &r.Book.Lines[i]; l.Delivery == tender.GuaranteedDelivery {
			currency := r.CurrencyOf(l.Series)
			sums[currency] = sums[currency].Add(l.Principal)
		}
	}
	var each []string
	for _, currency := range r.Currencies() {
		if sum := sums[currency]; !sum.IsZero() {
			each = append(each, money(sum, currency))
		}
	}
	if len(each) == 0 {
		return ""
	}
	said := " This includes " + joined(each) + " tendered under the guaranteed delivery procedures"
	if deadline := r.Offer.Guaranteed.Deadline; r.AsOf.Before(deadline.At) {
		said += ", which must be delivered by " + strings.TrimPrefix(deadlineWords(r, deadline), "at ")
	}
	return said + "."
}

// undeliveredWords say how much of a series was promised by guaranteed delivery and did not come, "" for nothing.
func undeliveredWords(r *result.Run, series string) string {
	sum := decimal.Zero
	for i := range r.Book.Lines {
		if l := &r.Book.Lines[i]; l.Undelivered && l.Series == series {
			sum = sum.Add(l.Principal)
		}
	}
	if sum.IsZero() {
		return ""
	}
	at, _ := r.Offer.SeriesByID(series)
	s := &r.Offer.Series[at]
	return fmt.Sprintf(" Nothing is accepted of %s of the %s that was tendered under the guaranteed delivery procedures and not "+
		"delivered by the deadline.", money(sum, s.Currency), s.Title)
}

// limitWords name a cap in a release: that of a pool and that of a series have no name of their own there.
func limitWords(r *result.Run, name string) string {
	if len(r.Offer.SeriesIn(name)) > 0 {
		return "maximum amount of " + name
	}
	for _, s := range r.Offer.Series {
		if s.HasMaximum && s.MaximumName() == name {
			return "Maximum Offer Amount of the series"
		}
	}
	return name
}

// refusedWords list the series of which nothing is accepted, by why that is.
func refusedWords(r *result.Run) (said []string) {
	var reasons []string
	titles := map[string][]string{}
	for _, i := range result.SeriesByLevel(r) {
		s, f := &r.Offer.Series[i], r.SeriesFigures(i)
		if f.Tendered().IsZero() || !f.Accepted().IsZero() || r.Offer.AuctionOf(s.ID) != nil {
			continue
		}
		why := ""
		for n := range r.Book.Lines {
			if r.Book.Lines[n].Series == s.ID {
				why = refusal(r, r.Allocation.Lines[n].Reason)
				break
			}
		}
		if titles[why] == nil {
			reasons = append(reasons, why)
		}
		titles[why] = append(titles[why], s.Title)
	}
	for _, why := range reasons {
		said = append(said, "Not accepted"+why+": "+joined(titles[why])+".")
	}
	return said
}

// refusal is why nothing of a series is accepted, where that is not simply that a cap is reached.
func refusal(r *result.Run, why allocate.Reason) string {
	switch why.Code {
	case allocate.LevelSkipped:
		return ", as not all that was tendered of the series could be purchased within the " + limitWords(r, why.Cap)
	case allocate.PoolCondition:
		return ", as not everything that was tendered in " + why.Cap + " is purchased"
	}
	return ""
}

// exhaustedWords say, while later tenders can come, that these will not be accepted: where early tenders
// go first and have reached what limits all of the offer or of a pool.
func exhaustedWords(r *result.Run) []string {
	o := r.Offer
	if r.Phase == tender.Final || o.Acceptance.Order != tender.OrderEarlyFirst ||
		o.Early.IsZero() || r.AsOf.Before(o.Early.At) {
		return nil
	}
	var reached, pools []string
	for _, step := range r.Allocation.Steps {
		for _, c := range step.Caps {
			use := slices.IndexFunc(r.Allocation.Caps, func(u allocate.CapUse) bool { return u.Name == c.Cap })
			over := use >= 0 && (c.Cap == step.Pool || o.CoversAll(r.Allocation.Caps[use].Cap))
			words := "the " + limitWords(r, c.Cap)
			if c.Bound && over && step.Auction == "" && !slices.Contains(reached, words) {
				reached = append(reached, words)
				pools = append(pools, step.Pool)
			}
		}
	}
	if len(reached) == 0 {
		return nil
	}
	what := "no securities"
	if len(o.Pools) > len(reached) {
		what += " of " + joined(pools)
	}
	verb := "was"
	if len(reached) > 1 {
		verb = "were"
	}
	return []string{fmt.Sprintf("As %s %s reached by securities tendered by the Early Tender Date, %s tendered after it "+
		"will be accepted for purchase.", joined(reached), verb, what)}
}

// clearingWords say where an auction clears, and the yield that this comes to where it has one series.
func clearingWords(r *result.Run, terms *tender.Auction, a *allocate.Auctioned) string {
	kind := map[tender.BidKind]string{
		tender.BidPrice: "Price", tender.BidSpread: "Spread", tender.BidPremium: "Premium",
	}[terms.Bid]
	level := a.Clearing.String() + " basis points"
	if terms.Bid == tender.BidPrice {
		currency := terms.Cap.Currency
		level = perThousand(a.Clearing, currency) + " for each " + money(decimal.New(tender.PerThousand, 0), currency)
	}
	if terms.Form == tender.Unmodified {
		return fmt.Sprintf("In the Dutch auction of the %s each accepted tender is paid its own bid; the last %s "+
			"accepted is %s.", terms.Name, terms.Bid, level)
	}
	said := fmt.Sprintf("The Clearing %s of the modified Dutch auction of the %s is %s", kind, terms.Name, level)
	if a.Set {
		said += ", as " + r.Offer.Issuer + " has determined"
	}
	if len(terms.Series) == 1 {
		at, _ := r.Offer.SeriesByID(terms.Series[0])
		if p := r.PriceOf(at); p != nil {
			said += fmt.Sprintf("; over the reference yield of %s%% the tender yield is %s%%", yieldText(p.Yield.Reference),
				yieldText(p.Yield.Percent))
		}
	}
	return said + "."
}
