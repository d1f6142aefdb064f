package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/xlsx"
	"tenderbatch/internal/xlsx/fault"
)

// verdict is what became of one workbook.
type verdict struct {
	file          string
	ours, theirs  error // why it was not read; nil if it was
	sheets, cells int   // that were read
	differs       string
}

// readCorpus reads every workbook below a folder, each content once, beside
// excelize, and says which were refused and where the two do not see the same.
func readCorpus(folder string, stdout io.Writer) error {
	var all []verdict
	seen := make(map[[sha256.Size]byte]bool)
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !slices.Contains([]string{".xlsx", ".xlsm"}, strings.ToLower(filepath.Ext(path))) {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if sum := sha256.Sum256(content); !seen[sum] {
			seen[sum] = true
			all = append(all, judge(path, content))
		}
		return nil
	})
	if err != nil {
		return err
	}
	printVerdicts(stdout, all)
	return nil
}

// judge reads one workbook with both readers and compares the cells.
func judge(path string, content []byte) verdict {
	v := verdict{file: path}
	own, err := ownCells(content)
	v.ours, v.sheets = err, len(own)
	for _, cells := range own {
		v.cells += len(cells)
	}
	theirs, err := excelizeCells(content)
	v.theirs = err
	if v.ours == nil && v.theirs == nil {
		v.differs = difference(own, theirs)
	}
	return v
}

// cells are the values of a sheet by the name of the cell; blank ones are missing.
type cells map[string]string

// ownCells reads all sheets of a workbook.
func ownCells(content []byte) (map[string]cells, error) {
	book, err := xlsx.Open(strings.NewReader(string(content)), int64(len(content)), xlsx.DefaultLimits())
	if err != nil {
		return nil, err
	}
	all := make(map[string]cells)
	for i, s := range book.Sheets() {
		found := make(cells)
		_, err := book.Rows(i, func(row *xlsx.Row) error {
			for _, c := range row.Cells {
				if len(c.Text) > 0 {
					found[xlsx.CellName(c.Col, row.Number)] = string(c.Text)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		all[s.Name] = found
	}
	return all, nil
}

// excelizeCells reads all sheets as excelize does. It panics on some files.
func excelizeCells(content []byte) (all map[string]cells, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it panics: %v", p)
		}
	}()
	f, err := excelize.OpenReader(strings.NewReader(string(content)), excelize.Options{RawCellValue: true})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all = make(map[string]cells)
	for _, name := range f.GetSheetList() {
		rows, err := f.GetRows(name)
		if err != nil {
			return nil, err
		}
		found := make(cells)
		for i, row := range rows {
			for col, text := range row {
				if text != "" {
					found[xlsx.CellName(col, i+1)] = text
				}
			}
		}
		all[name] = found
	}
	return all, nil
}

// difference names the first sheet or cell, in their order, that is not the same.
func difference(ours, theirs map[string]cells) string {
	for _, name := range sortedKeys(ours, theirs) {
		a, b := ours[name], theirs[name] // a sheet that is a chart is in none, or empty
		for _, cell := range sortedKeys(a, b) {
			if a[cell] != b[cell] {
				return fmt.Sprintf("sheet %q, %s: %.60q; excelize %.60q", name, cell, a[cell], b[cell])
			}
		}
	}
	return ""
}

func sortedKeys[V any](a, b map[string]V) []string {
	var keys []string
	for k := range a {
		keys = append(keys, k)
	}
	for k := range b {
		if _, both := a[k]; !both {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}

// printVerdicts prints the refused workbooks, those that differ, and the numbers.
func printVerdicts(w io.Writer, all []verdict) {
	var read, refused, differ, onlyOurs, onlyTheirs, protected int
	for _, v := range all {
		var e *fault.FormatError
		switch {
		case v.ours != nil && errors.As(v.ours, &e) && e.Rule == fault.RuleProtected:
			protected++
			fmt.Fprintf(w, "PROTECTED %s\n", v.file)
		case v.ours != nil:
			refused++
			if v.theirs == nil {
				onlyTheirs++
			}
			fmt.Fprintf(w, "REFUSED %s: %v; excelize: %v\n", v.file, v.ours, cmpError(v.theirs))
		default:
			read++
			if v.theirs != nil {
				onlyOurs++
				fmt.Fprintf(w, "ONLY WE READ %s: excelize: %v\n", v.file, v.theirs)
			}
			if v.differs != "" {
				differ++
				fmt.Fprintf(w, "DIFFERS %s: %s\n", v.file, v.differs)
			}
		}
	}
	fmt.Fprintf(w, "%d different workbooks: %d read, %d refused (%d of which excelize reads), %d protected; %d that "+
		"excelize does not read; the cells differ in %d\n",
		len(all), read, refused, onlyTheirs, protected, onlyOurs, differ)
}

func cmpError(err error) string {
	if err == nil {
		return "reads it"
	}
	return err.Error()
}
