package tender

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"
)

// known is an error that names a value of the terms or of a report that is none
// of those the program knows. To count it as one of them would be a guess.
func known[T ~string](what string, value T, all ...T) error {
	if slices.Contains(all, value) {
		return nil
	}
	// A copy: what is only looked at stays off the heap, a million times.
	return fmt.Errorf("%s: %q is not known; it is one of %q", what, string(value), slices.Clone(all))
}

// Check is an error for a window in which nothing can be accepted.
func (w Window) Check() error { return known("window", w, Windows[:]...) }

// Check is an error for a status or a delivery that is not known.
func (in *Instruction) Check() error {
	err := known("status", in.Status, Tendered, Pending, Withdrawn, Rejected)
	if err == nil {
		err = in.Delivery.Check()
	}
	if err != nil {
		return fmt.Errorf("instruction %s: %w", in.ID, err)
	}
	return nil
}

// Check is an error for a delivery that is not known.
func (d Delivery) Check() error {
	if d == BookEntry {
		return nil // as nearly all
	}
	return known("delivery", d, BookEntry, GuaranteedDelivery)
}

// Check is an error for a disposition that is not known.
func (r *Finding) Check() error {
	if err := known("disposition", r.Disposition, LineRejected, LineNotCounted, LineRemarked); err != nil {
		return fmt.Errorf("%s, row %d, %s: %w", r.Source.File, r.Source.Row, r.Rule, err)
	}
	return nil
}

// CheckDates is an error for a cut-off whose boundary is not known.
func (o *Offer) CheckDates() error {
	for _, c := range []struct {
		name string
		at   CutOff
	}{
		{"dates.early_tender", o.Early}, {"dates.expiration", o.Expiration},
		{"dates.guaranteed_delivery", o.Guaranteed.Deadline},
		{"withdrawal.early", o.Withdrawal.Early}, {"withdrawal.late", o.Withdrawal.Late},
	} {
		if c.at.IsZero() {
			continue
		}
		if err := known(c.name+": boundary", c.at.Boundary, Before, AtOrBefore); err != nil {
			return err
		}
	}
	return nil
}

// CheckAcceptance is an error for a rule of acceptance or a measure of a cap that
// is not known, for an announced factor that is no share of the whole, for a level
// below 1 (R7 to R11), and for pools and auctions that cannot be held.
func (o *Offer) CheckAcceptance() error {
	a := o.Acceptance
	for _, err := range []error{
		known("acceptance.order", a.Order, OrderPriority, OrderEarlyFirst),
		known("acceptance.shortfall", a.Shortfall, Prorate, AllOrNoneSkip, AllOrNoneStop),
		known("acceptance.factor", a.Factor, FactorMaximal, FactorRatio, FactorGiven),
		known("acceptance.below_minimum", a.BelowMinimum, RejectPiece, ToMinimum, DownTo, UpTo, Whole),
		known("acceptance.returned_below_minimum", a.ReturnedBelowMinimum, RejectPiece, TakeWhole, Adjust, Keep),
	} {
		if err != nil {
			return err
		}
	}
	if a.Factor == FactorGiven && (a.Given.Sign() <= 0 || a.Given.GreaterThan(decimal.NewFromInt(1))) {
		return fmt.Errorf("acceptance.factor: %s is not a share of the whole; it is above 0 and at most 1", a.Given)
	}
	for _, s := range o.Series {
		if s.Priority < 0 {
			return fmt.Errorf("series %s: there is no level %d; the first is 1", s.ID, s.Priority)
		}
	}
	for _, c := range o.Caps {
		err := known("cap "+c.Name+": measure", c.Measure, MeasurePrincipal, MeasurePurchasePrice, MeasureWithAccrued)
		if err != nil {
			return err
		}
	}
	if err := o.checkPools(); err != nil {
		return err
	}
	return o.checkAuctions()
}

// Check is an error for a day count that is not known. A series on which nothing
// accrues may have none.
func (i Interest) Check() error {
	if i.DayCount == "" && i.Coupon.IsZero() && len(i.Steps) == 0 {
		return nil
	}
	return known("day count", i.DayCount, Thirty360, ActActICMA, Act360, Act365F)
}

// Check is an error for a way to read reports that is not known.
func (d *Depositary) Check() error {
	err := known("encoding", d.Encoding, "", UTF8, Windows1252)
	if err == nil {
		err = known("formulas", d.Formulas, "", RejectFormulas, StoredFormulas)
	}
	if err == nil {
		err = known("date_format", d.Dates, "", DayFirst, MonthFirst)
	}
	for code, status := range d.Statuses {
		if err == nil {
			err = known("statuses: "+code, status, Tendered, Pending, Withdrawn, Rejected)
		}
	}
	if err != nil {
		return fmt.Errorf("depositary %s: %w", d.Name, err)
	}
	return nil
}
