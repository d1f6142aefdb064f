package xlsx

import (
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestSerialTime(t *testing.T) {
	tests := []struct {
		name, digits string
		date1904     bool
		want         string
	}{
		{"the first day", "1", false, "1900-01-01T00:00:00.000"},
		{"the day before the one that never was", "59", false, "1900-02-28T00:00:00.000"},
		{"the day after it", "61", false, "1900-03-01T00:00:00.000"},
		{"the last instant", "2958465.99999999", false, "9999-12-31T23:59:59.999"},
		{"17:00 with Excel's binary residue", "38303.708333333336", false, "2004-11-12T17:00:00.000"},
		{"17:00 with residue below", "38303.708333333328", false, "2004-11-12T17:00:00.000"},
		{"a tenth short of 17:00 stays short", "38303.708332175926", false, "2004-11-12T16:59:59.900"},
		{"700 ms are not rounded to the second", "38303.708329861111", false, "2004-11-12T16:59:59.700"},
		{"half a millisecond goes up", "1.00000000578703703703703703703703703703703703704", false,
			"1900-01-01T00:00:00.001"},
		{"a hair below half a millisecond goes down", "1.000000005787037037037037037037037037037", false,
			"1900-01-01T00:00:00.000"},
		{"rounding up to the next day", "38303.999999999999", false, "2004-11-13T00:00:00.000"},
		{"an exponent", "3.8303708333333336E4", false, "2004-11-12T17:00:00.000"},
		{"an exponent the other way", "383037083333.33336e-7", false, "2004-11-12T17:00:00.000"},
		{"a whole day with an exponent", "4E4", false, "2009-07-06T00:00:00.000"},
		{"zeros before and behind", "+00038303.5000", false, "2004-11-12T12:00:00.000"},
		{"no digits before or behind the point", "38303.", false, "2004-11-12T00:00:00.000"},
		{"counted from 1904", "36841.5", true, "2004-11-12T12:00:00.000"},
		{"day 60 from 1904", "60", true, "1904-03-01T00:00:00.000"},
		{"the last day from 1904", "2957003", true, "9999-12-31T00:00:00.000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := SerialTime([]byte(tt.digits), tt.date1904)
			if err != nil {
				t.Fatal(err)
			}
			if s := got.Format("2006-01-02T15:04:05.000"); s != tt.want || got.Location() != time.UTC ||
				got.Nanosecond()%1e6 != 0 {
				t.Errorf("%s: got %v, want %s", tt.digits, got, tt.want)
			}
		})
	}
}

func TestSerialTimeRefuses(t *testing.T) {
	tests := []struct {
		name, digits string
		date1904     bool
		want         error
	}{
		{"29 February 1900", "60", false, ErrNoSuchDay},
		{"a time on 29 February 1900", "60.5", false, ErrNoSuchDay},
		{"rounding up to 29 February 1900", "59.9999999999", false, ErrNoSuchDay},
		{"a negative", "-1", false, ErrSerialRange},
		{"a negative zero", "-0", false, ErrSerialRange},
		{"a negative from 1904", "-1", true, ErrSerialRange},
		{"the year 10000", "2958466", false, ErrSerialRange},
		{"rounding up to the year 10000", "2958465.9999999999", false, ErrSerialRange},
		{"the year 10000 from 1904", "2957004", true, ErrSerialRange},
		{"a great exponent", "1E9999", false, ErrSerialRange},
		{"a date as a number", "20041112", false, ErrSerialRange},
		{"a time of day", "0.5", false, ErrTimeOfDay},
		{"zero", "0", false, ErrTimeOfDay},
		{"a time of day from 1904", "0.5", true, ErrTimeOfDay},
		{"a small exponent", "5E-9999", false, ErrTimeOfDay},
		{"nothing", "", false, ErrSerialNumber},
		{"a sign", "-", false, ErrSerialNumber},
		{"a point", ".", false, ErrSerialNumber},
		{"text", "abc", false, ErrSerialNumber},
		{"a comma", "38303,5", false, ErrSerialNumber},
		{"two points", "1.2.3", false, ErrSerialNumber},
		{"space", " 1", false, ErrSerialNumber},
		{"an exponent without digits", "1E+", false, ErrSerialNumber},
		{"an exponent beyond reason", "1E10000", false, ErrSerialNumber},
		{"an exponent that overflows", "1E99999999999999999999", false, ErrSerialNumber},
		{"hexadecimal", "0x1p4", false, ErrSerialNumber},
		{"Infinity", "Inf", false, ErrSerialNumber},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := SerialTime([]byte(tt.digits), tt.date1904); !errors.Is(err, tt.want) {
				t.Errorf("%s: got %v, %v, want %v", tt.digits, got, err, tt.want)
			}
		})
	}
}

func TestSerialTimeOfDay(t *testing.T) {
	tests := []struct {
		digits string
		want   time.Duration
		err    error
	}{
		{"0", 0, nil},
		{"0.5", 12 * time.Hour, nil},
		{".25", 6 * time.Hour, nil},
		{"0.70833333333333337", 17 * time.Hour, nil},
		{"4.4000000000000004E-2", time.Hour + 3*time.Minute + 21*time.Second + 600*time.Millisecond, nil},
		{"1.1574074074074074E-8", time.Millisecond, nil},
		{"5.787037037E-9", 0, nil},
		{"5.7870370371E-9", time.Millisecond, nil},
		{"0.999999999999", 24 * time.Hour, nil},
		{"1", 0, ErrSerialRange},
		{"-0.5", 0, ErrSerialRange},
		{"x", 0, ErrSerialNumber},
	}
	for _, tt := range tests {
		if got, err := SerialTimeOfDay([]byte(tt.digits)); got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%s: got %v, %v, want %v, %v", tt.digits, got, err, tt.want, tt.err)
		}
	}
}

// TestSerialAgainstRationals compares the arithmetic by hand with rational numbers.
func TestSerialAgainstRationals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringMatching(`[0-9]{0,6}(\.[0-9]{1,25})?`).Draw(t,
			"digits") + rapid.SampledFrom([]string{"", "", "E-3", "E2", "e-20", "E+1"}).Draw(t, "exponent")
		checkSerial(t.Fatalf, digits)
	})
}

// checkSerial holds splitSerial against math/big.
func checkSerial(fail func(string, ...any), digits string) {
	days, ms, err := splitSerial([]byte(digits))
	exact, ok := new(big.Rat).SetString(digits)
	if !ok || strings.ContainsAny(digits, "_/xXpPbBoO") {
		if !errors.Is(err, ErrSerialNumber) {
			fail("%q: %v", digits, err)
		}
		return
	}
	if err != nil {
		if exact.Sign() >= 0 && exact.Cmp(big.NewRat(lastSerial+1, 1)) < 0 && !strings.HasPrefix(digits, "-") {
			fail("%q: %v", digits, err)
		}
		return
	}
	// floor(exact × ms + 1/2)
	exact.Mul(exact, big.NewRat(msPerDay, 1)).Add(exact, big.NewRat(1, 2))
	want := new(big.Int).Quo(exact.Num(), exact.Denom()).Int64()
	if got := int64(days)*msPerDay + int64(ms); got != want {
		fail("%q: got %d, want %d", digits, got, want)
	}
}
