package whatif

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/display"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// Goal is what is to be accepted whole: the tenders of a level, or of one series.
type Goal struct {
	Level  int    // 0 if it is a series
	Series string // "" if it is a level
}

// String is the goal as a sentence names it.
func (g Goal) String() string {
	if g.Series != "" {
		return "series " + g.Series
	}
	return fmt.Sprintf("level %d", g.Level)
}

// has reports whether a series is of the goal.
func (g Goal) has(s tender.Series) bool {
	return g.Series == s.ID || (g.Series == "" && g.Level == s.Priority)
}

// Solution is the smallest amount of a cap that reaches a goal.
type Solution struct {
	Cap    tender.Cap // as the scenario has it
	Goal   Goal
	Amount decimal.Decimal // the smallest
	// Room says that the amount also has room for all that comes before the goal, and that
	// a smaller one might do which cuts that back, or which R11 takes above itself.
	Room    bool
	Reached bool      // the cap as it is does it already
	LeftOut []LeftOut // what of the goal no amount could buy
	Then    *result.Run
}

// LeftOut is principal of a series that no cap can have accepted.
type LeftOut struct {
	Series, Currency string
	Principal        decimal.Decimal
	Why              string // follows the principal and the series in a sentence
}

// String says it in a sentence.
func (l LeftOut) String() string {
	return fmt.Sprintf("%s %s of series %s %s", figure(l.Principal), l.Currency, l.Series, l.Why)
}

// everything is more than any cap ever counts, in any currency.
var everything = decimal.New(1, 30)

// Solve finds the smallest amount of a cap under which a goal is accepted whole, the
// other terms as in a scenario: all of it that can be bought, as no cap has a say in the
// rest. It is a *[offerfolder.UsageError] if no amount does it, or if nothing of it is there.
//
// With the cap out of the way the waterfall takes the goal whole, and what the cap has
// counted by then, for the goal and what was taken before it, is the answer.
func (s *Session) Solve(ctx context.Context, name string, goal Goal, other Scenario) (*Solution, error) {
	found, err := s.solution(ctx, name, goal, other)
	if err != nil {
		return nil, err
	}
	found.Then, err = s.Under(ctx, other.With(name, found.Amount))
	return found, err
}

// solution is a solution without its result.
func (s *Session) solution(ctx context.Context, name string, goal Goal, other Scenario) (*Solution, error) {
	o, err := changed(s.in.Offer, other)
	if err != nil {
		return nil, err
	}
	if err := checkApplied(o, name); err != nil {
		return nil, err
	}
	c, err := sought(o, name, goal, other)
	if err != nil {
		return nil, err
	}
	found := &Solution{Cap: c, Goal: goal, LeftOut: s.leftOut(goal)}
	p := &problem{Session: s, ctx: ctx, offer: o, cap: c, scenario: other, wanted: s.buyable(o, goal)}
	if !slices.ContainsFunc(p.wanted, p.covered) {
		return nil, &offerfolder.UsageError{Message: p.nothing(found)}
	}
	now, err := p.allocate(other, false)
	if err != nil {
		return nil, err
	}
	found.Reached = p.whole(now)
	var why string
	if found.Amount, why, err = p.solve(); err != nil {
		return nil, err
	}
	switch {
	case why != "" && found.Reached:
		return nil, &offerfolder.UsageError{Message: fmt.Sprintf("all of %s is accepted already with %s as it is, %s; it "+
			"can stay. With another amount: %s",
			goal, name, capFigure(c), why)}
	case why != "":
		which := name
		if !p.ends() && (len(p.besides()) > 0 || p.lifts()) {
			which += fmt.Sprintf(" with room for %s and all that comes before it", goal)
		}
		return nil, &offerfolder.UsageError{Message: fmt.Sprintf("no amount of %s accepts all of %s: %s", which, goal, why)}
	}
	found.Room, err = p.room()
	return found, err
}

// sought is the cap of a name, if its amount can be sought for a goal.
func sought(o *tender.Offer, name string, goal Goal, other Scenario) (tender.Cap, error) {
	wrong := func(format string, args ...any) (tender.Cap, error) {
		return tender.Cap{}, &offerfolder.UsageError{Message: fmt.Sprintf(format, args...)}
	}
	if len(o.Pools) > 0 {
		return wrong("in an offer with pools no amount is sought; try some, with --cap \"%s=AMOUNT\"", name)
	}
	caps := o.AllCaps()
	i := slices.IndexFunc(caps, func(c tender.Cap) bool { return c.Name == name })
	if i < 0 {
		return wrong("the offer has no cap %q; it has %s", name, capNames(o))
	}
	for _, given := range other.Caps {
		if given.Name == name {
			return wrong("the amount of %s is what is sought; leave out --cap \"%s=%s\"", name, name, given.Amount)
		}
	}
	at := slices.IndexFunc(o.Series, goal.has)
	switch {
	case at < 0 && goal.Series != "":
		return wrong("the offer has no series %q; it has %s", goal.Series, seriesNames(o.Series))
	case at < 0:
		return wrong("the offer has no level %d; the levels are %s", goal.Level, levels(o))
	case o.Series[at].Priority == 0:
		return wrong("%s is bought any and all: it has no level, and no cap cuts it back", goal)
	}
	covers := func(c tender.Cap) bool {
		return slices.ContainsFunc(o.Series, func(s tender.Series) bool { return goal.has(s) && c.Covers(s) })
	}
	if covers(caps[i]) {
		return caps[i], nil
	}
	var over, limit []string
	for _, s := range o.Series {
		if caps[i].Covers(s) {
			over = append(over, fmt.Sprintf("%s (level %d)", s.ID, s.Priority))
		}
	}
	for _, c := range caps {
		if covers(c) {
			limit = append(limit, fmt.Sprintf("%q", c.Name))
		}
	}
	return wrong("%s does not limit %s: it covers series %s; %s is limited by %s", name, goal, strings.Join(over, ", "),
		goal,
		cmp.Or(strings.Join(limit, ", "), "no cap"))
}

func seriesNames(series []tender.Series) string {
	var names []string
	for _, s := range series {
		names = append(names, s.ID)
	}
	return strings.Join(names, ", ")
}

// buyable are the lines of a goal that a cap decides about: not those dealt with at an
// early settlement, nor those whose notes did not come.
func (s *Session) buyable(o *tender.Offer, goal Goal) (lines []int) {
	for i := range s.in.Book.Lines {
		l := &s.in.Book.Lines[i]
		at, _ := o.SeriesByID(l.Series)
		if l.Settled == nil && !l.Undelivered && goal.has(o.Series[at]) {
			lines = append(lines, i)
		}
	}
	return lines
}

// leftOut is what was tendered of a goal and cannot be bought under any cap.
func (s *Session) leftOut(goal Goal) (all []LeftOut) {
	o, read := s.in.Offer, map[tender.Source]bool{}
	for _, series := range o.Series {
		if !goal.has(series) {
			continue
		}
		var absent, returned, rejected decimal.Decimal
		for i := range s.in.Book.Lines {
			l := &s.in.Book.Lines[i]
			read[l.Source] = true
			switch {
			case l.Series != series.ID:
			case l.Undelivered:
				absent = absent.Add(l.Principal)
			case l.Settled != nil:
				returned = returned.Add(l.Principal.Sub(l.Settled.Accepted))
			}
		}
		rows := 0
		for _, rej := range s.Today.Findings {
			if rej.Series == series.ID && rej.Outcome() == tender.OutcomeRejected && !read[rej.Source] {
				read[rej.Source] = true
				rows++
				rejected = rejected.Add(rej.Principal)
			}
		}
		add := func(principal decimal.Decimal, why string) {
			if principal.IsPositive() {
				all = append(all, LeftOut{series.ID, series.Currency, principal, why})
			}
		}
		add(absent, fmt.Sprintf("was promised by guaranteed delivery and had not come by %s; nothing of it is bought, but "+
			"the caps count it",
			o.Guaranteed.Deadline.At.In(o.Zone).Format("2006-01-02 15:04:05 MST")))
		add(returned, "was returned at an earlier settlement, and stays so")
		if rows > 0 {
			all = append(all, LeftOut{series.ID, series.Currency, rejected, "is on " +
				display.Plural(rows, "rejected row", "rejected rows") +
				", as far as it can be read; no cap counts it, and \"batch check\" says what to do"})
		}
	}
	return all
}

// problem is a goal while the amount of a cap is sought for it.
type problem struct {
	*Session
	ctx      context.Context
	offer    *tender.Offer // under the scenario
	cap      tender.Cap
	scenario Scenario
	wanted   []int // lines of the book, in its order
}

// covered reports whether the cap counts a line.
func (p *problem) covered(line int) bool {
	at, _ := p.offer.SeriesByID(p.in.Book.Lines[line].Series)
	return p.cap.Covers(p.offer.Series[at])
}

// nothing says that there is nothing to accept, and why.
func (p *problem) nothing(found *Solution) string {
	words := fmt.Sprintf("nothing more of %s can be bought as of %s, whatever the caps are", found.Goal,
		p.in.AsOf.In(p.offer.Zone).Format("2006-01-02 15:04:05 MST"))
	of := func(l tender.Line) bool {
		at, _ := p.offer.SeriesByID(l.Series)
		return found.Goal.has(p.offer.Series[at])
	}
	switch {
	case len(p.wanted) > 0:
		words = fmt.Sprintf("no amount of %s matters for %s: nothing is tendered in the series of it that it covers",
			p.cap.Name, found.Goal)
	case !slices.ContainsFunc(p.in.Book.Lines, of):
		words += ": no tender counts in it"
	case slices.ContainsFunc(p.in.Book.Lines, func(l tender.Line) bool { return of(l) && l.Settled != nil }):
		words += ": it was settled before"
	}
	for _, l := range found.LeftOut {
		words += "; " + l.String()
	}
	return words
}

// allocate runs the waterfall under a scenario; plain leaves out a factor that the issuer
// announced, which hides what fits.
func (p *problem) allocate(other Scenario, plain bool) (*allocate.Result, error) {
	if err := p.ctx.Err(); err != nil {
		return nil, err
	}
	o, err := changed(p.in.Offer, other)
	if err != nil {
		return nil, err
	}
	if plain && o.Acceptance.Factor == tender.FactorGiven {
		o.Acceptance.Factor = tender.FactorMaximal
	}
	return allocate.AllocateAt(o, p.in.Book, settle.AllocationPrices(o, p.in.Book))
}

// lift runs the waterfall under a scenario that lifts caps. An announced factor is left
// out only where the goal is not reached with it: where everything fits, it cuts back all,
// and a cap that is not lifted as far keeps it from that.
func (p *problem) lift(lifted Scenario) (*allocate.Result, error) {
	r, err := p.allocate(lifted, false)
	if err != nil || p.offer.Acceptance.Factor != tender.FactorGiven || p.whole(r) {
		return r, err
	}
	return p.allocate(lifted, true)
}

// whole reports whether all that is wanted is accepted.
func (p *problem) whole(r *allocate.Result) bool { return len(p.short(r)) == 0 }

// short are the lines that are wanted and not accepted whole.
func (p *problem) short(r *allocate.Result) (lines []int) {
	for _, i := range p.wanted {
		if !r.Lines[i].Accepted.Equal(p.in.Book.Lines[i].Principal) {
			lines = append(lines, i)
		}
	}
	return lines
}

// solve is the smallest amount, or why there is none. Caps that are in the way are lifted,
// too, one after the other, so that the reason can say how large they would have to be.
func (p *problem) solve() (amount decimal.Decimal, why string, err error) {
	lifted := p.scenario.With(p.cap.Name, everything)
	var others []string
	for {
		r, err := p.lift(lifted)
		if err != nil {
			return amount, "", err
		}
		if len(others) == 0 {
			why = p.obstacles(r)
		}
		if p.whole(r) {
			if len(others) == 0 {
				return p.smallest(r, lifted)
			}
			advice, err := p.advice(r, others, lifted)
			return amount, why + advice, err
		}
		next := ""
		for _, i := range p.short(r) {
			if name := r.Lines[i].Reason.Cap; name != "" && name != p.cap.Name && !slices.Contains(others, name) {
				next = name
				break
			}
		}
		if next == "" { // a cap that is lifted did it
			return amount, p.obstacles(r) + "; that was decided at a settlement that was made, and no cap changes it",
				nil
		}
		others, lifted = append(others, next), lifted.With(next, everything)
	}
}

// smallest is the amount that has room for the goal, unless the factor that the issuer
// announced cuts the goal back there; r is the waterfall with the cap lifted.
func (p *problem) smallest(r *allocate.Result, lifted Scenario) (decimal.Decimal, string, error) {
	amount, err := p.enough(p.cap.Name, countedBy(r, p.cap.Name, p.last(r)), lifted)
	if err != nil {
		return amount, "", err
	}
	r, err = p.allocate(p.scenario.With(p.cap.Name, amount), false)
	if err != nil || p.whole(r) {
		return amount, "", err
	}
	return amount, p.obstacles(r) +
		fmt.Sprintf("; with %s %s everything tendered fits, so the announced factor %s cuts back all; "+
			"if it is not meant for that, change acceptance.factor in offer.yaml", figure(amount), p.cap.Currency,
			p.offer.Acceptance.Given), nil
}

// enough is the smallest amount of a cap, from what it counts in the end, with which the
// goal is accepted. That is nearly always what it counts. It is more where another cap
// cuts back what is taken beside the goal, and rounding takes it farther down: before that
// cap is reached, this one must not be.
func (p *problem) enough(name string, counted decimal.Decimal, lifted Scenario) (decimal.Decimal, error) {
	does := func(amount decimal.Decimal) (bool, error) {
		r, err := p.lift(lifted.With(name, amount))
		return err == nil && p.whole(r), err
	}
	cent := decimal.New(1, -2)
	low, step, high := counted, cent, counted
	for {
		ok, err := does(high)
		if err != nil {
			return high, err
		}
		if ok {
			break
		}
		low, high, step = high, counted.Add(step), step.Add(step)
	}
	for high.Sub(low).GreaterThan(cent) {
		middle := low.Add(high.Sub(low).Div(decimal.NewFromInt(2)).RoundFloor(2))
		ok, err := does(middle)
		if err != nil {
			return high, err
		}
		if ok {
			high = middle
		} else {
			low = middle
		}
	}
	return high, nil
}

// last is the last step that the cap must have room for.
func (p *problem) last(r *allocate.Result) int {
	last := 0
	for _, i := range p.wanted {
		if p.offer.Acceptance.Shortfall != tender.Prorate || p.covered(i) {
			last = max(last, r.Lines[i].Step)
		}
	}
	return last
}

// countedBy is what a cap that was lifted has counted after a step.
func countedBy(r *allocate.Result, name string, last int) decimal.Decimal {
	sum := decimal.Zero
	for _, step := range r.Steps[:last+1] {
		if c := stepCap(step, name); c != nil {
			sum = everything.Sub(c.After)
		}
	}
	return sum
}

// advice names the amounts of the caps in the way with which the goal can be reached.
func (p *problem) advice(r *allocate.Result, others []string, lifted Scenario) (string, error) {
	last := 0
	for _, i := range p.wanted {
		last = max(last, r.Lines[i].Step)
	}
	words := "; to have all of it accepted add"
	for _, name := range others {
		amount, err := p.enough(name, countedBy(r, name, last), lifted)
		if err != nil {
			return "", err
		}
		lifted = lifted.With(name, amount)
		words += fmt.Sprintf(" --cap \"%s=%s\"", name, amount)
	}
	return words, nil
}

// room reports whether a smaller amount might do as well: where something else may be cut
// back instead, as the cap does not end the acceptance when it is reached, or where R11
// lifts what is wanted and not the rest, or lifts it above the cap.
func (p *problem) room() (bool, error) {
	r, err := p.lift(p.scenario.With(p.cap.Name, everything))
	if err != nil || p.ends() {
		return false, err
	}
	last, before, beside := p.last(r), false, false
	for _, i := range p.besides() {
		before = before || r.Lines[i].Step < last
		beside = beside || r.Lines[i].Step == last
	}
	if p.lifts() && (beside || p.offer.Acceptance.Factor != tender.FactorMaximal) {
		return true, nil
	}
	return before, nil
}

// besides are the lines that the cap counts beside those wanted.
func (p *problem) besides() (lines []int) {
	for i := range p.in.Book.Lines {
		if _, wanted := slices.BinarySearch(p.wanted, i); !wanted && p.in.Book.Lines[i].Settled == nil && p.covered(i) {
			lines = append(lines, i)
		}
	}
	return lines
}

// ends reports whether the cap ends the acceptance once it is reached, so that a smaller
// amount never accepts more of what comes later.
func (p *problem) ends() bool {
	return p.offer.CoversAll(p.cap) && p.offer.Acceptance.Shortfall != tender.AllOrNoneSkip && !p.lifts()
}

// lifts reports whether R11 can accept a piece whole that the factor cuts back.
func (p *problem) lifts() bool {
	rule := p.offer.Acceptance
	return rule.ReturnedBelowMinimum == tender.TakeWhole ||
		rule.BelowMinimum == tender.ToMinimum || rule.BelowMinimum == tender.UpTo || rule.BelowMinimum == tender.Whole
}

// obstacles says per series what of the goal is not accepted, and why.
func (p *problem) obstacles(r *allocate.Result) string {
	var parts []string
	for _, s := range p.offer.Series {
		asked, accepted, why := decimal.Zero, decimal.Zero, ""
		for _, i := range p.wanted {
			l := &p.in.Book.Lines[i]
			if l.Series != s.ID {
				continue
			}
			asked, accepted = asked.Add(l.Principal), accepted.Add(r.Lines[i].Accepted)
			if why == "" && !r.Lines[i].Accepted.Equal(l.Principal) {
				why = p.because(r.Lines[i].Reason)
			}
		}
		if why != "" {
			parts = append(parts, fmt.Sprintf("%s of %s %s of series %s is accepted, as %s", figure(accepted), figure(asked),
				s.Currency, s.ID, why))
		}
	}
	return strings.Join(parts, "; ")
}

// because is the reason of a line as a part of a sentence, with the cap's amount.
func (p *problem) because(why allocate.Reason) string {
	if why.Cap == "" {
		return "it is " + why.String()
	}
	name := why.Cap
	for _, c := range p.offer.AllCaps() {
		if c.Name == name && name != p.cap.Name {
			name = fmt.Sprintf("%s (%s)", name, capFigure(c))
		}
	}
	if why.Code == allocate.LevelSkipped {
		return fmt.Sprintf("level %d does not fit whole under %s", why.Level, name)
	}
	return fmt.Sprintf("%s is reached at level %d", name, why.Level)
}

func capFigure(c tender.Cap) string { return figure(c.Amount) + " " + c.Currency }

// figure is an amount with its thousands parted.
func figure(d decimal.Decimal) string { return display.Thousands(d.String()) }
