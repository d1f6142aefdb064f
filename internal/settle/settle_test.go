package settle_test

import (
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// one settles one accepted tender of a series.
func one(t *testing.T, s tender.Series, w tender.Window, accepted string, dates tender.Settlement) settle.Line {
	t.Helper()
	o := &tender.Offer{Series: []tender.Series{s}, Settlement: dates}
	b := &tender.Book{Lines: []tender.Line{{Window: w, Instruction: &tender.Instruction{Delivery: tender.BookEntry, ID: "1", Series: s.ID, Principal: dec(accepted)}}}}
	got, err := settle.Settle(o, b, &allocate.Result{Lines: []allocate.Line{{Accepted: dec(accepted)}}})
	if err != nil {
		t.Fatal(err)
	}
	return got.Lines[0]
}

// Each part is rounded for itself, once, half up, to the minor unit of the note's
// currency (R13).
func TestEachPartIsRoundedOnceHalfUp(t *testing.T) {
	// 36 days of 360 are a tenth of a year, so a coupon of 1 is 1 per 1,000.
	tenth := tender.Interest{DayCount: tender.Act360, LastPaid: date("2004-10-27")}
	for _, c := range []struct {
		currency, accepted, late, early, coupon string
		consideration, payment, interest        string
		why                                     string
	}{
		{"USD", "333000", "987.654", "12.345", "0", "328888.78", "4110.89", "0", "328,888.782 down, 4,110.885 up"},
		{"USD", "1000", "0.005", "0.004", "0.005", "0.01", "0", "0.01", "half a cent up, less down"},
		{"USD", "1000", "0.005", "0.005", "0.005", "0.01", "0.01", "0.01", "in parts: 0.03 where the sum would be 0.02"},
		{"JPY", "1000", "987.5", "12.4", "3.5", "988", "12", "4", "the yen has no decimals"},
		{"JPY", "100000000", "987.65432", "0", "0", "98765432", "0", "0", "nor a need of them"},
		{"KWD", "1000", "998.0005", "0.0004", "0.0015", "998.001", "0", "0.002", "the dinar has three"},
		{"EUR", "100000", "850.00", "20.00", "10.75", "85000", "2000", "1075", "nothing to round"},
	} {
		s := tender.Series{ID: "s", Currency: c.currency, TenderOfferConsideration: dec(c.late), EarlyTenderPayment: dec(c.early), Interest: tenth}
		s.Interest.Coupon = dec(c.coupon)
		got := one(t, s, tender.Early, c.accepted, tender.Settlement{Final: date("2004-12-02")})
		want := settle.Cash{Consideration: dec(c.consideration), EarlyPayment: dec(c.payment), AccruedInterest: dec(c.interest)}
		if !sameCash(got.Cash, want) {
			t.Errorf("%s %s at %s + %s: %s, want %s: %s", c.currency, c.accepted, c.late, c.early, words(got.Cash), words(want), c.why)
		}
		late := one(t, s, tender.Late, c.accepted, tender.Settlement{Final: date("2004-12-02")})
		want.EarlyPayment = decimal.Zero
		if !sameCash(late.Cash, want) {
			t.Errorf("%s %s late at %s: %s, want %s", c.currency, c.accepted, c.late, words(late.Cash), words(want))
		}
	}
}

func sameCash(a, b settle.Cash) bool {
	return a.Consideration.Equal(b.Consideration) && a.EarlyPayment.Equal(b.EarlyPayment) && a.AccruedInterest.Equal(b.AccruedInterest)
}

func words(c settle.Cash) string {
	return fmt.Sprintf("%s + %s + %s = %s", c.Consideration, c.EarlyPayment, c.AccruedInterest, c.Total())
}

// Each window is paid on its own day, with the interest up to that day; without
// an early settlement all are paid on the final one.
func TestEachWindowIsPaidOnItsDay(t *testing.T) {
	s := tender.Series{ID: "s", Currency: "USD", TenderOfferConsideration: dec("1000"),
		Interest: tender.Interest{Coupon: dec("3.6"), DayCount: tender.Act360, LastPaid: date("2019-08-01")}}
	both := tender.Settlement{Early: date("2019-08-09"), Final: date("2019-08-22")}
	for _, c := range []struct {
		window   tender.Window
		dates    tender.Settlement
		day      string
		interest string
	}{
		{tender.Early, both, "2019-08-09", "0.8"},
		{tender.Late, both, "2019-08-22", "2.1"},
		{tender.Early, tender.Settlement{Final: both.Final}, "2019-08-22", "2.1"},
	} {
		if l := one(t, s, c.window, "1000", c.dates); l.Date != date(c.day) || !l.AccruedInterest.Equal(dec(c.interest)) {
			t.Errorf("%s, %+v: %s accrued, paid on %s; want %s on %s", c.window, c.dates, l.AccruedInterest, l.Date, c.interest, c.day)
		}
	}
}

func TestNothingAcceptedIsNothingPaid(t *testing.T) {
	l := one(t, tender.Series{ID: "s", Currency: "USD", TenderOfferConsideration: dec("1000")}, tender.Late, "0", tender.Settlement{Final: date("2019-08-22")})
	if !l.Total().IsZero() || !l.Date.IsZero() {
		t.Errorf("%s paid on %s for nothing", l.Total(), l.Date)
	}
}

func TestInterestThatCannotBeComputedStopsTheSettlement(t *testing.T) {
	o := &tender.Offer{Series: []tender.Series{{ID: "5-2020", Currency: "USD", Interest: tender.Interest{
		Coupon: dec("5"), DayCount: tender.Thirty360, LastPaid: date("2019-09-15")}}}, Settlement: tender.Settlement{Final: date("2019-08-22")}}
	_, err := settle.Settle(o, &tender.Book{}, &allocate.Result{})
	if err == nil || !strings.Contains(err.Error(), "series 5-2020: settlement on 2019-08-22 is before") {
		t.Errorf("%v, want an error that names the series", err)
	}
}

// A participant is paid one amount for each series and day, and participants of
// two depositaries are two, whatever their number.
func TestPaymentsAreByDepositaryParticipantSeriesAndDay(t *testing.T) {
	o := &tender.Offer{Settlement: tender.Settlement{Early: date("2019-08-09"), Final: date("2019-08-22")}, Series: []tender.Series{
		{ID: "A", Currency: "USD", TenderOfferConsideration: dec("900"), EarlyTenderPayment: dec("50")},
		{ID: "B", Currency: "EUR", TenderOfferConsideration: dec("800")},
	}}
	b, a := &tender.Book{}, &allocate.Result{}
	for i, l := range []struct {
		depositary, participant, name, series string
		window                                tender.Window
		accepted                              string
	}{
		{"DTC", "0901", "", "A", tender.Early, "10000"},
		{"DTC", "0901", "BANK OF NEW YORK", "A", tender.Early, "20000"},
		{"DTC", "0901", "BANK OF N.Y.", "A", tender.Early, "5000"},
		{"DTC", "0901", "BANK OF NEW YORK", "A", tender.Late, "1000"},
		{"DTC", "0901", "BANK OF NEW YORK", "B", tender.Early, "7000"},
		{"Euroclear", "0901", "A BANK IN BRUSSELS", "A", tender.Early, "3000"},
		{"DTC", "0902", "NOTHING ACCEPTED", "A", tender.Early, "0"},
	} {
		b.Lines = append(b.Lines, tender.Line{Window: l.window, Instruction: &tender.Instruction{Delivery: tender.BookEntry, ID: fmt.Sprint(i),
			Depositary: l.depositary, Participant: l.participant, ParticipantName: l.name, Series: l.series, Principal: dec("50000")}})
		a.Lines = append(a.Lines, allocate.Line{Accepted: dec(l.accepted)})
	}
	s, err := settle.Settle(o, b, a)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range s.Payments {
		got = append(got, fmt.Sprintf("%s %s %s %s %s %s %s %s", p.Depositary, p.Participant, p.ParticipantName, p.Series, p.Date, p.Accepted, p.Currency, p.Total()))
	}
	for _, f := range s.Funding {
		got = append(got, fmt.Sprintf("%s %s %s %s", f.Date, f.Accepted, f.Currency, f.Total()))
	}
	want := []string{
		"DTC 0901 BANK OF N.Y. B 2019-08-09 7000 EUR 5600",
		"DTC 0901 BANK OF N.Y. A 2019-08-09 35000 USD 33250",
		"DTC 0901 BANK OF N.Y. A 2019-08-22 1000 USD 900",
		"Euroclear 0901 A BANK IN BRUSSELS A 2019-08-09 3000 USD 2850",
		"2019-08-09 7000 EUR 5600",
		"2019-08-09 38000 USD 36100",
		"2019-08-22 1000 USD 900",
	}
	if !slices.Equal(got, want) {
		t.Errorf("payments and funding:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// settled is a random offer with whatever was accepted of a random book.
func settled(t *rapid.T) (*tender.Offer, *tender.Book, *allocate.Result) {
	o := &tender.Offer{Settlement: tender.Settlement{Final: date("2012-08-22")}}
	if rapid.Bool().Draw(t, "early settlement") {
		o.Settlement.Early = date("2012-08-09")
	}
	for i := range rapid.IntRange(1, 4).Draw(t, "series") {
		s := tender.Series{
			ID:                       fmt.Sprintf("s%d", i),
			Currency:                 rapid.SampledFrom([]string{"USD", "EUR", "JPY", "KWD"}).Draw(t, "currency"),
			TenderOfferConsideration: decimal.New(rapid.Int64Range(1, 1_200_000).Draw(t, "price"), -3),
			EarlyTenderPayment:       decimal.New(rapid.Int64Range(0, 50_000).Draw(t, "early payment"), -3),
			Interest:                 randomInterest(t),
		}
		if o.SettlementDate(tender.Early).Before(s.Interest.LastPaid) {
			s.Interest.LastPaid = date("2012-08-01")
		}
		o.Series = append(o.Series, s)
	}
	b, a := &tender.Book{}, &allocate.Result{}
	for i := range rapid.IntRange(0, 20).Draw(t, "tenders") {
		principal := decimal.NewFromInt(rapid.Int64Range(0, 5_000_000).Draw(t, "accepted"))
		b.Lines = append(b.Lines, tender.Line{Window: rapid.SampledFrom(tender.Windows[:]).Draw(t, "window"), Instruction: &tender.Instruction{Delivery: tender.BookEntry,
			ID: fmt.Sprint(i), Series: rapid.SampledFrom(o.Series).Draw(t, "of series").ID, Principal: principal.Add(dec("1")),
			Depositary:      rapid.SampledFrom([]string{"DTC", "Euroclear"}).Draw(t, "depositary"),
			Participant:     rapid.SampledFrom([]string{"0901", "0902", "0903"}).Draw(t, "participant"),
			ParticipantName: rapid.SampledFrom([]string{"", "A", "B"}).Draw(t, "name"),
		}})
		a.Lines = append(a.Lines, allocate.Line{Accepted: principal})
	}
	return o, b, a
}

// Every total ties: lines, payments and funding add up to the same, part by part
// and currency by currency, and every part is whole minor units.
func TestTotalsTie(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, b, a := settled(t)
		s, err := settle.Settle(o, b, a)
		if err != nil {
			t.Fatal(err)
		}
		for _, inv := range settle.Check(b, a, s) {
			if !inv.Holds {
				t.Errorf("%s: %s", inv.Name, inv.Detail)
			}
		}
		lines, paid, funded := map[string]settle.Cash{}, map[string]settle.Cash{}, map[string]settle.Cash{}
		for i, l := range s.Lines {
			at, _ := o.SeriesByID(b.Lines[i].Series)
			currency := o.Series[at].Currency
			lines[currency] = lines[currency].Plus(l.Cash)
			places, _ := tender.MinorUnits(currency)
			for _, part := range []decimal.Decimal{l.Consideration, l.EarlyPayment, l.AccruedInterest} {
				if !part.Equal(part.Truncate(places)) {
					t.Errorf("%s %s is not whole minor units", currency, part)
				}
			}
		}
		for _, p := range s.Payments {
			paid[p.Currency] = paid[p.Currency].Plus(p.Cash)
		}
		for _, f := range s.Funding {
			funded[f.Currency] = funded[f.Currency].Plus(f.Cash)
		}
		for currency, sum := range lines {
			if !sameCash(sum, paid[currency]) || !sameCash(sum, funded[currency]) {
				t.Errorf("%s: lines %s, payments %s, funding %s", currency, words(sum), words(paid[currency]), words(funded[currency]))
			}
		}
	})
}

func TestTheOrderOfTheBookDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, b, a := settled(t)
		want, err := settle.Settle(o, b, a)
		if err != nil {
			t.Fatal(err)
		}
		order := rapid.Permutation(slices.Collect(func(yield func(int) bool) {
			for i := range b.Lines {
				if !yield(i) {
					return
				}
			}
		})).Draw(t, "order")
		shuffled, result := &tender.Book{}, &allocate.Result{}
		for _, i := range order {
			shuffled.Lines, result.Lines = append(shuffled.Lines, b.Lines[i]), append(result.Lines, a.Lines[i])
		}
		got, err := settle.Settle(o, shuffled, result)
		if err != nil {
			t.Fatal(err)
		}
		if show(got) != show(want) {
			t.Errorf("%s\nin another order\n%s", show(want), show(got))
		}
	})
}

// show is what is paid and funded, as text.
func show(s *settle.Settlement) string {
	var b strings.Builder
	for _, p := range s.Payments {
		fmt.Fprintln(&b, p.Depositary, p.Participant, p.ParticipantName, p.Series, p.Date, p.Accepted, words(p.Cash))
	}
	for _, f := range s.Funding {
		fmt.Fprintln(&b, f.Currency, f.Date, f.Accepted, words(f.Cash))
	}
	return b.String()
}

// Check finds what is planted.
func TestCheckFindsPlantedFaults(t *testing.T) {
	cent := dec("0.01")
	for name, plant := range map[string]func(a *allocate.Result, s *settle.Settlement){
		"a line pays a cent more": func(_ *allocate.Result, s *settle.Settlement) {
			s.Lines[0].Consideration = s.Lines[0].Consideration.Add(cent)
		},
		"a cent moves between two parts": func(_ *allocate.Result, s *settle.Settlement) {
			s.Payments[0].EarlyPayment = s.Payments[0].EarlyPayment.Add(cent)
			s.Payments[0].Consideration = s.Payments[0].Consideration.Sub(cent)
		},
		"a payment is lost":        func(_ *allocate.Result, s *settle.Settlement) { s.Payments = s.Payments[1:] },
		"a payment is there twice": func(_ *allocate.Result, s *settle.Settlement) { s.Payments = append(s.Payments, s.Payments[0]) },
		"a wire is lost":           func(_ *allocate.Result, s *settle.Settlement) { s.Wires = s.Wires[1:] },
		"a wire is paid already":   func(_ *allocate.Result, s *settle.Settlement) { s.Wires[0].Status = settle.Paid },
		"two wires share a reference": func(_ *allocate.Result, s *settle.Settlement) {
			s.Wires[0].Reference = s.Wires[1].Reference
		},
		"a depositary is a cent short": func(_ *allocate.Result, s *settle.Settlement) {
			s.ByDepositary[0].AccruedInterest = s.ByDepositary[0].AccruedInterest.Sub(cent)
		},
		"an instruction is in the payment of another": func(_ *allocate.Result, s *settle.Settlement) {
			s.Payments[0].Participant = "another"
		},
		"a currency is not funded": func(_ *allocate.Result, s *settle.Settlement) { s.Funding = s.Funding[1:] },
		"the funding is a cent short": func(_ *allocate.Result, s *settle.Settlement) {
			s.Funding[0].AccruedInterest = s.Funding[0].AccruedInterest.Sub(cent)
		},
		"something is paid for nothing":     func(a *allocate.Result, _ *settle.Settlement) { a.Lines[0].Accepted = decimal.Zero },
		"a holder is asked to pay":          func(_ *allocate.Result, s *settle.Settlement) { s.Lines[0].Consideration = dec("-1") },
		"principal is paid but not counted": func(_ *allocate.Result, s *settle.Settlement) { s.Funding[0].Accepted = decimal.Zero },
	} {
		v := invent(1)
		v.tenders("A", tender.Early, 3, "60000")
		v.tenders("B", tender.Late, 3, "60000")
		r := run(t, &tender.Offer{Acceptance: usual(tender.OrderPriority), Settlement: tender.Settlement{Final: date("2019-08-22")},
			Series: []tender.Series{capped("A", "USD", 1, "", "900", "50"), capped("B", "EUR", 1, "", "900", "50")}}, &v.book)
		plant(r.allocation, r.settlement)
		if !slices.ContainsFunc(settle.Check(r.book, r.allocation, r.settlement), func(inv tender.Invariant) bool { return !inv.Holds && inv.Detail != "" }) {
			t.Errorf("%s, and the check does not find it", name)
		}
	}
}

func TestSettlingTwiceGivesTheSame(t *testing.T) {
	v := invent(1)
	v.tenders("A", tender.Early, 5, "60000")
	r := run(t, &tender.Offer{Acceptance: usual(tender.OrderPriority), Settlement: tender.Settlement{Final: date("2019-08-22")},
		Series: []tender.Series{capped("A", "USD", 1, "30000", "900", "50")}}, &v.book)
	again, err := settle.Settle(r.offer, r.book, r.allocation)
	if err != nil || !reflect.DeepEqual(again, r.settlement) {
		t.Errorf("the second time differs (%v)", err)
	}
}

// The coupon of 15 August falls between the two settlements: it is paid to the
// holders of that day, so who is paid on 22 August gets 7 days of interest, and
// not the half year again. The terms give one last interest date for both days
// and the payments of a year, which is enough.
func TestACouponDateBetweenTheTwoSettlements(t *testing.T) {
	s := tender.Series{ID: "s", Currency: "USD", TenderOfferConsideration: dec("1000"),
		Interest: tender.Interest{Coupon: dec("3.6"), DayCount: tender.Thirty360, LastPaid: date("2019-02-15"), Frequency: 2}}
	dates := tender.Settlement{Early: date("2019-08-09"), Final: date("2019-08-22")}
	if got := one(t, s, tender.Early, "1000", dates).AccruedInterest; !got.Equal(dec("17.40")) {
		t.Errorf("%s accrued to 9 August, want 17.40 for 174 days", got)
	}
	if got := one(t, s, tender.Late, "1000", dates).AccruedInterest; !got.Equal(dec("0.70")) {
		t.Errorf("%s accrued to 22 August, want 0.70 for the 7 days from 15 August", got)
	}
	made := tender.Settlement{Interim: []tender.Interim{{On: date("2019-08-09"), Run: "r"}}, Final: date("2019-08-22")}
	if got := one(t, s, tender.Late, "1000", made).AccruedInterest; !got.Equal(dec("0.70")) {
		t.Errorf("%s accrued to 22 August after an interim settlement, want 0.70", got)
	}
}

// The day of the month of the payments is that of the date the terms give, also
// for a coupon between the two settlements that falls on a shorter month's end.
func TestACouponOnTheLastOfAShortMonthKeepsItsDay(t *testing.T) {
	for _, c := range []struct {
		lastPaid  string
		frequency int
		basis     tender.DayCount
		want      string
	}{
		{"2023-01-28", 12, tender.ActActICMA, "3571.43"}, // 10 of 28 days, to 28 March
		{"2022-11-28", 4, tender.ActActICMA, "3370.79"},  // 10 of 89, to 28 May
		{"2022-08-28", 2, tender.ActActICMA, "3314.92"},  // 10 of 181, to 28 August
		{"2022-08-31", 2, tender.ActActICMA, "3260.87"},  // 10 of 184: these pay at the end of the month
		{"2022-08-28", 2, tender.Thirty360, "4000.00"},   // 12 days
		{"2022-08-31", 2, tender.Thirty360, "3333.33"},   // 10: 28 February is the 30th
	} {
		s := tender.Series{ID: "s", Currency: "USD", TenderOfferConsideration: dec("1000"),
			Interest: tender.Interest{Coupon: dec("12"), DayCount: c.basis, LastPaid: date(c.lastPaid), Frequency: c.frequency}}
		dates := tender.Settlement{Early: date("2023-02-14"), Final: date("2023-03-10")}
		if got := one(t, s, tender.Late, "1000000", dates).AccruedInterest; !got.Equal(dec(c.want)) {
			t.Errorf("%s, %d a year, %s: %s, want %s", c.lastPaid, c.frequency, c.basis, got, c.want)
		}
	}
}

// A bond that pays on 30 April and 30 October keeps to the 30th, if the terms say
// so; otherwise 30 April is taken for the end of the month.
func TestNotesThatPayOnAFixedDay(t *testing.T) {
	i := tender.Interest{Coupon: dec("10"), DayCount: tender.ActActICMA, LastPaid: date("2023-04-30"), Frequency: 2}
	for fixed, days := range map[bool]int64{true: 183, false: 184} { // to 30 or 31 October
		i.FixedDay = fixed
		got, err := settle.AccruedInterest(i, date("2023-05-30"))
		if err != nil {
			t.Fatal(err)
		}
		if want := new(big.Rat).Quo(big.NewRat(30, 10), big.NewRat(days*2, 1)); got.Cmp(want) != 0 {
			t.Errorf("fixed %t: %s, want %s", fixed, got.RatString(), want.RatString())
		}
	}
}
