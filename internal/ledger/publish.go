package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
	"github.com/google/renameio/v2"
)

// Names in a runs folder that are no runs. Those with a dot are private.
const (
	latestName = "latest"
	lockName   = ".lock"
	stageName  = ".stage"
)

// Modes of what is published: readable by the group, by nobody else.
const (
	fileMode   = 0o640
	folderMode = 0o750
)

// ErrBusy says that another run holds the offer.
var ErrBusy = errors.New("another run holds this offer; wait until it is done, then run again")

// Lock takes the runs folder for one run, making it if it is missing. The lock
// ends with the process at the latest. It returns [ErrBusy] if another run has
// it.
func Lock(folder string) (unlock func() error, err error) {
	if err := os.MkdirAll(folder, folderMode); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(folder, lockName), flock.SetPermissions(fileMode))
	held, err := lock.TryLock()
	if err != nil {
		return nil, err
	}
	if !held {
		return nil, ErrBusy
	}
	return lock.Unlock, nil
}

// Stage is a run's folder before it is published. Only the holder of the lock
// may have one.
type Stage struct {
	runs   string
	folder string
	files  []File
}

// NewStage returns an empty stage in the runs folder. What an interrupted run
// left there is cleared.
func NewStage(runs string) (*Stage, error) {
	folder := filepath.Join(runs, stageName)
	if err := os.RemoveAll(folder); err != nil {
		return nil, err
	}
	if err := os.Mkdir(folder, folderMode); err != nil {
		return nil, err
	}
	return &Stage{runs: runs, folder: folder}, nil
}

// Folder is where the stage's files are.
func (s *Stage) Folder() string { return s.folder }

// Write writes a file with what write gives it, down to the disk.
func (s *Stage) Write(name string, write func(io.Writer) error) (err error) {
	file, err := os.OpenFile(filepath.Join(s.folder, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return err
	}
	defer func() {
		if closed := file.Close(); err == nil {
			err = closed
		}
	}()
	digest, count := sha256.New(), new(counter)
	if err := write(io.MultiWriter(file, digest, count)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	s.files = append(s.files, File{Name: name, SHA256: hex.EncodeToString(digest.Sum(nil)), Bytes: int64(*count)})
	return file.Sync()
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// WriteManifest completes the manifest with the files written and writes it.
func (s *Stage) WriteManifest(m *Manifest) error {
	m.Outputs = append([]File(nil), s.files...)
	return s.Write(ManifestName, func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		return encoder.Encode(m)
	})
}

// Publish gives the stage its name among the runs, in one step, and points
// latest at it. The name must be new.
func (s *Stage) Publish(name string) (folder string, err error) {
	folder = filepath.Join(s.runs, name)
	if _, err := os.Lstat(folder); !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s is there already", folder)
	}
	if err := syncFolder(s.folder); err != nil {
		return "", err
	}
	if err := os.Rename(s.folder, folder); err != nil {
		return "", err
	}
	if err := syncFolder(s.runs); err != nil {
		return "", err
	}
	return folder, PointLatest(s.runs, name)
}

// PointLatest points latest at a published run, in one step.
func PointLatest(runs, name string) error {
	if err := renameio.Symlink(name, filepath.Join(runs, latestName)); err != nil {
		return err
	}
	return syncFolder(runs)
}

// Discard removes the stage. After Publish it does nothing.
func (s *Stage) Discard() error { return os.RemoveAll(s.folder) }

// Same reports whether the stage holds the very bytes of a published run.
func (s *Stage) Same(name string) (bool, error) {
	for _, f := range s.files {
		staged, err := os.ReadFile(filepath.Join(s.folder, f.Name))
		if err != nil {
			return false, err
		}
		published, err := os.ReadFile(filepath.Join(s.runs, name, f.Name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
		if !bytes.Equal(staged, published) {
			return false, nil
		}
	}
	return true, nil
}

// syncFolder makes the names in a folder durable.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	if err := folder.Sync(); err != nil {
		folder.Close()
		return err
	}
	return folder.Close()
}

// FreeName returns the first of name-2, name-3 and so on that no run has.
func FreeName(runs, name string) (string, error) {
	for n := 2; ; n++ {
		free := fmt.Sprintf("%s-%d", name, n)
		_, err := os.Lstat(filepath.Join(runs, free))
		if errors.Is(err, fs.ErrNotExist) {
			return free, nil
		}
		if err != nil {
			return "", err
		}
	}
}
