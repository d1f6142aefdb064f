package schedule

import (
	"testing"
	"time"
)

// In cron both 0 and 7 are Sunday.
func TestI9SevenIsSunday(t *testing.T) {
	for field, want := range map[string]string{
		"7": "Sun", "0,7": "Sun", "5-7": "Sun Fri Sat", "1-7": "Sun Mon Tue Wed Thu Fri Sat",
		"0-7": "Sun Mon Tue Wed Thu Fri Sat", "1-7/2": "Sun Mon Wed Fri",
		"7-2": "Sun Mon Tue", "FRI-SUN": "Sun Fri Sat", "sat,7": "Sun Sat", "7/2": "Sun", "*/7": "Sun",
		"*/2": "Sun Tue Thu Sat", "1-5": "Mon Tue Wed Thu Fri", "0": "Sun",
	} {
		s, err := Parse("30 17 * * "+field, time.UTC)
		if err != nil {
			t.Errorf("%s: %v", field, err)
			continue
		}
		if s.String() != "30 17 * * "+field {
			t.Errorf("%s is shown as %s", field, s)
		}
		got, at := "", time.Date(2026, 11, 21, 23, 0, 0, 0, time.UTC) // a Saturday
		for end := at.AddDate(0, 0, 7); ; {
			if at = s.Next(at).At; at.After(end) {
				break
			}
			got += " " + at.Format("Mon")
		}
		if got != " "+want {
			t.Errorf("%s comes due on%s, want %s", field, got, want)
		}
	}
	for _, field := range []string{"8", "7-8", "5-3", "1-7/0", "7-"} {
		if s, err := Parse("30 17 * * "+field, time.UTC); err == nil {
			t.Errorf("%s is read as %v", field, s.cron.Dow)
		}
	}
}
