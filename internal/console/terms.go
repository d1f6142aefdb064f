package console

import (
	"cmp"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/export"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/prepare"
	"tenderbatch/internal/tender"
)

// termsText is offer.yaml as it is now.
func termsText(folder string) ([]byte, error) {
	return disk.In(folder).ReadFile(filepath.Join(folder, offerfolder.OfferName), offerfolder.MostBytes)
}

// amendment is what the page of the terms shows and takes.
type amendment struct {
	Text, Seen             string
	Effective, Reason, Set string
	Fault                  string
	Changed                []string // what it would change, once it was previewed
	Zone                   string
}

func (c *Console) termsPage(w http.ResponseWriter, r *http.Request) {
	c.showTerms(w, r, http.StatusOK, amendment{})
}

func (c *Console) showTerms(w http.ResponseWriter, r *http.Request, status int, page amendment) {
	folder, err := c.folderOf(r)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	content, err := termsText(folder)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	page.Text, page.Seen = string(content), cmp.Or(page.Seen, offerfolder.DigestOf(content))
	if terms, err := offerfolder.Terms(folder); err == nil {
		page.Zone = terms.Zone().String()
		page.Effective = cmp.Or(page.Effective, c.Now().In(terms.Zone()).Format("2006-01-02T15:04"))
	} else if page.Fault == "" {
		page.Fault = c.withoutFolder(err)
	}
	c.showWith(w, r, status, "terms", "Terms", page)
}

// byline is who does something in the console, as the terms name them.
func byline(r *http.Request) string {
	if full := strings.TrimSpace(me(r).FullName); full != "" {
		return full + " (" + me(r).Name + ")"
	}
	return me(r).Name
}

// amend shows what an amendment changes and, once that was seen, makes it.
func (c *Console) amend(w http.ResponseWriter, r *http.Request) {
	folder, err := c.folderOf(r)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	page := amendment{Seen: r.PostFormValue("seen"), Effective: strings.TrimSpace(r.PostFormValue("effective")),
		Reason: strings.TrimSpace(r.PostFormValue("reason")), Set: r.PostFormValue("set")}
	before, err := termsText(folder)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	after, err := c.amended(r, folder, before, page)
	if err == nil {
		page.Changed, err = prepare.Difference(before, after)
	}
	if err == nil && r.PostFormValue("do") == "amend" {
		err = prepare.ChangeTerms(r.Context(), c.prepareRequest(r, folder), prepare.Change{Seen: page.Seen, Content: after,
			Did: ledger.Wrote, Of: "offer.yaml " + offerfolder.DigestOf(after), Said: "amended the terms: " + page.Reason})
		if err == nil {
			c.logs(r, "the terms were amended", "offer", r.PathValue("offer"))
			c.done(w, r, "/offers/"+r.PathValue("offer"), "The terms are amended. The scheduler makes a run with them soon.")
			return
		}
	}
	status := http.StatusOK
	if err != nil {
		page.Fault, status = c.withoutFolder(err), http.StatusUnprocessableEntity
		if isFull(err) {
			c.Log.Error("the disk is full", "path", r.URL.Path, "error", err)
			page.Fault, status = diskFull, http.StatusInsufficientStorage
		}
	}
	c.showTerms(w, r, status, page)
}

func (c *Console) amended(r *http.Request, folder string, before []byte, page amendment) ([]byte, error) {
	terms, err := offerfolder.Terms(folder)
	if err != nil {
		return nil, err
	}
	effective, err := offerfile.ParseInstant(page.Effective, terms.Zone())
	if err != nil {
		return nil, &offerfolder.UsageError{Message: "the time from which it holds: " + err.Error()}
	}
	note := page.Reason
	if note != "" {
		note += ", by " + byline(r)
	}
	return prepare.Amended(before, effective.In(terms.Zone()), note, page.Set)
}

// decide waives or resolves a finding: an entry in offer.yaml with the person and the reason.
func (c *Console) decide(w http.ResponseWriter, r *http.Request) {
	folder, err := c.folderOf(r)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	before, err := termsText(folder)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	change, err := c.decision(r, folder, before)
	if err == nil {
		err = c.found(r, folder)
	}
	if err == nil {
		change.Seen = offerfolder.DigestOf(before)
		err = prepare.ChangeTerms(r.Context(), c.prepareRequest(r, folder), *change)
	}
	if err != nil {
		c.failed(w, r, err)
		return
	}
	c.logs(r, "a finding was decided", "offer", r.PathValue("offer"), "what", change.Said)
	c.done(w, r, "/offers/"+r.PathValue("offer")+"/runs/latest/findings", "Decided: "+change.Said+
		". The scheduler makes a run with it soon; until then this page shows the run before.")
}

// found is an error if the last run has no finding that a form decides: on a page that was left
// open the report can be another one since, and what was decided of it would wait in the terms for
// the next row of that number.
func (c *Console) found(r *http.Request, folder string) error {
	run, err := c.runs.open(folder, "latest")
	if err != nil {
		return err
	}
	same := func(f export.FindingJSON) bool {
		file, row := r.PostFormValue("file"), r.PostFormValue("row")
		return f.Rule == r.PostFormValue("rule") && f.Depositary == r.PostFormValue("depositary") &&
			f.Instruction == r.PostFormValue("instruction") && (file == "" || f.File == file) &&
			(row == "" || strconv.Itoa(f.Row) == row)
	}
	if !slices.ContainsFunc(run.doc.Rejects, same) {
		return &offerfolder.UsageError{Message: "the last run has no such finding; look at its findings again, and decide there"}
	}
	return nil
}

// decision is the change of offer.yaml that a form asks for.
func (c *Console) decision(r *http.Request, folder string, before []byte) (*prepare.Change, error) {
	terms, err := offerfolder.Terms(folder)
	if err != nil {
		return nil, err
	}
	rule, depositary, instruction := r.PostFormValue("rule"), r.PostFormValue("depositary"), r.PostFormValue("instruction")
	file, outcome, reason := r.PostFormValue("file"), r.PostFormValue("outcome"), strings.TrimSpace(r.PostFormValue("reason"))
	row, _ := strconv.Atoi(r.PostFormValue("row")) // 0 for any
	today := tender.DateOf(c.Now().In(terms.Zone()))
	of := strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %s, on %s", depositary, instruction, file, rule, today)), " ")
	switch {
	case reason == "":
		return nil, &offerfolder.UsageError{Message: "say why: the reason is kept with the decision"}
	case outcome == "waived":
		after, err := prepare.Waived(before, tender.Waiver{Depositary: depositary, Instruction: instruction, Rule: rule,
			By: byline(r), On: today, Note: reason})
		return &prepare.Change{Content: after, Did: ledger.Waived, Of: of, Said: rule + " waived for " + instruction}, err
	case !slices.Contains(outcomesOf(rule), tender.ResolutionOutcome(outcome)):
		return nil, &offerfolder.UsageError{Message: "choose what becomes of the finding"}
	}
	after, err := prepare.Resolved(before, tender.Resolution{Rule: rule, Depositary: depositary, Instruction: instruction, File: file,
		Row: row, Outcome: tender.ResolutionOutcome(outcome), By: byline(r), On: today, Note: reason})
	return &prepare.Change{Content: after, Did: ledger.Resolved, Of: of,
		Said: rule + " resolved for " + cmp.Or(instruction, file) + ": " + strings.ReplaceAll(outcome, "_", " ")}, err
}
