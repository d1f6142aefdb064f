package console

import (
	"testing"
	"time"

	"tenderbatch/internal/ledger"
)

// The pages say that the last attempt came to nothing until one came to something; entries that
// end no attempt change nothing of that.
func TestTheLastAttemptThatFailed(t *testing.T) {
	at := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	entries := func(events ...ledger.Event) (all []ledger.Entry) {
		for _, e := range events {
			all = append(all, ledger.Entry{At: at, Event: e, Message: string(e) + " by 0001683"})
		}
		return all
	}
	for name, c := range map[string]struct {
		events []ledger.Event
		want   string
	}{
		"none":                  {nil, ""},
		"refused":               {[]ledger.Event{ledger.Published, ledger.Started, ledger.Refused}, "refused by 0001683"},
		"failed, then prepared": {[]ledger.Event{ledger.Started, ledger.Failed, ledger.Prepared, ledger.Started}, "failed by 0001683"},
		"published since":       {[]ledger.Event{ledger.Failed, ledger.Started, ledger.Published, ledger.Submitted}, ""},
		"unchanged since":       {[]ledger.Event{ledger.Abandoned, ledger.Unchanged}, ""},
	} {
		got := failedAttempt(entries(c.events...), true)
		if (got == nil) != (c.want == "") || (got != nil && got.Why != c.want) {
			t.Errorf("%s: %+v, want %q", name, got, c.want)
		}
		if masked := failedAttempt(entries(c.events...), false); masked != nil && masked.Why != "" {
			t.Errorf("%s: a viewer reads %q", name, masked.Why)
		}
	}
}

func TestInstantsAndPricesForPeople(t *testing.T) {
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"2004-11-12T16:59:59.700-05:00": "2004-11-12 16:59:59.700 EST", "2004-12-02T09:00:00.000-05:00": "2004-12-02 09:00 EST",
		"2004-12-02T14:00:00.000Z": "2004-12-02 09:00 EST", "": "", "yesterday": "yesterday",
	} {
		if got := local(text, newYork); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	for text, want := range map[string]string{"837.5": "837.50", "830": "830.00", "1037.126": "1,037.126"} {
		if got := price(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
