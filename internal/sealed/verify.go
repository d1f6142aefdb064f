package sealed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pgp"
	"tenderbatch/internal/release"
)

// Keys are whose signatures count. What is nil or empty is not known: then a signature is not proven.
type Keys struct {
	Archive   *pgp.Keys       // of those who may sign archives
	Approvals release.Signers // of those who approve runs
	Now       time.Time
}

// Verify checks an archive by itself: that it is whole and holds what its manifest names and nothing else, that the
// manifest is signed where a key is named, and that the history in it and every published run hold, as
// [release.Verify] does of a folder. For that it is unpacked into a temporary folder. An error means that it could not
// look; what is wrong is a finding.
func Verify(ctx context.Context, file string, keys Keys) (r *Report, err error) {
	folder, err := os.MkdirTemp("", "archive")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	r, err = check(ctx, file, root)
	if err != nil || r.manifest == nil {
		return r, err
	}
	r.signed(keys)
	if len(r.Findings) > 0 {
		return r, nil // the history of what was altered is not looked at
	}
	return r, r.history(filepath.Join(folder, offerTop), keys.Approvals)
}

// signed checks the signature.
func (r *Report) signed(keys Keys) {
	switch {
	case r.SignedBy == "" && keys.Archive != nil:
		r.find(manifestName, "is not signed, and a key was named that it must be signed with")
		return
	case r.SignedBy == "":
		return
	case r.Signature == Unsigned:
		r.Signature = Unproven
	}
	if keys.Archive == nil || r.signature == nil {
		return
	}
	by, err := pgp.Verify(r.encoded, r.signature, keys.Archive, keys.Now)
	switch {
	case err != nil:
		r.Findings = append(r.Findings, ledger.Finding{Where: signatureName, What: err.Error(),
			Do: "name the key of who sealed it; if that has expired, have its owner extend it; else ask for the archive again"})
	case by != r.SignedBy:
		r.find(signatureName, fmt.Sprintf("is by the key %s, and the manifest names %s", by, r.SignedBy))
	default:
		r.Signature = Proven
	}
}

// history checks the history in the offer that was unpacked, and that it is the one that the manifest names.
func (r *Report) history(folder string, signers release.Signers) error {
	found, unproven, err := release.Verify(folder, signers)
	if usage := new(offerfolder.UsageError); errors.As(err, &usage) {
		r.find(offerTop+"/"+offerfolder.OfferName, "is missing")
		return nil
	}
	if err != nil {
		return err
	}
	r.Findings, r.Approvals = append(r.Findings, found...), unproven
	if len(found) > 0 {
		return nil
	}
	terms, err := offerfolder.Terms(folder)
	if err != nil {
		r.find(offerTop+"/"+offerfolder.OfferName, "cannot be read: "+err.Error())
		return nil
	}
	if id := terms.AsOf(time.Time{}).ID; id != r.Offer {
		r.find(manifestName, fmt.Sprintf("is of the offer %s, and the terms in it are those of %s", r.Offer, id))
	}
	entries, err := ledger.ReadEntries(filepath.Join(folder, offerfolder.RunsName))
	if err != nil {
		return err
	}
	last := ledger.Entry{}
	if len(entries) > 0 {
		last = entries[len(entries)-1]
	}
	if last.Seq != r.History.Entries || last.Hash != r.History.Last || !last.At.Equal(r.History.At) {
		r.find(manifestName, fmt.Sprintf("says that the history ends with entry %d (%s), and it ends with entry %d (%s)",
			r.History.Entries, r.History.Last, last.Seq, last.Hash))
	}
	return nil
}
