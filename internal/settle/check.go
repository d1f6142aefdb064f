package settle

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/decimals"
	"tenderbatch/internal/tender"
)

// Check tests the invariants of R16 on a settlement: what is paid ties from the
// instructions to the payments to the funding, and nothing is paid for nothing.
func Check(b *tender.Book, a *allocate.Result, s *Settlement) []tender.Invariant {
	all := []tender.Invariant{
		tender.Check("nothing is paid where nothing is accepted, and no payment is negative", checkPaid(b, a, s)),
		tender.Check("lines, payments, wires and depositaries add up to the funding, by currency, day and status",
			checkSums(b, a, s)),
		tender.Check("every wire has a reference of its own", checkReferences(s)),
	}
	if slices.ContainsFunc(b.Lines, func(l tender.Line) bool { return l.Settled != nil }) {
		all = append(all, tender.Check("what was paid before is what was paid then, and is not due", checkPaidBefore(b, s)))
	}
	return all
}

// checkPaidBefore tests that every line that was settled has the cash and the day of then.
func checkPaidBefore(b *tender.Book, s *Settlement) string {
	for i := range s.Lines {
		in, l := &b.Lines[i], &s.Lines[i]
		if in.Settled == nil || l.Payment < 0 {
			continue
		}
		if c := in.Settled.Cash; c != nil && !(sums{Cash: asPaid(c).Cash}).equal(sums{Cash: l.Cash}) {
			return fmt.Sprintf("instruction %s: %s paid, %s then", in.ID, l.Total(), asPaid(c).Total())
		}
		if status := s.Payments[l.Payment].Status; (status == Paid) != in.Settled.IsPaid(in.Delivery) {
			return fmt.Sprintf("instruction %s is %s", in.ID, status)
		}
	}
	return ""
}

func checkPaid(b *tender.Book, a *allocate.Result, s *Settlement) string {
	for i, l := range s.Lines {
		var total decimals.Sum
		for _, part := range [...]decimal.Decimal{l.Consideration, l.EarlyPayment, l.AccruedInterest} {
			total.Add(part)
		}
		if sign := total.Sign(); (sign != 0 && a.Lines[i].Accepted.IsZero()) || sign < 0 {
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

// adding adds up principal and cash of many lines.
type adding struct{ accepted, consideration, earlyPayment, interest decimals.Sum }

func (a *adding) add(accepted decimal.Decimal, c *Cash) {
	a.accepted.Add(accepted)
	a.consideration.Add(c.Consideration)
	a.earlyPayment.Add(c.EarlyPayment)
	a.interest.Add(c.AccruedInterest)
}

func (a *adding) sums() sums {
	return sums{a.accepted.Decimal(), Cash{
		Consideration: a.consideration.Decimal(), EarlyPayment: a.earlyPayment.Decimal(),
		AccruedInterest: a.interest.Decimal(),
	}}
}

func (s sums) equal(t sums) bool {
	return s.accepted.Equal(t.accepted) && s.Consideration.Equal(t.Consideration) &&
		s.EarlyPayment.Equal(t.EarlyPayment) && s.AccruedInterest.Equal(t.AccruedInterest)
}

// purse is where money is funded: one currency on one day, due or paid.
type purse struct {
	currency string
	date     tender.Date
	status   Status
}

// purses adds amounts up by purse.
type purses map[purse]sums

func (p purses) add(currency string, date tender.Date, status Status, accepted decimal.Decimal, c Cash) {
	in := purse{currency, date, status}
	p[in] = p[in].plus(accepted, c)
}

// differs says where other sums are not the same, "" if they are.
func (p purses) differs(other purses, name string) string {
	for in, sum := range p {
		if !sum.equal(other[in]) {
			return fmt.Sprintf("%s on %s, %s: funding %s, %s %s", in.currency, in.date, in.status, sum.Total(), name,
				other[in].Total())
		}
	}
	if len(p) != len(other) {
		return fmt.Sprintf("%d sums of funding, %d of %s", len(p), len(other), name)
	}
	return ""
}

func checkSums(b *tender.Book, a *allocate.Result, s *Settlement) string {
	if detail := checkLines(b, a, s); detail != "" {
		return detail
	}
	funded, payments, wires, depositaries := purses{}, purses{}, purses{}, purses{}
	for _, f := range s.Funding {
		funded.add(f.Currency, f.Date, f.Status, f.Accepted, f.Cash)
	}
	for _, p := range s.Payments {
		payments.add(p.Currency, p.Date, p.Status, p.Accepted, p.Cash)
	}
	for _, w := range s.Wires {
		wires.add(w.Currency, w.Date, w.Status, w.Accepted, w.Cash)
	}
	for _, d := range s.ByDepositary {
		depositaries.add(d.Currency, d.Date, d.Status, d.Accepted, d.Cash)
	}
	return cmp.Or(funded.differs(payments, "payments"),
		funded.differs(wires, "wires"), funded.differs(depositaries, "depositaries"))
}

// checkLines tests that each payment is the sum of its lines, all of one party.
func checkLines(b *tender.Book, a *allocate.Result, s *Settlement) string {
	found := make([]adding, len(s.Payments))
	for i := range s.Lines {
		l, in := &s.Lines[i], &b.Lines[i]
		if l.Payment < 0 {
			continue
		}
		if int(l.Payment) >= len(s.Payments) {
			return fmt.Sprintf("instruction %s of %s: its payment is missing", in.ID, in.Depositary)
		}
		p := &s.Payments[l.Payment]
		if p.Depositary != in.Depositary || p.Participant != in.Participant || p.Series != in.Series || p.Date != l.Date {
			return fmt.Sprintf("instruction %s of %s is in the payment of another participant", in.ID, in.Depositary)
		}
		found[l.Payment].add(a.Lines[i].Accepted, &l.Cash)
	}
	for i := range found {
		sum := found[i].sums()
		if p := &s.Payments[i]; !sum.equal(sums{p.Accepted, p.Cash}) {
			return fmt.Sprintf("%s participant %s, series %s: lines %s, payment %s", p.Depositary, p.Participant, p.Series,
				sum.Total(), p.Total())
		}
	}
	return ""
}

// checkReferences tests that no two wires share a reference, as a bank would take
// the second for a duplicate.
func checkReferences(s *Settlement) string {
	seen := make(map[string]bool, len(s.Wires))
	for i := range s.Wires {
		w := &s.Wires[i]
		if len(w.Reference) > mostReference || seen[w.Reference] {
			return fmt.Sprintf("%s participant %s: reference %q is too long or there twice", w.Depositary, w.Participant,
				w.Reference)
		}
		seen[w.Reference] = true
	}
	return ""
}
