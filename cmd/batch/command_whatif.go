package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"tenderbatch/internal/export"
	"tenderbatch/internal/export/workbook"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/printout"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/terminal"
	"tenderbatch/internal/whatif"
)

func newWhatIfCommand(w world) *cobra.Command {
	var req pipeline.Request
	var q question
	c := &cobra.Command{
		Use:   "whatif OFFER",
		Short: "Show the same book under other caps, rates and prices; publish nothing",
		Long: `whatif works out the same book under other terms and shows it beside today's
result, per series and in cash, with what is not accepted then and why. With --yield and
--spread it prices series hypothetically, also before the terms have a yield; with --clearing
an auction clears at another level. With --sweep it shows how much of each level is accepted as
one of these values, or a cap, grows; with --solve it says the smallest that accepts all of a
level or series, as far as it can be bought at all, or what is in the way. Nothing is published.`,
		Example: `  batch whatif fixtures/level3-2004 --as-of 2004-11-12T17:00 --cap "Tender Cap=1105000000"
  batch whatif fixtures/level3-2004 --fx EUR/USD=1.30
  batch whatif OFFER --yield "UST 2027=3.62" --spread 5.450-2027=25
  batch whatif OFFER --clearing "2032 notes=905"
  batch whatif fixtures/level3-2004 --sweep "Tender Cap=450000000:1150000000:50000000" --csv
  batch whatif OFFER --sweep "yield UST 2027=3.5:4.0:0.1"
  batch whatif fixtures/level3-2004 --solve "accept all of 4"
  batch whatif OFFER --solve "spread 5.450-2027: accept all of 2 of Pool 1"`,
		Args: exactly("OFFER"),
		RunE: func(c *cobra.Command, args []string) error {
			w.fill(&req, args[0])
			if err := q.parse(); err != nil {
				return usage(c, err)
			}
			var done func()
			req.Progress, done = terminal.NewProgress(w.stderr, w.now)
			s, err := whatif.Open(c.Context(), req)
			done()
			if err != nil {
				return err
			}
			return q.answer(c.Context(), w.stdout, s)
		},
	}
	flags := c.Flags()
	flags.StringVar(&req.AsOf, "as-of", "", "the instant of the book, as in batch run")
	flags.StringArrayVar(&req.Files, "file", nil,
		"read this depositary file, too, beside those of the inbox (may be repeated)")
	q.flags(c)
	return c
}

// flags are those of the question.
func (q *question) flags(c *cobra.Command) {
	flags := c.Flags()
	flags.StringArrayVar(&q.caps, "cap", nil,
		"another amount for a cap, NAME=AMOUNT; a series' Maximum Offer Amount is named \"Maximum Offer Amount ID\" (may "+
			"be repeated)")
	flags.StringArrayVar(&q.rates, "fx", nil, "another exchange rate, FROM/TO=RATE (may be repeated)")
	flags.StringArrayVar(&q.yields, "yield", nil,
		"a yield in percent for a reference, NAME=YIELD: series at a spread over it are priced hypothetically (may be "+
			"repeated)")
	flags.StringArrayVar(&q.spreads, "spread", nil,
		"another fixed spread in basis points, SERIES=SPREAD, priced hypothetically (may be repeated)")
	flags.StringArrayVar(&q.clearings, "clearing", nil,
		"the level at which an auction clears, AUCTION=LEVEL, in place of what its bids come to (may be repeated)")
	flags.StringVar(&q.sweep, "sweep", "", "let a value grow, NAME=FROM:TO:STEP: the cap NAME, or \"yield NAME\", "+
		"\"spread NAME\" or \"clearing NAME\"")
	flags.StringVar(&q.solve, "solve", "",
		"\"accept all of LEVEL\" (in an offer with pools \"LEVEL of POOL\") or \"accept all of series ID\": the smallest "+
			"amount that does it of the cap over them, or, before a colon, of a cap NAME, \"yield NAME\", \"spread NAME\" "+
			"or \"clearing NAME\"")
	flags.BoolVar(&q.csv, "csv", false, "print --sweep as CSV")
	flags.StringVar(&q.workbook, "workbook", "", "also write the result then as a workbook into this new file; every sheet of "+
		"it says that it is hypothetical")
	flags.BoolVar(&q.json, "json", false, "print the answer as JSON; docs/result.md describes it")
}

// question is what the flags of whatif ask, as they were given and as parsed.
type question struct {
	caps, rates     []string
	yields, spreads []string
	clearings       []string
	sweep, solve    string
	csv, json       bool
	workbook        string // of the result then

	scenario whatif.Scenario
	grow     *whatif.Growth
	goal     *whatif.Goal    // of --solve
	seek     whatif.Variable // what --solve seeks; the zero Variable is the cap over the goal
}

func (q *question) parse() error {
	for _, given := range []struct {
		kind   whatif.Kind
		values []string
		form   string
	}{
		{whatif.CapAmount, q.caps, "NAME=AMOUNT"},
		{whatif.Yield, q.yields, "NAME=YIELD, with the name of a reference and percent, such as \"UST 2027=3.62\""},
		{whatif.FixedSpread, q.spreads, "SERIES=SPREAD, with the id of a series and basis points, such as 5-2030=75"},
		{whatif.ClearingLevel, q.clearings, "AUCTION=LEVEL, such as \"2032 notes=905\""},
	} {
		for _, text := range given.values {
			if err := q.set(given.kind, text, given.form); err != nil {
				return err
			}
		}
	}
	for _, text := range q.rates {
		pair, value, _ := strings.Cut(text, "=")
		rate, err := whatif.ParseRate(pair, value)
		if err != nil {
			return fmt.Errorf("--fx %q: %w", text, err)
		}
		q.scenario.Rates = append(q.scenario.Rates, rate)
	}
	switch {
	case q.csv && q.json:
		return fmt.Errorf("--csv and --json are two forms of one answer; give one of them")
	case q.csv && q.sweep == "":
		return fmt.Errorf("--csv goes with --sweep")
	case q.workbook != "" && q.sweep != "":
		return fmt.Errorf("--sweep has many results; --workbook goes with one: give the value as --cap, --yield, --spread or " +
			"--clearing")
	case q.sweep != "" && q.solve != "":
		return fmt.Errorf("--sweep and --solve ask different things; give one of them")
	}
	if err := q.parseSweep(); err != nil {
		return err
	}
	return q.parseSolve()
}

// set puts what one flag gives into the scenario.
func (q *question) set(kind whatif.Kind, text, form string) error {
	name, value, _ := strings.Cut(text, "=")
	v := whatif.Variable{Kind: kind, Name: name}
	amount, err := v.Parse(value)
	_, given := q.scenario.Setting(v)
	switch {
	case err != nil:
		return fmt.Errorf("--%s %q: write %s: %w", kind, text, form, err)
	case name == "":
		return fmt.Errorf("--%s %q: write %s", kind, text, form)
	case given:
		return fmt.Errorf("--%s %q: %s is given twice", kind, text, name)
	}
	q.scenario = q.scenario.With(v, amount)
	return nil
}

func (q *question) parseSweep() (err error) {
	if q.sweep == "" {
		return nil
	}
	if q.grow, err = whatif.ParseGrowth(q.sweep); err != nil {
		return fmt.Errorf("--sweep %q: %w", q.sweep, err)
	}
	return nil
}

func (q *question) parseSolve() (err error) {
	if q.solve == "" {
		return nil
	}
	if q.goal, q.seek, err = whatif.ParseGoal(q.solve); err != nil {
		return fmt.Errorf("--solve %q: %w", q.solve, err)
	}
	return nil
}

// answer prints what was asked: the solution, the sweep, or the comparison.
func (q *question) answer(ctx context.Context, out io.Writer, s *whatif.Session) error {
	switch {
	case q.goal != nil:
		return q.answerSolve(ctx, out, s)
	case q.grow != nil:
		return q.answerSweep(ctx, out, s)
	}
	other, err := s.Under(ctx, q.scenario)
	if err != nil {
		return err
	}
	if err := q.writeWorkbook(other); err != nil {
		return err
	}
	if q.json {
		return export.EncodeJSON(out, q.comparison(s, other))
	}
	return q.printComparison(out, s.Today, other)
}

// writeWorkbook writes the workbook of a result, if one is wanted.
func (q *question) writeWorkbook(then *result.Run) error {
	if q.workbook == "" {
		return nil
	}
	if _, err := os.Lstat(q.workbook); !errors.Is(err, fs.ErrNotExist) {
		return thereAlready(q.workbook, err)
	}
	var content bytes.Buffer
	if err := workbook.WriteWorkbook(&content, then); err != nil {
		return err
	}
	return writeWhole(q.workbook, content.Bytes())
}

func (q *question) answerSolve(ctx context.Context, out io.Writer, s *whatif.Session) error {
	found, err := s.Solve(ctx, q.seek, *q.goal, q.scenario)
	if err != nil {
		return err
	}
	if err := q.writeWorkbook(found.Then); err != nil {
		return err
	}
	if q.json {
		j := q.comparison(s, found.Then)
		j.Solution = newSolutionJSON(found)
		return export.EncodeJSON(out, j)
	}
	p := printout.New(out)
	p.Scenario(q.scenario, s.Today.Offer)
	for _, line := range found.Words(s.Today.Offer) {
		p.Linef("%s", line)
	}
	p.Linef("")
	p.Comparison(s.Today, found.Then)
	return p.Err()
}

func (q *question) answerSweep(ctx context.Context, out io.Writer, s *whatif.Session) error {
	points, last, err := s.Sweep(ctx, q.grow, q.scenario)
	if err != nil {
		return err
	}
	switch {
	case q.csv:
		return q.sweepCSV(out, s.Today.Offer, points)
	case q.json:
		j := q.answerJSON(s)
		j.Sweep = newSweepJSON(q.grow.Of.String(), s.Today.Offer, points)
		return export.EncodeJSON(out, j)
	}
	return q.sweepTable(out, s.Today.Offer, points, last)
}

// sweepColumns are those of --sweep as CSV: one line for each amount and series.
var sweepColumns = []string{"cap", "amount", "series", "level", "currency", "accepted", "factor", "accepted_in_all",
	"accepted_in_all_currency"}

func (q *question) sweepCSV(out io.Writer, o *tender.Offer, points []whatif.Point) error {
	rows := [][]string{sweepColumns}
	for _, point := range points {
		inAll, currency := "", ""
		if point.InAll != nil {
			inAll, currency = point.InAll.String(), o.TotalCurrency()
		}
		for n := range o.Series {
			series := &o.Series[n]
			rows = append(rows, []string{q.grow.Of.String(), point.Amount.String(), series.ID, strconv.Itoa(series.Priority),
				series.Currency, point.Accepted[n].String(), point.Factors[n], inAll, currency})
		}
	}
	return csv.NewWriter(out).WriteAll(rows)
}

func (q *question) sweepTable(out io.Writer, o *tender.Offer, points []whatif.Point, last *result.Run) error {
	rows := [][]string{{q.grow.Of.String()}}
	for _, series := range o.Series {
		rows[0] = append(rows[0], fmt.Sprintf("%s: %s %s", printout.LevelName(o, series), series.ID, series.Currency),
			"factor "+series.ID)
	}
	rows[0] = append(rows[0], "accepted in all "+o.TotalCurrency())
	for _, point := range points {
		row := []string{tender.Thousands(point.Amount)}
		for n := range point.Accepted {
			row = append(row, tender.Thousands(point.Accepted[n]), point.Factors[n])
		}
		if point.InAll != nil {
			row = append(row, tender.Thousands(*point.InAll))
		}
		rows = append(rows, row)
	}
	p := printout.New(out)
	p.Scenario(q.scenario, o)
	p.Table(rows)
	if len(points) > 1 && whatif.Level(points) {
		p.Linef("\n%s makes no difference between these amounts", q.grow.Of)
	}
	p.NotAccepted(fmt.Sprintf("with %s at %s", q.grow.Of, tender.Thousands(points[len(points)-1].Amount)), last)
	if q.grow.Of.Kind != whatif.CapAmount {
		p.Hypothetical(last)
	}
	p.Linef("\nnothing is published")
	return p.Err()
}

func (q *question) printComparison(out io.Writer, today, other *result.Run) error {
	p := printout.New(out)
	p.Scenario(q.scenario, other.Offer)
	for _, c := range q.scenario.Of(whatif.CapAmount) {
		p.Linef("%s", whatif.CapWords(c.Name, other))
	}
	if len(q.scenario.Settings) > len(q.scenario.Of(whatif.CapAmount)) {
		p.Prices("hypothetical prices:", other)
	}
	if len(q.scenario.Settings)+len(q.scenario.Rates) > 0 {
		if whatif.SameAccepted(today, other) {
			p.Linef("nothing changes in what is accepted")
		}
		p.Linef("")
	}
	p.Comparison(today, other)
	return p.Err()
}
