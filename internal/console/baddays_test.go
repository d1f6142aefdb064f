package console

import (
	"context"
	"encoding/csv"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tenderbatch/internal/account"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/pipeline"
)

// evilOffer is an offer whose names try to be markup, as its depositary's names do.
const evilOffer = `id: evil
issuer: "<script>alert('issuer')</script> & Co."
dates:
  launch: 2004-10-29
  expiration: {at: 2004-12-01T24:00}
  settlement: {final: 2004-12-02}
caps:
  - {name: "<script>alert('cap')</script>", amount: 100000, currency: USD, measure: principal}
series:
  - {id: a, title: "<script>alert('title')</script>", priority: 1, securities: ["037833100"], currency: USD, outstanding: 1000000,
     tender_offer_consideration: 900, denomination: {minimum: 1000, multiple: 1000}, interest: {coupon: 0}}
depositaries:
  - {name: "<script>alert('DTC')</script>", files: "dtc-*.csv", reject_limit: 100}
`

// evilReport has names that a browser could take for markup, and a spreadsheet for formulas.
const evilReport = "VOI Number,CUSIP,Principal Amount,Submitted At,Participant No.,Participant Name,Status\n" +
	`0001,037833100,"50,000",2004-11-01 10:00,0001,"<script>alert('name')</script>",MADE` + "\n" +
	`"=cmd|'/c calc'!A1",037833100,"50,000",2004-11-01 10:00,"=1+1","=HYPERLINK(""http://x"")",MADE` + "\n" +
	`"<script>alert('voi')</script>",037833100,"50,000",2004-11-01 10:00,"<img src=x onerror=alert(1)>","@SUM(1)",MADE` + "\n" +
	`0004,"<script>alert('cusip')</script>","<script>alert('amount')</script>",2004-11-01 10:00,"+1","-1",MADE` + "\n"

// Text of a depositary or of the terms is text on every page and in every file, whatever it looks like: it is
// no markup for a browser and no formula for a spreadsheet.
func TestTextIsNoMarkupOnAnyAddress(t *testing.T) {
	h := newHouse(t)
	folder := filepath.Join(h.folder, "evil")
	for name, content := range map[string]string{"offer.yaml": evilOffer, "inbox/dtc-2004-12-01.csv": evilReport} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	o, err := pipeline.Run(context.Background(), pipeline.Request{Folder: folder, AsOf: "2004-12-02T09:00", Version: "test", By: "tester",
		Clock: func() time.Time { return h.at }, Actor: ledger.Actor{Kind: ledger.User, Name: "tester"}, AcceptRejects: "<script>why</script>",
		Owner: func(fs.FileInfo) string { return "tester" }})
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(o.Folder)
	if err != nil {
		t.Fatal(err)
	}
	evil := "/offers/evil"
	depositary := url.QueryEscape("<script>alert('DTC')</script>")
	paths := []string{evil + "/runs/latest/explain?row=dtc-2004-12-01.csv:3", evil + "/runs/latest/letter?to=" + depositary,
		evil + "/whatif?" + url.QueryEscape("cap <script>alert('cap')</script>") + "=1000&sweep=" +
			url.QueryEscape("cap <script>alert('cap')</script>"), evil + "/runs/latest/payments?q=%3Cscript%3E",
		evil + "/runs/latest/instructions?q=%3Cscript%3E", evil + "/compare?was=%3Cscript%3E&now=%3Cscript%3E", "/offers/%3Cscript%3E"}
	for _, f := range files {
		paths = append(paths, evil+"/runs/latest/files/"+f.Name())
	}
	for _, rt := range h.console.routes() {
		if method, pattern, _ := strings.Cut(rt.pattern, " "); method == http.MethodGet && !strings.HasSuffix(pattern, "/live") {
			paths = append(paths, strings.NewReplacer("{offer}", "evil", "{run}", "latest", "{$}", "", "{staged}", "X", "{file}", "X").Replace(pattern))
		}
	}
	pages := 0
	for _, role := range []account.Role{account.Preparer, account.Viewer, account.Approver} {
		b := h.person(string(role), account.Grant{Role: role})
		for _, path := range paths {
			r, err := b.Get(h.server.URL + path)
			if err != nil {
				t.Fatal(err)
			}
			kind := r.Header.Get("Content-Type")
			status, body := b.answer(r, nil)
			if status == http.StatusInternalServerError {
				t.Errorf("%s as %s: %s", path, role, body)
			}
			switch {
			case strings.HasPrefix(kind, "text/html"):
				pages++
				if strings.Contains(body, "<script>") || strings.Contains(body, "<img") {
					t.Errorf("%s as %s has markup of a text", path, role)
				}
			case strings.HasPrefix(kind, "text/csv"):
				noFormulas(t, path, body)
			case strings.HasPrefix(body, "PK") && strings.Contains(unzipped(t, body), "cmd|'/c calc'!A1</f>"):
				t.Errorf("%s has a formula of a text", path)
			}
		}
	}
	if pages < 60 {
		t.Errorf("only %d pages were read", pages)
	}
}

// noFormulas finds cells of a CSV that a spreadsheet would run.
func noFormulas(t *testing.T, path, body string) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil {
		t.Errorf("%s: %v", path, err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if strings.HasPrefix(cell, "=") || strings.HasPrefix(cell, "@") || strings.HasPrefix(cell, "+") {
				t.Errorf("%s has the cell %q", path, cell)
			}
		}
	}
}

// A disk that is full while a report is accepted or the terms are amended is said with what to do, and the inbox
// and the terms stay as they are; with room again it is done.
func TestAFullDiskInTheMiddleOfAChange(t *testing.T) {
	var full string // the operation that finds no room
	h := newHouse(t, func(c *Config) {
		c.Disk.Fault = func(op, path string) error {
			if op == full && !strings.Contains(path, "runs") {
				return syscall.ENOSPC
			}
			return nil
		}
	})
	b := h.person("ann", account.Grant{Role: account.Preparer})
	_, to, _ := b.send("dtc-2004-12-02.xlsx", report(t))
	_, page := b.get(to)
	digest := regexp.MustCompile(`name="digest" value="([0-9a-f]{64})"`).FindStringSubmatch(page)[1]
	terms := "/offers/" + offerName + "/terms"
	_, page = b.get(terms)
	seen := regexp.MustCompile(`name="seen" value="([0-9a-f]{64})"`).FindStringSubmatch(page)[1]
	amendment := []string{"do", "amend", "seen", seen, "effective", "2004-12-01T12:00", "reason", "upsized", "set",
		"caps: {Tender Cap: {amount: 1200000000}}"}
	before, inbox := h.terms(), len(h.inbox())
	full = "link"
	if status, body := b.post(to, "do", "accept", "digest", digest); status != http.StatusInsufficientStorage ||
		!strings.Contains(body, "make room") || len(h.inbox()) != inbox || h.staged() != 1 {
		t.Errorf("accepted with a full disk: %d, the inbox has %v\n%s", status, h.inbox(), body)
	}
	for _, full = range []string{"write", "rename"} {
		if status, body := b.post(terms, amendment...); status != http.StatusInsufficientStorage || !strings.Contains(body, "make room") ||
			!strings.Contains(body, "1200000000") || h.terms() != before {
			t.Errorf("amended with a full disk at %s: %d\n%s", full, status, body)
		}
	}
	full = ""
	if status, body := b.post(to, "do", "accept", "digest", digest); status != http.StatusSeeOther || len(h.inbox()) != inbox+1 {
		t.Errorf("accepted with room again: %d %s", status, body)
	}
	if status, body := b.post(terms, amendment...); status != http.StatusSeeOther || h.terms() == before {
		t.Errorf("amended with room again: %d %s", status, body)
	}
}

// terms is the text of offer.yaml.
func (h *house) terms() string {
	h.t.Helper()
	content, err := os.ReadFile(filepath.Join(h.folder, offerName, "offer.yaml"))
	if err != nil {
		h.t.Fatal(err)
	}
	return string(content)
}

// Of two people who amend the same terms at the same time one does, and the other is asked to look again.
func TestTwoAmendmentsAtOnce(t *testing.T) {
	h := newHouse(t)
	path := "/offers/" + offerName + "/terms"
	people := []*browser{h.person("ann", account.Grant{Role: account.Preparer}), h.person("bob", account.Grant{Role: account.Preparer})}
	_, page := people[0].get(path)
	seen := regexp.MustCompile(`name="seen" value="([0-9a-f]{64})"`).FindStringSubmatch(page)[1]
	var statuses [2]int
	var both sync.WaitGroup
	for i, b := range people {
		both.Go(func() {
			statuses[i], _ = b.post(path, "do", "amend", "seen", seen, "effective", "2004-12-01T12:00", "reason", "upsized by "+string('1'+rune(i)),
				"set", "caps: {Tender Cap: {amount: 1200000000}}")
		})
	}
	both.Wait()
	if statuses[0]+statuses[1] != http.StatusSeeOther+http.StatusUnprocessableEntity {
		t.Errorf("%v", statuses)
	}
	if n := strings.Count(h.terms(), "upsized by"); n != 1 {
		t.Errorf("%d amendments", n)
	}
}

// A form that is sent after the session has ended changes nothing and says so; after a login the same form works.
func TestASessionThatEndsInTheMiddleOfAForm(t *testing.T) {
	h := newHouse(t)
	ann, boss := h.person("ann", account.Grant{Role: account.Preparer}), h.person("boss", account.Grant{Role: account.Admin})
	before := h.terms()
	forms := map[string][]string{"/offers/" + offerName + "/pause": {"do", "pause", "reason", "x"},
		"/offers/" + offerName + "/decide": {"rule", "R5-multiple", "depositary", "DTC", "instruction", "0001683", "outcome", "waived", "reason", "x"}}
	if status, _ := boss.post("/people/ann", "do", "end"); status != http.StatusSeeOther {
		t.Fatal(status)
	}
	entries := len(h.entries())
	for path, form := range forms {
		if status, body := ann.post(path, form...); status != http.StatusUnauthorized || !strings.Contains(body, "Your session has ended") {
			t.Errorf("%s: %d", path, status)
		}
	}
	if h.terms() != before || len(h.entries()) != entries {
		t.Error("something was changed")
	}
	ann.post("/login", "name", "ann", "password", chosen)
	for path, form := range forms {
		if status, body := ann.post(path, form...); status != http.StatusSeeOther {
			t.Errorf("%s after the login: %d %s", path, status, body)
		}
	}
	if h.terms() == before || len(h.entries()) == entries {
		t.Error("after the login nothing was changed")
	}
}

// A finding that was decided already, on a page that is older, is not decided twice.
func TestAStalePageDecidesNothingTwice(t *testing.T) {
	h := newHouse(t)
	path := "/offers/" + offerName + "/decide"
	form := []string{"rule", "R5-multiple", "depositary", "DTC", "instruction", "0001683", "outcome", "waived", "reason", "x"}
	ann, bob := h.person("ann", account.Grant{Role: account.Preparer}), h.person("bob", account.Grant{Role: account.Preparer})
	if status, body := ann.post(path, form...); status != http.StatusSeeOther {
		t.Fatalf("%d %s", status, body)
	}
	after := h.terms()
	if status, body := bob.post(path, form...); status == http.StatusSeeOther || h.terms() != after {
		t.Errorf("decided twice: %d %s", status, body)
	}
}

// A session ends once its account logs in with something else, no matter who changed that and where:
// on the command line, too, which knows no sessions.
func TestASessionEndsWithWhatItLoggedInWith(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann", account.Grant{Role: account.Preparer}), h.person("bob", account.Grant{Role: account.Preparer})
	cat := h.person("cat", account.Grant{Role: account.Preparer})
	password, err := h.accounts.SetBack("root", "ann")
	if err != nil {
		t.Fatal(err)
	}
	if err := h.accounts.Link("root", "bob", "https://login.example.com 1"); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]*browser{"ann": ann, "bob": bob} {
		if status, _ := b.get("/me"); status != http.StatusSeeOther {
			t.Errorf("the session of %s goes on: %d", name, status)
		}
	}
	if status, _ := ann.post("/login", "name", "ann", "password", password); status != http.StatusSeeOther {
		t.Fatal(status)
	}
	const next = "another good pass phrase"
	if status, body := ann.post("/me/password", "old", password, "new", next, "again", next); status != http.StatusSeeOther {
		t.Fatal(status, body)
	}
	for name, b := range map[string]*browser{"ann": ann, "cat": cat} {
		if status, _ := b.get("/me"); status != http.StatusOK {
			t.Errorf("the session of %s does not go on: %d", name, status)
		}
	}
}

// A form that no browser sends, as the name of its file has a control character, is a mistake of
// who sent it and not of the service.
func TestAnUploadWhoseNameCannotBeRead(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann", account.Grant{Role: account.Preparer})
	body := "--x\r\nContent-Disposition: form-data; name=\"report\"; filename=\"dtc-\x01.csv\"\r\n\r\nabc\r\n--x--\r\n"
	status, page := ann.answer(ann.Post(h.server.URL+"/offers/"+offerName+"/files", "multipart/form-data; boundary=x", strings.NewReader(body)))
	if status != http.StatusUnprocessableEntity || !strings.Contains(page, "rename the file") {
		t.Errorf("%d %s", status, page)
	}
}
