package workbook

import (
	"bytes"
	"encoding/csv"
	"testing"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/export"
	"tenderbatch/internal/tender"
)

// A reader with instructions.csv and a calculator can check a line: what was accepted
// times the prices of the line gives its cash, and what was tendered times the factor, down
// to the denomination, what was accepted.
func TestP8ALineCanBeCheckedWithACalculator(t *testing.T) {
	r := smallRun(t)
	var out bytes.Buffer
	if err := export.WriteInstructions(&out, r); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := make(map[string]int)
	for i, name := range rows[0] {
		at[name] = i
	}
	prorated, early := 0, 0
	for n, row := range rows[1:] {
		get := func(name string) string { return row[at[name]] }
		l := &r.Book.Lines[n]
		if get("security") != l.Security || get("participant_name") != l.ParticipantName {
			t.Errorf("line %d: security %q, name %q", n, get("security"), get("participant_name"))
		}
		if get("accepted") == "0" {
			if get("price")+get("early_price")+get("settlement_date") != "" {
				t.Errorf("line %d: priced, though nothing is accepted", n)
			}
			continue
		}
		accepted, tendered, share := dec(get("accepted")), dec(get("tendered")), dec(get("factor"))
		cash := func(price string) string {
			if price == "" {
				return decimal.Zero.StringFixed(2)
			}
			return accepted.Mul(dec(price)).Div(decimal.New(1000, 0)).Round(2).StringFixed(2)
		}
		if got := cash(get("price")); got != get("consideration") {
			t.Errorf("line %d: %s times %s is %s, not %s", n, accepted, get("price"), got, get("consideration"))
		}
		if got := cash(get("early_price")); got != get("early_payment") {
			t.Errorf("line %d: early: %s times %s is %s, not %s", n, accepted, get("early_price"), got, get("early_payment"))
		}
		if l.Window == tender.Early {
			early++
		}
		series, _ := r.Offer.SeriesByID(l.Series)
		multiple := r.Offer.Series[series].Denomination.Multiple
		if want := tendered.Mul(share).Div(multiple).Floor().Mul(multiple); !share.Equal(decimal.New(1, 0)) && !want.Equal(accepted) {
			t.Errorf("line %d: %s times %s gives %s, not %s", n, tendered, share, want, accepted)
		} else if !share.Equal(decimal.New(1, 0)) {
			prorated++
		}
	}
	if prorated == 0 || early == 0 {
		t.Errorf("%d prorated and %d early lines: nothing was shown", prorated, early)
	}
}
