package ledger

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"tenderbatch/internal/disk"
)

// PublishedManifestName is, in the folder of a run in which names of holders were replaced, its manifest as it was
// published. What was approved and released is the digest of that.
const PublishedManifestName = "manifest-as-published.json"

// Rewriting says in the manifest of a run how names of holders were replaced in it.
type Rewriting struct {
	At       time.Time `json:"at"`
	By       Actor     `json:"by"`
	Manifest string    `json:"manifest"` // SHA-256 of the manifest as it was published
	Removed  []string  `json:"removed"`  // files of copies that are no more; what they were is under kept
	Outputs  []File    `json:"outputs"`  // those that were rewritten, as they were published
}

// Rewritten is a run in which names of holders were replaced, as the history says it.
type Rewritten struct {
	Run      string `json:"run"`
	Was      string `json:"was"`      // SHA-256 of the manifest as it was published
	Manifest string `json:"manifest"` // and as it is since
}

// rewritten is that with the entry that says so.
type rewritten struct {
	Rewritten
	entry Entry
}

// stillNamed says that a run is as it was before names of holders were replaced.
func (r rewritten) stillNamed() string {
	return fmt.Sprintf("still has the names of holders that entry %d says were replaced", r.entry.Seq)
}

const pruneAdvice = `run "batch prune" again, which completes what was cut off; if an old copy was put back, restore ` +
	"the folder from a back-up that was made since"

// rewrittenIn are the runs in which names of holders were replaced, by name.
func rewrittenIn(entries []Entry) map[string]rewritten {
	all, manifest := map[string]rewritten{}, map[string]string{}
	for _, e := range entries {
		switch {
		case saysPublished(e):
			manifest[e.Run] = e.Manifest
			delete(all, e.Run)
		case e.Event == Pruned:
			delete(manifest, e.Run)
			delete(all, e.Run)
		case e.Event == Pseudonymised:
			for _, r := range e.Rewritten {
				if _, before := all[r.Run]; !before && manifest[r.Run] == r.Was && r.Manifest != "" {
					all[r.Run] = rewritten{r, e}
				}
			}
		}
	}
	return all
}

// RewrittenRuns are the entries by which names of holders were replaced in runs, by the names of the runs.
func RewrittenRuns(entries []Entry) map[string]Entry {
	all := map[string]Entry{}
	for run, r := range rewrittenIn(entries) {
		all[run] = r.entry
	}
	return all
}

// keptStill are the copies that the run keeps, without those that were removed.
func (m *Manifest) keptStill() []Kept {
	if m.Pseudonymised == nil {
		return m.Kept
	}
	return slices.DeleteFunc(slices.Clone(m.Kept), func(k Kept) bool {
		return slices.Contains(m.Pseudonymised.Removed, k.Name)
	})
}

// mayRewrite reports whether an output may have other bytes after names of holders were replaced: the findings quote
// reports. What is paid, and to whom, does not.
func mayRewrite(name string) bool {
	switch path.Base(name) {
	case "rejects.csv", "result.json", "result.xlsx":
		return true
	}
	return false
}

// checkRewriting is an error unless the run is what it was published as, but for outputs in which names may be replaced
// and for copies that were removed.
func (r *Run) checkRewriting() error {
	p := r.Pseudonymised
	if p == nil || p.Manifest != r.digest {
		return errors.New("does not say that names of holders were replaced in it, as the history does")
	}
	was, digest, err := readManifestIn(r.tree, r.folder, PublishedManifestName)
	if err != nil {
		return err
	}
	if digest != r.digest {
		return fmt.Errorf("is not by %s, whose digest is not the one in the history", PublishedManifestName)
	}
	now := *r.Manifest
	now.Pseudonymised, now.Outputs = nil, slices.Clone(now.Outputs)
	for i, f := range now.Outputs {
		at := slices.IndexFunc(p.Outputs, func(o File) bool { return o.Name == f.Name })
		if at >= 0 && mayRewrite(f.Name) {
			now.Outputs[i] = p.Outputs[at]
		}
	}
	if !reflect.DeepEqual(&now, was) {
		return fmt.Errorf("says something else than %s, beyond names of holders", PublishedManifestName)
	}
	return r.checkMoney()
}

// verifyRewriting checks the folder of a run in which names of holders were replaced.
func verifyRewriting(runs, name string, e Entry, by rewritten) []Finding {
	tree, folder := treeOf(runs), filepath.Join(runs, name)
	m, digest, err := readManifest(tree, folder)
	if err != nil || (m.Pseudonymised == nil && by.Manifest == "") || e.Manifest == "" {
		return nil // what is wrong with it has been found
	}
	if by.Manifest != "" && digest == e.Manifest {
		return []Finding{finding(name+"/"+ManifestName, by.stillNamed(), pruneAdvice)}
	}
	run := &Run{Manifest: m, tree: tree, folder: folder, digest: e.Manifest, now: digest}
	if err := run.checkRewriting(); err != nil {
		return []Finding{finding(name+"/"+ManifestName, err.Error(), folderAdvice)}
	}
	return nil
}

// verifyRewritings finds entries that say of a run that names were replaced in it, and cannot.
func verifyRewritings(entries []Entry) (found []Finding) {
	for i, e := range entries {
		for _, r := range e.Rewritten {
			if now, is := rewrittenIn(entries[:i+1])[r.Run]; e.Event == Pseudonymised && (!is || now.entry.Seq != e.Seq) {
				found = append(found, finding(inLedger(e.Seq), fmt.Sprintf("says that names were replaced in run %s, which was "+
					"not as it says", r.Run), restoreAdvice))
			}
		}
	}
	return found
}

// stageOf is the folder beside a run that holds it with the names replaced, until it takes the run's place.
func stageOf(run string) string { return ".pseudonymised-" + run }

// asideOf is the name of a run's folder while it is deleted: that of no run.
func asideOf(run string) string { return ".pruned-" + run }

// StageRewritten writes a run with the names of holders replaced beside the run, down to the disk. Copies are left out
// that drop names; edit returns the content of an output as it is to be. [PutRewritten] has it take the run's place,
// once the history says so. Only the holder of the lock may.
func StageRewritten(d disk.Disk, run *Run, by Actor, at time.Time, drop func(Kept) bool,
	edit func(name string, content []byte) ([]byte, error)) (r Rewritten, err error) {
	runs := filepath.Dir(run.folder)
	m := *run.Manifest
	m.Pseudonymised = &Rewriting{At: at, By: by, Manifest: run.digest, Removed: []string{}, Outputs: []File{}}
	s := &rewritingStage{run: run, tree: d.In(filepath.Dir(runs)), folder: filepath.Join(runs, stageOf(run.Run)),
		manifest: &m}
	if err := run.Check(); err != nil {
		return r, err
	}
	for _, step := range []func() error{
		s.begin,
		func() error { return s.keep(drop) },
		func() error { return s.outputs(edit) },
		func() error { return s.tree.Write(filepath.Join(s.folder, ManifestName), m.Encode) },
		func() error { return s.tree.SyncFolder(filepath.Join(s.folder, keptFolder)) },
		func() error { return s.tree.SyncFolder(s.folder) },
		func() error { return s.tree.SyncFolder(runs) },
	} {
		if err := step(); err != nil {
			return r, err
		}
	}
	if err := (&Run{Manifest: &m, tree: s.tree, folder: s.folder}).checkMoney(); err != nil {
		return r, fmt.Errorf("run %s %w", run.Run, err)
	}
	digest, err := digestOf(s.tree, filepath.Join(s.folder, ManifestName))
	return Rewritten{Run: run.Run, Was: run.digest, Manifest: digest}, err
}

// rewritingStage is the folder in which a run is written with the names replaced.
type rewritingStage struct {
	run      *Run
	tree     disk.Tree
	folder   string
	manifest *Manifest // as it is to be
}

// begin makes the folder, with the manifest as it was published in it.
func (s *rewritingStage) begin() error {
	was, err := readRegular(s.tree, filepath.Join(s.run.folder, ManifestName), mostManifest)
	if err == nil {
		err = s.tree.Remove(s.folder)
	}
	if err == nil {
		err = s.tree.MakeFolders(filepath.Join(s.folder, keptFolder))
	}
	if err == nil {
		err = s.put(PublishedManifestName, was)
	}
	return err
}

func (s *rewritingStage) put(name string, content []byte) error {
	return s.tree.Write(filepath.Join(s.folder, filepath.FromSlash(name)), func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// keep puts the copies that stay, and notes those that do not.
func (s *rewritingStage) keep(drop func(Kept) bool) error {
	p := s.manifest.Pseudonymised
	for _, k := range s.manifest.Kept {
		if slices.Contains(p.Removed, k.Name) {
			continue
		}
		if drop(k) {
			p.Removed = append(p.Removed, k.Name)
			continue
		}
		content, err := s.run.read(k.File, "kept")
		if err == nil {
			err = s.put(k.Name, content)
		}
		if err != nil && !errors.Is(err, fs.ErrExist) { // two things with the same content have one copy
			return err
		}
	}
	return nil
}

// outputs puts the outputs as they are to be, and notes what those were that change.
func (s *rewritingStage) outputs(edit func(name string, content []byte) ([]byte, error)) error {
	was := s.manifest.Outputs
	s.manifest.Outputs = slices.Clone(was)
	for i, f := range was {
		path := filepath.Join(s.run.folder, f.Name)
		content, err := s.run.read(f, "published")
		if err == nil {
			content, err = edit(f.Name, content)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		now, err := Digest(f.Name, func(w io.Writer) error { _, err := w.Write(content); return err })
		if err != nil {
			return err
		}
		if now != f && !mayRewrite(f.Name) {
			return fmt.Errorf("%s: names are never replaced in it", path)
		}
		if s.manifest.Outputs[i] = now; now != f {
			s.manifest.Pseudonymised.Outputs = append(s.manifest.Pseudonymised.Outputs, f)
		}
		if err := s.put(f.Name, content); err != nil {
			return err
		}
	}
	return nil
}

// PutRewritten has what [StageRewritten] wrote take the place of a run, and deletes that. It completes what was cut
// off. Only the holder of the lock may.
func PutRewritten(d disk.Disk, runs string, r Rewritten) error {
	tree := d.In(filepath.Dir(runs))
	folder, stage := filepath.Join(runs, r.Run), filepath.Join(runs, stageOf(r.Run))
	aside := filepath.Join(runs, asideOf(r.Run))
	if digest, err := digestOf(tree, filepath.Join(stage, ManifestName)); err != nil || digest != r.Manifest {
		return errors.Join(err, fmt.Errorf("%s is not what the history says", stage))
	}
	if _, err := tree.Lstat(folder); err == nil {
		if err := tree.Remove(aside); err != nil {
			return err
		}
		if err := tree.Rename(folder, aside); err != nil {
			return err
		}
	}
	if err := tree.Rename(stage, folder); err != nil {
		return err
	}
	return tree.Remove(aside)
}

// UnfinishedRewritings are the runs whose names are replaced by the history, and that have not taken their places
// yet, as a process was cut off.
func UnfinishedRewritings(runs string, entries []Entry) (all []Rewritten, err error) {
	of := rewrittenIn(entries)
	there, err := treeOf(runs).ReadDir(runs)
	if err != nil {
		return nil, err
	}
	for _, d := range there {
		run, is := strings.CutPrefix(d.Name(), stageOf(""))
		if !is || of[run].Manifest == "" {
			continue
		}
		digest, err := digestOf(treeOf(runs), filepath.Join(runs, d.Name(), ManifestName))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if digest == of[run].Manifest {
			all = append(all, of[run].Rewritten)
		}
	}
	return all, nil
}

// LeftAside are the folders in a runs folder that a rewriting or a deletion which was cut off left behind, for runs
// that are in their places.
func LeftAside(runs string, entries []Entry) (names []string, err error) {
	there, err := treeOf(runs).ReadDir(runs)
	if err != nil {
		return nil, err
	}
	of := rewrittenIn(entries)
	for _, d := range there {
		run, is := strings.CutPrefix(d.Name(), asideOf(""))
		if is && of[run].Manifest != "" {
			names = append(names, d.Name())
		}
		if run, is = strings.CutPrefix(d.Name(), stageOf("")); is && of[run].Manifest == "" {
			names = append(names, d.Name()) // the history never heard of it
		}
	}
	return names, nil
}

// LeftByRuns are the folders in a runs folder that a run which was killed left behind, with copies of reports in them. Only
// who holds the lock may delete them.
func LeftByRuns(runs string) (names []string, err error) {
	there, err := treeOf(runs).ReadDir(runs)
	if err != nil {
		return nil, err
	}
	for _, d := range there {
		if slices.Contains([]string{stageName, copyOf(latestName), copyOf(finalName)}, d.Name()) {
			names = append(names, d.Name())
		}
	}
	return names, nil
}
