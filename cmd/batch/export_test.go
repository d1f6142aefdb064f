package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/outgoing"
)

// paid is an offer of which a final run is in force, and commands of the program that are given on a day before it is paid.
type paid struct {
	t           *testing.T
	top, folder string
	now         time.Time
}

func newPaid(t *testing.T) *paid {
	t.Helper()
	script, err := txtar.ParseFile("testdata/export-noted.txtar")
	if err != nil {
		t.Fatal(err)
	}
	p := &paid{t: t, top: t.TempDir(), now: time.Date(2026, 5, 16, 12, 0, 0, 0, time.UTC)}
	p.folder = filepath.Join(p.top, "offer")
	files := map[string]string{"offer/accounts.csv": "role,depositary,participant,currency,name,bic,iban,account,town,country\n" +
		"debtor,,,USD,Agent,CHASUS33,,1,,\ncreditor,DTC,0001,,Holder 1,IRVTUS3N,,891,,\ncreditor,DTC,0002,,Holder 2,IRVTUS3N,,892,,\n"}
	for _, f := range script.Files {
		files[f.Name] = string(f.Data)
	}
	for name, content := range files {
		path := filepath.Join(p.top, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, p.now.Add(-time.Hour), p.now.Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	p.must("run", p.folder)
	return p
}

// command gives a command.
func (p *paid) command(args ...string) (code int, said string) {
	var out bytes.Buffer
	w := testWorld(&out, &out)
	w.now = func() time.Time { return p.now }
	return run(context.Background(), args, w), out.String()
}

func (p *paid) must(args ...string) {
	p.t.Helper()
	if code, said := p.command(args...); code != 0 {
		p.t.Fatalf("%v: exit code %d: %s", args, code, said)
	}
}

// final is the path of the final run in force.
func (p *paid) final() string { return filepath.Join(p.folder, "runs", "final") }

// exports counts the exports in the history.
func (p *paid) exports() (n int) {
	p.t.Helper()
	entries, err := ledger.ReadEntries(filepath.Join(p.folder, "runs"))
	if err != nil {
		p.t.Fatal(err)
	}
	for _, e := range entries {
		if e.Event == ledger.Exported {
			n++
		}
	}
	return n
}

// TestOfPaymentsThatAreExportedAtOnceOneIsWritten has several exports of one run begin together, each into a folder of its
// own: the bank must not get two.
func TestOfPaymentsThatAreExportedAtOnceOneIsWritten(t *testing.T) {
	p := newPaid(t)
	top, folder, command := p.top, p.folder, p.command
	const exports = 6
	var done sync.WaitGroup
	var mu sync.Mutex
	codes := map[int]int{}
	for i := range exports {
		done.Go(func() {
			code, said := command("export", filepath.Join(folder, "runs", "final"), "--format", "pain.001", "--to",
				filepath.Join(top, fmt.Sprint("bank-", i)))
			mu.Lock()
			defer mu.Unlock()
			if codes[code]++; code == 2 && !strings.Contains(said, "were exported before") {
				t.Error(said)
			}
		})
	}
	done.Wait()
	if codes[0] != 1 || codes[2] != exports-1 {
		t.Errorf("exit codes %v", codes)
	}
	if written, err := filepath.Glob(filepath.Join(top, "bank-*", "*.xml")); err != nil || len(written) != 1 {
		t.Errorf("%v, %v", written, err)
	}
	entries, err := ledger.ReadEntries(filepath.Join(folder, "runs"))
	if err != nil || entries[len(entries)-1].Event != ledger.Exported || len(entries[len(entries)-1].Export.Wires) != 2 {
		t.Errorf("%+v, %v", entries, err)
	}
}

// What is exported into one folder by several at the same moment is written and noted once, and all say what is there.
func TestAnExportIntoOneFolderByManyAtOnce(t *testing.T) {
	for _, more := range [][]string{
		{"pain.001"}, {"pain.001", "--again", "the bank asked for it"}, {"seev.036"}, {"parquet"},
	} {
		p := newPaid(t)
		if len(more) > 1 {
			p.must("export", p.final(), "--format", "pain.001", "--to", filepath.Join(p.top, "before"))
		}
		noted := p.exports()
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				code, said := p.command(append([]string{"export", p.final(), "--to", filepath.Join(p.top, "to"), "--format"}, more...)...)
				if code != 0 || strings.Contains(said, "name another") {
					t.Errorf("%v: exit code %d: %s", more, code, said)
				}
			})
		}
		all.Wait()
		want := 0
		if more[0] == "pain.001" {
			want = 1
		}
		if n := p.exports() - noted; n != want {
			t.Errorf("%v: the history has %d exports", more, n)
		}
	}
}

// A run that was superseded while its payments were made wires nothing: what supersedes it does.
func TestWhatIsSupersededWhileItIsExportedIsNotPaid(t *testing.T) {
	p := newPaid(t)
	exported, err := outgoing.Open(p.final())
	if err != nil {
		t.Fatal(err)
	}
	e, err := outgoing.FormatOf("pain.001").Make(exported, outgoing.NotSaid)
	if err != nil {
		t.Fatal(err)
	}
	terms := filepath.Join(p.folder, "offer.yaml")
	content, err := os.ReadFile(terms)
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Replace(content, []byte("950"), []byte("951"), 1)
	if err := os.WriteFile(terms, changed, 0o640); err != nil || bytes.Equal(changed, content) {
		t.Fatal(err, string(content))
	}
	p.must("run", p.folder, "--supersede", "final", "--reason", "the price was wrong", "--terms-changed", "the price was wrong")
	err = exported.Note(t.Context(), e, outgoing.Noting{Format: "pain.001", Actor: testWorld(nil, nil).actor, Now: p.now}, nil, nil)
	if err == nil || !strings.Contains(err.Error(), "export again") || p.exports() != 0 {
		t.Errorf("%v; the history has %d exports", err, p.exports())
	}
}
