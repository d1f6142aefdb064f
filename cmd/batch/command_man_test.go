package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"tenderbatch/internal/exitcode"
)

func TestEveryCommandHasAManualPage(t *testing.T) {
	folder := t.TempDir()
	var stderr bytes.Buffer
	w := testWorld(io.Discard, &stderr)
	if code := run(t.Context(), []string{"man", folder}, w); code != int(exitcode.Done) {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	for _, c := range newRoot(w).Commands() {
		if !c.IsAvailableCommand() {
			continue
		}
		page, err := os.ReadFile(filepath.Join(folder, "batch-"+c.Name()+".1"))
		if err != nil {
			t.Error(err)
		}
		for _, want := range []string{".SH SYNOPSIS", ".SH EXIT STATUS\n.TP\n.B 0\n", ".SH FILES", ".SH SEE ALSO", `"batch 0.1.0"`} {
			if !bytes.Contains(page, []byte(want)) {
				t.Errorf("the page of %s lacks %q", c.Name(), want)
			}
		}
		if bytes.Contains(page, []byte("[=false]")) || bytes.Contains(page, []byte(`\fP=`)) {
			t.Errorf("the page of %s has an option that is not written as in other manuals", c.Name())
		}
	}
}

// TestExitCodesAreTheSameEverywhere compares the tables of the pages with the
// codes of the manual and of --help.
func TestExitCodesAreTheSameEverywhere(t *testing.T) {
	var want []string
	for _, e := range exitcode.Table {
		want = append(want, strconv.Itoa(int(e.Code)))
		if help := newRoot(world{}).Long; !regexp.MustCompile(`\s` + strconv.Itoa(int(e.Code)) + ` `).MatchString(help) {
			t.Errorf("--help does not explain exit code %d", e.Code)
		}
	}
	for _, page := range []string{"commands.md", "operations.md"} {
		content, err := os.ReadFile("../../docs/" + page)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, row := range regexp.MustCompile(`(?m)^\| (\d+) \|`).FindAllStringSubmatch(string(content), -1) {
			got = append(got, row[1])
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s explains exit codes %v, want %v", page, got, want)
		}
	}
}
