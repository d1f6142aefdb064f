package headings

import (
	"regexp"
	"slices"
	"strings"

	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
)

// currencyInHeading is a currency beside the words of a heading: "Principal (EUR)",
// "Amount $". A code is in capitals, so that no word is taken for one. What names it is the
// group 1.
var currencyInHeading = regexp.MustCompile(`(?:^|[^\pL\pN])(US\$|C\$|A\$|[$€£¥]|[A-Z]{3})(?:[^\pL\pN]|$)`)

// HeadingCurrencies are the currencies that the heading of an amount names, and the heading
// without them.
func HeadingCurrencies(text string) (marks []string, bare string) {
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

// StatedCurrency is the currency that the heading of the principal names, "" if it names none
// or several, as beside a column for the currency.
func (l *Layout) StatedCurrency() string {
	marks, _ := HeadingCurrencies(l.Heading(ColPrincipal))
	if marks = slices.Compact(marks); len(marks) == 1 {
		return marks[0]
	}
	return ""
}

// bareHeadings are headings without the zones or currencies in them, in the form of normal.
type bareHeadings struct{ times, amounts []string }

// bareKeys takes zones and currencies out of headings, whose keys are given.
func bareKeys(found []Label, keys []string) bareHeadings {
	b := bareHeadings{slices.Clone(keys), slices.Clone(keys)}
	for i, f := range found {
		if len(f.Text) > MaxMarked {
			continue
		}
		if hasWord(keys[i], timeWords) {
			if zones, bare := HeadingZones(f.Text); len(zones) > 0 {
				b.times[i] = values.Normal(bare)
			}
		}
		if hasWord(keys[i], amountWords) {
			if marks, bare := HeadingCurrencies(f.Text); len(marks) > 0 {
				b.amounts[i] = values.Normal(bare)
			}
		}
	}
	return b
}

// MaxMarked is the length of a text, in bytes, that is searched for zones and currencies.
const MaxMarked = 200

// timeWords are parts of headings of times, in the form of normal.
var timeWords = values.Words("time date stamp receiv receipt submi enter entry input creat withdr cancel cover deliver")

func hasWord(key string, list []string) bool {
	return slices.ContainsFunc(list, func(w string) bool { return strings.Contains(key, w) })
}

// of are the keys by which a column is looked for.
func (b bareHeadings) of(c Column, keys []string) []string {
	switch {
	case slices.Contains(TimeColumns, c):
		return b.times
	case c == ColPrincipal:
		return b.amounts
	}
	return keys
}

// HeadingFaults are what the headings say that forbids reading the rows as they stand.
func (l *Layout) HeadingFaults(o *tender.Offer, d tender.Depositary) []tender.FileFault {
	return append(l.ScaleFaults(), l.zoneFaults(o, d)...)
}
