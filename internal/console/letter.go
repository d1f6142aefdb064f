package console

import (
	"bytes"
	"mime"
	"net/http"
	"path/filepath"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/export"
	"tenderbatch/internal/export/workbook"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/tender"
)

// letter sends a workbook for a depositary with what is open or rejected in its reports.
func (c *Console) letter(w http.ResponseWriter, r *http.Request) {
	run, err := c.runOf(r)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	terms, err := offerfolder.Terms(filepath.Dir(run.Runs))
	if err != nil {
		c.failed(w, r, err)
		return
	}
	o := terms.AsOf(run.Manifest.AsOf)
	l := &workbook.Letter{Issuer: run.doc.Issuer, Offer: run.doc.Offer, Run: run.record.Run,
		Version: run.doc.Version, Depositary: r.URL.Query().Get("to"), Made: run.Manifest.AsOf,
		AsOf:  tender.WallTime(run.Manifest.AsOf, o.Zone),
		Paper: o.PrintedOn()}
	for i := range run.doc.Rejects {
		if f := &run.doc.Rejects[i]; f.Depositary == l.Depositary && (f.Open || f.Outcome == tender.OutcomeRejected) {
			l.Findings = append(l.Findings, letterFinding(f))
		}
	}
	if len(l.Findings) == 0 {
		c.failed(w, r, &offerfolder.UsageError{Message: "nothing of that depositary is open or rejected in this run; there is " +
			"nothing to ask it to correct"})
		return
	}
	var content bytes.Buffer
	if err := workbook.WriteLetter(&content, l); err != nil {
		c.failed(w, r, err)
		return
	}
	name := run.doc.Offer + "-" + run.record.Run + "-" + l.Depositary + ".xlsx"
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	w.Header().Set("Content-Type", typeOf(name))
	_, _ = content.WriteTo(w) // a browser that went away
}

func letterFinding(f *export.FindingJSON) workbook.LetterFinding {
	principal, err := decimal.NewFromString(f.Principal)
	if err != nil {
		principal = decimal.Zero // it could not be read
	}
	return workbook.LetterFinding{Currency: f.Currency, Finding: &tender.Finding{Depositary: f.Depositary,
		Source:      tender.Source{File: f.File, Sheet: f.Sheet, Row: f.Row},
		Instruction: f.Instruction, Participant: f.Participant, Column: f.Column, Cell: f.Cell, Value: f.Value, Rule: f.Rule,
		Message: f.Message, Advice: f.Advice, Series: f.Series, Principal: principal}}
}
