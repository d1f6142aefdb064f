package settle

import (
	"cmp"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// account distinguishes payments.
type account struct {
	depositary, participant, series string
	date                            tender.Date
	status                          Status
}

// member is a participant of a depositary.
type member struct{ depositary, participant string }

// payments adds lines up to payments while they are settled.
type payments struct {
	names map[member]string
	at    map[account]int32
	all   []Payment
	sums  []adding // of all, by position
}

// newPayments knows the name of every participant of the book, whatever is accepted:
// of several names, the first in alphabetical order.
func newPayments(b *tender.Book) *payments {
	p := &payments{names: map[member]string{}, at: map[account]int32{}}
	var before *tender.Line
	for i := range b.Lines {
		l := &b.Lines[i]
		if l.ParticipantName == "" || (before != nil && l.Participant == before.Participant &&
			l.ParticipantName == before.ParticipantName && l.Depositary == before.Depositary) {
			continue
		}
		before = l
		m := member{l.Depositary, l.Participant}
		if name := p.names[m]; name == "" || l.ParticipantName < name {
			p.names[m] = l.ParticipantName
		}
	}
	return p
}

// add counts a line and returns the position of its payment.
func (p *payments) add(in *tender.Line, currency string, accepted decimal.Decimal, l *Line) int32 {
	status := Due
	if in.Settled.IsPaid(in.Delivery) {
		status = Paid
	}
	key := account{in.Depositary, in.Participant, in.Series, l.Date, status}
	at, known := p.at[key]
	if !known {
		at = int32(len(p.all))
		p.at[key] = at
		p.all = append(p.all, Payment{
			Party: Party{
				Depositary: in.Depositary, Participant: in.Participant,
				ParticipantName: p.names[member{in.Depositary, in.Participant}],
				Currency:        currency, Date: l.Date, Status: status,
			},
			Series: in.Series,
		})
		p.sums = append(p.sums, adding{})
	}
	p.sums[at].add(accepted, &l.Cash)
	return at
}

// sorted returns the payments in their order and corrects their positions in the
// lines.
func (p *payments) sorted(lines []Line) []Payment {
	order := make([]int32, len(p.all))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(x, y int32) int {
		a, b := &p.all[x], &p.all[y]
		return cmp.Or(a.Compare(&b.Party), cmp.Compare(a.Series, b.Series))
	})
	sorted, position := make([]Payment, len(order)), make([]int32, len(order))
	for i, from := range order {
		sorted[i], position[from] = p.all[from], int32(i)
		sum := p.sums[from].sums()
		sorted[i].Accepted, sorted[i].Cash = sum.accepted, sum.Cash
	}
	for i := range lines {
		if at := lines[i].Payment; at >= 0 {
			lines[i].Payment = position[at]
		}
	}
	return sorted
}

// Compare orders what is due before what is paid, then by depositary, participant,
// currency and day.
func (p *Party) Compare(q *Party) int {
	return cmp.Or(
		cmp.Compare(p.Status, q.Status),
		cmp.Compare(p.Depositary, q.Depositary),
		cmp.Compare(p.Participant, q.Participant),
		cmp.Compare(p.Currency, q.Currency),
		p.Date.Compare(q.Date))
}

// wires joins the payments of one party, which stand next to each other, and gives
// each its reference.
func wires(offer string, payments []Payment) []Wire {
	var all []Wire
	for first := 0; first < len(payments); {
		end := first + 1
		for end < len(payments) && payments[first].Compare(&payments[end].Party) == 0 {
			end++
		}
		w := Wire{Party: payments[first].Party, Payments: payments[first:end:end]}
		for i := range w.Payments {
			w.Accepted, w.Cash = w.Accepted.Add(w.Payments[i].Accepted), w.Plus(w.Payments[i].Cash)
		}
		all = append(all, w)
		first = end
	}
	refer(offer, all)
	return all
}

// funding adds the wires up by currency, day and status.
func funding(wires []Wire) []Funding {
	type key struct {
		currency string
		date     tender.Date
		status   Status
	}
	list := addUp(wires, func(w *Wire) key { return key{w.Currency, w.Date, w.Status} },
		func(sum *Funding, w *Wire) { sum.add(w) })
	slices.SortFunc(list, func(x, y Funding) int { return x.compare(&y) })
	return list
}

// fundingByDepositary adds the wires up by depositary, too.
func fundingByDepositary(wires []Wire) []DepositaryFunding {
	type key struct {
		depositary, currency string
		date                 tender.Date
		status               Status
	}
	list := addUp(wires,
		func(w *Wire) key { return key{w.Depositary, w.Currency, w.Date, w.Status} },
		func(sum *DepositaryFunding, w *Wire) {
			sum.Depositary = w.Depositary
			sum.add(w)
		})
	slices.SortFunc(list, func(x, y DepositaryFunding) int {
		return cmp.Or(cmp.Compare(x.Depositary, y.Depositary), x.compare(&y.Funding))
	})
	return list
}

// addUp makes one sum of all wires with the same key.
func addUp[K comparable, S any](wires []Wire, key func(*Wire) K, add func(*S, *Wire)) []S {
	at := map[K]int{}
	var list []S
	for i := range wires {
		k := key(&wires[i])
		n, known := at[k]
		if !known {
			n, list = len(list), append(list, *new(S))
			at[k] = n
		}
		add(&list[n], &wires[i])
	}
	return list
}

func (f *Funding) add(w *Wire) {
	f.Wires++
	f.Currency, f.Date, f.Status = w.Currency, w.Date, w.Status
	f.Accepted, f.Cash = f.Accepted.Add(w.Accepted), f.Plus(w.Cash)
}

// compare orders by currency and day, what is paid before what is due.
func (f *Funding) compare(g *Funding) int {
	return cmp.Or(cmp.Compare(f.Currency, g.Currency), f.Date.Compare(g.Date), -cmp.Compare(f.Status, g.Status))
}
