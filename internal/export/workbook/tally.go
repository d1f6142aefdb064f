package workbook

import (
	"github.com/shopspring/decimal"

	"tenderbatch/internal/decimals"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// tally is what the lines of a run add up to, counted line by line and apart
// from the totals of the book, the allocation and the settlement: Controls sets
// the two against each other.
type tally struct {
	offer     *tender.Offer
	series    map[string]int // position in the offer, by id
	bySeries  []seriesTally
	paid      map[string]settle.Cash // by currency
	principal decimal.Decimal        // of all lines, currencies mixed
}

type seriesTally struct{ early, late, accepted decimal.Decimal }

// lineSums are the sums of the lines of one series while they are counted.
type lineSums struct{ early, late, accepted, consideration, payment, interest decimals.Sum }

func newTally(r *result.Run) *tally {
	t := &tally{offer: r.Offer, series: make(map[string]int), paid: make(map[string]settle.Cash)}
	for i, s := range r.Offer.Series {
		t.series[s.ID] = i
	}
	sums := make([]lineSums, len(r.Offer.Series)+1) // the last of lines of no series
	for i := range r.Book.Lines {
		l := &r.Book.Lines[i]
		at, known := t.series[l.Series]
		if !known {
			at = len(r.Offer.Series)
		}
		sums[at].add(l, r.Allocation.Lines[i].Accepted, &r.Settlement.Lines[i].Cash)
	}
	for i := range sums {
		t.add(i, &sums[i])
	}
	return t
}

func (s *lineSums) add(l *tender.Line, accepted decimal.Decimal, paid *settle.Cash) {
	if l.Window == tender.Early {
		s.early.Add(l.Principal)
	} else {
		s.late.Add(l.Principal)
	}
	s.accepted.Add(accepted)
	s.consideration.Add(paid.Consideration)
	s.payment.Add(paid.EarlyPayment)
	s.interest.Add(paid.AccruedInterest)
}

func (t *tally) add(i int, s *lineSums) {
	found := seriesTally{s.early.Decimal(), s.late.Decimal(), s.accepted.Decimal()}
	t.principal = t.principal.Add(found.early).Add(found.late)
	currency := ""
	if i < len(t.offer.Series) {
		t.bySeries = append(t.bySeries, found)
		currency = t.offer.Series[i].Currency
	}
	t.paid[currency] = t.paid[currency].Plus(settle.Cash{
		Consideration: s.consideration.Decimal(), EarlyPayment: s.payment.Decimal(), AccruedInterest: s.interest.Decimal(),
	})
}

// currency is that of a series, "" for one that the offer does not have.
func (t *tally) currency(series string) string {
	if i, ok := t.series[series]; ok {
		return t.offer.Series[i].Currency
	}
	return ""
}
