package release

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/tender"
)

// Waiting is the newest run of an offer, which waits for a step before money is wired on it.
type Waiting struct {
	*Standing
	Offer  string // its id
	Issuer string
	Run    string
	Phase  string
	AsOf   time.Time
	Held   string // why it cannot come into force, "" if it can
	Zone   *time.Location
	Totals []ledger.Total
}

// WaitingOf is the newest run of an offer if it waits for a step, nil if it waits for none: the
// terms demand no release of it, or it is released.
func WaitingOf(history *pipeline.History, terms *offerfile.Terms, now time.Time) *Waiting {
	i := slices.IndexFunc(history.Runs, func(run pipeline.PublishedRun) bool { return run.Latest })
	if i < 0 || !history.Runs[i].Release.Demands(tender.Phase(history.Runs[i].Phase)) {
		return nil
	}
	run, offer := history.Runs[i], terms.AsOf(now)
	s := StandingOf(history.Entries, run.Run, offer.Release)
	if s == nil || s.State == Released {
		return nil
	}
	return &Waiting{Standing: s, Offer: offer.ID, Issuer: offer.Issuer, Run: run.Run, Phase: run.Phase, AsOf: run.AsOf,
		Held: run.Held, Zone: terms.Zone(), Totals: s.Published.Totals}
}

// WaitingIn is the newest run of the offer in a folder if it waits for a step. It is an error if
// the terms cannot be read, or the history is lost or damaged.
func WaitingIn(folder string, now time.Time) (*Waiting, error) {
	terms, err := offerfolder.Terms(folder)
	if err != nil {
		return nil, err
	}
	history, err := pipeline.HistoryOf(folder)
	if err != nil {
		return nil, err
	}
	if history.Damage != "" {
		return nil, &tender.ControlError{Rule: "R16", Message: folder + ": " + history.Damage}
	}
	return WaitingOf(history, terms, now), nil
}

// WaitsFor says what the run waits for, as [Standing.WaitsFor] does; one that cannot come into
// force waits for another run.
func (w *Waiting) WaitsFor() string {
	if w.Held != "" {
		return "another run: it cannot come into force, as " + w.Held
	}
	return w.Standing.WaitsFor()
}

// Hand is one person's part in what a run is made of.
type Hand struct {
	ledger.Actor
	Did []ledger.Maker // each act, as the history has it
}

// Words names the person, and how they had a hand in the run.
func (h Hand) Words() string {
	var did []string
	for _, m := range h.Did {
		if !slices.Contains(did, string(m.Did)) {
			did = append(did, string(m.Did))
		}
	}
	return fmt.Sprintf("%s (%s)", h.Actor, strings.Join(did, ", "))
}

// HandsIn are the makers of a run by person, in the order in which they began.
func HandsIn(makers []ledger.Maker) (all []Hand) {
	for _, m := range makers {
		i := slices.IndexFunc(all, func(h Hand) bool { return h.Is(m.Actor) })
		if i < 0 {
			i, all = len(all), append(all, Hand{Actor: m.Actor})
		}
		all[i].Did = append(all[i].Did, m)
	}
	return all
}

// MakersInWords names the makers of a run, each once, with how they had a hand in it.
func MakersInWords(makers []ledger.Maker) string {
	var all []string
	for _, h := range HandsIn(makers) {
		all = append(all, h.Words())
	}
	return strings.Join(all, "; ")
}
