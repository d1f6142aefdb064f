package settle

import (
	"fmt"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/tender"
)

// Check tests the invariants of R16 on a settlement: what is paid ties from the
// instructions to the payments to the funding, and nothing is paid for nothing.
func Check(b *tender.Book, a *allocate.Result, s *Settlement) []tender.Invariant {
	return []tender.Invariant{
		tender.Check("nothing is paid where nothing is accepted, and nobody is asked to pay", checkPaid(b, a, s)),
		tender.Check("lines add up to the payments and the funding, by currency", checkSums(b, a, s)),
	}
}

func checkPaid(b *tender.Book, a *allocate.Result, s *Settlement) string {
	for i, l := range s.Lines {
		if a.Lines[i].Accepted.IsZero() && !l.Total().IsZero() || l.Total().IsNegative() {
			return fmt.Sprintf("instruction %s: %s paid for %s accepted", b.Lines[i].ID, l.Total(), a.Lines[i].Accepted)
		}
	}
	return ""
}

// sums is principal and cash, added up.
type sums struct {
	accepted decimal.Decimal
	Cash
}

func (s sums) plus(accepted decimal.Decimal, c Cash) sums {
	return sums{s.accepted.Add(accepted), s.Cash.Plus(c)}
}

func (s sums) equal(t sums) bool {
	return s.accepted.Equal(t.accepted) && s.Consideration.Equal(t.Consideration) &&
		s.EarlyPayment.Equal(t.EarlyPayment) && s.AccruedInterest.Equal(t.AccruedInterest)
}

func checkSums(b *tender.Book, a *allocate.Result, s *Settlement) string {
	bySeries, currency := map[string]sums{}, map[string]string{}
	for i, l := range s.Lines {
		id := b.Lines[i].Series
		bySeries[id] = bySeries[id].plus(a.Lines[i].Accepted, l.Cash)
	}
	paid, lines, funded := map[string]sums{}, map[string]sums{}, map[string]sums{}
	for _, p := range s.Payments {
		currency[p.Series] = p.Currency
		paid[p.Currency] = paid[p.Currency].plus(p.Accepted, p.Cash)
	}
	for id, sum := range bySeries {
		lines[currency[id]] = lines[currency[id]].plus(sum.accepted, sum.Cash)
	}
	for _, f := range s.Funding {
		funded[f.Currency] = funded[f.Currency].plus(f.Accepted, f.Cash)
	}
	for c, sum := range lines {
		if !sum.equal(paid[c]) || !sum.equal(funded[c]) {
			return fmt.Sprintf("%s: lines %s, payments %s, funding %s", c, sum.Total(), paid[c].Total(), funded[c].Total())
		}
	}
	return ""
}
