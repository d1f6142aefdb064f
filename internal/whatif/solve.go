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
	Pool   string // in which the level is, "" if it is the only one of that number
	Level  int    // 0 if it is a series
	Series string // "" if it is a level
}

// String is the goal as a sentence names it.
func (g Goal) String() string {
	switch {
	case g.Series != "":
		return "series " + g.Series
	case g.Pool != "":
		return fmt.Sprintf("level %d of %s", g.Level, g.Pool)
	}
	return fmt.Sprintf("level %d", g.Level)
}

// has reports whether a series is of the goal.
func (g Goal) has(s tender.Series) bool {
	return g.Series == s.ID || (g.Series == "" && g.Level == s.Priority && (g.Pool == "" || g.Pool == s.Pool))
}

// in is the goal in an offer: its level with the pool that it is in, which must be named where several
// pools have such a level.
func (g Goal) in(o *tender.Offer) (Goal, error) {
	at := slices.IndexFunc(o.Series, g.has)
	switch {
	case at < 0 && g.Series != "":
		return g, usage("the offer has no series %q; it has %s", g.Series, seriesNames(o.Series))
	case at < 0 && levels(o) == "":
		return g, usage("the offer has no %s, as no series has a level; ask for one series, as in \"accept all of series %s\"", g, o.Series[0].ID)
	case at < 0:
		return g, usage("the offer has no %s; the levels are %s", g, levels(o))
	case g.Level == 0 || g.Pool != "":
		return g, nil
	}
	for _, s := range o.Series {
		if g.has(s) && s.Pool != o.Series[at].Pool {
			return g, usage("%s and %s have a %s; name the pool, as in \"accept all of %d of %s\"", o.Series[at].Pool,
				s.Pool, g, g.Level, s.Pool)
		}
	}
	g.Pool = o.Series[at].Pool
	return g, nil
}

func usage(format string, args ...any) error {
	return &offerfolder.UsageError{Message: fmt.Sprintf(format, args...)}
}

// Solution is the smallest value of a variable that reaches a goal; of a clearing level, the best for the
// issuer.
type Solution struct {
	Variable Variable
	Was      decimal.Decimal // as the scenario has it
	Known    bool            // there is such a value
	Unit     string          // of both values
	Goal     Goal
	Amount   decimal.Decimal // the smallest
	// Room says that the amount also has room for all that comes before the goal, and that
	// a smaller one might do which cuts that back, or which R11 takes above itself.
	Room    bool
	Reached bool      // the value as it is does it already
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

// usualCap is the cap whose amount is sought for a goal if none is named: that of the goal's pool or
// auction, or else the first over all.
func usualCap(o *tender.Offer, goal Goal) (Variable, error) {
	for i := range o.Series {
		s := &o.Series[i]
		if !goal.has(*s) {
			continue
		}
		if a := o.AuctionOf(s.ID); a != nil {
			return Cap(a.Name), nil
		}
		if at := o.PoolOf(s); at >= 0 && o.Pools[at].HasCap {
			return Cap(o.Pools[at].Name), nil
		}
	}
	for _, c := range o.Caps {
		if o.CoversAll(c) {
			return Cap(c.Name), nil
		}
	}
	return Variable{}, usage("the offer has no cap over all; name one: --solve \"NAME: accept all of %s\"", goal)
}

// Solve finds the smallest value of a variable, or if none is named of the usual cap, under which
// a goal is accepted whole, the other terms as in a scenario: all of it that can be bought, as no cap has a say in the
// rest. It is a *[offerfolder.UsageError] if no value does it, or if nothing of it is there.
//
// With a cap out of the way the waterfall takes the goal whole, and what the cap has
// counted by then, for the goal and what was taken before it, is the answer.
func (s *Session) Solve(ctx context.Context, v Variable, goal Goal, other Scenario) (*Solution, error) {
	found, err := s.solution(ctx, v, goal, other)
	if err != nil {
		return nil, err
	}
	found.Then, err = s.Under(ctx, other.With(found.Variable, found.Amount))
	return found, err
}

// solution is a solution without its result.
func (s *Session) solution(ctx context.Context, v Variable, goal Goal, other Scenario) (*Solution, error) {
	o, err := changed(s.in.Offer, other)
	if err == nil {
		goal, err = goal.in(o)
	}
	if err == nil && v.Name == "" {
		v, err = usualCap(o, goal)
	}
	if err != nil {
		return nil, err
	}
	if given, ok := other.Setting(v); ok {
		what := map[bool]string{true: "amount of ", false: ""}[v.Kind == CapAmount]
		return nil, usage("the %s%s is what is sought; leave out %s", what, v, given.Flag())
	}
	p := &problem{Session: s, ctx: ctx, offer: o, goal: goal, variable: v, scenario: other, wanted: s.buyable(o, goal)}
	found := &Solution{Variable: v, Unit: v.Unit(o), Goal: goal, LeftOut: s.leftOut(goal)}
	found.Was, found.Known = v.value(o)
	if v.Kind != CapAmount {
		return found, p.seek(found)
	}
	if err := checkApplied(o, v.Name); err != nil {
		return nil, err
	}
	if p.cap, err = sought(o, v.Name, goal); err != nil {
		return nil, err
	}
	return found, p.seekCap(found)
}

// seekCap finds the smallest amount of the cap.
func (p *problem) seekCap(found *Solution) error {
	if !slices.ContainsFunc(p.wanted, p.covered) {
		return usage("%s", p.nothing(found))
	}
	now, err := p.allocate(p.scenario, false)
	if err != nil {
		return err
	}
	found.Reached = p.whole(now)
	var why string
	if found.Amount, why, err = p.solve(); err != nil {
		return err
	}
	switch {
	case why != "" && found.Reached:
		return usage("all of %s is accepted already with %s as it is, %s; it can stay. With another amount: %s",
			p.goal, p.cap.Name, capFigure(p.cap), why)
	case why != "":
		which := p.cap.Name
		if !p.ends() && (len(p.besides()) > 0 || p.lifts()) {
			which += fmt.Sprintf(" with room for %s and all that comes before it", p.goal)
		}
		return usage("no amount of %s accepts all of %s: %s", which, p.goal, why)
	}
	found.Room, err = p.room()
	return err
}

// sought is the cap of a name, if its amount can be sought for a goal.
func sought(o *tender.Offer, name string, goal Goal) (tender.Cap, error) {
	c, ok := capOf(o, name)
	if !ok {
		return c, usage("the offer has no cap %q; it has %s", name, capNames(o))
	}
	covers := func(c tender.Cap) bool {
		return slices.ContainsFunc(o.Series, func(s tender.Series) bool { return goal.has(s) && limits(o, c, &s) })
	}
	if covers(c) {
		return c, nil
	}
	at := slices.IndexFunc(o.Series, goal.has)
	if s := &o.Series[at]; s.Priority == 0 && o.AuctionOf(s.ID) == nil {
		return c, usage("%s is bought any and all: it has no level, and no cap cuts it back", goal)
	}
	var over, limit []string
	for i := range o.Series {
		if s := &o.Series[i]; limits(o, c, s) {
			over = append(over, fmt.Sprintf("%s (%s)", s.ID, levelWords(o, s)))
		}
	}
	for _, c := range sharedCaps(o) {
		if covers(c) {
			limit = append(limit, fmt.Sprintf("%q", c.Name))
		}
	}
	return c, usage("%s does not limit %s: it covers series %s; %s is limited by %s", name, goal,
		strings.Join(over, ", "), goal, cmp.Or(strings.Join(limit, ", "), "no cap"))
}

// levelWords name the level of a series in a sentence.
func levelWords(o *tender.Offer, s *tender.Series) string {
	if a := o.AuctionOf(s.ID); a != nil {
		return "auction " + a.Name
	}
	return Goal{Pool: s.Pool, Level: s.Priority}.String()
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

// problem is a goal while the value of a variable is sought for it.
type problem struct {
	*Session
	ctx      context.Context
	offer    *tender.Offer // under the scenario
	goal     Goal
	variable Variable
	cap      tender.Cap // of which the amount is sought, if it is one
	scenario Scenario
	wanted   []int // lines of the book, in its order
}

// covered reports whether the cap counts a line.
func (p *problem) covered(line int) bool {
	at, _ := p.offer.SeriesByID(p.in.Book.Lines[line].Series)
	return limits(p.offer, p.cap, &p.offer.Series[at])
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
	if plain {
		withoutAnnounced(o)
	}
	return allocate.AllocateAt(o, p.in.Book, settle.AllocationPrices(o, p.in.Book))
}

// lift runs the waterfall under a scenario that lifts caps. An announced factor is left
// out only where the goal is not reached with it: where everything fits, it cuts back all,
// and a cap that is not lifted as far keeps it from that.
func (p *problem) lift(lifted Scenario) (*allocate.Result, error) {
	r, err := p.allocate(lifted, false)
	if err != nil || p.rule().Factor != tender.FactorGiven || p.whole(r) {
		return r, err
	}
	return p.allocate(lifted, true)
}

// withoutAnnounced takes the factors that the issuer announced out of a copy of an offer.
func withoutAnnounced(o *tender.Offer) {
	if o.Acceptance.Factor == tender.FactorGiven {
		o.Acceptance.Factor = tender.FactorMaximal
	}
	for i := range o.Pools {
		o.Pools[i].Announced = decimal.Zero
	}
	for i := range o.Auctions {
		o.Auctions[i].Announced = decimal.Zero
	}
}

// rule are the rules of acceptance of the goal, with a factor that was announced for its pool or auction.
func (p *problem) rule() tender.Acceptance {
	s := &p.offer.Series[slices.IndexFunc(p.offer.Series, p.goal.has)]
	if a := p.offer.AuctionOf(s.ID); a != nil {
		return p.offer.Acceptance.WithAnnounced(a.Announced)
	}
	if at := p.offer.PoolOf(s); at >= 0 {
		return p.offer.Acceptance.WithAnnounced(p.offer.Pools[at].Announced)
	}
	return p.offer.Acceptance
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
	lifted := p.scenario.With(p.variable, everything)
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
		next := p.inTheWay(r, others)
		if next == "" { // a cap that is lifted did it
			return amount, p.obstacles(r) + "; that was decided at a settlement that was made, and no cap changes it",
				nil
		}
		others, lifted = append(others, next), lifted.With(Cap(next), everything)
	}
}

// inTheWay is a cap that keeps the goal from being accepted and is not lifted yet, "" for none: that
// of the tender, or, if another pool had to be bought in full before, what cut that back.
func (p *problem) inTheWay(r *allocate.Result, lifted []string) string {
	cuts := func(line int) string {
		if name := r.Lines[line].Reason.Cap; name != p.cap.Name && !slices.Contains(lifted, name) {
			return name
		}
		return ""
	}
	for _, i := range p.short(r) {
		why := r.Lines[i].Reason
		if why.Code != allocate.PoolCondition {
			if name := cuts(i); name != "" {
				return name
			}
			continue
		}
		for k := range r.Lines {
			if at, _ := p.offer.SeriesByID(p.in.Book.Lines[k].Series); p.offer.Series[at].Pool == why.Cap &&
				r.Lines[k].Reason.Code != allocate.PoolCondition && cuts(k) != "" {
				return cuts(k)
			}
		}
	}
	return ""
}

// smallest is the amount that has room for the goal, unless the factor that the issuer
// announced cuts the goal back there; r is the waterfall with the cap lifted.
func (p *problem) smallest(r *allocate.Result, lifted Scenario) (decimal.Decimal, string, error) {
	amount, err := p.enough(p.variable, countedBy(r, p.cap.Name, p.last(r)), lifted)
	if err != nil {
		return amount, "", err
	}
	r, err = p.allocate(p.scenario.With(p.variable, amount), false)
	if err != nil || p.whole(r) {
		return amount, "", err
	}
	return amount, p.obstacles(r) +
		fmt.Sprintf("; with %s %s everything tendered fits, so the announced factor %s cuts back all; "+
			"if it is not meant for that, change the factor in offer.yaml", figure(amount), p.cap.Currency,
			p.rule().Given), nil
}

// enough is the smallest amount of a cap, from what it counts in the end, with which the
// goal is accepted. That is nearly always what it counts. It is more where another cap
// cuts back what is taken beside the goal, and rounding takes it farther down: before that
// cap is reached, this one must not be.
func (p *problem) enough(limit Variable, counted decimal.Decimal, lifted Scenario) (decimal.Decimal, error) {
	does := func(amount decimal.Decimal) (bool, error) {
		r, err := p.lift(lifted.With(limit, amount))
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
		if p.shortfall() != tender.Prorate || p.covered(i) {
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
		amount, err := p.enough(Cap(name), countedBy(r, name, last), lifted)
		if err != nil {
			return "", err
		}
		lifted = lifted.With(Cap(name), amount)
		words += fmt.Sprintf(" --cap \"%s=%s\"", name, amount)
	}
	return words, nil
}

// room reports whether a smaller amount might do as well: where something else may be cut
// back instead, as the cap does not end the acceptance when it is reached, or where R11
// lifts what is wanted and not the rest, or lifts it above the cap.
func (p *problem) room() (bool, error) {
	r, err := p.lift(p.scenario.With(p.variable, everything))
	if err != nil || p.ends() {
		return false, err
	}
	last, before, beside := p.last(r), false, false
	for _, i := range p.besides() {
		before = before || r.Lines[i].Step < last
		beside = beside || r.Lines[i].Step == last
	}
	if p.lifts() && (beside || p.rule().Factor != tender.FactorMaximal) {
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
// amount never accepts more of what comes later. One of a pool ends it in the pool.
func (p *problem) ends() bool {
	for i := range p.offer.Series {
		s := &p.offer.Series[i]
		if p.inPool(s) && !limits(p.offer, p.cap, s) {
			return false
		}
	}
	return p.shortfall() != tender.AllOrNoneSkip && !p.lifts()
}

// inPool reports whether a series has a level in the waterfall of the goal.
func (p *problem) inPool(s *tender.Series) bool {
	at := slices.IndexFunc(p.offer.Series, p.goal.has)
	return s.Priority > 0 && s.Pool == p.offer.Series[at].Pool
}

// shortfall is what happens to a level of the goal's waterfall that does not fit whole. The bids of an
// auction are always cut back.
func (p *problem) shortfall() tender.Shortfall {
	s := &p.offer.Series[slices.IndexFunc(p.offer.Series, p.goal.has)]
	switch at := p.offer.PoolOf(s); {
	case p.offer.AuctionOf(s.ID) != nil:
		return tender.Prorate
	case at >= 0:
		return p.offer.ShortfallOf(p.offer.Pools[at])
	}
	return p.offer.Acceptance.Shortfall
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
	for _, c := range sharedCaps(p.offer) {
		if c.Name == name && name != p.cap.Name {
			name = fmt.Sprintf("%s (%s)", name, capFigure(c))
		}
	}
	at := Goal{Pool: why.Pool, Level: why.Level}.String()
	switch {
	case why.Code == allocate.PoolCondition:
		return fmt.Sprintf("not everything tendered in %s is bought", why.Cap)
	case why.Code == allocate.LevelSkipped:
		return fmt.Sprintf("%s does not fit whole under %s", at, name)
	case why.Code == allocate.WorseBid:
		return fmt.Sprintf("a bid is worse than the clearing level of %s", why.Bid)
	case why.Bid != "":
		return fmt.Sprintf("%s is reached at a bid of %s", name, why.Bid)
	}
	return fmt.Sprintf("%s is reached at %s", name, at)
}

func capFigure(c tender.Cap) string { return figure(c.Amount) + " " + c.Currency }

// figure is an amount with its thousands separated.
func figure(d decimal.Decimal) string { return display.Thousands(d.String()) }
