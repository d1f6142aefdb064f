package ingest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/display"
	"tenderbatch/internal/headings"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/xlsx"
)

// shownOnly says, of a total that does not agree, that it is exactly the sum of the rows which
// are shown, as SUBTOTAL gives it below a filter; "" if it is not.
func (t *sums) shownOnly(value decimal.Decimal, kind totalKind, hidden []int) string {
	if len(hidden) == 0 || t.hidden.value().IsZero() {
		return ""
	}
	shown := t.all.value().Sub(t.hidden.value())
	sinceLast := t.sinceLast.value().Sub(t.hiddenSinceLast.value())
	if !value.Equal(shown) && !(kind == subtotal && value.Equal(sinceLast)) {
		return ""
	}
	return fmt.Sprintf("; it is exactly the sum of the rows that are shown; hidden: %s, with %s",
		rowList(hidden, len(hidden)), t.hidden.value())
}

// hiddenAdvice is what to do about a total that leaves hidden rows out.
const hiddenAdvice = "rows are hidden, perhaps by a filter, and the total leaves them out: ask the depositary " +
	"whether they belong to the report, and for the report without a filter"

// mustBeSeen are the columns that say whether, when, for how much and for whom.
var mustBeSeen = []headings.Column{headings.ColInstruction, headings.ColPrincipal, headings.ColReceived,
	headings.ColReceivedDate, headings.ColReceivedTime, headings.ColStatus,
	headings.ColIsWithdrawn, headings.ColWithdrawn, headings.ColWithdrawnDate, headings.ColWithdrawnTime,
	headings.ColParticipant, headings.ColBid}

// checkHidden refuses columns that decide and cannot be seen, unless the offer names them;
// a visible column beside them may be the one that is meant.
func (t *sheetTotals) checkHidden(hidden []xlsx.Columns) {
	var named []string
	for c := range headings.ColumnCount {
		at := t.layout.headings.Position(c)
		if at < 0 || !slices.ContainsFunc(hidden, func(h xlsx.Columns) bool { return h.First <= at && at <= h.Last }) {
			continue
		}
		heading := t.layout.headings.Heading(c)
		named = append(named, display.Quote(heading))
		if _, offered := t.layout.terms.depositary.Columns[headings.Headings[c].Name]; offered ||
			!slices.Contains(mustBeSeen, c) {
			continue
		}
		t.fault(tender.FileFault{Cell: xlsx.CellName(at, t.layout.headings.Row), Value: heading,
			Rule: tender.RuleHidden,
			Message: fmt.Sprintf("the column of the %s is hidden, so people who open the report do not see what is "+
				"read", strings.ReplaceAll(headings.Headings[c].Name, "_", " ")),
			Advice: fmt.Sprintf("check whether another column is meant, and name the right one in the offer at "+
				"depositary %s: columns: {%s: %q}", t.layout.terms.depositary.Name, headings.Headings[c].Name,
				heading)})
	}
	for _, l := range t.layout.headings.Ignored {
		if slices.ContainsFunc(hidden, func(h xlsx.Columns) bool { return h.First <= l.Col && l.Col <= h.Last }) {
			t.note("hidden column that is not read: " + display.Quote(l.Text))
		}
	}
	if len(named) > 0 {
		t.note("hidden columns that are read: " + strings.Join(named, ", "))
	}
}
