package whatif

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

var (
	amountForm = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
	goalForm   = regexp.MustCompile(`^(?:(.+): *)?accept all of (?:(?:level )?([0-9]+)(?: of (.+))?|series (.+))$`)
	kindForm   = regexp.MustCompile(`^(cap|yield|spread|clearing) (.+)$`)
)

// mostDigits bounds a figure that is given: no amount of an offer has as many.
const mostDigits = 40

// ParseAmount reads an amount of at least zero: digits, without separators or an exponent.
func ParseAmount(text string) (decimal.Decimal, error) {
	if !amountForm.MatchString(text) || len(text) > mostDigits {
		return decimal.Zero, fmt.Errorf("%q is no amount; write digits without separators", text)
	}
	return decimal.NewFromString(text)
}

// Parse reads a value of the variable; most can be below zero.
func (v Variable) Parse(text string) (decimal.Decimal, error) {
	digits, negative := strings.CutPrefix(text, "-")
	if !negative || !v.Signed() {
		return ParseAmount(text)
	}
	amount, err := ParseAmount(digits)
	return amount.Neg(), err
}

// ParseVariable reads what varies: a cap by its name, or with its kind in front.
func ParseVariable(text string) Variable {
	if m := kindForm.FindStringSubmatch(text); m != nil {
		return Variable{Kind: Kind(m[1]), Name: m[2]}
	}
	return Cap(text)
}

// ParseRate reads an exchange rate between two currencies, which is above zero.
func ParseRate(pair, value string) (tender.Rate, error) {
	from, to, ok := strings.Cut(pair, "/")
	rate, err := ParseAmount(value)
	if err != nil || !ok || rate.IsZero() {
		return tender.Rate{}, fmt.Errorf("write FROM/TO=RATE, such as EUR/USD=1.30")
	}
	return tender.Rate{From: from, To: to, Rate: rate}, nil
}

// Growth is the values that a variable runs through.
type Growth struct {
	Of             Variable
	From, To, Step decimal.Decimal
}

// MostSteps bounds a sweep: no one reads more lines than that.
const MostSteps = 10_000

// ParseGrowth reads NAME=FROM:TO:STEP.
func ParseGrowth(text string) (*Growth, error) {
	name, value, _ := strings.Cut(text, "=")
	parts := strings.Split(value, ":")
	if len(parts) != 3 {
		return nil, fmt.Errorf("write NAME=FROM:TO:STEP")
	}
	g := &Growth{Of: ParseVariable(name)}
	for i, into := range []*decimal.Decimal{&g.From, &g.To, &g.Step} {
		amount, err := g.Of.Parse(parts[i])
		if err != nil {
			return nil, err
		}
		*into = amount
	}
	return g, g.check(MostSteps)
}

// check is an error if the growth has no step, or more than so many.
func (g *Growth) check(most int64) error {
	if g.Step.Sign() <= 0 || g.To.LessThan(g.From) || g.To.Sub(g.From).GreaterThan(g.Step.Mul(decimal.NewFromInt(most))) {
		return fmt.Errorf("FROM must not exceed TO, and STEP must take at most %d steps between them", most)
	}
	return nil
}

// Within is an error if the growth has more than so many steps.
func (g *Growth) Within(most int64) error { return g.check(most) }

// ParseGoal reads "accept all of LEVEL", "accept all of LEVEL of POOL" or "accept all of series ID",
// after "NAME: " for the variable that is sought. Without that, sought is the zero Variable.
func ParseGoal(text string) (goal *Goal, sought Variable, err error) {
	m := goalForm.FindStringSubmatch(text)
	if m == nil {
		return nil, sought, fmt.Errorf("write \"accept all of LEVEL\" or \"accept all of series ID\", or either after " +
			"\"NAME: \" for the cap NAME")
	}
	goal = &Goal{Series: m[4], Pool: m[3]}
	if m[1] != "" {
		sought = ParseVariable(m[1])
	}
	if m[2] == "" {
		return goal, sought, nil
	}
	if goal.Level, err = strconv.Atoi(m[2]); err != nil || goal.Level < 1 {
		return nil, sought, fmt.Errorf("levels begin at 1, and %s is none; what is bought any and all has no level, and no "+
			"cap cuts it back", m[2])
	}
	return goal, sought, nil
}

// Words say what the scenario supposes about an offer, so that no one takes the answer for a result;
// "" for the terms as they are.
func (s Scenario) Words(o *tender.Offer) string {
	var all []string
	for _, set := range s.Settings {
		all = append(all, fmt.Sprintf("%s %s %s", set.Variable.Words(o), tender.Thousands(set.Value), set.Unit(o)))
	}
	for _, r := range s.Rates {
		all = append(all, fmt.Sprintf("%s/%s %s", r.From, r.To, r.Rate))
	}
	return strings.Join(all, ", ")
}

// Current is a variable of an offer with its value, "" where it has none.
type Current struct {
	Variable
	Value string
	Unit  string
}

// Variables are all that a scenario can set of an offer, but exchange rates.
func Variables(o *tender.Offer) (all []Current) {
	add := func(v Variable) {
		now := Current{Variable: v, Unit: v.Unit(o)}
		if value, known := v.value(o); known {
			now.Value = value.String()
		}
		all = append(all, now)
	}
	for _, c := range sharedCaps(o) {
		add(Cap(c.Name))
	}
	for _, r := range o.References {
		add(Variable{Yield, r.Name})
	}
	for i := range o.Series {
		if o.Series[i].AtSpread() {
			add(Variable{FixedSpread, o.Series[i].ID})
		}
	}
	for _, a := range o.Auctions {
		v := Variable{ClearingLevel, a.Name}
		now := Current{Variable: v, Unit: v.Unit(o)}
		if a.HasClearing {
			now.Value = a.Clearing.String()
		}
		all = append(all, now)
	}
	return all
}

// UsualGrowth is a growth of a variable around what it is today, as far as that is known: where nothing
// else is asked for, it shows what a change would do.
func UsualGrowth(o *tender.Offer, v Variable) (*Growth, error) {
	const steps = 20
	now, known := v.value(o)
	around := func(reach, step decimal.Decimal) *Growth { return &Growth{v, now.Sub(reach), now.Add(reach), step} }
	switch {
	case v.Kind == ClearingLevel:
		for _, a := range o.Auctions {
			if a.Name == v.Name {
				low, high := decimal.Min(a.From, a.To), decimal.Max(a.From, a.To)
				each := high.Sub(low).Div(a.Increment).Div(decimal.NewFromInt(steps)).Ceil()
				return &Growth{v, low, high, a.Increment.Mul(decimal.Max(each, decimal.NewFromInt(1)))}, nil
			}
		}
	case !known || (v.Kind == CapAmount && !now.IsPositive()):
	case v.Kind == Yield:
		return around(decimal.NewFromInt(1), decimal.New(1, -1)), nil
	case v.Kind == FixedSpread:
		return around(decimal.NewFromInt(50), decimal.NewFromInt(5)), nil
	default:
		step := now.Div(decimal.NewFromInt(steps)).Ceil()
		return around(step.Mul(decimal.NewFromInt(steps/2)), step), nil
	}
	return nil, usage("there is no %s today around which to vary it; say from where to where", v)
}

// Goals are the levels of an offer, each of which a question can want whole, and then its series.
func Goals(o *tender.Offer) (all []Goal) {
	seen := map[Goal]bool{}
	for i := range o.Series {
		g := Goal{Level: o.Series[i].Priority}
		if len(o.Pools) > 0 {
			g.Pool = o.Series[i].Pool
		}
		if g.Level > 0 && !seen[g] {
			seen[g], all = true, append(all, g)
		}
	}
	for i := range o.Series {
		all = append(all, Goal{Series: o.Series[i].ID})
	}
	return all
}

// Asked is the goal as a question has it, see [ParseGoal].
func (g Goal) Asked() string {
	switch {
	case g.Series != "":
		return "accept all of series " + g.Series
	case g.Pool != "":
		return fmt.Sprintf("accept all of %d of %s", g.Level, g.Pool)
	}
	return fmt.Sprintf("accept all of %d", g.Level)
}
