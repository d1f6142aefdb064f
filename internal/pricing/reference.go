package pricing

import (
	"fmt"
	"math/big"
	"strconv"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// Yield is the yield at which a note is priced, and how it is found, in percent.
type Yield struct {
	Reference   decimal.Decimal
	Solution    *Solution         // of a Treasury's bid price; nil: none was given
	Points      []tender.SwapRate // the two between which the reference was interpolated, or the one for the very day
	BasisPoints decimal.Decimal
	Sum         decimal.Decimal // reference and spread
	Annualised  bool            // Sum is semi-annual and was made annual
	Percent     decimal.Decimal // at which the note is priced
}

// yieldTo is the yield of a note that is priced to a horizon.
func (r *Request) yieldTo(horizon tender.Date) (Yield, error) {
	y := Yield{BasisPoints: r.BasisPoints}
	if err := checkReference(&r.Reference); err != nil {
		return y, err
	}
	if err := between("spread.basis_points", r.BasisPoints, -100*mostPercent, 100*mostPercent); err != nil {
		return y, err
	}
	if err := y.readReference(&r.Reference, horizon); err != nil {
		return y, err
	}
	y.Sum = y.Reference.Add(r.BasisPoints.Shift(-2))
	if err := percentInRange("reference.yield", y.Sum); err != nil {
		return y, err
	}
	y.Percent = y.Sum
	compounds, err := compounds(r.Reference.Kind, r.Note.Frequency)
	if err != nil {
		return y, err
	}
	if compounds != r.Note.Frequency {
		y.Annualised = true
		y.Percent = Annual(y.Sum)
		if d := r.Reference.AnnualDecimals; d != nil {
			y.Percent = y.Percent.Round(*d)
		}
	}
	return y, nil
}

var kinds = []tender.ReferenceKind{tender.Treasury, tender.Gilt, tender.Bund, tender.MidSwap, tender.FixedYield}

// compounds is how often a year the rate compounds. The only conversion that documents make is from
// semi-annual to annual.
func compounds(k tender.ReferenceKind, frequency int) (int, error) {
	rate := frequency
	switch k {
	case tender.Treasury, tender.FixedYield:
		return frequency, nil
	case tender.Gilt:
		rate = 2
	case tender.Bund, tender.MidSwap:
		rate = 1
	default:
		return 0, known("reference.kind", k, kinds...)
	}
	if rate == frequency || (rate == 2 && frequency == 1) {
		return rate, nil
	}
	return 0, fault(Contradiction, "reference.kind", "state the converted yield, with kind: yield",
		"%s rates compound %d times a year and the note pays %d times; documents name no conversion", k, rate, frequency)
}

// Annual is the annual equivalent of a semi-annual rate in percent, exactly: (1 + r/2)^2 - 1.
func Annual(percent decimal.Decimal) decimal.Decimal {
	return percent.Add(percent.Mul(percent).Mul(decimal.New(25, -4)))
}

// percentInRange is an error for a yield at which no note was ever priced. At -100 percent per
// period and below there is no price at all.
func percentInRange(key string, percent decimal.Decimal) error {
	const leastPercent = -50
	return between(key, percent, leastPercent, mostPercent)
}

// check is an error for a reference that gives no rate, or two.
func checkReference(r *tender.Reference) error {
	err := known("reference.kind", r.Kind, kinds...)
	given := 0
	for _, is := range []bool{r.HasYield, r.Quote != nil, len(r.Points) > 0} {
		if is {
			given++
		}
	}
	switch {
	case err != nil:
		return err
	case given == 0:
		return fault(Missing, "reference.yield", "state the yield as printed, or what it follows from", "it is not given")
	case given > 1:
		return fault(Contradiction, "reference.yield", "state one of yield, bid_price and points",
			"%d of them are given", given)
	case r.Quote != nil && r.Kind != tender.Treasury:
		return fault(Contradiction, "reference.bid_price", "state the yield",
			"only the kind treasury has a bid price, not %s", r.Kind)
	case len(r.Points) > 0 && r.Kind != tender.MidSwap:
		return fault(Contradiction, "reference.points", "state the yield",
			"only the kind mid_swap has points, not %s", r.Kind)
	case r.AnnualDecimals != nil:
		if err := decimalsGiven("reference.annual_decimals", *r.AnnualDecimals); err != nil {
			return err
		}
	}
	if r.HasYield {
		return percentInRange("reference.yield", r.Yield)
	}
	return decimalsGiven("reference.decimals", r.Decimals)
}

// readReference is the reference rate, printed, solved or interpolated.
func (y *Yield) readReference(r *tender.Reference, horizon tender.Date) error {
	switch {
	case r.HasYield:
		y.Reference = r.Yield
	case r.Quote != nil:
		solved, err := TreasuryYield(*r.Quote, r.Decimals)
		if err != nil {
			return err
		}
		y.Reference, y.Solution = solved.Percent, &solved
	default:
		rate, between, err := Interpolate(r.Points, horizon, r.Decimals)
		if err != nil {
			return err
		}
		y.Reference, y.Points = rate, between
	}
	return nil
}

// Interpolate is the rate for a day on the straight line, in days, between the two points around it,
// rounded half up; and the points used.
func Interpolate(points []tender.SwapRate, day tender.Date, decimals int32) (decimal.Decimal, []tender.SwapRate, error) {
	none := decimal.Decimal{}
	if err := first(decimalsGiven("reference.decimals", decimals), dateGiven("horizon", day)); err != nil {
		return none, nil, err
	}
	for i, p := range points {
		key := "reference.points[" + strconv.Itoa(i) + "]"
		if err := first(dateGiven(key, p.Maturity), percentInRange(key, p.Rate)); err != nil {
			return none, nil, err
		}
		if i > 0 && !points[i-1].Maturity.Before(p.Maturity) {
			return none, nil, fault(Contradiction, key, "list the points from the shortest to the longest",
				"%s is not after the point before it, %s", p.Maturity, points[i-1].Maturity)
		}
	}
	for i, p := range points {
		switch {
		case p.Maturity == day:
			return p.Rate.Round(decimals), points[i : i+1], nil
		case day.Before(p.Maturity) && i > 0:
			return straight(points[i-1], p, day, decimals), points[i-1 : i+1], nil
		case day.Before(p.Maturity):
			return none, nil, fault(Missing, "reference.points", "add a shorter point", "%s is before the first point", day)
		}
	}
	return none, nil, fault(Missing, "reference.points", "add a longer point", "no point is on or after %s", day)
}

// straight is the rate for a day between two points.
func straight(a, b tender.SwapRate, day tender.Date, decimals int32) decimal.Decimal {
	share := big.NewRat(int64(a.Maturity.DaysUntil(day)), int64(a.Maturity.DaysUntil(b.Maturity)))
	rate := share.Mul(share, b.Rate.Sub(a.Rate).Rat())
	rate.Add(rate, a.Rate.Rat())
	return roundHalfUp(rate.Num(), rate.Denom(), decimals)
}

// Mid is the average of a bid rate and an offered rate in percent, exactly.
func Mid(bid, offered decimal.Decimal) (decimal.Decimal, error) {
	if err := first(percentInRange("bid", bid), percentInRange("offered", offered)); err != nil {
		return decimal.Decimal{}, err
	}
	if offered.LessThan(bid) {
		return decimal.Decimal{}, fault(Contradiction, "bid", "exchange or correct them",
			"the bid rate of %s is above the offered rate of %s", bid, offered)
	}
	return bid.Add(offered).Mul(decimal.New(5, -1)), nil
}

// String is the yield as it is computed, such as 3.620 + 20/100 = 3.820.
func (y Yield) String() string {
	sign, spread := "+", y.BasisPoints
	if spread.Sign() < 0 {
		sign, spread = "-", spread.Neg()
	}
	text := fmt.Sprintf("%s %s %s/100 = %s", plain(y.Reference), sign, plain(spread), plain(y.Sum))
	if y.Annualised {
		text += fmt.Sprintf(", annual (1 + %s/200)^2 - 1 = %s", plain(y.Sum), plain(y.Percent))
	}
	return text
}

// plain is a number with the decimals that it was given with.
func plain(d decimal.Decimal) string { return d.StringFixed(max(0, -d.Exponent())) }
