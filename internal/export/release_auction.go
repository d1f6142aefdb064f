package export

import (
	"fmt"
	"slices"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// auctionWords say at what level an auction cleared, and what that means for its tenders.
func auctionWords(r *result.Run, a *allocate.Auctioned) string {
	i := slices.IndexFunc(r.Offer.Auctions, func(o tender.Auction) bool { return o.Name == a.Name })
	if i < 0 || !a.Cleared {
		return "Nothing was tendered in the auction of the " + a.Name + "."
	}
	terms := &r.Offer.Auctions[i]
	said := clearingWords(r, terms, a)
	passes := auctionPasses(r.Allocation, a.Name)
	for n, pass := range passes {
		who := ""
		if len(passes) > 1 {
			who = [...]string{" made by the Early Tender Date", " made after it"}[n]
		}
		said += passWords(r.Offer, terms, a.Clearing.String(), who, pass)
	}
	for _, series := range terms.Series {
		said += undeliveredWords(r, series)
	}
	return said
}

// levelWords are a level of the bids as one reads it.
func levelWords(terms *tender.Auction, level string) string {
	if terms.Bid == tender.BidPrice {
		return "a price of " + level
	}
	return fmt.Sprintf("a %s of %s basis points", terms.Bid, level)
}

// auctionPasses are the steps of an auction, those of early tenders apart from those of late
// ones if these were taken after them.
func auctionPasses(result *allocate.Result, auction string) (passes [][]*allocate.Step) {
	var windows []tender.Window
	for i := range result.Steps {
		step := &result.Steps[i]
		if step.Auction != auction || step.Settled {
			continue
		}
		if len(passes) == 0 || !slices.Equal(windows, step.Windows) {
			passes, windows = append(passes, nil), step.Windows
		}
		passes[len(passes)-1] = append(passes[len(passes)-1], step)
	}
	return passes
}

// passWords say what was accepted of the tenders that were taken together: better bids whole,
// those of one bid in part, and nothing of worse ones.
func passWords(o *tender.Offer, terms *tender.Auction, clearing, who string, steps []*allocate.Step) string {
	if !slices.ContainsFunc(steps, acceptsAny) {
		return fmt.Sprintf(" No tender%s is accepted.", who)
	}
	better, worse := "lower", "higher"
	if terms.Bid == tender.BidSpread {
		better, worse = worse, better
	}
	kind := string(terms.Bid)
	i := slices.IndexFunc(steps, isCut)
	switch {
	case i < 0:
		return fmt.Sprintf(" All securities tendered in the auction%s are accepted.", who)
	case steps[i].Shares[0].Reason.Code == allocate.WorseBid:
		return fmt.Sprintf(" Tenders%s at that %s or a %s one are accepted in full, and none at a %s %s is accepted.", who, kind,
			better, worse, kind)
	case steps[i].Bid == allocate.NoBid:
		return fmt.Sprintf(" Tenders%s without a bid go before all others and exceed the cap, so no tender with a bid is "+
			"accepted.", who) + cutStepWords(o, "Each tender"+who+" without a bid", steps[i])
	}
	level, lead := "at that "+kind, ""
	if steps[i].Bid != clearing {
		level = "at " + levelWords(terms, steps[i].Bid)
		lead = fmt.Sprintf(" The cap is reached at %s.", levelWords(terms, steps[i].Bid))
	}
	return fmt.Sprintf("%s Tenders%s at a %s %s are accepted in full, and none at a %s %s is accepted.", lead, who, better, kind,
		worse, kind) + cutStepWords(o, "Each tender"+who+" "+level, steps[i])
}

// acceptsAny reports whether a step accepted anything.
func acceptsAny(s *allocate.Step) bool {
	return slices.ContainsFunc(s.Shares, func(x allocate.Share) bool { return x.Accepted.Sign() > 0 })
}

// isCut reports whether a step did not accept everything.
func isCut(s *allocate.Step) bool {
	return slices.ContainsFunc(s.Shares, func(x allocate.Share) bool { return x.Accepted.LessThan(x.Demand) })
}

// cutStepWords say by what the tenders of a step were multiplied. Where the denominations of its
// series differ, they are not named.
func cutStepWords(o *tender.Offer, tenders string, step *allocate.Step) string {
	i := slices.IndexFunc(step.Shares, func(x allocate.Share) bool { return !x.Factor.None() })
	if i < 0 {
		return " No" + tenders[len("Each"):] + " was accepted."
	}
	rounded := map[string]bool{}
	for _, share := range step.Shares {
		at, _ := o.SeriesByID(share.Series)
		rounded[roundedWords(o, o.Series[at])] = true
	}
	words := " and rounded down to its denomination"
	for each := range rounded {
		if len(rounded) == 1 {
			words = each
		}
	}
	return cutWords(tenders, step.Shares[i].Factor, words)
}

// bidPriceWords say what is paid in an auction in which each is paid its own bid, and whether
// that is less for late tenders: a bid has the early payment in it.
func bidPriceWords(o *tender.Offer, s *tender.Series) (words string, reduced bool) {
	bid := "the price that was bid"
	if auction := o.AuctionOf(s.ID); auction != nil && auction.Bid != tender.BidPrice {
		bid = fmt.Sprintf("the price at the %s that was bid", auction.Bid)
	}
	if o.Early.IsZero() || s.EarlyTenderPayment.IsZero() {
		return bid + " for the " + s.Title, false
	}
	return fmt.Sprintf("%s for the %s less the Early Tender Payment of %s (Total Consideration %s)", bid, s.Title,
		perThousand(s.EarlyTenderPayment, s.Currency), bid), true
}
