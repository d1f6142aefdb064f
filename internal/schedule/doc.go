// Package schedule tells when an offer's regular runs are due. It reads cron
// expressions with robfig/cron's parser and adds what an unattended run needs:
// an expression is in the offer's own zone and never names one, and one that
// never fires is an error.
//
// The package reads no clock: every function is told the time.
package schedule
