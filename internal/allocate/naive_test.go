package allocate_test

import (
	"math/big"
	"slices"

	"tenderbatch/internal/tender"
)

// naive allocates a book the slow way, with big rationals alone: the factor
// steps through every breakpoint of every tender in ascending order, and after
// each the caps are added up anew from the lines. It shares no code with the
// package.
type naive struct {
	o       *tender.Offer
	lines   []tender.Line
	got     []*big.Rat
	stopped map[string]bool
	ended   bool
}

func naiveAllocate(o *tender.Offer, b *tender.Book) []*big.Rat {
	n := &naive{o: o, lines: b.Lines, got: make([]*big.Rat, len(b.Lines)), stopped: map[string]bool{}}
	for i := range n.got {
		n.got[i] = new(big.Rat)
	}
	for i, l := range n.lines {
		if n.series(l).Priority == 0 {
			n.got[i] = l.Principal.Rat()
		}
	}
	for level := 1; level <= 9; level++ {
		if o.Acceptance.Order == tender.OrderPriority {
			n.step(level, tender.Early, tender.Late)
		}
	}
	if o.Acceptance.Order == tender.OrderEarlyFirst {
		for _, w := range tender.Windows {
			for level := 1; level <= 9; level++ {
				n.step(level, w)
			}
		}
	}
	return n.got
}

func (n *naive) series(l tender.Line) tender.Series {
	at, _ := n.o.SeriesByID(l.Series)
	return n.o.Series[at]
}

func (n *naive) step(level int, windows ...tender.Window) {
	if n.ended {
		return
	}
	var open []int
	for i, l := range n.lines {
		if n.series(l).Priority == level && slices.Contains(windows, l.Window) && !n.stopped[l.Series] {
			open = append(open, i)
		}
	}
	if len(open) == 0 {
		return
	}
	if n.o.Acceptance.Shortfall != tender.Prorate {
		n.allOrNone(open)
		return
	}
	n.prorate(open)
}

func (n *naive) allOrNone(open []int) {
	for _, i := range open {
		n.got[i] = n.lines[i].Principal.Rat()
	}
	if over := n.tightest(open, n.got); over != nil {
		for _, i := range open {
			n.got[i] = new(big.Rat)
			n.stopped[n.lines[i].Series] = true
		}
		n.ended = n.o.Acceptance.Shortfall == tender.AllOrNoneStop
	}
}

// tightest returns the cap that the amounts exceed most, measured by what it can
// still take of the open lines; nil if none is exceeded.
func (n *naive) tightest(open []int, got []*big.Rat) *tender.Cap {
	var tight *tender.Cap
	var least *big.Rat
	for _, c := range n.o.AllCaps() {
		asked, fixed := new(big.Rat), new(big.Rat)
		for i := range n.lines {
			if slices.Contains(open, i) {
				asked.Add(asked, n.counts(c, i, got[i]))
			} else {
				fixed.Add(fixed, n.counts(c, i, got[i]))
			}
		}
		left := new(big.Rat).Sub(c.Amount.Rat(), fixed)
		if asked.Sign() == 0 || asked.Cmp(left) <= 0 {
			continue
		}
		if left.Sign() < 0 {
			left = new(big.Rat)
		}
		ratio := left.Quo(left, asked)
		better := least == nil || ratio.Cmp(least) < 0 || ratio.Cmp(least) == 0 && n.o.CoversAll(c) && !n.o.CoversAll(*tight)
		if better {
			tight, least = &c, ratio
		}
	}
	return tight
}

func (n *naive) counts(c tender.Cap, line int, principal *big.Rat) *big.Rat {
	l := n.lines[line]
	s := n.series(l)
	if !c.Covers(s) {
		return new(big.Rat)
	}
	rate, _ := n.o.Rate(s.Currency, c.Currency)
	value := new(big.Rat).Mul(principal, rate)
	if c.Measure == tender.MeasurePurchasePrice {
		value.Mul(value, s.Price(l.Window).Rat())
		value.Quo(value, big.NewRat(1000, 1))
	}
	return value
}

// prorate steps the factor through the breakpoints.
func (n *naive) prorate(open []int) {
	factor := map[int]*big.Rat{} // of closed lines
	points := n.breakpoints(open)
	if n.o.Acceptance.Factor == tender.FactorRatio {
		points = make([]*big.Rat, len(n.o.AllCaps())+1) // a ratio for each cap that may close some
	}
	for _, f := range points {
		if n.o.Acceptance.Factor == tender.FactorRatio {
			f = n.ratio(open)
		}
		for {
			next := slices.Clone(n.got)
			for _, i := range open {
				next[i] = n.floor(i, f)
			}
			tight := n.tightest(open, next)
			if n.o.Acceptance.Factor == tender.FactorRatio {
				n.got = next
				tight = n.tightest(open, n.whole(open))
			}
			if tight == nil {
				n.got = next
				break
			}
			var still []int
			reached := n.reached(open, *tight, f)
			for _, i := range open {
				if tight.Covers(n.series(n.lines[i])) {
					factor[i] = reached
					n.stopped[n.lines[i].Series] = true
					n.ended = n.ended || n.o.CoversAll(*tight)
				} else {
					still = append(still, i)
				}
			}
			open = still
			if n.o.Acceptance.Factor == tender.FactorRatio {
				break
			}
		}
		if len(open) == 0 {
			break
		}
	}
	n.smallPieces(factor)
}

// reached is the factor at which a cap closes the open lines under it: the ratio
// itself, or the last breakpoint at which one of them gained; zero if none did.
func (n *naive) reached(open []int, c tender.Cap, ratio *big.Rat) *big.Rat {
	most := new(big.Rat)
	for _, i := range open {
		share := new(big.Rat).Quo(n.got[i], n.lines[i].Principal.Rat())
		if c.Covers(n.series(n.lines[i])) && share.Cmp(most) > 0 {
			most = share
		}
	}
	if n.o.Acceptance.Factor == tender.FactorRatio && most.Sign() > 0 {
		return ratio
	}
	return most
}

func (n *naive) whole(open []int) []*big.Rat {
	all := slices.Clone(n.got)
	for _, i := range open {
		all[i] = n.lines[i].Principal.Rat()
	}
	return all
}

// ratio is the smallest of capacity over demand, at most 1.
func (n *naive) ratio(open []int) *big.Rat {
	tight := n.tightest(open, n.whole(open))
	if tight == nil {
		return big.NewRat(1, 1)
	}
	asked, left := new(big.Rat), tight.Amount.Rat()
	for i := range n.lines {
		if slices.Contains(open, i) {
			asked.Add(asked, n.counts(*tight, i, n.lines[i].Principal.Rat()))
		} else {
			left.Sub(left, n.counts(*tight, i, n.got[i]))
		}
	}
	if left.Sign() < 0 {
		return new(big.Rat)
	}
	return left.Quo(left, asked)
}

// breakpoints are the factors at which a line gains a denomination, ascending.
func (n *naive) breakpoints(open []int) []*big.Rat {
	points := []*big.Rat{big.NewRat(1, 1)}
	for _, i := range open {
		l := n.lines[i]
		multiple := n.series(l).Denomination.Multiple
		for units := multiple; units.LessThan(l.Principal); units = units.Add(multiple) {
			points = append(points, new(big.Rat).Quo(units.Rat(), l.Principal.Rat()))
		}
	}
	slices.SortFunc(points, func(a, b *big.Rat) int { return a.Cmp(b) })
	return slices.CompactFunc(points, func(a, b *big.Rat) bool { return a.Cmp(b) == 0 })
}

// floor is the factor times the principal of a line, rounded down.
func (n *naive) floor(line int, f *big.Rat) *big.Rat {
	l := n.lines[line]
	if f.Cmp(big.NewRat(1, 1)) == 0 {
		return l.Principal.Rat()
	}
	multiple := n.series(l).Denomination.Multiple.Rat()
	units := new(big.Rat).Mul(l.Principal.Rat(), f)
	units.Quo(units, multiple)
	whole := new(big.Int).Quo(units.Num(), units.Denom())
	return multiple.Mul(multiple, new(big.Rat).SetInt(whole))
}

// smallPieces applies R11 to the lines that were cut back.
func (n *naive) smallPieces(factor map[int]*big.Rat) {
	for i, f := range factor {
		if f.Sign() == 0 {
			continue
		}
		n.got[i] = n.smallPiece(i, f)
	}
}

func (n *naive) smallPiece(i int, f *big.Rat) *big.Rat {
	l := n.lines[i]
	d := n.series(l).Denomination
	principal, minimum, multiple := l.Principal.Rat(), d.Minimum.Rat(), d.Multiple.Rat()
	zero, got := new(big.Rat), n.got[i]
	less := func(a, b *big.Rat) bool { return a.Cmp(b) < 0 }

	if less(got, minimum) {
		switch n.o.Acceptance.BelowMinimum {
		case "REJT":
			got = zero
		case "MIEX":
			got = minimum
			if less(principal, got) {
				got = principal
			}
		case "MILU":
			if less(got, new(big.Rat).Mul(principal, f)) {
				got = new(big.Rat).Add(got, multiple)
			}
		case "FULL":
			got = principal
		}
	}
	rest := new(big.Rat).Sub(principal, got)
	if got.Sign() == 0 || rest.Sign() == 0 || !less(rest, minimum) {
		return got
	}
	switch n.o.Acceptance.ReturnedBelowMinimum {
	case "ACPT":
		return principal
	case "REJT":
		return zero
	case "ADJT":
		kept := new(big.Rat).Sub(principal, minimum)
		if kept.Sign() < 0 {
			kept = zero
		}
		units := new(big.Rat).Quo(kept, multiple)
		kept = new(big.Rat).Mul(multiple, new(big.Rat).SetInt(new(big.Int).Quo(units.Num(), units.Denom())))
		switch below := n.o.Acceptance.BelowMinimum; {
		case !less(kept, minimum), below == "MILD", below == "MILU":
			return kept
		case below == "FULL":
			return principal
		}
		return zero
	}
	return got
}
