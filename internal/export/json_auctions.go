package export

import (
	"tenderbatch/internal/allocate"
	"tenderbatch/internal/result"
)

// The shapes of the auctions in result.json.
type (
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
