package display

import (
	"strconv"
	"strings"
)

// Thousands sets a comma before every third digit of a plain number.
func Thousands(digits string) string {
	whole, fraction, point := strings.Cut(digits, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") || strings.HasPrefix(whole, "+") {
		sign, whole = whole[:1], whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if point {
		return sign + whole + "." + fraction
	}
	return sign + whole
}

// MiB is an amount of memory in whole MiB, rounded up.
func MiB(bytes int64) string {
	return Thousands(strconv.FormatInt((bytes+1<<20-1)>>20, 10)) + " MiB"
}
