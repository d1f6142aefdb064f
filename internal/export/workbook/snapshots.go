package workbook

import (
	"fmt"
	"strings"
	"time"

	"tenderbatch/internal/compare"
	"tenderbatch/internal/result"
	"tenderbatch/internal/spreadsheet"
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

var snapshotColumns = []spreadsheet.Column{
	{Heading: "Depositary", Widest: 16},
	{Heading: "Instruction", Widest: 24},
	{Heading: "Change"},
	{Heading: "What differs", Widest: 44},
	{Heading: "Participant"},
	{Heading: "Series", Widest: 20},
	{Heading: "Currency"},
	{Heading: "Window"},
	{Heading: "Principal before", Right: true},
	{Heading: "Principal now", Right: true},
	{Heading: "Difference", Right: true},
	{Heading: "Report before", Widest: 30},
	{Heading: "Row", Right: true},
	{Heading: "Report now", Widest: 30},
	{Heading: "Row", Right: true},
	{Heading: "Deadline"},
	{Heading: "After it"},
	{Heading: "Rule"},
	{Heading: "Finding", Widest: 30},
	{Heading: "Counts"},
	{Heading: "Accepted in this run", Right: true},
	{Heading: "Cash in this run", Right: true},
}

// snapshotReportColumns stand above those of the changes, so each has its kind of
// content.
var snapshotReportColumns = []spreadsheet.Column{
	{Heading: "Depositary", Widest: 16}, {Heading: "Report", Widest: 24}, {Heading: "Use"}, {Heading: "Made", Widest: 44},
	{}, {}, {}, {},
	{Heading: "Tendered", Right: true}, {Heading: "Pending", Right: true}, {Heading: "Withdrawn", Right: true},
	{}, {Heading: "Rows", Right: true},
	{Heading: "Cancelled", Right: true}, {Heading: "New", Right: true},
	{Heading: "With faults", Right: true}, {Heading: "Vanished", Right: true}, {Heading: "Changed", Right: true},
	{}, {Heading: "Carried", Right: true}, {Heading: "Principal carried", Right: true}, {},
}

const snapshotsTitle = "Snapshots: the reports of each depositary compared over time"

// laySnapshots lays out what the reports of each depositary say differently from one
// to the next.
func (b *workbook) laySnapshots() {
	if b.run.Snapshots == nil {
		return
	}
	s := b.NewSheet("Snapshots", snapshotsTitle)
	b.snapshots = s
	s.Put(spreadsheet.BannerRow+1, 1, spreadsheet.Label(snapshotWords(b.run)).As(spreadsheet.InSubtitle))
	s.SetHeight(spreadsheet.BannerRow+1, 20)
	t := spreadsheet.Table{Columns: snapshotReportColumns, None: "No report was compared."}
	for i := range b.run.Snapshots.Reports {
		t.Rows = append(t.Rows, b.snapshotReportRow(&b.run.Snapshots.Reports[i]))
	}
	s.Put(spreadsheet.FirstRow, 1, spreadsheet.Label("Reports (principal by status, currencies mixed)").As(spreadsheet.InSection))
	top := s.Table(spreadsheet.FirstRow+1, t).Bottom + 2
	s.Put(top, 1, spreadsheet.Label("Instructions").As(spreadsheet.InSection))
	changes := b.run.Snapshots.Changes
	l := &spreadsheet.Listing{Columns: snapshotColumns, Count: len(changes), None: "No report differs from the one before about a tender that counted."}
	l.Maker = func() spreadsheet.RowMaker {
		return func(i int, cells []spreadsheet.Cell) { b.snapshotRow(&changes[i], cells) }
	}
	frozen := s.Frozen
	b.Lay(l, s, top+1, 0, b.Continuation(s, snapshotsTitle))
	s.Frozen = frozen
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
		words = append(words, fmt.Sprintf("%s: %s, cash in this run %s", s.Depositary, s.Words(), compare.Money(s.Cash, s.Currency)))
	}
	return "Open, to be resolved in the terms: " + strings.Join(words, "; ") + "."
}

func (b *workbook) snapshotReportRow(r *result.SnapshotReport) []spreadsheet.Cell {
	cells := make([]spreadsheet.Cell, len(snapshotReportColumns))
	use := "compared"
	if r.Used {
		use = "used"
	}
	cells[snpDepositary-1], cells[snpInstruction-1], cells[snpKind-1] = spreadsheet.Label(r.Depositary), spreadsheet.Label(r.File), spreadsheet.Label(use)
	cells[snpWhat-1] = spreadsheet.Label(madeWords(r.From, r.To, b.run.Offer.Zone))
	if r.KeptBy != "" {
		cells[snpWhat-1] = spreadsheet.Label(cells[snpWhat-1].Text() + "; the copy of run " + r.KeptBy)
	}
	if r.Unread != "" {
		cells[snpKind-1], cells[snpWhat-1] = spreadsheet.Label("not read").WithTone(spreadsheet.Bad), spreadsheet.Label(r.Unread)
		return cells
	}
	cells[snpWas-1], cells[snpNow-1], cells[snpDifference-1] = spreadsheet.Principal(r.Tendered), spreadsheet.Principal(r.Pending), spreadsheet.Principal(r.Withdrawn)
	cells[snpRowWas-1], cells[snpFileNow-1], cells[snpRowNow-1] = spreadsheet.Count(r.Rows), spreadsheet.Principal(r.Cancelled), spreadsheet.Count(r.New)
	cells[snpDeadline-1], cells[snpAfter-1], cells[snpRule-1] = spreadsheet.Principal(r.Faulty), spreadsheet.Count(r.Vanished), spreadsheet.Count(r.Changed)
	cells[snpCounts-1], cells[snpAccepted-1] = spreadsheet.Count(r.Carried), spreadsheet.Principal(r.CarriedPrincipal)
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

func (b *workbook) snapshotRow(c *result.SnapshotChange, cells []spreadsheet.Cell) {
	l, currency := c.Line(), b.tally.currency(c.Line().Series)
	kind, state := spreadsheet.Label(string(c.Kind)), spreadsheet.Cell{}
	switch {
	case c.Open:
		kind, state = kind.WithTone(spreadsheet.Bad), spreadsheet.Label("open").WithTone(spreadsheet.Bad)
	case c.Resolved != "":
		state = spreadsheet.Label(c.Resolved)
	}
	for col, text := range map[int]string{
		snpDepositary: c.Depositary, snpInstruction: c.Instruction, snpWhat: c.What, snpParticipant: l.Participant, snpSeries: l.Series,
		snpCurrency: currency, snpWindow: string(l.Window), snpFileWas: c.Was.File, snpFileNow: c.Now.File, snpRule: c.Rule,
	} {
		cells[col-1] = spreadsheet.Label(text)
	}
	cells[snpKind-1], cells[snpState-1] = kind, state
	was, now := spreadsheet.Principal(c.Was.Principal), spreadsheet.Principal(c.Now.Principal)
	if c.Kind == result.SnapshotVanished {
		now = spreadsheet.Cell{}
	}
	wasAndNow(cells, snpWas, was, now, c.Difference())
	for col, row := range map[int]int{snpRowWas: c.Was.Row, snpRowNow: c.Now.Row} {
		if row > 0 {
			cells[col-1] = spreadsheet.Count(row).Formatted("0")
		}
	}
	cells[snpDeadline-1] = spreadsheet.InstantCell(c.Deadline, b.run.Offer.Zone).Aligned(spreadsheet.Left)
	cells[snpAfter-1], cells[snpCounts-1] = spreadsheet.BoolCell(c.After), spreadsheet.BoolCell(c.Counts)
	cells[snpAccepted-1], cells[snpCash-1] = spreadsheet.Principal(c.Accepted), spreadsheet.Cash(c.Cash, currency)
}
