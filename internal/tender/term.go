package tender

// Term is one value of an offer's terms. Two Terms of the same path and kind are
// the same value if their texts are equal.
type Term struct {
	Path string // under which offer.yaml states it; an element of a list goes by its name
	Kind TermKind
	Text string // never ""
}

// TermKind says what the text of a Term holds.
type TermKind string

// The kinds.
const (
	TermWords   TermKind = "words"
	TermNumber  TermKind = "number"  // plain digits, without needless zeros
	TermDate    TermKind = "date"    // 2004-11-12
	TermInstant TermKind = "instant" // RFC 3339, in the offer's zone
)
