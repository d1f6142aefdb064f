package tender

import (
	"github.com/shopspring/decimal"

	"tenderbatch/internal/display"
)

// PlusSign is the sign of an increase.
func PlusSign(d decimal.Decimal) string {
	if d.Sign() > 0 {
		return "+"
	}
	return ""
}

// Thousands shows an amount with separators: 1,104,727,255.30.
func Thousands(d decimal.Decimal) string {
	if places := -d.Exponent(); places > 0 {
		return display.Thousands(d.StringFixed(max(2, places)))
	}
	return display.Thousands(d.String())
}

// Money shows an amount of money that is kept as text, such as a total of the history, with
// separators and at least the decimals of its currency's minor unit: 658,630,089.20. Text that
// is not a number is shown as it is.
func Money(amount, currency string) string {
	d, err := decimal.NewFromString(amount)
	if err != nil {
		return amount
	}
	return display.Thousands(d.StringFixed(max(CashPlaces(currency), -d.Exponent())))
}
