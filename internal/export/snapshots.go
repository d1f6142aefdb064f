package export

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/display"
	"tenderbatch/internal/tender"
)

// SnapshotsName is the file with what the reports of each depositary say differently
// from one to the next; a run has it only if there is an earlier report to compare with.
const SnapshotsName = "snapshots.csv"

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

// line is the newest of the two lines that has the instruction.
func (c *SnapshotChange) line() *SnapshotLine {
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

// WriteSnapshots writes snapshots.csv.
func WriteSnapshots(w io.Writer, r *Run) error {
	const headings = "depositary,instruction,change,what,participant,series,currency,window,principal_before,principal_now,difference," +
		"file_before,row_before,file_now,row_now,deadline,after_deadline,rule,open,resolution,counts,accepted,cash"
	changes := r.Snapshots.Changes
	return writeCSV(w, headings, len(changes), func(i int) []string {
		c := &changes[i]
		l, currency := c.line(), r.currencyOf(c.line().Series)
		return []string{
			guard(c.Depositary), guard(c.Instruction), string(c.Kind), guard(c.What), guard(l.Participant), guard(l.Series),
			guard(currency), string(l.Window), c.Was.Principal.String(), c.Now.Principal.String(), c.Difference().String(),
			guard(c.Was.File), rowText(c.Was.Row), guard(c.Now.File), rowText(c.Now.Row), stamp(c.Deadline, r.Offer.Zone),
			strconv.FormatBool(c.After), c.Rule, strconv.FormatBool(c.Open), guard(c.Resolved), strconv.FormatBool(c.Counts),
			c.Accepted.String(), CashText(c.Cash, currency),
		}
	})
}

// rowText is the number of a row, "" for none.
func rowText(row int) string {
	if row == 0 {
		return ""
	}
	return strconv.Itoa(row)
}

type (
	// SnapshotsJSON is the comparison of reports as in result.json.
	SnapshotsJSON struct {
		Reports []snapshotReportJSON `json:"reports"`
		Changes []snapshotChangeJSON `json:"changes"`
	}
	snapshotReportJSON struct {
		Depositary string `json:"depositary"`
		File       string `json:"file"`
		SHA256     string `json:"sha256"`
		Bytes      int64  `json:"bytes"`
		KeptBy     string `json:"kept_by"`
		Used       bool   `json:"used"`
		Unread     string `json:"unread"`
		Rows       int    `json:"rows"`
		New        int    `json:"new"`
		Vanished   int    `json:"vanished"`
		Changed    int    `json:"changed"`
		Tendered   string `json:"tendered"`
		Pending    string `json:"pending"`
		Withdrawn  string `json:"withdrawn"`
		Cancelled  string `json:"cancelled"`
		Faulty     string `json:"faulty"`
		Carried    int    `json:"carried"`
		Principal  string `json:"carried_principal"`
	}
	snapshotChangeJSON struct {
		Kind        SnapshotKind      `json:"kind"`
		Depositary  string            `json:"depositary"`
		Instruction string            `json:"instruction"`
		What        string            `json:"what"`
		Was         snapshotLineJSON  `json:"was"`
		Now         *snapshotLineJSON `json:"now"`
		NowFile     string            `json:"now_file"`
		Difference  string            `json:"difference"`
		Deadline    string            `json:"deadline"`
		After       bool              `json:"after_deadline"`
		Rule        string            `json:"rule"`
		Open        bool              `json:"open"`
		Resolved    string            `json:"resolution"`
		Counts      bool              `json:"counts"`
		Accepted    string            `json:"accepted"`
		Cash        string            `json:"cash"`
	}
	snapshotLineJSON struct {
		File        string        `json:"file"`
		Sheet       string        `json:"sheet"`
		Row         int           `json:"row"`
		Participant string        `json:"participant"`
		Series      string        `json:"series"`
		Window      tender.Window `json:"window"`
		Principal   string        `json:"principal"`
	}
)

// SnapshotsAsJSON is the comparison of reports as in result.json, nil where none was
// compared.
func (r *Run) SnapshotsAsJSON() *SnapshotsJSON {
	if r.Snapshots == nil {
		return nil
	}
	return &SnapshotsJSON{
		Reports: List(r.Snapshots.Reports, func(s SnapshotReport) snapshotReportJSON {
			return snapshotReportJSON{
				s.Depositary, s.File, s.SHA256, s.Bytes, s.KeptBy, s.Used, s.Unread, s.Rows, s.New, s.Vanished, s.Changed,
				s.Tendered.String(), s.Pending.String(), s.Withdrawn.String(), s.Cancelled.String(), s.Faulty.String(),
				s.Carried, s.CarriedPrincipal.String(),
			}
		}),
		Changes: List(r.Snapshots.Changes, func(c SnapshotChange) snapshotChangeJSON { return r.snapshotChangeJSON(&c) }),
	}
}

func (r *Run) snapshotChangeJSON(c *SnapshotChange) snapshotChangeJSON {
	line := func(l *SnapshotLine) snapshotLineJSON {
		return snapshotLineJSON{l.File, l.Sheet, l.Row, l.Participant, l.Series, l.Window, l.Principal.String()}
	}
	j := snapshotChangeJSON{
		Kind: c.Kind, Depositary: c.Depositary, Instruction: c.Instruction, What: c.What, Was: line(&c.Was), NowFile: c.Now.File,
		Difference: c.Difference().String(), Deadline: stamp(c.Deadline, r.Offer.Zone), After: c.After, Rule: c.Rule, Open: c.Open,
		Resolved: c.Resolved, Counts: c.Counts, Accepted: c.Accepted.String(), Cash: CashText(c.Cash, r.currencyOf(c.line().Series)),
	}
	if c.Kind != SnapshotVanished {
		now := line(&c.Now)
		j.Now = &now
	}
	return j
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
		key := SnapshotSum{Depositary: c.Depositary, Kind: c.Kind, Currency: r.currencyOf(c.line().Series)}
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
	return strings.TrimSpace(strconv.Itoa(s.Count) + " " + string(s.Kind) + " (" + display.Thousands(amount) + " " + s.Currency + ")")
}
