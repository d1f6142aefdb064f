package workbook

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/compare"
	"tenderbatch/internal/result"
	"tenderbatch/internal/spreadsheet"
	"tenderbatch/internal/tender"
)

// snapshotRow is a change between two reports.
type snapshotRow struct {
	*result.SnapshotChange
	line     *result.SnapshotLine // the newest that has the instruction
	currency string
	zone     *time.Location
}

func (r *snapshotRow) principals() (was, now spreadsheet.Cell, change decimal.Decimal) {
	if was = spreadsheet.Principal(r.Was.Principal); r.Kind != result.SnapshotVanished {
		now = spreadsheet.Principal(r.Now.Principal)
	}
	return was, now, r.Difference()
}

func (r *snapshotRow) kind() spreadsheet.Cell {
	c := spreadsheet.Label(string(r.Kind))
	if r.Open {
		c = c.WithTone(spreadsheet.Bad)
	}
	return c
}

func (r *snapshotRow) state() spreadsheet.Cell {
	if r.Open {
		return openCell(true)
	}
	return spreadsheet.Label(r.Resolved)
}

// snapshotFields are the columns of Snapshots.
var snapshotFields = fields[snapshotRow]{
	{key: "depositary", column: spreadsheet.Column{Heading: "Depositary", Widest: 16},
		cell: func(r *snapshotRow) spreadsheet.Cell { return spreadsheet.Label(r.Depositary) }},
	{key: "instruction", column: spreadsheet.Column{Heading: "Instruction", Widest: 24},
		cell: func(r *snapshotRow) spreadsheet.Cell { return spreadsheet.Label(r.Instruction) }},
	{key: "kind", column: spreadsheet.Column{Heading: "Change"},
		cell: func(r *snapshotRow) spreadsheet.Cell { return r.kind() }},
	{key: "what", column: spreadsheet.Column{Heading: "What differs", Widest: 44},
		cell: func(r *snapshotRow) spreadsheet.Cell { return spreadsheet.Label(r.What) }},
	{key: "participant", column: spreadsheet.Column{Heading: "Participant"},
		cell: func(r *snapshotRow) spreadsheet.Cell { return spreadsheet.Label(r.line.Participant) }},
	{key: "series", column: spreadsheet.Column{Heading: "Series", Widest: 20},
		cell: func(r *snapshotRow) spreadsheet.Cell { return spreadsheet.Label(r.line.Series) }},
	{key: "currency", column: spreadsheet.Column{Heading: "Currency"},
		cell: func(r *snapshotRow) spreadsheet.Cell { return spreadsheet.Label(r.currency) }},
	{key: "window", column: spreadsheet.Column{Heading: "Window"},
		cell: func(r *snapshotRow) spreadsheet.Cell { return spreadsheet.Label(string(r.line.Window)) }},
	{key: "was", column: spreadsheet.Column{Heading: "Principal before", Right: true},
		cell: func(r *snapshotRow) spreadsheet.Cell { was, _, _ := r.principals(); return was }},
	{key: "now", column: spreadsheet.Column{Heading: "Principal now", Right: true},
		cell: func(r *snapshotRow) spreadsheet.Cell { _, now, _ := r.principals(); return now }},
	{key: "difference", column: spreadsheet.Column{Heading: "Difference", Right: true}, formula: "{now}-{was}",
		cell: func(r *snapshotRow) spreadsheet.Cell { return difference(r.principals()) }},
	{key: "file_was", column: spreadsheet.Column{Heading: "Report before", Widest: 30},
		cell: func(r *snapshotRow) spreadsheet.Cell { return spreadsheet.Label(r.Was.File) }},
	{key: "row_was", column: spreadsheet.Column{Heading: "Row", Right: true},
		cell: func(r *snapshotRow) spreadsheet.Cell { return rowCell(r.Was.Row) }},
	{key: "file_now", column: spreadsheet.Column{Heading: "Report now", Widest: 30},
		cell: func(r *snapshotRow) spreadsheet.Cell { return spreadsheet.Label(r.Now.File) }},
	{key: "row_now", column: spreadsheet.Column{Heading: "Row", Right: true},
		cell: func(r *snapshotRow) spreadsheet.Cell { return rowCell(r.Now.Row) }},
	{key: "deadline", column: spreadsheet.Column{Heading: "Deadline"},
		cell: func(r *snapshotRow) spreadsheet.Cell {
			return spreadsheet.InstantCell(r.Deadline, r.zone).Aligned(spreadsheet.Left)
		}},
	{key: "after", column: spreadsheet.Column{Heading: "After it"},
		cell: func(r *snapshotRow) spreadsheet.Cell { return spreadsheet.BoolCell(r.After) }},
	{key: "rule", column: spreadsheet.Column{Heading: "Rule"},
		cell: func(r *snapshotRow) spreadsheet.Cell { return spreadsheet.Label(r.Rule) }},
	{key: "state", column: spreadsheet.Column{Heading: "Finding", Widest: 30},
		cell: func(r *snapshotRow) spreadsheet.Cell { return r.state() }},
	{key: "counts", column: spreadsheet.Column{Heading: "Counts"},
		cell: func(r *snapshotRow) spreadsheet.Cell { return spreadsheet.BoolCell(r.Counts) }},
	{key: "accepted", column: spreadsheet.Column{Heading: "Accepted in this run", Right: true},
		cell: func(r *snapshotRow) spreadsheet.Cell { return spreadsheet.Principal(r.Accepted) }},
	{key: "cash", column: spreadsheet.Column{Heading: "Cash in this run", Right: true},
		cell: func(r *snapshotRow) spreadsheet.Cell { return spreadsheet.Cash(r.Cash, r.currency) }},
}

// snapshotReportRow is a report that was compared.
type snapshotReportRow struct {
	*result.SnapshotReport
	zone *time.Location
}

func (r *snapshotReportRow) use() spreadsheet.Cell {
	switch {
	case r.Unread != "":
		return spreadsheet.Label("not read").WithTone(spreadsheet.Bad)
	case r.Used:
		return spreadsheet.Label("used")
	}
	return spreadsheet.Label("compared")
}

func (r *snapshotReportRow) made() spreadsheet.Cell {
	words := madeWords(r.From, r.To, r.zone)
	switch {
	case r.Unread != "":
		words = r.Unread
	case r.KeptBy != "":
		words += "; the copy of run " + r.KeptBy
	}
	return spreadsheet.Label(words)
}

// ifRead is a figure of the report; empty if the report could not be read.
func (r *snapshotReportRow) ifRead(c spreadsheet.Cell) spreadsheet.Cell {
	if r.Unread != "" {
		return spreadsheet.Cell{}
	}
	return c
}

// snapshotReportFields stand above those of the changes, so each has its kind of
// content.
var snapshotReportFields = fields[snapshotReportRow]{
	{key: "depositary", column: spreadsheet.Column{Heading: "Depositary", Widest: 16},
		cell: func(r *snapshotReportRow) spreadsheet.Cell { return spreadsheet.Label(r.Depositary) }},
	{key: "report", column: spreadsheet.Column{Heading: "Report", Widest: 24},
		cell: func(r *snapshotReportRow) spreadsheet.Cell { return spreadsheet.Label(r.File) }},
	{key: "use", column: spreadsheet.Column{Heading: "Use"},
		cell: func(r *snapshotReportRow) spreadsheet.Cell { return r.use() }},
	{key: "made", column: spreadsheet.Column{Heading: "Made", Widest: 44},
		cell: func(r *snapshotReportRow) spreadsheet.Cell { return r.made() }},
	{}, {}, {}, {},
	{key: "tendered", column: spreadsheet.Column{Heading: "Tendered", Right: true},
		cell: func(r *snapshotReportRow) spreadsheet.Cell { return r.ifRead(spreadsheet.Principal(r.Tendered)) }},
	{key: "pending", column: spreadsheet.Column{Heading: "Pending", Right: true},
		cell: func(r *snapshotReportRow) spreadsheet.Cell { return r.ifRead(spreadsheet.Principal(r.Pending)) }},
	{key: "withdrawn", column: spreadsheet.Column{Heading: "Withdrawn", Right: true},
		cell: func(r *snapshotReportRow) spreadsheet.Cell { return r.ifRead(spreadsheet.Principal(r.Withdrawn)) }},
	{},
	{key: "rows", column: spreadsheet.Column{Heading: "Rows", Right: true},
		cell: func(r *snapshotReportRow) spreadsheet.Cell { return r.ifRead(spreadsheet.Count(r.Rows)) }},
	{key: "cancelled", column: spreadsheet.Column{Heading: "Cancelled", Right: true},
		cell: func(r *snapshotReportRow) spreadsheet.Cell { return r.ifRead(spreadsheet.Principal(r.Cancelled)) }},
	{key: "new", column: spreadsheet.Column{Heading: "New", Right: true},
		cell: func(r *snapshotReportRow) spreadsheet.Cell { return r.ifRead(spreadsheet.Count(r.New)) }},
	{key: "faulty", column: spreadsheet.Column{Heading: "With faults", Right: true},
		cell: func(r *snapshotReportRow) spreadsheet.Cell { return r.ifRead(spreadsheet.Principal(r.Faulty)) }},
	{key: "vanished", column: spreadsheet.Column{Heading: "Vanished", Right: true},
		cell: func(r *snapshotReportRow) spreadsheet.Cell { return r.ifRead(spreadsheet.Count(r.Vanished)) }},
	{key: "changed", column: spreadsheet.Column{Heading: "Changed", Right: true},
		cell: func(r *snapshotReportRow) spreadsheet.Cell { return r.ifRead(spreadsheet.Count(r.Changed)) }},
	{},
	{key: "carried", column: spreadsheet.Column{Heading: "Carried", Right: true},
		cell: func(r *snapshotReportRow) spreadsheet.Cell { return r.ifRead(spreadsheet.Count(r.Carried)) }},
	{key: "carried_principal", column: spreadsheet.Column{Heading: "Principal carried", Right: true},
		cell: func(r *snapshotReportRow) spreadsheet.Cell {
			return r.ifRead(spreadsheet.Principal(r.CarriedPrincipal))
		}},
	{},
}

const snapshotsTitle = "Snapshots: the reports of each depositary compared over time"

// laySnapshots lays out what the reports of each depositary say differently from one
// to the next.
func (b *workbook) laySnapshots() {
	if b.run.Snapshots == nil {
		return
	}
	s := b.frame.NewSheet("Snapshots", snapshotsTitle)
	b.snapshots = s
	s.Put(spreadsheet.BannerRow+1, 1, spreadsheet.Label(snapshotWords(b.run)).As(spreadsheet.InSubtitle))
	s.SetHeight(spreadsheet.BannerRow+1, 20)
	t := spreadsheet.Table{Columns: snapshotReportFields.columns(), None: "No report was compared."}
	for i := range b.run.Snapshots.Reports {
		t.Rows = append(t.Rows, snapshotReportFields.row(&snapshotReportRow{&b.run.Snapshots.Reports[i], b.run.Offer.Zone}))
	}
	s.Put(spreadsheet.FirstRow, 1,
		spreadsheet.Label("Reports (principal by status, currencies mixed)").As(spreadsheet.InSection))
	top := s.Table(spreadsheet.FirstRow+1, t).Bottom + 2
	s.Put(top, 1, spreadsheet.Label("Instructions").As(spreadsheet.InSection))
	changes := b.run.Snapshots.Changes
	none := "No report differs from the one before about a tender that counted."
	l := snapshotFields.list(len(changes), none, func() func(i int) *snapshotRow {
		return func(i int) *snapshotRow {
			c := &changes[i]
			return &snapshotRow{c, c.Line(), b.tally.currency(c.Line().Series), b.run.Offer.Zone}
		}
	})
	frozen := s.Frozen
	b.frame.Lay(l, s, top+1, 0, b.frame.Continuation(s, snapshotsTitle))
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
		words = append(words, fmt.Sprintf("%s: %s, cash in this run %s", s.Depositary, s.Words(),
			compare.Money(s.Cash, s.Currency)))
	}
	return "Open, to be resolved in the terms: " + strings.Join(words, "; ") + "."
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
