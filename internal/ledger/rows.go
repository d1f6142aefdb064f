package ledger

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// Row is an entry as a ledger holds it: its text, from which the chain is made, so that a copy
// of a ledger in another database has the same chain.
type Row struct {
	Seq  int64
	Body string
	Hash string
}

// BeforeFirst is what the first row follows.
func BeforeFirst() Row { return Row{Hash: noHash} }

// Entry is the entry that a row holds.
func (r Row) Entry() (Entry, error) { return row{r.Seq, r.Body, r.Hash}.entry() }

// Follows reports whether a row is the one after another, by the chain. The first one follows
// [BeforeFirst].
func (r Row) Follows(before Row) bool {
	return r.Seq == before.Seq+1 && r.Hash == chained(before.Hash, r.Seq, r.Body)
}

// ReadRows returns the rows of the ledger in a runs folder, whose chain holds, without making or
// changing anything; none where there never was a ledger. The errors are those of [ReadEntries].
func ReadRows(runs string) (rows []Row, err error) {
	unlock, err := lockToRead(runs)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	path := filepath.Join(runs, databaseName)
	if _, err := treeOf(runs).Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, damage(path, begunAfresh(runs))
	}
	c, err := readChecked(runs)
	if err == nil {
		_, err = vouch(runs)
	}
	if err != nil {
		return nil, unlessMisread(runs, damage(path, err))
	}
	for _, r := range c.rows {
		rows = append(rows, Row{r.seq, r.body, r.hash})
	}
	return rows, nil
}

// AppendRows adds rows of another copy of the ledger, in one step, all or none of them. It is an
// error if they do not follow what is there.
func (l *Log) AppendRows(rows []Row) error {
	return l.change(func(tx *sql.Tx) error {
		for _, r := range rows {
			added, err := insert(tx, r.Body)
			if err != nil {
				return err
			}
			if added != (row{r.Seq, r.Body, r.Hash}) {
				return fmt.Errorf("entry %d does not follow what the ledger has", r.Seq)
			}
		}
		return nil
	})
}

// PublishedRuns are the runs that some entries say were published, in that order.
func PublishedRuns(entries []Entry) (names []string) {
	is := published(entries)
	seen := map[string]bool{}
	for _, e := range entries {
		if _, ok := is[e.Run]; ok && !seen[e.Run] {
			seen[e.Run] = true
			names = append(names, e.Run)
		}
	}
	return names
}
