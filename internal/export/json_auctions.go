package export

import (
	"tenderbatch/internal/allocate"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// The shapes of the pools and auctions in result.json.
type (
	poolJSON struct {
		Name       string             `json:"name"`
		Series     []string           `json:"series"`
		HasCap     bool               `json:"has_cap"`
		Less       []string           `json:"less"`
		OnlyIfFull []string           `json:"only_if_full"`
		Condition  result.PoolOutcome `json:"condition"`
	}
	auctionJSON struct {
		Name        string     `json:"name"`
		Clearing    *string    `json:"clearing"` // null: nothing was tendered
		Set         bool       `json:"set_by_issuer"`
		EarlyFactor string     `json:"early_factor"`
		LateFactor  string     `json:"late_factor"`
		Ladder      []rungJSON `json:"ladder"`
	}
	rungJSON struct {
		Bid        string `json:"bid"`
		Early      string `json:"tendered_early"`
		Late       string `json:"tendered_late"`
		Accepted   string `json:"accepted"`
		Cumulative string `json:"cumulative"`
		Counts     string `json:"counts"`
		Fits       bool   `json:"fits"`
	}
)

// newPoolsJSON are the pools; none for an offer without. What they used of their caps is among the caps.
func newPoolsJSON(r *result.Run) []poolJSON {
	return List(r.Offer.Pools, func(p tender.Pool) poolJSON {
		return poolJSON{p.Name, append([]string{}, r.Offer.SeriesIn(p.Name)...), p.HasCap, append([]string{}, p.Less...),
			append([]string{}, p.OnlyIfFull...), r.OutcomeOf(&p)}
	})
}

// newAuctionsJSON are the auctions with the amounts at each level; none for an offer without.
func newAuctionsJSON(r *result.Run) []auctionJSON {
	var all []auctionJSON
	for i := range r.Allocation.Auctions {
		a := &r.Allocation.Auctions[i]
		auction := auctionJSON{Name: a.Name, Set: a.Set, EarlyFactor: a.EarlyFactor.String(),
			LateFactor: a.LateFactor.String(), Ladder: List(a.Ladder, newRungJSON)}
		if a.Cleared {
			clearing := a.Clearing.String()
			auction.Clearing = &clearing
		}
		all = append(all, auction)
	}
	return all
}

func newRungJSON(r allocate.Rung) rungJSON {
	return rungJSON{r.Bid, r.Early.String(), r.Late.String(), r.Accepted.String(), r.Cumulative.String(),
		r.Counts.String(), r.Fits}
}
