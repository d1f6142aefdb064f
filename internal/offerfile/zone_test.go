package offerfile

import (
	"strings"
	"testing"

	"tenderbatch/internal/values"
)

// A zone that is not meant is refused wherever a zone can be written: of the offer, of a
// depositary, of one in an amendment, and in a schedule.
func TestI9AbbreviationsOfZonesAreRefused(t *testing.T) {
	for name, city := range map[string]string{
		"EST": "America/New_York", "EST5EDT": "America/New_York", "MST": "America/Denver", "HST": "Pacific/Honolulu", "CET": "Europe/Brussels", "Etc/GMT+5": "America/New_York",
		"posix/EST": "America/New_York", "right/Europe/London": "Europe/London", "localtime": "America/New_York", "posixrules": "America/New_York",
	} {
		for place, edit := range map[string][2]string{
			"offer":      {"timezone: America/New_York", "timezone: " + name},
			"depositary": {"timezone: Europe/Brussels", "timezone: " + name},
			"amendment":  {"caps: {Tender Cap: {amount: 1105000000}}", "depositaries: {DTC: {timezone: " + name + "}}"},
		} {
			_, err := ParseTerms("offer.yaml", []byte(editedOffer(t, completeOffer(t), edit[0], edit[1])))
			if err == nil || !strings.Contains(err.Error(), city) {
				t.Errorf("%s at the %s: %v", name, place, err)
			}
		}
	}
	for _, schedule := range []string{"CRON_TZ=EST 30 17 * * 1-5", "TZ=EST 30 17 * * 1-5"} {
		if _, err := ParseTerms("offer.yaml", []byte(editedOffer(t, completeOffer(t), "30 17 * * 1-5", schedule))); err == nil {
			t.Errorf("%s is taken", schedule)
		}
	}
	if instead, wrong := values.FixedZone("UTC"); wrong {
		t.Errorf("UTC: %s", instead)
	}
}
