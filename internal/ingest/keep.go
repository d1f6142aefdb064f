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
	shared  *[keptTexts]sharedText
	amounts *[keptAmounts]amount
	piece   *strings.Builder
	bids    map[string]*decimal.Decimal // by what the cells hold; there are few in an auction
}

// sharedText is a text that came from a shared string, by whose number it is
// found faster than by itself.
type sharedText struct {
	number int
	text   string
}

// amount is a whole amount, 0 for none.
type amount struct {
	whole int64
	value decimal.Decimal
}

const (
	keptTexts   = 1 << 11
	keptAmounts = 1 << 10
	pieceBytes  = 1 << 14
)

// keptSeed decides only where a text is looked for, never what is found.
var keptSeed = maphash.MakeSeed()

// text is b as a text. It is what is left of a shared string without the spaces
// around it, if the number of one is given.
func (k *keeper) text(shared int, b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if shared > 0 {
		return k.sharedText(shared, b)
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

func (k *keeper) sharedText(number int, b []byte) string {
	if k.shared == nil {
		k.shared = new([keptTexts]sharedText)
	}
	slot := &k.shared[number%keptTexts]
	if slot.number != number {
		*slot = sharedText{number, k.last(b)}
	}
	return slot.text
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
		k.amounts = new([keptAmounts]amount)
	}
	// The multiplication spreads round amounts over the slots.
	slot := &k.amounts[uint64(v)*0x9e3779b97f4a7c15>>(64-10)]
	if slot.whole != v || v == 0 {
		*slot = amount{v, decimal.New(v, 0)}
	}
	return slot.value
}
