package settle_test

import (
	"fmt"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// rolling settles tenders in one to three stages, each at a price, an early payment and a day of its
// own; those by guaranteed delivery are paid on a later day.
type rolling struct {
	offers   []*tender.Offer
	settled  []*settle.Settlement
	accepted decimal.Decimal   // principal, at the last stage
	cash     []decimal.Decimal // of what each stage bought, by its own terms
	books    []*tender.Book
}

func drawRolling(t *rapid.T) *rolling {
	r, b, a := &rolling{}, &tender.Book{}, &allocate.Result{}
	for stage := range rapid.IntRange(1, 3).Draw(t, "settlements") {
		on := tender.Date{Year: 2024, Month: 4, Day: 5 + 7*stage}
		o := &tender.Offer{ID: "x", Settlement: tender.Settlement{Final: on},
			Guaranteed: tender.Guaranteed{Settlement: date("2024-06-03")},
			Series: []tender.Series{{ID: "A", Currency: "USD",
				TenderOfferConsideration: decimal.New(rapid.Int64Range(50000, 110000).Draw(t, "price"), -2),
				EarlyTenderPayment:       decimal.NewFromInt(rapid.Int64Range(0, 50).Draw(t, "early payment")),
				Interest: tender.Interest{Coupon: dec("7"), DayCount: tender.Thirty360, Frequency: 2,
					LastPaid: date("2024-01-15")}}}}
		for range rapid.IntRange(0, 6).Draw(t, "tenders") {
			accepted := decimal.NewFromInt(1000 * rapid.Int64Range(0, 50).Draw(t, "accepted"))
			b.Lines = append(b.Lines, tender.Line{Window: rapid.SampledFrom(tender.Windows[:]).Draw(t, "window"),
				Instruction: &tender.Instruction{ID: fmt.Sprint(len(b.Lines)), Depositary: "DTC", Series: "A",
					Participant: fmt.Sprint(rapid.IntRange(1, 3).Draw(t, "participant")), Principal: decimal.NewFromInt(50000),
					Delivery: rapid.SampledFrom([]tender.Delivery{tender.BookEntry, tender.BookEntry, tender.GuaranteedDelivery}).Draw(t, "delivery")}})
			a.Lines = append(a.Lines, allocate.Line{Accepted: accepted})
			r.accepted = r.accepted.Add(accepted)
		}
		s, err := settle.Settle(o, b, a)
		if err != nil {
			t.Fatal(err)
		}
		r.offers, r.settled = append(r.offers, o), append(r.settled, s)
		r.books = append(r.books, &tender.Book{Lines: append([]tender.Line(nil), b.Lines...)})
		bought := decimal.Zero
		for i := range b.Lines {
			if b.Lines[i].Settled == nil {
				l := s.Lines[i]
				bought = bought.Add(l.Total())
				b.Lines[i].Settled = &tender.Settled{Accepted: a.Lines[i].Accepted, Made: stage}
				if a.Lines[i].Accepted.IsPositive() {
					b.Lines[i].Settled.Cash = &tender.SettledCash{Consideration: l.Consideration, EarlyPayment: l.EarlyPayment,
						AccruedInterest: l.AccruedInterest, On: l.Date, Paid: l.Date == on}
				}
			}
		}
		r.cash = append(r.cash, bought)
		for _, inv := range settle.Check(r.books[stage], a, s) {
			if !inv.Holds {
				t.Errorf("%s: %s", inv.Name, inv.Detail)
			}
		}
	}
	return r
}

// What was paid and what is due is together what was purchased, in principal and in cash.
func TestPaidAndDueIsWhatWasPurchased(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRolling(t)
		last := r.settled[len(r.settled)-1]
		principal, cash, want := decimal.Zero, decimal.Zero, decimal.Zero
		for _, f := range last.Funding {
			principal, cash = principal.Add(f.Accepted), cash.Add(f.Total())
		}
		for _, sum := range r.cash {
			want = want.Add(sum)
		}
		if !principal.Equal(r.accepted) || !cash.Equal(want) {
			t.Errorf("%s paid and due of %s principal, want %s of %s", cash, principal, want, r.accepted)
		}
	})
}

// A wire that was due on the day of a settlement is paid from then on, under its reference and with
// its amount, and is never due again; one that was not yet due stays so.
func TestAWireIsPaidOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRolling(t)
		for stage := 1; stage < len(r.settled); stage++ {
			paid := map[string]decimal.Decimal{}
			for _, w := range r.settled[stage].WiresOf(settle.Paid) {
				paid[w.Reference] = w.Total()
			}
			due := map[string]decimal.Decimal{}
			for _, w := range r.settled[stage].WiresOf(settle.Due) {
				due[w.Reference] = w.Total()
				if w.Date != r.offers[stage].Settlement.Final && w.Date != r.offers[stage].Guaranteed.Settlement {
					t.Errorf("due on %s: %s", w.Date, w.Reference)
				}
			}
			for _, w := range r.settled[stage-1].Wires {
				again, isDue := due[w.Reference]
				switch guaranteed := w.Date == r.offers[stage].Guaranteed.Settlement; {
				case guaranteed && (!isDue || again.LessThan(w.Total())):
					t.Errorf("%s of %s by guaranteed delivery is due as %s", w.Total(), w.Reference, again)
				case !guaranteed && (isDue || !paid[w.Reference].Equal(w.Total())):
					t.Errorf("%s of %s is paid as %s, due: %t", w.Total(), w.Reference, paid[w.Reference], isDue)
				}
			}
		}
	})
}
