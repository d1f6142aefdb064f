package pricing_test

import (
	"math/big"
	"time"

	"tenderbatch/internal/pricing"
	"tenderbatch/internal/tender"
)

// The naive price is written from the text of the rules, on its own: dates by walking back month by
// month, powers by exp and log to 400 bits, no intervals.

const naiveBits = 400

func float(r *big.Rat) *big.Float { return new(big.Float).SetPrec(naiveBits).SetRat(r) }

func floatInt(n int64) *big.Float { return new(big.Float).SetPrec(naiveBits).SetInt64(n) }

func product(a, b *big.Float) *big.Float { return new(big.Float).SetPrec(naiveBits).Mul(a, b) }
func quotient(a, b *big.Float) *big.Float {
	return new(big.Float).SetPrec(naiveBits).Quo(a, b)
}
func sum(a, b *big.Float) *big.Float        { return new(big.Float).SetPrec(naiveBits).Add(a, b) }
func difference(a, b *big.Float) *big.Float { return new(big.Float).SetPrec(naiveBits).Sub(a, b) }

// logarithm is 2 artanh((x-1)/(x+1)).
func logarithm(x *big.Float) *big.Float {
	z := quotient(difference(x, floatInt(1)), sum(x, floatInt(1)))
	square, power, total := product(z, z), z, floatInt(0)
	for n := int64(1); n < 2400; n += 2 {
		total = sum(total, quotient(power, floatInt(n)))
		power = product(power, square)
		if power.Sign() == 0 || power.MantExp(nil) < -naiveBits {
			break
		}
	}
	return product(floatInt(2), total)
}

func exponential(x *big.Float) *big.Float {
	term, total := floatInt(1), floatInt(1)
	for n := int64(1); n < 2000; n++ {
		term = quotient(product(term, x), floatInt(n))
		total = sum(total, term)
		if term.Sign() == 0 || term.MantExp(nil) < -naiveBits {
			break
		}
	}
	return total
}

func naiveLast(t time.Time) int {
	return time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// naiveDates are the regular interest dates from the maturity back to one on or before a day.
func naiveDates(n pricing.Note, until time.Time) []time.Time {
	end := n.Maturity.Time()
	last := !n.FixedDay && end.Day() == naiveLast(end)
	dates := []time.Time{end}
	month := time.Date(end.Year(), end.Month(), 1, 0, 0, 0, 0, time.UTC)
	for dates[len(dates)-1].After(until) {
		for range 12 / n.Frequency {
			month = month.AddDate(0, -1, 0)
		}
		day := end.Day()
		if most := naiveLast(month); last || day > most {
			day = most
		}
		dates = append(dates, month.AddDate(0, 0, day-1))
	}
	return dates
}

func naiveDays(n pricing.Note, from, to time.Time) int64 {
	if n.DayCount == tender.ActActICMA {
		return int64(to.Sub(from).Hours() / 24)
	}
	d1, d2 := from.Day(), to.Day()
	endOfMonth := !n.FixedDay && n.Maturity.Day == naiveLast(n.Maturity.Time())
	february := func(t time.Time) bool { return t.Month() == time.February && t.Day() == naiveLast(t) }
	if endOfMonth && february(from) {
		if february(to) {
			d2 = 30
		}
		d1 = 30
	}
	if d1 >= 30 && d2 == 31 {
		d2 = 30
	}
	d1 = min(d1, 30)
	return int64((to.Year()*12+int(to.Month())-from.Year()*12-int(from.Month()))*30 + d2 - d1)
}

// naivePlace is the time of a day in periods before the maturity: counted along the dates.
func naivePlace(n pricing.Note, day time.Time) *big.Rat {
	dates := naiveDates(n, day)
	if len(dates) == 1 {
		return new(big.Rat)
	}
	start, end := dates[len(dates)-1], dates[len(dates)-2]
	of := int64(360 / n.Frequency)
	if n.DayCount == tender.ActActICMA {
		of = naiveDays(n, start, end)
	}
	return new(big.Rat).Sub(big.NewRat(int64(len(dates)-1), 1), big.NewRat(naiveDays(n, start, day), of))
}

// naiveYears is the time over which interest accrues.
func naiveYears(n pricing.Note, from, to time.Time) *big.Rat {
	if n.DayCount == tender.ActActICMA {
		periods := new(big.Rat).Sub(naivePlace(n, from), naivePlace(n, to))
		return periods.Quo(periods, big.NewRat(int64(n.Frequency), 1))
	}
	return big.NewRat(naiveDays(n, from, to), 360)
}

func naiveCoupon(n pricing.Note, day time.Time) *big.Rat {
	coupon := n.Coupon
	for _, s := range n.Steps {
		if !s.From.Time().After(day) {
			coupon = s.Coupon
		}
	}
	return coupon.Rat()
}

// naiveInterest on a principal of 1, at one coupon: the random steps are on interest dates.
func naiveInterest(n pricing.Note, from, to time.Time, whole bool) *big.Rat {
	years := naiveYears(n, from, to)
	if whole {
		years = big.NewRat(1, int64(n.Frequency))
	}
	return years.Mul(years, new(big.Rat).Quo(naiveCoupon(n, from), big.NewRat(100, 1)))
}

// naivePrice is the price without accrued interest per 1 of principal.
func naivePrice(n pricing.Note, settlement, horizon tender.Date, final tender.FinalPeriod, yield *big.Rat) *big.Float {
	now, end := settlement.Time(), horizon.Time()
	regular := naiveDates(n, now)
	from := regular[len(regular)-1]
	running := naivePlace(n, now)
	var paid []time.Time
	for i := len(regular) - 2; i >= 0 && regular[i].Before(end); i-- {
		if !regular[i].Before(n.FirstPayment.Time()) {
			paid = append(paid, regular[i])
		}
	}
	if settlement.Before(n.FirstPayment) {
		from = n.LastPaid.Time()
	}
	paid = append(paid, end)
	simple := final == tender.Simple && !regular[len(regular)-2].Before(end)
	rate := new(big.Rat).Quo(yield, big.NewRat(int64(100*n.Frequency), 1))
	log := logarithm(float(new(big.Rat).Add(big.NewRat(1, 1), rate)))
	total := float(new(big.Rat).Neg(naiveInterest(n, from, now, false)))
	for _, day := range paid {
		amount := naiveInterest(n, from, day, naiveWhole(n, from, day))
		if day.Equal(end) {
			amount.Add(amount, big.NewRat(1, 1))
		}
		exponent := new(big.Rat).Sub(running, naivePlace(n, day))
		divisor := exponential(product(log, float(exponent)))
		if simple {
			divisor = sum(floatInt(1), float(new(big.Rat).Mul(rate, exponent)))
		}
		total = sum(total, quotient(float(amount), divisor))
		from = day
	}
	return total
}

// naiveWhole reports whether two days are neighbouring interest dates.
func naiveWhole(n pricing.Note, from, to time.Time) bool {
	dates := naiveDates(n, from)
	return len(dates) > 1 && dates[len(dates)-1].Equal(from) && dates[len(dates)-2].Equal(to)
}
