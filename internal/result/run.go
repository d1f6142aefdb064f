package result

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/display"
	"tenderbatch/internal/pricing"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// The names of the files of a run.
const (
	WorkbookName     = "result.xlsx"
	JSONName         = "result.json"
	InstructionsName = "instructions.csv"
	WiresName        = "wires.csv"
	PaymentsName     = "payments.csv"
	PaidName         = "paid.csv"
	WireChangesName  = "wire_changes.csv"
	RejectsName      = "rejects.csv"

	ReleaseTextName     = "release.txt"
	ReleaseMarkdownName = "release.md"
)

// Run is one computation from a set of inputs, ready to be shown.
type Run struct {
	Name    string // of its folder, such as 2004-11-12T170000-1a2b3c4d
	Version string // of the program

	// Identity is the SHA-256, in hexadecimal, of all that the result follows from.
	Identity string

	Offer *tender.Offer
	Phase tender.Phase
	AsOf  time.Time

	// Made is when the run was published, and By who or what made it, as far as is known.
	// Nothing else in the result follows from them.
	Made time.Time
	By   string

	Replaces  string            // the final run that this one supersedes, "" for none
	Decisions []tender.Decision // that people made about the run
	Held      string            // why a final run is not in force, "" if it is or is not final

	// Supposed is what a hypothetical result supposes, as a sentence has it; "" for a result. Masked
	// says that pseudonyms are in place of names.
	Supposed string
	Masked   bool

	Book       *tender.Book
	Allocation *allocate.Result
	Prices     []*pricing.Result // how the price of each series was computed; nil for a fixed or unknown one
	Settlement *settle.Settlement
	Findings   []tender.Finding // of files, of the book and of comparing reports, by [tender.CompareFindings]
	Inputs     []Input
	Warnings   []tender.Warning
	Invariants []tender.Invariant
	Changes    *Changes // nil: there is no earlier run to compare with

	// TermChanges are the values of the terms that were in force when the run before was
	// made and have been changed since, other than by an amendment.
	TermChanges []Pair[tender.Term]

	// WireChanges is what to wire differently than by the final run that this one
	// supersedes; nil where it supersedes none.
	WireChanges *WireChanges

	// Snapshots is what the reports of each depositary say differently from one to the
	// next; nil where there is no earlier report to compare with.
	Snapshots *Snapshots

	// Progress is called now and then with how many more instructions were written to
	// the workbook; it may be nil. Any goroutine may call it.
	Progress func(rows int)
}

// Unidentified says how the program was built that made the run, if its version does not
// identify it; "" if it does.
func (r *Run) Unidentified() string {
	switch {
	case strings.Contains(r.Version, "+unknown"):
		return "without its commit"
	case strings.HasSuffix(r.Version, ".modified"):
		return "with changes that are in no commit"
	}
	return ""
}

// MustBeReleased reports whether the terms demand that the run be released before it is paid on.
func (r *Run) MustBeReleased() bool { return r.Offer.Release.Demands(r.Phase) }

// PriceOf is how the price of the series at a position was computed; nil for a fixed price, or none
// yet.
func (r *Run) PriceOf(i int) *pricing.Result {
	if r.Prices == nil {
		return nil
	}
	return r.Prices[i]
}

// Input is one depositary file that the run used, and what became of its rows.
type Input struct {
	Depositary string
	File       string      // base name
	Reported   tender.Date // the day in its name, zero if it carries none
	SHA256     string      // in hexadecimal
	Bytes      int64
	Sheet      string
	Unread     []string // headings of the columns that are not read
	Rows       int      // rows that hold an instruction, good or bad
	Counted    int
	NotCounted int // withdrawn, pending, received after the as-of instant
	Rejected   int
	Principal  decimal.Decimal // of the counted rows, currencies mixed: a control sum
}

// Age is how many days lie between the day of the file and an instant, 0 for a file of that
// day or later, or of one whose name carries no date, for which ok is false; midnight ends
// a day.
func (in *Input) Age(at time.Time, zone *time.Location) (days int, ok bool) {
	if in.Reported.IsZero() {
		return 0, false
	}
	return max(0, in.Reported.DaysUntil(tender.DateOf(at.Add(-time.Nanosecond).In(zone)))), true
}

// Newest says of the newest file of each depositary of which day it is, and how old it was
// at the instant of the run.
func (r *Run) Newest() (all []string) {
	for i := range r.Inputs { // by depositary, oldest first
		if in := &r.Inputs[i]; i+1 == len(r.Inputs) || r.Inputs[i+1].Depositary != in.Depositary {
			all = append(all, in.Depositary+": "+in.ageWords(r.AsOf, r.Offer.Zone))
		}
	}
	return all
}

func (in *Input) ageWords(at time.Time, zone *time.Location) string {
	switch days, ok := in.Age(at, zone); {
	case !ok:
		return "no date in its name"
	case days == 0:
		return "of " + in.Reported.String()
	default:
		return fmt.Sprintf("of %s, %s old", in.Reported, display.Plural(days, "day", "days"))
	}
}

// Changes is what is different from the previous published run.
type Changes struct {
	Previous string // name of that run
	Lines    []Change
	Series   []SeriesChange // one for each series of the offer, in its order
}

// Kinds counts the instructions that differ by how they do.
func (c *Changes) Kinds() map[ChangeKind]int { return CountKinds(c.Lines) }

// ChangeKind says how an instruction differs from the previous run.
type ChangeKind string

// The kinds.
const (
	New       ChangeKind = "new"       // counts now and did not before
	NoLonger  ChangeKind = "gone"      // counted before and does not now
	Amended   ChangeKind = "amended"   // another principal, series or window
	Reclassed ChangeKind = "reclassed" // the same tender, accepted differently
)

// Change is one instruction that differs from the previous run.
type Change struct {
	Kind        ChangeKind
	Depositary  string
	Instruction string
	Series      string
	Was, Now    Position
}

// Position is what an instruction stood at in one run; the zero Position means
// that it did not count.
type Position struct {
	Series             string
	Window             tender.Window
	Tendered, Accepted decimal.Decimal
	Total              decimal.Decimal // cash
	Participant        string
}

// SeriesChange compares one series with the previous run.
type SeriesChange struct {
	Series                   string
	TenderedWas, TenderedNow decimal.Decimal
	AcceptedWas, AcceptedNow decimal.Decimal
	CashWas, CashNow         decimal.Decimal // in the currency of the notes
}

// Counts are the rows of all inputs by what became of them.
type Counts struct {
	Rows, Counted, NotCounted, Rejected, Waived int
	Open                                        int // findings, see [Run.Open]
	Carried                                     int // tenders counted from earlier reports, in no other of these figures
}

// Open counts the findings that neither the terms nor a decision about the run
// resolve.
func (r *Run) Open() int {
	n := 0
	for i := range r.Findings {
		if r.IsOpen(&r.Findings[i]) {
			n++
		}
	}
	return n
}

// IsOpen reports whether a person must still act on a finding.
func (r *Run) IsOpen(f *tender.Finding) bool { return f.Open() && !r.Accepted() }

// Accepted reports whether the findings that the terms do not resolve were accepted
// with the run.
func (r *Run) Accepted() bool {
	return slices.ContainsFunc(r.Decisions, func(d tender.Decision) bool { return d.Kind == tender.AcceptRejects })
}

// Counts adds up the inputs; a waived row is counted, too.
func (r *Run) Counts() Counts {
	var c Counts
	for _, in := range r.Inputs {
		c.Rows += in.Rows
		c.Counted += in.Counted
		c.NotCounted += in.NotCounted
		c.Rejected += in.Rejected
	}
	for _, rej := range r.Findings {
		if rej.Waived != "" {
			c.Waived++
		}
	}
	c.Open = r.Open()
	c.Carried, _ = r.Snapshots.Carried()
	return c
}
