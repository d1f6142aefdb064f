package exchange

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/queue"
	"tenderbatch/internal/servertest"
)

// TestMachinesThatAreKilled kills all processes in the middle of their mails and files, as a power cut would, and starts
// others: nothing comes in or goes out twice, and what is not known is left to a person.
func TestMachinesThatAreKilled(t *testing.T) {
	top, _ := releasedOffer(t)
	c := newCluster(t, filepath.Join(top, "small"), "small")
	if err := queue.MakeTables(t.Context(), c.address); err != nil {
		t.Fatal(err)
	}
	c.setClock(t, releasedAt.Add(time.Hour))
	program := filepath.Join(t.TempDir(), "batch")
	if out, err := exec.Command("go", "build", "-o", program, "tenderbatch/cmd/batch").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	mails, server := newOffice(t)
	drop, storage := t.TempDir(), c.store.String()
	const addresses, files = 10, 6
	config := fmt.Sprintf("serve: {quiet_period: 1s}\nintake: {every: 1s, channels: {drop: {from: [DTC], folder: %s}}}\n"+
		"mail: {server: 127.0.0.1, port: %d, security: none, from: batch@example.com, to: [desk@example.com], 'on': [failure]}\n"+
		"deliveries: {post: {mail: [", drop, server.Port)
	for i := range addresses {
		config += fmt.Sprintf("%d@example.com, ", i)
	}
	settings := filepath.Join(t.TempDir(), "batch.yaml")
	write(t, settings, config+"]}}\n")
	start := func() (kill func()) {
		p := exec.Command(program, "worker", t.TempDir(), "--database", c.address, "--storage", storage, "--config", settings, "--runs", "1",
			"--log", "text")
		log, err := os.Create(filepath.Join(t.TempDir(), "log"))
		if err != nil {
			t.Fatal(err)
		}
		p.Stdout, p.Stderr = log, log
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = p.Process.Kill()
			_ = p.Wait()
			_ = log.Close()
			if said, _ := os.ReadFile(log.Name()); t.Failed() {
				t.Logf("%s", said)
			}
		})
		return func() { _ = p.Process.Kill() }
	}
	bring := func(from, to int) {
		for i := from; i < to; i++ {
			write(t, filepath.Join(drop, fmt.Sprintf("dtc-2026-05-%02d.csv", i+10)), fmt.Sprintf("%s00000%d,52729NAA8,1000,2026-05-01 10:00:00,2399\n",
				releaseReport, 30+i))
		}
	}
	bring(0, files/2)
	kills := []func(){start(), start()}
	servertest.Await(t, "some mails", func() bool { return mails.count() >= 3 })
	for _, kill := range kills {
		kill()
	}
	bring(files/2, files)
	start()
	start()
	reader := c.open(t, time.Now)
	count := func() (sending, delivered, filed map[string]int) {
		sending, delivered, filed = map[string]int{}, map[string]int{}, map[string]int{}
		entries, err := reader.Entries(t.Context(), "small", 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			switch e.Event {
			case ledger.Sending:
				sending[e.Actor.Name]++
			case ledger.Delivered:
				delivered[e.Actor.Name]++
			}
			for _, m := range e.MakersOf() {
				if m.Did == ledger.Filed && e.Event == ledger.Prepared {
					filed[m.Of]++
				}
			}
		}
		return sending, delivered, filed
	}
	servertest.Await(t, "all mails and files", func() bool {
		sending, delivered, filed := count()
		return len(sending) == addresses && len(delivered) >= addresses-1 && len(filed) == files
	})
	time.Sleep(2 * time.Second) // for what would come or go twice
	sending, delivered, filed := count()
	for what, all := range map[string]map[string]int{"sending": sending, "delivered": delivered, "filed": filed} {
		for name, n := range all {
			if n != 1 {
				t.Errorf("%s: %s %d times", what, name, n)
			}
		}
	}
	if n := mails.count(); n > addresses || n < addresses-1 || len(mails.twice()) > 0 {
		t.Errorf("%d mails to %d addresses; twice: %v", n, addresses, mails.twice())
	}
}
