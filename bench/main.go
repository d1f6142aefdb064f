// Command bench measures how fast and in how little memory depositary reports
// are read, side by side with the least it can take and with other readers. It
// prints a table in Markdown; docs/performance.md shows one and says what the
// columns mean.
//
//	go run ./bench                                  everything: five to fifteen minutes
//	go run ./bench -rows 100000 -runs 3             quicker
//	go run ./bench -peer-rows 0 -calamine=false     without other readers
//	go run ./bench -corpus FOLDER                   measures nothing: which workbooks of a
//	                                                folder are refused, and where excelize differs
//
// It writes workbooks of as many rows as asked for, the same bytes each time, into
// a temporary folder. Every measurement is a process of its own, so that its peak
// memory is its own, and the contenders take turns, so that what else the machine
// does meets all of them. What is shown are medians.
//
// The contenders:
//
//	inflate        the sheet's part is inflated and thrown away: the least a reader can take
//	read           xlsx.Open and Rows, every cell looked at
//	excelize       the peer: excelize's row iterator, raw values; slow, so at fewer rows
//	calamine       Rust's reader, cell by cell; only where cargo can fetch and build it
//	instructions   ingest.Read: the same rows to checked instructions
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"tenderbatch/bench/report"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// settings are the flags.
type settings struct {
	rows, peerRows, checkedRows int
	runs                        int
	calamine                    bool
	crates                      string
	corpus                      string
	child, file                 string
}

func run(args []string, stdout, stderr io.Writer) int {
	var s settings
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&s.rows, "rows", 1_000_000, "rows of the large workbooks, at most 1048575")
	flags.IntVar(&s.peerRows, "peer-rows", 100_000, "rows excelize is measured with; 0 leaves it out")
	flags.IntVar(&s.checkedRows, "checked-rows", 200_000,
		"rows read into instructions, under the default limits; 0 leaves it out")
	flags.IntVar(&s.runs, "runs", 5, "runs, of which medians are taken")
	flags.BoolVar(&s.calamine, "calamine", true, "measure calamine, if cargo can build it")
	flags.StringVar(&s.crates, "crates", debianCrates,
		"folder that cargo takes calamine from, if it is there, as Debian's librust-calamine-dev installs it")
	flags.StringVar(&s.corpus, "corpus", "", "folder of workbooks to read beside excelize, and nothing is measured")
	flags.StringVar(&s.child, "child", "", "contender to measure in this very process (bench starts itself so)")
	flags.StringVar(&s.file, "file", "", "workbook for -child")
	if flags.Parse(args) != nil {
		return 2
	}
	err := s.run(stdout, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	return 0
}

func (s settings) run(stdout, stderr io.Writer) error {
	if s.corpus != "" {
		return readCorpus(s.corpus, stdout)
	}
	if s.child != "" {
		return measureHere(s.child, s.file, stdout)
	}
	if s.runs < 1 || max(s.rows, s.peerRows, s.checkedRows) >= report.MaxRows || min(s.peerRows, s.checkedRows) < 0 ||
		s.rows < 1 {
		return fmt.Errorf("a sheet has from 1 to %d rows below its headings, and there must be a run", report.MaxRows-1)
	}
	folder, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	heats, err := s.heats(folder, stderr)
	if err != nil {
		return err
	}
	for i := range heats {
		if err := heats[i].race(s.runs, stderr); err != nil {
			return err
		}
	}
	fmt.Fprintf(stdout, "%d processors, %s/%s, %s; medians of %d runs.\n\n", runtime.NumCPU(), runtime.GOOS,
		runtime.GOARCH, runtime.Version(), s.runs)
	return printTable(stdout, heats)
}

// heats writes the workbooks and says who is measured on which.
func (s settings) heats(folder string, stderr io.Writer) ([]heat, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	large := []contender{{name: "inflate"}, {name: "read"}}
	if s.calamine {
		program, err := buildCalamine(folder, s.crates, stderr)
		if err != nil {
			fmt.Fprintln(stderr, "calamine is not measured:", err)
		} else {
			large = append(large, contender{name: "calamine", program: program})
		}
	}
	classes := []struct {
		rows       int
		base       string
		contenders []contender
	}{
		{s.rows, "inflate", large},
		{s.peerRows, "read", []contender{{name: "read"}, {name: "excelize"}}},
		{s.checkedRows, "read", []contender{{name: "read"}, {name: "instructions"}}},
	}
	var heats []heat
	for _, class := range classes {
		for _, inline := range []bool{false, true} {
			if class.rows == 0 {
				continue
			}
			file, err := report.WriteFile(folder, class.rows, inline, stderr)
			if err != nil {
				return nil, err
			}
			heats = append(heats, newHeat(self, file, class.rows, inline, class.base, class.contenders))
		}
	}
	return heats, nil
}
