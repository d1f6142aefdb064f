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
	`in\s+(` + titleMoney + `\s*)?(thousands?|tsd|millions?|mio|mln|mn|mm|billions?|bn|k|'?000'?s?|1[.,' ]?000([.,' ]?000)?s?)|` +
	titleMoney + `\s*\(?('?000'?s?|thousands?|tsd|millions?|mio|mln|mn|mm|billions?|bn|k|m)|` +
	`'?000'?s|thousands|teur|tusd|\((thousand|millions?|mio|mln|mn|mm|bn|k|'?000)\)` +
	`)([^0-9a-z]|$)`)

const titleMoney = `(us\$|[$€£¥]|usd|eur|gbp|chf|jpy|cad|aud|nzd|sek|nok|dkk)`

// The words of lines that say in which zone all times are, or in which currency all amounts.
var (
	titleTimes   = regexp.MustCompile(`(?i)(^|[^\pL])((all|dates? and|date/) ?times|times (are|is|in|shown|given)|time ?zone|times:)`)
	titleAmounts = regexp.MustCompile(`(?i)(^|[^\pL])(amounts?|principal|figures|nominals?|quantit(y|ies)) (\pL+ ){0,3}in |(^|[^\pL])currency:`)
)

// titleCells is how many texts of a row above the headings are looked at; a line of words
// has one or two.
const titleCells = 8

// keepTitle keeps the texts of a row above the headings.
func (s *sheet) keepTitle(row *xlsx.Row) {
	for i, l := range headings.Labels(row) {
		if i == titleCells {
			break
		}
		if len(l.Text) <= headings.MaxMarked {
			l.Text = string([]byte(l.Text))
			s.titles = append(s.titles, title{l, row.Number})
		}
	}
}

// title is a text above the headings.
type title struct {
	headings.Label
	row int
}

// titleFaults are what the lines above the headings say that forbids reading the rows as
// they stand. A currency that they name is that of the principal.
func (s *sheet) titleFaults() (faults []tender.FileFault) {
	for _, t := range s.titles {
		if t.row >= s.layout.Row {
			continue
		}
		place := fmt.Sprintf("the line %s above the headings", display.Quote(display.Copied(t.Text)))
		cell := xlsx.CellName(t.Col, t.row)
		if titleScale.MatchString(t.Text) {
			faults = append(faults, headings.ScaleFault(cell, place))
		}
		if titleTimes.MatchString(t.Text) {
			zones, _ := headings.HeadingZones(t.Text)
			for _, z := range zones {
				if f := z.Fault(s.offer, s.depositary, place, s.depositary.ZoneGiven); f != nil {
					f.Cell = cell
					faults = append(faults, *f)
				}
			}
		}
		if marks, _ := headings.HeadingCurrencies(t.Text); len(marks) == 1 && s.said == "" && titleAmounts.MatchString(t.Text) {
			s.said, s.saidBy = marks[0], place
		}
	}
	return faults
}
