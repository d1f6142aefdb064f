package workbook

import (
	"github.com/shopspring/decimal"

	"tenderbatch/internal/compare"
	"tenderbatch/internal/spreadsheet"
)

// measureCell is the i-th amount in a workbook.
func measureCell[T compare.Figured](m compare.Measures[T], i int, amount decimal.Decimal,
	currency string) spreadsheet.Cell {
	if i < m.Cash {
		return spreadsheet.Principal(amount)
	}
	return spreadsheet.Cash(amount, currency)
}
