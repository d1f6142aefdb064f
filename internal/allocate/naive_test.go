package allocate_test

import (
	"math/big"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/tender"
)

// naive allocates a book the slow way, with rational numbers alone. To find the
// maximal factor it tries every factor there is: each at which any tender gains
// a multiple, and one between each two of these, as nothing can change in
// between. It shares no code with the package.
type naive struct {
	plain   bool              // of an auction: the factor is sought without R11
	rule    tender.FactorRule // of the pool whose turn it is, and the factor announced for it
	given   decimal.Decimal
	own     bool // it was announced for the pool alone
	o       *tender.Offer
	prices  allocate.Prices
	lines   []tender.Line
	got     []*big.Rat              // what counts under the caps
	decided []bool                  // lines whose level has had its turn
	stopped map[string]bool         // series that take nothing more
	ended   map[string]bool         // pools that take nothing more; the whole offer is "" if it has none
	paid    func(line int) *big.Rat // per 1,000; nil: the price of the series
	by      map[string]string       // the cap that stopped a series or ended a pool

	// Of auctions, by name: the level at which one clears, and whether it takes nothing more.
	levels map[string]decimal.Decimal
	full   map[string]bool

	resumed *naive          // the last settlement, as it would be made today; nil: there is none
	changed map[string]bool // series of which it gives something else than was bought
	// everybody says that an announced factor cuts back everybody, because every
	// level fits.
	everybody bool
}

var (
	zero = new(big.Rat)
	one  = big.NewRat(1, 1)
)

// naiveAllocate returns what is bought of each line.
func naiveAllocate(o *tender.Offer, b *tender.Book) []*big.Rat {
	return naiveAllocateAt(o, b, allocate.Prices{})
}

func naiveAllocateAt(o *tender.Offer, b *tender.Book, p allocate.Prices) []*big.Rat {
	return naively(o, b, p).bought()
}

// naively allocates a book.
func naively(o *tender.Offer, b *tender.Book, p allocate.Prices) *naive {
	n := newNaive(o, b)
	n.prices = p
	n.settle(b)
	if o.Acceptance.Factor == tender.FactorGiven {
		plain := *o
		plain.Acceptance.Factor = tender.FactorMaximal
		try := newNaive(&plain, b)
		try.prices = p
		try.settle(b)
		try.run()
		n.everybody = len(try.stopped) == 0
	}
	n.run()
	for i := range o.Auctions {
		n.auction(&o.Auctions[i])
	}
	return n
}

// bought is what is bought of each line.
func (n *naive) bought() []*big.Rat {
	for i, l := range n.lines {
		if l.Undelivered { // R15: it counted, but is not bought
			n.got[i] = zero
		}
	}
	return n.got
}

// settle is R20. What was settled is fixed. Then the last settlement is made once more by the terms
// of now, save for the prices and rates of then: series of which it gives what was bought stay
// stopped as they were then, and so does a pool, unless a series that was cut back by what
// ended it comes out otherwise.
func (n *naive) settle(b *tender.Book) {
	last := -1
	for i, l := range n.lines {
		if l.Settled != nil {
			last = max(last, l.Settled.Made)
			n.got[i], n.decided[i] = l.Settled.Accepted.Rat(), true
		}
	}
	if last < 0 {
		return
	}
	then, at := &tender.Book{Made: b.Made}, []int{}
	for i, l := range n.lines {
		if l.Settled == nil {
			continue
		}
		if l.Undelivered = false; l.Settled.Made == last {
			l.Settled = nil
		}
		then.Lines, at = append(then.Lines, l), append(at, i)
	}
	o, prices := n.termsThen(b, last)
	n.resumed = naively(o, then, prices)
	for i, line := range at {
		if n.resumed.got[i].Cmp(n.got[line]) != 0 {
			n.changed[n.lines[line].Series] = true
		}
	}
	revised := map[string]bool{} // caps that would cut back otherwise today
	for series := range n.resumed.stopped {
		if n.changed[series] {
			revised[n.resumed.by["series "+series]] = true
		} else {
			n.stopped[series] = true
		}
	}
	for pool := range n.resumed.ended {
		if why := n.resumed.by["pool "+pool]; why != "" && !revised[why] {
			n.ended[pool], n.by["pool "+pool] = true, why
		}
	}
	for _, made := range slices.Backward(b.Made[:min(last+1, len(b.Made))]) { // the first that has one decides
		for name, level := range made.Levels {
			n.levels[name] = level
		}
	}
}

// termsThen are the terms of now with the prices and rates of a settlement.
func (n *naive) termsThen(b *tender.Book, made int) (*tender.Offer, allocate.Prices) {
	if made >= len(b.Made) {
		return n.o, n.prices
	}
	o, prices := *n.o, n.prices.Then[made]
	o.Rates, o.Series = b.Made[made].Then.Rates, slices.Clone(o.Series)
	for i := range o.Series {
		was := b.Made[made].Then.Series[i]
		o.Series[i].TenderOfferConsideration, o.Series[i].EarlyTenderPayment = was.TenderOfferConsideration, was.EarlyTenderPayment
	}
	prices.Then = n.prices.Then
	return &o, prices
}

// stop has a series take nothing more, and end a pool, because of a cap; the first reason counts.
func (n *naive) stop(series string, c tender.Cap) {
	n.stopped[series], n.by["series "+series] = true, c.Name
}

func (n *naive) end(pool string, c tender.Cap) {
	if !n.ended[pool] {
		n.ended[pool], n.by["pool "+pool] = true, c.Name
	}
}

func newNaive(o *tender.Offer, b *tender.Book) *naive {
	n := &naive{o: o, lines: b.Lines, got: make([]*big.Rat, len(b.Lines)), decided: make([]bool, len(b.Lines)),
		stopped: map[string]bool{}, ended: map[string]bool{}, by: map[string]string{}, levels: map[string]decimal.Decimal{},
		full: map[string]bool{}, changed: map[string]bool{}}
	for i := range n.got {
		n.got[i] = zero
	}
	return n
}

func (n *naive) series(line int) tender.Series {
	at, _ := n.o.SeriesByID(n.lines[line].Series)
	return n.o.Series[at]
}

func (n *naive) principal(line int) *big.Rat { return n.lines[line].Principal.Rat() }

// run is R7: any and all, then level by level, or window by window and in each
// level by level; and so in one pool after the other (R18).
func (n *naive) run() {
	for i := range n.lines {
		if n.series(i).Priority == 0 && n.o.AuctionOf(n.lines[i].Series) == nil && n.lines[i].Settled == nil {
			n.got[i] = n.principal(i)
		}
	}
	passes := [][]tender.Window{{tender.Early, tender.Late}}
	if n.o.Acceptance.Order == tender.OrderEarlyFirst {
		passes = [][]tender.Window{{tender.Early}, {tender.Late}}
	}
	for _, pool := range n.pools() {
		if n.conditionFails(pool) {
			n.ended[pool.Name] = true
		}
		for _, windows := range passes {
			for level := 1; level <= 9; level++ {
				n.step(pool, level, windows)
			}
		}
	}
}

// pools are those of the offer; one without pools is one.
func (n *naive) pools() []tender.Pool {
	if len(n.o.Pools) == 0 {
		return []tender.Pool{{}}
	}
	return n.o.Pools
}

// conditionFails reports whether a pool that must be bought in full before this one was not.
func (n *naive) conditionFails(p tender.Pool) bool {
	fails := false
	for i := range n.lines {
		if slices.Contains(p.OnlyIfFull, n.series(i).Pool) && n.got[i].Cmp(n.principal(i)) < 0 {
			fails = !p.Satisfied
		}
	}
	return fails
}

func (n *naive) step(pool tender.Pool, level int, windows []tender.Window) {
	var open, all []int
	for i, l := range n.lines {
		if s := n.series(i); s.Priority == level && s.Pool == pool.Name && slices.Contains(windows, l.Window) && l.Settled == nil {
			all = append(all, i)
			if !n.stopped[l.Series] && !n.ended[pool.Name] {
				open = append(open, i)
			}
		}
	}
	n.rule, n.given, n.own = n.o.Acceptance.Factor, n.o.Acceptance.Given, false
	if pool.Announced.Sign() > 0 {
		n.rule, n.given, n.own = tender.FactorGiven, pool.Announced, true
	}
	n.decide(open, n.o.ShortfallOf(pool), pool.Name)
	for _, i := range all {
		n.decided[i] = true
	}
}

// decide decides what is accepted of the open lines, which are taken together.
func (n *naive) decide(open []int, shortfall tender.Shortfall, pool string) {
	switch {
	case len(open) == 0:
	case shortfall != tender.Prorate:
		n.allOrNone(open, shortfall, pool)
	case n.rule == tender.FactorMaximal:
		n.maximal(open)
	default:
		n.byRatioOrAnnounced(open)
	}
}

// counts is what the principal of a line counts for under a cap that limits it (R8, R12).
func (n *naive) counts(c tender.Cap, line int, principal *big.Rat) *big.Rat {
	if !c.Covers(n.series(line)) {
		return zero
	}
	return n.worth(c, line, principal)
}

// worth is what the principal of a line is in the measure and currency of a cap.
func (n *naive) worth(c tender.Cap, line int, principal *big.Rat) *big.Rat {
	s, window := n.series(line), n.lines[line].Window
	if settled := n.lines[line].Settled; settled != nil && settled.AtTerms != nil {
		return worthThen(c, s, settled.AtTerms, principal)
	}
	rate, _ := n.o.Rate(s.Currency, c.Currency)
	value := new(big.Rat).Mul(principal, rate)
	if c.Measure == tender.MeasurePrincipal {
		return value
	}
	price := s.Price(window).Rat()
	if n.paid != nil {
		price = n.paid(line)
	}
	if c.Measure == tender.MeasureWithAccrued {
		accrued, _ := n.prices.Accrued(s.ID, window)
		price = new(big.Rat).Add(price, accrued)
	}
	value.Mul(value, price)
	return value.Quo(value, big.NewRat(1000, 1))
}

// worthThen is the same of what was settled, at the price, the interest and the rate of then.
func worthThen(c tender.Cap, s tender.Series, at *tender.SettledTerms, principal *big.Rat) *big.Rat {
	rate, _ := (&tender.Offer{Rates: at.Rates}).Rate(s.Currency, c.Currency)
	value := new(big.Rat).Mul(principal, rate)
	price := at.Consideration.Add(at.EarlyPayment).Rat()
	switch c.Measure {
	case tender.MeasurePrincipal:
		return value
	case tender.MeasureWithAccrued:
		price.Add(price, at.Accrued)
	}
	return value.Mul(value, price.Quo(price, big.NewRat(1000, 1)))
}

// asked is what amounts for the open lines count for under a cap.
func (n *naive) asked(c tender.Cap, open []int, amounts map[int]*big.Rat) *big.Rat {
	sum := new(big.Rat)
	for _, i := range open {
		sum.Add(sum, n.counts(c, i, amounts[i]))
	}
	return sum
}

// left is what a cap has left beside the open lines. Against the total of a pool counts what
// other pools bought, too; and where what is tendered counts, that of the levels before.
func (n *naive) left(c tender.Cap, open []int) *big.Rat {
	tendered := slices.ContainsFunc(n.o.Pools, func(p tender.Pool) bool {
		return p.Name == c.Name && p.Counts == tender.CountTendered
	})
	left := c.Amount.Rat()
	for i := range n.lines {
		if slices.Contains(open, i) || (!c.Covers(n.series(i)) && !slices.Contains(c.Beside, n.lines[i].Series)) {
			continue
		}
		left.Sub(left, n.worth(c, i, n.got[i]))
		if tendered && n.decided[i] && c.Covers(n.series(i)) { // what was returned uses it up, at the price of now
			rest := *n
			rest.lines = slices.Clone(n.lines)
			rest.lines[i].Settled = nil
			left.Sub(left, rest.worth(c, i, new(big.Rat).Sub(n.principal(i), n.got[i])))
		}
	}
	return left
}

// fits reports whether a cap can take the amounts; nothing always fits.
func (n *naive) fits(c tender.Cap, open []int, amounts map[int]*big.Rat) bool {
	asked := n.asked(c, open, amounts)
	return asked.Sign() == 0 || asked.Cmp(n.left(c, open)) <= 0
}

// share is what a cap has left over what the amounts ask of it.
func (n *naive) share(c tender.Cap, open []int, amounts map[int]*big.Rat) *big.Rat {
	asked, left := n.asked(c, open, amounts), n.left(c, open)
	switch {
	case asked.Sign() == 0:
		return big.NewRat(2, 1)
	case left.Sign() < 0:
		return zero
	}
	return left.Quo(left, asked)
}

// tightest is the cap with the smallest share; of two alike, one over more pools as a whole.
func (n *naive) tightest(caps []tender.Cap, open []int, amounts map[int]*big.Rat) tender.Cap {
	slices.SortStableFunc(caps, func(a, b tender.Cap) int {
		order := n.share(a, open, amounts).Cmp(n.share(b, open, amounts))
		if order == 0 {
			order = len(n.whole(b)) - len(n.whole(a))
		}
		return order
	})
	return caps[0]
}

// exceeded are the caps that cannot take the open lines whole.
func (n *naive) exceeded(open []int) []tender.Cap {
	whole := map[int]*big.Rat{}
	for _, i := range open {
		whole[i] = n.principal(i)
	}
	return slices.DeleteFunc(n.o.AllCaps(), func(c tender.Cap) bool { return n.fits(c, open, whole) })
}

func (n *naive) takeWhole(open []int) {
	for _, i := range open {
		n.got[i] = n.principal(i)
	}
}

// whole are the pools of which a cap limits every series.
func (n *naive) whole(c tender.Cap) (names []string) {
	for _, p := range n.pools() {
		if !slices.ContainsFunc(n.o.Series, func(s tender.Series) bool {
			return s.Priority > 0 && s.Pool == p.Name && !c.Covers(s)
		}) {
			names = append(names, p.Name)
		}
	}
	return names
}

// closeUnder stops the series of the lines that a cap covers and returns the
// others; it ends the pools that the cap limits as a whole.
func (n *naive) closeUnder(c tender.Cap, open []int) (rest []int) {
	for _, name := range n.whole(c) {
		n.end(name, c)
	}
	for _, i := range open {
		if c.Covers(n.series(i)) {
			n.stop(n.lines[i].Series, c)
		} else {
			rest = append(rest, i)
		}
	}
	return rest
}

// allOrNone is R9.
func (n *naive) allOrNone(open []int, shortfall tender.Shortfall, pool string) {
	caps, whole := n.exceeded(open), map[int]*big.Rat{}
	if len(caps) == 0 {
		n.takeWhole(open)
		return
	}
	for _, i := range open {
		whole[i] = n.principal(i)
	}
	tight := n.tightest(caps, open, whole)
	for _, i := range open {
		n.stop(n.lines[i].Series, tight)
	}
	if shortfall == tender.AllOrNoneStop {
		n.end(pool, tight)
	}
}

// maximal is R10 with R11 in it.
func (n *naive) maximal(open []int) {
	for len(open) > 0 {
		caps := n.exceeded(open)
		if len(caps) == 0 {
			n.takeWhole(open)
			return
		}
		factors := n.factors(open)
		amounts := make([]map[int]*big.Rat, len(factors))
		for f := range factors {
			amounts[f] = map[int]*big.Rat{}
			for _, i := range open {
				amounts[f][i] = n.prorated(i, factors[f])
			}
		}
		first := slices.IndexFunc(amounts, func(a map[int]*big.Rat) bool { // where the rising factor first exceeds a cap
			return slices.ContainsFunc(caps, func(c tender.Cap) bool { return !n.fits(c, open, a) })
		})
		exceeded := slices.DeleteFunc(slices.Clone(caps), func(c tender.Cap) bool { return n.fits(c, open, amounts[first]) })
		closing := n.tightest(exceeded, open, amounts[first])
		with := slices.DeleteFunc(caps, func(c tender.Cap) bool { return !n.shareSeries(c, closing, open) })
		agreed := n.best(closing, with, open, amounts)
		nothing := true
		smallest := slices.IndexFunc(amounts, func(a map[int]*big.Rat) bool { // factor that gives the same
			return !slices.ContainsFunc(open, func(i int) bool {
				return closing.Covers(n.series(i)) && a[i].Cmp(amounts[agreed][i]) != 0
			})
		})
		for _, i := range open {
			if closing.Covers(n.series(i)) {
				n.got[i] = amounts[agreed][i]
				nothing = nothing && n.got[i].Sign() == 0
			}
		}
		for _, i := range open {
			if n.plain && !nothing && closing.Covers(n.series(i)) {
				n.got[i] = n.small(i, n.got[i], factors[smallest]) // R17: R11 comes after the factor
			}
		}
		open = n.closeUnder(closing, open)
	}
}

// best is the largest factor at which none of the caps is exceeded; or, where a tender
// is rejected whole because too little of it would be returned, the factor at which the
// most counts under the cap to be filled, the largest of several.
func (n *naive) best(fill tender.Cap, caps []tender.Cap, open []int, amounts []map[int]*big.Rat) int {
	best, most := 0, new(big.Rat)
	for f := range amounts {
		if slices.ContainsFunc(caps, func(c tender.Cap) bool { return !n.fits(c, open, amounts[f]) }) {
			continue
		}
		if asked := n.asked(fill, open, amounts[f]); n.o.Acceptance.ReturnedBelowMinimum != tender.RejectPiece || asked.Cmp(most) >= 0 {
			best, most = f, asked
		}
	}
	return best
}

func (n *naive) shareSeries(a, b tender.Cap, open []int) bool {
	return slices.ContainsFunc(open, func(i int) bool { return a.Covers(n.series(i)) && b.Covers(n.series(i)) })
}

// factors are all at which an open line gains a multiple, one between each two,
// 0 and 1, ascending.
func (n *naive) factors(open []int) []*big.Rat {
	points := []*big.Rat{zero, one}
	for _, i := range open {
		multiple := n.series(i).Denomination.Multiple
		for units := multiple; units.LessThan(n.lines[i].Principal); units = units.Add(multiple) {
			points = append(points, new(big.Rat).Quo(units.Rat(), n.principal(i)))
		}
	}
	slices.SortFunc(points, (*big.Rat).Cmp)
	points = slices.CompactFunc(points, func(a, b *big.Rat) bool { return a.Cmp(b) == 0 })
	all := []*big.Rat{zero}
	for i, p := range points[1:] {
		between := new(big.Rat).Add(points[i], p)
		all = append(all, between.Quo(between, big.NewRat(2, 1)), p)
	}
	return all
}

// byRatioOrAnnounced is R10 where the factor comes before R11.
func (n *naive) byRatioOrAnnounced(open []int) {
	factor := map[int]*big.Rat{} // of the lines that were cut back so
	rule, given := n.rule, n.given.Rat()
	for len(open) > 0 {
		caps := n.exceeded(open)
		if len(caps) == 0 {
			n.takeWhole(open)
			for _, i := range open {
				if n.everybody && !n.own {
					n.got[i], factor[i] = n.floor(i, given), given
				}
			}
			break
		}
		whole := map[int]*big.Rat{}
		for _, i := range open {
			whole[i] = n.principal(i)
		}
		tight := n.tightest(caps, open, whole)
		under := slices.DeleteFunc(slices.Clone(open), func(i int) bool { return !tight.Covers(n.series(i)) })
		if rule == tender.FactorGiven && !n.announcedFits(open, under, given) {
			n.maximal(open)
			break
		}
		f := given
		if rule == tender.FactorRatio {
			f = n.share(tight, open, whole)
		}
		n.multiply(under, f, factor)
		open = n.closeUnder(tight, open)
	}
	for i, f := range factor {
		n.got[i] = n.small(i, n.got[i], f)
	}
}

// multiply gives each line a factor of its principal, rounded down. A factor by
// which no line reaches a multiple gives nothing, and R11 does not apply.
func (n *naive) multiply(under []int, f *big.Rat, factor map[int]*big.Rat) {
	nothing := true
	for _, i := range under {
		n.got[i] = n.floor(i, f)
		nothing = nothing && n.got[i].Sign() == 0
	}
	for _, i := range under {
		if !nothing {
			factor[i] = f
		}
	}
}

// announcedFits reports whether the lines under a cap, and none of the others,
// can be given the announced factor.
func (n *naive) announcedFits(open, under []int, given *big.Rat) bool {
	amounts := map[int]*big.Rat{}
	for _, i := range open {
		amounts[i] = zero
		if slices.Contains(under, i) {
			amounts[i] = n.floor(i, given)
		}
	}
	return !slices.ContainsFunc(n.o.AllCaps(), func(c tender.Cap) bool { return !n.fits(c, open, amounts) })
}

// prorated is a factor of a line with R11.
func (n *naive) prorated(line int, f *big.Rat) *big.Rat {
	if n.plain {
		return n.floor(line, f)
	}
	return n.small(line, n.floor(line, f), f)
}

// floor is a factor times the principal of a line, rounded down to the multiple;
// the whole is not rounded.
func (n *naive) floor(line int, f *big.Rat) *big.Rat {
	if f.Cmp(one) == 0 {
		return n.principal(line)
	}
	return down(new(big.Rat).Mul(n.principal(line), f), n.series(line).Denomination.Multiple.Rat())
}

func down(amount, multiple *big.Rat) *big.Rat {
	units := new(big.Rat).Quo(amount, multiple)
	whole := new(big.Rat).SetInt(new(big.Int).Quo(units.Num(), units.Denom()))
	return whole.Mul(whole, multiple)
}

// small is R11 for what a line was prorated to by a factor.
func (n *naive) small(line int, part, f *big.Rat) *big.Rat {
	principal, d := n.principal(line), n.series(line).Denomination
	minimum := d.Minimum.Rat()
	if f.Sign() == 0 || part.Cmp(principal) == 0 {
		return part
	}
	if part.Cmp(minimum) < 0 {
		part = n.belowMinimum(line, part, f)
	}
	returned := new(big.Rat).Sub(principal, part)
	if part.Sign() == 0 || returned.Sign() == 0 || returned.Cmp(minimum) >= 0 {
		return part
	}
	switch n.o.Acceptance.ReturnedBelowMinimum {
	case "ACPT":
		return principal
	case "REJT":
		return zero
	case "ADJT":
		return n.adjusted(line)
	}
	return part // KEEP
}

func (n *naive) belowMinimum(line int, part, f *big.Rat) *big.Rat {
	d, principal := n.series(line).Denomination, n.principal(line)
	switch n.o.Acceptance.BelowMinimum {
	case "MIEX":
		return least(d.Minimum.Rat(), principal)
	case "MILD":
		return part
	case "MILU":
		if part.Cmp(new(big.Rat).Mul(principal, f)) < 0 {
			return least(new(big.Rat).Add(part, d.Multiple.Rat()), principal)
		}
		return part
	case "FULL":
		return principal
	}
	return zero // REJT
}

// adjusted returns the minimum; what is left may itself be below the minimum.
func (n *naive) adjusted(line int) *big.Rat {
	d, principal := n.series(line).Denomination, n.principal(line)
	rest := new(big.Rat).Sub(principal, d.Minimum.Rat())
	if rest.Sign() < 0 {
		rest = zero
	}
	rest = down(rest, d.Multiple.Rat())
	switch below := n.o.Acceptance.BelowMinimum; {
	case rest.Cmp(d.Minimum.Rat()) >= 0, below == "MILD", below == "MILU":
		return rest
	case below == "FULL":
		return principal
	}
	return zero
}

func least(a, b *big.Rat) *big.Rat {
	if a.Cmp(b) < 0 {
		return a
	}
	return b
}
