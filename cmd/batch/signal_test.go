//go:build linux

package main

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/servertest"
)

// newReport puts another file into the inbox, for which a run is made.
func newReport(t *testing.T, offer, name string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(offer, "inbox", name), []byte("no report"), 0o640); err != nil {
		t.Fatal(err)
	}
}

// heedHangups lets the programs that a test starts get SIGHUP, which they ignore where
// the tests were started by nohup.
func heedHangups(t *testing.T) {
	t.Helper()
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(hangups) })
}

func TestS5AHangupReadsTheSettingsAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	heedHangups(t)
	folder, offer := oneExample(t)
	s := startService(t, nil, buildProgram(t), "serve", folder, "--quiet-period", "100ms", "--log", "text")
	s.awaitLog("waiting", 1)
	write := func(settings string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, "batch.yaml"), []byte(settings), 0o640); err != nil {
			t.Fatal(err)
		}
		if err := s.command.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	write("serve: {memory: 300MiB}\n")
	s.awaitLog("reading the settings again", 1)
	s.awaitLog(`memory="300 MiB"`, 1)
	write("serve: {memory: much}\n")
	s.awaitLog("the settings cannot be read;", 1)
	newReport(t, offer, "remarks.txt")
	s.awaitLog("run ended", 1) // it goes on
	s.stop()
}

// begun reports whether the ledger of an offer says that a run began.
func begun(t *testing.T, offer string) bool {
	t.Helper()
	entries, err := ledger.ReadEntries(filepath.Join(offer, "runs"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return slices.ContainsFunc(entries, func(e ledger.Entry) bool { return e.Event == ledger.Started })
}

func TestS5AHangupEndsARunAsSIGTERMDoes(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	heedHangups(t)
	program := buildProgram(t)
	_, offer := oneExample(t)
	c := exec.Command(program, "run", offer)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() })
	servertest.Await(t, "a run began", func() bool {
		now := time.Now()
		if err := os.Chtimes(filepath.Join(offer, "offer.yaml"), now, now); err != nil { // a new file is waited for
			t.Fatal(err)
		}
		return begun(t, offer)
	})
	if err := c.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	err := c.Wait()
	if code := c.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d, %v", code, err)
	}
	if all := story(t, offer); len(all) != 1 || all[0] != "hand interrupted" {
		t.Errorf("the ledger says %q", all)
	}
}

// TestS5ALogThatIsNotReadDoesNotEndTheService closes the other end of its standard error.
func TestS5ALogThatIsNotReadDoesNotEndTheService(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	folder, offer := oneExample(t)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s := startService(t, func(c *exec.Cmd) { c.Stderr, c.Stdout = write, write }, buildProgram(t), "serve", folder,
		"--quiet-period", "100ms")
	if err := errors.Join(write.Close(), read.Close()); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second)
	newReport(t, offer, "remarks.txt")
	for deadline := time.Now().Add(time.Minute); len(story(t, offer)) == 0; time.Sleep(50 * time.Millisecond) {
		select {
		case err := <-s.ended:
			t.Fatalf("it ended with %v", err)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatal("no run was made")
		}
	}
	s.stop()
}

// TestS2TheServiceManagerHearsOfIt listens as systemd does.
func TestS2TheServiceManagerHearsOfIt(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	folder, _ := oneExample(t)
	socket := filepath.Join(t.TempDir(), "notify")
	listener, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	heard := func(want string) {
		t.Helper()
		buffer := make([]byte, 4096)
		if err := listener.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		n, err := listener.Read(buffer)
		if got := string(buffer[:n]); err != nil || !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("heard %q, %v; want %q", got, err, want)
		}
	}
	s := startService(t, func(c *exec.Cmd) { c.Env = append(os.Environ(), "NOTIFY_SOCKET="+socket) }, buildProgram(t),
		"serve", folder, "--poll", "1s")
	const beat = "^READY=1\nWATCHDOG=1\nSTATUS=1 offers, \\d runs under way, \\d waiting$"
	heard(beat)
	heard(beat)
	if err := s.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		buffer := make([]byte, 4096)
		n, err := listener.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		if string(buffer[:n]) == "STOPPING=1" {
			return
		}
	}
	t.Error("it did not say that it stops")
}

// TestS2TheServiceManagerHearsOfAnEndThatIsQuick ends what serves before the service manager has taken what it is sent.
func TestS2TheServiceManagerHearsOfAnEndThatIsQuick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		said := 0
		say := func() { time.Sleep(time.Second); said++ }
		for _, ended := range []bool{true, false} {
			ctx, cancel := context.WithCancel(t.Context())
			end := onDone(ctx, say)
			if ended {
				cancel()
			}
			end()
			cancel()
			synctest.Wait()
			if said != 1 {
				t.Errorf("ended %t: it was said %d times, want once, after the end", ended, said)
			}
		}
	})
}

// TestS2AFatalErrorOfGoDoesNotKeepTheServiceDown has the runtime end the program as an
// out-of-memory does, and compares its code with the one after which the unit stays down.
func TestS2AFatalErrorOfGoDoesNotKeepTheServiceDown(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	folder, _ := oneExample(t)
	s := startService(t, nil, buildProgram(t), "serve", folder, "--log", "text")
	s.awaitLog("waiting", 1)
	if err := s.command.Process.Signal(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	<-s.ended
	code := s.command.ProcessState.ExitCode()
	unit := packaged(t, "systemd/batch-serve.service")
	for _, line := range []string{"Restart=always", "RestartPreventExitStatus=78", "StartLimitIntervalSec=0",
		"Type=notify", "WatchdogSec=5min"} {
		if !strings.Contains(unit, "\n"+line+"\n") {
			t.Errorf("the unit has no line %s", line)
		}
	}
	if code != 2 {
		t.Errorf("exit code %d, want Go's own", code)
	}
}

// TestS2TheUnitIsSound has systemd read the unit, with a program in the place of the one
// that is not installed here.
func TestS2TheUnitIsSound(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed; packaging/test-install.sh passes it, too")
	}
	unit := strings.Replace(packaged(t, "systemd/batch-serve.service"), "/usr/bin/tenderbatch", "/bin/true", 1)
	unit = regexp.MustCompile(`(?m)^Documentation=.*\n`).ReplaceAllString(unit, "")
	file := filepath.Join(t.TempDir(), "batch-serve.service")
	if err := os.WriteFile(file, []byte(unit), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(analyze, "verify", file).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v: %s", err, out)
	}
}

// TestS9TooManyOpenFilesPass lets the service have no file more than it has, and later as
// many as it likes.
func TestS9TooManyOpenFilesPass(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	prlimit, err := exec.LookPath("prlimit")
	if err != nil {
		t.Skip("prlimit is not installed")
	}
	folder, offer := oneExample(t)
	s := startService(t, nil, buildProgram(t), "serve", folder, "--poll", "1s", "--quiet-period", "100ms", "--log", "text")
	s.awaitLog("waiting", 1)
	limit := func(files string) {
		t.Helper()
		if out, err := exec.Command(prlimit, "--pid", strconv.Itoa(s.command.Process.Pid),
			"--nofile="+files+":").CombinedOutput(); err != nil {
			t.Skipf("%v: %s", err, out)
		}
	}
	limit("8")
	newReport(t, offer, "remarks.txt")
	s.awaitLog("too many open files", 1)
	time.Sleep(3 * time.Second)
	limit("1000")
	// Where the folder could not be looked through, it is at the next look; where the run
	// failed, in a minute.
	for deadline := time.Now().Add(2 * time.Minute); !strings.Contains(strings.Join(story(t, offer), ","),
		"files published"); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the files are not run:\n%s", s.log)
		}
	}
	if n := strings.Count(s.log.String(), "too many open files"); n > 12 {
		t.Errorf("it was said %d times:\n%s", n, s.log)
	}
	s.stop()
}
