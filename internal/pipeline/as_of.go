package pipeline

import (
	"fmt"
	"time"

	"tenderbatch/internal/inbox"
	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/tender"
)

// instant returns the as-of instant of a run. Given in words it is that instant.
// Left out it is now; but once the offer has expired and guaranteed deliveries
// are due, nothing new can count, and it is the instant after which nothing the
// run knows of has happened: the latest of those deadlines, the amendments and
// the reports. So a rerun next year still gives the same bytes.
func instant(req Request, terms *offerfile.Terms, names []string, now time.Time) (time.Time, error) {
	if req.AsOf != "" {
		return givenInstant(req, terms, now)
	}
	now = now.Truncate(time.Second).In(terms.Zone())
	o := terms.AsOf(now)
	closed := o.Expiration.At
	if deadline := o.Guaranteed.Deadline; !deadline.IsZero() {
		closed = tender.Later(closed, deadline.At)
	}
	if now.Before(closed) {
		return now, nil
	}
	for _, a := range o.Amendments {
		closed = tender.Later(closed, a.Effective)
	}
	choice, err := inbox.Choose(o, names, now)
	if err != nil {
		return time.Time{}, err
	}
	for _, f := range choice.Chosen {
		if !f.Reported.After(now) {
			closed = tender.Later(closed, f.Reported)
		}
	}
	return closed, nil
}

// CloseOf is the instant of a run that is made now and names none.
func CloseOf(terms *offerfile.Terms, names []string, now time.Time) (time.Time, error) {
	return instant(Request{}, terms, names, now)
}

// givenInstant reads the instant of a request. Nothing is published as of an
// instant that has not come, when more may still arrive, nor as of one before
// the launch.
func givenInstant(req Request, terms *offerfile.Terms, now time.Time) (time.Time, error) {
	t, err := offerfile.ParseInstant(req.AsOf, terms.Zone())
	if err != nil {
		return time.Time{}, &offerfolder.UsageError{Message: fmt.Sprintf("--as-of: %v", err)}
	}
	launch := terms.AsOf(t).Launch
	switch {
	case tender.DateOf(t).Before(launch):
		return time.Time{}, &offerfolder.UsageError{Message: fmt.Sprintf("--as-of %s: the offer was launched on %s; "+
			"name a later instant", req.AsOf, launch)}
	case t.After(now) && !req.DryRun:
		return time.Time{}, &offerfolder.UsageError{Message: fmt.Sprintf("--as-of %s has not come yet, so more may "+
			"arrive; use --dry-run to look ahead", req.AsOf)}
	}
	return t, nil
}
