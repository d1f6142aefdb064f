package workbook

import (
	"fmt"
	"io"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/decimals"
	"tenderbatch/internal/result"
	"tenderbatch/internal/spreadsheet"
	"tenderbatch/internal/tender"
)

// largeRun is a run of the small offer with so many instructions, all of them
// different.
func largeRun(b testing.TB, n int) *result.Run {
	b.Helper()
	o := smallOffer()
	securities := []string{"52729NAA8", "52729NAE0", "52729NAD2", "XS0109307923"}
	o.Series = append(o.Series[:0:0], o.Series...)
	for i := range o.Series {
		o.Series[i].Outstanding, o.Series[i].HasMaximum = dec("100000000000"), false
	}
	o.Caps[0].Amount = decimal.NewFromInt(int64(n)).Mul(dec("20000"))
	tenders := make([]tender.Instruction, n)
	for i := range tenders {
		s := i % len(o.Series)
		in := smallTender(s, i%12, o.Series[s].ID, securities[s], int64(1+i*7919%53))
		in.ID = "VOI" + strconv.Itoa(10000000+i*7)
		in.Source.Row = i + 2
		in.Received = wall("2004-11-01T09:30:00.000").Add(time.Duration(i) * time.Second)
		in.Participant = fmt.Sprintf("%04d", i*31%400)
		in.ParticipantName = "Participant " + in.Participant
		tenders[i] = in
	}
	r := compute(b, o, tenders, wall("2004-12-03T18:00:00.000"))
	r.Invariants = []tender.Invariant{{Name: "no cap is exceeded", Holds: true}}
	r.Inputs = []result.Input{smallInput(r, "DTC", "dtc-2004-11-30.xlsx", "Tenders", 0, 0)}
	return r
}

// benchmarkRows is as many instructions as the promise is made for.
const benchmarkRows = 1_000_000

// BenchmarkLarge writes a million instructions, first as the workbook of the run
// and then only their sheet with excelize's StreamWriter. It reports how many times
// faster the workbook is, and the memory it takes beside the run.
func BenchmarkLarge(b *testing.B) {
	n := benchmarkRows
	if testing.Short() {
		n /= 20
	}
	r := largeRun(b, n)
	for b.Loop() {
		peak := watchMemory()
		start := time.Now()
		size := counter(0)
		if err := WriteWorkbook(&size, r); err != nil {
			b.Fatal(err)
		}
		ours := time.Since(start)
		b.ReportMetric(ours.Seconds(), "s/workbook")
		b.ReportMetric(peak(), "MiB-peak")
		b.ReportMetric(float64(size)/(1<<20), "MiB-file")
		start = time.Now()
		streamed(b, io.Discard, r)
		theirs := time.Since(start)
		b.ReportMetric(theirs.Seconds(), "s/StreamWriter")
		b.ReportMetric(theirs.Seconds()/ours.Seconds(), "times-faster")
	}
}

type counter int64

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }

// watchMemory returns what stops watching and returns by how many MiB the heap
// grew at most.
func watchMemory() (peak func() float64) {
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	read := func() uint64 { metrics.Read(heap); return heap[0].Value.Uint64() }
	runtime.GC()
	before := read()
	most, stop, stopped := before, make(chan bool), make(chan bool)
	go func() {
		defer close(stopped)
		for tick := time.NewTicker(5 * time.Millisecond); ; {
			select {
			case <-stop:
				return
			case <-tick.C:
				most = max(most, read())
			}
		}
	}()
	return func() float64 {
		close(stop)
		<-stopped
		return float64(max(most, read())-before) / (1 << 20)
	}
}

// streamed writes the rows of Instructions with excelize's StreamWriter, with
// the same styles, formulas and values.
func streamed(b testing.TB, to io.Writer, r *result.Run) {
	b.Helper()
	w := &workbook{frame: frameOf(r, excelize.TotalRows), run: r, tally: newTally(r)}
	w.layInstructions()
	f := excelize.NewFile()
	defer f.Close()
	styles, err := w.frame.Styles(f, []*spreadsheet.Sheet{w.instructions})
	if err != nil {
		b.Fatal(err)
	}
	out, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		b.Fatal(err)
	}
	values := make([]any, len(instructionFields))
	w.instructions.Body.Each(w.instructions.Widths, func(n int, row *spreadsheet.Row) {
		for i := range row.Cells {
			values[i] = streamCell(n, &row.Cells[i], styles)
		}
		if err := out.SetRow(spreadsheet.At(n, 1), values, excelize.RowOpts{Height: row.Height}); err != nil {
			b.Fatal(err)
		}
	})
	if err := out.Flush(); err != nil {
		b.Fatal(err)
	}
	if _, err := f.WriteTo(to); err != nil {
		b.Fatal(err)
	}
}

func streamCell(row int, c *spreadsheet.Cell, styles map[spreadsheet.Style]int) excelize.Cell {
	out := excelize.Cell{StyleID: styles[c.Style]}
	if c.Formula != "" {
		out.Formula = strings.ReplaceAll(c.Formula, "#", strconv.Itoa(row))
	}
	switch c.Kind {
	case spreadsheet.TextKind:
		out.Value = c.Value
	case spreadsheet.Number:
		if out.Value = c.Amount.Units; c.Amount.Places > 0 {
			out.Value = float64(c.Amount.Units) / float64(decimals.Tens[c.Amount.Places])
		}
	}
	return out
}
