package batch

import (
	"context"
	"slices"
	"time"

	"tenderbatch/internal/export"
	"tenderbatch/internal/ingest"
	"tenderbatch/internal/schedule"
	"tenderbatch/internal/tender"
)

// Examination is how a run would understand the terms and the files.
type Examination struct {
	Offer   *tender.Offer
	AsOf    time.Time
	Phase   tender.Phase
	Next    schedule.Slot // when the scheduler runs the offer next; zero if it does not
	Choice  ingest.Choice
	Reports []ingest.Report
	Inputs  []export.Input
	Book    *tender.Book
	Rejects []tender.Reject

	Snapshots *export.Snapshots // nil if no earlier report was compared

	Files    []FileTotals // one for each report, in their order
	Warnings []tender.Warning

	in *intake
}

// FileTotals is what one file brings to the book.
type FileTotals struct {
	Balance
	NotYet int             // rows received after the instant of the run
	Series []tender.Totals // one for each series of the offer, in its order
}

// Explain follows a row of the files examined: FILE:ROW, or
// DEPOSITARY:INSTRUCTION. Its error is a *[UsageError].
func (e *Examination) Explain(ctx context.Context, where string) ([]Explanation, error) {
	explanations, err := e.in.explain(ctx, where)
	if err != nil {
		return nil, &UsageError{Message: err.Error()}
	}
	return explanations, nil
}

// Check reads the terms and the files as [Run] would and writes nothing. Its
// errors are those of Run.
func Check(ctx context.Context, req Request) (*Examination, error) {
	req.DryRun = true
	in, err := take(ctx, req)
	if err != nil {
		return nil, err
	}
	e := &Examination{
		Offer: in.offer, AsOf: in.asOf, Phase: in.offer.PhaseAt(in.asOf), Choice: in.choice,
		Reports: in.read.Reports, Inputs: in.inputs(), Book: in.book, Rejects: in.rejects(),
		Files: in.fileTotals(), Warnings: slices.Concat(in.warnings(), in.remarks()), Snapshots: in.compared.shown, in: in,
	}
	slices.SortStableFunc(e.Rejects, tender.CompareFindings)
	if next := in.plan.Next(in.now, 1); len(next) > 0 {
		e.Next = next[0]
	}
	return e, nil
}

// fileTotals adds up the book by file.
func (in *intake) fileTotals() []FileTotals {
	balances, at := in.balances(), make(map[string]int, len(in.read.Reports))
	all := make([]FileTotals, len(in.read.Reports))
	for i, report := range in.read.Reports {
		at[report.File] = i
		all[i] = FileTotals{Balance: balances[report.File], Series: make([]tender.Totals, len(in.offer.Series))}
	}
	for line := range in.read.Instructions() {
		if line.Received.After(in.asOf) {
			all[at[line.Source.File]].NotYet++
		}
	}
	for i := range in.book.Lines {
		l := &in.book.Lines[i]
		if l.Carried {
			continue // it is of no file that was used
		}
		series, ok := in.offer.SeriesByID(l.Series)
		if !ok {
			continue // the allocation refuses such a line by name
		}
		t := &all[at[l.Source.File]].Series[series]
		if l.Window == tender.Early {
			t.Early = t.Early.Add(l.Principal)
		} else {
			t.Late = t.Late.Add(l.Principal)
		}
	}
	return all
}
