package prepare

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/display"
	"tenderbatch/internal/inbox"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/offerfolder"
)

// Request is who changes something of which offer.
type Request struct {
	Folder  string       // of the offer
	Actor   ledger.Actor // the account
	By      string       // from where, for the history
	Clock   func() time.Time
	Version string        // of the program
	Wait    time.Duration // for a run that holds the offer
	Disk    disk.Disk     // makes the changes of files
	How     string        // for the history, how a report came; "" for by the hand of the actor
}

func refused(format string, args ...any) error {
	return &offerfolder.UsageError{Message: fmt.Sprintf(format, args...)}
}

// opened is the terms of the offer as they are now, and the folder of its runs, which is there then.
func (req Request) opened() (terms *offerfile.Terms, runs string, err error) {
	if err := req.Actor.Check(); err != nil {
		return nil, "", err
	}
	if terms, err = offerfolder.Terms(req.Folder); err != nil {
		return nil, "", err
	}
	runs = filepath.Join(req.Folder, offerfolder.RunsName)
	return terms, runs, ledger.MakeRuns(req.Disk, runs)
}

// locked does something while the lock of the offer's runs is held.
func (req Request) locked(ctx context.Context, do func(*offerfile.Terms) error) (err error) {
	_, runs, err := req.opened()
	if err != nil {
		return err
	}
	unlock, err := ledger.Lock(ctx, req.Disk, runs, req.Wait)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	terms, err := offerfolder.Terms(req.Folder) // as they are now: who had the lock before may have changed them
	if err != nil {
		return err
	}
	return do(terms)
}

// note notes in the history, before it is done, what a person does.
func (req Request) note(offer string, did ledger.Act, of, said string) error {
	runs := filepath.Join(req.Folder, offerfolder.RunsName)
	if err := ledger.CheckOffer(runs, offer); err != nil {
		return err
	}
	log, err := ledger.OpenLog(runs)
	if err != nil {
		return err
	}
	_, err = log.Append(ledger.Entry{At: req.Clock(), Event: ledger.Prepared, By: req.By, Actor: req.Actor, Offer: offer,
		Program: req.Version, Message: said, Makers: []ledger.Maker{{Actor: req.Actor, Did: did, Of: of}}})
	return err
}

// mostName is how many bytes the name of a report may have.
const mostName = 200

// CheckName is an error if a report of that name would not be taken for one of the offer's.
func CheckName(terms *offerfile.Terms, name string, now time.Time) error {
	switch {
	case name == "" || name != filepath.Base(name) || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~"),
		strings.ContainsAny(name, `/\:`), strings.ContainsFunc(name, unicode.IsControl),
		strings.ContainsFunc(name, display.Unseen):
		return refused("%s cannot be the name of a report; name it as the depositary does, such as dtc-2004-12-01.xlsx",
			display.Quote(name))
	case !utf8.ValidString(name):
		return refused("the name of the file, %s, is not text in UTF-8, as happens with accents; name it with letters, digits and "+
			"hyphens, such as dtc-2004-12-01.xlsx", display.Quote(name))
	case len(name) > mostName:
		return refused("the name of the file has more than %d bytes; give it a shorter one", mostName)
	}
	o := terms.AsOf(now)
	if _, ok := inbox.OwnerOf(o, name); ok {
		return nil
	}
	var patterns []string
	for _, d := range o.Depositaries {
		patterns = append(patterns, d.Name+": "+d.Files)
	}
	return refused("%s is the name of no depositary's report; rename it by what the offer expects: %s",
		display.Quote(name), strings.Join(patterns, "; "))
}

// ErrWaitsNoMore refuses a report that another took away since, be it with a second click.
var ErrWaitsNoMore = refused("the file waits here no more: it was accepted or discarded, or it was left for a day; if the page " +
	"Files does not list it, send it again")

// AddReport puts a report that was checked into the inbox, under a name that is not there yet.
// staged is its path, on the disk of the offer, and is taken away; digest is the SHA-256, in
// hexadecimal, of what was checked.
func AddReport(ctx context.Context, req Request, staged, name, digest string) error {
	return req.locked(ctx, func(terms *offerfile.Terms) error {
		if err := CheckName(terms, name, req.Clock()); err != nil {
			return err
		}
		content, err := disk.ReadFile(staged, offerfolder.MostBytes)
		if errors.Is(err, fs.ErrNotExist) {
			return ErrWaitsNoMore
		}
		if err != nil {
			return err
		}
		if offerfolder.DigestOf(content) != digest {
			return refused("the file is not the one that was checked any more; send it again")
		}
		folder := filepath.Join(req.Folder, offerfolder.InboxName)
		if err := req.Disk.MakeFolders(folder); err != nil {
			return err
		}
		to := filepath.Join(folder, name)
		if _, err := disk.In(req.Folder).Lstat(to); err == nil {
			return refused("%s is in the inbox already; a report is never replaced: give the new one a name of its own, such "+
				"as with the time of day", display.Quote(name))
		}
		if err := checkNames(terms, req, name); err != nil {
			return err
		}
		if err := req.note(terms.AsOf(req.Clock()).ID, ledger.Filed, name+" "+digest,
			cmp.Or(req.How, "put "+name+" into the inbox")); err != nil {
			return err
		}
		if err := req.Disk.Link(staged, to); err != nil {
			return err
		}
		return errors.Join(req.Disk.SyncFolder(folder), req.Disk.Remove(staged))
	})
}

// checkNames is an error if a report of that name would stop every run of the offer.
func checkNames(terms *offerfile.Terms, req Request, name string) error {
	entries, err := disk.In(req.Folder).ReadDir(filepath.Join(req.Folder, offerfolder.InboxName))
	if err != nil {
		return err
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	if f := inbox.Clash(terms.AsOf(req.Clock()), names, name); f != nil {
		return refused("with it in the inbox, no run could be made: %s: %s; %s", f.File, f.Message, f.Advice)
	}
	return nil
}

// Change is a change of offer.yaml that was shown before it is made.
type Change struct {
	Seen    string // SHA-256, in hexadecimal, of the offer.yaml that it is made on top of
	Content []byte // of the whole file then
	Did     ledger.Act
	Of      string // what it is about, for the history
	Said    string // the same in a sentence
}

// ChangeTerms writes offer.yaml again, if it is still the one that was seen.
func ChangeTerms(ctx context.Context, req Request, c Change) error {
	return req.locked(ctx, func(terms *offerfile.Terms) error {
		path := filepath.Join(req.Folder, offerfolder.OfferName)
		content, err := disk.In(req.Folder).ReadFile(path, offerfolder.MostBytes)
		if err != nil {
			return err
		}
		if offerfolder.DigestOf(content) != c.Seen {
			return refused("offer.yaml was changed by another person since you opened the page; look at what is there now, " +
				"then change it again")
		}
		if _, err := offerfile.ParseTerms(offerfolder.OfferName, c.Content); err != nil {
			return err
		}
		if err := req.note(terms.AsOf(req.Clock()).ID, c.Did, c.Of, c.Said); err != nil {
			return err
		}
		draft := path + ".draft"
		if err := req.Disk.Remove(draft); err != nil {
			return err
		}
		err = req.Disk.Write(draft, func(w io.Writer) error {
			_, err := w.Write(c.Content)
			return err
		})
		if err == nil {
			err = req.Disk.Rename(draft, path)
		}
		if err != nil {
			return errors.Join(err, req.Disk.Remove(draft))
		}
		return nil
	})
}
