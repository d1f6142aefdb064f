package allocate_test

import (
	"bufio"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/tender"
)

// The case files are for readers who do not program: one rule each, named after
// it, worked by hand. A case is a paragraph of plain words that says the rule
// and where it is found; then, one a line, the terms (what is not said is:
// shortfall prorate, factor rule maximal, below minimum REJT, returned below
// minimum KEEP), the series, the caps, and the tenders, each with what is
// accepted of it and why; last, the factor of everything that was cut back to a
// part, what is left under every cap, and every warning.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.case")
	if err != nil || len(files) == 0 {
		t.Fatalf("no case files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".case"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c, err := readCase(file, string(text))
			if err != nil {
				t.Fatal(err)
			}
			c.check(t)
		})
	}
}

// ruleCase is one case file: an offer, its book, and what is expected.
type ruleCase struct {
	file   string
	offer  tender.Offer
	book   tender.Book
	wanted []wantedLine // one for each line of the book
	factor map[string]wantedFactor
	left   map[string]decimal.Decimal
	clears map[string]decimal.Decimal // the level of each auction
	warned []string
	given  map[string]bool // keys that were given and may be given once only
}

type wantedLine struct {
	at       int // line of the file
	accepted decimal.Decimal
	reason   string
	paid     string // per 1,000 in an auction; "" if the case does not say
}

type wantedFactor struct{ shown, exact string }

// forms are the lines a case may have, by their key.
var forms = map[string]struct {
	form *regexp.Regexp
	read func(c *ruleCase, at int, m []string)
}{
	"order": {regexp.MustCompile(`^(priority|early_first)$`),
		func(c *ruleCase, _ int, m []string) { c.offer.Acceptance.Order = tender.Order(m[1]) }},
	"shortfall": {regexp.MustCompile(`^(\w+)$`),
		func(c *ruleCase, _ int, m []string) { c.offer.Acceptance.Shortfall = tender.Shortfall(m[1]) }},
	"factor rule": {regexp.MustCompile(`^(maximal|ratio|0\.\d+)$`), (*ruleCase).readFactorRule},
	"below minimum": {regexp.MustCompile(`^(REJT|MIEX|MILD|MILU|FULL)$`),
		func(c *ruleCase, _ int, m []string) { c.offer.Acceptance.BelowMinimum = tender.SmallPiece(m[1]) }},
	"returned below minimum": {regexp.MustCompile(`^(ACPT|ADJT|REJT|KEEP)$`),
		func(c *ruleCase, _ int, m []string) {
			c.offer.Acceptance.ReturnedBelowMinimum = tender.SmallPiece(m[1])
		}},
	"rate": {regexp.MustCompile(`^1 ([A-Z]{3}) is ([\d.]+) ([A-Z]{3})$`),
		func(c *ruleCase, _ int, m []string) {
			c.offer.Rates = append(c.offer.Rates, tender.Rate{From: m[1], To: m[3], Rate: sum(m[2])})
		}},
	"pool": {regexp.MustCompile(`^(\w+ ?\w*)(?:, cap ([\d,]+) ([A-Z]{3})( of purchase price)?)?(?:, less ([\w ]+))?` +
		`(?:, shortfall (\w+))?(?:, counts (\w+))?(?:, only if ([\w ]+) is full(, satisfied)?)?(?:, factor (0\.\d+))?$`), (*ruleCase).readPool},
	"auction": {regexp.MustCompile(`^(\w+) over (\w+(?:, \w+)*), (\w+) by (price|spread|premium) ` +
		`from ([\d.]+) to ([\d.]+) by ([\d.]+), cap ([\d,]+) ([A-Z]{3})( of purchase price)?(?:, no bid (\w+))?` +
		`(?:, undersubscribed (\w+))?(?:, set by (\w+))?` +
		`(?:, clearing ([\d.]+))?(?:, factor (0\.\d+))?$`), (*ruleCase).readAuction},
	"clears": {regexp.MustCompile(`^(\w+) at ([\d.]+)$`),
		func(c *ruleCase, _ int, m []string) { c.clears[m[1]] = sum(m[2]) }},
	"series": {regexp.MustCompile(`^(\w+) (?:level ([1-9])(?: of (\w+ ?\w*))?|any and all|in an auction), ([A-Z]{3}), ` +
		`multiple ([\d,]+), minimum ([\d,]+)` +
		`(?:, maximum ([\d,]+))?(?:, price ([\d.]+))?(?:, early payment ([\d.]+))?$`), (*ruleCase).readSeries},
	"cap": {regexp.MustCompile(`^(\D+) ([\d,.]+) ([A-Z]{3})( of purchase price)?(?: over (\w+(?:, \w+)*))?$`), (*ruleCase).readCap},
	"tender": {regexp.MustCompile(`^(\w+) (early|late) ([\d,]+)(?: bid ([\d.]+))?(?:, of which ([\d,]+) settled (early|second)(?: at ([\d.]+))?)?` +
		`(, never delivered)? -> ([\d,]+)(?: paid ([\d.]+))? (.+)$`),
		(*ruleCase).readTender},
	"factor": {regexp.MustCompile(`^(\w+ (?:early|late)(?: [\d.]+| no bid)?) (0\.\d+), exactly ([\d/.]+)$`),
		func(c *ruleCase, _ int, m []string) { c.factor[m[1]] = wantedFactor{m[2], m[3]} }},
	"left": {regexp.MustCompile(`^(.+) (-?[\d,.]+)$`),
		func(c *ruleCase, _ int, m []string) { c.left[m[1]] = sum(m[2]) }},
	"warning": {regexp.MustCompile(`^(.+)$`),
		func(c *ruleCase, _ int, m []string) { c.warned = append(c.warned, m[1]) }},
}

// repeated are the keys that may stand on several lines.
var repeated = []string{"rate", "pool", "auction", "series", "cap", "tender", "clears", "factor", "left", "warning"}

var cites = regexp.MustCompile(`\bRules? R\d+\b`)

// readCase reads a case file. It is strict: a line it does not know is an error
// that says where.
func readCase(file, text string) (*ruleCase, error) {
	c := &ruleCase{
		file: file, factor: map[string]wantedFactor{}, left: map[string]decimal.Decimal{},
		clears: map[string]decimal.Decimal{}, given: map[string]bool{},
		offer: tender.Offer{Acceptance: tender.Acceptance{Shortfall: tender.Prorate, Factor: tender.FactorMaximal,
			BelowMinimum: tender.RejectPiece, ReturnedBelowMinimum: tender.Keep}},
	}
	words, terms, _ := strings.Cut(text, "\n\n")
	if !cites.MatchString(words) {
		return nil, fmt.Errorf("%s:1: the first paragraph does not say which rule the case shows", file)
	}
	at := strings.Count(words, "\n") + 2
	for lines := bufio.NewScanner(strings.NewReader(terms)); lines.Scan(); {
		at++
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		if err := c.readLine(at, lines.Text()); err != nil {
			return nil, fmt.Errorf("%s:%d: %w: %s", file, at, err, lines.Text())
		}
	}
	if !c.given["order"] || len(c.offer.Series) == 0 || len(c.wanted) == 0 {
		return nil, fmt.Errorf("%s: a case needs an order, a series and a tender", file)
	}
	return c, nil
}

func (c *ruleCase) readLine(at int, line string) error {
	key, rest, _ := strings.Cut(line, ": ")
	form, known := forms[key]
	if !known {
		return fmt.Errorf("unknown line")
	}
	m := form.form.FindStringSubmatch(rest)
	if m == nil {
		return fmt.Errorf("not of the form %s", form.form)
	}
	if c.given[key] && !slices.Contains(repeated, key) {
		return fmt.Errorf("said twice")
	}
	if _, ok := c.offer.SeriesByID(m[1]); key == "tender" && !ok {
		return fmt.Errorf("no such series")
	}
	c.given[key] = true
	form.read(c, at, m)
	return nil
}

func (c *ruleCase) readFactorRule(_ int, m []string) {
	c.offer.Acceptance.Factor = tender.FactorRule(m[1])
	if strings.HasPrefix(m[1], "0.") {
		c.offer.Acceptance.Factor, c.offer.Acceptance.Given = tender.FactorGiven, sum(m[1])
	}
}

func (c *ruleCase) readSeries(_ int, m []string) {
	level, _ := strconv.Atoi(m[2]) // any and all: 0
	c.offer.Series = append(c.offer.Series, tender.Series{
		ID: m[1], Priority: level, Pool: m[3], Currency: m[4],
		Denomination:       tender.Denomination{Multiple: sum(m[5]), Minimum: sum(m[6])},
		MaximumOfferAmount: sum(m[7]), HasMaximum: m[7] != "",
		TenderOfferConsideration: sum(m[8]), EarlyTenderPayment: sum(m[9]),
	})
}

func (c *ruleCase) readCap(_ int, m []string) {
	limit := tender.Cap{Name: m[1], Amount: sum(m[2]), Currency: m[3], Measure: measure(m[4])}
	if m[5] != "" {
		limit.Series = strings.Split(m[5], ", ")
	}
	c.offer.Caps = append(c.offer.Caps, limit)
}

func (c *ruleCase) readTender(at int, m []string) {
	l := tender.Line{Window: tender.Window(m[2]), Undelivered: m[8] != "", Instruction: &tender.Instruction{
		ID: fmt.Sprintf("%03d", at), Series: m[1], Principal: sum(m[3])}}
	if m[4] != "" {
		bid := sum(m[4])
		l.Bid = &bid
	}
	if m[5] != "" {
		l.Settled = &tender.Settled{Accepted: sum(m[5])}
		if m[6] == "second" {
			l.Settled.Made = 1
		}
		if m[7] != "" {
			l.Settled.AtTerms = &tender.SettledTerms{Consideration: sum(m[7]), Rates: c.offer.Rates}
		}
	}
	c.book.Lines = append(c.book.Lines, l)
	c.wanted = append(c.wanted, wantedLine{at, sum(m[9]), m[11], m[10]})
}

func (c *ruleCase) readPool(_ int, m []string) {
	p := tender.Pool{Name: m[1], HasCap: m[2] != "",
		Cap:       tender.Cap{Amount: sum(m[2]), Currency: m[3], Measure: measure(m[4])},
		Shortfall: tender.Shortfall(m[6]), Counts: tender.CountAccepted, Satisfied: m[9] != "", Announced: sum(m[10])}
	if m[5] != "" {
		p.Less = []string{m[5]}
	}
	if m[7] != "" {
		p.Counts = tender.Counts(m[7])
	}
	if m[8] != "" {
		p.OnlyIfFull = []string{m[8]}
	}
	c.offer.Pools = append(c.offer.Pools, p)
}

func (c *ruleCase) readAuction(_ int, m []string) {
	otherwise := func(given, usual string) string {
		if given != "" {
			return given
		}
		return usual
	}
	a := tender.Auction{
		Name: m[1], Series: strings.Split(m[2], ", "), Form: tender.AuctionForm(m[3]), Bid: tender.BidKind(m[4]),
		From: sum(m[5]), To: sum(m[6]), Increment: sum(m[7]), BaseSpreads: map[string]decimal.Decimal{},
		Cap:             tender.Cap{Amount: sum(m[8]), Currency: m[9], Measure: measure(m[10])},
		NoBid:           tender.NoBid(otherwise(m[11], "best")),
		Undersubscribed: tender.Undersubscribed(otherwise(m[12], "last_bid")),
		SetBy:           tender.SetBy(otherwise(m[13], "all")), HasClearing: m[14] != "", Clearing: sum(m[14]), Announced: sum(m[15]),
	}
	for _, id := range a.Series {
		a.BaseSpreads[id] = decimal.NewFromInt(250) // no case depends on it
	}
	c.offer.Auctions = append(c.offer.Auctions, a)
}

func measure(ofPurchasePrice string) tender.Measure {
	if ofPurchasePrice != "" {
		return tender.MeasurePurchasePrice
	}
	return tender.MeasurePrincipal
}

// sum reads an amount that a form has let through, "" as zero.
func sum(s string) decimal.Decimal {
	if s == "" {
		return decimal.Zero
	}
	return decimal.RequireFromString(strings.ReplaceAll(s, ",", ""))
}

// check allocates the book and compares everything with what is expected.
func (c *ruleCase) check(t *testing.T) {
	r := mustAllocate(t, &c.offer, &c.book)
	for i, want := range c.wanted {
		if got := r.Lines[i]; !got.Accepted.Equal(want.accepted) || inWords(got.Reason) != want.reason {
			t.Errorf("%s:%d: %s %s, want %s %s", c.file, want.at, got.Accepted, inWords(got.Reason), want.accepted, want.reason)
		}
		if price := shareOf(r, &c.book, i).Price; want.paid != "" && !price.Equal(sum(want.paid)) {
			t.Errorf("%s:%d: paid %s, want %s", c.file, want.at, price, want.paid)
		}
	}
	for _, inv := range allocate.Check(&c.offer, &c.book, r) {
		if !inv.Holds {
			t.Errorf("%s: %s: %s", c.file, inv.Name, inv.Detail)
		}
	}
	c.checkFactors(t, r)
	c.checkLeft(t, r)
	for _, a := range r.Auctions {
		if want, ok := c.clears[a.Name]; !ok || !a.Clearing.Equal(want) {
			t.Errorf("%s: %s clears at %s, want %s", c.file, a.Name, a.Clearing, want)
		}
	}
	if !slices.Equal(tender.Messages(r.Warnings), c.warned) {
		t.Errorf("%s: warnings %q, want %q", c.file, r.Warnings, c.warned)
	}
	c.checkNaive(t, r)
}

// inWords is a reason as the case files write it.
func inWords(r allocate.Reason) string {
	words := string(r.Code)
	if r.Piece != "" {
		words += " " + string(r.Piece)
	}
	switch {
	case r.Code == allocate.PoolCondition:
		words += " on " + r.Cap
	case r.Cap != "" && r.Bid != "":
		words += fmt.Sprintf(" by %s at %s", r.Cap, r.Bid)
	case r.Cap != "":
		words += fmt.Sprintf(" by %s at level %d", r.Cap, r.Level)
	}
	return words
}

// checkFactors compares the factors of everything cut back to a part.
func (c *ruleCase) checkFactors(t *testing.T, r *allocate.Result) {
	got := map[string]wantedFactor{}
	for _, step := range r.Steps {
		for _, share := range step.Shares {
			exact := share.Factor.Exact()
			if exact.Sign() > 0 && exact.Cmp(big.NewRat(1, 1)) < 0 {
				who := strings.TrimSpace(share.Series + " " + string(share.Window) + " " + step.Bid)
				got[who] = wantedFactor{share.Factor.String(), exact.RatString()}
			}
		}
	}
	for who, want := range c.factor {
		exact, ok := new(big.Rat).SetString(want.exact)
		if !ok || got[who] != (wantedFactor{want.shown, exact.RatString()}) {
			t.Errorf("%s: factor of %s is %v, want %v", c.file, who, got[who], want)
		}
	}
	for who, factor := range got {
		if _, given := c.factor[who]; !given {
			t.Errorf("%s: %s is cut back by %v, and the case does not say so", c.file, who, factor)
		}
	}
}

// checkLeft compares what is left under every cap.
func (c *ruleCase) checkLeft(t *testing.T, r *allocate.Result) {
	names := map[string]bool{}
	for _, use := range r.Caps {
		names[use.Name] = true
		if want, given := c.left[use.Name]; !given || !use.Left.Equal(want) || !use.Used.Add(use.Left).Equal(use.Amount) {
			t.Errorf("%s: %s has %s left of %s with %s used, want %s left", c.file, use.Name, use.Left, use.Amount, use.Used, want)
		}
	}
	for name := range c.left {
		if !names[name] {
			t.Errorf("%s: there is no cap %q", c.file, name)
		}
	}
}

// checkNaive compares with the naive allocation.
func (c *ruleCase) checkNaive(t *testing.T, r *allocate.Result) {
	for i, want := range naiveAllocate(&c.offer, &c.book) {
		if r.Lines[i].Accepted.Rat().Cmp(want) != 0 {
			t.Errorf("%s:%d: %s accepted, naively %s", c.file, c.wanted[i].at, r.Lines[i].Accepted, want.RatString())
		}
	}
}

func TestCaseFilesAreReadStrictly(t *testing.T) {
	const sound = "Shows Rule R7.\n\norder: priority\nseries: A level 1, USD, multiple 1,000, minimum 1,000\ntender: A early 1,000 -> 1,000 accepted_in_full\n"
	if _, err := readCase("a.case", sound); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ text, want string }{
		{sound + "remark: none\n", "a.case:6: unknown line"},
		{sound + "tender: B early 1,000 -> 0 stopped\n", "a.case:6: no such series"},
		{sound + "tender: A soon 1,000 -> 0 stopped\n", "a.case:6: not of the form"},
		{sound + "order: priority\n", "a.case:6: said twice"},
		{sound + "factor: A early 1/2\n", "a.case:6: not of the form"},
		{strings.Replace(sound, "Rule R7", "something", 1), "a.case:1: the first paragraph"},
		{strings.Replace(sound, "order: priority\n", "", 1), "a case needs an order"},
	} {
		if _, err := readCase("a.case", c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.text, err, c.want)
		}
	}
}
