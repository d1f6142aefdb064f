package sealed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"tenderbatch/internal/accounts"
	"tenderbatch/internal/disk"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
)

// What an offer consists of.
const (
	runsName     = offerfolder.RunsName
	releasedName = "released"
)

var (
	topFiles   = []string{accounts.FileName, offerfolder.OfferName}
	topFolders = []string{offerfolder.InboxName, offerfolder.QuarantineName, offerfolder.ReceivedName, releasedName, runsName}
)

// collect lists what an offer's folder holds for the manifest, with the digests as they are now.
func (m *Manifest) collect(ctx context.Context, folder string) error {
	tree := disk.In(folder)
	entries, err := tree.ReadDir(folder)
	if err != nil {
		return err
	}
	m.Files, m.Links, m.LeftOut = []ledger.File{}, []Link{}, []LeftOut{}
	for _, e := range entries {
		name := e.Name()
		switch {
		case slices.Contains(topFiles, name) && e.Type().IsRegular():
			err = m.addFile(tree, folder, name)
		case slices.Contains(topFolders, name) && e.IsDir():
			err = m.addFolder(ctx, tree, folder, name)
		case name[0] != '.': // locks and what the program notes for itself
			m.leaveOut(name, "is no part of the offer")
		}
		if err != nil {
			return err
		}
	}
	slices.SortFunc(m.Files, func(a, b ledger.File) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(m.Links, func(a, b Link) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(m.LeftOut, func(a, b LeftOut) int { return strings.Compare(a.Name, b.Name) })
	return nil
}

func (m *Manifest) leaveOut(name, why string) {
	m.LeftOut = append(m.LeftOut, LeftOut{strings.ToValidUTF8(name, "\uFFFD"), why})
}

// addFolder adds what is in a folder of the offer.
func (m *Manifest) addFolder(ctx context.Context, tree disk.Tree, folder, top string) error {
	return tree.Walk(filepath.Join(folder, top), func(below string, d fs.DirEntry, err error) error {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		name := path.Join(top, filepath.ToSlash(below))
		hidden := below != "." && d.Name()[0] == '.'
		switch {
		case hidden && d.IsDir():
			return fs.SkipDir // a stage: nothing in it counts
		case hidden && path.Dir(name) == runsName:
			return nil // locks
		case hidden && path.Dir(name) != ".":
			m.leaveOut(name, "is hidden, as drafts are")
			return nil
		case d.IsDir():
			return nil
		case d.Type()&fs.ModeSymlink != 0:
			return m.addLink(tree, folder, name)
		case !d.Type().IsRegular():
			m.leaveOut(name, "is not a file")
			return nil
		}
		return m.addFile(tree, folder, name)
	})
}

func (m *Manifest) addLink(tree disk.Tree, folder, name string) error {
	to, err := tree.Readlink(filepath.Join(folder, filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	if l := (Link{Name: name, To: to}); l.known() {
		m.Links = append(m.Links, l)
	} else {
		m.leaveOut(name, "is a link; each run keeps a copy of what was read through it")
	}
	return nil
}

func (m *Manifest) addFile(tree disk.Tree, folder, name string) error {
	if !isPath(name) {
		return &offerfolder.UsageError{Message: fmt.Sprintf("%q has a name that an archive cannot hold on every system; "+
			"rename the file", name)}
	}
	full := filepath.Join(folder, filepath.FromSlash(name))
	info, err := tree.Lstat(full)
	if err != nil {
		return err
	}
	if info.Size() > mostFile {
		return &disk.TooLargeError{Path: full, Most: mostFile}
	}
	digest, err := tree.Digest(full)
	if err != nil {
		return err
	}
	m.Files = append(m.Files, ledger.File{Name: name, SHA256: digest, Bytes: info.Size()})
	return nil
}

func digestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
