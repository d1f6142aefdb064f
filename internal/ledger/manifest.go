package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
	Inputs   []File    `json:"inputs"`
	Outputs  []File    `json:"outputs"`
}

// Terms names the terms a run applied.
type Terms struct {
	Version int    `json:"version"`
	Digest  string `json:"digest"` // SHA-256 in hexadecimal
}

// File is one file a run read or wrote.
type File struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"` // in hexadecimal
	Bytes  int64  `json:"bytes"`
}

// ReadManifest reads the manifest of the run in a folder.
func ReadManifest(folder string) (*Manifest, error) {
	path := filepath.Join(folder, ManifestName)
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var m Manifest
	if err := json.Unmarshal(content, &m); err != nil {
		return nil, fmt.Errorf("%s: %w; the run's folder is damaged: move it away and run again", path, err)
	}
	return &m, nil
}

// ReadOutput reads a file of the run in a folder. It is an error if the file is
// not as it was published.
func (m *Manifest) ReadOutput(folder, name string) ([]byte, error) {
	path := filepath.Join(folder, name)
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w; the run's folder is damaged: restore it", err)
	}
	digest := sha256.Sum256(content)
	for _, f := range m.Outputs {
		if f.Name == name && f.SHA256 == hex.EncodeToString(digest[:]) {
			return content, nil
		}
	}
	return nil, fmt.Errorf("%s was changed after it was published; restore it", path)
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

// Latest returns the manifest of the run published last, nil if there is none.
func Latest(folder string) (*Manifest, error) {
	m, err := ReadManifest(filepath.Join(folder, latestName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return m, err
}
