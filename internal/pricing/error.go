package pricing

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// ErrorKind says what is wrong with the terms from which a price is to be computed.
type ErrorKind string

// The kinds.
const (
	Missing       ErrorKind = "missing"       // a value that is needed is not given
	Unknown       ErrorKind = "unknown"       // a value is none of those that the program knows
	Contradiction ErrorKind = "contradiction" // two values exclude each other
	OutOfRange    ErrorKind = "out of range"  // a number or a date is outside what can be priced
	NoSolution    ErrorKind = "no solution"   // no yield gives the price
)

// Error is why there is no price: which value is at fault, and what to do.
type Error struct {
	Kind    ErrorKind
	Key     string // of the value in offer.yaml, such as par_call
	Problem string
	Advice  string
}

// Error is the problem and the advice in one line.
func (e *Error) Error() string { return e.Key + ": " + e.Problem + "; " + e.Advice }

// fault is the error of a value.
func fault(kind ErrorKind, key, advice, problem string, operands ...any) error {
	return &Error{Kind: kind, Key: key, Problem: fmt.Sprintf(problem, operands...), Advice: advice}
}

// first is the first error, if there is one.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// known is an error for a value that is not in a closed set. To price it as one of them would be a guess.
func known[T ~string | ~int](key string, value T, all ...T) error {
	var none T
	switch {
	case slices.Contains(all, value):
		return nil
	case value == none:
		return fault(Missing, key, fmt.Sprintf("state one of %v", all), "it is not given")
	}
	return fault(Unknown, key, fmt.Sprintf("state one of %v", all), "%v is not known", value)
}

// mostPlaces is how many decimals a number of the terms may have.
const mostPlaces = 12

// between is an error for a number outside a range or with too many digits. It looks at the
// exponent first, as comparing 1e1000000000 would take all memory.
func between(key string, d decimal.Decimal, low, high int64) error {
	const advice = "correct the number"
	e := d.Exponent()
	if e < -mostPlaces || e > mostPlaces || d.Coefficient().BitLen() > 128 {
		return fault(OutOfRange, key, advice, "the number has more than %d decimals or too many digits", mostPlaces)
	}
	if d.LessThan(decimal.NewFromInt(low)) || d.GreaterThan(decimal.NewFromInt(high)) {
		return fault(OutOfRange, key, advice, "%s is outside %d to %d", d, low, high)
	}
	return nil
}

// mostDecimals is how many decimals a result can be rounded to.
const mostDecimals = 8

// decimalsGiven is an error for a number of decimals that is not given or cannot be computed.
func decimalsGiven(key string, decimals int32) error {
	switch {
	case decimals == 0:
		return fault(Missing, key, fmt.Sprintf("state 1 to %d decimals", mostDecimals), "it is not given")
	case decimals < 0 || decimals > mostDecimals:
		return fault(OutOfRange, key, fmt.Sprintf("state 1 to %d decimals", mostDecimals), "%d decimals", decimals)
	}
	return nil
}

// dateGiven is an error for a date that is not given or not in the calendar.
func dateGiven(key string, d tender.Date) error {
	if d.IsZero() {
		return fault(Missing, key, "state the date", "it is not given")
	}
	if _, err := tender.ParseDate(d.String()); err != nil {
		return fault(OutOfRange, key, "correct the date", "%s is not in the calendar of the years 1900 to 2999", d)
	}
	return nil
}

// dateIfGiven is dateGiven for a date that may be left out.
func dateIfGiven(key string, d tender.Date) error {
	if d.IsZero() {
		return nil
	}
	return dateGiven(key, d)
}
