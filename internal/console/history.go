package console

import (
	"net/http"
	"slices"
	"time"

	"tenderbatch/internal/account"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/release"
)

// entriesOnPage is how many entries of the history a page has.
const entriesOnPage = 100

// historyView is what the page of the history shows.
type historyView struct {
	Zone     *time.Location
	Runs     []pipeline.PublishedRun
	Entries  []ledger.Entry
	All      int  // entries
	Chain    bool // the entries are chained as they were written
	Damage   string
	Verified bool // every file was compared, too, and each release with its approvals
	Unproven int  // signatures that cannot be checked, as no keys are known
	Faults   []ledger.Finding

	Number, Previous, Following int
}

// historyPage says who did what. The chain of the entries and the folders of the runs are compared at
// each opening; every file of every run, which can take long, when it is asked for.
func (c *Console) historyPage(w http.ResponseWriter, r *http.Request) {
	folder, err := c.folderOf(r)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	history, err := pipeline.HistoryOf(folder)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	page := historyView{Zone: offerfolder.ZoneOf(folder), Damage: history.Damage, Chain: history.Damage == "", Faults: history.Faults,
		All: len(history.Entries), Number: pageNumber(r), Verified: r.URL.Query().Get("verify") == "files"}
	if page.Verified {
		if page.Faults, page.Unproven, err = release.Verify(folder, c.Signers); err != nil {
			c.failed(w, r, err)
			return
		}
	}
	entries, runs := slices.Clone(history.Entries), slices.Clone(history.Runs)
	slices.Reverse(entries)
	slices.Reverse(runs)
	page.Entries, page.Runs = pageOf(entries, page.Number, entriesOnPage), pageOf(runs, page.Number, entriesOnPage)
	page.Previous = page.Number - 1
	if page.Number*entriesOnPage < max(len(entries), len(runs)) {
		page.Following = page.Number + 1
	}
	if !me(r).May(account.SeeNames, r.PathValue("offer")) {
		page.blind()
	}
	c.show(w, r, "history", "History", page)
}

// blind leaves out what can have names in it, and from where people came.
func (p *historyView) blind() {
	for i := range p.Entries {
		e := &p.Entries[i]
		e.Message, e.Inputs, e.By = "", nil, e.Actor.Name
	}
	for i := range p.Faults {
		p.Faults[i] = ledger.Finding{Where: "a run", What: "is not as it was written", Do: "ask a preparer, who sees what"}
	}
	if p.Damage != "" {
		p.Damage = "The history is damaged; a preparer sees how."
	}
}
