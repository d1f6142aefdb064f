package offerfile

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/strictyaml"
	"tenderbatch/internal/tender"
)

// manyVersions is an offer.yaml of so many series and amendments, each of which changes
// what is outstanding of one series; the one in the middle sets something else, too.
func manyVersions(series, amendments int, set string) string {
	var b strings.Builder
	b.WriteString(`id: many
issuer: Many Series Inc.
dates:
  launch: 2004-10-29
  early_tender: {at: 2004-11-12T17:00}
  expiration: {at: 2004-11-29T24:00}
  settlement: {final: 2004-12-01}
depositaries: [{name: DTC, files: dtc-*.xlsx}]
fx: [{from: EUR, to: USD, rate: 1.25}]
conditions: [{name: Financing}]
caps: [{name: All, amount: 1000000, currency: USD}, {name: Two, amount: 500000, currency: EUR, series: [S1, S2]}]
series:
`)
	for i := range series {
		fmt.Fprintf(&b, "- {id: S%d, priority: %d, securities: [%s], currency: USD, outstanding: 100000, tender_offer_consideration: 800, early_tender_payment: 20, denomination: {minimum: 1000, multiple: 1000}, interest: {coupon: 0}}\n",
			i, i%5+1, security(i))
	}
	b.WriteString("amendments:\n")
	for i := range amendments {
		what := fmt.Sprintf("series: {S%d: {outstanding: %d}}", i%series, 200_000+i)
		if i == amendments/2 && set != "" {
			what = set
		}
		fmt.Fprintf(&b, "- {effective: 2004-11-%02dT%02d:%02d, set: {%s}}\n", 1+i/1440, i/60%24, i%60, what)
	}
	return b.String()
}

// security is a CUSIP of its own for each number.
func security(i int) string {
	eight := fmt.Sprintf("%08d", i)
	for _, check := range "0123456789" {
		if s := eight + string(check); tender.ValidSecurity(s) {
			return s
		}
	}
	return ""
}

// TestS8VersionsShareWhatDidNotChange reads 600 series and 1,500 amendments, which fill an
// offer.yaml. Read one by one, the versions would take some ten million objects and more
// than a gigabyte.
func TestS8VersionsShareWhatDidNotChange(t *testing.T) {
	source := []byte(manyVersions(600, 1500, ""))
	if len(source) > format.Bytes {
		t.Fatalf("the offer has %d bytes", len(source))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	terms, err := ParseTerms("offer.yaml", source)
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	bytes, objects := after.TotalAlloc-before.TotalAlloc, after.Mallocs-before.Mallocs
	t.Logf("%d MiB in %d objects", bytes>>20, objects)
	if bytes > 200<<20 || objects > 2_500_000 {
		t.Errorf("it took %d bytes in %d objects", bytes, objects)
	}
	if got := terms.AsOf(time.Date(2004, 11, 2, 0, 59, 30, 0, newYork(t))).Series[299].Outstanding; got.String() != "201499" {
		t.Errorf("the last amendment sets %s", got)
	}
}

// TestS8AFaultEndsTheReadingOfLongTerms has a fault at launch, so that no version can
// rely on what was found sound before.
func TestS8AFaultEndsTheReadingOfLongTerms(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	faults := faultsOf(t, strings.Replace(manyVersions(600, 1500, ""), "tender_offer_consideration: 800", "tender_offer_consideration: 0", 1))
	runtime.ReadMemStats(&after)
	if n := len(faults); n != 2 || !strings.Contains(faults[0].Message, "tender_offer_consideration is 0") || !strings.Contains(faults[1].Message, "were not read") {
		t.Errorf("%d faults: %v", n, faults)
	}
	if bytes := after.TotalAlloc - before.TotalAlloc; bytes > 200<<20 {
		t.Errorf("it took %d bytes", bytes)
	}
}

// parsedAlone is [ParseTerms] with each version read in full.
func parsedAlone(source string) (digests []string, faults []strictyaml.Fault) {
	doc := parse("offer.yaml", []byte(source))
	r := newTermsReader(doc.file.Root, 0)
	read := func() {
		digests = append(digests, termsDigest(r.offer()))
		doc.report(r)
	}
	read()
	for _, a := range r.amendments {
		r = r.amendedBy(a)
		r.before, r.words = nil, map[*strictyaml.Node][]string{}
		read()
	}
	_ = doc.err() // puts the faults into the order of the file
	return digests, doc.file.Err().(*strictyaml.Error).Faults
}

// TestS8SharedVersionsAreThoseReadInFull compares every version, and every fault that an
// amendment brings about, with those of the terms read version by version.
func TestS8SharedVersionsAreThoseReadInFull(t *testing.T) {
	for _, set := range []string{
		"series: {S1: {outstanding: 7}}", "series: {S1: {id: S2}}", "series: {S1: {priority: null}}", "series: {S3: {currency: EUR}}",
		"series: {S1: {securities: ['000000000']}}", "series: {S1: {interest: {last_paid: 2005-01-01}}}",
		"series: {S4: {denomination: {minimum: 1500}}}", "series: {none: {outstanding: 1}}", "series: []",
		"caps: {All: {amount: 7}}", "caps: {All: {name: Two}}", "caps: {Two: {series: [S1, S1, S9]}}", "caps: {Two: {currency: GBP}}",
		"caps: [{name: Maximum Offer Amount S2, amount: 1, currency: USD}]", "series: {S2: {maximum_offer_amount: 5}}",
		"fx: [{from: USD, to: EUR, rate: 2}, {from: EUR, to: USD, rate: 2}]", "fx: null",
		"depositaries: {DTC: {name: Euroclear}}", "depositaries: {DTC: {timezone: Europe/Brussels}}",
		"waivers: [{depositary: DTC, instruction: a, rule: R5-minimum, by: b, on: 2004-11-11}]",
		"waivers: [{depositary: other, instruction: a, rule: R5-minimum, by: b, on: 2004-11-11}]",
		"dates: {early_tender: null}", "dates: {expiration: {at: 2004-11-11T17:00}}", "withdrawal: {early: early_tender}",
		"conditions: {Financing: {satisfied: true}}", "conditions: [{name: a}, {name: a}]", "caps: 7", "issuer: Other",
	} {
		source := manyVersions(6, 3, set)
		want, wantFaults := parsedAlone(source)
		terms, err := ParseTerms("offer.yaml", []byte(source))
		var faults []strictyaml.Fault
		if wrong := new(strictyaml.Error); errors.As(err, &wrong) {
			faults = wrong.Faults
		}
		if fmt.Sprint(faults) != fmt.Sprint(wantFaults) {
			t.Errorf("%s: faults\n%v\nwant\n%v", set, faults, wantFaults)
		}
		if err != nil {
			continue
		}
		doc := parse("offer.yaml", []byte(source))
		r := newTermsReader(doc.file.Root, 0)
		for n, digest := range want {
			if n > 0 {
				r = r.amendedBy(r.amendments[n-1])
			}
			if got := termsDigest(r.offer()); got != digest {
				t.Errorf("%s: version %d is another one if it shares", set, n)
			}
			fresh := terms.AsOf(terms.versions[n].from)
			fresh.Amendments = nil
			if termsDigest(fresh) != digest {
				t.Errorf("%s: version %d is another one as it is asked for", set, n)
			}
		}
	}
}
