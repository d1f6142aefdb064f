package main

import (
	"bytes"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"tenderbatch/fixtures"
	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/pipeline"
)

func TestSelfTestPasses(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"self-test"}, testWorld(&stdout, &stderr)); code != 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	if n := strings.Count(stdout.String(), "  right  "); n != 4 {
		t.Errorf("%d parts are right, not 4:\n%s", n, &stdout)
	}
	left, err := filepath.Glob(filepath.Join(temporary, "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// A cent that is computed otherwise, in any of the files, is found and named.
func TestSelfTestFindsEachFileThatDiffers(t *testing.T) {
	for _, name := range []string{
		"early/payments.csv", "early/result.json", "final/instructions.csv", "final/payments.csv", "final/rejects.csv",
		"final/release.txt", "final/result.json",
	} {
		t.Run(name, func(t *testing.T) {
			expected := expectedWith(t, "level3-2004/expected/"+name)
			err := testWorld(io.Discard, io.Discard).selfTest(t.Context(), filepath.Join(t.TempDir(), "level3"), expected)
			if pipeline.ExitOf(err) != exitcode.Controls || !strings.Contains(err.Error(), filepath.Base(name)+" is wrong") {
				t.Errorf("%v, not that %s is wrong", err, name)
			}
		})
	}
}

// expectedWith are the expected files with another digit at the end of one.
func expectedWith(t *testing.T, name string) fs.FS {
	t.Helper()
	all := fstest.MapFS{}
	err := fs.WalkDir(fixtures.Level3Expected, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := fs.ReadFile(fixtures.Level3Expected, path)
		if path == name {
			last := bytes.LastIndexAny(content, "0123456789")
			content[last] = '0' + (content[last]-'0'+1)%10
		}
		all[path] = &fstest.MapFile{Data: content}
		return err
	})
	if err != nil || all[name] == nil {
		t.Fatal(name, err)
	}
	return all
}
