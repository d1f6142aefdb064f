package xlsx

import "testing"

// What number formats show beside a number, as people and programs write them.
func TestLookOfFormats(t *testing.T) {
	for code, want := range map[string]Appearance{
		"0000":                      {Zeros: 4},
		"#,##0":                     {},
		"#,##0.00;[Red]-#,##0.00":   {},
		"0.00":                      {},
		"General":                   {},
		"_(* #,##0_);_(* (#,##0)":   {},
		`#,##0;-#,##0;"nil"`:        {},
		`#,##0",000"`:               {Literal: ",000"},
		`#,##0" thousand"`:          {Literal: "thousand"},
		`#,##0\k`:                   {Literal: "k"},
		"#,##0,":                    {Scaled: true},
		"0.0,,":                     {Scaled: true},
		`[>=1000000]0.0,,"M";#,##0`: {Scaled: true, Literal: "M"},
		"[$€-407] #,##0":            {Currency: "€"},
		"[$-409]#,##0":              {},
		"$#,##0":                    {Currency: "$"},
		`"USD" #,##0`:               {Currency: "USD"},
		`"US$" #,##0`:               {Currency: "US$"},
		"#,##0 €":                   {Currency: "€"},
		"#,##0 ($)":                 {Currency: "$"},
		"(#,##0)":                   {Negative: true},
		"-#,##0":                    {Negative: true},
		"0.00E+00":                  {},
		";;;":                       {Nothing: true},
		`"CAD" $#,##0`:              {Currency: "CAD $"},
		"000-000":                   {Masked: true, Padded: true},
		`"DTC"0000`: {Currency: "DTC",
			Padded: true}, // three capitals may be a currency; either way it is no plain number
		"[Blue]#,##0_ ;[Red]-#,##0 ": {},
		"0;-0;;@":                    {},
		"-0":                         {Negative: true},
		"_-* #,##0.00_-;-* #,##0.00": {},
		"[<0]-0;0":                   {},
		`0"%"`:                       {Literal: "%"},
	} {
		got := appearanceOf(code)
		if got == nil {
			got = new(Appearance)
		}
		got.Code = ""
		if *got != want {
			t.Errorf("%s: %+v, want %+v", code, got, want)
		}
	}
}
