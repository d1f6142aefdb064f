package ingest

import (
	"errors"
	"fmt"
	"time"

	"tenderbatch/internal/ingest/xlsx"
	"tenderbatch/internal/tender"
)

// received reads the time of receipt; zero if it cannot be read.
func (s *sheet) received() time.Time {
	t, given := s.moment(receivedAt)
	if given == blank {
		c := colReceived
		if s.layout.has(colReceivedDate) {
			c = colReceivedDate
		}
		s.reject(c, &finding{ruleMissingTime, "the time of receipt is missing", "ask the depositary when the tender was received"})
	}
	return t
}

// withdrawal reads the time of withdrawal and holds it against the status.
func (s *sheet) withdrawal(in *tender.Instruction) {
	t, given := s.moment(withdrawnAt)
	if given != present {
		return
	}
	c := colWithdrawn
	if s.layout.has(colWithdrawnDate) {
		c = colWithdrawnDate
	}
	switch {
	case !s.layout.has(colStatus):
		in.Status = tender.Withdrawn // there is no other word for it in the file
	case in.Status == tender.Tendered, in.Status == tender.Pending:
		s.reject(c, &finding{ruleContradiction, fmt.Sprintf("there is a time of withdrawal, but the status is %s", in.Status),
			"ask the depositary whether the tender was withdrawn"})
	}
	if !in.Received.IsZero() && t.Before(in.Received) {
		s.reject(c, &finding{ruleContradiction, "the withdrawal is earlier than the tender", "ask the depositary for the times"})
	}
	if in.Status == tender.Withdrawn {
		in.WithdrawnAt = t
	}
}

// cover reads when notes promised by guaranteed delivery came.
func (s *sheet) cover(in *tender.Instruction) {
	t, given := s.moment(coveredAt)
	if given != present || in.Delivery != tender.GuaranteedDelivery {
		return
	}
	if !in.Received.IsZero() && t.Before(in.Received) {
		s.reject(colCovered, &finding{ruleContradiction, "the delivery is earlier than the tender", "ask the depositary for the times"})
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

// moment reads a time from its one column or its two, in the depositary's zone,
// and shows it in the offer's. What is wrong with it is rejected.
func (s *sheet) moment(m moment) (time.Time, presence) {
	c := m.whole
	read := s.stamp
	if s.layout.has(m.date) {
		c, read = m.date, func(column) (stamp, presence) { return s.joinedStamp(m) }
	}
	st, given := read(c)
	if given != present {
		return time.Time{}, given
	}
	t, wrong := st.moment(s.zone)
	if wrong == nil {
		wrong = s.implausible(t)
	}
	if wrong != nil {
		s.reject(c, wrong)
		return time.Time{}, unusable
	}
	return t.In(s.offer.Zone), present
}

// implausible says why a time cannot belong to the offer.
func (s *sheet) implausible(t time.Time) *finding {
	o := s.offer
	launch := time.Date(o.Launch.Year, o.Launch.Month, o.Launch.Day, 0, 0, 0, 0, o.Zone)
	switch {
	case !o.Launch.IsZero() && t.Before(launch):
		return &finding{ruleImplausible, fmt.Sprintf("the time is before the offer was launched on %s", o.Launch), "ask the depositary for the time"}
	case !o.Expiration.IsZero() && t.After(o.Expiration.At.AddDate(1, 0, 0)):
		return &finding{ruleImplausible, "the time is more than a year after the Expiration Date", "ask the depositary for the time"}
	}
	return nil
}

// stamp reads what one cell says of a time.
func (s *sheet) stamp(c column) (stamp, presence) {
	text, ok := s.text(c)
	switch {
	case !ok:
		return stamp{}, unusable
	case text == "":
		return stamp{}, blank
	}
	st, wrong := s.readStamp(s.cells[c], text)
	if wrong != nil {
		s.reject(c, wrong)
		return stamp{}, unusable
	}
	return st, present
}

func (s *sheet) readStamp(cell *xlsx.Cell, text string) (stamp, *finding) {
	if cell.Kind == xlsx.Text {
		return textStamp(text)
	}
	if cell.Format == xlsx.Percent {
		return stamp{}, &finding{ruleTime, "the cell is formatted as a percentage", "format the column as date and time"}
	}
	return numberStamp(text, s.date1904)
}

// numberStamp reads a spreadsheet's serial, to the millisecond: whole days are a
// date, a fraction of a day is a time of day.
func numberStamp(digits string, date1904 bool) (stamp, *finding) {
	unreadable := &finding{ruleTime, "the number is no date and time", "format the column as date and time"}
	n, ok := parseNumber(digits)
	if !ok {
		return stamp{}, unreadable
	}
	t, err := xlsx.SerialTime([]byte(digits), date1904)
	if errors.Is(err, xlsx.ErrTimeOfDay) {
		clock, err := xlsx.SerialTimeOfDay([]byte(digits))
		if err != nil {
			return stamp{}, unreadable
		}
		return stamp{hasClock: true, clock: clock}, nil
	}
	if err != nil {
		if errors.Is(err, xlsx.ErrNoSuchDay) {
			unreadable.message = "the number stands for 29 February 1900, a day that never was"
		}
		return stamp{}, unreadable
	}
	date := tender.DateOf(t)
	return stamp{date: date, hasClock: n.exp < 0, clock: t.Sub(date.Time())}, nil
}

// joinedStamp puts a date and a time of day together. Where a cell says more
// than its part, both must say the same.
func (s *sheet) joinedStamp(m moment) (stamp, presence) {
	date, hasDate := s.stamp(m.date)
	clock, hasClock := s.stamp(m.clock)
	switch {
	case hasDate == unusable || hasClock == unusable:
		return stamp{}, unusable
	case hasDate == blank && hasClock == blank:
		return stamp{}, blank
	case hasDate == blank:
		return clock, present
	case hasClock == blank:
		return date, present
	}
	differ := date.hasClock && date.clock != clock.clock ||
		!clock.date.IsZero() && clock.date != date.date ||
		date.zone.text != "" && clock.zone.text != "" && date.zone.text != clock.zone.text
	if differ {
		s.reject(m.clock, &finding{ruleTime, "the date and the time column contradict each other", "ask the depositary for date and time"})
		return stamp{}, unusable
	}
	joined := stamp{date: date.date, hasClock: clock.hasClock, clock: clock.clock, zone: clock.zone}
	if joined.zone.text == "" {
		joined.zone = date.zone
	}
	return joined, present
}
