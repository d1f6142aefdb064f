package monitor

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tenderbatch/internal/notify"
	"tenderbatch/internal/pipeline"
)

// aboutChannel is a notice about a channel; "" is all of them.
func (m *Monitor) aboutChannel(channel string) notify.Event {
	if channel == "" {
		return m.about("all channels")
	}
	return m.about("channel " + channel)
}

// about is a notice about a channel or a delivery.
func (m *Monitor) about(through string) notify.Event {
	now := m.now()
	return notify.Event{Kind: notify.AboutChannel, At: now, Zone: time.UTC, Through: through, Attempt: pipeline.NewAttempt(now)}
}

// ChannelFailed sends a notice that a channel, "" for all of them, cannot be read since a time, at so many looks in a row.
// person says that this lasts until a person does something.
func (m *Monitor) ChannelFailed(channel, what string, since time.Time, looks int, person bool) {
	e := m.aboutChannel(channel)
	e.Title = "it cannot be read"
	if channel == "" {
		e.Title = "they cannot be read"
	}
	e.Message = fmt.Sprintf("%s\nsince %s UTC, looked at %d time(s)", what, since.UTC().Format("2006-01-02 15:04"), looks)
	e.Advice = "see whether the server, and the network between, are there; it is tried again by itself. Until then no file " +
		"comes in this way"
	if channel == "" {
		e.Advice = "do as the message says; it is tried again by itself. Until then no file comes in by any channel"
	}
	if person {
		e.Advice = "do as the message says. Until then no file comes in this way; those that are needed today can be put into " +
			"the inbox by hand"
	}
	m.send(e)
}

// ChannelRecovered sends a notice that a channel, "" for all of them, can be read again.
func (m *Monitor) ChannelRecovered(channel, what string, since time.Time) {
	e := m.aboutChannel(channel)
	e.Title = "it is read again"
	if channel == "" {
		e.Title = "they are read again"
	}
	e.Message = fmt.Sprintf("not read since %s UTC: %s", since.UTC().Format("2006-01-02 15:04"), what)
	m.send(e)
}

// mostNamed is how many files one notice names.
const mostNamed = 20

// named are lines about files: the first of them, and how many there are more.
func named(files []string) string {
	if more := len(files) - mostNamed; more > 0 {
		files = append(slices.Clone(files[:mostNamed]), fmt.Sprintf("and %d more", more))
	}
	return strings.Join(files, "\n")
}

// Quarantined sends a notice of files that came through a channel and were not taken: one line each. offer is the id of
// the offer that they would be for, "" if it is not known.
func (m *Monitor) Quarantined(offer, channel string, files []string) {
	e := m.aboutChannel(channel)
	e.Offer = offer
	e.Title = fmt.Sprintf("%d files were not taken, and are in quarantine", len(files))
	if len(files) == 1 {
		e.Title = "a file was not taken, and is in quarantine"
	}
	e.Message = named(files)
	e.Advice = "do as the message says of each. To use one all the same, put it into the inbox yourself"
	m.send(e)
}

// FilesWait sends a notice of files that could not be dealt with at several looks, and why: one line each.
func (m *Monitor) FilesWait(offer, channel string, files []string) {
	e := m.aboutChannel(channel)
	e.Offer, e.Title, e.Message = offer, "a file waits, and is not taken", named(files)
	if len(files) > 1 {
		e.Title = fmt.Sprintf("%d files wait, and are not taken", len(files))
	}
	e.Advice = "see why; it is looked at again by itself"
	m.send(e)
}

// Undelivered sends a notice that a released run could not be delivered at several tries.
func (m *Monitor) Undelivered(offer, run, what string) {
	e := m.about("")
	e.Offer, e.Run, e.Title, e.Message = offer, run, "a released run is not delivered", what
	e.Advice = "do as the message says; it is tried again by itself, for a week after the release"
	m.send(e)
}

// DeliveredNow sends a notice that a released run is delivered of which [Monitor.Undelivered] said that it was not.
func (m *Monitor) DeliveredNow(offer, run string) {
	e := m.about("")
	e.Offer, e.Run, e.Title, e.Message = offer, run, "the released run is delivered now", "to all who are to have it"
	m.send(e)
}
