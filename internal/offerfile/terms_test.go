package offerfile

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/display"
	"tenderbatch/internal/strictyaml"
	"tenderbatch/internal/tender"
)

// completeOffer is the second example of docs/offer.md, which has every key; the first is smallOffer.
func completeOffer(t testing.TB) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/offer.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```yaml\n"+smallOffer+"```\n")
	_, example, _ := strings.Cut(rest, "```yaml\n")
	example, _, ok := strings.Cut(example, "```\n")
	if !ok {
		t.Fatal("docs/offer.md does not show smallOffer and then an example with every key")
	}
	return example
}

// smallOffer has only the keys that are needed; docs/offer.md begins with it.
const smallOffer = `id: small
issuer: Small Co.
dates:
  launch: 2024-03-04
  expiration: {at: 2024-04-02T17:00}
  settlement: {final: 2024-04-04}
series:
  - id: "5-2030"
    securities: ["037833100"]
    currency: USD
    outstanding: 100000000
    tender_offer_consideration: 990
    denomination: {minimum: 2000, multiple: 1000}
    interest: {coupon: 0}
depositaries:
  - {name: DTC, files: "*.csv"}
`

func parseOffer(t *testing.T, source string) *Terms {
	t.Helper()
	terms, err := ParseTerms("offer.yaml", []byte(source))
	if err != nil {
		t.Fatalf("ParseTerms: %v", err)
	}
	return terms
}

// faultsOf returns the faults of a source that must have some.
func faultsOf(t *testing.T, source string) []strictyaml.Fault {
	t.Helper()
	_, err := ParseTerms("offer.yaml", []byte(source))
	var e *strictyaml.Error
	if !errors.As(err, &e) || len(e.Faults) == 0 {
		t.Fatalf("ParseTerms: error %v, want an strictyaml.Error with faults", err)
	}
	return e.Faults
}

// edited is the source with one text replaced, which must occur in it.
func editedOffer(t *testing.T, source, old, new string) string {
	t.Helper()
	if !strings.Contains(source, old) {
		t.Fatalf("the offer does not contain %q", old)
	}
	return strings.Replace(source, old, new, 1)
}

func newYork(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func amountOf(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func TestParseTermsComplete(t *testing.T) {
	terms, ny := parseOffer(t, completeOffer(t)), newYork(t)
	brussels, err := time.LoadLocation("Europe/Brussels")
	if err != nil {
		t.Fatal(err)
	}
	early := tender.CutOff{At: time.Date(2004, 11, 12, 17, 0, 0, 0, ny), Boundary: tender.Before}
	firstExpiration := tender.CutOff{At: time.Date(2004, 11, 30, 0, 0, 0, 0, ny), Boundary: tender.Before}
	lastExpiration := tender.CutOff{At: time.Date(2004, 12, 2, 0, 0, 0, 0, ny), Boundary: tender.Before}
	supplement := time.Date(2004, 11, 17, 9, 0, 0, 0, ny)
	thousand := tender.Denomination{Minimum: amountOf("1000"), Multiple: amountOf("1000")}
	want := tender.Offer{
		ID: "level3-2004", Issuer: "Level 3 Communications, Inc.", Zone: ny, Schedule: "30 17 * * 1-5",
		Retention: tender.Retention{Runs: tender.Age{Count: 10, Unit: 'y'}, Files: tender.Age{Count: 18, Unit: 'm'}, Holders: tender.Age{Count: 2, Unit: 'y'}},
		CatchUp:   tender.CatchUpLast, RunAfter: 15 * time.Minute, Paper: tender.PaperLetter,
		Release: &tender.ReleaseRule{Approvals: 1, From: tender.Final},
		Launch:  tender.Date{Year: 2004, Month: 10, Day: 29}, Early: early, Expiration: firstExpiration,
		Settlement: tender.Settlement{Interim: []tender.Interim{{On: tender.Date{Year: 2004, Month: 11, Day: 24}}}, Final: tender.Date{Year: 2004, Month: 12, Day: 2}},
		Guaranteed: tender.Guaranteed{
			Deadline:   tender.CutOff{At: time.Date(2004, 12, 3, 17, 0, 0, 0, ny), Boundary: tender.AtOrBefore},
			Settlement: tender.Date{Year: 2004, Month: 12, Day: 6},
		},
		Withdrawal: tender.Withdrawal{Early: early, Late: firstExpiration},
		Acceptance: tender.Acceptance{
			Order: tender.OrderPriority, Shortfall: tender.Prorate, Factor: tender.FactorMaximal,
			BelowMinimum: tender.RejectPiece, ReturnedBelowMinimum: tender.Keep,
		},
		Caps: []tender.Cap{
			{Name: "Tender Cap", Amount: amountOf("450000000"), Currency: "USD", Measure: tender.MeasurePrincipal},
			{Name: "Euro SubCap", Amount: amountOf("400000000"), Currency: "USD", Measure: tender.MeasurePurchasePrice, Series: []string{"10.75-2008E"}},
		},
		Pricing: tender.Pricing{
			At: time.Date(2004, 11, 15, 11, 0, 0, 0, ny), Settlement: tender.Late, Per: 1000, Decimals: 2,
			Final: tender.Compound,
		},
		References: []tender.Reference{
			{Name: "UST 2009", Kind: tender.Treasury, Decimals: 3, AnnualDecimals: new(int32(3)), Quote: &tender.TreasuryQuote{
				Coupon: amountOf("3.375"), Maturity: tender.Date{Year: 2009, Month: 10, Day: 15},
				BidPrice: amountOf("99.3984375"), Settlement: tender.Date{Year: 2004, Month: 11, Day: 16},
			}},
			{Name: "UKT 2010", Kind: tender.Gilt, Decimals: 3, HasYield: true, Yield: amountOf("4.567"), AnnualDecimals: new(int32(3))},
			{Name: "EUR swaps", Kind: tender.MidSwap, Decimals: 3, AnnualDecimals: new(int32(3)), Points: []tender.SwapRate{
				{Maturity: tender.Date{Year: 2009, Month: 11, Day: 17}, Rate: amountOf("3.205")},
				{Maturity: tender.Date{Year: 2010, Month: 11, Day: 17}, Rate: amountOf("3.358")},
			}},
		},
		Rates:      []tender.Rate{{From: "EUR", To: "USD", Rate: amountOf("1.2973"), Date: tender.Date{Year: 2004, Month: 11, Day: 12}, Source: "implied by the release"}},
		Conditions: []tender.Condition{{Name: "Financing", Text: "borrowings of at least 400 million"}},
		Series: []tender.Series{{
			ID: "9.125-2008", Title: "9-1/8% Senior Notes due 2008", Securities: []string{"52729NAA8"}, Currency: "USD",
			Priority: 1, Outstanding: amountOf("1203652000"), MaximumOfferAmount: amountOf("450000000"), HasMaximum: true,
			TenderOfferConsideration: amountOf("837.50"), EarlyTenderPayment: amountOf("20.00"), Denomination: thousand,
			Interest: tender.Interest{Coupon: amountOf("9.125"), DayCount: tender.Thirty360, LastPaid: tender.Date{Year: 2004, Month: 11, Day: 1}, Frequency: 2,
				Steps: []tender.CouponStep{{From: tender.Date{Year: 2005, Month: 5, Day: 1}, Coupon: amountOf("9.375")}}},
		}, {
			ID: "10.75-2008E", Title: "10-3/4% Senior Euro Notes due 2008", Securities: []string{"XS0108503615", "XS0108503623"}, Currency: "EUR",
			Priority: 2, Outstanding: amountOf("320826000"),
			TenderOfferConsideration: amountOf("830.00"), EarlyTenderPayment: amountOf("20.00"), Denomination: thousand,
			Interest: tender.Interest{Coupon: amountOf("10.75"), DayCount: tender.Thirty360, LastPaid: tender.Date{Year: 2004, Month: 9, Day: 15}, Frequency: 2},
		}, {
			ID: "5.25-2011", Title: "5-1/4% Senior Notes due 2011", Securities: []string{"52729NBA7"}, Currency: "USD",
			Outstanding: amountOf("250000000"), Maturity: tender.Date{Year: 2011, Month: 10, Day: 15},
			ParCall: tender.Date{Year: 2011, Month: 7, Day: 15}, Horizon: tender.ParCallBelowCoupon, Denomination: thousand,
			Spread:             tender.Spread{Reference: "UST 2009", BasisPoints: amountOf("125"), EarlyPayment: amountOf("20.00")},
			EarlyTenderPayment: amountOf("20.00"), TenderOfferConsideration: amountOf("1007.60"),
			Interest: tender.Interest{Coupon: amountOf("5.25"), DayCount: tender.Thirty360, LastPaid: tender.Date{Year: 2004, Month: 10, Day: 15}, Frequency: 2},
		}},
		Depositaries: []tender.Depositary{
			{Name: "DTC", RejectLimit: decimal.NewFromInt(20), Files: "dtc-*.xlsx", Zone: ny, Ignored: []string{"Description"}, Expected: &tender.ReportTimes{Weekdays: true, Hour: 18}, Closed: time.Date(2004, 12, 3, 18, 0, 0, 0, ny),
				Formulas: tender.RejectFormulas, Encoding: tender.UTF8},
			{
				Name: "Euroclear", RejectLimit: decimal.NewFromInt(20), Files: "euroclear-*.xlsx", Incremental: true, Zone: brussels, ZoneGiven: true, Sheets: []string{"Instructions"},
				Columns: map[string]string{
					"instruction": "Ref", "security": "ISIN", "principal": "Blocked Quantity", "received": "Submitted",
					"received_date": "Date", "received_time": "Time", "participant": "Account", "participant_name": "Account Name",
					"holder_reference": "Holder", "contact": "Contact", "currency": "Ccy", "status": "State",
					"is_withdrawn": "Withdrawn?", "withdrawn": "Withdrawn", "withdrawn_date": "Withdrawal Date", "withdrawn_time": "Withdrawal Time",
					"delivery": "Delivery", "covered": "Covered At",
				},
				Statuses:    map[string]tender.Status{"ACCP": tender.Tendered, "CAND": tender.Withdrawn},
				PasswordEnv: "EUROCLEAR_PASSWORD", Formulas: tender.StoredFormulas, Encoding: tender.UTF8,
			},
			{Name: "Clearstream", RejectLimit: decimal.NewFromInt(20), Files: "clearstream-*.csv", Zone: ny, Blanks: []string{"n.v."}, Decimal: tender.DecimalComma, WithdrawnYes: "X", WithdrawnNo: "O", Dates: tender.DayFirst, Formulas: tender.RejectFormulas, Encoding: tender.Windows1252},
			{Name: "Paper desk", RejectLimit: decimal.NewFromInt(20), Files: "desk-*.xlsx", Zone: ny, Sheets: []string{"Book-entry", "Registered"}, Skip: []string{"Withdrawn in March"},
				Formulas: tender.RejectFormulas, Encoding: tender.UTF8},
		},
		Waivers: []tender.Waiver{{
			Depositary: "DTC", Instruction: "VOI-0042", Rule: "R5-minimum", By: "the issuer's treasurer",
			On: tender.Date{Year: 2004, Month: 11, Day: 15}, Note: "residue of a partial redemption",
		}},
		Resolutions: []tender.Resolution{{
			Rule: "R5-security-unknown", Outcome: tender.StaysRejected, Depositary: "Euroclear", Instruction: "EC0040333",
			By: "the tender agent", On: tender.Date{Year: 2004, Month: 12, Day: 1},
		}, {
			Rule: "R1-missing", Outcome: tender.StaysRejected, Depositary: "DTC", File: "dtc-2004-11-12.xlsx", Row: 125,
			By: "DTC", On: tender.Date{Year: 2004, Month: 12, Day: 1},
		}},
	}
	compareOffers(t, "at launch", terms.AsOf(supplement.Add(-time.Millisecond)), &want)

	want.Caps[0].Amount = amountOf("1105000000")
	want.Expiration = lastExpiration
	want.Withdrawal.Late = lastExpiration
	want.Amendments = []tender.Amendment{{Effective: supplement, Note: "Supplement to the Offer to Purchase"}}
	compareOffers(t, "once the amendment takes effect", terms.AsOf(supplement), &want)

	if terms.Zone().String() != "America/New_York" {
		t.Errorf("Zone is %s", terms.Zone())
	}
}

// shownReferences is the references with what they point to.
func shownReferences(o *tender.Offer) string {
	var all []string
	l := lister{zone: time.UTC, put: func(t tender.Term) { all = append(all, t.Path+"="+t.Text) }}
	l.pricing(o)
	return strings.Join(all, "\n")
}

// compareOffers compares all but the digest, which must be there.
func compareOffers(t *testing.T, when string, got, want *tender.Offer) {
	t.Helper()
	if len(got.TermsDigest) != 64 {
		t.Errorf("%s: terms digest %q, want 64 digits", when, got.TermsDigest)
	}
	g, w := *got, *want
	g.TermsDigest, w.TermsDigest = "", ""
	if shown, wanted := shownReferences(got), shownReferences(want); shown != wanted {
		t.Errorf("%s the references are\n%s\nwant\n%s", when, shown, wanted)
	}
	g.References, w.References = nil, nil
	if shown, wanted := fmt.Sprintf("%+v", g), fmt.Sprintf("%+v", w); shown != wanted {
		t.Errorf("%s the offer is\n%s\nwant\n%s", when, shown, wanted)
	}
}

func TestParseTermsDefaults(t *testing.T) {
	terms := parseOffer(t, smallOffer)
	o, ny := terms.AsOf(time.Time{}), newYork(t)
	expiration := tender.CutOff{At: time.Date(2024, 4, 2, 17, 0, 0, 0, ny), Boundary: tender.Before}
	compareOffers(t, "with the defaults", o, &tender.Offer{
		ID: "small", Issuer: "Small Co.", Zone: ny, CatchUp: tender.CatchUpLast, RunAfter: 15 * time.Minute,
		Launch: tender.Date{Year: 2024, Month: 3, Day: 4}, Expiration: expiration,
		Settlement: tender.Settlement{Final: tender.Date{Year: 2024, Month: 4, Day: 4}},
		Withdrawal: tender.Withdrawal{Late: expiration},
		Acceptance: tender.Acceptance{
			Order: tender.OrderPriority, Shortfall: tender.Prorate, Factor: tender.FactorMaximal,
			BelowMinimum: tender.RejectPiece, ReturnedBelowMinimum: tender.Keep,
		},
		Series: []tender.Series{{
			ID: "5-2030", Title: "5-2030", Securities: []string{"037833100"}, Currency: "USD", Outstanding: amountOf("100000000"),
			TenderOfferConsideration: amountOf("990"), Denomination: tender.Denomination{Minimum: amountOf("2000"), Multiple: amountOf("1000")},
		}},
		Depositaries: []tender.Depositary{{Name: "DTC", RejectLimit: decimal.NewFromInt(20), Files: "*.csv", Formulas: tender.RejectFormulas, Encoding: tender.UTF8, Zone: ny}},
	})
}

// TestParseTermsForms checks other ways of writing what an offer can say.
func TestParseTermsForms(t *testing.T) {
	complete := completeOffer(t)
	tests := []struct {
		name, old, new string
		got            func(o *tender.Offer) any
		want           string
	}{
		{"amount in quotation marks", "amount: 450000000", `amount: "450000000"`, func(o *tender.Offer) any { return o.Caps[0].Amount }, "450000000"},
		{"security without quotation marks", `["52729NAA8"]`, `[037833100]`, func(o *tender.Offer) any { return o.Series[0].Securities }, "[037833100]"},
		{"factor announced", "factor: maximal", "factor: 0.315789", func(o *tender.Offer) any { return o.Acceptance }, "{priority prorate given 0.315789 REJT KEEP}"},
		{"factor of one", "factor: maximal", `factor: "1"`, func(o *tender.Offer) any { return o.Acceptance.Given }, "1"},
		{"boundary", "boundary: before   ", "boundary: at_or_before   ", func(o *tender.Offer) any { return o.Early.Boundary }, "at_or_before"},
		{"withdrawal deadline by name", "early: early_tender", "early: expiration", func(o *tender.Offer) any { return o.Withdrawal.Early }, "{2004-11-30 00:00:00 -0500 EST before}"},
		{"withdrawal deadline at a time", "early: early_tender", "early: 2004-11-10T17:00", func(o *tender.Offer) any { return o.Withdrawal.Early }, "{2004-11-10 17:00:00 -0500 EST before}"},
		{"early settlement", "early: null", "early: 2004-11-16", func(o *tender.Offer) any { return o.Settlement.Early }, "2004-11-16"},
		{"no maximum", "maximum_offer_amount: 450000000", "maximum_offer_amount: null", func(o *tender.Offer) any { return o.Series[0].HasMaximum }, "false"},
		{"inverse rate", "from: EUR                        # 1 EUR is 1.2973 USD\n    to: USD", "from: USD\n    to: EUR", func(o *tender.Offer) any { return o.Rates[0].From }, "USD"},
		{"text on several lines", "text: borrowings of at least 400 million", "text: |\n      borrowings of at\n      least 400 million", func(o *tender.Offer) any { return o.Conditions[0].Text }, "borrowings of at\nleast 400 million"},
		{"text folded from several lines", "text: borrowings of at least 400 million", "text: borrowings of\n      at least\n      400 million", func(o *tender.Offer) any { return o.Conditions[0].Text }, "borrowings of at least 400 million"},
		{"quotation marks within a text", "issuer: Level 3 Communications, Inc.", `issuer: "Level \"3\" & Co. #1"`, func(o *tender.Offer) any { return o.Issuer }, `Level "3" & Co. #1`},
		{"list with remarks", `["52729NAA8"]`, "\n      - 52729NAA8 # registered\n      # and\n      - '037833100'", func(o *tender.Offer) any { return o.Series[0].Securities }, "[52729NAA8 037833100]"},
		{"text with a comma and letters of other alphabets", "issuer: Level 3 Communications, Inc.", "issuer: Société Générale, Zürich", func(o *tender.Offer) any { return o.Issuer }, "Société Générale, Zürich"},
		{"status code that looks like a number", "{ACCP: tendered,", "{01: tendered,", func(o *tender.Offer) any { return o.Depositaries[1].Statuses["01"] }, "tendered"},
		{"price with three decimals", "837.50   # per 1,000 of principal\n    early_tender_payment: 20.00\n    total_consideration: 857.50", "837.505\n    early_tender_payment: 20.00\n    total_consideration: 857.505", func(o *tender.Offer) any { return o.Series[0].TenderOfferConsideration }, "837.505"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := parseOffer(t, editedOffer(t, complete, tt.old, tt.new)).AsOf(time.Time{})
			if got := fmt.Sprint(tt.got(o)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestParseTermsEncodings checks that the same offer in other guises has the
// same terms.
func TestParseTermsEncodings(t *testing.T) {
	want := parseOffer(t, smallOffer).AsOf(time.Time{}).TermsDigest
	json := `{
	"id": "small", "issuer": "Small Co.",
	"dates": {"launch": "2024-03-04", "expiration": {"at": "2024-04-02T17:00"}, "settlement": {"final": "2024-04-04"}},
	"series": [{
		"id": "5-2030", "securities": ["037833100"], "currency": "USD", "outstanding": 100000000,
		"tender_offer_consideration": 990, "denomination": {"minimum": 2000, "multiple": 1000}, "interest": {"coupon": 0}
	}],
	"depositaries": [{"name": "DTC", "files": "*.csv"}]
}`
	for name, source := range map[string]string{
		"as it is":          smallOffer,
		"CRLF":              strings.ReplaceAll(smallOffer, "\n", "\r\n"),
		"byte order mark":   "\ufeff" + smallOffer,
		"document markers":  "---\n" + smallOffer + "...\n",
		"JSON":              json,
		"JSON on one line":  strings.NewReplacer("\n", "", "\t", "").Replace(json),
		"tab before remark": strings.Replace(smallOffer, "issuer: Small Co.", "issuer: Small Co.\t# the issuer", 1),
	} {
		t.Run(name, func(t *testing.T) {
			if got := parseOffer(t, source).AsOf(time.Time{}).TermsDigest; got != want {
				t.Errorf("the digest is %s, want %s", got, want)
			}
		})
	}
}

// TestParseTermsNoOffer checks files that are no offer at all.
func TestParseTermsNoOffer(t *testing.T) {
	for _, tt := range []struct{ name, source, want string }{
		{"empty", "", "offer.yaml:1:1: the file is empty; docs/offer.md has an example to start from"},
		{"remarks only", "# later\n", "offer.yaml:1:1: the file is empty; docs/offer.md has an example to start from"},
		{"list", "- id: a\n", "offer.yaml:1:1: the file is a list; an offer is a mapping of keys, which begins with id"},
		{"text", "see the Offer to Purchase", "offer.yaml:1:1: the file is a single value; an offer is a mapping of keys, which begins with id"},
		{"not UTF-8", "id: a\nissuer: Soci\xe9t\xe9\n", "offer.yaml:2:13: the file is not text in UTF-8 here; save it as UTF-8"},
		{"workbook", "PK\x03\x04", "offer.yaml:1:3: the file has an invisible character here (U+0003); delete it"},
		{"two documents", "id: a\n...\nissuer: b\n", "offer.yaml:3:7: the file has a second document; write one document, with one --- at most, at its top"},
		{"directive", "%YAML 1.1\n---\nid: a\n", "offer.yaml:1:1: a directive (%) is not used in this file; write the value itself, in quotation marks if it is a text"},
		{"brackets", strings.Repeat("[", 100_000), "offer.yaml:1:33: the file is nested deeper than any of its kind; look for a bracket that is not closed"},
		{"dashes", strings.Repeat("- ", 100_000), "offer.yaml:1:65: the file is nested deeper than any of its kind; look for a bracket that is not closed"},
		{"too large", strings.Repeat("#\n", 200_000), "offer.yaml:1:1: the file has 400000 bytes, more than the 262144 that such a file can have; is it the right file?"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, _, _ := strings.Cut(faultsOf(t, tt.source)[0].String(), "\n")
			if got != tt.want {
				t.Errorf("the fault is\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// TestManyFaults checks that a file with very many faults is still answered.
func TestManyFaults(t *testing.T) {
	var b strings.Builder
	for i := range 5_000 {
		fmt.Fprintf(&b, "key%d: 1\n", i)
	}
	if n := len(faultsOf(t, b.String())); n != 200 {
		t.Errorf("%d faults, want %d", n, 200)
	}
}

// TestParseTermsFixture checks that the offer of the reference case is read.
func TestParseTermsFixture(t *testing.T) {
	source, err := os.ReadFile("../../fixtures/level3-2004/offer.yaml")
	if err != nil {
		t.Fatal(err)
	}
	terms := parseOffer(t, string(source))
	launch, last := terms.AsOf(time.Time{}), terms.AsOf(time.Unix(math.MaxInt32, 0))
	got := fmt.Sprint(launch.Caps[0].Amount, last.Caps[0].Amount, len(last.Series), last.Expiration.At, last.Version())
	if want := "450000000 1105000000 4 2004-12-02 00:00:00 -0500 EST 3"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestTermsDigest checks what the digest depends on: the terms, and not how they
// are written.
func TestTermsDigest(t *testing.T) {
	complete := completeOffer(t)
	digestOf := func(source string) string { return parseOffer(t, source).AsOf(time.Time{}).TermsDigest }
	launch := digestOf(complete)
	same := map[string][2]string{
		"trailing zeros":  {"early_tender_payment: 20.00", "early_tender_payment: 20.0"},
		"remark":          {"id: level3-2004                      # short name of the offer", "id: level3-2004 # another"},
		"order of keys":   {"    amount: 450000000\n    currency: USD\n", "    currency: USD\n    amount: 450000000\n"},
		"style":           {"    denomination:\n      minimum: 1000\n      multiple: 1000\n", "    denomination: {multiple: 1000, minimum: 1000}\n"},
		"default written": {"    reports: snapshot                # snapshot | incremental\n", ""},
		"same instant":    {"at: 2004-11-29T24:00             # midnight", "at: 2004-11-30T05:00Z # midnight"},
		"order of codes":  {"{ACCP: tendered, CAND: withdrawn}", "{CAND: withdrawn, ACCP: tendered}"},
		"schedule":        {"30 17 * * 1-5", "0 18 * * *"},
		"catch_up":        {"catch_up: last", "catch_up: none"},
		"run_after":       {"run_after: 15m", "run_after: none"},
		"note":            {"note: residue of", "note: what is left of"},
		"variable":        {"EUROCLEAR_PASSWORD", "OTHER_PASSWORD"},
		"later terms":     {"1105000000", "1205000000"},
		"one sheet":       {"sheet: Instructions", "sheets: [Instructions]"},
	}
	for name, edit := range same {
		if digestOf(editedOffer(t, complete, edit[0], edit[1])) != launch {
			t.Errorf("%s changes the digest, should not", name)
		}
	}
	other := map[string][2]string{
		"cap":              {"amount: 450000000", "amount: 450000001"},
		"paper":            {"paper: letter", "paper: a4"},
		"boundary":         {"boundary: before   ", "boundary: at_or_before   "},
		"factor":           {"factor: maximal", "factor: ratio"},
		"rate":             {"1.2973\n", "1.2974\n"},
		"price":            {"tender_offer_consideration: 830.00", "tender_offer_consideration: 830.01"},
		"coupon":           {"coupon: 9.125", "coupon: 9.12"},
		"condition":        {"satisfied: false", "satisfied: true"},
		"minimum tendered": {"satisfied: false", "minimum_tendered: {amount: 1, currency: USD, series: [9.125-2008]}"},
		"status":           {"CAND: withdrawn", "CAND: rejected"},
		"waiver":           {"VOI-0042", "VOI-0043"},
		"covered by a cap": {"    series: [10.75-2008E]\n", ""},
		"maximum":          {"    maximum_offer_amount: 450000000\n", ""},
		"depositary zone":  {"Europe/Brussels", "Europe/London"},
		"formulas":         {"    formulas: stored                 # reject | stored\n", ""},
		"date format":      {"date_format: day_first  ", "date_format: month_first"},
		"encoding":         {"    encoding: windows-1252           # utf-8 | windows-1252\n", ""},
		"sheets":           {"[Book-entry, Registered]", "[Book-entry]"},
		"sheets skipped":   {"    skip_sheets: [Withdrawn in March] # has headings of tenders, but is not to be read\n", ""},
	}
	seen := map[string]string{launch: "the example"}
	for name, edit := range other {
		d := digestOf(editedOffer(t, complete, edit[0], edit[1]))
		if first, twice := seen[d]; twice {
			t.Errorf("%s has the digest of %s", name, first)
		}
		seen[d] = name
	}
	// It is part of the names of published runs; a change here is one that users
	// see.
	if got, want := digestOf(smallOffer), "361693ebc76a911279545f8e47c77e061b8882e15ab59dcca4cbc5f2bbbbd3b8"; got != want {
		t.Errorf("the digest of the small offer is %s, want %s", got, want)
	}
}

// TestAsOfIsACopy checks that what a caller does with an offer stays with it.
func TestAsOfIsACopy(t *testing.T) {
	terms := parseOffer(t, completeOffer(t))
	last := time.Unix(math.MaxInt32, 0)
	shown := func(o *tender.Offer) string {
		text := shownReferences(o)
		o.References = nil
		return text + fmt.Sprintf("%+v", o)
	}
	before := shown(terms.AsOf(last))
	o := terms.AsOf(last)
	o.Caps[0].Amount = amountOf("1")
	o.Caps[1].Series[0] = "x"
	o.Rates[0].Rate = amountOf("2")
	o.Conditions[0].Satisfied = true
	o.Series[0].Securities[0] = "x"
	o.Depositaries[1].Columns["security"] = "x"
	o.Depositaries[1].Statuses["X"] = tender.Rejected
	o.Waivers[0].By = "x"
	o.References[0].Quote.BidPrice, *o.References[1].AnnualDecimals = amountOf("1"), 5
	o.Amendments[0].Note = "x"
	if after := shown(terms.AsOf(last)); after != before {
		t.Errorf("the terms changed:\n%s\n%s", before, after)
	}
}

func TestAmendments(t *testing.T) {
	ny := newYork(t)
	source := completeOffer(t) + `  - effective: 2004-11-20T09:00
    set:
      issuer: Level 3 Financing, Inc.
      caps: [{name: New Cap, amount: 7, currency: EUR}]
      dates: {settlement: {early: 2004-11-22}}
      conditions: {Financing: {satisfied: true}}
      waivers: []
  - effective: 2004-11-21T09:00
    set:
      caps: {New Cap: {series: [10.75-2008E]}}
      series: {10.75-2008E: {interest: {coupon: 11}, maximum_offer_amount: 5000}}
      dates: {settlement: {early: null}}
      depositaries: {Euroclear: {statuses: {NEWW: pending}, reports: snapshot}}
`
	terms := parseOffer(t, source)
	second := terms.AsOf(time.Date(2004, 11, 20, 9, 0, 0, 0, ny))
	third := terms.AsOf(time.Date(2004, 11, 21, 9, 0, 0, 0, ny))
	for _, tt := range []struct {
		what      string
		got, want any
	}{
		{"issuer", second.Issuer, "Level 3 Financing, Inc."},
		{"caps replaced", second.Caps, "[{New Cap 7 EUR principal [] [] [] []}]"},
		{"early settlement", second.Settlement, "{2004-11-22  [{2004-11-24 }] 2004-12-02}"},
		{"condition", second.Conditions, "[{Financing borrowings of at least 400 million true <nil>}]"},
		{"waivers", second.Waivers, "[]"},
		{"first amendment still in force", second.Expiration.At, "2004-12-02 00:00:00 -0500 EST"},
		{"version", second.Version(), 3},
		{"cap changed", third.Caps, "[{New Cap 7 EUR principal [10.75-2008E] [] [] []}]"},
		{"early settlement missing", third.Settlement, "{  [{2004-11-24 }] 2004-12-02}"},
		{"coupon", third.Series[1].Interest.Coupon, 11},
		{"rest of the interest", third.Series[1].Interest.DayCount, "30/360"},
		{"maximum", third.Series[1].MaximumOfferAmount, 5000},
		{"other series", third.Series[0].MaximumOfferAmount, 450000000},
		{"statuses", third.Depositaries[1].Statuses, "map[ACCP:tendered CAND:withdrawn NEWW:pending]"},
		{"reports", third.Depositaries[1].Incremental, false},
		{"version", third.Version(), 4},
	} {
		if fmt.Sprint(tt.got) != fmt.Sprint(tt.want) {
			t.Errorf("%s is %v, want %v", tt.what, tt.got, tt.want)
		}
	}
	digests := map[string]bool{}
	for _, v := range terms.versions {
		digests[terms.AsOf(v.from).TermsDigest] = true
	}
	if len(digests) != 4 {
		t.Errorf("the four versions have %d digests", len(digests))
	}
}

func TestParseInstant(t *testing.T) {
	ny := newYork(t)
	tests := []struct{ in, want string }{
		{"2004-11-12T17:00", "2004-11-12T22:00:00Z"},
		{"2004-11-12T17:00:05", "2004-11-12T22:00:05Z"},
		{"2004-11-12T16:59:59.700", "2004-11-12T21:59:59.7Z"},
		{"2004-11-29T24:00", "2004-11-30T05:00:00Z"},
		{"2004-12-31T24:00:00.000", "2005-01-01T05:00:00Z"},
		{"2024-02-29T12:00", "2024-02-29T17:00:00Z"},
		{"2004-07-01T12:00", "2004-07-01T16:00:00Z"},
		{"2004-11-12T17:00:00Z", "2004-11-12T17:00:00Z"},
		{"2004-11-12T17:00:00.25+01:00", "2004-11-12T16:00:00.25Z"},
		{"2004-10-31T01:30:00-05:00", "2004-10-31T06:30:00Z"}, // the second time the clocks show it
		{"2004-04-04T01:59:59.999", "2004-04-04T06:59:59.999Z"},
		{"2004-04-04T03:00", "2004-04-04T07:00:00Z"},
		{"2004-10-31T00:59", "2004-10-31T04:59:00Z"},
		{"2004-10-31T02:00", "2004-10-31T07:00:00Z"},
		{"2004-10-30T24:00", "2004-10-31T04:00:00Z"},

		{"2004-04-04T02:00", `"2004-04-04T02:00" is not one instant: 02:00 on 2004-04-04 does not exist in America/New_York (daylight saving starts); correct it, or add the offset from UTC that is meant, such as -05:00`},
		{"2004-04-04T02:59:59.999", `"2004-04-04T02:59:59.999" is not one instant: 02:59:59.999 on 2004-04-04 does not exist in America/New_York (daylight saving starts); correct it, or add the offset from UTC that is meant, such as -05:00`},
		{"2004-10-31T01:30", `"2004-10-31T01:30" is not one instant: 01:30 on 2004-10-31 occurs twice in America/New_York (daylight saving ends); correct it, or add the offset from UTC that is meant, such as -05:00`},
		{"2004-11-31T12:00", `"2004-11-31" is not in the calendar; correct the day, the month or the year`},
		{"2023-02-29T12:00", `"2023-02-29" is not in the calendar; correct the day, the month or the year`},
		{"2004-11-12T24:01", `"2004-11-12T24:01" is after the end of its day; write T24:00, or a time of the next day`},
		{"2004-11-12T17:00:00+25:00", `"2004-11-12T17:00:00+25:00" has an offset from UTC that no place has; write it as -05:00`},
	}
	for _, s := range []string{"", "2004-11-12", "2004-11-12 17:00", "2004-11-12T17", "2004-11-12T5:00", "11/12/2004 17:00", "2004-11-12T17:00 EST", "2004-11-12T17:00:00.", "2004-11-12T17:60", "2004-11-12T25:00", "now", "0001-01-01T00:00Z"} {
		tests = append(tests, struct{ in, want string }{s, display.Quote(s) + " is not a time; write it as 2004-11-12T17:00, or T24:00 for the end of the day"})
	}
	for _, tt := range tests {
		got, err := ParseInstant(tt.in, ny)
		shown := got.UTC().Format(time.RFC3339Nano)
		if err != nil {
			shown = err.Error()
		}
		if shown != tt.want {
			t.Errorf("ParseInstant(%q) is %s, want %s", tt.in, shown, tt.want)
		}
		if err == nil && got.Location() != ny {
			t.Errorf("ParseInstant(%q) is in %s, want the zone asked for", tt.in, got.Location())
		}
	}
}

// FuzzParseTerms checks that no input makes the loader panic, and that what it
// accepts can be used.
func FuzzParseTerms(f *testing.F) {
	f.Add([]byte(smallOffer))
	f.Add([]byte(completeOffer(f)))
	for _, s := range []string{
		"", "a", "- a", "a: &x 1\nb: *x", "<<: {a: b}", "? a\n: b", "%YAML 1.2\n---\na: 1", "a: |\n  b", "a: \"\\ud83d\"",
		`{"id": 1, "dates": {"launch": null}}`, "series:\n-\n-", "amendments: [{set: {caps: {a: {}}}}]", "a:\tb", "------\n--\n---", "id: 'x''y'\r\nissuer: \"z\"",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		terms, err := ParseTerms("offer.yaml", source)
		if err != nil {
			var e *strictyaml.Error
			if !errors.As(err, &e) || len(e.Faults) == 0 {
				t.Fatalf("error %v has no faults", err)
			}
			for i, fault := range e.Faults {
				if fault.Line < 1 || fault.Column < 1 || fault.Message == "" {
					t.Errorf("fault without a place or a message: %+v", fault)
				}
				if i > 0 && fault.Line < e.Faults[i-1].Line {
					t.Errorf("faults not in the order of the file: %v", err)
				}
			}
			return
		}
		for _, v := range terms.versions {
			o := terms.AsOf(v.from)
			if len(o.Series) == 0 || o.Expiration.IsZero() || o.Zone == nil || o.TermsDigest == "" {
				t.Errorf("terms without what they need: %+v", o)
			}
			for _, s := range o.Series {
				if !s.Denomination.Multiple.IsPositive() || s.Denomination.Minimum.LessThan(s.Denomination.Multiple) {
					t.Errorf("impossible denomination: %+v", s)
				}
			}
		}
	})
}
