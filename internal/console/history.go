package console

import (
	"net/http"
	"slices"

	"tenderbatch/internal/account"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/pipeline"
)

// historyPage says who did what: the chain of the history, compared on the spot.
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
	faults, err := pipeline.VerifyHistory(folder)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	entries := slices.Clone(history.Entries)
	slices.Reverse(entries)
	if !me(r).May(account.SeeNames, r.PathValue("offer")) {
		for i := range entries {
			entries[i].Message, entries[i].Inputs = "", nil // they can have names in them
		}
		faults = nil
	}
	c.show(w, r, "history", "History", struct {
		Runs    []pipeline.PublishedRun
		Entries []ledger.Entry
		Faults  []ledger.Finding
		Damage  string
	}{history.Runs, entries, faults, history.Damage})
}
