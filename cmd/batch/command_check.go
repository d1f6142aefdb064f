package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"tenderbatch/internal/batch"
	"tenderbatch/internal/export"
	"tenderbatch/internal/ingest"
	"tenderbatch/internal/tender"
)

func newCheckCommand(w world) *cobra.Command {
	var req batch.Request
	c := &cobra.Command{
		Use:   "check OFFER",
		Short: "Check the terms and the files, and write nothing",
		Long: `check reads the terms and the inbox of the folder OFFER as a run would, shows how
each file was understood and what is wrong with it, and writes nothing.`,
		Args: exactly("OFFER"),
		RunE: func(_ *cobra.Command, args []string) error {
			w.fill(&req, args[0])
			e, err := batch.Check(req)
			if err != nil {
				return err
			}
			if err := printExamination(w.stdout, e); err != nil {
				return err
			}
			for _, in := range e.Inputs {
				if in.Rejected > 0 {
					return errRejects
				}
			}
			return nil
		},
	}
	c.Flags().StringVar(&req.AsOf, "as-of", "", "check as of this instant, as in batch run")
	c.Flags().StringArrayVar(&req.Files, "file", nil, "check this depositary file, too, beside those of the inbox (may be repeated)")
	return c
}

func printExamination(out io.Writer, e *batch.Examination) error {
	p := &printer{w: out}
	p.linef("%s: %s, %s as of %s, terms version %d", e.Offer.ID, e.Offer.Issuer, e.Phase,
		e.AsOf.In(e.Offer.Zone).Format("2006-01-02 15:04:05 MST"), e.Offer.Version())
	if !e.Next.IsZero() {
		p.linef("  schedule %q, next due %s", e.Offer.Schedule, e.Next.Format("Mon 2006-01-02 15:04 MST"))
	}
	for i, report := range e.Reports {
		p.linef("")
		p.report(report, e.Inputs[i])
	}
	for _, f := range e.Choice.Ignored {
		p.linef("\n%s: left out: %s", f.Name, f.Reason)
	}
	p.linef("")
	p.bookTotals(e)
	p.rejects(e.Rejects)
	return p.err
}

func (p *printer) report(r ingest.Report, in export.Input) {
	where := r.File
	if r.Sheet != "" {
		where += ", sheet " + r.Sheet
	}
	p.linef("%s (%s), headings in row %d", where, r.Depositary, r.HeadingRow)
	for _, c := range r.Columns {
		p.linef("  %-3s %-24s is the %s: %s", c.Letter, c.Heading, strings.ReplaceAll(c.Name, "_", " "), c.Why)
	}
	p.linef("  %d rows: %d counted, %d not counted, %d rejected", in.Rows, in.Counted, in.NotCounted, in.Rejected)
	if r.Total != nil {
		p.linef("  the total in row %d agrees with the rows: %s", r.Total.Row, thousands(r.Total.Value))
	}
	for _, note := range r.Notes {
		p.linef("  note: %s", note)
	}
}

func (p *printer) bookTotals(e *batch.Examination) {
	rows := [][]string{{"series", "", "tendered early", "late", "outstanding"}}
	for i, s := range e.Offer.Series {
		t := e.Book.Totals[i]
		rows = append(rows, []string{s.ID, s.Currency, thousands(t.Early), thousands(t.Late), thousands(s.Outstanding)})
	}
	p.table(rows)
}

// rejects lists what somebody must act on or know.
func (p *printer) rejects(all []tender.Reject) {
	shown := false
	for _, rej := range all {
		if rej.Standing == tender.StandingNotCounted {
			continue
		}
		if !shown {
			p.linef("\nto act on:")
			shown = true
		}
		value := ""
		if rej.Value != "" {
			value = fmt.Sprintf(" holds %q", rej.Value)
		}
		p.linef("  %s %s%s: %s; %s [%s]", rej.Source.File, place(rej), value, rej.Message, rej.Advice, rej.Rule)
	}
}
