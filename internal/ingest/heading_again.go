package ingest

import (
	"regexp"
	"slices"
	"strings"

	"tenderbatch/internal/headings"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// unitWords are what is in a row of units below the headings, in the form of normal.
var unitWords = values.Words("text string char varchar number numeric decimal integer int whole date datetime time " +
	"timestamp currency amount unit units nominal faceamount code id alphanumeric usd eur gbp percent")

// dateMask is how a row of units says how dates are written: YYYY-MM-DD hh:mm.
var dateMask = regexp.MustCompile(`(?i)^[ymdhs][ymdhs:/. _-]*(t?hh:mm(:ss)?)?$`)

// isUnitText reports whether a text is a unit: in brackets, a currency, a zone, a scale, a
// kind of value.
func isUnitText(text string, numbered bool) bool {
	if (strings.HasPrefix(text, "(") && strings.HasSuffix(text, ")")) ||
		(strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]")) {
		return numbered || !values.IsDigits(values.Normal(text)) || headings.ScaleWords.MatchString(text)
	}
	if marks, rest := headings.HeadingCurrencies(text); len(marks) > 0 &&
		(values.Normal(rest) == "" || headings.ScaleWords.MatchString(text)) {
		return true
	}
	if zones, rest := headings.HeadingZones(" " + text); len(zones) > 0 && values.Normal(rest) == "" {
		return true
	}
	return slices.Contains(unitWords, values.Normal(text)) ||
		(headings.ScaleWords.MatchString(text) && !values.IsDigits(values.Normal(text))) || dateMask.MatchString(text)
}

// headingWords are all headings that are known.
var headingWords = func() map[string]bool {
	all := map[string]bool{}
	for c, h := range headings.Headings {
		if headings.Column(c) == headings.ColBid {
			continue // known only where there are auctions
		}
		for _, w := range append(slices.Clone(h.First), h.Second...) {
			all[w] = true
		}
	}
	return all
}()

// letterOf names a column of the sheet.
func letterOf(position int) string {
	if position < 0 {
		return "no column"
	}
	return "column " + letters(position)
}

// letters are those of a column, from 0.
func letters(position int) string { return strings.TrimSuffix(xlsx.CellName(position, 1), "1") }
