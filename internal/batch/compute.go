package batch

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/export"
	"tenderbatch/internal/ingest"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// intake is what one run read.
type intake struct {
	offer   *tender.Offer
	asOf    time.Time
	choice  ingest.Choice
	read    *ingest.Intake
	book    *tender.Book
	version string
}

// take reads the terms and the files of a request and draws up the book.
func take(req Request) (*intake, error) {
	terms, err := readTerms(req.Folder)
	if err != nil {
		return nil, err
	}
	paths, err := listInbox(req.Folder, req.Files)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(paths))
	for name := range paths {
		names = append(names, name)
	}
	slices.Sort(names)
	in := &intake{version: req.Version}
	if in.asOf, err = instant(req.AsOf, req.Now, terms, names); err != nil {
		return nil, err
	}
	in.offer = terms.AsOf(in.asOf)
	if in.choice, err = ingest.Choose(in.offer, names, in.asOf); err != nil {
		return nil, err
	}
	for i := range in.choice.Chosen {
		f := &in.choice.Chosen[i]
		if f.Content, err = os.ReadFile(paths[f.Name]); err != nil {
			return nil, err
		}
	}
	if in.read, err = ingest.Read(in.offer, withPasswords(in.choice.Chosen, req.Getenv)); err != nil {
		return nil, err
	}
	in.book = tender.NewBook(in.offer, in.read.Instructions, in.asOf)
	if err := settleEarly(filepath.Join(req.Folder, runsName), in.offer, in.book); err != nil {
		return nil, err
	}
	return in, in.book.CheckOutstanding(in.offer)
}

// withPasswords are the files with the passwords of their depositaries. The
// files that were chosen stay without, since they are part of the outcome.
func withPasswords(chosen []ingest.Chosen, getenv func(string) string) []ingest.Chosen {
	files := slices.Clone(chosen)
	for i := range files {
		if name := files[i].Depositary.PasswordEnv; name != "" && getenv != nil {
			files[i].Password = getenv(name)
		}
	}
	return files
}

// compute makes the run of what was read, up to the last figure.
func (in *intake) compute(ctx context.Context) (*export.Run, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	o, b := in.offer, in.book
	allocation, err := allocate.Allocate(o, b)
	if err != nil {
		return nil, err
	}
	settlement, err := settle.Settle(o, b, allocation)
	if err != nil {
		return nil, err
	}
	r := &export.Run{
		Version: in.version, Offer: o, Phase: o.PhaseAt(in.asOf), AsOf: in.asOf,
		Book: b, Allocation: allocation, Settlement: settlement,
		Rejects: in.rejects(), Inputs: in.inputs(),
		Warnings: slices.Concat(allocation.Warnings, settlement.Warnings, in.warnings()),
	}
	r.Invariants = append(r.Invariants, checkRows(in, r))
	r.Invariants = append(r.Invariants, allocate.Check(o, b, allocation)...)
	r.Invariants = append(r.Invariants, settle.Check(b, allocation, settlement)...)
	r.Name = runName(in.asOf, o.Zone, identity(r))
	return r, broken(r.Invariants)
}

// broken returns a *[tender.ControlError] for the first invariant that does not
// hold.
func broken(invariants []tender.Invariant) error {
	for _, inv := range invariants {
		if !inv.Holds {
			return &tender.ControlError{Rule: "R16", Message: fmt.Sprintf(
				"an invariant is broken: %s (%s); this is a fault of the program: keep the files and report it", inv.Name, inv.Detail)}
		}
	}
	return nil
}

// rejects are those of the files and of the book, in the order of the files.
func (in *intake) rejects() []tender.Reject {
	all := slices.Concat(in.read.Rejects, in.book.Rejects)
	order := map[string]int{}
	for i, f := range in.choice.Chosen {
		order[f.Name] = i
	}
	slices.SortStableFunc(all, func(x, y tender.Reject) int {
		return cmp.Or(
			cmp.Compare(order[x.Source.File], order[y.Source.File]),
			cmp.Compare(x.Source.Sheet, y.Source.Sheet),
			cmp.Compare(x.Source.Row, y.Source.Row),
			cmp.Compare(x.Rule, y.Rule))
	})
	return all
}

// inputs says of each file what became of its rows.
func (in *intake) inputs() []export.Input {
	inputs := make([]export.Input, len(in.choice.Chosen))
	at := map[string]*export.Input{}
	for i, f := range in.choice.Chosen {
		digest := sha256.Sum256(f.Content)
		inputs[i] = export.Input{Depositary: f.Depositary.Name, File: f.Name, SHA256: hex.EncodeToString(digest[:]), Bytes: int64(len(f.Content))}
		at[f.Name] = &inputs[i]
	}
	for _, report := range in.read.Reports {
		i := at[report.File]
		i.Sheet = report.Sheet
		i.Rows += report.Rows
		i.Rejected += report.Rejected
	}
	for i := range in.book.Lines {
		l := &in.book.Lines[i]
		input := at[l.Source.File]
		input.Counted++
		input.Principal = input.Principal.Add(l.Principal)
	}
	for _, rej := range in.book.Rejects {
		if rej.Standing == tender.StandingRejected {
			at[rej.Source.File].Rejected++
		}
	}
	for i := range inputs {
		inputs[i].NotCounted = inputs[i].Rows - inputs[i].Counted - inputs[i].Rejected
	}
	return inputs
}

// checkRows tests that no row was lost: what the files hold is what was counted,
// not counted and rejected, each counted on its own (R16).
func checkRows(in *intake, r *export.Run) tender.Invariant {
	inv := tender.Invariant{Name: "every row of every file is counted, not counted or rejected", Holds: true}
	notCounted := in.book.NotYet
	for _, rej := range r.Rejects {
		if rej.Standing == tender.StandingNotCounted {
			notCounted++
		}
	}
	for _, report := range in.read.Reports {
		notCounted += report.Replaced
	}
	c := r.Counts()
	if c.Rows != c.Counted+notCounted+c.Rejected {
		inv.Holds = false
		inv.Detail = fmt.Sprintf("%d rows; %d counted, %d not counted, %d rejected", c.Rows, c.Counted, notCounted, c.Rejected)
	}
	return inv
}

// warnings are what a reader of the result should know beyond the figures.
func (in *intake) warnings() []string {
	var all []string
	for _, report := range in.read.Reports {
		if report.HiddenRows > 0 {
			all = append(all, fmt.Sprintf("%s: %d hidden rows; they are read like the others", report.File, report.HiddenRows))
		}
	}
	if in.offer.PhaseAt(in.asOf) == tender.Final {
		for _, c := range in.offer.Conditions {
			if !c.Satisfied {
				all = append(all, fmt.Sprintf("the condition %q is not satisfied: nothing may be paid until it is satisfied or waived", c.Name))
			}
		}
	}
	return all
}
