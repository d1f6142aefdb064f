// Package disk changes files so that what is done stays done: a file is written
// to its end, synced and closed, and a change of names is made durable in its
// folder, before the next step is taken. A failed sync or close is an error of
// the whole, never tried again: after it no one knows what the disk holds.
//
// Every change passes through one [Disk], which a test can make fail, or kill the
// process, at each of them in turn.
package disk

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Modes of what is written: readable by the group, by no one else.
const (
	FileMode   = 0o640
	FolderMode = 0o750
)

// Disk changes the files of a machine. Its zero value is ready for use.
type Disk struct {
	// Fault, unless nil, is asked before each change; its error is that of the
	// change, which is then not made. With [io.ErrShortWrite] half of what was to
	// be written is.
	Fault func(op, path string) error
}

func (d Disk) fault(op, path string) error {
	if d.Fault == nil {
		return nil
	}
	if err := d.Fault(op, path); err != nil {
		return &fs.PathError{Op: op, Path: path, Err: err}
	}
	return nil
}

// change makes a change unless there is a fault.
func (d Disk) change(op, path string, do func() error) error {
	if err := d.fault(op, path); err != nil {
		return err
	}
	return do()
}

// MakeFolders makes a folder and those above it that are missing.
func (d Disk) MakeFolders(path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil
	}
	return d.change("mkdir", path, func() error { return os.MkdirAll(path, FolderMode) })
}

// MakeFolder makes a folder that must not be there yet.
func (d Disk) MakeFolder(path string) error {
	return d.change("mkdir", path, func() error { return os.Mkdir(path, FolderMode) })
}

// Remove removes a file, or a folder with all it holds; one that is not there is
// no error.
func (d Disk) Remove(path string) error {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return d.change("remove", path, func() error { return os.RemoveAll(path) })
}

// Rename gives a file or a folder another name, in one step, and syncs the folder
// of the new name.
func (d Disk) Rename(from, to string) error {
	if err := d.change("rename", to, func() error { return os.Rename(from, to) }); err != nil {
		return err
	}
	return d.SyncFolder(filepath.Dir(to))
}

// Link gives a file a second name, which must not be there yet.
func (d Disk) Link(from, to string) error {
	return d.change("link", to, func() error { return os.Link(from, to) })
}

// Point makes path a symbolic link to target, in one step, whatever it was
// before.
func (d Disk) Point(target, path string) error {
	next := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".next")
	if err := d.Remove(next); err != nil {
		return err
	}
	if err := d.change("symlink", next, func() error { return os.Symlink(target, next) }); err != nil {
		return err
	}
	return d.Rename(next, path)
}

// SyncFolder makes the names in a folder durable.
func (d Disk) SyncFolder(path string) error {
	return d.change("syncfolder", path, func() (err error) {
		folder, err := os.Open(path)
		if err != nil {
			return err
		}
		return errors.Join(syncNames(folder), folder.Close())
	})
}

// pieces is how much is written at once.
const pieces = 256 << 10

// Write writes a new file with what write gives it, down to the disk; who reads it next
// reads it from there. After an error the file may be there in part.
func (d Disk) Write(path string, write func(io.Writer) error) error {
	return d.write(path, write, func() (*os.File, error) {
		return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, FileMode)
	})
}

// write writes what create has made.
func (d Disk) write(path string, write func(io.Writer) error, create func() (*os.File, error)) error {
	var file *os.File
	err := d.change("create", path, func() (err error) {
		file, err = create()
		return err
	})
	if err != nil {
		return err
	}
	buffer := bufio.NewWriterSize(&faulty{d, file, path}, pieces)
	if err := write(buffer); err != nil {
		return errors.Join(err, file.Close())
	}
	if err := buffer.Flush(); err != nil {
		return errors.Join(err, file.Close())
	}
	if err := d.change("sync", path, file.Sync); err != nil {
		return errors.Join(err, file.Close())
	}
	forget(file)
	return errors.Join(d.fault("close", path), file.Close())
}

// faulty is a file whose writing can fail.
type faulty struct {
	disk Disk
	file *os.File
	path string
}

func (f *faulty) Write(p []byte) (int, error) {
	err := f.disk.fault("write", f.path)
	if err == nil {
		return f.file.Write(p)
	}
	if errors.Is(err, io.ErrShortWrite) {
		n, failed := f.file.Write(p[:len(p)/2])
		return n, errors.Join(err, failed)
	}
	return 0, err
}

// PathInURL is the path of a file as URLs have it: with slashes, and one before a drive's letter.
func PathInURL(path string) string {
	if filepath.VolumeName(path) != "" {
		return "/" + filepath.ToSlash(path)
	}
	return filepath.ToSlash(path)
}
