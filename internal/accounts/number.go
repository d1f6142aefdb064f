package accounts

import (
	"fmt"
	"regexp"
	"strings"
)

// isExponent reports whether a text is a number as a spreadsheet shows a long one, such as 1.23457E+15: what was typed
// is lost.
func isExponent(s string) bool { return exponent.MatchString(s) }

var exponent = regexp.MustCompile(`^[0-9]+([.,][0-9]+)?[Ee]\+[0-9]+$`)

// isIBAN reports whether a text has the form of an IBAN, whether or not its check digits fit.
func isIBAN(s string) bool {
	s = strings.ToUpper(strings.ReplaceAll(s, " ", ""))
	return len(s) > 4 && isCapitals(s[:2]) && strings.Trim(s[2:4], "0123456789") == "" && isAlphanumeric(s) &&
		strings.Contains(ibanLengths, fmt.Sprintf(" %s%d ", s[:2], len(s)))
}

// isCapitals reports whether a text has only capital letters of English.
func isCapitals(s string) bool { return strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" }

// isAlphanumeric reports whether a text has only those and digits.
func isAlphanumeric(s string) bool {
	return strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

func isCountry(s string) bool { return len(s) == 2 && isCapitals(s) }

// isBIC reports whether a text has the form of ISO 9362: four characters of the institution, the
// country, two of the place and, of a branch, three more.
func isBIC(s string) bool {
	return (len(s) == 8 || len(s) == 11) && isAlphanumeric(s) && isCapitals(s[4:6])
}

// ibanLengths are the lengths of the IBANs of the countries in the registry.
const ibanLengths = " AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 " +
	"DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 " +
	"KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 " +
	"PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 " +
	"YE30 "

// checkIBAN tests the length for the country and the check digits of an IBAN (ISO 13616).
func checkIBAN(s string) error {
	if len(s) < 5 || !isAlphanumeric(s) || !isCapitals(s[:2]) || strings.Trim(s[2:4], "0123456789") != "" {
		return fmt.Errorf("%q is no IBAN: a country, two check digits, then capital letters and digits", s)
	}
	if !strings.Contains(ibanLengths, fmt.Sprintf(" %s%d ", s[:2], len(s))) {
		return fmt.Errorf("%q has %d characters, which no IBAN of %s has; if that country has no IBANs, write it in the "+
			"column account", s, len(s), s[:2])
	}
	rest := 0
	for _, c := range s[4:] + s[:4] {
		if c >= 'A' {
			rest = (rest*100 + int(c-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	if rest != 1 {
		return fmt.Errorf("%q is mistyped: its check digits do not fit", s)
	}
	return nil
}
