package pipeline

import (
	"context"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/inbox"
	"tenderbatch/internal/ingest"
	"tenderbatch/internal/need"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pricing"
	"tenderbatch/internal/result"
	"tenderbatch/internal/schedule"
	"tenderbatch/internal/tender"
)

// CheckResult is how a run would understand the terms and the files.
type CheckResult struct {
	Offer    *tender.Offer
	AsOf     time.Time
	Phase    tender.Phase
	Next     schedule.Slot // when the scheduler runs the offer next; zero if it does not
	Choice   inbox.Choice
	Reports  []ingest.Report
	Inputs   []result.Input
	Book     *tender.Book
	Findings []tender.Finding

	Snapshots *result.Snapshots // nil if no earlier report was compared

	Files    []FileTotals // one for each report, in their order
	Warnings []tender.Warning
	Need     int64             // bytes of memory that a run is estimated to need
	Prices   []*pricing.Result // how the price of each series was computed; nil for a fixed or unknown one

	in *Intake
}

// FileTotals is what one file brings to the book.
type FileTotals struct {
	Balance
	NotYet int             // rows received after the instant of the run
	Series []tender.Totals // one for each series of the offer, in its order

	// What a person would confirm of the instructions that could be read: from when to when
	// they were received, zero if there are none, and what the depositary says of them.
	First, Last time.Time
	Statuses    []StatusTotal // those that occur, in the order of [tender.Statuses]
}

// StatusTotal is what a file holds of one status: rows, and their principal, currencies
// mixed.
type StatusTotal struct {
	Status    tender.Status
	Rows      int
	Principal decimal.Decimal
}

// impress adds an instruction to what a person would confirm of its file.
func (f *FileTotals) impress(line *tender.Instruction) {
	if f.First.IsZero() || line.Received.Before(f.First) {
		f.First = line.Received
	}
	if line.Received.After(f.Last) {
		f.Last = line.Received
	}
	for i := range f.Statuses {
		if f.Statuses[i].Status == line.Status {
			f.Statuses[i].Rows++
			f.Statuses[i].Principal = f.Statuses[i].Principal.Add(line.Principal)
		}
	}
}

// Explain follows a row of the files examined: FILE:ROW, or
// DEPOSITARY:INSTRUCTION. Its error is a *[offerfolder.UsageError].
func (e *CheckResult) Explain(ctx context.Context, where string) ([]Explanation, error) {
	explanations, err := e.in.explain(ctx, where)
	if err != nil {
		return nil, &offerfolder.UsageError{Message: err.Error()}
	}
	return explanations, nil
}

// Check reads the terms and the files as [Run] would and writes nothing. Its
// errors are those of Run.
func Check(ctx context.Context, req Request) (*CheckResult, error) {
	req.DryRun = true
	if err := checkMemory(&req); err != nil {
		return nil, err
	}
	in, err := Take(ctx, req)
	if err != nil {
		return nil, err
	}
	if err := checkReleaseIn(req.Folder, in.Offer.Release); err != nil {
		return nil, err
	}
	e := &CheckResult{
		Offer: in.Offer, AsOf: in.AsOf, Phase: in.Offer.PhaseAt(in.AsOf), Choice: in.choice,
		Reports: in.read.Reports, Inputs: in.inputs(), Book: in.Book, Findings: in.rejects(),
		Files: in.fileTotals(), Warnings: slices.Concat(in.warnings(), priceWarnings(in.Offer), in.remarks()), Snapshots: in.compared.shown, in: in,
		Need: need.Of(req.Folder, req.Clock()),
	}
	if e.Prices, err = computedPrices(in.Offer); err != nil {
		return nil, err
	}
	if e.Phase == tender.Final && in.Offer.Release == nil {
		e.Warnings = append(e.Warnings, tender.Warnf(tender.WarnNoRelease, "a final run would be in force as soon as it is "+
			"computed; to have another person look first, add \"release: {approvals: 1}\" to offer.yaml"))
	}
	slices.SortStableFunc(e.Findings, tender.CompareFindings)
	if next := in.plan.Next(in.now, 1); len(next) > 0 {
		e.Next = next[0]
	}
	return e, nil
}

// fileTotals adds up the book by file.
func (in *Intake) fileTotals() []FileTotals {
	balances, at := in.balances(), make(map[string]int, len(in.read.Reports))
	all := make([]FileTotals, len(in.read.Reports))
	for i, report := range in.read.Reports {
		at[report.File] = i
		all[i] = FileTotals{Balance: balances[report.File], Series: make([]tender.Totals, len(in.Offer.Series))}
		for _, s := range tender.Statuses {
			all[i].Statuses = append(all[i].Statuses, StatusTotal{Status: s})
		}
	}
	for line := range in.read.Instructions() {
		all[at[line.Source.File]].impress(line)
		if line.Received.After(in.AsOf) {
			all[at[line.Source.File]].NotYet++
		}
	}
	for i := range in.Book.Lines {
		l := &in.Book.Lines[i]
		if l.Carried {
			continue // it is of no file that was used
		}
		series, ok := in.Offer.SeriesByID(l.Series)
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
	for i := range all {
		all[i].Statuses = slices.DeleteFunc(all[i].Statuses, func(s StatusTotal) bool { return s.Rows == 0 })
	}
	return all
}
