package console

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"tenderbatch/internal/account"
	"tenderbatch/internal/export"
	"tenderbatch/internal/tender"
)

// A page has 100 groups, each with up to 50 rows and 1,000 rows in all; the rest is a page further.
func TestFindingsArePaged(t *testing.T) {
	var all []export.FindingJSON
	for g := range 250 {
		for n := range 1 + g%3*60 {
			all = append(all, export.FindingJSON{Rule: fmt.Sprintf("R%d", g), Value: "x", Open: true, Instruction: fmt.Sprint(n),
				Principal: fmt.Sprint(1000 - g), Outcome: tender.OutcomeRejected, Currency: "USD"})
		}
	}
	groups := groupsOf(all)
	seen, rows := 0, 0
	for n := 1; n <= 4; n++ {
		p := &findingsView{Number: n}
		p.list(groups)
		listed := 0
		for _, g := range p.Groups {
			if seen++; g.Number != seen {
				t.Fatalf("group %d has the number %d", seen, g.Number)
			}
			if listed += len(g.Rows); len(g.Rows) > rowsOnPage || len(g.Rows)+g.More() != len(g.Findings) {
				t.Errorf("group %d lists %d and has %d more of %d", g.Number, len(g.Rows), g.More(), len(g.Findings))
			}
		}
		if listed > mostRows || len(p.Groups) > groupsOnPage || (p.Following > 0) != (n < 3) {
			t.Errorf("page %d: %d groups, %d rows, next %d", n, len(p.Groups), listed, p.Following)
		}
	}
	if seen != 250 {
		t.Errorf("%d groups", seen)
	}
	for i, g := range groups {
		for n := 1; ; n++ {
			p := &findingsView{Number: n}
			p.one(g, i+1)
			rows += len(p.Groups[0].Rows)
			if p.Following == 0 {
				break
			}
		}
	}
	if rows != len(all) {
		t.Errorf("%d of %d rows can be read", rows, len(all))
	}
}

// A letter to a depositary has its lines that are open or rejected with what to do, and no other's.
func TestALetterToADepositary(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann", account.Grant{Role: account.Preparer}), h.person("bob", account.Grant{Role: account.Viewer})
	run := "/offers/" + offerName + "/runs/latest"
	_, page := ann.get(run + "/findings")
	if !strings.Contains(page, run[:len(run)-len("latest")]) || !strings.Contains(page, "a letter to DTC") {
		t.Errorf("the page leads to no letter:\n%s", page)
	}
	status, body := ann.get(run + "/letter?to=DTC")
	if status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	text := unzipped(t, body)
	for _, want := range []string{"To DTC: please correct these lines", "What to do", "Your answer", "dtc-2004-12-01.xlsx"} {
		if !strings.Contains(text, want) {
			t.Errorf("the letter does not have %q", want)
		}
	}
	if strings.Contains(text, "euroclear") {
		t.Error("the letter has lines of another depositary")
	}
	if status, _ := ann.get(run + "/letter?to=none"); status != 422 {
		t.Errorf("to no depositary: %d", status)
	}
	if status, _ := bob.get(run + "/letter?to=DTC"); status != http.StatusForbidden {
		t.Errorf("a viewer: %d", status)
	}
}

// What no finding of the last run is about is not decided, such as on a page that is older than the
// report; otherwise it would wait in the terms for the next row of that number.
func TestWhatWasNotFoundIsNotDecided(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann", account.Grant{Role: account.Preparer})
	before := h.terms()
	right := map[string]string{"rule": "R5-multiple", "depositary": "DTC", "instruction": "0001683", "file": "dtc-2004-12-01.xlsx", "row": "112"}
	for field, wrong := range map[string]string{"rule": "R5-minimum", "depositary": "Euroclear", "instruction": "0009999",
		"file": "dtc-2004-12-02.xlsx", "row": "113"} {
		form := []string{"outcome", "rejected", "reason", "x"}
		for name, value := range right {
			if name == field {
				value = wrong
			}
			form = append(form, name, value)
		}
		if status, body := ann.post("/offers/"+offerName+"/decide", form...); status != 422 || !strings.Contains(body, "no such finding") {
			t.Errorf("another %s: %d %s", field, status, body)
		}
	}
	if h.terms() != before {
		t.Error("offer.yaml was changed")
	}
}

// A group is headed by what its rule says, and words of single rows are at those rows; a viewer, to
// whom they are hidden, reads the rule.
func TestAGroupIsHeadedByItsRule(t *testing.T) {
	h := newHouse(t)
	ann, vic := h.person("ann", account.Grant{Role: account.Preparer}), h.person("vic", account.Grant{Role: account.Viewer})
	path := "/offers/" + offerName + "/runs/latest/findings"
	_, page := ann.get(path)
	for _, want := range []string{"<h2>Withdrawn in time <small>R4-withdrawn", "<small>withdrawn 2004-", "<h2>Not a multiple of the denomination <small>",
		"<p>12500 is not a multiple of 1000</p>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not have %q", want)
		}
	}
	if strings.Contains(page, "<h2>withdrawn 2004-") {
		t.Error("the time of one withdrawal heads a group")
	}
	_, page = vic.get(path)
	if !strings.Contains(page, "<h2>Withdrawn in time <small>R4-withdrawn") || strings.Contains(page, "(hidden) <small>R") {
		t.Errorf("what a viewer reads:\n%s", page)
	}
}

func TestEveryRuleHasAMeaning(t *testing.T) {
	for _, rule := range tender.Rules() {
		if g := (&findingGroup{Rule: rule.Code}); g.Heading() == "" || !strings.EqualFold(g.Heading(), tender.RuleMeaning(rule.Code)) {
			t.Errorf("%s: %q", rule.Code, g.Heading())
		}
	}
	if got := (&findingGroup{Rule: "none"}).Heading(); got != "" {
		t.Errorf("%q", got)
	}
}
