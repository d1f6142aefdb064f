package inbox

import (
	"errors"
	"slices"
	"strings"
	"time"

	"tenderbatch/internal/tender"
)

// Earlier lists, of the names in an inbox, the snapshots that a newer one replaces in a
// choice, oldest first for each depositary. [Choose] has passed over them; what they
// say can be compared with what is used.
func Earlier(o *tender.Offer, choice Choice, names []string) []Chosen {
	var earlier []Chosen
	for _, newest := range choice.Chosen {
		if newest.Depositary.Incremental {
			continue
		}
		for _, r := range choiceOf(o, newest.Depositary, names) {
			if r.Reported.Before(newest.Reported) {
				earlier = append(earlier, r)
			}
		}
	}
	return earlier
}

// choiceOf are the reports of a depositary among some names, oldest first.
func choiceOf(o *tender.Offer, d tender.Depositary, names []string) []Chosen {
	var mine []string
	for _, name := range names {
		if of, ok := OwnerOf(o, name); ok && of.Name == d.Name {
			mine = append(mine, name)
		}
	}
	reports, _ := datedReports(d, mine, o.Zone) // its faults are those of Choose
	chosen := make([]Chosen, len(reports))
	for i, r := range reports {
		chosen[i] = Chosen{Depositary: d, Reported: r.at, File: File{Name: r.name}}
	}
	return chosen
}

// OwnerOf returns the depositary whose files a name matches; ok is false if it is none,
// or if there are several.
func OwnerOf(o *tender.Offer, name string) (d tender.Depositary, ok bool) {
	if reason, owners := ownersOf(o, name); reason == "" && len(owners) == 1 {
		return o.Depositaries[owners[0]], true
	}
	return tender.Depositary{}, false
}

// Reported returns between which instants a report of a name was made: the time in the
// name, or some time of the day in it. Both are zero for a name that carries no date.
func Reported(name string, zone *time.Location) (from, to time.Time) {
	to, dated, err := nameTime(name, zone)
	if err != nil || !dated {
		return time.Time{}, time.Time{}
	}
	if hasTimeOfDay(name) {
		return to, to
	}
	return time.Date(to.Year(), to.Month(), to.Day()-1, 0, 0, 0, 0, zone), to
}

// hasTimeOfDay reports whether a name that carries a date has a time of day behind
// it.
func hasTimeOfDay(name string) bool {
	dates := nameDates(name)
	return len(dates) > 0 && timeInName.MatchString(dates[0].behind)
}

// ReportedBy is the instant by which a report of a name was made, by which the reports
// of a depositary are ordered; zero for a name without a date.
func ReportedBy(name string, zone *time.Location) time.Time {
	_, to := Reported(name, zone)
	return to
}

// Clash is what would stop every run if a report of a name came into an inbox that holds some others: its name does not say
// which report it is, or says the same as that of another. It is nil if nothing would that does not already.
func Clash(o *tender.Offer, names []string, name string) *tender.FileFault {
	before := faultsOf(o, names)
	for _, f := range faultsOf(o, append(slices.Clone(names), name)) {
		isOld := slices.ContainsFunc(before, func(b tender.FileFault) bool { return b.File == f.File && b.Rule == f.Rule })
		// Of two snapshots of one time, either can be the one that is named.
		if !isOld && (f.File == name || strings.HasPrefix(f.Message, name+" is ")) {
			return &f
		}
	}
	return nil
}

// faultsOf is what is wrong with the names in an inbox.
func faultsOf(o *tender.Offer, names []string) []tender.FileFault {
	_, err := Choose(o, names, time.Time{})
	if wrong := new(tender.FileError); errors.As(err, &wrong) {
		return wrong.Faults
	}
	return nil
}
