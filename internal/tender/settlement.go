package tender

import (
	"math/big"
	"slices"

	"github.com/shopspring/decimal"
)

// Settlement gives the days on which accepted tenders are paid.
type Settlement struct {
	Early Date // zero: there is no separate early settlement
	// EarlyRun is the run whose accepted tenders were bought on the early
	// settlement date; "" until that has happened.
	EarlyRun string
	Interim  []Interim // in the order of their days
	Final    Date
}

// Interim is a settlement before the final one: once its run is named, what that run accepted
// for its day was bought, and is fixed.
type Interim struct {
	On  Date
	Run string // "": it was not made yet
}

// Made are the settlements that were made, in the order of their days, the early one with them.
func (s Settlement) Made() (made []Interim) {
	if s.EarlyRun != "" {
		made = append(made, Interim{s.Early, s.EarlyRun})
	}
	for _, i := range s.Interim {
		if i.Run != "" {
			made = append(made, i)
		}
	}
	slices.SortStableFunc(made, func(x, y Interim) int { return x.On.Compare(y.On) })
	return made
}

// Next is the interim settlement that comes next, and whether there is one.
func (s Settlement) Next() (on Date, planned bool) {
	i := slices.IndexFunc(s.Interim, func(i Interim) bool { return i.Run == "" })
	if i < 0 {
		return Date{}, false
	}
	return s.Interim[i].On, true
}

// First is the day of the first settlement.
func (s Settlement) First() Date {
	first := s.Final
	if !s.Early.IsZero() {
		first = first.Earlier(s.Early)
	}
	for _, i := range s.Interim {
		first = first.Earlier(i.On)
	}
	return first
}

// earlyPassed reports whether the early settlement was made as an interim one, or one was made
// after it: then early tenders that were not in it are paid with others.
func (s Settlement) earlyPassed() bool {
	return slices.ContainsFunc(s.Interim, func(i Interim) bool {
		return i.Run != "" && (i.On == s.Early || (s.EarlyRun != "" && s.Early.Before(i.On)))
	})
}

// SettlementDate is the day on which a tender of the window is paid that was not settled before,
// and up to which interest accrues on it: early tenders on the early settlement date, until that
// has passed; others at the next interim settlement, or else the
// final one. Tenders by guaranteed delivery get the interest of the others, though they are paid
// on a day of their own.
func (o *Offer) SettlementDate(w Window) Date {
	s := o.Settlement
	if w == Early && !s.Early.IsZero() && !s.earlyPassed() {
		return s.Early
	}
	if next, planned := s.Next(); planned {
		return next
	}
	return s.Final
}

// Made is a settlement that was made, as an allocation needs to know it.
type Made struct {
	Interim
	// Then is the offer by the terms in force then; nil: they were as now.
	Then *Offer
	// Levels are those at which the auctions cleared, by name. What was paid set them.
	Levels map[string]decimal.Decimal
	// Returned are tenders of which nothing was bought and which no report has any more: they
	// still say that a series was cut back.
	Returned []Line
}

// Settled is what was bought of an instruction at an earlier settlement.
type Settled struct {
	Accepted decimal.Decimal // principal
	Made     int             // the settlement, by its place in the book
	// AtTerms are the terms at which it counts under caps; nil: those of now.
	AtTerms *SettledTerms
	// Cash is what is paid for it, and when; nil: by the terms of now, and paid unless it is by
	// guaranteed delivery.
	Cash *SettledCash
}

// IsPaid reports whether what was bought was paid at a settlement, too; guaranteed deliveries are
// paid on a day of their own.
func (s *Settled) IsPaid(d Delivery) bool {
	switch {
	case s == nil:
		return false
	case s.Cash == nil:
		return d != GuaranteedDelivery
	}
	return s.Cash.Paid
}

// SettledTerms are what an earlier settlement was made at. Prices are per 1,000, without
// accrued interest.
type SettledTerms struct {
	Consideration, EarlyPayment decimal.Decimal

	Accrued *big.Rat // interest per 1,000; nil: none
	Rates   []Rate   // none: those of the terms now
}

// Price is consideration and early payment together.
func (t *SettledTerms) Price() decimal.Decimal { return t.Consideration.Add(t.EarlyPayment) }

// Interest is the accrued interest per 1,000.
func (t *SettledTerms) Interest() *big.Rat {
	if t.Accrued == nil {
		return new(big.Rat)
	}
	return t.Accrued
}

// SettledCash is what an earlier run has for an instruction.
type SettledCash struct {
	Consideration, EarlyPayment, AccruedInterest decimal.Decimal

	On   Date
	Paid bool // it was paid at a settlement that was made; otherwise it is still due
}
