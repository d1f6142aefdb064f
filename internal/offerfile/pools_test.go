package offerfile

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/display"
	"tenderbatch/internal/strictyaml"
	"tenderbatch/internal/tender"
)

// poolsOffer is the third example of docs/offer.md, which has every key of pools and auctions.
func poolsOffer(t testing.TB) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/offer.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(page), "## pools and auctions\n\n```yaml\n")
	example, _, ok := strings.Cut(example, "```\n")
	if !ok {
		t.Fatal("docs/offer.md does not show an offer with pools and auctions")
	}
	return example
}

func TestParsePoolsAndAuctions(t *testing.T) {
	o := parseOffer(t, poolsOffer(t)).AsOf(time.Time{})
	for _, tt := range []struct {
		what      string
		got, want any
	}{
		{"pools", o.Pools, "[{Pool 1 true { 50000000 USD purchase_price [] [] [] []} [] prorate 0.6935 accepted [] false} " +
			"{Pool 2 true { 90000000 USD purchase_price_with_accrued [] [] [] []} [Pool 1] all_or_none_skip 0 tendered " +
			"[Pool 1] false}]"},
		{"auctions", o.Auctions, "[{2032 notes [8-2032 7-2034] modified premium 0 25 2.5 map[7-2034:150 8-2032:137.5] map[] " +
			"{ 30000000 USD principal [] [] [] []} 0.5774 best last_bid early true 22.5}]"},
		{"fixing of the rate", o.Rates, "[{EUR USD 1.08 2024-03-15 2024-03-15 14:00:00 -0400 EDT }]"},
		{"pool of a series", o.Series[1].Pool, "Pool 2"},
		{"price of a series in an auction", o.Series[2].TenderOfferConsideration, "0"},
		{"early payment of one", o.Series[2].EarlyTenderPayment, "30"},
		{"column", o.Depositaries[0].Columns, "map[bid:Premium]"},
		{"caps", o.AllCaps(), "[{SubCap 20000000 USD principal [5-2030] [] [] []} " +
			"{Pool 1 50000000 USD purchase_price [5-2030] [] [] []} " +
			"{Pool 2 90000000 USD purchase_price_with_accrued [6-2031E] [] [] [5-2030]}]"},
	} {
		if fmt.Sprint(tt.got) != fmt.Sprint(tt.want) {
			t.Errorf("%s is\n%v, want\n%v", tt.what, tt.got, tt.want)
		}
	}
	if err := o.CheckAcceptance(); err != nil {
		t.Errorf("the terms that were read cannot be allocated: %v", err)
	}
}

// The keys that may be left out have the defaults of docs/offer.md.
func TestDefaultsOfPoolsAndAuctions(t *testing.T) {
	source := poolsOffer(t)
	for _, key := range []string{"counts: tendered", "satisfied: false", "only_if_full: [Pool 1]", "form: modified",
		"no_bid: best", "undersubscribed: last_bid", "set_by: early", "clearing: 22.5", "shortfall: prorate"} {
		source = withoutLine(t, source, "    "+key)
	}
	source = editedOffer(t, source, "acceptance: {order: early_first}", "acceptance: {order: priority}")
	o := parseOffer(t, source).AsOf(time.Time{})
	a, p := o.Auctions[0], o.Pools
	got := fmt.Sprintln(a.Form, a.NoBid, a.Undersubscribed, a.SetBy, a.HasClearing, p[0].Shortfall, o.ShortfallOf(p[0]),
		p[1].Counts, p[1].OnlyIfFull, p[1].Satisfied)
	if want := "modified best last_bid all false  prorate accepted [] false\n"; got != want {
		t.Errorf("the defaults are %s, want %s", got, want)
	}
}

func withoutLine(t *testing.T, source, begins string) string {
	t.Helper()
	lines := strings.Split(source, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, begins) {
			return strings.Join(append(lines[:i:i], lines[i+1:]...), "\n")
		}
	}
	t.Fatalf("the offer has no line %q", begins)
	return ""
}

// Every key of the example is known only as it is written.
func TestMisspeltKeysOfPoolsAndAuctions(t *testing.T) {
	source := poolsOffer(t)
	for _, k := range keysIn(t, source) {
		if strings.HasSuffix(k.path, "base_spreads") {
			continue // the ids of series
		}
		wrong := k.key[:1] + "x" + k.key[1:]
		faults := faultsOf(t, replaceAt(source, k.line, k.column, len(k.key), wrong))
		if f := faults[0]; f.Line != k.line || f.Column != k.column ||
			!strings.HasPrefix(f.Message, "unknown key "+display.Quote(wrong)) {
			t.Errorf("%s: %v", strictyaml.PathTo(k.path, wrong), &strictyaml.Error{Faults: faults})
		}
	}
}

// Each fault of pools and auctions is said once, where it is, with what to do.
func TestFaultsOfPoolsAndAuctions(t *testing.T) {
	for _, tt := range []struct{ old, new, want string }{
		{"factor: 0.6935 ", "factor: 69.35 ", "69.35 is not a share of the whole; write a number above 0 and at most 1"},
		{"factor: 0.5774 ", "factor: 0 ", "0 is not a share of the whole"},
		{"counts: tendered ", "counts: both ", `counts "both" is not known; write accepted or tendered`},
		{"form: modified ", "form: dutch ", `form "dutch" is not known; write modified or unmodified`},
		{"bid: premium ", "bid: yield ", `bid "yield" is not known; write price, spread or premium`},
		{"no_bid: best ", "no_bid: worst ", `no_bid "worst" is not known; write best, first or reject`},
		{"undersubscribed: last_bid ", "undersubscribed: none ",
			`undersubscribed "none" is not known; write last_bid or range_end`},
		{"set_by: early ", "set_by: late ", `set_by "late" is not known; write all or early`},
		{"shortfall: all_or_none_skip", "shortfall: skip",
			`shortfall "skip" is not known; write prorate, all_or_none_skip or all_or_none_stop`},
		{"measure: purchase_price_with_accrued", "measure: cost",
			`measure "cost" is not known; write principal, purchase_price or purchase_price_with_accrued`},
		{"shortfall: all_or_none_skip\n", "shortfall: prorate\n",
			"counts is tendered, which is for levels bought whole or not at all"},
		{"less: [Pool 1]", "less: [Pool 3]", `there is no pool "Pool 3" before this one; did you mean "Pool 1"?`},
		{"less: [Pool 1]", "less: [Pool 2]", `there is no pool "Pool 2" before this one; did you mean "Pool 1"?`},
		{"only_if_full: [Pool 1] ", "only_if_full: [Pool 1, Pool 1] ", `"Pool 1" is there twice`},
		{"      less: [Pool 1]\n", "", "cap lacks the key less; add it"},
		{"      total: 90000000 ", "      amount: 90000000 ", "less is given without total"},
		{"      total: 90000000 ", "      amount: 1\n      total: 90000000 ", "total is given beside amount"},
		{"    cap: {amount: 50000000, currency: USD", "    cap: {currency: USD", "cap lacks the key amount; add it"},
		{"    only_if_full: [Pool 1] ", "    # ", "satisfied is given, but no condition"},
		{"name: Pool 2", "name: Pool 1", `name "Pool 1" is there twice among the pools`},
		{"name: Pool 2", "name: SubCap", `name "SubCap" is also the name of a cap`},
		{"name: 2032 notes", "name: Pool 2", `name "Pool 2" is also the name of a pool`},
		{"6-2031E, pool: Pool 2, priority", "6-2031E, pool: Pool 3, priority", `there is no pool "Pool 3"; did you mean`},
		{"6-2031E, pool: Pool 2, priority", "6-2031E, priority",
			`series "6-2031E" has a priority and no pool; add pool, write "Pool 1" or "Pool 2"`},
		{"pool: Pool 2, priority: 1,", "pool: Pool 2,", `series "6-2031E" is in a pool and has no priority`},
		{"6-2031E, pool: Pool 2,", "6-2031E, pool: Pool 1,", `no series is in the pool "Pool 2"`},
		{"fx: [{from: EUR, to: USD, rate: 1.08, at: 2024-03-15T14:00}]", "fx: []",
			`the cap of "Pool 2" is in USD and series "6-2031E" in EUR; add the rate from EUR to USD to fx`},
		{"at: 2024-03-15T14:00}", "at: 2024-03-15T14:00, date: 2024-03-16}", "at 2024-03-15T14:00 is not on date 2024-03-16"},
		{"to: 25}", "to: 0}", "to 0 is not above from 0"},
		{"to: 25}", "to: 24}", "from 0 to 24 is not a whole number of increments of 2.5"},
		{"from: 0,", "from: -5,", `from "-5" is negative`},
		{"clearing: 22.5", "clearing: 23", "clearing 23 is not a level that can be bid: from 0 to 25 in steps of 2.5"},
		{"clearing: 22.5", "clearing: 30", "clearing 30 is not a level that can be bid"},
		{"increment: 2.5", "increment: 0", "increment is 0; write an amount above zero"},
		{"7-2034: 150}", "}", `there is no base spread of series "7-2034"`},
		{"7-2034: 150}", "7-2034: 150, 5-2030: 1}", `series "5-2030" is not in the auction`},
		{"    base_spreads: {8-2032: 137.5, 7-2034: 150}\n", "", `there is no base spread of series "8-2032"`},
		{"bid: premium ", "bid: spread ", "base_spreads is for bids by premium, and bid is spread"},
		{"series: [8-2032, 7-2034]", "series: [8-2032, 7-2035]", `there is no series "7-2035"; did you mean "7-2034"?`},
		{"series: [8-2032, 7-2034]", "series: [8-2032]", "item 4 of series lacks the key tender_offer_consideration; add it"},
		{"{id: 8-2032,", "{id: 8-2032, priority: 1,",
			`priority is given, but series "8-2032" is in the auction "2032 notes"`},
		{"{id: 8-2032,", "{id: 8-2032, tender_offer_consideration: 900,", "tender_offer_consideration is given, but series"},
		{"     tender_offer_consideration: 990,", "     tender_offer_consideration: null,",
			"tender_offer_consideration is null here; write an amount such as 837.50"},
		{"series: [5-2030]}", "series: [5-2030, 8-2032]}",
			`series "8-2032" is in the auction "2032 notes", which has a cap of its own`},
		{"    set_by: early ", "    # ", `the auction "2032 notes" does not say whose bids set the level`},
		{"  early_tender: {at: 2024-03-15T17:00}\n", "", "set_by is early, but the offer has no Early Tender Date"},
		{"{id: 8-2032,", "{id: 8-2032, maximum_offer_amount: 5000,", "maximum_offer_amount is given, but series"},
		{"    cap: {amount: 30000000, currency: USD, measure: principal}\n", "",
			"item 1 of auctions lacks the key cap; add it"},
	} {
		faults := faultsOf(t, editedOffer(t, poolsOffer(t), tt.old, tt.new))
		said := 0
		for _, f := range faults {
			if strings.HasPrefix(f.Message, tt.want) || strings.Contains(f.Message, tt.want) {
				said++
			}
		}
		if said != 1 {
			t.Errorf("%s => %s: want %q once:\n%v", tt.old, tt.new, tt.want, &strictyaml.Error{Faults: faults})
		}
	}
}

// A key that is null is not given: neither a price of a series in an auction, nor set_by.
func TestNullInPoolsAndAuctions(t *testing.T) {
	source := editedOffer(t, poolsOffer(t), "{id: 8-2032,", "{id: 8-2032, tender_offer_consideration: null, pool: null,")
	parseOffer(t, editedOffer(t, source, "    shortfall: prorate ", "    shortfall: null "))
	faults := faultsOf(t, editedOffer(t, source, "set_by: early ", "set_by: null "))
	if want := "does not say whose bids set the level"; !strings.Contains(faults[0].Message, want) {
		t.Errorf("the fault is %s", faults[0].Message)
	}
}

// Without pools a series cannot be in one.
func TestASeriesInAPoolThatIsNotThere(t *testing.T) {
	source := editedOffer(t, smallOffer, "    currency: USD\n", "    currency: USD\n    pool: Pool 1\n    priority: 1\n")
	faults := faultsOf(t, source)
	if want := `there are no pools, and so none called "Pool 1"`; !strings.HasPrefix(faults[0].Message, want) {
		t.Errorf("the fault is %s", faults[0].Message)
	}
}

// An amendment sets the clearing level, raises the cap of a pool and waives a condition.
func TestAmendedPoolsAndAuctions(t *testing.T) {
	source := editedOffer(t, poolsOffer(t), "clearing: 22.5 ", "clearing: null ") + `amendments:
  - effective: 2024-03-18T09:00
    set:
      pools: {Pool 1: {cap: {amount: 60000000}}, Pool 2: {satisfied: true}}
      auctions: {2032 notes: {clearing: 20}}
`
	terms := parseOffer(t, source)
	was, is := terms.AsOf(time.Time{}), terms.AsOf(time.Unix(math.MaxInt32, 0))
	got := fmt.Sprintln(was.Auctions[0].HasClearing, is.Auctions[0].Clearing, is.Pools[0].Cap.Amount,
		is.Pools[0].Cap.Measure, is.Pools[1].Satisfied)
	if want := "false 20 60000000 purchase_price true\n"; got != want {
		t.Errorf("the amended terms are %s, want %s", got, want)
	}
}

// Whatever of pools and auctions decides anything is in the digest and shown.
func TestTheDigestOfPoolsAndAuctions(t *testing.T) {
	terms := parseOffer(t, poolsOffer(t))
	before := terms.AsOf(time.Time{})
	seen := map[string]string{before.TermsDigest: "the example"}
	for name, change := range map[string]func(*tender.Offer){
		"fixing":          func(o *tender.Offer) { o.Rates[0].At = o.Rates[0].At.Add(time.Hour) },
		"no pools":        func(o *tender.Offer) { o.Pools = nil },
		"no auctions":     func(o *tender.Offer) { o.Auctions = nil },
		"pool":            func(o *tender.Offer) { o.Series[0].Pool = "Pool 2" },
		"amount":          func(o *tender.Offer) { o.Pools[0].Cap.Amount = amountOf("1") },
		"measure":         func(o *tender.Offer) { o.Pools[0].Cap.Measure = tender.MeasurePrincipal },
		"no cap":          func(o *tender.Offer) { o.Pools[0].HasCap = false },
		"less":            func(o *tender.Offer) { o.Pools[1].Less = nil },
		"shortfall":       func(o *tender.Offer) { o.Pools[1].Shortfall = tender.AllOrNoneStop },
		"factor":          func(o *tender.Offer) { o.Pools[0].Announced = amountOf("0.5") },
		"factor at bids":  func(o *tender.Offer) { o.Auctions[0].Announced = amountOf("0.5") },
		"counts":          func(o *tender.Offer) { o.Pools[1].Counts = tender.CountAccepted },
		"condition":       func(o *tender.Offer) { o.Pools[1].OnlyIfFull = nil },
		"satisfied":       func(o *tender.Offer) { o.Pools[1].Satisfied = true },
		"series":          func(o *tender.Offer) { o.Auctions[0].Series = o.Auctions[0].Series[:1] },
		"form":            func(o *tender.Offer) { o.Auctions[0].Form = tender.Unmodified },
		"bid":             func(o *tender.Offer) { o.Auctions[0].Bid = tender.BidSpread },
		"from":            func(o *tender.Offer) { o.Auctions[0].From = amountOf("5") },
		"to":              func(o *tender.Offer) { o.Auctions[0].To = amountOf("30") },
		"increment":       func(o *tender.Offer) { o.Auctions[0].Increment = amountOf("5") },
		"base":            func(o *tender.Offer) { o.Auctions[0].BaseSpreads["8-2032"] = amountOf("5") },
		"cap":             func(o *tender.Offer) { o.Auctions[0].Cap.Amount = amountOf("5") },
		"no_bid":          func(o *tender.Offer) { o.Auctions[0].NoBid = tender.NoBidFirst },
		"undersubscribed": func(o *tender.Offer) { o.Auctions[0].Undersubscribed = tender.ClearsAtRangeEnd },
		"set_by":          func(o *tender.Offer) { o.Auctions[0].SetBy = tender.SetByAll },
		"no clearing":     func(o *tender.Offer) { o.Auctions[0].HasClearing = false },
		"clearing":        func(o *tender.Offer) { o.Auctions[0].Clearing = amountOf("5") },
	} {
		o := terms.AsOf(time.Time{})
		change(o)
		digest := termsDigest(o)
		if first, twice := seen[digest]; twice {
			t.Errorf("%s has the digest of %s", name, first)
		}
		if seen[digest] = name; fmt.Sprint(ListTerms(o)) == fmt.Sprint(ListTerms(before)) {
			t.Errorf("%s is not shown", name)
		}
	}
}

// A cap may wait for a rate that is fixed later; an auction cannot be held without one.
func TestAnAuctionNeedsARateFromTheStart(t *testing.T) {
	source := editedOffer(t, poolsOffer(t), "rate: 1.08, ", "")
	if c := parseOffer(t, source).AsOf(time.Time{}).AllCaps()[2]; fmt.Sprint(c.Unrated) != "[EUR/USD]" {
		t.Errorf("%s waits for %s", c.Name, c.Unrated)
	}
	source = editedOffer(t, source, "cap: {amount: 30000000, currency: USD", "cap: {amount: 30000000, currency: EUR")
	faults := faultsOf(t, source)
	if want := `write a preliminary rate from USD to EUR in fx until it is fixed`; len(faults) != 1 ||
		!strings.Contains(faults[0].Message, want) {
		t.Errorf("faults %v, want %s", faults, want)
	}
}
