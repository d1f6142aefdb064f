package whatif

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pricing"
	"tenderbatch/internal/tender"
)

// Variable is a value of the terms that a scenario can set.
type Variable struct {
	Kind Kind
	Name string // of the cap, the reference or the auction, or the id of the series
}

// Kind says what a variable is.
type Kind string

// The kinds.
const (
	CapAmount     Kind = "cap"      // the amount of a cap, in its currency
	Yield         Kind = "yield"    // that of a reference, in percent
	FixedSpread   Kind = "spread"   // that of a series, in basis points
	ClearingLevel Kind = "clearing" // that of an auction
)

// Cap is the amount of the cap of a name.
func Cap(name string) Variable { return Variable{CapAmount, name} }

// String names the variable in a sentence: a cap by its name, the others by what they are.
func (v Variable) String() string {
	switch v.Kind {
	case Yield:
		return "yield of " + v.Name
	case FixedSpread:
		return "spread of " + v.Name
	case ClearingLevel:
		return "clearing level of " + v.Name
	}
	return v.Name
}

// Words name the variable in a sentence about an offer: the cap of a pool or an auction as one, which
// goes by the other's name.
func (v Variable) Words(o *tender.Offer) string {
	named := func(name string) bool { return v.Kind == CapAmount && name == v.Name }
	if slices.ContainsFunc(o.Pools, func(p tender.Pool) bool { return named(p.Name) }) ||
		slices.ContainsFunc(o.Auctions, func(a tender.Auction) bool { return named(a.Name) }) {
		return "cap of " + v.Name
	}
	return v.String()
}

// Signed reports whether the variable can be below zero.
func (v Variable) Signed() bool { return v.Kind != CapAmount }

// Unit is what the value of the variable is in, as it follows the value in a sentence.
func (v Variable) Unit(o *tender.Offer) string {
	switch v.Kind {
	case Yield:
		return "percent"
	case FixedSpread:
		return "basis points"
	case ClearingLevel:
		i := slices.IndexFunc(o.Auctions, func(a tender.Auction) bool { return a.Name == v.Name })
		if i >= 0 && o.Auctions[i].Bid == tender.BidPrice {
			return "per 1,000"
		}
		return "basis points"
	}
	c, _ := capOf(o, v.Name)
	return c.Currency
}

// Setting is a variable with a value that is given for it.
type Setting struct {
	Variable
	Value decimal.Decimal
}

// Scenario is other terms for the same book: values of variables, of which the last given for one
// counts, and exchange rates.
type Scenario struct {
	Settings []Setting
	Rates    []tender.Rate // From, To and Rate
}

// With is the scenario with a value for one more variable.
func (s Scenario) With(v Variable, value decimal.Decimal) Scenario {
	s.Settings = append(slices.Clone(s.Settings), Setting{v, value})
	return s
}

// Setting is the value that the scenario has for a variable, and whether it has one.
func (s Scenario) Setting(v Variable) (Setting, bool) {
	i := slices.IndexFunc(s.Settings, func(set Setting) bool { return set.Variable == v })
	if i < 0 {
		return Setting{}, false
	}
	return s.Settings[i], true
}

// Flag is the setting as the command line gives it.
func (set Setting) Flag() string { return fmt.Sprintf("--%s \"%s=%s\"", set.Kind, set.Name, set.Value) }

// Of are the settings of some kind.
func (s Scenario) Of(kind Kind) (all []Setting) {
	for _, set := range s.Settings {
		if set.Kind == kind {
			all = append(all, set)
		}
	}
	return all
}

// set works a setting into an offer, of which the lists were copied.
func (set Setting) set(o *tender.Offer) error {
	var known bool
	var has string
	switch set.Kind {
	case CapAmount:
		known, has = setCap(o, set.Name, set.Value), "no cap %q; it has "+capNames(o)
	case Yield:
		known, has = setYield(o, set.Name, set.Value), "no reference %q; it has "+referenceNames(o)
	case FixedSpread:
		known, has = setSpread(o, set.Name, set.Value), "no series %q at a spread; it has "+spreadNames(o)
	case ClearingLevel:
		return setClearing(o, set.Name, set.Value)
	default:
		return fmt.Errorf("what-if: kind %q is not known", set.Kind)
	}
	if !known {
		return &offerfolder.UsageError{Message: "the offer has " + fmt.Sprintf(has, set.Name)}
	}
	return nil
}

// setYield gives a reference a yield. Printed prices are those of other yields, so nothing is compared with them.
func setYield(o *tender.Offer, reference string, percent decimal.Decimal) bool {
	i, ok := o.ReferenceByName(reference)
	if !ok {
		return false
	}
	r := &o.References[i]
	r.Yield, r.HasYield, r.Quote, r.Points = percent, true, nil, nil
	for j := range o.Series {
		if o.Series[j].Spread.Reference == reference {
			o.Series[j].Spread.Printed = decimal.Zero
		}
	}
	return true
}

func setSpread(o *tender.Offer, series string, basisPoints decimal.Decimal) bool {
	i, ok := o.SeriesByID(series)
	if !ok || !o.Series[i].AtSpread() {
		return false
	}
	o.Series[i].Spread.BasisPoints, o.Series[i].Spread.Printed = basisPoints, decimal.Zero
	return true
}

// setClearing has an auction clear at a level, as the issuer can.
func setClearing(o *tender.Offer, auction string, level decimal.Decimal) error {
	i := slices.IndexFunc(o.Auctions, func(a tender.Auction) bool { return a.Name == auction })
	if i < 0 {
		var names []string
		for _, a := range o.Auctions {
			names = append(names, fmt.Sprintf("%q", a.Name))
		}
		return &offerfolder.UsageError{Message: fmt.Sprintf("the offer has no auction %q; it has %s", auction,
			cmp.Or(strings.Join(names, ", "), "none"))}
	}
	a := &o.Auctions[i]
	if !a.InRange(level) || !a.OnIncrement(level) {
		return &offerfolder.UsageError{Message: fmt.Sprintf("%s is no level of the auction %s, in which bids are from %s to "+
			"%s by %s", level, a.Name, a.From, a.To, a.Increment)}
	}
	a.HasClearing, a.Clearing = true, level
	return nil
}

// reprice computes the prices of an offer, due yet or not, if a yield or a spread was set.
func reprice(o *tender.Offer, s Scenario) error {
	if len(s.Of(Yield))+len(s.Of(FixedSpread)) == 0 {
		return nil
	}
	o.Pricing.Ahead = false
	if _, err := pricing.SetPrices(o); err != nil {
		return &offerfolder.UsageError{Message: err.Error()}
	}
	return nil
}

// hypothetical says of each setting from which prices follow that they are hypothetical.
func (s Scenario) hypothetical(o *tender.Offer) (all []tender.Warning) {
	for _, set := range slices.Concat(s.Of(Yield), s.Of(FixedSpread), s.Of(ClearingLevel)) {
		of := map[Kind]string{Yield: "reference ", FixedSpread: "series ", ClearingLevel: "the auction "}[set.Kind]
		what := map[Kind]string{Yield: "yield", FixedSpread: "spread", ClearingLevel: "clearing level"}[set.Kind]
		all = append(all, tender.Warnf(tender.WarnHypothetical,
			"prices are hypothetical: they follow from a %s of %s %s of %s%s that was given for this question", what,
			set.Value, set.Unit(o), of, set.Name))
	}
	return all
}

func referenceNames(o *tender.Offer) string {
	var names []string
	for _, r := range o.References {
		names = append(names, fmt.Sprintf("%q", r.Name))
	}
	return cmp.Or(strings.Join(names, ", "), "none, as its prices are fixed")
}

func spreadNames(o *tender.Offer) string {
	var names []string
	for i := range o.Series {
		if o.Series[i].AtSpread() {
			names = append(names, fmt.Sprintf("%q", o.Series[i].ID))
		}
	}
	return cmp.Or(strings.Join(names, ", "), "none")
}

// value is what a variable is in an offer, and whether it is known.
func (v Variable) value(o *tender.Offer) (decimal.Decimal, bool) {
	switch v.Kind {
	case Yield:
		if i, ok := o.ReferenceByName(v.Name); ok {
			return o.References[i].Yield, o.References[i].HasYield
		}
	case FixedSpread:
		if i, ok := o.SeriesByID(v.Name); ok {
			return o.Series[i].Spread.BasisPoints, true
		}
	case CapAmount:
		c, ok := capOf(o, v.Name)
		return c.Amount, ok
	}
	return decimal.Zero, false
}

// sharedCaps are the caps of the offer and those of its auctions.
func sharedCaps(o *tender.Offer) []tender.Cap {
	caps := o.AllCaps()
	for i := range o.Auctions {
		c := o.Auctions[i].Cap
		c.Name, c.Series = o.Auctions[i].Name, o.Auctions[i].Series
		caps = append(caps, c)
	}
	return caps
}

// capOf is the cap of a name.
func capOf(o *tender.Offer, name string) (tender.Cap, bool) {
	for _, c := range sharedCaps(o) {
		if c.Name == name {
			return c, true
		}
	}
	return tender.Cap{}, false
}

// limits reports whether a cap limits a series: one of an auction does those in it.
func limits(o *tender.Offer, c tender.Cap, s *tender.Series) bool {
	if a := o.AuctionOf(s.ID); a != nil {
		return a.Name == c.Name
	}
	return c.Covers(*s)
}

func setCap(o *tender.Offer, name string, amount decimal.Decimal) bool {
	for i := range o.Caps {
		if o.Caps[i].Name == name {
			o.Caps[i].Amount = amount
			return true
		}
	}
	for i := range o.Pools {
		if p := &o.Pools[i]; p.HasCap && p.Name == name {
			p.Cap.Amount = amount
			return true
		}
	}
	for i := range o.Auctions {
		if o.Auctions[i].Name == name {
			o.Auctions[i].Cap.Amount = amount
			return true
		}
	}
	for i := range o.Series {
		if s := &o.Series[i]; s.HasMaximum && s.MaximumName() == name {
			s.MaximumOfferAmount = amount
			return true
		}
	}
	return false
}

func capNames(o *tender.Offer) string {
	var names []string
	for _, c := range sharedCaps(o) {
		names = append(names, fmt.Sprintf("%q", c.Name))
	}
	return cmp.Or(strings.Join(names, ", "), "none")
}
