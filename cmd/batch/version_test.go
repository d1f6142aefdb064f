package main

import (
	"os"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"
)

// testVersion is the program's version in every test, so that expected results
// do not change with each commit.
const testVersion = "0.1.0"

func TestAVersionNamesTheReleaseAndTheCommit(t *testing.T) {
	revision := debug.BuildSetting{Key: "vcs.revision", Value: "3f2a1c9d4b5e67890123456789abcdef01234567"}
	for _, c := range []struct {
		settings []debug.BuildSetting
		want     string
	}{
		{nil, releaseNumber + "+unknown"},
		{[]debug.BuildSetting{revision, {Key: "vcs.modified", Value: "false"}}, releaseNumber + "+3f2a1c9d4b5e"},
		{[]debug.BuildSetting{revision, {Key: "vcs.modified", Value: "true"}}, releaseNumber + "+3f2a1c9d4b5e.modified"},
		{[]debug.BuildSetting{{Key: "vcs.revision", Value: "17"}}, releaseNumber + "+17"},
	} {
		if got := sourceOf(c.settings).version(); got != c.want {
			t.Errorf("%v: %q, want %q", c.settings, got, c.want)
		}
	}
}

func TestTheReleaseHeadsTheListOfChanges(t *testing.T) {
	changes, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	_, first, _ := strings.Cut(string(changes), "\n## ")
	if !regexp.MustCompile(`^` + regexp.QuoteMeta(releaseNumber) + ` \((unreleased|\d{4}-\d\d-\d\d)\)\n`).MatchString(first) {
		t.Errorf("CHANGELOG.md begins with %.40q, and this is release %s", first, releaseNumber)
	}
}
