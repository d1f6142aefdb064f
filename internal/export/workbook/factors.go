package workbook

import (
	"strings"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/decimals"
	"tenderbatch/internal/result"
	"tenderbatch/internal/spreadsheet"
)

// factor is a proration factor as a percentage with all its digits. One that a
// spreadsheet would round is text.
func factor(f allocate.Factor) spreadsheet.Cell {
	d, ok := f.Shown()
	switch {
	case f.None():
		return spreadsheet.Cell{}
	case !ok:
		return spreadsheet.Label(f.String()).Aligned(spreadsheet.Right)
	case len(strings.TrimLeft(strings.ReplaceAll(d.String(), ".", ""), "0")) > spreadsheet.ExcelDigits:
		return spreadsheet.Label(d.Shift(2).String() + "%").Aligned(spreadsheet.Right)
	}
	return spreadsheet.Percentage(d, decimals.Places(d.Shift(2)))
}

// seriesFactor is the factor of a series, or those of its windows where they
// differ.
func seriesFactor(a allocate.Accepted) spreadsheet.Cell {
	if a.Several {
		return spreadsheet.Label(a.FactorWords()).Aligned(spreadsheet.Right)
	}
	if f := a.Factor(); !f.None() || a.EarlyFactor.None() || a.LateFactor.None() {
		return factor(f)
	}
	return spreadsheet.Label("early " + result.PercentText(a.EarlyFactor) + ", late " +
		result.PercentText(a.LateFactor)).Aligned(spreadsheet.Right)
}
