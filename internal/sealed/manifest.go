package sealed

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
)

// Members of an archive that are not files of the offer.
const (
	manifestName  = "manifest.json"
	signatureName = "manifest.json.asc"
	sumsName      = "SHA256SUMS"
	offerTop      = "offer"
)

// format is the version of the format that this program writes.
const format = 1

// Limits of an archive. They are above those of any offer, and keep what claims to be one from filling a disk.
const (
	mostManifest  = 64 << 20 // bytes
	mostSignature = 64 << 10 // bytes
	mostFile      = 4 << 30  // bytes, as of a ledger
	mostTotal     = 1 << 40  // bytes, of all files
	mostWindow    = 64 << 20 // bytes that are held to decompress
)

// Manifest says what is in an archive.
type Manifest struct {
	Format   int           `json:"format"`
	Offer    string        `json:"offer"`   // its id
	Program  string        `json:"program"` // the version that wrote the archive
	History  History       `json:"history"`
	SignedBy string        `json:"signed_by"` // fingerprint of the OpenPGP key; "" if it is not signed
	Files    []ledger.File `json:"files"`     // below offer/, in the order of their names
	Links    []Link        `json:"links"`     // the same
	LeftOut  []LeftOut     `json:"left_out"`  // what the offer's folder has, and the archive has not
}

// History is how far the history of the offer had come.
type History struct {
	Entries int64     `json:"entries"`
	Last    string    `json:"last"` // hash of the last entry in the chain, in hexadecimal
	At      time.Time `json:"at"`   // of the last entry
}

// Link is a symbolic link in the folder of an offer: to a run, or to a file of a released run.
type Link struct {
	Name string `json:"name"`
	To   string `json:"to"` // as the link has it
}

// LeftOut is something in the offer's folder that is no part of the offer.
type LeftOut struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

// encode is the manifest as it is in the archive.
func (m *Manifest) encode() ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(m)
	return b.Bytes(), err
}

// decode reads the manifest of an archive. Only what [Manifest.encode] writes is one.
func decode(content []byte) (*Manifest, error) {
	var version struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(content, &version); err != nil {
		return nil, err
	}
	if version.Format > format {
		return nil, fmt.Errorf("it is of format %d, and this program knows format %d", version.Format, format)
	}
	m := new(Manifest)
	if err := json.Unmarshal(content, m); err != nil {
		return nil, err
	}
	again, err := m.encode()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, content) {
		return nil, errors.New("it is not as it was written")
	}
	return m, m.wrong()
}

// wrong is an error if a manifest names what no archive has.
func (m *Manifest) wrong() error {
	switch {
	case m.Format != format:
		return fmt.Errorf("there is no format %d", m.Format)
	case m.Offer == "" || m.History.Entries < 1 || !isDigest(m.History.Last):
		return errors.New("it does not say of which offer it is and where the history ends")
	}
	names, folders := map[string]bool{}, map[string]bool{}
	var total int64
	for i, f := range m.Files {
		switch {
		case i > 0 && m.Files[i-1].Name >= f.Name:
			return fmt.Errorf("%q is named twice, or out of order", f.Name)
		case !isPart(f.Name):
			return fmt.Errorf("%q is no name of a file of an offer", f.Name)
		case f.Bytes < 0 || f.Bytes > mostFile || !isDigest(f.SHA256):
			return fmt.Errorf("%q has no size or digest that a file can have", f.Name)
		}
		if total += f.Bytes; total > mostTotal {
			return fmt.Errorf("its files have more than %d bytes, the most that an archive may have", int64(mostTotal))
		}
		names[f.Name] = true
	}
	for i, l := range m.Links {
		switch {
		case i > 0 && m.Links[i-1].Name >= l.Name, names[l.Name]:
			return fmt.Errorf("%q is named twice, or out of order", l.Name)
		case !l.known():
			return fmt.Errorf("the link %q to %q is none that an offer has", l.Name, l.To)
		}
		names[l.Name] = true
	}
	for name := range names {
		for up := path.Dir(name); up != "."; up = path.Dir(up) {
			folders[up] = true
		}
	}
	for name := range names {
		if folders[name] {
			return fmt.Errorf("%q is both a file and a folder", name)
		}
	}
	return nil
}

func isDigest(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == 32 && s == strings.ToLower(s)
}

// isPart reports whether a name is that of a file of an offer, seen from its folder: local, and below what an offer
// consists of.
func isPart(name string) bool {
	top, _, below := strings.Cut(name, "/")
	return isPath(name) && (slices.Contains(topFiles, name) || (below && slices.Contains(topFolders, top)))
}

// The most bytes of a path in an archive, and of each name in it, which every file system takes.
const mostPath, mostName = 2048, 255

// isPath reports whether a name stays below the folder that it is in, whatever unpacks it.
func isPath(name string) bool {
	if !fs.ValidPath(name) || name == "." || !utf8.ValidString(name) || strings.ContainsAny(name, "\\\x00") {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if len(part) > mostName {
			return false
		}
	}
	return len(name) <= mostPath
}

// known reports whether a link is one that an offer has: to a run beside it, or from the folder of a released run to
// the same file of that run.
func (l Link) known() bool {
	if !isPath(l.Name) {
		return false
	}
	parts := strings.Split(l.Name, "/")
	switch {
	case len(parts) == 2 && (parts[0] == runsName || parts[0] == releasedName):
		return isPath(l.To) && !strings.Contains(l.To, "/") && parts[1] != l.To
	case len(parts) > 2 && parts[0] == releasedName:
		return l.To == path.Join(append([]string{"..", "..", runsName}, parts[1:]...)...)
	}
	return false
}

// top is the folder that all members of an archive of an offer are in.
func top(offer string) string { return offerfolder.PlainID(offer) }

// sums are the digests of a manifest and of the files that it names, as sha256sum writes them.
func sums(m *Manifest, manifest []byte) []byte {
	var b bytes.Buffer
	line := func(digest, name string) {
		escaped := strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`).Replace(name)
		if escaped != name {
			b.WriteByte('\\')
		}
		fmt.Fprintf(&b, "%s  %s\n", digest, escaped)
	}
	line(digestOf(manifest), manifestName)
	for _, f := range m.Files {
		line(f.SHA256, offerTop+"/"+f.Name)
	}
	return b.Bytes()
}
