package monitor

import (
	"bytes"
	"errors"
	"path/filepath"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/export"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// OpenFindings is what the newest published run of an offer leaves open.
type OpenFindings struct {
	Issuer   string
	Run      string // its name
	Counts   result.Counts
	Groups   []result.FindingGroup // the open ones
	Reported time.Time             // when the scheduler last made a run that published them, by the ledger; zero for never
}

// OpenFindingsOf reads what the newest published run of the offer in a folder leaves
// open; nil if there is no run, or nothing is open. Its files must be as they were kept.
func OpenFindingsOf(folder string) (*OpenFindings, error) {
	archive, err := ledger.OpenArchive(filepath.Join(folder, offerfolder.RunsName), idByTerms(folder))
	if damaged := new(ledger.DamagedError); errors.As(err, &damaged) {
		return nil, nil
	}
	if err != nil || archive.Latest() == nil {
		return nil, err
	}
	run := archive.Latest()
	u := &OpenFindings{Run: run.Run}
	for _, e := range archive.Entries() {
		// a run by hand is reported to no one else
		if e.Exit == int(exitcode.OpenFindings) && e.Event != ledger.Unchanged && e.Trigger.Scheduled() {
			u.Reported = e.At
		}
	}
	content, err := run.Read(result.JSONName)
	if err != nil {
		return nil, err
	}
	kept, err := export.ReadResult(content)
	if err != nil || kept.Counts.Open == 0 {
		return nil, err
	}
	u.Issuer, u.Counts = kept.Issuer, kept.Counts
	if content, err = run.Read(result.RejectsName); err != nil {
		return nil, err
	}
	open, err := readOpen(content)
	if err != nil {
		return nil, err
	}
	offer := &tender.Offer{}
	for _, s := range kept.Series {
		offer.Series = append(offer.Series, tender.Series{ID: s.ID, Currency: s.Currency})
	}
	u.Groups = result.GroupFindings(offer, open, false)
	return u, nil
}

// readOpen reads the findings of a rejects.csv that are open. One of an earlier version
// does not say which are.
func readOpen(content []byte) ([]tender.Finding, error) {
	var all []tender.Finding
	columns := []string{"file", "sheet", "row", "column", "value", "rule", "message", "advice", "cell", "depositary",
		"instruction", "participant", "series", "principal", "open"}
	return all, export.ReadRows(bytes.NewReader(content), columns, func(text []string) (int, error) {
		if text[14] != "true" {
			return 0, nil
		}
		row, err := strconv.Atoi(text[2])
		if err != nil {
			return 2, err
		}
		principal, err := decimal.NewFromString(text[13])
		all = append(all, tender.Finding{
			Source: tender.Source{File: text[0], Sheet: text[1], Row: row}, Column: text[3], Value: text[4], Rule: text[5],
			Message: text[6], Advice: text[7], Cell: text[8],
			Depositary: text[9], Instruction: text[10], Participant: text[11], Series: text[12], Principal: principal,
			Disposition: tender.LineRejected, // it is not resolved
		})
		return 13, err
	})
}
