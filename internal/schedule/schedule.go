package schedule

import (
	"errors"
	"fmt"
	"math/bits"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Schedule is when regular runs are due.
type Schedule struct {
	expression string
	zone       *time.Location
	cron       *cron.SpecSchedule
}

// closest is how close two regular runs may be, in minutes. Who wants them closer
// waits for files, and those are noticed as they arrive.
const closest = 5

// Parse reads a cron expression of five fields (minute, hour, day of month,
// month, day of week) or a shorthand such as @daily, in the zone. It is an error
// if the expression is malformed, names a zone of its own, asks for an interval
// (@every), never comes due, or does so less than once a year or more often than
// every five minutes.
func Parse(expression string, zone *time.Location) (*Schedule, error) {
	trimmed := strings.TrimSpace(expression)
	switch {
	case trimmed == "":
		return nil, errors.New("the schedule is empty; write five fields such as \"30 17 * * 1-5\", or leave the key out")
	case strings.Contains(trimmed, "TZ="):
		return nil, fmt.Errorf("the schedule %q names a zone; it is always in the offer's timezone, so leave the zone out",
			expression)
	case strings.HasPrefix(trimmed, "@every"), strings.HasPrefix(trimmed, "@reboot"):
		return nil, fmt.Errorf("the schedule %q has no fixed times; write five fields such as \"30 17 * * 1-5\"", expression)
	}
	spec, err := parse(trimmed)
	if err != nil {
		return nil, fmt.Errorf("the schedule %q is not a cron expression (%w); write five fields such as \"30 17 * * "+
			"1-5\" for 17:30 on weekdays", expression, err)
	}
	if err := sensible(spec); err != nil {
		return nil, fmt.Errorf("the schedule %q %w", expression, err)
	}
	return &Schedule{expression: trimmed, zone: zone, cron: spec}, nil
}

// parse reads an expression. The parser panics on some texts; that is an error,
// too, as the text comes from a file.
func parse(expression string) (spec *cron.SpecSchedule, err error) {
	defer func() {
		if p := recover(); p != nil {
			spec, err = nil, errors.New("it cannot be read")
		}
	}()
	parsed, err := cron.ParseStandard(withSunday(expression))
	if err != nil {
		return nil, err
	}
	spec, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return nil, errors.New("it has no fixed times")
	}
	spec.Location = time.UTC // in which wall times are stepped through
	return spec, nil
}

// sensible says why a schedule is not one to have.
func sensible(spec *cron.SpecSchedule) error {
	for _, field := range []uint64{spec.Minute, spec.Hour, spec.Dom, spec.Month, spec.Dow} {
		if withoutStar(field) == 0 {
			return errors.New("never comes due, as a field of it is empty; write a number or * there")
		}
	}
	common := time.Date(2001, 1, 1, 0, 0, 0, -1, time.UTC) // before a year without a leap day
	switch next := spec.Next(common); {
	case next.IsZero():
		return errors.New("never comes due: the calendar has no such day; correct the day or the month")
	case next.Year() > 2001:
		return errors.New("comes due in leap years only; write a day that every year has, such as \"28 2\"")
	}
	if gap := smallestGap(spec); gap < closest {
		return fmt.Errorf("comes due %d minute(s) apart; write times at least %d minutes apart, such as \"*/15 * * * "+
			"*\": files are noticed as they arrive", gap, closest)
	}
	return nil
}

// withoutStar is the set of a field's values without the mark that it was a star.
func withoutStar(field uint64) uint64 { return field &^ (1 << 63) }

// smallestGap is the least number of minutes between two times of a day, or of one
// day and the next.
func smallestGap(spec *cron.SpecSchedule) int {
	minutes, hours := withoutStar(spec.Minute), withoutStar(spec.Hour)
	gap, previous := 60, -1
	for m := range 60 {
		if minutes&(1<<m) == 0 {
			continue
		}
		if previous >= 0 {
			gap = min(gap, m-previous)
		}
		previous = m
	}
	for h := range 24 {
		if hours&(1<<h) != 0 && hours&(1<<((h+1)%24)) != 0 {
			return min(gap, 60-previous+bits.TrailingZeros64(minutes))
		}
	}
	return gap
}

// String is the expression.
func (s *Schedule) String() string { return s.expression }

// Next returns the first regular slot after t, whatever the dates of the offer.
func (s *Schedule) Next(t time.Time) Slot {
	for wall := s.cron.Next(wallOf(t.In(s.zone))); ; wall = s.cron.Next(wall) {
		if at, clock := instantOf(wall, s.zone); at.After(t) {
			return Slot{Kind: Regular, At: at, Clock: clock, Wall: wall}
		}
	}
}

// wallOf is what the clock on the wall shows at t, as if it were UTC.
func wallOf(t time.Time) time.Time {
	year, month, day := t.Date()
	return time.Date(year, month, day, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// around is how far from a wall time, read as UTC, its instant is looked for. No
// clock is more than 15 hours from UTC, and none was changed by more than a day.
const around = 40 * time.Hour

// instantOf is the instant at which the clocks of the zone first show a wall time,
// or at which they jump over it. It asks only for offsets: time.Date does not say
// which of two instants it returns, and Time.ZoneBounds is wrong at the end of
// leap years after 2037.
func instantOf(wall time.Time, zone *time.Location) (time.Time, Clock) {
	before, after := offsetAt(wall.Add(-around), zone), offsetAt(wall.Add(around), zone)
	early, late := wall.Add(-before), wall.Add(-after)
	if before == after {
		return early.In(zone), Plain
	}
	isEarly, isLate := offsetAt(early, zone) == before, offsetAt(late, zone) == after
	switch {
	case isEarly && isLate:
		return early.In(zone), First
	case isEarly:
		return early.In(zone), Plain
	case isLate:
		return late.In(zone), Plain
	}
	return changeBetween(late, early, zone), Moved
}

// offsetAt is how far the clocks of the zone are ahead of UTC at t.
func offsetAt(t time.Time, zone *time.Location) time.Duration {
	_, seconds := t.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}

// changeBetween is the instant after lo and up to hi at which clocks change.
func changeBetween(lo, hi time.Time, zone *time.Location) time.Time {
	old := offsetAt(lo, zone)
	for hi.Sub(lo) > time.Second {
		middle := lo.Add(hi.Sub(lo) / 2).Truncate(time.Second)
		if offsetAt(middle, zone) == old {
			lo = middle
		} else {
			hi = middle
		}
	}
	return hi.In(zone)
}
