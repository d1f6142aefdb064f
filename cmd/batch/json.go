package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/export"
	"tenderbatch/internal/inbox"
	"tenderbatch/internal/ingest"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/printout"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// The JSON of run and check; docs/result.md describes it, docs/schemas has a schema of each.
type (
	doneJSON struct {
		Action   pipeline.Action  `json:"action"`
		Exit     exitcode.Code    `json:"exit"`
		Run      string           `json:"run"`
		Folder   string           `json:"folder"`
		Final    string           `json:"final"`
		Read     []fileReadJSON   `json:"read"`
		LeftOut  []leftOutJSON    `json:"left_out"`
		Open     int              `json:"open"`
		Warnings []tender.Warning `json:"warnings"`
	}
	fileReadJSON struct {
		Depositary string `json:"depositary"`
		File       string `json:"file"`
	}
	leftOutJSON struct {
		File    string `json:"file"`
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	checkJSON struct {
		Offer        string                `json:"offer"`
		Issuer       string                `json:"issuer"`
		Phase        tender.Phase          `json:"phase"`
		AsOf         string                `json:"as_of"`
		TermsVersion int                   `json:"terms_version"`
		TermsDigest  string                `json:"terms_digest"`
		Memory       int64                 `json:"memory_bytes"` // that a run is estimated to need
		NextDue      *nextDueJSON          `json:"next_due"`
		Files        []checkedJSON         `json:"files"`
		LeftOut      []leftOutJSON         `json:"left_out"`
		Series       []bookJSON            `json:"series"`
		Open         int                   `json:"open"`
		Rejects      []export.FindingJSON  `json:"rejects"`
		Snapshots    *export.SnapshotsJSON `json:"snapshots"`
		Warnings     []tender.Warning      `json:"warnings"`
	}
	nextDueJSON struct {
		At   string `json:"at"`
		What string `json:"what"`
	}
	checkedJSON struct {
		Depositary    string           `json:"depositary"`
		File          string           `json:"file"`
		SHA256        string           `json:"sha256"`
		Bytes         int64            `json:"bytes"`
		Format        string           `json:"format"`
		Sheets        []sheetJSON      `json:"sheets"`
		SheetsNotRead []string         `json:"sheets_not_read"`
		Rows          int              `json:"rows"`
		Counted       int              `json:"counted"`
		NotCounted    int              `json:"not_counted"`
		Rejected      int              `json:"rejected"`
		NotYet        int              `json:"received_after"`
		Replaced      int              `json:"replaced"`
		Principal     balanceJSON      `json:"principal"`
		Series        []tenderedJSON   `json:"series"`
		Statuses      []statusJSON     `json:"statuses"`
		First         string           `json:"first_received"` // "" if no row could be read
		Last          string           `json:"last_received"`
		Notes         []tender.Warning `json:"notes"`
	}
	statusJSON struct {
		Status    tender.Status `json:"status"`
		Rows      int           `json:"rows"`
		Principal string        `json:"principal"`
	}
	sheetJSON struct {
		Name       string       `json:"name"`
		HeadingRow int          `json:"heading_row"`
		Rows       int          `json:"rows"`
		Columns    []columnJSON `json:"columns"`
		Unread     []string     `json:"columns_not_read"`
		Total      *totalRow    `json:"total"`
	}
	columnJSON struct {
		Letter  string `json:"letter"`
		Heading string `json:"heading"`
		Is      string `json:"is"`
		Why     string `json:"why"`
	}
	totalRow struct {
		Row       int    `json:"row"`
		Principal string `json:"principal"`
	}
	balanceJSON struct {
		Counted    string `json:"counted"`
		NotCounted string `json:"not_counted"`
		Rejected   string `json:"rejected"`
	}
	tenderedJSON struct {
		Series   string `json:"series"`
		Currency string `json:"currency"`
		Early    string `json:"tendered_early"`
		Late     string `json:"tendered_late"`
	}
	bookJSON struct {
		tenderedJSON
		Outstanding string `json:"outstanding"`
	}
)

// newDoneJSON says what a run did.
func newDoneJSON(o *pipeline.Outcome) doneJSON {
	return doneJSON{
		Action: o.Action, Exit: o.Exit(), Run: o.Run.Name, Folder: o.Folder, Final: o.Final, Open: o.Run.Open(),
		Read: export.List(o.Choice.Chosen, func(f inbox.Chosen) fileReadJSON {
			return fileReadJSON{f.Depositary.Name,
				f.Name}
		}),
		LeftOut:  leftOut(o.Choice),
		Warnings: append([]tender.Warning{}, o.Remarks...),
	}
}

// leftOut are the files that were passed over.
func leftOut(c inbox.Choice) []leftOutJSON {
	return export.List(c.Ignored, func(f inbox.Ignored) leftOutJSON {
		code := "not_needed"
		switch {
		case f.Unclaimed():
			code = "no_depositary"
		case f.Folder():
			code = "folder"
		}
		return leftOutJSON{f.Name, code, f.Reason}
	})
}

// withDone is a result.json with what was done as its first key.
func withDone(document []byte, o *pipeline.Outcome) ([]byte, error) {
	rest, ok := bytes.CutPrefix(document, []byte("{\n"))
	if !ok {
		return nil, fmt.Errorf("%s is no object as this program writes it", result.JSONName)
	}
	done, err := json.MarshalIndent(newDoneJSON(o), "  ", "  ")
	if err != nil {
		return nil, err
	}
	return slices.Concat([]byte("{\n  \"done\": "), done, []byte(",\n"), rest), nil
}

// writeCheckJSON writes all that a check found.
func writeCheckJSON(out io.Writer, e *pipeline.CheckResult) error {
	c := checkJSON{
		Offer: e.Offer.ID, Issuer: e.Offer.Issuer, Phase: e.Phase, AsOf: rfc3339(e.AsOf, e.Offer.Zone),
		TermsVersion: e.Offer.Version(), TermsDigest: e.Offer.TermsDigest, Memory: e.Need,
		LeftOut: leftOut(e.Choice), Rejects: export.FindingsJSON(e.Offer, e.Findings, false), Files: []checkedJSON{},
		Series:    []bookJSON{},
		Snapshots: export.SnapshotsAsJSON((&result.Run{Offer: e.Offer, Snapshots: e.Snapshots})),
		Warnings:  append([]tender.Warning{}, e.Warnings...),
	}
	if !e.Next.At.IsZero() {
		c.NextDue = &nextDueJSON{rfc3339(e.Next.At, e.Offer.Zone), printout.WhatSlot(e.Next, e.Offer.Schedule)}
	}
	for i := range e.Findings {
		if e.Findings[i].Open() {
			c.Open++
		}
	}
	for i := range e.Reports {
		c.Files = append(c.Files, newCheckedJSON(e, i))
	}
	for i, t := range e.Book.Totals {
		c.Series = append(c.Series, bookJSON{newTenderedJSON(e.Offer, i, t), e.Offer.Series[i].Outstanding.String()})
	}
	return export.EncodeJSON(out, c)
}

func newTenderedJSON(o *tender.Offer, series int, t tender.Totals) tenderedJSON {
	return tenderedJSON{o.Series[series].ID, o.Series[series].Currency, t.Early.String(), t.Late.String()}
}

func newCheckedJSON(e *pipeline.CheckResult, i int) checkedJSON {
	r, in, f := &e.Reports[i], e.Inputs[i], e.Files[i]
	c := checkedJSON{
		Depositary: r.Depositary, File: r.File, SHA256: in.SHA256, Bytes: in.Bytes, Format: r.Format,
		Sheets:        export.List(r.Sheets, newSheetJSON),
		SheetsNotRead: append([]string{}, r.Unread...), Rows: in.Rows, Counted: in.Counted, NotCounted: in.NotCounted,
		Rejected: in.Rejected,
		NotYet:   f.NotYet, Replaced: r.Replaced, Principal: balanceJSON{f.Counted.String(), f.NotCounted.String(),
			f.Rejected.String()},
		Series: []tenderedJSON{}, Notes: export.List(r.Notes,
			func(s string) tender.Warning { return tender.Warning{Code: tender.WarnFileNote, Message: s} }),
	}
	c.Statuses = export.List(f.Statuses, func(s pipeline.StatusTotal) statusJSON {
		return statusJSON{s.Status, s.Rows,
			s.Principal.String()}
	})
	if !f.First.IsZero() {
		c.First, c.Last = rfc3339(f.First, e.Offer.Zone), rfc3339(f.Last, e.Offer.Zone)
	}
	for series, t := range f.Series {
		c.Series = append(c.Series, newTenderedJSON(e.Offer, series, t))
	}
	return c
}

func newSheetJSON(s ingest.SheetReport) sheetJSON {
	j := sheetJSON{
		Name: s.Name, HeadingRow: s.HeadingRow, Rows: s.Rows, Unread: append([]string{}, s.Unread...),
		Columns: export.List(s.Columns, func(c ingest.Column) columnJSON {
			return columnJSON{c.Letter, c.Heading, c.Name,
				c.Why}
		}),
	}
	if s.Total != nil {
		j.Total = &totalRow{s.Total.Row, s.Total.Value.String()}
	}
	return j
}

// rfc3339 shows an instant as result.json does.
func rfc3339(t time.Time, zone *time.Location) string {
	return t.In(zone).Format("2006-01-02T15:04:05.000Z07:00")
}
