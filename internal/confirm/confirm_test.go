package confirm

import (
	"strings"
	"testing"

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
		"several prices":      func(l *Line) { l.Price = "990" },
		"several days":        func(l *Line) { l.Reference = "x" },
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
