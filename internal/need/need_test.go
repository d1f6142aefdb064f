package need

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The estimate goes by the rows, whatever the format, and is linear in them.
func TestTheMemoryOfARunGoesByItsRows(t *testing.T) {
	folder := t.TempDir()
	need := func(rows int) int64 {
		path := filepath.Join(folder, "dtc-2026-05-04.csv")
		line := "0000019,52729NAA8,7000,2026-05-01 10:00:00,2399\n"
		content := "VOI Number,CUSIP,Principal Amount,Submitted At,DTC Participant\n" + strings.Repeat(line, rows)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return needOf(path)
	}
	one, ten := need(1000), need(10_000)
	if one < 1000*needOfRow || one > 1100*needOfRow || ten < 9*one || ten > 11*one {
		t.Errorf("1,000 rows need %d bytes, 10,000 rows %d", one, ten)
	}
}
