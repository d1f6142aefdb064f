package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"tenderbatch/internal/offerfolder"
)

// thereAlready says that a new file cannot be written because there is one, or
// returns another error of the file system as it is.
func thereAlready(name string, err error) error {
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return &offerfolder.UsageError{Message: fmt.Sprintf("%s is there already; name another file", name)}
}

// writeWhole writes a file that is not there yet; it appears with all its content
// or not at all.
func writeWhole(name string, content []byte) (err error) {
	if err := offerfolder.Elsewhere(name); err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*.part")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name())
	_, err = temporary.Write(content)
	if err = errors.Join(err, temporary.Chmod(0o640), temporary.Sync(), temporary.Close()); err != nil {
		return err
	}
	// Unlike a rename, a link never takes the place of another file.
	err = os.Link(temporary.Name(), name)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = renameToNew(temporary.Name(), name)
	}
	if err != nil {
		return thereAlready(name, err)
	}
	return nil
}

// renameToNew renames a file where the file system has no links: the new name is
// taken first, so that the rename takes the place of nothing but our own.
func renameToNew(from, to string) error {
	file, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Rename(from, to))
}
