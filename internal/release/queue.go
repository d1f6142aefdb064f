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

// MakersInWords names the makers of a run, each once, with how they had a hand in it.
func MakersInWords(makers []ledger.Maker) string {
	var all []string
	var seen []ledger.Actor
	for _, m := range makers {
		if slices.ContainsFunc(seen, m.Is) {
			continue
		}
		seen = append(seen, m.Actor)
		var did []string
		for _, other := range makers {
			if other.Is(m.Actor) && !slices.Contains(did, string(other.Did)) {
				did = append(did, string(other.Did))
			}
		}
		all = append(all, fmt.Sprintf("%s (%s)", m.Actor, strings.Join(did, ", ")))
	}
	return strings.Join(all, "; ")
}
