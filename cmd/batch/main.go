// Command batch works out a cash tender offer: it reads the tenders that
// depositaries report as spreadsheets, allocates them against the terms of the
// offer and writes the workbook from which the paying agent pays.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // the zones of an offer must not depend on the machine
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], world{stdout: os.Stdout, stderr: os.Stderr, now: time.Now, getenv: os.Getenv, version: buildVersion()}))
}
