package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/need"
)

// loadTerms are the terms of a made-up offer without files. Its schedule comes due every
// day at the time that is put in.
const loadTerms = `id: %s
issuer: Load Inc.
timezone: UTC
schedule: "%d %d * * *"
dates:
  launch: %s
  expiration: {at: %s}
  settlement: {final: %s}
series:
  - id: A
    securities: ["52729NAA8"]
    currency: USD
    priority: 1
    outstanding: 900000000000
    tender_offer_consideration: 837.50
    denomination: {minimum: 1000, multiple: 1000}
    interest: {coupon: 9.125, day_count: 30/360, last_paid: 2024-01-01, frequency: 2}
caps:
  - {name: Tender Cap, amount: 450000, currency: USD}
depositaries:
  - {name: DTC, files: "dtc-*"}
`

// writeLoadOffer writes an offer of the name, open at a time, with a report of it that
// is a second name of the file.
func writeLoadOffer(t *testing.T, offer, report string, now, slot time.Time) {
	t.Helper()
	day := func(days int) string { return now.AddDate(0, 0, days).Format(time.DateOnly) }
	terms := fmt.Sprintf(loadTerms, filepath.Base(offer), slot.Minute(), slot.Hour(), day(-10), day(10)+"T17:00", day(20))
	inbox := filepath.Join(offer, "inbox")
	if err := os.MkdirAll(inbox, 0o750); err != nil {
		t.Fatal(err)
	}
	name := "dtc-" + now.AddDate(0, 0, -1).Format("2006-01-02") + filepath.Ext(report)
	for _, err := range []error{os.WriteFile(filepath.Join(offer, "offer.yaml"), []byte(terms), 0o640), os.Link(report, filepath.Join(inbox, name))} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// loadReport is the shape of a report of tenders.
type loadReport struct {
	rows   int
	format string // csv, xlsx (inline strings), shared (xlsx with shared strings)
	wide   bool   // with seven columns more, which are long and differ
}

// write writes the report into a folder and returns its name.
func (r loadReport) write(t *testing.T, folder string, now time.Time) string {
	t.Helper()
	headings := []string{"VOI Number", "CUSIP", "Principal Amount", "Submitted At", "DTC Participant"}
	if r.wide {
		headings = append(headings, "Participant Name", "Customer Reference", "Contact", "Status", "Remark", "Remark 2", "Remark 3")
	}
	row := func(i int) []string {
		at := now.AddDate(0, 0, -3).Add(time.Duration(i%3600) * time.Second)
		cells := []string{fmt.Sprintf("V%08d", i), "52729NAA8", strconv.Itoa(1000 * (i%900 + 1)), at.Format("2006-01-02 15:04:05"), fmt.Sprintf("%04d", i%600)}
		if r.wide {
			unlike := fmt.Sprintf("%x", uint64(i+1)*0x9E3779B97F4A7C15)
			cells = append(cells, fmt.Sprintf("Bank %d", i%600), "REF "+unlike, fmt.Sprintf("Desk %d", i%97), "ACCEPTED", unlike+unlike, "remark "+unlike, unlike[:4])
		}
		return cells
	}
	path := filepath.Join(folder, fmt.Sprintf("%s-%d-%t", r.format, r.rows, r.wide))
	if r.format == "csv" {
		path += ".csv"
		r.writeCSV(t, path, headings, row)
	} else {
		path += ".xlsx"
		r.writeWorkbook(t, path, headings, row)
	}
	before := now.AddDate(0, 0, -1)
	if err := os.Chtimes(path, before, before); err != nil {
		t.Fatal(err)
	}
	return path
}

func (r loadReport) writeCSV(t *testing.T, path string, headings []string, row func(int) []string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w := bufio.NewWriter(file)
	fmt.Fprintln(w, strings.Join(headings, ","))
	for i := range r.rows {
		fmt.Fprintln(w, strings.Join(row(i), ","))
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}

func (r loadReport) writeWorkbook(t *testing.T, path string, headings []string, row func(int) []string) {
	t.Helper()
	book := excelize.NewFile()
	defer book.Close()
	var failed error
	if r.format == "shared" {
		for i := -1; i < r.rows; i++ {
			texts := headings
			if i >= 0 {
				texts = row(i)
			}
			for c, text := range texts {
				cell, _ := excelize.CoordinatesToCellName(c+1, i+2)
				if failed == nil {
					failed = book.SetCellStr("Sheet1", cell, text)
				}
			}
		}
	} else {
		w, err := book.NewStreamWriter("Sheet1")
		if err != nil {
			t.Fatal(err)
		}
		put := func(n int, texts []string) {
			cells := make([]any, len(texts))
			for i, text := range texts {
				cells[i] = text
			}
			cell, _ := excelize.CoordinatesToCellName(1, n)
			if failed == nil {
				failed = w.SetRow(cell, cells)
			}
		}
		put(1, headings)
		for i := range r.rows {
			put(i+2, row(i))
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if failed != nil {
		t.Fatal(failed)
	}
	if err := book.SaveAs(path); err != nil {
		t.Fatal(err)
	}
}

// peakOf runs a program and returns the most memory it had at once, in bytes.
func peakOf(t *testing.T, program string, args ...string) int64 {
	t.Helper()
	out, err := exec.Command("/usr/bin/time", append([]string{"-f", "peak %M", program}, args...)...).CombinedOutput()
	_, peak, found := strings.Cut(string(out), "peak ")
	kilobytes, wrong := strconv.ParseInt(strings.TrimSpace(peak), 10, 64)
	if err != nil || !found || wrong != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return kilobytes << 10
}

// buildProgram builds the program as it is shipped.
func buildProgram(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "batch")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// TestMeasureMemory prints what memory a run takes at its peak for reports of various
// sizes and kinds. docs/performance.md has the figures, and the estimate in
// internal/need is drawn above them.
func TestMeasureMemory(t *testing.T) {
	if os.Getenv("MEASURE_MEMORY") == "" {
		t.Skip("set MEASURE_MEMORY=1 to measure; it takes minutes")
	}
	program, now := buildProgram(t), time.Now().UTC()
	for _, wide := range []bool{false, true} {
		for _, format := range []string{"csv", "xlsx", "shared"} {
			for _, rows := range []int{100, 5_000, 20_000, 50_000, 100_000} {
				folder := t.TempDir()
				report := loadReport{rows, format, wide}.write(t, folder, now)
				info, err := os.Stat(report)
				if err != nil {
					t.Fatal(err)
				}
				line := fmt.Sprintf("| %s | %t | %d | %d |", format, wide, rows, info.Size())
				offer := filepath.Join(folder, "offer")
				writeLoadOffer(t, offer, report, now, now)
				for _, next := range []string{"", loadReport{rows + 10, format, wide}.write(t, folder, now)} {
					if next != "" {
						if err := os.Link(next, filepath.Join(offer, "inbox", "dtc-"+now.Format(time.DateOnly)+filepath.Ext(next))); err != nil {
							t.Fatal(err)
						}
					}
					need, began := need.Of(offer, now), time.Now()
					peak := peakOf(t, program, "run", offer)
					line += fmt.Sprintf(" %d MiB | %d MiB | %.1f s |", peak>>20, need>>20, time.Since(began).Seconds())
					if peak > need {
						t.Errorf("%s: it took %d bytes, more than the %d it was said to need", line, peak, need)
					}
				}
				fmt.Println(line)
			}
		}
	}
}
