package display

import "strings"

// Thousands sets a comma before every third digit of a plain number.
func Thousands(digits string) string {
	whole, fraction, point := strings.Cut(digits, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if point {
		return sign + whole + "." + fraction
	}
	return sign + whole
}
