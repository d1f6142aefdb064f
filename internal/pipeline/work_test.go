package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// work is what a stage may take for each instruction: allocations and bytes. It is measured in
// work and not in seconds, so that another machine, or a busy one, changes nothing. A change
// that takes more must say why here.
var work = map[Stage]struct{ allocations, bytes float64 }{
	Opening:   {1, 150},
	Reading:   {6.5, 1450},
	Computing: {1.5, 350},
	Comparing: {6, 2100},
	Writing:   {42, 5000},
}

func TestAStageDoesNotTakeMoreWorkThanItDid(t *testing.T) {
	const rows = 20_000
	folder := smallOffer(t)
	var report strings.Builder
	report.WriteString("VOI Number,CUSIP,Principal Amount,Submitted At,DTC Participant\n")
	for i := range rows {
		fmt.Fprintf(&report, "%07d,52729NAA8,%d,2026-05-01 10:00:00,%04d\n", i, 1000*(i%900+1), i%600)
	}
	terms := strings.Replace(smallTerms, "outstanding: 1000000", "outstanding: 90000000000", 1)
	for name, content := range map[string]string{"offer.yaml": terms, "inbox/dtc-2026-05-04.csv": report.String()} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Run(t.Context(), Request{Folder: folder, Clock: afterEarlyDate, Timed: func(stage Stage, _ time.Duration) {
		var after runtime.MemStats
		runtime.ReadMemStats(&after)
		allocations := float64(after.Mallocs-before.Mallocs) / rows
		bytes := float64(after.TotalAlloc-before.TotalAlloc) / rows
		t.Logf("%s: %.1f allocations and %.0f bytes for each instruction", stage, allocations, bytes)
		if most, named := work[stage]; named && (allocations > most.allocations || bytes > most.bytes) {
			t.Errorf("%s takes %.1f allocations and %.0f bytes for each instruction, more than %.1f and %.0f", stage,
				allocations, bytes, most.allocations, most.bytes)
		}
		before = after
	}})
	if err != nil {
		t.Fatal(err)
	}
}
