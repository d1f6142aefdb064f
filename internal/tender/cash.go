package tender

import (
	"github.com/shopspring/decimal"

	"tenderbatch/internal/decimals"
)

// CashPlaces is how many decimals the cash of a currency has.
func CashPlaces(currency string) int32 {
	if n, known := MinorUnits(currency); known {
		return n
	}
	return 2
}

// CashText is an amount of money as text, in whole minor units.
func CashText(d decimal.Decimal, currency string) string {
	places := CashPlaces(currency)
	if text, ok := decimals.Fixed(d, places); ok {
		return text
	}
	return d.StringFixed(places)
}
