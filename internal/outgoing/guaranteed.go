package outgoing

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"tenderbatch/internal/display"
	"tenderbatch/internal/export"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// awaited is the day on which guaranteed deliveries are paid, if the run was made before their deadline: which of the
// notes come is not known by it, so nothing of that day is paid or confirmed from it. "" if the run knows, or if nothing
// was tendered so.
func (r *Run) awaited() (day string, err error) {
	if r.awaitedDay == nil {
		day, err = awaitedBy(r.run, r.Offer)
		if err != nil {
			return "", fmt.Errorf("%s: %w", filepath.Join(r.Path, result.InstructionsName), err)
		}
		r.awaitedDay = &day
	}
	return *r.awaitedDay, nil
}

// awaitedBy is [Run.awaited] of a run by its terms.
func awaitedBy(run *ledger.Run, o *tender.Offer) (day string, err error) {
	if o.Guaranteed.Deadline.IsZero() || !run.AsOf.Before(o.Guaranteed.Deadline.At) {
		return "", nil
	}
	file, err := run.Open(result.InstructionsName)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	err = export.ReadRows(file, []string{"settlement_date", "status", "reason"}, func(text []string) (int, error) {
		guaranteed := slices.Contains(strings.Split(text[2], "; "), "guaranteed delivery")
		if guaranteed && text[0] == o.Guaranteed.Settlement.String() && text[1] == string(settle.Due) {
			day = text[0]
		}
		return 0, nil
	})
	return day, err
}

// awaitedWords say what is left out as notes that were promised can still come.
func (r *Run) awaitedWords() (said []string, err error) {
	day, err := r.awaited()
	if err != nil || day == "" {
		return nil, err
	}
	for i := range r.Doc.Funding {
		f := &r.Doc.Funding[i]
		if f.Status != settle.Due || f.SettlementDate != day {
			continue
		}
		said = append(said, fmt.Sprintf("%s of %s %s on %s left out: notes promised by guaranteed delivery can come until %s, and "+
			"the run was made before that; run again then, and export from that run",
			display.Plural(f.Wires, "wire", "wires"), f.Currency, display.Thousands(f.Total), day+are(f.Wires),
			r.Offer.Guaranteed.Deadline.At.In(r.Offer.Zone).Format("2006-01-02 15:04 MST")))
	}
	return said, nil
}

// are is the verb of so many.
func are(n int) string {
	if n == 1 {
		return " is"
	}
	return " are"
}

// unsent reports which wires of a run that was paid were not sent all the same: those of the day, "" for none, that was left
// out as notes could still come. One that the history has of that run, or of one that it superseded, was sent.
func (r *Run) unsent(paid string) (day string, is func(day, reference string) bool, err error) {
	none := func(string, string) bool { return false }
	run, err := r.archive.Run(paid)
	if errors.Is(err, ledger.ErrNoRun) {
		return "", none, nil // it was deleted, long after
	}
	if err != nil {
		return "", none, err
	}
	terms, err := termsOf(run)
	if err != nil {
		return "", none, err
	}
	awaited, err := awaitedBy(run, terms)
	if err != nil || awaited == "" {
		return "", none, err
	}
	sent, runs := map[string]bool{}, paidBefore(r.supersedes(), paid)
	for _, e := range r.archive.Entries() {
		if e.Export != nil && runs[e.Run] {
			for _, reference := range e.Export.Wires {
				sent[reference] = true
			}
		}
	}
	return awaited, func(day, reference string) bool { return day == awaited && !sent[reference] }, nil
}
