package console

import (
	"context"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/account"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/pipeline"
)

// house is a console over a folder with the Level 3 offer and a final run of it.
type house struct {
	t        *testing.T
	folder   string
	accounts *account.Store
	console  *Console
	server   *httptest.Server
	at       time.Time
}

const offerName = "level3-2004"

func newHouse(t *testing.T, change ...func(*Config)) *house {
	t.Helper()
	h := &house{t: t, folder: t.TempDir(), at: time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)}
	if err := os.CopyFS(filepath.Join(h.folder, offerName), os.DirFS("../../fixtures/level3-2004")); err != nil {
		t.Fatal(err)
	}
	h.run()
	var err error
	now := func() time.Time { return h.at }
	if h.accounts, err = openAccounts(t, now); err != nil {
		t.Fatal(err)
	}
	config := Config{Folder: h.folder, Accounts: h.accounts, Now: now, Version: "test",
		Log: slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(&config)
	}
	if h.console, err = New(config); err != nil {
		t.Fatal(err)
	}
	h.server = httptest.NewServer(h.console.Handler())
	t.Cleanup(func() {
		h.server.Close()
		if err := h.accounts.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// run makes a final run of the offer, by another person than any account.
func (h *house) run() *pipeline.Outcome {
	h.t.Helper()
	o, err := pipeline.Run(context.Background(), pipeline.Request{Folder: filepath.Join(h.folder, offerName),
		AsOf: "2004-12-02T09:00", Clock: func() time.Time { return h.at }, Version: "test", By: "tester@host",
		Actor: ledger.Actor{Kind: ledger.User, Name: "tester"}, AcceptRejects: "test", Owner: func(fs.FileInfo) string { return "tester" }})
	if err != nil {
		h.t.Fatal(err)
	}
	return o
}

// browser is a person's browser.
type browser struct {
	h *house
	*http.Client
}

func (h *house) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return &browser{h, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}}
}

const chosen = "correct horse battery"

// person is the browser of a new account that has chosen its password and is logged in.
func (h *house) person(name string, grants ...account.Grant) *browser {
	h.t.Helper()
	password, err := h.accounts.Add("root", name, "", grants)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := h.accounts.ChangePassword(name, password, chosen); err != nil {
		h.t.Fatal(err)
	}
	b := h.browser()
	if status, body := b.post("/login", "name", name, "password", chosen); status != http.StatusSeeOther {
		h.t.Fatalf("the login of %s: %d %s", name, status, body)
	}
	return b
}

func (b *browser) get(path string) (status int, body string) {
	b.h.t.Helper()
	return b.answer(b.Get(b.h.server.URL + path))
}

func (b *browser) post(path string, fields ...string) (status int, body string) {
	b.h.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return b.answer(b.PostForm(b.h.server.URL+path, form))
}

func (b *browser) answer(r *http.Response, err error) (status int, body string) {
	b.h.t.Helper()
	if err != nil {
		b.h.t.Fatal(err)
	}
	defer r.Body.Close()
	content, err := io.ReadAll(r.Body)
	if err != nil {
		b.h.t.Fatal(err)
	}
	return r.StatusCode, string(content)
}

// everybody is one browser of each role, and one that is not logged in.
func (h *house) everybody() map[string]*browser {
	all := map[string]*browser{"": h.browser()}
	for _, role := range account.Roles {
		all[string(role)] = h.person(string(role)+".person", account.Grant{Role: role})
	}
	return all
}

// Every address is refused to those who may not, whatever a page shows: 403, and without a
// login the page of the login, or 401 for a form.
func TestEveryAddressByEveryRole(t *testing.T) {
	h := newHouse(t)
	everybody := h.everybody()
	for _, rt := range h.console.routes() {
		method, pattern, _ := strings.Cut(rt.pattern, " ")
		path := strings.NewReplacer("{offer}", offerName, "{run}", "latest", "{file}", "result.xlsx", "{name}", "none.here", "{staged}", "NOSUCHFILE",
			"{$}", "").Replace(pattern)
		for role, b := range everybody {
			h.at = h.at.Add(time.Minute) // so that no address makes too many requests at once
			if pattern == "/logout" && role != "" {
				continue // it ends the session of the test
			}
			h.console.watchers = mostWatchers // so that no browser waits for changes
			request, err := http.NewRequest(method, h.server.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			status, body := b.answer(b.Do(request))
			may := rt.act == "" || (&account.Account{Grants: []account.Grant{{Role: account.Role(role)}}}).May(rt.act, offerName)
			switch {
			case rt.open:
			case role == "" && method == http.MethodGet && status != http.StatusSeeOther,
				role == "" && method != http.MethodGet && status != http.StatusUnauthorized:
				t.Errorf("%s without a login: %d", rt.pattern, status)
			case role != "" && !may && status != http.StatusForbidden:
				t.Errorf("%s as %s: %d, want 403", rt.pattern, role, status)
			case role != "" && may && strings.Contains(body, "Your account may not do this"):
				t.Errorf("%s as %s is refused: %d", rt.pattern, role, status)
			}
			if status == http.StatusInternalServerError {
				t.Errorf("%s as %q: %s", rt.pattern, role, body)
			}
		}
	}
}

// A role for one offer opens no other.
func TestARoleForOneOffer(t *testing.T) {
	h := newHouse(t)
	b := h.person("ann", account.Grant{Role: account.Preparer, Offer: "other"})
	if status, body := b.get("/"); status != 200 || strings.Contains(body, offerName) {
		t.Errorf("the offers: %d, and the other offer is listed: %v", status, strings.Contains(body, offerName))
	}
	if status, _ := b.get("/offers/" + offerName); status != http.StatusForbidden {
		t.Errorf("the offer: %d", status)
	}
}

// Everything that a viewer can open is searched for the names of participants in the reports.
func TestAViewerSeesNoNames(t *testing.T) {
	h := newHouse(t)
	preparer, viewer := h.person("ann", account.Grant{Role: account.Preparer}), h.person("bob", account.Grant{Role: account.Viewer})
	run := "/offers/" + offerName + "/runs/latest"
	_, wires := preparer.get(run + "/files/wires.csv")
	names := map[string]bool{}
	hashes := map[string]bool{} // the ends of references, which follow from the participant
	for n, line := range strings.Split(strings.TrimSpace(wires), "\n") {
		fields := strings.Split(line, ",")
		if n > 0 {
			names[fields[0]], names[fields[4]] = true, true // reference and name
			hashes[fields[0][strings.LastIndex(fields[0], "-")+1:]] = true
		}
	}
	delete(names, "")
	maps.Copy(names, hashes)
	if len(names) < 50 {
		t.Fatalf("only %d names", len(names))
	}
	opened := []string{"/", "/offers/" + offerName, run, run + "/instructions", run + "/instructions?page=5", run + "/payments",
		run + "/payments?page=2", "/offers/" + offerName + "/history", run + "/files/release.txt"}
	for _, path := range opened {
		status, body := viewer.get(path)
		if status != 200 {
			t.Errorf("%s: %d", path, status)
		}
		for name := range names {
			if strings.Contains(body, name) {
				t.Errorf("%s shows %s", path, name)
				break
			}
		}
	}
	for _, file := range []string{"wires.csv", "payments.csv", "result.xlsx", "result.json", "instructions.csv", "rejects.csv",
		"manifest.json"} {
		if status, _ := viewer.get(run + "/files/" + file); status != http.StatusForbidden {
			t.Errorf("%s: %d", file, status)
		}
	}
}

// A pseudonym is the same each time, and a search for the real name finds nothing.
func TestPseudonymsAreStable(t *testing.T) {
	h := newHouse(t)
	viewer := h.person("bob", account.Grant{Role: account.Viewer})
	run := "/offers/" + offerName + "/runs/latest/payments"
	_, first := viewer.get(run)
	_, second := viewer.get(run)
	if first != second || !strings.Contains(first, "P-") {
		t.Error("the pseudonyms differ between two requests, or there are none")
	}
	preparer := h.person("ann", account.Grant{Role: account.Preparer})
	_, wires := preparer.get("/offers/" + offerName + "/runs/latest/files/wires.csv")
	reference, _, _ := strings.Cut(strings.Split(wires, "\n")[1], ",")
	if _, body := viewer.get(run + "?q=" + reference); !strings.Contains(body, "No wire has") {
		t.Error("a search for a real reference finds something")
	}
}

// A password for one use opens nothing but the page on which it is changed.
func TestAPasswordForOneUseOpensNothing(t *testing.T) {
	h := newHouse(t)
	password, err := h.accounts.Add("root", "ann", "", []account.Grant{{Role: account.Preparer}})
	if err != nil {
		t.Fatal(err)
	}
	b := h.browser()
	b.post("/login", "name", "ann", "password", password)
	for _, path := range []string{"/", "/offers/" + offerName, "/offers/" + offerName + "/runs/latest/files/wires.csv"} {
		if status, _ := b.get(path); status != http.StatusSeeOther {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, body := b.post("/me/password", "old", password, "new", chosen, "again", chosen); status != http.StatusSeeOther {
		t.Fatalf("%d %s", status, body)
	}
	if status, _ := b.get("/"); status != 200 {
		t.Errorf("after the change: %d", status)
	}
}

// A form that another site sends is refused, with the cookie of the session or not.
func TestAFormOfAnotherSiteIsRefused(t *testing.T) {
	h := newHouse(t)
	b := h.person("ann", account.Grant{Role: account.Admin})
	for _, header := range []string{"cross-site", "same-site"} {
		request, err := http.NewRequest(http.MethodPost, h.server.URL+"/people", strings.NewReader("name=eve&roles=admin"))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Sec-Fetch-Site", header)
		if status, _ := b.answer(b.Do(request)); status != http.StatusForbidden {
			t.Errorf("%s: %d", header, status)
		}
	}
	if _, err := h.accounts.Account("eve"); err == nil {
		t.Error("the account was made")
	}
}

// A name that an attacker has lead to this address is not answered (DNS rebinding).
func TestAnotherHostIsNotAnswered(t *testing.T) {
	h := newHouse(t)
	request, err := http.NewRequest(http.MethodGet, h.server.URL+"/login", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = "evil.example.com"
	b := h.browser()
	if status, _ := b.answer(b.Do(request)); status != http.StatusMisdirectedRequest {
		t.Errorf("%d", status)
	}
}

// No page can run a script or take a style that is not the console's own file.
func TestHeadersOfEveryPage(t *testing.T) {
	h := newHouse(t)
	r, err := h.browser().Get(h.server.URL + "/login")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	policy := r.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %s", policy)
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	for _, name := range []string{"login", "offers", "offer", "run", "payments", "people", "me"} {
		page, err := files.ReadFile("templates/" + name + ".html")
		if err != nil {
			t.Fatal(err)
		}
		for _, not := range []string{"style=", "<style", "onclick", "onload", "http://", "https://", "<script"} {
			if strings.Contains(string(page), not) {
				t.Errorf("%s.html has %s", name, not)
			}
		}
	}
}

// A session of another address counts for nothing where sessions are bound, and one that was
// planted before the login is not the one after it.
func TestSessionsThatAreStolen(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.BindSessions = true })
	b := h.person("ann", account.Grant{Role: account.Preparer})
	if status, _ := b.get("/"); status != 200 {
		t.Fatalf("its own: %d", status)
	}
	address, err := url.Parse(h.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest(http.MethodGet, "/", nil)
	request.Host = "localhost"
	request.RemoteAddr = "203.0.113.9:4711"
	for _, cookie := range b.Jar.Cookies(address) {
		request.AddCookie(cookie)
	}
	stolen := httptest.NewRecorder()
	h.console.Handler().ServeHTTP(stolen, request)
	if stolen.Code != http.StatusSeeOther {
		t.Errorf("from another address: %d", stolen.Code)
	}
	if status, _ := b.get("/"); status != http.StatusSeeOther {
		t.Errorf("the session goes on after it was stolen: %d", status)
	}

	planted := h.browser()
	planted.get("/") // has a session before the login
	before := planted.Jar.Cookies(address)[0].Value
	planted.post("/login", "name", "ann", "password", chosen)
	if after := planted.Jar.Cookies(address)[0].Value; after == before {
		t.Error("the login keeps the token")
	}
}

// An account that is disabled, or whose sessions are ended, is out at once.
func TestSessionsAreRevoked(t *testing.T) {
	h := newHouse(t)
	ann, admin := h.person("ann", account.Grant{Role: account.Preparer}), h.person("boss", account.Grant{Role: account.Admin})
	if status, _ := admin.post("/people/ann", "do", "end"); status != http.StatusSeeOther {
		t.Fatal(status)
	}
	if status, _ := ann.get("/"); status != http.StatusSeeOther {
		t.Errorf("after its sessions were ended: %d", status)
	}
	ann.post("/login", "name", "ann", "password", chosen)
	if err := h.accounts.SetDisabled("root", "ann", true); err != nil {
		t.Fatal(err)
	}
	if status, _ := ann.get("/"); status != http.StatusSeeOther {
		t.Errorf("after it was disabled: %d", status)
	}
	if status, _ := admin.post("/people/boss", "do", "disable"); status != http.StatusUnprocessableEntity {
		t.Errorf("an administrator disables itself: %d", status)
	}
}

// A login is slowed down by address, also with ever new names.
func TestLoginsAreLimitedByAddress(t *testing.T) {
	h := newHouse(t)
	b, last := h.browser(), 0
	for n := range burst + 1 {
		request := httptest.NewRequest(http.MethodPost, "/login", strings.NewReader(""))
		request.Host = "localhost"
		answer := httptest.NewRecorder()
		h.console.Handler().ServeHTTP(answer, request)
		last = answer.Code
		if n < burst && last == http.StatusTooManyRequests {
			t.Fatalf("refused at the %d.", n+1)
		}
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("after %d: %d", burst+1, last)
	}
	if status, _ := b.get("/login"); status != 200 {
		t.Errorf("pages: %d", status)
	}
}

// A run that was altered is shown nowhere, and no file of it is sent.
func TestAnAlteredRunIsNotShown(t *testing.T) {
	h := newHouse(t)
	b := h.person("ann", account.Grant{Role: account.Preparer})
	run := "/offers/" + offerName + "/runs/latest"
	if status, _ := b.get(run); status != 200 {
		t.Fatalf("before: %d", status)
	}
	path := filepath.Join(h.folder, offerName, "runs", "latest", "wires.csv")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(content), "due", "duE", 1)), 0o640); err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{run, run + "/payments", run + "/files/wires.csv"} {
		status, body := b.get(page)
		if status != http.StatusConflict || !strings.Contains(body, "was changed after it was published") {
			t.Errorf("%s: %d", page, status)
		}
	}
	if status, body := b.get("/"); status != 200 || !strings.Contains(body, "was changed after it was published") {
		t.Errorf("the offers: %d", status)
	}
}

// A name of a run or file that leads elsewhere finds nothing.
func TestNamesThatLeadElsewhere(t *testing.T) {
	h := newHouse(t)
	b := h.person("ann", account.Grant{Role: account.Preparer})
	for _, path := range []string{"/offers/..%2f..", "/offers/" + offerName + "/runs/..%2f..", "/offers/" + offerName + "/runs/.lock",
		"/offers/" + offerName + "/runs/latest/files/..%2f..%2foffer.yaml", "/offers/" + offerName + "/runs/latest/files/inputs",
		"/static/../templates/frame.html", "/templates/frame.html"} {
		if status, _ := b.get(path); status < 300 || status >= 500 {
			t.Errorf("%s: %d", path, status)
		}
	}
}
