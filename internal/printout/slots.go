package printout

import (
	"fmt"
	"strings"
	"time"

	"tenderbatch/internal/schedule"
)

// WhatSlot says what a slot follows from.
func WhatSlot(s schedule.Slot, expression string) string {
	if s.Kind == schedule.Regular {
		return fmt.Sprintf("by schedule %q", expression)
	}
	return Minutes(s.After) + " after the " + s.Kind.Title()
}

// Minutes writes a time as offer.yaml does: 15m, 1h30m, 24h.
func Minutes(d time.Duration) string {
	s := strings.TrimSuffix(d.String(), "0s")
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// ClockWords says what a change of the clock does to a run.
func ClockWords(s schedule.Slot) string {
	switch s.Clock {
	case schedule.Moved:
		return fmt.Sprintf("clocks go forward and skip %s: run at the change", s.Wall.Format("15:04"))
	case schedule.First:
		return fmt.Sprintf("clocks go back and show %s twice: run at the first", s.Wall.Format("15:04"))
	}
	return ""
}
