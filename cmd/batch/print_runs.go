package main

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

// printHistory lists published runs and how other attempts ended, or every entry
// of the ledger.
func printHistory(out io.Writer, folder string, h *pipeline.History, all bool) error {
	p := &printer{w: out}
	if h.Damage != "" {
		p.linef("warning: %s", h.Damage)
	}
	for _, f := range h.Faults {
		p.linef("not as published: %s", f)
	}
	switch {
	case all:
		p.entries(h.Entries)
	case len(h.Runs) == 0 && (h.Damage != "" || len(h.Faults) > 0):
		p.linef("no run that can be checked")
	case len(h.Runs) == 0:
		p.linef("no runs yet; make one with \"batch run %s\"", folder)
	default:
		p.runs(h)
	}
	if others := since(h.Entries); !all && len(others) > 0 {
		p.linef("\nattempts since that published nothing:")
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
func (p *printer) runs(h *pipeline.History) {
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
			tender.WallTime(e.At.Truncate(time.Minute), e.At.Location()), by,
			fmt.Sprint(r.Terms.Version), fmt.Sprint(e.Exit), fmt.Sprint(e.Counts.Open), toWire(e.Totals)})
	}
	p.tableLeft(rows, 5)
}

// toWire are the totals of a run to be wired.
func toWire(totals []ledger.Total) string {
	var all []string
	for _, t := range totals {
		all = append(all, t.Currency+" "+display.Thousands(t.ToWire))
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

// candidates lists the folders that a rebuild looked at, and what speaks for and
// against each.
func (p *printer) candidates(found []ledger.Candidate) {
	for _, c := range found {
		what := "taken"
		if !c.Taken {
			what = "not taken"
		}
		p.linef("%-9s  %s  %s", what, c.Run, c.Phase)
		for _, reason := range c.For {
			p.linef("    for: %s", reason)
		}
		for _, reason := range c.Against {
			p.linef("    against: %s", reason)
		}
	}
}

// entries lists entries of the ledger, one a line, and messages below.
func (p *printer) entries(entries []ledger.Entry) {
	for _, e := range entries {
		line := fmt.Sprintf("%-23s  %-11s %-8s", toTheSecond(e.At), e.Event, e.Trigger)
		if e.Event.Ends() {
			line += fmt.Sprintf("  exit %d", e.Exit)
		}
		if e.Run != "" {
			line += "  " + e.Run
		}
		if e.Slot != "" {
			line += "  for " + e.Slot
		}
		p.linef("%s", strings.TrimRight(line, " "))
		if e.Message != "" {
			first, _, _ := strings.Cut(e.Message, "\n")
			p.linef("    %s", first)
		}
	}
}

// printRecord shows all that is known of one run.
func printRecord(out io.Writer, r *pipeline.RunRecord, s *release.Standing) error {
	p := &printer{w: out}
	p.fact("run", r.Run)
	p.fact("offer", r.Offer)
	p.fact("phase", r.Phase+", as of "+withOffset(r.AsOf))
	p.fact("program", r.Program)
	p.fact("terms", fmt.Sprintf("version %d, SHA-256 %s", r.Terms.Version, r.Terms.Digest))
	p.fact("identity", r.Identity)
	p.fact("compared with", r.Previous)
	p.fact("replaces", r.Replaces)
	p.fact("replaced by", r.ReplacedBy)
	if r.Latest {
		p.fact("latest", "yes")
	}
	p.standing(s)
	for _, f := range r.Inputs {
		p.fact("read", fmt.Sprintf("%s  %s  %d bytes", f.SHA256, oneLine(f.Name), f.Bytes))
	}
	for _, k := range r.Kept {
		p.fact("kept", oneLine(k.Of)+" as "+k.Name)
	}
	for _, f := range r.Outputs {
		p.fact("wrote", fmt.Sprintf("%s  %s  %d bytes", f.SHA256, oneLine(f.Name), f.Bytes))
	}
	for _, e := range r.Entries {
		p.entry(e)
	}
	return p.err
}

// stateSince says since when a run is where it is, and who brought it there, if that is known: of a
// run that was recovered it is not.
func stateSince(state release.State, since time.Time, by ledger.Actor) string {
	text := fmt.Sprintf("%s since %s", state, toTheSecond(since))
	if by.Name != "" {
		text += ", by " + by.String()
	}
	return text
}

// standing shows where a run is on its way to be paid on; nil shows nothing.
func (p *printer) standing(s *release.Standing) {
	if s == nil {
		return
	}
	by := s.Last.Actor
	if s.Last.Seq == 0 {
		by = s.Published.Actor
	}
	p.fact("release", stateSince(s.State, s.Since(), by))
	if s.State != release.Released && s.State != release.Overtaken {
		p.fact("waits for", s.WaitsFor())
	}
	for _, a := range s.Approvals {
		p.fact("approved", fmt.Sprintf("%s, by %s", toTheSecond(a.At), a.Actor))
	}
	p.fact("made by", release.MakersInWords(s.Makers))
}

func (p *printer) fact(name, value string) {
	if value != "" {
		p.linef("%-14s %s", name, value)
	}
}

func (p *printer) entry(e ledger.Entry) {
	p.linef("")
	if e.Event.OfRelease() {
		p.step(e)
		return
	}
	p.fact(string(e.Event), fmt.Sprintf("%s, by %s (%s), exit %d, in %s", toTheSecond(e.At), e.By, e.Trigger, e.Exit,
		e.Duration.Round(time.Millisecond)))
	p.fact("slot", e.Slot)
	if e.Counts.Rows > 0 {
		p.fact("rows", fmt.Sprintf("%d: %d counted, %d not counted, %d rejected", e.Counts.Rows, e.Counts.Counted,
			e.Counts.NotCounted, e.Counts.Rejected))
	}
	for _, t := range e.Totals {
		p.fact(t.Currency, fmt.Sprintf("%s tendered, %s accepted, %s to wire", t.Tendered, t.Accepted, t.ToWire))
	}
	p.fact("said", e.Message)
}

// step shows a step of a run on its way to be paid on.
func (p *printer) step(e ledger.Entry) {
	p.fact(string(e.Event), fmt.Sprintf("%s, by %s (%s)", toTheSecond(e.At), e.Actor, e.By))
	p.fact("said", e.Message)
	if e.Approval == nil {
		return
	}
	p.fact("typed", e.Approval.Typed.Currency+" "+display.Thousands(e.Approval.Typed.Amount))
	p.fact("compared with", e.Approval.Against)
	if e.Approval.Signature != "" {
		p.fact("signed", "with an SSH key")
	}
}
