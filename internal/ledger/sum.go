package ledger

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"tenderbatch/internal/disk"
)

// sum is what ledger.sum says of the ledger: how far it had come, and SHA-256 of
// the whole file, so that a bit that flips where there is no entry is noticed too.
type sum struct {
	progress progress
	digest   string // in hexadecimal
}

// sumLayout is the text of ledger.sum. sha256sum -c reads it.
const sumLayout = "# %d entries, ledger version %d\n%s  " + databaseName + "\n"

func (s sum) text() string {
	return fmt.Sprintf(sumLayout, s.progress.count, s.progress.version, s.digest)
}

// errSum says that ledger.sum is not as it was written.
var errSum = errors.New(sumName + " is damaged")

// readSum reads ledger.sum, nil if there is none.
func readSum(runs string) (*sum, error) {
	path := filepath.Join(runs, sumName)
	info, err := treeOf(runs).Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err == nil && !info.Mode().IsRegular():
		return nil, errSum
	case err != nil:
		return nil, err
	}
	text, err := treeOf(runs).ReadFile(path, mostSum)
	if err != nil {
		return nil, err
	}
	var s sum
	_, err = fmt.Sscanf(string(text), sumLayout, &s.progress.count, &s.progress.version, &s.digest)
	if err != nil || s.text() != string(text) {
		return nil, errSum
	}
	return &s, nil
}

// mostSum is more than the bytes of any ledger.sum.
const mostSum = 4 << 10

// writeSum replaces ledger.sum in one step. Only the holder of the ledger's lock
// writes it, so the file it goes through has one name and a crash leaves no litter.
// That file is made new each time: what has its name, such as a link to another file,
// is taken away and never written to.
func writeSum(runs string, s sum) (err error) {
	draft := filepath.Join(runs, "."+sumName)
	tree := treeOf(runs)
	if err := tree.Remove(draft); err != nil {
		return err
	}
	err = tree.Write(draft, func(w io.Writer) error {
		_, err := io.WriteString(w, s.text())
		return err
	})
	if err != nil {
		return err
	}
	return tree.Rename(draft, filepath.Join(runs, sumName))
}

// errNoFile says that something else has a file's name.
var errNoFile = errors.New("is not a file")

// digestOf returns the SHA-256 of a file in hexadecimal. Anything else than a file,
// such as a pipe that would never end, is an error.
func digestOf(t disk.Tree, path string) (string, error) {
	info, err := t.Lstat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", errNoFile
	}
	return t.Digest(path)
}

// agree says whether a ledger is what its sum says: nil if it is, or if a crash
// left the sum behind. Then only the chain speaks for it, and the caller checks
// that.
func (s *sum) agree(have progress, digest string, pending bool) (behind bool, err error) {
	switch {
	case s == nil && have.count == 0:
		return false, nil
	case s == nil:
		return false, fmt.Errorf("%s is missing, so nothing vouches for the %d entries", sumName, have.count)
	case have == s.progress && digest == s.digest:
		return false, nil
	case have == s.progress:
		return false, fmt.Errorf("the file is not as it was written: its digest is not the one in %s", sumName)
	case have.count < s.progress.count || have.version < s.progress.version:
		return false, fmt.Errorf("it ends with entry %d, but %s says %d: the last were removed, or an old copy was put back",
			have.count, sumName, s.progress.count)
	case digest == s.digest && !pending:
		return false, fmt.Errorf("%s says %d entries of a file that has %d: it was altered", sumName, s.progress.count,
			have.count)
	}
	return true, nil
}
