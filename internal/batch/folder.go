package batch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"tenderbatch/internal/ingest"
	"tenderbatch/internal/tender"
)

// Names in an offer's folder.
const (
	offerName = "offer.yaml"
	inboxName = "inbox"
	runsName  = "runs"
)

// UsageError says that the command was given something it cannot work with.
type UsageError struct {
	Message string
	Final   string // the final run that would have been replaced, "" if it is not about that
}

// Error implements error.
func (e *UsageError) Error() string { return e.Message }

// Terms reads the terms of the offer in a folder. Its error is a *[UsageError] if
// there is no offer, or an *[ingest.OfferError] for the terms.
func Terms(folder string) (*ingest.Terms, error) {
	path := filepath.Join(folder, offerName)
	if err := readable(path); err != nil {
		return nil, notAnOffer(path, err)
	}
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, notAnOffer(path, err)
	}
	return ingest.ParseTerms(path, source)
}

// notAnOffer says of the terms that are not there what to name instead.
func notAnOffer(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return &UsageError{Message: fmt.Sprintf("%s: no such file; name the folder that holds an offer's %s, or make a worked example with \"batch init FOLDER\"", path, offerName)}
	}
	return err
}

// listInbox returns where each file that may be read lies, by base name: those
// of the inbox and those named one by one.
func listInbox(folder string, extra []string) (map[string]string, error) {
	inbox := filepath.Join(folder, inboxName)
	entries, err := os.ReadDir(inbox)
	switch {
	case errors.Is(err, fs.ErrNotExist) && len(extra) == 0:
		return nil, fmt.Errorf("%s: no such folder; make it and put the depositaries' files in, or name them with --file", inbox)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	paths := make(map[string]string, len(entries)+len(extra))
	for _, e := range entries {
		if !e.IsDir() {
			paths[e.Name()] = filepath.Join(inbox, e.Name())
		}
	}
	for _, path := range extra {
		name := filepath.Base(path)
		if other, taken := paths[name]; taken && !sameFile(other, path) {
			return nil, &UsageError{Message: fmt.Sprintf("--file %s: %s has the same name; rename one of them", path, other)}
		}
		if _, err := os.Stat(path); err != nil {
			return nil, &UsageError{Message: fmt.Sprintf("--file %s: %v; give the path of a file that can be read", path, errors.Unwrap(err))}
		}
		paths[name] = path
	}
	return paths, nil
}

func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// instant returns the as-of instant of a run. Given in words it is that instant.
// Left out it is now; but once the offer has expired and guaranteed deliveries
// are due, nothing new can count, and it is the instant after which nothing the
// run knows of has happened: the latest of those deadlines, the amendments and
// the reports. So a rerun next year still gives the same bytes.
func instant(req Request, terms *ingest.Terms, names []string, now time.Time) (time.Time, error) {
	if req.AsOf != "" {
		return givenInstant(req, terms, now)
	}
	now = now.Truncate(time.Second).In(terms.Zone())
	o := terms.AsOf(now)
	closed := o.Expiration.At
	if deadline := o.Guaranteed.Deadline; !deadline.IsZero() {
		closed = latest(closed, deadline.At)
		if deadline.Met(closed) {
			closed = closed.Add(time.Second) // until then notes may still come
		}
	}
	if now.Before(closed) {
		return now, nil
	}
	for _, a := range o.Amendments {
		closed = latest(closed, a.Effective)
	}
	choice, err := ingest.Choose(o, names, now)
	if err != nil {
		return time.Time{}, err
	}
	for _, f := range choice.Chosen {
		if !f.Reported.After(now) {
			closed = latest(closed, f.Reported)
		}
	}
	return closed, nil
}

// givenInstant reads the instant of a request. Nothing is published as of an
// instant that has not come, when more may still arrive, nor as of one before
// the launch.
func givenInstant(req Request, terms *ingest.Terms, now time.Time) (time.Time, error) {
	t, err := ingest.ParseInstant(req.AsOf, terms.Zone())
	if err != nil {
		return time.Time{}, &UsageError{Message: fmt.Sprintf("--as-of: %v", err)}
	}
	launch := terms.AsOf(t).Launch
	switch {
	case tender.DateOf(t).Before(launch):
		return time.Time{}, &UsageError{Message: fmt.Sprintf("--as-of %s: the offer was launched on %s; name a later instant", req.AsOf, launch)}
	case t.After(now) && !req.DryRun:
		return time.Time{}, &UsageError{Message: fmt.Sprintf("--as-of %s has not come yet, so more may arrive; use --dry-run to look ahead", req.AsOf)}
	}
	return t, nil
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
