package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"tenderbatch/internal/exitcode"
)

// newManCommand writes the man pages when a package is built. It is hidden,
// because the package brings the pages.
func newManCommand(w world) *cobra.Command {
	return &cobra.Command{
		Use:    "man FOLDER",
		Short:  "Write the man pages into a folder",
		Args:   exactly("FOLDER"),
		Hidden: true,
		RunE: func(c *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o750); err != nil {
				return err
			}
			return writeManPages(c.Root(), args[0], "batch "+w.version, pageDate(w.now()))
		},
	}
}

// pageDate is the date on the pages: that of the commit, so that one commit
// always gives the same pages, or else the given day.
func pageDate(today time.Time) time.Time {
	if at, err := time.Parse(time.RFC3339, source().time); err == nil {
		return at
	}
	return today
}

// writeManPages writes the page of a command and those of all commands below it.
func writeManPages(c *cobra.Command, folder, source string, date time.Time) error {
	for _, sub := range c.Commands() {
		if !sub.IsAvailableCommand() || sub.Name() == "help" {
			continue
		}
		if err := writeManPages(sub, folder, source, date); err != nil {
			return err
		}
	}
	page, err := manPage(c, source, date)
	if err != nil {
		return err
	}
	name := strings.ReplaceAll(c.CommandPath(), " ", "-") + ".1"
	return os.WriteFile(filepath.Join(folder, name), page, 0o644)
}

// manPage is one page in roff: what cobra knows of the command, and what is the
// same for all of them.
func manPage(c *cobra.Command, source string, date time.Time) ([]byte, error) {
	c.DisableAutoGenTag = true // it would print the day of the build
	var page bytes.Buffer
	header := doc.GenManHeader{Section: "1", Source: source, Manual: "Cash tender offers", Date: &date}
	if err := doc.GenMan(c, &header, &page); err != nil {
		return nil, err
	}
	text, seeAlso, found := strings.Cut(page.String(), ".SH SEE ALSO")
	if found {
		seeAlso = ".SH SEE ALSO" + seeAlso
	}
	return []byte(tagOptions(text) + exitSection() + manSections + seeAlso), nil
}

// optionLine is an option as cobra writes it: a paragraph of its name, with its
// default in the manner of Go, and a tab before what it does.
var optionLine = regexp.MustCompile(`(?:\.PP\n)?(\\fB-.*\\fP)(\[=false\]|=".*"|=\S*)\n\t`)

// tagOptions writes options as the manuals of other programs do: the name, what
// is for a value, and what it does indented below.
func tagOptions(text string) string {
	return optionLine.ReplaceAllStringFunc(text, func(option string) string {
		part := optionLine.FindStringSubmatch(option)
		switch value := strings.Trim(part[2], `=[]"`); {
		case part[2] == "[=false]":
			return ".TP\n" + part[1] + "\n"
		case value == "" || value == "0s":
			return ".TP\n" + part[1] + " \\fIVALUE\\fP\n"
		default:
			return ".TP\n" + part[1] + " \\fIVALUE\\fP (default " + value + ")\n"
		}
	})
}

func exitSection() string {
	var s strings.Builder
	s.WriteString(".SH EXIT STATUS\n")
	for _, e := range exitcode.Table {
		fmt.Fprintf(&s, ".TP\n.B %d\n%s\n", e.Code, e.Meaning)
	}
	return s.String()
}

// manSections stand on every page.
const manSections = `.SH ENVIRONMENT
The password of a depositary's protected workbooks is in the variable that
.I offer.yaml
names under
.BR password_env .
.SH FILES
.TP
.I OFFER/offer.yaml
The terms of the offer, and when it runs.
.TP
.I OFFER/inbox/
The depositaries' files. They are read, never changed.
.TP
.I OFFER/runs/
One folder per published run, the links
.I latest
to the newest of them and
.I final
to the final run in force, and the ledger,
.IR ledger.db .
.TP
.I OFFER/released/
One folder per released run, with
.I release.json
and links to its files, and the link
.I latest
to the one released last.
.TP
.I /etc/batch/batch.yaml
The settings of the installation: metrics, pings, mail, webhook.
.TP
.I /etc/batch/environment
Passwords for the systemd units, readable by root only.
.TP
.I /usr/share/doc/batch/operations.md
How to run it: every night, after a mistake, after a crash.
`
