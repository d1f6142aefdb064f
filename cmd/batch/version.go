package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// releaseNumber is that of the release, and is nowhere else: the packages,
// the man pages and the results take it from here.
const releaseNumber = "0.2.0"

// buildVersion says exactly which program this is: the release and the commit it
// was built from, such as "0.2.0+3f2a1c9d4b5e". Changes that were not committed
// add ".modified"; a program built without build information, as by go run, is
// "+unknown".
func buildVersion() string {
	return source().version()
}

// buildDetails are the lines that --version prints below the version.
func buildDetails() string {
	s := source()
	return fmt.Sprintf("revision %s\ntime     %s\nbuilt by %s for %s/%s\n",
		cmp.Or(s.revision, "unknown"), cmp.Or(s.time, "unknown"), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// commit is what a program was built from. The zero value is an unknown one.
type commit struct {
	revision string // hexadecimal
	time     string // RFC 3339, UTC
	modified bool   // there were changes beside it
}

// source is the commit that this program was built from.
func source() commit {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return commit{}
	}
	return sourceOf(info.Settings)
}

func sourceOf(settings []debug.BuildSetting) commit {
	var c commit
	for _, s := range settings {
		switch s.Key {
		case "vcs.revision":
			c.revision = s.Value
		case "vcs.time":
			c.time = s.Value
		case "vcs.modified":
			c.modified = s.Value == "true"
		}
	}
	return c
}

// shortRevision is how many digits of a revision a version shows; as many as
// Go's own pseudo-versions.
const shortRevision = 12

func (c commit) version() string {
	var s strings.Builder
	s.WriteString(releaseNumber + "+")
	s.WriteString(cmp.Or(c.revision[:min(shortRevision, len(c.revision))], "unknown"))
	if c.modified {
		s.WriteString(".modified")
	}
	return s.String()
}
