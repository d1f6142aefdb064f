package ingest

import (
	"fmt"
	"regexp"
	"strings"

	"tenderbatch/internal/tender"
	"tenderbatch/internal/xlsx"
)

// securities finds the series of a CUSIP or ISIN.
type securities struct {
	listed map[string]listed
	asText []numeric
}

// listed is a security of the offer and the position of its series.
type listed struct {
	id     string
	series int
}

// numeric is a security that a spreadsheet may take for a number: 037833100, or
// 12345E107, which becomes 1.2345E+111.
type numeric struct {
	id    string
	value number
}

// numericForm is a CUSIP that looks like a number.
var numericForm = regexp.MustCompile(`^[0-9]+(E[0-9]+)?$`)

func newSecurities(o *tender.Offer) *securities {
	s := &securities{listed: make(map[string]listed)}
	for i, series := range o.Series {
		for _, id := range series.Securities {
			id = strings.ToUpper(trim(id))
			if _, twice := s.listed[id]; twice {
				continue // two series cannot share a security; the terms are checked elsewhere
			}
			s.listed[id] = listed{id, i}
			if n, ok := parseNumber(id); ok && numericForm.MatchString(id) && n.digits != "" {
				s.asText = append(s.asText, numeric{id, n})
			}
		}
	}
	return s
}

// read finds the security a cell means. A remark says that it was restored from
// a number; wrong says that the line cannot count.
func (s *securities) read(kind xlsx.Kind, text string) (id string, series int, remark, wrong *finding) {
	if kind == xlsx.Number {
		return s.restore(text, true)
	}
	id = strings.ToUpper(text)
	if l, ok := s.listed[id]; ok {
		return l.id, l.series, nil, nil
	}
	if len(id) < 9 && isDigits(id) || exponentForm.MatchString(id) && strings.ContainsAny(id, ".+") {
		return s.restore(id, false)
	}
	return id, -1, nil, s.whyUnknown(id)
}

// restore finds the security that a spreadsheet turned into a number. A number
// of nine digits lost nothing and needs no remark.
func (s *securities) restore(digits string, isNumber bool) (id string, series int, remark, wrong *finding) {
	value, ok := parseNumber(digits)
	value = value.rounded()
	var fits []string
	for _, n := range s.asText {
		if ok && n.value == value {
			fits = append(fits, n.id)
		}
	}
	switch {
	case len(fits) == 1 && isNumber && fits[0] == digits:
		return fits[0], s.listed[fits[0]].series, nil, nil
	case len(fits) == 1:
		remark = &finding{tender.RuleSecurityRepaired,
			fmt.Sprintf("a spreadsheet made a number of the CUSIP; %s is the only security of the offer it can be", fits[0]),
			"ask the depositary to format the column as text"}
		return fits[0], s.listed[fits[0]].series, remark, nil
	case len(fits) > 1:
		wrong = &finding{tender.RuleSecurity, "a spreadsheet made a number of the CUSIP; it can be " + strings.Join(fits, " or "),
			"ask the depositary for the CUSIP, in a column formatted as text"}
	default:
		wrong = &finding{tender.RuleSecurityUnknown, "the number is no security of the offer",
			"ask the depositary for the CUSIP or ISIN, in a column formatted as text"}
	}
	return digits, -1, nil, wrong
}

// whyUnknown says why a text is no security of the offer.
func (s *securities) whyUnknown(id string) *finding {
	switch {
	case !isASCII(id):
		return &finding{tender.RuleSecurity, "there are characters in it that no CUSIP or ISIN has; they may only look right",
			"type the CUSIP or ISIN anew"}
	case len(id) != 9 && len(id) != 12:
		return &finding{tender.RuleSecurity, fmt.Sprintf("a CUSIP has 9 characters and an ISIN 12; this has %d", len(id)),
			"correct the CUSIP or ISIN with the depositary"}
	case !tender.ValidSecurity(id):
		return &finding{tender.RuleSecurityDigit, "its check digit is wrong, so a character is mistyped",
			"correct the CUSIP or ISIN with the depositary"}
	}
	if l, ok := s.listed[cusipOf(id)]; ok && len(id) == 12 {
		return &finding{tender.RuleSecurityUnknown,
			fmt.Sprintf("it is not in the offer, although the offer has its CUSIP %s (series %d of the list)", cusipOf(id), l.series+1),
			"if it is the same security, add the ISIN to securities in the offer"}
	}
	return &finding{tender.RuleSecurityUnknown, "it is not in the offer",
		"return the tender, or add the security to its series in the offer"}
}

// cusipOf is the CUSIP inside an American ISIN.
func cusipOf(isin string) string {
	if len(isin) != 12 {
		return ""
	}
	return isin[2:11]
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
