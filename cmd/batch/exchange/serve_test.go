package exchange

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/servertest"
	"tenderbatch/internal/settings"
)

const offerYAML = servertest.BareTerms + `depositaries:
  - {name: DTC, files: "dtc-*.csv"}
`

// buffer is a log that several goroutines may write.
type buffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// The service looks again and again, and a file that comes later is taken; a channel that cannot be read is
// logged once.
func TestTheServiceFetchesAgainAndAgain(t *testing.T) {
	top, drop := t.TempDir(), t.TempDir()
	put := func(path, content string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	put(filepath.Join(top, "x", "offer.yaml"), offerYAML)
	set := settings.Default()
	set.Intake.Every, set.Serve.QuietPeriod = 20*time.Millisecond, 10*time.Millisecond
	set.Intake.Channels = []settings.Channel{{Name: "a", From: []string{"DTC"}, Folder: filepath.Join(top, "none")},
		{Name: "b", From: []string{"DTC"}, Folder: drop}}
	var log buffer
	w := World{Now: time.Now, Getenv: os.Getenv, Version: "test", By: "test"}
	stop := Serve(context.Background(), w, top, set, slog.New(slog.NewTextHandler(&log, nil)))
	time.Sleep(100 * time.Millisecond)
	put(filepath.Join(drop, "other.csv"), "a")
	put(filepath.Join(drop, "dtc-1.csv"), "a,b\n")
	for _, want := range []string{`msg="a file came" channel=b offer=x file=dtc-1.csv`, `msg="a file was quarantined" channel=b`,
		"a channel cannot be read"} {
		servertest.Await(t, want, func() bool { return strings.Contains(log.String(), want) })
	}
	servertest.Await(t, "a file in the inbox", func() bool {
		_, err := os.Stat(filepath.Join(top, "x", "inbox", "dtc-1.csv"))
		return err == nil
	})
	stop()
	said := log.String()
	if n := strings.Count(said, "a channel cannot be read"); n != 1 {
		t.Errorf("the channel that cannot be read is logged %d times:\n%s", n, said)
	}
}

// TestWhatWasTakenIsSaidAlsoIfItCannotBeRemembered has the disk be full once a file was taken.
func TestWhatWasTakenIsSaidAlsoIfItCannotBeRemembered(t *testing.T) {
	top, drop := t.TempDir(), t.TempDir()
	write(t, filepath.Join(top, "x", "offer.yaml"), offerYAML)
	write(t, filepath.Join(drop, "dtc-1.csv"), "a,b\n")
	write(t, filepath.Join(top, "batch.yaml"), "intake:\n  channels:\n    drop: {from: [DTC], folder: "+drop+"}\n")
	var out strings.Builder
	full := disk.Disk{Fault: func(_, path string) error {
		if strings.Contains(path, "seen.json") {
			return syscall.ENOSPC
		}
		return nil
	}}
	c := newFetch(World{Stdout: &out, Now: time.Now, Getenv: os.Getenv, Version: "test", By: "test", Disk: full})
	c.SetArgs([]string{top, "--quiet-period", "1ms"})
	c.SilenceErrors, c.SilenceUsage = true, true
	if err := c.Execute(); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(out.String(), "drop: dtc-1.csv is taken") {
		t.Errorf("%v: %q", err, &out)
	}
}
