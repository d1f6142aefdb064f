package ledger

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/tender"
)

// ManifestName is the file in a run's folder that holds its manifest.
const ManifestName = "manifest.json"

// Manifest is the record of one published run.
type Manifest struct {
	Run       string            `json:"run"`
	Offer     string            `json:"offer"`
	Phase     string            `json:"phase"`
	AsOf      time.Time         `json:"as_of"`
	Program   string            `json:"program"`
	Made      *time.Time        `json:"made,omitempty"` // when it was published; nil for runs that did not say
	By        string            `json:"by,omitempty"`   // who or what made it
	Terms     Terms             `json:"terms"`
	Identity  string            `json:"identity"`            // SHA-256 of all the result follows from; equal identities give equal results
	Previous  string            `json:"previous"`            // the run it was compared with; "" for the first
	Replaces  string            `json:"replaces"`            // the final run that it supersedes; "" for none
	Held      string            `json:"held,omitempty"`      // why a final run is not in force; "" if it is
	Decisions []tender.Decision `json:"decisions,omitempty"` // that people made about the run
	Inputs    []File            `json:"inputs"`              // the depositaries' files

	// Release is what the terms demand until the run may be paid on, and Makers are those who
	// had a hand in what it is made of; nil where the terms demand nothing.
	Release *tender.ReleaseRule `json:"release,omitempty"`
	Makers  []Maker             `json:"makers,omitempty"`

	Compared []Compared `json:"compared,omitempty"` // earlier reports that those were compared with
	Kept     []Kept     `json:"kept"`               // copies of all that the run was made from
	Outputs  []File     `json:"outputs"`

	// Pseudonymised says how names of holders were replaced later; nil: they were not.
	Pseudonymised *Rewriting `json:"pseudonymised,omitempty"`
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

// Compared is an earlier report of a depositary that a run read for comparison alone.
type Compared struct {
	Depositary string     `json:"depositary"`
	Of         string     `json:"of"`                   // its copy among those kept; "" if it could not be read
	UsedAsOf   *time.Time `json:"used_as_of,omitempty"` // the latest run that used it was as of then; left out if it is in the inbox
	Unread     string     `json:"unread,omitempty"`     // why it could not be read at all
	File                  // under its base name
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

// readManifest reads the manifest of the run in a folder, and its SHA-256 in
// hexadecimal. Damage is an *[AlteredError].
func readManifest(t disk.Tree, folder string) (m *Manifest, digest string, err error) {
	return readManifestIn(t, folder, ManifestName)
}

// readManifestIn reads a manifest that is in a folder under a name.
func readManifestIn(t disk.Tree, folder, name string) (m *Manifest, digest string, err error) {
	path := filepath.Join(folder, name)
	content, err := readRegular(t, path, mostManifest)
	if errors.Is(err, errNoFile) || errors.Is(err, errSize) {
		return nil, "", altered(folderAdvice, "%v; the run's folder is damaged", err)
	}
	if err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256(content)
	m, digest = new(Manifest), hex.EncodeToString(sum[:])
	if err := cmp.Or(json.Unmarshal(content, m), m.wrong()); err != nil {
		return nil, digest, altered(folderAdvice, "%s: %v; the run's folder is damaged", path, err)
	}
	return m, digest, nil
}

// wrong is an error if the manifest is none of a run, or names what is outside
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
	if m.Pseudonymised != nil && m.Pseudonymised.Manifest == "" {
		return errors.New("it does not say how the run was published")
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
// something else has its name, such as a pipe that would never end, or a link: the
// files of a run are its own.
func readRegular(t disk.Tree, path string, most int64) ([]byte, error) {
	info, err := t.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s %w", path, errNoFile)
	}
	if info.Size() > most {
		return nil, fmt.Errorf("%s %w", path, errSize)
	}
	content, err := t.ReadFile(path, most)
	if large := new(disk.TooLargeError); errors.As(err, &large) {
		err = fmt.Errorf("%s %w", path, errSize)
	}
	return content, err
}

// AlteredError says that a published run, or what is in its place, is not as it was
// published.
type AlteredError struct{ What, Do string }

// Error implements error.
func (e *AlteredError) Error() string {
	if e.Do == "" {
		return e.What
	}
	return e.What + "; " + e.Do
}

// altered is an *[AlteredError] with what to do.
func altered(do, format string, args ...any) error {
	return &AlteredError{What: fmt.Sprintf(format, args...), Do: do}
}
