package ingest

import (
	"fmt"
	"slices"
	"strings"

	"tenderbatch/internal/display"
	"tenderbatch/internal/headings"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// What a person sees of a cell is more than what it holds: characters that are struck
// through, and what the number format puts beside a number.

// isStruck reports whether the current row is struck through: each of its needed cells that
// holds something.
func (r *rowReader) isStruck() bool {
	if c := r.cells[headings.ColPrincipal]; c == nil || c.Struck != xlsx.Struck {
		return false
	}
	for _, c := range headings.Needed {
		if cell := r.cells[c]; isFilled(cell) && cell.Struck != xlsx.Struck {
			return false
		}
	}
	return true
}

// struck is the finding about a row that is struck through. It does not count, unless the
// offer waives that.
func (r *rowReader) struck() []tender.Waiver {
	return r.waivable(nil, values.NewFault(tender.RuleStruck,
		"the row is struck through, as people strike out what was cancelled",
		"ask the depositary whether the tender was withdrawn; if it still counts, waive this in the offer"))
}

// inTotals is the status of the current row as a total sees it: many leave out what is
// struck through.
func (r *rowReader) inTotals(status tender.Status) tender.Status {
	if r.struckRow && r.bad {
		return tender.Withdrawn
	}
	return status
}

// struckCharacters says what is wrong with a cell of which something is struck through.
func struckCharacters(cell *xlsx.Cell) *values.Fault {
	what := "the cell is struck through"
	if cell.Struck == xlsx.PartlyStruck {
		what = "some characters of the cell are struck through, so it is not clear which value is meant"
	}
	return values.NewFault(tender.RuleStruck, what, "ask the depositary for the value")
}

// formatSigns are marks of currencies that stand in number formats and not in the texts of
// amounts, and the codes that each can mean.
var formatSigns = map[string]string{
	"kr": "SEK NOK DKK ISK", "kr.": "DKK ISK", "Fr.": "CHF", "SFr.": "CHF", "R$": "BRL", "R": "ZAR", "zł": "PLN",
	"Kč": "CZK", "Ft": "HUF", "₹": "INR",
	"₩": "KRW", "₪": "ILS", "₺": "TRY", "₽": "RUB", "฿": "THB", "₫": "VND", "HK$": "HKD", "S$": "SGD", "NZ$": "NZD",
	"AU$": "AUD", "CA$": "CAD",
	"NT$": "TWD", "MX$": "MXN", "RM": "MYR", "Rp": "IDR", "₱": "PHP", "JP¥": "JPY", "￥": "JPY CNY", "CN¥": "CNY",
	"元": "CNY", "円": "JPY",
}

// isFormatMark reports whether a word in a number format is a mark of a currency.
func isFormatMark(word string) bool {
	_, sign := formatSigns[word]
	return sign || values.IsMark(word) || values.IsMark(strings.ToUpper(word))
}

// formatMarkFits reports whether a mark in a number format can mean a currency.
func formatMarkFits(mark, currency string) bool {
	if means, ok := formatSigns[mark]; ok {
		return slices.Contains(strings.Fields(means), currency)
	}
	return values.MarkFits(mark, currency) || values.MarkFits(strings.ToUpper(mark), currency)
}

// amountShown says why a number format keeps a number from being the amount that a person
// reads, nil if it does not.
func amountShown(l *xlsx.Appearance, series tender.Series) *values.Fault {
	const advice = "ask the depositary for whole amounts, in a column formatted as plain numbers"
	shows := "the number format " + display.Quote(shortened(l.Code)) + " shows "
	switch {
	case l.Nothing:
		return values.NewFault(tender.RulePrincipal, shows+"nothing, so the number is hidden", advice)
	case l.Negative:
		return values.NewFault(tender.RulePrincipal, shows+"the number as a negative one", advice)
	case l.Scaled:
		return values.NewFault(tender.RulePrincipal, shows+"the number divided by a thousand or more", advice)
	case l.Masked:
		return values.NewFault(tender.RulePrincipal, shows+"something among the digits that the cell does not hold",
			advice)
	}
	for _, word := range strings.Fields(l.Currency + " " + l.Literal) {
		switch {
		case !isFormatMark(word):
			return values.NewFault(tender.RulePrincipal, shows+display.Quote(shortened(word))+" beside the number",
				advice)
		case series.Currency != "" && !formatMarkFits(word, series.Currency):
			return wrongCurrency(display.Quote(word)+", as the number format says", series)
		}
	}
	return nil
}

// identifierShown is a number that identifies, as its number format shows it.
func identifierShown(l *xlsx.Appearance, number, rule string) (string, *values.Fault) {
	if l.Masked || l.Padded || l.Literal != "" || l.Scaled || l.Nothing || l.Negative || l.Currency != "" {
		return "", values.NewFault(rule, fmt.Sprintf("the number format %s shows another number than the cell holds",
			display.Quote(shortened(l.Code))),
			"ask the depositary for the number, in a column formatted as text")
	}
	return strings.Repeat("0", max(0, l.Zeros-len(number))) + number, nil
}

// checkStruckHeadings refuses a column that decides and whose heading is struck through: it
// may have been cancelled as a whole.
func (t *sheetTotals) checkStruckHeadings() {
	for _, c := range mustBeSeen {
		if !t.layout.headings.Has(c) || t.layout.headings.Labels[t.layout.headings.At[c]].Struck == xlsx.NotStruck {
			continue
		}
		t.fault(tender.FileFault{Cell: t.layout.cell(c, t.layout.headings.Row), Value: t.layout.headings.Heading(c),
			Rule: tender.RuleColumn,
			Message: fmt.Sprintf("the heading of the %s is struck through",
				strings.ReplaceAll(headings.Headings[c].Name, "_", " ")),
			Advice: "ask the depositary which column is right, and for the report without the strike"})
	}
}
