package ingest

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/csvfile"
	"tenderbatch/internal/headings"
	"tenderbatch/internal/inbox"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// terms are what is known of a report before it is read: the offer, and what it says of
// the depositary. Reading changes nothing of it.
type terms struct {
	file       string // the report's name
	offer      *tender.Offer
	depositary tender.Depositary
	securities *values.Securities
	statuses   map[string]tender.Status
	nothing    nothing
	answers    map[string]bool   // to whether a tender was withdrawn
	legal      []legalAmount     // by series
	auctions   []*tender.Auction // by series, nil for one that is in none

	place func(row, position int) string // names a cell of a file of messages; nil for a sheet
	known string                         // why its columns are known; "" for a sheet
}

func newTerms(o *tender.Offer, known *values.Securities, f inbox.Chosen) *terms {
	return &terms{
		file: f.Name, offer: o, depositary: f.Depositary, securities: known, statuses: values.StatusesOf(f.Depositary),
		nothing: newNothing(f.Depositary.Blanks), answers: withdrawnAnswers(f.Depositary), legal: legalAmounts(o),
		auctions: auctionsBySeries(o),
	}
}

// saysNothing reports whether a cell is filled to say that there is nothing, as with NULL
// or the value #N/A.
func (t *terms) saysNothing(c *xlsx.Cell) bool {
	switch {
	case c == nil || c.Formula:
		return false
	case c.Kind == xlsx.Text, c.Kind == xlsx.Error && string(c.Text) == "#N/A", t.nothing.own && c.Kind == xlsx.Number:
		return t.nothing.says(values.Trimmed(c.Text))
	}
	return false
}

// ignores reports whether the offer says that a column is to be ignored.
func (t *terms) ignores(heading string) bool {
	return slices.ContainsFunc(t.depositary.Ignored,
		func(name string) bool { return values.Normal(name) == values.Normal(heading) })
}

// controlValue is the number in a cell, however it came about.
func (t *terms) controlValue(c *xlsx.Cell) (decimal.Decimal, bool) {
	switch c.Kind {
	case xlsx.Number:
		return values.ControlNumber(string(c.Text))
	case xlsx.Text:
		v, _, wrong := values.TextAmountIn(values.Trim(string(c.Text)), t.depositary.Decimal)
		return v, wrong == nil
	}
	return decimal.Zero, false
}

// isLineInOne reports whether a text is a whole line of a CSV file: split into several
// fields, with a security of the offer among them.
func (t *terms) isLineInOne(text string) bool {
	for _, separator := range csvfile.Separators {
		fields := strings.Split(text, string(separator.Char))
		if len(fields) < len(headings.Needed) {
			continue
		}
		if slices.ContainsFunc(fields, func(f string) bool {
			_, listed := t.securities.Listed[strings.ToUpper(strings.Trim(f, `" `))]
			return listed
		}) {
			return true
		}
	}
	return false
}
