package pipeline

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/tender"
)

// rounds is how often processes race for one offer.
const rounds = 300

// TestOfManyProcessesExactlyOnePublishes starts 2 to 16 processes at once on one
// offer. One publishes; the others find the offer held, or nothing left to do.
func TestOfManyProcessesExactlyOnePublishes(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	folder := smallOffer(t)
	dice := rand.New(rand.NewPCG(3, 5))
	busy, unchanged := 0, 0
	for range rounds {
		folder := copyOffer(t, folder)
		said := map[string]int{}
		for _, word := range race(t, folder, 2+dice.IntN(15)) {
			said[word]++
		}
		all := archiveOf(t, folder).Runs()
		if said["published"] != 1 || len(all) != 2 {
			t.Fatalf("%v, %d runs", said, len(all))
		}
		if err := all[1].Check(); err != nil {
			t.Fatal(err)
		}
		busy, unchanged = busy+said["busy"], unchanged+said["unchanged"]
		if len(said) > 1+min(said["busy"], 1)+min(said["unchanged"], 1) {
			t.Fatalf("%v", said)
		}
		os.RemoveAll(folder)
	}
	t.Logf("%d rounds: one published in each; %d found the offer held, %d nothing to do", rounds, busy, unchanged)
}

// race runs as many processes as said and returns what each of them did.
func race(t *testing.T, folder string, runners int) []string {
	t.Helper()
	said := make([]string, runners)
	var all sync.WaitGroup
	for i := range said {
		all.Go(func() {
			var stderr bytes.Buffer
			c := exec.Command(os.Args[0])
			c.Env = append(os.Environ(), crashFolder+"="+folder, crashAt+"=0")
			c.Stderr = &stderr
			out, err := c.Output()
			said[i] = strings.TrimSpace(string(out))
			var exit *exec.ExitError
			if errors.As(err, &exit) && exit.ExitCode() == int(exitcode.Busy) {
				said[i] = "busy"
			} else if err != nil {
				said[i] = err.Error() + stderr.String()
			}
		})
	}
	all.Wait()
	return said
}

// disturbances are what may happen to a file while a run reads it: from is its
// content, to that of the file that is to be there in the end.
var disturbances = map[string]func(path string, to []byte, pause time.Duration) error{
	"grown": func(path string, to []byte, pause time.Duration) error {
		return rewriteInPlace(path, os.O_APPEND, to[len(smallReport):], pause)
	},
	"shrunk": func(path string, to []byte, pause time.Duration) error {
		return os.Truncate(path, int64(len(smallReport)))
	},
	"rewritten": func(path string, to []byte, pause time.Duration) error {
		return rewriteInPlace(path, os.O_TRUNC, to, pause)
	},
	"replaced": func(path string, to []byte, pause time.Duration) error {
		if err := os.WriteFile(path+".part", to, 0o640); err != nil {
			return err
		}
		return os.Rename(path+".part", path)
	},
}

// rewriteInPlace writes in two pieces with a pause between.
func rewriteInPlace(path string, how int, content []byte, pause time.Duration) error {
	file, err := os.OpenFile(path, os.O_WRONLY|how, 0o640)
	if err != nil {
		return err
	}
	defer file.Close()
	for _, part := range [][]byte{content[:len(content)/2], content[len(content)/2:]} {
		if _, err := file.Write(part); err != nil {
			return err
		}
		time.Sleep(pause)
	}
	return nil
}

// TestAnInputThatChangesIsOneSnapshotOrARefusal disturbs a report at 200 random
// moments of a run.
func TestAnInputThatChangesIsOneSnapshotOrARefusal(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	folder := smallOffer(t)
	var all sync.WaitGroup
	var mutex sync.Mutex
	found := map[string]int{}
	slots := make(chan struct{}, 32) // most of a disturbed run is waiting
	for how, disturb := range disturbances {
		for part := range 50 {
			folder := copyOffer(t, folder)
			all.Go(func() {
				slots <- struct{}{}
				what := disturbed(t, folder, rand.New(rand.NewPCG(uint64(part), uint64(len(how)))), how, disturb)
				<-slots
				mutex.Lock()
				found[what]++
				mutex.Unlock()
			})
		}
	}
	all.Wait()
	t.Logf("%v", found)
	if found["refused"] == 0 || found["before"] == 0 || found["after"] == 0 || found["mixed"] > 0 || found["failed"] > 0 {
		t.Errorf("%v; want some of each of before, after and refused, and no other", found)
	}
}

// disturbed makes a run while its report is disturbed, and says which content it
// used.
func disturbed(t *testing.T, folder string, dice *rand.Rand, how string,
	disturb func(string, []byte, time.Duration) error) string {
	const added, other = "0000035,52729NAA8,9000,2026-05-03 10:00:00,0005\n",
		"0000043,52729NAA8,1000,2026-05-03 11:00:00,0005\n"
	before, after := smallReport+added, smallReport+other
	switch how {
	case "grown":
		before = smallReport
	case "shrunk":
		after = smallReport
	}
	path := filepath.Join(folder, offerfolder.InboxName, "dtc-2026-05-04.csv")
	old := time.Now().Add(-time.Hour)
	terms := filepath.Join(folder, offerfolder.OfferName)
	if err := errors.Join(os.WriteFile(path, []byte(before), 0o640), os.Chtimes(path, old, old),
		os.Chtimes(terms, old, old)); err != nil {
		t.Error(err)
		return "failed"
	}
	failed := make(chan error, 1)
	moment, pause := time.Duration(dice.IntN(4_000))*time.Microsecond, time.Duration(dice.IntN(40))*time.Millisecond
	go func() {
		time.Sleep(moment)
		failed <- disturb(path, []byte(after), pause)
	}()
	o, err := Run(context.Background(), Request{Folder: folder, AsOf: "2026-05-04T18:00", Clock: time.Now,
		Version: "test"})
	if err := <-failed; err != nil {
		t.Error(err)
		return "failed"
	}
	var refused *tender.FileError
	switch {
	case errors.As(err, &refused):
		return "refused"
	case err != nil:
		t.Errorf("%s: %v", how, err)
		return "failed"
	}
	switch o.Run.Inputs[0].SHA256 {
	case hexDigest([]byte(before)):
		return "before"
	case hexDigest([]byte(after)):
		return "after"
	}
	return "mixed"
}

func hexDigest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func TestARunWaitsForAnotherAsLongAsSaid(t *testing.T) {
	folder := smallOffer(t)
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			o, err := Run(context.Background(), Request{Folder: folder, AsOf: "2026-05-04T1" + strconv.Itoa(i) + ":00",
				Clock: afterEarlyDate, Version: "test", Wait: time.Minute})
			if err != nil || o.Action != Published {
				t.Errorf("%v, %v", o, err)
			}
		})
	}
	all.Wait()
}
