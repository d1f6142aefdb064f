package compare

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/display"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// Difference is how two published runs of one offer differ. Was is the first of
// them and Now the second, whichever is the older.
type Difference struct {
	Offer, Issuer string
	Zone          *time.Location // of the offer; nil if no terms were kept that say it
	Paper         tender.Paper   // of the offer; "" if no terms were kept that say it
	Version       string         // of the program that compares
	Was, Now      Side

	Terms       []result.Pair[tender.Term]  // that differ, in the order of the terms
	NotCompared string                      // why the terms could not be compared value by value; "" if they were
	Files       []result.Pair[result.Input] // that differ
	Lines       []result.Change             // instructions that differ, by depositary and number
	Findings    []result.Pair[tender.Finding]

	// All of these, whether they differ or not.
	Series  []result.Pair[SeriesResult]
	Totals  []result.Pair[TotalResult] // in the currency of the caps
	Caps    []result.Pair[CapResult]
	Funding []result.Pair[FundingResult]

	Wires *result.WireChanges // nil: a run is of version 0.1, whose payments have no references
}

// Side is one of the two runs.
type Side struct {
	Run      string
	Phase    tender.Phase
	AsOf     time.Time
	Version  string // of the program that made it
	Terms    int    // their version
	Digest   string // SHA-256 of the terms in force, in hexadecimal
	Previous string // the run that its sheet Changes compares it with; "" for the first
	Replaces string // the final run that it supersedes; "" for none
	Counts   result.Counts
}

// SeriesResult is the result of one series: principal, in its currency.
type SeriesResult struct {
	ID, Title, Currency     string
	Early, Late             decimal.Decimal // tendered
	Accepted, Returned      decimal.Decimal
	Factor                  string // "" where nothing was tendered, or the windows differ
	FactorEarly, FactorLate string
}

// TotalResult is principal over all series in one currency.
type TotalResult struct {
	Currency           string
	Tendered, Accepted decimal.Decimal
}

// CapResult is what a run took of a cap, in its currency and measure.
type CapResult struct {
	Name, Currency     string
	Measure            tender.Measure
	Amount, Used, Left decimal.Decimal
}

// FundingResult is what is wired in one currency on one day.
type FundingResult struct {
	Currency  string
	Date      string // 2004-12-02
	Status    settle.Status
	Principal decimal.Decimal
	settle.Cash
}

// Figured is a part of a result that has amounts.
type Figured interface {
	// Amounts are the amounts in a fixed order, that of the part's headings.
	Amounts() []decimal.Decimal
}

// Amounts are tendered early, late and in all, accepted and returned.
func (s SeriesResult) Amounts() []decimal.Decimal {
	return []decimal.Decimal{s.Early, s.Late, s.Early.Add(s.Late), s.Accepted, s.Returned}
}

// Amounts are tendered and accepted.
func (t TotalResult) Amounts() []decimal.Decimal { return []decimal.Decimal{t.Tendered, t.Accepted} }

// Amounts are the cap's amount, what is used of it and what is left.
func (c CapResult) Amounts() []decimal.Decimal { return []decimal.Decimal{c.Amount, c.Used, c.Left} }

// Amounts are principal, the three parts of the cash and its total.
func (f FundingResult) Amounts() []decimal.Decimal {
	return []decimal.Decimal{f.Principal, f.Consideration, f.EarlyPayment, f.AccruedInterest, f.Total()}
}

// FactorWords is the proration factor, or those of the windows where they differ.
func (s SeriesResult) FactorWords() string {
	if s.Factor != "" || s.FactorEarly == "" || s.FactorLate == "" {
		return s.Factor
	}
	return "early " + s.FactorEarly + ", late " + s.FactorLate
}

// Amounts are the amounts of both runs and the second less the first. Those of a
// run that does not have the thing are nil, and count as zero.
func Amounts[T Figured](p result.Pair[T]) (was, now, difference []decimal.Decimal) {
	if p.Was != nil {
		was = (*p.Was).Amounts()
	}
	if p.Now != nil {
		now = (*p.Now).Amounts()
	}
	difference = make([]decimal.Decimal, max(len(was), len(now)))
	for i := range difference {
		if was != nil {
			difference[i] = difference[i].Sub(was[i])
		}
		if now != nil {
			difference[i] = difference[i].Add(now[i])
		}
	}
	return was, now, difference
}

// Differ reports whether an amount differs, or only one run has the thing.
func Differ[T Figured](p result.Pair[T]) bool {
	_, _, difference := Amounts(p)
	return (p.Was == nil) != (p.Now == nil) || slices.ContainsFunc(difference,
		func(d decimal.Decimal) bool { return !d.IsZero() })
}

// SeriesDiffer reports whether the result of a series differs.
func SeriesDiffer(p result.Pair[SeriesResult]) bool {
	return Differ(p) || p.Was.FactorWords() != p.Now.FactorWords()
}

// FundingDiffer reports whether what is wired differs, or whether it is paid now.
func FundingDiffer(p result.Pair[FundingResult]) bool {
	return Differ(p) || p.Was.Status != p.Now.Status
}

// TermsDiffer reports whether other terms were in force.
func (d *Difference) TermsDiffer() bool {
	return len(d.Terms) > 0 || d.Was.Digest != d.Now.Digest || d.Was.Terms != d.Now.Terms
}

// Differs reports whether the runs differ in anything but their names, the
// instants they are as of and the programs that made them.
func (d *Difference) Differs() bool {
	return d.Was.Phase != d.Now.Phase || d.TermsDiffer() || len(d.Files)+len(d.Lines)+len(d.Findings) > 0 ||
		slices.ContainsFunc(d.Series, SeriesDiffer) || slices.ContainsFunc(d.Caps, Differ[CapResult]) ||
		slices.ContainsFunc(d.Totals, Differ[TotalResult]) ||
		slices.ContainsFunc(d.Funding, FundingDiffer) || (d.Wires != nil && len(d.Wires.Wires) > 0)
}

// Kinds counts the instructions that differ by how they do.
func (d *Difference) Kinds() map[result.ChangeKind]int { return result.CountKinds(d.Lines) }

// Currencies are the currencies of the series in the two runs.
type Currencies struct{ was, now map[string]string }

// SeriesCurrencies are the currencies of the series in the two runs.
func (d *Difference) SeriesCurrencies() Currencies {
	in := Currencies{make(map[string]string), make(map[string]string)}
	for _, p := range d.Series {
		if p.Was != nil {
			in.was[p.Was.ID] = p.Was.Currency
		}
		if p.Now != nil {
			in.now[p.Now.ID] = p.Now.Currency
		}
	}
	return in
}

// Of are the currencies of an instruction in the two runs, "" where it did not
// count.
func (in Currencies) Of(c *result.Change) (was, now string) {
	return in.was[c.Was.Series], in.now[c.Now.Series]
}

// Currencies returns what says the currencies of an instruction in the two runs,
// "" where it does not count.
func (d *Difference) Currencies() func(*result.Change) (was, now string) {
	return d.SeriesCurrencies().Of
}

// Money is an amount of money for people, in whole minor units of its currency.
func Money(d decimal.Decimal, currency string) string {
	return display.Thousands(tender.CashText(d, currency))
}

// Measures are the names of the amounts of a part of a result.
type Measures[T Figured] struct {
	Names []Measure
	Cash  int // how many come before those that are cash
}

// Measure is one amount: its key in JSON and its heading.
type Measure struct{ Key, Heading string }

// Text is the i-th amount for machines.
func (m Measures[T]) Text(i int, amount decimal.Decimal, currency string) string {
	if i < m.Cash {
		return amount.String()
	}
	return tender.CashText(amount, currency)
}

var (
	SeriesMeasures = Measures[SeriesResult]{[]Measure{
		{"tendered_early", "Tendered early"}, {"tendered_late", "Tendered late"}, {"tendered", "Tendered"},
		{"accepted", "Accepted"}, {"returned", "Returned"},
	}, 5}
	TotalMeasures   = Measures[TotalResult]{[]Measure{{"tendered", "Tendered"}, {"accepted", "Accepted"}}, 0}
	CapMeasures     = Measures[CapResult]{[]Measure{{"amount", "Amount"}, {"used", "Used"}, {"left", "Left"}}, 3}
	FundingMeasures = Measures[FundingResult]{[]Measure{
		{"principal", "Principal accepted"}, {"consideration", "Tender Offer Consideration"},
		{"early_payment", "Early Tender Payment"},
		{"accrued_interest", "Accrued interest"}, {"total", "Total"},
	}, 1}
	LineMeasures = Measures[result.Position]{[]Measure{
		{"tendered", "Tendered"}, {"accepted", "Accepted"}, {"returned", "Returned"}, {"total", "Cash"},
	}, 3}
)

// TermWords says how a value of the terms changed, in one line.
func TermWords(p result.Pair[tender.Term]) string {
	text := func(t *tender.Term) string {
		switch {
		case t == nil:
			return "none"
		case t.Kind == tender.TermNumber:
			return display.Thousands(t.Text)
		}
		return t.Text
	}
	return p.Either().Path + ": " + text(p.Was) + " → " + text(p.Now)
}

// Positions is what the instruction stood at in each of the runs in which it counted.
func Positions(c *result.Change) result.Pair[result.Position] {
	var p result.Pair[result.Position]
	if c.Was.Counted() {
		p.Was = &c.Was
	}
	if c.Now.Counted() {
		p.Now = &c.Now
	}
	return p
}

// FileWord says what became of a file in the second run.
func FileWord(p result.Pair[result.Input]) string {
	if p.Was != nil && p.Now != nil && p.Was.File != p.Now.File {
		return "renamed"
	}
	return p.Word()
}

// ZoneOf is the zone in which the instants of a run are shown: the offer's, or
// where that is not known the offset of the run's own instant.
func (d *Difference) ZoneOf(s Side) *time.Location {
	if d.Zone != nil {
		return d.Zone
	}
	return s.AsOf.Location()
}
