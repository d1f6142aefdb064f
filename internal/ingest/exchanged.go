package ingest

import (
	"fmt"

	"tenderbatch/internal/display"
	"tenderbatch/internal/headings"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// exchangedDates finds the sign, in a column of times, that a report was opened where people write
// day and month in the other order: dates with a day of 12 or less became date cells with day and
// month swapped, and the others stayed text.
type exchangedDates struct {
	clear bool  // something in the column rules that out
	cells []int // the lines whose date is a cell with a day up to 12
	texts int   // dates in text of which one number is above 12
	text  string
}

// add takes the next time of the column, of a line.
func (e *exchangedDates) add(cell *xlsx.Cell, text []byte, st values.Stamp, line int) {
	switch {
	case e.clear:
	case cell.Kind == xlsx.Number || cell.Format == xlsx.ISODate:
		if st.Date.IsZero() || zeroDays[st.Date] {
			return
		}
		if e.clear = st.Date.Day > 12; !e.clear {
			e.cells = append(e.cells, line)
		}
	default: // whether it could be read or not
		m := values.DateYearLast.FindSubmatch(text)
		if m == nil {
			m = values.DateShortYear.FindSubmatch(text)
		}
		if m == nil {
			return
		}
		if e.clear = values.Whole(string(m[1])) <= 12 && values.Whole(string(m[3])) <= 12; !e.clear {
			e.texts++
			e.text = display.Copied(string(text))
		}
	}
	if e.clear {
		e.cells = nil
	}
}

// checkExchanged rejects the date cells of a column in which only such dates were
// swapped.
func (t *sheetTotals) checkExchanged() {
	for c := range headings.ColumnCount {
		e := &t.exchanged[c]
		if e.clear || e.texts == 0 || len(e.cells) == 0 {
			continue
		}
		message := fmt.Sprintf("day and month may have been swapped when the report was opened and saved: every date "+
			"cell of the column has a day of 12 or less, and every date that is still text, such as %s, one above",
			display.Quote(e.text))
		for _, i := range e.cells {
			t.found.reject(t.layout.finding(t.lines.instruction(i), c, values.Fault{
				Rule: tender.RuleAmbiguousDate, Message: message,
				Advice: "ask the depositary for the report as it was made, with dates written as 2004-11-12",
			}))
			t.lines.reject(i)
		}
	}
}
