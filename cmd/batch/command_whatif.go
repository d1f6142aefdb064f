package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/export"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/whatif"
)

func newWhatIfCommand(w world) *cobra.Command {
	var req pipeline.Request
	var q question
	c := &cobra.Command{
		Use:   "whatif OFFER",
		Short: "Show the same book under other caps and rates; publish nothing",
		Long: `whatif works out the same book under other terms and shows it beside today's
result, per series and in cash, with what is not accepted then and why. With --yield it
prices series at a spread hypothetically, also before the terms have a yield. With --sweep
it shows how much of each level is accepted as one cap grows; with --solve it says the
smallest cap that accepts all of a level or series, as far as it can be bought at all, or
what is in the way. Nothing is published.`,
		Example: `  batch whatif fixtures/level3-2004 --as-of 2004-11-12T17:00 --cap "Tender Cap=1105000000"
  batch whatif fixtures/level3-2004 --fx EUR/USD=1.30
  batch whatif OFFER --yield "UST 2027=3.62"
  batch whatif fixtures/level3-2004 --sweep "Tender Cap=450000000:1150000000:50000000" --csv
  batch whatif fixtures/level3-2004 --solve "accept all of 4"`,
		Args: exactly("OFFER"),
		RunE: func(c *cobra.Command, args []string) error {
			w.fill(&req, args[0])
			if err := q.parse(); err != nil {
				return usage(c, err)
			}
			var done func()
			req.Progress, done = w.newProgress()
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
	flags.StringArrayVar(&q.caps, "cap", nil,
		"another amount for a cap, NAME=AMOUNT; a series' Maximum Offer Amount is named \"Maximum Offer Amount ID\" (may "+
			"be repeated)")
	flags.StringArrayVar(&q.rates, "fx", nil, "another exchange rate, FROM/TO=RATE (may be repeated)")
	flags.StringArrayVar(&q.yields, "yield", nil,
		"a yield in percent for a reference, NAME=YIELD: series at a spread over it are priced hypothetically (may be "+
			"repeated)")
	flags.StringVar(&q.sweep, "sweep", "", "let a cap grow, NAME=FROM:TO:STEP")
	flags.StringVar(&q.solve, "solve", "",
		"\"accept all of LEVEL\" or \"accept all of series ID\": the smallest amount of the cap over all (or of NAME, "+
			"with \"NAME: accept all of LEVEL\") that does it")
	flags.BoolVar(&q.csv, "csv", false, "print --sweep as CSV")
	flags.BoolVar(&q.json, "json", false, "print the answer as JSON; docs/result.md describes it")
	return c
}

// question is what the flags of whatif ask, as they were given and as parsed.
type question struct {
	caps, rates  []string
	yields       []string
	sweep, solve string
	csv, json    bool

	scenario whatif.Scenario
	grow     *growth
	goal     *whatif.Goal // of --solve
	solveCap string       // "" for the cap over all
}

// growth is the amounts that a cap runs through.
type growth struct {
	name           string
	from, to, step decimal.Decimal
}

// mostSteps bounds a sweep: no one reads more lines than that.
const mostSteps = 10_000

var (
	amountForm = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
	solveForm  = regexp.MustCompile(`^(?:(.+): *)?accept all of (?:(?:level )?([0-9]+)|series (.+))$`)
)

func (q *question) parse() error {
	for _, text := range q.caps {
		name, value, _ := strings.Cut(text, "=")
		amount, err := parseAmount(value)
		if err != nil {
			return fmt.Errorf("--cap %q: write NAME=AMOUNT: %w", text, err)
		}
		if slices.ContainsFunc(q.scenario.Caps, func(c whatif.CapAmount) bool { return c.Name == name }) {
			return fmt.Errorf("--cap %q: %s is given twice", text, name)
		}
		q.scenario.Caps = append(q.scenario.Caps, whatif.CapAmount{Name: name, Amount: amount})
	}
	for _, text := range q.rates {
		pair, value, _ := strings.Cut(text, "=")
		from, to, ok := strings.Cut(pair, "/")
		rate, err := parseAmount(value)
		if err != nil || !ok || rate.IsZero() {
			return fmt.Errorf("--fx %q: write FROM/TO=RATE, such as EUR/USD=1.30", text)
		}
		q.scenario.Rates = append(q.scenario.Rates, tender.Rate{From: from, To: to, Rate: rate})
	}
	if err := q.parseYields(); err != nil {
		return err
	}
	switch {
	case q.csv && q.json:
		return fmt.Errorf("--csv and --json are two forms of one answer; give one of them")
	case q.csv && q.sweep == "":
		return fmt.Errorf("--csv goes with --sweep")
	case q.sweep != "" && q.solve != "":
		return fmt.Errorf("--sweep and --solve ask different things; give one of them")
	}
	if err := q.parseSweep(); err != nil {
		return err
	}
	return q.parseSolve()
}

func (q *question) parseYields() error {
	for _, text := range q.yields {
		name, value, _ := strings.Cut(text, "=")
		digits, negative := strings.CutPrefix(value, "-")
		percent, err := parseAmount(digits)
		if err != nil || name == "" {
			return fmt.Errorf("--yield %q: write NAME=YIELD, with the name of a reference and percent, such as "+
				"\"UST 2027=3.62\"", text)
		}
		if negative {
			percent = percent.Neg()
		}
		if slices.ContainsFunc(q.scenario.Yields, func(y whatif.Yield) bool { return y.Reference == name }) {
			return fmt.Errorf("--yield %q: %s is given twice", text, name)
		}
		q.scenario.Yields = append(q.scenario.Yields, whatif.Yield{Reference: name, Percent: percent})
	}
	return nil
}

func parseAmount(text string) (decimal.Decimal, error) {
	if !amountForm.MatchString(text) {
		return decimal.Zero, fmt.Errorf("%q is no amount; write digits without separators", text)
	}
	return decimal.NewFromString(text)
}

func (q *question) parseSweep() error {
	if q.sweep == "" {
		return nil
	}
	name, value, _ := strings.Cut(q.sweep, "=")
	parts := strings.Split(value, ":")
	if len(parts) != 3 {
		return fmt.Errorf("--sweep %q: write NAME=FROM:TO:STEP", q.sweep)
	}
	g := &growth{name: name}
	for i, into := range []*decimal.Decimal{&g.from, &g.to, &g.step} {
		amount, err := parseAmount(parts[i])
		if err != nil {
			return fmt.Errorf("--sweep %q: %w", q.sweep, err)
		}
		*into = amount
	}
	if g.step.IsZero() || g.to.LessThan(g.from) ||
		g.to.Sub(g.from).GreaterThan(g.step.Mul(decimal.NewFromInt(mostSteps))) {
		return fmt.Errorf("--sweep %q: FROM must not exceed TO, and STEP must take at most %d steps between them", q.sweep,
			mostSteps)
	}
	q.grow = g
	return nil
}

func (q *question) parseSolve() error {
	if q.solve == "" {
		return nil
	}
	m := solveForm.FindStringSubmatch(q.solve)
	if m == nil {
		return fmt.Errorf("--solve %q: write \"accept all of LEVEL\" or \"accept all of series ID\", or either after "+
			"\"NAME: \" for the cap NAME", q.solve)
	}
	q.goal, q.solveCap = &whatif.Goal{Series: m[3]}, m[1]
	if m[2] == "" {
		return nil
	}
	level, err := strconv.Atoi(m[2])
	if err != nil || level < 1 {
		return fmt.Errorf("--solve %q: levels begin at 1, and %s is none; what is bought any and all has no level, and no "+
			"cap cuts it back", q.solve, m[2])
	}
	q.goal.Level = level
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
	if q.json {
		return export.EncodeJSON(out, q.comparison(s, other))
	}
	return q.printComparison(out, s.Today, other)
}

func (q *question) answerSolve(ctx context.Context, out io.Writer, s *whatif.Session) error {
	name := q.solveCap
	for _, c := range s.Today.Offer.Caps {
		if name == "" && s.Today.Offer.CoversAll(c) {
			name = c.Name
		}
	}
	if name == "" {
		return &offerfolder.UsageError{Message: fmt.Sprintf("the offer has no cap over all; name one: --solve \"NAME: "+
			"accept all of %s\"", q.goal)}
	}
	found, err := s.Solve(ctx, name, *q.goal, q.scenario)
	if err != nil {
		return err
	}
	if q.json {
		j := q.comparison(s, found.Then)
		j.Solution = newSolutionJSON(found)
		return export.EncodeJSON(out, j)
	}
	p := &printer{w: out}
	p.solution(found)
	p.linef("")
	p.comparison(s.Today, found.Then)
	return p.err
}

// solution says the smallest amount, what it cannot buy, and whether the cap does it as
// it is.
func (p *printer) solution(found *whatif.Solution) {
	what := "accepts all of " + found.Goal.String()
	if found.Room {
		what = "has room for all of " + found.Goal.String()
	}
	if len(found.LeftOut) > 0 {
		what += " that can be bought"
	}
	if found.Room {
		what += ", and for all that comes before it"
	}
	p.linef("the smallest %s that %s: %s %s", found.Cap.Name, what, tender.Thousands(found.Amount), found.Cap.Currency)
	for _, l := range found.LeftOut {
		p.linef("left out: %s", l)
	}
	if found.Reached {
		p.linef("%s as it is, %s %s, accepts all of it already", found.Cap.Name, tender.Thousands(found.Cap.Amount),
			found.Cap.Currency)
	}
}

func (q *question) answerSweep(ctx context.Context, out io.Writer, s *whatif.Session) error {
	for _, c := range q.scenario.Caps {
		if c.Name == q.grow.name {
			return &offerfolder.UsageError{Message: fmt.Sprintf("--sweep runs %s through its amounts; leave out --cap \"%s=%s\"", c.Name, c.Name, c.Amount)}
		}
	}
	var results []*result.Run
	var amounts []decimal.Decimal
	for amount := q.grow.from; !amount.GreaterThan(q.grow.to); amount = amount.Add(q.grow.step) {
		r, err := s.Under(ctx, q.scenario.With(q.grow.name, amount))
		if err != nil {
			return err
		}
		results, amounts = append(results, r), append(amounts, amount)
	}
	switch {
	case q.csv:
		return q.sweepCSV(out, amounts, results)
	case q.json:
		j := q.answerJSON(s)
		j.Sweep = newSweepJSON(q.grow.name, amounts, results)
		return export.EncodeJSON(out, j)
	}
	return q.sweepTable(out, s.Today.Offer, amounts, results)
}

// sweepColumns are those of --sweep as CSV: one line for each amount and series.
var sweepColumns = []string{"cap", "amount", "series", "level", "currency", "accepted", "factor", "accepted_in_all",
	"accepted_in_all_currency"}

func (q *question) sweepCSV(out io.Writer, amounts []decimal.Decimal, results []*result.Run) error {
	rows := [][]string{sweepColumns}
	for i, r := range results {
		inAll, currency := "", ""
		if sum, ok := r.AcceptedInAll(); ok {
			inAll, currency = sum.String(), r.Offer.TotalCurrency()
		}
		for n, a := range r.Allocation.Series {
			series := r.Offer.Series[n]
			rows = append(rows, []string{q.grow.name, amounts[i].String(), series.ID, strconv.Itoa(series.Priority),
				series.Currency,
				a.Sum().String(), a.FactorWords(), inAll, currency})
		}
	}
	return csv.NewWriter(out).WriteAll(rows)
}

func (q *question) sweepTable(out io.Writer, o *tender.Offer, amounts []decimal.Decimal, results []*result.Run) error {
	rows := [][]string{{q.grow.name}}
	for _, series := range o.Series {
		rows[0] = append(rows[0], fmt.Sprintf("%s: %s %s", levelName(o, series), series.ID, series.Currency),
			"factor "+series.ID)
	}
	rows[0] = append(rows[0], "accepted in all "+o.TotalCurrency())
	for i, r := range results {
		row := []string{tender.Thousands(amounts[i])}
		for _, a := range r.Allocation.Series {
			row = append(row, tender.Thousands(a.Sum()), a.FactorWords())
		}
		if sum, ok := r.AcceptedInAll(); ok {
			row = append(row, tender.Thousands(sum))
		}
		rows = append(rows, row)
	}
	p := &printer{w: out}
	p.table(rows)
	last := len(results) - 1
	if len(results) > 1 && !slices.ContainsFunc(results, func(r *result.Run) bool {
		return !sameAccepted(r,
			results[0])
	}) {
		p.linef("\n%s makes no difference between these amounts", q.grow.name)
	}
	p.notAccepted(fmt.Sprintf("with %s at %s", q.grow.name, tender.Thousands(amounts[last])), results[last])
	return p.err
}

// levelName is how a sweep names a series' level.
func levelName(o *tender.Offer, s tender.Series) string {
	if s.Priority == 0 {
		return levelText(o, s)
	}
	return "level " + levelText(o, s)
}

func (q *question) printComparison(out io.Writer, today, other *result.Run) error {
	p := &printer{w: out}
	for _, c := range q.scenario.Caps {
		p.capUse(c.Name, other)
	}
	if len(q.scenario.Yields) > 0 {
		p.linef("hypothetical prices:")
		p.prices(other)
		p.linef("")
	}
	if len(q.scenario.Caps)+len(q.scenario.Rates)+len(q.scenario.Yields) > 0 {
		if sameAccepted(today, other) {
			p.linef("nothing changes in what is accepted")
		}
		p.linef("")
	}
	p.comparison(today, other)
	return p.err
}

func sameAccepted(a, b *result.Run) bool {
	for i := range a.Allocation.Series {
		if !a.Allocation.Series[i].Sum().Equal(b.Allocation.Series[i].Sum()) {
			return false
		}
	}
	return true
}

// capUse says what a cap comes to in a result: where it is reached, or how much of it is
// left, as one that leaves some cuts nothing back.
func (p *printer) capUse(name string, r *result.Run) {
	i := slices.IndexFunc(r.Allocation.Caps, func(c allocate.CapUse) bool { return c.Name == name })
	use := r.Allocation.Caps[i]
	at := fmt.Sprintf("%s at %s %s", name, tender.Thousands(use.Amount), use.Currency)
	for _, step := range r.Allocation.Steps {
		if slices.ContainsFunc(step.Caps, func(c allocate.CapStep) bool { return c.Cap == name && c.Bound }) {
			p.linef("%s: reached at level %d", at, step.Level)
			return
		}
	}
	then := "it cuts nothing back"
	if slices.ContainsFunc(r.Allocation.Lines, func(l allocate.Line) bool { return l.Reason.Cap == name }) {
		then = "what it cut back at earlier settlements stays so"
	}
	p.linef("%s: %s used, %s left; %s", at, tender.Thousands(use.Used), tender.Thousands(use.Left), then)
}

// notAccepted lists per series what a result does not accept, and why.
func (p *printer) notAccepted(when string, r *result.Run) {
	type part struct{ series, why string }
	sums := map[part]decimal.Decimal{}
	var parts []part
	for i, l := range r.Allocation.Lines {
		in := &r.Book.Lines[i]
		rest := in.Principal.Sub(l.Accepted)
		if rest.IsZero() {
			continue
		}
		key := part{in.Series, l.Reason.String()}
		if _, seen := sums[key]; !seen {
			parts = append(parts, key)
		}
		sums[key] = sums[key].Add(rest)
	}
	if len(parts) == 0 {
		return
	}
	p.linef("\nnot accepted %s:", when)
	var rows [][]string
	for _, s := range r.Offer.Series {
		for _, key := range parts {
			if key.series == s.ID {
				rows = append(rows, []string{s.ID, s.Currency, tender.Thousands(sums[key]), key.why})
			}
		}
	}
	p.reasons(rows)
}

// reasons writes rows of a series, its currency, an amount, and a sentence.
func (p *printer) reasons(rows [][]string) {
	var widths [3]int
	for _, row := range rows {
		for i := range widths {
			widths[i] = max(widths[i], utf8.RuneCountInString(oneLine(row[i])))
		}
	}
	for _, row := range rows {
		p.linef("%-*s  %-*s  %*s  %s", widths[0], oneLine(row[0]), widths[1], row[1], widths[2], row[2], oneLine(row[3]))
	}
}

// comparison shows a result beside today's, per series and in cash.
func (p *printer) comparison(today, other *result.Run) {
	rows := [][]string{{"series", "", "tendered", "accepted today", "factor", "accepted then", "factor", "difference"}}
	for i, s := range today.Offer.Series {
		was, is := today.Allocation.Series[i], other.Allocation.Series[i]
		rows = append(rows, []string{s.ID, s.Currency, tender.Thousands(today.Book.Totals[i].Sum()),
			tender.Thousands(was.Sum()), was.FactorWords(),
			tender.Thousands(is.Sum()), is.FactorWords(), tender.Thousands(is.Sum().Sub(was.Sum()))})
	}
	p.table(rows)
	p.linef("")
	p.table(cashComparison(today, other))
	p.notAccepted("then", other)
	for _, warning := range other.Warnings {
		p.linef("warning: %s", warning)
	}
	p.linef("\nnothing is published")
}

// cashComparison is what is to be wired in each currency, today and then.
func cashComparison(today, other *result.Run) [][]string {
	rows := [][]string{{"to wire", "today", "then", "difference"}}
	shown := map[string]bool{}
	for _, s := range today.Offer.Series {
		if shown[s.Currency] {
			continue
		}
		shown[s.Currency] = true
		was, is := wired(today, s.Currency), wired(other, s.Currency)
		rows = append(rows, []string{s.Currency, tender.Thousands(was), tender.Thousands(is), tender.Thousands(is.Sub(was))})
	}
	return rows
}

func wired(r *result.Run, currency string) decimal.Decimal {
	sum := decimal.Zero
	for _, f := range r.Settlement.Funding {
		if f.Currency == currency && f.Status == settle.Due {
			sum = sum.Add(f.Total())
		}
	}
	return sum
}
