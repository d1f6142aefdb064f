package shared

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/parallel"
)

// mirrors is what this process knows of its mirrors: how far each is, and its files as they were then.
type mirrors struct {
	mu  sync.Mutex
	are map[string]mirror
}

type mirror struct {
	head  Head
	files tree
}

func (m *mirrors) get(name string) mirror {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.are[name]
}

func (m *mirrors) set(name string, is mirror) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.are == nil {
		m.are = map[string]mirror{}
	}
	m.are[name] = is
}

// isAt reports whether the mirror of an offer is where the database is.
func (s *Offers) isAt(head Head) bool {
	is := s.mirrors.get(head.Name).head
	return is.Hash == head.Hash && is.Count == head.Count && is.Inputs == head.Inputs && is.Hash != ""
}

// discard throws away the mirror of an offer; it is made again from the database.
func (s *Offers) discard(name string) error {
	s.mirrors.set(name, mirror{})
	return os.RemoveAll(s.Folder(name))
}

// Owner is who had a hand in a file of an offer's inbox, or in its terms, by the database: in a mirror all files belong
// to the user of the program.
func (s *Offers) Owner(name string) func(fs.FileInfo) string {
	return func(info fs.FileInfo) string {
		files := s.mirrors.get(name).files
		for _, at := range []string{offerfolder.InboxName + "/" + info.Name(), info.Name()} {
			if f, ok := files[at]; ok {
				return f.owner
			}
		}
		return offerfolder.OwnerOf(info)
	}
}

// bring makes a folder what the database says of an offer. A folder that is something else, as one that was left by work
// that was not kept, is made from the start.
func (s *Offers) bring(ctx context.Context, db querier, folder string, head Head, files tree) error {
	if s.isAt(head) {
		return nil
	}
	err := s.advance(ctx, db, folder, head, files)
	if errors.As(err, new(oddError)) {
		if err := s.discard(head.Name); err != nil {
			return err
		}
		err = s.advance(ctx, db, folder, head, files)
	}
	if err == nil {
		s.mirrors.set(head.Name, mirror{head, files})
	}
	return err
}

// oddError says that a mirror cannot be brought to where the database is.
type oddError struct{ error }

// advance brings a folder forward.
func (s *Offers) advance(ctx context.Context, db querier, folder string, head Head, files tree) error {
	runs := filepath.Join(folder, offerfolder.RunsName)
	if err := os.MkdirAll(filepath.Join(folder, offerfolder.InboxName), disk.FolderMode); err != nil {
		return err
	}
	var d disk.Disk
	if err := ledger.MakeRuns(d, runs); err != nil {
		return err
	}
	log, err := ledger.OpenLog(runs)
	if err != nil {
		return oddError{err}
	}
	had, err := ledger.ReadRows(runs)
	if err != nil {
		return oddError{err}
	}
	rest, err := rowsAfter(ctx, db, had, head)
	if err != nil {
		return err
	}
	entries, err := entriesOf(had)
	if err != nil {
		return err
	}
	all, err := entriesOf(rest)
	if err != nil {
		return err
	}
	for _, e := range all {
		if len(had) > 0 && e.Event == ledger.Pseudonymised {
			return oddError{errors.New("names were replaced in runs that the mirror has")}
		}
	}
	// Runs that are to come are looked at, too: a process that ended may have left something in their places.
	entries = append(entries, all...)
	have, err := treeIn(ctx, folder, entries, s.mirrors.get(head.Name).files)
	if err != nil {
		return err
	}
	pruned := ledger.PrunedRuns(entries)
	todo, err := have.changesTo(files, mayChange{pruned: pruned})
	if err != nil {
		return oddError{err}
	}
	if name := have.odd(files); name != "" {
		return oddError{fmt.Errorf("%s does not belong to a run that was published", name)}
	}
	if err := s.take(ctx, db, folder, head.Name, todo); err != nil {
		return err
	}
	if err := log.AppendRows(rest); err != nil {
		return err
	}
	for run := range pruned {
		if err := d.Remove(filepath.Join(runs, run)); err != nil {
			return err
		}
	}
	archive, err := ledger.OpenArchive(runs, "")
	if err == nil {
		_, err = archive.Repair(d)
	}
	return err
}

// rowsAfter are the rows of the database after those that a mirror has. It is an oddError if what it has is not what the
// database has.
func rowsAfter(ctx context.Context, db querier, had []ledger.Row, head Head) ([]ledger.Row, error) {
	n := int64(len(had))
	if n > head.Count {
		return nil, oddError{fmt.Errorf("the mirror has %d entries, the database %d", n, head.Count)}
	}
	rows, err := readRows(ctx, db, head.Name, max(n-1, 0))
	if err != nil {
		return nil, err
	}
	last := ledger.BeforeFirst()
	if n > 0 {
		if len(rows) == 0 || rows[0] != had[n-1] {
			return nil, oddError{errors.New("the mirror has other entries than the database")}
		}
		last, rows = rows[0], rows[1:]
	}
	rows = rows[:min(int64(len(rows)), head.Count-n)] // others may have added some since
	for _, r := range rows {
		if !r.Follows(last) {
			return nil, fmt.Errorf("entry %d of the history of %s in the database was altered: restore the database from its "+
				"back-up", r.Seq, head.Name)
		}
		last = r
	}
	if last.Hash != head.Hash {
		return nil, fmt.Errorf("the history of %s in the database lacks entries at its end: restore the database from its "+
			"back-up", head.Name)
	}
	return rows, nil
}

func entriesOf(rows []ledger.Row) (all []ledger.Entry, err error) {
	for _, r := range rows {
		e, err := r.Entry()
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

// atOnce is how many contents are put into the storage, or taken from it, at once.
const atOnce = 8

// take takes the files of a change from the storage into a folder.
func (s *Offers) take(ctx context.Context, db querier, folder, name string, todo change) error {
	where, err := tokens(ctx, db, name)
	if err != nil {
		return err
	}
	err = parallel.Each(atOnce, len(todo.put), func(i int) error {
		f := todo.put[i]
		full := filepath.Join(folder, filepath.FromSlash(f.path))
		if err := s.takeFile(ctx, full, keyOf(name, where[f.sha256], f.sha256), f); err != nil {
			return fmt.Errorf("%s: %w", f.path, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range todo.remove {
		if err := os.Remove(filepath.Join(folder, filepath.FromSlash(name))); err != nil {
			return err
		}
	}
	return nil
}

// keyOf is the name of a content in the storage.
func keyOf(offer, token, sha string) string { return path.Join("offers", offer, token, sha) }

// tokens are the works that put the contents of an offer into the storage, by digest.
func tokens(ctx context.Context, db querier, name string) (map[string]string, error) {
	rows, err := db.Query(ctx, "SELECT sha256, token FROM batch_content WHERE offer = $1", name)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[string]string{}
	for rows.Next() {
		var sha, token string
		if err := rows.Scan(&sha, &token); err != nil {
			return nil, err
		}
		all[sha] = token
	}
	return all, rows.Err()
}

// errContent says that the storage does not hold what was put there.
var errContent = errors.New("the storage holds another content than was put there; restore it from its back-up")

// takeFile takes a content from the storage and compares it with its digest. A body that was cut is asked for again.
func (s *Offers) takeFile(ctx context.Context, full, key string, f file) (err error) {
	for try := 0; ; try++ {
		if err = s.takeOnce(ctx, full, key, f); err == nil || try == 4 || ctx.Err() != nil || errors.Is(err, fs.ErrNotExist) {
			break
		}
		if !sleep(ctx, retryPause<<try) {
			break
		}
	}
	return err
}

func (s *Offers) takeOnce(ctx context.Context, full, key string, f file) (err error) {
	content, err := s.config.Store.Open(ctx, key)
	if err != nil {
		return err
	}
	defer content.Close()
	if err := os.MkdirAll(filepath.Dir(full), disk.FolderMode); err != nil {
		return err
	}
	draft, err := os.CreateTemp(filepath.Dir(full), ".draft-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(draft.Name())) }()
	digest := sha256.New()
	_, err = io.Copy(io.MultiWriter(draft, digest), io.LimitReader(content, f.bytes+1))
	if err = errors.Join(err, draft.Chmod(disk.FileMode), draft.Close()); err != nil {
		return err
	}
	if hex.EncodeToString(digest.Sum(nil)) != f.sha256 {
		return errContent
	}
	if err := os.Chtimes(draft.Name(), f.modified, f.modified); err != nil {
		return err
	}
	return os.Rename(draft.Name(), full)
}

// CheckName is an error for a name that an offer cannot have in the database: it is that of a folder, too.
func CheckName(name string) error {
	if name == "" || strings.HasPrefix(name, ".") || !fs.ValidPath(name) || strings.ContainsAny(name, "/\\\x00") {
		return fmt.Errorf("%q cannot be the name of an offer; name its folder with letters, digits and hyphens", name)
	}
	return nil
}
