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
