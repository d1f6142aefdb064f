package offerfile

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// pricedOffer has one series at a spread. It is priced on 8 September, for the settlement of the 10th.
const pricedOffer = `id: priced
issuer: Priced Co.
dates:
  launch: 2025-08-22
  early_tender: {at: 2025-09-05T17:00}
  expiration: {at: 2025-09-22T17:00}
  settlement: {early: 2025-09-10, final: 2025-09-25}
pricing: {at: 2025-09-08T10:00}
references:
  - {name: UST 2027, kind: treasury, yield: 3.620}
caps:
  - {name: Cap, amount: 5000000, currency: USD, measure: purchase_price}
series:
  - id: "2027"
    securities: ["83444MAN1"]
    currency: USD
    priority: 1
    outstanding: 100000000
    maturity: 2027-02-25
    par_call: 2027-01-25
    spread: {reference: UST 2027, basis_points: 20}
    early_tender_payment: 30
    total_consideration: 1021.65
    denomination: {minimum: 2000, multiple: 1000}
    interest: {coupon: 5.450, day_count: 30/360, last_paid: 2025-08-25, frequency: 2}
depositaries:
  - {name: DTC, files: "*.csv"}
`

func pricingTime(t *testing.T, clock string) time.Time {
	t.Helper()
	at, err := ParseInstant("2025-09-08T"+clock, newYork(t))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// The price is there from the Price Determination Time on, and is part of the digest; before it the cap
// in money is suspended.
func TestThePriceIsThereFromThePricingOn(t *testing.T) {
	terms := parseOffer(t, pricedOffer)
	before, after := terms.AsOf(pricingTime(t, "09:59:59.999")), terms.AsOf(pricingTime(t, "10:00"))
	if limit := before.AllCaps()[0]; before.Series[0].HasPrice() || len(limit.Unpriced) != 1 || limit.Covers(before.Series[0]) {
		t.Errorf("before: %+v, %+v", before.Series[0], limit)
	}
	if !before.CoversAll(before.AllCaps()[0]) {
		t.Error("a suspended cap is no longer over all")
	}
	if s := &after.Series[0]; !s.TotalConsideration().Equal(amountOf("1021.65")) || !s.TenderOfferConsideration.Equal(amountOf("991.65")) || len(after.AllCaps()[0].Unpriced) != 0 {
		t.Errorf("after: %+v", s)
	}
	if before.TermsDigest == after.TermsDigest {
		t.Error("the price is not part of the digest")
	}
	if later := terms.AsOf(pricingTime(t, "11:00")); later.TermsDigest != after.TermsDigest {
		t.Error("the digest changes without the terms")
	}
}

// The cap of a pool is suspended, too, and one that is a total less a pool without prices.
func TestTheCapsOfPoolsAreSuspended(t *testing.T) {
	source := strings.NewReplacer("caps:\n  - {name: Cap, amount: 5000000, currency: USD, measure: purchase_price}\n", `pools:
  - {name: Pool 1, cap: {amount: 5000000, currency: USD, measure: purchase_price}}
  - {name: Pool 2, cap: {total: 8000000, less: [Pool 1], currency: USD, measure: purchase_price}}
  - {name: Pool 3, cap: {amount: 5000000, currency: USD, measure: purchase_price}}
`, "    priority: 1\n", "    pool: Pool 1\n    priority: 1\n", "depositaries:", `  - {id: a, securities: [83444MAP6], currency: USD, pool: Pool 2, priority: 1, outstanding: 1000000,
     tender_offer_consideration: 990, denomination: {minimum: 1000, multiple: 1000}, interest: {coupon: 0}}
  - {id: b, securities: [83444MAA9], currency: USD, pool: Pool 3, priority: 1, outstanding: 1000000,
     tender_offer_consideration: 990, denomination: {minimum: 1000, multiple: 1000}, interest: {coupon: 0}}
depositaries:`).Replace(pricedOffer)
	terms := parseOffer(t, source)
	for clock, want := range map[string]string{"09:00": "[[2027] [2027] []]", "10:00": "[[] [] []]"} {
		var unpriced [][]string
		for _, c := range terms.AsOf(pricingTime(t, clock)).AllCaps() {
			unpriced = append(unpriced, c.Unpriced)
		}
		if got := fmt.Sprint(unpriced); got != want {
			t.Errorf("at %s: %s, want %s", clock, got, want)
		}
	}
}

// A yield that an amendment brings gives a price from then on, and the amendment before has none.
func TestAnAmendmentBringsTheYield(t *testing.T) {
	source := editedOffer(t, pricedOffer, ", yield: 3.620", "") + `amendments:
  - {effective: 2025-09-08T10:30, set: {references: {UST 2027: {yield: 3.620}}}}
  - {effective: 2025-09-08T12:00, set: {series: {"2027": {early_tender_payment: 25}}}}
  - {effective: 2025-09-08T13:00, set: {references: {UST 2027: {yield: 3.630}}, series: {"2027": {total_consideration: null}}}}
`
	terms := parseOffer(t, source)
	for clock, late := range map[string]string{"10:15": "0", "10:30": "991.65", "12:00": "996.65", "13:00": "996.51"} {
		if got := terms.AsOf(pricingTime(t, clock)).Series[0].TenderOfferConsideration; !got.Equal(amountOf(late)) {
			t.Errorf("at %s: %s, want %s", clock, got, late)
		}
	}
}

// A price per 100 is printed per 100, and paid per 1,000.
func TestAPricePerHundred(t *testing.T) {
	source := strings.NewReplacer("{at: 2025-09-08T10:00}", "{at: 2025-09-08T10:00, per: 100}", "early_tender_payment: 30",
		"early_tender_payment: 3", "1021.65", "102.165").Replace(pricedOffer)
	o := parseOffer(t, source).AsOf(pricingTime(t, "10:00"))
	if s := &o.Series[0]; !s.TotalConsideration().Equal(amountOf("1021.65")) || !s.EarlyTenderPayment.Equal(amountOf("30")) {
		t.Errorf("%+v", s)
	}
}

func TestFaultsOfPricing(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"price and spread", "    spread:", "    tender_offer_consideration: 990\n    spread:", "tender_offer_consideration and spread are both given; a series has a fixed price or a spread"},
		{"printed price", "1021.65", "1021.56", `1021.56 is printed, and 1021.65 is computed (yield 3.820%, to 2027-01-25, settlement 2025-09-10, unrounded 1021.647895423019); find out which input differs`},
		{"no pricing", "pricing: {at: 2025-09-08T10:00}\n", "", "has a spread, but the offer has no pricing; add pricing"},
		{"pricing without a time", "{at: 2025-09-08T10:00}", "{per: 1000}", "pricing lacks the key at"},
		{"unknown reference", "{reference: UST 2027,", "{reference: UST 2028,", `there is no reference "UST 2028"; did you mean "UST 2027"?`},
		{"unknown kind", "kind: treasury", "kind: bill", `kind "bill" is not known; write treasury, gilt, bund, mid_swap or yield`},
		{"kind of another currency", "kind: treasury", "kind: gilt", "is a gilt, for notes in GBP, but series"},
		{"unknown horizon", "    spread:", "    horizon: first_call\n    spread:", "write par_call_below_coupon, par_call or maturity"},
		{"horizon without a date", "    par_call: 2027-01-25\n", "    horizon: par_call\n", "the horizon is the par call date, and there is none"},
		{"unknown settlement", "10:00}", "10:00, settlement: late}", "write early or final"},
		{"early without one", "{early: 2025-09-10, final: 2025-09-25}\npricing: {", "{final: 2025-09-25}\npricing: {settlement: early, ", "settlement is early, but the offer has no early settlement"},
		{"unknown unit", "10:00}", "10:00, per: 1}", "write 100 or 1000"},
		{"decimals", "10:00}", "10:00, decimals: 9}", "write 1 to 8 decimals"},
		{"unknown final period", "10:00}", "10:00, final_period: linear}", "write compound or simple"},
		{"no maturity", "    maturity: 2027-02-25\n", "", "lacks the key maturity"},
		{"yield and bid price", "yield: 3.620}", `yield: 3.620, bid_price: "99-21", coupon: 4, maturity: 2027-01-31, settlement: 2025-09-09}`, "has more than one of yield, bid_price and points; keep one"},
		{"bid price of a gilt", "treasury, yield: 3.620}", `gilt, bid_price: "99-21", coupon: 4, maturity: 2027-01-31, settlement: 2025-09-09}`, "bid_price is that of a Treasury, but kind is gilt"},
		{"32nds", "yield: 3.620}", `bid_price: "99-33", coupon: 4, maturity: 2027-01-31, settlement: 2025-09-09}`, "there are at most 31"},
		{"bid price alone", "yield: 3.620}", `bid_price: "99-21"}`, "lacks the key coupon"},
		{"points of a Treasury", "yield: 3.620}", "points: [{maturity: 2027-01-31, rate: 2}]}", "points are those of mid_swap"},
		{"no points", "treasury, yield: 3.620}", "mid_swap, points: []}", "is an empty list"},
		{"spread no number", "basis_points: 20", "basis_points: 20bp", "is not an amount"},
		{"settlement after maturity", "maturity: 2027-02-25\n    par_call: 2027-01-25", "maturity: 2025-08-25", "is not before the maturity"},
		{"day count", "30/360", "ACT/360", "ACT/360 is not known; state one of [30/360 ACT/ACT]"},
		{"interest dates", "last_paid: 2025-08-25", "last_paid: 2025-08-20", "not a whole number of interest periods before the maturity"},
		{"early payment above the price", "early_tender_payment: 30", "early_tender_payment: 1030", "is not less than the price"},
		{"twice", "references:\n", "references:\n  - {name: UST 2027, kind: treasury}\n", "UST 2027\" is there twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkPricingFault(t, editedOffer(t, pricedOffer, c.old, c.new), c.want)
		})
	}
}

func checkPricingFault(t *testing.T, source, want string) {
	t.Helper()
	_, err := ParseTerms("offer.yaml", []byte(source))
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %q", err, want)
	}
}

// The terms of the examples that are priced from yields are sound, with and without their amendments.
func TestTheTermsOfThePricedExamples(t *testing.T) {
	for _, name := range []string{"solventum-2025", "cobank-2012", "rogers-2025", "sampo-2025"} {
		source, err := os.ReadFile("../../fixtures/" + name + "/offer.yaml")
		if err != nil {
			t.Fatal(err)
		}
		long := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
		if without := parseOffer(t, string(source)).AsOf(long).WithoutPrice(); len(without) != 0 {
			t.Errorf("%s: no price for %v", name, without)
		}
	}
}

// Interest dates are held against the maturity before there is any price, and for a fixed price, too: a note that
// pays on 30 April and 30 October does not pay on last days of months, though 30 April is one.
func TestInterestDatesAreThoseOfTheMaturity(t *testing.T) {
	const unpriced = "kind: treasury, yield: 3.620}"
	for _, c := range []struct{ name, maturity, parCall, interest, want string }{
		{"other months", "2027-02-25", "", "last_paid: 2025-07-25, frequency: 2", "2025-07-25 is not a whole number of interest periods before the maturity, 2027-02-25"},
		{"last days by the last payment only", "2027-10-30", "", "last_paid: 2025-04-30, frequency: 2", "state end_of_month: false"},
		{"last days by the maturity only", "2054-04-30", "", "last_paid: 2024-10-30, frequency: 2", "2024-10-30 is not a whole number of interest periods"},
		{"last days by the maturity, not by the par call date", "2054-04-30", "2053-10-30", "last_paid: 2025-04-30, frequency: 2", "par_call: 2053-10-30 is an interest date only if the notes do not pay on last days of months"},
		{"the same day", "2054-04-30", "2053-10-30", "last_paid: 2025-04-30, frequency: 2, end_of_month: false", ""},
		{"last days", "2054-04-30", "2053-10-31", "last_paid: 2025-04-30, frequency: 2", ""},
		{"last days of other lengths", "2030-12-31", "", "last_paid: 2025-06-30, frequency: 2", ""},
	} {
		parCall := ""
		if c.parCall != "" {
			parCall = "    par_call: " + c.parCall + "\n"
		}
		for _, price := range []string{"spread: {reference: UST 2027, basis_points: 20}", "tender_offer_consideration: 990"} {
			t.Run(c.name+", "+price, func(t *testing.T) {
				source := strings.NewReplacer(unpriced, "kind: treasury}", "    maturity: 2027-02-25\n    par_call: 2027-01-25\n",
					"    maturity: "+c.maturity+"\n"+parCall, "spread: {reference: UST 2027, basis_points: 20}", price,
					"    total_consideration: 1021.65\n", "", "last_paid: 2025-08-25, frequency: 2", c.interest).Replace(pricedOffer)
				if c.want != "" {
					checkPricingFault(t, source, c.want)
				} else {
					parseOffer(t, source)
				}
			})
		}
	}
}
