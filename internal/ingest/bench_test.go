package ingest

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"tenderbatch/internal/inbox"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/xlsx"
)

// benchmarkRows is how many rows the benchmarks read.
const benchmarkRows = 100_000

// benchmarkBook has rows of the width of a DTC report, of which numbers,
// references, times and many amounts differ from row to row.
func benchmarkBook(b *testing.B) []byte {
	rows := [][]any{{"VOI Number", "CUSIP", "Description", "Participant No.", "Participant Name", "Principal Amount",
		"Currency", "Submitted At",
		"Status", "Withdrawn At", "Delivery", "Customer Reference", "Contact", "Remark"}}
	securities := []string{"52729NAA8", "037833100", "88579E100"}
	for i := range benchmarkRows {
		participant := i * 7919 % 400
		minute := 38292_000001 + i*97%11_000000
		rows = append(rows, []any{fmt.Sprintf("%07d", i), securities[i%3], "9-1/8% Senior Notes due 2008",
			fmt.Sprintf("%04d", participant),
			fmt.Sprintf("Participant %04d", participant), 2000 + i*7919%250_000*1000, "USD", float64(minute) / 1_000000,
			"MADE", nil, "Book-entry", fmt.Sprintf("H-%06d", i), fmt.Sprintf("desk%d@participant.example", participant),
			"x"})
	}
	return workbook(b, rows, nil)
}

// readPlain reads the rows and does nothing with them.
func readPlain(b *testing.B, content []byte) {
	book, err := xlsx.Open(bytes.NewReader(content), int64(len(content)), xlsx.DefaultLimits())
	if err != nil {
		b.Fatal(err)
	}
	if _, err := book.Rows(0, func(*xlsx.Row) error { return nil }); err != nil {
		b.Fatal(err)
	}
}

// readChecked reads the rows into checked instructions.
func readChecked(b *testing.B, o *tender.Offer, content []byte) {
	intake, err := Read(o, []inbox.Chosen{{Depositary: o.Depositaries[0],
		File: inbox.File{Name: "dtc-1.xlsx", Content: content}}})
	if err != nil || intake.Count() != benchmarkRows {
		b.Fatal(err, intake)
	}
}

// BenchmarkRead reads a workbook into checked instructions.
func BenchmarkRead(b *testing.B) {
	content, o := benchmarkBook(b), testOffer(b)
	b.ReportAllocs()
	for b.Loop() {
		readChecked(b, o, content)
	}
}

// BenchmarkReadBesidePlain reads a workbook in turn plainly and into checked
// instructions, and says how many times as long the second takes, by the medians.
//
//	go test ./internal/ingest -run - -bench BesidePlain -cpu 1 -benchtime 21x
func BenchmarkReadBesidePlain(b *testing.B) {
	content, o := benchmarkBook(b), testOffer(b)
	var plain, checked []time.Duration
	for b.Loop() {
		start := time.Now()
		readPlain(b, content)
		middle := time.Now()
		readChecked(b, o, content)
		plain, checked = append(plain, middle.Sub(start)), append(checked, time.Since(middle))
	}
	p, c := median(plain), median(checked)
	b.ReportMetric(float64(p.Milliseconds()), "plain-ms")
	b.ReportMetric(float64(c.Milliseconds()), "checked-ms")
	b.ReportMetric(c.Seconds()/p.Seconds(), "times-plain")
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
