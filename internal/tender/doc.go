// Package tender holds the nouns of a cash tender offer: the offer and its
// terms, the instructions holders gave, and the book they add up to.
//
// It does no input or output and never reads the clock. Amounts of principal
// and of money are [decimal.Decimal] in whole currency units (1000 is one
// thousand dollars, 0.01 one cent); principal of discount notes is principal
// amount at maturity. Instants are [time.Time], dates of the calendar are
// [Date].
//
// The package decides three things about an instruction, all of them functions
// of the terms and of the instant as of which the book is drawn up: whether it
// exists yet (R2), whether it is early or late (R3) and whether a withdrawal
// took it out (R4). The rules are numbered as in docs/rules.md.
package tender
