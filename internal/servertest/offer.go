package servertest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// BareTerms are those of an offer of 2004, but for its depositaries, which a test adds.
const BareTerms = `id: x
issuer: Example Corp.
dates:
  launch: 2004-10-29
  expiration: {at: 2004-12-01T24:00}
  settlement: {final: 2004-12-02}
series:
  - {id: a, priority: 1, securities: ["037833100"], currency: USD, outstanding: 1000000, tender_offer_consideration: 900,
     denomination: {minimum: 1000, multiple: 1000}, interest: {coupon: 0}}
`

// OneSeries are the terms of an offer of one series in 2026, with the lines that a test adds after the issuer.
func OneSeries(more string) string {
	return `id: small
issuer: Example
` + more + `dates:
  launch: 2026-04-20
  expiration: {at: 2026-05-18T24:00}
  settlement: {final: 2026-05-21}
series:
  - {id: A, securities: ["52729NAA8"], currency: USD, priority: 1, outstanding: 1000000, tender_offer_consideration: 950.00,
     denomination: {minimum: 1000, multiple: 1000}, interest: {coupon: 5, day_count: 30/360, last_paid: 2026-03-15, frequency: 2}}
depositaries:
  - {name: DTC, files: "dtc-*.csv", reports: snapshot, status: none}
`
}

// OneTender is a report of DTC with a tender of that series.
const OneTender = "VOI Number,CUSIP,Principal Amount,Submitted At,DTC Participant\n0000019,52729NAA8,7000,2026-05-01 10:00:00,2399\n"

// smallTerms are those of an offer with a run each hour from 4 March 2024 on.
const smallTerms = `id: %s
issuer: Modern Co.
schedule: "0 * * * *"
dates:
  launch: 2024-03-04
  expiration: {at: 2024-04-02T17:00}
  settlement: {final: 2024-04-04}
series:
  - {id: 6-2031E, priority: 1, securities: ["XS0108503615"], currency: EUR, outstanding: 100000000,
     tender_offer_consideration: 985, denomination: {minimum: 2000, multiple: 1000}, interest: {coupon: 0}}
depositaries:
  - {name: DTC, files: "*.csv"}
`

const smallReport = `VOI Number,CUSIP,Principal Amount,Submitted At,DTC Participant No.,Status
2,XS0108503615,%d,2024-03-04 08:00,0123,MADE
`

// SmallOffer is the folder of a new offer with one report, of a tender of so much, that came at a time.
func SmallOffer(t testing.TB, name string, principal int, came time.Time) (folder string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), name)
	for file, content := range map[string]string{"offer.yaml": fmt.Sprintf(smallTerms, name),
		"inbox/dtc-2024-03-04.csv": fmt.Sprintf(smallReport, principal)} {
		path := filepath.Join(folder, file)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o750), os.WriteFile(path, []byte(content), 0o640),
			os.Chtimes(path, came, came)); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}
