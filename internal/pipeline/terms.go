package pipeline

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"tenderbatch/internal/compare"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// termChanges lists the values of the terms that were in force when an earlier run was
// made and that are others now, although no time has passed for them: offer.yaml was
// edited in place. Amendments that took effect since are no such change. A run that
// kept no terms, or terms that this program does not understand, gives none.
func (in *Intake) termChanges(previous string) ([]result.Pair[tender.Term], error) {
	source, err := in.src.EarlierTerms(previous)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	was, err := offerfile.ParseTerms(previous+"/"+offerfolder.OfferName, source)
	if err != nil {
		return nil, nil
	}
	at, err := ledger.AsOf(previous, in.Offer.Zone)
	if err != nil {
		return nil, err
	}
	before, now := was.AsOf(at), in.terms.AsOf(at)
	if before.TermsDigest == now.TermsDigest {
		return nil, nil
	}
	pairs := result.PairUp(offerfile.ListTerms(before), offerfile.ListTerms(now),
		func(t tender.Term) string { return t.Path })
	// A new waiver or resolution is one change, not one for each of its keys.
	return slices.DeleteFunc(different(pairs, func(was, now *tender.Term) bool { return *was != *now }),
		func(p result.Pair[tender.Term]) bool {
			path := p.Either().Path
			return (p.Was == nil || p.Now == nil) && (strings.HasPrefix(path, "waivers.") ||
				strings.HasPrefix(path, "resolutions."))
		}), nil
}

// checkTermChanges is a *[offerfolder.UsageError] if terms were changed in place before a final run
// and the request does not say why. What waives or resolves a finding says so itself: it names
// its person and day, and the person is a maker of the run.
func checkTermChanges(r *result.Run, req Request) error {
	var changed []string
	for _, c := range r.TermChanges {
		if list, _, _ := strings.Cut(c.Either().Path, "."); list != "waivers" && list != "resolutions" {
			changed = append(changed, compare.TermWords(c))
		}
	}
	reason := strings.TrimSpace(req.TermsChanged)
	switch {
	case len(changed) > 0 && reason != "":
		r.Decisions = decided(r.Decisions, tender.TermsChanged, req.By, reason)
	case len(changed) > 0 && r.Phase == tender.Final:
		return &offerfolder.UsageError{Message: fmt.Sprintf(
			"terms were changed in place since run %s, without an amendment: %s; nothing was published; write them as an "+
				"amendment with its time, or say why with --terms-changed WHY",
			r.Changes.Previous, strings.Join(changed, "; "))}
	}
	return nil
}
