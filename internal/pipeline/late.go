package pipeline

import (
	"fmt"
	"slices"
	"time"

	"tenderbatch/internal/display"
	"tenderbatch/internal/inbox"
	"tenderbatch/internal/tender"
)

// findLate finds the depositaries whose newest report is older than the one that the
// terms expect by the instant of the run (R6-late). Nothing is expected before the launch,
// after the expiration, or once the depositary has closed.
func (in *Intake) findLate() (all []tender.Finding) {
	for _, r := range in.lastReports() {
		d := in.depositary(r.depositary)
		if d.Expected == nil {
			continue
		}
		until := tender.Earlier(in.AsOf, in.Offer.Expiration.At)
		if !d.Closed.IsZero() {
			until = tender.Earlier(until, d.Closed)
		}
		day := d.Expected.Last(until, d.Zone)
		if day.Before(in.Offer.Launch) || !dayOf(r.at, in.Offer.Zone).Before(day) {
			continue
		}
		all = append(all, in.late(r, d, day))
	}
	return all
}

// late is the finding on a report where one of a later day was expected.
func (in *Intake) late(r lastReport, d tender.Depositary, day tender.Date) tender.Finding {
	f := tender.Finding{
		Source: tender.Source{File: r.file}, Depositary: d.Name, Rule: tender.RuleLate, Disposition: tender.LineRemarked,
		MustResolve: true,
		Message: fmt.Sprintf("this is the newest report of %s, and one of %s was expected by %02d:%02d that day "+
			"(expected: %s)", d.Name, day, d.Expected.Hour, d.Expected.Minute, *d.Expected),
		Advice: fmt.Sprintf("ask for it; if none was made, as on a holiday, say so in the offer: resolutions: [{rule: "+
			"%s, depositary: %q, file: %q, outcome: counts, by: NAME, on: %s}]",
			tender.RuleLate, d.Name, display.Line(r.file), day),
	}
	// A decision covers the days up to its own: the day after, a report is expected again.
	if i := slices.IndexFunc(in.Offer.Resolutions,
		func(s tender.Resolution) bool { return s.Covers(&f) && !s.On.Before(day) }); i >= 0 {
		f.Resolved = in.Offer.Resolutions[i].String()
	}
	return f
}

// dayReported is the day in the name of a file, zero if it carries none.
func dayReported(f inbox.Chosen, zone *time.Location) tender.Date {
	if f.Reported.IsZero() {
		return tender.Date{}
	}
	return dayOf(f.Reported, zone)
}
