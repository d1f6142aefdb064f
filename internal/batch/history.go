package batch

import (
	"path/filepath"

	"tenderbatch/internal/ledger"
)

// PublishedRun is one run of an offer's history.
type PublishedRun struct {
	*ledger.Manifest
	Latest bool // the one that runs/latest points at
}

// History lists the published runs of the offer in a folder, by as-of instant.
func History(folder string) ([]PublishedRun, error) {
	if _, err := readTerms(folder); err != nil {
		return nil, err
	}
	runs := filepath.Join(folder, runsName)
	all, err := ledger.Runs(runs)
	if err != nil {
		return nil, err
	}
	latest, err := ledger.Latest(runs)
	if err != nil {
		return nil, err
	}
	list := make([]PublishedRun, len(all))
	for i, m := range all {
		list[i] = PublishedRun{m, latest != nil && latest.Run == m.Run}
	}
	return list, nil
}
