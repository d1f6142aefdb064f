package display

import (
	"time"

	"github.com/shopspring/decimal"
)

// Plural is a count with its noun.
func Plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Thousands(decimal.NewFromInt(int64(n)).String()) + " " + many
}

// Stamp is an instant as text for machines.
func Stamp(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format("2006-01-02T15:04:05.000Z07:00")
}
