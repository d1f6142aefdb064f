package export

import (
	"cmp"
	"slices"
	"time"

	"tenderbatch/internal/decimals"
	"tenderbatch/internal/display"
	"tenderbatch/internal/result"
)

// receivedJSON is what was received in one hour: what a line of tenders over time is drawn from.
type receivedJSON struct {
	Currency  string `json:"currency"`
	Hour      string `json:"hour"` // its beginning, on the clocks of the offer
	Principal string `json:"principal"`
}

// newReceivedJSON adds up what was tendered by currency and hour, in that order.
func newReceivedJSON(r *result.Run) []receivedJSON {
	type key struct {
		series string
		hour   int64
	}
	type sum struct {
		currency string
		hour     int64
	}
	const hour = int64(time.Hour / time.Second)
	bySeries := map[key]*decimals.Sum{}
	for i := range r.Book.Lines {
		l := &r.Book.Lines[i]
		k := key{l.Series, l.Received.Unix() / hour}
		if bySeries[k] == nil {
			bySeries[k] = &decimals.Sum{}
		}
		bySeries[k].Add(l.Principal)
	}
	sums := map[sum]*decimals.Sum{}
	for k, s := range bySeries {
		at := sum{r.CurrencyOf(k.series), k.hour}
		if sums[at] == nil {
			sums[at] = &decimals.Sum{}
		}
		sums[at].AddSum(s)
	}
	all := make([]receivedJSON, 0, len(sums))
	order := make([]sum, 0, len(sums))
	for at := range sums {
		order = append(order, at)
	}
	slices.SortFunc(order, func(a, b sum) int { return cmp.Or(cmp.Compare(a.currency, b.currency), cmp.Compare(a.hour, b.hour)) })
	for _, at := range order {
		all = append(all, receivedJSON{at.currency, display.Stamp(time.Unix(at.hour*hour, 0), r.Offer.Zone), sums[at].String()})
	}
	return all
}
