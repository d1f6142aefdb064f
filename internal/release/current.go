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
	offer := d.terms.AsOf(at)
	choice, err := inbox.Choose(offer, names, at)
	if err != nil {
		return err
	}
	changed, err := d.exchanged(choice.Chosen, &offerfolder.Source{Folder: folder, Inbox: listed, Now: d.req.Clock})
	if err != nil {
		return err
	}
	if offer.TermsDigest != d.run.Terms.Digest {
		changed = append([]string{"the terms were changed"}, changed...)
	}
	if len(changed) > 0 {
		return refused("since run %s was made %s; run again, and submit the run that is made then", d.run.Manifest.Run,
			strings.Join(changed, ", "))
	}
	return nil
}

// exchanged says which of the reports that a run would use now the run did not read, and the other
// way round.
func (d *desk) exchanged(chosen []inbox.Chosen, src *offerfolder.Source) (changed []string, err error) {
	for _, f := range chosen {
		i := slices.IndexFunc(d.run.Inputs, func(in ledger.File) bool { return in.Name == f.Name })
		if i < 0 {
			changed = append(changed, fmt.Sprintf("%s of %s has come", f.Name, f.Depositary.Name))
			continue
		}
		content, err := src.File(f.Name)
		if err != nil {
			return nil, err
		}
		if offerfolder.DigestOf(content) != d.run.Inputs[i].SHA256 {
			changed = append(changed, f.Name+" was exchanged")
		}
	}
	for _, in := range d.run.Inputs {
		used := slices.ContainsFunc(chosen, func(f inbox.Chosen) bool { return f.Name == in.Name })
		if replaced := len(changed) > 0; !used && !replaced {
			changed = append(changed, in.Name+" was removed")
		}
	}
	return changed, nil
}
