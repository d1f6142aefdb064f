package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"tenderbatch/internal/disk"
)

// Beside the runs is a folder of those that were released: for each a folder of its name with
// release.json and links to the files of the run. It says nothing that the history does not,
// and is made of that: a folder that is missing is made again.
const (
	releasedName    = "released"
	releaseJSONName = "release.json"
)

// Release is the content of a release.json: which run was released, when, by whom, on whose
// approvals, and what it wires.
type Release struct {
	Offer     string            `json:"offer"`
	Run       string            `json:"run"`
	Phase     string            `json:"phase"`
	AsOf      time.Time         `json:"as_of"`
	Manifest  string            `json:"manifest"` // SHA-256 of the run's manifest.json
	Replaces  string            `json:"replaces"` // the final run that it took the place of, "" for none
	At        time.Time         `json:"at"`
	By        Actor             `json:"by"`
	Counted   int               `json:"counted"` // instructions
	Open      int               `json:"open"`    // findings
	ToWire    []Amount          `json:"to_wire"`
	Approvals []ReleaseApproval `json:"approvals"`
}

// ReleaseApproval is an approval of a run that was released.
type ReleaseApproval struct {
	By        Actor     `json:"by"`
	At        time.Time `json:"at"`
	Typed     Amount    `json:"typed"`
	Signature string    `json:"signature,omitempty"`
}

// ReleaseOf is what the history says of the release of a run, nil if it was not released.
func ReleaseOf(entries []Entry, run string) *Release {
	at := slices.IndexFunc(entries, func(e Entry) bool { return e.Event == Released && e.Run == run })
	if at < 0 {
		return nil
	}
	e := entries[at]
	r := &Release{Offer: e.Offer, Run: run, Phase: e.Phase, AsOf: e.AsOf, Manifest: e.Manifest, Replaces: e.Replaces,
		At: e.At, By: e.Actor, Counted: e.Counts.Counted, Open: e.Counts.Open, ToWire: []Amount{},
		Approvals: []ReleaseApproval{}}
	for _, t := range e.Totals {
		r.ToWire = append(r.ToWire, Amount{t.Currency, t.ToWire})
	}
	for _, a := range Approvals(entries[:at], run) {
		r.Approvals = append(r.Approvals, ReleaseApproval{a.Actor, a.At, a.Approval.Typed, a.Approval.Signature})
	}
	return r
}

// Approvals are those of a run since it was last submitted.
func Approvals(entries []Entry, run string) (all []Entry) {
	for _, e := range entries {
		switch {
		case e.Run != run:
		case e.Event == Submitted, e.Event == Returned, e.Event == Withdrawn:
			all = nil
		case e.Event == Approved && e.Approval != nil:
			all = append(all, e)
		}
	}
	return all
}

// write writes the release as it is in its folder.
func (r *Release) write(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(r)
}

// strangerReleaseAdvice is what to do about a release that the history does not know.
const strangerReleaseAdvice = "restore the history from the back-up if it was lost; else find out who put it there, do " +
	"not pay on it, and move it away. What was paid already is not paid again"

// releaseFolders are the folders beside the runs that say of a run that it was released.
func releaseFolders(runs string) (names []string, err error) {
	tree, top := treeOf(runs), filepath.Join(filepath.Dir(runs), releasedName)
	there, err := tree.ReadDir(top)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, d := range there {
		if !d.IsDir() || d.Name() == stageName {
			continue
		}
		if _, err := tree.Lstat(filepath.Join(top, d.Name(), releaseJSONName)); err == nil {
			names = append(names, d.Name())
		}
	}
	return names, err
}

// releasedRuns are the runs that were released, in that order.
func releasedRuns(entries []Entry) (names []string) {
	for _, e := range entries {
		if e.Event == Released {
			names = append(names, e.Run)
		}
	}
	return names
}

// PutReleased makes what is missing in the folder of the released runs: of each run a folder,
// whole or not at all, and the link latest to the one released last. It returns a sentence for
// each that was missing. Only the holder of the lock may.
func (a *Archive) PutReleased(d disk.Disk) (said []string, err error) {
	top := filepath.Join(filepath.Dir(a.runs), releasedName)
	tree := d.In(filepath.Dir(a.runs))
	last := ""
	for _, name := range releasedRuns(a.entries) {
		run := a.known[name]
		if run == nil {
			continue // its folder is elsewhere: there is nothing to link to
		}
		last = name
		switch _, err := tree.Lstat(filepath.Join(top, name)); {
		case err == nil:
			continue
		case !errors.Is(err, fs.ErrNotExist):
			return said, err
		}
		if err := putRelease(tree, top, ReleaseOf(a.entries, name), run); err != nil {
			return said, err
		}
		said = append(said, fmt.Sprintf("%s/%s was missing, and was made by the history", releasedName, name))
	}
	if last == "" {
		return said, nil
	}
	link := filepath.Join(top, latestName)
	if target, err := tree.Readlink(link); err == nil && target == last {
		return said, nil
	}
	return said, tree.Point(last, link)
}

// putRelease makes the folder of one release beside the others, and gives it its name in one
// step once it is on the disk.
func putRelease(tree disk.Tree, top string, r *Release, run *Run) error {
	stage := filepath.Join(top, stageName)
	if err := tree.MakeFolders(top); err != nil {
		return err
	}
	if err := tree.Remove(stage); err != nil {
		return err
	}
	if err := tree.MakeFolder(stage); err != nil {
		return err
	}
	if err := tree.Write(filepath.Join(stage, releaseJSONName), r.write); err != nil {
		return err
	}
	for _, f := range run.releasedFiles() {
		if err := tree.Point(linkTo(run.folder, f), filepath.Join(stage, f)); err != nil {
			return err
		}
	}
	if err := tree.SyncFolder(stage); err != nil {
		return err
	}
	return tree.Rename(stage, filepath.Join(top, r.Run))
}

// releasedFiles are the files of a run that a release links to.
func (r *Run) releasedFiles() []string {
	names := []string{ManifestName}
	for _, f := range r.Outputs {
		names = append(names, f.Name)
	}
	return names
}

// linkTo is where a file of the run in a folder is, seen from the folder of its release.
func linkTo(folder, file string) string {
	return filepath.Join("..", "..", filepath.Base(filepath.Dir(folder)), filepath.Base(folder), file)
}

// mostRelease is more than the bytes of any release.json.
const mostRelease = 4 << 20

// verifyReleased compares the folder of the released runs with the history.
func verifyReleased(runs string, entries []Entry) (found []Finding) {
	tree, top := treeOf(runs), filepath.Join(filepath.Dir(runs), releasedName)
	there, err := tree.ReadDir(top)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return []Finding{finding(releasedName, err.Error(), folderAdvice)}
	}
	released := releasedRuns(entries)
	for _, d := range there {
		name := d.Name()
		switch where := releasedName + "/" + name; {
		case name == latestName || name == stageName:
		case !slices.Contains(released, name):
			found = append(found, finding(where, "no entry says that this run was released", strangerReleaseAdvice))
		default:
			found = append(found, verifyRelease(tree, top, filepath.Join(runs, name), ReleaseOf(entries, name))...)
		}
	}
	for _, name := range released {
		if !slices.ContainsFunc(there, func(d fs.DirEntry) bool { return d.Name() == name }) {
			found = append(found, finding(releasedName+"/"+name, "is missing", "run again; that makes it"))
		}
	}
	if target, err := tree.Readlink(filepath.Join(top, latestName)); len(released) > 0 &&
		(err != nil || target != last(released)) {
		found = append(found, finding(releasedName+"/"+latestName, "does not point at "+last(released), linkAdvice))
	}
	return found
}

// CheckRelease is an *[AlteredError] if the folder of the release of a run is not what the history
// says of it: what is paid from it would be another sum than the one that was approved.
func (a *Archive) CheckRelease(run string) error {
	top := filepath.Join(filepath.Dir(a.runs), releasedName)
	found := verifyRelease(treeOf(a.runs), top, filepath.Join(a.runs, run), ReleaseOf(a.entries, run))
	if len(found) == 0 {
		return nil
	}
	return altered("", "%s", filepath.Join(filepath.Dir(a.runs), found[0].String()))
}

// verifyRelease compares the folder of the release of the run in another folder with what the
// history says of it.
func verifyRelease(tree disk.Tree, top, run string, r *Release) (found []Finding) {
	where, folder := releasedName+"/"+r.Run, filepath.Join(top, r.Run)
	const advice = "move the folder away and run again; that makes it as the history says"
	var want bytes.Buffer
	if err := r.write(&want); err != nil {
		return []Finding{finding(where, err.Error(), advice)}
	}
	is, err := tree.ReadFile(filepath.Join(folder, releaseJSONName), mostRelease)
	switch {
	case err != nil:
		found = append(found, finding(where+"/"+releaseJSONName, err.Error(), advice))
	case !bytes.Equal(is, want.Bytes()):
		found = append(found, finding(where+"/"+releaseJSONName, "is not what the history says of the release", advice))
	}
	files, err := tree.ReadDir(folder)
	if err != nil {
		return append(found, finding(where, err.Error(), advice))
	}
	for _, f := range files {
		target, err := tree.Readlink(filepath.Join(folder, f.Name()))
		if f.Name() != releaseJSONName && (err != nil || target != linkTo(run, f.Name())) {
			found = append(found, finding(where+"/"+f.Name(), "does not point at the file of the run", advice))
		}
	}
	return found
}
