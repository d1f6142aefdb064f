package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tenderbatch/internal/compare"
	"tenderbatch/internal/disk"
	"tenderbatch/internal/display"
	"tenderbatch/internal/export"
	"tenderbatch/internal/export/workbook"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/readback"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// standing is what is published of an offer, as the history says.
type standing struct {
	runs    string
	archive *ledger.Archive
	latest  *ledger.Run // nil before the first run
	final   *ledger.Run // the final run in force, nil if there is none or its folder is lost
	inForce string      // name of the final run in force, "" if there is none
}

// check reads every file of the runs that a new one is built upon: the latest and the
// final run in force. It is an *[ledger.AlteredError] if a byte of one was changed.
// It returns what is in their folders and is no file of theirs.
func (s *standing) check() (remarks []tender.Warning, err error) {
	for _, r := range slices.Compact([]*ledger.Run{s.final, s.latest}) {
		if r == nil {
			continue
		}
		if err := s.whole(r); err != nil {
			return nil, err
		}
		unlisted, err := r.Unlisted()
		if err != nil {
			return nil, err
		}
		for _, name := range unlisted {
			remarks = append(remarks, tender.Warnf(tender.WarnForeignFile, "%s is no file of that run; move it out of the run's folder", filepath.Join(r.Folder(), name)))
		}
	}
	return remarks, nil
}

// whole reads every file of a run and says what to do if it is not as it was
// published.
func (s *standing) whole(r *ledger.Run) error {
	err := r.Check()
	if altered := new(ledger.AlteredError); !errors.As(err, &altered) {
		return err
	}
	then := "and run again"
	if r == s.final {
		then = "and replace the run with --supersede " + r.Run + " --reason SENTENCE"
	}
	return fmt.Errorf("%w; if it is lost, move the whole folder of the run out of the runs folder %s", err, then)
}

// same returns the run that has the same result already, nil if
// there is none. For a final run that is the final run in force. For another it is
// the latest, or any as of the same instant: with an as-of instant given in words
// a run is another one even if nothing else is new.
func (s *standing) same(r *result.Run, asOfGiven bool) *ledger.Run {
	id := r.Identity
	if r.Phase == tender.Final {
		if s.final != nil && s.final.Identity == id {
			return s.final
		}
		return s.held(id)
	}
	if s.latest != nil && s.latest.Identity == id && !asOfGiven {
		return s.latest
	}
	var known *ledger.Run
	for _, m := range s.archive.Runs() {
		if m.Identity == id && m.AsOf.Equal(r.AsOf) {
			known = m
		}
	}
	return known
}

// held is the newest final run of an identity that is not in force, nil if there is
// none.
func (s *standing) held(id string) (known *ledger.Run) {
	for _, m := range s.archive.Runs() {
		if s.final == nil && m.Held != "" && m.Identity == id {
			known = m
		}
	}
	return known
}

// finalBeside names the final run in force if it is another one than the run of
// the name.
func (s *standing) finalBeside(name string) string {
	if s.inForce == name {
		return ""
	}
	return s.inForce
}

// unchanged makes sure that latest points at a run that is known, and whole.
func (s *standing) unchanged(j *journal, in *Intake, r *result.Run, known *ledger.Run) (*Outcome, error) {
	if err := s.whole(known); err != nil {
		return nil, err
	}
	j.entry.Run = known.Run
	r.Held, r.Decisions = known.Held, known.Decisions
	o := &Outcome{Run: r, Choice: in.choice, Remarks: append(in.remarks(), resultRemarks(r)...), Folder: known.Folder(), Action: Unchanged, Final: s.finalBeside(known.Run), published: known}
	if s.latest == nil || s.latest.Run != known.Run && s.forward(known) {
		o.Action = Restored
	}
	return o, s.pointAt(j.req.Disk, known)
}

// again makes a known run again from the copies it keeps. If its bytes differ all
// the same, because the program was changed, the new result is published beside it.
func (s *standing) again(ctx context.Context, j *journal, known *ledger.Run) (*Outcome, error) {
	if err := s.whole(known); err != nil {
		return nil, err
	}
	again, err := remake(ctx, j.req, s.archive, known)
	if err != nil {
		return nil, err
	}
	if len(again.Differs) == 0 {
		j.entry.Run = known.Run
		return &Outcome{Run: again.Run, Choice: again.in.choice, Folder: known.Folder(), Action: Rebuilt, Final: s.finalBeside(known.Run), published: known}, nil
	}
	again.Run.Version = j.req.Version
	again.in.src = again.in.src.BeforeComparing()
	return s.publish(ctx, j, again.in, again.Run)
}

// publish publishes a new run and points latest at it. It is compared with the one
// that it replaces, or else with the latest.
func (s *standing) publish(ctx context.Context, j *journal, in *Intake, r *result.Run) (o *Outcome, err error) {
	if r.Replaces, err = s.replaced(r, j.req.Supersede); err != nil {
		return nil, err
	}
	if r.Replaces != "" {
		if strings.TrimSpace(j.req.Reason) == "" {
			return nil, &offerfolder.UsageError{Message: `--supersede wants --reason: say why in a sentence, such as --reason "the depositary corrected its report"; it is recorded with the run`}
		}
		r.Decisions = decided(r.Decisions, tender.Supersede, j.req.By, j.req.Reason)
	}
	if err := hold(r, j.req); err != nil {
		return nil, err
	}
	previous := s.before(r)
	if err := in.compareWith(r, previous); err != nil {
		return nil, err
	}
	if err := checkTermChanges(r, j.req); err != nil {
		return nil, err
	}
	if r.Name, err = ledger.FreeName(s.runs, runName(r.AsOf, r.Offer.Zone, r.Identity)); err != nil {
		return nil, err
	}
	r.Made, r.By = j.req.Clock().UTC().Truncate(time.Second), who(j.req.By)
	run, err := s.write(ctx, j, in, r, previous)
	if err != nil {
		return nil, err
	}
	o = &Outcome{Run: r, Choice: in.choice, Remarks: append(in.remarks(), resultRemarks(r)...), Folder: run.Folder(), Action: Published, published: run}
	if r.Phase == tender.Final && r.Held == "" {
		s.final, s.inForce = run, run.Run
	}
	o.Final = s.finalBeside(r.Name)
	return o, j.unfinished(s.pointAt(j.req.Disk, run))
}

// decided adds what the person who makes a run decided about it, with the reason.
func decided(before []tender.Decision, kind tender.DecisionKind, by, reason string) []tender.Decision {
	return append(before, tender.Decision{Kind: kind, By: who(by), Reason: strings.TrimSpace(reason)})
}

// who names a maker of a run for people: without the number of the process.
func who(by string) string {
	name, _, _ := strings.Cut(by, " pid ")
	if _, asked, ok := strings.Cut(by, ", for "); ok {
		name += " for " + asked
	}
	return name
}

// hold keeps a final run with open findings from coming into force, unless the request
// accepts them. One that is to supersede another is not made at all then.
func hold(r *result.Run, req Request) error {
	open := r.Open()
	accepted := strings.TrimSpace(req.AcceptRejects)
	switch {
	case r.Phase != tender.Final && accepted != "":
		return &offerfolder.UsageError{Message: "--accept-rejects: the run is indicative, and only a final one comes into force; leave the flag out"}
	case r.Phase != tender.Final || open == 0:
		return nil
	case accepted != "":
		r.Decisions = decided(r.Decisions, tender.AcceptRejects, req.By, accepted)
		return nil
	case r.Replaces != "":
		return &offerfolder.UsageError{Message: fmt.Sprintf("%s, so this run cannot supersede %s; resolve them in the offer (resolutions), or accept them with --accept-rejects WHY", openWords(open), r.Replaces)}
	}
	r.Held = openWords(open) + "; resolve them in the offer (resolutions), or accept them with --accept-rejects WHY"
	return nil
}

// resultRemarks are what the people who get notices must see of a result.
func resultRemarks(r *result.Run) []tender.Warning {
	var all []tender.Warning
	if r.Held != "" {
		all = append(all, tender.Warnf(tender.WarnNotInForce, "the run is final, but not in force: %s", r.Held))
	}
	all = append(all, snapshotRemarks(r)...)
	if how := unidentified(r.Version); r.Phase == tender.Final && how != "" {
		all = append(all, tender.Warnf(tender.WarnUnknownBuild,
			"the program that made this final run, version %s, was built %s, so it cannot be built again from its version",
			r.Version, how))
	}
	for _, c := range r.TermChanges {
		all = append(all, tender.Warnf(tender.WarnTermsChanged, "the terms were changed in place, without an amendment: %s", compare.TermWords(c)))
	}
	return all
}

// unidentified says how a program was built that its version does not identify, "" if it
// does.
func unidentified(version string) string {
	switch {
	case strings.Contains(version, "+unknown"):
		return "without its commit"
	case strings.HasSuffix(version, ".modified"):
		return "with changes that are in no commit"
	}
	return ""
}

// openWords counts open findings.
func openWords(n int) string { return display.Plural(n, "finding is open", "findings are open") }

// compareWith compares a run with the run before it: instructions, terms, and, if it
// supersedes that one, the wires.
func (in *Intake) compareWith(r *result.Run, previous string) (err error) {
	if previous == "" {
		return nil
	}
	if r.Changes, err = changesFrom(r, in.src, previous); err != nil {
		return err
	}
	if r.TermChanges, err = in.termChanges(previous); err != nil || r.Replaces != previous {
		return err
	}
	r.WireChanges, err = wireChangesFrom(r, in.src, previous)
	return err
}

// before names the run that a new one is compared with: the final run that it
// replaces, if that is still there, or else the latest up to its instant; "" for none.
func (s *standing) before(r *result.Run) string {
	if s.final != nil && s.final.Run == r.Replaces {
		return r.Replaces
	}
	run := s.archive.UpTo(r.AsOf)
	if r.Phase == tender.Final {
		run = s.latest
	}
	if run == nil {
		return ""
	}
	return run.Run
}

// forward reports whether latest moves on to a run, as it does unless that looks back.
func (s *standing) forward(run *ledger.Run) bool {
	return run.Phase == string(tender.Final) || !run.AsOf.Before(s.latest.AsOf)
}

// pointAt points latest at a run, unless that looks back behind it, and final at the final
// run in force.
func (s *standing) pointAt(d disk.Disk, latest *ledger.Run) error {
	if s.final != nil {
		if err := ledger.PointFinal(d, s.runs, s.final.Run); err != nil {
			return err
		}
	}
	if s.latest != nil && !s.forward(latest) {
		latest = s.latest
	}
	s.latest = latest
	return ledger.PointLatest(d, s.runs, latest.Run)
}

// replaced names the final run that a new one replaces, "" for none. On a final
// run money may have moved, so it is only replaced in so many words.
func (s *standing) replaced(r *result.Run, supersede string) (string, error) {
	if supersede == "final" && s.inForce != "" {
		supersede = s.inForce
	}
	switch {
	case supersede != "" && (s.inForce == "" || r.Phase != tender.Final):
		return "", &offerfolder.UsageError{Message: fmt.Sprintf("--supersede %s: there is no final run to replace; leave the flag out", supersede)}
	case supersede != "" && supersede != s.inForce:
		return "", &offerfolder.UsageError{Message: fmt.Sprintf("--supersede %s: the final run in force is %s", supersede, s.inForce)}
	case supersede != "":
		return s.inForce, nil
	case s.inForce == "" || r.Phase != tender.Final:
		return "", nil
	}
	return "", &offerfolder.UsageError{Final: s.inForce, Message: fmt.Sprintf(
		"the final run %s is in force, and this one would differ from it; nothing was published; see what would change with --dry-run, and replace it with --supersede %s --reason SENTENCE", s.inForce, s.inForce)}
}

// write writes the run to a stage, reads it back, and gives it its name. The ledger
// says so before, so that what a crash leaves can be distinguished from a folder that a person
// put there, and after.
func (s *standing) write(ctx context.Context, j *journal, in *Intake, r *result.Run, previous string) (run *ledger.Run, err error) {
	stage, err := ledger.NewStage(j.req.Disk, s.runs)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stage.Discard()) }()
	m := manifest(r, previous, in)
	for _, p := range in.src.Pieces {
		content, err := p.Bytes()
		if err != nil {
			return nil, err
		}
		kept, err := stage.Keep(p.Of, content, previous)
		if err != nil {
			return nil, err
		}
		m.Keep(kept)
	}
	r.Progress = j.req.progress(Writing)
	if err := writeFiles(ctx, r, stage.Write); err != nil {
		return nil, err
	}
	r.Progress = j.req.progress(Checking)
	if err := readback.Check(stage.Folder(), r); err != nil {
		return nil, err
	}
	if err := stage.WriteManifest(m); err != nil {
		return nil, err
	}
	digest, err := stage.ReadBack()
	if err != nil {
		return nil, err
	}
	if err := j.announce(r, digest); err != nil {
		return nil, err
	}
	if run, err = stage.Publish(r.Name); err != nil {
		return nil, j.unfinished(err)
	}
	return run, j.unfinished(j.published())
}

// writeFiles gives every file of the run to write.
func writeFiles(ctx context.Context, r *result.Run, write func(name string, content func(io.Writer) error) error) error {
	for _, f := range outputs(r) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := write(f.name, func(w io.Writer) error { return f.write(w, r) }); err != nil {
			return err
		}
	}
	return nil
}

// output is a file of a run and what writes it.
type output struct {
	name  string
	write func(io.Writer, *result.Run) error
}

// outputs are the files of a run.
func outputs(r *result.Run) []output {
	all := []output{
		{result.WorkbookName, workbook.WriteWorkbook},
		{result.JSONName, export.WriteJSON},
		{result.InstructionsName, export.WriteInstructions},
		{result.WiresName, export.WriteWires},
		{result.PaymentsName, export.WritePayments},
		{result.PaidName, export.WritePaid},
		{result.RejectsName, export.WriteRejects},
		{result.ReleaseTextName, export.WriteReleaseText},
		{result.ReleaseMarkdownName, export.WriteReleaseMarkdown},
	}
	if r.Snapshots != nil {
		all = append(all, output{export.SnapshotsName, export.WriteSnapshots})
	}
	if r.WireChanges != nil {
		all = append(all, output{result.WireChangesName, export.WriteWireChanges})
	}
	return all
}

func manifest(r *result.Run, previous string, in *Intake) *ledger.Manifest {
	m := &ledger.Manifest{
		Run: r.Name, Offer: r.Offer.ID, Phase: string(r.Phase), AsOf: r.AsOf, Program: r.Version,
		Terms:    ledger.Terms{Version: r.Offer.Version(), Digest: r.Offer.TermsDigest},
		Identity: r.Identity, Previous: previous, Replaces: r.Replaces, Held: r.Held, Decisions: r.Decisions,
	}
	if !r.Made.IsZero() {
		m.Made, m.By = &r.Made, r.By
	}
	for _, in := range r.Inputs {
		m.Inputs = append(m.Inputs, ledger.File{Name: in.File, SHA256: in.SHA256, Bytes: in.Bytes})
	}
	for _, c := range in.compared.files {
		m.Compared = append(m.Compared, c.record())
	}
	return m
}
