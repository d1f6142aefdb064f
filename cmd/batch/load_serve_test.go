//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/pipeline"
)

// The size of the proof under load: as it is in CI, and in full with LOAD=full, which
// takes some minutes.
type loadSize struct {
	offers, rows, kills int
	memory              string
	most                int64         // bytes of the process
	apart, patience     time.Duration // between two kills, at most; for all of it
}

func sizeOfLoad() loadSize {
	if os.Getenv("LOAD") == "full" {
		return loadSize{24, 50_000, 20, "600MiB", 600 << 20, 4 * time.Second, 20 * time.Minute}
	}
	return loadSize{6, 5_000, 5, "150MiB", 150 << 20, 600 * time.Millisecond, 4 * time.Minute}
}

// writeLoad writes the offers, all due at once by a slot of today, and returns their
// folder.
func (l loadSize) writeLoad(t *testing.T, slot time.Time) (folder string) {
	t.Helper()
	folder = t.TempDir()
	report := loadReport{l.rows, "xlsx", true}.write(t, t.TempDir(), slot)
	for i := range l.offers {
		copied := filepath.Join(t.TempDir(), "report.xlsx")
		content, err := os.ReadFile(report)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(copied, content, 0o640); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(copied, slot.AddDate(0, 0, -1), slot.AddDate(0, 0, -1)); err != nil {
			t.Fatal(err)
		}
		writeLoadOffer(t, filepath.Join(folder, fmt.Sprintf("offer-%02d", i)), copied, slot, slot)
	}
	return folder
}

// liveService is the real program at work on a folder.
type liveService struct {
	t       *testing.T
	command *exec.Cmd
	log     *safeBuffer
	ended   chan error
}

func (l loadSize) start(t *testing.T, program, folder string) *liveService {
	t.Helper()
	return startService(t, nil, program, "serve", folder, "--poll", "1s", "--quiet-period", "500ms", "--memory",
		l.memory, "--log", "json")
}

// startService starts a program that serves; change changes the command before, if it is
// not nil.
func startService(t *testing.T, change func(*exec.Cmd), program string, args ...string) *liveService {
	t.Helper()
	s := &liveService{t: t, command: exec.Command(program, args...), log: &safeBuffer{}, ended: make(chan error, 1)}
	s.command.Stderr = s.log
	if change != nil {
		change(s.command)
	}
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { s.ended <- s.command.Wait() }()
	t.Cleanup(func() { _ = s.command.Process.Kill() })
	return s
}

// awaitLog waits until the log has a text so many times.
func (s *liveService) awaitLog(text string, times int) {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); strings.Count(s.log.String(),
		text) < times; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("the log has no %q:\n%s", text, s.log)
		}
	}
}

// peak is the most memory that the process has had at once, in bytes.
func (s *liveService) peak() int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.command.Process.Pid))
	if err != nil {
		return 0 // it has just ended
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	value, _, _ := strings.Cut(strings.TrimSpace(rest), " kB")
	kilobytes, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return 0 // it is ending
	}
	return kilobytes << 10
}

// stop ends the service as systemd does.
func (s *liveService) stop() {
	s.t.Helper()
	if err := s.command.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	if err := <-s.ended; err != nil {
		s.t.Errorf("the service ended with %v:\n%s", err, s.log)
	}
}

// publishedOf are the runs of an offer that the ledger says were published.
func publishedOf(t *testing.T, offer string) (runs []string) {
	t.Helper()
	entries, err := ledger.ReadEntries(filepath.Join(offer, "runs"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Event == ledger.Published {
			runs = append(runs, e.Run)
		}
	}
	return runs
}

// awaitAll waits until every offer has a run published; between is called each time it
// has looked.
func (l loadSize) awaitAll(t *testing.T, folder string, between func(done int)) {
	t.Helper()
	for deadline := time.Now().Add(l.patience); ; time.Sleep(100 * time.Millisecond) {
		done := 0
		for i := range l.offers {
			if _, err := os.Stat(filepath.Join(folder, fmt.Sprintf("offer-%02d", i), "runs", "latest",
				"result.json")); err == nil {
				done++
			}
		}
		between(done)
		if done == l.offers {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("only %d of %d offers are published", done, l.offers)
		}
	}
}

// check demands of every offer one published run, no slot missed, and a sound ledger.
func (l loadSize) check(t *testing.T, program, folder string) {
	t.Helper()
	for i := range l.offers {
		offer := filepath.Join(folder, fmt.Sprintf("offer-%02d", i))
		if runs := publishedOf(t, offer); len(runs) != 1 {
			t.Errorf("%s: published %q, want one run", offer, runs)
		}
		if all := strings.Join(story(t, offer), "\n"); strings.Contains(all, "missed") || strings.Contains(all, "failed") {
			t.Errorf("%s: the ledger says\n%s", offer, all)
		}
		if out, err := exec.Command(program, "runs", offer, "--verify").CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", offer, err, out)
		}
		var result struct {
			Inputs []struct{ Rows int }
		}
		content, err := os.ReadFile(filepath.Join(offer, "runs", "latest", "manifest.json"))
		if err == nil {
			err = json.Unmarshal(content, &result)
		}
		if err != nil || !bytes.Contains(content, []byte(`"inputs"`)) {
			t.Errorf("%s: %v", offer, err)
		}
	}
}

// TestS1AllOffersDueAtOncePublishWithinTheirMemory has the real service run offers that
// are all new, and so due at once.
func TestS1AllOffersDueAtOncePublishWithinTheirMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	l, program := sizeOfLoad(), buildProgram(t)
	folder := l.writeLoad(t, time.Now().UTC().Truncate(time.Minute).Add(23*time.Hour))
	began := time.Now()
	s := l.start(t, program, folder)
	peak := int64(0)
	l.awaitAll(t, folder, func(int) { peak = max(peak, s.peak()) })
	took := time.Since(began)
	peak = max(peak, s.peak())
	s.stop()
	t.Logf("%d offers of %d rows in %s, at most %d MiB of memory", l.offers, l.rows, took.Round(time.Second/10), peak>>20)
	if peak == 0 || peak > l.most {
		t.Errorf("it had %d MiB at its peak, want at most %d", peak>>20, l.most>>20)
	}
	if !strings.Contains(s.log.String(), "waiting for other runs to end") {
		t.Error("nothing waited")
	}
	l.check(t, program, folder)
}

// TestS3KilledAgainAndAgainAllOffersPublish kills the service in the midst of it, as a
// machine does that has no memory left, and starts it again.
func TestS3KilledAgainAndAgainAllOffersPublish(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	l, program := sizeOfLoad(), buildProgram(t)
	folder := l.writeLoad(t, time.Now().UTC().Truncate(time.Minute).Add(23*time.Hour))
	began := time.Now()
	var s *liveService
	kills, deaths, next := 0, 0, time.Time{}
	l.awaitAll(t, folder, func(done int) {
		switch {
		case s == nil:
			s = l.start(t, program, folder)
			next = time.Now().Add(400*time.Millisecond + rand.N(l.apart))
		case kills < l.kills && done < l.offers && time.Now().After(next):
			kills++
			if err := s.command.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			<-s.ended
			s = nil
		}
	})
	if s == nil {
		s = l.start(t, program, folder)
	}
	took := time.Since(began)
	s.stop()
	for i := range l.offers {
		_, d, err := pipeline.SlotHistory(filepath.Join(folder, fmt.Sprintf("offer-%02d", i)))
		if err != nil {
			t.Fatal(err)
		}
		deaths += d.Count
		for _, line := range story(t, filepath.Join(folder, fmt.Sprintf("offer-%02d", i))) {
			if strings.HasSuffix(line, "abandoned") {
				deaths++
			}
		}
	}
	t.Logf("%d offers of %d rows, killed %d times, in %s; %d runs died", l.offers, l.rows, kills,
		took.Round(time.Second/10), deaths)
	if kills < l.kills || deaths == 0 {
		t.Errorf("killed %d times in %d runs, want %d", kills, deaths, l.kills)
	}
	l.check(t, program, folder)
}
