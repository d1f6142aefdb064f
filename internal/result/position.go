package result

import (
	"github.com/shopspring/decimal"
)

// CountKinds counts changes by kind.
func CountKinds(lines []Change) map[ChangeKind]int {
	n := make(map[ChangeKind]int)
	for i := range lines {
		n[lines[i].Kind]++
	}
	return n
}

// Returned is the principal that goes back.
func (p Position) Returned() decimal.Decimal { return p.Tendered.Sub(p.Accepted) }

// Amounts are tendered, accepted, returned and the cash.
func (p Position) Amounts() []decimal.Decimal {
	return []decimal.Decimal{p.Tendered, p.Accepted, p.Returned(), p.Total}
}

// Counted reports whether the instruction counted in that run.
func (p Position) Counted() bool { return p.Series != "" || !p.Tendered.Equal(decimal.Zero) }
