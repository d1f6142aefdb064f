package release

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/readback"
	"tenderbatch/internal/result"
)

// Verify checks the history of the offer in a folder as [pipeline.VerifyHistory] does, and that
// each release in it has its approvals: of the digest that is there, by as many people as the
// terms demanded, none of whom had a hand in the run, and signed with keys that are known, if
// they must be. unproven counts signatures that must be there and cannot be checked, as no keys
// are known. It changes nothing.
func Verify(folder string, signers Signers) (found []ledger.Finding, unproven int, err error) {
	err = ledger.AtRest(filepath.Join(folder, offerfolder.RunsName), func() (wrong bool, err error) {
		found, unproven, err = verify(folder, signers)
		return len(found) > 0, err
	})
	return found, unproven, err
}

// verify is Verify at one look.
func verify(folder string, signers Signers) (found []ledger.Finding, unproven int, err error) {
	if found, err = pipeline.VerifyHistory(folder); err != nil {
		return nil, 0, err
	}
	runs := filepath.Join(folder, offerfolder.RunsName)
	archive, err := ledger.OpenArchive(runs, "")
	damaged, altered := new(ledger.DamagedError), new(ledger.AlteredError)
	if errors.As(err, &damaged) || errors.As(err, &altered) {
		return found, 0, nil // found already
	}
	if err != nil {
		return nil, 0, err
	}
	v := verifier{archive: archive, signers: signers}
	entries := archive.Entries()
	for i, e := range entries {
		before := entries[:i]
		switch e.Event {
		case ledger.Published:
			if rule := ledger.StrictestRule(before); e.Release.WeakerThan(rule) {
				v.find(e, "run %s was made under release %s, though runs before it were made under %s", e.Run, e.Release, rule)
			}
		case ledger.Released:
			v.release(before, e)
		}
	}
	v.workbooks()
	return append(found, v.found...), v.unproven, nil
}

// verifier collects what is wrong with releases.
type verifier struct {
	archive  *ledger.Archive
	signers  Signers
	found    []ledger.Finding
	unproven int
}

// workbooks finds those that say something else of money than the lists beside them, of the runs in which names of holders
// were replaced: they are not what was approved, and the lists are.
func (v *verifier) workbooks() {
	for _, run := range v.archive.Runs() {
		if run.Pseudonymised == nil {
			continue
		}
		detail, err := readback.Rewritten(run.Folder())
		if err != nil {
			detail = "it cannot be compared with the lists: " + err.Error()
		}
		if detail != "" {
			v.found = append(v.found, ledger.Finding{Where: run.Run + "/" + result.WorkbookName, What: detail,
				Do: "do not pay on it; restore the folder from a back-up, and find out who changed it"})
		}
	}
}

// find notes what is wrong with an entry.
func (v *verifier) find(e ledger.Entry, format string, args ...any) {
	v.found = append(v.found, ledger.Finding{Where: fmt.Sprintf("ledger.db, entry %d", e.Seq),
		What: fmt.Sprintf(format, args...),
		Do:   "do not pay on the run before you know who released it and who approved that"})
}

// release checks a release by the entries before it.
func (v *verifier) release(before []ledger.Entry, e ledger.Entry) {
	s := StandingOf(before, e.Run, nil)
	if s == nil {
		v.find(e, "releases run %s, which was never published", e.Run)
		return
	}
	if s.Published.Manifest != e.Manifest {
		v.find(e, "releases another manifest than run %s has", e.Run)
	}
	if run, err := v.archive.Run(e.Run); err == nil {
		v.manifest(e, s, run)
	}
	if s.State == Overtaken {
		v.find(e, "releases run %s, which was not the newest then", e.Run)
	}
	var by []ledger.Actor
	for _, a := range s.Approvals {
		switch hand := s.Hand(a.Actor); {
		case hand != nil:
			v.find(a, "is an approval of run %s by %s, who had a hand in it (%s)", e.Run, a.Actor, act(hand))
		case slices.ContainsFunc(by, a.Actor.Is):
			v.find(a, "is the second approval of run %s by %s", e.Run, a.Actor)
		}
		by = append(by, a.Actor)
		v.approval(e, a, s.Rule.Signed)
	}
	if n := s.Missing(); n > 0 {
		v.find(e, "releases run %s, which lacked %d of the approvals that it takes (release %s)", e.Run, n, s.Rule)
	}
}

// manifest compares what the history says of a run that was released with its manifest, and
// with its figures. What was signed is the manifest: who demands less of it changes it.
func (v *verifier) manifest(e ledger.Entry, s *Standing, run *ledger.Run) {
	s.Rule = s.Rule.Stricter(run.Release)
	if !reflect.DeepEqual(s.Published.Makers, run.Makers) {
		v.find(s.Published, "says that others had a hand in run %s than its manifest does", e.Run)
	}
	if figures, err := figuresOf(run); err == nil && !slices.Equal(figures.totals, e.Totals) {
		v.find(e, "releases other totals than run %s has", e.Run)
	}
}

// approval checks what an approver confirmed of a run that was released.
func (v *verifier) approval(e, a ledger.Entry, must bool) {
	if !slices.Equal(a.Totals, e.Totals) || confirms(a.Approval.Typed, a.Totals) != nil {
		v.find(a, "approves other totals than were released of run %s", e.Run)
	}
	if must && a.Approval.Signature != "" && !v.signers.Known() {
		v.unproven++
		return
	}
	if err := v.signers.check(a, must); err != nil {
		v.find(a, "is an approval of run %s that is not proven: %v", e.Run, err)
	}
}
