package tender

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/display"
)

// Offer is one issuer's concurrent tender offers under one Offer to Purchase,
// with the terms in force at one instant: amendments that had taken effect by
// then are already worked in (R14).
type Offer struct {
	ID        string
	Issuer    string
	Zone      *time.Location // of every instant the offer states
	Schedule  string         // cron expression of the regular runs; "" for none
	CatchUp   CatchUp        // what is done about regular runs that were missed
	RunAfter  time.Duration  // from each of the offer's dates to a run of its own; 0 for none
	Paper     Paper          // that results are printed on; "" for that of the offer's continent
	Retention Retention      // for how long after the settlement things are kept
	Release   *ReleaseRule   // what it takes until a run may be paid on; nil if the offer does not say

	Launch     Date
	Early      CutOff // the Early Tender Date; zero if the offer has none
	Expiration CutOff
	Settlement Settlement
	Guaranteed Guaranteed
	Withdrawal Withdrawal

	Acceptance   Acceptance
	Caps         []Cap  // as stated; see AllCaps for those of the pools and the series maxima too
	Pools        []Pool // in order; none: the offer is one waterfall
	Auctions     []Auction
	Rates        []Rate
	Pricing      Pricing
	References   []Reference
	Conditions   []Condition
	Series       []Series
	Depositaries []Depositary
	Waivers      []Waiver
	Resolutions  []Resolution
	Amendments   []Amendment // those in force, oldest first

	// TermsDigest is the SHA-256, in hexadecimal, of the terms in force.
	TermsDigest string
}

// CatchUp says what is done about regular runs that were due while nothing was
// there to make them.
type CatchUp string

// The newest of them is made once, or none is.
const (
	CatchUpLast CatchUp = "last"
	CatchUpNone CatchUp = "none"
)

// Paper is the paper that results are printed on.
type Paper string

// The two papers: that of most of the world, and that of America.
const (
	PaperA4     Paper = "a4"
	PaperLetter Paper = "letter"
)

// PrintedOn is the paper that the offer names, or else the usual one in its zone.
func (o *Offer) PrintedOn() Paper {
	switch {
	case o.Paper != "":
		return o.Paper
	case strings.HasPrefix(o.Zone.String(), "America/"):
		return PaperLetter
	}
	return PaperA4
}

// Guaranteed is the guaranteed delivery procedure (R15); the zero Guaranteed
// means that the offer has none.
type Guaranteed struct {
	Deadline   CutOff // by which the notes must have come
	Settlement Date   // on which the tenders delivered so are paid
}

// Withdrawal gives the deadlines by which a tender could be taken back (R4).
type Withdrawal struct {
	Early CutOff // for early tenders
	Late  CutOff // for late tenders
}

// Acceptance says in which order tenders are accepted and how they are cut back
// (R7, R9 to R11).
type Acceptance struct {
	Order                Order
	Shortfall            Shortfall
	Factor               FactorRule
	Given                decimal.Decimal // the announced factor, for FactorGiven
	BelowMinimum         SmallPiece
	ReturnedBelowMinimum SmallPiece
}

// Order is the order of acceptance (R7).
type Order string

// The two orders: by level with early and late together, or all early tenders
// by level before all late ones.
const (
	OrderPriority   Order = "priority"
	OrderEarlyFirst Order = "early_first"
)

// Shortfall says what happens to a level whose tenders do not all fit (R9).
type Shortfall string

// The three ways to deal with a shortfall.
const (
	Prorate       Shortfall = "prorate"
	AllOrNoneSkip Shortfall = "all_or_none_skip"
	AllOrNoneStop Shortfall = "all_or_none_stop"
)

// FactorRule says how the proration factor is found (R10).
type FactorRule string

// The three rules: the largest factor that fits after rounding, the plain ratio
// of capacity to demand, and a factor the issuer announced.
const (
	FactorMaximal FactorRule = "maximal"
	FactorRatio   FactorRule = "ratio"
	FactorGiven   FactorRule = "given"
)

// SmallPiece is an ISO 20022 code for what to do with a part below the minimum
// denomination (R11).
type SmallPiece string

// The codes for an accepted part below the minimum (RejectPiece to Whole) and for a
// returned part below it (RejectPiece, TakeWhole, Adjust, Keep).
const (
	RejectPiece SmallPiece = "REJT" // nothing is accepted
	ToMinimum   SmallPiece = "MIEX" // lifted to the minimum
	DownTo      SmallPiece = "MILD" // down to a multiple
	UpTo        SmallPiece = "MILU" // up to a multiple
	Whole       SmallPiece = "FULL" // taken whole
	TakeWhole   SmallPiece = "ACPT" // the tender is taken whole
	Adjust      SmallPiece = "ADJT" // accepted less, so that the minimum is returned
	Keep        SmallPiece = "KEEP" // nothing happens
)

// Measure is what a cap counts.
type Measure string

// The two measures: principal, or the purchase price without accrued interest.
const (
	MeasurePrincipal     Measure = "principal"
	MeasurePurchasePrice Measure = "purchase_price"
)

// Cap limits what is accepted: a Maximum Offer Amount over one series, a SubCap
// over several, the Tender Cap over all.
type Cap struct {
	Name     string
	Amount   decimal.Decimal // in Currency
	Currency string
	Measure  Measure
	Series   []string // ids of the series it covers; empty: all that have a level

	// Unpriced are series that have no price yet and count against the cap, if it is one in
	// money: until they do, it cannot be applied, and limits nothing. [Offer.AllCaps] finds them.
	Unpriced []string
	// Unrated are the pairs of currencies, such as EUR/USD, for want of whose rates it cannot be
	// applied either.
	Unrated []string

	// Beside are the ids of series that count against it and that it does not limit: those
	// of the pools that the cap of a pool is a total less of.
	Beside []string
}

// Covers reports whether the cap limits the series.
func (c Cap) Covers(s Series) bool { return c.Applied() && c.reaches(&s) }

// Applied reports whether all is known that the cap counts with.
func (c Cap) Applied() bool { return len(c.Unpriced)+len(c.Unrated) == 0 }

// reaches reports whether the cap is over the series, applied or not.
func (c Cap) reaches(s *Series) bool {
	if s.Priority == 0 {
		return false
	}
	if len(c.Series) == 0 {
		return true
	}
	for _, id := range c.Series {
		if id == s.ID {
			return true
		}
	}
	return false
}

// Rate is an exchange rate fixed in the terms (R12): one unit of From is Rate
// units of To.
type Rate struct {
	From, To string
	Rate     decimal.Decimal // zero: it is not fixed yet
	Date     Date
	At       time.Time // when it is fixed; zero: only the day is given
	Source   string
}

// Condition is a condition of the offer that must be satisfied or waived before
// anything is accepted.
type Condition struct {
	Name      string
	Text      string
	Satisfied bool             // by hand: it is satisfied or waived
	Minimum   *MinimumTendered // what satisfies it without a hand, nil if a person decides
}

// MinimumTendered is the principal that must be tendered at least.
type MinimumTendered struct {
	Amount   decimal.Decimal
	Currency string
	Series   []string // ids, all in the currency; nil: all of the offer
}

// Tendered is the principal tendered, early and late, in the series of a minimum.
func (m *MinimumTendered) Tendered(o *Offer, b *Book) (sum decimal.Decimal) {
	for i := range o.Series {
		if len(m.Series) == 0 || slices.Contains(m.Series, o.Series[i].ID) {
			sum = sum.Add(b.Totals[i].Sum())
		}
	}
	return sum
}

// Words say what is tendered and what is needed.
func (m *MinimumTendered) Words(o *Offer, b *Book) string {
	return fmt.Sprintf("%s %s tendered, at least %s needed", m.Currency, display.Thousands(m.Tendered(o, b).String()),
		display.Thousands(m.Amount.String()))
}

// SatisfiedBy reports whether a condition is satisfied: by hand, or by what was tendered.
func (c *Condition) SatisfiedBy(o *Offer, b *Book) bool {
	return c.Satisfied || (c.Minimum != nil && c.Minimum.Tendered(o, b).GreaterThanOrEqual(c.Minimum.Amount))
}

// Waiver lets a tender count although it breaks a rule of R5 (design R5): the
// issuer's decision, with who made it and when.
type Waiver struct {
	Depositary  string // "" for any
	Instruction string
	Rule        string
	By          string
	On          Date
	Note        string
}

// Amendment is one change of the terms that is in force (R14).
type Amendment struct {
	Effective time.Time
	Note      string
}

// Depositary says how one depositary's files are found and read.
type Depositary struct {
	Name        string
	Files       string // pattern of the file names in the inbox, as path.Match
	Incremental bool   // files add up; otherwise each replaces the earlier ones
	// RejectLimit is the share of its rows or of their principal, in percent, that may
	// be rejected before a run stops (R6-reject-limit).
	RejectLimit decimal.Decimal
	Zone        *time.Location
	ZoneGiven   bool              // the offer says Zone for it; it is not only the offer's
	Closed      time.Time         // after it the depositary reports nothing more; zero: the terms do not say
	Expected    *ReportTimes      // when a report is expected; nil: the terms do not say
	Sheets      []string          // that hold its tenders; none: the only one that has the headings
	Skip        []string          // sheets that look like tenders and are not to be read
	Columns     map[string]string // our column name to the heading in the file
	Statuses    map[string]Status // the file's status code to ours
	PasswordEnv string            // environment variable that holds the password
	Ignored     []string          // headings of columns that do not matter
	Blanks      []string          // texts that stand for nothing, added to the known ones
	Decimal     DecimalMark       // "" if only amounts that can be read one way are
	// What a column Withdrawn says for yes and no, beside Y and N and the like; "" for none.
	WithdrawnYes, WithdrawnNo string
	NoStatus                  bool       // the offer says that its reports have no column for the status: all lines count
	FollowLinks               bool       // a link in the inbox may be one of its files
	Dates                     DateFormat // "" if only dates that can be read one way are
	Formulas                  Formulas   // "" is RejectFormulas
	Encoding                  Encoding   // "" is UTF8
}

// DateFormat says which of two numbers in a date such as 11/12/2004 is the day.
type DateFormat string

// The two orders of a date written in numbers.
const (
	DayFirst   DateFormat = "day_first"
	MonthFirst DateFormat = "month_first"
)

// DecimalMark says what parts the decimals of an amount such as 1,000 or 1.000.
type DecimalMark string

// The two marks; the other one parts thousands.
const (
	DecimalComma DecimalMark = "comma"
	DecimalPoint DecimalMark = "point"
)

// Formulas says what is done with a formula where a value is needed.
type Formulas string

// A formula is rejected, or the value that the spreadsheet last stored is taken.
const (
	RejectFormulas Formulas = "reject"
	StoredFormulas Formulas = "stored"
)

// Encoding is how the characters of CSV files are written.
type Encoding string

// The encodings. UTF-8 includes UTF-16, which its byte order mark identifies.
const (
	UTF8        Encoding = "utf-8"
	Windows1252 Encoding = "windows-1252"
)

// Series is one security of the offer.
type Series struct {
	ID                 string
	Title              string
	Securities         []string // CUSIPs and ISINs
	Currency           string
	Priority           int             // Acceptance Priority Level, 1 is taken first; 0: any and all, or in an auction
	Pool               string          // the pool in which it has the level; "" if the offer has none
	Outstanding        decimal.Decimal // principal
	MaximumOfferAmount decimal.Decimal // principal; zero with HasMaximum false: none
	HasMaximum         bool

	// Prices per 1,000 of principal. Of a series at a spread they are computed, and zero
	// before that.
	Spread                   Spread
	TenderOfferConsideration decimal.Decimal
	EarlyTenderPayment       decimal.Decimal

	Denomination Denomination
	Interest     Interest

	// Needed to compute a price.
	Maturity Date
	ParCall  Date // from it the issuer can call the notes at par; zero: it cannot
	Horizon  HorizonRule
}

// Denomination gives the principal that may be held or transferred.
type Denomination struct {
	Minimum  decimal.Decimal
	Multiple decimal.Decimal
}

// Interest gives what accrued interest is computed from (R13). A zero coupon
// without steps accrues nothing.
type Interest struct {
	Coupon    decimal.Decimal // percent a year, until the first step
	Steps     []CouponStep    // later coupons, oldest first
	DayCount  DayCount
	Frequency int // payments a year

	// LastPaid is the last interest payment date before settlement; in the first
	// period it is the day from which interest accrues, and FirstPayment the day
	// on which it will first be paid.
	LastPaid     Date
	FirstPayment Date // zero: LastPaid is a whole number of periods from every payment date

	// FixedDay says that payments keep to the day of the month of LastPaid (or of
	// FirstPayment) even where that is the last of its month; otherwise such notes
	// pay at the end of the month.
	FixedDay bool

	// AccretesUntil is the day on which a discount note begins to pay interest in
	// cash; until then nothing accrues on it. Zero: it always has.
	AccretesUntil Date
}

// CouponStep is a coupon that applies from a day on.
type CouponStep struct {
	From   Date
	Coupon decimal.Decimal // percent a year
}

// DayCount names a convention for counting the days interest accrues.
type DayCount string

// The day counts.
const (
	Thirty360  DayCount = "30/360"
	ActActICMA DayCount = "ACT/ACT"
	Act360     DayCount = "ACT/360"
	Act365F    DayCount = "ACT/365F"
)

// TotalConsideration is what early tenders are paid, per 1,000 of principal.
func (s Series) TotalConsideration() decimal.Decimal {
	return s.TenderOfferConsideration.Add(s.EarlyTenderPayment)
}

// Price is what a tender of the window is paid per 1,000 of principal, without
// accrued interest.
func (s Series) Price(w Window) decimal.Decimal {
	if w == Early {
		return s.TotalConsideration()
	}
	return s.TenderOfferConsideration
}

// MaximumName is the name of the series' Maximum Offer Amount among the caps.
func (s Series) MaximumName() string { return "Maximum Offer Amount " + s.ID }

// SeriesByID returns the position of the series in the offer and whether there
// is one.
func (o *Offer) SeriesByID(id string) (int, bool) {
	for i := range o.Series {
		if o.Series[i].ID == id {
			return i, true
		}
	}
	return 0, false
}

// AllCaps returns the caps as stated, followed by those of the pools and by each
// series' Maximum Offer Amount as the cap it is. The caps of auctions are not among
// them, as what counts under these depends on the bids.
func (o *Offer) AllCaps() []Cap {
	caps := append(append([]Cap(nil), o.Caps...), o.poolCaps()...)
	for i := range caps {
		caps[i] = o.suspended(caps[i])
	}
	for _, s := range o.Series {
		if s.HasMaximum && s.Priority > 0 {
			caps = append(caps, Cap{
				Name:     s.MaximumName(),
				Amount:   s.MaximumOfferAmount,
				Currency: s.Currency,
				Measure:  MeasurePrincipal,
				Series:   []string{s.ID},
			})
		}
	}
	return caps
}

// CoversAll reports whether the cap limits every series that has a level. A
// series cut back by such a cap ends the acceptance (R8).
func (o *Offer) CoversAll(c Cap) bool {
	for _, s := range o.Series {
		if s.Priority > 0 && !c.reaches(&s) {
			return false
		}
	}
	return true
}

// Rate returns how many units of currency to one unit of from is, exactly, by a
// rate of the offer or by the inverse of one, and whether there is one.
func (o *Offer) Rate(from, to string) (*big.Rat, bool) {
	if from == to {
		return big.NewRat(1, 1), true
	}
	for _, r := range o.Rates {
		if r.From == from && r.To == to && r.Rate.Sign() > 0 {
			return r.Rate.Rat(), true
		}
	}
	for _, r := range o.Rates {
		if r.From == to && r.To == from && r.Rate.Sign() > 0 {
			return new(big.Rat).Inv(r.Rate.Rat()), true
		}
	}
	return nil, false
}

// KnownRates are the rates of the terms that are known.
func (o *Offer) KnownRates() []Rate {
	return slices.DeleteFunc(slices.Clone(o.Rates), func(r Rate) bool { return r.Rate.Sign() <= 0 })
}

// RateToCome reports whether the terms only say when the rate between two currencies is fixed.
func (o *Offer) RateToCome(from, to string) bool {
	_, known := o.Rate(from, to)
	return !known && slices.ContainsFunc(o.Rates, func(r Rate) bool {
		return (r.From == from && r.To == to) || (r.From == to && r.To == from)
	})
}

// TotalCurrency is the currency in which totals over all series are given: that
// of the first cap over all, or else of the first series.
func (o *Offer) TotalCurrency() string {
	for _, c := range o.Caps {
		if o.CoversAll(c) {
			return c.Currency
		}
	}
	return o.Series[0].Currency
}

// Version counts the terms: 1 at launch, one more for each amendment in force.
func (o *Offer) Version() int { return 1 + len(o.Amendments) }

// Phase says whether a run's result can still change.
type Phase string

// A run is indicative before the Expiration Date and final from it on.
const (
	Indicative Phase = "indicative"
	Final      Phase = "final"
)

// PhaseAt returns the phase of a run as of an instant. Everything that can
// count has been received once the expiration is reached.
func (o *Offer) PhaseAt(asOf time.Time) Phase {
	if asOf.Before(o.Expiration.At) {
		return Indicative
	}
	return Final
}
