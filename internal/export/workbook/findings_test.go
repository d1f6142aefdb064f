package workbook

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tenderbatch/internal/export"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// unmapped are so many rows of a report with a status that is not mapped.
func unmapped(rows ...int) []tender.Finding {
	var all []tender.Finding
	for _, row := range rows {
		all = append(all, tender.Finding{
			Source: tender.Source{File: "dtc.xlsx", Sheet: "Tenders", Row: row}, Depositary: "DTC",
			Instruction: fmt.Sprintf("VOI%d", row), Participant: "0901", Column: "Status", Cell: fmt.Sprintf("G%d", row), Value: "BLKD",
			Rule: "R2-status", Message: "the status is not known", Advice: "map it", Disposition: tender.LineRejected,
			Series: "A", Principal: dec("1000"),
		})
	}
	return all
}

func TestP5OneCodeIsOneGroup(t *testing.T) {
	o := &tender.Offer{Series: []tender.Series{{ID: "A", Currency: "USD"}}}
	all := append(unmapped(7, 5, 6, 12, 20, 21), unmapped(6)...) // one row twice: its principal counts once
	other := unmapped(30)[0]
	other.Value, other.Principal = "HELD", dec("9000")
	done := unmapped(40)[0]
	done.Resolved, done.Principal = "rejected, by the desk", dec("1000000")
	groups := result.GroupFindings(o, append(all, other, done), false)
	if len(groups) != 3 {
		t.Fatalf("%d groups, want 3", len(groups))
	}
	for i, want := range []string{
		`dtc.xlsx Tenders!G30 holds "HELD": the status is not known; map it [R2-status] instruction VOI30, participant 0901, principal 9,000 USD`,
		`dtc.xlsx Tenders rows 5-7, 12, 20-21 hold "BLKD": the status is not known; map it [R2-status] 7 lines, instructions VOI7, VOI5, VOI6, VOI12, VOI20, …, principal 6,000 USD`,
		`dtc.xlsx Tenders!G40 holds "BLKD": the status is not known; resolved: rejected, by the desk [R2-status] instruction VOI40, participant 0901, principal 1,000,000 USD`,
	} {
		if got := groups[i].Sentence(); got != want {
			t.Errorf("group %d\n got %s\nwant %s", i+1, got, want)
		}
		if open := i < 2; groups[i].Open != open {
			t.Errorf("group %d is open: %v", i+1, groups[i].Open)
		}
	}
	if got, want := groups[1].RowRanges(2), "5-7, 12 and 2 more"; got != want {
		t.Errorf("rows %s, want %s", got, want)
	}
	if groups := result.GroupFindings(o, all, true); groups[0].Open {
		t.Error("what was accepted with the run is open")
	}
}

// A tender that a later report leaves out counts, and action is needed all the same.
func TestP5WhatCountsCanBeOpen(t *testing.T) {
	o := &tender.Offer{Series: []tender.Series{{ID: "A", Currency: "USD"}}}
	vanished := unmapped(3)[0]
	vanished.Rule, vanished.Disposition, vanished.MustResolve = "R4-vanished", tender.LineRemarked, true
	set := unmapped(4)[0]
	set.Rule, set.Disposition, set.MustResolve = "R5-amended", tender.LineNotCounted, true
	for _, g := range result.GroupFindings(o, []tender.Finding{vanished, set}, false) {
		if !g.Open || (g.Outcome != tender.OutcomeRemark && g.Outcome != tender.OutcomeNotCounted) {
			t.Errorf("%s: open %v, outcome %s", g.Rule, g.Open, g.Outcome)
		}
	}
}

func TestP6FindingsNameTenderOutcomeAndPrincipal(t *testing.T) {
	r := smallRun(t)
	vanished := unmapped(3)[0]
	vanished.Series, vanished.Disposition, vanished.MustResolve, vanished.Principal = r.Offer.Series[0].ID, tender.LineRemarked, true, dec("77000")
	r.Findings = append(r.Findings, vanished)
	slices.SortStableFunc(r.Findings, tender.CompareFindings)
	var b bytes.Buffer
	if err := export.WriteRejects(&b, r); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := func(row []string, column string) string { return row[slices.Index(rows[0], column)] }
	open := 0
	for i, row := range rows[1:] {
		if i > 0 && dec(at(row, "principal")).GreaterThan(dec(at(rows[i], "principal"))) {
			t.Errorf("row %d: principal %s comes after %s", i+1, at(row, "principal"), at(rows[i], "principal"))
		}
		if at(row, "open") == "true" {
			open++
		}
		if at(row, "instruction") != "VOI3" {
			continue
		}
		for column, want := range map[string]string{"depositary": "DTC", "participant": "0901", "outcome": "remark", "open": "true", "principal": "77000", "currency": r.Offer.Series[0].Currency, "cell": "G3", "advice": "map it"} {
			if got := at(row, column); got != want {
				t.Errorf("%s is %q, want %q", column, got, want)
			}
		}
	}
	if open != r.Counts().Open || open == 0 {
		t.Errorf("%d lines are open, %d are counted as open", open, r.Counts().Open)
	}
	b.Reset()
	if err := export.WriteJSON(&b, r); err != nil {
		t.Fatal(err)
	}
	var found struct{ Rejects []map[string]any }
	if err := json.Unmarshal(b.Bytes(), &found); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(found.Rejects, func(f map[string]any) bool { return f["instruction"] == "VOI3" })
	if i < 0 || found.Rejects[i]["outcome"] != "remark" || found.Rejects[i]["open"] != true || found.Rejects[i]["principal"] != "77000" || len(found.Rejects) != len(rows)-1 {
		t.Errorf("result.json has %v", found.Rejects)
	}
}

// The full list stays a plain table below the groups, so that it can be sorted and filtered.
func TestP6TheListCanBeFilteredBelowTheGroups(t *testing.T) {
	r := smallRun(t)
	f := opened(t, rendered(t, r))
	rows := rowsOf(t, f, "Rejects")
	heading := slices.IndexFunc(rows, func(row []string) bool { return len(row) > 4 && row[0] == "Outcome" && row[4] == "Participant" })
	if heading < 0 || len(rows) != heading+1+len(r.Findings) {
		t.Fatalf("%d rows, the headings of the list at %d, %d findings", len(rows), heading+1, len(r.Findings))
	}
	if groups := slices.IndexFunc(rows, func(row []string) bool { return len(row) > 3 && row[3] == "Rows" }); groups < 0 || groups > heading {
		t.Errorf("the groups stand in row %d", groups+1)
	}
	for _, name := range f.GetDefinedName() {
		if want := fmt.Sprintf("Rejects!$A$%d:", heading+1); name.Name == "RejectsList" && !strings.HasPrefix(name.RefersTo, want) {
			t.Errorf("the list is %s, want %s…", name.RefersTo, want)
		}
	}
}
