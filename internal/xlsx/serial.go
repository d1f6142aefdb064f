package xlsx

import (
	"errors"
	"fmt"
	"time"
)

// What a serial can be that is no date. Test with [errors.Is].
var (
	// ErrTimeOfDay is a serial below 1, which is a time without a date; see SerialTimeOfDay.
	ErrTimeOfDay = errors.New("the number is a time of day without a date")
	// ErrNoSuchDay is a serial Excel shows as 29 February 1900, a day that does not exist.
	ErrNoSuchDay = errors.New("the number is 29 February 1900, a day that does not exist")
	// ErrSerialRange is a negative serial or one beyond the year 9999.
	ErrSerialRange = errors.New("the number is not a date between 1900 and 9999")
	// ErrSerialNumber is text that is not a decimal number.
	ErrSerialNumber = errors.New("not a number")
)

const (
	msPerDay   = 24 * 60 * 60 * 1000
	leapSerial = 60      // 29 February 1900
	lastSerial = 2958465 // 31 December 9999
	offset1904 = 1462    // days from 1 January 1904, serial 0, to the same day's serial
)

// SerialTime turns the digits of a date as a cell stores them, such as "38303.708333333336" or
// "3.8303E4", into a wall time, held in UTC since a serial has no zone. The digits are taken exactly
// and rounded once, half up, to the millisecond; so what is left of Excel's binary arithmetic in the
// last digits never moves a time.
//
// A serial below 1 is ErrTimeOfDay, the day 60 ErrNoSuchDay (not in workbooks from 1904, where it is
// 1 March 1904), a negative or too large one ErrSerialRange, anything else ErrSerialNumber.
func SerialTime(digits []byte, date1904 bool) (time.Time, error) {
	day, clock, err := SerialDay(digits, date1904)
	if err != nil {
		return time.Time{}, err
	}
	return DayTime(day).Add(clock), nil
}

// DayTime is midnight at the start of a day of [SerialDay], in UTC.
func DayTime(day int) time.Time { return time.Date(1899, time.December, 30+day, 0, 0, 0, 0, time.UTC) }

// SerialDay is [SerialTime] in two parts: the days since 30 December 1899, and the time since midnight.
func SerialDay(digits []byte, date1904 bool) (day int, clock time.Duration, err error) {
	days, ms, err := splitSerial(digits)
	switch {
	case err != nil:
		return 0, 0, err
	case days == 0:
		return 0, 0, serialError(digits, ErrTimeOfDay)
	}
	if ms == msPerDay {
		days, ms = days+1, 0
	}
	if date1904 {
		days += offset1904
	} else if days == leapSerial {
		return 0, 0, serialError(digits, ErrNoSuchDay)
	} else if days < leapSerial {
		days++ // the days before the one that never was
	}
	if days > lastSerial {
		return 0, 0, serialError(digits, ErrSerialRange)
	}
	return days, time.Duration(ms) * time.Millisecond, nil
}

// SerialTimeOfDay turns the digits of a fraction of a day, from 0 up to but not including 1, into the
// time since midnight, rounded half up to the millisecond; so it can be 24 hours. A serial of 1 or
// more is ErrSerialRange.
func SerialTimeOfDay(digits []byte) (time.Duration, error) {
	days, ms, err := splitSerial(digits)
	if err != nil {
		return 0, err
	}
	if days != 0 {
		return 0, serialError(digits, ErrSerialRange)
	}
	return time.Duration(ms) * time.Millisecond, nil
}

func serialError(digits []byte, err error) error {
	return fmt.Errorf("%.40q: %w", digits, err)
}

// splitSerial divides a serial into whole days and the milliseconds after them, which rounding can
// make a whole day.
func splitSerial(digits []byte) (days, ms int, err error) {
	d, ok := parseDecimal(digits)
	if !ok {
		return 0, 0, serialError(digits, ErrSerialNumber)
	}
	if d.negative {
		return 0, 0, serialError(digits, ErrSerialRange)
	}
	point := len(d.whole) + d.exponent
	for i := range max(point, 0) {
		if days = days*10 + d.digit(i); days > lastSerial {
			return 0, 0, serialError(digits, ErrSerialRange)
		}
	}
	return days, d.milliseconds(point), nil
}

// decimal is a number taken apart: whole.fraction × 10^exponent.
type decimal struct {
	negative        bool
	whole, fraction []byte
	exponent        int
}

// maxExponent is beyond any number Excel stores.
const maxExponent = 9999

// parseDecimal reads an optional sign, digits with or without a point, and an optional exponent.
func parseDecimal(b []byte) (decimal, bool) {
	var d decimal
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		d.negative = b[0] == '-'
		b = b[1:]
	}
	n := digitCount(b)
	d.whole, b = b[:n], b[n:]
	if len(b) > 0 && b[0] == '.' {
		n = digitCount(b[1:])
		d.fraction, b = b[1:1+n], b[1+n:]
	}
	if len(d.whole)+len(d.fraction) == 0 {
		return decimal{}, false
	}
	if len(b) == 0 {
		return d, true
	}
	var ok bool
	d.exponent, ok = parseExponent(b)
	return d, ok
}

// parseExponent reads e or E, an optional sign and digits to the end of b.
func parseExponent(b []byte) (int, bool) {
	if b[0] != 'e' && b[0] != 'E' {
		return 0, false
	}
	b = b[1:]
	sign := 1
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		if b[0] == '-' {
			sign = -1
		}
		b = b[1:]
	}
	n, ok := parseIndex(b)
	return sign * n, ok && n <= maxExponent
}

func digitCount(b []byte) int {
	n := 0
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		n++
	}
	return n
}

// digit is the digit at i, counted from the first of whole; beyond the last all are 0.
func (d *decimal) digit(i int) int {
	if i < len(d.whole) {
		return int(d.whole[i] - '0')
	}
	if i -= len(d.whole); i < len(d.fraction) {
		return int(d.fraction[i] - '0')
	}
	return 0
}

// milliseconds multiplies the part of a number after its point (at digit point) by the milliseconds
// of a day and rounds half up. It multiplies by hand from the last digit on: what is carried over the
// point is the result, and the first digit after the point alone says which way to round.
func (d *decimal) milliseconds(point int) int {
	carry, first := 0, 0
	for i := len(d.whole) + len(d.fraction) - 1; i >= max(point, 0); i-- {
		product := d.digit(i)*msPerDay + carry
		carry, first = product/10, product%10
	}
	for range max(-point, 0) {
		carry, first = carry/10, carry%10
	}
	if first >= 5 {
		carry++
	}
	return carry
}
