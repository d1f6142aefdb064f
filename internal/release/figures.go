package release

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/compare"
	"tenderbatch/internal/export"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
)

// figures are those of a run that an approver looks at, from the files that were published.
type figures struct {
	issuer string
	counts ledger.Counts
	totals []ledger.Total // by currency, in the order of the series
}

// figuresOf reads the figures of a run.
func figuresOf(run *ledger.Run) (f figures, err error) {
	path := filepath.Join(run.Folder(), result.JSONName)
	content, err := run.Read(result.JSONName)
	if err != nil {
		return f, err
	}
	kept, err := export.ReadResult(content)
	if err != nil {
		return f, fmt.Errorf("%s: %w", path, err)
	}
	c := kept.Counts
	f.issuer = kept.Issuer
	f.counts = ledger.Counts{Rows: c.Rows, Counted: c.Counted, NotCounted: c.NotCounted, Rejected: c.Rejected,
		Open: c.Open}
	for _, currency := range currencies(kept.Series) {
		var tendered, accepted decimal.Decimal
		for _, s := range kept.Series {
			if s.Currency == currency {
				tendered, accepted = tendered.Add(s.Early).Add(s.Late), accepted.Add(s.Accepted)
			}
		}
		f.totals = append(f.totals, ledger.Total{Currency: currency, Tendered: tendered.String(), Accepted: accepted.String(),
			ToWire: toWire(kept.Funding, currency).String()})
	}
	return f, nil
}

// currencies are those of some series, in their order.
func currencies(series []compare.SeriesResult) (all []string) {
	for _, s := range series {
		if !slices.Contains(all, s.Currency) {
			all = append(all, s.Currency)
		}
	}
	return all
}

// toWire is what is to be wired in a currency, on all days.
func toWire(funding []compare.FundingResult, currency string) (sum decimal.Decimal) {
	for _, f := range funding {
		if f.Currency == currency && f.Status == settle.Due {
			sum = sum.Add(f.Total())
		}
	}
	return sum
}

// against compares the run with the one that was paid on before it, if there is one.
func (d *desk) against() (*ledger.Approval, error) {
	a := &ledger.Approval{Against: Base(d.archive.Entries(), d.run.Manifest.Run), Changes: []ledger.CashChange{}}
	if a.Against == "" {
		return a, nil
	}
	diff, err := pipeline.Diff(filepath.Join(d.runs, a.Against), d.run.Folder(), d.req.Version)
	if err != nil {
		return nil, err
	}
	var was, now []compare.FundingResult
	var all []string
	for _, p := range diff.Funding {
		if p.Was != nil {
			was = append(was, *p.Was)
		}
		if p.Now != nil {
			now = append(now, *p.Now)
		}
		if c := p.Either().Currency; !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	for _, c := range all {
		a.Changes = append(a.Changes, ledger.CashChange{Currency: c, Was: toWire(was, c).String(),
			Now: toWire(now, c).String()})
	}
	a.Lines, a.Terms = map[string]int{}, len(diff.Terms)
	for _, line := range diff.Lines {
		a.Lines[string(line.Kind)]++
	}
	return a, nil
}
