// Package settle turns accepted principal into cash (R13): for each instruction
// the consideration, the early payment and the accrued interest, each rounded
// once, half up, to the minor unit of the note's currency. Every total is a sum
// of rounded lines, so every total ties. The package is pure: the same
// allocation under the same terms gives the same cash.
package settle
