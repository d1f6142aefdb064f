package prepare

import (
	"strings"
	"unicode/utf8"

	"tenderbatch/internal/ledger"
)

// mostReason is how many characters a reason may have.
const mostReason = 500

// Pause notes in the history that the scheduler is to make no run of an offer, and why. Runs that a
// person begins are made all the same.
func Pause(req Request, reason string) error {
	reason = strings.Join(strings.Fields(reason), " ")
	switch {
	case reason == "":
		return refused("say why the offer is paused: the reason is kept in the history")
	case utf8.RuneCountInString(reason) > mostReason:
		return refused("the reason has more than %d characters; write it shorter", mostReason)
	}
	return req.decide(ledger.Paused, reason)
}

// Resume notes that the scheduler is to run an offer again. What was due meanwhile is dealt with as after
// a time in which the service did not run.
func Resume(req Request) error { return req.decide(ledger.Resumed, "") }

// decide notes whether an offer is paused, unless the history says so already.
func (req Request) decide(event ledger.Event, reason string) error {
	terms, runs, err := req.opened()
	if err != nil {
		return err
	}
	offer := terms.AsOf(req.Clock()).ID
	if err := ledger.CheckOffer(runs, offer); err != nil {
		return err
	}
	log, err := ledger.OpenLog(runs)
	if err != nil {
		return err
	}
	_, err = log.AppendIf(ledger.Entry{At: req.Clock(), Event: event, By: req.By, Actor: req.Actor, Offer: offer,
		Program: req.Version, Message: reason}, func(entries []ledger.Entry) error { return changes(entries, event) })
	return err
}

// changes is an error if the history says already what an event would.
func changes(entries []ledger.Entry, event ledger.Event) error {
	now := ledger.PauseIn(entries)
	switch {
	case event == ledger.Paused && now != nil:
		return refused("the offer is paused already, by %s: %s", now.Actor, now.Message)
	case event == ledger.Resumed && now == nil:
		return refused("the offer is not paused; there is nothing to resume")
	}
	return nil
}
