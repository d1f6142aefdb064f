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

// unread is a column that is not read, and what its cells beside the instructions hold.
type unread struct {
	label  headings.Label
	word   string // of its heading that speaks of what decides how a tender counts, "" for none
	filled bool   // it has a value
	codes  bool   // all of its values are known codes for a status
	sample string // the first value
}

// decidingWords are parts of headings, in the form of normal, of what decides whether a
// tender counts, for how much and in which money.
var decidingWords = values.Words("status withdraw cancel reject revok revoc rescind void delete revers debit drcr " +
	"currency ccy deliver guarant protect amount amt principal nominal quantity qty")

// watch looks at the cells of an instruction in columns that are not read, as long as
// they can say anything.
func (t *sheetTotals) watch(row *xlsx.Row) {
	if t.watched == 0 {
		return
	}
	t.watched = 0
	for i := range t.unread {
		u := &t.unread[i]
		if u.filled && !u.codes {
			continue
		}
		t.watched++
		at := slices.IndexFunc(row.Cells, func(c xlsx.Cell) bool { return c.Col == u.label.Col })
		if at < 0 || !isFilled(&row.Cells[at]) || t.layout.terms.saysNothing(&row.Cells[at]) {
			continue
		}
		text := values.Trimmed(row.Cells[at].Text)
		if !u.filled {
			u.filled, u.sample = true, shortened(display.Copied(string(text)))
		}
		_, known := t.layout.terms.statuses[strings.ToUpper(string(text))]
		u.codes = u.codes && known && row.Cells[at].Kind == xlsx.Text
	}
}

// addUnheaded adds a column that is not read and has no heading, if it is new.
func (t *sheetTotals) addUnheaded(col int) {
	if !slices.ContainsFunc(t.unread, func(u unread) bool { return u.label.Col == col }) {
		t.unread = append(t.unread, unread{label: headings.Label{Col: col, Struck: xlsx.NotStruck}, codes: true})
		t.watched++
	}
}

// checkUnread stops on a column that is not read and may decide how tenders count: one
// whose heading speaks of that, or whose values are all codes for a status.
func (t *sheetTotals) checkUnread() {
	for _, u := range t.unread {
		if _, named := t.layout.terms.depositary.Columns[u.likely()]; !u.filled || named {
			continue // the person who named the column in the offer has seen the others
		}
		var why string
		switch {
		case u.word != "":
			why = fmt.Sprintf("its heading contains %q", u.word)
		case u.codes && !t.layout.headings.Has(headings.ColStatus):
			why = "its values are codes for a status, and no column is read as the status"
		default:
			continue
		}
		text := display.Copied(u.label.Text)
		if text == "" {
			t.fault(tender.FileFault{
				Cell: xlsx.CellName(u.label.Col, t.layout.headings.Row), Rule: tender.RuleUnread,
				Message: fmt.Sprintf("the column has no heading and is not read, although %s, such as %s", why,
					display.Quote(u.sample)),
				Advice: "ask the depositary for the report with a heading over that column",
			})
			continue
		}
		t.fault(tender.FileFault{
			Cell: xlsx.CellName(u.label.Col, t.layout.headings.Row), Rule: tender.RuleUnread,
			Message: fmt.Sprintf("the column %s is not read, although %s; it holds %s, for instance",
				display.Quote(text), why, display.Quote(u.sample)),
			Advice: fmt.Sprintf("say what it is, in the offer at depositary %s under columns, such as columns: {%s: "+
				"%q}, or that it does not matter: ignore_columns: [%q]",
				t.layout.terms.depositary.Name, t.nameFor(&u), text, text),
		})
	}
}

// nameFor is the name under which the offer can give the column.
func (t *sheetTotals) nameFor(u *unread) string {
	if _, answer := t.layout.terms.answers[strings.ToLower(u.sample)]; answer &&
		u.likely() == headings.Headings[headings.ColWithdrawn].Name &&
		(t.layout.headings.Has(headings.ColWithdrawn) || t.layout.headings.Has(headings.ColWithdrawnDate)) {
		return headings.Headings[headings.ColIsWithdrawn].Name
	}
	return u.likely()
}

// likely is the column that the heading may be meant for.
func (u *unread) likely() string {
	for _, c := range []struct {
		column headings.Column
		words  string
	}{
		{headings.ColWithdrawn, "withdraw cancel revok revoc rescind void delete revers"},
		{headings.ColCurrency, "currency ccy"}, {headings.ColDelivery, "deliver guarant protect"},
		{headings.ColPrincipal, "amount amt principal nominal quantity qty"},
	} {
		if slices.Contains(values.Words(c.words), u.word) {
			return headings.Headings[c.column].Name
		}
	}
	return headings.Headings[headings.ColStatus].Name
}

// unreadColumns lists the headings of the columns that are not read.
func (t *sheetTotals) unreadColumns() []string {
	var all []string
	for _, l := range t.layout.headings.Ignored {
		all = append(all, display.Copied(l.Text))
	}
	return all
}
