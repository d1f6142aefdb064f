package tender

import "strings"

// CUSIPs and ISINs end in a check digit that catches every mistyped character
// and most swapped neighbours (R5): CUSIP by the "modulus 10 double add double"
// of CUSIP Global Services, ISIN by the Luhn formula of ISO 6166.

// ValidSecurity reports whether id is a CUSIP (nine characters) or an ISIN
// (twelve) whose check digit is right. Letters must be capitals.
func ValidSecurity(id string) bool {
	switch len(id) {
	case 9:
		return validCUSIP(id)
	case 12:
		return validISIN(id)
	}
	return false
}

func validCUSIP(id string) bool {
	sum := 0
	for i := range 8 {
		v := securityValue(id[i])
		if v < 0 {
			return false
		}
		if i%2 == 1 {
			v *= 2
		}
		sum += v/10 + v%10
	}
	return id[8] == byte('0'+(10-sum%10)%10)
}

func validISIN(id string) bool {
	sum, double := 0, false
	for i := 11; i >= 0; i-- {
		v := securityValue(id[i])
		if v < 0 || v > 35 || (i < 2 && v < 10) || (i == 11 && v > 9) {
			return false
		}
		// A letter is two digits, the right one first from this side.
		digits := []int{v}
		if v > 9 {
			digits = []int{v % 10, v / 10}
		}
		for _, d := range digits {
			if double {
				d *= 2
			}
			sum += d/10 + d%10
			double = !double
		}
	}
	return sum%10 == 0
}

// securityValue is the number a character means, -1 for one that no CUSIP
// or ISIN contains.
func securityValue(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'A' <= c && c <= 'Z':
		return int(c-'A') + 10
	}
	if i := strings.IndexByte("*@#", c); i >= 0 {
		return 36 + i
	}
	return -1
}
