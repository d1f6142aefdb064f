package workbook

import (
	"fmt"
	"strings"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/result"
	"tenderbatch/internal/spreadsheet"
	"tenderbatch/internal/tender"
)

var waterfallColumns = []spreadsheet.Column{
	{Heading: "Step"},
	{Heading: "Level"},
	{Heading: "Window"},
	{Heading: "Series or cap", Widest: 44},
	{Heading: "Currency"},
	{Heading: "Tendered", Right: true},
	{Heading: "Accepted", Right: true},
	{Heading: "Factor", Right: true, Least: 11},
	{Heading: "Cap left before", Right: true, Least: 18},
	{Heading: "Cap taken", Right: true},
	{Heading: "Cap left after", Right: true, Least: 17},
	{Heading: "Reason", Widest: 54},
}

// The columns of Waterfall that formulas refer to.
const (
	fallBefore = 9
	fallAfter  = 11
)

// layWaterfall lays out the steps of the acceptance in the order they were
// taken: of each, what it took of each series, then what it left of each cap.
func (b *workbook) layWaterfall() {
	s := b.frame.NewSheet("Waterfall", "Waterfall: how the acceptance came about")
	b.waterfall = s
	top := spreadsheet.FirstRow
	t := spreadsheet.Table{Columns: waterfallColumns, None: "Nothing was tendered, so there was no step to take."}
	for i, step := range b.run.Allocation.Steps {
		for _, sh := range step.Shares {
			t.Rows = append(t.Rows, append(stepCells(i, step, string(sh.Window)), b.shareCells(sh)...))
		}
		for _, c := range step.Caps {
			row := top + 1 + len(t.Rows)
			cells := append(stepCells(i, step, windowWords(step.Windows)), b.capCells(c, row)...)
			for j := range cells {
				if cells[j].Style.Tone == spreadsheet.Normal {
					cells[j].Style.Tone = spreadsheet.Muted
				}
			}
			t.Rows = append(t.Rows, cells)
		}
	}
	body := s.Table(top, t)
	s.Filter, s.Frozen, s.Repeat = spreadsheet.Area{Top: top, Left: 1, Bottom: body.Bottom, Right: len(waterfallColumns)},
		top, top
	b.frame.Name("WaterfallList", s, s.Filter.Fixed())
}

func stepCells(i int, step allocate.Step, window string) []spreadsheet.Cell {
	level := spreadsheet.Count(step.Level).Aligned(spreadsheet.Left)
	switch {
	case step.Settled:
		level = spreadsheet.Label(strings.TrimSpace("settled " + step.On.String()))
	case step.Auction != "":
		level = spreadsheet.Label(step.Auction + ": " + step.Bid)
	case step.Level == 0:
		level = spreadsheet.Label("any and all")
	case step.Pool != "":
		level = spreadsheet.Label(fmt.Sprintf("%s: %d", step.Pool, step.Level))
	}
	return []spreadsheet.Cell{spreadsheet.Count(i + 1).Aligned(spreadsheet.Left), level, spreadsheet.Label(window)}
}

func windowWords(windows []tender.Window) string {
	words := make([]string, len(windows))
	for i, w := range windows {
		words[i] = string(w)
	}
	return strings.Join(words, " and ")
}

func (b *workbook) shareCells(sh allocate.Share) []spreadsheet.Cell {
	return []spreadsheet.Cell{
		spreadsheet.Label(sh.Series), spreadsheet.Label(b.run.CurrencyOf(sh.Series)), spreadsheet.Principal(sh.Demand),
		spreadsheet.Principal(sh.Accepted), factor(sh.Factor),
		{}, {}, {}, spreadsheet.Label(sh.Reason.String()),
	}
}

func (b *workbook) capCells(c allocate.CapStep, row int) []spreadsheet.Cell {
	currency, measure := b.capOf(c.Cap)
	before, after := spreadsheet.WholeUnits(c.Before, currency), spreadsheet.WholeUnits(c.After, currency)
	left := spreadsheet.Amounts(currency, before, before.Sub(after), after)
	effect := spreadsheet.Label("counts " + measure)
	if c.Bound {
		effect = spreadsheet.Label("reached: the step is cut back").WithTone(spreadsheet.Doubtful)
	}
	return []spreadsheet.Cell{
		spreadsheet.Label(c.Cap), spreadsheet.Label(currency), {}, {}, {},
		left[0], left[1].By(spreadsheet.At(row, fallBefore) + "-" + spreadsheet.At(row, fallAfter)), left[2], effect,
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
