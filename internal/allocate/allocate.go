package allocate

import (
	"fmt"
	"slices"

	"tenderbatch/internal/tender"
)

// Allocate decides what is accepted of the book under the terms of the offer.
// An error means that the terms lack an exchange rate, that a principal is not a
// whole number of its currency's minor units, or that a rule of the terms, a
// measure or a window is not known; a book that was read by the rules gives none.
func Allocate(o *tender.Offer, b *tender.Book) (*Result, error) {
	if err := o.CheckAcceptance(); err != nil {
		return nil, err
	}
	for i := range b.Lines {
		if err := b.Lines[i].Window.Check(); err != nil {
			return nil, fmt.Errorf("instruction %s: %w", b.Lines[i].ID, err)
		}
	}
	w, err := runWaterfall(o, b)
	if err != nil {
		return nil, err
	}
	return w.result, nil
}

// runWaterfall runs the waterfall over the book.
func runWaterfall(o *tender.Offer, b *tender.Book) (*waterfall, error) {
	w, err := newWaterfall(o, len(b.Lines))
	if err != nil {
		return nil, err
	}
	if err := w.fix(b); err != nil {
		return nil, err
	}
	groups, err := gather(o, b)
	if err != nil {
		return nil, err
	}
	if w.everybody, err = announcedForAll(o, b); err != nil {
		return nil, err
	}
	for _, s := range steps(o) {
		if in := groupsOf(o, groups, s); len(in) > 0 {
			w.run(s, in)
		}
	}
	w.finish(groups)
	return w, nil
}

// announcedForAll reports whether an announced factor cuts back every tender
// that has a level, rather than a level that does not fit whole: that is so when
// all of them fit. To know, the waterfall is run once by another rule, for which
// nothing is announced.
func announcedForAll(o *tender.Offer, b *tender.Book) (bool, error) {
	if o.Acceptance.Factor != tender.FactorGiven {
		return false, nil
	}
	plain := *o
	plain.Acceptance.Factor = tender.FactorMaximal
	w, err := runWaterfall(&plain, b)
	return err == nil && len(w.cutBy) == 0, err
}

// plan is one step of the waterfall before it is run.
type plan struct {
	level   int
	windows []tender.Window
}

// steps is the order of acceptance (R7): first what is bought any and all, then
// the levels.
func steps(o *tender.Offer) []plan {
	var levels []int
	for _, s := range o.Series {
		if s.Priority > 0 {
			levels = append(levels, s.Priority)
		}
	}
	slices.Sort(levels)
	levels = slices.Compact(levels)

	both := tender.Windows[:]
	order := []plan{{0, both}}
	if o.Acceptance.Order == tender.OrderEarlyFirst {
		for _, w := range tender.Windows {
			for _, level := range levels {
				order = append(order, plan{level, []tender.Window{w}})
			}
		}
		return order
	}
	for _, level := range levels {
		order = append(order, plan{level, both})
	}
	return order
}

// groupsOf returns the groups of a step in the order of the offer's series.
func groupsOf(o *tender.Offer, groups map[cell]*group, p plan) []*group {
	var in []*group
	for i, s := range o.Series {
		for _, w := range p.windows {
			if s.Priority == p.level {
				in = append(in, groups[cell{i, w}])
			}
		}
	}
	return in
}
