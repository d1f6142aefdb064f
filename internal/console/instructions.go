package console

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"tenderbatch/internal/account"
	"tenderbatch/internal/export"
	"tenderbatch/internal/result"
)

// instructionColumns are those of instructions.csv that the page shows, in its order.
var instructionColumns = []string{"instruction", "depositary", "participant", "participant_name", "series", "window", "received",
	"currency", "tendered", "accepted", "returned", "factor", "price", "total", "reason", "reference", "file", "row"}

// instructionRow is one instruction as the page shows it.
type instructionRow struct {
	Instruction, Depositary, Participant, Name, Series, Window, Received, Currency, Tendered, Accepted, Returned, Factor, Price,
	Total, Reason, Reference, File, Row string
}

// instructionsPage lists instructions, those that have a text in them if one is searched for.
func (c *Console) instructionsPage(w http.ResponseWriter, r *http.Request) {
	run, err := c.runOf(r)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	q := instructionQuery{text: strings.TrimSpace(r.URL.Query().Get("q")), page: pageNumber(r),
		masks: !me(r).May(account.SeeNames, r.PathValue("offer"))}
	rows, more, err := c.instructions(r.Context(), run, q)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	c.show(w, r, "instructions", "Instructions of "+run.record.Run, struct {
		*readRun
		Query     string
		Number    int
		Previous  int
		Following int // 0 for none
		Rows      []instructionRow
	}{run, q.text, q.page, q.page - 1, map[bool]int{true: q.page + 1}[more], rows})
}

// instructionQuery is which instructions are wanted.
type instructionQuery struct {
	text  string // that they have in them, "" for all
	page  int
	masks bool // for those who may not see names
}

// plainQuery is a text that the CSV has as it is searched for.
var plainQuery = regexp.MustCompile(`^[A-Za-z0-9 ._:/()-]+$`)

// instructions are those of one page, and whether there are more. The file is read as far as that page
// only. A search for those who may not see names reads a masked copy.
func (c *Console) instructions(ctx context.Context, run *readRun, q instructionQuery) (rows []instructionRow, more bool,
	err error) {
	path := filepath.Join(run.Path, result.InstructionsName)
	if q.masks && q.text != "" {
		if path, err = c.maskedInstructions(ctx, run); err != nil {
			return nil, false, err
		}
		q.masks = false
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, false, err
	}
	defer file.Close()
	plain, err := run.hasPlainLines(path)
	if err != nil {
		return nil, false, err
	}
	if !plain || (q.text != "" && !plainQuery.MatchString(q.text)) {
		return c.slowInstructions(newLineReader(file), q)
	}
	return c.plainInstructions(newPlainLines(file), q)
}

// hasPlainLines reports whether each line of a file with the instructions is one: no text has a line
// break in it.
func (r *readRun) hasPlainLines(path string) (bool, error) {
	r.views.mu.Lock()
	defer r.views.mu.Unlock()
	if plain, known := r.views.plain[path]; known {
		return plain, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer file.Close()
	lines, err := countLines(file)
	if err != nil {
		return false, err
	}
	if r.views.plain == nil {
		r.views.plain = map[string]bool{}
	}
	r.views.plain[path] = lines == r.doc.Counts.Counted+r.doc.Counts.Carried+1
	return r.views.plain[path], nil
}

// plainInstructions reads a page of a file whose lines are plain.
func (c *Console) plainInstructions(lines *plainLines, q instructionQuery) (rows []instructionRow, more bool,
	err error) {
	place, err := headingOf(lines.next)
	if err != nil {
		return nil, false, err
	}
	skip, next, wanted := (q.page-1)*rowsOnPage, lines.next, strings.ToLower(q.text)
	if wanted == "" {
		if err := lines.skip(skip); err != nil {
			return nil, false, ended(err)
		}
		skip = 0
	} else {
		next = func() ([]byte, error) { return lines.find([]byte(wanted)) }
	}
	return c.pageOfInstructions(next, place, skip, wanted, q.masks)
}

// slowInstructions reads a page of any file, line by line.
func (c *Console) slowInstructions(lines *lineReader, q instructionQuery) (rows []instructionRow, more bool,
	err error) {
	place, err := headingOf(lines.next)
	if err != nil {
		return nil, false, err
	}
	return c.pageOfInstructions(lines.next, place, (q.page-1)*rowsOnPage, strings.ToLower(q.text), q.masks)
}

// headingOf are the places of the columns by the first line.
func headingOf(next func() ([]byte, error)) ([]int, error) {
	heading, err := next()
	if err != nil {
		return nil, err
	}
	return placesOf(heading)
}

// pageOfInstructions collects the rows of a page.
func (c *Console) pageOfInstructions(next func() ([]byte, error), place []int, skip int, wanted string,
	masks bool) (rows []instructionRow, more bool, err error) {
	for {
		line, err := next()
		if err != nil {
			return rows, false, ended(err)
		}
		if wanted == "" && skip > 0 {
			skip--
			continue
		}
		row, err := c.instructionRow(line, place, masks)
		switch {
		case err != nil:
			return nil, false, err
		case wanted != "" && !row.has(wanted):
		case skip > 0:
			skip--
		case len(rows) == rowsOnPage:
			return rows, true, nil
		default:
			rows = append(rows, row)
		}
	}
}

// ended is nil for the end of a file.
func ended(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// has reports whether a text that is shown has another in it.
func (row *instructionRow) has(lower string) bool {
	return slices.ContainsFunc([]string{row.Instruction, row.Depositary, row.Participant, row.Name, row.Series, row.Reference,
		row.Reason, row.File}, func(s string) bool { return strings.Contains(strings.ToLower(s), lower) })
}

func (c *Console) instructionRow(line []byte, place []int, masks bool) (row instructionRow, err error) {
	text, err := csv.NewReader(bytes.NewReader(line)).Read()
	if err != nil {
		return row, err
	}
	to := []*string{&row.Instruction, &row.Depositary, &row.Participant, &row.Name, &row.Series, &row.Window, &row.Received,
		&row.Currency, &row.Tendered, &row.Accepted, &row.Returned, &row.Factor, &row.Price, &row.Total, &row.Reason,
		&row.Reference, &row.File, &row.Row}
	for i, p := range place {
		if p < len(text) {
			*to[i] = export.PlainText(text[p])
		}
	}
	if masks {
		row.Reason = result.MaskedReason(row.Reason)
		row.Reference = c.mask.Reference(row.Reference, row.Depositary, row.Participant)
		row.Instruction = c.mask.Name(row.Depositary, row.Instruction)
		row.Participant, row.Name = c.mask.Name(row.Depositary, row.Participant), ""
	}
	return row, nil
}

// placesOf are the places of the columns in a heading.
func placesOf(heading []byte) ([]int, error) {
	names, err := csv.NewReader(bytes.NewReader(heading)).Read()
	if err != nil {
		return nil, err
	}
	place := make([]int, len(instructionColumns))
	for i, name := range instructionColumns {
		if place[i] = slices.Index(names, name); place[i] < 0 {
			return nil, fmt.Errorf("instructions.csv has no column %s", name)
		}
	}
	return place, nil
}
