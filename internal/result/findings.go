package result

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/display"
	"tenderbatch/internal/tender"
)

// FindingGroup are the findings of one sheet that break one rule with one value: one
// code that is not known is one thing to do, however many rows hold it.
type FindingGroup struct {
	Depositary string
	File       string // base name
	Sheet      string
	Column     string // heading of the cells at fault, "" for whole lines
	Value      string // as written in the cells
	Rule       string
	Outcome    tender.Outcome
	Open       bool             // a person must still act
	Currency   string           // of the series, "" where that is not known
	Principal  decimal.Decimal  // of the rows, each counted once
	Rows       []int            // in their order, each once
	Decided    string           // who decided about it, how and when; "" if it is not decided
	Findings   []tender.Finding // never empty
}

// GroupFindings groups the findings of an offer: those that are open first, then by
// principal. Where the findings were accepted with the run, none is open.
func GroupFindings(o *tender.Offer, all []tender.Finding, accepted bool) []FindingGroup {
	type key struct {
		depositary, file, sheet, column, value, rule, currency, decided string
		outcome                                                         tender.Outcome
		open                                                            bool
	}
	var groups []FindingGroup
	at := map[key]int{}
	for i := range all {
		f := &all[i]
		currency := ""
		if s, ok := o.SeriesByID(f.Series); ok {
			currency = o.Series[s].Currency
		}
		k := key{f.Depositary, f.Source.File, f.Source.Sheet, f.Column, f.Value, f.Rule, currency, f.Decided(), f.Outcome(),
			f.Open() && !accepted}
		n, known := at[k]
		if !known {
			n = len(groups)
			at[k] = n
			groups = append(groups, FindingGroup{
				Depositary: f.Depositary, File: f.Source.File, Sheet: f.Source.Sheet, Column: f.Column, Value: f.Value,
				Rule:    f.Rule,
				Outcome: k.outcome, Open: k.open, Currency: currency, Decided: k.decided,
			})
		}
		groups[n].Findings = append(groups[n].Findings, *f)
	}
	for i := range groups {
		groups[i].addUp()
	}
	slices.SortStableFunc(groups, func(x, y FindingGroup) int {
		return cmp.Or(compareBool(y.Open, x.Open), y.Principal.Cmp(x.Principal), cmp.Compare(x.File, y.File),
			cmp.Compare(x.Sheet, y.Sheet), cmp.Compare(x.Rows[0], y.Rows[0]), cmp.Compare(x.Rule, y.Rule))
	})
	return groups
}

// Groups are the findings of the run in groups.
func (r *Run) Groups() []FindingGroup { return GroupFindings(r.Offer, r.Findings, r.Accepted()) }

// addUp collects the rows of the group and their principal. A row can have two findings of
// one kind, as a tender that two reports have otherwise.
func (g *FindingGroup) addUp() {
	seen := map[string]bool{}
	for i := range g.Findings {
		f := &g.Findings[i]
		g.Rows = append(g.Rows, f.Source.Row)
		if line := fmt.Sprintf("%d %s", f.Source.Row, f.Instruction); !seen[line] {
			seen[line] = true
			g.Principal = g.Principal.Add(f.Principal)
		}
	}
	slices.Sort(g.Rows)
	g.Rows = slices.Compact(g.Rows)
}

func compareBool(x, y bool) int {
	switch {
	case x == y:
		return 0
	case x:
		return 1
	}
	return -1
}

// RowRanges shows the rows as ranges, such as "12-40, 44"; of more than most ranges, the
// first and how many rows are left out.
func (g *FindingGroup) RowRanges(most int) string {
	var parts []string
	for i := 0; i < len(g.Rows); {
		end := i
		for end+1 < len(g.Rows) && g.Rows[end+1] == g.Rows[end]+1 {
			end++
		}
		if len(parts) == most {
			return strings.Join(parts, ", ") + " and " + display.Plural(len(g.Rows)-i, "more", "more")
		}
		if i == end {
			parts = append(parts, fmt.Sprint(g.Rows[i]))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", g.Rows[i], g.Rows[end]))
		}
		i = end + 1
	}
	return strings.Join(parts, ", ")
}

// Place names the cell of a single finding, or the sheet and the rows of several.
func (g *FindingGroup) Place() string {
	f := &g.Findings[0]
	if f.Source.Row == 0 {
		return "" // it is about the whole file
	}
	if len(g.Findings) > 1 || f.Cell == "" {
		word := "row "
		if len(g.Rows) > 1 {
			word = "rows "
		}
		return strings.TrimSpace(g.Sheet + " " + word + g.RowRanges(MostRanges))
	}
	if g.Sheet == "" {
		return f.Cell
	}
	return g.Sheet + "!" + f.Cell
}

// MostRanges is how many ranges of rows stand in a sentence.
const MostRanges = 20

// Message says what is wrong, and Advice what to do: of the finding on which most hangs,
// where they differ.
func (g *FindingGroup) Message() string {
	return g.said(func(f *tender.Finding) string { return f.Message })
}

// Advice is what to do.
func (g *FindingGroup) Advice() string {
	return g.said(func(f *tender.Finding) string { return f.Advice })
}

func (g *FindingGroup) said(of func(*tender.Finding) string) string {
	first := of(&g.Findings[0])
	for i := range g.Findings {
		if of(&g.Findings[i]) != first {
			return first + " (and the like for the others)"
		}
	}
	return first
}

// Weight says what hangs on the group: how many lines and how much principal, and of a
// single one the instruction and the participant.
func (g *FindingGroup) Weight() string {
	var parts []string
	if f := &g.Findings[0]; len(g.Findings) > 1 {
		parts = append(parts, display.Plural(len(g.Findings), "line", "lines"))
		if instructions := g.instructions(); instructions != "" {
			parts = append(parts, "instructions "+instructions)
		}
	} else {
		if f.Instruction != "" {
			parts = append(parts, "instruction "+f.Instruction)
		}
		if f.Participant != "" {
			parts = append(parts, "participant "+f.Participant)
		}
	}
	if !g.Principal.IsZero() {
		parts = append(parts, "principal "+strings.TrimSpace(display.Thousands(g.Principal.String())+" "+g.Currency))
	}
	return strings.Join(parts, ", ")
}

// instructions are the numbers of the first instructions, and how many more there are.
func (g *FindingGroup) instructions() string {
	const most = 5
	var all []string
	for i := range g.Findings {
		if id := g.Findings[i].Instruction; id != "" && !slices.Contains(all, id) {
			all = append(all, id)
		}
		if len(all) > most { // of more, the number of lines says enough
			return strings.Join(all[:most], ", ") + ", …"
		}
	}
	return strings.Join(all, ", ")
}

// Sentence says the whole group in one line.
func (g *FindingGroup) Sentence() string {
	value, advice := "", g.Advice()
	if g.Value != "" {
		value = fmt.Sprintf(" holds %q", g.Value)
		if len(g.Rows) > 1 {
			value = fmt.Sprintf(" hold %q", g.Value)
		}
	}
	if g.Decided != "" {
		advice = g.Decided
	}
	text := fmt.Sprintf("%s%s: %s; %s [%s]", strings.TrimSpace(g.File+" "+g.Place()), value, g.Message(), advice, g.Rule)
	if weight := g.Weight(); weight != "" {
		text += " " + weight
	}
	return text
}
