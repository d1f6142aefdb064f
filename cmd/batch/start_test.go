package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

// TestStartingTakesLittle has each package begin with little work: every command pays for it. The accounts hashed a
// password at each start, which took 20 MiB and a quarter of the time of a small run.
func TestStartingTakesLittle(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	program := filepath.Join(t.TempDir(), "batch")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c := exec.Command(program, "help")
	c.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const most = 2 << 20 // bytes; excelize takes 1.4 MB
	lines := regexp.MustCompile(`(?m)^init (\S+) .* (\d+) bytes`).FindAllStringSubmatch(string(out), -1)
	for _, l := range lines {
		if n, err := strconv.Atoi(l[2]); err != nil || n > most {
			t.Errorf("%s takes %s bytes before any command begins, more than %d: make it when it is needed", l[1], l[2], most)
		}
	}
	if len(lines) < 20 {
		t.Errorf("%d packages were seen:\n%s", len(lines), out)
	}
}
