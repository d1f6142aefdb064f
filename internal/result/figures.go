package result

import (
	"math/big"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/tender"
)

// Figures are the principal amounts of one series, or of all series of one
// currency, or of all series in the currency of the caps.
type Figures struct {
	Outstanding, Early, Late          decimal.Decimal
	AcceptedEarly, AcceptedLate, Left decimal.Decimal // Left is what is returned
}

// Tendered is the principal tendered early and late.
func (f Figures) Tendered() decimal.Decimal { return f.Early.Add(f.Late) }

// Accepted is the principal accepted of both.
func (f Figures) Accepted() decimal.Decimal { return f.AcceptedEarly.Add(f.AcceptedLate) }

// Each returns the amounts as the columns of the results table show them.
func (f Figures) Each() [6]decimal.Decimal {
	return [6]decimal.Decimal{f.Outstanding, f.Early, f.Late, f.Tendered(), f.Accepted(), f.Left}
}

func (f Figures) plus(g Figures) Figures {
	return Figures{
		Outstanding: f.Outstanding.Add(g.Outstanding), Early: f.Early.Add(g.Early), Late: f.Late.Add(g.Late),
		AcceptedEarly: f.AcceptedEarly.Add(g.AcceptedEarly), AcceptedLate: f.AcceptedLate.Add(g.AcceptedLate),
		Left: f.Left.Add(g.Left),
	}
}

// SeriesFigures returns the figures of the series at a position of the offer.
func (r *Run) SeriesFigures(i int) Figures {
	f := Figures{
		Outstanding: r.Offer.Series[i].Outstanding,
		Early:       r.Book.Totals[i].Early, Late: r.Book.Totals[i].Late,
		AcceptedEarly: r.Allocation.Series[i].Early, AcceptedLate: r.Allocation.Series[i].Late,
	}
	f.Left = f.Tendered().Sub(f.Accepted())
	return f
}

// Currencies lists the currencies of the series, in the offer's order.
func (r *Run) Currencies() []string {
	var all []string
	for _, s := range r.Offer.Series {
		if !slices.Contains(all, s.Currency) {
			all = append(all, s.Currency)
		}
	}
	return all
}

// CurrencyFigures returns the figures of all series of a currency.
func (r *Run) CurrencyFigures(currency string) Figures {
	var sum Figures
	for i, s := range r.Offer.Series {
		if s.Currency == currency {
			sum = sum.plus(r.SeriesFigures(i))
		}
	}
	return sum
}

// Total adds one amount per currency in the currency of the caps over all
// series, at the offer's rates, exactly, and rounds once to its minor unit. ok
// is false if the offer states no rate for the currency of a series with a level.
func (r *Run) Total(amount func(Figures) decimal.Decimal) (sum decimal.Decimal, ok bool) {
	return r.TotalOf(func(currency string) decimal.Decimal { return amount(r.CurrencyFigures(currency)) })
}

// TotalOf adds up amounts by currency in the currency of the first cap over all, if there
// is a rate for each; ok is false if there is not.
func (r *Run) TotalOf(amount func(currency string) decimal.Decimal) (sum decimal.Decimal, ok bool) {
	exact, to := new(big.Rat), r.Offer.TotalCurrency()
	rated, without := r.RatedCurrencies()
	if r.leveled(without) {
		return decimal.Zero, false
	}
	for _, currency := range rated {
		rate, _ := r.Offer.Rate(currency, to)
		exact.Add(exact, rate.Mul(rate, amount(currency).Rat()))
	}
	return tender.RoundHalfUp(exact.Num(), exact.Denom(), to), true
}

// RatedCurrencies returns the currencies of the offer that have a rate to that of the
// totals, and those that have none and are left out of them. No cap over all
// needs a rate for series bought any and all, so the offer may have none.
func (r *Run) RatedCurrencies() (rated, without []string) {
	to := r.Offer.TotalCurrency()
	for _, currency := range r.Currencies() {
		if _, known := r.Offer.Rate(currency, to); known {
			rated = append(rated, currency)
		} else {
			without = append(without, currency)
		}
	}
	return rated, without
}

// leveled reports whether a series with a level is in one of the currencies.
func (r *Run) leveled(currencies []string) bool {
	return slices.ContainsFunc(r.Offer.Series, func(s tender.Series) bool {
		return s.Priority > 0 && slices.Contains(currencies, s.Currency)
	})
}

// Share returns part of whole in units of 10^-places, half up; zero for a zero
// whole.
func Share(part, whole decimal.Decimal, places int32) decimal.Decimal {
	if whole.Sign() <= 0 {
		return decimal.Zero
	}
	num, den := new(big.Rat).Quo(part.Rat(), whole.Rat()), big.NewInt(1)
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil)
	num.Mul(num, new(big.Rat).SetInt(scale)).Add(num, big.NewRat(1, 2))
	return decimal.NewFromBigInt(den.Quo(num.Num(), num.Denom()), -places)
}

// CurrencyOf returns the currency of the series, "" for one that the offer does
// not have (any more).
func (r *Run) CurrencyOf(series string) string {
	if i, ok := r.Offer.SeriesByID(series); ok {
		return r.Offer.Series[i].Currency
	}
	return ""
}

// WarningTexts are the sentences of [Run.warned].
func (r *Run) WarningTexts() []string { return tender.Messages(r.AllWarnings()) }

// AllWarnings lists what the run and the allocation warn of, each once.
func (r *Run) AllWarnings() []tender.Warning {
	var all []tender.Warning
	for _, w := range slices.Concat(r.Warnings, r.Allocation.Warnings) {
		if !slices.Contains(all, w) {
			all = append(all, w)
		}
	}
	return all
}

// BrokenInvariants counts the invariants that do not hold.
func (r *Run) BrokenInvariants() int {
	n := 0
	for _, inv := range r.Invariants {
		if !inv.Holds {
			n++
		}
	}
	return n
}

// Satisfied reports whether a condition of the offer is satisfied, by hand or by what was tendered.
func (r *Run) Satisfied(c *tender.Condition) bool { return c.SatisfiedBy(r.Offer, r.Book) }

// UnsatisfiedConditions counts the conditions of the offer that are not satisfied.
func (r *Run) UnsatisfiedConditions() int {
	n := 0
	for i := range r.Offer.Conditions {
		if !r.Satisfied(&r.Offer.Conditions[i]) {
			n++
		}
	}
	return n
}

// waivedWords begin what is said of a waiver.
const waivedWords = "counts because "

// ReasonWords is the sentence that says why an instruction got what it got, with
// what is special about it.
func ReasonWords(l *tender.Line, decided allocate.Reason) string {
	if l.Delivery != tender.GuaranteedDelivery && len(l.Waived) == 0 {
		return decided.String()
	}
	said := []string{decided.String()}
	if l.Delivery == tender.GuaranteedDelivery {
		said = append(said, "guaranteed delivery")
	}
	for _, w := range l.Waived {
		said = append(said, waivedWords+w.Rule+" is waived by "+w.By+" on "+w.On.String())
	}
	return strings.Join(said, "; ")
}

// CapWords says which series a cap limits.
func CapWords(c tender.Cap) string {
	if len(c.Series) == 0 {
		return "all levels"
	}
	return strings.Join(c.Series, ", ")
}

// MeasureWords says what a cap counts.
func MeasureWords(m tender.Measure) string {
	return strings.ReplaceAll(string(m), "_", " ")
}

// AcceptedInAll is the principal accepted of all series, in the currency of the
// caps over all. ok is false if the offer states no rate for one of the
// currencies.
func (r *Run) AcceptedInAll() (sum decimal.Decimal, ok bool) { return r.Total(Figures.Accepted) }
