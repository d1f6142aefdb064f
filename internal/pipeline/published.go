package pipeline

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// publishedState is what is published of an offer, as the history says.
type publishedState struct {
	runs    string
	archive *ledger.Archive
	latest  *ledger.Run // nil before the first run
	final   *ledger.Run // the final run in force, nil if there is none or its folder is lost
	inForce string      // name of the final run in force, "" if there is none
}

// readPublished is what is published of an offer. It is an *[ledger.AlteredError] if
// something that is there is not as the history says, and a *[tender.ControlError]
// if the folder of the final run in force is missing, unless the request replaces it:
// no other run may become final in its stead just because a folder was moved away.
func readPublished(archive *ledger.Archive, runs, supersede string) (*publishedState, error) {
	if err := archive.Check(); err != nil {
		return nil, err
	}
	lost, err := archive.LostFinal()
	if err != nil {
		return nil, err
	}
	if lost != "" && lost != supersede {
		return nil, &tender.ControlError{Rule: "R16", Message: fmt.Sprintf(
			"the final run %s, which is in force, is not in %s as it was published; restore its folder from the back-up, or, "+
				"if it is lost, replace it with --supersede %s --reason SENTENCE", lost, runs, lost)}
	}
	p := &publishedState{runs: runs, archive: archive, latest: archive.Latest(), final: archive.Final(), inForce: lost}
	if p.final != nil && lost == "" {
		p.inForce = p.final.Run
	}
	return p, nil
}

// check reads every file of the runs that a new one is built upon: the latest and the
// final run in force. It is an *[ledger.AlteredError] if a byte of one was changed.
// It returns what is in their folders and is no file of theirs.
func (p *publishedState) check() (remarks []tender.Warning, err error) {
	for _, r := range slices.Compact([]*ledger.Run{p.final, p.latest}) {
		if r == nil {
			continue
		}
		if err := p.whole(r); err != nil {
			return nil, err
		}
		unlisted, err := r.Unlisted()
		if err != nil {
			return nil, err
		}
		for _, name := range unlisted {
			remarks = append(remarks, tender.Warnf(tender.WarnForeignFile,
				"%s is no file of that run; move it out of the run's folder", filepath.Join(r.Folder(), name)))
		}
	}
	return remarks, nil
}

// whole reads every file of a run and says what to do if it is not as it was
// published.
func (p *publishedState) whole(r *ledger.Run) error {
	err := r.Check()
	if altered := new(ledger.AlteredError); !errors.As(err, &altered) {
		return err
	}
	then := "and run again"
	if r == p.final {
		then = "and replace the run with --supersede " + r.Run + " --reason SENTENCE"
	}
	return fmt.Errorf("%w; if it is lost, move the whole folder of the run out of the runs folder %s", err, then)
}

// same returns the run that has the same result already, nil if
// there is none. For a final run that is the final run in force. For another it is
// the latest, or any as of the same instant: with an as-of instant given in words
// a run is another one even if nothing else is new.
func (p *publishedState) same(r *result.Run, asOfGiven bool) *ledger.Run {
	id := r.Identity
	if r.Phase == tender.Final {
		if p.final != nil && p.final.Identity == id {
			return p.final
		}
		if r := p.awaiting(id); r != nil {
			return r
		}
		return p.held(id)
	}
	if p.latest != nil && p.latest.Identity == id && !asOfGiven {
		return p.latest
	}
	var known *ledger.Run
	for _, m := range p.archive.Runs() {
		if m.Identity == id && m.AsOf.Equal(r.AsOf) {
			known = m
		}
	}
	return known
}

// known is the published run that has the result that a request asks for, nil if there is none.
func (p *publishedState) known(r *result.Run, req Request) *ledger.Run {
	known := p.same(r, req.AsOf != "")
	if known != nil && known.Held != "" && req.AcceptRejects != "" {
		return nil // what is accepted now is another run
	}
	return known
}

// awaiting is the newest final run of an identity that waits for its release, nil if there is
// none. One that would replace another run than the one in force now cannot be released.
func (p *publishedState) awaiting(id string) (known *ledger.Run) {
	for _, m := range p.archive.Runs() {
		if m.Phase == string(tender.Final) && m.Identity == id && m.Held == "" && m.Replaces == p.inForce &&
			p.archive.Awaits(m) && known != p.latest {
			known = m
		}
	}
	return known
}

// held is the newest final run of an identity that is not in force, nil if there is
// none.
func (p *publishedState) held(id string) (known *ledger.Run) {
	for _, m := range p.archive.Runs() {
		if p.final == nil && m.Held != "" && m.Identity == id {
			known = m
		}
	}
	return known
}

// finalBeside names the final run in force if it is another one than the run of
// the name.
func (p *publishedState) finalBeside(name string) string {
	if p.inForce == name {
		return ""
	}
	return p.inForce
}

// before names the run that a new one is compared with: the final run that it
// replaces, if that is still there, or else the latest up to its instant; "" for none.
func (p *publishedState) before(r *result.Run) string {
	if p.final != nil && p.final.Run == r.Replaces {
		return r.Replaces
	}
	run := p.archive.UpTo(r.AsOf)
	if r.Phase == tender.Final {
		run = p.latest
	}
	if run == nil {
		return ""
	}
	return run.Run
}

// forward reports whether latest moves on to a run, as it does unless that looks back.
func (p *publishedState) forward(run *ledger.Run) bool {
	return run.Phase == string(tender.Final) || !run.AsOf.Before(p.latest.AsOf)
}

// pointAt points latest at a run, unless that looks back behind it, and final at the final
// run in force.
func (p *publishedState) pointAt(d disk.Disk, latest *ledger.Run) error {
	if p.final != nil {
		if err := ledger.PointFinal(d, p.runs, p.final.Run); err != nil {
			return err
		}
	}
	if p.latest != nil && !p.forward(latest) {
		latest = p.latest
	}
	p.latest = latest
	return ledger.PointLatest(d, p.runs, latest.Run)
}

// decide settles what a new run is among those that are published: which it replaces, whether
// it comes into force, and what changed since the one before, whose name it returns. refused is
// what is to be done first; a dry run goes on.
func (p *publishedState) decide(in *Intake, r *result.Run, req Request) (previous string, refused, err error) {
	if r.Replaces, err = p.replaced(r, req); err != nil {
		return "", nil, err
	}
	if r.Replaces != "" && req.Supersede != "" {
		if strings.TrimSpace(req.Reason) == "" {
			return "", nil, &offerfolder.UsageError{Message: `--supersede wants --reason: say why in a sentence, such as ` +
				`--reason "the depositary corrected its report"; it is recorded with the run`}
		}
		r.Decisions = decided(r.Decisions, tender.Supersede, req.By, req.Reason)
	}
	if refused = hold(r, req); refused != nil && r.Phase != tender.Final {
		return "", nil, refused // a flag that is to be left out
	}
	previous = p.before(r)
	if err := in.compareWith(r, previous); err != nil {
		return "", nil, err
	}
	return previous, cmp.Or(refused, checkTermChanges(r, req)), nil
}

// replaced names the final run that a new one replaces, "" for none. On a final run money
// may have moved, so it is only replaced in so many words; a dry run shows what that would change.
func (p *publishedState) replaced(r *result.Run, req Request) (string, error) {
	supersede := req.Supersede
	if supersede == "final" && p.inForce != "" {
		supersede = p.inForce
	}
	switch {
	case supersede != "" && (p.inForce == "" || r.Phase != tender.Final):
		return "", &offerfolder.UsageError{Message: fmt.Sprintf("--supersede %s: there is no final run to replace; "+
			"leave the flag out", supersede)}
	case supersede != "" && supersede != p.inForce:
		return "", &offerfolder.UsageError{Message: fmt.Sprintf("--supersede %s: the final run in force is %s", supersede,
			p.inForce)}
	case supersede != "":
		return p.inForce, nil
	case p.inForce == "" || r.Phase != tender.Final:
		return "", nil
	case req.DryRun:
		return p.inForce, nil
	}
	return "", &offerfolder.UsageError{Final: p.inForce, Message: fmt.Sprintf(
		"the final run %s is in force, and this one would differ from it; nothing was published; see what would change "+
			"with --dry-run, and replace it with --supersede %s --reason SENTENCE", p.inForce, p.inForce)}
}
