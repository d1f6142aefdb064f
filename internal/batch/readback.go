package batch

import (
	"fmt"
	"os"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/export"
	"tenderbatch/internal/ingest/xlsx"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// readBack reads the written workbook with other code than wrote it and tests
// the invariants of R16 again on what it finds: every instruction of the book is
// there once, tendered is accepted plus returned, and the cash adds up to the
// funding, currency by currency.
func readBack(path string, r *export.Run) error {
	lines, err := readInstructions(path)
	if err != nil {
		return fmt.Errorf("reading back %s: %w", path, err)
	}
	if detail := compareWritten(lines, r); detail != "" {
		return &tender.ControlError{Rule: "R16", Message: fmt.Sprintf(
			"the workbook that was written does not hold the result: %s; nothing is published; this is a fault of the program: keep the files and report it", detail)}
	}
	return nil
}

// written is one instruction as the workbook shows it.
type written struct {
	id, depositary, currency              string
	tendered, accepted, returned          decimal.Decimal
	consideration, early, interest, total decimal.Decimal
}

// readInstructions reads the rows of the sheet of instructions.
func readInstructions(path string) ([]written, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	book, err := xlsx.Open(file, info.Size(), xlsx.DefaultLimits())
	if err != nil {
		return nil, err
	}
	sheet := slices.IndexFunc(book.Sheets(), func(s xlsx.Sheet) bool { return s.Name == "Instructions" })
	if sheet < 0 {
		return nil, fmt.Errorf("no sheet of instructions")
	}
	var rows rowsBelow
	_, err = book.Rows(sheet, rows.add)
	return rows.lines, err
}

// rowsBelow collects the rows below the headings.
type rowsBelow struct {
	column map[string]int // by heading; nil until the headings are found
	lines  []written
}

var writtenHeadings = []string{"Instruction", "Depositary", "Currency", "Tendered", "Accepted", "Returned",
	"Tender Offer Consideration", "Early Tender Payment", "Accrued interest", "Total"}

func (b *rowsBelow) add(row *xlsx.Row) error {
	text := map[int]string{}
	for _, c := range row.Cells {
		text[c.Col] = string(c.Text)
	}
	if b.column == nil {
		b.findHeadings(text)
		return nil
	}
	if text[b.column["Instruction"]] == "" || len(text) < len(writtenHeadings) {
		return nil
	}
	w := written{id: text[b.column["Instruction"]], depositary: text[b.column["Depositary"]], currency: text[b.column["Currency"]]}
	for heading, amount := range map[string]*decimal.Decimal{
		"Tendered": &w.tendered, "Accepted": &w.accepted, "Returned": &w.returned,
		"Tender Offer Consideration": &w.consideration, "Early Tender Payment": &w.early,
		"Accrued interest": &w.interest, "Total": &w.total,
	} {
		value, err := decimal.NewFromString(text[b.column[heading]])
		if err != nil {
			return fmt.Errorf("row %d: %s %q is not a number", row.Number, heading, text[b.column[heading]])
		}
		*amount = value
	}
	b.lines = append(b.lines, w)
	return nil
}

func (b *rowsBelow) findHeadings(text map[int]string) {
	found := map[string]int{}
	for col, t := range text {
		if slices.Contains(writtenHeadings, t) {
			found[t] = col
		}
	}
	if len(found) == len(writtenHeadings) {
		b.column = found
	}
}

// compareWritten says how the rows differ from the run, "" if they do not.
func compareWritten(lines []written, r *export.Run) string {
	if len(lines) != len(r.Book.Lines) {
		return fmt.Sprintf("%d instructions written, %d in the book", len(lines), len(r.Book.Lines))
	}
	cash := map[string]settle.Cash{}
	for i, w := range lines {
		l, accepted := &r.Book.Lines[i], r.Allocation.Lines[i].Accepted
		if w.id != l.ID || !w.tendered.Equal(l.Principal) || !w.accepted.Equal(accepted) {
			return fmt.Sprintf("instruction %s: %s tendered, %s accepted; written as %s, %s and %s", l.ID, l.Principal, accepted, w.id, w.tendered, w.accepted)
		}
		if !w.tendered.Equal(w.accepted.Add(w.returned)) || !w.total.Equal(w.consideration.Add(w.early).Add(w.interest)) {
			return fmt.Sprintf("instruction %s does not add up as written", l.ID)
		}
		cash[w.currency] = cash[w.currency].Plus(settle.Cash{Consideration: w.consideration, EarlyPayment: w.early, AccruedInterest: w.interest})
	}
	for currency, sum := range cash {
		funded := decimal.Zero
		for _, f := range r.Settlement.Funding {
			if f.Currency == currency {
				funded = funded.Add(f.Total())
			}
		}
		if !sum.Total().Equal(funded) {
			return fmt.Sprintf("%s: %s on the lines, %s to wire", currency, sum.Total(), funded)
		}
	}
	return ""
}
