package ingest

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"tenderbatch/internal/tender"
	"tenderbatch/internal/xlsx"
)

// loneComma is an amount such as 250000,00, whose comma can only be that of decimals: no
// group of three digits is behind it, and no other separator is there.
var loneComma = regexp.MustCompile(`^[0-9]+,([0-9]{1,2}|[0-9]{4,})$`)

// commaForm is an amount whose decimals stand behind a comma, and whose thousands are
// parted by points, apostrophes or spaces, or by nothing.
var commaForm = regexp.MustCompile(`^([0-9]+|[0-9]{1,3}((\.[0-9]{3})+|(['’][0-9]{3})+|([ \x{a0}\x{202f}\x{2009}][0-9]{3})+))(,[0-9]+)?$`)

// notDigits are what parts thousands where decimals stand behind a comma.
var notDigits = strings.NewReplacer(".", "", "'", "", "’", "", " ", "", "\u00a0", "", "\u202f", "", "\u2009", "", ",", ".")

// digitsIn rewrites the digits of an amount as 1000000.00, in a file in which decimals
// stand behind the mark, "" if that is not known.
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
	case strings.Count(s, ".") > 1, strings.LastIndexByte(s, ',') > strings.LastIndexByte(s, '.') && strings.Contains(s, "."),
		strings.Contains(s, ",") && strings.ContainsAny(s, " \u00a0\u202f\u2009"):
		return "", false
	}
	return plainDigits(s)
}

// noDigits says what about the separators of an amount is wrong.
func noDigits(s string, decimals tender.DecimalMark) *finding {
	switch {
	case decimals != "":
		return &finding{tender.RulePrincipal, fmt.Sprintf("the amount does not fit, as the offer says decimal: %s", decimals),
			"correct the amount with the depositary, or decimal in the offer"}
	case ambiguousForm.MatchString(s), strings.Count(s, ",") == 1:
		return &finding{tender.RulePrincipal, whyNoDigits(s), "enter the principal as a number, without separators; or say at the depositary in the offer which it is: decimal: comma or decimal: point"}
	}
	return &finding{tender.RulePrincipal, whyNoDigits(s), "enter the principal as a number, without separators"}
}

// commas are the rows of a sheet whose amounts have one comma: before decimals in the one,
// and where both can be meant, which is read as thousands, in the other; 0 for none.
type commas struct{ decimals, either int }

// see looks at an amount in text. Nearly none has just one comma.
func (c *commas) see(text []byte, row int) {
	at := bytes.IndexByte(text, ',')
	if at < 0 || bytes.IndexByte(text[at+1:], ',') >= 0 || bytes.IndexByte(text, '.') >= 0 {
		return
	}
	digits := 0
	for _, b := range text[at+1:] {
		if b < '0' || b > '9' {
			break
		}
		digits++
	}
	if digits == 3 {
		c.either = row
	} else {
		c.decimals = row
	}
}

// checkCommas stops on a sheet in which commas stand before decimals and elsewhere are read
// as those of thousands: 250000,00 and 5,000.
func (s *sheet) checkCommas() {
	if s.depositary.Decimal != "" || s.commas.decimals == 0 || s.commas.either == 0 {
		return
	}
	at := s.layout.position(colPrincipal)
	s.fault(s.name, tender.FileFault{
		Cell: xlsx.CellName(at, s.commas.either), Rule: tender.RuleDecimal,
		Message: fmt.Sprintf("the comma of the amount in row %d can part thousands or decimals, and that in row %d parts decimals", s.commas.either, s.commas.decimals),
		Advice:  fmt.Sprintf("say which it is, in the offer at depositary %s: decimal: comma, or decimal: point", s.depositary.Name),
		Paste:   "decimal: comma\n",
	})
}
