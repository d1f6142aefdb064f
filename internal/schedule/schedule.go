package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Schedule is when runs are due.
type Schedule struct {
	zone *time.Location
	cron cron.Schedule
}

// horizon is how far ahead a schedule must fire: leap days come at most eight
// years apart.
const horizon = 8

// Parse reads a cron expression of five fields (minute, hour, day of month,
// month, day of week) or a shorthand such as @daily, in the zone. It is an error
// if the expression is malformed, names a zone of its own, asks for an interval
// (@every), or never fires.
func Parse(expression string, zone *time.Location) (*Schedule, error) {
	trimmed := strings.TrimSpace(expression)
	switch {
	case trimmed == "":
		return nil, errors.New("the schedule is empty; write five fields such as \"30 17 * * 1-5\", or leave the key out")
	case strings.Contains(trimmed, "TZ="):
		return nil, fmt.Errorf("the schedule %q names a zone; it is always in the offer's timezone, so leave the zone out", expression)
	case strings.HasPrefix(trimmed, "@every"), strings.HasPrefix(trimmed, "@reboot"):
		return nil, fmt.Errorf("the schedule %q has no fixed times; write five fields such as \"30 17 * * 1-5\"", expression)
	}
	parsed, err := cron.ParseStandard(trimmed)
	if err != nil {
		return nil, fmt.Errorf("the schedule %q is not a cron expression (%w); write five fields such as \"30 17 * * 1-5\" for 17:30 on weekdays", expression, err)
	}
	s := &Schedule{zone: zone, cron: parsed}
	if s.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, zone)).IsZero() {
		return nil, fmt.Errorf("the schedule %q never comes due within %d years; check day and month", expression, horizon)
	}
	return s, nil
}

// Next returns the first time after t at which a run is due, or the zero time if
// there is none within eight years.
func (s *Schedule) Next(t time.Time) time.Time {
	next := s.cron.Next(t.In(s.zone)) // gives up after five years
	if next.IsZero() {
		next = s.cron.Next(t.In(s.zone).AddDate(4, 0, 0))
	}
	if next.IsZero() || next.After(t.AddDate(horizon, 0, 0)) {
		return time.Time{}
	}
	return next
}
