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
)

// TestOfPaymentsThatAreExportedAtOnceOneIsWritten has several exports of one run begin together, each into a folder of its
// own: the bank must not get two.
func TestOfPaymentsThatAreExportedAtOnceOneIsWritten(t *testing.T) {
	script, err := txtar.ParseFile("testdata/export-noted.txtar")
	if err != nil {
		t.Fatal(err)
	}
	top := t.TempDir()
	files := map[string]string{"offer/accounts.csv": "role,depositary,participant,currency,name,bic,iban,account,town,country\n" +
		"debtor,,,USD,Agent,CHASUS33,,1,,\ncreditor,DTC,0001,,Holder 1,IRVTUS3N,,891,,\ncreditor,DTC,0002,,Holder 2,IRVTUS3N,,892,,\n"}
	for _, f := range script.Files {
		files[f.Name] = string(f.Data)
	}
	now := time.Date(2026, 5, 16, 12, 0, 0, 0, time.UTC)
	for name, content := range files {
		path := filepath.Join(top, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now.Add(-time.Hour), now.Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	command := func(args ...string) (code int, said string) {
		var out bytes.Buffer
		w := testWorld(&out, &out)
		w.now = func() time.Time { return now }
		return run(context.Background(), args, w), out.String()
	}
	folder := filepath.Join(top, "offer")
	if code, said := command("run", folder); code != 0 {
		t.Fatalf("exit code %d: %s", code, said)
	}
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
