package spreadsheet

import (
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/decimals"
	"tenderbatch/internal/display"
	"tenderbatch/internal/tender"
)

// Cell is one cell of a sheet. The zero cell is empty. A formula always comes
// with its result, so that viewers that do not calculate show it, too.
type Cell struct {
	Kind    kind
	Value   string          // the text, 1 and 0 for true and false, the digits of a number that amount cannot hold
	Amount  decimals.Amount // a number whose value is empty
	Formula string          // without the equals sign; # is the number of the row
	Style   Style
}

type kind uint8

const (
	Empty kind = iota
	Number
	TextKind
	truth
)

// Label is a cell of text. Text is always written as text: it cannot become a
// formula or a link.
func Label(s string) Cell {
	if s == "" {
		return Cell{}
	}
	return Cell{Kind: TextKind, Value: Fit(Clean(s))}
}

// BoolCell is a cell with TRUE or FALSE. Excel needs no format for it; LibreOffice
// would take a date's.
func BoolCell(b bool) Cell {
	c := Cell{Kind: truth, Value: "0", Style: Style{Align: center, Format: `"TRUE";"TRUE";"FALSE"`}}
	if b {
		c.Value = "1"
	}
	return c
}

// Text is the content of a cell: its text, its digits, or 1 and 0 for true and
// false.
func (c Cell) Text() string {
	if c.Kind == Number && c.Value == "" {
		return string(c.Amount.Append(nil))
	}
	return c.Value
}

// Holding is the cell with another number in it.
func (c Cell) Holding(d decimal.Decimal) Cell {
	c.Kind, c.Value = Number, ""
	var short bool
	if c.Amount, short = decimals.Of(d); !short {
		c.Value = d.String()
	}
	return c
}

// Digits is a number with exactly so many decimals shown.
func Digits(d decimal.Decimal, places int32) Cell {
	return Cell{Style: Style{Format: DecimalsFormat(places)}}.Holding(d)
}

// formats are the number formats by how many decimals they have.
var formats = func() (all [decimals.AmountDigits]string) {
	all[0] = "#,##0"
	for i := 1; i < len(all); i++ {
		all[i] = "#,##0." + strings.Repeat("0", i)
	}
	return all
}()

// DecimalsFormat is the number format with so many decimals.
func DecimalsFormat(places int32) string {
	if i := int(max(places, 0)); i < len(formats) {
		return formats[i]
	}
	return "#,##0." + strings.Repeat("0", int(places))
}

// Count is a whole number.
func Count(n int) Cell {
	return Cell{Kind: Number, Amount: decimals.Amount{Units: int64(n)}, Style: Style{Format: DecimalsFormat(0)}}
}

// Principal is an amount of principal: whole units, decimals only where it has
// any.
func Principal(d decimal.Decimal) Cell { return Digits(d, decimals.Places(d)) }

// Amounts are amounts in a currency that belong together: all with the decimals
// of cash, if one of them has any.
func Amounts(currency string, all ...decimal.Decimal) []Cell {
	n := int32(0)
	for _, d := range all {
		if needed := decimals.Places(d); needed > 0 {
			n = max(n, needed, tender.CashPlaces(currency))
		}
	}
	cells := make([]Cell, len(all))
	for i, d := range all {
		cells[i] = Digits(d, n)
	}
	return cells
}

// WholeUnits is what is left of a cap, rounded down to whole minor units: where
// prices and rates have more decimals, the exact figure is in result.json.
func WholeUnits(d decimal.Decimal, currency string) decimal.Decimal {
	if decimals.Places(d) <= tender.CashPlaces(currency) {
		return d
	}
	return d.RoundFloor(tender.CashPlaces(currency))
}

// Cash is an amount of money in the minor units of its currency.
func Cash(d decimal.Decimal, currency string) Cell { return Digits(d, tender.CashPlaces(currency)) }

// Price is an amount per 1,000 of principal.
func Price(d decimal.Decimal) Cell { return Digits(d, max(2, decimals.Places(d))) }

// Percentage is a ratio shown as a percentage with so many decimals.
func Percentage(ratio decimal.Decimal, places int32) Cell {
	format := "0%"
	if places > 0 {
		format = "0." + strings.Repeat("0", int(places)) + "%"
	}
	return Cell{Style: Style{Format: format}}.Holding(ratio)
}

// ExcelDigits is how many significant digits a spreadsheet keeps of a number.
const ExcelDigits = 15

// Formats of dates, each finer than the one before and beginning with it.
const (
	DayFormat    = "yyyy-mm-dd"
	minuteFormat = DayFormat + " hh:mm"
	SecondFormat = minuteFormat + ":ss"
	momentFormat = SecondFormat + ".000"
)

// Day is a date cell, empty for the zero Date.
func Day(d tender.Date) Cell {
	if d.IsZero() {
		return Cell{}
	}
	if n, ok := Serial(d.Time()); ok {
		return Cell{Kind: Number, Amount: n, Style: Style{Format: DayFormat}}
	}
	return Label(d.String())
}

// ClockFormat shows a time with seconds and milliseconds only if it has any. A column
// of times has the greatest of their formats, which is the finest.
func ClockFormat(t time.Time) string {
	switch {
	case t.Nanosecond() != 0:
		return momentFormat
	case t.Second() != 0:
		return SecondFormat
	}
	return minuteFormat
}

// Moment is a date cell with the wall time of the zone, to the millisecond.
func Moment(t time.Time, zone *time.Location) Cell {
	if t.IsZero() {
		return Cell{}
	}
	if n, ok := Serial(t.In(zone)); ok {
		return Cell{Kind: Number, Amount: n, Style: Style{Format: momentFormat}}
	}
	return Label(display.Stamp(t, zone))
}

// InstantCell is a date cell like [moment], with seconds and milliseconds only where
// there are any.
func InstantCell(t time.Time, zone *time.Location) Cell {
	return Moment(t, zone).ShownAs(ClockFormat(t))
}

// ShownAs gives a date cell a format; words keep theirs.
func (c Cell) ShownAs(format string) Cell {
	if c.Kind == Number {
		c.Style.Format = format
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

// Serial is the wall time t shows as a spreadsheet's serial number, and whether
// it has one.
func Serial(t time.Time) (decimals.Amount, bool) {
	_, offset := t.Zone()
	ms := t.UnixMilli() + int64(offset)*1000 - serialZero
	if ms < serialFirst || ms >= serialEnd {
		return decimals.Amount{}, false
	}
	const perDay = int64(24 * time.Hour / time.Millisecond)
	fraction := (ms%perDay*decimals.Tens[serialPlaces] + perDay/2) / perDay
	return decimals.Amount{Units: ms/perDay*decimals.Tens[serialPlaces] + fraction, Places: serialPlaces}.Trimmed(), true
}

// By gives a cell the formula that computes its value.
func (c Cell) By(formula string) Cell {
	c.Formula = formula
	return c
}

// As gives the cell the style of a role.
func (c Cell) As(r Role) Cell { c.Style.Role = r; return c }

// WithTone gives the cell a tone.
func (c Cell) WithTone(t Tone) Cell { c.Style.Tone = t; return c }

// Aligned aligns the cell.
func (c Cell) Aligned(a align) Cell { c.Style.Align = a; return c }

// Formatted gives the cell a number format.
func (c Cell) Formatted(f string) Cell { c.Style.Format = f; return c }

// Wrapped lets the text of the cell run over several lines.
func (c Cell) Wrapped() Cell { c.Style.wrap = true; return c }
