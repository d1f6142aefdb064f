// Package values reads what one cell of a depositary's report says: an amount, a time, a
// security, a status, a delivery. It knows nothing of sheets and files. Each reader gives
// the value or a [Fault]: the rule that the text breaks, what is wrong, and what to do.
package values
