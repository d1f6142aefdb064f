package workbook

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/decimals"
	"tenderbatch/internal/pricing"
	"tenderbatch/internal/spreadsheet"
	"tenderbatch/internal/tender"
)

// paymentColumns are those of what a note still pays, on Pricing.
var paymentColumns = []spreadsheet.Column{
	{Heading: "Payment date", Least: 30},
	{Heading: "Interest", Right: true, Least: 16},
	{Heading: "Principal", Right: true, Least: 12},
	{Heading: "Periods k", Right: true},
	{Heading: "Stub days", Right: true},
	{Heading: "of", Right: true},
	{Heading: "Exponent", Right: true},
	{Heading: "Discount factor", Right: true},
	{Heading: "Present value", Right: true},
}

// The columns of the payments.
const (
	payDate = iota + 1
	payInterest
	payPrincipal
	payPeriods
	payStub
	payStubOf
	payExponent
	payFactor
	payPresent
)

// priced is the block of one series on Pricing, with the addresses that its formulas need.
type priced struct {
	b      *workbook
	series *tender.Series
	result *pricing.Result
	row    int               // the next free one
	at     map[string]string // address of a figure by name

	sum, price string // addresses: of the price by the sum, and by the function of the spreadsheet ("" for none)
}

// layPricing lays out how each price was computed, as formulas that give the same figures. An offer
// at fixed prices has no such sheet.
func (b *workbook) layPricing() {
	b.pricedSeries = make([]*priced, len(b.run.Offer.Series))
	row := spreadsheet.FirstRow
	for _, i := range b.byLevel {
		result := b.run.PriceOf(i)
		if result == nil {
			continue
		}
		if b.pricing == nil {
			b.pricing = b.frame.NewSheet("Pricing", "Pricing: the price of each series from its yield")
		}
		p := &priced{b: b, series: &b.run.Offer.Series[i], result: result, row: row, at: map[string]string{}}
		p.lay()
		b.pricedSeries[i] = p
		row = p.row + 2
	}
}

// fact puts a figure with its name, by which formulas refer to it, and what there is to say of it.
func (p *priced) fact(key, name string, c spreadsheet.Cell, said string) {
	s := p.b.pricing
	s.Put(p.row, 1, spreadsheet.Label(name).As(spreadsheet.InFact))
	s.Put(p.row, 2, c.Aligned(spreadsheet.Right))
	s.Put(p.row, 3, spreadsheet.Label(said))
	p.at[key] = spreadsheet.Fixed(p.row, 2)
	p.row++
}

// put replaces {name} in a formula by the address of a figure.
func (p *priced) put(formula string) string {
	for key, address := range p.at {
		formula = strings.ReplaceAll(formula, "{"+key+"}", address)
	}
	return formula
}

// percent is a yield or a coupon, with the three decimals of documents at least.
func percent(d decimal.Decimal) spreadsheet.Cell {
	const usual = 3
	return spreadsheet.Digits(d, max(usual, decimals.Places(d)))
}

// plainNumber is a number with the decimals that it has.
func plainNumber(d decimal.Decimal) spreadsheet.Cell {
	return spreadsheet.Digits(d, decimals.Places(d))
}

func (p *priced) lay() {
	s := p.b.pricing
	s.Put(p.row, 1, spreadsheet.Label(p.series.ID+": "+p.series.Title).As(spreadsheet.InSection))
	p.row++
	p.layYield()
	p.layNote()
	p.row++
	p.layPayments()
	p.layPrice()
}

// layYield lays out the yield: reference and spread.
func (p *priced) layYield() {
	y := &p.result.Yield
	source := "as stated in the terms"
	switch {
	case y.Solution != nil:
		source = fmt.Sprintf("follows from the bid price; unrounded %s", y.Solution.Unrounded)
	case len(y.Points) == 1:
		source = fmt.Sprintf("the rate for %s", y.Points[0].Maturity)
	case len(y.Points) > 1:
		source = fmt.Sprintf("interpolated between %s (%s) and %s (%s)", y.Points[0].Maturity, y.Points[0].Rate,
			y.Points[1].Maturity, y.Points[1].Rate)
	}
	p.fact("reference", "Yield of "+p.series.Spread.Reference+", percent", percent(y.Reference), source)
	p.fact("spread", "Spread, basis points", plainNumber(y.BasisPoints), "")
	p.fact("rate", "Yield, percent", percent(y.Sum).By(p.put("{reference}+{spread}/100")), "")
	p.at["yield"] = p.at["rate"]
	if y.Annualised {
		formula := p.put(fmt.Sprintf("ROUND(((1+{rate}/200)^2-1)*100,%d)", decimals.Places(y.Percent)))
		p.fact("yield", "Annual yield, percent", percent(y.Percent).By(formula), "of the semi-annual one")
	}
}

// layNote lays out what the note pays, and the dates.
func (p *priced) layNote() {
	r, i := p.result, &p.series.Interest
	first := r.Payments[0].Exponent
	p.fact("coupon", "Coupon in force, percent", percent(r.Horizon.Coupon), "")
	p.fact("frequency", "Payments a year", spreadsheet.Count(i.Frequency), "")
	p.fact("count", "Day count", spreadsheet.Label(string(i.DayCount)), "")
	p.fact("maturity", "Maturity", spreadsheet.Day(p.series.Maturity), "")
	if !p.series.ParCall.IsZero() {
		p.fact("call", "Par call date", spreadsheet.Day(p.series.ParCall), "")
	}
	p.fact("horizon", "Priced to", spreadsheet.Day(r.Horizon.Date), r.Horizon.Reason)
	p.fact("settlement", "Settlement of the price", spreadsheet.Day(r.Settlement), "")
	p.fact("from", "Interest accrues from", spreadsheet.Day(r.Accrual.From), "")
	p.fact("S", "Days accrued, S", spreadsheet.Count(first.Days), "of the period that is running")
	p.fact("E", "Days of the period, E", spreadsheet.Count(first.Of), "")
	p.fact("per", "Price per", spreadsheet.Count(r.Rounding.Per), "of principal")
}

// layPayments lays out each payment, discounted.
func (p *priced) layPayments() {
	t := spreadsheet.Table{Columns: paymentColumns}
	top := p.row
	for i := range p.result.Payments {
		t.Rows = append(t.Rows, p.paymentRow(&p.result.Payments[i], top+1+i))
	}
	body := p.b.pricing.Table(top, t)
	p.at["present"] = body.Column(payPresent).Fixed()
	p.row = body.Bottom + 2
}

func (p *priced) paymentRow(pay *pricing.Payment, row int) []spreadsheet.Cell {
	at := func(col int) string { return spreadsheet.At(row, col) }
	e := pay.Exponent
	share, formula := big.NewRat(1, 1), "{per}*{coupon}/100/{frequency}"
	if e.StubDays != 0 {
		share, formula = big.NewRat(int64(e.StubDays), int64(e.StubOf)), formula+"*"+at(payStub)+"/"+at(payStubOf)
	}
	interest := figure(pay.Interest)
	if p.isCoupon(pay.Interest, share) {
		interest = interest.By(p.put(formula))
	}
	exponent, _ := decimal.NewFromString(e.Rat().FloatString(pricing.Places)) // digits
	power := "1/(1+{yield}/100/{frequency})^" + at(payExponent)
	if p.result.FinalPeriod == tender.Simple {
		power = "1/(1+{yield}/100/{frequency}*" + at(payExponent) + ")"
	}
	return []spreadsheet.Cell{
		spreadsheet.Day(pay.Date).Aligned(spreadsheet.Left), interest, plainNumber(pay.Principal),
		spreadsheet.Count(e.Periods), spreadsheet.Count(e.StubDays), spreadsheet.Count(e.StubOf),
		figure(exponent).By(p.put(at(payPeriods) + "+" + at(payStub) + "/" + at(payStubOf) + "-{S}/{E}")),
		figure(pay.Factor).By(p.put(power)),
		figure(pay.PresentValue).By("(" + at(payInterest) + "+" + at(payPrincipal) + ")*" + at(payFactor)),
	}
}

// figure is a number that may not end, with eight decimals shown.
func figure(d decimal.Decimal) spreadsheet.Cell {
	const shown = 8
	return spreadsheet.Digits(d, shown)
}

// isCoupon reports whether an amount of interest is that share of a regular payment at the coupon in
// force: where it is not, as with steps, the sheet has the figure without a formula.
func (p *priced) isCoupon(amount decimal.Decimal, share *big.Rat) bool {
	r := p.result
	regular := new(big.Rat).Mul(r.Horizon.Coupon.Rat(), share)
	regular.Mul(regular, big.NewRat(int64(r.Rounding.Per), int64(100*p.series.Interest.Frequency)))
	return regular.FloatString(pricing.Places) == amount.StringFixed(pricing.Places)
}

// layPrice lays out the price: the sum less accrued interest, the same by the function of the
// spreadsheet where that applies, and what is paid.
func (p *priced) layPrice() {
	r := p.result
	places := r.Rounding.Decimals
	accrued := figure(r.Accrued)
	if e := r.Payments[0].Exponent; e.Days == 0 || p.isCoupon(r.Accrued, big.NewRat(int64(e.Days), int64(e.Of))) {
		accrued = accrued.By(p.put("{per}*{coupon}/100/{frequency}*{S}/{E}"))
	}
	p.fact("sum", "Sum of the present values", figure(r.Sum).By(p.put("SUM({present})")), "")
	p.fact("accrued", "Accrued interest", accrued, "")
	p.fact("unrounded", "Price, not rounded", figure(r.Unrounded).By(p.put("{sum}-{accrued}")), "")
	p.fact("price", "Price", spreadsheet.Digits(r.Price, places).By(p.put(fmt.Sprintf("ROUND({unrounded},%d)", places))),
		"with the early payment in it, without accrued interest")
	p.sum = p.at["price"]
	if formula, name := p.function(); name != "" {
		p.fact("function", "Price by "+name, spreadsheet.Digits(r.Price, places).By(p.put(formula)), "")
		p.price = p.at["function"]
	}
	early := p.series.Spread.EarlyPayment
	p.fact("payment", "Early Tender Payment", spreadsheet.Price(early), "")
	p.fact("late", "Tender Offer Consideration", spreadsheet.Digits(r.Price.Sub(early),
		max(places, decimals.Places(early))).By(p.put("{price}-{payment}")), "for late tenders, whenever they settle")
}

// function is the formula of the price by a function of the spreadsheet, and its name; "" if none computes
// this price. PRICE takes the horizon for the maturity, so that must be an interest date; it knows one
// coupon; and a single payment Excel discounts by simple interest and LibreOffice does not. ODDFPRICE is
// the same in an irregular first period, but not every spreadsheet has it.
func (p *priced) function() (formula, name string) {
	r, i := p.result, &p.series.Interest
	last := r.Payments[len(r.Payments)-1]
	basis := map[tender.DayCount]int{tender.Thirty360: 0, tender.ActActICMA: 1}[i.DayCount]
	switch {
	case len(i.Steps) > 0 || !i.AccretesUntil.IsZero() || i.Frequency == 12 || r.Yield.Percent.IsNegative(),
		last.Exponent.StubDays != 0, len(r.Payments) == 1,
		r.Horizon.Date.LastOfMonth() && i.FixedDay, r.Accrual.From.Month == time.February && r.Accrual.From.LastOfMonth():
		return "", ""
	}
	function, dates := "PRICE", "{settlement},{horizon}"
	first := r.Settlement.Before(i.FirstPayment)
	if first {
		function, dates = "ODDFPRICE", "{settlement},{horizon},{from},"+fixedDate(i.FirstPayment)
	}
	formula = fmt.Sprintf("ROUND(%s(%s,{coupon}/100,{yield}/100,100,{frequency},%d)*{per}/100,%d)", function, dates,
		basis, r.Rounding.Decimals)
	if first {
		formula = "IFERROR(" + formula + ",{price})"
	}
	return formula, function
}

// fixedDate is a day in a formula.
func fixedDate(d tender.Date) string { return fmt.Sprintf("DATE(%d,%d,%d)", d.Year, d.Month, d.Day) }

// priceChecks hold the prices on Pricing against those on Summary, by which everything is paid.
func (b *workbook) priceChecks() (all []check) {
	for i, p := range b.pricedSeries {
		if p == nil {
			continue
		}
		stated := spreadsheet.Price(p.series.TotalConsideration()).By(b.summary.Of(b.totals[i]))
		for _, by := range []struct{ what, address string }{
			{"Price per 1,000: the sum on Pricing against Summary", p.sum},
			{"Price per 1,000: the function on Pricing against Summary", p.price},
		} {
			if by.address == "" {
				continue
			}
			formula := b.pricing.Of(by.address)
			if p.result.Rounding.Per != tender.PerThousand {
				formula += fmt.Sprintf("*%d", tender.PerThousand/p.result.Rounding.Per)
			}
			all = append(all, check{what: by.what, key: p.series.ID,
				found: spreadsheet.Price(p.result.PerThousand()).By(formula), stated: stated})
		}
	}
	return all
}

// noPrice is what a cell says in place of a price that is not known yet.
const noPrice = "no price yet"

// priceCell is a price per 1,000 of a series, or that there is none yet.
func priceCell(s *tender.Series, price decimal.Decimal) spreadsheet.Cell {
	if !s.HasPrice() {
		return spreadsheet.Label(noPrice).Aligned(spreadsheet.Right)
	}
	if s.TenderOfferConsideration.IsZero() {
		return spreadsheet.Label("the bid").Aligned(spreadsheet.Right)
	}
	return spreadsheet.Price(price)
}

// anyWithoutPrice reports whether a series in a currency has no price yet.
func (b *workbook) anyWithoutPrice(currency string) bool {
	for i := range b.run.Offer.Series {
		if s := &b.run.Offer.Series[i]; s.Currency == currency && !s.HasPrice() {
			return true
		}
	}
	return false
}

// nothingWired says why nothing is to be wired, where it is.
func (b *workbook) nothingWired() string {
	if without := b.run.Offer.WithoutPrice(); len(without) > 0 {
		return "Nothing is to be wired yet: " + strings.Join(without, ", ") + " " + noPrice + "."
	}
	return "Nothing is to be wired."
}
