package result

import (
	"testing"
	"time"

	"tenderbatch/internal/tender"
)

func TestAReportWithoutADateInItsNameHasNoAge(t *testing.T) {
	at := time.Date(2004, 11, 24, 17, 0, 0, 0, time.UTC)
	if days, ok := new(Input).Age(at, time.UTC); days != 0 || ok {
		t.Errorf("%d days old, dated %t", days, ok)
	}
	dated := &Input{Reported: tender.Date{Year: 2004, Month: 11, Day: 12}}
	if days, ok := dated.Age(at, time.UTC); days != 12 || !ok {
		t.Errorf("%d days old, dated %t, want 12", days, ok)
	}
}
