package result

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/display"
	"tenderbatch/internal/tender"
)

// Snapshots compares the reports of each depositary over time.
type Snapshots struct {
	Reports []SnapshotReport // by depositary as in the offer, then oldest first
	Changes []SnapshotChange // by depositary as in the offer and report, then by number and kind
}

// SnapshotReport is one report that was compared.
type SnapshotReport struct {
	Depositary string
	File       string // base name
	SHA256     string // in hexadecimal, "" if it could not be read at all
	Bytes      int64
	KeptBy     string // the run whose copy it is, as it is in the inbox no more; "" if it is
	Used       bool   // the run uses it; the others are compared with it alone
	Unread     string // why nothing of it could be compared, "" if it was

	From, To time.Time // it was made between these instants; zero if its name has no date

	Rows int
	// New are the instructions that the report before did not have.
	New, Vanished, Changed int

	// The principal by status, currencies mixed; Faulty is that of rows with faults,
	// as far as it can be read.
	Tendered, Pending, Withdrawn, Cancelled, Faulty decimal.Decimal

	// Carried are the tenders that the run counts from this report, as the newest leaves
	// them out or is not to be followed.
	Carried          int
	CarriedPrincipal decimal.Decimal
}

// SnapshotKind says how a report differs from the one before about an instruction.
type SnapshotKind string

// The kinds.
const (
	SnapshotVanished   SnapshotKind = "vanished"   // it counted, and the report leaves it out
	SnapshotBack       SnapshotKind = "came back"  // earlier reports left it out
	SnapshotGrew       SnapshotKind = "grew"       // in principal
	SnapshotShrank     SnapshotKind = "shrank"     // in principal
	SnapshotChanged    SnapshotKind = "changed"    // series, participant or time of receipt
	SnapshotStopped    SnapshotKind = "stopped"    // it counted, and does not any more, without a withdrawal in time
	SnapshotAdded      SnapshotKind = "added late" // received before the report before was made, which did not have it
	SnapshotReinstated SnapshotKind = "reinstated" // withdrawn or cancelled before, and tendered now
)

// SnapshotChange is one instruction about which a report differs from the one before.
type SnapshotChange struct {
	Kind        SnapshotKind
	Depositary  string
	Instruction string
	Was, Now    SnapshotLine
	What        string    // what differs, in words
	Deadline    time.Time // after which nothing of the kind may change
	After       bool      // the report that shows it was made after the deadline

	Rule     string // of the finding that follows from it, "" for none
	Open     bool   // that finding is open
	Resolved string // how the terms resolve it, "" while they do not

	// What the instruction comes to in this run.
	Counts         bool
	Accepted, Cash decimal.Decimal
}

// SnapshotLine is an instruction as one report has it; of one that the report leaves
// out, only the file is given.
type SnapshotLine struct {
	tender.Source
	Participant string
	Series      string
	Window      tender.Window
	Principal   decimal.Decimal
}

// Line is the newest of the two lines that has the instruction.
func (c *SnapshotChange) Line() *SnapshotLine {
	if c.Kind == SnapshotVanished {
		return &c.Was
	}
	return &c.Now
}

// Difference is what the principal changed by; a tender that vanished has none any more.
func (c *SnapshotChange) Difference() decimal.Decimal { return c.Now.Principal.Sub(c.Was.Principal) }

// Carried adds up the tenders that the run counts from earlier reports.
func (s *Snapshots) Carried() (lines int, principal decimal.Decimal) {
	if s == nil {
		return 0, principal
	}
	for i := range s.Reports {
		lines += s.Reports[i].Carried
		principal = principal.Add(s.Reports[i].CarriedPrincipal)
	}
	return lines, principal
}

// Compared are the reports that the run read for comparison alone.
func (s *Snapshots) Compared() []SnapshotReport {
	if s == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(s.Reports), func(r SnapshotReport) bool { return r.Used && r.Carried == 0 })
}

// SnapshotSum is what one kind of change comes to, in one currency.
type SnapshotSum struct {
	Depositary string
	Kind       SnapshotKind
	Currency   string
	Count      int
	Principal  decimal.Decimal // of those that vanished or stopped; of the others, what it changed by
	Cash       decimal.Decimal // that this run pays on those instructions
	Counting   int             // how many of them count
}

// Sum adds up some changes by depositary, kind and currency.
func (r *Run) Sum(changes []SnapshotChange) []SnapshotSum {
	var sums []SnapshotSum
	for i := range changes {
		c := &changes[i]
		key := SnapshotSum{Depositary: c.Depositary, Kind: c.Kind, Currency: r.CurrencyOf(c.Line().Series)}
		at := slices.IndexFunc(sums, func(s SnapshotSum) bool {
			return s.Depositary == key.Depositary && s.Kind == key.Kind && s.Currency == key.Currency
		})
		if at < 0 {
			at, sums = len(sums), append(sums, key)
		}
		s := &sums[at]
		s.Count++
		s.Principal, s.Cash = s.Principal.Add(c.weight()), s.Cash.Add(c.Cash)
		if c.Counts {
			s.Counting++
		}
	}
	return sums
}

// weight is the principal that is at stake.
func (c *SnapshotChange) weight() decimal.Decimal {
	switch c.Kind {
	case SnapshotVanished, SnapshotStopped:
		return c.Was.Principal
	case SnapshotGrew, SnapshotShrank:
		return c.Difference()
	}
	return c.Now.Principal
}

// Words says a sum in words, such as "2 vanished (9,500,000 USD)".
func (s *SnapshotSum) Words() string {
	amount := s.Principal.String()
	if s.Kind == SnapshotGrew {
		amount = "+" + amount
	}
	return strings.TrimSpace(strconv.Itoa(s.Count) + " " + string(s.Kind) + " (" + display.Thousands(amount) + " " +
		s.Currency + ")")
}
