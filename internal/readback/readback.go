package readback

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/decimals"
	"tenderbatch/internal/disk"
	"tenderbatch/internal/export"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/xlsx"
)

// readers are what reads each file that holds figures.
var readers = map[string]func(path string, r *result.Run) (detail string, err error){
	result.WorkbookName:     ReadWorkbook,
	result.InstructionsName: readInstructionsCSV,
	result.WiresName:        readMoneyCSV(settle.Due),
	result.PaymentsName:     readMoneyCSV(settle.Due),
	result.PaidName:         readMoneyCSV(settle.Paid),
	result.RejectsName:      readRejectsCSV,
	result.JSONName:         readJSON,
	export.SnapshotsName:    readSnapshotsCSV,
}

// Check reads a written file that holds figures, with other code than wrote it, and tests
// the invariants of R16 again on what it finds: every instruction of the book is there once,
// tendered is accepted plus returned, and the cash adds up to the funding. Of a file without
// figures it has nothing to say.
func Check(path string, r *result.Run) error {
	name := filepath.Base(path)
	read := readers[name]
	if read == nil {
		return nil
	}
	detail, err := read(path, r)
	if err != nil {
		return fmt.Errorf("reading back %s: %w", name, err)
	}
	if detail == "" {
		return nil
	}
	return &tender.ControlError{Rule: "R16", Message: fmt.Sprintf(
		"%s as it was written does not hold the result: %s; nothing is published; internal error: please report it, "+
			"with the input files", name, detail)}
}

func newTally(r *result.Run) *tally {
	return &tally{run: r, without: r.Offer.WithoutPrice(), cash: map[string]*decimals.Sum{}}
}

// amount reads an amount; it is empty only for cash of a series without a price.
func (t *tally) amount(text string) (decimals.Sum, error) {
	if text == "" && len(t.without) > 0 {
		return decimals.Sum{}, nil
	}
	return decimals.FromString(text)
}

// ReadWorkbook says how the workbook at a path differs from a run, "" if it does not.
func ReadWorkbook(path string, r *result.Run) (detail string, err error) {
	t := newTally(r)
	needed := len(writtenHeadings)
	if len(t.without) > 0 {
		needed = writtenBeforeCash
	}
	if err := readSheets(path, "Instructions", writtenHeadings[:], needed, t.addRow); err != nil {
		return "", err
	}
	if detail := t.result(); detail != "" {
		return detail, nil
	}
	return readMoneySheets(path, r)
}

// readCSV reads columns of a CSV file.
func readCSV(path string, columns []string, take func(text []string) (wrong int, err error)) error {
	file, err := disk.In(filepath.Dir(path)).Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return export.ReadRows(file, columns, take)
}

func readInstructionsCSV(path string, r *result.Run) (detail string, err error) {
	t := newTally(r)
	columns := []string{
		"instruction", "depositary", "currency",
		"tendered", "accepted", "returned", "consideration", "early_payment", "accrued_interest", "total",
	}
	err = readCSV(path, columns, func(text []string) (wrong int, err error) {
		w := written{id: text[0], depositary: text[1], currency: text[2]}
		defer t.add(&w)
		for i, amount := range []*decimals.Sum{
			&w.tendered, &w.accepted, &w.returned, &w.consideration, &w.early, &w.interest, &w.total,
		} {
			if *amount, err = t.amount(text[3+i]); err != nil {
				return 3 + i, err
			}
		}
		return 0, nil
	})
	return t.result(), err
}

func readRejectsCSV(path string, r *result.Run) (detail string, err error) {
	rows, open := 0, 0
	columns := []string{"rule", "file", "principal", "outcome", "open"}
	err = readCSV(path, columns, func(text []string) (int, error) {
		if rows < len(r.Findings) {
			f := &r.Findings[rows]
			if !slices.Equal(text[:4], []string{f.Rule, f.Source.File, f.Principal.String(), string(f.Outcome())}) {
				detail = fmt.Sprintf("reject %d is of another file, rule, principal or outcome", rows+1)
			}
		}
		if text[4] == "true" {
			open++
		}
		rows++
		return 0, nil
	})
	if open != r.Open() {
		detail = fmt.Sprintf("%d findings are written as open, %d are", open, r.Open())
	}
	if rows != len(r.Findings) {
		detail = fmt.Sprintf("%d rejects written, %d found", rows, len(r.Findings))
	}
	return detail, err
}

func readSnapshotsCSV(path string, r *result.Run) (detail string, err error) {
	rows, changes := 0, r.Snapshots.Changes
	err = readCSV(path, []string{"instruction", "principal_before"}, func(text []string) (int, error) {
		if rows < len(changes) && (text[0] != changes[rows].Instruction || text[1] != changes[rows].Was.Principal.String()) {
			detail = fmt.Sprintf("change %d is of another instruction or principal", rows+1)
		}
		rows++
		return 0, nil
	})
	if rows != len(changes) {
		detail = fmt.Sprintf("%d changes written, %d found", rows, len(changes))
	}
	return detail, err
}

// readJSON compares the sums of result.json with the run.
func readJSON(path string, r *result.Run) (detail string, err error) {
	content, err := disk.In(filepath.Dir(path)).ReadFile(path, 1<<40)
	if err != nil {
		return "", err
	}
	var found struct {
		Run                      string
		Series                   []struct{ ID, Tendered, Accepted string }
		Counts                   struct{ Rows, Counted, Rejected int }
		Rejects                  []struct{}
		Funding, Wires, Payments []writtenMoney
	}
	if err := json.Unmarshal(content, &found); err != nil {
		return "", err
	}
	c := r.Counts()
	if found.Run != r.Name || found.Counts.Rows != c.Rows || found.Counts.Counted != c.Counted ||
		found.Counts.Rejected != c.Rejected {
		return "the run's name or counts differ", nil
	}
	if len(found.Rejects) != len(r.Findings) {
		return fmt.Sprintf("%d rejects written, %d found", len(r.Findings), len(found.Rejects)), nil
	}
	if len(found.Series) != len(r.Offer.Series) {
		return "a series is missing", nil
	}
	for i, s := range found.Series {
		tendered, accepted := r.Book.Totals[i].Sum(), r.Allocation.Series[i].Sum()
		if s.ID != r.Offer.Series[i].ID || s.Tendered != tendered.String() || s.Accepted != accepted.String() {
			return fmt.Sprintf("series %s: %s tendered, %s accepted; written as %s and %s", s.ID, tendered, accepted,
				s.Tendered, s.Accepted), nil
		}
	}
	for name, list := range map[string][]writtenMoney{"funding": found.Funding, "wires": found.Wires,
		"payments": found.Payments} {
		m := money{}
		for _, w := range list {
			if err := m.add(w); err != nil {
				return "", fmt.Errorf("%s: %w", name, err)
			}
		}
		if detail := m.differs(r, settle.Statuses[:]...); detail != "" {
			return name + ": " + detail, nil
		}
	}
	return "", nil
}

// written is one instruction as the workbook shows it.
type written struct {
	id, depositary, currency              string
	tendered, accepted, returned          decimals.Sum
	consideration, early, interest, total decimals.Sum
}

// readSheets gives add the cells, below the headings, of the rows that have as many of them as are
// needed, of a sheet and of those on which it goes on: "Instructions 2" and so on, in the order of
// the workbook.
func readSheets(path, first string, headings []string, needed int, add func(row int, text []string) error) error {
	file, err := disk.In(filepath.Dir(path)).Open(path)
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
		name := first
		if read > 0 {
			name = fmt.Sprintf("%s %d", first, read+1)
		}
		if s.Name != name {
			continue
		}
		read++
		rows := rowsBelow{headings: headings, needed: needed, take: add}
		if _, err := book.Rows(i, rows.add); err != nil {
			return fmt.Errorf("sheet %s: %w", name, err)
		}
	}
	if read == 0 {
		return fmt.Errorf("no sheet %s", first)
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
	headings []string
	needed   int   // cells of a row that is read
	place    []int // of a column among the headings, -1 for none; nil until they are found
	text     []string
	take     func(row int, text []string) error
}

func (b *rowsBelow) add(row *xlsx.Row) error {
	if b.place == nil {
		b.findHeadings(row)
		return nil
	}
	clear(b.text)
	filled := 0
	for _, c := range row.Cells {
		if c.Col < len(b.place) && b.place[c.Col] >= 0 && c.Kind != xlsx.Blank {
			b.text[b.place[c.Col]] = string(c.Text)
			filled++
		}
	}
	if filled < b.needed || b.text[0] == "" {
		return nil
	}
	return b.take(row.Number, b.text)
}

func (b *rowsBelow) findHeadings(row *xlsx.Row) {
	var place []int
	found := 0
	for _, c := range row.Cells {
		for len(place) <= c.Col {
			place = append(place, -1)
		}
		if i := slices.Index(b.headings, string(c.Text)); i >= 0 {
			place[c.Col] = i
			found++
		}
	}
	if found == len(b.headings) {
		b.place, b.text = place, make([]string, len(b.headings))
	}
}

var writtenHeadings = [...]string{"Instruction", "Depositary", "Currency", "Tendered", "Accepted", "Returned",
	"Tender Offer Consideration", "Early Tender Payment", "Accrued interest", "Total"}

// writtenBeforeCash is how many of the headings are before those of cash, which is empty where a series
// has no price yet.
const writtenBeforeCash = 6

// addRow compares a row of the sheet of instructions.
func (t *tally) addRow(row int, text []string) error {
	w := written{id: text[0], depositary: text[1], currency: text[2]}
	for i, amount := range [...]*decimals.Sum{&w.tendered, &w.accepted, &w.returned, &w.consideration, &w.early,
		&w.interest, &w.total} {
		value, err := t.amount(text[3+i])
		if err != nil {
			return fmt.Errorf("row %d: %s %q is not a number", row, writtenHeadings[3+i], text[3+i])
		}
		*amount = value
	}
	t.add(&w)
	return nil
}

// tally compares the rows with the run one by one, as they are read.
type tally struct {
	run     *result.Run
	without []string // ids of the series that have no price yet
	read    int
	cash    map[string]*decimals.Sum // by currency
	detail  string                   // the first difference
}

func (t *tally) add(w *written) {
	if t.read%1000 == 999 && t.run.Progress != nil {
		t.run.Progress(1000)
	}
	if t.read++; t.read > len(t.run.Book.Lines) || t.detail != "" {
		return
	}
	l, accepted := &t.run.Book.Lines[t.read-1], t.run.Allocation.Lines[t.read-1].Accepted
	if w.id != l.ID || !w.tendered.Equal(l.Principal) || !w.accepted.Equal(accepted) {
		t.detail = fmt.Sprintf("instruction %s: %s tendered, %s accepted; written as %s, %s and %s", l.ID, l.Principal,
			accepted, w.id, w.tendered.String(), w.accepted.String())
		return
	}
	if !isSum(&w.tendered, &w.accepted, &w.returned) || !isSum(&w.total, &w.consideration, &w.early, &w.interest) {
		t.detail = fmt.Sprintf("instruction %s does not add up as written", l.ID)
		return
	}
	if t.cash[w.currency] == nil {
		t.cash[w.currency] = new(decimals.Sum)
	}
	t.cash[w.currency].AddSum(&w.total)
}

// isSum reports whether a sum is that of its parts.
func isSum(sum *decimals.Sum, parts ...*decimals.Sum) bool {
	var exact decimals.Sum
	for _, part := range parts {
		exact.AddSum(part)
	}
	return exact.EqualSum(sum)
}

// result says how the rows differ from the run, "" if they do not.
func (t *tally) result() string {
	if t.read != len(t.run.Book.Lines) {
		return fmt.Sprintf("%d instructions written, %d in the book", t.read, len(t.run.Book.Lines))
	}
	if t.detail != "" {
		return t.detail
	}
	for currency, exact := range t.cash {
		sum, funded := exact.Decimal(), decimal.Zero
		for _, f := range t.run.Settlement.Funding {
			if f.Currency == currency {
				funded = funded.Add(f.Total())
			}
		}
		if !sum.Equal(funded) {
			return fmt.Sprintf("%s: %s on the lines, %s to wire", currency, sum, funded)
		}
	}
	return ""
}
