package confirm

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

func d(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func line(change func(*Line)) Line {
	l := Line{Depositary: "DTC", Participant: "1", Series: "A", Security: "037833100", Currency: "USD", Window: tender.Early,
		Tendered: d("10"), Accepted: d("8"), Returned: d("2"), Reference: "w", Factor: "0.8", Price: "1000",
		Cash: Cash{Consideration: d("8"), Total: d("8")}}
	change(&l)
	return l
}

func TestLinesOfOneAccountAreAddedUp(t *testing.T) {
	same := func(*Line) {}
	got, without, err := Make(&Offer{ID: "o"}, []Line{line(same), line(same),
		line(func(l *Line) { l.Accepted, l.Returned, l.Reference, l.Price, l.Cash = d("0"), d("10"), "", "", Cash{} }),
		line(func(l *Line) { l.Participant = "2" }),
		line(func(l *Line) { l.Window, l.Price = tender.Late, "980" })})
	if err != nil || len(got) != 3 || without != 0 {
		t.Fatal(got, without, err)
	}
	if c := got[0]; !c.Tendered.Equal(d("30")) || !c.Accepted.Equal(d("16")) || !c.Returned.Equal(d("14")) || !c.Cash.Total.Equal(d("16")) ||
		c.Rate.String() != "80" || c.Percent.String() != "100" {
		t.Errorf("%+v", c)
	}
	if got[1].Percent.String() != "98" || got[1].ID == got[0].ID || got[1].Event != got[0].Event || got[2].Event != got[0].Event {
		t.Errorf("%+v", got)
	}
}

func TestWhatOneConfirmationCannotSayIsRefused(t *testing.T) {
	for want, change := range map[string]func(*Line){
		"is paid on":          func(l *Line) { l.Date = tender.Date{Year: 2026, Month: time.May, Day: 4} },
		"do not add up":       func(l *Line) { l.Returned = d("3") },
		"parts of what is pa": func(l *Line) { l.Cash.Total = d("9") },
		"no account that":     func(l *Line) { l.Participant = strings.Repeat("9", 36) },
		"the price of A":      func(l *Line) { l.Participant, l.Price = "2", "" },
	} {
		_, _, err := Make(&Offer{ID: "o"}, []Line{line(func(*Line) {}), line(change)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// A participant that tendered the same notes by guaranteed delivery, too, is paid for those on another day: that must
// not keep all confirmations of the run from being made.
func TestWhatIsPaidOnSeveralDaysHasAConfirmationForEach(t *testing.T) {
	later := line(func(l *Line) { l.Reference, l.Date = "x", tender.Date{Year: 2026, Month: time.May, Day: 4} })
	dearer := line(func(l *Line) { l.Price = "990" })
	none := line(func(l *Line) { l.Accepted, l.Returned, l.Reference, l.Price, l.Cash = d("0"), d("10"), "", "", Cash{} })
	alone, _, err := Make(&Offer{ID: "o"}, []Line{line(func(*Line) {})})
	if err != nil {
		t.Fatal(err)
	}
	for _, lines := range [][]Line{{line(func(*Line) {}), later, dearer, none}, {none, later, dearer, line(func(*Line) {})}} {
		got, without, err := Make(&Offer{ID: "o"}, lines)
		if err != nil || without != 0 || len(got) != 3 {
			t.Fatalf("%+v, %d, %v", got, without, err)
		}
		seen := map[string]bool{}
		for i, want := range []string{"w 1000 20 8", "w 990 10 8", "x 1000 10 8"} {
			c := got[i]
			if said := strings.Join([]string{c.Reference, c.Price, c.Tendered.String(), c.Accepted.String()}, " "); said != want ||
				seen[c.ID] || seen[c.Advice] || c.ID == c.Advice {
				t.Errorf("%s, %+v; want %s", said, c, want)
			}
			seen[c.ID], seen[c.Advice] = true, true
		}
		if got[0].ID != alone[0].ID || got[0].Advice != alone[0].Advice {
			t.Error("the first has another identification than if it were the only one")
		}
	}
}

func TestRates(t *testing.T) {
	for factor, want := range map[string]string{"1": "100", "0.315789": "31.5789", "1/3": "33.33333333", "2/3": "66.66666667", "0": "0"} {
		if got := rateOf(factor); got == nil || got.String() != want {
			t.Errorf("%s is %v", factor, got)
		}
	}
	for _, none := range []string{"", "differ", "1/0"} {
		if got := rateOf(none); got != nil {
			t.Errorf("%q is %s", none, got)
		}
	}
}
