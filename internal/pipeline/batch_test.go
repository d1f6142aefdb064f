package pipeline

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"tenderbatch/fixtures"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/readback"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/xlsx/xlsxtest"
)

// example is a folder with the worked example.
func example(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	if err := os.CopyFS(root, fixtures.Level3); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(root, "level3-2004")
}

// longAfter is a time at which the offer is long over.
func longAfter() time.Time { return time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) }

func mustRun(t testing.TB, req Request) *Outcome {
	t.Helper()
	if req.Clock == nil {
		req.Clock = longAfter
	}
	o, err := Run(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestAnInterruptedRunPublishesNothing(t *testing.T) {
	folder := example(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(ctx, Request{Folder: folder, Clock: longAfter}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if _, err := os.Lstat(filepath.Join(folder, offerfolder.RunsName, "latest")); err == nil {
		t.Error("something was published")
	}
}

func TestTheWorkbookIsReadBack(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	folder := example(t)
	o := mustRun(t, Request{Folder: folder})
	path := filepath.Join(o.Folder, result.WorkbookName)
	if detail, err := readback.ReadWorkbook(path, o.Run); err != nil || detail != "" {
		t.Fatalf("a sound workbook: %s, %v", detail, err)
	}
	for name, spoil := range map[string]func(*excelize.File) error{
		"an accepted amount": func(f *excelize.File) error { return setBelow(f, "Accepted", 12345) },
		"a cent":             func(f *excelize.File) error { return setBelow(f, "Accrued interest", "0.01") },
		"a number":           func(f *excelize.File) error { return setBelow(f, "Instruction", "999") },
		"a line":             func(f *excelize.File) error { return f.RemoveRow("Instructions", 20) },
		"the sheet":          func(f *excelize.File) error { return f.DeleteSheet("Instructions") },
	} {
		t.Run(name, func(t *testing.T) {
			book, err := excelize.OpenFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := spoil(book); err != nil {
				t.Fatal(err)
			}
			spoilt := filepath.Join(t.TempDir(), "spoilt.xlsx")
			if err := book.SaveAs(spoilt); err != nil {
				t.Fatal(err)
			}
			if detail, err := readback.ReadWorkbook(spoilt, o.Run); err == nil && detail == "" {
				t.Error("it was not noticed")
			}
		})
	}
}

// setBelow changes the cell of the tenth line under a heading.
func setBelow(f *excelize.File, heading string, value any) error {
	found, err := f.SearchSheet("Instructions", heading)
	if err != nil || len(found) == 0 {
		return errors.Join(err, errors.New("no such heading"))
	}
	col, row, err := excelize.CellNameToCoordinates(found[0])
	if err != nil {
		return err
	}
	cell, err := excelize.CoordinatesToCellName(col, row+10)
	if err != nil {
		return err
	}
	return f.SetCellValue("Instructions", cell, value)
}

func TestChangesSincePreviousRun(t *testing.T) {
	folder := example(t)
	early := mustRun(t, Request{Folder: folder, AsOf: "2004-11-12T17:00"})
	if early.Run.Changes != nil {
		t.Error("the first run has changes")
	}
	final := mustRun(t, Request{Folder: folder, AsOf: "2004-12-02T09:00"})
	c := final.Run.Changes
	if c.Previous != early.Run.Name {
		t.Errorf("compared with %s", c.Previous)
	}
	count := map[result.ChangeKind]int{}
	for _, l := range c.Lines {
		count[l.Kind]++
	}
	// 42 late tenders are new; everything under levels 2 to 4 is accepted
	// differently under the raised cap, all 9-1/8% notes were accepted before.
	if count[result.New] != 42 || count[result.NoLonger] != 0 || count[result.Amended] != 0 ||
		count[result.Reclassed] < 250 {
		t.Errorf("changes %v", count)
	}
	sum := decimal.Zero
	for _, s := range c.Series {
		sum = sum.Add(s.TenderedNow).Sub(s.TenderedWas)
	}
	// The cash of the series is that to be wired, before and after.
	cash, wired := decimal.Zero, decimal.Zero
	for _, s := range c.Series {
		cash = cash.Add(s.CashNow).Sub(s.CashWas)
	}
	for _, f := range final.Run.Settlement.Funding {
		wired = wired.Add(f.Total())
	}
	for _, f := range early.Run.Settlement.Funding {
		wired = wired.Sub(f.Total())
	}
	if !cash.Equal(wired) {
		t.Errorf("cash changed by %s, what is wired by %s", cash, wired)
	}
	if !sum.Equal(decimal.NewFromInt(5_502_000 + 4_100_000 + 6_200_000 + 5_000_000)) {
		t.Errorf("%s more tendered", sum)
	}
}

func TestChangeKinds(t *testing.T) {
	amount := decimal.NewFromInt
	p := result.Position{Series: "a", Window: tender.Early, Tendered: amount(10), Accepted: amount(5), Total: amount(4)}
	later, larger, more := p, p, p
	later.Window, larger.Tendered, more.Accepted = tender.Late, amount(11), amount(6)
	for _, c := range []struct {
		name    string
		now     result.Position
		counted bool
		want    result.ChangeKind
	}{
		{"did not count", p, false, result.New},
		{"the same", p, true, ""},
		{"another window", later, true, result.Amended},
		{"another principal", larger, true, result.Amended},
		{"accepted more", more, true, result.Reclassed},
	} {
		if got := changeKind(p, c.now, c.counted); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestDefaultInstant(t *testing.T) {
	folder := example(t)
	for now, want := range map[string]string{
		"2004-11-12T21:59:59.9Z":    "2004-11-12T16:59:59-05:00", // open: now, to the second
		"2004-12-01T20:00:00Z":      "2004-12-01T15:00:00-05:00",
		"2004-12-02T05:00:00Z":      "2004-12-02T00:00:00-05:00", // expired: the close of the offer
		"2030-01-01T00:00:00+01:00": "2004-12-02T00:00:00-05:00",
	} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		e, err := Check(context.Background(), Request{Folder: folder, Clock: func() time.Time { return at }})
		if err != nil {
			t.Fatal(err)
		}
		if got := e.AsOf.Format(time.RFC3339); got != want {
			t.Errorf("at %s: as of %s, want %s", now, got, want)
		}
	}
}

func TestAFileBesideTheInbox(t *testing.T) {
	folder := example(t)
	outside := filepath.Join(t.TempDir(), "dtc-2004-12-01.xlsx")
	if err := os.Rename(filepath.Join(folder, offerfolder.InboxName, "dtc-2004-12-01.xlsx"), outside); err != nil {
		t.Fatal(err)
	}
	o := mustRun(t, Request{Folder: folder, Files: []string{outside}})
	if got := o.Run.Inputs[0].File; got != "dtc-2004-12-01.xlsx" {
		t.Errorf("read %s", got)
	}
	clash := filepath.Join(t.TempDir(), "dtc-2004-11-12.xlsx")
	if err := os.WriteFile(clash, []byte("x"), 0o640); err != nil {
		t.Fatal(err)
	}
	var usage *offerfolder.UsageError
	if _, err := Run(context.Background(), Request{Folder: folder, Files: []string{clash},
		Clock: longAfter}); !errors.As(err, &usage) || !strings.Contains(err.Error(), "same name") {
		t.Errorf("%v", err)
	}
}

// A figure that went astray between the file and the book is found, and said with
// its file.
func TestPrincipalThatIsLostIsFound(t *testing.T) {
	for name, lose := range map[string]func(*Intake){
		"in the book":       func(in *Intake) { in.Book.Lines = in.Book.Lines[1:] },
		"among the rejects": func(in *Intake) { in.read.Reports[0].RejectedPrincipal = decimal.Zero },
		"in the rows": func(in *Intake) {
			in.read.Reports[1].Principal = in.read.Reports[1].Principal.Add(decimal.NewFromInt(1))
		},
		"on the way":          func(in *Intake) { in.Book.Lines[3].Principal = decimal.NewFromInt(1000) },
		"among the withdrawn": func(in *Intake) { in.Book.Findings = nil },
	} {
		t.Run(name, func(t *testing.T) {
			in, err := Take(context.Background(), Request{Folder: example(t), Clock: longAfter, AsOf: "2004-11-12T17:00"})
			if err != nil {
				t.Fatal(err)
			}
			if inv := checkPrincipal(in); !inv.Holds {
				t.Fatalf("untouched: %s", inv.Detail)
			}
			lose(in)
			if inv := checkPrincipal(in); inv.Holds || !strings.Contains(inv.Detail, ".xlsx: ") {
				t.Errorf("%+v", inv)
			}
		})
	}
}

// An old report under a new name is no news.
func TestFileUnderTwoNamesIsSaid(t *testing.T) {
	folder := example(t)
	content, err := os.ReadFile(filepath.Join(folder, "inbox", "dtc-2004-12-01.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "inbox", "dtc-2004-12-02.xlsx"), content, 0o640); err != nil {
		t.Fatal(err)
	}
	e, err := Check(context.Background(), Request{Folder: folder, Clock: longAfter})
	if err != nil {
		t.Fatal(err)
	}
	for _, left := range e.Choice.Ignored {
		if strings.Contains(left.Reason, "byte for byte") != (left.Name == "dtc-2004-12-01.xlsx") {
			t.Errorf("%s: %s", left.Name, left.Reason)
		}
	}
}

// A waiver that no line needed is said.
func TestWaiverThatNobodyNeeded(t *testing.T) {
	folder := example(t)
	terms := filepath.Join(folder, "offer.yaml")
	content, err := os.ReadFile(terms)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(content), "waivers: []",
		"waivers: [{instruction: '0000042', rule: R5-minimum, by: the treasurer, on: 2004-11-15}]", 1)
	if err := os.WriteFile(terms, []byte(changed), 0o640); err != nil {
		t.Fatal(err)
	}
	want := "the waiver of R5-minimum for instruction 0000042, by the treasurer on 2004-11-15, was not needed by any line"
	if o := mustRun(t, Request{Folder: folder}); !slices.Contains(tender.Messages(o.Run.Warnings), want) {
		t.Errorf("%q", o.Run.Warnings)
	}
}

// A password is looked up under the name in the offer, for the files of that
// depositary only, and is no part of what a run returns.
func TestPasswords(t *testing.T) {
	folder := example(t)
	terms := filepath.Join(folder, offerfolder.OfferName)
	source, err := os.ReadFile(terms)
	if err != nil {
		t.Fatal(err)
	}
	named := strings.Replace(string(source), "timezone: Europe/Brussels",
		"timezone: Europe/Brussels\n    password_env: EUROCLEAR_PASSWORD", 1)
	if err := os.WriteFile(terms, []byte(named), 0o640); err != nil {
		t.Fatal(err)
	}
	locked := filepath.Join(folder, offerfolder.InboxName, "euroclear-2004-12-01.xlsx")
	plain, err := os.ReadFile(locked)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(locked, xlsxtest.Lock{}.Protect(plain, "s3cret"), 0o640); err != nil {
		t.Fatal(err)
	}
	var asked []string
	o := mustRun(t, Request{Folder: folder, DryRun: true, Getenv: func(name string) string {
		asked = append(asked, name)
		return "s3cret"
	}})
	if len(asked) == 0 || slices.ContainsFunc(asked, func(name string) bool { return name != "EUROCLEAR_PASSWORD" }) {
		t.Errorf("asked for %q", asked)
	}
	for _, f := range o.Choice.Chosen {
		if f.Password != "" {
			t.Errorf("the outcome holds the password of %s", f.Name)
		}
	}
	var fileError *tender.FileError
	if _, err := Run(context.Background(), Request{Folder: folder, Clock: longAfter, DryRun: true}); !errors.As(err,
		&fileError) || !strings.Contains(err.Error(), "EUROCLEAR_PASSWORD") {
		t.Errorf("without an environment: %v", err)
	}
}

// A file that the run does not use may no longer be there when it is looked at, or may
// not be readable: Excel's mark of an open workbook, a link to nowhere.
func TestAFileThatIsNotUsedNeverStopsARun(t *testing.T) {
	folder := example(t)
	for _, name := range []string{"~$dtc-2004-11-11.xlsx", "notes.txt"} {
		if err := os.Symlink(filepath.Join(folder, "nowhere"),
			filepath.Join(folder, offerfolder.InboxName, name)); err != nil {
			t.Fatal(err)
		}
	}
	if o := mustRun(t, Request{Folder: folder}); o.Action != Published {
		t.Errorf("%s", o.Action)
	}
}
