package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

// TestDuckDBReadsTheParquetFilesAsTheCSVFiles has another implementation read them, and compares each
// value with the CSV file.
func TestDuckDBReadsTheParquetFilesAsTheCSVFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("it needs DuckDB, which test.sh installs")
	}
	folder := level3Folder(t)
	run1 := runLevel3(t, folder, "2004-11-12T17:00")
	to := filepath.Join(t.TempDir(), "parquet")
	var out bytes.Buffer
	if code := run(context.Background(), []string{"export", run1, "--format", "parquet", "--to", to}, testWorld(&out, &out)); code != 0 {
		t.Fatal(out.String())
	}
	script, err := filepath.Abs(filepath.Join("testdata", "readers", "duckdb.js"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"instructions", "wires", "payments", "paid"} {
		c := exec.Command("node", script, filepath.Join(to, name+".parquet"))
		c.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(os.Getenv("READERS"), "node_modules"))
		content, err := c.Output()
		if err != nil {
			missing(t, "DuckDB", err)
		}
		var read struct {
			Columns [][2]string
			Rows    [][]*string
		}
		if err := json.Unmarshal(content, &read); err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(filepath.Join(run1, name+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		want, err := csv.NewReader(file).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if len(read.Rows) != len(want)-1 || len(read.Columns) != len(want[0]) || (name != "paid" && len(want) < 2) {
			t.Fatalf("%s: %d rows of %d columns, want %d of %d", name, len(read.Rows), len(read.Columns), len(want)-1, len(want[0]))
		}
		for i, c := range read.Columns {
			if c[0] != want[0][i] {
				t.Errorf("%s: the column %s is in the place of %s", name, c[0], want[0][i])
			}
			for n, row := range read.Rows {
				if cell := want[n+1][i]; !sameCell(c[1], row[i], cell) {
					t.Fatalf("%s, row %d, %s: DuckDB reads %v as %s, the CSV file has %q", name, n+1, c[0], row[i], c[1], cell)
				}
			}
		}
	}
}

// sameCell reports whether a value that DuckDB read is that of a cell.
func sameCell(kind string, read *string, cell string) bool {
	if read == nil || cell == "" {
		return read == nil && cell == ""
	}
	switch {
	case strings.HasPrefix(kind, "DECIMAL(38,10)"):
		a, err := decimal.NewFromString(*read)
		b, wrong := decimal.NewFromString(cell)
		return err == nil && wrong == nil && a.Equal(b)
	case kind == "TIMESTAMP WITH TIME ZONE":
		a, err := time.Parse("2006-01-02 15:04:05.999999999-07", *read)
		b, wrong := time.Parse(time.RFC3339Nano, cell)
		return err == nil && wrong == nil && a.Equal(b)
	case kind == "VARCHAR", kind == "DATE", kind == "BIGINT", kind == "BOOLEAN":
		return *read == cell
	}
	return false
}
