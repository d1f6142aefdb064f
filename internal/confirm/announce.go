package confirm

import (
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// Announcement is the content of the notification of an event, that of one security.
type Announcement struct {
	ID, Event string
	Auction   bool
	Security  string
	Offeror   string // in the characters of SWIFT
	Announced tender.Date
	Options   []Option // in cash; beside them there is always the one to do nothing

	Minimum, Multiple decimal.Decimal // of principal that can be tendered
}

// Option is what a holder can choose.
type Option struct {
	Number   string
	Deadline time.Time // until when a tender counts for it, in the offer's zone
	Day      tender.Date
	Percent  *decimal.Decimal // what is paid per 100 of principal; nil while it is not known
	Rate     *decimal.Decimal // the proration factor in percent; nil while it is not known
}

// Complete reports whether all prices are known.
func (a *Announcement) Complete() bool {
	for i := range a.Options {
		if a.Options[i].Percent == nil {
			return false
		}
	}
	return true
}

// Idle is the number of the option to do nothing.
func (a *Announcement) Idle() string {
	return map[int]string{1: "002", 2: "003"}[len(a.Options)]
}

// RateOf is a factor of a run, which may be a fraction, in percent; nil if it is none.
func RateOf(factor string) *decimal.Decimal { return rateOf(factor) }
