package allocate

import (
	"fmt"
	"math"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// group is the tenders of one series and window: a cell with its pieces.
type group struct {
	cell
	id                string
	level             int
	money             currency // of the notes
	minimum, multiple int64    // minor units, as all int64 amounts here
	pieces            []piece
	demand            int64           // principal of all pieces
	price             decimal.Decimal // that its tenders are paid in an auction, per 1,000; zero if not known
	rules             smallRules
	steady            bool // a larger factor never gives a piece less
	auctioned         bool // its tenders are sorted by bid instead

	open     bool // not decided yet
	settled  bool // R11 was applied with the factor
	accepted int64
	factor   Factor
	reason   Reason
}

// piece is one instruction on its way through the waterfall.
type piece struct {
	principal int64
	accepted  int64
	line      int32 // position in the book
	small     smallRule
	absent    bool // guaranteed, but not delivered
}

// pair is the groups of a series, early and late.
type pair [len(tender.Windows)]*group

// of is the group of a window.
func (p *pair) of(w tender.Window) *group {
	if w == tender.Early {
		return p[0]
	}
	return p[1]
}

// gather sorts the lines of the book into groups, for every series both windows. Those of
// auctions are sorted by bid later.
func gather(o *tender.Offer, b *tender.Book) (map[cell]*group, error) {
	groups, byID := make(map[cell]*group, 2*len(o.Series)), make(map[string]*pair, len(o.Series))
	rules, err := newSmallRules(o.Acceptance)
	if err != nil {
		return nil, err
	}
	auctions := auctionsOf(o)
	for i, s := range o.Series {
		byID[s.ID] = &pair{}
		for k, w := range tender.Windows {
			g, err := newGroup(i, s, w, rules)
			if err != nil {
				return nil, err
			}
			g.auctioned = auctions[i] != nil
			groups[g.cell], byID[s.ID][k] = g, g
		}
	}
	reserve(b, byID)
	for i := range b.Lines {
		l := &b.Lines[i]
		if l.Settled != nil {
			continue
		}
		of := byID[l.Series]
		if of == nil {
			return nil, fmt.Errorf("instruction %s: no series %s in the offer", l.ID, l.Series)
		}
		if g := of.of(l.Window); !g.auctioned {
			if err := g.add(l, i); err != nil {
				return nil, fmt.Errorf("instruction %s: %w", l.ID, err)
			}
		}
	}
	return groups, nil
}

// reserve makes room for the pieces of each group, so that a large book is not
// copied while it grows.
func reserve(b *tender.Book, byID map[string]*pair) {
	count := make(map[*group]int, 2*len(byID))
	for i := range b.Lines {
		if of := byID[b.Lines[i].Series]; of != nil {
			count[of.of(b.Lines[i].Window)]++
		}
	}
	for g, n := range count {
		if !g.auctioned {
			g.pieces = make([]piece, 0, n)
		}
	}
}

func newGroup(position int, s tender.Series, w tender.Window, rules smallRules) (*group, error) {
	money := newCurrency(s.Currency)
	minimum, err := money.minor(s.Denomination.Minimum)
	if err != nil {
		return nil, fmt.Errorf("series %s: minimum denomination: %w", s.ID, err)
	}
	multiple, err := money.minor(s.Denomination.Multiple)
	if err != nil {
		return nil, fmt.Errorf("series %s: denomination multiple: %w", s.ID, err)
	}
	if multiple <= 0 {
		return nil, fmt.Errorf("series %s: the denomination multiple must be positive", s.ID)
	}
	return &group{
		cell: cell{series: position, window: w}, id: s.ID, level: s.Priority,
		money: money, minimum: minimum, multiple: multiple, rules: rules, steady: rules.neverLess() && minimum%multiple == 0,
	}, nil
}

// add puts a line of the book into the group.
func (g *group) add(l *tender.Line, line int) error {
	principal, err := g.money.minor(l.Principal)
	if err != nil {
		return err
	}
	if principal <= 0 {
		return fmt.Errorf("principal %s is not positive", l.Principal)
	}
	if g.demand > math.MaxInt64-principal {
		return fmt.Errorf("the principal of series %s is too large to add up", g.id)
	}
	g.demand += principal
	g.pieces = append(g.pieces, piece{principal: principal, line: int32(line), absent: l.Undelivered})
	return nil
}
