package decimals

import (
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

// number draws decimals of all sizes, among them such as no amount can hold.
func number(t *rapid.T, name string) decimal.Decimal {
	units := rapid.OneOf(rapid.Int64(), rapid.Int64Range(-2000, 2000)).Draw(t, name)
	return decimal.New(units, int32(rapid.IntRange(-25, 3).Draw(t, name+" exponent")))
}

func TestTextsAreThoseOfTheDecimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := number(t, "d")
		if got, want := Text(d), d.String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		places := int32(rapid.IntRange(0, 20).Draw(t, "places"))
		if got, ok := Fixed(d, places); ok && got != d.StringFixed(places) {
			t.Errorf("%s, want %s", got, d.StringFixed(places))
		}
		if a, ok := Of(d); ok && a.Places <= 2 && a.Units < 1e12 && a.Units > -1e12 {
			if _, ok := Fixed(d, 2); !ok {
				t.Errorf("%s has no text with two decimals", d)
			}
		}
	})
}

func TestANumberIsReadAsItIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := number(t, "d")
		got, err := FromString(Text(d))
		if err != nil || !got.Equal(d) {
			t.Errorf("%s, %v, want %s", got.String(), err, d)
		}
	})
	for _, text := range []string{"", "-", ".", "1.", ".5", "1,000", "1e3", "--1", "1.2.3", "+1", " 1", "٣"} {
		if a, ok := Parse(text); ok {
			t.Errorf("%q is read as %v", text, a)
		}
	}
}

func TestASumIsThatOfTheDecimals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var sum Sum
		want := decimal.Zero
		for range rapid.IntRange(0, 20).Draw(t, "count") {
			d := number(t, "d")
			if rapid.Bool().Draw(t, "whole") {
				one, err := FromString(Text(d))
				if err != nil {
					t.Fatal(err)
				}
				sum.AddSum(&one)
			} else {
				sum.Add(d)
			}
			want = want.Add(d)
		}
		if !sum.Decimal().Equal(want) || !sum.Equal(want) || sum.Sign() != want.Sign() || sum.Equal(want.Add(decimal.New(1, -9))) {
			t.Errorf("%s, sign %d, want %s", sum.Decimal(), sum.Sign(), want)
		}
	})
}
