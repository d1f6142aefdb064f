package export

import (
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/decimals"
	"tenderbatch/internal/display"
	"tenderbatch/internal/tender"
)

// cell is one cell of a sheet. The zero cell is empty. A formula always comes
// with its result, so that viewers that do not calculate show it, too.
type cell struct {
	kind    kind
	value   string          // the text, 1 and 0 for true and false, the digits of a number that amount cannot hold
	amount  decimals.Amount // a number whose value is empty
	formula string          // without the equals sign; # stands for the number of the row
	look    look
}

type kind uint8

const (
	empty kind = iota
	number
	words
	truth
)

// label is a cell of text. Text is always written as text: it cannot become a
// formula or a link.
func label(s string) cell {
	if s == "" {
		return cell{}
	}
	return cell{kind: words, value: fit(clean(s))}
}

// yes is a cell with TRUE or FALSE. Excel needs no format for it; LibreOffice
// would take a date's.
func yes(b bool) cell {
	c := cell{kind: truth, value: "0", look: look{align: center, format: `"TRUE";"TRUE";"FALSE"`}}
	if b {
		c.value = "1"
	}
	return c
}

// text is the content of a cell: its text, its digits, or 1 and 0 for true and
// false.
func (c cell) text() string {
	if c.kind == number && c.value == "" {
		return string(c.amount.Append(nil))
	}
	return c.value
}

// holding is the cell with another number in it.
func (c cell) holding(d decimal.Decimal) cell {
	c.kind, c.value = number, ""
	var short bool
	if c.amount, short = decimals.Of(d); !short {
		c.value = d.String()
	}
	return c
}

// digits is a number with exactly so many decimals shown.
func digits(d decimal.Decimal, places int32) cell {
	return cell{look: look{format: decimalsFormat(places)}}.holding(d)
}

// formats are the number formats by how many decimals they have.
var formats = func() (all [decimals.AmountDigits]string) {
	all[0] = "#,##0"
	for i := 1; i < len(all); i++ {
		all[i] = "#,##0." + strings.Repeat("0", i)
	}
	return all
}()

// decimalsFormat is the number format with so many decimals.
func decimalsFormat(places int32) string {
	if i := int(max(places, 0)); i < len(formats) {
		return formats[i]
	}
	return "#,##0." + strings.Repeat("0", int(places))
}

// count is a whole number.
func count(n int) cell {
	return cell{kind: number, amount: decimals.Amount{Units: int64(n)}, look: look{format: decimalsFormat(0)}}
}

// principal is an amount of principal: whole units, decimals only where it has
// any.
func principal(d decimal.Decimal) cell { return digits(d, decimals.Places(d)) }

// amounts are amounts in a currency that belong together: all with the decimals
// of cash, if one of them has any.
func amounts(currency string, all ...decimal.Decimal) []cell {
	n := int32(0)
	for _, d := range all {
		if needed := decimals.Places(d); needed > 0 {
			n = max(n, needed, tender.CashPlaces(currency))
		}
	}
	cells := make([]cell, len(all))
	for i, d := range all {
		cells[i] = digits(d, n)
	}
	return cells
}

// wholeUnits is what is left of a cap, rounded down to whole minor units: where
// prices and rates have more decimals, the exact figure is in result.json.
func wholeUnits(d decimal.Decimal, currency string) decimal.Decimal {
	if decimals.Places(d) <= tender.CashPlaces(currency) {
		return d
	}
	return d.RoundFloor(tender.CashPlaces(currency))
}

// cash is an amount of money in the minor units of its currency.
func cash(d decimal.Decimal, currency string) cell { return digits(d, tender.CashPlaces(currency)) }

// price is an amount per 1,000 of principal.
func price(d decimal.Decimal) cell { return digits(d, max(2, decimals.Places(d))) }

// percentage is a ratio shown as a percentage with so many decimals.
func percentage(ratio decimal.Decimal, places int32) cell {
	format := "0%"
	if places > 0 {
		format = "0." + strings.Repeat("0", int(places)) + "%"
	}
	return cell{look: look{format: format}}.holding(ratio)
}

// excelDigits is how many significant digits a spreadsheet keeps of a number.
const excelDigits = 15

// factor is a proration factor as a percentage with all its digits. One that a
// spreadsheet would round is text.
func factor(f allocate.Factor) cell {
	d, ok := f.Shown()
	switch {
	case f.None():
		return cell{}
	case !ok:
		return label(f.String()).aligned(right)
	case len(strings.TrimLeft(strings.ReplaceAll(d.String(), ".", ""), "0")) > excelDigits:
		return label(d.Shift(2).String() + "%").aligned(right)
	}
	return percentage(d, decimals.Places(d.Shift(2)))
}

// seriesFactor is the factor of a series, or those of its windows where they
// differ.
func seriesFactor(a allocate.Accepted) cell {
	if f := a.Factor(); !f.None() || a.EarlyFactor.None() || a.LateFactor.None() {
		return factor(f)
	}
	return label("early " + percentText(a.EarlyFactor) + ", late " + percentText(a.LateFactor)).aligned(right)
}

// percentText is a factor as a percentage, or as a fraction where no decimal
// gives every line its result.
func percentText(f allocate.Factor) string {
	if d, ok := f.Shown(); ok {
		return d.Shift(2).String() + "%"
	}
	return f.String()
}

// Formats of dates, each finer than the one before and beginning with it.
const (
	dayFormat    = "yyyy-mm-dd"
	minuteFormat = dayFormat + " hh:mm"
	secondFormat = minuteFormat + ":ss"
	momentFormat = secondFormat + ".000"
)

// day is a date cell, empty for the zero Date.
func day(d tender.Date) cell {
	if d.IsZero() {
		return cell{}
	}
	if n, ok := serial(d.Time()); ok {
		return cell{kind: number, amount: n, look: look{format: dayFormat}}
	}
	return label(d.String())
}

// clockFormat shows a time with seconds and milliseconds only if it has any. A column
// of times has the greatest of their formats, which is the finest.
func clockFormat(t time.Time) string {
	switch {
	case t.Nanosecond() != 0:
		return momentFormat
	case t.Second() != 0:
		return secondFormat
	}
	return minuteFormat
}

// moment is a date cell with the wall time of the zone, to the millisecond.
func moment(t time.Time, zone *time.Location) cell {
	if t.IsZero() {
		return cell{}
	}
	if n, ok := serial(t.In(zone)); ok {
		return cell{kind: number, amount: n, look: look{format: momentFormat}}
	}
	return label(display.Stamp(t, zone))
}

// instantCell is a date cell like [moment], with seconds and milliseconds only where
// there are any.
func instantCell(t time.Time, zone *time.Location) cell {
	return moment(t, zone).shownAs(clockFormat(t))
}

// shownAs gives a date cell a format; words keep theirs.
func (c cell) shownAs(format string) cell {
	if c.kind == number {
		c.look.format = format
	}
	return c
}

// The days that a spreadsheet numbers begin at the end of 1899. The first two
// months it numbers wrongly; before and after its calendar it has no numbers.
var (
	serialZero  = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).UnixMilli()
	serialFirst = time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC).UnixMilli() - serialZero
	serialEnd   = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli() - serialZero
)

// serialPlaces are the decimals of a serial number: exact to less than a
// microsecond.
const serialPlaces = 11

// serial is the wall time t shows as a spreadsheet's serial number, and whether
// it has one.
func serial(t time.Time) (decimals.Amount, bool) {
	_, offset := t.Zone()
	ms := t.UnixMilli() + int64(offset)*1000 - serialZero
	if ms < serialFirst || ms >= serialEnd {
		return decimals.Amount{}, false
	}
	const perDay = int64(24 * time.Hour / time.Millisecond)
	fraction := (ms%perDay*decimals.Tens[serialPlaces] + perDay/2) / perDay
	return decimals.Amount{Units: ms/perDay*decimals.Tens[serialPlaces] + fraction, Places: serialPlaces}.Trimmed(), true
}

// by gives a cell the formula that computes its value.
func (c cell) by(formula string) cell {
	c.formula = formula
	return c
}

func (c cell) as(r role) cell          { c.look.role = r; return c }
func (c cell) toned(t tone) cell       { c.look.tone = t; return c }
func (c cell) aligned(a align) cell    { c.look.align = a; return c }
func (c cell) formatted(f string) cell { c.look.format = f; return c }
func (c cell) wrapped() cell           { c.look.wrap = true; return c }
