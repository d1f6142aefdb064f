package console

import (
	"archive/zip"
	"context"
	"encoding/csv"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/account"
	"tenderbatch/internal/export"
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
func (h *house) run() *pipeline.Outcome { return h.runWith("test") }

// runWith makes a final run that accepts the open findings for a reason, "" for none.
func (h *house) runWith(accept string) *pipeline.Outcome {
	h.t.Helper()
	o, err := pipeline.Run(context.Background(), pipeline.Request{Folder: filepath.Join(h.folder, offerName),
		AsOf: "2004-12-02T09:00", Clock: func() time.Time { return h.at }, Version: "test", By: "tester@host",
		Actor: ledger.Actor{Kind: ledger.User, Name: "tester"}, AcceptRejects: accept, Owner: func(fs.FileInfo) string { return "tester" }})
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

// Everything that a viewer can open, every address and every file of a run, is searched for each
// participant, holder, instruction and reference of the reports.
func TestAViewerSeesNoNames(t *testing.T) {
	h := newHouse(t)
	preparer, viewer := h.person("ann", account.Grant{Role: account.Preparer}), h.person("bob", account.Grant{Role: account.Viewer})
	run := "/offers/" + offerName + "/runs/latest"
	names := namesIn(t, preparer, run)
	if len(names) < 500 {
		t.Fatalf("only %d names", len(names))
	}
	entries, err := os.ReadDir(filepath.Join(h.folder, offerName, "runs", "latest") + "/")
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, e := range entries {
		paths = append(paths, run+"/files/"+e.Name())
	}
	for _, rt := range h.console.routes() {
		if method, pattern, _ := strings.Cut(rt.pattern, " "); method == http.MethodGet && !strings.Contains(pattern, "{file}") &&
			!strings.HasSuffix(pattern, "/live") {
			path := strings.NewReplacer("{offer}", offerName, "{run}", "latest", "{$}", "").Replace(pattern)
			paths = append(paths, path, path+"?page=2", path+"?q=P-")
		}
	}
	opened := map[string]bool{}
	for _, path := range paths {
		status, body := viewer.get(path)
		opened[path] = status == 200
		body = unzipped(t, body)
		for name := range names {
			if i := wordAt(body, name); i >= 0 {
				t.Errorf("%s shows %s: …%s…", path, name, body[max(0, i-80):min(len(body), i+80)])
				break
			}
		}
	}
	for _, want := range []string{run, run + "/payments", run + "/files/result.xlsx", run + "/files/result.json", run + "/files/wires.csv",
		run + "/files/instructions.csv", run + "/files/rejects.csv", run + "/files/payments.csv"} {
		if !opened[want] {
			t.Errorf("%s is not for a viewer", want)
		}
	}
	if opened[run+"/files/manifest.json"] {
		t.Error("the manifest has the names of people")
	}
}

// wordAt is where a name is in a text, not as digits within a longer number; -1 for nowhere.
func wordAt(text, name string) int {
	digit := func(i int) bool { return i >= 0 && i < len(text) && text[i] >= '0' && text[i] <= '9' }
	for from := 0; ; {
		i := strings.Index(text[from:], name)
		if i < 0 {
			return -1
		}
		if i += from; !digit(i-1) && !digit(i+len(name)) {
			return i
		}
		from = i + 1
	}
}

// namesIn are the names of a run, as those who may see them have them.
func namesIn(t *testing.T, b *browser, run string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for file, columns := range map[string][]string{"wires.csv": {"reference", "participant_name"},
		"instructions.csv": {"instruction", "participant_name", "reference"}, "rejects.csv": {"instruction"}} {
		_, content := b.get(run + "/files/" + file)
		rows, err := csv.NewReader(strings.NewReader(content)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, column := range columns {
			at := slices.Index(rows[0], column)
			for _, row := range rows[1:] {
				names[row[at]] = true
				if column == "reference" && row[at] != "" {
					names[row[at][strings.LastIndex(row[at], "-")+1:]] = true // it follows from the participant
				}
			}
		}
	}
	delete(names, "")
	return names
}

// unzipped is the text of a workbook, or what is none as it is.
func unzipped(t *testing.T, body string) string {
	t.Helper()
	if !strings.HasPrefix(body, "PK") {
		return body
	}
	archive, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range archive.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&all, in); err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

// A masked file has the figures of the run and the same pseudonyms as the pages and each other.
func TestMaskedFilesAgree(t *testing.T) {
	h := newHouse(t)
	preparer, viewer := h.person("ann", account.Grant{Role: account.Preparer}), h.person("bob", account.Grant{Role: account.Viewer})
	run := "/offers/" + offerName + "/runs/latest"
	_, real := preparer.get(run + "/files/wires.csv")
	_, masked := viewer.get(run + "/files/wires.csv")
	was, err := csv.NewReader(strings.NewReader(real)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	now, err := csv.NewReader(strings.NewReader(masked)).ReadAll()
	if err != nil || len(was) != len(now) || !slices.Equal(was[0], now[0]) {
		t.Fatalf("%d rows, %d masked, %v", len(was), len(now), err)
	}
	for i := range was[1:] {
		if !slices.Equal(was[i+1][5:], now[i+1][5:]) || now[i+1][4] != "" || !strings.HasPrefix(now[i+1][3], "P-") {
			t.Fatalf("row %d: %v, masked %v", i, was[i+1], now[i+1])
		}
	}
	_, page := viewer.get(run + "/payments")
	_, content := viewer.get(run + "/files/result.json")
	_, book := viewer.get(run + "/files/result.xlsx")
	book = unzipped(t, book)
	doc, err := export.ReadDocument([]byte(content))
	if err != nil || !doc.Masked {
		t.Fatalf("the masked result.json: %v", err)
	}
	for _, where := range []string{page, content, book} {
		if !strings.Contains(where, now[1][0]) || !strings.Contains(where, now[1][3]) {
			t.Errorf("%s, %s is not everywhere", now[1][0], now[1][3])
		}
	}
	if !strings.Contains(book, "Pseudonyms are in place of names") {
		t.Error("the workbook does not say that it is masked")
	}
	if _, again := viewer.get(run + "/files/result.xlsx"); unzipped(t, again) != book {
		t.Error("the workbook differs the second time")
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

// A request that is on its way when its session ends, by an administrator or by a logout in another tab, does not bring the
// session back.
func TestARequestOnItsWayDoesNotBringBackASession(t *testing.T) {
	h := newHouse(t)
	ann, admin := h.person("ann", account.Grant{Role: account.Preparer}), h.person("boss", account.Grant{Role: account.Admin})
	address, err := url.Parse(h.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, end := range []func(){
		func() { admin.post("/people/ann", "do", "end") },
		func() { ann.post("/logout") },
	} {
		ann.post("/login", "name", "ann", "password", chosen)
		cookies, done := ann.Jar.Cookies(address), false
		with := func(method, path string, body io.Reader) int {
			request := httptest.NewRequest(method, path, body)
			request.Host = "localhost"
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			for _, cookie := range cookies {
				request.AddCookie(cookie)
			}
			answer := httptest.NewRecorder()
			h.console.Handler().ServeHTTP(answer, request)
			return answer.Code
		}
		if status := with(http.MethodGet, "/", nil); status != http.StatusOK {
			t.Fatal(status)
		}
		with(http.MethodPost, "/me/second", readerFunc(func([]byte) (int, error) {
			if !done {
				end()
			}
			done = true
			return 0, io.EOF
		}))
		if status := with(http.MethodGet, "/", nil); !done || status != http.StatusSeeOther {
			t.Errorf("it has the session again: %d; ended: %v", status, done)
		}
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

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
