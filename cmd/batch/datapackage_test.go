package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// described is what a reader of datapackage.json needs of it.
type described struct {
	Resources []struct {
		Path   string `json:"path"`
		Schema struct {
			Fields []struct {
				Name        string `json:"name"`
				Type        string `json:"type"`
				Constraints *struct {
					Enum []string `json:"enum"`
				} `json:"constraints"`
			} `json:"fields"`
		} `json:"schema"`
	} `json:"resources"`
}

// TestTheCSVFilesAreAsTheDataPackageSays reads every CSV file of some runs by datapackage.json alone:
// each column is there, and each cell is of its type.
func TestTheCSVFilesAreAsTheDataPackageSays(t *testing.T) {
	folder := level3Folder(t)
	runs := []string{runLevel3(t, folder, "2004-11-12T17:00"), runLevel3(t, folder, "2004-12-02T09:00")}
	cells := 0
	for _, run := range runs {
		content, err := os.ReadFile(filepath.Join(run, "datapackage.json"))
		if err != nil {
			t.Fatal(err)
		}
		var d described
		if err := json.Unmarshal(content, &d); err != nil {
			t.Fatal(err)
		}
		var paths []string
		for _, r := range d.Resources {
			paths = append(paths, r.Path)
			file, err := os.Open(filepath.Join(run, r.Path))
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			rows, err := csv.NewReader(file).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			for i, f := range r.Schema.Fields {
				if i >= len(rows[0]) || rows[0][i] != f.Name || len(rows[0]) != len(r.Schema.Fields) {
					t.Fatalf("%s has the columns %q", r.Path, rows[0])
				}
				for _, row := range rows[1:] {
					if row[i] == "" {
						continue
					}
					cells++
					if err := ofType(f.Type, row[i]); err != nil {
						t.Errorf("%s, %s: %v", r.Path, f.Name, err)
					}
					if f.Constraints != nil && !slices.Contains(f.Constraints.Enum, row[i]) {
						t.Errorf("%s, %s: %q is none of %q", r.Path, f.Name, row[i], f.Constraints.Enum)
					}
				}
			}
		}
		there, err := filepath.Glob(filepath.Join(run, "*.csv"))
		if err != nil || len(there) != len(paths) {
			t.Errorf("%q are there, and %q are described", there, paths)
		}
	}
	if cells < 10_000 {
		t.Errorf("only %d cells were read", cells)
	}
	for kind, wrong := range map[string]string{"number": "1,000", "integer": "1.5", "date": "2/3/2004", "datetime": "2004-11-12", "boolean": "yes", "other": ""} {
		if ofType(kind, wrong) == nil {
			t.Errorf("%q is taken for a %s", wrong, kind)
		}
	}
}

// ofType is an error if a cell is not of a type.
func ofType(kind, cell string) error {
	var err error
	switch kind {
	case "string":
	case "number":
		_, err = decimal.NewFromString(cell)
	case "integer":
		_, err = strconv.Atoi(cell)
	case "date":
		_, err = tender.ParseDate(cell)
	case "datetime":
		_, err = time.Parse(time.RFC3339Nano, cell)
	case "boolean":
		if cell != "true" && cell != "false" {
			_, err = strconv.ParseBool("no " + cell)
		}
	default:
		_, err = strconv.Atoi("no type " + kind)
	}
	return err
}
