package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"tenderbatch/internal/disk"
)

// Repair points latest and final where the history says, whatever they were before, takes final
// away where no final run is in force, makes what is missing of the released runs, and returns a
// sentence for each. Where one became a folder, as in a copy that followed links, it is taken away
// if it equals a published run byte for byte, and else it is an *[AlteredError]. Only the holder of
// the lock may repair.
func (a *Archive) Repair(d disk.Disk) (said []string, err error) {
	said, err = a.takeFinalAway(d)
	if err != nil {
		return said, err
	}
	for _, link := range []struct {
		name string
		to   *Run
	}{{finalName, a.Final()}, {latestName, a.Latest()}} {
		if link.to == nil {
			continue
		}
		was, err := a.repairLink(d, link.name, link.to.Run)
		if err != nil {
			return said, err
		}
		if was != "" {
			said = append(said, fmt.Sprintf("runs/%s %s; by the history it is %s, and it leads there again", link.name, was,
				link.to.Run))
		}
	}
	made, err := a.PutReleased(d)
	return append(said, made...), err
}

// takeFinalAway takes the link final away if it leads to a run that is not in force, as one that
// was not released is not. Where the history knows of no final run at all, it may be what is left of
// one, see [Archive.LostFinal].
func (a *Archive) takeFinalAway(d disk.Disk) (said []string, err error) {
	if len(inForce(a.entries)) > 0 || !knowsFinal(a.entries) {
		return nil, nil
	}
	path := filepath.Join(a.runs, finalName)
	target, err := treeOf(a.runs).Readlink(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, altered("find out who put it there, do not pay on it, and move it out of the runs folder",
			"%s is there, though by the history no final run is in force, and it is not a link", path)
	}
	said = []string{fmt.Sprintf("runs/%s led to %s; by the history no final run is in force, and it is taken away", finalName,
		target)}
	return said, d.In(filepath.Dir(a.runs)).Remove(path)
}

// repairLink points a link at a run and says what it was, "" if it led there.
func (a *Archive) repairLink(d disk.Disk, link, name string) (was string, err error) {
	path := filepath.Join(a.runs, link)
	info, err := treeOf(a.runs).Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		was = "was missing"
	case err != nil:
		return "", err
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := treeOf(a.runs).Readlink(path)
		if err != nil {
			return "", err
		}
		if target == name {
			return "", nil
		}
		was = fmt.Sprintf("led to %s", target)
	case info.IsDir():
		if err := a.clearCopy(d, path); err != nil {
			return "", err
		}
		was = "was a folder, a copy of a run"
	default:
		was = "was not a link"
	}
	return was, d.In(filepath.Dir(a.runs)).Point(name, path)
}

// clearCopy takes away a folder in the place of a link if every byte of it is in a
// published run, too.
func (a *Archive) clearCopy(d disk.Disk, path string) error {
	differs := func(what string) error {
		return altered("compare it with the runs beside it, move it out of the runs folder, and run again",
			"%s is a folder, not a link, and %s", path, what)
	}
	m, digest, err := readManifest(treeOf(a.runs), path)
	if damage := new(AlteredError); errors.Is(err, fs.ErrNotExist) || errors.As(err, &damage) {
		return differs("holds no run")
	}
	if err != nil {
		return err
	}
	original := a.known[m.Run]
	if original == nil || original.DigestNow() != digest {
		return differs("is not the copy of a run that is beside it")
	}
	if err := original.Check(); err != nil {
		return err
	}
	double := &Run{Manifest: m, tree: treeOf(a.runs), folder: path, digest: original.digest, now: digest}
	if err := double.Check(); err != nil {
		return differs("differs from run " + m.Run + ": " + err.Error())
	}
	unlisted, err := double.Unlisted()
	if err != nil {
		return err
	}
	if len(unlisted) > 0 {
		return differs("holds what run " + m.Run + " does not: " + unlisted[0])
	}
	// Renamed first: a removal that is cut off halfway would leave a folder that equals
	// no run.
	aside, tree := filepath.Join(a.runs, copyOf(filepath.Base(path))), d.In(filepath.Dir(a.runs))
	if err := tree.Remove(aside); err != nil {
		return err
	}
	if err := tree.Rename(path, aside); err != nil {
		return err
	}
	return tree.Remove(aside)
}

// copyOf is the name of a folder in the place of a link, while it is deleted.
func copyOf(link string) string { return "." + link + ".copy" }
