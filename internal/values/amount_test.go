package values

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"
)

// Amounts as they stand in a cell, and the value or part of the reason against
// it.
func TestTextAmount(t *testing.T) {
	for _, test := range []struct{ text, want, mark string }{
		{"1000000", "1000000", ""},
		{"1000000.00", "1000000", ""},
		{"1,000,000.00", "1000000", ""},
		{"1,000", "1000", ""},
		{"1'000'000", "1000000", ""},
		{"1 000 000", "1000000", ""},
		{"1\u00a0000\u00a0000", "1000000", ""},
		{"1\u202f000\u202f000,50", "1000000.5", ""},
		{"1.000.000", "1000000", ""},
		{"1.000.000,00", "1000000", ""},
		{"1.000,00", "1000", ""},
		{"0.5", "0.5", ""},
		{"$1,000,000", "1000000", "$"},
		{"$ 5000", "5000", "$"},
		{"USD 1,000,000.00", "1000000", "USD"},
		{"1000000 EUR", "1000000", "EUR"},
		{"€1.000.000", "1000000", "€"},
		{"999999999999999", "999999999999999", ""},

		{"1.000", "point can separate", ""},
		{"1000,000", "comma can separate", ""},
		{"1000,00", "1000", ""},
		{"1,00,000", "not consistent", ""},
		{"1,000 000", "not consistent", ""},
		{"1,000'000", "not consistent", ""},
		{"0900007", "begin with a zero", ""},
		{"(1,000)", "parentheses", ""},
		{"-1000", "minus", ""},
		{"\u22121000", "minus", ""},
		{"10%", "percentage", ""},
		{"1/2", "fraction", ""},
		{"1E+06", "exponent", ""},
		{"1e6", "exponent", ""},
		{"1OO,000", "letters", ""},
		{"1mm", "letters", ""},
		{"5OOO", "letters", ""},
		{"XXZ 5000", "letters", ""},
		{"１０００", "not 0 to 9", ""},
		{"١٠٠٠", "not 0 to 9", ""},
		{"1000 \u0415UR", "look like", ""},
		{"USD 1000 EUR", "letters", ""},
		{"1000000000000000", "too large", ""},
		{"1000.0000000000001", "residue", ""},
		{".", "not an amount", ""},
		{"n/a", "fraction", ""},
		{"", "not an amount", ""},
	} {
		got, mark, wrong := TextAmount(test.text)
		checkAmount(t, test.text, test.want, got, wrong)
		if wrong == nil && mark != test.mark {
			t.Errorf("%q: currency mark %q, want %q", test.text, mark, test.mark)
		}
	}
}

func TestNumberAmount(t *testing.T) {
	for _, test := range []struct{ digits, want string }{
		{"1000000", "1000000"},
		{"1000000.00", "1000000"},
		{"1E+06", "1000000"},
		{"1.5E+6", "1500000"},
		{"1.5e6", "1500000"},
		{"4.4E-2", "0.044"},
		{".5", "0.5"},
		{"0", "0"},
		{"-1000", "-1000"},
		{"123456789012345", "123456789012345"},
		{"0.30000000000000004", "residue"},
		{"999999.99999999988", "residue"},
		{"1234567890123456", "too large"},
		{"1E+20", "too large"},
		{"1E+999999", "not hold a number"},
		{"1E-300", "too small"},
		{"1.2.3", "not hold a number"},
		{"+-1", "not hold a number"},
		{"1E", "not hold a number"},
		{"NaN", "not hold a number"},
		{"", "not hold a number"},
	} {
		got, wrong := NumberAmount(test.digits)
		checkAmount(t, test.digits, test.want, got, wrong)
	}
}

func checkAmount(t *testing.T, text, want string, got decimal.Decimal, wrong *Fault) {
	t.Helper()
	switch {
	case wrong == nil && got.String() != want:
		t.Errorf("%q: %s, want %q", text, got, want)
	case wrong != nil && !strings.Contains(wrong.Message, want):
		t.Errorf("%q: %q, want %q", text, wrong.Message, want)
	}
}

// The sum of a column carries the residue of binary addition; the control total
// is what the spreadsheet shows.
func TestControlNumberRoundsResidueAway(t *testing.T) {
	for digits, want := range map[string]string{
		"1234567.8900000001": "1234567.89", "0.30000000000000004": "0.3", "9.9999999999999999": "10",
		"-2.0000000000000001": "-2",
	} {
		if got, ok := ControlNumber(digits); !ok || got.String() != want {
			t.Errorf("%s: %s %v, want %s", digits, got, ok, want)
		}
	}
	if got, ok := ControlNumber("9999999999999999"); ok {
		t.Errorf("16 digits before the point: %s, want none", got)
	}
}

// FuzzAmount: whatever is in a cell, an amount that is read has the digits
// of the text and nothing else, and writing it and reading it again changes
// nothing.
func FuzzAmount(f *testing.F) {
	for _, s := range []string{"1,000,000.00", "1.000", "$ 5", "1E+06", "(1)", "1\u00a0000", "0.30000000000000004",
		"1'000'000 CHF"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, read := range []func(string) (decimal.Decimal, *Fault){
			NumberAmount,
			func(s string) (decimal.Decimal, *Fault) { v, _, wrong := TextAmount(s); return v, wrong },
		} {
			v, wrong := read(s)
			if wrong != nil {
				continue
			}
			again, wrong := NumberAmount(v.String())
			if wrong != nil || !again.Equal(v) {
				t.Errorf("%q: read %s, read again %s (%v)", s, v, again, wrong)
			}
			if v.Exponent() > 0 {
				t.Errorf("%q: %s has exponent %d", s, v, v.Exponent())
			}
		}
	})
}
