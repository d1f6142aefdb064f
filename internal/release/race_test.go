package release

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tenderbatch/internal/ledger"
)

// Environment of a process that approves the latest run of an offer as a person.
const (
	raceFolder = "BATCH_TEST_APPROVE_FOLDER"
	raceActor  = "BATCH_TEST_APPROVE_AS"
)

// approveAndReport approves as a person who saw what the run was, and then releases it.
func approveAndReport(folder, who string) int {
	clock := func() time.Time { return time.Date(2026, 5, 21, 12, 0, 0, 0, time.UTC) }
	req := Request{Run: filepath.Join(folder, "runs", "latest"), Actor: user(who), Clock: clock, Version: "test", Wait: time.Minute}
	said := "approved"
	if err := approve(req); err != nil {
		said = err.Error()
	}
	if _, before, err := Release(context.Background(), req); err == nil && !before {
		said += ", released"
	}
	fmt.Println(said)
	return 0
}

// TestOfManyProcessesEachPersonApprovesOnceAndOneReleases starts processes of two approvers,
// each of them twice, and of a maker, at once.
func TestOfManyProcessesEachPersonApprovesOnceAndOneReleases(t *testing.T) {
	rounds := 12
	if testing.Short() {
		rounds = 2
	}
	for range rounds {
		o := newOffer(t, "release: {approvals: 2}\n")
		run := o.mustRun("ann")
		must(t, o.submit("ann", run))
		people := []string{"bob", "cleo", "bob", "cleo", "ann"}
		said := make([]string, len(people))
		var all sync.WaitGroup
		for i, who := range people {
			all.Go(func() {
				c := exec.Command(os.Args[0])
				c.Env = append(os.Environ(), raceFolder+"="+o.folder, raceActor+"="+who)
				out, err := c.CombinedOutput()
				if said[i] = strings.TrimSpace(string(out)); err != nil {
					said[i] += err.Error()
				}
			})
		}
		all.Wait()
		count := map[ledger.Event]int{}
		by := map[string]bool{}
		for _, e := range o.entries() {
			count[e.Event]++
			if e.Event == ledger.Approved {
				by[e.Actor.Name] = true
			}
		}
		if count[ledger.Approved] != 2 || !by["bob"] || !by["cleo"] || count[ledger.Released] != 1 {
			t.Fatalf("%v, by %v; they said\n%s", count, by, strings.Join(said, "\n"))
		}
		if strings.Count(strings.Join(said, "\n"), "released") < 1 || strings.HasPrefix(said[4], "approved") {
			t.Errorf("they said\n%s", strings.Join(said, "\n"))
		}
		o.verified()
	}
}
