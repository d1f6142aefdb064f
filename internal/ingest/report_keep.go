package ingest

import (
	"hash/maphash"
	"strings"

	"github.com/shopspring/decimal"
)

// keeper turns the bytes of cells into texts and amounts that last. Reports say
// the same few things over and over: each is kept once where it comes again soon,
// and new texts lie together in large pieces.
type keeper struct {
	texts   *[keptTexts]string
	amounts *[keptAmounts]decimal.Decimal
	piece   *strings.Builder
}

const (
	keptTexts   = 1 << 11
	keptAmounts = 1 << 10
	pieceBytes  = 1 << 14
)

// keptSeed decides only where a text is looked for, never what is found.
var keptSeed = maphash.MakeSeed()

// text is b as a text.
func (k *keeper) text(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if k.texts == nil {
		k.texts = new([keptTexts]string)
	}
	slot := &k.texts[maphash.Bytes(keptSeed, b)%keptTexts]
	if *slot != string(b) {
		*slot = k.last(b)
	}
	return *slot
}

// last copies b to where texts last.
func (k *keeper) last(b []byte) string {
	if len(b) > pieceBytes/8 {
		return string(b)
	}
	if k.piece == nil || k.piece.Cap()-k.piece.Len() < len(b) {
		k.piece = new(strings.Builder)
		k.piece.Grow(pieceBytes)
	}
	start := k.piece.Len()
	k.piece.Write(b)
	return k.piece.String()[start:]
}

// whole is a whole amount. Amounts share what they are made of; nothing changes
// it.
func (k *keeper) whole(v int64) decimal.Decimal {
	if k.amounts == nil {
		k.amounts = new([keptAmounts]decimal.Decimal)
	}
	// The multiplication spreads round amounts over the slots.
	slot := &k.amounts[uint64(v)*0x9e3779b97f4a7c15>>(64-10)]
	if v == 0 || slot.Sign() == 0 || slot.IntPart() != v {
		*slot = decimal.New(v, 0)
	}
	return *slot
}
