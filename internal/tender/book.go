package tender

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/decimals"
)

// Line is an instruction that counts, with its window. The instruction is where it was read
// to: a book of a million lines does not hold them a second time.
type Line struct {
	*Instruction
	Window Window

	// Settled is set once the instruction was dealt with at an earlier settlement:
	// what was bought then (nothing, perhaps) is fixed.
	Settled *Settled

	// Undelivered is set once the deadline for guaranteed deliveries is reached
	// and the notes have not come: the tender keeps its place under the caps, as
	// the others are settled by then, but nothing of it is bought (R15).
	Undelivered bool
}

// Totals are the principal tendered in one series.
type Totals struct {
	Early, Late decimal.Decimal
}

// Sum is the principal tendered in both windows.
func (t Totals) Sum() decimal.Decimal { return t.Early.Add(t.Late) }

// Book is the valid instructions as of an instant, totalled by series and
// window.
type Book struct {
	AsOf     time.Time
	Lines    []Line    // by depositary and instruction number
	Totals   []Totals  // one for each series of the offer, in its order
	Made     []Made    // the settlements that were made, oldest first
	Findings []Finding // the lines that rules R2 to R4 leave out or remark on
	NotYet   int       // instructions received after AsOf: they do not exist yet
}

// NewBook draws up the book of the offer as of an instant from all instructions
// that were read. The order of the instructions does not matter. A boundary, a
// status or a delivery that is not known is an error, as it would count as
// another.
func NewBook(o *Offer, instructions iter.Seq[*Instruction], asOf time.Time) (*Book, error) {
	if err := o.CheckDates(); err != nil {
		return nil, err
	}
	b := &Book{AsOf: asOf, Totals: make([]Totals, len(o.Series))}
	count := 0
	for range instructions {
		count++
	}
	b.Lines = make([]Line, 0, count)
	for in := range instructions {
		if err := in.Check(); err != nil {
			return nil, err
		}
		if in.Received.After(asOf) {
			b.NotYet++
			continue
		}
		window := o.Window(in.Received)
		counts, finding := decide(o, in, window, asOf)
		if finding != nil {
			b.Findings = append(b.Findings, *finding)
		}
		if counts {
			line := Line{Instruction: in, Window: window}
			if finding := line.deliver(o, asOf); finding != nil {
				b.Findings = append(b.Findings, *finding)
			}
			b.Lines = append(b.Lines, line)
		}
	}
	slices.SortFunc(b.Lines, func(x, y Line) int {
		return cmp.Or(
			cmp.Compare(x.Depositary, y.Depositary),
			cmp.Compare(x.ID, y.ID),
			cmp.Compare(x.Source.File, y.Source.File),
			cmp.Compare(x.Source.Sheet, y.Source.Sheet),
			cmp.Compare(x.Source.Row, y.Source.Row))
	})
	b.AddUp(o)
	return b, nil
}

// AddUp totals the lines by series and window.
func (b *Book) AddUp(o *Offer) {
	position := make(map[string]int, len(o.Series))
	for i, s := range o.Series {
		position[s.ID] = i
	}
	early, late := make([]decimals.Sum, len(o.Series)), make([]decimals.Sum, len(o.Series))
	for i := range b.Lines {
		l := &b.Lines[i]
		at, known := position[l.Series]
		switch {
		case !known: // the allocation refuses such a line by name
		case l.Window == Early:
			early[at].Add(l.Principal)
		default:
			late[at].Add(l.Principal)
		}
	}
	for i := range b.Totals {
		b.Totals[i] = Totals{early[i].Decimal(), late[i].Decimal()}
	}
}

// decide decides whether an instruction counts as of an instant (R2 to R4)
// and what is to be said of it, nil if nothing.
func decide(o *Offer, in *Instruction, w Window, asOf time.Time) (counts bool, finding *Finding) {
	switch {
	case in.Status == Pending:
		return false, in.finding(RulePending, LineNotCounted,
			"the depositary reports the tender as pending", "nothing; it counts once a report says it is tendered")
	case in.Status == Rejected:
		return false, in.finding(RuleRejectedThere, LineNotCounted,
			"the depositary reports the tender as cancelled or rejected", "nothing, unless the holder disagrees")
	case in.Delivery == GuaranteedDelivery && o.Guaranteed.Deadline.IsZero():
		return false, in.finding(RuleNotOffered, LineRejected,
			"tendered by guaranteed delivery, which the offer does not provide for",
			"return the tender, or add dates.guaranteed_delivery to the offer")
	case w == Expired:
		return false, in.finding(RuleExpired, LineRejected,
			fmt.Sprintf("received %s, after the Expiration Date", clock(o, in.Received)), "return the notes")
	case in.Status == Withdrawn:
		return withdrawn(o, in, w, asOf)
	}
	return true, nil
}

// WithdrawalDeadline is the cut-off until which a tender of a window could be taken
// back (R4).
func (o *Offer) WithdrawalDeadline(w Window) CutOff {
	if w == Early {
		return o.Withdrawal.Early
	}
	return o.Withdrawal.Late
}

// Counts reports whether an instruction, as a report has it, is in the book as of an
// instant by R2 to R4 and R15, if it was received by then.
func (o *Offer) Counts(in *Instruction, asOf time.Time) bool {
	counts, _ := decide(o, in, o.Window(in.Received), asOf)
	return counts
}

// deliver applies R15: a tender by guaranteed delivery counts in full from the
// start, and once the deadline is reached without the notes it keeps its place
// under the caps, but nothing of it is bought. As of the deadline itself all notes
// are known that came in time.
func (l *Line) deliver(o *Offer, asOf time.Time) *Finding {
	deadline := o.Guaranteed.Deadline
	covered := !l.CoveredAt.IsZero() && !l.CoveredAt.After(asOf) && deadline.Met(l.CoveredAt)
	if l.Delivery != GuaranteedDelivery || covered || asOf.Before(deadline.At) {
		return nil
	}
	l.Undelivered = true
	return l.finding(RuleNotCovered, LineRemarked,
		fmt.Sprintf("the notes promised by guaranteed delivery had not come by %s; nothing of the tender is bought",
			clock(o, deadline.At)),
		"let the depositary know that the tender is rejected")
}

// withdrawn applies R4: a withdrawal counts if it met the deadline of the
// tender's window, and takes effect at its own time.
func withdrawn(o *Offer, in *Instruction, w Window, asOf time.Time) (counts bool, finding *Finding) {
	if in.WithdrawnAt.IsZero() {
		return false, in.finding(RuleWithdrawn, LineNotCounted,
			"withdrawn; the depositary gives no time and is taken to have received it in time",
			"nothing, unless the deadline is in doubt")
	}
	if in.WithdrawnAt.After(asOf) {
		return true, nil
	}
	deadline := o.WithdrawalDeadline(w)
	if !deadline.Met(in.WithdrawnAt) {
		return true, in.finding(RuleTooLate, LineRemarked,
			fmt.Sprintf("the withdrawal of %s came after the withdrawal deadline of %s; the tender still counts",
				clock(o, in.WithdrawnAt), clock(o, deadline.At)),
			"let the depositary know that the withdrawal was not accepted")
	}
	return false, in.finding(RuleWithdrawn, LineNotCounted,
		fmt.Sprintf("withdrawn %s", clock(o, in.WithdrawnAt)), "nothing")
}

func (in *Instruction) finding(rule string, s Disposition, message, advice string) *Finding {
	return &Finding{
		Source: in.Source, Depositary: in.Depositary, Instruction: in.ID, Participant: in.Participant,
		Rule: rule, Disposition: s, Message: message, Advice: advice,
		Series: in.Series, Principal: in.Principal,
	}
}

// clock shows an instant as wall time of the offer.
func clock(o *Offer, t time.Time) string {
	return WallTime(t, o.Zone)
}

// ControlError says that figures which must agree do not (R6). Nothing may be
// published.
type ControlError struct {
	Rule    string // code of docs/rules.md
	Message string
}

// Error implements error.
func (e *ControlError) Error() string { return e.Message + " [" + e.Rule + "]" }

// CheckOutstanding returns a *[ControlError] for the first series of which more
// is tendered than is outstanding (R6): then a file was read twice or an amount
// is wrong.
func (b *Book) CheckOutstanding(o *Offer) error {
	for i, s := range o.Series {
		if tendered := b.Totals[i].Sum(); tendered.GreaterThan(s.Outstanding) {
			return &ControlError{
				Rule: RuleOutstanding,
				Message: fmt.Sprintf("series %s: %s %s tendered, but only %s outstanding; look for lines reported twice, or "+
					"correct the series' outstanding in the offer",
					s.ID, s.Currency, tendered, s.Outstanding),
			}
		}
	}
	return nil
}

// Invariant is a property that must hold of every result (R16).
type Invariant struct {
	Name   string
	Holds  bool
	Detail string // what broke it, "" if it holds
}

// Check is the invariant of a name, which holds if there is no detail of what
// broke it.
func Check(name, detail string) Invariant {
	return Invariant{Name: name, Holds: detail == "", Detail: detail}
}
