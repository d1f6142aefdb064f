package offerfile

import (
	"time"

	"tenderbatch/internal/schedule"
	"tenderbatch/internal/tender"
)

// Plan is when the offer is to be run, by the terms in all their versions.
func (t *Terms) Plan() schedule.Plan {
	plan := schedule.Plan{Zone: t.zone}
	for _, v := range t.versions {
		plan.Versions = append(plan.Versions, v.plan)
	}
	return plan
}

// planOf is what one version of the terms says on when to run, which is in force from an
// instant on. The terms have no fault.
func planOf(from time.Time, o *tender.Offer) schedule.Version {
	plan := schedule.Version{
		From: from, CatchUp: o.CatchUp, RunAfter: o.RunAfter,
		Launch: startOf(o.Launch, o.Zone, 0), End: startOf(lastPayment(o), o.Zone, 1),
	}
	if o.Schedule != "" {
		plan.Schedule, _ = schedule.Parse(o.Schedule, o.Zone)
	}
	for _, d := range []schedule.Date{
		{Kind: schedule.EarlyTender, At: o.Early.At},
		{Kind: schedule.Expiration, At: o.Expiration.At},
		{Kind: schedule.GuaranteedDelivery, At: o.Guaranteed.Deadline.At},
	} {
		if !d.At.IsZero() {
			plan.Dates = append(plan.Dates, d)
		}
	}
	return plan
}

// lastPayment is the day on which the last tenders are paid.
func lastPayment(o *tender.Offer) tender.Date {
	if o.Settlement.Final.Before(o.Guaranteed.Settlement) {
		return o.Guaranteed.Settlement
	}
	return o.Settlement.Final
}

// startOf is the start of a day some days after another, in a zone.
func startOf(d tender.Date, zone *time.Location, later int) time.Time {
	return time.Date(d.Year, d.Month, d.Day+later, 0, 0, 0, 0, zone)
}
