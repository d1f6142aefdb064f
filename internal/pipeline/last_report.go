package pipeline

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tenderbatch/internal/display"
	"tenderbatch/internal/tender"
)

// lastReport is the newest report that a run has of a depositary.
type lastReport struct {
	depositary string
	file       string
	at         time.Time // by its name; zero if that carries no date
}

// lastReports are the newest reports, one for each depositary that has any.
func (in *Intake) lastReports() []lastReport {
	var all []lastReport
	for _, f := range in.choice.Chosen { // by depositary, oldest first
		if last := len(all) - 1; last >= 0 && all[last].depositary == f.Depositary.Name {
			all[last].file, all[last].at = f.Name, f.Reported
			continue
		}
		all = append(all, lastReport{f.Depositary.Name, f.Name, f.Reported})
	}
	return all
}

// due is the instant up to which the last report of a depositary must show everything, and
// why: the expiration, and from the guaranteed delivery deadline on that, where a tender
// of the depositary is not delivered yet. Once the terms say that the depositary has
// closed, that is early enough, unless a row of its reports is newer.
func (in *Intake) due(depositary string) (at time.Time, why string) {
	at, why = in.Offer.Expiration.At, "the expiration"
	deadline := in.Offer.Guaranteed.Deadline
	if promised := in.undelivered(depositary); promised > 0 && !in.AsOf.Before(deadline.At) && deadline.At.After(at) {
		at = deadline.At
		why = fmt.Sprintf("the guaranteed delivery deadline, as it does not show %s delivered",
			display.Plural(promised, "guaranteed delivery", "guaranteed deliveries"))
	}
	closed := in.depositary(depositary).Closed
	if !closed.IsZero() && closed.Before(at) && !in.newestRows()[depositary].After(closed) {
		return closed, "closed in the terms"
	}
	return at, why
}

// undelivered counts the tenders of a depositary by guaranteed delivery whose notes did
// not come. Without a guaranteed delivery deadline there are none.
func (in *Intake) undelivered(depositary string) (n int) {
	if in.Offer.Guaranteed.Deadline.IsZero() {
		return 0
	}
	for line := range in.read.Instructions() {
		if line.Depositary == depositary && line.Status == tender.Tendered && line.Delivery == tender.GuaranteedDelivery &&
			line.CoveredAt.IsZero() {
			n++
		}
	}
	return n
}

// missingLastReports are the reports, in a run after everything was due, that were made
// before, or of which nothing says when they were made: a name without a date is never
// taken for that of the last report.
func (in *Intake) missingLastReports() (missing []lastReport) {
	if in.AsOf.Before(in.Offer.Expiration.At) {
		return nil
	}
	for _, r := range in.lastReports() {
		if due, _ := in.due(r.depositary); r.at.Before(due) { // also where there is no date
			missing = append(missing, r)
		}
	}
	return missing
}

// notLast says why a report is not known to be the last.
func (in *Intake) notLast(r lastReport) string {
	due, why := in.due(r.depositary)
	needed := fmt.Sprintf("%s (%s)", tender.WallTime(due, in.Offer.Zone), why)
	if r.at.IsZero() {
		return fmt.Sprintf("the name of the report of %s, %s, carries no date that can be read, so nothing says that it "+
			"is the last one, which shows everything until %s: name it by the day it was made, such as %s",
			r.depositary, display.Line(r.file), needed, "dtc-2004-11-12.xlsx")
	}
	return fmt.Sprintf("the newest report of %s, %s, shows tenders until %s, and a report that shows them until %s "+
		"is needed: ask for it; "+
		"if nothing more comes from %s, say so at that depositary in the offer: closed: %s",
		r.depositary, display.Line(r.file), in.shownUntil(r.at), needed, r.depositary,
		r.at.In(in.Offer.Zone).Format("2006-01-02T15:04"))
}

// shownUntil is until when a report shows tenders, by the time in its name.
func (in *Intake) shownUntil(at time.Time) string {
	if local := at.In(in.Offer.Zone); local.Hour() == 0 && local.Minute() == 0 { // the name has no time of day
		return "the end of " + dayOf(at, in.Offer.Zone).String()
	}
	return tender.WallTime(at, in.Offer.Zone)
}

// checkLastReports is an error where a final run would be made from a report that is not
// known to be a depositary's last (R6-last-report). Unattended, every last report
// must be in by its name, too, and show rows up to its day; a person who makes the run by
// hand is warned of that in the result, as often nothing more comes in at the end.
func (in *Intake) checkLastReports(unattended bool) error {
	doubts := in.notCome()
	if unattended {
		doubts = append(doubts, in.quiet()...)
	}
	if len(doubts) > 0 {
		return &tender.ControlError{Rule: tender.RuleLastReport, Message: strings.Join(doubts, "\n")}
	}
	missing := in.missingLastReports()
	if !unattended || len(missing) == 0 {
		return nil
	}
	var reasons []string
	for _, m := range missing {
		reasons = append(reasons, in.notLast(m))
	}
	return errors.New("the offer has expired, but " + strings.Join(reasons, "; and ") +
		": nothing was published; put the last report into the inbox, or make the run by hand")
}

// quietDays is how many working days may lie between the newest row of a last report
// and what it is to show. A copy of an old report under a new name has an older one.
const quietDays = 3

// notCome says of each last report whose day by its name has not come yet that it may be
// an old one under a wrong name.
func (in *Intake) notCome() (all []string) {
	rows := in.newestRows()
	for _, r := range in.lastReports() {
		if !r.at.IsZero() && in.hasNotCome(r.at) {
			all = append(all, fmt.Sprintf("%s: the name dates the report of %s %s, in the future%s; an old report would "+
				"pass for the last one: name the file by the day on which it was made",
				display.Line(r.file), r.depositary, dayOf(r.at, in.Offer.Zone), newestRow(rows[r.depositary], in.Offer.Zone)))
		}
	}
	return all
}

// quiet says of each last report whose newest row is much older than its name says that
// it may be an old one under a wrong name, unless the terms say that nothing came in.
func (in *Intake) quiet() (all []string) {
	rows := in.newestRows()
	for _, r := range in.lastReports() {
		switch newest := rows[r.depositary]; {
		case r.at.IsZero(), in.hasNotCome(r.at), newest.IsZero(), in.isResolved(r):
		default:
			shows := r.at
			if due, _ := in.due(r.depositary); due.Before(shows) {
				shows = due
			}
			if tender.DateOf(newest.In(in.Offer.Zone)).WorkingDaysUntil(dayOf(shows, in.Offer.Zone), quietDays+1) > quietDays {
				all = append(all, fmt.Sprintf("%s: the name dates the last report of %s %s%s: is it an old report under a "+
					"wrong name? Name it by the day on which it was made, or, if nothing came in since, say so in the offer: "+
					"resolutions: [{rule: %s, depositary: %q, file: %q, outcome: counts, by: NAME, on: DATE}]",
					display.Line(r.file), r.depositary, dayOf(r.at, in.Offer.Zone), newestRow(newest, in.Offer.Zone),
					tender.RuleLastReport, r.depositary, display.Line(r.file)))
			}
		}
	}
	return all
}

// newestRow says of which day the newest row is.
func newestRow(at time.Time, zone *time.Location) string {
	if at.IsZero() {
		return ""
	}
	return fmt.Sprintf(", and the newest of its rows is of %s", tender.DateOf(at.In(zone)))
}

// newestRows is, by depositary, the latest time that a row of its reports shows.
func (in *Intake) newestRows() map[string]time.Time {
	newest := map[string]time.Time{}
	for line := range in.read.Instructions() {
		newest[line.Depositary] = tender.Later(tender.Later(newest[line.Depositary], line.Received), line.WithdrawnAt)
	}
	return newest
}

// isResolved reports whether the terms say that a report is the last one.
func (in *Intake) isResolved(r lastReport) bool {
	for i := range in.Offer.Resolutions {
		s := &in.Offer.Resolutions[i]
		if s.Rule == tender.RuleLastReport && s.Depositary == r.depositary && s.File == r.file {
			return true
		}
	}
	return false
}

// easternmost is the zone in which a day begins first.
var easternmost = time.FixedZone("UTC+14", 14*60*60)

// hasNotCome reports whether the day of a report has begun nowhere yet.
func (in *Intake) hasNotCome(at time.Time) bool {
	today := tender.DateOf(in.now.In(easternmost))
	return today.Before(dayOf(at, in.Offer.Zone))
}

// dayOf is the day of the time in a name. A name without a time of day means the
// end of its day, which is the beginning of the next.
func dayOf(at time.Time, zone *time.Location) tender.Date {
	return tender.DateOf(at.Add(-time.Nanosecond).In(zone))
}

// remarks are what the person who makes the run should know now. They depend on the
// moment, so they are no part of the result.
func (in *Intake) remarks() []tender.Warning {
	all := slices.Clone(in.compared.remarks)
	if in.Offer.PhaseAt(in.AsOf) == tender.Final {
		return append(all, coded(tender.WarnFutureReport, in.notCome())...)
	}
	for _, f := range in.choice.Chosen {
		if in.hasNotCome(f.Reported) {
			all = append(all, tender.Warnf(tender.WarnFutureReport,
				"%s: the name dates the report %s, in the future; correct it if that is a slip", display.Line(f.Name),
				dayOf(f.Reported, in.Offer.Zone)))
		}
	}
	return all
}
