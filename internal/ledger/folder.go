package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"tenderbatch/internal/disk"
)

// treeOf is the tree of the offer whose runs are in a folder: no link in it is
// followed.
func treeOf(runs string) disk.Tree { return disk.In(filepath.Dir(runs)) }

// folderAdvice is what to do about a run's folder that is not as published.
const folderAdvice = "restore the folder from the back-up"

// runFolders returns the names of the folders in a runs folder that hold a
// manifest, or something in its place. What has the name of a link is no run.
func runFolders(runs string) ([]string, error) {
	all, err := treeOf(runs).ReadDir(runs)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, d := range all {
		if !d.IsDir() || strings.HasPrefix(d.Name(), ".") || d.Name() == latestName || d.Name() == finalName {
			continue
		}
		if _, err := treeOf(runs).Lstat(filepath.Join(runs, d.Name(), ManifestName)); !errors.Is(err, fs.ErrNotExist) {
			names = append(names, d.Name())
		}
	}
	return names, nil
}

// listed is what a check needs of a manifest. It is read here on its own, so that
// the check does not share a fault with the code that wrote it.
type listed struct {
	Run     string
	Offer   string
	Inputs  []File
	Outputs []File
	Kept    []File

	Pseudonymised struct {
		Manifest string
		Removed  []string
	}
}

// verifyRun checks a published run's folder: the manifest against the digest that
// its entry gives, "" if there is none, the offer against its id, "" if that is not
// known, and every file against the manifest.
func verifyRun(runs, name, manifest, offer string) []Finding {
	folder, path := filepath.Join(runs, name), name+"/"+ManifestName
	digest, err := digestOf(treeOf(runs), filepath.Join(folder, ManifestName))
	if err != nil {
		return []Finding{finding(path, err.Error(), folderAdvice)}
	}
	var found []Finding
	if manifest != "" && digest != manifest {
		found = append(found, finding(path, "was changed after it was published: its digest is not the one in the ledger",
			folderAdvice))
	}
	var m listed
	content, err := treeOf(runs).ReadFile(filepath.Join(folder, ManifestName), mostManifest)
	if err == nil {
		err = json.Unmarshal(content, &m)
	}
	if err != nil {
		return append(found, finding(path, "is damaged: "+err.Error(), folderAdvice))
	}
	if m.Run != name {
		found = append(found, finding(path, fmt.Sprintf("is that of run %q", m.Run), folderAdvice))
	}
	if offer != "" && m.Offer != offer {
		found = append(found, finding(path, fmt.Sprintf("is that of a run of the offer %q, not of %q", m.Offer, offer),
			"move the folder to the runs of its own offer"))
	}
	return append(found, verifyFiles(runs, name, m)...)
}

// verifyFiles compares a folder's files with the list in its manifest, both ways.
func verifyFiles(runs, name string, m listed) []Finding {
	folder := filepath.Join(runs, name)
	var found []Finding
	expected := map[string]string{ManifestName: ""} // digests; "" for one that is not checked here
	for _, f := range m.Inputs {
		expected[keptFolder+"/"+f.SHA256] = f.SHA256
	}
	removed := func(f File) bool { return slices.Contains(m.Pseudonymised.Removed, f.Name) }
	must := slices.DeleteFunc(slices.Concat(m.Outputs, m.Kept), removed)
	for _, name := range m.Pseudonymised.Removed {
		delete(expected, name)
	}
	if digest := m.Pseudonymised.Manifest; digest != "" {
		must = append(must, File{Name: PublishedManifestName, SHA256: digest})
	}
	for _, f := range must {
		expected[f.Name] = f.SHA256
	}
	there := make(map[string]bool)
	err := treeOf(runs).Walk(folder, func(below string, d fs.DirEntry, err error) error {
		if err != nil || (d.IsDir() && (below == "." || below == keptFolder)) {
			return err
		}
		there[below] = true
		found = append(found, verifyFile(runs, name, below, expected)...)
		if d.IsDir() {
			return fs.SkipDir
		}
		return nil
	})
	if err != nil {
		found = append(found, finding(name, err.Error(), folderAdvice))
	}
	for _, f := range must {
		if !there[f.Name] {
			found = append(found, finding(name+"/"+f.Name, "is missing", folderAdvice))
		}
	}
	return found
}

// verifyFile checks one file of a run's folder.
func verifyFile(runs, run, below string, expected map[string]string) []Finding {
	where := run + "/" + below
	want, known := expected[below]
	switch {
	case !known:
		return []Finding{finding(where, "is not in the manifest", "move it out of the run's folder")}
	case want == "":
		return nil
	}
	digest, err := digestOf(treeOf(runs), filepath.Join(runs, run, filepath.FromSlash(below)))
	if err != nil {
		return []Finding{finding(where, err.Error(), folderAdvice)}
	}
	if digest != want {
		return []Finding{finding(where, "was changed after it was published: its digest is not the one in the manifest",
			folderAdvice)}
	}
	return nil
}

// verifyLinks checks that latest and final are links to the runs that the history
// says. Without a history they must at least lead to a run.
func verifyLinks(runs string, folders []string, entries []Entry, readable bool) []Finding {
	there := func(name string) bool { return slices.Contains(folders, name) }
	want := map[string]string{latestName: "", finalName: ""}
	if readable {
		want[latestName] = latestOf(entries, there)
		want[finalName] = last(inForce(entries))
	}
	found := verifyLink(runs, latestName, want[latestName], folders)
	if _, err := treeOf(runs).Lstat(filepath.Join(runs, latestName)); errors.Is(err, fs.ErrNotExist) && len(folders) > 0 {
		found = append(found, finding(latestName, "is missing", linkAdvice))
	}
	if _, err := treeOf(runs).Lstat(filepath.Join(runs, finalName)); errors.Is(err, fs.ErrNotExist) &&
		there(want[finalName]) {
		found = append(found, finding(finalName, "is missing", linkAdvice))
	}
	if readable && want[finalName] == "" && knowsFinal(entries) {
		if target, err := treeOf(runs).Readlink(filepath.Join(runs, finalName)); !errors.Is(err, fs.ErrNotExist) {
			return append(found, finding(finalName, fmt.Sprintf("points at %q, and by the history no final run is in force", target),
				"do not pay on it, find out who put it there, and run again; that takes it away"))
		}
	}
	return append(found, verifyLink(runs, finalName, want[finalName], folders)...)
}

// knowsFinal reports whether some entries say that a final run was published.
func knowsFinal(entries []Entry) bool {
	return slices.ContainsFunc(entries, func(e Entry) bool { return saysPublished(e) && e.Phase == finalPhase })
}

const linkAdvice = "run again; that points it at the right run"

// verifyLink checks that a link, if it is there, leads to the run that is wanted, ""
// for any.
func verifyLink(runs, name, want string, folders []string) []Finding {
	target, err := treeOf(runs).Readlink(filepath.Join(runs, name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return []Finding{finding(name, "is not a link", linkAdvice+", or says what to do")}
	case !slices.Contains(folders, target):
		return []Finding{finding(name, fmt.Sprintf("points at %q, which is no run", target), linkAdvice)}
	case want != "" && target != want:
		return []Finding{finding(name, fmt.Sprintf("points at %q; by the history it is %q", target, want), linkAdvice)}
	}
	return nil
}
