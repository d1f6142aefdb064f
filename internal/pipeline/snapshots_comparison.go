package pipeline

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"tenderbatch/internal/inbox"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// advise says, of more tendered than is outstanding, that tenders may count twice which
// a depositary gave other numbers.
func (c *comparison) advise(err error) error {
	control := new(tender.ControlError)
	if !errors.As(err, &control) || len(c.carried) == 0 {
		return err
	}
	return &tender.ControlError{Rule: control.Rule, Message: fmt.Sprintf(
		"%s; of these, %s that the newest report leaves out or changes: see the earlier reports, and resolve in the "+
			"offer what is reported under another number",
		control.Message, tendersOf(len(c.carried)))}
}

// describe fills in what is shown of incremental reports of which lines count that a
// later report has otherwise.
func (c *comparison) describe(in *Intake) {
	for i := range c.shown.Reports {
		r := &c.shown.Reports[i]
		if r.SHA256 != "" || r.Unread != "" {
			continue
		}
		r.From, r.To = inbox.Reported(r.File, in.Offer.Zone)
		for _, f := range in.choice.Chosen {
			if f.Name == r.File {
				r.SHA256, r.Bytes = offerfolder.DigestOf(f.Content), int64(len(f.Content))
			}
		}
		for _, report := range in.read.Reports {
			if report.File == r.File {
				r.Rows = report.Rows
			}
		}
	}
}

// inMoney is the comparison with what each instruction comes to in a run.
func (c *comparison) inMoney(r *result.Run) *result.Snapshots {
	if c.shown == nil {
		return nil
	}
	shown := *c.shown
	shown.Changes = slices.Clone(c.shown.Changes)
	for i := range shown.Changes {
		change := &shown.Changes[i]
		at, found := slices.BinarySearchFunc(r.Book.Lines, *change, func(l tender.Line, c result.SnapshotChange) int {
			return cmp.Or(cmp.Compare(l.Depositary, c.Depositary), cmp.Compare(l.ID, c.Instruction))
		})
		if found {
			change.Counts, change.Accepted, change.Cash = true, r.Allocation.Lines[at].Accepted, r.Settlement.Lines[at].Total()
		}
	}
	return &shown
}

// needs reports whether a tender that counts from an earlier report needs a waiver.
func (c *comparison) needs(w tender.Waiver) bool {
	return slices.ContainsFunc(c.carried, func(in tender.Instruction) bool { return slices.Contains(in.Waived, w) })
}

// unread are the warnings about earlier reports that could not be read.
func (c *comparison) unread() (all []tender.Warning) {
	for i := range c.files {
		if f := &c.files[i]; f.unread != "" {
			all = append(all, tender.Warnf(tender.WarnNotCompared, "%s could not be compared with the report used: %s",
				f.Name, f.unread))
		}
	}
	return all
}

// follow takes in one report, and describes it.
func (h *history) follow(
	name string, shown *result.SnapshotReport, instructions iter.Seq[*tender.Instruction], rejects []tender.Finding,
) {
	file, before := shown.File, len(h.changes)
	h.begin(name, file, shown.From, shown.To, newestStamp(instructions))
	if !shown.To.IsZero() {
		shown.From = h.reports[h.newest()].from
	}
	for line := range instructions {
		if !h.line(line) && h.newest() > 0 {
			shown.New++
		}
		sum := &shown.Tendered
		switch line.Status {
		case tender.Pending:
			sum = &shown.Pending
		case tender.Withdrawn:
			sum = &shown.Withdrawn
		case tender.Rejected:
			sum = &shown.Cancelled
		}
		*sum = sum.Add(line.Principal)
	}
	for i := range rejects {
		if rejects[i].Source.File == file && rejects[i].Disposition == tender.LineRejected {
			h.faulty(rejects[i].Instruction)
		}
	}
	h.end()
	for _, change := range h.changes[before:] {
		if change.Kind == result.SnapshotVanished {
			shown.Vanished++
		} else {
			shown.Changed++
		}
	}
}

// usedAgain notes that another run used a report that is in the inbox no more.
func (c *comparison) usedAgain(this content, asOf time.Time) {
	for i := range c.files {
		f := &c.files[i]
		if f.usedAsOf != nil && f.Name == this.name && f.piece.Record.SHA256 == this.digest {
			t := tender.Later(*f.usedAsOf, asOf)
			f.usedAsOf = &t
		}
	}
}

// comparedFile is an earlier snapshot: of the inbox, or of the copies that a run keeps.
type comparedFile struct {
	inbox.Chosen
	piece    *offerfolder.Piece
	usedAsOf *time.Time // of the newest run that used it, if it is in the inbox no more
	unread   string     // why nothing of it could be compared
	lost     bool       // it could not be read at all
}

// record is the file in the manifest.
func (f *comparedFile) record() ledger.Compared {
	c := ledger.Compared{Depositary: f.Depositary.Name, UsedAsOf: f.usedAsOf, File: ledger.File{Name: f.Name}}
	if f.lost {
		c.Unread = f.unread
		return c
	}
	c.Of, c.SHA256, c.Bytes = f.piece.Of, f.piece.Record.SHA256, f.piece.Record.Bytes
	return c
}

// keptBy is the run that keeps the file, "" if it is in the inbox.
func (f *comparedFile) keptBy() string {
	parts := strings.Split(f.piece.Of, "/")
	if len(parts) < 3 {
		return ""
	}
	return parts[1]
}
