package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/klauspost/compress/flate"
	"github.com/xuri/excelize/v2"

	"tenderbatch/bench/report"
	"tenderbatch/internal/inbox"
	"tenderbatch/internal/ingest"
	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/xlsx"
)

// outcome is what one process measured of itself.
type outcome struct {
	Wall  int64 // nanoseconds
	Peak  int64 // KiB of memory at the most; 0 where the system does not say
	Cells int   // seen; 0 if none were looked at
	Bytes int   // of the texts in them, so that no reader can leave out making them
}

// measureHere measures a contender in this process and prints its outcome.
func measureHere(name, path string, stdout io.Writer) error {
	work, ok := map[string]func(string) (int, error){
		"inflate": inflate, "read": read, "excelize": readExcelize, "instructions": readInstructions,
	}[name]
	if !ok {
		return fmt.Errorf("there is no contender %q", name)
	}
	start := time.Now()
	cells, err := work(path)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return json.NewEncoder(stdout).Encode(outcome{Wall: time.Since(start).Nanoseconds(), Peak: peakMemory(), Cells: cells,
		Bytes: seen})
}

// peakMemory is the most memory the process ever held, in KiB, as Linux counts
// it for this program image alone.
func peakMemory() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	value, _, _ := bytes.Cut(rest, []byte("kB"))
	kib, err := strconv.ParseInt(string(bytes.TrimSpace(value)), 10, 64)
	if err != nil {
		return 0
	}
	return kib
}

// inflate reads the sheet's part and throws it away.
func inflate(path string) (int, error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return 0, err
	}
	defer z.Close()
	for _, entry := range z.File {
		if entry.Name != report.SheetPart {
			continue
		}
		packed, err := entry.OpenRaw()
		if err != nil {
			return 0, err
		}
		_, err = io.CopyBuffer(io.Discard, onlyReader{flate.NewReader(packed)}, make([]byte, 128<<10))
		return 0, err
	}
	return 0, fmt.Errorf("there is no %s", report.SheetPart)
}

// onlyReader hides every method but Read, so that io.CopyBuffer uses its buffer.
type onlyReader struct{ io.Reader }

// ownLimits are wide enough for the largest sheet there can be; the defaults stop
// earlier, on purpose.
func ownLimits() xlsx.Limits {
	limits := xlsx.DefaultLimits()
	limits.PartBytes, limits.TotalBytes = 2<<30, 4<<30
	return limits
}

// seen counts the bytes of the cells that were looked at.
var seen int

func read(path string) (int, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	book, err := xlsx.Open(file, info.Size(), ownLimits())
	if err != nil {
		return 0, err
	}
	cells := 0
	_, err = book.Rows(0, func(row *xlsx.Row) error {
		for i := range row.Cells {
			seen += len(row.Cells[i].Text)
		}
		cells += len(row.Cells)
		return nil
	})
	return cells, err
}

// readExcelize reads as excelize's users do who want the values as stored.
func readExcelize(path string) (cells int, err error) {
	f, err := excelize.OpenFile(path, excelize.Options{RawCellValue: true})
	if err != nil {
		return 0, err
	}
	defer f.Close()
	rows, err := f.Rows("Sheet1")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		columns, err := rows.Columns()
		if err != nil {
			return 0, err
		}
		for _, c := range columns {
			seen += len(c)
		}
		cells += len(columns)
	}
	return cells, rows.Error()
}

// readInstructions reads the rows into checked instructions. Every row must come
// to one.
func readInstructions(path string) (int, error) {
	terms, err := offerfile.ParseTerms("offer.yaml", []byte(report.Terms))
	if err != nil {
		return 0, err
	}
	at, err := offerfile.ParseInstant("2004-12-01T09:00", terms.Zone())
	if err != nil {
		return 0, err
	}
	o := terms.AsOf(at)
	content, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	file := inbox.File{Name: filepath.Base(path), Content: content}
	intake, err := ingest.Read(o, []inbox.Chosen{{Depositary: o.Depositaries[0], File: file}})
	if err != nil {
		return 0, err
	}
	if n := len(intake.Findings); n > 0 {
		return 0, fmt.Errorf("%d rejects, the first: %s", n, intake.Findings[0].Message)
	}
	return (intake.Count() + 1) * report.Columns, nil
}
