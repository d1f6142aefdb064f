package console

import (
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
	c.send(w, r, run, name, file)
}

// send sends a file as one of a run, and closes it.
func (c *Console) send(w http.ResponseWriter, r *http.Request, run *readRun, name string, file *os.File) {
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
