package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"tenderbatch/fixtures"
	"tenderbatch/internal/display"
	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/printout"
	"tenderbatch/internal/tender"
)

func newSelfTestCommand(w world) *cobra.Command {
	return &cobra.Command{
		Use:   "self-test",
		Short: "Check that the program computes rightly on this machine",
		Long: `self-test makes the two runs of the worked example, Level 3's offer of 2004, in a folder of
its own below TMPDIR, and compares every line of their lists and results with what they must
be. Then it checks the history, and makes the final run again from its copies. The folder is
removed in the end. Nothing else is read or changed.

Run it once where the program was installed. It takes some seconds.`,
		Example: `  batch self-test`,
		Args:    exactly(),
		RunE: func(c *cobra.Command, _ []string) error {
			folder, err := os.MkdirTemp("", "batch-self-test-")
			if err != nil {
				return err
			}
			err = w.selfTest(c.Context(), filepath.Join(folder, "level3-2004"), fixtures.Level3Expected)
			return errors.Join(err, os.RemoveAll(folder))
		},
	}
}

// exampleRuns are the runs of the worked example by the names of their expected results.
var exampleRuns = []struct{ name, asOf string }{
	{"early", "2004-11-12T17:00"},
	{"final", "2004-12-02T09:00"},
}

// selfTest makes the worked example in a folder that does not exist and compares it with the
// expected files. The error for one that differs is a
// *[tender.ControlError].
func (w world) selfTest(ctx context.Context, folder string, expected fs.FS) error {
	p := printout.New(w.stdout)
	p.Linef("batch %s", w.version)
	if err := writeExample(folder); err != nil {
		return err
	}
	for _, r := range exampleRuns {
		if err := w.again(ctx, exitcode.OpenFindings, "run", folder, "--as-of", r.asOf); err != nil {
			return err
		}
		names, err := compareExample(filepath.Join(folder, "runs", "latest"), expected, path.Join("level3-2004", "expected", r.name))
		if err != nil {
			return err
		}
		p.Linef("  right  the run as of %s: %s", strings.Replace(r.asOf, "T", " ", 1), strings.Join(names, ", "))
	}
	if err := w.again(ctx, exitcode.Done, "runs", folder, "--verify"); err != nil {
		return err
	}
	p.Linef("  right  the history, and every file that it knows")
	if err := w.again(ctx, exitcode.Done, "rerun", filepath.Join(folder, "runs", "latest"), "--verify"); err != nil {
		return err
	}
	p.Linef("  right  the final run made again, to the byte")
	p.Linef("This program computes rightly on this machine.")
	return pipeline.Unsaid("the self-test passed", p.Err())
}

// again runs a command line of this program and demands its exit code.
func (w world) again(ctx context.Context, want exitcode.Code, args ...string) error {
	var said bytes.Buffer
	w.stdout, w.stderr, w.ask, w.hangups = io.Discard, &said, nil, nil
	root := newRoot(w)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	switch code := pipeline.ExitOf(err); {
	case code == want:
		return nil
	case err != nil:
		return fmt.Errorf("self-test: batch %s: %w", args[0], err)
	default:
		return fmt.Errorf("self-test: batch %s ended with exit code %d instead of %d: %s", args[0], code, want,
			strings.TrimSpace(said.String()))
	}
}

// compareExample compares the files of a run with those of the same names that are expected
// in a folder, and returns their names.
func compareExample(run string, expected fs.FS, folder string) ([]string, error) {
	entries, err := fs.ReadDir(expected, folder)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		want, err := fs.ReadFile(expected, path.Join(folder, e.Name()))
		if err != nil {
			return nil, err
		}
		got, err := os.ReadFile(filepath.Join(run, e.Name()))
		if err != nil {
			return nil, err
		}
		if err := sameLines(e.Name(), got, want); err != nil {
			return nil, err
		}
		names = append(names, e.Name())
	}
	return names, nil
}

// sameLines is an error for the first line that differs. The version of the program that wrote
// a result may.
func sameLines(name string, got, want []byte) error {
	lines, expected := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range max(len(lines), len(expected)) {
		g, w := lineOf(lines, i), lineOf(expected, i)
		if g != w && (name != "result.json" || !isVersion(g) || !isVersion(w)) {
			return &tender.ControlError{Rule: "self-test", Message: fmt.Sprintf("line %d of %s is wrong: it is\n  %s\nand must be\n"+
				"  %s\ndo not use this program on this machine; report this message and what batch --version prints",
				i+1, name, display.Cut(g, 200), display.Cut(w, 200))}
		}
	}
	return nil
}

func lineOf(lines [][]byte, i int) string {
	if i < len(lines) {
		return string(lines[i])
	}
	return "(end of the file)"
}

// isVersion reports whether a line of result.json is that with the program's version.
func isVersion(line string) bool {
	return strings.HasPrefix(strings.TrimSpace(line), `"program_version":`)
}
