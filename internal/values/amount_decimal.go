package values

import (
	"fmt"
	"regexp"
	"strings"

	"tenderbatch/internal/tender"
)

// loneComma is an amount such as 250000,00, whose comma can only be that of decimals: no
// group of three digits follows it, and no other separator is there.
var loneComma = regexp.MustCompile(`^[0-9]+,([0-9]{1,2}|[0-9]{4,})$`)

// commaForm is an amount whose decimals follow a comma, and whose thousands are
// separated by points, apostrophes or spaces, or by nothing.
var commaForm = regexp.MustCompile(`^([0-9]+|` +
	`[0-9]{1,3}((\.[0-9]{3})+|(['’][0-9]{3})+|([ \x{a0}\x{202f}\x{2009}][0-9]{3})+))(,[0-9]+)?$`)

// notDigits are what parts thousands where decimals follow a comma.
var notDigits = strings.NewReplacer(".", "", "'", "", "’", "", " ", "", "\u00a0", "", "\u202f", "", "\u2009", "", ",",
	".")

// digitsIn rewrites the digits of an amount as 1000000.00, in a file in which decimals
// follow the mark, "" if that is not known.
func digitsIn(s string, decimals tender.DecimalMark) (string, bool) {
	switch {
	case decimals == "" && loneComma.MatchString(s) && (s[0] != '0' || s[1] == ','):
		return strings.Replace(s, ",", ".", 1), true
	case decimals == "":
		return plainDigits(s)
	case len(s) > 1 && s[0] == '0' && s[1] != '.' && s[1] != ',':
		return "", false
	case decimals == tender.DecimalComma:
		return notDigits.Replace(s), commaForm.MatchString(s) && oneKind(s, ".'’ \u00a0\u202f\u2009")
	case ambiguousForm.MatchString(s):
		return s, true
	case strings.Count(s, ".") > 1, strings.LastIndexByte(s, ',') > strings.LastIndexByte(s, '.') &&
		strings.Contains(s, "."),
		strings.Contains(s, ",") && strings.ContainsAny(s, " \u00a0\u202f\u2009"):
		return "", false
	}
	return plainDigits(s)
}

// noDigits says what about the separators of an amount is wrong.
func noDigits(s string, decimals tender.DecimalMark) *Fault {
	switch {
	case decimals != "":
		return &Fault{tender.RulePrincipal, fmt.Sprintf("the amount does not fit, as the offer says decimal: %s",
			decimals),
			"correct the amount with the depositary, or decimal in the offer"}
	case ambiguousForm.MatchString(s), strings.Count(s, ",") == 1:
		return &Fault{tender.RulePrincipal, whyNoDigits(s),
			"enter the principal as a number, without separators; or say at the depositary in the offer which it is: " +
				"decimal: comma or decimal: point"}
	}
	return &Fault{tender.RulePrincipal, whyNoDigits(s), "enter the principal as a number, without separators"}
}
