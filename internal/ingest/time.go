package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"tenderbatch/internal/display"
	"tenderbatch/internal/headings"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// received reads the time of receipt; zero if it cannot be read.
func (r *rowReader) received() time.Time {
	t, given := r.instant(headings.ReceivedAt)
	if given == blank {
		c := r.layout.headings.First(headings.ReceivedAt)
		r.reject(c, values.NewFault(tender.RuleMissingTime, "the time of receipt is missing"+r.holdsNothing(c),
			"ask the depositary when the tender was received"))
	}
	return t
}

// withdrawal reads whether and when a tender was withdrawn.
func (r *rowReader) withdrawal(in *tender.Instruction) {
	withdrawn, answered := r.answered(in, headings.ColWithdrawn)
	given := blank
	switch {
	case !answered:
		given = r.withdrawalTime(in)
	case withdrawn:
		given = present
	}
	r.isWithdrawn(in, given)
}

// withdrawalTime reads the time of withdrawal and compares it with the status.
func (r *rowReader) withdrawalTime(in *tender.Instruction) presence {
	t, given := r.instant(headings.WithdrawnAt)
	if given != present {
		return given
	}
	c := r.layout.headings.First(headings.WithdrawnAt)
	switch {
	case !r.layout.headings.Has(headings.ColStatus):
		in.Status = tender.Withdrawn // there is no other word for it in the file
	case in.Status == tender.Tendered, in.Status == tender.Pending:
		r.reject(c, values.NewFault(tender.RuleContradiction,
			fmt.Sprintf("there is a time of withdrawal, but the status is %s", in.Status),
			"ask the depositary whether the tender was withdrawn"))
	}
	if !in.Received.IsZero() && t.Before(in.Received) {
		r.reject(c, values.NewFault(tender.RuleContradiction, "the withdrawal is earlier than the tender",
			"ask the depositary for the times"))
	}
	if in.Status == tender.Withdrawn {
		in.WithdrawnAt = t
	}
	return given
}

// cover reads when notes promised by guaranteed delivery came.
func (r *rowReader) cover(in *tender.Instruction) {
	t, given := r.instant(headings.CoveredAt)
	if given != present || in.Delivery != tender.GuaranteedDelivery {
		return
	}
	if !in.Received.IsZero() && t.Before(in.Received) {
		r.reject(headings.ColCovered, values.NewFault(tender.RuleContradiction,
			"the delivery is earlier than the tender", "ask the depositary for the times"))
	}
	in.CoveredAt = t
}

// presence says whether a cell gave a value.
type presence int

const (
	blank presence = iota
	unusable
	present
)

// instant reads a time from its one column or its two, in the depositary's zone,
// and shows it in the offer's. What is wrong with it is rejected.
func (r *rowReader) instant(m headings.TimeParts) (time.Time, presence) {
	c := r.layout.headings.First(m)
	var st values.Stamp
	var given presence
	if c == m.Date {
		st, given = r.joinedStamp(m)
	} else {
		st, given = r.stamp(c)
	}
	if given != present {
		return time.Time{}, given
	}
	t, wrong := r.clock.instant(st)
	if wrong == nil {
		wrong = r.clock.implausible(t)
	}
	if wrong != nil {
		r.reject(c, wrong)
		return time.Time{}, unusable
	}
	return t.In(r.terms.offer.Zone), present
}

// clock turns what is in cells into instants, for one depositary.
type clock struct {
	zone             *time.Location
	dates            tender.DateFormat
	near             values.DateRange // for years of two digits
	earliest, latest time.Time        // outside which no time can belong to the offer; zero: no bound
	launch           tender.Date
	date1904         bool // the workbook counts days from 1904

	days [64]clockDay // those asked for last

	serial     int // a day of a spreadsheet, 0 for none, which is the date serialDate
	serialDate tender.Date
}

// clockDay is a day; it is regular if one offset from UTC is in force all through
// it and around it.
type clockDay struct {
	date    tender.Date
	start   time.Time // midnight, if it is regular
	regular bool
}

func newClock(o *tender.Offer, d tender.Depositary) *clock {
	c := &clock{zone: d.Zone, dates: d.Dates, launch: o.Launch}
	if c.zone == nil {
		c.zone = o.Zone
	}
	if !o.Launch.IsZero() {
		c.earliest = time.Date(o.Launch.Year, o.Launch.Month, o.Launch.Day, 0, 0, 0, 0, o.Zone)
	}
	if !o.Expiration.IsZero() {
		c.latest = o.Expiration.At.AddDate(1, 0, 0)
		c.near = values.DateRange{First: o.Launch, Last: tender.DateOf(lastOf(o).AddDate(0, 0, daysAfter))}
	}
	return c
}

// daysAfter is for how many days after its last date an offer's times are written down.
const daysAfter = 31

// lastOf is the last date of an offer.
func lastOf(o *tender.Offer) time.Time {
	last := o.Expiration.At
	for _, t := range []time.Time{o.Guaranteed.Deadline.At, o.Settlement.Final.Time(), o.Guaranteed.Settlement.Time()} {
		if t.After(last) {
			last = t
		}
	}
	return last
}

// instant is the instant of a stamp. On a day without a change of the clocks, that
// takes no more than a subtraction.
func (c *clock) instant(st values.Stamp) (time.Time, *values.Fault) {
	if st.Date.IsZero() || !st.HasClock || st.Zone.Location != nil {
		return st.Instant(c.zone)
	}
	day := &c.days[uint(int(st.Date.Month)*31+st.Date.Day)%uint(len(c.days))]
	if day.date != st.Date {
		*day = clockDay{date: st.Date}
		if tender.DateOf(st.Date.Time()) == st.Date {
			offset, regular := regularOffset(st.Date, c.zone)
			day.start, day.regular = st.Date.Time().Add(-offset), regular
		}
	}
	if !day.regular {
		return st.Instant(c.zone)
	}
	return day.start.Add(st.Clock), nil
}

// regularOffset is the offset from UTC in a zone, if it is the same from two days
// before a date to two days after it.
func regularOffset(date tender.Date, zone *time.Location) (time.Duration, bool) {
	const around = 48 * time.Hour
	noon := date.Time().Add(12 * time.Hour).In(zone)
	from, to := noon.ZoneBounds()
	if (!from.IsZero() && noon.Sub(from) < around) || (!to.IsZero() && to.Sub(noon) < around) {
		return 0, false
	}
	_, seconds := noon.Zone()
	return time.Duration(seconds) * time.Second, true
}

// implausible says why a time cannot belong to the offer.
func (c *clock) implausible(t time.Time) *values.Fault {
	switch {
	case !c.earliest.IsZero() && t.Before(c.earliest):
		return values.NewFault(tender.RuleImplausible,
			fmt.Sprintf("the time is before the offer was launched on %s", c.launch), "ask the depositary for the time")
	case !c.latest.IsZero() && t.After(c.latest):
		return values.NewFault(tender.RuleImplausible, "the time is more than a year after the Expiration Date",
			"ask the depositary for the time")
	}
	return nil
}

// stamp reads what one cell says of a time.
func (r *rowReader) stamp(c headings.Column) (values.Stamp, presence) {
	text, ok := r.text(c)
	switch {
	case !ok:
		return values.Stamp{}, unusable
	case len(text) == 0:
		return values.Stamp{}, blank
	}
	st, wrong := r.clock.readStamp(r.cells[c], text)
	r.totals.exchanged[c].add(r.cells[c], text, st, len(r.lines.states)-1)
	if wrong != nil {
		r.reject(c, r.noAnswer(c, text, wrong))
		return values.Stamp{}, unusable
	}
	return st, present
}

func (c *clock) readStamp(cell *xlsx.Cell, text []byte) (values.Stamp, *values.Fault) {
	if cell.Format == xlsx.ISODate {
		return c.wallStamp(text)
	}
	if cell.Kind == xlsx.Text {
		if st, ok := values.IsoStamp(text); ok {
			return st, nil
		}
		return values.TextStamp(string(text), c.dates, c.near)
	}
	if cell.Format == xlsx.Percent {
		return values.Stamp{}, values.NewFault(tender.RuleTime, "the cell is formatted as a percentage",
			"format the column as date and time")
	}
	return c.numberStamp(text)
}

// wallStamp reads a cell of type d. It holds wall time, as the sheet shows it; a Z after it
// is a habit of programs and no zone, and what another zone means there is not known.
func (c *clock) wallStamp(text []byte) (values.Stamp, *values.Fault) {
	text = bytes.TrimSuffix(text, []byte("Z"))
	if st, ok := values.IsoStamp(text); ok {
		return st, nil
	}
	st, wrong := values.TextStamp(string(text), c.dates, c.near)
	if wrong == nil && st.Zone.Text != "" {
		return values.Stamp{}, values.NewFault(tender.RuleTime,
			fmt.Sprintf("the date cell holds the zone %s, which a spreadsheet does not show",
				display.Quote(st.Zone.Text)),
			"ask the depositary for the time as text with its zone, or for a date cell without one")
	}
	return st, wrong
}

// numberStamp reads a spreadsheet's serial, to the millisecond: whole days are a
// date, a fraction of a day is a time of day.
func (c *clock) numberStamp(digits []byte) (values.Stamp, *values.Fault) {
	day, clock, err := xlsx.SerialDay(digits, c.date1904)
	switch {
	case err == nil:
		if c.serial != day {
			c.serial, c.serialDate = day, tender.DateOf(xlsx.DayTime(day))
		}
		return values.Stamp{Date: c.serialDate, HasClock: hasFraction(digits), Clock: clock}, nil
	case errors.Is(err, xlsx.ErrTimeOfDay):
		if clock, err := xlsx.SerialTimeOfDay(digits); err == nil {
			return values.Stamp{HasClock: true, Clock: clock}, nil
		}
	case len(digits) == len("20041112") &&
		values.IsDigits(string(digits)): // too many days for a sheet, so it is a date in digits
		if st, wrong := values.TextStamp(string(digits), "", values.DateRange{}); wrong == nil && st.Date.Year >= 1900 {
			return st, nil
		}
	case errors.Is(err, xlsx.ErrNoSuchDay):
		return values.Stamp{}, values.NewFault(tender.RuleTime,
			"the number is 29 February 1900, a day that does not exist", "format the column as date and time")
	}
	return values.Stamp{}, values.NewFault(tender.RuleTime, "the number is not a date and time",
		"format the column as date and time")
}

// hasFraction reports whether a number is not whole.
func hasFraction(digits []byte) bool {
	if !bytes.ContainsAny(digits, "eE") {
		i := bytes.IndexByte(digits, '.')
		return i >= 0 && len(bytes.Trim(digits[i+1:], "0")) > 0
	}
	n, ok := values.ParseNumber(string(digits))
	return ok && n.Exp < 0
}

// zeroDays are the days from which spreadsheets, databases and programs count. In a column of
// times of day such a date says nothing.
var zeroDays = map[tender.Date]bool{
	{Year: 1899, Month: time.December, Day: 30}: true, values.ZeroDay: true,
	{Year: 1900, Month: time.January, Day: 1}: true, {Year: 1904, Month: time.January, Day: 1}: true,
	{Year: 1970, Month: time.January, Day: 1}: true, {Year: 1, Month: time.January, Day: 1}: true,
}

// joinedStamp puts a date and a time of day together. Where a cell says more
// than its part, both must say the same.
func (r *rowReader) joinedStamp(m headings.TimeParts) (values.Stamp, presence) {
	date, hasDate := r.stamp(m.Date)
	clock, hasClock := r.stamp(m.Clock)
	if zeroDays[clock.Date] {
		clock.Date = tender.Date{} // where a program has to write a date beside a time of day
	}
	if date.Clock == 0 && date.Zone.Text == "" {
		date.HasClock = false // the same the other way round
	}
	switch {
	case hasDate == unusable || hasClock == unusable:
		return values.Stamp{}, unusable
	case hasDate == blank && hasClock == blank:
		return values.Stamp{}, blank
	case hasDate == blank:
		return clock, present
	case hasClock == blank:
		return date, present
	}
	differ := (date.HasClock && date.Clock != clock.Clock) ||
		(!clock.Date.IsZero() && clock.Date != date.Date) ||
		(date.Zone.Text != "" && clock.Zone.Text != "" && date.Zone.Text != clock.Zone.Text)
	if differ {
		r.reject(m.Clock, values.NewFault(tender.RuleTime, "the date and the time column contradict each other",
			"ask the depositary for date and time"))
		return values.Stamp{}, unusable
	}
	joined := values.Stamp{Date: date.Date, HasClock: clock.HasClock, Clock: clock.Clock, Zone: clock.Zone}
	if joined.Zone.Text == "" {
		joined.Zone = date.Zone
	}
	return joined, present
}
