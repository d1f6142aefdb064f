package prepare

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/servertest"
	"tenderbatch/internal/tender"
)

const offer = servertest.BareTerms + `depositaries: # who reports
  - {name: DTC, files: "dtc-*.csv"}
`

// newRequest is a request of an account for an offer, with the offer's terms at the end of more.
func newRequest(t *testing.T, more string) Request {
	t.Helper()
	folder := t.TempDir()
	write(t, filepath.Join(folder, offerfolder.OfferName), offer+more)
	return Request{Folder: folder, Actor: ledger.Actor{Kind: ledger.Account, Name: "ann"}, By: "ann in the console",
		Clock: func() time.Time { return time.Date(2004, 11, 1, 12, 0, 0, 0, time.UTC) }, Version: "test"}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o640); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// made are the makers that the history of an offer has.
func made(t *testing.T, folder string) (said []string) {
	t.Helper()
	entries, err := ledger.ReadEntries(filepath.Join(folder, offerfolder.RunsName))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		for _, m := range e.MakersOf() {
			said = append(said, m.Actor.String()+" "+string(m.Did)+" "+m.Of)
		}
	}
	return said
}

// A report that is put into the inbox has the account as its maker.
func TestAReportHasTheAccountAsItsMaker(t *testing.T) {
	req := newRequest(t, "")
	staged := filepath.Join(req.Folder, ".staging", "1")
	write(t, staged, "a,b\n")
	digest := offerfolder.DigestOf([]byte("a,b\n"))
	if err := AddReport(context.Background(), req, staged, "dtc-2004-11-01.csv", digest); err != nil {
		t.Fatal(err)
	}
	if got := read(t, filepath.Join(req.Folder, "inbox", "dtc-2004-11-01.csv")); got != "a,b\n" {
		t.Errorf("the inbox has %q", got)
	}
	if _, err := os.Stat(staged); err == nil {
		t.Error("the staged file is still there")
	}
	if got := strings.Join(made(t, req.Folder), "\n"); got != "ann (account) file dtc-2004-11-01.csv "+digest {
		t.Errorf("the history has %s", got)
	}
}

// What would harm an inbox is refused, and what is there stays as it is.
func TestReportsThatAreRefused(t *testing.T) {
	req := newRequest(t, "")
	there := filepath.Join(req.Folder, "inbox", "dtc-2004-11-01.csv")
	write(t, there, "old")
	for name, want := range map[string]string{
		"":                  "cannot be the name of a report",
		"../offer.yaml":     "cannot be the name of a report",
		"a/dtc-1.csv":       "cannot be the name of a report",
		`C:\dtc-1.csv`:      "cannot be the name of a report",
		".dtc-1.csv":        "cannot be the name of a report",
		"~$dtc-1.csv":       "cannot be the name of a report",
		"dtc-\x00.csv":      "cannot be the name of a report",
		"dtc-\u202evsc.csv": "cannot be the name of a report",
		"dtc-\n.csv":        "cannot be the name of a report",
		"dtc-" + strings.Repeat("x", 300) + ".csv": "more than 200 bytes",
		"other.csv":          "rename it by what the offer expects: DTC: dtc-*.csv",
		"dtc-2004-11-01.csv": "is in the inbox already",
	} {
		staged := filepath.Join(req.Folder, ".staging", "1")
		write(t, staged, "new")
		err := AddReport(context.Background(), req, staged, name, offerfolder.DigestOf([]byte("new")))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", name, err, want)
		}
	}
	if got := read(t, there); got != "old" {
		t.Errorf("the report that was there is now %q", got)
	}
	staged := filepath.Join(req.Folder, ".staging", "1")
	err := AddReport(context.Background(), req, staged, "dtc-2004-11-02.csv", offerfolder.DigestOf([]byte("another")))
	if err == nil || !strings.Contains(err.Error(), "not the one that was checked") {
		t.Errorf("a file that was exchanged: %v", err)
	}
	if got := made(t, req.Folder); len(got) > 0 {
		t.Errorf("the history has %v", got)
	}
}

// One file with a wrong name must not keep all others from being used.
func TestAReportWhoseNameWouldStopEveryRunIsRefused(t *testing.T) {
	for name, want := range map[string]string{
		"dtc-Z\xfcrich-2004-11-02.csv": "is not text in UTF-8",
		"dtc-final.csv":                "no run could be made: dtc-final.csv: the name carries no date",
		"dtc-2004-13-45.csv":           "no run could be made: dtc-2004-13-45.csv: the name carries no date",
		"dtc-05112004.csv":             "no run could be made: dtc-05112004.csv:",
		"dtc-20041101.csv":             "is of the same time",
		"dtc-2004-11-01 v2.csv":        "is of the same time",
	} {
		req := newRequest(t, "")
		write(t, filepath.Join(req.Folder, "inbox", "dtc-2004-11-01.csv"), "old")
		staged := filepath.Join(req.Folder, ".staging", "1")
		write(t, staged, "new")
		err := AddReport(context.Background(), req, staged, name, offerfolder.DigestOf([]byte("new")))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", name, err, want)
		}
		if got := made(t, req.Folder); len(got) > 0 {
			t.Errorf("%q: the history has %v", name, got)
		}
	}
}

// A report with a right name comes in also where another one has a wrong name already: that one is to be renamed.
func TestAReportIsTakenBesideOneWithAWrongName(t *testing.T) {
	for _, there := range []string{"dtc-final.csv", "dtc-05112004.csv"} {
		req := newRequest(t, "")
		write(t, filepath.Join(req.Folder, "inbox", there), "old")
		staged := filepath.Join(req.Folder, ".staging", "1")
		write(t, staged, "new")
		if err := AddReport(context.Background(), req, staged, "dtc-2004-11-01.csv", offerfolder.DigestOf([]byte("new"))); err != nil {
			t.Errorf("beside %s: %v", there, err)
		}
	}
}

// Two people who change the terms at the same time: the second hears of it, and nothing is lost.
func TestTwoPeopleChangeTheTerms(t *testing.T) {
	req := newRequest(t, "")
	path := filepath.Join(req.Folder, offerfolder.OfferName)
	before := read(t, path)
	var all sync.WaitGroup
	errs := make([]error, 2)
	for i := range errs {
		after, err := Waived([]byte(before), tender.Waiver{Instruction: "1", Rule: "R5-multiple", By: "ann",
			On: tender.Date{Year: 2004, Month: 11, Day: 1 + i}})
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			r := req
			r.Wait = time.Minute
			errs[i] = ChangeTerms(context.Background(), r, Change{Seen: offerfolder.DigestOf([]byte(before)), Content: after,
				Did: ledger.Waived, Of: "1 R5-multiple", Said: "waived"})
		})
	}
	all.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Fatalf("%v, %v", errs[0], errs[1])
	}
	for _, err := range errs {
		if err != nil && !strings.Contains(err.Error(), "changed by another person since you opened the page") {
			t.Error(err)
		}
	}
	if n := strings.Count(read(t, path), "R5-multiple"); n != 1 {
		t.Errorf("offer.yaml has %d waivers", n)
	}
}

// Terms that cannot be read are not written.
func TestTermsThatCannotBeReadAreNotWritten(t *testing.T) {
	req := newRequest(t, "")
	path := filepath.Join(req.Folder, offerfolder.OfferName)
	before := read(t, path)
	after, err := Amended([]byte(before), req.Clock(), "more", "caps: {No Such Cap: {amount: 5}}")
	if err != nil {
		t.Fatal(err)
	}
	err = ChangeTerms(context.Background(), req, Change{Seen: offerfolder.DigestOf([]byte(before)), Content: after, Did: ledger.Wrote})
	if err == nil || !strings.Contains(err.Error(), "No Such Cap") {
		t.Errorf("%v", err)
	}
	if read(t, path) != before {
		t.Error("offer.yaml was changed")
	}
}

// An item is added to a list however it is written, and everything else stays byte for byte.
func TestAnItemMore(t *testing.T) {
	waiver := tender.Waiver{Depositary: "DTC", Instruction: "0001", Rule: "R5-multiple", By: `Ann "A" Smith: #1`,
		On: tender.Date{Year: 2004, Month: 11, Day: 1}}
	for name, more := range map[string]string{
		"no list":         "",
		"no last newline": "withdrawal: {late: {at: 2004-11-20T17:00}}",
		"empty":           "waivers: []\n",
		"null":            "waivers: # none yet\n",
		"in the middle":   "waivers:\n  - {instruction: \"9\", rule: R5-multiple, by: Bob, on: 2004-11-01}\n  # the end\n\ncaps: []\n",
		"not indented":    "waivers:\n- instruction: \"9\"\n  rule: R5-multiple\n  by: Bob\n  on: 2004-11-01\n",
		"far in":          "waivers:\n      - instruction: \"9\"\n        rule: R5-multiple\n        by: Bob\n        on: 2004-11-01",
	} {
		before := offer + more
		after, err := Waived([]byte(before), waiver)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		terms, err := offerfile.ParseTerms("offer.yaml", after)
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, after)
			continue
		}
		all := terms.AsOf(time.Time{}).Waivers
		if got := all[len(all)-1]; got != waiver || len(all) != 1+strings.Count(more, "Bob") {
			t.Errorf("%s: %+v", name, all)
		}
		for line := range strings.Lines(before) {
			if !strings.HasPrefix(line, "waivers:") && !strings.Contains(string(after), strings.TrimRight(line, "\n")) {
				t.Errorf("%s: the line %q is lost", name, line)
			}
		}
	}
	if _, err := Waived([]byte(offer+"waivers: [{instruction: \"9\", rule: R5-multiple, by: Bob, on: 2004-11-01}]\n"), waiver); err == nil ||
		!strings.Contains(err.Error(), "in brackets on one line") {
		t.Error(err)
	}
}

func TestAnAmendmentAndItsDifference(t *testing.T) {
	for name, more := range map[string]string{"first": "", "second": "amendments:\n- effective: 2004-11-01T09:00\n  note: first\n  set:\n    conditions: [{name: c, text: d}]\n"} {
		before := []byte(offer + more)
		after, err := Amended(before, time.Date(2004, 11, 17, 14, 0, 0, 0, time.UTC), "Supplement: more time", "dates:\r\n  expiration: {at: 2004-12-08T24:00}\r\n  settlement: {final: 2004-12-09}\n")
		if err != nil {
			t.Fatal(err)
		}
		changed, err := Difference(before, after)
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, after)
			continue
		}
		if got := strings.Join(changed, "\n"); !strings.Contains(got, "dates.settlement.final: 2004-12-02 → 2004-12-09") ||
			!strings.Contains(got, "Supplement: more time") {
			t.Errorf("%s: %s", name, got)
		}
	}
	if _, err := Amended([]byte(offer), time.Time{}, " ", "caps: []"); err == nil {
		t.Error("an amendment without a reason")
	}
}

// What a person does while another changes the terms is checked against the terms as they are then.
func TestAReportIsCheckedAgainstTheTermsThatCameMeanwhile(t *testing.T) {
	req := newRequest(t, "")
	req.Wait = 10 * time.Second
	const name, content = "dtc-2004-11-01.csv", "x\n"
	staged := filepath.Join(req.Folder, "staged")
	write(t, staged, content)
	runs := filepath.Join(req.Folder, offerfolder.RunsName)
	unlock, err := ledger.Lock(t.Context(), req.Disk, runs, 0)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- AddReport(t.Context(), req, staged, name, offerfolder.DigestOf([]byte(content))) }()
	time.Sleep(300 * time.Millisecond) // it waits
	write(t, filepath.Join(req.Folder, offerfolder.OfferName), strings.Replace(offer, "dtc-*.csv", "tenders-*.csv", 1))
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err == nil || !strings.Contains(err.Error(), "is the name of no depositary's report") {
		t.Error(err)
	}
}
