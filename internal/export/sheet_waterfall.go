package export

import (
	"strings"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

var waterfallColumns = []column{
	{heading: "Step"},
	{heading: "Level"},
	{heading: "Window"},
	{heading: "Series or cap", widest: 44},
	{heading: "Currency"},
	{heading: "Tendered", right: true},
	{heading: "Accepted", right: true},
	{heading: "Factor", right: true, least: 11},
	{heading: "Cap left before", right: true, least: 18},
	{heading: "Cap taken", right: true},
	{heading: "Cap left after", right: true, least: 17},
	{heading: "Reason", widest: 54},
}

// The columns of Waterfall that formulas refer to.
const (
	fallBefore = 9
	fallAfter  = 11
)

// layWaterfall lays out the steps of the acceptance in the order they were
// taken: of each, what it took of each series, then what it left of each cap.
func (b *workbook) layWaterfall() {
	s := b.newSheet("Waterfall", "Waterfall: how the acceptance came about")
	b.waterfall = s
	top := firstRow
	t := table{columns: waterfallColumns, none: "Nothing was tendered, so there was no step to take."}
	for i, step := range b.run.Allocation.Steps {
		for _, sh := range step.Shares {
			t.rows = append(t.rows, append(stepCells(i, step, string(sh.Window)), b.shareCells(sh)...))
		}
		for _, c := range step.Caps {
			row := top + 1 + len(t.rows)
			cells := append(stepCells(i, step, windowWords(step.Windows)), b.capCells(c, row)...)
			for j := range cells {
				if cells[j].look.tone == normal {
					cells[j].look.tone = muted
				}
			}
			t.rows = append(t.rows, cells)
		}
	}
	body := s.table(top, t)
	s.filter, s.frozen, s.repeat = area{top, 1, body.bottom, len(waterfallColumns)}, top, top
	b.name("WaterfallList", s, s.filter.fixed())
}

func stepCells(i int, step allocate.Step, window string) []cell {
	level := count(step.Level).aligned(left)
	switch {
	case step.Settled:
		level = label("settled early")
	case step.Level == 0:
		level = label("any and all")
	}
	return []cell{count(i + 1).aligned(left), level, label(window)}
}

func windowWords(windows []tender.Window) string {
	words := make([]string, len(windows))
	for i, w := range windows {
		words[i] = string(w)
	}
	return strings.Join(words, " and ")
}

func (b *workbook) shareCells(sh allocate.Share) []cell {
	return []cell{
		label(sh.Series), label(b.run.CurrencyOf(sh.Series)), principal(sh.Demand), principal(sh.Accepted), factor(sh.Factor),
		{}, {}, {}, label(sh.Reason.String()),
	}
}

func (b *workbook) capCells(c allocate.CapStep, row int) []cell {
	currency, measure := b.capOf(c.Cap)
	before, after := wholeUnits(c.Before, currency), wholeUnits(c.After, currency)
	left := amounts(currency, before, before.Sub(after), after)
	effect := label("counts " + measure)
	if c.Bound {
		effect = label("reached: the step is cut back").toned(doubtful)
	}
	return []cell{
		label(c.Cap), label(currency), {}, {}, {},
		left[0], left[1].by(at(row, fallBefore) + "-" + at(row, fallAfter)), left[2], effect,
	}
}

// capOf returns the currency and the measure of a cap.
func (b *workbook) capOf(name string) (currency, measure string) {
	for _, c := range b.run.Allocation.Caps {
		if c.Name == name {
			return c.Currency, result.MeasureWords(c.Measure)
		}
	}
	return "", ""
}
