package workbook

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// newYork is the zone of the offers in these tests.
var newYork = func() *time.Location {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	return zone
}()

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func wall(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02T15:04:05.000", s, newYork)
	if err != nil {
		panic(err)
	}
	return t
}

func date(s string) tender.Date {
	d, err := tender.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// smallOffer has the terms of Level 3's offer of 2004 with the raised cap; the
// securities and interest dates are supplied.
func smallOffer() *tender.Offer {
	early := tender.CutOff{At: wall("2004-11-12T17:00:00.000"), Boundary: tender.Before}
	expiration := tender.CutOff{At: wall("2004-12-02T00:00:00.000"), Boundary: tender.Before}
	return &tender.Offer{
		ID: "level3-2004", Issuer: "Level 3 Communications, Inc.", Zone: newYork,
		Launch: date("2004-10-29"), Early: early, Expiration: expiration,
		Settlement: tender.Settlement{Final: date("2004-12-02")},
		Guaranteed: tender.Guaranteed{
			Deadline:   tender.CutOff{At: wall("2004-12-03T17:00:00.000"), Boundary: tender.AtOrBefore},
			Settlement: date("2004-12-06"),
		},
		Withdrawal: tender.Withdrawal{Early: early, Late: expiration},
		Acceptance: tender.Acceptance{
			Order: tender.OrderPriority, Shortfall: tender.Prorate, Factor: tender.FactorMaximal,
			BelowMinimum: tender.RejectPiece, ReturnedBelowMinimum: tender.Keep,
		},
		Caps:       []tender.Cap{{Name: "Tender Cap", Amount: dec("1105000000"), Currency: "USD", Measure: tender.MeasurePrincipal}},
		Rates:      []tender.Rate{{From: "EUR", To: "USD", Rate: dec("1.2973"), Date: date("2004-11-12"), Source: "implied by the release of 15 November 2004"}},
		Conditions: []tender.Condition{{Name: "Financing", Text: "borrowings of at least 400 million"}, {Name: "No order", Text: "no court or authority forbids the purchase", Satisfied: true}},
		Series: []tender.Series{
			smallSeries("9.125-2008", "9-1/8% Senior Notes due 2008", "USD", 1, "1203652000", "450000000", "837.50", "9.125"),
			smallSeries("11-2008", "11% Senior Notes due 2008", "USD", 2, "362036000", "362036000", "867.50", "11"),
			smallSeries("10.5-2008", "10-1/2% Senior Discount Notes due 2008 (principal amount at maturity)", "USD", 3, "409462000", "409462000", "837.50", "10.5"),
			smallSeries("10.75-2008", "10-3/4% Senior Euro Notes due 2008", "EUR", 4, "320826000", "320826000", "830.00", "10.75"),
		},
		Depositaries: []tender.Depositary{{Name: "DTC", Files: "dtc-*.xlsx"}, {Name: "Euroclear", Files: "euroclear-*.xlsx"}},
		Amendments:   []tender.Amendment{{Effective: wall("2004-11-17T09:00:00.000"), Note: "Supplement to the Offer to Purchase: Tender Cap raised, expiration moved"}},
		TermsDigest:  strings.Repeat("5f3a", 16),
	}
}

func smallSeries(id, title, currency string, level int, outstanding, limit, late, coupon string) tender.Series {
	return tender.Series{
		ID: id, Title: title, Currency: currency, Priority: level,
		Outstanding: dec(outstanding), MaximumOfferAmount: dec(limit), HasMaximum: true,
		TenderOfferConsideration: dec(late), EarlyTenderPayment: dec("20"),
		Denomination: tender.Denomination{Minimum: dec("1000"), Multiple: dec("1000")},
		Interest:     tender.Interest{Coupon: dec(coupon), DayCount: tender.Thirty360, LastPaid: date("2004-11-01"), Frequency: 2},
	}
}

// smallTenders are thirteen early and two late tenders of each series; the
// early ones add up to what the issuer published.
func smallTenders() []tender.Instruction {
	securities := []string{"52729NAA8", "52729NAE0", "52729NAD2", "XS0109307923"}
	published := []int64{243955, 229226, 262515, 284461} // thousands
	var all []tender.Instruction
	for s, series := range smallOffer().Series {
		left := published[s]
		for n := range 15 {
			amount := left
			switch {
			case n >= 13:
				amount = int64(1851 + 450*n - 900*(n-13) + 137*s)
			case n < 12:
				amount = left/int64(14-n) + int64((n*7919+s*104729)%2711)
			}
			if n < 13 {
				left -= amount
			}
			all = append(all, smallTender(s, n, series.ID, securities[s], amount))
		}
	}
	return all
}

var smallParticipants = []string{"0127", "0902", "0352", "0443", "2030"}

func smallTender(s, n int, series, security string, thousands int64) tender.Instruction {
	received := wall("2004-11-01T09:30:00.000").Add(time.Duration(n*21+s)*time.Hour + time.Duration(n*n*37+s*113)*time.Second)
	if n == 12 {
		received = wall("2004-11-12T16:59:59.700")
	}
	if n >= 13 {
		received = wall("2004-11-22T10:15:00.000").Add(time.Duration(n+s) * time.Hour)
	}
	participant := smallParticipants[(n*2+s)%len(smallParticipants)]
	in := tender.Instruction{
		ID: fmt.Sprintf("VOI%06d", 100000+s*1000+n*7), Depositary: "DTC",
		Source:   tender.Source{File: "dtc-2004-11-30.xlsx", Sheet: "Tenders", Row: 2 + s*15 + n},
		Security: security, Series: series, Principal: decimal.NewFromInt(thousands * 1000),
		Received: received, Status: tender.Tendered, Delivery: tender.BookEntry,
		Participant: participant, ParticipantName: "Participant " + participant,
	}
	if s == 3 {
		in.ID, in.Depositary = fmt.Sprintf("EOC/04/%05d", 71200+n*13), "Euroclear"
		in.Source = tender.Source{File: "euroclear-2004-11-30.xlsx", Sheet: "Instructions", Row: 6 + n}
		in.Participant = fmt.Sprint(94210 + n%3)
		in.ParticipantName = "Participant " + in.Participant
	}
	return in
}

// smallRun is a small but complete run, indicative, with an earlier run.
func smallRun(t testing.TB) *result.Run {
	t.Helper()
	asOf := wall("2004-11-30T18:00:00.000")
	tenders := smallTenders()
	tenders[5].Waived = []tender.Waiver{{Instruction: tenders[5].ID, Rule: "R5-currency", By: "Treasury", On: date("2004-11-15")}}
	tenders[14].Delivery = tender.GuaranteedDelivery
	r := compute(t, smallOffer(), tenders, asOf)
	r.Name, r.Version = "2004-11-30T180000-1a2b3c4d", "1.0.0"
	r.Findings = smallRejects(r)
	r.Inputs = []result.Input{
		smallInput(r, "DTC", "dtc-2004-11-30.xlsx", "Tenders", 2, 2),
		smallInput(r, "Euroclear", "euroclear-2004-11-30.xlsx", "Instructions", 1, 0),
	}
	r.Invariants = []tender.Invariant{
		{Name: "tendered is accepted plus returned, for every instruction", Holds: true},
		{Name: "what is accepted is nothing, the whole or a legal denomination", Holds: true},
		{Name: "no cap is exceeded", Holds: true},
		{Name: "the cash of the instructions adds up to the payments and to the funding", Holds: true},
	}
	r.Changes = smallChanges(r)
	return r
}

// compute runs the real thing, so that the figures agree with each other.
func compute(t testing.TB, o *tender.Offer, tenders []tender.Instruction, asOf time.Time) *result.Run {
	t.Helper()
	r := &result.Run{Name: "run", Version: "1.0.0", Offer: o, Phase: o.PhaseAt(asOf), AsOf: asOf}
	var err error
	each := func(yield func(*tender.Instruction) bool) {
		for i := range tenders {
			if !yield(&tenders[i]) {
				return
			}
		}
	}
	if r.Book, err = tender.NewBook(o, each, asOf); err != nil {
		t.Fatal(err)
	}
	if r.Allocation, err = allocate.Allocate(o, r.Book); err != nil {
		t.Fatal(err)
	}
	if r.Settlement, err = settle.Settle(o, r.Book, r.Allocation); err != nil {
		t.Fatal(err)
	}
	return r
}

func smallInput(r *result.Run, depositary, file, sheet string, rejected, notCounted int) result.Input {
	in := result.Input{
		Depositary: depositary, File: file, SHA256: strings.Repeat("0c9d", 8) + strings.Repeat("77ab", 8), Bytes: 18234,
		Sheet: sheet, Rejected: rejected, NotCounted: notCounted,
	}
	for _, l := range r.Book.Lines {
		if l.Source.File == file {
			in.Counted++
			in.Principal = in.Principal.Add(l.Principal)
		}
	}
	in.Rows = in.Counted + in.NotCounted + in.Rejected
	return in
}

func smallRejects(r *result.Run) []tender.Finding {
	dtc := func(row int) tender.Source {
		return tender.Source{File: "dtc-2004-11-30.xlsx", Sheet: "Tenders", Row: row}
	}
	return []tender.Finding{
		{Source: dtc(7), Depositary: "DTC", Instruction: r.Book.Lines[5].ID, Column: "Currency", Cell: "F7", Value: "US$", Rule: "R5-currency",
			Message: "the currency US$ is not that of the series, USD", Advice: "correct the file, or waive it",
			Disposition: tender.LineRejected, Waived: "Treasury on 2004-11-15"},
		{Source: dtc(47), Depositary: "DTC", Instruction: "VOI100901", Column: "CUSIP", Cell: "B47", Value: "52729NAA7", Rule: "R5-security",
			Message: "the check digit of 52729NAA7 is wrong", Advice: "ask the depositary for the right CUSIP", Disposition: tender.LineRejected},
		{Source: dtc(48), Depositary: "DTC", Instruction: "VOI100902", Column: "Quantity", Cell: "D48", Value: "12,500.50", Rule: "R5-multiple",
			Message: "12,500.50 is not a multiple of 1,000", Advice: "ask the depositary whether 12,000 was meant", Disposition: tender.LineRejected},
		{Source: dtc(49), Depositary: "DTC", Instruction: "VOI100903", Rule: "R4-withdrawn",
			Message: "withdrawn 2004-11-10 11:02:13 EST", Advice: "nothing", Disposition: tender.LineNotCounted},
		{Source: dtc(50), Depositary: "DTC", Instruction: r.Book.Lines[1].ID, Rule: "R4-too-late",
			Message: "the withdrawal of 2004-11-15 09:00 EST came after the withdrawal deadline of 2004-11-12 17:00 EST; the tender still counts",
			Advice:  "let the depositary know that the withdrawal was not accepted", Disposition: tender.LineRemarked},
		{Source: tender.Source{File: "euroclear-2004-11-30.xlsx", Sheet: "Instructions", Row: 21}, Depositary: "Euroclear", Instruction: "EOC/04/79999",
			Column: "Received", Cell: "E21", Value: "31.11.2004 10:00", Rule: "R5-time", Message: "31.11.2004 10:00 is no date of the calendar",
			Advice: "ask the depositary for the time", Disposition: tender.LineRejected},
	}
}

func smallChanges(r *result.Run) *result.Changes {
	now := func(i int) result.Position {
		l := r.Book.Lines[i]
		return result.Position{Series: l.Series, Window: l.Window, Tendered: l.Principal, Accepted: r.Allocation.Lines[i].Accepted, Total: r.Settlement.Lines[i].Total(), Participant: l.Participant}
	}
	c := &result.Changes{Previous: "2004-11-29T180000-99aa88bb"}
	add := func(kind result.ChangeKind, i int, was, is result.Position) {
		c.Lines = append(c.Lines, result.Change{Kind: kind, Depositary: r.Book.Lines[i].Depositary, Instruction: r.Book.Lines[i].ID, Series: r.Book.Lines[i].Series, Was: was, Now: is})
	}
	add(result.New, 13, result.Position{}, now(13))
	amended := now(3)
	amended.Tendered, amended.Accepted, amended.Total = dec("15000000"), dec("15000000"), dec("12980812.50")
	add(result.Amended, 3, amended, now(3))
	for i := 45; i < 49; i++ {
		was := now(i)
		was.Accepted, was.Total = was.Tendered, was.Total.Add(dec("48100.25"))
		add(result.Reclassed, i, was, now(i))
	}
	c.Lines = append(c.Lines, result.Change{Kind: result.NoLonger, Depositary: "DTC", Instruction: "VOI100903", Series: "11-2008",
		Was: result.Position{Series: "11-2008", Window: tender.Early, Tendered: dec("2500000"), Accepted: dec("2500000"), Total: dec("2242430.56"), Participant: "0005"}, Now: result.Position{}})
	for i, s := range r.Offer.Series {
		f := r.SeriesFigures(i)
		c.Series = append(c.Series, result.SeriesChange{Series: s.ID, TenderedWas: f.Tendered().Sub(dec("1500000")), TenderedNow: f.Tendered(), AcceptedWas: f.Accepted().Add(dec("250000")), AcceptedNow: f.Accepted(), CashWas: dec("1000.25"), CashNow: dec("2000.75")})
	}
	return c
}

// rendered is the workbook of a run.
func rendered(t testing.TB, r *result.Run) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteWorkbook(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
