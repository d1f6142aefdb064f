package console

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tenderbatch/internal/account"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
)

// The history is read in pages, the newest entries first; each entry is on one page.
func TestTheHistoryIsPaged(t *testing.T) {
	h := newHouse(t)
	log, err := ledger.OpenLog(filepath.Join(h.folder, offerName, offerfolder.RunsName))
	if err != nil {
		t.Fatal(err)
	}
	for range 250 {
		if _, err := log.Append(ledger.Entry{At: h.at, Event: ledger.Refused, Offer: offerName}); err != nil {
			t.Fatal(err)
		}
	}
	b := h.person("ann", account.Grant{Role: account.Preparer})
	seen, pages := 0, 0
	for _, page := range []string{"1", "2", "3"} {
		_, body := b.get("/offers/" + offerName + "/history?page=" + page)
		seen += strings.Count(body, "<code>") // the hash of each
		if strings.Contains(body, "rel=\"next\"") {
			pages++
		}
	}
	if want := len(h.entries()); seen != want || pages != 2 {
		t.Errorf("%d of %d entries, %d pages lead on", seen, want, pages)
	}
}

// The chain is compared at each opening, and a file that was altered is found when files are compared.
func TestTheHistoryIsVerified(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.person("ann", account.Grant{Role: account.Preparer}), h.person("bob", account.Grant{Role: account.Viewer})
	path := "/offers/" + offerName + "/history"
	if _, body := ann.get(path + "?verify=files"); !strings.Contains(body, "every published file are as they were written") {
		t.Error("an unaltered history is at fault")
	}
	file := filepath.Join(h.folder, offerName, "runs", "latest", "wires.csv")
	if err := os.WriteFile(file, []byte("Jane Doe"), 0o640); err != nil {
		t.Fatal(err)
	}
	if _, body := ann.get(path); !strings.Contains(body, "is chained as it was written") {
		t.Error("the page does not open")
	}
	if _, body := ann.get(path + "?verify=files"); !strings.Contains(body, "wires.csv") {
		t.Error("the altered file is not found")
	}
	if _, body := bob.get(path + "?verify=files"); !strings.Contains(body, "is not as it was written") || strings.Contains(body, "wires.csv") ||
		strings.Contains(body, "127.0.0.1") {
		t.Error("a viewer reads what is wrong, or not that something is")
	}
	sum := filepath.Join(h.folder, offerName, "runs", "ledger.sum")
	if err := os.WriteFile(sum, []byte("x"), 0o640); err != nil {
		t.Fatal(err)
	}
	if _, body := ann.get(path); strings.Contains(body, "is chained as it was written") || !strings.Contains(body, "role=\"alert\"") {
		t.Error("a damaged history is said to be in order")
	}
}
