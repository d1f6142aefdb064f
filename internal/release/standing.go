package release

import (
	"slices"
	"time"

	"tenderbatch/internal/display"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/tender"
)

// State is where a run is between computed and released.
type State string

// The states.
const (
	Computed  State = "computed"  // nothing was done yet
	Submitted State = "submitted" // it waits for approvals
	Approved  State = "approved"  // by as many as the terms demand: it waits for its release
	Returned  State = "returned"  // to its preparer, with a comment
	Withdrawn State = "withdrawn" // by its preparer, with a reason
	Released  State = "released"
	Overtaken State = "overtaken" // a newer run was made
)

// Standing is what the history says of one run on its way to be paid on.
type Standing struct {
	State     State
	Rule      *tender.ReleaseRule // what it takes, by the strictest that the offer ever demanded
	Published ledger.Entry        // how it came to be
	Last      ledger.Entry        // the step that brought it where it is; the zero entry if computed
	Approvals []ledger.Entry      // since it was last submitted
	Makers    []ledger.Maker
}

// StandingOf is the standing of a run by the entries of the history, under a rule of the terms
// besides; nil if no such run was published.
func StandingOf(entries []ledger.Entry, run string, terms *tender.ReleaseRule) *Standing {
	published, is := ledger.PublishedAs(entries, run)
	if !is {
		return nil
	}
	s := &Standing{State: Computed, Published: published, Rule: ledger.StrictestRule(entries).Stricter(terms),
		Makers: makersOf(entries, run)}
	for i, e := range entries {
		if e.Run == run && e.Event.OfRelease() && e.Manifest == published.Manifest {
			s.step(e)
		}
		if s.State != Released && overtakes(entries[:i+1], run) {
			s.State, s.Last, s.Approvals = Computed, ledger.Entry{}, nil
		}
	}
	switch {
	case s.State == Released:
	case ledger.LatestIn(entries) != run:
		s.State = Overtaken
	case s.State == Submitted && s.Missing() == 0:
		s.State = Approved
	}
	return s
}

// step takes the standing on by an entry.
func (s *Standing) step(e ledger.Entry) {
	s.Last = e
	switch e.Event {
	case ledger.Submitted:
		s.State, s.Approvals = Submitted, nil
	case ledger.Returned:
		s.State, s.Approvals = Returned, nil
	case ledger.Withdrawn:
		s.State, s.Approvals = Withdrawn, nil
	case ledger.Approved:
		s.Approvals = append(s.Approvals, e)
	case ledger.Released:
		s.State = Released
	}
}

// overtakes reports whether the last of some entries made another run the newest.
func overtakes(entries []ledger.Entry, run string) bool {
	switch last := entries[len(entries)-1]; last.Event {
	case ledger.Published, ledger.Recovered, ledger.Restored:
		return last.Run != run && ledger.LatestIn(entries) != run
	}
	return false
}

// Missing is how many approvals the run still needs. An approval without an approver's words, or
// by a person who had a hand in the run, is none, and neither is the second of one person.
func (s *Standing) Missing() int {
	if s.Rule == nil {
		return 0
	}
	var valid []ledger.Actor
	for _, e := range s.Approvals {
		if e.Approval != nil && s.Hand(e.Actor) == nil && !slices.ContainsFunc(valid, e.Actor.Is) {
			valid = append(valid, e.Actor)
		}
	}
	return max(0, s.Rule.Approvals-len(valid))
}

// WaitsFor says what the run waits for.
func (s *Standing) WaitsFor() string {
	switch s.State {
	case Computed, Returned, Withdrawn:
		return "its preparer, who submits it"
	case Submitted:
		return display.Plural(s.Missing(), "approval", "approvals") + " by people who had no hand in it"
	case Approved:
		return "its release"
	}
	return "nothing more"
}

// Hand is how a person had a hand in what the run is made of, nil if they had none.
func (s *Standing) Hand(a ledger.Actor) *ledger.Maker {
	i := slices.IndexFunc(s.Makers, func(m ledger.Maker) bool { return m.Is(a) })
	if i < 0 {
		return nil
	}
	return &s.Makers[i]
}

// HasApproved reports whether a person approved the run since it was last submitted.
func (s *Standing) HasApproved(a ledger.Actor) bool {
	return slices.ContainsFunc(s.Approvals, func(e ledger.Entry) bool { return e.Actor.Is(a) })
}

// Since is when the run came where it is.
func (s *Standing) Since() time.Time {
	if s.Last.Seq > 0 {
		return s.Last.At
	}
	return s.Published.At
}

// makersOf are those who had a hand in what a run is made of since the run that was paid on
// before it: who began a run in between, whether it published something or not, the makers of
// those runs, and who submitted this one. What that run before already had is theirs who
// approved it, and is left out.
func makersOf(entries []ledger.Entry, run string) (all []ledger.Maker) {
	base, from := Base(entries, run), int64(0)
	had := map[ledger.Maker]bool{}
	if e, is := ledger.PublishedAs(entries, base); is {
		from = e.Seq
		for _, m := range e.Makers {
			had[m] = true
		}
	}
	until := int64(0) // what was done after the run was last made is in no byte of it
	for _, e := range entries {
		if e.Run == run && (e.Event == ledger.Published || e.Event == ledger.Recovered || e.Event == ledger.Restored) {
			until = e.Seq
		}
	}
	for _, e := range entries {
		own := e.Run == run && (e.Seq <= until || e.Event == ledger.Submitted)
		if !own && (e.Seq <= from || e.Seq > until || (e.Run == base && base != "")) {
			continue
		}
		for _, m := range e.MakersOf() {
			if !had[m] && !slices.Contains(all, m) {
				all = append(all, m)
			}
		}
	}
	return all
}

// Base is the run that was paid on before another one could be: the one released last, or else
// the final run in force; "" if there is none.
func Base(entries []ledger.Entry, run string) (base string) {
	for _, e := range entries {
		if e.Event == ledger.Released && e.Run == run {
			break
		}
		if e.Event == ledger.Released {
			base = e.Run
		}
	}
	if base == "" {
		if base = ledger.InForce(entries); base == run {
			base = ""
		}
	}
	return base
}
