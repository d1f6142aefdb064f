package sealed

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path"

	"github.com/klauspost/compress/zstd"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/ledger"
)

// mostFindings is after how many findings the check of an archive ends.
const mostFindings = 100

// Signature is what is known of the signature of an archive.
type Signature string

// What there is to know. A signature that does not count is a finding.
const (
	Unsigned Signature = "unsigned"
	Unproven Signature = "unproven" // signed, and no key was named that it could be checked with
	Proven   Signature = "proven"
)

// Report is what the check of an archive found.
type Report struct {
	File      string           `json:"file"`
	SHA256    string           `json:"sha256"` // of the whole archive; "" if it was not read to its end
	Offer     string           `json:"offer"`  // "" if the manifest cannot be read, as the next four
	Program   string           `json:"program"`
	History   History          `json:"history"`
	Signature Signature        `json:"signature"`
	SignedBy  string           `json:"signed_by"` // fingerprint, as the manifest names it
	Files     int              `json:"files"`
	Bytes     int64            `json:"bytes"` // of all files
	LeftOut   []LeftOut        `json:"left_out"`
	Approvals int              `json:"unproven_approvals"` // signatures of approvals that no key is known for
	Findings  []ledger.Finding `json:"findings"`

	manifest  *Manifest
	encoded   []byte // the manifest
	signature []byte
}

const askFor = "ask for the archive again, or take it from another copy"

func (r *Report) find(where, what string) {
	r.Findings = append(r.Findings, ledger.Finding{Where: where, What: what, Do: askFor})
}

// brokenError says what is wrong with an archive, so that nothing after it can be read.
type brokenError struct{ where, what string }

// Error implements error.
func (e *brokenError) Error() string { return e.where + ": " + e.what }

// check holds an archive against its manifest. It unpacks the offer into a folder, unless that is nil. An error
// means that it could not look; what is wrong with the archive is a finding.
func check(ctx context.Context, name string, to *os.Root) (*Report, error) {
	report := &Report{File: name, LeftOut: []LeftOut{}, Findings: []ledger.Finding{}, Signature: Unsigned}
	file, err := disk.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	broken, unread := new(brokenError), new(readError)
	if err := oneFrame(file, info.Size()); errors.As(err, &unread) {
		return nil, unread.error
	} else if err != nil {
		report.find(path.Base(name), err.Error())
		return report, nil
	}
	err = report.read(ctx, file, to)
	if errors.As(err, &broken) {
		report.find(broken.where, broken.what)
		err = nil
	}
	return report, err
}

// reading is an archive while it is read.
type reading struct {
	*Report
	raw    *source
	tar    *tar.Reader
	plain  *bounded // the tar archive
	seen   hash.Hash
	packer // writes what the manifest leads to
	wanted hash.Hash
	to     *os.Root
}

// read reads an archive to its end.
func (r *Report) read(ctx context.Context, file io.Reader, to *os.Root) error {
	whole := sha256.New()
	raw := &source{ctx: ctx, from: io.TeeReader(file, whole)}
	z, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(mostWindow),
		zstd.WithDecoderLowmem(true))
	if err != nil {
		return raw.or(&brokenError{manifestName, "cannot be read: " + err.Error()})
	}
	defer z.Close()
	a := &reading{Report: r, raw: raw, seen: sha256.New(), wanted: sha256.New(), to: to}
	a.plain = &bounded{from: io.TeeReader(z, a.seen), left: mostManifest + mostSmall}
	a.tar = tar.NewReader(a.plain)
	if err := a.all(); err != nil {
		return err
	}
	r.SHA256 = hex.EncodeToString(whole.Sum(nil))
	return nil
}

// mostSmall is more than the bytes of all that is in a tar archive besides the content of its files, for each.
const mostSmall = 64 << 10

// all reads the members of an archive, and its end.
func (a *reading) all() error {
	if err := a.first(); err != nil {
		return err
	}
	m := a.manifest
	if m.SignedBy != "" {
		signature, err := a.small(signatureName, mostSignature)
		if err != nil {
			return err
		}
		a.signature = signature
	}
	digests, err := a.small(sumsName, 2*mostManifest)
	if err != nil {
		return err
	}
	if !bytes.Equal(digests, sums(m, a.encoded)) {
		a.find(sumsName, "does not have the digests that the manifest has")
	}
	for _, one := range m.members() {
		if err := a.member(one); err != nil {
			return err
		}
	}
	return a.end()
}

// first reads the manifest, by which all that follows is read.
func (a *reading) first() error {
	h, err := a.tar.Next()
	if err != nil {
		return a.cut(manifestName, err)
	}
	if path.Base(h.Name) != manifestName || h.Typeflag != tar.TypeReg || h.Size > mostManifest {
		return &brokenError{manifestName, "is not the first file of the archive"}
	}
	if a.encoded, err = io.ReadAll(io.LimitReader(a.tar, mostManifest)); err != nil {
		return a.cut(manifestName, err)
	}
	m, err := decode(a.encoded)
	if err != nil {
		return &brokenError{manifestName, err.Error()}
	}
	if h.Name != top(m.Offer)+"/"+manifestName {
		return &brokenError{manifestName, fmt.Sprintf("is under %q, and that is not the offer's name", path.Dir(h.Name))}
	}
	a.manifest, a.Offer, a.Program, a.History, a.SignedBy = m, m.Offer, m.Program, m.History, m.SignedBy
	a.Files, a.LeftOut = len(m.Files), append(a.LeftOut, m.LeftOut...)
	for _, f := range m.Files {
		a.Bytes += f.Bytes
	}
	if a.to != nil {
		if err := enoughSpace(a.to.Name(), a.Bytes); err != nil {
			return err
		}
	}
	a.plain.left += a.Bytes + int64(len(m.Files)+len(m.Links)+3)*mostSmall + 2*mostManifest
	a.packer = newPacker(a.wanted, m)
	return a.packer.small(manifestName, a.encoded)
}

// small reads a member that is held in memory.
func (a *reading) small(name string, most int64) ([]byte, error) {
	h, err := a.next(name, tar.TypeReg)
	if err != nil {
		return nil, err
	}
	if h.Size > most {
		return nil, &brokenError{name, fmt.Sprintf("has %d bytes, more than any has", h.Size)}
	}
	content, err := io.ReadAll(a.tar)
	if err != nil {
		return nil, a.cut(name, err)
	}
	return content, a.packer.small(name, content)
}

// next is the header of a member that is next.
func (a *reading) next(name string, kind byte) (*tar.Header, error) {
	h, err := a.tar.Next()
	if errors.Is(err, io.EOF) {
		return nil, &brokenError{name, "is missing"}
	}
	if err != nil {
		return nil, a.cut(name, err)
	}
	if h.Name != a.top+"/"+name {
		return nil, &brokenError{name, fmt.Sprintf("is missing, or not in its place: %q is there", h.Name)}
	}
	if h.Typeflag != kind {
		return nil, &brokenError{name, "is of another kind than the manifest says, such as a link in the place of a file"}
	}
	return h, nil
}

// member reads a file or a link of the offer, and unpacks it.
func (a *reading) member(one member) error {
	name, kind := offerTop+"/"+one.name, byte(tar.TypeReg)
	if one.link != nil {
		kind = tar.TypeSymlink
	}
	h, err := a.next(name, kind)
	if err != nil {
		return err
	}
	if one.link == nil {
		return a.file(h, one.file)
	}
	if h.Linkname != one.link.To {
		return &brokenError{name, fmt.Sprintf("is a link to %q, and not to %q as the manifest says", h.Linkname,
			one.link.To)}
	}
	if err := a.head(name, 0, one.link.To); err != nil || a.to == nil {
		return err
	}
	if err := a.to.MkdirAll(path.Dir(name), 0o700); err != nil {
		return err
	}
	return a.to.Symlink(one.link.To, name)
}

// file reads a file, and unpacks it.
func (a *reading) file(h *tar.Header, f *ledger.File) (err error) {
	name := offerTop + "/" + f.Name
	if h.Size != f.Bytes {
		return &brokenError{name, fmt.Sprintf("has %d bytes, and the manifest says %d", h.Size, f.Bytes)}
	}
	if err := a.head(name, f.Bytes, ""); err != nil {
		return err
	}
	digest := sha256.New()
	to := []io.Writer{digest, a.packer.tar}
	if a.to != nil {
		if err := a.to.MkdirAll(path.Dir(name), 0o700); err != nil {
			return err
		}
		file, err := a.to.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		to = append(to, file)
	}
	from := &source{ctx: a.raw.ctx, from: a.tar}
	if _, err := io.Copy(io.MultiWriter(to...), from); err != nil {
		if from.err != nil {
			return a.cut(name, from.err)
		}
		return err
	}
	if hex.EncodeToString(digest.Sum(nil)) != f.SHA256 {
		a.find(name, "was altered: its SHA-256 is not the one in the manifest")
		if len(a.Findings) >= mostFindings {
			return &brokenError{path.Base(a.Report.File), "has more that was altered; the check ended here"}
		}
	}
	return nil
}

// end is an error unless the archive ends after the last member, and every byte of it is what the manifest leads to.
func (a *reading) end() error {
	h, err := a.tar.Next()
	if err == nil {
		return &brokenError{h.Name, "is in the archive, and not in its manifest"}
	}
	if !errors.Is(err, io.EOF) {
		return a.cut("the end of the archive", err)
	}
	if _, err := io.Copy(io.Discard, a.plain); err != nil {
		return a.cut("the end of the archive", err)
	}
	if err := a.packer.tar.Close(); err != nil {
		return err
	}
	if !bytes.Equal(a.seen.Sum(nil), a.wanted.Sum(nil)) {
		return &brokenError{path.Base(a.Report.File), "holds bytes that no file has and that batch does not write: in a " +
			"header, between files or at the end"}
	}
	return nil
}

// cut is what is wrong where an archive cannot be read on: the error of the file, if that could not be read.
func (a *reading) cut(where string, err error) error {
	switch {
	case a.raw.err != nil:
		return a.raw.err
	case errors.Is(err, errTooMuch):
		return &brokenError{where, err.Error()}
	}
	return &brokenError{where, fmt.Sprintf("cannot be read, as the archive is cut off or damaged there (%v)", err)}
}

// source reads until a context is done, and keeps the error that it ended with.
type source struct {
	ctx  context.Context
	from io.Reader
	err  error // nil at the end of the file
}

func (s *source) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		s.err = err
		return 0, err
	}
	n, err := s.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// or is the error with which the reading ended, or another where there is none.
func (s *source) or(other error) error {
	if s.err != nil {
		return s.err
	}
	return other
}

var errTooMuch = errors.New("has more than its manifest says")

// bounded reads at most so many bytes, and then is an error if there are more.
type bounded struct {
	from io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		var one [1]byte
		if n, err := b.from.Read(one[:]); n == 0 {
			return 0, err
		}
		return 0, errTooMuch
	}
	n, err := b.from.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
