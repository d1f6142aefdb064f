package batch

import (
	"bytes"
	"context"
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

// source is where the content comes from that a run is made from: the offer's
// folder, or the copies that a run keeps. Each content is read once, whole, and
// from then on only that copy in memory is used: what is hashed is what is parsed
// and what is kept, whatever happens to the file.
type source struct {
	folder string       // of the offer
	inbox  *listedInbox // the depositaries' files; nil if they come from copies
	kept   *ledger.Run  // that keeps the copies, nil if they come from the folder
	now    func() time.Time

	offer   string          // id by the terms, once they were read
	archive *ledger.Archive // of the earlier runs, nil until one is needed

	pieces   []piece // all that was read, in that order
	own      int     // how many of them the result follows from; the others are compared with it
	watching []settling
}

// piece is something that a run was made from.
type piece struct {
	of      string // as in [ledger.Kept]
	content []byte

	// again reads the content once more, where it is not held; record is what it was.
	again  func() ([]byte, error)
	record ledger.Kept
}

func (s *source) runs() string { return filepath.Join(s.folder, runsName) }

// take reads one piece, by reading it from the folder or from the copies.
func (s *source) take(of string, read func() ([]byte, error)) ([]byte, error) {
	if s.kept != nil {
		read = func() ([]byte, error) { return s.kept.ReadKept(of) }
	}
	content, err := read()
	if err == nil {
		s.pieces = append(s.pieces, piece{of: of, content: content})
	}
	return content, err
}

// terms reads the terms of the offer.
func (s *source) terms() (*offerfile.Terms, error) {
	path := filepath.Join(s.folder, offerName)
	content, err := s.take(offerName, func() ([]byte, error) {
		content, err := s.read(offerName, path, mostTerms, s.tree().Open)
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
func (s *source) tree() disk.Tree { return disk.In(s.folder) }

// names lists the files that may be a depositary's report by the terms, and what else
// is in the inbox. It is a *[ingest.FileError] if something is there under the name
// of a report that is none.
func (s *source) names(o *tender.Offer) (names []string, left []inbox.Ignored, err error) {
	if s.kept == nil {
		return inbox.Sift(o, s.inbox.modes)
	}
	for _, in := range s.kept.Inputs {
		names = append(names, in.Name)
	}
	slices.Sort(names)
	return names, nil, nil
}

// file reads a depositary's file.
func (s *source) file(name string) ([]byte, error) {
	return s.take(name, func() ([]byte, error) {
		if mark := s.openMark(name); mark != "" {
			return nil, tender.Unsettled(name, mark+" lies beside it: it is open in a spreadsheet program, or was when that crashed; then delete the mark")
		}
		return s.read(name, s.inbox.paths[name], mostBytes, s.opener(name))
	})
}

// opener is what opens a file of the inbox: through the tree, unless a person named
// its path or the terms allow the link.
func (s *source) opener(name string) func(path string) (*os.File, error) {
	if s.inbox.named[name] || s.inbox.modes[name]&fs.ModeSymlink != 0 {
		return disk.Open
	}
	return s.tree().Open
}

// openMark names the mark that a spreadsheet program leaves beside a file it has
// open, "" if there is none.
func (s *source) openMark(name string) string {
	for _, mark := range []string{"~$" + name, ".~lock." + name + "#"} {
		if _, err := os.Lstat(filepath.Join(filepath.Dir(s.inbox.paths[name]), mark)); err == nil {
			return mark
		}
	}
	return ""
}

// earlier reads a file of an earlier run, after every file of that was compared with
// what was published.
func (s *source) earlier(run, name string) ([]byte, error) {
	return s.take(runsName+"/"+run+"/"+name, func() ([]byte, error) {
		r, err := s.earlierRun(run)
		if err == nil {
			err = r.Check()
		}
		if err != nil {
			return nil, fmt.Errorf("%w; the run's folder is needed: restore it", err)
		}
		return r.Read(name)
	})
}

// beforeComparing is the source as it was before it read the earlier run that the
// new one is compared with, from now on reading earlier runs from the folder.
func (s *source) beforeComparing() *source {
	return &source{folder: s.folder, now: s.now, offer: s.offer, archive: s.archive, pieces: slices.Clone(s.pieces[:s.own]), own: s.own}
}

// earlierTerms reads the terms that an earlier run kept; fs.ErrNotExist if it kept none.
func (s *source) earlierTerms(run string) ([]byte, error) {
	return s.take(runsName+"/"+run+"/"+offerName, func() ([]byte, error) {
		r, err := s.earlierRun(run)
		if err != nil {
			return nil, err
		}
		if r.Terms.File == "" {
			return nil, fs.ErrNotExist
		}
		return r.ReadKept(offerName)
	})
}

// published is what has been published of the offer.
func (s *source) published() (_ *ledger.Archive, err error) {
	if s.archive == nil {
		s.archive, err = ledger.OpenArchive(s.runs(), s.offer)
	}
	return s.archive, err
}

// earlierRun is an earlier run of the offer.
func (s *source) earlierRun(name string) (*ledger.Run, error) {
	archive, err := s.published()
	if err != nil {
		return nil, err
	}
	return archive.Run(name)
}

// settling is a file that was read, as it was then.
type settling struct {
	name, path string
	info       fs.FileInfo
}

// quiet is how old the last change of a file must be before its content is
// trusted to be whole: clocks of file systems are coarse, and a program that is
// writing comes back within that time.
const quiet = 2 * time.Second

// read reads a file of at most so many bytes and notes how it was, for settle.
func (s *source) read(name, path string, most int64, open func(path string) (*os.File, error)) ([]byte, error) {
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
	s.watching = append(s.watching, settling{name, path, info})
	return content, nil
}

// mostBytes is more than any file of an offer may have; the limits of each kind
// are below it. A file is held in memory whole.
const mostBytes = 512 << 20

func changedWhileRead(name string) error {
	return tender.Unsettled(name, "it changed while it was read")
}

// settle waits until every file that was read has been left alone for a while and
// tests that none has changed since.
func (s *source) settle(ctx context.Context) error {
	var wait time.Duration
	for _, f := range s.watching {
		if age := s.now().Sub(f.info.ModTime()); age > -quiet && age < quiet {
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
		if errors.Is(err, fs.ErrNotExist) || err == nil && !sameAs(now, f.info) {
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

// path is where a file of the inbox lies; there is none for one that a person named
// elsewhere, and where the files come from copies.
func (s *source) path(name string) (path string, there bool) {
	if s.inbox == nil || s.inbox.named[name] {
		return "", false
	}
	path, there = s.inbox.paths[name]
	return path, there
}

// noteSameContent says of files that are left out whether one that is used holds
// the same: then a new name was probably given to an old report. One that cannot
// be read is passed over, as the run does not need it.
func (s *source) noteSameContent(choice *inbox.Choice) {
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
