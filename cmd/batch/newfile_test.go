package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAWorkbookIsWrittenWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "d.xlsx")
	if err := writeWhole(name, []byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := writeWhole(name, []byte("second")); err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("over another file: %v", err)
	}
	// Where a file system has no links, neither.
	part := filepath.Join(dir, "part")
	if err := os.WriteFile(part, []byte("third"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := renameToNew(part, name); !errors.Is(err, fs.ErrExist) {
		t.Errorf("%v", err)
	}
	if err := renameToNew(part, filepath.Join(dir, "e.xlsx")); err != nil {
		t.Error(err)
	}
	content, err := os.ReadFile(name)
	entries, errDir := os.ReadDir(dir)
	if err != nil || errDir != nil || string(content) != "first" || len(entries) != 2 {
		t.Errorf("%q beside %d other files (%v, %v)", content, len(entries)-1, err, errDir)
	}
}
