package disk

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Tree is a folder with all that is below it, in which no link is followed: each file
// is reached through an [os.Root] on the folder, step by step, and a link at any step
// is a *[StrangeError]. So nothing that others put into the tree leads a reader or a
// writer out of it, or from one of its files to another. Only the folder itself may be
// reached through links: who named it chose it.
//
// Paths are whole, as they stand in messages, and lie in the folder. Changes are
// those of [Disk], with its faults.
type Tree struct {
	disk Disk
	top  string
}

// In is the tree of a folder, for reading and for changes.
func (d Disk) In(top string) Tree { return Tree{disk: d, top: top} }

// AtOnce is how many files may be written at once, as parallel.Each has it: where a fault
// is asked for at one of the changes, they keep their order.
func (t Tree) AtOnce() int {
	if t.disk.Fault != nil {
		return 1
	}
	return 0
}

// In is the tree of a folder.
func In(top string) Tree { return Disk{}.In(top) }

// StrangeError says that something else is in the place of a file or a folder,
// such as a link, a pipe or a device.
type StrangeError struct{ Path, What, Do string }

// Error implements error.
func (e *StrangeError) Error() string { return e.Path + " " + e.What + "; " + e.Do }

// Strange is a *[StrangeError] for what is neither a file nor, if that is wanted, a
// folder, nil for what is as it should be.
func Strange(path string, mode fs.FileMode, folder bool) error {
	switch {
	case mode&fs.ModeSymlink != 0:
		return &StrangeError{path, "is a link",
			"no link is followed here: put the file or folder itself in its place, or mount it there"}
	case folder && !mode.IsDir():
		return &StrangeError{path, "is not a folder but " + KindOf(mode), "move it away"}
	case !folder && !mode.IsRegular():
		return &StrangeError{path, "is not a file but " + KindOf(mode), "move it away"}
	}
	return nil
}

// KindOf names in words what a mode is that of.
func KindOf(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeSymlink != 0:
		return "a link"
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	case mode.IsRegular():
		return "a file"
	}
	return "something else"
}

// errMoved says that a name leads elsewhere than a moment before.
var errMoved = errors.New("was exchanged for something else while it was opened; find out who did that, and try again")

// named gives an error of a root the whole path, and the name that the system's call
// has elsewhere.
func named(err error, path string) error {
	var one *fs.PathError
	var two *os.LinkError
	switch {
	case errors.As(err, &one):
		return &fs.PathError{Op: strings.TrimSuffix(one.Op, "at"), Path: path, Err: one.Err}
	case errors.As(err, &two):
		return &os.LinkError{Op: strings.TrimSuffix(two.Op, "at"), Old: two.Old, New: path, Err: two.Err}
	}
	return err
}

// parent opens the folder that holds a path, step by step, and returns the name in it.
func (t Tree) parent(path string) (root *os.Root, name string, err error) {
	below, err := filepath.Rel(t.top, path)
	if err != nil || !filepath.IsLocal(below) {
		return nil, "", fmt.Errorf("%s is not in %s", path, t.top)
	}
	if root, err = os.OpenRoot(t.top); err != nil {
		return nil, "", named(err, t.top)
	}
	parts := strings.Split(below, string(filepath.Separator))
	at := t.top
	for _, part := range parts[:len(parts)-1] {
		at = filepath.Join(at, part)
		next, err := enter(root, part, at)
		_ = root.Close() // nothing is written through it
		if err != nil {
			return nil, "", err
		}
		root = next
	}
	return root, parts[len(parts)-1], nil
}

// enter opens a folder in a root unless it is a link, or became one meanwhile.
func enter(root *os.Root, name, path string) (*os.Root, error) {
	before, err := root.Lstat(name)
	if err != nil {
		return nil, named(err, path)
	}
	if before.Mode()&fs.ModeSymlink != 0 {
		return nil, Strange(path, before.Mode(), true)
	}
	if !before.IsDir() {
		return nil, &fs.PathError{Op: "open", Path: path, Err: syscall.ENOTDIR}
	}
	next, err := root.OpenRoot(name)
	if err != nil {
		return nil, named(err, path)
	}
	now, err := next.Stat(".")
	if err == nil && !os.SameFile(before, now) {
		err = &fs.PathError{Op: "open", Path: path, Err: errMoved}
	}
	if err != nil {
		return nil, errors.Join(err, next.Close())
	}
	return next, nil
}

// at calls do with the folder that holds a path.
func (t Tree) at(path string, do func(root *os.Root, name string) error) error {
	root, name, err := t.parent(path)
	if err != nil {
		return err
	}
	defer root.Close()
	return named(do(root, name), path)
}

// Lstat describes what has a name. A link is described, not followed.
func (t Tree) Lstat(path string) (info fs.FileInfo, err error) {
	err = t.at(path, func(root *os.Root, name string) (err error) {
		info, err = root.Lstat(name)
		return err
	})
	return info, err
}

// Readlink is where a link leads.
func (t Tree) Readlink(path string) (target string, err error) {
	err = t.at(path, func(root *os.Root, name string) (err error) {
		target, err = root.Readlink(name)
		return err
	})
	return target, err
}

// Open opens a file for reading. Anything else under its name is a *[StrangeError] at
// once: to open a pipe would hang, deaf to every signal.
func (t Tree) Open(path string) (file *os.File, err error) {
	err = t.at(path, func(root *os.Root, name string) (err error) {
		before, err := root.Lstat(name)
		if err == nil {
			err = Strange(path, before.Mode(), false)
		}
		if err != nil {
			return err
		}
		if file, err = root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0); err != nil {
			return err
		}
		now, err := file.Stat()
		if err == nil && !os.SameFile(before, now) {
			err = &fs.PathError{Op: "open", Path: path, Err: errMoved}
		}
		if err != nil {
			err = errors.Join(err, file.Close())
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return file, nil
}

// TooLargeError says that a file has more bytes than one of its kind may have.
type TooLargeError struct {
	Path string
	Most int64
}

// Error implements error.
func (e *TooLargeError) Error() string {
	return fmt.Sprintf("%s has more than %d bytes, the most that such a file may have", e.Path, e.Most)
}

// ReadFile reads a file of at most so many bytes, whatever its size is said to be.
func (t Tree) ReadFile(path string, most int64) ([]byte, error) {
	file, err := t.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readAll(file, path, most)
}

func readAll(file *os.File, path string, most int64) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(file, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(content)) > most {
		return nil, &TooLargeError{path, most}
	}
	return content, nil
}

// Open opens a file that a person named, wherever it is and through whatever links
// they chose. What is no file is a *[StrangeError] at once.
func Open(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil {
		err = Strange(path, info.Mode(), false)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// ReadFile reads a file that a person named, of at most so many bytes.
func ReadFile(path string, most int64) ([]byte, error) {
	file, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readAll(file, path, most)
}

// folder calls do with a folder of the tree.
func (t Tree) folder(path string, do func(*os.Root) error) error {
	return t.at(path, func(root *os.Root, name string) error {
		folder, err := enter(root, name, path)
		if err != nil {
			return err
		}
		defer folder.Close()
		return named(do(folder), path)
	})
}

// ReadDir lists a folder, by name.
func (t Tree) ReadDir(path string) (entries []fs.DirEntry, err error) {
	err = t.folder(path, func(root *os.Root) (err error) {
		entries, err = fs.ReadDir(root.FS(), ".")
		return err
	})
	return entries, err
}

// Walk calls do for all that is in a folder, as [fs.WalkDir] does, with paths seen
// from the folder.
func (t Tree) Walk(path string, do fs.WalkDirFunc) error {
	return t.folder(path, func(root *os.Root) error { return fs.WalkDir(root.FS(), ".", do) })
}

// Regular is an error if something else than a file has a name, or if a link leads
// there; a file that is missing is none.
func (t Tree) Regular(path string) error {
	info, err := t.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	return Strange(path, info.Mode(), false)
}

// Same is an error if a path, opened by a program that follows links, is not the file
// of the tree.
func (t Tree) Same(path string) error {
	inside, err := t.Lstat(path)
	if err != nil {
		return err
	}
	opened, err := os.Stat(path)
	if err == nil && !os.SameFile(inside, opened) {
		err = &fs.PathError{Op: "open", Path: path, Err: errMoved}
	}
	return err
}

// MakeFolders makes a folder and those above it in the tree that are missing. The
// tree's own folder must be there.
func (t Tree) MakeFolders(path string) error {
	below, err := filepath.Rel(t.top, path)
	if err != nil || !filepath.IsLocal(below) {
		return fmt.Errorf("%s is not in %s", path, t.top)
	}
	at := t.top
	for part := range strings.SplitSeq(below, string(filepath.Separator)) {
		at = filepath.Join(at, part)
		info, err := t.Lstat(at)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			if err := t.MakeFolder(at); err != nil && !errors.Is(err, fs.ErrExist) {
				return err
			}
		case err != nil:
			return err
		default:
			if err := Strange(at, info.Mode(), true); err != nil {
				return err
			}
		}
	}
	return nil
}

// MakeFolder makes a folder that must not be there yet.
func (t Tree) MakeFolder(path string) error {
	return t.disk.change("mkdir", path, func() error {
		return t.at(path, func(root *os.Root, name string) error { return root.Mkdir(name, FolderMode) })
	})
}

// Remove removes a file, a link, or a folder with all it holds; one that is not there
// is no error.
func (t Tree) Remove(path string) error {
	if _, err := t.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return t.disk.change("remove", path, func() error {
		return t.at(path, func(root *os.Root, name string) error { return root.RemoveAll(name) })
	})
}

// between calls do with the deepest folder that holds two paths, and their names seen
// from there. Folders on the way are no links.
func (t Tree) between(from, to string, do func(root *os.Root, from, to string) error) error {
	shared := filepath.Dir(from)
	for {
		if below, err := filepath.Rel(shared, to); err == nil && filepath.IsLocal(below) {
			break
		}
		if up := filepath.Dir(shared); up != shared {
			shared = up
			continue
		}
		return fmt.Errorf("%s and %s are not in one folder", from, to)
	}
	for _, path := range []string{from, to} {
		if _, err := t.Lstat(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err // a link on the way
		}
	}
	inside := func(root *os.Root) error {
		a, err := filepath.Rel(shared, from)
		if err != nil {
			return err
		}
		b, err := filepath.Rel(shared, to)
		if err != nil {
			return err
		}
		return do(root, a, b)
	}
	if below, err := filepath.Rel(t.top, shared); err == nil && below == "." {
		root, err := os.OpenRoot(t.top)
		if err != nil {
			return named(err, t.top)
		}
		defer root.Close()
		return named(inside(root), to)
	}
	return t.folder(shared, inside)
}

// Rename gives a file or a folder another name, in one step, and syncs the folder of
// the new name.
func (t Tree) Rename(from, to string) error {
	err := t.disk.change("rename", to, func() error {
		return t.between(from, to, func(root *os.Root, from, to string) error { return root.Rename(from, to) })
	})
	if err != nil {
		return err
	}
	return t.SyncFolder(filepath.Dir(to))
}

// Link gives a file a second name, which must not be there yet.
func (t Tree) Link(from, to string) error {
	return t.disk.change("link", to, func() error {
		return t.between(from, to, func(root *os.Root, from, to string) error { return root.Link(from, to) })
	})
}

// Point makes path a symbolic link to target, in one step, whatever it was before.
func (t Tree) Point(target, path string) error {
	next := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".next")
	if err := t.Remove(next); err != nil {
		return err
	}
	err := t.disk.change("symlink", next, func() error {
		return t.at(next, func(root *os.Root, name string) error { return root.Symlink(target, name) })
	})
	if err != nil {
		return err
	}
	return t.Rename(next, path)
}

// SyncFolder makes the names in a folder durable.
func (t Tree) SyncFolder(path string) error {
	return t.disk.change("syncfolder", path, func() error {
		return t.folder(path, func(root *os.Root) error {
			folder, err := root.Open(".")
			if err != nil {
				return err
			}
			return errors.Join(syncNames(folder), folder.Close())
		})
	})
}

// Write writes a new file with what write gives it, down to the disk. After an error
// the file may be there in part. A file that is there already, under whatever name a
// link gives it, is never opened for writing.
func (t Tree) Write(path string, write func(io.Writer) error) error {
	return t.disk.write(path, write, func() (file *os.File, err error) {
		err = t.at(path, func(root *os.Root, name string) (err error) {
			file, err = root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, FileMode)
			return err
		})
		return file, err
	})
}

// Digest is the SHA-256 of a file, in hexadecimal. What is no file is a *[StrangeError] at once.
func (t Tree) Digest(path string) (string, error) {
	file, err := t.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	digest := sha256.New()
	if _, err := io.Copy(digest, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}
