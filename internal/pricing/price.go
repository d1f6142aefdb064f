package pricing

import (
	"fmt"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// Rounding is what a price refers to and to how many decimals it is rounded, half up.
type Rounding struct {
	Per      int // 1000 or 100 of principal
	Decimals int32
}

// Request is all that a price follows from.
type Request struct {
	Note        Note
	Settlement  tender.Date // for which the price is computed: the early one, if there is one
	Reference   tender.Reference
	BasisPoints decimal.Decimal // the fixed spread, also negative
	Horizon     tender.HorizonRule
	FinalPeriod tender.FinalPeriod
	Rounding    Rounding
}

// Result is a price with all that is needed to compute it again. Amounts are per Rounding.Per
// of principal; figures that do not end are shown to Places decimals, the last one rounded half up.
type Result struct {
	Settlement  tender.Date
	Yield       Yield
	Horizon     Horizon
	FinalPeriod tender.FinalPeriod // Simple only if it was applied
	Payments    []Payment
	Accrual     Accrual
	Rounding    Rounding

	Sum       decimal.Decimal // of the present values
	Accrued   decimal.Decimal // interest up to the settlement
	Unrounded decimal.Decimal // sum less accrued interest
	Price     decimal.Decimal // without accrued interest, rounded once
}

// Places is how many decimals of figures that do not end are shown.
const Places = 12

// Horizon is the day to which a note is priced, and why.
type Horizon struct {
	Date   tender.Date
	Coupon decimal.Decimal // in force on the settlement, in percent
	Reason string
}

// Payment is one payment of a note and what it is worth on the settlement.
type Payment struct {
	Date         tender.Date
	Interest     decimal.Decimal
	Principal    decimal.Decimal
	Exponent     Exponent
	Factor       decimal.Decimal // by which the payment is multiplied
	PresentValue decimal.Decimal
}

// Price computes the price of a note. Every error is an *Error.
func Price(r Request) (*Result, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	horizon, yield, err := r.horizon()
	if err != nil {
		return nil, err
	}
	s := r.Note.streamTo(r.Settlement, horizon.Date, r.FinalPeriod, r.Rounding.Per)
	result := &Result{
		Settlement: r.Settlement, Yield: yield, Horizon: horizon, FinalPeriod: tender.Compound,
		Accrual: s.accrued, Accrued: roundHalfUp(s.interest.Num(), s.interest.Denom(), Places),
		Rounding: r.Rounding,
	}
	if s.simple {
		result.FinalPeriod = tender.Simple
	}
	s.decide(yield.Percent.Rat(), func(v value) bool { return result.show(&s, v) })
	if result.Price.Sign() <= 0 {
		return nil, fault(OutOfRange, "reference.yield", "check the yield and the spread",
			"at a yield of %s%% the price is %s, which is not above zero", plain(yield.Percent), result.Price)
	}
	return result, nil
}

// check is an error for a request without a price, other than for its reference and horizon.
func (r *Request) check() error {
	return first(
		r.Note.check(r.Settlement),
		known("horizon", r.Horizon, tender.ParCallBelowCoupon, tender.ToParCall, tender.ToMaturity),
		known("final_period", r.FinalPeriod, tender.Compound, tender.Simple),
		known("per", r.Rounding.Per, 100, 1000),
		decimalsGiven("decimals", r.Rounding.Decimals),
	)
}

// horizon is the day to which the note is priced, and the yield for that day.
func (r *Request) horizon() (Horizon, Yield, error) {
	h := Horizon{Coupon: r.Note.couponOn(r.Settlement)}
	switch {
	case r.Horizon == tender.ToMaturity:
		h.Date, h.Reason = r.Note.Maturity, "the terms say: to the maturity"
	case r.Horizon == tender.ToParCall && r.Note.ParCall.IsZero():
		return h, Yield{}, fault(Missing, "par_call", "state the date, or another horizon",
			"the horizon is the par call date, and there is none")
	case r.Horizon == tender.ToParCall:
		h.Date, h.Reason = r.Note.ParCall, "the terms say: to the par call date"
	case r.Note.ParCall.IsZero():
		h.Date, h.Reason = r.Note.Maturity, "there is no par call date: to the maturity"
	default:
		return r.horizonByYield(h)
	}
	y, err := r.yieldTo(h.Date)
	return h, y, first(err, r.afterSettlement(h.Date))
}

// horizonByYield compares the yield with the coupon. A rate that is interpolated to the horizon must
// lead to the same horizon from both days.
func (r *Request) horizonByYield(h Horizon) (Horizon, Yield, error) {
	if r.Settlement.Before(r.Note.AccretesUntil) {
		return h, Yield{}, fault(Contradiction, "horizon", "state par_call or maturity",
			"the note pays no interest until %s, so its yield cannot be compared with a coupon", r.Note.AccretesUntil)
	}
	toCall, err := r.yieldTo(r.Note.ParCall)
	if err != nil {
		return h, toCall, err
	}
	toMaturity, err := r.yieldTo(r.Note.Maturity)
	if err != nil {
		return h, toMaturity, err
	}
	below := toCall.Percent.LessThan(h.Coupon)
	if below != toMaturity.Percent.LessThan(h.Coupon) {
		return h, toCall, fault(Contradiction, "horizon", "state par_call or maturity, as the issuer decides",
			"the yield is %s%% to the par call date and %s%% to the maturity, on both sides of the coupon of %s%%",
			plain(toCall.Percent), plain(toMaturity.Percent), plain(h.Coupon))
	}
	if below {
		h.Date = r.Note.ParCall
		h.Reason = fmt.Sprintf("the yield of %s%% is below the coupon of %s%%: to the par call date",
			plain(toCall.Percent), plain(h.Coupon))
		return h, toCall, r.afterSettlement(h.Date)
	}
	h.Date = r.Note.Maturity
	h.Reason = fmt.Sprintf("the yield of %s%% is not below the coupon of %s%%: to the maturity",
		plain(toMaturity.Percent), plain(h.Coupon))
	return h, toMaturity, nil
}

// afterSettlement is an error for a horizon that has passed by the settlement.
func (r *Request) afterSettlement(horizon tender.Date) error {
	if r.Settlement.Before(horizon) {
		return nil
	}
	return fault(Contradiction, "par_call", "state the horizon maturity, or correct one of the dates",
		"the note is priced to %s, which is not after the settlement on %s", horizon, r.Settlement)
}

// show fills in what follows from a value, and reports whether all of it is proven.
func (r *Result) show(s *stream, v value) bool {
	all := true
	digits := func(x number, places int32) decimal.Decimal {
		d, proven := x.rounded(places)
		all = all && proven
		return d
	}
	r.Payments = make([]Payment, len(s.payments))
	for i, p := range s.payments {
		r.Payments[i] = Payment{
			Date: p.date, Exponent: p.exponent,
			Interest:     roundHalfUp(p.interest.Num(), p.interest.Denom(), Places),
			Principal:    roundHalfUp(p.principal.Num(), p.principal.Denom(), 0),
			Factor:       digits(v.factors[i], Places),
			PresentValue: digits(v.present[i], Places),
		}
	}
	r.Sum, r.Unrounded, r.Price = digits(v.sum, Places), digits(v.clean, Places), digits(v.clean, r.Rounding.Decimals)
	return all
}

// CheckPrinted is an error for a printed price that is not the computed one.
func (r *Result) CheckPrinted(printed decimal.Decimal) error {
	if err := between("total_consideration", printed, 0, 100*mostPercent); err != nil {
		return err
	}
	if printed.Equal(r.Price) {
		return nil
	}
	return fault(Contradiction, "total_consideration", "find out which input differs, or correct the printed price",
		"%s is printed, and %s is computed (yield %s%%, to %s, settlement %s, unrounded %s)",
		plain(printed), r.Price, plain(r.Yield.Percent), r.Horizon.Date, r.Settlement, r.Unrounded)
}

// Consideration is what holders are paid for a priced note, in the unit of the price and without
// accrued interest.
type Consideration struct {
	Total       decimal.Decimal // for early tenders, with the early payment in it
	TenderOffer decimal.Decimal // for late ones
}

// Consideration divides the rounded price. Late tenders are paid the price less the early payment,
// whenever they settle.
func (r *Result) Consideration(earlyPayment decimal.Decimal) (Consideration, error) {
	if err := between("early_tender_payment", earlyPayment, 0, 100*mostPercent); err != nil {
		return Consideration{}, err
	}
	if !earlyPayment.LessThan(r.Price) {
		return Consideration{}, fault(Contradiction, "early_tender_payment", "correct the payment",
			"%s is not less than the price, %s", earlyPayment, r.Price)
	}
	return Consideration{Total: r.Price, TenderOffer: r.Price.Sub(earlyPayment)}, nil
}

// PerThousand is the price per 1,000 of principal.
func (r *Result) PerThousand() decimal.Decimal {
	if r.Rounding.Per == tender.PerThousand {
		return r.Price
	}
	return r.Price.Shift(1)
}
