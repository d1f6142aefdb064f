package sealed

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pgp"
	"tenderbatch/internal/release"
)

// Request is what an archive is made of.
type Request struct {
	Folder  string // of the offer
	To      string // the file to write; "" for the offer's id with .tar.zst in the current folder
	Version string // of the program
	Wait    time.Duration
	Now     time.Time       // for the signature
	Own     *pgp.Own        // the key to sign with, nil for none
	Signers release.Signers // whose keys count for approvals
	Disk    disk.Disk
}

// Written is an archive that was written.
type Written struct {
	*Manifest
	File     string // its path
	Unproven int    // signatures of approvals that could not be checked, as no keys are known
}

// Seal writes the archive of an offer. The history of the offer and every published run must be as they were
// written: otherwise the error is a *[ledger.AlteredError]. The file appears whole, after it was read back, and never
// in the place of another. The offer stays as it is.
func Seal(ctx context.Context, req Request) (w *Written, err error) {
	terms, err := offerfolder.Terms(req.Folder)
	if err != nil {
		return nil, err
	}
	w = &Written{File: req.To, Manifest: &Manifest{Format: format, Offer: terms.AsOf(time.Time{}).ID,
		Program: req.Version}}
	if w.File == "" {
		w.File = top(w.Offer) + ".tar.zst"
	}
	if err := mayWrite(w.File, req.Folder); err != nil {
		return nil, err
	}
	runs := filepath.Join(req.Folder, offerfolder.RunsName)
	if entries, err := ledger.ReadEntries(runs); err != nil || len(entries) == 0 {
		return nil, errors.Join(err, &offerfolder.UsageError{Message: fmt.Sprintf("%s: nothing was published of the "+
			"offer, so there is nothing to archive", req.Folder)})
	}
	unlock, err := ledger.Lock(ctx, req.Disk, runs, req.Wait)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := w.verify(req, runs); err != nil {
		return nil, err
	}
	if err := w.collect(ctx, req.Folder); err != nil {
		return nil, err
	}
	if err := w.historyOf(runs); err != nil {
		return nil, err
	}
	return w, w.put(ctx, req)
}

// mayWrite is an error if an archive cannot be written to a path.
func mayWrite(path, folder string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = &offerfolder.UsageError{Message: fmt.Sprintf("%s is there already; name another file with --to", path)}
		}
		return err
	}
	inside, err := filepath.EvalSymlinks(filepath.Dir(path))
	if errors.Is(err, fs.ErrNotExist) {
		return &offerfolder.UsageError{Message: fmt.Sprintf("there is no folder %s; make it first, or name another file with --to", filepath.Dir(path))}
	}
	if err != nil {
		return err
	}
	offer, err := filepath.EvalSymlinks(folder)
	if err == nil {
		inside, err = filepath.Abs(inside)
	}
	if err == nil {
		offer, err = filepath.Abs(offer)
	}
	if below, wrong := filepath.Rel(offer, inside); err == nil && wrong == nil && filepath.IsLocal(below) {
		err = &offerfolder.UsageError{Message: fmt.Sprintf("%s is in the folder of the offer; name a file elsewhere with "+
			"--to", path)}
	}
	return err
}

// verify is an *[ledger.AlteredError] if the history does not hold.
func (w *Written) verify(req Request, runs string) error {
	if _, err := disk.In(req.Folder).Lstat(filepath.Join(runs, ledger.PendingName)); err == nil {
		if _, err := ledger.OpenLog(runs); err != nil { // takes up what a crash left beside the history
			return err
		}
	}
	found, unproven, err := release.Verify(req.Folder, req.Signers)
	if err != nil {
		return err
	}
	w.Unproven = unproven
	if len(found) == 0 {
		return nil
	}
	lines := []string{fmt.Sprintf("%s is not as it was written, and is not archived:", req.Folder)}
	for _, f := range found[:min(len(found), mostFindings)] {
		lines = append(lines, f.String())
	}
	return &ledger.AlteredError{What: strings.Join(lines, "\n"), Do: `"batch runs OFFER --verify" lists all`}
}

// historyOf notes how far the history has come.
func (w *Written) historyOf(runs string) error {
	entries, err := ledger.ReadEntries(runs)
	if err != nil {
		return err
	}
	last := entries[len(entries)-1]
	w.History = History{Entries: last.Seq, Last: last.Hash, At: last.At.UTC()}
	return nil
}

// put writes the archive under another name, reads it back, and gives it its own.
func (w *Written) put(ctx context.Context, req Request) error {
	var signature []byte
	if req.Own != nil {
		w.SignedBy = req.Own.Fingerprint()
	}
	manifest, err := w.encode()
	if err == nil {
		err = w.wrong()
	}
	if err != nil {
		return err
	}
	if req.Own != nil {
		if signature, err = req.Own.Sign(manifest, req.Now); err != nil {
			return fmt.Errorf("the archive cannot be signed: %w", err)
		}
	}
	// Of a name of its own: another archive may be written to the same file.
	draft := filepath.Join(filepath.Dir(w.File), "."+filepath.Base(w.File)+"."+rand.Text()[:8]+".part")
	err = req.Disk.Write(draft, func(to io.Writer) error { return w.write(ctx, to, req.Folder, manifest, signature) })
	if err == nil {
		err = readBack(ctx, draft)
	}
	if err == nil {
		err = publish(req.Disk, draft, w.File)
	}
	return errors.Join(err, req.Disk.Remove(draft))
}

// publish gives a draft its name. Unlike a rename, a link never takes the place of another file.
func publish(d disk.Disk, draft, name string) error {
	err := d.Link(draft, name)
	switch {
	case errors.Is(err, fs.ErrExist):
		return &offerfolder.UsageError{Message: fmt.Sprintf("%s is there already; name another file with --to", name)}
	case err != nil: // a file system without links
		if _, is := os.Lstat(name); !errors.Is(is, fs.ErrNotExist) {
			return err
		}
		return d.Rename(draft, name)
	}
	return d.SyncFolder(filepath.Dir(name))
}

// readBack is an error if a draft is not the archive that it was to be.
func readBack(ctx context.Context, draft string) error {
	report, err := check(ctx, draft, nil)
	if err == nil && len(report.Findings) > 0 {
		err = fmt.Errorf("the disk does not hold what was written to it: %s", report.Findings[0])
	}
	return err
}

// write writes the archive.
func (w *Written) write(ctx context.Context, to io.Writer, folder string, manifest, signature []byte) error {
	// With one goroutine the same bytes follow from the same content.
	z, err := zstd.NewWriter(to, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(true),
		zstd.WithEncoderLevel(zstd.SpeedDefault))
	if err != nil {
		return err
	}
	p := newPacker(z, w.Manifest)
	err = p.small(manifestName, manifest)
	if err == nil && signature != nil {
		err = p.small(signatureName, signature)
	}
	if err == nil {
		err = p.small(sumsName, sums(w.Manifest, manifest))
	}
	for _, m := range w.members() {
		if err = errors.Join(err, ctx.Err()); err != nil {
			break
		}
		if m.link != nil {
			err = p.head(offerTop+"/"+m.name, 0, m.link.To)
		} else {
			err = p.copy(folder, m.file)
		}
	}
	if err == nil {
		err = p.tar.Close()
	}
	return errors.Join(err, z.Close())
}

// copy writes a file of the offer, which must be what it was when its digest was noted.
func (p packer) copy(folder string, f *ledger.File) error {
	path := filepath.Join(folder, filepath.FromSlash(f.Name))
	file, err := disk.In(folder).Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := p.head(offerTop+"/"+f.Name, f.Bytes, ""); err != nil {
		return err
	}
	digest := sha256.New()
	n, err := io.Copy(io.MultiWriter(p.tar, digest), io.LimitReader(file, f.Bytes))
	if err != nil {
		return err
	}
	if n != f.Bytes || hex.EncodeToString(digest.Sum(nil)) != f.SHA256 {
		return fmt.Errorf("%s was changed while the offer was archived; nothing was written: archive it again", path)
	}
	return nil
}
