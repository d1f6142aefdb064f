package settled

import (
	"io"
	"strings"
	"testing"

	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

const (
	oldHeading = "instruction,depositary,participant,series,currency,window,received,tendered,accepted,returned,reason," +
		"consideration,early_payment,accrued_interest,total,file,sheet,row"
	oldRow  = "1,DTC,0901,A,USD,early,2004-11-12T16:00:00,2000,1000,1000,why,950.00,50.00,1.25,1001.25,f.csv,,2"
	heading = oldHeading + ",reference,status,participant_name,security,factor,price,early_price,settlement_date,code"
	row     = oldRow + ",R,due,Name,52729NAA8,0.5,950,50,2004-11-17,prorated"
)

// A run of version 0.1 wrote neither prices nor days; what it decided can be read all the same.
func TestPositionsOfARunOfVersion1(t *testing.T) {
	got, err := positionsOf(strings.NewReader(oldHeading+"\n"+oldRow+"\n"), columns[:columnsOfVersion1])
	if err != nil {
		t.Fatal(err)
	}
	p := got[key{"DTC", "1"}]
	if len(got) != 1 || p.Accepted.String() != "1000" || p.Position.Total.String() != "1001.25" || p.Window != tender.Early ||
		p.Participant != "0901" || !p.date.IsZero() {
		t.Errorf("read %+v", got)
	}
	if _, err := positionsOf(strings.NewReader(oldHeading+"\n"+oldRow+"\n"), columns); err == nil {
		t.Error("its prices are read, and it has none")
	}
}

func TestPositionsHaveCashPricesAndDays(t *testing.T) {
	returned := strings.NewReplacer("\n1,", "\n2,", ",1000,1000,", ",0,2000,", ",950.00,50.00,1.25,1001.25,", ",0.00,0.00,0.00,0.00,",
		",R,due,", ",,,", ",950,50,2004-11-17,", ",,,,").Replace("\n" + row)
	got, err := positionsOf(strings.NewReader(heading+"\n"+row+returned+"\n"), columns)
	if err != nil {
		t.Fatal(err)
	}
	p := got[key{"DTC", "1"}]
	if p.status != settle.Due || p.date.String() != "2004-11-17" || p.price.String() != "950" || p.extra.String() != "50" ||
		p.Cash.Total().String() != "1001.25" {
		t.Errorf("read %+v", p)
	}
	if p := got[key{"DTC", "2"}]; !p.Accepted.IsZero() || !p.date.IsZero() || p.Tendered.String() != "2000" {
		t.Errorf("read %+v", p)
	}
	for wrong, want := range map[string]string{
		strings.Replace(row, "early", "soon", 1):      "line 2, window",
		strings.Replace(row, "11-17", "11-31", 1):     "line 2, settlement_date",
		strings.Replace(row, ",950,50,", ",x,50,", 1): "line 2, price",
	} {
		if _, err := positionsOf(strings.NewReader(heading+"\n"+wrong+"\n"), columns); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// A cap that was added later may need a rate that there was not at the settlement.
func TestRatesThatThereWereNot(t *testing.T) {
	rate := func(from, to, value string) tender.Rate {
		r := tender.Rate{From: from, To: to}
		_ = r.Rate.UnmarshalText([]byte(value))
		return r
	}
	then := &tender.Offer{Rates: []tender.Rate{rate("EUR", "USD", "1.1"), rate("GBP", "USD", "0")}}
	now := &tender.Offer{Rates: []tender.Rate{rate("EUR", "USD", "1.2"), rate("GBP", "USD", "1.3")}}
	all := &tender.Offer{Rates: ratesThen(then, now)}
	for from, want := range map[string]string{"EUR": "11/10", "GBP": "13/10"} {
		if got, _ := all.Rate(from, "USD"); got.RatString() != want {
			t.Errorf("%s: %s, want %s", from, got.RatString(), want)
		}
	}
}

func positionsOf(r io.Reader, columns []string) (map[key]position, error) {
	all := map[key]position{}
	return all, readPositions(r, columns, func(at key, p position) { all[at] = p })
}
