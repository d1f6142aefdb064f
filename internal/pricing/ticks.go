package pricing

import (
	"fmt"
	"regexp"

	"github.com/shopspring/decimal"
)

// priceForm is a price as Treasuries are quoted: whole points, 32nds, and a part of a 32nd or a plus.
var (
	priceForm   = regexp.MustCompile(`^([0-9]{1,4})-([0-9]{2})(\+| ([1-9][0-9]?)/([1-9][0-9]?))?$`)
	decimalForm = regexp.MustCompile(`^[0-9]{1,4}(\.[0-9]{1,12})?$`)
)

// ParseBidPrice reads the price of a Treasury, in percent of its principal, in points and 32nds
// (99-21, 99-21+ with half a 32nd more, 99-21 3/4 with three quarters) or as a decimal.
func ParseBidPrice(text string) (decimal.Decimal, error) {
	const advice = "write points and 32nds as 99-21, 99-21+ or 99-21 3/4, or a decimal such as 99.6796875"
	if decimalForm.MatchString(text) {
		return decimal.NewFromString(text)
	}
	form := priceForm.FindStringSubmatch(text)
	if form == nil {
		return decimal.Decimal{}, fault(Unknown, "bid_price", advice, "%q is not a price", shortened(text))
	}
	points, ticks := digits(form[1]), digits(form[2])
	part, of := int64(0), int64(1)
	switch {
	case form[3] == "+":
		part, of = 1, 2
	case form[3] != "":
		part, of = digits(form[4]), digits(form[5])
	}
	switch {
	case ticks > 31:
		return decimal.Decimal{}, fault(OutOfRange, "bid_price", advice, "%q has %d 32nds; there are at most 31", text, ticks)
	case (of != 1 && of != 2 && of != 4 && of != 8 && of != 16) || (form[3] != "" && part >= of):
		return decimal.Decimal{}, fault(OutOfRange, "bid_price", advice, "%q has %d/%d of a 32nd", text, part, of)
	}
	// 1/512 has nine decimals, so the division is exact
	all := decimal.NewFromInt((points*32+ticks)*of + part)
	return all.DivRound(decimal.NewFromInt(32*of), 9), nil
}

// digits is the number that a few digits are.
func digits(text string) (n int64) {
	for _, r := range text {
		n = 10*n + int64(r-'0')
	}
	return n
}

// shortened is a text that is not too long for a message.
func shortened(text string) string {
	const most = 40
	if r := []rune(text); len(r) > most {
		return fmt.Sprintf("%s… (%d characters)", string(r[:most]), len(r))
	}
	return text
}
