package values

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// maxAmountLen bounds the bytes of a text that may be an amount.
const maxAmountLen = 100

// MaxDigits is how many digits a spreadsheet keeps of a number. What needs more
// was computed, or was cut when it was typed in.
const MaxDigits = 15

// number is a decimal number as written in a file: digits × 10^exp.
type number struct {
	Negative bool
	digits   string // no zero at either end; "" is zero
	Exp      int
}

// ParseNumber reads the forms in which spreadsheets store a number: 1000000,
// 0.5, .5, 1.5E+6. It takes no spaces and no separators of thousands.
func ParseNumber(s string) (number, bool) {
	var n number
	if s, n.Negative = strings.CutPrefix(s, "-"); !n.Negative {
		s = strings.TrimPrefix(s, "+")
	}
	mantissa, exponent, scientific := strings.Cut(strings.Replace(s, "e", "E", 1), "E")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if !IsDigits(whole + fraction) {
		return number{}, false
	}
	if scientific {
		unsigned := strings.TrimLeft(exponent, "+-")
		if !IsDigits(unsigned) || len(unsigned) > 4 || len(exponent)-len(unsigned) > 1 {
			return number{}, false
		}
		n.Exp, _ = strconv.Atoi(strings.TrimPrefix(exponent, "+")) // at most four digits
	}
	n.Exp -= len(fraction)
	kept := strings.TrimRight(whole+fraction, "0")
	n.Exp += len(whole) + len(fraction) - len(kept)
	n.digits = strings.TrimLeft(kept, "0")
	if n.digits == "" {
		return number{}, true
	}
	return n, true
}

// Magnitude is how many digits stand before the decimal point.
func (n number) Magnitude() int { return len(n.digits) + n.Exp }

// rounded is n to MaxDigits significant digits, half up: what the spreadsheet
// shows of a number that carries the residue of a binary computation.
func (n number) rounded() number {
	if len(n.digits) <= MaxDigits {
		return n
	}
	up := n.digits[MaxDigits] >= '5'
	kept, err := strconv.ParseUint(n.digits[:MaxDigits], 10, 64)
	if err != nil {
		return n // cannot happen: they are digits
	}
	if up {
		kept++
	}
	digits := strconv.FormatUint(kept, 10)
	exp := n.Exp + len(n.digits) - MaxDigits
	trimmed := strings.TrimRight(digits, "0")
	return number{n.Negative, trimmed, exp + len(digits) - len(trimmed)}
}

// Decimal is the value of a number of at most MaxDigits digits on either side
// of the point.
func (n number) Decimal() decimal.Decimal {
	if n.digits == "" {
		return decimal.Zero
	}
	digits, exp := n.digits, n.Exp
	if exp > 0 {
		digits, exp = digits+strings.Repeat("0", exp), 0
	}
	v, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return decimal.Zero // cannot happen within the bounds
	}
	if n.Negative {
		v = -v
	}
	return decimal.New(v, int32(exp))
}

// inBounds reports whether a number is one that a principal or a total can be.
func (n number) inBounds() bool {
	return len(n.digits) <= MaxDigits && n.Magnitude() <= MaxDigits && n.Exp >= -2*MaxDigits
}

// PlainAmount reads at once the forms that nearly all amounts have: digits, with
// commas between thousands if they may have them, and no decimals but zeros. What
// it does not read may still be an amount.
func PlainAmount(b []byte, commas bool) (v int64, ok bool) {
	if len(b) == 0 || len(b) > 24 || b[0] < '1' || b[0] > '9' {
		return 0, false
	}
	whole, digits, since, grouped := b, 0, 0, false // since the last comma
	if i := bytes.IndexByte(b, '.'); i >= 0 {
		if zeros := b[i+1:]; len(zeros) == 0 || len(bytes.Trim(zeros, "0")) > 0 || ambiguousPoint(b, i) {
			return 0, false
		}
		whole = b[:i]
	}
	for _, c := range whole {
		switch {
		case c >= '0' && c <= '9':
			v, digits, since = v*10+int64(c-'0'), digits+1, since+1
		case c != ',' || !commas || (grouped && since != 3) || since > 3:
			return 0, false
		default:
			since, grouped = 0, true
		}
	}
	return v, digits <= MaxDigits && (!grouped || since == 3)
}

// ambiguousPoint reports whether the point at i may part thousands.
func ambiguousPoint(b []byte, i int) bool { return i <= 3 && len(b)-i-1 == 3 }

// NumberAmount is the amount in a numeric cell, from its digits.
func NumberAmount(digits string) (decimal.Decimal, *Fault) {
	n, ok := ParseNumber(digits)
	switch {
	case !ok:
		return decimal.Zero, &Fault{tender.RulePrincipal, "the cell does not hold a number",
			"enter the principal as a number"}
	case len(n.digits) > MaxDigits && n.Magnitude() <= MaxDigits:
		return decimal.Zero, &Fault{tender.RulePrincipal,
			fmt.Sprintf("the number has %d digits, more than the %d a spreadsheet keeps: it was computed and carries "+
				"a residue", len(n.digits), MaxDigits),
			"enter the principal itself, rounded to the denomination"}
	case !n.inBounds():
		return decimal.Zero, &Fault{tender.RulePrincipal, "the number is too large or too small for a principal",
			"check the amount with the depositary"}
	}
	return n.Decimal(), nil
}

// The marks that may stand beside an amount, with the currencies they can mean.
var currencySigns = map[string]string{
	"$": "USD AUD CAD HKD NZD SGD MXN TWD", "US$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY CNY", "C$": "CAD",
	"A$": "AUD",
}

// amountForm is an amount in text: an optional currency before or after it, and
// digits, commas, points, apostrophes and spaces in between.
var amountForm = regexp.MustCompile(`^(US\$|C\$|A\$|[$€£¥]|[A-Z]{3})?[ \x{a0}\x{202f}\x{2007}-\x{2009}]?` +
	`([0-9](?:[0-9.,'’ \x{a0}\x{202f}\x{2007}-\x{2009}]*[0-9])?)` +
	`[ \x{a0}\x{202f}\x{2007}-\x{2009}]?(US\$|C\$|A\$|[$€£¥]|[A-Z]{3})?$`)

// The digits of an amount, one pattern for each way of writing thousands.
var digitForms = []struct {
	pattern    *regexp.Regexp
	thousands  string // characters that part thousands
	afterComma bool   // decimals follow a comma
}{
	{regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`), "", false},
	{regexp.MustCompile(`^[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?$`), ",", false},
	{regexp.MustCompile(`^[0-9]{1,3}(['’][0-9]{3})+(\.[0-9]+)?$`), "'’", false},
	{regexp.MustCompile(`^[0-9]{1,3}([ \x{a0}\x{202f}\x{2007}-\x{2009}][0-9]{3})+([.,][0-9]+)?$`),
		" \u00a0\u202f\u2007\u2008\u2009", true},
	{regexp.MustCompile(`^[0-9]{1,3}(\.[0-9]{3}){2,}(,[0-9]+)?$`), ".", true},
	{regexp.MustCompile(`^[0-9]{1,3}\.[0-9]{3},[0-9]+$`), ".", true},
}

// ambiguousForm is 1.000: one thousand to some, one to others.
var ambiguousForm = regexp.MustCompile(`^[0-9]{1,3}\.[0-9]{3}$`)

// TextAmount is the amount in a text such as 1,000,000.00 or $ 5,000, and the
// currency mark beside it, "" if there is none.
func TextAmount(s string) (amount decimal.Decimal, mark string, wrong *Fault) {
	return TextAmountIn(s, "")
}

// TextAmountIn is [TextAmount] for a file whose decimals follow the mark, "" if that is not
// known.
func TextAmountIn(s string, decimals tender.DecimalMark) (amount decimal.Decimal, mark string, wrong *Fault) {
	if IsDigits(s) && s[0] != '0' {
		amount, wrong = NumberAmount(s)
		return amount, "", wrong
	}
	if len(s) > maxAmountLen {
		return decimal.Zero, "", &Fault{tender.RulePrincipal, "the text is too long for an amount",
			"enter the principal as a number"}
	}
	parts := amountForm.FindStringSubmatch(s)
	if parts == nil || (parts[1] != "" && parts[3] != "") || !IsMark(parts[1]+parts[3]) {
		return decimal.Zero, "", &Fault{tender.RulePrincipal, whyNoAmount(s), "enter the principal as a number"}
	}
	plain, ok := digitsIn(parts[2], decimals)
	if !ok {
		return decimal.Zero, "", noDigits(parts[2], decimals)
	}
	amount, wrong = NumberAmount(plain)
	return amount, parts[1] + parts[3], wrong
}

// plainDigits rewrites the digits of an amount as 1000000.00.
func plainDigits(s string) (string, bool) {
	if ambiguousForm.MatchString(s) || (len(s) > 1 && s[0] == '0' && s[1] != '.') {
		return "", false
	}
	for _, f := range digitForms {
		if !f.pattern.MatchString(s) || !oneKind(s, f.thousands) {
			continue
		}
		s = strings.Map(func(r rune) rune {
			if strings.ContainsRune(f.thousands, r) {
				return -1
			}
			return r
		}, s)
		if f.afterComma {
			s = strings.Replace(s, ",", ".", 1)
		}
		return s, true
	}
	return "", false
}

// oneKind reports whether at most one of the characters occurs in s.
func oneKind(s, characters string) bool {
	kinds := 0
	for _, c := range characters {
		if strings.ContainsRune(s, c) {
			kinds++
		}
	}
	return kinds <= 1
}

// whyNoAmount says what about a text keeps it from being an amount.
func whyNoAmount(s string) string {
	switch {
	case strings.ContainsAny(s, "()"):
		return "an amount in parentheses is a negative one in accounting; it is not read"
	case strings.ContainsAny(s, "-\u2212\u2013"):
		return "a minus sign or a dash is in the amount"
	case strings.Contains(s, "%"):
		return "a percentage is not an amount"
	case strings.Contains(s, "/"):
		return "a fraction is not an amount"
	case ExponentForm.MatchString(s):
		return "the amount is written with an exponent, so digits are missing"
	case strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII && unicode.IsDigit(r) }):
		return "the amount has digits that are not 0 to 9"
	case strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII && unicode.IsLetter(r) }):
		return "the amount has letters that only look like digits or currencies"
	case strings.ContainsFunc(s, unicode.IsLetter):
		return "there are letters in the amount"
	}
	return "the text is not an amount"
}

// ExponentForm is a number with an exponent, written as text.
var ExponentForm = regexp.MustCompile(`^[0-9]+([.,][0-9]+)?[eE][+-]?[0-9]+$`)

// whyNoDigits says what about the separators of an amount is wrong.
func whyNoDigits(s string) string {
	switch {
	case ambiguousForm.MatchString(s):
		return "the point can separate thousands or decimals"
	case len(s) > 1 && s[0] == '0':
		return "an amount does not begin with a zero; is this the right column?"
	case strings.Count(s, ",") == 1 && !strings.ContainsAny(s, ".'’ "):
		return "the comma can separate thousands or decimals"
	}
	return "the separators of thousands are not consistent"
}

// IsMark reports whether there is a currency of that mark, or no mark. Three
// letters that are none may be digits to the eye, as in 5OOO.
func IsMark(mark string) bool {
	_, sign := currencySigns[mark]
	_, code := tender.MinorUnits(mark)
	return mark == "" || sign || code
}

// MarkFits reports whether a currency mark can mean the currency.
func MarkFits(mark, currency string) bool {
	if means, ok := currencySigns[mark]; ok {
		return strings.Contains(" "+means+" ", " "+currency+" ")
	}
	return mark == currency
}

// ControlNumber is the value of a number that only has to agree with another, as
// control totals have. The residue of a computed sum is rounded away, as in what
// the spreadsheet shows. It is false for what is no amount.
func ControlNumber(digits string) (decimal.Decimal, bool) {
	n, ok := ParseNumber(digits)
	if n = n.rounded(); !ok || !n.inBounds() {
		return decimal.Zero, false
	}
	return n.Decimal(), true
}
