package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestEveryVerbFlagAndExitCodeHasATranscript looks for each command and each of its
// flags among the command lines of the transcripts, and for each exit code. Code
// 130 needs an interrupt: TestAnInterruptedRunEndsWith130.
func TestEveryVerbFlagAndExitCodeHasATranscript(t *testing.T) {
	lines := transcriptLines(t)
	var walk func(c *cobra.Command, verb string)
	walk = func(c *cobra.Command, verb string) {
		for _, sub := range c.Commands() {
			if sub.Name() == "help" || sub.Name() == "completion" {
				continue // cobra's own
			}
			walk(sub, strings.TrimSpace(verb+" "+sub.Name()))
		}
		if !c.Runnable() || verb == "" {
			return
		}
		used := slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return !strings.HasPrefix(l+" ", verb+" ") })
		if len(used) == 0 {
			t.Errorf("batch %s: no transcript", verb)
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			flag := regexp.MustCompile(` --` + f.Name + `( |=|$)`)
			if f.Name != "help" && !slices.ContainsFunc(used, flag.MatchString) {
				t.Errorf("batch %s --%s: no transcript", verb, f.Name)
			}
		})
	}
	walk(newRoot(testWorld(io.Discard, io.Discard)), "")
	all := strings.Join(transcripts(t), "\n")
	for _, code := range []string{"0", "1", "2", "3", "5", "6"} {
		if !strings.Contains(all, "\nbatch "+code+" ") {
			t.Errorf("no transcript ends with exit code %s", code)
		}
	}
}

// transcriptLines are the command lines of all transcripts, without "batch" and the
// exit code.
func transcriptLines(t *testing.T) []string {
	t.Helper()
	var lines []string
	for _, script := range transcripts(t) {
		for _, found := range regexp.MustCompile(`(?m)^batch \d+ (.*)$`).FindAllStringSubmatch(script, -1) {
			lines = append(lines, found[1])
		}
	}
	return lines
}

func transcripts(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal("no transcripts", err)
	}
	var all []string
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(content))
	}
	return all
}
