package console

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/account"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/retention"
)

// TestARunWithoutNamesIsShownAndSaysSo has every page of a run in which the names of holders were replaced.
func TestARunWithoutNamesIsShownAndSaysSo(t *testing.T) {
	h := newHouse(t)
	folder := filepath.Join(h.folder, offerName)
	path := filepath.Join(folder, "offer.yaml")
	terms, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, []byte(strings.Replace(string(terms), "issuer:", "retention: {holders: 1y}\nissuer:", 1)), 0o640)
	}
	if err != nil {
		t.Fatal(err)
	}
	done, err := retention.Prune(context.Background(), retention.Request{Folder: folder, Actor: ledger.Actor{Kind: ledger.User, Name: "carol"},
		By: "carol", Clock: func() time.Time { return h.at }, Version: "test", Wait: time.Second})
	if err != nil || len(done) == 0 {
		t.Fatal(done, err)
	}
	ann := h.person("ann", account.Grant{Role: account.Preparer})
	run := "/offers/" + offerName + "/runs/latest"
	const said = "The names of holders in this run were replaced by pseudonyms on 2026-11-27 by carol"
	for page, want := range map[string]string{"": said, "/payments": said, "/findings": "", "/instructions": "", "/files/wires.csv": "", "/files/result.xlsx": ""} {
		if status, body := ann.get(run + page); status != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: %d: %s", page, status, body)
		}
	}
	if status, body := ann.get(run + "/explain?row=DTC:0000001"); status != 422 || !strings.Contains(body, "removed with the names of holders") {
		t.Errorf("a row of a report that was removed: %d: %s", status, body)
	}
	if status, body := ann.get("/offers/" + offerName + "/history"); status != 200 || !strings.Contains(body, "pseudonymised") {
		t.Errorf("the history: %d: %s", status, body)
	}
	if _, err := os.Stat(filepath.Join(folder, "inbox", "dtc-2004-12-01.xlsx")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
