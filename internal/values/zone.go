package values

import (
	"slices"
	"strings"
)

// cityZones are the zones that people mean by names of the time zone database that have no
// daylight saving, or another one than the name suggests.
var cityZones = map[string]string{
	"EST": "America/New_York", "EST5EDT": "America/New_York", "MST": "America/Denver", "MST7MDT": "America/Denver",
	"CST6CDT": "America/Chicago", "PST8PDT": "America/Los_Angeles", "HST": "Pacific/Honolulu",
	"CET": "Europe/Brussels", "MET": "Europe/Brussels", "EET": "Europe/Helsinki", "WET": "Europe/Lisbon",
	"GB": "Europe/London",
}

// FixedZone reports whether a zone is one that is not meant, and which to write instead:
// EST is five hours behind UTC in summer, too, and so is Etc/GMT+5, whose sign is the
// other way round than people read it.
func FixedZone(name string) (instead string, wrong bool) {
	for _, copies := range []string{"posix/", "right/"} { // the same names again, and with leap seconds
		if bare, found := strings.CutPrefix(name, copies); found {
			if instead, wrong := FixedZone(bare); wrong {
				return instead, true
			}
			return "the city: " + bare, true
		}
	}
	if slices.Contains([]string{"localtime", "posixrules", "Factory"}, name) {
		return "the city, such as America/New_York, as that is another one on each computer", true
	}
	if city, known := cityZones[name]; known {
		return "the city: " + city, true
	}
	if offset, found := strings.CutPrefix(name, "Etc/GMT"); found && offset != "" && offset != "0" {
		return "the city, such as America/New_York; UTC where there is no daylight saving", true
	}
	return "", false
}
