package pricing

import (
	"math/big"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// Solution is the yield that gives a price, with the proof of its rounding: the price falls as the
// yield rises, and the given price is between the prices of the two bounds.
type Solution struct {
	Percent   decimal.Decimal // rounded half up
	Unrounded decimal.Decimal // to eight decimals
	Low, High Bound           // the yields half a unit below and above Percent
}

// Bound is a yield in percent, and the price at it.
type Bound struct {
	Percent, Price decimal.Decimal
}

// TreasuryYield is the yield to maturity of a Treasury at its bid price: semi-annual, by ACT/ACT, in the
// last period by simple interest, rounded half up.
func TreasuryYield(q tender.TreasuryQuote, decimals int32) (Solution, error) {
	if q.Coupon.Sign() == 0 {
		return Solution{}, fault(Missing, "reference.coupon",
			"state the coupon; of a bill, which has none, state the yield", "it is zero")
	}
	return SolveYield(YieldRequest{
		Note: Note{
			Interest: tender.Interest{Coupon: q.Coupon, DayCount: tender.ActActICMA, Frequency: 2},
			Maturity: q.Maturity,
		},
		Settlement: q.Settlement, Horizon: q.Maturity, FinalPeriod: tender.Simple,
		Price: q.BidPrice, Per: 100, Decimals: decimals,
	})
}

// YieldRequest is a price whose yield is asked for.
type YieldRequest struct {
	Note        Note
	Settlement  tender.Date
	Horizon     tender.Date // to which the note is priced
	FinalPeriod tender.FinalPeriod
	Price       decimal.Decimal // without accrued interest
	Per         int             // 1000 or 100 of principal
	Decimals    int32           // of the yield
}

// SolveYield is the yield at which a note has a price. It is the inverse of Price, for yields from
// -50 to 1,000 percent.
func SolveYield(r YieldRequest) (Solution, error) {
	if err := r.check(); err != nil {
		return Solution{}, err
	}
	s := r.Note.streamTo(r.Settlement, r.Horizon, r.FinalPeriod, r.Per)
	if !s.falls() {
		return Solution{}, fault(NoSolution, "price", "state the yield",
			"by the day count the interest period has ended on %s, before its interest date, so no single yield gives a price",
			r.Settlement)
	}
	steps, exact, ok := s.search(r.Price.Rat())
	if !ok {
		return Solution{}, fault(NoSolution, "price", "correct the price or the note",
			"no yield from -50 to 1,000 percent gives %s", r.Price)
	}
	return s.solution(steps, exact, r.Decimals), nil
}

// check is an error for a request that has no yield, whatever the price.
func (r *YieldRequest) check() error {
	if err := first(
		r.Note.check(r.Settlement), dateGiven("horizon", r.Horizon),
		known("final_period", r.FinalPeriod, tender.Compound, tender.Simple), known("per", r.Per, 100, 1000),
		between("price", r.Price, 0, 100*mostPercent), decimalsGiven("decimals", r.Decimals),
	); err != nil {
		return err
	}
	if !r.Settlement.Before(r.Horizon) || r.Note.Maturity.Before(r.Horizon) {
		return fault(Contradiction, "horizon", "correct one of the dates",
			"%s is not after the settlement, %s, and at most the maturity, %s", r.Horizon, r.Settlement, r.Note.Maturity)
	}
	return nil
}

// falls reports whether the price falls as the yield rises, so that only one yield gives a price.
func (s *stream) falls() bool {
	for _, p := range s.payments {
		if p.exponent.Rat().Sign() < 0 {
			return false
		}
	}
	return s.payments[len(s.payments)-1].exponent.Rat().Sign() > 0
}

// yieldPlaces are the decimals of a step of the search, one more than can be asked for: so every
// yield at which rounding changes is a whole number of steps.
const yieldPlaces = mostDecimals + 1

// search is the largest whole number of steps at which the price is still at least the given one, and
// whether it is exactly that there.
func (s *stream) search(price *big.Rat) (steps int64, exact, ok bool) {
	const one = 1_000_000_000 // percent, in steps
	low, high := int64(-50*one), int64(mostPercent*one)
	if s.compare(stepsPercent(low), price) < 0 || s.compare(stepsPercent(high), price) >= 0 {
		return 0, false, false
	}
	for high-low > 1 {
		middle := low + (high-low)/2
		if s.compare(stepsPercent(middle), price) >= 0 {
			low = middle
		} else {
			high = middle
		}
	}
	return low, s.compare(stepsPercent(low), price) == 0, true
}

func stepsPercent(steps int64) *big.Rat { return decimal.New(steps, -yieldPlaces).Rat() }

// solution is the result of a search. A yield between two steps rounds as the middle between them does.
func (s *stream) solution(steps int64, exact bool, decimals int32) Solution {
	yield := decimal.New(steps, -yieldPlaces)
	if !exact {
		yield = yield.Add(decimal.New(5, -yieldPlaces-1))
	}
	found := Solution{Percent: yield.Round(decimals), Unrounded: yield.Round(mostDecimals)}
	half := decimal.New(5, -decimals-1)
	found.Low, found.High = s.bound(found.Percent.Sub(half)), s.bound(found.Percent.Add(half))
	return found
}

// bound is the price at a yield.
func (s *stream) bound(percent decimal.Decimal) Bound {
	b := Bound{Percent: percent}
	s.decide(percent.Rat(), func(v value) (proven bool) {
		b.Price, proven = v.clean.rounded(Places)
		return proven
	})
	return b
}
