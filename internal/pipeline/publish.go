package pipeline

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"tenderbatch/internal/compare"
	"tenderbatch/internal/display"
	"tenderbatch/internal/export"
	"tenderbatch/internal/export/workbook"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

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

// checkRelease is a *[offerfolder.UsageError] if the terms demand less until a run may be paid on
// than any published run of the offer does: it can only be made stricter.
func (a *attempt) checkRelease(r *result.Run) error {
	return stricter(r.Offer.Release, a.req.archive.Rule())
}

// stricter is a *[offerfolder.UsageError] if a rule demands less than the one that runs were made
// under.
func stricter(rule, was *tender.ReleaseRule) error {
	if rule.WeakerThan(was) {
		return &offerfolder.UsageError{Message: fmt.Sprintf("release is %s in the terms, and runs were made under %s: once a "+
			"run was made it can only be made stricter; nothing was published", rule, was)}
	}
	return nil
}

// checkReleaseIn is checkRelease where nothing is published. Where the history cannot be read, a
// run says so.
func checkReleaseIn(folder string, rule *tender.ReleaseRule) error {
	entries, err := ledger.ReadEntries(filepath.Join(folder, offerfolder.RunsName))
	if err != nil {
		return nil
	}
	return stricter(rule, ledger.StrictestRule(entries))
}

// HeldAdvice is what to do about a run that is held, for people at a command line.
const HeldAdvice = "resolve them in the offer (resolutions), or accept them with --accept-rejects WHY"

// hold keeps a final run with open findings from coming into force, unless the request
// accepts them. One that is to supersede another is not made at all then.
func hold(r *result.Run, req Request) error {
	open := r.Open()
	accepted := strings.TrimSpace(req.AcceptRejects)
	switch {
	case r.Phase != tender.Final && accepted != "":
		return &offerfolder.UsageError{Message: "--accept-rejects: the run is indicative, and only a final one comes " +
			"into force; leave the flag out"}
	case r.Phase != tender.Final || open == 0:
		return nil
	case accepted != "":
		r.Decisions = decided(r.Decisions, tender.AcceptRejects, req.By, accepted)
		return nil
	case r.Replaces != "" && req.Supersede == "":
		return nil // a dry run, which shows what replacing it would change
	case r.Replaces != "":
		return &offerfolder.UsageError{Message: fmt.Sprintf("%s, so this run cannot supersede %s; resolve them in the "+
			"offer (resolutions), or accept them with --accept-rejects WHY", openWords(open), r.Replaces)}
	}
	r.Held = openWords(open) + "; " + HeldAdvice
	return nil
}

// resultRemarks are what the people who get notices must see of a result.
func resultRemarks(r *result.Run) []tender.Warning {
	var all []tender.Warning
	if r.Held != "" {
		all = append(all, tender.Warnf(tender.WarnNotInForce, "the run is final, but not in force: %s", r.Held))
	}
	all = append(all, snapshotRemarks(r)...)
	if how := r.Unidentified(); r.Phase == tender.Final && how != "" {
		all = append(all, tender.Warnf(tender.WarnUnknownBuild,
			"the program that made this final run, version %s, was built %s, so it cannot be built again from its version",
			r.Version, how))
	}
	for _, c := range r.TermChanges {
		all = append(all, tender.Warnf(tender.WarnTermsChanged,
			"the terms were changed in place, without an amendment: %s", compare.TermWords(c)))
	}
	return all
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

// writeFiles gives every file of the run to write.
func writeFiles(ctx context.Context, r *result.Run,
	write func(name string, content func(io.Writer) error) error) error {
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
		{export.DataPackageName, export.WriteDataPackage},
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
