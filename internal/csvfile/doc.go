// Package csvfile reads the text of a CSV file as rows: its encoding, its line ends, the
// formulas and line breaks that Excel writes, and every sign of damage, which is a fault with
// its line. It knows nothing of what the fields mean.
package csvfile
