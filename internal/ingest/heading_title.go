package ingest

import (
	"fmt"
	"regexp"

	"tenderbatch/internal/display"
	"tenderbatch/internal/headings"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/xlsx"
)

// titleScale is how a line above the headings says that the amounts below are thousands or
// millions: "(in thousands)", "USD 000s", "Amounts in EUR mn". "$750 million notes" does not.
var titleScale = regexp.MustCompile(`(?i)(^|[^0-9a-z])(` +
	`in\s+(` + titleMoney + `\s*)?(thousands?|tsd|millions?|mio|mln|mn|mm|billions?|bn|k|` +
	`'?000'?s?|1[.,' ]?000([.,' ]?000)?s?)|` +
	titleMoney + `\s*\(?('?000'?s?|thousands?|tsd|millions?|mio|mln|mn|mm|billions?|bn|k|m)|` +
	`'?000'?s|thousands|teur|tusd|\((thousand|millions?|mio|mln|mn|mm|bn|k|'?000)\)` +
	`)([^0-9a-z]|$)`)

const titleMoney = `(us\$|[$€£¥]|usd|eur|gbp|chf|jpy|cad|aud|nzd|sek|nok|dkk)`

// The words of lines that say in which zone all times are, or in which currency all amounts.
var (
	titleTimes = regexp.MustCompile(`(?i)(^|[^\pL])((all|dates? and|date/) ?times|times (are|is|in|shown|given)|` +
		`time ?zone|times:)`)
	titleAmounts = regexp.MustCompile(`(?i)(^|[^\pL])(amounts?|principal|figures|nominals?|quantit(y|ies)) ` +
		`(\pL+ ){0,3}in |(^|[^\pL])currency:`)
)

// titleCells is how many texts of a row above the headings are looked at; a line of words
// has one or two.
const titleCells = 8

// title is a text above the headings.
type title struct {
	label headings.Label
	row   int
}

// titleFaults are what the lines above the headings say that forbids reading the rows as
// they stand.
func (l *layout) titleFaults() (faults []tender.FileFault) {
	for _, t := range l.titles {
		if t.row >= l.headings.Row {
			continue
		}
		place := t.place()
		cell := xlsx.CellName(t.label.Col, t.row)
		if titleScale.MatchString(t.label.Text) {
			faults = append(faults, headings.ScaleFault(cell, place))
		}
		if titleTimes.MatchString(t.label.Text) {
			zones, _ := headings.HeadingZones(t.label.Text)
			for _, z := range zones {
				if f := z.Fault(l.terms.offer, l.terms.depositary, place, l.terms.depositary.ZoneGiven); f != nil {
					f.Cell = cell
					faults = append(faults, *f)
				}
			}
		}
	}
	return faults
}

// place names the title in a sentence.
func (t title) place() string {
	return fmt.Sprintf("the line %s above the headings", display.Quote(display.Copied(t.label.Text)))
}

// titleCurrency is the currency that a line above the headings states for the principal, and
// that line.
func (l *layout) titleCurrency() (currency, source string) {
	for _, t := range l.titles {
		marks, _ := headings.HeadingCurrencies(t.label.Text)
		if t.row < l.headings.Row && len(marks) == 1 && titleAmounts.MatchString(t.label.Text) {
			return marks[0], t.place()
		}
	}
	return "", ""
}
