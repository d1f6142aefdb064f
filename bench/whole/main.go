// Command whole measures the whole job: from an inbox with four reports to the published
// run, beside the time in which excelize streams one of the four. It prints a table in
// Markdown, which docs/performance.md shows.
//
//	go run ./bench/whole                        10,000 to 1,000,000 instructions: some minutes
//	go run ./bench/whole -rows 400000 -runs 1   quicker
//
// The offer is the same bytes each time. The two take turns, each in a process of its own;
// what is shown are medians, and the most memory of any run.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/xuri/excelize/v2"

	"tenderbatch/bench/report"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "whole:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("whole", flag.ContinueOnError)
	flags.SetOutput(stderr)
	sizes := flags.String("rows", "10000,100000,400000,1000000", "instructions, as a list")
	runs := flags.Int("runs", 3, "runs, of which medians are taken")
	program := flags.String("program", "", "the program to measure; built from ./cmd/batch if not given")
	stream := flags.String("stream", "",
		"workbook that excelize is to stream in this very process (whole starts itself so)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *stream != "" {
		return streamWorkbook(*stream)
	}
	folder, err := os.MkdirTemp("", "whole-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if *program == "" {
		*program = filepath.Join(folder, "batch")
		if out, err := exec.Command("go", "build", "-o", *program, "./cmd/batch").CombinedOutput(); err != nil {
			return fmt.Errorf("building the program: %w\n%s", err, out)
		}
	}
	fmt.Fprintln(stdout, "| instructions | excelize, a quarter | batch, all | ratio | user+sys | peak memory | stages |")
	fmt.Fprintln(stdout, "|---:|---:|---:|---:|---:|---:|---|")
	for size := range strings.SplitSeq(*sizes, ",") {
		rows, err := strconv.Atoi(size)
		if err != nil || rows < len(reports) || *runs < 1 {
			return fmt.Errorf("%q is not a number of instructions from %d on, or there is no run", size, len(reports))
		}
		if err := measure(stdout, stderr, folder, *program, rows, *runs); err != nil {
			return err
		}
	}
	return nil
}

// reports are the names of the four reports.
var reports = []string{"dtc", "euroclear", "clearstream", "six"}

// spent is what one process took.
type spent struct {
	wall, cpu time.Duration
	peak      int64  // bytes
	stages    string // as the program says
}

// measure lets the two take turns and prints the row of the table.
func measure(stdout, stderr io.Writer, folder, program string, rows, runs int) error {
	offer, quarter, err := writeOffer(folder, rows, stderr)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	var peer, own []spent
	for n := range runs {
		fmt.Fprintf(stderr, "%d instructions: run %d of %d\n", rows, n+1, runs)
		p, err := spend(self, "-stream", quarter)
		if err != nil {
			return err
		}
		if err := os.RemoveAll(filepath.Join(offer, "runs")); err != nil {
			return err
		}
		o, err := spend(program, "run", offer, "--as-of", "2004-12-01T09:00", "--stages")
		if err != nil {
			return err
		}
		peer, own = append(peer, p), append(own, o)
	}
	byWall := func(a, b spent) int { return cmp.Compare(a.wall, b.wall) }
	slices.SortFunc(peer, byWall)
	slices.SortFunc(own, byWall)
	middle, peak := own[runs/2], int64(0)
	for _, o := range own {
		peak = max(peak, o.peak)
	}
	fmt.Fprintf(stdout, "| %d | %.2f s | %.2f s | %.2f | %.2f s | %d MiB | %s |\n", rows, peer[runs/2].wall.Seconds(),
		middle.wall.Seconds(), middle.wall.Seconds()/peer[runs/2].wall.Seconds(), middle.cpu.Seconds(), peak>>20, middle.stages)
	return os.RemoveAll(offer)
}

// spend runs a program to its end. A run with findings (exit code 3) is one, too.
func spend(program string, args ...string) (spent, error) {
	var out, wrong strings.Builder
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = &out, &wrong
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start)
	if err != nil && (cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 3) {
		return spent{}, fmt.Errorf("%s: %w\n%s%s", strings.Join(cmd.Args, " "), err, out.String(), wrong.String())
	}
	s := spent{wall: wall, cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), stages: strings.Join(strings.Fields(strings.ReplaceAll(wrong.String(), " s\n", ",")), " ")}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		s.peak = usage.Maxrss << 10
	}
	return s, nil
}

// writeOffer writes an offer with so many instructions, and returns its folder and one of
// its four reports.
func writeOffer(folder string, rows int, log io.Writer) (offer, quarter string, err error) {
	offer = filepath.Join(folder, strconv.Itoa(rows))
	inbox := filepath.Join(offer, "inbox")
	if err := os.MkdirAll(inbox, 0o750); err != nil {
		return "", "", err
	}
	if err := os.WriteFile(filepath.Join(offer, "offer.yaml"), []byte(report.Terms), 0o640); err != nil {
		return "", "", err
	}
	written, err := report.WriteFile(folder, rows/len(reports), false, log)
	if err != nil {
		return "", "", err
	}
	for _, name := range reports {
		quarter = filepath.Join(inbox, name+"-2004-12-01.xlsx")
		if err := os.Link(written, quarter); err != nil {
			return "", "", err
		}
	}
	return offer, quarter, nil
}

// streamWorkbook reads all rows as excelize does: its row iterator, raw values.
func streamWorkbook(path string) error {
	f, err := excelize.OpenFile(path, excelize.Options{RawCellValue: true})
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := f.Rows("Sheet1")
	if err != nil {
		return err
	}
	for rows.Next() {
		if _, err := rows.Columns(); err != nil {
			return err
		}
	}
	return rows.Error()
}
