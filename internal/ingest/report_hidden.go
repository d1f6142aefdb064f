package ingest

import (
	"fmt"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/ingest/xlsx"
)

// shownOnly says, of a total that does not agree, that it is exactly that of the rows which
// are shown, as SUBTOTAL gives it below a filter; "" if it is not.
func (t *totals) shownOnly(value decimal.Decimal, kind totalKind, hidden []int) string {
	if len(hidden) == 0 || t.hidden.value().IsZero() {
		return ""
	}
	shown := t.all.value().Sub(t.hidden.value())
	sinceLast := t.sinceLast.value().Sub(t.hiddenSinceLast.value())
	if !value.Equal(shown) && !(kind == subtotal && value.Equal(sinceLast)) {
		return ""
	}
	return fmt.Sprintf("; it is exactly that of the rows that are shown; hidden: %s, with %s", rowList(hidden, len(hidden)), t.hidden.value())
}

// hiddenAdvice is what to do about a total that leaves hidden rows out.
const hiddenAdvice = "rows are hidden, perhaps by a filter, and the total leaves them out: ask the depositary whether they belong to the report, and for the report without a filter"

// hiddenTotalFault is the fault of such a total.
func (s *sheet) hiddenTotalFault(row *xlsx.Row, cell *xlsx.Cell, message string) {
	s.fault(s.name, FileFault{Cell: xlsx.CellName(cell.Col, row.Number), Value: string(cell.Text), Rule: ruleTotal, Message: message, Advice: hiddenAdvice})
}
