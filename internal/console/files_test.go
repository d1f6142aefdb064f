package console

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"tenderbatch/internal/account"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/servertest"
)

// send uploads a file under a name, and returns where the answer leads.
func (b *browser) send(name string, content []byte) (status int, to, body string) {
	b.h.t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="report"; filename="` + strings.ReplaceAll(name, `"`, `\"`) + `"`},
		"Content-Type":        {"application/octet-stream"}})
	if err == nil {
		_, err = part.Write(content)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		b.h.t.Fatal(err)
	}
	r, err := b.Post(b.h.server.URL+"/offers/"+offerName+"/files", w.FormDataContentType(), &form)
	if err != nil {
		b.h.t.Fatal(err)
	}
	to = r.Header.Get("Location")
	status, body = b.answer(r, nil)
	return status, to, body
}

func (h *house) inbox() (names []string) {
	h.t.Helper()
	entries, err := os.ReadDir(filepath.Join(h.folder, offerName, "inbox"))
	if err != nil {
		h.t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// staged are the uploads that wait.
func (h *house) staged() int {
	entries, _ := os.ReadDir(filepath.Join(h.folder, offerName, offerfolder.StagingName)) // not there before the first
	return len(entries)
}

func report(t *testing.T) []byte {
	t.Helper()
	content, err := os.ReadFile("../../fixtures/level3-2004/inbox/dtc-2004-12-01.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// A report is checked and shown before it is accepted, and the account that accepted it has a hand
// in the next run.
func TestAReportIsCheckedThenAccepted(t *testing.T) {
	h := newHouse(t)
	b := h.person("ann", account.Grant{Role: account.Preparer})
	const name = "dtc-2004-12-02.xlsx"
	before := len(h.inbox())
	status, to, body := b.send(name, report(t))
	if status != http.StatusSeeOther {
		t.Fatalf("%d %s", status, body)
	}
	if len(h.inbox()) != before {
		t.Fatal("the report is in the inbox before it was accepted")
	}
	_, page := b.get(to)
	for _, want := range []string{name, "principal", "Principal Amount", "the instruction number is also in row 203", "Accept into the inbox"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not have %q:\n%s", want, page)
		}
	}
	digest := regexp.MustCompile(`name="digest" value="([0-9a-f]{64})"`).FindStringSubmatch(page)[1]
	if status, body := b.post(to, "do", "accept", "digest", strings.Repeat("0", 64)); status != 422 {
		t.Errorf("another digest: %d %s", status, body)
	}
	if status, body := b.post(to, "do", "accept", "digest", digest); status != http.StatusSeeOther {
		t.Fatalf("%d %s", status, body)
	}
	if len(h.inbox()) != before+1 || h.staged() != 0 {
		t.Errorf("the inbox has %v, %d wait", h.inbox(), h.staged())
	}
	if status, _ := b.post(to, "do", "accept", "digest", digest); status != 422 {
		t.Errorf("accepted twice: %d", status)
	}
	entries, err := ledger.ReadEntries(filepath.Join(h.folder, offerName, offerfolder.RunsName))
	if err != nil {
		t.Fatal(err)
	}
	last := entries[len(entries)-1]
	if m := last.MakersOf(); last.Event != ledger.Prepared || len(m) != 1 || m[0].Name != "ann" || m[0].Did != ledger.Filed {
		t.Errorf("the history ends with %+v", last)
	}
}

// Of the clicks of an impatient hand one puts the report into the inbox, and what the others are
// answered, which is what the hand then sees, says so.
func TestAReportThatIsAcceptedByManyClicksAtOnce(t *testing.T) {
	h := newHouse(t)
	b := h.person("ann", account.Grant{Role: account.Preparer})
	const name, clicks = "dtc-2004-12-02.xlsx", 8
	before := len(h.inbox())
	_, to, _ := b.send(name, report(t))
	_, page := b.get(to)
	digest := regexp.MustCompile(`name="digest" value="([0-9a-f]{64})"`).FindStringSubmatch(page)[1]
	answers := make([]string, clicks)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() {
			status, body := b.post(to, "do", "accept", "digest", digest)
			answers[i] = fmt.Sprint(status, body)
		})
	}
	all.Wait()
	done := 0
	for _, answer := range answers {
		switch {
		case strings.HasPrefix(answer, "303"):
			done++
		case !strings.HasPrefix(answer, "422") || !strings.Contains(answer, "waits here no more"):
			t.Errorf("a click was answered %s", answer)
		}
	}
	if done != 1 || len(h.inbox()) != before+1 || h.staged() != 0 {
		t.Errorf("%d clicks accepted it; the inbox has %v, %d wait", done, h.inbox(), h.staged())
	}
}

// What would harm is refused with what to do, and nothing of it stays behind.
func TestUploadsThatAreRefused(t *testing.T) {
	h := newHouse(t)
	b := h.person("ann", account.Grant{Role: account.Preparer})
	for name, want := range map[string]string{
		"dtc-2004-12-01.xlsx":  "is in the inbox already",
		"../../offer.yaml":     "the name of no depositary", // a browser never sends a path; what is left of it is judged
		`..\..\dtc-2004.xlsx`:  "cannot be the name of a report",
		"dtc-2004\u202e.xlsx":  "cannot be the name of a report",
		".dtc-2004-12-03.xlsx": "cannot be the name of a report",
		"payroll.xlsx":         "rename it by what the offer expects",
	} {
		status, _, body := b.send(name, []byte("x"))
		if status != 422 || !strings.Contains(body, want) {
			t.Errorf("%q: %d, want %s", name, status, want)
		}
	}
	if n := h.staged(); n > 0 {
		t.Errorf("%d wait", n)
	}
	if status, _ := b.post("/offers/" + offerName + "/files"); status != 422 {
		t.Errorf("no file: %d", status)
	}
}

// A file of another type than its name says, and a workbook that inflates to more than it may, are
// shown as what they are, and cannot be accepted.
func TestFilesThatAreNoReports(t *testing.T) {
	h := newHouse(t)
	b := h.person("ann", account.Grant{Role: account.Preparer})
	for name, content := range map[string][]byte{
		"dtc-2004-12-06.xlsx": bomb(t),
		"dtc-2004-12-03.xlsx": []byte("%PDF-1.7 this is no workbook"),
		"dtc-2004-12-04.xlsx": report(t)[:5000],
		"dtc-2004-12-05.xlsx": nil,
	} {
		status, to, body := b.send(name, content)
		if status != http.StatusSeeOther {
			t.Errorf("%s: %d %s", name, status, body)
			continue
		}
		_, page := b.get(to)
		if !strings.Contains(page, "it would stop every run") || strings.Contains(page, "Accept into") {
			t.Errorf("%s: the page is\n%s", name, page)
		}
		if strings.Contains(page, offerfolder.StagingName) {
			t.Errorf("%s: the page has a path of the machine", name)
		}
		if status, _ := b.post(to, "do", "discard"); status != http.StatusSeeOther {
			t.Errorf("%s: %d", name, status)
		}
	}
	if h.staged() > 0 {
		t.Errorf("%d wait", h.staged())
	}
}

// bomb is a workbook of some kilobytes with an entry that inflates to 200 MiB.
func bomb(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, size := range map[string]int{"[Content_Types].xml": 1, "xl/workbook.xml": 1, "xl/worksheets/sheet1.xml": 200 << 20} {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(make([]byte, size))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Text of a depositary is text on every page, whatever it looks like.
func TestTextOfADepositaryIsNoMarkup(t *testing.T) {
	h := newHouse(t)
	b := h.person("ann", account.Grant{Role: account.Preparer})
	const evil = `<script>alert(1)</script>`
	content := "VOI Number,CUSIP,Principal Amount,Submitted At,Participant No.,Participant Name,Status\n" +
		`"<script>alert(1)</script>",52729NAP5,"` + evil + `",2004-11-01 10:00,"` + evil + `","` + evil + `",MADE` + "\n"
	status, to, body := b.send("dtc-2004-12-03.xlsx", []byte(content))
	if status != http.StatusSeeOther {
		t.Fatal(status, body)
	}
	for _, path := range []string{to, "/offers/" + offerName + "/runs/latest/instructions?q=" + "%3Cscript%3Ealert(1)"} {
		if _, page := b.get(path); strings.Contains(page, evil) {
			t.Errorf("%s has markup of a report", path)
		}
	}
}

// A browser that goes away in the middle leaves nothing behind.
func TestABrowserThatGoesAway(t *testing.T) {
	h := newHouse(t)
	b := h.person("ann", account.Grant{Role: account.Preparer})
	connection, err := net.Dial("tcp", h.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	cookie := ""
	request, err := http.NewRequest(http.MethodGet, h.server.URL+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.Jar.Cookies(request.URL) {
		cookie = c.Name + "=" + c.Value
	}
	_, err = io.WriteString(connection, "POST /offers/"+offerName+"/files HTTP/1.1\r\nHost: localhost\r\nCookie: "+cookie+
		"\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000000\r\n\r\n"+
		"--x\r\nContent-Disposition: form-data; name=\"report\"; filename=\"dtc-2004-12-03.xlsx\"\r\n\r\n"+strings.Repeat("y", 100_000))
	if err != nil {
		t.Fatal(err)
	}
	within(t, func() bool { return h.staged() == 1 })
	if err := connection.Close(); err != nil {
		t.Fatal(err)
	}
	within(t, func() bool { return h.staged() == 0 })
	if status, _ := b.get("/offers/" + offerName + "/files"); status != 200 {
		t.Errorf("afterwards: %d", status)
	}
}

func within(t *testing.T, holds func() bool) {
	t.Helper()
	servertest.Await(t, "what the page shows comes to hold", holds)
}

// A full disk is said, and nothing stays behind.
func TestAConsoleWhoseDiskIsFull(t *testing.T) {
	full := false
	h := newHouse(t, func(c *Config) {
		c.Disk.Fault = func(op, _ string) error {
			if full && op == "write" {
				return syscall.ENOSPC
			}
			return nil
		}
	})
	b := h.person("ann", account.Grant{Role: account.Preparer})
	full = true
	status, _, body := b.send("dtc-2004-12-03.xlsx", report(t))
	if status != http.StatusInsufficientStorage || !strings.Contains(body, "the disk of the service is full") || h.staged() != 0 {
		t.Errorf("%d, %d wait\n%s", status, h.staged(), body)
	}
}

// An amendment is shown before it is made, and one on top of older terms is refused.
func TestTermsAreAmended(t *testing.T) {
	h := newHouse(t)
	b := h.person("ann", account.Grant{Role: account.Preparer})
	path := "/offers/" + offerName + "/terms"
	_, page := b.get(path)
	seen := regexp.MustCompile(`name="seen" value="([0-9a-f]{64})"`).FindStringSubmatch(page)[1]
	form := []string{"seen", seen, "effective", "2004-12-01T12:00", "reason", "upsized", "set", "caps: {Tender Cap: {amount: 1200000000}}"}
	status, page := b.post(path, append(form, "do", "preview")...)
	if status != 200 || !strings.Contains(page, "caps.Tender Cap.amount: 1105000000 → 1200000000") {
		t.Fatalf("%d %s", status, page)
	}
	if status, page := b.post(path, append(form, "do", "amend")...); status != http.StatusSeeOther {
		t.Fatalf("%d %s", status, page)
	}
	content, err := os.ReadFile(filepath.Join(h.folder, offerName, "offer.yaml"))
	if err != nil || !strings.Contains(string(content), `note: "upsized, by ann"`) {
		t.Errorf("offer.yaml has no amendment by ann: %v\n%s", err, content)
	}
	if status, page := b.post(path, append(form, "do", "amend")...); status != 422 || !strings.Contains(page, "changed by another person") &&
		!strings.Contains(page, "is not after") {
		t.Errorf("on top of older terms: %d %s", status, page)
	}
	wrong := []string{"seen", seen, "effective", "2004-12-01T13:00", "reason", "x", "set", "caps: {Tender Cup: {amount: 1}}", "do", "preview"}
	if status, page := b.post(path, wrong...); status != 422 || !strings.Contains(page, "Tender Cup") {
		t.Errorf("a wrong amendment: %d %s", status, page)
	}
}

// A finding is waived with the account's name and a reason, which the terms keep.
func TestAFindingIsWaived(t *testing.T) {
	h := newHouse(t)
	b := h.person("ann", account.Grant{Role: account.Preparer})
	path := "/offers/" + offerName + "/decide"
	finding := []string{"rule", "R5-multiple", "depositary", "DTC", "instruction", "0001683", "file", "dtc-2004-12-01.xlsx", "row", "112"}
	if status, _ := b.post(path, append(finding, "outcome", "waived", "reason", " ")...); status != 422 {
		t.Errorf("without a reason: %d", status)
	}
	if status, _ := b.post(path, append(finding, "outcome", "paid twice", "reason", "x")...); status != 422 {
		t.Errorf("an outcome that there is not: %d", status)
	}
	if status, body := b.post(path, append(finding, "outcome", "waived", "reason", "the issuer agreed: \"ok\"")...); status != http.StatusSeeOther {
		t.Fatalf("%d %s", status, body)
	}
	content, err := os.ReadFile(filepath.Join(h.folder, offerName, "offer.yaml"))
	if err != nil || !strings.Contains(string(content), `by: "ann"`) || !strings.Contains(string(content), `note: "the issuer agreed: \"ok\""`) {
		t.Errorf("offer.yaml: %v\n%s", err, content)
	}
}

// A report that the scheduler would refuse for a final run says so before a person accepts it: an
// old one under the name of a new day.
func TestAnOldReportUnderANewNameIsSaidBefore(t *testing.T) {
	h := newHouse(t)
	ann := h.person("ann", account.Grant{Role: account.Preparer})
	old, err := os.ReadFile(filepath.Join(h.folder, offerName, "inbox", "dtc-2004-11-12.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	_, at, _ := ann.send("dtc-2004-12-02.xlsx", old)
	status, page := ann.get(at)
	if status != 200 || !strings.Contains(page, "The scheduler would refuse a final run with it: ") ||
		!strings.Contains(page, "is it an old report under a wrong name?") {
		t.Errorf("%d %s", status, page)
	}
}

// What came through a channel and was not taken is on the page, with why; its name is shown as text.
func TestFilesThatWereNotTakenAreShown(t *testing.T) {
	h := newHouse(t)
	runs := filepath.Join(h.folder, offerName, offerfolder.RunsName)
	entries, err := ledger.ReadEntries(runs)
	if err != nil {
		t.Fatal(err)
	}
	log, err := ledger.OpenLog(runs)
	if err == nil {
		_, err = log.Append(ledger.Entry{At: h.at, Event: ledger.Quarantined, Offer: entries[0].Offer, By: "test",
			Actor:   ledger.Actor{Kind: ledger.Service, Name: "channel dtc"},
			Message: "<b>dtc-1.xlsx</b> came through dtc from a@evil.example and is in quarantine/1: it is not signed",
			Inputs:  []ledger.File{{Name: "<b>dtc-1.xlsx</b>", SHA256: strings.Repeat("0", 64), Bytes: 1}}})
	}
	if err != nil {
		t.Fatal(err)
	}
	_, page := h.person("ann", account.Grant{Role: account.Preparer}).get("/offers/" + offerName + "/files")
	for _, want := range []string{"Came through a channel, and not taken", "&lt;b&gt;dtc-1.xlsx&lt;/b&gt;", "2026-11-27 04:00", "it is not signed"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if strings.Contains(page, "<b>dtc-1") {
		t.Error("the name of a file is part of the page")
	}
}

// A file that was taken later, as its signature came after it, is not shown as one that was not.
func TestFilesThatWereTakenLaterAreNotShownAsNotTaken(t *testing.T) {
	sent, packed, still := strings.Repeat("1", 64), strings.Repeat("2", 64), strings.Repeat("3", 64)
	apart := func(name, digest string) ledger.Entry {
		return ledger.Entry{Event: ledger.Quarantined, Message: name + " is in quarantine", Inputs: []ledger.File{{Name: name, SHA256: digest}}}
	}
	filed := func(of, message string) ledger.Entry {
		return ledger.Entry{Event: ledger.Prepared, Message: message, Makers: []ledger.Maker{{Did: ledger.Filed, Of: of}}}
	}
	got := apartIn([]ledger.Entry{apart("a.csv", sent), apart("b.zip", packed), apart("c.csv", still),
		filed("a.csv "+sent, "a.csv came through dtc"),
		filed("b.csv "+strings.Repeat("4", 64), "b.csv came through dtc, as b.zip (kept as received/"+packed+")"),
	})
	if len(got) != 1 || got[0].Name != "c.csv" {
		t.Errorf("%+v", got)
	}
}
