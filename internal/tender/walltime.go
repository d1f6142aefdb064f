package tender

import (
	"strings"
	"time"
)

// WallTime shows an instant to people: what the clocks of a zone show, and the zone's
// name, such as "2004-11-12 17:00 EST". Seconds and fractions of them are shown only
// where there are any, as a deadline of 17:00 is written without.
func WallTime(t time.Time, zone *time.Location) string {
	t = t.In(zone)
	return WallClock(t) + t.Format(" MST")
}

// InWallTime is a text such as the name of a slot, with the instants of RFC 3339 that are words of
// it as [WallTime] shows them.
func InWallTime(text string, zone *time.Location) string {
	words := strings.Split(text, " ")
	for i, word := range words {
		if t, err := time.Parse(time.RFC3339Nano, word); err == nil {
			words[i] = WallTime(t, zone)
		}
	}
	return strings.Join(words, " ")
}

// WallClock is what [WallTime] shows, without the zone, on the clocks of t itself.
func WallClock(t time.Time) string {
	switch {
	case t.Nanosecond()%int(time.Millisecond) != 0:
		return t.Format("2006-01-02 15:04:05.000000000")
	case t.Nanosecond() != 0:
		return t.Format("2006-01-02 15:04:05.000")
	case t.Second() != 0:
		return t.Format("2006-01-02 15:04:05")
	}
	return t.Format("2006-01-02 15:04")
}
