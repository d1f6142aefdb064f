package settle_test

import (
	"fmt"
	"regexp"
	"slices"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// paidAndDue settles four tenders of 10,000 each, of which the first two were paid at
// the early settlement: the account 70011 at two depositaries, once early, once late.
func paidAndDue(t *testing.T) *settle.Settlement {
	t.Helper()
	o := &tender.Offer{ID: "x", Settlement: tender.Settlement{Early: date("2019-08-09"), Final: date("2019-08-22")}, Series: []tender.Series{
		{ID: "A", Currency: "EUR", TenderOfferConsideration: dec("900"), EarlyTenderPayment: dec("50")}}}
	b, a := &tender.Book{}, &allocate.Result{}
	for i, l := range []struct {
		depositary string
		window     tender.Window
	}{{"Clearstream", tender.Early}, {"Euroclear", tender.Early}, {"Clearstream", tender.Late}, {"Euroclear", tender.Late}} {
		line := tender.Line{Window: l.window, Instruction: &tender.Instruction{
			ID: fmt.Sprint(i), Depositary: l.depositary, Participant: "70011", Series: "A", Principal: dec("10000"), Delivery: tender.BookEntry}}
		if l.window == tender.Early {
			line.Settled = &tender.Settled{Accepted: dec("10000")}
		}
		b.Lines = append(b.Lines, line)
		a.Lines = append(a.Lines, allocate.Line{Accepted: dec("10000")})
	}
	s, err := settle.Settle(o, b, a)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestM1WhatWasPaidIsNotDue(t *testing.T) {
	s := paidAndDue(t)
	total := func(wires []settle.Wire) (sum decimal.Decimal) {
		for _, w := range wires {
			sum = sum.Add(w.Total())
		}
		return sum
	}
	due, paid := s.WiresOf(settle.Due), s.WiresOf(settle.Paid)
	if len(due) != 2 || len(paid) != 2 || !total(due).Equal(dec("18000")) || !total(paid).Equal(dec("19000")) {
		t.Errorf("%d wires due of %s, %d paid of %s", len(due), total(due), len(paid), total(paid))
	}
	for _, w := range due {
		if w.Date != date("2019-08-22") || len(w.Payments) != 1 || w.Payments[0].Reference != w.Reference {
			t.Errorf("due: %+v", w)
		}
	}
}

func TestM2OneAccountNumberAtTwoDepositariesIsTwoPayees(t *testing.T) {
	s := paidAndDue(t)
	references := map[string]bool{}
	for _, w := range s.Wires {
		if w.Participant != "70011" || references[w.Reference] {
			t.Errorf("%s %s shares its reference %s", w.Depositary, w.Participant, w.Reference)
		}
		references[w.Reference] = true
	}
}

func TestM9AReferenceFollowsFromOfferPayeeCurrencyAndDay(t *testing.T) {
	party := settle.Party{Depositary: "DTC", Participant: "0901", Currency: "USD", Date: date("2004-12-02")}
	want := settle.Reference("x", party, false)
	if !regexp.MustCompile(`^0901-USD-20041202-[0-9A-HJKMNP-TV-Z]{10}$`).MatchString(want) {
		t.Errorf("reference %q", want)
	}
	named := party
	named.ParticipantName, named.Status = "ANOTHER NAME", settle.Paid
	if got := settle.Reference("x", named, false); got != want {
		t.Errorf("with a name it is %s, without %s", got, want)
	}
	others := map[string]bool{want: true}
	for name, reference := range map[string]string{
		"offer":      settle.Reference("y", party, false),
		"depositary": settle.Reference("x", settle.Party{Depositary: "Euroclear", Participant: "0901", Currency: "USD", Date: party.Date}, false),
		"number":     settle.Reference("x", settle.Party{Depositary: "DTC", Participant: "901", Currency: "USD", Date: party.Date}, false),
		"currency":   settle.Reference("x", settle.Party{Depositary: "DTC", Participant: "0901", Currency: "EUR", Date: party.Date}, false),
		"day":        settle.Reference("x", settle.Party{Depositary: "DTC", Participant: "0901", Currency: "USD", Date: date("2004-12-03")}, false),
		"second":     settle.Reference("x", party, true),
	} {
		if others[reference] {
			t.Errorf("another %s has the same reference %s", name, reference)
		}
		others[reference] = true
	}
}

// A bank takes a second transfer with the reference of the first for a duplicate.
func TestM9WhatIsDueToSomeonePaidBeforeHasAnotherReference(t *testing.T) {
	o := &tender.Offer{ID: "x", Settlement: tender.Settlement{Early: date("2019-08-09"), Final: date("2019-08-22")},
		Series: []tender.Series{{ID: "A", Currency: "USD", TenderOfferConsideration: dec("900")}}}
	early := tender.Line{Window: tender.Early, Instruction: &tender.Instruction{
		ID: "1", Depositary: "DTC", Participant: "0901", Series: "A", Principal: dec("1000"), Delivery: tender.BookEntry}}
	found := early
	early.Settled, found.ID = &tender.Settled{Accepted: dec("1000")}, "2"
	s, err := settle.Settle(o, &tender.Book{Lines: []tender.Line{early, found}},
		&allocate.Result{Lines: []allocate.Line{{Accepted: dec("1000")}, {Accepted: dec("1000")}}})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Wires) != 2 || s.Wires[0].Date != s.Wires[1].Date || s.Wires[0].Reference == s.Wires[1].Reference {
		t.Errorf("wires %+v", s.Wires)
	}
}

func TestReferencesFitPaymentMessages(t *testing.T) {
	allowed := regexp.MustCompile(`^[A-Z0-9][A-Z0-9-]{0,34}$`)
	rapid.Check(t, func(t *rapid.T) {
		r := settle.Reference(rapid.String().Draw(t, "offer"), settle.Party{Depositary: rapid.String().Draw(t, "depositary"),
			Participant: rapid.String().Draw(t, "participant"), Currency: "USD", Date: date("2004-12-02")}, rapid.Bool().Draw(t, "second"))
		if !allowed.MatchString(r) {
			t.Errorf("reference %q", r)
		}
	})
}

func TestM10FundingByDepositaryCountsParticipants(t *testing.T) {
	var got []string
	for _, f := range paidAndDue(t).ByDepositary {
		got = append(got, fmt.Sprintf("%s %s %s %s %d %s %s", f.Depositary, f.Currency, f.Date, f.Status, f.Wires, f.Accepted, f.Total()))
	}
	want := []string{
		"Clearstream EUR 2019-08-09 paid 1 10000 9500", "Clearstream EUR 2019-08-22 due 1 10000 9000",
		"Euroclear EUR 2019-08-09 paid 1 10000 9500", "Euroclear EUR 2019-08-22 due 1 10000 9000",
	}
	if !slices.Equal(got, want) {
		t.Errorf("funding by depositary %q, want %q", got, want)
	}
}
