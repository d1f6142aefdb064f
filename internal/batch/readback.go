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
	t := &tally{run: r, cash: map[string]settle.Cash{}}
	if err := readInstructions(path, t); err != nil {
		return fmt.Errorf("reading back %s: %w", path, err)
	}
	if detail := t.result(); detail != "" {
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

// readInstructions reads the rows of the sheet of instructions, and of those on
// which it goes on: "Instructions 2" and so on, in the order of the workbook.
func readInstructions(path string, t *tally) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	book, err := xlsx.Open(file, info.Size(), ownLimits())
	if err != nil {
		return err
	}
	read := 0
	for i, s := range book.Sheets() {
		name := "Instructions"
		if read > 0 {
			name = fmt.Sprintf("Instructions %d", read+1)
		}
		if s.Name != name {
			continue
		}
		read++
		rows := rowsBelow{tally: t}
		if _, err := book.Rows(i, rows.add); err != nil {
			return fmt.Errorf("sheet %s: %w", name, err)
		}
	}
	if read == 0 {
		return fmt.Errorf("no sheet of instructions")
	}
	return nil
}

// ownLimits are those for a file that we wrote ourselves, which may be as large as
// the offer is.
func ownLimits() xlsx.Limits {
	limits := xlsx.DefaultLimits()
	limits.PartBytes, limits.TotalBytes, limits.Ratio, limits.Cells = 1<<40, 1<<40, 1<<20, 1<<30
	return limits
}

// rowsBelow reads the rows below the headings of one sheet.
type rowsBelow struct {
	place []int // of a column among the headings, -1 for none; nil until they are found
	tally *tally
}

var writtenHeadings = [...]string{"Instruction", "Depositary", "Currency", "Tendered", "Accepted", "Returned",
	"Tender Offer Consideration", "Early Tender Payment", "Accrued interest", "Total"}

func (b *rowsBelow) add(row *xlsx.Row) error {
	if b.place == nil {
		b.findHeadings(row)
		return nil
	}
	var text [len(writtenHeadings)]string
	filled := 0
	for _, c := range row.Cells {
		if c.Col < len(b.place) && b.place[c.Col] >= 0 && c.Kind != xlsx.Blank {
			text[b.place[c.Col]] = string(c.Text)
			filled++
		}
	}
	if text[0] == "" || filled < len(text) {
		return nil
	}
	w := written{id: text[0], depositary: text[1], currency: text[2]}
	for i, amount := range [...]*decimal.Decimal{&w.tendered, &w.accepted, &w.returned, &w.consideration, &w.early, &w.interest, &w.total} {
		value, err := decimal.NewFromString(text[3+i])
		if err != nil {
			return fmt.Errorf("row %d: %s %q is not a number", row.Number, writtenHeadings[3+i], text[3+i])
		}
		*amount = value
	}
	b.tally.add(&w)
	return nil
}

func (b *rowsBelow) findHeadings(row *xlsx.Row) {
	var place []int
	found := 0
	for _, c := range row.Cells {
		for len(place) <= c.Col {
			place = append(place, -1)
		}
		if i := slices.Index(writtenHeadings[:], string(c.Text)); i >= 0 {
			place[c.Col] = i
			found++
		}
	}
	if found == len(writtenHeadings) {
		b.place = place
	}
}

// tally compares the rows with the run one by one, as they are read.
type tally struct {
	run    *export.Run
	read   int
	cash   map[string]settle.Cash // by currency
	detail string                 // the first difference
}

func (t *tally) add(w *written) {
	if t.read++; t.read > len(t.run.Book.Lines) || t.detail != "" {
		return
	}
	l, accepted := &t.run.Book.Lines[t.read-1], t.run.Allocation.Lines[t.read-1].Accepted
	if w.id != l.ID || !w.tendered.Equal(l.Principal) || !w.accepted.Equal(accepted) {
		t.detail = fmt.Sprintf("instruction %s: %s tendered, %s accepted; written as %s, %s and %s", l.ID, l.Principal, accepted, w.id, w.tendered, w.accepted)
		return
	}
	if !w.tendered.Equal(w.accepted.Add(w.returned)) || !w.total.Equal(w.consideration.Add(w.early).Add(w.interest)) {
		t.detail = fmt.Sprintf("instruction %s does not add up as written", l.ID)
		return
	}
	t.cash[w.currency] = t.cash[w.currency].Plus(settle.Cash{Consideration: w.consideration, EarlyPayment: w.early, AccruedInterest: w.interest})
}

// result says how the rows differ from the run, "" if they do not.
func (t *tally) result() string {
	if t.read != len(t.run.Book.Lines) {
		return fmt.Sprintf("%d instructions written, %d in the book", t.read, len(t.run.Book.Lines))
	}
	if t.detail != "" {
		return t.detail
	}
	for currency, sum := range t.cash {
		funded := decimal.Zero
		for _, f := range t.run.Settlement.Funding {
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
