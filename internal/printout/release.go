package printout

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
	"tenderbatch/internal/tender"
)

// Statement shows an approver what they approve.
func Statement(out io.Writer, s *release.Statement) error {
	p, e := &Printer{w: out, zone: s.Zone}, s.Entry
	p.Linef("%s: run %s, %s, as of %s", s.Issuer, e.Run, e.Phase, tender.WallTime(e.AsOf, s.Zone))
	for _, t := range e.Totals {
		p.Fact("to wire", fmt.Sprintf("%s %s (accepted %s of %s tendered)", t.Currency, tender.Money(t.ToWire, t.Currency),
			display.Thousands(t.Accepted), display.Thousands(t.Tendered)))
	}
	p.Fact("instructions", fmt.Sprintf("%d counted, of %s", e.Counts.Counted, display.Plural(e.Counts.Rows, "row", "rows")))
	p.Fact("findings", fmt.Sprintf("%d open, %d rejected", e.Counts.Open, e.Counts.Rejected))
	p.against(e.Approval)
	p.Fact("made by", release.MakersInWords(s.Makers))
	for _, a := range s.Before {
		p.Fact("approved", fmt.Sprintf("%s, by %s", p.event(a.At), a.Actor))
	}
	p.Fact("release", s.Rule.Words())
	p.Fact("manifest", "SHA-256 "+e.Manifest)
	return p.err
}

// against says what differs from the run that was paid on before.
func (p *Printer) against(a *ledger.Approval) {
	if a.Against == "" {
		p.Fact("compared with", "none: it is the first run to be paid on")
		return
	}
	p.Fact("compared with", a.Against)
	for _, c := range a.Changes {
		p.Fact("", fmt.Sprintf("%s %s then, %s now", c.Currency, tender.Money(c.Was, c.Currency), tender.Money(c.Now, c.Currency)))
	}
	var lines []string
	for _, how := range slices.Sorted(maps.Keys(a.Lines)) {
		lines = append(lines, fmt.Sprintf("%d %s", a.Lines[how], workbook.ChangeName(result.ChangeKind(how))))
	}
	p.Fact("", "instructions: "+orNothing(strings.Join(lines, ", ")))
	p.Fact("", "values of the terms that differ: "+fmt.Sprint(a.Terms))
}

func orNothing(text string) string {
	if text == "" {
		return "no difference"
	}
	return text
}
