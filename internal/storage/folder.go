package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tenderbatch/internal/disk"
)

// Folder is a store in a folder, such as one on a share that several machines mount.
type Folder struct{ top string }

// NewFolder is the store in a folder, which must be there.
func NewFolder(top string) (*Folder, error) {
	info, err := os.Stat(top)
	if err != nil {
		return nil, fmt.Errorf("the storage: %w; make the folder, or name another", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("the storage %s is not a folder; name one", top)
	}
	top, err = filepath.Abs(top)
	return &Folder{top}, err
}

// String is the path of the folder.
func (f *Folder) String() string { return f.top }

// path is where a content is.
func (f *Folder) path(name string) (string, error) {
	return filepath.Join(f.top, filepath.FromSlash(name)), checkName(name)
}

// draftMark begins the names of files that are not whole yet.
const draftMark = ".draft-"

// Put implements [Store]: the file is written beside its place, down to the disk, and then linked to its
// name, which fails if that is there.
func (f *Folder) Put(ctx context.Context, name string, content io.Reader, bytes int64) (err error) {
	path, err := f.path(name)
	if err != nil {
		return err
	}
	var d disk.Disk
	if err := os.MkdirAll(filepath.Dir(path), disk.FolderMode); err != nil {
		return err
	}
	draft, err := os.CreateTemp(filepath.Dir(path), draftMark)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Remove(draft.Name())) }()
	written, err := io.Copy(draft, contentOf{ctx, content})
	if err == nil && written != bytes {
		err = fmt.Errorf("%s: %d bytes came of %d", name, written, bytes)
	}
	if err = errors.Join(err, draft.Sync(), draft.Close(), os.Chmod(draft.Name(), disk.FileMode)); err != nil {
		return err
	}
	if err := os.Link(draft.Name(), path); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: %w", name, ErrThere)
	} else if err != nil {
		return err
	}
	return d.SyncFolder(filepath.Dir(path))
}

// contentOf is a content that ends with its context.
type contentOf struct {
	ctx context.Context
	io.Reader
}

func (c contentOf) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.Reader.Read(p)
}

// Open implements [Store].
func (f *Folder) Open(_ context.Context, name string) (io.ReadCloser, error) {
	path, err := f.path(name)
	if err != nil {
		return nil, err
	}
	return disk.In(f.top).Open(path)
}

// Stat implements [Store].
func (f *Folder) Stat(_ context.Context, name string) (Info, error) {
	path, err := f.path(name)
	if err != nil {
		return Info{}, err
	}
	info, err := disk.In(f.top).Lstat(path)
	if err != nil {
		return Info{}, err
	}
	return Info{Name: name, Bytes: info.Size(), At: info.ModTime()}, nil
}

// List implements [Store].
func (f *Folder) List(ctx context.Context, prefix string, do func(Info) error) error {
	err := filepath.WalkDir(f.top, func(path string, entry fs.DirEntry, err error) error {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		below, err := filepath.Rel(f.top, path)
		name := filepath.ToSlash(below)
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && !strings.HasPrefix(name+"/", prefix) && !strings.HasPrefix(prefix, name+"/"):
			return fs.SkipDir
		case entry.IsDir(), !strings.HasPrefix(name, prefix), strings.HasPrefix(entry.Name(), draftMark):
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		return do(Info{Name: name, Bytes: info.Size(), At: info.ModTime()})
	})
	return err
}

// Remove implements [Store]. Folders that become empty go with it.
func (f *Folder) Remove(_ context.Context, name string) error {
	path, err := f.path(name)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for folder := filepath.Dir(path); folder != f.top; folder = filepath.Dir(folder) {
		if os.Remove(folder) != nil {
			break // others are in it
		}
	}
	return nil
}

// Protect implements [Store]: a folder protects nothing.
func (f *Folder) Protect(context.Context, string, time.Time) error { return errors.ErrUnsupported }

// LockFor implements [Store].
func (f *Folder) LockFor() time.Duration { return 0 }
