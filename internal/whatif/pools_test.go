package whatif

import (
	"fmt"
	"testing"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// The caps of pools and of auctions go by the names of these.
func TestTheCapsOfPoolsAndAuctionsCanBeChanged(t *testing.T) {
	o := &tender.Offer{
		Pools:    []tender.Pool{{Name: "any"}, {Name: "pool", HasCap: true}},
		Auctions: []tender.Auction{{Name: "notes"}},
		Series:   []tender.Series{{ID: "A", Pool: "any", Priority: 1}, {ID: "B", Pool: "pool", Priority: 1}, {ID: "C"}},
	}
	five := decimal.NewFromInt(5)
	c, err := changed(o, Scenario{}.With(Cap("pool"), five).With(Cap("notes"), five))
	if err != nil || !c.Pools[1].Cap.Amount.Equal(five) || !c.Auctions[0].Cap.Amount.Equal(five) {
		t.Errorf("%+v, %v", c, err)
	}
	if !o.Pools[1].Cap.Amount.IsZero() || !o.Auctions[0].Cap.Amount.IsZero() {
		t.Errorf("the offer itself is changed: %+v", o)
	}
	_, err = changed(o, Scenario{}.With(Cap("any"), five))
	if want := `the offer has no cap "any"; it has "pool", "notes"`; fmt.Sprint(err) != want {
		t.Errorf("%v, want %s", err, want)
	}
}
