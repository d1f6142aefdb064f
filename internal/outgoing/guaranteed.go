package outgoing

import (
	"errors"
	"fmt"

	"tenderbatch/internal/display"
	"tenderbatch/internal/export"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// awaitedDay is the day of which nothing is paid or confirmed from the run, as notes that were promised can still come
// ([tender.Offer.DayAwaited]). "" if there is none.
func awaitedDay(doc *export.Document, o *tender.Offer) string {
	if day := o.DayAwaited(doc.Warnings); !day.IsZero() {
		return day.String()
	}
	return ""
}

// awaitedWords say what is left out as notes that were promised can still come.
func (r *Run) awaitedWords() (said []string) {
	for i := range r.Doc.Funding {
		f := &r.Doc.Funding[i]
		if f.Status != settle.Due || f.SettlementDate != r.awaited {
			continue
		}
		said = append(said, fmt.Sprintf("%s of %s %s on %s left out: notes promised by guaranteed delivery can come until %s, and "+
			"the run was made before that; run again then, and export from that run",
			display.Plural(f.Wires, "wire", "wires"), f.Currency, display.Thousands(f.Total), f.SettlementDate+are(f.Wires),
			tender.WallTime(r.Offer.Guaranteed.Deadline.At, r.Offer.Zone)))
	}
	return said
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
	doc, err := documentOf(run)
	if err != nil {
		return "", none, err
	}
	terms, err := termsOf(run)
	if err != nil {
		return "", none, err
	}
	awaited := awaitedDay(doc, terms)
	if awaited == "" {
		return "", none, nil
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
