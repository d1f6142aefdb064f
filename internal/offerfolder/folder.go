package offerfolder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/offerfile"
)

// Names in an offer's folder.
const (
	OfferName = "offer.yaml"
	InboxName = "inbox"
	RunsName  = "runs"

	ReceivedName   = "received"   // files as they came through channels, where they came packed; by digest
	QuarantineName = "quarantine" // files that came through channels and were not taken

	// StagingName is the folder in which reports that were uploaded wait until they are accepted. It is hidden, so the
	// scheduler does not look into it.
	StagingName = ".staging"

	// PushedName is a file that says that the offer is in a database, too, of which the folder is a copy, and at which change of
	// terms and reports the two were the same.
	PushedName = ".batch-pushed"
)

// PlainID is the id of an offer as far as the name of a file can have it on every system.
func PlainID(id string) string {
	return strings.Map(func(r rune) rune {
		if (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z') || (r >= '0' && r <= '9') || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, id)
}

// UsageError says that the command was given something it cannot work with.
type UsageError struct {
	Message string
	Final   string // the final run that would have been replaced, "" if it is not about that
}

// Error implements error.
func (e *UsageError) Error() string { return e.Message }

// Terms reads the terms of the offer in a folder. Its error is a *[UsageError] if
// there is no offer, or an *[strictyaml.Error] for the terms.
func Terms(folder string) (*offerfile.Terms, error) {
	path, source, err := WrittenTerms(folder)
	if err != nil {
		return nil, err
	}
	return offerfile.ParseTerms(path, source)
}

// ZoneOf is the zone of the offer in a folder, on whose clocks people are shown times; UTC if its
// terms cannot be read.
func ZoneOf(folder string) *time.Location {
	terms, err := Terms(folder)
	if err != nil {
		return time.UTC
	}
	return terms.Zone()
}

// WrittenTerms is the offer.yaml in a folder as it is written, and its path. Its error is a
// *[UsageError] if there is no offer.
func WrittenTerms(folder string) (path string, source []byte, err error) {
	path = filepath.Join(folder, OfferName)
	source, err = disk.In(folder).ReadFile(path, mostTerms)
	return path, source, notAnOffer(path, err)
}

// IsOffer is an error if there is no offer in a folder.
func IsOffer(folder string) error {
	path := filepath.Join(folder, OfferName)
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
		return &UsageError{Message: fmt.Sprintf("%s: no such file; name the folder that holds an offer's %s, or make a "+
			"worked example with \"batch init FOLDER\"", path, OfferName)}
	}
	return err
}

// ListedInbox is what there is in an offer's inbox, and the files that were named one by one.
type ListedInbox struct {
	Paths map[string]string      // by base name
	Modes map[string]fs.FileMode // what each is; a link is a link
	named map[string]bool        // by base name: a person named the path, and its links with it
}

// Files are the names under which there is a file.
func (in *ListedInbox) Files() (names []string) {
	for name, mode := range in.Modes {
		if mode.IsRegular() {
			names = append(names, name)
		}
	}
	return names
}

// ListInbox lists the inbox of the offer in a folder and the files named one by one.
func ListInbox(folder string, extra []string) (*ListedInbox, error) {
	path := filepath.Join(folder, InboxName)
	entries, err := disk.In(folder).ReadDir(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && len(extra) == 0:
		return nil, fmt.Errorf("%s: no such folder; make it and put the depositaries' files in, or name them with --file",
			path)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	in := &ListedInbox{Paths: map[string]string{}, Modes: map[string]fs.FileMode{}, named: map[string]bool{}}
	for _, e := range entries {
		in.Paths[e.Name()], in.Modes[e.Name()] = filepath.Join(path, e.Name()), e.Type()
	}
	for _, path := range extra {
		name := filepath.Base(path)
		if other, taken := in.Paths[name]; taken && !sameFile(other, path) {
			return nil, &UsageError{Message: fmt.Sprintf("--file %s: %s has the same name; rename one of them", path, other)}
		}
		info, err := os.Stat(path)
		if err != nil {
			return nil, &UsageError{Message: fmt.Sprintf("--file %s: %v; give the path of a file that can be read", path,
				errors.Unwrap(err))}
		}
		in.Paths[name], in.Modes[name], in.named[name] = path, info.Mode().Type(), true
	}
	return in, nil
}

func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}
