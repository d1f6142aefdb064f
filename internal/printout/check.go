package printout

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"tenderbatch/internal/display"
	"tenderbatch/internal/ingest"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

func Check(out io.Writer, e *pipeline.CheckResult) error {
	p := &Printer{w: out}
	p.Linef("%s: %s, %s as of %s, terms version %d", e.Offer.ID, e.Offer.Issuer, e.Phase,
		tender.WallTime(e.AsOf, e.Offer.Zone), e.Offer.Version())
	if !e.Next.At.IsZero() {
		p.Linef("  next due %s, %s", DayAndTime(e.Next.At), WhatSlot(e.Next, e.Offer.Schedule))
	}
	p.Linef("  a run needs about %s of memory", display.MiB(e.Need))
	for i, report := range e.Reports {
		p.Linef("")
		p.report(e, report, e.Inputs[i])
		p.outcomes(e, report, e.Files[i].NotYet)
		p.fileTotals(e, e.Files[i], clocksOf(e.Offer, report.Depositary))
		for _, note := range report.Notes {
			p.Linef("  note: %s", note)
		}
	}
	for _, f := range e.Choice.Ignored {
		p.Linef("\n%s: left out: %s", f.Name, f.Reason)
	}
	p.snapshots(e)
	p.Linef("")
	p.bookTotals(e)
	p.findingLists(result.GroupFindings(e.Offer, e.Findings, false), false)
	for _, warning := range e.Warnings {
		p.Linef("warning: %s", warning)
	}
	return p.err
}

func (p *Printer) report(e *pipeline.CheckResult, r ingest.Report, in result.Input) {
	p.Linef("%s (%s%s): %s", r.File, r.Depositary, AgeWords(&in, e.AsOf, e.Offer.Zone), r.Format)
	for _, s := range r.Sheets {
		p.sheet(s)
	}
	if len(r.Unread) > 0 {
		p.Linef("  sheets not read as tenders: %s", strings.Join(r.Unread, ", "))
	}
	p.Linef("  %d rows: %d counted, %d not counted, %d rejected", in.Rows, in.Counted, in.NotCounted, in.Rejected)
}

// clocksOf is the zone of a depositary's times.
func clocksOf(o *tender.Offer, depositary string) *time.Location {
	for _, d := range o.Depositaries {
		if d.Name == depositary && d.Zone != nil {
			return d.Zone
		}
	}
	return o.Zone
}

// outcomes says by which rules rows of a file do not count, or count with a
// remark. A row can be in several of them.
func (p *Printer) outcomes(e *pipeline.CheckResult, r ingest.Report, notYet int) {
	for _, standing := range []tender.Disposition{tender.LineNotCounted, tender.LineRejected, tender.LineRemarked} {
		rows := map[string]map[tender.Source]bool{}
		for _, rej := range e.Findings {
			if rej.Source.File == r.File && rej.Disposition == standing {
				if rows[rej.Rule] == nil {
					rows[rej.Rule] = map[tender.Source]bool{}
				}
				rows[rej.Rule][rej.Source] = true
			}
		}
		var words []string
		for _, rule := range slices.Sorted(maps.Keys(rows)) {
			words = append(words, fmt.Sprintf("%s %d", rule, len(rows[rule])))
		}
		if standing == tender.LineNotCounted && r.Replaced > 0 {
			words = append(words, fmt.Sprintf("replaced by later reports %d", r.Replaced))
		}
		if standing == tender.LineNotCounted && notYet > 0 {
			words = append(words, fmt.Sprintf("received after the instant of the run %d", notYet))
		}
		if len(words) > 0 {
			name := map[tender.Disposition]string{tender.LineRemarked: "counted with a remark"}[standing]
			p.Linef("    %s: %s", cmp.Or(name, string(standing)), strings.Join(words, ", "))
		}
	}
}

// fileTotals shows the principal of a file by outcome, what counts of it by series and
// window, and, for a person to confirm, what was reported and when it was received, on the
// depositary's clocks.
func (p *Printer) fileTotals(e *pipeline.CheckResult, f pipeline.FileTotals, zone *time.Location) {
	sum := f.Counted.Add(f.NotCounted).Add(f.Rejected)
	p.Linef("  principal %s: %s counted, %s not counted, %s rejected", tender.Thousands(sum), tender.Thousands(f.Counted),
		tender.Thousands(f.NotCounted), tender.Thousands(f.Rejected))
	for i, s := range e.Offer.Series {
		if t := f.Series[i]; !t.Sum().IsZero() {
			p.Linef("    %-14s %s  early %s, late %s", s.ID, s.Currency, tender.Thousands(t.Early), tender.Thousands(t.Late))
		}
	}
	if len(f.Statuses) == 0 {
		return
	}
	var words []string
	for _, s := range f.Statuses {
		words = append(words, fmt.Sprintf("%s %s in %s", s.Status, tender.Thousands(s.Principal),
			display.Plural(s.Rows, "row", "rows")))
	}
	p.Linef("  reported, in whole units of each currency: %s", strings.Join(words, ", "))
	p.Linef("  received from %s to %s", DayAndTime(f.First.In(zone)), DayAndTime(f.Last.In(zone)))
}

// sheet says how one sheet of a report was understood.
func (p *Printer) sheet(s ingest.SheetReport) {
	where := ""
	if s.Name != "" {
		where = "sheet " + s.Name + ", "
	}
	if s.HeadingRow > 0 { // messages have none
		p.Linef("  %sheadings in row %d", where, s.HeadingRow)
	}
	for _, c := range s.Columns {
		p.Linef("  %-3s %-24s is the %s: %s", c.Letter, c.Heading, strings.ReplaceAll(c.Name, "_", " "), c.Why)
	}
	if s.Total != nil {
		p.Linef("  the total in row %d agrees with the rows: %s", s.Total.Row, tender.Thousands(s.Total.Value))
	}
}

func (p *Printer) bookTotals(e *pipeline.CheckResult) {
	rows := [][]string{{"series", "", "tendered early", "late", "outstanding"}}
	for i, s := range e.Offer.Series {
		t := e.Book.Totals[i]
		rows = append(rows, []string{s.ID, s.Currency, tender.Thousands(t.Early), tender.Thousands(t.Late),
			tender.Thousands(s.Outstanding)})
	}
	p.Table(rows)
}

// findingLists lists where action is needed, and what else there is to know, by file,
// rule and value.
func (p *Printer) findingLists(groups []result.FindingGroup, accepted bool) {
	p.groups("to act on:", groups, func(g *result.FindingGroup) bool { return g.Open })
	p.groups("accepted with the run:", groups, func(g *result.FindingGroup) bool {
		return accepted &&
			g.Findings[0].Open()
	})
	p.groups("counted, with a remark:", groups, func(g *result.FindingGroup) bool {
		return g.Outcome == tender.OutcomeRemark && !g.Findings[0].Open()
	})
	p.groups("resolved in the offer:", groups,
		func(g *result.FindingGroup) bool { return g.Outcome == tender.OutcomeResolved })
	p.groups("waived:", groups, func(g *result.FindingGroup) bool { return g.Outcome == tender.OutcomeWaived })
}

// groups lists some findings under a heading, which is left out if there are none.
func (p *Printer) groups(heading string, all []result.FindingGroup, some func(*result.FindingGroup) bool) {
	shown := false
	for i := range all {
		if !some(&all[i]) {
			continue
		}
		if !shown {
			p.Linef("\n%s", heading)
			shown = true
		}
		p.Linef("  %s", all[i].Sentence())
	}
}
