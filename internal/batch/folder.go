package batch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/inbox"
	"tenderbatch/internal/offerfile"
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
func Terms(folder string) (*offerfile.Terms, error) {
	path := filepath.Join(folder, offerName)
	source, err := disk.In(folder).ReadFile(path, mostTerms)
	if err != nil {
		return nil, notAnOffer(path, err)
	}
	return offerfile.ParseTerms(path, source)
}

// isOffer is an error if there is no offer in a folder.
func isOffer(folder string) error {
	path := filepath.Join(folder, offerName)
	info, err := disk.In(folder).Lstat(path)
	if err == nil {
		err = disk.Strange(path, info.Mode(), false)
	}
	return notAnOffer(path, err)
}

// mostTerms is more than the bytes of any offer.yaml; that of which the terms can be
// read is below it.
const mostTerms = 1 << 20

// notAnOffer says of the terms that are not there what to name instead, and that what
// is no file is not read.
func notAnOffer(path string, err error) error {
	if err == nil {
		return nil
	}
	strange, large := new(disk.StrangeError), new(disk.TooLargeError)
	if errors.As(err, &strange) || errors.As(err, &large) {
		return &UsageError{Message: err.Error()}
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return &UsageError{Message: fmt.Sprintf("%s: no such file; name the folder that holds an offer's %s, or make a worked example with \"batch init FOLDER\"", path, offerName)}
	}
	return err
}

// listedInbox is what there is in an offer's inbox, and the files that were named one by one.
type listedInbox struct {
	paths map[string]string      // by base name
	modes map[string]fs.FileMode // what each is; a link is a link
	named map[string]bool        // by base name: a person named the path, and its links with it
}

// files are the names under which there is a file.
func (in *listedInbox) files() (names []string) {
	for name, mode := range in.modes {
		if mode.IsRegular() {
			names = append(names, name)
		}
	}
	return names
}

// listInbox lists the inbox of the offer in a folder and the files named one by one.
func listInbox(folder string, extra []string) (*listedInbox, error) {
	path := filepath.Join(folder, inboxName)
	entries, err := disk.In(folder).ReadDir(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && len(extra) == 0:
		return nil, fmt.Errorf("%s: no such folder; make it and put the depositaries' files in, or name them with --file", path)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	in := &listedInbox{paths: map[string]string{}, modes: map[string]fs.FileMode{}, named: map[string]bool{}}
	for _, e := range entries {
		in.paths[e.Name()], in.modes[e.Name()] = filepath.Join(path, e.Name()), e.Type()
	}
	for _, path := range extra {
		name := filepath.Base(path)
		if other, taken := in.paths[name]; taken && !sameFile(other, path) {
			return nil, &UsageError{Message: fmt.Sprintf("--file %s: %s has the same name; rename one of them", path, other)}
		}
		info, err := os.Stat(path)
		if err != nil {
			return nil, &UsageError{Message: fmt.Sprintf("--file %s: %v; give the path of a file that can be read", path, errors.Unwrap(err))}
		}
		in.paths[name], in.modes[name], in.named[name] = path, info.Mode().Type(), true
	}
	return in, nil
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
func instant(req Request, terms *offerfile.Terms, names []string, now time.Time) (time.Time, error) {
	if req.AsOf != "" {
		return givenInstant(req, terms, now)
	}
	now = now.Truncate(time.Second).In(terms.Zone())
	o := terms.AsOf(now)
	closed := o.Expiration.At
	if deadline := o.Guaranteed.Deadline; !deadline.IsZero() {
		closed = latest(closed, deadline.At)
	}
	if now.Before(closed) {
		return now, nil
	}
	for _, a := range o.Amendments {
		closed = latest(closed, a.Effective)
	}
	choice, err := inbox.Choose(o, names, now)
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
func givenInstant(req Request, terms *offerfile.Terms, now time.Time) (time.Time, error) {
	t, err := offerfile.ParseInstant(req.AsOf, terms.Zone())
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

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
