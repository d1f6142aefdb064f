package shared

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/parallel"
	"tenderbatch/internal/storage"
)

// retryPause is the first pause before the database or the storage is tried again; each is twice the one before.
const retryPause = 250 * time.Millisecond

// sleep waits, unless the context is done before.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// news is what a work has that the database does not.
type news struct {
	rows  []ledger.Row
	head  Head // as it is to be
	files tree // all of them, as they are to be
	todo  change
	put   []file // contents that the storage does not have yet
}

// news compares a folder with what the database had as the work began. known are files whose digests are known as long as
// size and time are the same.
func (w *work) news(ctx context.Context, folder string, known tree) (*news, error) {
	runs := filepath.Join(folder, offerfolder.RunsName)
	rows, err := ledger.ReadRows(runs)
	if err != nil {
		return nil, err
	}
	had := w.head.Count
	if int64(len(rows)) < had || (had > 0 && rows[had-1].Hash != w.head.Hash) {
		return nil, fmt.Errorf("the history in %s is not that of the database; nothing of it is kept", folder)
	}
	entries, err := entriesOf(rows)
	if err != nil {
		return nil, err
	}
	n := &news{rows: rows[had:], head: w.head}
	if n.files, err = treeIn(ctx, folder, entries, known); err != nil {
		return nil, err
	}
	if _, ok := n.files[offerfolder.OfferName]; !ok {
		return nil, fmt.Errorf("%s has no %s; nothing of it is kept", folder, offerfolder.OfferName)
	}
	may, err := removable(entries, n.rows)
	if err != nil {
		return nil, err
	}
	if n.todo, err = w.files.changesTo(n.files, may); err != nil {
		return nil, err
	}
	if len(n.rows) > 0 {
		last := n.rows[len(n.rows)-1]
		n.head.Count, n.head.Hash = last.Seq, last.Hash
	}
	n.head.Latest, n.head.Final = ledger.LatestIn(entries), ledger.InForce(entries)
	if n.changesInputs() {
		n.head.Inputs++
	}
	return n, nil
}

// mayChange are the runs whose files a work may remove, and those in which it may change them, too.
type mayChange struct{ pruned, rewritten map[string]bool }

// removable are the runs that some entries say were pruned, and those in which new rows say that names were replaced.
func removable(entries []ledger.Entry, rows []ledger.Row) (may mayChange, err error) {
	may = mayChange{ledger.PrunedRuns(entries), map[string]bool{}}
	added, err := entriesOf(rows)
	for _, e := range added {
		if e.Event == ledger.Pseudonymised {
			for _, r := range e.Rewritten {
				may.rewritten[r.Run] = true
			}
		}
	}
	return may, err
}

func (n *news) changesInputs() bool {
	for _, f := range n.todo.put {
		if isInput(f.path) && !isApart(f.path) {
			return true
		}
	}
	return slices.ContainsFunc(n.todo.remove, func(name string) bool { return !isApart(name) })
}

// deletes reports whether something was deleted that is not to be kept any longer, so that its content goes, too.
func (n *news) deletes() bool {
	for _, r := range n.rows {
		if e, err := r.Entry(); err == nil && (e.Event == ledger.Pruned || e.Event == ledger.Cleared ||
			e.Event == ledger.Pseudonymised) {
			return true
		}
	}
	return false
}

// commit keeps what is new in a folder, all or nothing of it.
func (w *work) commit(ctx context.Context, folder string) error {
	n, err := w.news(ctx, folder, w.files)
	if err != nil {
		return err
	}
	return w.keep(ctx, folder, n)
}

// keep keeps what is new, all or nothing of it.
func (w *work) keep(ctx context.Context, folder string, n *news) error {
	if len(n.rows) == 0 && len(n.todo.put) == 0 && len(n.todo.remove) == 0 {
		return nil
	}
	if err := w.store(ctx, folder, n); err != nil {
		return fmt.Errorf("nothing was kept: %w", err)
	}
	pause := retryPause
	for {
		err := w.commitOnce(ctx, n)
		if err == nil {
			w.head, w.files = n.head, n.files
			w.offers.mirrors.set(w.name, mirror{n.head, n.files})
			return nil
		}
		if isRefused(err) {
			return err
		}
		if !sleep(ctx, pause) {
			return fmt.Errorf("it is not known whether it was kept: %w", err)
		}
		pause = min(2*pause, 5*time.Second)
	}
}

// isRefused reports whether a commit will not do, however often it is tried. One that is busy is not: the database may
// not have noticed yet that a connection of this work was lost.
func isRefused(err error) bool {
	for _, refused := range []error{ErrOvertaken, ledger.ErrDecided, ledger.ErrEnded, ledger.ErrReleased, errNewer} {
		if errors.Is(err, refused) {
			return true
		}
	}
	refused := new(pgconn.PgError)
	return errors.As(err, &refused) && !isShutdown(refused)
}

// isShutdown reports whether the database refused as it was stopped or started.
func isShutdown(e *pgconn.PgError) bool {
	return e.Code[:2] == "57" || e.Code[:2] == "53" || e.Code[:2] == "08"
}

// store puts the contents into the storage that it does not have, and last the list of what the commit has: by
// that alone an offer could be restored.
func (w *work) store(ctx context.Context, folder string, n *news) error {
	if err := again(ctx, func() error { return w.reconnect(ctx) }); err != nil {
		return err
	}
	known, err := tokens(ctx, w.conn, w.name)
	if err != nil {
		return err
	}
	for _, f := range n.todo.put {
		if _, there := known[f.sha256]; !there {
			known[f.sha256] = w.token
			n.put = append(n.put, f)
		}
	}
	err = parallel.Each(atOnce, len(n.put), func(i int) error {
		f := n.put[i]
		full := filepath.Join(folder, filepath.FromSlash(f.path))
		if err := w.putFile(ctx, full, f); err != nil {
			return fmt.Errorf("%s: %w", f.path, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := w.protect(ctx, n, known); err != nil {
		return err
	}
	list, err := json.Marshal(commitList(n))
	if err != nil {
		return err
	}
	return again(ctx, func() error {
		return there(w.offers.config.Store.Put(ctx, keyOf(w.name, w.token, commitName), bytes.NewReader(list), int64(len(list))))
	})
}

// protect has the storage lock what a run consists of that is released, if it is to. where are the works that put the
// contents there, with this one.
func (w *work) protect(ctx context.Context, n *news, where map[string]string) error {
	store := w.offers.config.Store
	if store.LockFor() == 0 {
		return nil
	}
	until := w.offers.Now().Add(store.LockFor())
	for _, r := range n.rows {
		e, err := r.Entry()
		if err != nil {
			return err
		}
		if e.Event != ledger.Released {
			continue
		}
		for name, f := range n.files {
			if !strings.HasPrefix(name, offerfolder.RunsName+"/"+e.Run+"/") {
				continue
			}
			if err := again(ctx, func() error { return store.Protect(ctx, keyOf(w.name, where[f.sha256], f.sha256), until) }); err != nil {
				return fmt.Errorf("%s cannot be protected: %w", name, err)
			}
		}
	}
	return nil
}

// commitName is the name of the list of what a commit has.
const commitName = "commit.json"

// commitList is what the list holds.
func commitList(n *news) any {
	type entryOf struct {
		Seq        int64
		Body, Hash string
	}
	type fileOf struct {
		Path, SHA256 string
		Bytes        int64
		Modified     time.Time
		Owner        string
	}
	list := struct {
		Entries []entryOf
		Put     []fileOf
		Removed []string
	}{Removed: n.todo.remove}
	for _, r := range n.rows {
		list.Entries = append(list.Entries, entryOf(r))
	}
	for _, f := range n.todo.put {
		list.Put = append(list.Put, fileOf{f.path, f.sha256, f.bytes, f.modified, f.owner})
	}
	return list
}

// there is no error for a content that is there already: an earlier try put it there, under a name that only this
// work uses.
func there(err error) error {
	if errors.Is(err, storage.ErrThere) {
		return nil
	}
	return err
}

// again does something that may fail for a while a few times.
func again(ctx context.Context, do func() error) (err error) {
	for try := range 6 {
		if err = do(); err == nil || !sleep(ctx, retryPause<<try) {
			break
		}
	}
	return err
}

// putFile puts a file into the storage.
func (w *work) putFile(ctx context.Context, full string, f file) error {
	return again(ctx, func() error {
		content, err := os.Open(full)
		if err != nil {
			return err
		}
		defer content.Close()
		return there(w.offers.config.Store.Put(ctx, keyOf(w.name, w.token, f.sha256), content, f.bytes))
	})
}

// onceWithin is as long as one try may take: what was asked over a connection that was cut has no answer for longer than that.
const onceWithin = 3 * time.Minute

// commitOnce is the transaction. It is refused with [ErrOvertaken] if other work has begun since.
func (w *work) commitOnce(ctx context.Context, n *news) error {
	ctx, stop := context.WithTimeout(ctx, onceWithin)
	defer stop()
	if err := w.reconnect(ctx); err != nil {
		return err
	}
	err := pgx.BeginFunc(ctx, w.conn, func(tx pgx.Tx) error {
		var is Head
		var term int64
		var token string
		err := tx.QueryRow(ctx, "SELECT term, token, count, hash FROM batch_offer WHERE name = $1 FOR UPDATE", w.name).
			Scan(&term, &token, &is.Count, &is.Hash)
		if err != nil {
			return err
		}
		var kept bool // by an earlier try whose answer was lost; asked once the row is ours, as that try may still go on
		var version int
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM batch_commit WHERE offer = $1 AND term = $2 AND token = $3),
			(SELECT max(version) FROM batch_version)`, w.name, w.term, w.token).Scan(&kept, &version); err != nil {
			return err
		}
		switch {
		case kept:
			return nil
		case version > len(steps):
			return errNewer
		case term != w.term || token != w.token || is.Hash != w.head.Hash || is.Count != w.head.Count:
			return ErrOvertaken
		}
		return w.write(ctx, tx, n)
	})
	switch index, is := isUnique(err); {
	case is && index == "batch_one_decision_per_slot":
		return ledger.ErrDecided
	case is && index == "batch_one_end_per_attempt":
		return ledger.ErrEnded
	case is && index == "batch_one_release_per_run":
		return ledger.ErrReleased
	}
	return err
}

// write writes what is new.
func (w *work) write(ctx context.Context, tx pgx.Tx, n *news) error {
	b := &pgx.Batch{}
	b.Queue("INSERT INTO batch_commit (offer, term, token, holder) VALUES ($1, $2, $3, $4)", w.name, w.term, w.token,
		w.offers.config.Holder)
	for _, r := range n.rows {
		b.Queue("INSERT INTO batch_entry (offer, seq, body, hash) VALUES ($1, $2, $3, $4)", w.name, r.Seq, r.Body, r.Hash)
	}
	for _, f := range n.put {
		b.Queue("INSERT INTO batch_content (offer, sha256, bytes, token) VALUES ($1, $2, $3, $4)", w.name, f.sha256, f.bytes,
			w.token)
	}
	for _, f := range n.todo.put {
		b.Queue(`INSERT INTO batch_file (offer, path, sha256, modified, owner) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (offer, path) DO UPDATE SET sha256 = $3, modified = $4, owner = $5`, w.name, f.path, f.sha256, f.modified,
			f.owner)
	}
	for _, name := range n.todo.remove {
		b.Queue("DELETE FROM batch_file WHERE offer = $1 AND path = $2", w.name, name)
	}
	if n.deletes() {
		b.Queue(`DELETE FROM batch_content c WHERE offer = $1 AND NOT EXISTS (SELECT FROM batch_file f
			WHERE f.offer = c.offer AND f.sha256 = c.sha256)`, w.name)
	}
	b.Queue(`UPDATE batch_offer SET count = $2, hash = $3, latest = $4, final = $5, inputs = $6,
		inputs_at = CASE WHEN inputs = $6 THEN inputs_at ELSE batch_now() END WHERE name = $1`, w.name, n.head.Count, n.head.Hash,
		n.head.Latest, n.head.Final, n.head.Inputs)
	return tx.SendBatch(ctx, b).Close()
}
