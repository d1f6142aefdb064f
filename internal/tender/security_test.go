package tender_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tenderbatch/internal/tender"
)

func TestCheckDigitsOfPublicSecurities(t *testing.T) {
	for _, id := range []string{
		"037833100", // Apple
		"594918104", // Microsoft
		"17275R102", // Cisco: a letter
		"38259P508", // Google
		"68389X105", // Oracle
		"US0378331005",
		"US5949181045",
		"US38259P5089", // a letter inside
		"GB0002634946", // BAE Systems
		"FR0000120271", // TotalEnergies
		"JP3633400001", // Toyota
		"AU0000XVGZA3", // Treasury Corporation of Victoria: letters up to the end
		"DE000BAY0017", // Bayer
	} {
		if !tender.ValidSecurity(id) {
			t.Errorf("%s is a real security, and its check digit is refused", id)
		}
	}
}

func TestNoSecurities(t *testing.T) {
	for _, c := range []struct{ id, why string }{
		{"", "nothing"},
		{"037833101", "another check digit"},
		{"037833010", "two neighbours swapped"},
		{"17275r102", "a small letter"},
		{"17275R10A", "a letter for a check digit"},
		{"37833100", "a leading zero that a spreadsheet took off"},
		{"1234E5100", "an exponent with a wrong check digit"},
		{"0378331005", "neither nine nor twelve characters"},
		{"US0378331006", "another check digit"},
		{"US0373831005", "two neighbours swapped"},
		{"us0378331005", "small letters"},
		{"U50378331005", "a digit in the country"},
		{"US037833100X", "a letter for a check digit"},
		{"US037833*005", "a character that no ISIN has"},
		{"037833 10", "a space"},
		{"03783310\u0660", "a digit of another script"},
		{" 037833100", "a space before"},
	} {
		if tender.ValidSecurity(c.id) {
			t.Errorf("%q passes: %s", c.id, c.why)
		}
	}
}

// Every mistyped character of the alphabet is caught, wherever it is.
func TestOneWrongDigitIsCaught(t *testing.T) {
	for _, id := range []string{"037833100", "17275R102", "US0378331005"} {
		for at := range id {
			for _, digit := range "0123456789" {
				wrong := id[:at] + string(digit) + id[at+1:]
				if wrong != id && id[at] <= '9' && tender.ValidSecurity(wrong) {
					t.Errorf("%s passes for %s", wrong, id)
				}
			}
		}
	}
}

// A CUSIP between US and its check digit is an ISIN: of the ten digits exactly one
// passes, as of the ten that a CUSIP could end in.
func TestExactlyOneCheckDigitPasses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, stem := range []string{
			rapid.StringMatching(`[0-9]{3}[0-9A-Z]{5}`).Draw(t, "CUSIP"),
			rapid.StringMatching(`[A-Z]{2}[0-9A-Z]{9}`).Draw(t, "ISIN"),
		} {
			var passing []string
			for _, digit := range "0123456789" {
				if id := stem + string(digit); tender.ValidSecurity(id) {
					passing = append(passing, id)
				}
			}
			if len(passing) != 1 {
				t.Errorf("%s: %s pass", stem, strings.Join(passing, ", "))
			}
		}
	})
}
