package allocate

import (
	"container/heap"
	"math/big"
	"math/bits"
)

// climb lifts the open pieces from where they stand, one denomination at a
// time, in the order of the factors at which they gain it; pieces that gain at
// the same factor move together. It ends when a cap would be exceeded, which
// closes the groups under it; groups under no such cap rise to the whole.
func (f *filling) climb() {
	rising, room := f.rising(), f.room()
	gain := make([]int64, len(f.groups))
	var tied []riser
	for len(*rising) > 0 {
		tied = rising.popTied(tied[:0])
		clear(gain)
		for i := range tied {
			gain[tied[i].group] += tied[i].gain()
		}
		fits := room.take(f.groups, gain)
		if !fits {
			f.closeOver(gain)
		}
		f.lift(tied)
		if !fits {
			return
		}
		rising.push(tied)
	}
	f.closeAt(wholeFactor())
}

// closeOver closes groups until the gains of those still open fit, the groups
// under the tightest cap first.
func (f *filling) closeOver(gain []int64) {
	next := make([]int64, len(f.groups))
	for {
		for i, g := range f.groups {
			next[i] = 0
			if g.open {
				next[i] = g.accepted + gain[i]
			}
		}
		tight, binds := f.tightest(next)
		if !binds {
			return
		}
		f.close(tight.cap, reachedFactor(f.open(tight.cap), nil))
	}
}

// lift gives each piece whose group is open the denomination it gains.
func (f *filling) lift(tied []riser) {
	for i := range tied {
		r := &tied[i]
		g := f.groups[r.group]
		if !g.open {
			continue
		}
		p := &g.pieces[r.piece]
		g.accepted += r.gain()
		p.accepted = r.next
		r.accepted, r.next = p.accepted, min(p.accepted+g.multiple, p.principal)
	}
}

// room is what each cap has left while the open groups climb, in grains.
type room struct {
	caps  []*capState
	left  []*big.Int
	asked []*big.Int // scratch
	term  big.Int    // scratch
}

func (f *filling) room() *room {
	r := &room{}
	heights := make([]int64, len(f.groups))
	for i, g := range f.groups {
		if g.open {
			heights[i] = g.accepted
		}
	}
	for _, c := range f.caps {
		r.caps = append(r.caps, c)
		r.left = append(r.left, new(big.Int).Sub(c.left(), f.asked(c, heights)))
		r.asked = append(r.asked, new(big.Int))
	}
	return r
}

// take takes the gains off every cap and reports true, or takes nothing and
// reports false if a cap has not enough left.
func (r *room) take(groups []*group, gain []int64) bool {
	for i, c := range r.caps {
		asked := r.asked[i].SetInt64(0)
		for j, g := range groups {
			if weight := c.weight[g.cell]; weight != nil && gain[j] != 0 {
				asked.Add(asked, r.term.Mul(weight, r.term.SetInt64(gain[j])))
			}
		}
		if asked.Sign() > 0 && asked.Cmp(r.left[i]) > 0 {
			return false
		}
	}
	for i := range r.caps {
		r.left[i].Sub(r.left[i], r.asked[i])
	}
	return true
}

// riser is a piece that can still gain. It gains its next denomination when the
// factor reaches next/principal.
type riser struct {
	principal, accepted int64
	next                int64 // what it has after its next gain
	group, piece        int32
}

// newRiser is a piece before its next gain: one multiple more, or all of it.
func newRiser(p *piece, multiple int64) riser {
	return riser{principal: p.principal, accepted: p.accepted, next: min(p.accepted+multiple, p.principal)}
}

func (r *riser) gain() int64 { return r.next - r.accepted }

// before reports whether r gains at a lower factor than s, exactly.
func (r *riser) before(s *riser) bool {
	hi1, lo1 := bits.Mul64(uint64(r.next), uint64(s.principal))
	hi2, lo2 := bits.Mul64(uint64(s.next), uint64(r.principal))
	return hi1 < hi2 || hi1 == hi2 && lo1 < lo2
}

// risers is a heap of the pieces that can still gain, the next to gain first.
// It works through heap.Fix alone, which unlike heap.Push and heap.Pop
// allocates nothing.
type risers []riser

func (f *filling) rising() *risers {
	count := 0
	for _, g := range f.groups {
		if g.open {
			count += len(g.pieces)
		}
	}
	all := make(risers, 0, count)
	for gi, g := range f.groups {
		if !g.open {
			continue
		}
		for pi := range g.pieces {
			if p := &g.pieces[pi]; p.accepted < p.principal {
				r := newRiser(p, g.multiple)
				r.group, r.piece = int32(gi), int32(pi)
				all = append(all, r)
			}
		}
	}
	heap.Init(&all)
	return &all
}

// popTied takes off all pieces that gain next, at one and the same factor.
func (r *risers) popTied(tied []riser) []riser {
	for len(*r) > 0 && (len(tied) == 0 || !tied[0].before(&(*r)[0])) {
		tied = append(tied, (*r)[0])
		last := len(*r) - 1
		(*r)[0] = (*r)[last]
		*r = (*r)[:last]
		if last > 0 {
			heap.Fix(r, 0)
		}
	}
	return tied
}

// push puts back the pieces that can gain again.
func (r *risers) push(tied []riser) {
	for i := range tied {
		if tied[i].accepted < tied[i].principal {
			*r = append(*r, tied[i])
			heap.Fix(r, len(*r)-1)
		}
	}
}

// Len, Less, Swap, Push and Pop implement heap.Interface.
func (r *risers) Len() int           { return len(*r) }
func (r *risers) Less(i, j int) bool { return (*r)[i].before(&(*r)[j]) }
func (r *risers) Swap(i, j int)      { (*r)[i], (*r)[j] = (*r)[j], (*r)[i] }
func (r *risers) Push(x any)         { *r = append(*r, x.(riser)) }
func (r *risers) Pop() any           { panic("risers are taken off by popTied") }
