package console

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"tenderbatch/internal/account"
	"tenderbatch/internal/ledger"
)

// demanding is a console over an offer whose final runs need an approval.
func demanding(t *testing.T, rule string) *house {
	t.Helper()
	return demandingWith(t, rule)
}

func demandingWith(t *testing.T, rule string, change ...func(*Config)) *house {
	t.Helper()
	h := newHouse(t, change...)
	folder := filepath.Join(h.folder, offerName)
	file := filepath.Join(folder, "offer.yaml")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(content, []byte("\nrelease: "+rule+"\n")...), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(folder, "runs")); err != nil {
		t.Fatal(err)
	}
	h.run()
	return h
}

const approvalPath = "/offers/" + offerName + "/runs/latest"

// shown is the digest of the manifest that a page of approval has, and a total to type.
func shown(t *testing.T, page string) (manifest, total string) {
	t.Helper()
	m := regexp.MustCompile(`name="manifest" value="([0-9a-f]{64})"`).FindStringSubmatch(page)
	sum := regexp.MustCompile(`To wire in (\w+)</dt><dd><strong class="sum">([0-9,.]+)`).FindStringSubmatch(page)
	if m == nil || sum == nil {
		t.Fatalf("the page shows nothing to approve:\n%s", page)
	}
	return m[1], sum[1] + " " + sum[2]
}

// The day of a release: submitted, returned, submitted again, approved by another person with the
// total typed, and released.
func TestTheDayOfARelease(t *testing.T) {
	h := demanding(t, "{approvals: 1}")
	prep, appr := h.person("ann", account.Grant{Role: account.Preparer}), h.person("bob", account.Grant{Role: account.Approver})
	post := func(b *browser, want int, path string, fields ...string) string {
		t.Helper()
		status, body := b.post(approvalPath+path, fields...)
		if status != want {
			t.Fatalf("%s: %d, want %d\n%s", path, status, want, body)
		}
		return body
	}
	if _, body := prep.get("/approve"); !strings.Contains(body, "You can do that") {
		t.Error("the queue does not say that the run waits for its preparer")
	}
	post(prep, 303, "/submit")
	if _, body := appr.get("/approve"); !strings.Contains(body, "You can do that") {
		t.Error("the queue does not say that the run waits for the approver")
	}
	post(appr, 422, "/return", "comment", " ")
	post(appr, 303, "/return", "comment", "look at row 20")
	post(prep, 303, "/submit")
	_, page := appr.get(approvalPath + "/approval")
	manifest, total := shown(t, page)
	if body := post(appr, 422, "/approve", "manifest", manifest, "total", "USD 1.00"); !strings.Contains(body, "USD 1.00") {
		t.Error("a wrong total is not shown again")
	}
	post(appr, 422, "/approve", "manifest", strings.Repeat("0", 64), "total", total)
	post(prep, 403, "/approve", "manifest", manifest, "total", total)
	post(appr, 303, "/approve", "manifest", manifest, "total", total)
	post(prep, 303, "/release")
	if _, body := prep.get(approvalPath); !strings.Contains(body, "in force") {
		t.Error("the run is not in force after its release")
	}
	post(prep, 422, "/submit")
	if _, body := appr.get("/approve"); !strings.Contains(body, "Nothing waits") {
		t.Error("the queue still has the run")
	}
	_, history := appr.get("/offers/" + offerName + "/history")
	for _, want := range []string{"submitted", "returned", "approved", "released", "bob"} {
		if !strings.Contains(history, want) {
			t.Errorf("the history does not have %q", want)
		}
	}
}

// Who submitted a run does not approve it, with whatever roles.
func TestAMakerApprovesNothing(t *testing.T) {
	h := demanding(t, "{approvals: 1}")
	both := h.person("ann", account.Grant{Role: account.Preparer}, account.Grant{Role: account.Approver}, account.Grant{Role: account.Admin})
	if status, body := both.post(approvalPath + "/submit"); status != 303 {
		t.Fatal(status, body)
	}
	_, page := both.get(approvalPath + "/approval")
	if !strings.Contains(page, "had a hand in run") {
		t.Errorf("the page does not say why it is not for them:\n%s", page)
	}
	other := h.person("bob", account.Grant{Role: account.Approver})
	_, page = other.get(approvalPath + "/approval")
	manifest, total := shown(t, page)
	if status, body := both.post(approvalPath+"/approve", "manifest", manifest, "total", total); status != 422 ||
		!strings.Contains(body, "had a hand in run") {
		t.Errorf("%d %s", status, body)
	}
}

// Of two who approve at the same moment both count where two are needed, and one where one is.
func TestTwoApprovalsAtOnce(t *testing.T) {
	for rule, want := range map[string]int{"{approvals: 1}": 1, "{approvals: 2}": 2} {
		h := demanding(t, rule)
		if status, body := h.person("ann", account.Grant{Role: account.Preparer}).post(approvalPath + "/submit"); status != 303 {
			t.Fatal(status, body)
		}
		var all sync.WaitGroup
		var mu sync.Mutex
		count := map[int]int{}
		var approve []func()
		for _, name := range []string{"bob", "cat"} {
			b := h.person(name, account.Grant{Role: account.Approver})
			_, page := b.get(approvalPath + "/approval")
			manifest, total := shown(t, page)
			approve = append(approve, func() {
				status, _ := b.post(approvalPath+"/approve", "manifest", manifest, "total", total)
				mu.Lock()
				defer mu.Unlock()
				count[status]++
			})
		}
		for _, do := range approve {
			all.Go(do)
		}
		all.Wait()
		if count[http.StatusSeeOther] != want || count[http.StatusSeeOther]+count[422] != 2 {
			t.Errorf("%s: %v", rule, count)
		}
	}
}

// An approval of what was shown before a newer run was made is refused.
func TestAnApprovalOfAnOlderRun(t *testing.T) {
	h := demanding(t, "{approvals: 1}")
	prep, appr := h.person("ann", account.Grant{Role: account.Preparer}), h.person("bob", account.Grant{Role: account.Approver})
	prep.post(approvalPath + "/submit")
	_, page := appr.get(approvalPath + "/approval")
	manifest, total := shown(t, page)
	file := filepath.Join(h.folder, offerName, "offer.yaml")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(content), "amount: 1105000000", "amount: 1106000000", 1)
	if changed == string(content) {
		t.Fatal("the cap is not where it was")
	}
	if err := os.WriteFile(file, []byte(changed), 0o640); err != nil {
		t.Fatal(err)
	}
	if status, body := appr.post(approvalPath+"/approve", "manifest", manifest, "total", total); status != 422 ||
		!strings.Contains(body, "the terms were changed") {
		t.Errorf("%d %s", status, body)
	}
}

// What a viewer sees of a release has the names of no one who tendered: not in what was decided,
// not in what people wrote to each other.
func TestAViewerSeesNoNamesInARelease(t *testing.T) {
	h := demanding(t, "{approvals: 1}")
	prep, appr := h.person("ann", account.Grant{Role: account.Preparer}), h.person("bob", account.Grant{Role: account.Approver})
	const instruction = "0001737" // its time of receipt is missing
	if status, body := prep.post("/offers/"+offerName+"/decide", "rule", "R1-missing", "depositary", "DTC", "instruction", instruction,
		"file", "dtc-2004-12-01.xlsx", "row", "125", "outcome", "rejected", "reason", "asked about "+instruction); status != 303 {
		t.Fatal(status, body)
	}
	h.run()
	if status, body := prep.post(approvalPath + "/submit"); status != 303 {
		t.Fatal(status, body)
	}
	if status, body := appr.post(approvalPath+"/return", "comment", "ask about "+instruction); status != 303 {
		t.Fatal(status, body)
	}
	viewer := h.person("vic", account.Grant{Role: account.Viewer})
	for _, path := range []string{approvalPath + "/approval", "/approve", "/", "/schedule", "/offers/" + offerName + "/history"} {
		if _, body := prep.get(path); strings.HasPrefix(path, approvalPath) && !strings.Contains(body, instruction) {
			t.Errorf("%s does not have %s for the preparer", path, instruction)
		}
		if _, body := viewer.get(path); strings.Contains(body, instruction) {
			t.Errorf("%s shows %s to a viewer", path, instruction)
		}
	}
}

// The page says at once that a run cannot be submitted any more, and offers no button that is refused.
func TestThePageOfAStaleRunSaysSo(t *testing.T) {
	h := demanding(t, "{approvals: 1}")
	prep := h.person("ann", account.Grant{Role: account.Preparer})
	if _, body := prep.get(approvalPath + "/approval"); !strings.Contains(body, "Submit for approval") {
		t.Fatal("a new run cannot be submitted")
	}
	file := filepath.Join(h.folder, offerName, "offer.yaml")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(content), "amount: 1105000000", "amount: 1106000000", 1)), 0o640); err != nil {
		t.Fatal(err)
	}
	_, body := prep.get(approvalPath + "/approval")
	if !strings.Contains(body, "the terms were changed; run again") || strings.Contains(body, "Submit for approval") {
		t.Errorf("the page of a run that is stale:\n%s", body)
	}
}

// An approver who sees a mistake after the approval of another returns the run on the page; a maker
// is not shown the button.
func TestAnApprovedRunIsReturnedOnThePage(t *testing.T) {
	h := demanding(t, "{approvals: 1}")
	prep, appr := h.person("ann", account.Grant{Role: account.Preparer}, account.Grant{Role: account.Approver}),
		h.person("bob", account.Grant{Role: account.Approver})
	prep.post(approvalPath + "/submit")
	_, page := appr.get(approvalPath + "/approval")
	manifest, total := shown(t, page)
	if status, body := appr.post(approvalPath+"/approve", "manifest", manifest, "total", total); status != 303 {
		t.Fatal(status, body)
	}
	cat := h.person("cat", account.Grant{Role: account.Approver})
	if _, body := cat.get(approvalPath + "/approval"); !strings.Contains(body, "Return to the preparer") || strings.Contains(body, "Withdraw") {
		t.Errorf("an approver cannot return an approved run:\n%s", body)
	}
	if _, body := prep.get(approvalPath + "/approval"); strings.Contains(body, "Return to the preparer") || !strings.Contains(body, "Withdraw") {
		t.Errorf("a maker returns instead of withdrawing:\n%s", body)
	}
	prep.post(approvalPath + "/release")
	if _, body := cat.get(approvalPath + "/approval"); !strings.Contains(body, "released</span> by ann (account), ") {
		t.Errorf("the page does not say who released the run and when:\n%s", body)
	}
}

// People in a browser are not advised to use flags of a command line.
func TestAHeldRunIsExplainedInTheBrowser(t *testing.T) {
	h := demanding(t, "{approvals: 1}")
	if err := os.RemoveAll(filepath.Join(h.folder, offerName, "runs")); err != nil {
		t.Fatal(err)
	}
	h.runWith("") // its findings are open
	prep := h.person("ann", account.Grant{Role: account.Preparer})
	for _, path := range []string{"/", "/approve", approvalPath, approvalPath + "/approval", approvalPath + "/payments", "/offers/" + offerName} {
		_, body := prep.get(path)
		if strings.Contains(body, "--accept-rejects") {
			t.Errorf("%s names a flag", path)
		}
		if path != "/offers/"+offerName && !strings.Contains(body, "resolve or waive each of them on the page of the findings") {
			t.Errorf("%s does not say what to do:\n%s", path, body)
		}
	}
	if status, body := prep.post(approvalPath + "/submit"); status != 422 || strings.Contains(body, "--accept-rejects") ||
		strings.Contains(body, "Submit for approval") {
		t.Errorf("%d %s", status, body)
	}
}

// Each step taken on a page is reported once, to those who get the notices: one that was refused or
// taken before is not.
func TestStepsAreReportedOnce(t *testing.T) {
	var steps []string
	h := demandingWith(t, "{approvals: 1}", func(c *Config) {
		c.Stepped = func(folder string, e ledger.Entry) {
			steps = append(steps, filepath.Base(folder)+" "+string(e.Event)+" "+e.Actor.String()+" "+e.Message)
		}
	})
	prep, appr := h.person("ann", account.Grant{Role: account.Preparer}), h.person("bob", account.Grant{Role: account.Approver})
	appr.post(approvalPath + "/release") // refused
	prep.post(approvalPath + "/submit")
	prep.post(approvalPath + "/submit") // refused
	appr.post(approvalPath+"/return", "comment", "row 20")
	prep.post(approvalPath + "/submit")
	_, page := appr.get(approvalPath + "/approval")
	manifest, total := shown(t, page)
	appr.post(approvalPath+"/approve", "manifest", manifest, "total", "USD 1.00") // refused
	appr.post(approvalPath+"/approve", "manifest", manifest, "total", total)
	prep.post(approvalPath + "/release")
	prep.post(approvalPath + "/release") // before
	want := []string{"submitted ann (account) ", "returned bob (account) row 20", "submitted ann (account) ", "approved bob (account) ",
		"released ann (account) "}
	for i := range want {
		want[i] = offerName + " " + want[i]
	}
	if !slices.Equal(steps, want) {
		t.Errorf("reported %q, want %q", steps, want)
	}
}
