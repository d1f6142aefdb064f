// Command console measures how long the pages of the console take to open, of offers with 10,000 and
// 1,000,000 instructions. It prints a table in Markdown, which docs/performance.md shows.
//
//	go run ./bench/console                both sizes: some minutes
//	go run ./bench/console -rows 10000    quicker
//
// Cold is the first opening by a console that began just then and, as a service does, had read the newest
// run of each offer in the background; warm is the median of five more. First is the time of that reading.
// A viewer's page is masked.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"tenderbatch/bench/report"
	"tenderbatch/internal/account"
	"tenderbatch/internal/console"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/pipeline"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "console:", err)
		os.Exit(1)
	}
}

// pages are what is measured; RUN is the newest run.
var pages = []string{"/", "/offers/bench", "RUN", "RUN/payments", "RUN/payments?page=50", "RUN/payments?q=usd",
	"RUN/instructions", "RUN/instructions?page=100", "RUN/instructions?q=0000123", "RUN/findings", "/offers/bench/history",
	"/approve", "/schedule"}

const asOf = "2004-12-01T09:00"

func run(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("console", flag.ContinueOnError)
	flags.SetOutput(stderr)
	sizes := flags.String("rows", "10000,1000000", "instructions, as a list")
	if err := flags.Parse(args); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "console-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	for size := range strings.SplitSeq(*sizes, ",") {
		rows, err := strconv.Atoi(size)
		if err != nil || rows < len(reports) {
			return fmt.Errorf("%q is not a number of instructions from %d on", size, len(reports))
		}
		root := filepath.Join(folder, size)
		fmt.Fprintf(stderr, "%d instructions: making the run\n", rows)
		if err := makeRun(root, rows, stderr); err != nil {
			return err
		}
		if err := measure(root, rows, stdout); err != nil {
			return err
		}
	}
	return nil
}

// reports are the names of the four reports.
var reports = []string{"dtc", "euroclear", "clearstream", "six"}

// makeRun writes an offer with so many instructions, and makes a run of it.
func makeRun(root string, rows int, log io.Writer) error {
	offer := filepath.Join(root, "bench")
	inbox := filepath.Join(offer, "inbox")
	if err := os.MkdirAll(inbox, 0o750); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(offer, "offer.yaml"), []byte(report.Terms), 0o640); err != nil {
		return err
	}
	written, err := report.WriteFile(root, rows/len(reports), false, log)
	if err != nil {
		return err
	}
	for _, name := range reports {
		if err := os.Link(written, filepath.Join(inbox, name+"-2004-12-01.xlsx")); err != nil {
			return err
		}
	}
	_, err = pipeline.Run(context.Background(), pipeline.Request{Folder: offer, AsOf: asOf, Clock: time.Now,
		Version: "bench", By: "bench", Actor: ledger.Actor{Kind: ledger.User, Name: "bench"}, AcceptRejects: "a measurement"})
	return err
}

// measure prints how long each page takes.
func measure(root string, rows int, stdout io.Writer) error {
	fmt.Fprintf(stdout, "\n%d instructions:\n\n", rows)
	fmt.Fprintln(stdout, "| page | preparer, cold | warm | viewer, cold | warm |\n|---|---:|---:|---:|---:|")
	var cells [4][]time.Duration
	var first time.Duration
	for n, role := range []account.Role{account.Preparer, account.Viewer} {
		v, closed, err := open(root, role)
		if err != nil {
			return err
		}
		began := time.Now()
		v.console.Warm(context.Background())
		first = max(first, time.Since(began))
		for _, page := range pages {
			cold, warm, err := v.times(page)
			if err != nil {
				return errors.Join(err, closed())
			}
			cells[2*n], cells[2*n+1] = append(cells[2*n], cold), append(cells[2*n+1], warm)
		}
		if err := closed(); err != nil {
			return err
		}
	}
	for i, page := range pages {
		fmt.Fprintf(stdout, "| `%s` |", page)
		for _, c := range cells {
			fmt.Fprintf(stdout, " %.0f ms |", float64(c[i].Microseconds())/1000)
		}
		fmt.Fprintln(stdout)
	}
	fmt.Fprintf(stdout, "\nFirst, in the background: %.1f s.\n", first.Seconds())
	return nil
}

// visitor is a browser that is logged in.
type visitor struct {
	*http.Client
	console *console.Console
	address string
}

// open has a new console, and a person of a role logged in.
func open(root string, role account.Role) (*visitor, func() error, error) {
	state, err := os.MkdirTemp("", "accounts-")
	if err != nil {
		return nil, nil, err
	}
	accounts, err := account.Open(filepath.Join(state, account.FileName), time.Now)
	if err != nil {
		return nil, nil, err
	}
	c, err := console.New(console.Config{Folder: root, Accounts: accounts, Now: time.Now, Version: "bench",
		Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, nil, err
	}
	server := httptest.NewServer(c.Handler())
	closed := func() error {
		server.Close()
		return errors.Join(accounts.Close(), os.RemoveAll(state))
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, nil, errors.Join(err, closed())
	}
	v := &visitor{&http.Client{Jar: jar}, c, server.URL}
	const password = "correct horse battery staple"
	once, err := accounts.Add("bench", "bench", "", []account.Grant{{Role: role}})
	if err == nil {
		err = accounts.ChangePassword("bench", once, password)
	}
	if err == nil {
		var answer *http.Response
		if answer, err = v.PostForm(v.address+"/login", url.Values{"name": {"bench"}, "password": {password}}); err == nil {
			err = answer.Body.Close()
		}
	}
	if err != nil {
		return nil, nil, errors.Join(err, closed())
	}
	return v, closed, nil
}

// times are how long the first opening of a page takes, and the median of five more.
func (v *visitor) times(page string) (cold, warm time.Duration, err error) {
	const more = 5
	var took []time.Duration
	for range 1 + more {
		began := time.Now()
		answer, err := v.Get(v.address + strings.Replace(page, "RUN", "/offers/bench/runs/latest", 1))
		if err != nil {
			return 0, 0, err
		}
		_, err = io.Copy(io.Discard, answer.Body)
		if err = errors.Join(err, answer.Body.Close()); err != nil {
			return 0, 0, err
		}
		if answer.StatusCode != http.StatusOK {
			return 0, 0, fmt.Errorf("%s: %s", page, answer.Status)
		}
		took = append(took, time.Since(began))
	}
	cold = took[0]
	slices.Sort(took[1:])
	return cold, took[1+more/2], nil
}
