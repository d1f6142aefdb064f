// Package pricing computes the price of notes from a yield, as offers at a fixed
// spread do: reference yield plus spread, discounted to the settlement date. It is
// pure: it reads no clock and no file, and uses no floating-point number.
//
// # Price
//
// For a note that pays f times a year, with the yield Y and the coupon C as
// fractions, per 1,000 (or 100) of principal and without accrued interest:
//
//	price = sum over the payments of  payment / (1 + Y/f)^(k - S/E)  -  accrued interest
//
// k counts the payments from the settlement date on, S is the days from the last
// interest date to the settlement date, E the days of the interest period that is
// running. By 30/360 E is 360/f and S is counted in months of 30 days; by ACT/ACT
// (ICMA) both are calendar days. The exponent is k - S/E, never the days to the
// payment over E: on a 31st they differ.
//
// Payment dates are counted back from the maturity and are not moved for weekends. A
// settlement on an interest date has that interest paid, and a whole period before it.
//
// # Horizon
//
// A price is computed to the maturity or to the par call date; by the usual rule to
// the par call date if the yield is below the coupon in force, otherwise (also if they
// are equal) to the maturity. A par call date between two interest dates is paid par and the
// interest from the last of them, discounted for the whole periods and D/E of
// another. A note that begins to float is priced to that day: state it as the par
// call date, with the rule par_call.
//
// # Exactness
//
// Coupons, yields, day fractions and accrued interest are exact fractions. Only the
// power with exponent S/E can be irrational: it is computed as an interval of integers
// over a power of two, about 57 digits at first, with every step rounded outwards, so
// the true price is inside. If both ends round to the same figure, that is proven to be
// the rounded price. If not, the precision is doubled; and where all powers
// are fractions, so that the price can be exactly half a unit, it is computed as a
// fraction. Otherwise the price is irrational (powers of one base whose ratios are
// irrational are linearly independent over the fractions), so the doubling ends.
//
// Half a unit is rounded up, away from zero, once.
package pricing
