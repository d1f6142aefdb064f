package tender

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"
)

// Pool is a part of an offer that is a waterfall of its own: it has its own levels
// from 1, its cap and its rule for a shortfall, and one that is used up does not stop
// another. An offer without pools is one waterfall.
type Pool struct {
	Name      string
	HasCap    bool      // without a cap everything tendered in it is bought
	Cap       Cap       // its amount, currency and measure; [Offer.AllCaps] adds the rest
	Less      []string  // pools before it: what they bought counts against the cap, too
	Shortfall Shortfall // "": that of the acceptance
	// Announced is the proration factor that the issuer announced for the pool; zero: none, and that
	// of the acceptance is found or announced for it.
	Announced decimal.Decimal
	Counts    Counts

	OnlyIfFull []string // pools before it that must be bought in full, or nothing of this one is
	Satisfied  bool     // that condition is satisfied or waived by hand
}

// Counts says what uses up the cap of a pool whose levels are bought whole or not at all.
type Counts string

// What is accepted uses it up, or everything tendered at higher levels, bought or not.
const (
	CountAccepted Counts = "accepted"
	CountTendered Counts = "tendered"
)

// MeasureWithAccrued is the purchase price with the interest accrued to the settlement.
const MeasureWithAccrued Measure = "purchase_price_with_accrued"

// WithAnnounced are the rules with a factor that was announced for a pool or an auction, if one was.
func (a Acceptance) WithAnnounced(factor decimal.Decimal) Acceptance {
	if factor.Sign() > 0 {
		a.Factor, a.Given = FactorGiven, factor
	}
	return a
}

// checkAnnounced is an error for an announced factor that is no share of the whole; zero is none.
func checkAnnounced(factor decimal.Decimal) error {
	if factor.IsNegative() || factor.GreaterThan(decimal.NewFromInt(1)) {
		return fmt.Errorf("factor %s is not a share of the whole; it is above 0 and at most 1", factor)
	}
	return nil
}

// ShortfallOf is the rule for a shortfall in a pool.
func (o *Offer) ShortfallOf(p Pool) Shortfall {
	if p.Shortfall != "" {
		return p.Shortfall
	}
	return o.Acceptance.Shortfall
}

// SeriesIn are the ids of the series of some pools.
func (o *Offer) SeriesIn(pools ...string) (ids []string) {
	for _, s := range o.Series {
		if s.Pool != "" && slices.Contains(pools, s.Pool) {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// LevelText is where a series with a level has it: in its pool, if the offer has pools.
func (s *Series) LevelText() string {
	if s.Pool != "" {
		return s.Pool + ": " + strconv.Itoa(s.Priority)
	}
	return strconv.Itoa(s.Priority)
}

// PoolOf is the place of the series' pool among those of the offer, -1 if it has none.
func (o *Offer) PoolOf(s *Series) int {
	return slices.IndexFunc(o.Pools, func(p Pool) bool { return p.Name == s.Pool })
}

// poolCaps are the caps of the pools, under the names of the pools.
func (o *Offer) poolCaps() (caps []Cap) {
	for _, p := range o.Pools {
		if p.HasCap {
			c := p.Cap
			c.Name, c.Series, c.Beside = p.Name, o.SeriesIn(p.Name), o.SeriesIn(p.Less...)
			caps = append(caps, c)
		}
	}
	return caps
}

// checkPools is an error for a rule of a pool that is not known, and for pools and series
// that do not fit together.
func (o *Offer) checkPools() error {
	for i, p := range o.Pools {
		at := "pool " + p.Name + ": "
		err := known(at+"counts", p.Counts, CountAccepted, CountTendered)
		if announced := checkAnnounced(p.Announced); err == nil && announced != nil {
			err = fmt.Errorf("%s%w", at, announced)
		}
		if err == nil {
			err = known(at+"shortfall", o.ShortfallOf(p), Prorate, AllOrNoneSkip, AllOrNoneStop)
		}
		if err == nil && p.HasCap {
			err = known(at+"measure", p.Cap.Measure, MeasurePrincipal, MeasurePurchasePrice, MeasureWithAccrued)
		}
		if err == nil && p.Counts == CountTendered && (!p.HasCap || o.ShortfallOf(p) == Prorate) {
			err = fmt.Errorf("%scounts %q is for a cap and levels bought whole or not at all", at, p.Counts)
		}
		if err == nil && len(o.SeriesIn(p.Name)) == 0 {
			err = fmt.Errorf("%sno series is in it", at)
		}
		for _, name := range slices.Concat(p.Less, p.OnlyIfFull) {
			if err == nil && !slices.ContainsFunc(o.Pools[:i], func(q Pool) bool { return q.Name == name }) {
				err = fmt.Errorf("%sno pool before it is %q", at, name)
			}
		}
		if err != nil {
			return err
		}
	}
	for _, s := range o.Series {
		isPool := slices.ContainsFunc(o.Pools, func(p Pool) bool { return p.Name == s.Pool })
		if (s.Pool != "" && (!isPool || s.Priority == 0)) || (s.Pool == "" && len(o.Pools) > 0 && s.Priority > 0) {
			return fmt.Errorf("series %s: level %d in pool %q; with pools a series with a level is in one of them",
				s.ID, s.Priority, s.Pool)
		}
	}
	return nil
}
