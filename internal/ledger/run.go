package ledger

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/parallel"
	"time"
)

// Run is a published run whose manifest the history vouches for. Only an [Archive]
// hands one out, and a [Stage] the one it has just published.
type Run struct {
	*Manifest
	tree   disk.Tree // of the offer
	folder string
	digest string // SHA-256 of the manifest as it was published, in hexadecimal
	now    string // the same of the manifest in the folder, where names of holders were replaced; "": digest
	whole  bool   // every file has been compared with the manifest
}

// Folder is the path of the run's folder, under the run's own name.
func (r *Run) Folder() string { return r.folder }

// ManifestDigest is the SHA-256 of the run's manifest.json as it was published, in hexadecimal: what was approved and
// released.
func (r *Run) ManifestDigest() string { return r.digest }

// DigestNow is the SHA-256 of the run's manifest.json, in hexadecimal. It is not [Run.ManifestDigest] once names of
// holders were replaced.
func (r *Run) DigestNow() string { return cmp.Or(r.now, r.digest) }

// Check reads every file that the manifest names and returns an *[AlteredError] for
// the first that is missing or not as it was published. What was found whole once is
// not read again: a command opens a run once.
func (r *Run) Check() error {
	if r.whole {
		return nil
	}
	kept := r.keptStill()
	err := parallel.Each(0, len(r.Outputs)+len(kept), func(i int) error {
		if i < len(r.Outputs) {
			return r.checkFile(r.Outputs[i], "published")
		}
		return r.checkFile(kept[i-len(r.Outputs)].File, "kept")
	})
	r.whole = err == nil
	return err
}

// checkFile compares a file of the run with its record, without holding it in
// memory.
func (r *Run) checkFile(f File, since string) error {
	path := filepath.Join(r.folder, filepath.FromSlash(f.Name))
	info, err := r.tree.Lstat(path)
	switch {
	case err != nil:
		return unreadable(err)
	case !info.Mode().IsRegular():
		return altered(restoreRun, "%s %v", path, errNoFile)
	case info.Size() != f.Bytes:
		return altered(restoreRun, "%s was changed after it was %s", path, since)
	}
	digest, err := digestOf(r.tree, path)
	switch {
	case err != nil:
		return unreadable(err)
	case digest != f.SHA256:
		return altered(restoreRun, "%s was changed after it was %s", path, since)
	}
	return nil
}

// restoreRun is what to do about a file of a run that is not as it was published.
const restoreRun = "restore it from the back-up"

// unreadable is the error for a file of a run that cannot be read: it is missing, or
// the disk failed.
func unreadable(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return altered(restoreRun, "%v; the run's folder is damaged", err)
	}
	return fmt.Errorf("%w; if the run's folder is damaged, restore it", err)
}

// Read reads an output of the run. It is an *[AlteredError] if the file is missing,
// not listed in the manifest, or not as it was published.
func (r *Run) Read(name string) ([]byte, error) {
	i := slices.IndexFunc(r.Outputs, func(f File) bool { return f.Name == name })
	if i < 0 {
		return nil, altered(restoreRun, "%s is not in the manifest; the run's folder is damaged",
			filepath.Join(r.folder, name))
	}
	return r.read(r.Outputs[i], "published")
}

// ReadKept reads the copy of something the run was made from. It is an error if
// there is none, or if it is not as it was kept.
func (r *Run) ReadKept(of string) ([]byte, error) {
	i := slices.IndexFunc(r.Kept, func(k Kept) bool { return k.Of == of })
	if i < 0 {
		return nil, fmt.Errorf("%s keeps no copy of %s, so the run cannot be made again; runs of version 0.1 kept none: %w",
			r.folder, of, fs.ErrNotExist)
	}
	if p := r.Pseudonymised; r.Removed(of) {
		return nil, fmt.Errorf("%s keeps no copy of %s any more: it was removed on %s by %s, as the names of holders were "+
			"not to be kept any longer, so the run cannot be made again; its SHA-256 is in the manifest: %w", r.folder, of,
			p.At.Format("2006-01-02"), p.By, fs.ErrNotExist)
	}
	return r.read(r.Kept[i].File, "kept")
}

// Removed reports whether the copy of something the run was made from was removed with the names of holders.
func (r *Run) Removed(of string) bool {
	return r.Pseudonymised != nil && slices.ContainsFunc(r.Kept, func(k Kept) bool {
		return k.Of == of && slices.Contains(r.Pseudonymised.Removed, k.Name)
	})
}

func (r *Run) read(f File, since string) ([]byte, error) {
	path := filepath.Join(r.folder, filepath.FromSlash(f.Name))
	content, err := readRegular(r.tree, path, f.Bytes)
	switch {
	case errors.Is(err, errNoFile):
		return nil, altered(restoreRun, "%v", err)
	case err != nil && !errors.Is(err, errSize):
		return nil, unreadable(err)
	}
	if digest := sha256.Sum256(content); err != nil || hex.EncodeToString(digest[:]) != f.SHA256 {
		return nil, altered(restoreRun, "%s was changed after it was %s", path, since)
	}
	return content, nil
}

// Unlisted names what is in the run's folder and is not in its manifest. The marks
// of spreadsheet programs that have a file open are left out.
func (r *Run) Unlisted() ([]string, error) {
	listed := map[string]bool{ManifestName: true}
	for _, f := range r.Outputs {
		listed[f.Name] = true
	}
	for _, k := range r.Kept {
		listed[k.Name] = true
	}
	for _, in := range r.Inputs {
		listed[keptFolder+"/"+in.SHA256] = true
	}
	if p := r.Pseudonymised; p != nil {
		listed[PublishedManifestName] = true
		for _, name := range p.Removed {
			delete(listed, name)
		}
	}
	var names []string
	err := r.tree.Walk(r.folder, func(below string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || (d.IsDir() && (below == "." || below == keptFolder)) || listed[below] || isMark(d.Name()):
			return err
		}
		names = append(names, below)
		if d.IsDir() {
			return fs.SkipDir
		}
		return nil
	})
	return names, err
}

// isMark reports whether a file is the mark that a spreadsheet program leaves beside
// one it has open.
func isMark(name string) bool {
	return strings.HasPrefix(name, "~$") || (strings.HasPrefix(name, ".~lock.") && strings.HasSuffix(name, "#"))
}

// holds reports whether the run wrote a file, or keeps a copy of one, of a name and a
// digest.
func (r *Run) holds(name, digest string) bool {
	outputs := r.Outputs
	if p := r.Pseudonymised; p != nil {
		outputs = slices.Concat(outputs, p.Outputs)
	}
	return slices.ContainsFunc(outputs, func(f File) bool { return f.Name == name && f.SHA256 == digest }) ||
		slices.ContainsFunc(r.Kept, func(k Kept) bool { return k.Of == name && k.SHA256 == digest })
}

// Open opens an output of the run, or its manifest, once what is in it was compared with what was
// published. It is an *[AlteredError] if it is missing, not listed in the manifest, or not as it was
// published.
func (r *Run) Open(name string) (*os.File, error) {
	path, want := filepath.Join(r.folder, ManifestName), r.DigestNow()
	if name != ManifestName {
		i := slices.IndexFunc(r.Outputs, func(f File) bool { return f.Name == name })
		if i < 0 {
			return nil, altered(restoreRun, "%s is not in the manifest; the run's folder is damaged",
				filepath.Join(r.folder, name))
		}
		path, want = filepath.Join(r.folder, filepath.FromSlash(name)), r.Outputs[i].SHA256
	}
	file, err := disk.Open(path)
	if err != nil {
		return nil, unreadable(err)
	}
	sum := sha256.New()
	if _, err = io.Copy(sum, file); err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	switch {
	case err != nil:
		return nil, errors.Join(unreadable(err), file.Close())
	case hex.EncodeToString(sum.Sum(nil)) != want:
		return nil, errors.Join(altered(restoreRun, "%s was changed after it was published", path), file.Close())
	}
	return file, nil
}

// AsOf is the instant that a run is as of, by its name.
func AsOf(run string, zone *time.Location) (time.Time, error) {
	const whole, parts = "2006-01-02T150405", "2006-01-02T150405.000"
	for _, layout := range []string{parts, whole} {
		if len(run) > len(layout) && run[len(layout)] == '-' {
			if t, err := time.ParseInLocation(layout, run[:len(layout)], zone); err == nil {
				return t, nil
			}
		}
	}
	return time.Time{}, fmt.Errorf("%q is no name of a run", run)
}
