package offerfolder

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/inbox"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/tender"
)

// Source is where the content comes from that a run is made from: the offer's
// folder, or the copies that a run keeps. Each content is read once, whole, and
// from then on only that copy in memory is used: what is hashed is what is parsed
// and what is kept, whatever happens to the file.
type Source struct {
	Folder string       // of the offer
	Inbox  *ListedInbox // the depositaries' files; nil if they come from copies
	Kept   *ledger.Run  // that keeps the copies, nil if they come from the folder
	Now    func() time.Time

	offer   string          // id by the terms, once they were read
	Archive *ledger.Archive // of the earlier runs, nil until one is needed

	Pieces   []Piece // all that was read, in that order
	Own      int     // how many of them the result follows from; the others are compared with it
	watching []unstable
}

// Piece is something that a run was made from.
type Piece struct {
	Of      string // as in [ledger.Kept]
	content []byte

	// again reads the content once more, where it is not held; record is what it was.
	again  func() ([]byte, error)
	Record ledger.Kept
}

// Runs is the path of the folder of the runs.
func (s *Source) Runs() string { return filepath.Join(s.Folder, RunsName) }

// take reads one piece, by reading it from the folder or from the copies.
func (s *Source) take(of string, read func() ([]byte, error)) ([]byte, error) {
	if s.Kept != nil {
		read = func() ([]byte, error) { return s.Kept.ReadKept(of) }
	}
	content, err := read()
	if err == nil {
		s.Pieces = append(s.Pieces, Piece{Of: of, content: content})
	}
	return content, err
}

// Terms reads the terms of the offer.
func (s *Source) Terms() (*offerfile.Terms, error) {
	path := filepath.Join(s.Folder, OfferName)
	content, err := s.take(OfferName, func() ([]byte, error) {
		content, err := s.Read(OfferName, path, mostTerms, s.tree().Open)
		return content, notAnOffer(path, err)
	})
	if err != nil {
		return nil, err
	}
	terms, err := offerfile.ParseTerms(path, content)
	if err == nil {
		s.offer = terms.AsOf(time.Time{}).ID
	}
	return terms, err
}

// tree is that of the offer's folder, in which no link is followed.
func (s *Source) tree() disk.Tree { return disk.In(s.Folder) }

// Names lists the files that may be a depositary's report by the terms, and what else
// is in the inbox. It is a *[ingest.FileError] if something is there under the name
// of a report that is none.
func (s *Source) Names(o *tender.Offer) (names []string, left []inbox.Ignored, err error) {
	if s.Kept == nil {
		return inbox.Sift(o, s.Inbox.Modes)
	}
	for _, in := range s.Kept.Inputs {
		names = append(names, in.Name)
	}
	slices.Sort(names)
	return names, nil, nil
}

// File reads a depositary's file.
func (s *Source) File(name string) ([]byte, error) {
	return s.take(name, func() ([]byte, error) {
		if mark := s.openMark(name); mark != "" {
			return nil, tender.Unsettled(name,
				mark+" is next to it: it is open in a spreadsheet program, or was when that crashed; then delete the mark")
		}
		return s.Read(name, s.Inbox.Paths[name], MostBytes, s.Opener(name))
	})
}

// Opener is what opens a file of the inbox: through the tree, unless a person named
// its path or the terms allow the link.
func (s *Source) Opener(name string) func(path string) (*os.File, error) {
	if s.Inbox.named[name] || s.Inbox.Modes[name]&fs.ModeSymlink != 0 {
		return disk.Open
	}
	return s.tree().Open
}

// openMark names the mark that a spreadsheet program leaves beside a file it has
// open, "" if there is none.
func (s *Source) openMark(name string) string {
	for _, mark := range []string{"~$" + name, ".~lock." + name + "#"} {
		if _, err := os.Lstat(filepath.Join(filepath.Dir(s.Inbox.Paths[name]), mark)); err == nil {
			return mark
		}
	}
	return ""
}

// Earlier reads a file of an earlier run, after every file of that was compared with
// what was published.
func (s *Source) Earlier(run, name string) ([]byte, error) {
	return s.take(RunsName+"/"+run+"/"+name, func() ([]byte, error) {
		r, err := s.EarlierRun(run)
		if err == nil {
			err = r.Check()
		}
		if err != nil {
			return nil, fmt.Errorf("%w; the run's folder is needed: restore it", err)
		}
		return r.Read(name)
	})
}

// BeforeComparing is the source as it was before it read the earlier run that the
// new one is compared with, from now on reading earlier runs from the folder.
func (s *Source) BeforeComparing() *Source {
	return &Source{Folder: s.Folder, Now: s.Now, offer: s.offer, Archive: s.Archive,
		Pieces: slices.Clone(s.Pieces[:s.Own]), Own: s.Own}
}

// EarlierTerms reads the terms that an earlier run kept; fs.ErrNotExist if it kept none.
func (s *Source) EarlierTerms(run string) ([]byte, error) {
	return s.take(RunsName+"/"+run+"/"+OfferName, func() ([]byte, error) {
		r, err := s.EarlierRun(run)
		if err != nil {
			return nil, err
		}
		if r.Terms.File == "" {
			return nil, fs.ErrNotExist
		}
		return r.ReadKept(OfferName)
	})
}

// Published is what has been published of the offer.
func (s *Source) Published() (_ *ledger.Archive, err error) {
	if s.Archive == nil {
		s.Archive, err = ledger.OpenArchive(s.Runs(), s.offer)
	}
	return s.Archive, err
}

// EarlierRun is an earlier run of the offer.
func (s *Source) EarlierRun(name string) (*ledger.Run, error) {
	archive, err := s.Published()
	if err != nil {
		return nil, err
	}
	return archive.Run(name)
}

// unstable is a file that was read, as it was then.
type unstable struct {
	name, path string
	info       fs.FileInfo
}

// quiet is how old the last change of a file must be before its content is
// trusted to be whole: clocks of file systems are coarse, and a program that is
// writing comes back within that time.
const quiet = 2 * time.Second

// Read reads a file of at most so many bytes and notes how it was, for settle.
func (s *Source) Read(name, path string, most int64, open func(path string) (*os.File, error)) ([]byte, error) {
	file, err := open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > most {
		return nil, fmt.Errorf("%s has %d bytes; the limit is %d: ask for a smaller file", path, info.Size(), most)
	}
	content, err := io.ReadAll(io.LimitReader(file, info.Size()+1))
	if err != nil {
		return nil, err
	}
	if int64(len(content)) != info.Size() {
		return nil, changedWhileRead(name)
	}
	s.watching = append(s.watching, unstable{name, path, info})
	return content, nil
}

// MostBytes is more than any file of an offer may have; the limits of each kind
// are below it. A file is held in memory whole.
const MostBytes = 512 << 20

func changedWhileRead(name string) error {
	return tender.Unsettled(name, "it changed while it was read")
}

// AwaitStable waits until every file that was read has been left alone for a while and
// tests that none has changed since.
func (s *Source) AwaitStable(ctx context.Context) error {
	var wait time.Duration
	for _, f := range s.watching {
		if age := s.Now().Sub(f.info.ModTime()); age > -quiet && age < quiet {
			wait = max(wait, quiet-age)
		}
	}
	if wait > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
	for _, f := range s.watching {
		now, err := os.Stat(f.path)
		if errors.Is(err, fs.ErrNotExist) || (err == nil && !sameAs(now, f.info)) {
			return changedWhileRead(f.name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func sameAs(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// path is where a file of the inbox is; there is none for one that a person named
// elsewhere, and where the files come from copies.
func (s *Source) path(name string) (path string, there bool) {
	if s.Inbox == nil || s.Inbox.named[name] {
		return "", false
	}
	path, there = s.Inbox.Paths[name]
	return path, there
}

// NoteSameContent says of files that are left out whether one that is used holds
// the same: then a new name was probably given to an old report. One that cannot
// be read is passed over, as the run does not need it.
func (s *Source) NoteSameContent(choice *inbox.Choice) {
	for i := range choice.Ignored {
		left := &choice.Ignored[i]
		path, there := s.path(left.Name)
		info, err := s.tree().Lstat(path)
		if !there || err != nil || !info.Mode().IsRegular() {
			continue
		}
		for _, used := range choice.Chosen {
			if info.Size() != int64(len(used.Content)) {
				continue
			}
			content, err := s.tree().ReadFile(path, info.Size())
			if err == nil && bytes.Equal(content, used.Content) {
				left.Reason += "; it holds the same as " + used.Name + ", byte for byte: was the right one sent?"
				break
			}
		}
	}
}

// Bytes is the content of a piece. What was read once and is read again must be as it
// was.
func (p *Piece) Bytes() ([]byte, error) {
	if p.again == nil {
		return p.content, nil
	}
	read, err := p.again()
	if err == nil && DigestOf(read) != p.Record.SHA256 {
		err = changedWhileRead(p.Of)
	}
	return read, err
}

// Kept is the record of a piece.
func (p *Piece) Kept() ledger.Kept {
	if p.again == nil {
		return ledger.KeptOf(p.Of, p.content)
	}
	return p.Record
}

// DigestOf is the SHA-256 of bytes, in hexadecimal.
func DigestOf(b []byte) string {
	digest := sha256.Sum256(b)
	return hex.EncodeToString(digest[:])
}

// Note reads a piece that is not held in memory, and notes what it is. It is not yet
// among the pieces of the source.
func (s *Source) Note(of string, read func() ([]byte, error)) (*Piece, error) {
	if s.Kept != nil {
		read = func() ([]byte, error) { return s.Kept.ReadKept(of) }
	}
	whole, err := read()
	if err != nil {
		return nil, err
	}
	return &Piece{Of: of, again: read, Record: ledger.KeptOf(of, whole)}, nil
}
