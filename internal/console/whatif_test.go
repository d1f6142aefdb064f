package console

import (
	"archive/zip"
	"bytes"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tenderbatch/internal/account"
)

// whatIfAt asks about the book of 12 November 2004, when the cap was raised.
func whatIfAt(pairs ...string) string {
	q := url.Values{fieldAsOf: {"2004-11-12T17:00"}}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return "/offers/" + offerName + "/whatif?" + q.Encode()
}

// The page answers what the command line answers, says that it is hypothetical, and leaves no trace.
func TestWhatIf(t *testing.T) {
	h := newHouse(t)
	before := h.tree()
	for _, role := range []account.Role{account.Viewer, account.Preparer, account.Approver} {
		b := h.person(string(role), account.Grant{Role: role})
		for _, c := range []struct {
			name, path string
			status     int
			want       []string
		}{
			{"the terms as they are", whatIfAt(), 200, []string{"Nothing on this page is published", "today 450,000,000 USD", "Waterfall today"}},
			{"a cap, typed with commas", whatIfAt("cap Tender Cap", "1,105,000,000"), 200, []string{"1,104,727,255.30 used, 272,744.70 left",
				"246,301,714.60", "262,515,000", "248,332,477.63", "Hypothetical, with Tender Cap 1,105,000,000 USD"}},
			{"a rate", whatIfAt("fx EUR/USD", "1.30", "cap Tender Cap", "450000000"), 200, []string{"EUR/USD 1.3"}},
			{"sought", whatIfAt("goal", "accept all of 4"), 200, []string{"the smallest Tender Cap that accepts all of level 4: 1,104,727,255.30 USD"}},
			{"swept", whatIfAt("sweep", "cap Tender Cap", "from", "450000000", "to", "1150000000", "step", "350000000"), 200,
				[]string{"As the Tender Cap grows", "89.9 % to 100 % of USD 229,226,000", "1,150,000,000"}},
			{"swept around today", whatIfAt("sweep", "cap Tender Cap"), 200, []string{"225,000,000", "675,000,000"}},
			{"no amount", whatIfAt("cap Tender Cap", "1e9"), 422, []string{"is no amount"}},
			{"too many steps", whatIfAt("sweep", "cap Tender Cap", "from", "0", "to", "1000", "step", "1"), 422, []string{"at most 200 steps"}},
			{"no goal", whatIfAt("goal", "accept all of 9"), 422, []string{"the levels are 1, 2, 3, 4"}},
			{"no instant", "/offers/" + offerName + "/whatif?as_of=yesterday", 422, nil},
		} {
			status, body := b.get(c.path)
			if status != c.status {
				t.Errorf("%s as %s: %d\n%s", c.name, role, status, body)
			}
			for _, want := range c.want {
				if !strings.Contains(body, want) {
					t.Errorf("%s as %s: the page does not have %q", c.name, role, want)
				}
			}
		}
	}
	if after := h.tree(); after != before {
		t.Errorf("files changed:\n%s\n%s", before, after)
	}
}

// tree lists the files of the offer with their sizes and times.
func (h *house) tree() string {
	h.t.Helper()
	var b strings.Builder
	err := filepath.Walk(filepath.Join(h.folder, offerName), func(path string, info os.FileInfo, err error) error {
		if err == nil {
			b.WriteString(path + " " + info.Mode().String() + " " + info.ModTime().String() + "\n")
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return b.String()
}

// The workbook of a what-if says on its sheets that it is one; a viewer has one with pseudonyms.
func TestTheWorkbookOfAWhatIf(t *testing.T) {
	h := newHouse(t)
	path := strings.Replace(whatIfAt("cap Tender Cap", "1105000000"), "/whatif?", "/whatif/workbook?", 1)
	status, body := h.person("ann", account.Grant{Role: account.Preparer}).get(path)
	if status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	archive, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	sheets := 0
	for _, f := range archive.File {
		if !strings.HasPrefix(f.Name, "xl/worksheets/sheet") {
			continue
		}
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		if sheets++; !bytes.Contains(content, []byte("WHAT IF")) {
			t.Errorf("%s does not say that it is hypothetical", f.Name)
		}
	}
	if sheets < 5 {
		t.Errorf("%d sheets", sheets)
	}
	status, masked := h.person("bob", account.Grant{Role: account.Viewer}).get(path)
	if masked = unzipped(t, masked); status != 200 || !strings.Contains(masked, "WHAT IF") || !strings.Contains(masked, "P-") ||
		strings.Contains(masked, "Participant 0022") || !strings.Contains(unzipped(t, body), "Participant 0022") {
		t.Errorf("a viewer: %d", status)
	}
}

// What is wrong with a report is not for a viewer, who sees no names.
func TestAWhatIfOfReportsThatCannotBeRead(t *testing.T) {
	h := newHouse(t)
	if err := os.WriteFile(filepath.Join(h.folder, offerName, "inbox", "dtc-2004-12-01.xlsx"), []byte("Jane Doe"), 0o640); err != nil {
		t.Fatal(err)
	}
	status, body := h.person("ann", account.Grant{Role: account.Preparer}).get("/offers/" + offerName + "/whatif")
	if status != 422 || !strings.Contains(body, "dtc-2004-12-01.xlsx") {
		t.Errorf("a preparer: %d %s", status, body)
	}
	status, body = h.person("bob", account.Grant{Role: account.Viewer}).get("/offers/" + offerName + "/whatif")
	if status != 422 || strings.Contains(body, "dtc-2004-12-01.xlsx") || !strings.Contains(body, "the preparer sees why") {
		t.Errorf("a viewer: %d %s", status, body)
	}
}
