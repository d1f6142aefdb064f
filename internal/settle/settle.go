package settle

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/decimals"
	"tenderbatch/internal/tender"
)

// Settle works out the cash for an allocation. An error means that interest
// cannot be computed from the terms, such as a settlement date before the last
// interest date, or that a day count, a delivery, a series, a window or the price
// at which an auction cleared is not known.
func Settle(o *tender.Offer, b *tender.Book, a *allocate.Result) (*Settlement, error) {
	rates, err := newRates(o)
	if err != nil {
		return nil, err
	}
	s := &Settlement{Lines: make([]Line, len(b.Lines)), Warnings: slices.Concat(warnings(o), awaited(o, b, a))}
	p := newPayments(b)
	for i := range b.Lines {
		in, accepted := &b.Lines[i], a.Lines[i].Accepted
		if err := in.Delivery.Check(); err != nil {
			return nil, fmt.Errorf("instruction %s: %w", in.ID, err)
		}
		if accepted.IsZero() {
			s.Lines[i].Payment = -1
			continue
		}
		if before := in.Settled; before != nil && before.Cash != nil {
			s.Lines[i] = asPaid(before.Cash)
			s.Lines[i].Payment = p.add(in, rates[rateKey{in.Series, in.Window}].currency, accepted, &s.Lines[i])
			continue
		}
		r, ok := rates[rateKey{in.Series, in.Window}]
		if !ok {
			return nil, fmt.Errorf("instruction %s: the offer has no price for series %q, window %q", in.ID, in.Series,
				in.Window)
		}
		if len(o.Auctions) > 0 {
			if r, err = r.inAuction(o, in, a, a.Lines[i]); err != nil {
				return nil, err
			}
		}
		if r.unpriced {
			s.Lines[i].Payment = -1
			continue
		}
		s.Lines[i] = Line{Cash: r.pay(accepted), Date: r.date}
		if in.Delivery == tender.GuaranteedDelivery {
			s.Lines[i].Date = o.Guaranteed.Settlement
		}
		s.Lines[i].Payment = p.add(in, r.currency, accepted, &s.Lines[i])
	}
	s.Payments = p.sorted(s.Lines)
	s.Wires = wires(o.ID, s.Payments)
	s.Funding, s.ByDepositary = funding(s.Wires), fundingByDepositary(s.Wires)
	return s, nil
}

// asPaid is what an earlier run has for a line.
func asPaid(c *tender.SettledCash) Line {
	return Line{Date: c.On, Cash: Cash{Consideration: c.Consideration, EarlyPayment: c.EarlyPayment,
		AccruedInterest: c.AccruedInterest}}
}

// rate is what one unit of accepted principal of a series and window is paid,
// as exact fractions.
type rate struct {
	currency                              string
	unpriced                              bool // the series has no price yet: nothing can be paid
	date                                  tender.Date
	consideration, earlyPayment, interest unit
}

// unit is what one unit of principal is paid, exactly.
type unit struct {
	exact *big.Rat
	// The same for amounts whose product fits 128 bits, in minor units of the currency:
	// num/den of exact, num times the minor units of one. Zero where that does not fit.
	num, den uint64
	places   int32 // of the minor unit
	currency string
}

func newUnit(exact *big.Rat, currency string) unit {
	u := unit{exact: exact, currency: currency, places: tender.CashPlaces(currency)}
	num := new(big.Int).Mul(exact.Num(), big.NewInt(decimals.Tens[u.places]))
	if num.IsInt64() && num.Sign() >= 0 && exact.Denom().IsInt64() {
		u.num, u.den = num.Uint64(), exact.Denom().Uint64()
	}
	return u
}

// pay is the cash for some principal: multiplied first and rounded once, half up (R13).
func (u *unit) pay(principal decimal.Decimal) decimal.Decimal {
	if cash, ok := u.payShort(principal); ok {
		return cash
	}
	exact := new(big.Rat).Mul(principal.Rat(), u.exact)
	return tender.RoundHalfUp(exact.Num(), exact.Denom(), u.currency)
}

// payShort is pay in 128 bits, and whether those are enough. It takes a fifth of the time.
func (u *unit) payShort(principal decimal.Decimal) (cash decimal.Decimal, ok bool) {
	a, ok := decimals.Of(principal)
	if !ok || u.den == 0 || a.Units < 0 {
		return decimal.Decimal{}, false
	}
	tooLarge, den := bits.Mul64(u.den, uint64(decimals.Tens[a.Places]))
	high, low := bits.Mul64(uint64(a.Units), u.num)
	if tooLarge > 0 || high >= den {
		return decimal.Decimal{}, false
	}
	units, rest := bits.Div64(high, low, den)
	if rest >= den-rest {
		units++
	}
	if units > math.MaxInt64 {
		return decimal.Decimal{}, false
	}
	return decimal.New(int64(units), -u.places), true
}

type rateKey struct {
	series string
	window tender.Window
}

func newRates(o *tender.Offer) (map[rateKey]rate, error) {
	rates := make(map[rateKey]rate, 2*len(o.Series))
	for _, s := range o.Series {
		if err := s.Interest.Check(); err != nil {
			return nil, fmt.Errorf("series %s: %w", s.ID, err)
		}
		for _, w := range tender.Windows {
			date := o.SettlementDate(w)
			interest, err := interestAt(s.Interest, o.Settlement, date).until(date)
			if err != nil {
				return nil, fmt.Errorf("series %s: %w", s.ID, err)
			}
			early := new(big.Rat)
			if w == tender.Early {
				early = perThousand(s.EarlyTenderPayment)
			}
			rates[rateKey{s.ID, w}] = rate{
				currency: s.Currency, unpriced: !s.HasPrice(), date: date, interest: newUnit(interest, s.Currency),
				consideration: newUnit(perThousand(s.TenderOfferConsideration), s.Currency),
				earlyPayment:  newUnit(early, s.Currency),
			}
		}
	}
	return rates, nil
}

// Accrued is the interest accrued on 1,000 of a series to the settlement of a window, exactly.
func Accrued(o *tender.Offer, s *tender.Series, w tender.Window) (*big.Rat, error) {
	date := o.SettlementDate(w)
	accrued, err := interestAt(s.Interest, o.Settlement, date).until(date)
	if err != nil {
		return nil, fmt.Errorf("series %s: %w", s.ID, err)
	}
	return accrued.Mul(accrued, big.NewRat(tender.PerThousand, 1)), nil
}

// interestAt is the interest of a series as of a settlement date. The terms give
// the last interest date before the first settlement; one that falls between that
// and a later one is the last for the later one, as its interest goes to the
// holders of that day.
func interestAt(terms tender.Interest, s tender.Settlement, date tender.Date) accrual {
	i := accrual{terms, anchorOf(terms)}
	first := s.First()
	if !first.Before(date) {
		return i
	}
	if between := i.paymentDates(first, date); len(between) > 0 {
		i.LastPaid = between[len(between)-1]
	}
	return i
}

// warnings names the series on which interest accrues for more than one period:
// either interest is in arrears, or the last interest date in the terms is out
// of date.
func warnings(o *tender.Offer) []tender.Warning {
	var all []tender.Warning
	for _, s := range o.Series {
		i := interestAt(s.Interest, o.Settlement, o.Settlement.Final)
		if i.Coupon.IsZero() && len(i.Steps) == 0 {
			continue
		}
		if missed := i.paymentDates(i.LastPaid, o.Settlement.Final); len(missed) > 0 {
			all = append(all, tender.Warnf(tender.WarnInterestDue,
				"series %s: interest is counted from %s, though it falls due on %s, before settlement; if it is paid then, "+
					"correct last_paid in the offer",
				s.ID, i.LastPaid, missed[len(missed)-1]))
		}
	}
	return all
}

// awaited warns, once the offer has expired, of accepted notes that were promised by guaranteed delivery, have not come
// and still can (R15): whether they are paid is known by a run after their deadline only.
func awaited(o *tender.Offer, b *tender.Book, a *allocate.Result) (all []tender.Warning) {
	deadline := o.Guaranteed.Deadline
	if deadline.IsZero() || !b.AsOf.Before(deadline.At) || o.PhaseAt(b.AsOf) != tender.Final {
		return nil
	}
	sums := map[string]decimal.Decimal{}
	var currencies []string
	for i := range b.Lines {
		l := &b.Lines[i]
		came := !l.CoveredAt.IsZero() && !l.CoveredAt.After(b.AsOf)
		at, known := o.SeriesByID(l.Series)
		if l.Delivery != tender.GuaranteedDelivery || came || !known || a.Lines[i].Accepted.IsZero() {
			continue
		}
		currency := o.Series[at].Currency
		if !slices.Contains(currencies, currency) {
			currencies = append(currencies, currency)
		}
		sums[currency] = sums[currency].Add(a.Lines[i].Accepted)
	}
	slices.Sort(currencies)
	for _, currency := range currencies {
		all = append(all, tender.Warnf(tender.WarnDeliveryAwaited, "%s %s in principal was promised by guaranteed delivery, and has "+
			"not come; it can until %s: wire nothing for it on %s but by a run that was made after that", currency,
			tender.Thousands(sums[currency]), tender.WallTime(deadline.At, o.Zone), o.Guaranteed.Settlement))
	}
	return all
}

func perThousand(price decimal.Decimal) *big.Rat {
	return new(big.Rat).Quo(price.Rat(), big.NewRat(tender.PerThousand, 1))
}

// pay is the cash for some accepted principal.
func (r *rate) pay(accepted decimal.Decimal) Cash {
	return Cash{
		Consideration:   r.consideration.pay(accepted),
		EarlyPayment:    r.earlyPayment.pay(accepted),
		AccruedInterest: r.interest.pay(accepted),
	}
}
