package offerfile

import (
	"fmt"
	"regexp"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/display"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
)

// maxAmountDigits is how long an amount may be written.
const maxAmountDigits = 30

// offerAmountForm is digits with at most one decimal point among them.
var offerAmountForm = regexp.MustCompile(`^(0|[1-9][0-9]*)(\.[0-9]+)?$`)

// offerAmount reads an amount from its own digits, exactly. wrong says why it is
// none and what to do, "" if it is one.
func offerAmount(s string) (amount decimal.Decimal, wrong string) {
	if !offerAmountForm.MatchString(s) {
		return decimal.Zero, whyNoOfferAmount(s)
	}
	if len(s) > maxAmountDigits {
		return decimal.Zero, "is longer than any amount; check its digits"
	}
	amount, err := decimal.NewFromString(s)
	if err != nil {
		return decimal.Zero, "is not an amount; write digits with at most one decimal point, such as 837.50"
	}
	return amount, ""
}

// offerAmountFaults are ways of writing a number that are not taken as amounts.
var offerAmountFaults = []struct {
	form  *regexp.Regexp
	wrong string
}{
	{regexp.MustCompile(`^[+-]?[0-9.]+[eE][+-]?[0-9]+$`), "is written with an exponent; write all its digits"},
	{regexp.MustCompile(`^-[0-9.]`), "is negative; write an amount of zero or more"},
	{regexp.MustCompile(`^\+`), "begins with a plus sign; leave it out"},
	{regexp.MustCompile(`^0[xXoObB]`), "is not in decimal digits; write it in digits 0 to 9, such as 837.50"},
	{regexp.MustCompile(`^[0-9][0-9.]*(_[0-9]+)+`), "has underscores; write the digits alone"},
	{regexp.MustCompile(`^[0-9]+([,'’ \x{a0}\x{202f}][0-9]+)+(\.[0-9]*)?$`), "has separators between its digits; write the digits alone, with a point before the decimals"},
	{regexp.MustCompile(`^\.[0-9]+$`), "begins with the decimal point; write a digit before it, such as 0.5"},
	{regexp.MustCompile(`^[0-9]+\.$`), "ends in the decimal point; leave it out"},
	{regexp.MustCompile(`^0[0-9]+(\.[0-9]*)?$`), "begins with a zero; leave it out"},
}

func whyNoOfferAmount(s string) string {
	for _, f := range offerAmountFaults {
		if f.form.MatchString(s) {
			return f.wrong
		}
	}
	return "is not an amount; write digits with at most one decimal point, such as 837.50"
}

// instantForm is a wall time with or without an offset from UTC.
var instantForm = regexp.MustCompile(`^((?:19|2[0-9])[0-9]{2})-([0-9]{2})-([0-9]{2})T([01][0-9]|2[0-4]):([0-5][0-9])(?::([0-5][0-9])(?:\.([0-9]{1,9}))?)?(Z|[+-][0-9]{2}:[0-9]{2})?$`)

// ParseInstant reads an instant: wall time of the zone, as 2004-11-12T17:00,
// 2004-11-12T17:00:05 or 2004-11-12T17:00:05.700, or with an offset from UTC as
// RFC 3339 has it, which then counts instead of the zone. T24:00 is the end of
// the day. A wall time that a change to or from daylight saving makes impossible
// or ambiguous is an error (R1).
func ParseInstant(s string, zone *time.Location) (time.Time, error) {
	m := instantForm.FindStringSubmatch(s)
	if m == nil {
		return time.Time{}, fmt.Errorf("%s is not a time; write it as 2004-11-12T17:00, or T24:00 for the end of the day",
			display.Quote(s))
	}
	d, err := tender.ParseDate(s[:len("2004-11-12")])
	if err != nil {
		return time.Time{}, err
	}
	hour, minute, second, nanos := values.Whole(m[4]), values.Whole(m[5]), values.Whole(m[6]),
		values.Whole((m[7] + "000000000")[:9])
	if hour == 24 && minute+second+nanos > 0 {
		return time.Time{}, fmt.Errorf("%s is after the end of its day; write T24:00, or a time of the next day",
			display.Quote(s))
	}
	in := zone
	if offset := m[8]; offset != "" {
		var ok bool
		if in, ok = fixedOffset(offset); !ok {
			return time.Time{}, fmt.Errorf("%s has an offset from UTC that no place has; write it as -05:00", display.Quote(s))
		}
	}
	t, err := values.WallInstant(d.Year, int(d.Month), d.Day, hour, minute, second, nanos, in)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s is not one instant: %w; correct it, or add the offset from UTC that is meant, "+
			"such as -05:00", display.Quote(s), err)
	}
	return t.In(zone), nil
}

// fixedOffset is the zone that is always at an offset such as -05:00.
func fixedOffset(s string) (zone *time.Location, ok bool) {
	if s == "Z" {
		return time.UTC, true
	}
	hours, minutes := values.Whole(s[1:3]), values.Whole(s[4:6])
	if hours > 14 || minutes > 59 {
		return nil, false
	}
	seconds := hours*3600 + minutes*60
	if s[0] == '-' {
		seconds = -seconds
	}
	return time.FixedZone("UTC"+s, seconds), true
}
