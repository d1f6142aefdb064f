package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"tenderbatch/bench/report"
	"time"
)

// contender is who is measured; program is empty for those built in.
type contender struct{ name, program string }

// lane is a contender on so many processors, with what its runs measured.
type lane struct {
	contender
	processors int
	wall, cpu  []time.Duration
	peak       []int64 // KiB
}

// heat is one workbook and those who read it, in turns.
type heat struct {
	self, file string
	rows       int
	inline     bool
	base       string // the contender the others are compared with
	lanes      []lane
}

// newHeat gives each contender a lane with one and one with two processors.
// Programs of their own use one, whatever there is.
func newHeat(self, file string, rows int, inline bool, base string, contenders []contender) heat {
	h := heat{self: self, file: file, rows: rows, inline: inline, base: base}
	for processors := 1; processors <= 2; processors++ {
		for _, c := range contenders {
			if c.program == "" || processors == 1 {
				h.lanes = append(h.lanes, lane{contender: c, processors: processors})
			}
		}
	}
	return h
}

// race measures every lane, time and again.
func (h *heat) race(runs int, log io.Writer) error {
	for n := range runs {
		fmt.Fprintf(log, "%d rows, %s strings: run %d of %d\n", h.rows, report.Variant(h.inline), n+1, runs)
		for i := range h.lanes {
			if err := h.lanes[i].measure(h); err != nil {
				return err
			}
		}
	}
	return nil
}

// measure runs a lane once, in a process of its own.
func (l *lane) measure(h *heat) error {
	command := exec.Command(h.self, "-child", l.name, "-file", h.file)
	if l.program != "" {
		command = exec.Command(l.program, h.file)
	}
	command.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(l.processors), "BENCH_CHILD=1")
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	if err := command.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", l.name, err, bytes.TrimSpace(errs.Bytes()))
	}
	var o outcome
	if err := json.Unmarshal(out.Bytes(), &o); err != nil {
		return fmt.Errorf("%s: %w", l.name, err)
	}
	if want := (h.rows + 1) * report.Columns; o.Cells != want && l.name != "inflate" {
		return fmt.Errorf("%s saw %d cells; there are %d", l.name, o.Cells, want)
	}
	l.wall = append(l.wall, time.Duration(o.Wall))
	l.cpu = append(l.cpu, command.ProcessState.UserTime()+command.ProcessState.SystemTime())
	l.peak = append(l.peak, o.Peak)
	return nil
}

// median is the middle of the values, or the lower of the two in the middle.
func median[T cmp.Ordered](values []T) T {
	return slices.Sorted(slices.Values(values))[(len(values)-1)/2]
}

// printTable prints all heats as one table.
func printTable(w io.Writer, heats []heat) error {
	var b bytes.Buffer
	b.WriteString("| strings | rows | reader | processors | wall | user+sys | rows/s | peak memory | wall, compared | " +
		"user+sys, compared |\n|---|---:|---|---:|---:|---:|---:|---:|---|---|\n")
	for i := range heats {
		for j := range heats[i].lanes {
			heats[i].printLane(&b, &heats[i].lanes[j])
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (h *heat) printLane(b *bytes.Buffer, l *lane) {
	wall := median(l.wall)
	perSecond := float64(h.rows) / wall.Seconds()
	peak := "not known"
	if kib := median(l.peak); kib > 0 {
		peak = fmt.Sprintf("%d MiB", (kib+512)>>10)
	}
	fmt.Fprintf(b, "| %s | %d | %s | %d | %.3f s | %.3f s | %.0f | %s | %s | %s |\n",
		report.Variant(h.inline), h.rows, l.name, l.processors, wall.Seconds(), median(l.cpu).Seconds(), perSecond, peak,
		h.compared(l, func(l *lane) []time.Duration { return l.wall }),
		h.compared(l, func(l *lane) []time.Duration { return l.cpu }))
}

// compared is a time as a multiple of that of the heat's base, on as many
// processors.
func (h *heat) compared(l *lane, times func(*lane) []time.Duration) string {
	if l.name == h.base {
		return ""
	}
	for i := range h.lanes {
		if base := &h.lanes[i]; base.name == h.base && base.processors == l.processors {
			return fmt.Sprintf("%.2f × %s", float64(median(times(l)))/float64(median(times(base))), h.base)
		}
	}
	return ""
}
