package release

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"tenderbatch/internal/inbox"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/tender"
)

// current is an error if a run made now would be another one, as a report has come or was
// exchanged, or terms were changed: then no one has looked at what is to be paid.
func (d *desk) current() error {
	folder, at, now := filepath.Dir(d.runs), d.run.AsOf, d.req.Clock()
	listed, err := offerfolder.ListInbox(folder, nil)
	if err != nil {
		return err
	}
	names, _, err := inbox.Sift(d.terms.AsOf(now), listed.Modes)
	if err != nil {
		return err
	}
	if d.run.Phase == string(tender.Final) { // everything counts that has come by now
		closed, err := pipeline.CloseOf(d.terms, names, now)
		if err != nil {
			return err
		}
		at = tender.Later(at, closed)
	}
	var changed []string
	offer := d.terms.AsOf(at)
	if offer.TermsDigest != d.run.Terms.Digest {
		changed = append(changed, "the terms were changed")
	}
	choice, err := inbox.Choose(offer, names, at)
	if err != nil {
		return err
	}
	src := &offerfolder.Source{Folder: folder, Inbox: listed, Now: d.req.Clock}
	for _, f := range choice.Chosen {
		i := slices.IndexFunc(d.run.Inputs, func(in ledger.File) bool { return in.Name == f.Name })
		if i < 0 {
			changed = append(changed, fmt.Sprintf("%s of %s has come", f.Name, f.Depositary.Name))
			continue
		}
		content, err := src.File(f.Name)
		if err != nil {
			return err
		}
		if offerfolder.DigestOf(content) != d.run.Inputs[i].SHA256 {
			changed = append(changed, f.Name+" was exchanged")
		}
	}
	if len(changed) > 0 {
		return refused("since run %s was made %s; run again, and submit the run that is made then", d.run.Manifest.Run,
			strings.Join(changed, ", "))
	}
	return nil
}
