package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestBrowser uses the console as people do, in Chromium: the specifications are in
// testdata/browser, each makes its own folder of offers and accounts. BROWSER names the folder
// into which the test command installed Playwright. With PICTURES the pictures of the console in
// docs/images are made again, which no other run of the tests does.
func TestBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	modules, chromium := browserTools(t)
	dir := t.TempDir()
	program := filepath.Join(dir, "batch")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.CopyFS(filepath.Join(dir, "specs"), os.DirFS(filepath.Join("testdata", "browser"))); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(modules, filepath.Join(dir, "specs", "node_modules")); err != nil {
		t.Fatal(err)
	}
	fixtures, err := filepath.Abs(filepath.Join("..", "..", "fixtures"))
	if err != nil {
		t.Fatal(err)
	}
	report := filepath.Join(dir, "report.json")
	c := exec.Command(filepath.Join(modules, ".bin", "playwright"), "test")
	c.Dir = filepath.Join(dir, "specs")
	c.Env = append(os.Environ(), "BATCH="+program, "FIXTURES="+fixtures, "CHROMIUM="+chromium, "REPORT="+report)
	out, err := c.CombinedOutput()
	passed := browserReport(t, report)
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	// A file of specifications that is not found would pass without a word.
	const least = 20
	if passed < least {
		t.Errorf("%d tests passed in the browser, want %d or more\n%s", passed, least, out)
	}
	t.Logf("%d tests passed in the browser", passed)
}

// browserTools are the folder with Playwright's modules, and Chromium. Where they are missing the
// test is skipped, but in CI it fails.
func browserTools(t *testing.T) (modules, chromium string) {
	t.Helper()
	folder := os.Getenv("BROWSER")
	if folder == "" {
		folder = filepath.Join("..", "..", ".build", "browser")
	}
	modules, err := filepath.Abs(filepath.Join(folder, "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(modules, "@playwright", "test")); err != nil {
		missing(t, "Playwright", err)
	}
	if chromium, err = exec.LookPath("chromium"); err != nil {
		missing(t, "chromium", err)
	}
	return modules, chromium
}

// browserReport says which specifications failed, and returns how many passed.
func browserReport(t *testing.T, path string) (passed int) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Errorf("Playwright wrote no report: %v", err)
		return 0
	}
	type suite struct {
		Title  string `json:"title"`
		Suites []json.RawMessage
		Specs  []struct {
			Title string `json:"title"`
			OK    bool   `json:"ok"`
			Tests []struct {
				Status string `json:"status"`
			} `json:"tests"`
		} `json:"specs"`
	}
	var walk func(content []byte)
	walk = func(content []byte) {
		var s suite
		if err := json.NewDecoder(bytes.NewReader(content)).Decode(&s); err != nil {
			t.Error(err)
			return
		}
		for _, inner := range s.Suites {
			walk(inner)
		}
		for _, spec := range s.Specs {
			switch {
			case !spec.OK:
				t.Errorf("%s: %s", s.Title, spec.Title)
			case strings.Contains(spec.Tests[0].Status, "expected"):
				passed++
			}
		}
	}
	walk(content)
	return passed
}
