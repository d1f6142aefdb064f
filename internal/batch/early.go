package batch

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"tenderbatch/internal/export"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/tender"
)

// settleEarly fixes the lines of the book that were dealt with at the early
// settlement, if the terms name the run that was settled. Each of them must
// still be reported, as it was then.
func settleEarly(runs string, o *tender.Offer, b *tender.Book) error {
	name := o.Settlement.EarlyRun
	if name == "" {
		return nil
	}
	settled, err := settledPositions(runs, o, name)
	if err != nil {
		return err
	}
	for i := range b.Lines {
		l := &b.Lines[i]
		key := instructionKey{l.Depositary, l.ID}
		was, ok := settled[key]
		if !ok {
			continue
		}
		if was.Series != l.Series || was.Window != l.Window || !was.Tendered.Equal(l.Principal) {
			return settledOtherwise(name, key, was, fmt.Sprintf("now it is %s of series %s, %s", l.Principal, l.Series, l.Window))
		}
		l.Settled = &tender.Settled{Accepted: was.Accepted}
		delete(settled, key)
	}
	for _, key := range slices.SortedFunc(maps.Keys(settled), instructionKey.compare) {
		return settledOtherwise(name, key, settled[key], "now it does not count any more")
	}
	return nil
}

// settledPositions reads what the settled run decided of the early tenders.
func settledPositions(runs string, o *tender.Offer, name string) (map[instructionKey]export.Position, error) {
	folder := filepath.Join(runs, name)
	m, err := ledger.ReadManifest(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &UsageError{fmt.Sprintf("dates.settlement.early_run names the run %s, which is not in %s; see \"batch runs\" for the runs there are", name, runs)}
	}
	if err != nil {
		return nil, err
	}
	if m.Offer != o.ID {
		return nil, &UsageError{fmt.Sprintf("dates.settlement.early_run names a run of the offer %s", m.Offer)}
	}
	file, err := os.Open(filepath.Join(folder, export.InstructionsName))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	positions, err := readPositions(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file.Name(), err)
	}
	for key, p := range positions {
		if p.Window != tender.Early {
			delete(positions, key)
		}
	}
	return positions, nil
}

func settledOtherwise(run string, key instructionKey, was export.Position, now string) error {
	return &tender.ControlError{Rule: "R6-settled", Message: fmt.Sprintf(
		"%s instruction %s was settled in run %s as %s of series %s, %s; %s; what was bought is fixed, so ask the depositary for reports that still show it as it was",
		key.depositary, key.instruction, run, was.Tendered, was.Series, was.Window, now)}
}
