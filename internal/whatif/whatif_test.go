package whatif

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/fixtures"
	"tenderbatch/internal/pipeline"
)

// What Solve answers takes the level whole, and a cent less does not.
func TestTheSmallestCapIsTheSmallest(t *testing.T) {
	ctx := context.Background()
	for _, asOf := range []string{"2004-11-12T17:00", "2004-12-02T09:00"} {
		s, err := Open(ctx, pipeline.Request{Folder: level3(t), AsOf: asOf, Clock: longOver})
		if err != nil {
			t.Fatal(err)
		}
		for i, series := range s.Today.Offer.Series {
			found, err := s.Solve(ctx, Cap("Tender Cap"), Goal{Level: series.Priority}, Scenario{})
			if err != nil {
				t.Fatal(err)
			}
			tendered := s.Today.Book.Totals[i].Sum()
			for _, c := range []struct {
				cap   decimal.Decimal
				whole bool
			}{{found.Amount, true}, {found.Amount.Sub(decimal.New(1, -2)), false}} {
				r, err := s.Under(ctx, Scenario{}.With(Cap("Tender Cap"), c.cap))
				if err != nil {
					t.Fatal(err)
				}
				if got := r.Allocation.Series[i].Sum().Equal(tendered); got != c.whole {
					t.Errorf("%s, level %d, cap %s: whole %t, want %t", asOf, series.Priority, c.cap, got, c.whole)
				}
			}
		}
	}
}

// level3 is a copy of the offer of the fixtures.
func level3(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	if err := os.CopyFS(root, fixtures.Level3); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(root, "level3-2004")
}

// longOver is a time at which that offer is long over.
func longOver() time.Time { return time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) }
