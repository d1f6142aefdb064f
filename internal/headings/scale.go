package headings

import (
	"regexp"

	"tenderbatch/internal/display"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// ScaleWords are how the heading of an amount says that its figures are thousands or
// millions, cents, percentages or numbers of bonds: "Principal Amount (000s)", "Amount in
// thousands", "$mm", "Amount (cents)".
var ScaleWords = regexp.MustCompile(`(?i)(^|[^0-9a-z])(` +
	`'?000'?s?|(x|in|of)\s*1[.,' ]?000([.,' ]?000)?s?|` +
	`hundreds|lots|lakhs?|crores?|thousands?|thous|tsd|tds|teur|tusd|millions?|mio|mill|mln|mn|mm|billions?|bn|k|` +
	`cents|pence|minor\s+units?|per\s*cent|percent(age)?s?|pct|bonds|` +
	`[a-z]{3}\s*[km]|[$€£]\s*(k|m|mm|000s?)` +
	`)([^0-9a-z]|$)|%`)

// amountWords are parts of headings of amounts, in the form of normal.
var amountWords = values.Words("principal amount amt nominal quantity qty face value blocked tendered")

// scaled are the headings of amounts in thousands or millions.
func (l *Layout) scaled() (found []Label) {
	for i, f := range l.Labels {
		isAmount := i == l.At[ColPrincipal] || hasWord(values.Normal(f.Text), amountWords)
		if isAmount && ScaleWords.MatchString(f.Text) {
			found = append(found, f)
		}
	}
	return found
}

// ScaleFaults refuse a sheet whose principal is in thousands or millions: it would be wrong by
// that much, and the last digits are not in the file.
func (l *Layout) ScaleFaults() (faults []tender.FileFault) {
	for _, f := range l.scaled() {
		if l.Has(ColPrincipal) && l.Labels[l.At[ColPrincipal]] != f {
			continue // another column is read, in whole amounts
		}
		faults = append(faults, ScaleFault(xlsx.CellName(f.Col, l.Row),
			"the heading "+display.Quote(display.Copied(f.Text))))
	}
	return faults
}

// ScaleFault refuses amounts of which a place of the file says that they are scaled.
func ScaleFault(cell, place string) tender.FileFault {
	return tender.FileFault{
		Cell: cell, Rule: tender.RuleScale, Message: place + " says that the amounts are not whole units",
		Advice: "ask the depositary for whole amounts; payments need the full figures, not thousands",
	}
}
