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
	headings.Label
	word   string // of its heading that speaks of what decides how a tender counts, "" for none
	filled bool   // it has a value
	codes  bool   // all of its values are known codes for a status
	sample string // the first value
}

// decidingWords are parts of headings, in the form of normal, of what decides whether a
// tender counts, for how much and in which money.
var decidingWords = values.Words("status withdraw cancel reject revok revoc rescind void delete revers debit drcr currency ccy deliver guarant protect amount amt principal nominal quantity qty")

// findUnread notes the columns of the sheet that are not read and that the offer does not
// say are to be ignored.
func (s *sheet) findUnread() {
	s.unread = nil
	for _, l := range s.layout.Ignored {
		if s.ignores(l.Text) {
			continue
		}
		u := unread{Label: l, codes: true}
		key := values.Normal(l.Text)
		if i := slices.IndexFunc(decidingWords, func(w string) bool { return strings.Contains(key, w) }); i >= 0 {
			u.word = decidingWords[i]
		}
		s.unread = append(s.unread, u)
	}
	s.watched = len(s.unread)
	s.passes()
}

// ignores reports whether the offer says that a column is to be ignored.
func (s *sheet) ignores(heading string) bool {
	return slices.ContainsFunc(s.depositary.Ignored, func(name string) bool { return values.Normal(name) == values.Normal(heading) })
}

// watch looks at the cells of an instruction in columns that are not read, as long as
// they can say anything.
func (s *sheet) watch(row *xlsx.Row) {
	if s.watched == 0 {
		return
	}
	s.watched = 0
	for i := range s.unread {
		u := &s.unread[i]
		if u.filled && !u.codes {
			continue
		}
		s.watched++
		at := slices.IndexFunc(row.Cells, func(c xlsx.Cell) bool { return c.Col == u.Col })
		if at < 0 || !isFilled(&row.Cells[at]) || s.saysNothing(&row.Cells[at]) {
			continue
		}
		text := values.Trimmed(row.Cells[at].Text)
		if !u.filled {
			u.filled, u.sample = true, shortened(display.Copied(string(text)))
		}
		_, known := s.statuses[strings.ToUpper(string(text))]
		u.codes = u.codes && known && row.Cells[at].Kind == xlsx.Text
	}
}

// checkUnread stops on a column that is not read and may decide how tenders count: one
// whose heading speaks of that, or whose values are all codes for a status.
func (s *sheet) checkUnread() {
	for _, u := range s.unread {
		if _, named := s.depositary.Columns[u.likely()]; !u.filled || named {
			continue // the person who named the column in the offer has seen the others
		}
		var why string
		switch {
		case u.word != "":
			why = fmt.Sprintf("its heading speaks of %q", u.word)
		case u.codes && !s.layout.Has(headings.ColStatus):
			why = "its values are codes for a status, and no column is read as the status"
		default:
			continue
		}
		text := display.Copied(u.Text)
		if text == "" {
			s.fault(s.name, tender.FileFault{
				Cell: xlsx.CellName(u.Col, s.layout.Row), Rule: tender.RuleUnread,
				Message: fmt.Sprintf("the column has no heading and is not read, although %s, such as %s", why, display.Quote(u.sample)),
				Advice:  "ask the depositary for the report with a heading over that column",
			})
			continue
		}
		s.fault(s.name, tender.FileFault{
			Cell: xlsx.CellName(u.Col, s.layout.Row), Rule: tender.RuleUnread,
			Message: fmt.Sprintf("the column %s is not read, although %s; it holds %s, for instance", display.Quote(text), why, display.Quote(u.sample)),
			Advice: fmt.Sprintf("say what it is, in the offer at depositary %s under columns, such as columns: {%s: %q}, or that it does not matter: ignore_columns: [%q]",
				s.depositary.Name, s.nameFor(&u), text, text),
		})
	}
}

// nameFor is the name under which the offer can give the column.
func (s *sheet) nameFor(u *unread) string {
	if _, answer := s.answers[strings.ToLower(u.sample)]; answer && u.likely() == headings.Headings[headings.ColWithdrawn].Name && (s.layout.Has(headings.ColWithdrawn) || s.layout.Has(headings.ColWithdrawnDate)) {
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
		{headings.ColWithdrawn, "withdraw cancel revok revoc rescind void delete revers"}, {headings.ColCurrency, "currency ccy"}, {headings.ColDelivery, "deliver guarant protect"},
		{headings.ColPrincipal, "amount amt principal nominal quantity qty"},
	} {
		if slices.Contains(values.Words(c.words), u.word) {
			return headings.Headings[c.column].Name
		}
	}
	return headings.Headings[headings.ColStatus].Name
}

// unreadColumns lists the headings of the columns that are not read.
func (s *sheet) unreadColumns() []string {
	var all []string
	for _, l := range s.layout.Ignored {
		all = append(all, display.Copied(l.Text))
	}
	return all
}
