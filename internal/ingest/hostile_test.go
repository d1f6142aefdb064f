package ingest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/inbox"
	"tenderbatch/internal/tender"
)

// The hostile set: files made to be misread, or to take the machine down. Each is
// made here, byte for byte the same every time, and read in a process of its own:
// whatever it tries, that process must say what is wrong and where, within these
// bounds, and leave nothing behind.
const (
	hostileTime   = 10 * time.Second
	hostileMemory = 256 << 10 // KiB at the peak
)

// hostile is one such file.
type hostile struct {
	name string // what it tries
	make func() []byte
	want string // what the refusal says: the place and the reason; all of it, separated by " … "
	csv  bool
}

// TestHostileFiles reads the whole set.
func TestHostileFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	for _, set := range [][]hostile{hostileContainers(), hostileXML(), hostileSheets(), hostileCSV(),
		hostileProtected()} {
		for _, h := range set {
			t.Run(h.name, func(t *testing.T) {
				t.Parallel()
				h.attack(t)
			})
		}
	}
}

// hostileResult is what the process that read the file says of itself.
type hostileResult struct {
	Error string
	Rows  int
	Peak  int64 // KiB; 0 where the system does not say
}

// attack reads the file in a process of its own and holds it to the bounds.
func (h hostile) attack(t *testing.T) {
	folder := t.TempDir()
	work := filepath.Join(folder, "work")
	file := filepath.Join(folder, "dtc-1.xlsx")
	if h.csv {
		file = filepath.Join(folder, "dtc-1.csv")
	}
	result := filepath.Join(folder, "result.json")
	if err := os.Mkdir(work, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, h.make(), 0o600); err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0], "-test.run=^TestHostileChild$", "-test.timeout=60s")
	child.Dir = work
	child.Env = append(os.Environ(), "HOSTILE_FILE="+file, "HOSTILE_RESULT="+result, "TMPDIR="+work)
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%.2000s", err, out)
	}
	spent := child.ProcessState.UserTime() + child.ProcessState.SystemTime()
	if spent > hostileTime {
		t.Errorf("it took %v", spent)
	}
	h.check(t, result)
	left, err := os.ReadDir(work)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if all, err := os.ReadDir(folder); err != nil || len(all) != 3 {
		t.Errorf("written outside: %v, %v", all, err)
	}
}

func (h hostile) check(t *testing.T, path string) {
	t.Helper()
	var got hostileResult
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, &got)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got.Peak > hostileMemory {
		t.Errorf("it took %d MiB", got.Peak>>10)
	}
	if got.Error == "" {
		t.Fatalf("it was read: %d rows", got.Rows)
	}
	for _, part := range strings.Split(h.want, " … ") {
		if !strings.Contains(got.Error, part) {
			t.Errorf("the refusal is\n%.500s\nwhich lacks\n%s", got.Error, part)
		}
	}
	if len(got.Error) > 20_000 {
		t.Errorf("the refusal has %d bytes", len(got.Error))
	}
}

// TestHostileChild is not a test: it is the process that TestHostileFiles starts.
func TestHostileChild(t *testing.T) {
	path := os.Getenv("HOSTILE_FILE")
	if path == "" {
		return // started by TestHostileFiles only
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var result hostileResult
	o := testOffer(t)
	intake, err := Read(o, []inbox.Chosen{{Depositary: o.Depositaries[0], Password: testPassword,
		File: inbox.File{Name: filepath.Base(path), Content: content}}})
	var refusal *tender.FileError
	switch {
	case errors.As(err, &refusal):
		result.Error = refusal.Error()
	case err != nil:
		t.Fatalf("an error of another type: %v", err)
	default:
		result.Rows = intake.Reports[0].Rows
		if n := len(intake.Findings); n > 0 { // as good as a refusal: the line is not used, and it is said
			last := intake.Findings[n-1]
			result.Error = fmt.Sprintf("%d rejects, the last: %s %s: %s", n, last.Cell, last.Rule, last.Message)
		}
	}
	result.Peak = peakMemory(t)
	b, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(os.Getenv("HOSTILE_RESULT"), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// peakMemory is the most memory the process ever held, in KiB; 0 where the system
// does not say.
func peakMemory(t *testing.T) int64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	value, _, _ := strings.Cut(rest, "kB")
	kib, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kib
}

// times is a text so many times over, with %d in it the number of the time,
// from 1.
func times(n int, format string) string {
	if !strings.Contains(format, "%") {
		return strings.Repeat(format, n)
	}
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i+1)
	}
	return b.String()
}
