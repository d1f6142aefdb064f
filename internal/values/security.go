package values

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"tenderbatch/internal/tender"
	"tenderbatch/internal/xlsx"
)

// Securities finds the series of a CUSIP or ISIN.
type Securities struct {
	Listed map[string]listed
	asText []numeric
}

// Listed is a security of the offer and the position of its series.
type listed struct {
	ID     string
	Series int
}

// numeric is a security that a spreadsheet may take for a number: 037833100, or
// 12345E107, which becomes 1.2345E+111.
type numeric struct {
	ID    string
	value number
}

// numericForm is a CUSIP that looks like a number.
var numericForm = regexp.MustCompile(`^[0-9]+(E[0-9]+)?$`)

// NewSecurities is the reader of the securities of an offer.
func NewSecurities(o *tender.Offer) *Securities {
	s := &Securities{Listed: make(map[string]listed)}
	for i, series := range o.Series {
		for _, id := range series.Securities {
			id = strings.ToUpper(Trim(id))
			if _, twice := s.Listed[id]; twice {
				continue // two series cannot share a security; the terms are checked elsewhere
			}
			s.Listed[id] = listed{id, i}
			if n, ok := ParseNumber(id); ok && numericForm.MatchString(id) && n.digits != "" {
				s.asText = append(s.asText, numeric{id, n})
			}
		}
	}
	return s
}

// Read finds the security a cell means. A remark says that it was restored from
// a number; wrong says that the line cannot count.
func (s *Securities) Read(kind xlsx.Kind, text string) (id string, series int, remark, wrong *Fault) {
	if kind == xlsx.Number {
		return s.restore(text, true)
	}
	id = strings.ToUpper(text)
	if l, ok := s.Listed[id]; ok {
		return l.ID, l.Series, nil, nil
	}
	if (len(id) < 9 && IsDigits(id)) || (ExponentForm.MatchString(id) && strings.ContainsAny(id, ".+")) {
		return s.restore(id, false)
	}
	return id, -1, nil, s.whyUnknown(id)
}

// restore finds the security that a spreadsheet turned into a number. A number
// of nine digits lost nothing and needs no remark.
func (s *Securities) restore(digits string, isNumber bool) (id string, series int, remark, wrong *Fault) {
	value, ok := ParseNumber(digits)
	value = value.rounded()
	var fits []string
	for _, n := range s.asText {
		if ok && n.value == value {
			fits = append(fits, n.ID)
		}
	}
	switch {
	case len(fits) == 1 && isNumber && fits[0] == digits:
		return fits[0], s.Listed[fits[0]].Series, nil, nil
	case len(fits) == 1:
		remark = &Fault{tender.RuleSecurityRepaired,
			fmt.Sprintf("a spreadsheet turned the CUSIP into a number; %s is the only security of the offer it can be",
				fits[0]),
			"ask the depositary to format the column as text"}
		return fits[0], s.Listed[fits[0]].Series, remark, nil
	case len(fits) > 1:
		wrong = &Fault{tender.RuleSecurity,
			"a spreadsheet turned the CUSIP into a number; it can be " + strings.Join(fits, " or "),
			"ask the depositary for the CUSIP, in a column formatted as text"}
	default:
		wrong = &Fault{tender.RuleSecurityUnknown, "the number is not a security of the offer",
			"ask the depositary for the CUSIP or ISIN, in a column formatted as text"}
	}
	return digits, -1, nil, wrong
}

// whyUnknown says why a text is no security of the offer.
func (s *Securities) whyUnknown(id string) *Fault {
	switch {
	case strings.ContainsFunc(id, func(r rune) bool { return r > unicode.MaxASCII }):
		return &Fault{tender.RuleSecurity, "there are characters in it that a CUSIP or ISIN does not have; they may " +
			"only look right",
			"type the CUSIP or ISIN again"}
	case len(id) != 9 && len(id) != 12:
		return &Fault{tender.RuleSecurity, fmt.Sprintf("a CUSIP has 9 characters and an ISIN 12; this has %d", len(id)),
			"correct the CUSIP or ISIN with the depositary"}
	case !tender.ValidSecurity(id):
		return &Fault{tender.RuleSecurityDigit, "its check digit is wrong, so a character is mistyped",
			"correct the CUSIP or ISIN with the depositary"}
	}
	if len(id) == 12 {
		cusip := id[2:11] // inside an American ISIN
		if l, ok := s.Listed[cusip]; ok {
			return &Fault{tender.RuleSecurityUnknown,
				fmt.Sprintf("it is not in the offer, although the offer has its CUSIP %s (series %d of the list)",
					cusip, l.Series+1),
				"if it is the same security, add the ISIN to securities in the offer"}
		}
	}
	return &Fault{tender.RuleSecurityUnknown, "it is not in the offer",
		"return the tender, or add the security to its series in the offer"}
}
