// Command batch works out a cash tender offer: it reads the tenders that
// depositaries report as spreadsheets, allocates them against the terms of the
// offer and writes the workbook from which the paying agent pays.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"os/user"
	"syscall"
	"time"
	_ "time/tzdata" // the zones of an offer must not depend on the machine
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], world{stdout: os.Stdout, stderr: os.Stderr, now: time.Now, getenv: os.Getenv, version: buildVersion(), by: by()}))
}

// by says who runs the program: USER@MACHINE pid N. What is not known is left
// out.
func by() string {
	name := os.Getenv("USER")
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	machine, _ := os.Hostname()
	return fmt.Sprintf("%s@%s pid %d", name, machine, os.Getpid())
}
