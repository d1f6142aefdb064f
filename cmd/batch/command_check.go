package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tenderbatch/internal/display"
	"tenderbatch/internal/ingest"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/terminal"
)

func newCheckCommand(w world) *cobra.Command {
	var req pipeline.Request
	var explain string
	var asJSON, showPricing bool
	c := &cobra.Command{
		Use:   "check OFFER",
		Short: "Check the terms and the files, and write nothing",
		Long: `check reads the terms and the inbox of the folder OFFER as a run would, shows how
each file was understood and what is wrong with it, and writes nothing.

--explain follows one row instead: from what its cells hold to what each was read
as, to its window, to what became of it and by which rule, and, if it counts, to
what is accepted of it, its cash and its wire.

--pricing shows instead how the price of each series at a spread was computed, so that
it can be computed again: yield, horizon, each payment with its date, exponent and
discount factor, the sum, accrued interest, and the price.`,
		Args: exactly("OFFER"),
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case asJSON && explain != "":
				return usage(c, errors.New("--json goes without --explain"))
			case showPricing && (asJSON || explain != ""):
				return usage(c, errors.New("--pricing goes without --json and --explain"))
			}
			w.fill(&req, args[0])
			var done func()
			req.Progress, done = terminal.NewProgress(w.stderr, w.now)
			e, err := pipeline.Check(c.Context(), req)
			done()
			if err != nil {
				return err
			}
			if showPricing {
				return printPricing(w.stdout, e)
			}
			if explain != "" {
				return printExplanations(c.Context(), w.stdout, e, explain)
			}
			print := printCheckResult
			if asJSON {
				print = writeCheckJSON
			}
			if err := print(w.stdout, e); err != nil {
				return err
			}
			for _, in := range e.Inputs {
				if in.Rejected > 0 {
					return pipeline.ErrRejects
				}
			}
			if slices.ContainsFunc(e.Findings, func(f tender.Finding) bool { return f.Open() }) {
				return pipeline.ErrRejects
			}
			return nil
		},
	}
	c.Flags().StringVar(&req.AsOf, "as-of", "", "check as of this instant, as in batch run")
	c.Flags().StringArrayVar(&req.Files, "file", nil,
		"check this depositary file, too, beside those of the inbox (may be repeated)")
	c.Flags().StringVar(&explain, "explain", "", "follow one row: FILE:ROW, or DEPOSITARY:INSTRUCTION")
	c.Flags().BoolVar(&showPricing, "pricing", false, "show how each price was computed from its yield")
	c.Flags().BoolVar(&asJSON, "json", false, "print all that was found as JSON; docs/result.md describes it")
	return c
}

func printCheckResult(out io.Writer, e *pipeline.CheckResult) error {
	p := &printer{w: out}
	p.linef("%s: %s, %s as of %s, terms version %d", e.Offer.ID, e.Offer.Issuer, e.Phase,
		tender.WallTime(e.AsOf, e.Offer.Zone), e.Offer.Version())
	if !e.Next.At.IsZero() {
		p.linef("  next due %s, %s", dayAndTime(e.Next.At), whatSlot(e.Next, e.Offer.Schedule))
	}
	p.linef("  a run needs about %s of memory", display.MiB(e.Need))
	for i, report := range e.Reports {
		p.linef("")
		p.report(e, report, e.Inputs[i])
		p.outcomes(e, report, e.Files[i].NotYet)
		p.fileTotals(e, e.Files[i], clocksOf(e.Offer, report.Depositary))
		for _, note := range report.Notes {
			p.linef("  note: %s", note)
		}
	}
	for _, f := range e.Choice.Ignored {
		p.linef("\n%s: left out: %s", f.Name, f.Reason)
	}
	p.snapshots(e)
	p.linef("")
	p.bookTotals(e)
	p.findingLists(result.GroupFindings(e.Offer, e.Findings, false), false)
	for _, warning := range e.Warnings {
		p.linef("warning: %s", warning)
	}
	return p.err
}

func (p *printer) report(e *pipeline.CheckResult, r ingest.Report, in result.Input) {
	p.linef("%s (%s%s): %s", r.File, r.Depositary, ageWords(&in, e.AsOf, e.Offer.Zone), r.Format)
	for _, s := range r.Sheets {
		p.sheet(s)
	}
	if len(r.Unread) > 0 {
		p.linef("  sheets not read as tenders: %s", strings.Join(r.Unread, ", "))
	}
	p.linef("  %d rows: %d counted, %d not counted, %d rejected", in.Rows, in.Counted, in.NotCounted, in.Rejected)
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
func (p *printer) outcomes(e *pipeline.CheckResult, r ingest.Report, notYet int) {
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
			p.linef("    %s: %s", cmp.Or(name, string(standing)), strings.Join(words, ", "))
		}
	}
}

// fileTotals shows the principal of a file by outcome, what counts of it by series and
// window, and, for a person to confirm, what was reported and when it was received, on the
// depositary's clocks.
func (p *printer) fileTotals(e *pipeline.CheckResult, f pipeline.FileTotals, zone *time.Location) {
	sum := f.Counted.Add(f.NotCounted).Add(f.Rejected)
	p.linef("  principal %s: %s counted, %s not counted, %s rejected", tender.Thousands(sum), tender.Thousands(f.Counted),
		tender.Thousands(f.NotCounted), tender.Thousands(f.Rejected))
	for i, s := range e.Offer.Series {
		if t := f.Series[i]; !t.Sum().IsZero() {
			p.linef("    %-14s %s  early %s, late %s", s.ID, s.Currency, tender.Thousands(t.Early), tender.Thousands(t.Late))
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
	p.linef("  reported, in whole units of each currency: %s", strings.Join(words, ", "))
	p.linef("  received from %s to %s", dayAndTime(f.First.In(zone)), dayAndTime(f.Last.In(zone)))
}

// sheet says how one sheet of a report was understood.
func (p *printer) sheet(s ingest.SheetReport) {
	where := ""
	if s.Name != "" {
		where = "sheet " + s.Name + ", "
	}
	p.linef("  %sheadings in row %d", where, s.HeadingRow)
	for _, c := range s.Columns {
		p.linef("  %-3s %-24s is the %s: %s", c.Letter, c.Heading, strings.ReplaceAll(c.Name, "_", " "), c.Why)
	}
	if s.Total != nil {
		p.linef("  the total in row %d agrees with the rows: %s", s.Total.Row, tender.Thousands(s.Total.Value))
	}
}

func (p *printer) bookTotals(e *pipeline.CheckResult) {
	rows := [][]string{{"series", "", "tendered early", "late", "outstanding"}}
	for i, s := range e.Offer.Series {
		t := e.Book.Totals[i]
		rows = append(rows, []string{s.ID, s.Currency, tender.Thousands(t.Early), tender.Thousands(t.Late),
			tender.Thousands(s.Outstanding)})
	}
	p.table(rows)
}

// findingLists lists where action is needed, and what else there is to know, by file,
// rule and value.
func (p *printer) findingLists(groups []result.FindingGroup, accepted bool) {
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
func (p *printer) groups(heading string, all []result.FindingGroup, some func(*result.FindingGroup) bool) {
	shown := false
	for i := range all {
		if !some(&all[i]) {
			continue
		}
		if !shown {
			p.linef("\n%s", heading)
			shown = true
		}
		p.linef("  %s", all[i].Sentence())
	}
}
