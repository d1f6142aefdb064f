package ledger

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// ManifestName is the file in a run's folder that holds its manifest.
const ManifestName = "manifest.json"

// Manifest is the record of one published run.
type Manifest struct {
	Run      string    `json:"run"`
	Offer    string    `json:"offer"`
	Phase    string    `json:"phase"`
	AsOf     time.Time `json:"as_of"`
	Program  string    `json:"program"`
	Terms    Terms     `json:"terms"`
	Identity string    `json:"identity"` // SHA-256 of all the result follows from; equal identities give equal results
	Previous string    `json:"previous"` // the run it was compared with; "" for the first
	Replaces string    `json:"replaces"` // the final run that it supersedes; "" for none
	Inputs   []File    `json:"inputs"`   // the depositaries' files
	Kept     []Kept    `json:"kept"`     // copies of all that the run was made from
	Outputs  []File    `json:"outputs"`
}

// Terms names the terms a run applied.
type Terms struct {
	Version int    `json:"version"`
	Digest  string `json:"digest"` // SHA-256 in hexadecimal
	File    string `json:"file"`   // SHA-256 of offer.yaml as it was read, its copy among those kept; "" if none was kept
}

// Kept is a copy in the run's folder of something that the run was made from.
type Kept struct {
	Of string `json:"of"` // offer.yaml, the base name of a depositary's file, or runs/RUN/FILE of an earlier run
	File
}

// File is one file a run read or wrote.
type File struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"` // in hexadecimal
	Bytes  int64  `json:"bytes"`
}

// Keep adds a copy to those that the run keeps.
func (m *Manifest) Keep(k Kept) {
	m.Kept = append(m.Kept, k)
	if k.Of == "offer.yaml" {
		m.Terms.File = k.SHA256
	}
}

// Encode writes the manifest as it is written into the run's folder.
func (m *Manifest) Encode(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(m)
}

// ReadManifest reads the manifest of the run in a folder.
func ReadManifest(folder string) (*Manifest, error) {
	path := filepath.Join(folder, ManifestName)
	content, err := readRegular(path, mostManifest)
	if errors.Is(err, errNoFile) || errors.Is(err, errSize) {
		return nil, fmt.Errorf("%w; the run's folder is damaged: %s", err, folderAdvice)
	}
	if err != nil {
		return nil, err
	}
	var m Manifest
	if err := cmp.Or(json.Unmarshal(content, &m), m.wrong()); err != nil {
		return nil, fmt.Errorf("%s: %w; the run's folder is damaged: %s", path, err, folderAdvice)
	}
	return &m, nil
}

// wrong is an error if the manifest is none of a run, or names what lies outside
// of the run's folder.
func (m *Manifest) wrong() error {
	if m.Run == "" || m.Offer == "" || m.Phase == "" {
		return errors.New("it does not say which run of which offer it is of")
	}
	if m.Phase != "indicative" && m.Phase != "final" {
		return fmt.Errorf("the phase %q is not known", m.Phase)
	}
	for _, run := range []string{m.Run, m.Previous, m.Replaces} {
		if run != "" && (run != filepath.Base(run) || !filepath.IsLocal(run) || run[0] == '.') {
			return fmt.Errorf("%q is no name of a run", run)
		}
	}
	names := m.Outputs
	for _, k := range m.Kept {
		names = append(names[:len(names):len(names)], k.File)
	}
	for _, f := range names {
		if !filepath.IsLocal(filepath.FromSlash(f.Name)) {
			return fmt.Errorf("%q is no name of a file in the run's folder", f.Name)
		}
	}
	return nil
}

// mostManifest is more than the bytes of any manifest.
const mostManifest = 64 << 20

// errSize says that a file of a run is larger than it was.
var errSize = errors.New("is larger than what was published")

// readRegular reads a file of a run, of at most so many bytes. It is an error if
// something else has its name, such as a pipe that would never end.
func readRegular(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s %w", path, errNoFile)
	}
	if info.Size() > most {
		return nil, fmt.Errorf("%s %w", path, errSize)
	}
	return os.ReadFile(path)
}

// ManifestDigest returns the SHA-256, in hexadecimal, of the manifest of the run
// in a folder.
func ManifestDigest(folder string) (string, error) {
	content, err := readRegular(filepath.Join(folder, ManifestName), mostManifest)
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:]), err
}

// AlteredError says that a published run is not as it was written.
type AlteredError struct{ Message string }

// Error implements error.
func (e *AlteredError) Error() string { return e.Message }

func altered(format string, args ...any) error {
	return &AlteredError{fmt.Sprintf(format, args...)}
}

// unreadable is the error for a file of a run that cannot be read: it is gone, or
// the disk does not do.
func unreadable(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return altered("%v; the run's folder is damaged: restore it", err)
	}
	return fmt.Errorf("%w; if the run's folder is damaged, restore it", err)
}

// ReadOutput reads a file of the run in a folder. It is an error if the file is
// not as it was published: an *[AlteredError] if it is gone or holds something else.
func (m *Manifest) ReadOutput(folder, name string) ([]byte, error) {
	path := filepath.Join(folder, name)
	i := slices.IndexFunc(m.Outputs, func(f File) bool { return f.Name == name })
	if i < 0 {
		return nil, altered("%s is not in the manifest; the run's folder is damaged: restore it", path)
	}
	content, err := readRegular(path, m.Outputs[i].Bytes)
	if err != nil && !errors.Is(err, errSize) {
		return nil, unreadable(err)
	}
	if digest := sha256.Sum256(content); err != nil || hex.EncodeToString(digest[:]) != m.Outputs[i].SHA256 {
		return nil, altered("%s was changed after it was published; restore it", path)
	}
	return content, nil
}

// ReadKept reads the copy of something the run in a folder was made from. It is
// an error if there is none, or if it is not as it was kept.
func (m *Manifest) ReadKept(folder, of string) ([]byte, error) {
	i := slices.IndexFunc(m.Kept, func(k Kept) bool { return k.Of == of })
	if i < 0 {
		return nil, fmt.Errorf("%s keeps no copy of %s, so the run cannot be made again; runs of version 0.1 kept none", folder, of)
	}
	content, err := readRegular(filepath.Join(folder, filepath.FromSlash(m.Kept[i].Name)), m.Kept[i].Bytes)
	if err != nil && !errors.Is(err, errSize) {
		return nil, unreadable(err)
	}
	if digest := sha256.Sum256(content); err != nil || hex.EncodeToString(digest[:]) != m.Kept[i].SHA256 {
		return nil, altered("%s, the copy of %s, was changed after it was kept; restore it", filepath.Join(folder, m.Kept[i].Name), of)
	}
	return content, nil
}

// CheckFiles reads every file that the manifest names and returns an error for
// the first that is missing or not as it was written.
func (m *Manifest) CheckFiles(folder string) error {
	for _, f := range m.Outputs {
		if _, err := m.ReadOutput(folder, f.Name); err != nil {
			return err
		}
	}
	for _, k := range m.Kept {
		if _, err := m.ReadKept(folder, k.Of); err != nil {
			return err
		}
	}
	return nil
}

// Runs returns the manifests of all published runs in a runs folder, by name,
// which is by as-of instant. A folder that does not exist holds none; one in it
// that has no manifest is no run.
func Runs(folder string) ([]*Manifest, error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []*Manifest
	for _, e := range entries {
		if !e.IsDir() || e.Name()[0] == '.' {
			continue
		}
		m, err := ReadManifest(filepath.Join(folder, e.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// Latest returns the manifest of the run published last, nil if there is none, or
// if latest is a file or a link to itself: the next run points it anew.
func Latest(folder string) (*Manifest, error) {
	m, err := ReadManifest(filepath.Join(folder, latestName))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ELOOP) || errors.Is(err, syscall.ENOTDIR) {
		return nil, nil
	}
	return m, err
}

// FinalRun returns the final run in force among the manifests: one that no other
// replaces; nil if there is none.
func FinalRun(all []*Manifest) *Manifest {
	replaced := map[string]bool{}
	for _, m := range all {
		replaced[m.Replaces] = true
	}
	var last *Manifest
	for _, m := range all {
		if m.Phase == "final" && !replaced[m.Run] {
			last = m
		}
	}
	return last
}
