package ingest

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"tenderbatch/internal/display"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
)

// currencyInHeading is a currency beside the words of a heading: "Principal (EUR)",
// "Amount $". A code is in capitals, so that no word is taken for one. What names it is the
// group 1.
var currencyInHeading = regexp.MustCompile(`(?:^|[^\pL\pN])(US\$|C\$|A\$|[$€£¥]|[A-Z]{3})(?:[^\pL\pN]|$)`)

// headingCurrencies are the currencies that the heading of an amount names, and the heading
// without them.
func headingCurrencies(text string) (marks []string, bare string) {
	bare = text
	for from := 0; ; {
		m := currencyInHeading.FindStringSubmatchIndex(bare[from:])
		if m == nil {
			break
		}
		mark := bare[from+m[2] : from+m[3]]
		if !values.IsMark(mark) {
			from += m[3]
			continue
		}
		marks = append(marks, mark)
		bare = bare[:from+m[2]] + " " + bare[from+m[3]:]
	}
	if len(marks) == 0 {
		return nil, text
	}
	return marks, lostIn.ReplaceAllString(emptyGroup.ReplaceAllString(bare, " "), "")
}

// saidCurrency is the currency that the heading of the principal names, "" if it names none
// or several, as beside a column for the currency.
func (l *layout) saidCurrency() string {
	marks, _ := headingCurrencies(l.heading(colPrincipal))
	if marks = slices.Compact(marks); len(marks) == 1 {
		return marks[0]
	}
	return ""
}

// headingCurrency holds the currency that the headings name for the principal against the series of
// the row in hand.
func (s *sheet) headingCurrency(series int) {
	if s.said == "" || series < 0 || values.MarkFits(s.said, s.offer.Series[series].Currency) {
		return
	}
	s.reject(colPrincipal, &values.Fault{Rule: tender.RuleCurrency,
		Message: fmt.Sprintf("%s says %s, but series %s is in %s", cmp.Or(s.saidBy, "the heading "+display.Quote(s.layout.heading(colPrincipal))), s.said, s.offer.Series[series].ID, s.offer.Series[series].Currency),
		Advice:  "correct the security or the amount with the depositary"})
}

// bareHeadings are headings without the zones or currencies in them, in the form of normal.
type bareHeadings struct{ times, amounts []string }

// bareKeys takes zones and currencies out of headings, whose keys are given.
func bareKeys(found []label, keys []string) bareHeadings {
	b := bareHeadings{slices.Clone(keys), slices.Clone(keys)}
	for i, f := range found {
		if len(f.text) > maxMarked {
			continue
		}
		if hasWord(keys[i], timeWords) {
			if zones, bare := headingZones(f.text); len(zones) > 0 {
				b.times[i] = values.Normal(bare)
			}
		}
		if hasWord(keys[i], amountWords) {
			if marks, bare := headingCurrencies(f.text); len(marks) > 0 {
				b.amounts[i] = values.Normal(bare)
			}
		}
	}
	return b
}

// maxMarked is the length of a text, in bytes, that is searched for zones and currencies.
const maxMarked = 200

// timeWords are parts of headings of times, in the form of normal.
var timeWords = values.Words("time date stamp receiv receipt submi enter entry input creat withdr cancel cover deliver")

func hasWord(key string, list []string) bool {
	return slices.ContainsFunc(list, func(w string) bool { return strings.Contains(key, w) })
}

// of are the keys by which a column is looked for.
func (b bareHeadings) of(c column, keys []string) []string {
	switch {
	case slices.Contains(timeColumns, c):
		return b.times
	case c == colPrincipal:
		return b.amounts
	}
	return keys
}

// headingFaults are what the headings say that forbids reading the rows as they stand.
func (l *layout) headingFaults(o *tender.Offer, d tender.Depositary) []tender.FileFault {
	return append(l.scaleFaults(), l.zoneFaults(o, d)...)
}
