package allocate_test

import (
	"cmp"
	"math/big"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// naiveAuction holds one auction the slow way, from R17 alone: it lists the bids from best to
// worst, adds up what all so far cost at each, and takes them one after the other.
type naiveAuction struct {
	*naive // of the auction's lines and its cap alone
	a      *tender.Auction
	limit  tender.Cap
	levels []naiveLevel // with tenders, best first
	whose  []tender.Window

	settled bool // some of its tenders were before
}

// naiveLevel is one level of the bids.
type naiveLevel struct {
	level decimal.Decimal
	first bool // the tenders without a bid that go before every bid
	lines []int
}

func (n *naive) auction(a *tender.Auction) {
	var lines []int
	book := &tender.Book{}
	for i, l := range n.lines {
		if slices.Contains(a.Series, l.Series) {
			lines, book.Lines = append(lines, i), append(book.Lines, l)
		}
	}
	for i, got := range holdNaively(n, a, book) {
		n.got[lines[i]] = got
	}
}

// holdNaively returns what counts of each line of the auction.
func holdNaively(n *naive, a *tender.Auction, book *tender.Book) []*big.Rat {
	limit := a.Cap
	limit.Name, limit.Series = a.Name, a.Series
	o := &tender.Offer{Acceptance: n.o.Acceptance, Rates: n.o.Rates, Caps: []tender.Cap{limit}}
	for _, s := range n.o.Series {
		if slices.Contains(a.Series, s.ID) {
			s.Priority = 1 // so that the cap counts it
			o.Series = append(o.Series, s)
		}
	}
	h := &naiveAuction{naive: newNaive(o, book), a: a, limit: limit, whose: tender.Windows[:]}
	h.prices, h.plain = n.prices, true
	h.rule, h.given = o.Acceptance.Factor, o.Acceptance.Given
	if a.Announced.Sign() > 0 {
		h.rule, h.given = tender.FactorGiven, a.Announced
	}
	early := slices.ContainsFunc(book.Lines, func(l tender.Line) bool { return l.Window == tender.Early && l.Settled == nil })
	for i, l := range book.Lines {
		if l.Settled != nil {
			h.got[i], h.settled = l.Settled.Accepted.Rat(), true
		}
	}
	if a.SetBy == tender.SetByEarly && early {
		h.whose = tender.Windows[:1]
	}
	h.listLevels()
	clearing, any := h.clearing()
	if n.resumed != nil { // what was paid set the level
		h.ended[""] = n.resumed.full[a.Name] && !slices.ContainsFunc(a.Series, func(id string) bool { return n.changed[id] })
		if level, set := n.resumed.levels[a.Name]; set {
			clearing, any = level, true
		}
		if level, set := n.levels[a.Name]; set {
			clearing, any = level, true
		}
	}
	n.full[a.Name] = h.ended[""]
	if !any && !a.HasClearing {
		return h.got
	}
	if a.HasClearing {
		clearing = a.Clearing
	}
	if any {
		n.levels[a.Name] = clearing
	}
	h.accept(clearing)
	n.full[a.Name] = h.ended[""]
	return h.got
}

// listLevels sorts the tenders by their bids.
func (h *naiveAuction) listLevels() {
	for i, l := range h.lines {
		if l.Settled != nil {
			continue
		}
		at := naiveLevel{level: h.a.Best(), first: l.Bid == nil && h.a.NoBid == tender.NoBidFirst}
		if l.Bid != nil {
			at.level = *l.Bid
		}
		found := slices.IndexFunc(h.levels, func(x naiveLevel) bool { return x.first == at.first && x.level.Equal(at.level) })
		if found < 0 {
			found, h.levels = len(h.levels), append(h.levels, at)
		}
		h.levels[found].lines = append(h.levels[found].lines, i)
	}
	sign := 1
	if h.a.Bid == tender.BidSpread {
		sign = -1 // a high spread is good
	}
	slices.SortFunc(h.levels, func(x, y naiveLevel) int {
		before := map[bool]int{true: 0, false: 1}
		return cmp.Or(before[x.first]-before[y.first], sign*x.level.Cmp(y.level))
	})
}

// price is what a line is paid at a level.
func (h *naiveAuction) price(line int, level decimal.Decimal) *big.Rat {
	s := h.series(line)
	if h.a.Bid == tender.BidPremium {
		level = h.a.BaseSpreads[s.ID].Sub(level)
	}
	if h.a.Bid != tender.BidPrice {
		level, _ = h.prices.AtSpread(s.ID, level)
	}
	if h.lines[line].Window == tender.Late {
		level = level.Sub(s.EarlyTenderPayment)
	}
	return level.Rat()
}

// payAt sets what every line is paid: the level, or in an unmodified auction its own bid.
func (h *naiveAuction) payAt(level decimal.Decimal) {
	h.paid = func(line int) *big.Rat {
		own := level
		if h.a.Form == tender.Unmodified {
			own = h.a.Best()
			if bid := h.lines[line].Bid; bid != nil {
				own = *bid
			}
		}
		return h.price(line, own)
	}
}

// cost is what the first levels cost at a level, of the tenders that set it.
func (h *naiveAuction) cost(first int, level decimal.Decimal) *big.Rat {
	h.payAt(level)
	sum := new(big.Rat)
	for _, at := range h.levels[:first] {
		for _, i := range at.lines {
			if slices.Contains(h.whose, h.lines[i].Window) {
				sum.Add(sum, h.worth(h.limit, i, h.principal(i)))
			}
		}
	}
	return sum
}

// clearing is the level at which the auction clears: of those at which a tender that sets it bid.
func (h *naiveAuction) clearing() (level decimal.Decimal, any bool) {
	limit := h.limit.Amount.Rat()
	for i, at := range h.levels {
		if !slices.ContainsFunc(at.lines, func(line int) bool { return slices.Contains(h.whose, h.lines[line].Window) }) {
			continue
		}
		if h.cost(i, at.level).Cmp(limit) > 0 && any {
			return level, true // the level is not reached: the better bids alone cost too much there
		}
		level, any = at.level, true
		if h.cost(i+1, at.level).Cmp(limit) >= 0 {
			return level, true
		}
	}
	if !any || h.a.Undersubscribed == tender.ClearsAtLastBid {
		return level, any
	}
	if h.cost(len(h.levels), h.a.Worst()).Cmp(limit) <= 0 {
		level = h.a.Worst()
	}
	return level, true
}

// accept takes the bids one after the other, none that is worse than the level.
func (h *naiveAuction) accept(clearing decimal.Decimal) {
	h.payAt(clearing)
	passes := [][]tender.Window{tender.Windows[:]}
	if h.a.SetBy == tender.SetByEarly || h.settled {
		passes = [][]tender.Window{{tender.Early}, {tender.Late}}
	}
	for _, windows := range passes {
		for _, at := range h.levels {
			if h.a.Compare(at.level, clearing) > 0 || h.ended[""] {
				continue
			}
			open := slices.DeleteFunc(slices.Clone(at.lines), func(i int) bool {
				return !slices.Contains(windows, h.lines[i].Window)
			})
			h.decide(open, tender.Prorate, "")
		}
	}
}
