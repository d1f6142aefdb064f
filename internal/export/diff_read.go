package export

import (
	"encoding/json"
	"fmt"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/compare"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
)

// Result is what a published result.json says of a run, as far as runs are
// compared.
type Result struct {
	Offer, Issuer string
	Counts        result.Counts
	Inputs        []result.Input
	Series        []compare.SeriesResult
	Totals        *compare.TotalResult // nil: there is no rate for a series
	Caps          []compare.CapResult
	Funding       []compare.FundingResult
}

// ReadDocument reads a result.json as it is written.
func ReadDocument(content []byte) (*Document, error) {
	doc := &Document{}
	if err := json.Unmarshal(content, doc); err != nil {
		return nil, err
	}
	return doc, nil
}

// ReadResult reads a result.json. The error names the first amount that is none.
func ReadResult(content []byte) (*Result, error) {
	doc, err := ReadDocument(content)
	if err != nil {
		return nil, err
	}
	var a amountReader
	r := &Result{
		Offer: doc.Offer, Issuer: doc.Issuer, Counts: result.Counts(doc.Counts),
		Inputs: List(doc.Inputs, a.input), Series: List(doc.Series, a.series), Caps: List(doc.Caps, a.limit),
		Funding: List(doc.Funding, a.funding),
	}
	if t := doc.Totals; t != nil {
		r.Totals = &compare.TotalResult{Currency: t.Currency, Tendered: a.read("totals, tendered", t.Tendered),
			Accepted: a.read("totals, accepted", t.Accepted)}
	}
	return r, a.err
}

// amountReader reads amounts and remembers the first error.
type amountReader struct{ err error }

func (a *amountReader) read(place, text string) decimal.Decimal {
	d, err := decimal.NewFromString(text)
	if err != nil && a.err == nil {
		a.err = fmt.Errorf("%s: %w", place, err)
	}
	return d
}

func (a *amountReader) input(in inputJSON) result.Input {
	return result.Input{
		Depositary: in.Depositary, File: in.File, SHA256: in.SHA256, Bytes: in.Bytes, Sheet: in.Sheet,
		Rows: in.Rows, Counted: in.Counted, NotCounted: in.NotCounted, Rejected: in.Rejected,
		Principal: a.read(in.File+", principal", in.Principal),
	}
}

func (a *amountReader) series(s seriesJSON) compare.SeriesResult {
	return compare.SeriesResult{
		ID: s.ID, Title: s.Title, Currency: s.Currency,
		Early: a.read(s.ID+", tendered_early", s.TenderedEarly), Late: a.read(s.ID+", tendered_late", s.TenderedLate),
		Accepted: a.read(s.ID+", accepted", s.Accepted), Returned: a.read(s.ID+", returned", s.Returned),
		Factor: s.Factor, FactorEarly: s.FactorEarly, FactorLate: s.FactorLate,
	}
}

func (a *amountReader) limit(c capJSON) compare.CapResult {
	return compare.CapResult{
		Name: c.Name, Currency: c.Currency, Measure: c.Measure, Amount: a.read(c.Name+", amount", c.Amount),
		Used: a.read(c.Name+", used", c.Used), Left: a.read(c.Name+", left", c.Left),
	}
}

func (a *amountReader) funding(f fundingJSON) compare.FundingResult {
	place := "funding " + f.Currency + " " + f.SettlementDate
	return compare.FundingResult{
		Currency: f.Currency, Date: f.SettlementDate, Status: f.statusRead(),
		Principal: a.read(place+", principal", f.Principal),
		Cash: settle.Cash{
			Consideration:   a.read(place+", consideration", f.Consideration),
			EarlyPayment:    a.read(place+", early_payment", f.EarlyPayment),
			AccruedInterest: a.read(place+", accrued_interest", f.AccruedInterest),
		},
	}
}

// statusRead is the status of funding, also as version 0.1 wrote it.
func (f fundingJSON) statusRead() settle.Status {
	switch {
	case f.Status != "":
		return f.Status
	case f.PaidAlready:
		return settle.Paid
	}
	return settle.Due
}
