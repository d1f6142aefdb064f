package export

import (
	"fmt"
	"strings"
	"time"

	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// The columns of Snapshots.
const (
	snpDepositary = iota + 1
	snpInstruction
	snpKind
	snpWhat
	snpParticipant
	snpSeries
	snpCurrency
	snpWindow
	snpWas
	snpNow
	snpDifference
	snpFileWas
	snpRowWas
	snpFileNow
	snpRowNow
	snpDeadline
	snpAfter
	snpRule
	snpState
	snpCounts
	snpAccepted
	snpCash
)

var snapshotColumns = []column{
	{heading: "Depositary", widest: 16},
	{heading: "Instruction", widest: 24},
	{heading: "Change"},
	{heading: "What differs", widest: 44},
	{heading: "Participant"},
	{heading: "Series", widest: 20},
	{heading: "Currency"},
	{heading: "Window"},
	{heading: "Principal before", right: true},
	{heading: "Principal now", right: true},
	{heading: "Difference", right: true},
	{heading: "Report before", widest: 30},
	{heading: "Row", right: true},
	{heading: "Report now", widest: 30},
	{heading: "Row", right: true},
	{heading: "Deadline"},
	{heading: "After it"},
	{heading: "Rule"},
	{heading: "Finding", widest: 30},
	{heading: "Counts"},
	{heading: "Accepted in this run", right: true},
	{heading: "Cash in this run", right: true},
}

// snapshotReportColumns stand above those of the changes, so each has its kind of
// content.
var snapshotReportColumns = []column{
	{heading: "Depositary", widest: 16}, {heading: "Report", widest: 24}, {heading: "Use"}, {heading: "Made", widest: 44},
	{}, {}, {}, {},
	{heading: "Tendered", right: true}, {heading: "Pending", right: true}, {heading: "Withdrawn", right: true},
	{}, {heading: "Rows", right: true},
	{heading: "Cancelled", right: true}, {heading: "New", right: true},
	{heading: "With faults", right: true}, {heading: "Vanished", right: true}, {heading: "Changed", right: true},
	{}, {heading: "Carried", right: true}, {heading: "Principal carried", right: true}, {},
}

const snapshotsTitle = "Snapshots: the reports of each depositary compared over time"

// laySnapshots lays out what the reports of each depositary say differently from one
// to the next.
func (b *workbook) laySnapshots() {
	if b.run.Snapshots == nil {
		return
	}
	s := b.newSheet("Snapshots", snapshotsTitle)
	b.snapshots = s
	s.put(bannerRow+1, 1, label(snapshotWords(b.run)).as(inSubtitle))
	s.tall(bannerRow+1, 20)
	t := table{columns: snapshotReportColumns, none: "No report was compared."}
	for i := range b.run.Snapshots.Reports {
		t.rows = append(t.rows, b.snapshotReportRow(&b.run.Snapshots.Reports[i]))
	}
	s.put(firstRow, 1, label("Reports (principal by status, currencies mixed)").as(inSection))
	top := s.table(firstRow+1, t).bottom + 2
	s.put(top, 1, label("Instructions").as(inSection))
	changes := b.run.Snapshots.Changes
	l := &listing{columns: snapshotColumns, count: len(changes), none: "No report differs from the one before about a tender that counted."}
	l.maker = func() rowMaker { return func(i int, cells []cell) { b.snapshotRow(&changes[i], cells) } }
	frozen := s.frozen
	b.lay(l, s, top+1, 0, b.goOn(s, snapshotsTitle))
	s.frozen = frozen
}

// snapshotWords says in a sentence what must be acted on.
func snapshotWords(r *result.Run) string {
	var open []result.SnapshotChange
	for _, c := range r.Snapshots.Changes {
		if c.Open {
			open = append(open, c)
		}
	}
	if len(open) == 0 {
		return "No finding of this sheet is open."
	}
	var words []string
	for _, s := range r.Sum(open) {
		words = append(words, fmt.Sprintf("%s: %s, cash in this run %s", s.Depositary, s.Words(), Money(s.Cash, s.Currency)))
	}
	return "Open, to be resolved in the terms: " + strings.Join(words, "; ") + "."
}

func (b *workbook) snapshotReportRow(r *result.SnapshotReport) []cell {
	cells := make([]cell, len(snapshotReportColumns))
	use := "compared"
	if r.Used {
		use = "used"
	}
	cells[snpDepositary-1], cells[snpInstruction-1], cells[snpKind-1] = label(r.Depositary), label(r.File), label(use)
	cells[snpWhat-1] = label(madeWords(r.From, r.To, b.run.Offer.Zone))
	if r.KeptBy != "" {
		cells[snpWhat-1] = label(cells[snpWhat-1].text() + "; the copy of run " + r.KeptBy)
	}
	if r.Unread != "" {
		cells[snpKind-1], cells[snpWhat-1] = label("not read").toned(bad), label(r.Unread)
		return cells
	}
	cells[snpWas-1], cells[snpNow-1], cells[snpDifference-1] = principal(r.Tendered), principal(r.Pending), principal(r.Withdrawn)
	cells[snpRowWas-1], cells[snpFileNow-1], cells[snpRowNow-1] = count(r.Rows), principal(r.Cancelled), count(r.New)
	cells[snpDeadline-1], cells[snpAfter-1], cells[snpRule-1] = principal(r.Faulty), count(r.Vanished), count(r.Changed)
	cells[snpCounts-1], cells[snpAccepted-1] = count(r.Carried), principal(r.CarriedPrincipal)
	return cells
}

// madeWords says when a report was made.
func madeWords(from, to time.Time, zone *time.Location) string {
	switch {
	case to.IsZero():
		return "its name has no date"
	case from.Equal(to):
		return tender.WallTime(from, zone)
	}
	return tender.WallTime(from, zone) + " or later, to " + tender.WallTime(to, zone)
}

func (b *workbook) snapshotRow(c *result.SnapshotChange, cells []cell) {
	l, currency := c.Line(), b.tally.currency(c.Line().Series)
	kind, state := label(string(c.Kind)), cell{}
	switch {
	case c.Open:
		kind, state = kind.toned(bad), label("open").toned(bad)
	case c.Resolved != "":
		state = label(c.Resolved)
	}
	for col, text := range map[int]string{
		snpDepositary: c.Depositary, snpInstruction: c.Instruction, snpWhat: c.What, snpParticipant: l.Participant, snpSeries: l.Series,
		snpCurrency: currency, snpWindow: string(l.Window), snpFileWas: c.Was.File, snpFileNow: c.Now.File, snpRule: c.Rule,
	} {
		cells[col-1] = label(text)
	}
	cells[snpKind-1], cells[snpState-1] = kind, state
	was, now := principal(c.Was.Principal), principal(c.Now.Principal)
	if c.Kind == result.SnapshotVanished {
		now = cell{}
	}
	compare(cells, snpWas, was, now, c.Difference())
	for col, row := range map[int]int{snpRowWas: c.Was.Row, snpRowNow: c.Now.Row} {
		if row > 0 {
			cells[col-1] = count(row).formatted("0")
		}
	}
	cells[snpDeadline-1] = instantCell(c.Deadline, b.run.Offer.Zone).aligned(left)
	cells[snpAfter-1], cells[snpCounts-1] = yes(c.After), yes(c.Counts)
	cells[snpAccepted-1], cells[snpCash-1] = principal(c.Accepted), cash(c.Cash, currency)
}
