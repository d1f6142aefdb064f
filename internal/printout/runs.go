package printout

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"tenderbatch/internal/display"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/release"
	"tenderbatch/internal/tender"
)

// History lists published runs and how other attempts ended, or every entry
// of the ledger, with times on the clocks of a zone.
func History(out io.Writer, folder string, zone *time.Location, h *pipeline.History, all bool) error {
	p := &Printer{w: out, zone: zone}
	if h.Damage != "" {
		p.Linef("warning: %s", h.Damage)
	}
	for _, f := range h.Faults {
		p.Linef("not as published: %s", f)
	}
	switch {
	case all:
		p.entries(h.Entries)
	case len(h.Runs) == 0 && (h.Damage != "" || len(h.Faults) > 0):
		p.Linef("no run that can be checked")
	case len(h.Runs) == 0:
		p.Linef("no runs yet; make one with \"batch run %s\"", folder)
	default:
		p.runs(h)
	}
	if others := since(h.Entries); !all && len(others) > 0 {
		p.Linef("\nattempts since that published nothing:")
		p.entries(others)
	}
	return p.err
}

// since are the ends of attempts after the last published run.
func since(entries []ledger.Entry) []ledger.Entry {
	var others []ledger.Entry
	for _, e := range entries {
		switch e.Event {
		case ledger.Published, ledger.Recovered:
			others = nil
		case ledger.Started:
		default:
			if e.Event.OfAttempt() {
				others = append(others, e)
			}
		}
	}
	return others
}

// runs lists published runs by when they were published: what they came to, and which
// of them holds.
func (p *Printer) runs(h *pipeline.History) {
	published := make(map[string]ledger.Entry)
	for _, e := range h.Entries {
		if e.Event == ledger.Published || e.Event == ledger.Recovered {
			published[e.Run] = e
		}
	}
	runs := slices.Clone(h.Runs)
	slices.SortStableFunc(runs, func(a, b pipeline.PublishedRun) int {
		return cmp.Compare(published[a.Run].Seq, published[b.Run].Seq)
	})
	rows := [][]string{{"run", "phase", "status", "published", "by", "terms", "exit", "open", "to wire"}}
	for _, r := range runs {
		e := published[r.Run]
		by, _, _ := strings.Cut(e.By, " pid ")
		status := runStatus(r, release.StandingOf(h.Entries, r.Run, nil))
		rows = append(rows, []string{r.Run, r.Phase, status,
			tender.WallTime(e.At.Truncate(time.Minute), p.zone), by,
			fmt.Sprint(r.Terms.Version), fmt.Sprint(e.Exit), fmt.Sprint(e.Counts.Open), ToWire(e.Totals)})
	}
	p.TableLeft(rows, 5)
}

// ToWire are the totals of a run to be wired.
func ToWire(totals []ledger.Total) string {
	var all []string
	for _, t := range totals {
		all = append(all, t.Currency+" "+tender.Money(t.ToWire, t.Currency))
	}
	return strings.Join(all, ", ")
}

// runStatus says which of the offer's runs a run is, and where it is on its way to be paid on.
func runStatus(r pipeline.PublishedRun, s *release.Standing) string {
	var all []string
	if r.Latest {
		all = append(all, "latest")
	}
	switch {
	case r.InForce:
		all = append(all, "in force")
		if s != nil && s.State == release.Released {
			all = append(all, "released")
		}
	case r.ReplacedBy != "":
		all = append(all, "replaced by "+r.ReplacedBy)
	case r.Held != "":
		all = append(all, "final, not in force")
	case r.Awaits:
		all = append(all, awaiting(s))
	case r.Release.Demands(tender.Phase(r.Phase)):
		all = append(all, "released") // an indicative one, which is never in force
	}
	if r.Pseudonymised != nil {
		all = append(all, "names of holders replaced")
	}
	return strings.Join(all, ", ")
}

// awaiting says where a run is that may not be paid on yet.
func awaiting(s *release.Standing) string {
	if s == nil {
		return "not released"
	}
	switch s.State {
	case release.Computed:
		return "AWAITING APPROVAL, not submitted"
	case release.Submitted:
		return fmt.Sprintf("AWAITING APPROVAL, %d of %d given", s.Rule.Approvals-s.Missing(), s.Rule.Approvals)
	case release.Approved:
		return "approved, AWAITING RELEASE"
	case release.Returned, release.Withdrawn:
		return fmt.Sprintf("%s by %s, not released", s.State, s.Last.Actor)
	}
	return "not released"
}

// Candidates lists the folders that a rebuild looked at, and what speaks for and
// against each.
func (p *Printer) Candidates(found []ledger.Candidate) {
	for _, c := range found {
		what := "taken"
		if !c.Taken {
			what = "not taken"
		}
		p.Linef("%-9s  %s  %s", what, c.Run, c.Phase)
		for _, reason := range c.For {
			p.Linef("    for: %s", reason)
		}
		for _, reason := range c.Against {
			p.Linef("    against: %s", reason)
		}
	}
}

// entries lists entries of the ledger, one a line, and messages below.
func (p *Printer) entries(entries []ledger.Entry) {
	for _, e := range entries {
		line := fmt.Sprintf("%-23s  %-11s %-8s", p.event(e.At), e.Event, who(e))
		if e.Event.Ends() {
			line += fmt.Sprintf("  exit %d", e.Exit)
		}
		if e.Run != "" {
			line += "  " + e.Run
		}
		if e.Slot != "" {
			line += "  for " + tender.InWallTime(e.Slot, p.zone)
		}
		p.Linef("%s", strings.TrimRight(line, " "))
		if e.Message != "" {
			first, _, _ := strings.Cut(e.Message, "\n")
			p.Linef("    %s", first)
		}
	}
}

// Record shows all that is known of one run, with times on the clocks of a zone.
func Record(out io.Writer, zone *time.Location, r *pipeline.RunRecord, s *release.Standing) error {
	p := &Printer{w: out, zone: zone}
	p.Fact("run", r.Run)
	p.Fact("offer", r.Offer)
	p.Fact("phase", r.Phase+", as of "+tender.WallTime(r.AsOf, zone))
	p.Fact("program", r.Program)
	p.Fact("terms", fmt.Sprintf("version %d, SHA-256 %s", r.Terms.Version, r.Terms.Digest))
	p.Fact("identity", r.Identity)
	p.Fact("compared with", r.Previous)
	p.Fact("replaces", r.Replaces)
	p.Fact("replaced by", r.ReplacedBy)
	if r.Latest {
		p.Fact("latest", "yes")
	}
	p.standing(s)
	if w := r.Pseudonymised; w != nil {
		p.Fact("names", NamesReplaced(w))
		p.Fact("was", "manifest "+w.Manifest+" as it was published")
		for _, f := range w.Outputs {
			p.Fact("was", fmt.Sprintf("%s  %s  %d bytes", f.SHA256, oneLine(f.Name), f.Bytes))
		}
	}
	for _, f := range r.Inputs {
		p.Fact("read", fmt.Sprintf("%s  %s  %d bytes", f.SHA256, oneLine(f.Name), f.Bytes))
	}
	for _, k := range r.Kept {
		what := "kept"
		if w := r.Pseudonymised; w != nil && slices.Contains(w.Removed, k.Name) {
			what = "removed"
		}
		p.Fact(what, oneLine(k.Of)+" as "+k.Name)
	}
	for _, f := range r.Outputs {
		p.Fact("wrote", fmt.Sprintf("%s  %s  %d bytes", f.SHA256, oneLine(f.Name), f.Bytes))
	}
	for _, e := range r.Entries {
		p.Entry(e)
	}
	return p.err
}

// NamesReplaced says when the names of holders in a run were replaced, and by whom.
func NamesReplaced(w *ledger.Rewriting) string {
	return fmt.Sprintf("of holders were replaced by pseudonyms on %s by %s, and the reports were removed (%s)",
		w.At.Format("2006-01-02"), w.By, display.Plural(len(w.Removed), "copy", "copies"))
}

// who is what made an attempt begin, or the person that an entry of another kind is of.
func who(e ledger.Entry) string {
	if e.Event.OfAttempt() {
		return string(e.Trigger)
	}
	return e.Actor.Name
}

// StateSince says since when a run is where it is, and who brought it there, if that is known: of a
// run that was recovered it is not.
func StateSince(state release.State, since time.Time, by ledger.Actor) string {
	text := fmt.Sprintf("%s since %s", state, ToTheSecond(since))
	if by.Name != "" {
		text += ", by " + by.String()
	}
	return text
}

// standing shows where a run is on its way to be paid on; nil shows nothing.
func (p *Printer) standing(s *release.Standing) {
	if s == nil {
		return
	}
	by := s.Last.Actor
	if s.Last.Seq == 0 {
		by = s.Published.Actor
	}
	p.Fact("release", StateSince(s.State, s.Since().In(p.zone), by))
	if s.State != release.Released && s.State != release.Overtaken {
		p.Fact("waits for", s.WaitsFor())
	}
	for _, a := range s.Approvals {
		p.Fact("approved", fmt.Sprintf("%s, by %s", p.event(a.At), a.Actor))
	}
	p.Fact("made by", release.MakersInWords(s.Makers))
}

func (p *Printer) Fact(name, value string) {
	if value != "" {
		p.Linef("%-14s %s", name, value)
	}
}

func (p *Printer) Entry(e ledger.Entry) {
	p.Linef("")
	if !e.Event.OfAttempt() && e.Actor.Name != "" {
		p.step(e)
		return
	}
	p.Fact(string(e.Event), fmt.Sprintf("%s, by %s (%s), exit %d, in %s", p.event(e.At), e.By, e.Trigger, e.Exit,
		e.Duration.Round(time.Millisecond)))
	p.Fact("slot", tender.InWallTime(e.Slot, p.zone))
	if e.Counts.Rows > 0 {
		p.Fact("rows", fmt.Sprintf("%d: %d counted, %d not counted, %d rejected", e.Counts.Rows, e.Counts.Counted,
			e.Counts.NotCounted, e.Counts.Rejected))
	}
	for _, t := range e.Totals {
		p.Fact(t.Currency, fmt.Sprintf("%s tendered, %s accepted, %s to wire", display.Thousands(t.Tendered),
			display.Thousands(t.Accepted), tender.Money(t.ToWire, t.Currency)))
	}
	p.Fact("said", e.Message)
}

// step shows a step of a run on its way to be paid on.
func (p *Printer) step(e ledger.Entry) {
	p.Fact(string(e.Event), fmt.Sprintf("%s, by %s (%s)", p.event(e.At), e.Actor, e.By))
	p.Fact("said", e.Message)
	if e.Approval == nil {
		return
	}
	p.Fact("typed", e.Approval.Typed.Currency+" "+tender.Money(e.Approval.Typed.Amount, e.Approval.Typed.Currency))
	p.Fact("compared with", e.Approval.Against)
	if e.Approval.Signature != "" {
		p.Fact("signed", "with an SSH key")
	}
}
