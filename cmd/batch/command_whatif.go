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
	flags.BoolVar(&q.json, "json", false, "print the answer as JSON; docs/result.md describes it")
}

// question is what the flags of whatif ask, as they were given and as parsed.
type question struct {
	caps, rates     []string
	yields, spreads []string
	clearings       []string
	sweep, solve    string
	csv, json       bool

	scenario whatif.Scenario
	grow     *growth
	goal     *whatif.Goal    // of --solve
	seek     whatif.Variable // what --solve seeks; the zero Variable is the cap over the goal
}

// growth is the values that a variable runs through.
type growth struct {
	of             whatif.Variable
	from, to, step decimal.Decimal
}

// mostSteps bounds a sweep: no one reads more lines than that.
const mostSteps = 10_000

var (
	amountForm = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
	solveForm  = regexp.MustCompile(`^(?:(.+): *)?accept all of (?:(?:level )?([0-9]+)(?: of (.+))?|series (.+))$`)
	kindForm   = regexp.MustCompile(`^(cap|yield|spread|clearing) (.+)$`)
)

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
		from, to, ok := strings.Cut(pair, "/")
		rate, err := parseAmount(value)
		if err != nil || !ok || rate.IsZero() {
			return fmt.Errorf("--fx %q: write FROM/TO=RATE, such as EUR/USD=1.30", text)
		}
		q.scenario.Rates = append(q.scenario.Rates, tender.Rate{From: from, To: to, Rate: rate})
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

// set puts what one flag gives into the scenario.
func (q *question) set(kind whatif.Kind, text, form string) error {
	name, value, _ := strings.Cut(text, "=")
	v := whatif.Variable{Kind: kind, Name: name}
	amount, err := parseValue(v, value)
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

// parseVariable reads what varies: a cap by its name, or with its kind in front.
func parseVariable(text string) whatif.Variable {
	if m := kindForm.FindStringSubmatch(text); m != nil {
		return whatif.Variable{Kind: whatif.Kind(m[1]), Name: m[2]}
	}
	return whatif.Cap(text)
}

// parseValue reads a value of a variable; most can be below zero.
func parseValue(v whatif.Variable, text string) (decimal.Decimal, error) {
	digits, negative := strings.CutPrefix(text, "-")
	if !negative || !v.Signed() {
		return parseAmount(text)
	}
	amount, err := parseAmount(digits)
	return amount.Neg(), err
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
	g := &growth{of: parseVariable(name)}
	for i, into := range []*decimal.Decimal{&g.from, &g.to, &g.step} {
		amount, err := parseValue(g.of, parts[i])
		if err != nil {
			return fmt.Errorf("--sweep %q: %w", q.sweep, err)
		}
		*into = amount
	}
	if g.step.Sign() <= 0 || g.to.LessThan(g.from) ||
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
	q.goal = &whatif.Goal{Series: m[4], Pool: m[3]}
	if m[1] != "" {
		q.seek = parseVariable(m[1])
	}
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
	found, err := s.Solve(ctx, q.seek, *q.goal, q.scenario)
	if err != nil {
		return err
	}
	if q.json {
		j := q.comparison(s, found.Then)
		j.Solution = newSolutionJSON(found)
		return export.EncodeJSON(out, j)
	}
	p := &printer{w: out}
	p.scenario(q.scenario, s.Today.Offer)
	p.solution(s.Today.Offer, found)
	p.linef("")
	p.comparison(s.Today, found.Then)
	return p.err
}

// solution says the smallest amount, what it cannot buy, and whether the cap does it as
// it is.
func (p *printer) solution(o *tender.Offer, found *whatif.Solution) {
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
	which := "the smallest"
	if found.Variable.Kind == whatif.ClearingLevel {
		which = "the best"
	}
	variable := found.Variable.Words(o)
	p.linef("%s %s that %s: %s %s", which, variable, what, tender.Thousands(found.Amount), found.Unit)
	for _, l := range found.LeftOut {
		p.linef("left out: %s", l)
	}
	if found.Reached {
		p.linef("%s as it is, %s %s, accepts all of it already", variable, tender.Thousands(found.Was), found.Unit)
	}
}

func (q *question) answerSweep(ctx context.Context, out io.Writer, s *whatif.Session) error {
	if given, ok := q.scenario.Setting(q.grow.of); ok {
		return &offerfolder.UsageError{Message: fmt.Sprintf("--sweep runs %s through its values; leave out %s", q.grow.of,
			given.Flag())}
	}
	var results []*result.Run
	var amounts []decimal.Decimal
	for amount := q.grow.from; !amount.GreaterThan(q.grow.to); amount = amount.Add(q.grow.step) {
		r, err := s.Under(ctx, q.scenario.With(q.grow.of, amount))
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
		j.Sweep = newSweepJSON(q.grow.of.String(), amounts, results)
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
			rows = append(rows, []string{q.grow.of.String(), amounts[i].String(), series.ID, strconv.Itoa(series.Priority),
				series.Currency,
				a.Sum().String(), a.FactorWords(), inAll, currency})
		}
	}
	return csv.NewWriter(out).WriteAll(rows)
}

func (q *question) sweepTable(out io.Writer, o *tender.Offer, amounts []decimal.Decimal, results []*result.Run) error {
	rows := [][]string{{q.grow.of.String()}}
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
	p.scenario(q.scenario, o)
	p.table(rows)
	last := len(results) - 1
	if len(results) > 1 && !slices.ContainsFunc(results, func(r *result.Run) bool {
		return !sameAccepted(r,
			results[0])
	}) {
		p.linef("\n%s makes no difference between these amounts", q.grow.of)
	}
	p.notAccepted(fmt.Sprintf("with %s at %s", q.grow.of, tender.Thousands(amounts[last])), results[last])
	if q.grow.of.Kind != whatif.CapAmount {
		p.hypothetical(results[last])
	}
	p.linef("\nnothing is published")
	return p.err
}

// levelName is how a sweep names a series' level.
func levelName(o *tender.Offer, s tender.Series) string {
	if s.Priority == 0 {
		return levelText(o, s)
	}
	return whatif.Goal{Pool: s.Pool, Level: s.Priority}.String()
}

func (q *question) printComparison(out io.Writer, today, other *result.Run) error {
	p := &printer{w: out}
	p.scenario(q.scenario, other.Offer)
	for _, c := range q.scenario.Of(whatif.CapAmount) {
		p.capUse(c.Name, other)
	}
	if len(q.scenario.Settings) > len(q.scenario.Of(whatif.CapAmount)) {
		p.prices("hypothetical prices:", other)
	}
	if len(q.scenario.Settings)+len(q.scenario.Rates) > 0 {
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
			p.linef("%s: reached at %s", at, stepWords(step))
			return
		}
	}
	then := "it cuts nothing back"
	if slices.ContainsFunc(r.Allocation.Lines, func(l allocate.Line) bool { return l.Reason.Cap == name }) {
		then = "what it cut back at earlier settlements stays so"
	}
	p.linef("%s: %s used, %s left; %s", at, tender.Thousands(use.Used), tender.Thousands(use.Left), then)
}

// stepWords name the level of a step in a sentence.
func stepWords(s allocate.Step) string {
	if s.Auction != "" {
		return "a bid of " + s.Bid
	}
	return whatif.Goal{Pool: s.Pool, Level: s.Level}.String()
}

// scenario says what the answer supposes, so that no one takes it for a result; nothing if that is
// only what varies.
func (p *printer) scenario(s whatif.Scenario, o *tender.Offer) {
	var all []string
	for _, set := range s.Settings {
		all = append(all, fmt.Sprintf("%s %s %s", set.Variable.Words(o), tender.Thousands(set.Value), set.Unit(o)))
	}
	for _, r := range s.Rates {
		all = append(all, fmt.Sprintf("%s/%s %s", r.From, r.To, r.Rate))
	}
	if len(all) > 0 {
		p.linef("hypothetical, with %s", strings.Join(all, ", "))
	}
}

// hypothetical are the warnings that prices are.
func (p *printer) hypothetical(r *result.Run) {
	for _, w := range r.Warnings {
		if w.Code == tender.WarnHypothetical {
			p.linef("warning: %s", w)
		}
	}
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
