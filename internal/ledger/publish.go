package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/parallel"
)

// Names in a runs folder that are no runs. Those with a dot are private.
const (
	latestName = "latest"
	finalName  = "final"
	lockName   = ".lock"
	stageName  = ".stage"
	keptFolder = "inputs" // in a run's folder: copies of what it was made from, named by digest
)

// ErrBusy says that another run holds the offer.
var ErrBusy = errors.New("another run holds this offer; wait until it is done, then run again")

// BusyError says what else goes on at the offer. It is [ErrBusy], too.
type BusyError struct{ Message string }

func (e *BusyError) Error() string { return e.Message }

// Is implements errors.Is.
func (*BusyError) Is(target error) bool { return target == ErrBusy }

// Lock takes the runs folder for one run, making it if it is missing, and waits
// for another that has it as long as said. The lock belongs to the process: it
// ends with it at the latest, however it ends. Lock returns [ErrBusy] if another
// run still has it, or the context's error.
func Lock(ctx context.Context, d disk.Disk, folder string, wait time.Duration) (unlock func() error, err error) {
	if err := MakeRuns(d, folder); err != nil {
		return nil, err
	}
	if err := lockable(folder, lockName); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(folder, lockName), flock.SetPermissions(disk.FileMode),
		flock.SetFlag(lockFlags|os.O_CREATE))
	held, err := lock.TryLock()
	if err == nil && !held && wait > 0 {
		patience, stop := context.WithTimeout(ctx, wait)
		defer stop()
		if held, err = lock.TryLockContext(patience, 100*time.Millisecond); errors.Is(err, context.DeadlineExceeded) {
			err = nil
		}
	}
	switch {
	case err != nil:
		return nil, err
	case !held:
		return nil, ErrBusy
	}
	if err := treeOf(folder).Same(lock.Path()); err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return lock.Unlock, nil
}

// MakeRuns makes the runs folder of an offer if it is missing. It is an error if it is
// a link, or if it belongs to another user than the one that publishes: who owns a
// folder can exchange what is in it.
func MakeRuns(d disk.Disk, runs string) error {
	tree := d.In(filepath.Dir(runs))
	if err := tree.MakeFolders(runs); err != nil {
		return err
	}
	info, err := tree.Lstat(runs)
	if err != nil {
		return err
	}
	if owner, known := disk.Owner(info); known && !mayOwn(os.Geteuid(), owner) {
		return fmt.Errorf("%s belongs to the user %d, and this program runs as %d: the owner of a folder could change "+
			"what is published in it; give the folder to the user that makes the runs, with chown -R: %w",
			runs, owner, os.Geteuid(), fs.ErrPermission)
	}
	return nil
}

// mayOwn reports whether a user may publish into the folder of an owner. Root may, as
// it can change everything anyway, and what belongs to root only root can change.
func mayOwn(user, owner int) bool { return user == owner || user == 0 || owner == 0 }

// lockFlags opens a lock's file.
const lockFlags = os.O_RDONLY | disk.NoFollow

// lockable is an error if something else than a file has a lock's name, or a link
// leads there.
func lockable(runs, name string) error {
	return treeOf(runs).Regular(filepath.Join(runs, name))
}

// Stage is a run's folder before it is published. Only the holder of the lock
// may have one.
type Stage struct {
	tree   disk.Tree // of the offer
	runs   string
	folder string
	files  []File
	run    *Run // as it was read back, nil before
}

// NewStage returns an empty stage in the runs folder. What an interrupted run
// left there is cleared.
func NewStage(d disk.Disk, runs string) (*Stage, error) {
	folder := filepath.Join(runs, stageName)
	tree := d.In(filepath.Dir(runs))
	if err := tree.Remove(folder); err != nil {
		return nil, err
	}
	if err := tree.MakeFolder(folder); err != nil {
		return nil, err
	}
	return &Stage{tree: tree, runs: runs, folder: folder}, nil
}

// Folder is where the stage's files are.
func (s *Stage) Folder() string { return s.folder }

// Write writes a file with what write gives it, down to the disk.
func (s *Stage) Write(name string, write func(io.Writer) error) error {
	f, err := s.write(name, write)
	if err == nil {
		s.files = append(s.files, f)
	}
	return err
}

// Output is a file to write to a stage. Check, unless nil, is called with its path once it
// is on the disk.
type Output struct {
	Name  string
	Write func(io.Writer) error
	Check func(path string) error
}

// WriteAll writes files side by side, each down to the disk and checked there. They are in
// the manifest in the order given.
func (s *Stage) WriteAll(outputs []Output) error {
	written := make([]File, len(outputs))
	err := parallel.Each(s.tree.AtOnce(), len(outputs), func(i int) (err error) {
		o := outputs[i]
		if written[i], err = s.write(o.Name, o.Write); err != nil || o.Check == nil {
			return err
		}
		return o.Check(filepath.Join(s.folder, o.Name))
	})
	s.files = append(s.files, written...)
	return err
}

func (s *Stage) write(name string, write func(io.Writer) error) (f File, err error) {
	err = s.tree.Write(filepath.Join(s.folder, name), func(w io.Writer) (err error) {
		f, err = Digest(name, func(digest io.Writer) error { return write(io.MultiWriter(w, digest)) })
		return err
	})
	return f, err
}

// Digest returns the record of the file that write would write.
func Digest(name string, write func(io.Writer) error) (File, error) {
	digest, count := sha256.New(), new(counter)
	if err := write(io.MultiWriter(digest, count)); err != nil {
		return File{}, fmt.Errorf("%s: %w", name, err)
	}
	return File{Name: name, SHA256: hex.EncodeToString(digest.Sum(nil)), Bytes: int64(*count)}, nil
}

// KeptOf is the record of a copy.
func KeptOf(of string, content []byte) Kept {
	sum := sha256.Sum256(content)
	digest := hex.EncodeToString(sum[:])
	return Kept{Of: of, File: File{Name: keptFolder + "/" + digest, SHA256: digest, Bytes: int64(len(content))}}
}

// Keep keeps a copy of what the run was made from, under its digest. Where an
// earlier run keeps the same already, the copy is a second name of that one. One
// content is kept once.
func (s *Stage) Keep(of string, content []byte, earlier string) (Kept, error) {
	kept := KeptOf(of, content)
	name := filepath.FromSlash(kept.Name)
	path := filepath.Join(s.folder, name)
	if _, err := s.tree.Lstat(path); err == nil {
		return kept, nil
	}
	if err := s.tree.MakeFolders(filepath.Dir(path)); err != nil {
		return kept, err
	}
	if s.linkSame(filepath.Join(s.runs, earlier, name), path, content) {
		return kept, nil
	}
	_, err := s.write(name, func(w io.Writer) error { _, err := w.Write(content); return err })
	return kept, err
}

// linkSame gives an earlier copy a second name if it still holds the content. Not
// every file system can: then it says no.
func (s *Stage) linkSame(earlier, path string, content []byte) bool {
	there, err := readRegular(s.tree, earlier, int64(len(content)))
	return err == nil && bytes.Equal(there, content) && s.tree.Link(earlier, path) == nil
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// WriteManifest completes the manifest with the files written and writes it.
func (s *Stage) WriteManifest(m *Manifest) error {
	m.Outputs = append([]File(nil), s.files...)
	return s.Write(ManifestName, m.Encode)
}

// ReadBack reads every file of the stage from the disk, by the manifest as it
// is there, and returns the digest of the manifest.
func (s *Stage) ReadBack() (digest string, err error) {
	m, digest, err := readManifest(s.tree, s.folder)
	if err != nil {
		return "", err
	}
	s.run = &Run{Manifest: m, tree: s.tree, folder: s.folder, digest: digest}
	return digest, s.run.Check()
}

// Publish gives the stage, which was read back, its name among the runs, in one step.
// The name must be new. It is not the latest run before [PointLatest] says so.
func (s *Stage) Publish(name string) (*Run, error) {
	if s.run == nil {
		return nil, errors.New("a run is published only after it was read back")
	}
	folder := filepath.Join(s.runs, name)
	if _, err := s.tree.Lstat(folder); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is there already", folder)
	}
	kept := filepath.Join(s.folder, keptFolder)
	if _, err := s.tree.Lstat(kept); err == nil {
		if err := s.tree.SyncFolder(kept); err != nil {
			return nil, err
		}
	}
	if err := s.tree.SyncFolder(s.folder); err != nil {
		return nil, err
	}
	if err := s.tree.Rename(s.folder, folder); err != nil {
		return nil, err
	}
	s.run.folder = folder
	return s.run, nil
}

// PointLatest points latest at a published run, in one step, if it points
// elsewhere.
func PointLatest(d disk.Disk, runs, name string) error { return point(d, runs, latestName, name) }

// PointFinal points final at the final run in force, as PointLatest does.
func PointFinal(d disk.Disk, runs, name string) error { return point(d, runs, finalName, name) }

func point(d disk.Disk, runs, link, name string) error {
	path, tree := filepath.Join(runs, link), d.In(filepath.Dir(runs))
	if target, err := tree.Readlink(path); err == nil && target == name {
		return nil
	}
	return tree.Point(name, path)
}

// Discard removes the stage. After Publish it does nothing.
func (s *Stage) Discard() error { return s.tree.Remove(s.folder) }

// FreeName returns the first of name, name-2, name-3 and so on that no run has.
func FreeName(runs, name string) (string, error) {
	for n := 1; ; n++ {
		free := name
		if n > 1 {
			free = fmt.Sprintf("%s-%d", name, n)
		}
		_, err := treeOf(runs).Lstat(filepath.Join(runs, free))
		if errors.Is(err, fs.ErrNotExist) {
			return free, nil
		}
		if err != nil {
			return "", err
		}
	}
}
