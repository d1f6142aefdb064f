package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// typed finds what an operator, systemd or cron would type: a line of an indented
// block, of a unit or of a crontab, up to a pipe, a redirection or a comment.
var typed = regexp.MustCompile(`(?m)^(?: {3}|ExecStart=|[\d*]).*?[ /](?:-u batch )?((?:tender)?batch [^|>#\n]+)`)

// mentioned finds commands within a sentence, which may leave their arguments out.
var mentioned = regexp.MustCompile("`(?:sudo -u batch )?((?:tender)?batch [^`]+)`")

func TestEveryCommandInTheDocumentationExists(t *testing.T) {
	pages, err := filepath.Glob("../../packaging/systemd/*.service")
	if err != nil || len(pages) == 0 {
		t.Fatal("no units", err)
	}
	docs, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(docs) == 0 {
		t.Fatal("no pages", err)
	}
	pages = append(append(pages, docs...), "../../packaging/crontab", "../../README.md", "../../CHANGELOG.md")
	found := 0
	for _, page := range pages {
		content, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		commands, faults := complaints(filepath.Base(page), string(content))
		for _, complaint := range faults {
			t.Error(complaint)
		}
		found += commands
	}
	if found < 100 {
		t.Errorf("only %d commands were found", found)
	}
}

// complaints counts the commands on a page, and has what the program says against them.
func complaints(page, content string) (int, []string) {
	var list []string
	commands := append(typed.FindAllStringSubmatch(content, -1), mentioned.FindAllStringSubmatch(content, -1)...)
	for _, c := range commands {
		line, _, _ := strings.Cut(c[1], "   ")                              // what follows says what it does
		line = strings.TrimPrefix(strings.TrimSuffix(line, " 2"), "tender") // 2 of 2>&1; the package's name for batch
		brief := c[0][0] == '`'
		err := understood(line, brief)
		if err != nil && !(brief && strings.Contains(err.Error(), "flag needs an argument")) {
			list = append(list, fmt.Sprintf("%s: %s: %v", page, line, err))
		}
	}
	return len(commands), list
}

func TestCommandsThatDoNotExistAreNotUnderstood(t *testing.T) {
	for line, want := range map[string]string{
		"batch run level3 --as-of 2004-11-12T17:00": "",
		"batch --version":            "",
		"batch rum level3":           `no command "rum"`,
		"batch run level3 --as-if 1": "unknown flag: --as-if",
		"batch run":                  "takes 1 argument",
		"batch whatif level3 --csv=maybe --solve 'accept all of 4'": "invalid argument",
	} {
		err := fmt.Sprint(understood(line, false))
		if (want == "" && err != "<nil>") || !strings.Contains(err, want) {
			t.Errorf("%s: %s, want %q", line, err, want)
		}
	}
}

// understood says whether the program takes a command line, without running it. The
// arguments may be left out of a brief one.
func understood(line string, brief bool) error {
	root := newRoot(testWorld(io.Discard, io.Discard))
	root.InitDefaultCompletionCmd()
	c, rest, err := root.Find(words(line)[1:])
	if err != nil {
		return err
	}
	if c == root && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		return c.ValidateArgs(rest)
	}
	c.InitDefaultHelpFlag()
	c.InitDefaultVersionFlag()
	if err := c.ParseFlags(rest); err != nil {
		return err
	}
	args := c.Flags().Args()
	if len(args) == 0 && (brief || c == root) {
		return nil
	}
	return c.ValidateArgs(args)
}

// words splits a command line as a shell does, as far as the pages need it.
func words(line string) []string {
	var list []string
	for _, w := range regexp.MustCompile(`"[^"]*"|'[^']*'|\S+`).FindAllString(line, -1) {
		list = append(list, strings.Trim(w, `"'`))
	}
	return list
}
