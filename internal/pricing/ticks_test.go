package pricing_test

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"tenderbatch/internal/pricing"
)

func TestBidPrice(t *testing.T) {
	for text, want := range map[string]string{
		"99-21 3/4": "99.6796875", "99-21+": "99.671875", "101-17": "101.53125", "100-28 1/4": "100.8828125",
		"100-00": "100", "0-01": "0.03125", "99-31 15/16": "99.998046875", "99-21 1/8": "99.66015625",
		"99.6796875": "99.6796875", "100": "100",
	} {
		if got, err := pricing.ParseBidPrice(text); err != nil || !got.Equal(dec(want)) {
			t.Errorf("%q is %s (%v), want %s", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "99-", "99-5", "99-32", "99-99", "99-215", "99-21 ", "99-21  3/4", "99-21 3/5", "99-21 4/4", "99-21 5/4",
		"99-21 0/4",
		"99-21 1/1", "99-21 1/08",
		"99-21 3/0", "99-21 1/32", "99-21++", "99-21+ 3/4", "99-21.5", "-99-21", "+99", "99,5", "99.", ".5", "1e2",
		"99–21", "９９-21", "99-21\n",
		"12345-00", strings.Repeat("9", 100_000),
	} {
		got, err := pricing.ParseBidPrice(text)
		var fault *pricing.Error
		if !errors.As(err, &fault) || fault.Advice == "" || len(err.Error()) > 400 {
			t.Errorf("%.40q is %s (%v), want an error with advice", text, got, err)
		}
	}
}

// split reads a quote in another way than the parser: from its parts, as a fraction.
func split(text string) *big.Rat {
	points, rest, ticked := strings.Cut(text, "-")
	price, ok := new(big.Rat).SetString(points)
	if !ok {
		return nil
	}
	if !ticked {
		return price
	}
	plus := strings.HasSuffix(rest, "+")
	ticks, part, _ := strings.Cut(strings.TrimSuffix(rest, "+"), " ")
	for _, p := range []string{ticks, part} {
		if p == "" {
			continue
		}
		r, ok := new(big.Rat).SetString(p)
		if !ok {
			return nil
		}
		price.Add(price, r.Quo(r, big.NewRat(32, 1)))
	}
	if plus {
		price.Add(price, big.NewRat(1, 64))
	}
	return price
}

func FuzzBidPrice(f *testing.F) {
	for _, seed := range []string{"99-21 3/4", "99-21+", "101-17", "100-28 1/4", "99.6796875", "99-32", "99-21 0/0", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := pricing.ParseBidPrice(text)
		if err != nil {
			var fault *pricing.Error
			if !errors.As(err, &fault) || len(err.Error()) > 600 {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		want := split(text)
		if want == nil || got.Rat().Cmp(want) != 0 {
			t.Errorf("%q is %s, want %v", text, got, want)
		}
		if again, err := pricing.ParseBidPrice(got.String()); err != nil || !again.Equal(got) {
			t.Errorf("%s, read again, is %s (%v)", got, again, err)
		}
	})
}
