package allocate

import "math/big"

// search looks for the largest factor at which, after rounding and R11, neither a cap
// nor any of some other caps is exceeded. Where R11 rejects tenders whose returned part
// would be too small, nearly every factor close to 1 rejects everybody and so fits;
// there it looks for the factor at which the most is accepted, the largest of several.
//
// It divides the range of factors again and again, and leaves out a part of it once
// the least that could be accepted there exceeds a cap, or nothing in it can be better
// than what was found already. Where to divide is a guess, from the plain
// ratio of what a cap has left, and makes no difference to what is found: the end
// is always a range in which no piece changes any more.
type search struct {
	groups []*group
	caps   []*counter // none may be exceeded; the first is to be filled
	steady bool       // a larger factor never gives less
	most   bool       // the most accepted is sought, not the largest factor
	whole  *factors   // from 0 to 1, if not steady
	best   found
}

// found is the best factor of a search.
type found struct {
	at, next position // next is the first beyond it at which anything can change
	value    *big.Int // what it counts for under the cap to be filled, in grains
	search   *search
}

// counter counts what is accepted of the groups under a cap.
type counter struct {
	weights []*big.Int // one for each group, nil if it is not covered
	left    *big.Int   // grains
	term    big.Int    // scratch
}

func newCounter(c *capState, groups []*group) *counter {
	k := &counter{left: c.left()}
	for _, g := range groups {
		k.weights = append(k.weights, c.weight[g.cell])
	}
	return k
}

// of is what some principal of each group counts for.
func (k *counter) of(amounts []int64) *big.Int {
	sum := new(big.Int)
	for i, w := range k.weights {
		if w != nil && amounts[i] != 0 {
			sum.Add(sum, k.term.Mul(w, k.term.SetInt64(amounts[i])))
		}
	}
	return sum
}

// fits reports whether what is asked does not exceed the cap. Nothing always
// fits, also under a cap that is exceeded already.
func (k *counter) fits(asked *big.Int) bool { return asked.Sign() == 0 || asked.Cmp(k.left) <= 0 }

// seek finds the best factor for the groups under some caps, of which the first
// is to be filled. The groups cannot be taken whole.
func seek(groups []*group, caps []*capState) found {
	s := &search{groups: groups, steady: true}
	s.best = found{at: position{fraction{0, 1}, false}, value: new(big.Int), next: position{fraction{0, 1}, true}}
	for _, c := range caps {
		s.caps = append(s.caps, newCounter(c, groups))
	}
	count := 0
	for _, g := range groups {
		s.steady = s.steady && g.steady
		s.most = s.most || g.rules.returned == ruleREJT
		count += len(g.pieces)
	}
	all := make([]entry, 0, count)
	for i, g := range groups {
		for j := range g.pieces {
			all = append(all, newEntry(&g.pieces[j], g.multiple, i))
		}
	}
	r := s.newRange(fraction{0, 1}, fraction{1, 1}, make([]int64, len(groups)), all)
	if !s.steady {
		s.whole = r
	}
	s.divide(r)
	s.best.search = s
	return s.best
}

// full is where the factor, as it rises, first exceeds the cap that was to be
// filled.
func (f found) full() position {
	if f.search.steady {
		return f.next
	}
	return f.search.firstFull(f.search.whole)
}

// entry is a piece during a search.
type entry struct {
	principal int64
	units     int64 // multiples in it, 0 if they do not make it up
	group     int32
}

func newEntry(p *piece, multiple int64, group int) entry {
	e := entry{principal: p.principal, units: p.principal / multiple, group: int32(group)}
	if e.units*multiple != e.principal {
		e.units = 0
	}
	return e
}

// part is what the piece is prorated to at a position, as [position.part], which
// divides where this need not.
func (e *entry) part(at *position, multiple int64) (rounded int64, more bool) {
	if e.units == 0 {
		return at.part(e.principal, multiple)
	}
	whole, rest := at.times(e.units)
	return whole * multiple, at.above || rest
}

// partBelow is the same just below a fraction above 0.
func (e *entry) partBelow(a *fraction, multiple int64) int64 {
	if e.units == 0 {
		return a.partBelow(e.principal, multiple)
	}
	whole, rest := a.times(e.units)
	if !rest {
		whole--
	}
	return whole * multiple
}

// factors is a range of factors between two, without either, and what is
// accepted of each group in it.
type factors struct {
	low, high   fraction
	settled     []int64 // accepted of the pieces that are not in entries: they do not change
	entries     []entry
	least, most []int64 // over the whole range
	first, last []int64 // at its lowest and at its highest factors
	changing    int     // entries that change in the range
	changes     int64   // multiples that they gain in it
}

func (s *search) newRange(low, high fraction, settled []int64, entries []entry) *factors {
	n := len(s.groups)
	sums := make([]int64, 5*n)
	r := &factors{
		low: low, high: high, entries: entries, settled: sums[:n],
		least: sums[n : 2*n], most: sums[2*n : 3*n], first: sums[3*n : 4*n], last: sums[4*n:],
	}
	copy(r.settled, settled)
	s.add(r)
	if 2*r.changing <= len(entries) && r.changing > 0 {
		s.narrow(r)
	}
	return r
}

// add adds up what the pieces are accepted with in the range.
func (s *search) add(r *factors) {
	copy(r.least, r.settled)
	copy(r.most, r.settled)
	copy(r.first, r.settled)
	copy(r.last, r.settled)
	low := position{r.low, true}
	for i := range r.entries {
		e := &r.entries[i]
		g := s.groups[e.group]
		from, _ := e.part(&low, g.multiple)
		first, _ := g.after(e.principal, from, true)
		to := e.partBelow(&r.high, g.multiple)
		last, least, most := first, first, first
		if to != from {
			last, _ = g.after(e.principal, to, true)
			r.changing++
			r.changes += (to - from) / g.multiple
			least, most = first, last
			if !g.steady {
				least, most = g.bounds(e.principal, from, to, first, last)
			}
		}
		r.first[e.group] += first
		r.last[e.group] += last
		r.least[e.group] += least
		r.most[e.group] += most
	}
}

// bounds are a least and a most that a piece is accepted with from the factors
// just above one part to those just above another, at which it is first and last.
// They need not be reached.
func (g *group) bounds(principal, from, to, first, last int64) (least, most int64) {
	if g.minimum%g.multiple != 0 {
		return 0, principal
	}
	least, most = min(first, last), max(first, last)
	if g.rules.below == ruleFULL && from < g.minimum && to >= g.minimum { // from the whole to the minimum
		least, most = min(least, g.minimum), principal
	}
	keeps := principal - g.minimum
	if g.rules.returned == ruleREJT && from <= keeps && to > keeps-g.multiple { // from all but the minimum to nothing
		least, most = 0, max(most, keeps)
	}
	return least, most
}

// narrow keeps only the entries that change in the range.
func (s *search) narrow(r *factors) {
	kept := make([]entry, 0, r.changing)
	low := position{r.low, true}
	for i := range r.entries {
		e := &r.entries[i]
		g := s.groups[e.group]
		from, _ := e.part(&low, g.multiple)
		if e.partBelow(&r.high, g.multiple) != from {
			kept = append(kept, *e)
			continue
		}
		accepted, _ := g.after(e.principal, from, true)
		r.settled[e.group] += accepted
	}
	r.entries = kept
}

// hopeless reports whether nothing in a range can be better than what was found.
func (s *search) hopeless(r *factors) bool {
	for _, k := range s.caps {
		if !k.fits(k.of(r.least)) {
			return true
		}
	}
	if !s.most {
		return s.best.at.num > 0 && r.high.compare(s.best.at.fraction) <= 0
	}
	order := s.caps[0].of(r.most).Cmp(s.best.value)
	return order < 0 || (order == 0 && r.low.compare(s.best.at.fraction) < 0)
}

// try takes a position for the best if it fits and is better; next is the first
// beyond it at which anything can change. It reports whether it fits.
func (s *search) try(amounts []int64, at, next position) bool {
	for _, k := range s.caps {
		if !k.fits(k.of(amounts)) {
			return false
		}
	}
	value := s.caps[0].of(amounts)
	if !s.most {
		if at.compare(s.best.at) > 0 {
			s.best = found{at: at, next: next, value: value}
		}
		return true
	}
	if order := value.Cmp(s.best.value); order > 0 || (order == 0 && at.compare(s.best.at) > 0) {
		s.best = found{at: at, next: next, value: value}
	}
	return true
}

// divide searches a range.
func (s *search) divide(r *factors) {
	for !s.hopeless(r) {
		if r.changing == 0 {
			s.try(r.first, position{r.low, true}, position{r.high, false})
			return
		}
		middle := s.middle(r)
		fits := s.try(s.amounts(r, middle), position{middle, false}, position{middle, true})
		switch {
		case s.steady && fits: // below, nothing is better
			r = s.newRange(middle, r.high, r.settled, r.entries)
		case s.steady: // above, nothing fits
			r = s.newRange(r.low, middle, r.settled, r.entries)
		default:
			upper := s.newRange(middle, r.high, r.settled, r.entries)
			lower := s.newRange(r.low, middle, r.settled, r.entries)
			if s.most && s.promise(lower).Cmp(s.promise(upper)) > 0 {
				upper, lower = lower, upper
			}
			s.divide(upper)
			r = lower
		}
	}
}

// firstFull is the smallest factor in a range at which the cap to be filled is
// exceeded, the whole if there is none.
func (s *search) firstFull(r *factors) position {
	k := s.caps[0]
	for !k.fits(k.of(r.most)) {
		if r.changing == 0 {
			return position{r.low, true}
		}
		middle := s.middle(r)
		if p := s.firstFull(s.newRange(r.low, middle, r.settled, r.entries)); p.num < p.den {
			return p
		}
		if !k.fits(k.of(s.amounts(r, middle))) {
			return position{middle, false}
		}
		r = s.newRange(middle, r.high, r.settled, r.entries)
	}
	return position{fraction{1, 1}, false}
}

// promise is the most that could be found in a range.
func (s *search) promise(r *factors) *big.Int {
	most := s.caps[0].of(r.most)
	if most.Cmp(s.caps[0].left) > 0 {
		return s.caps[0].left
	}
	return most
}

// amounts are what is accepted of each group at a factor in a range.
func (s *search) amounts(r *factors, at fraction) []int64 {
	sums := make([]int64, len(s.groups))
	copy(sums, r.settled)
	exactly := position{at, false}
	for i := range r.entries {
		e := &r.entries[i]
		g := s.groups[e.group]
		rounded, more := e.part(&exactly, g.multiple)
		accepted, _ := g.after(e.principal, rounded, more)
		sums[e.group] += accepted
	}
	return sums
}

// middle is a factor in the range by which to divide it: while there are many
// changes, one near where the cap is expected to be full, else the middle change
// of a piece.
func (s *search) middle(r *factors) fraction {
	const few = 4 // changes a piece
	first, last := onGrid(r.low, r.high)
	if r.changes <= few*int64(r.changing) || first > last {
		return s.change(r)
	}
	const parts = 1 << 20
	width := last - first
	return fraction{first + width/parts*s.guess(r, parts) + width%parts/2, grid}
}

// guess is how far into a range, in parts of it, the cap is expected to be full,
// and then a little farther from the nearer end, so that it probably is full
// between that end and there.
func (s *search) guess(r *factors, parts int64) uint64 {
	k := s.caps[0]
	start, end := k.of(r.first), k.of(r.last)
	headroom, rise := new(big.Int).Sub(k.left, start), new(big.Int).Sub(end, start)
	if headroom.Sign() <= 0 || headroom.Cmp(rise) >= 0 {
		return uint64(parts / 2)
	}
	t := headroom.Mul(headroom, big.NewInt(parts)).Quo(headroom, rise).Int64()
	slack := 1 + parts*int64(r.changing)/r.changes // rounding down makes this much of a difference
	if t <= parts/2 {
		return uint64(min(t+max(t/8, slack), parts-1))
	}
	return uint64(max(t-max((parts-t)/8, slack), 1))
}

// change is a factor in the range at which a piece gains a multiple.
func (s *search) change(r *factors) fraction {
	low := position{r.low, true}
	for i := len(r.entries) / 2; ; i = (i + 1) % len(r.entries) {
		e := &r.entries[i]
		multiple := s.groups[e.group].multiple
		from, _ := e.part(&low, multiple)
		if to := e.partBelow(&r.high, multiple); to != from {
			steps := (to-from)/multiple + 1
			return fraction{uint64(from + steps/2*multiple), uint64(e.principal)}
		}
	}
}
