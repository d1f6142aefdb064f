package tender

import (
	"math/big"
	"strings"

	"github.com/shopspring/decimal"
)

// PerThousand is the principal to which every price and every coupon payment of
// an offer refers.
const PerThousand = 1000

// The currencies of ISO 4217 that a note or a cap can be in, by the number of
// decimals of their minor unit.
const (
	currencies2 = " AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD " +
		"CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF " +
		"IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN " +
		"MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD " +
		"SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG "
	currencies0 = " BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF "
	currencies3 = " BHD IQD JOD KWD LYD OMR TND "
)

// MinorUnits returns how many decimals the minor unit of a currency has (two
// for the dollar's cent, none for the yen) and whether the code is one of ISO
// 4217's currencies.
func MinorUnits(currency string) (decimals int32, known bool) {
	decimals, known = minorUnits[currency]
	return decimals, known
}

// minorUnits are the decimals of each currency.
var minorUnits = func() map[string]int32 {
	all := make(map[string]int32)
	for decimals, codes := range map[int32]string{0: currencies0, 2: currencies2, 3: currencies3} {
		for code := range strings.FieldsSeq(codes) {
			all[code] = decimals
		}
	}
	return all
}()

// RoundHalfUp returns num/den rounded once to the minor unit of the currency,
// a half away from zero (R13). den must be positive; an unknown currency has
// two decimals.
func RoundHalfUp(num, den *big.Int, currency string) decimal.Decimal {
	places, known := MinorUnits(currency)
	if !known {
		places = 2
	}
	scaled := new(big.Int).Mul(num, pow10(places))
	twice := scaled.Lsh(scaled, 1)
	if twice.Sign() < 0 {
		twice.Sub(twice, den)
	} else {
		twice.Add(twice, den)
	}
	return decimal.NewFromBigInt(twice.Quo(twice, new(big.Int).Lsh(den, 1)), -places)
}

func pow10(n int32) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}
