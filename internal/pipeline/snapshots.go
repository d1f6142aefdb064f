package pipeline

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/inbox"
	"tenderbatch/internal/ingest"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// compareReports compares the reports of each depositary over time: of snapshots the
// earlier ones, which a newer one replaces, and of incremental reports the lines that a
// later one has again. One earlier report at a time is in memory.
func (in *Intake) compareReports(ctx context.Context, req Request) (*comparison, error) {
	c := &comparison{aside: map[tender.Source]bool{}, shown: &result.Snapshots{}}
	if err := in.findEarlier(c); err != nil {
		return nil, err
	}
	for _, d := range in.Offer.Depositaries {
		h := newHistory(in.Offer, d, in.AsOf)
		var err error
		if d.Incremental {
			in.followReplaced(h)
		} else {
			err = in.followSnapshots(ctx, req, c, h)
		}
		if err != nil {
			return nil, err
		}
		c.judge(h)
		c.shown.Changes = append(c.shown.Changes, h.sorted()...)
	}
	c.describe(in)
	if len(c.files) == 0 && len(c.shown.Changes) == 0 {
		c.shown = nil
		return c, nil
	}
	for i := range in.choice.Ignored {
		left := &in.choice.Ignored[i]
		if slices.ContainsFunc(c.files, func(f comparedFile) bool { return f.Name == left.Name && f.usedAsOf == nil }) {
			left.Reason += ", with which it was compared"
		}
	}
	return c, in.src.AwaitStable(ctx) // the earlier files have not changed either
}

// followSnapshots has a history follow the snapshots of its depositary.
func (in *Intake) followSnapshots(ctx context.Context, req Request, c *comparison, h *history) error {
	for i := range c.files {
		f := &c.files[i]
		if f.Depositary.Name != h.depositary.Name {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := in.followEarlier(req, c, h, f); err != nil {
			return err
		}
	}
	if len(h.reports) == 0 {
		return nil
	}
	file, report := in.usedOf(h.depositary)
	of := func(yield func(*tender.Instruction) bool) {
		for line := range in.read.Instructions() {
			if line.Source.File == file.Name && !yield(line) {
				return
			}
		}
	}
	shown := result.SnapshotReport{
		Depositary: h.depositary.Name, File: file.Name, Used: true,
		SHA256: offerfolder.DigestOf(file.Content), Bytes: int64(len(file.Content)),
		Rows: report.Rows, Faulty: report.RejectedPrincipal,
	}
	shown.From, shown.To = inbox.Reported(file.Name, in.Offer.Zone)
	h.follow(file.Name, &shown, of, in.read.Findings)
	h.reports[h.newest()].shown = len(c.shown.Reports)
	c.shown.Reports = append(c.shown.Reports, shown)
	return nil
}

// usedOf is the snapshot of a depositary that the run uses.
func (in *Intake) usedOf(d tender.Depositary) (file inbox.Chosen, report ingest.Report) {
	for _, f := range in.choice.Chosen {
		if f.Depositary.Name == d.Name {
			file = f
		}
	}
	for _, r := range in.read.Reports {
		if r.File == file.Name {
			report = r
		}
	}
	return file, report
}

// followEarlier has a history follow an earlier snapshot, read by the rules of any
// other. One that cannot be read is passed over: a warning names it.
func (in *Intake) followEarlier(req Request, c *comparison, h *history, f *comparedFile) error {
	read, err := in.readEarlier(req, f)
	if err != nil {
		return err
	}
	shown := result.SnapshotReport{
		Depositary: f.Depositary.Name, File: f.Name, KeptBy: f.keptBy(), Unread: f.unread,
		SHA256: f.piece.Record.SHA256, Bytes: f.piece.Record.Bytes,
	}
	shown.From, shown.To = inbox.Reported(f.Name, in.Offer.Zone)
	if read != nil {
		shown.Rows, shown.Faulty = read.Reports[0].Rows, read.Reports[0].RejectedPrincipal
		h.follow(in.nameOf(c, f), &shown, read.Instructions(), read.Findings)
		h.reports[h.newest()].shown = len(c.shown.Reports)
		if f.usedAsOf != nil {
			h.usedAsOf = *f.usedAsOf
		}
	}
	c.shown.Reports = append(c.shown.Reports, shown)
	return nil
}

// nameOf names an earlier snapshot in a sentence. The run that keeps it is named only if
// another took its place under its name: that a file was moved away changes no finding.
func (in *Intake) nameOf(c *comparison, f *comparedFile) string {
	used, _ := in.usedOf(f.Depositary)
	replaced := used.Name == f.Name
	for i := len(c.files) - 1; &c.files[i] != f; i-- {
		replaced = replaced || (c.files[i].Name == f.Name && c.files[i].Depositary.Name == f.Depositary.Name)
	}
	if run := f.keptBy(); replaced && run != "" {
		return f.Name + " as run " + run + " had it"
	}
	return f.Name
}

// readEarlier reads an earlier snapshot; nil if nothing of it can be used, and unread
// says why.
func (in *Intake) readEarlier(req Request, f *comparedFile) (*ingest.Intake, error) {
	if f.lost {
		return nil, nil
	}
	content, err := f.piece.Bytes()
	if err != nil {
		return nil, err
	}
	file := f.Chosen
	file.Content, file.Progress = content, req.progress(Reading)
	read, err := ingest.Read(in.Offer, withPasswords([]inbox.Chosen{file}, req.Getenv))
	if wrong := new(tender.FileError); errors.As(err, &wrong) {
		f.unread, _, _ = strings.Cut(wrong.Error(), "\n")
		return nil, nil
	}
	return read, err
}

// followReplaced has a history follow the incremental reports of its depositary, of
// which a later line replaces the earlier one with its number.
func (in *Intake) followReplaced(h *history) {
	again := map[string]bool{}
	for i := range in.read.Replaced {
		if line := &in.read.Replaced[i]; line.Depositary == h.depositary.Name {
			again[line.ID] = true
		}
	}
	if len(again) == 0 {
		return
	}
	for _, f := range in.choice.Chosen {
		if f.Depositary.Name != h.depositary.Name {
			continue
		}
		of := func(yield func(*tender.Instruction) bool) {
			for i := range in.read.Replaced {
				if line := &in.read.Replaced[i]; line.Source.File == f.Name && !yield(line) {
					return
				}
			}
			for line := range in.read.Instructions() {
				if line.Source.File == f.Name && !yield(line) {
					return
				}
			}
		}
		from, to := inbox.Reported(f.Name, in.Offer.Zone)
		h.begin(f.Name, f.Name, from, to, newestStamp(of))
		for line := range of {
			if again[line.ID] {
				h.line(line)
			}
		}
	}
}

// tenders are the instructions that the book is drawn up from: those of the files used,
// save the rows that an earlier report's take the place of, and those that count from
// earlier reports.
func (in *Intake) tenders() iter.Seq[*tender.Instruction] {
	if len(in.compared.carried) == 0 && len(in.compared.aside) == 0 {
		return in.read.Instructions()
	}
	return func(yield func(*tender.Instruction) bool) {
		for line := range in.read.Instructions() {
			if !in.compared.aside[line.Source] && !yield(line) {
				return
			}
		}
		for i := range in.compared.carried {
			if !yield(&in.compared.carried[i]) {
				return
			}
		}
	}
}

// checkCarried tests that every tender that counts from an earlier report is in the
// book once, and that no other line is of a file that was not used (R16).
func (in *Intake) checkCarried(r *result.Run) tender.Invariant {
	used := map[string]bool{}
	for _, f := range in.choice.Chosen {
		used[f.Name] = true
	}
	lines, sum := 0, decimal.Zero
	for i := range r.Book.Lines {
		l := &r.Book.Lines[i]
		if l.Carried {
			lines++
			sum = sum.Add(l.Principal)
		} else if !used[l.Source.File] {
			return tender.Check(carriedHolds, fmt.Sprintf("instruction %s is of %s, which was not used", l.ID, l.Source.File))
		}
	}
	want, principal := in.compared.shown.Carried()
	if lines != want || !sum.Equal(principal) {
		return tender.Check(carriedHolds,
			fmt.Sprintf("%d lines of %s in the book, %d of %s from earlier reports", lines, sum, want, principal))
	}
	return tender.Check(carriedHolds, "")
}

const carriedHolds = "what counts from earlier reports is in the book once"
