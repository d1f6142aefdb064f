package shared

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
)

// Push brings an offer from a folder to the database and the storage: one that is not there yet, or what is new in
// the folder of one that is. It is an error if the database has entries of the history that the folder does not.
// The folder is locked meanwhile, and is not changed.
func (s *Offers) Push(ctx context.Context, folder, name string) (err error) {
	if err := CheckName(name); err != nil {
		return err
	}
	if err := offerfolder.IsOffer(folder); err != nil {
		return err
	}
	defer s.one.take(name)()
	runs := filepath.Join(folder, offerfolder.RunsName)
	var d disk.Disk
	if err := ledger.MakeRuns(d, runs); err != nil {
		return err
	}
	unlock, err := ledger.Lock(ctx, d, runs, s.config.Wait)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if _, err := ledger.OpenLog(runs); err != nil {
		return err
	}
	if found, err := ledger.Verify(runs, ""); err != nil || len(found) > 0 {
		return errors.Join(err, altered(folder, found))
	}
	if _, err := s.pool.Exec(ctx, "INSERT INTO batch_offer (name, hash) VALUES ($1, $2) ON CONFLICT DO NOTHING", name,
		ledger.BeforeFirst().Hash); err != nil {
		return err
	}
	w, err := s.begin(ctx, name)
	if err != nil {
		return err
	}
	defer w.end()
	if err := s.isAhead(ctx, w, runs); err != nil {
		return err
	}
	n, err := w.news(ctx, folder, nil) // every byte is read: who keeps the folder may have kept the time of a file, too
	if err != nil {
		return err
	}
	if err := w.loses(folder, n.todo); err != nil {
		return err
	}
	if err := w.keep(ctx, folder, n); err != nil {
		return err
	}
	s.mirrors.set(name, mirror{}) // the folder is not the mirror
	return w.noteBase(folder)
}

// base is what [offerfolder.PushedName] says of the offer as it is in the database.
func (w *work) base() string {
	return fmt.Sprintf("%s %d\n", w.head.Made.UTC().Format(time.RFC3339Nano), w.head.Inputs)
}

// noteBase notes that a folder is as the database is.
func (w *work) noteBase(folder string) error {
	return os.WriteFile(filepath.Join(folder, offerfolder.PushedName), []byte(w.base()), disk.FileMode)
}

// loses is an error if a change takes a report or terms away that came to the database since it and the folder were the
// same.
func (w *work) loses(folder string, todo change) error {
	was, err := os.ReadFile(filepath.Join(folder, offerfolder.PushedName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if string(was) == w.base() {
		return nil
	}
	taken := slices.DeleteFunc(slices.Clone(todo.remove), func(name string) bool { return !isInput(name) })
	for _, f := range todo.put {
		if is, ok := w.files[f.path]; ok && isInput(f.path) && is.sha256 != f.sha256 {
			taken = append(taken, f.path)
		}
	}
	if len(taken) == 0 {
		return nil
	}
	return fmt.Errorf("%s in the database is another than in %s, and may have come there since; move the one in the folder away, "+
		"if there is one, and run \"batch pull\"; then change the folder and push it", taken[0], folder)
}

// altered names the first of what is not as it was published.
func altered(folder string, found []ledger.Finding) error {
	if len(found) == 0 {
		return nil
	}
	return fmt.Errorf("%s is not as it was published: %s; nothing was brought to the database", folder, found[0])
}

// isAhead is an error unless the history in a folder begins with that of the database.
func (s *Offers) isAhead(ctx context.Context, w *work, runs string) error {
	rows, err := ledger.ReadRows(runs)
	if err != nil {
		return err
	}
	n := w.head.Count
	switch {
	case n == 0 || (int64(len(rows)) >= n && rows[n-1].Hash == w.head.Hash):
		return nil
	}
	exported, err := w.exportedHere(ctx, rows)
	switch {
	case err != nil:
		return err
	case exported != nil:
		return fmt.Errorf("the history of %s in the folder is another than in the database, which does not know that payments were "+
			"exported here on %s by %s: do not send them; pull the offer into an empty folder, and export there, where you see what "+
			"others exported. If they were sent already, export nothing else before you know of what others did", w.name,
			exported.At.UTC().Format("2006-01-02 15:04 UTC"), exported.Actor)
	case int64(len(rows)) < n:
		return fmt.Errorf("the database has %d entries of the history of %s and the folder %d; run \"batch pull\" first", n,
			w.name, len(rows))
	}
	return fmt.Errorf("the history of %s in the folder is another than in the database; push it under another name, or pull "+
		"the offer into an empty folder", w.name)
}

// exportedHere is the last export of payments among the rows of a folder that the database does not have, nil if there is none.
func (w *work) exportedHere(ctx context.Context, rows []ledger.Row) (last *ledger.Entry, err error) {
	for _, r := range rows {
		e, err := r.Entry()
		if err != nil {
			return nil, err
		}
		if e.Event != ledger.Exported {
			continue
		}
		var known bool
		err = w.conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM batch_entry WHERE offer = $1 AND seq = $2 AND hash = $3)", w.name, r.Seq,
			r.Hash).Scan(&known)
		if err != nil {
			return nil, err
		}
		if !known {
			last = &e
		}
	}
	return last, nil
}

// Pull brings an offer from the database into a folder: an empty one, or one that an earlier pull left and in which no
// run was made since. What is in the folder's inbox and not in the database is an error, as it would be lost.
func (s *Offers) Pull(ctx context.Context, name, folder string) (err error) {
	w, err := s.begin(ctx, name)
	if err != nil {
		return err
	}
	defer w.end()
	runs := filepath.Join(folder, offerfolder.RunsName)
	var d disk.Disk
	if err := errors.Join(d.MakeFolders(folder), ledger.MakeRuns(d, runs)); err != nil {
		return err
	}
	unlock, err := ledger.Lock(ctx, d, runs, s.config.Wait)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	had, err := ledger.ReadRows(runs)
	if err != nil {
		return err
	}
	entries, err := entriesOf(had)
	if err != nil {
		return err
	}
	have, err := treeIn(ctx, folder, entries, nil)
	if err != nil {
		return err
	}
	for at, f := range have {
		if is := w.files[at]; is.sha256 != f.sha256 && isInput(at) && !w.knows(f.sha256) {
			return fmt.Errorf("%s in %s is not in the database and would be lost; push it first, or move it away", at, folder)
		}
	}
	err = s.advance(ctx, w.conn, folder, w.head, w.files)
	if errors.As(err, new(oddError)) {
		return fmt.Errorf("%s: %w; pull into an empty folder", folder, err)
	}
	if err != nil {
		return err
	}
	found, err := ledger.Verify(runs, "")
	if err := errors.Join(err, altered(folder, found)); err != nil {
		return err
	}
	return w.noteBase(folder)
}

// knows reports whether a content was ever one of the offer's.
func (w *work) knows(sha string) bool {
	var there bool
	err := w.conn.QueryRow(context.Background(), "SELECT EXISTS (SELECT FROM batch_content WHERE offer = $1 AND sha256 = $2)",
		w.name, sha).Scan(&there)
	return err == nil && there
}
