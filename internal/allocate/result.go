package allocate

import (
	"fmt"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// Result is what is accepted of a book, and why.
type Result struct {
	Lines    []Line           // one for each line of the book, in its order
	Steps    []Step           // the waterfall, in the order it was run
	Caps     []CapUse         // every cap of the offer, after the last step
	Series   []Accepted       // one for each series of the offer, in its order
	Auctions []Auctioned      // one for each auction of the offer, in its order
	Warnings []tender.Warning // what R11 or an announced factor did to a cap, in words

	prices Prices // at which it was computed
}

// Line is what was decided for one instruction.
type Line struct {
	Accepted decimal.Decimal // principal
	Reason   Reason
	Step     int // index in Result.Steps
}

// Code says in one word why an instruction got what it got.
type Code string

// The codes, in the order in which a reader meets them.
const (
	AcceptedInFull  Code = "accepted_in_full" // taken whole
	Prorated        Code = "prorated"         // cut back by the factor
	CapReached      Code = "cap_reached"      // a cap over it has no room for a denomination
	SeriesStopped   Code = "series_stopped"   // earlier tenders of the series were cut back already
	LevelSkipped    Code = "level_skipped"    // all-or-none: the level does not fit whole
	Stopped         Code = "stopped"          // an earlier step ended the acceptance
	NothingTendered Code = "nothing_tendered" // of a share, never of an instruction
	Announced       Code = "announced"        // multiplied by the factor the issuer announced
	SettledEarly    Code = "settled_early"    // fixed by an earlier settlement
	Undelivered     Code = "undelivered"      // guaranteed, but not delivered by the deadline
	SmallPiece      Code = "small_piece"      // a rule of R11 changed the prorated part
	WorseBid        Code = "worse_bid"        // the bid is worse than the clearing level
	PoolCondition   Code = "pool_condition"   // a pool that must be bought in full before was not
)

// Reason is why an instruction got what it got, as data.
type Reason struct {
	Code  Code
	Cap   string            // the cap behind it, "" if none; of [PoolCondition] the pool that was not bought in full
	Level int               // the level at which that cap or stop took effect
	Pool  string            // in which that level is, "" if the offer has none
	Bid   string            // in an auction the level of the bids instead, the clearing level for [WorseBid]
	Piece tender.SmallPiece // the code of R11 that applied, "" if none
	On    tender.Date       // of [SettledEarly] the day of that settlement, zero if it is not known
}

// String says the reason in a sentence for the workbook.
func (r Reason) String() string {
	switch r.Code {
	case AcceptedInFull:
		return "accepted in full"
	case Prorated:
		return fmt.Sprintf("prorated: %s reached at %s", r.Cap, r.place())
	case CapReached:
		return fmt.Sprintf("not accepted: no room left under %s at %s", r.Cap, r.place())
	case SeriesStopped:
		return fmt.Sprintf("not accepted: the series was cut back by %s before", r.Cap)
	case LevelSkipped:
		return fmt.Sprintf("not accepted: %s does not fit whole under %s", r.place(), r.Cap)
	case Stopped:
		return fmt.Sprintf("not accepted: %s reached at %s", r.Cap, r.place())
	case WorseBid:
		return fmt.Sprintf("not accepted: the bid is worse than the clearing level of %s", r.Bid)
	case PoolCondition:
		return fmt.Sprintf("not accepted: not everything tendered in %s was bought", r.Cap)
	case SettledEarly:
		if r.On.IsZero() {
			return "as settled before"
		}
		return "as settled on " + r.On.String()
	case Undelivered:
		return "not accepted: the notes promised by guaranteed delivery did not come by the deadline"
	case NothingTendered:
		return "nothing tendered"
	case Announced:
		return "prorated by the factor the issuer announced"
	case SmallPiece:
		cut := Reason{Code: Prorated, Cap: r.Cap, Level: r.Level, Pool: r.Pool, Bid: r.Bid}
		if r.Cap == "" {
			cut.Code = Announced
		}
		return fmt.Sprintf("%s, then %s", cut, pieceWords[r.Piece])
	}
	return string(r.Code)
}

// place is the level, of the waterfall or of the bids in an auction.
func (r Reason) place() string {
	switch r.Bid {
	case "":
	case NoBid:
		return "the tenders without a bid"
	default:
		return "a bid of " + r.Bid
	}
	if r.Pool != "" && r.Pool != r.Cap {
		return fmt.Sprintf("level %d of %s", r.Level, r.Pool)
	}
	return fmt.Sprintf("level %d", r.Level)
}

var pieceWords = map[tender.SmallPiece]string{
	tender.RejectPiece: "the part below the minimum denomination left out (REJT)",
	tender.ToMinimum:   "lifted to the minimum denomination (MIEX)",
	tender.DownTo:      "left at the multiple below the minimum denomination (MILD)",
	tender.UpTo:        "lifted to the next multiple (MILU)",
	tender.Whole:       "taken whole (FULL)",
	tender.TakeWhole:   "taken whole, as the rest would be below the minimum denomination (ACPT)",
	tender.Adjust:      "lowered so that the minimum denomination is returned (ADJT)",
}

// Step is one step of the waterfall: the tenders of one level, in one window or
// in both; in an auction, the tenders of one bid. What earlier settlements bought
// comes before all others, each as a step of its own.
type Step struct {
	Settled bool        // an earlier settlement
	On      tender.Date // its day, zero if it is not known
	Level   int         // 0: series bought any and all, an auction, or a settlement of all levels
	Pool    string      // "" if the offer has none
	Auction string      // "" if it is none
	Bid     string      // of an auction: its level of the bids, [NoBid] for those before every bid
	Windows []tender.Window
	Shares  []Share   // the series of the level, by window
	Caps    []CapStep // the caps over any of them
}

// Share is what one step accepted of one series and window.
type Share struct {
	Series   string
	Window   tender.Window
	Demand   decimal.Decimal // principal tendered
	Accepted decimal.Decimal // principal accepted of it
	Price    decimal.Decimal // in an auction: what it is paid per 1,000; zero if not known, and elsewhere
	Factor   Factor
	Reason   Reason
}

// CapStep is what one step left of a cap, in the cap's currency and measure.
type CapStep struct {
	Cap           string
	Before, After decimal.Decimal // what was left
	Bound         bool            // the step was cut back because of it
}

// CapUse is what all steps together took of a cap, in its currency and measure.
type CapUse struct {
	tender.Cap
	Used, Left decimal.Decimal // Left is negative only if Exceeded
	Exceeded   bool            // R11 took it above its amount; a warning says by how much
}

// Accepted is what is accepted of one series.
type Accepted struct {
	Early, Late decimal.Decimal // principal
	// EarlyFactor and LateFactor are the factors by which the tenders of each
	// window were multiplied: 1 if they were taken whole, 0 if none was; none if
	// nothing was tendered in the window, or if the bids of an auction have several.
	EarlyFactor, LateFactor Factor
	// Several is set if the tenders of a window had several factors, at several settlements; then
	// there is none of either window, and each step has its own.
	Several bool
}

// Factor returns the one factor of the series, none if its windows were treated
// differently or nothing was tendered.
func (a Accepted) Factor() Factor { return common(a.EarlyFactor, a.LateFactor) }

// FactorWords say the factor of the series, as a share of one, or those of its
// windows where they differ; "" if nothing was tendered.
func (a Accepted) FactorWords() string {
	if a.Several {
		return "by settlement"
	}
	if f := a.Factor(); !f.None() || (a.EarlyFactor.None() && a.LateFactor.None()) {
		return f.String()
	}
	return fmt.Sprintf("early %s, late %s", a.EarlyFactor, a.LateFactor)
}

// Sum is the principal accepted in both windows.
func (a Accepted) Sum() decimal.Decimal { return a.Early.Add(a.Late) }

// Of is the principal accepted in one window.
func (a Accepted) Of(w tender.Window) decimal.Decimal {
	if w == tender.Early {
		return a.Early
	}
	return a.Late
}
