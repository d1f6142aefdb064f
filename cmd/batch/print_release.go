package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"tenderbatch/internal/display"
	"tenderbatch/internal/export/workbook"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/release"
	"tenderbatch/internal/result"
)

// printStatement shows an approver what they approve.
func printStatement(out io.Writer, s *release.Statement) error {
	p, e := &printer{w: out}, s.Entry
	p.linef("%s: run %s, %s, as of %s", s.Issuer, e.Run, e.Phase, withOffset(e.AsOf))
	for _, t := range e.Totals {
		p.fact("to wire", fmt.Sprintf("%s %s (accepted %s of %s tendered)", t.Currency, display.Thousands(t.ToWire),
			display.Thousands(t.Accepted), display.Thousands(t.Tendered)))
	}
	p.fact("instructions", fmt.Sprintf("%d counted, of %s", e.Counts.Counted, display.Plural(e.Counts.Rows, "row", "rows")))
	p.fact("findings", fmt.Sprintf("%d open, %d rejected", e.Counts.Open, e.Counts.Rejected))
	p.against(e.Approval)
	p.fact("made by", release.MakersInWords(s.Makers))
	for _, a := range s.Before {
		p.fact("approved", fmt.Sprintf("%s, by %s", toTheSecond(a.At), a.Actor))
	}
	p.fact("release", s.Rule.Words())
	p.fact("manifest", "SHA-256 "+e.Manifest)
	return p.err
}

// against says what differs from the run that was paid on before.
func (p *printer) against(a *ledger.Approval) {
	if a.Against == "" {
		p.fact("compared with", "none: it is the first run to be paid on")
		return
	}
	p.fact("compared with", a.Against)
	for _, c := range a.Changes {
		p.fact("", fmt.Sprintf("%s %s then, %s now", c.Currency, display.Thousands(c.Was), display.Thousands(c.Now)))
	}
	var lines []string
	for _, how := range slices.Sorted(maps.Keys(a.Lines)) {
		lines = append(lines, fmt.Sprintf("%d %s", a.Lines[how], workbook.ChangeName(result.ChangeKind(how))))
	}
	p.fact("", "instructions: "+orNothing(strings.Join(lines, ", ")))
	p.fact("", "values of the terms that differ: "+fmt.Sprint(a.Terms))
}

func orNothing(text string) string {
	if text == "" {
		return "no difference"
	}
	return text
}
