// Command batch works out a cash tender offer: it reads the tenders that
// depositaries report as spreadsheets, allocates them against the terms of the
// offer and writes the workbook from which the paying agent pays.
package main

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"
	_ "time/tzdata" // the zones of an offer must not depend on the machine

	"tenderbatch/internal/identity"
	"tenderbatch/internal/terminal"
)

func main() {
	// A run of 400,000 instructions takes a seventh less memory than at the usual 100, in the
	// same time; at 50 it would take longer. GOGC in the environment goes before.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(75)
	}
	// A pipe that was closed is an error of standard output like a full disk, not the end
	// of the program in the middle of its work.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// serve reads its settings again; other commands end as by SIGTERM. Under nohup it is ignored.
	hangups := make(chan os.Signal, 1)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(hangups, syscall.SIGHUP)
	}
	login, system := identity.Current(os.Getenv), identity.SystemNames()
	person := login.Person(system)
	os.Exit(run(ctx, os.Args[1:], world{name: calledAs(os.Args[0]), hangups: hangups, stdout: os.Stdout,
		stderr: os.Stderr, now: clock(), getenv: os.Getenv, version: buildVersion(), actor: person,
		by: login.CameFrom(person, system), ask: terminal.Asker(os.Stdin, os.Stderr), keepWithin: keepWithin}))
}

// keepWithin has the garbage collector work more as the memory comes near to an amount, so
// that a large run takes what was said and not what its garbage makes of it. GOMEMLIMIT in
// the environment goes before.
func keepWithin(bytes int64) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(bytes)
	}
}

// stoppedClock is the time in a program that a test builds, in RFC 3339, so that what it
// makes can be compared byte for byte; "" in all others.
var stoppedClock string

// clock is the time now.
func clock() func() time.Time {
	at, err := time.Parse(time.RFC3339, stoppedClock)
	if err != nil {
		return time.Now
	}
	return func() time.Time { return at }
}

// calledAs is the name under which the program was called, of the two that it has: the
// Debian package calls it tenderbatch, as POSIX has a command named batch.
func calledAs(path string) string {
	if filepath.Base(path) == "tenderbatch" {
		return "tenderbatch"
	}
	return "batch"
}
