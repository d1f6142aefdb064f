package console

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tenderbatch/internal/account"
	"tenderbatch/internal/export"
	"tenderbatch/internal/ledger"
)

// runPage says whether a run is right: figures, differences, invariants, inputs, who and when.
func (c *Console) runPage(w http.ResponseWriter, r *http.Request) {
	run, err := c.runOf(r)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	holds := 0
	for _, i := range run.doc.Invariants {
		if i.Holds {
			holds++
		}
	}
	c.show(w, r, "run", run.record.Run, struct {
		*readRun
		Caps  []capBar
		Holds int
	}{run, capBars(run.doc), holds})
}

// rowsOnPage is how many rows of a long table a page has.
const rowsOnPage = 50

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
	query := strings.TrimSpace(r.URL.Query().Get("q"))
	number := pageNumber(r)
	masks := !me(r).May(account.SeeNames, r.PathValue("offer"))
	rows, more, err := c.instructions(run, query, number, masks)
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
	}{run, query, number, number - 1, map[bool]int{true: number + 1}[more], rows})
}

// instructions are those of one page, and whether there are more. The file is read as far as that
// page only; a search first looks for its words in the line, so most lines are not taken apart.
func (c *Console) instructions(run *readRun, query string, page int, masks bool) (rows []instructionRow, more bool, err error) {
	file, err := os.Open(filepath.Join(run.Path, "instructions.csv"))
	if err != nil {
		return nil, false, err
	}
	defer file.Close()
	lines := newLineReader(file)
	heading, err := lines.next()
	if err != nil {
		return nil, false, err
	}
	place, err := placesOf(heading)
	if err != nil {
		return nil, false, err
	}
	skip, wanted := (page-1)*rowsOnPage, bytes.ToLower([]byte(query))
	for {
		line, err := lines.next()
		if err == io.EOF {
			return rows, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		if len(wanted) > 0 && !masks && !bytes.Contains(bytes.ToLower(line), wanted) {
			continue
		}
		if len(wanted) == 0 && skip > 0 {
			skip--
			continue
		}
		row, err := c.instructionRow(line, place, masks)
		switch {
		case err != nil:
			return nil, false, err
		case len(wanted) > 0 && !row.has(string(wanted)):
		case skip > 0:
			skip--
		case len(rows) == rowsOnPage:
			return rows, true, nil
		default:
			rows = append(rows, row)
		}
	}
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
		row.Reason, _, _ = strings.Cut(row.Reason, waiverWords)
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

// paymentsPage says whom to pay: the wires of a run.
func (c *Console) paymentsPage(w http.ResponseWriter, r *http.Request) {
	run, err := c.runOf(r)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	query := strings.ToLower(strings.TrimSpace(r.URL.Query().Get("q")))
	number := pageNumber(r)
	found := run.doc.Wires
	if query != "" {
		found = slices.DeleteFunc(slices.Clone(found), func(x export.WireJSON) bool {
			return !strings.Contains(strings.ToLower(strings.Join([]string{x.Reference, x.Depositary, x.Participant,
				x.ParticipantName, x.Currency, x.SettlementDate, string(x.Status)}, " ")), query)
		})
	}
	c.show(w, r, "payments", "Payments of "+run.record.Run, struct {
		*readRun
		Query     string
		Number    int
		Previous  int
		Following int
		Found     int
		Wires     []export.WireJSON
	}{run, query, number, number - 1, map[bool]int{true: number + 1}[number*rowsOnPage < len(found)], len(found), pageOf(found, number, rowsOnPage)})
}

// download sends a file of a run, as it was published, or masked for those who may not see names.
func (c *Console) download(w http.ResponseWriter, r *http.Request) {
	folder, err := c.folderOf(r)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	run, err := c.runs.open(folder, r.PathValue("run"))
	if err != nil {
		c.failed(w, r, err)
		return
	}
	name := r.PathValue("file")
	named := func(f ledger.File) bool { return f.Name == name }
	if name != ledger.ManifestName && !slices.ContainsFunc(run.record.Outputs, named) {
		c.failed(w, r, errNotFound)
		return
	}
	if !me(r).May(account.SeeNames, r.PathValue("offer")) && !slices.Contains(namelessFiles, name) {
		c.downloadMasked(w, r, run, name)
		return
	}
	file, err := run.Open(name)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		c.failed(w, r, err)
		return
	}
	attach(w, run, name)
	http.ServeContent(w, r, "", info.ModTime(), file)
}

// attach has a browser keep what follows as a file of a run.
func attach(w http.ResponseWriter, run *readRun, name string) {
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{
		"filename": run.doc.Offer + "-" + run.record.Run + "-" + name}))
	w.Header().Set("Content-Type", typeOf(name))
}

// typeOf is the media type of a file of a run: one that no browser shows as a page.
func typeOf(name string) string {
	switch filepath.Ext(name) {
	case ".xlsx":
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case ".csv":
		return "text/csv; charset=utf-8"
	case ".json":
		return "application/json"
	case ".txt", ".md":
		return "text/plain; charset=utf-8"
	}
	return "application/octet-stream"
}
