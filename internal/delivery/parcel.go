package delivery

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pgp"
)

// Manifest says what is in a package. It has no figures, as it is never encrypted.
type Manifest struct {
	Offer     string        `json:"offer"`
	Run       string        `json:"run"`
	Phase     string        `json:"phase"`
	AsOf      time.Time     `json:"as_of"`
	Released  time.Time     `json:"released"`
	Manifest  string        `json:"manifest"`  // SHA-256 of the run's manifest.json, as published
	Package   ledger.File   `json:"package"`   // the archive before it is encrypted
	Encrypted bool          `json:"encrypted"` // the archive is sent as NAME.pgp
	SignedBy  string        `json:"signed_by"` // the fingerprint of the key, "" for none
	Files     []ledger.File `json:"files"`     // in the archive
}

// file is a file that is sent.
type file struct {
	name    string
	content []byte
	of      string // the digest of what it was made of, where that is something else
}

// parcel is what is sent to a target. The manifest, with its signature, is last.
type parcel struct {
	manifest Manifest
	files    []file
}

// archiveOf is the archive of a released run, the same bytes each time, and what is in it.
func archiveOf(run *ledger.Run, release *ledger.Release) (archive []byte, files []ledger.File, err error) {
	said, err := indented(release)
	if err != nil {
		return nil, nil, err
	}
	manifest, err := disk.In(run.Folder()).ReadFile(filepath.Join(run.Folder(), ledger.ManifestName), mostManifest)
	if err != nil {
		return nil, nil, err
	}
	if offerfolder.DigestOf(manifest) != run.DigestNow() {
		return nil, nil, fmt.Errorf("the %s of run %s was changed while it was read; run batch runs --verify",
			ledger.ManifestName, run.Run)
	}
	all := []file{{name: "release.json", content: said}, {name: ledger.ManifestName, content: manifest}}
	if run.Pseudonymised != nil { // what was approved is the digest of that
		published, err := disk.In(run.Folder()).ReadFile(filepath.Join(run.Folder(), ledger.PublishedManifestName), mostManifest)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, file{name: ledger.PublishedManifestName, content: published})
	}
	for _, f := range run.Outputs {
		content, err := run.Read(f.Name)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, file{name: f.Name, content: content})
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range all {
		to, err := w.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: release.At.UTC()})
		if err == nil {
			_, err = to.Write(f.content)
		}
		if err != nil {
			return nil, nil, err
		}
		files = append(files, recordOf(f.name, f.content))
	}
	if err := w.Close(); err != nil {
		return nil, nil, err
	}
	return b.Bytes(), files, nil
}

func recordOf(name string, content []byte) ledger.File {
	return ledger.File{Name: name, SHA256: offerfolder.DigestOf(content), Bytes: int64(len(content))}
}

func indented(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return b.Bytes(), err
}

// parcel packs the archive of the run for those who have some keys, nil for anyone.
func (w *work) parcel(to *pgp.Keys) (*parcel, error) {
	run, now := w.run, w.Now()
	name := offerfolder.PlainID(run.Offer) + "-" + run.Run
	p := &parcel{manifest: Manifest{Offer: run.Offer, Run: run.Run, Phase: run.Phase, AsOf: run.AsOf, Released: w.release.At,
		Manifest: run.ManifestDigest(), Package: recordOf(name+".zip", w.archive), Encrypted: to != nil, Files: w.files}}
	if w.own != nil {
		p.manifest.SignedBy = w.own.Fingerprint()
	}
	if to != nil {
		sealed, err := pgp.Encrypt(w.archive, w.own, to, now)
		if err != nil {
			return nil, err
		}
		p.files = append(p.files, file{name + ".zip.pgp", sealed, p.manifest.Package.SHA256})
	} else {
		p.files = append(p.files, file{name: name + ".zip", content: w.archive})
	}
	said, err := indented(p.manifest)
	if err != nil {
		return nil, err
	}
	last := file{name: name + ".manifest.json", content: said}
	if w.own != nil {
		signatures := []file{last}
		if to == nil {
			signatures = append(signatures, p.files[0])
		}
		for _, f := range slices.Backward(signatures) {
			signature, err := w.own.Sign(f.content, now)
			if err != nil {
				return nil, fmt.Errorf("%s cannot be signed: %w", f.name, err)
			}
			p.files = append(p.files, file{f.name + ".asc", signature, recordOf("", f.content).SHA256})
		}
	}
	p.files = append(p.files, last)
	return p, nil
}

// manifestName is the name of the manifest.
func (p *parcel) manifestName() string { return p.files[len(p.files)-1].name }

// checkThere is an error unless a manifest that a target has is that of this package.
func (p *parcel) checkThere(content []byte) error {
	var there Manifest
	switch err := json.Unmarshal(content, &there); {
	case err != nil || there.Manifest != p.manifest.Manifest:
		return fmt.Errorf("there is a %s already that is of something else; find out who put it there, and "+
			"move it away", p.manifestName())
	case there.Package.SHA256 != p.manifest.Package.SHA256:
		return fmt.Errorf("there is a %s already that is of this run, with a package of other bytes: names of holders were "+
			"replaced since, or another version of the program made it; to send this one, move that package and its manifest away",
			p.manifestName())
	}
	return nil
}
