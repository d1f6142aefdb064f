package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tenderbatch/internal/tender"
)

// Archive is what has been published of one offer: the runs in its runs
// folder that are as the history says. It is the one door to a published run; nothing else
// opens a run's folder. A run is handed out only if its entry in the history gives the
// digest of its manifest, and if the manifest names the run by the name of its folder
// and the offer by the offer's id. What the history does not know is never taken for
// a run of the offer; it is named by [Archive.Check].
type Archive struct {
	runs    string // path of the runs folder
	offer   string // id, "" if neither terms nor history say it
	entries []Entry
	changed map[string]rewritten // by name: those in which names of holders were replaced
	known   map[string]*Run      // by name: those that are there as published
	missing map[string]Entry     // by name: those whose folders are not there
	faults  []Finding
}

// ErrNoRun says that there is no run of a name.
var ErrNoRun = errors.New("no such run")

// OpenArchive reads what has been published in a runs folder. offer is the offer's id
// by its terms, "" where those cannot be read: then the history's counts. Manifests
// are read whole, other files are not; [Run.Check] does that. The error is a
// *[DamagedError] if the history is lost or damaged, so that no run can be checked, an
// *[AlteredError] if it is the history of another offer, or one of the file system.
func OpenArchive(runs, offer string) (a *Archive, err error) {
	err = AtRest(runs, func() (wrong bool, err error) {
		a, err = openArchive(runs, offer)
		return a != nil && len(a.faults)+len(a.missing) > 0, err
	})
	return a, err
}

// openArchive is OpenArchive at one look.
func openArchive(runs, offer string) (*Archive, error) {
	// Folders first: a run published meanwhile is in the history by then, and the
	// other way round it would look like one that the history does not know.
	folders, err := runFolders(runs)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	releases, err := releaseFolders(runs)
	if err != nil {
		return nil, err
	}
	entries, err := ReadEntries(runs)
	if err != nil {
		return nil, err
	}
	a := &Archive{runs: runs, offer: offer, entries: entries, known: map[string]*Run{}, missing: map[string]Entry{},
		changed: rewrittenIn(entries)}
	for _, name := range releases {
		if !slices.Contains(releasedRuns(entries), name) {
			a.fault(releasedName+"/"+name, "says that this run was released, and the history does not", strangerReleaseAdvice)
		}
	}
	if err := a.checkOffer(); err != nil {
		return nil, err
	}
	of := published(entries)
	for _, name := range slices.Sorted(maps.Keys(of)) {
		if slices.Contains(folders, name) {
			continue
		}
		if err := a.lookFor(name, of[name]); err != nil {
			return nil, err
		}
	}
	for _, name := range folders {
		if err := a.take(name, of); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// CheckOffer is the error of [OpenArchive] for a history that is lost, damaged or that
// of another offer. It reads no run.
func CheckOffer(runs, offer string) error {
	_, err := EntriesOf(runs, offer)
	return err
}

// EntriesOf returns the entries that [ReadEntries] does, unless [CheckOffer] has an error.
func EntriesOf(runs, offer string) ([]Entry, error) {
	entries, err := ReadEntries(runs)
	if err != nil {
		return nil, err
	}
	a := &Archive{runs: runs, offer: offer, entries: entries}
	if err := a.checkOffer(); err != nil {
		return nil, err
	}
	return entries, nil
}

// checkOffer is an error if the history is that of another offer.
func (a *Archive) checkOffer() error {
	for _, e := range a.entries {
		if !saysPublished(e) || e.Offer == "" {
			continue
		}
		if a.offer == "" {
			a.offer = e.Offer
		}
		if e.Offer != a.offer {
			return altered(foreignAdvice, "%s holds the history of the offer %s, by entry %d, and the terms are those of %s: "+
				"its runs are not this offer's, and none is used",
				a.runs, e.Offer, e.Seq, a.offer)
		}
	}
	return nil
}

// foreignAdvice is what to do about the history of another offer.
const foreignAdvice = `to begin an offer from another one use "batch init NEW --from OFFER"; if only the id in the terms was changed, change it back`

// lookFor notes why a run that was published is not among the folders of runs.
func (a *Archive) lookFor(name string, e Entry) error {
	folder := filepath.Join(a.runs, name)
	info, err := treeOf(a.runs).Lstat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		a.missing[name] = e
	case err != nil:
		return err
	case !info.IsDir():
		a.fault(name, "is not the folder that was published, but a file or a link", folderAdvice)
	default:
		if _, err := treeOf(a.runs).Lstat(filepath.Join(folder, ManifestName)); err == nil {
			return a.take(name, map[string]Entry{name: e}) // published meanwhile
		}
		a.fault(name+"/"+ManifestName, "is missing", folderAdvice)
	}
	return nil
}

// take adds the run in a folder to those that are known, or notes what is wrong with
// it.
func (a *Archive) take(name string, of map[string]Entry) error {
	folder := filepath.Join(a.runs, name)
	m, digest, err := readManifest(treeOf(a.runs), folder)
	damage := new(AlteredError)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // another program took it away
	case err != nil && !errors.As(err, &damage):
		return err
	}
	e, recorded := of[name]
	switch {
	case !recorded && !a.announced(name, digest):
		a.fault(name, "is a run that the history does not know"+a.foreign(name, m), strangerAdvice)
	case recorded && a.changed[name].Manifest != "" && digest == e.Manifest:
		a.fault(name+"/"+ManifestName, a.changed[name].stillNamed(), pruneAdvice)
	case recorded && digest != a.manifestOf(e):
		a.fault(name+"/"+ManifestName,
			"was changed after it was published: its digest is not the one in the history"+a.foreign(name, m), folderAdvice)
	case err != nil:
		a.fault(name+"/"+ManifestName, damage.What, damage.Do)
	case a.foreign(name, m) != "":
		a.fault(name+"/"+ManifestName, "is not of this place"+a.foreign(name, m), folderAdvice)
	default:
		run := &Run{Manifest: m, tree: treeOf(a.runs), folder: folder, digest: digest}
		if recorded && (m.Pseudonymised != nil || a.changed[name].Manifest != "") {
			run.digest, run.now = e.Manifest, digest
			if err := run.checkRewriting(); err != nil {
				a.fault(name+"/"+ManifestName, err.Error(), folderAdvice)
				return nil
			}
		}
		a.known[name] = run
	}
	return nil
}

// manifestOf is the digest that the manifest of a published run has by the history.
func (a *Archive) manifestOf(e Entry) string { return cmp.Or(a.changed[e.Run].Manifest, e.Manifest) }

// strangerAdvice is what to do about a run that the history does not know.
const strangerAdvice = `find out who made it, and move it out of the runs folder; "batch runs OFFER --rebuild" says what speaks for a run that the history lost`

// foreign says what in a manifest does not fit the place where it is, "" if all of
// it does.
func (a *Archive) foreign(name string, m *Manifest) string {
	switch {
	case m == nil:
		return ""
	case a.offer != "" && m.Offer != a.offer:
		return fmt.Sprintf(": it is of the offer %s", m.Offer)
	case m.Run != name:
		return fmt.Sprintf(": its manifest is that of run %s", m.Run)
	}
	return ""
}

func (a *Archive) fault(where, what, do string) {
	a.faults = append(a.faults, finding(where, what, do))
}

// announced reports whether an attempt said that it was about to publish a run with
// this manifest: it may have been cut off before it could say that it had.
func (a *Archive) announced(name, digest string) bool {
	return slices.ContainsFunc(a.entries, func(e Entry) bool {
		return e.Event == Started && e.Run == name && e.Manifest == digest
	})
}

// Entries are those of the history, oldest first.
func (a *Archive) Entries() []Entry { return a.entries }

// Offer is the id of the offer, "" if nothing says it yet.
func (a *Archive) Offer() string { return a.offer }

// Runs are the published runs that are there, by name, which is by as-of instant.
func (a *Archive) Runs() []*Run {
	all := make([]*Run, 0, len(a.known))
	for _, name := range slices.Sorted(maps.Keys(a.known)) {
		all = append(all, a.known[name])
	}
	return all
}

// Run is the published run of a name; latest and final are those that the history
// says. It is an *[AlteredError] if the run is not as it was published, and
// [ErrNoRun] if there is none.
func (a *Archive) Run(name string) (*Run, error) {
	asked := name
	switch name {
	case latestName:
		name = latestOf(a.entries, a.there)
	case finalName:
		name = last(inForce(a.entries))
	}
	if r := a.known[name]; r != nil {
		return r, nil
	}
	for _, f := range a.faults {
		if f.Where == name || strings.HasPrefix(f.Where, name+"/") {
			return nil, a.asError(f)
		}
	}
	if e, is := a.missing[name]; is {
		return nil, altered(restoreRun,
			"%s: the folder of the run is missing, though entry %d of the history says that it was published",
			filepath.Join(a.runs, name), e.Seq)
	}
	return nil, fmt.Errorf("%s: %w", filepath.Join(a.runs, asked), ErrNoRun)
}

// there reports whether a run is there as it was published.
func (a *Archive) there(name string) bool { return a.known[name] != nil }

// Latest is the run as of the latest instant by the history; of several, the one that was
// published last, or last found to be the result again. It is nil before the first.
func (a *Archive) Latest() *Run { return a.known[latestOf(a.entries, a.there)] }

// UpTo is the latest run as of an instant or before; nil if there is none. A run that looks
// back is compared with what was known then.
func (a *Archive) UpTo(asOf time.Time) *Run {
	return a.known[latestOf(a.entries, func(name string) bool { return a.there(name) && !a.known[name].AsOf.After(asOf) })]
}

// Final is the final run in force by the history, nil if there is none or if its
// folder is not there: then [Archive.LostFinal] names it.
func (a *Archive) Final() *Run { return a.known[last(inForce(a.entries))] }

// LostFinal names a final run in force whose folder is not there, "" if there
// is none. Where the history knows of no final run at all, the link final, which is
// left in place until it does, may still say that there was one.
func (a *Archive) LostFinal() (string, error) {
	for _, name := range inForce(a.entries) {
		if _, lost := a.missing[name]; lost {
			return name, nil
		}
	}
	if knowsFinal(a.entries) {
		return "", nil
	}
	path := filepath.Join(a.runs, finalName)
	target, err := treeOf(a.runs).Readlink(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err == nil && isRunName(target):
		return target, nil
	}
	return "", altered(lostAdvice, "%s is there, but the history knows of no final run: there may have been one", path)
}

// finalPhase is the phase of a final run, as manifests and entries name it.
const finalPhase = "final"

// lostAdvice is what to do where something of an offer's history is lost.
const lostAdvice = "restore the runs folder from the back-up; if there is none and you are sure that nothing was " +
	"paid, move what the message names away"

// isRunName reports whether a text can be the name of a run's folder.
func isRunName(s string) bool {
	return s != "" && s == filepath.Base(s) && filepath.IsLocal(s) && s[0] != '.'
}

// Faults is what is wrong in the runs folder: runs that the history does not know,
// and those that are not as they were published, by their manifests.
func (a *Archive) Faults() []Finding { return a.faults }

// mostSaid is how many faults an error names; the others are counted.
const mostSaid = 10

// Check is an *[AlteredError] that names the faults, nil if there is none.
func (a *Archive) Check() error {
	if len(a.faults) == 0 {
		return nil
	}
	return a.asError(a.faults...)
}

func (a *Archive) asError(faults ...Finding) error {
	var lines []string
	for i, f := range faults {
		if i == mostSaid {
			lines = append(lines, fmt.Sprintf(`and %d more; "batch runs OFFER --verify" lists all`, len(faults)-i))
			break
		}
		in := a.runs
		if strings.HasPrefix(f.Where, releasedName+"/") {
			in = filepath.Dir(in) // released/ is beside runs/
		}
		lines = append(lines, filepath.Join(in, f.String()))
	}
	return altered("", "%s", strings.Join(lines, "\n"))
}

// Holds reports whether the run that an entry announces or notes is in the folder
// now, with the manifest that the entry gives.
func (a *Archive) Holds(e Entry) bool {
	if a == nil || e.Run == "" || e.Manifest == "" {
		return false
	}
	digest, err := digestOf(treeOf(a.runs), filepath.Join(a.runs, e.Run, ManifestName))
	return err == nil && digest == e.Manifest
}

// saysPublished reports whether an entry says that its run was published.
func saysPublished(e Entry) bool { return e.Event == Published || e.Event == Recovered }

// published returns the last entry that speaks of each run's manifest.
func published(entries []Entry) map[string]Entry {
	of := make(map[string]Entry)
	for _, e := range entries {
		if saysPublished(e) {
			of[e.Run] = e
		}
		if e.Event == Pruned {
			delete(of, e.Run)
		}
	}
	return of
}

// PrunedRuns are the runs that were deleted because the terms did not have them kept any longer.
func PrunedRuns(entries []Entry) map[string]bool {
	all := map[string]bool{}
	for _, e := range entries {
		switch {
		case e.Event == Pruned:
			all[e.Run] = true
		case saysPublished(e):
			delete(all, e.Run)
		}
	}
	return all
}

// latestOf names the run that latest is to point at by the entries: of the runs that
// are there, the one as of the latest instant, and of several of those the one that was
// published last, or last found to be the result again. So a run that looks back does not
// move latest behind a newer one. A final run never looks back.
func latestOf(entries []Entry, there func(name string) bool) string {
	name := ""
	var asOf time.Time
	for _, e := range entries {
		if (saysPublished(e) || e.Event == Restored) && there(e.Run) && (e.Phase == finalPhase || !e.AsOf.Before(asOf)) {
			name, asOf = e.Run, e.AsOf
		}
	}
	return name
}

// inForce names the final runs that hold and that no other that holds replaces, oldest first: one at most,
// unless a ledger was rebuilt of runs that say nothing of one another. A run holds if nothing keeps it
// from it and, where its terms demand it, once it was released.
func inForce(entries []Entry) []string {
	released := releasedIn(entries)
	holds := func(e Entry) bool {
		return saysPublished(e) && e.Held == "" && (!e.MustBeReleased() || released[e.Run] == e.Manifest)
	}
	replaced := map[string]bool{}
	for _, e := range entries {
		if holds(e) {
			replaced[e.Replaces] = true
		}
	}
	var names []string
	for _, e := range entries {
		if holds(e) && e.Phase == finalPhase && !replaced[e.Run] && !slices.Contains(names, e.Run) {
			names = append(names, e.Run)
		}
	}
	return names
}

// releasedIn are the digests of the manifests of the runs that were released, by run.
func releasedIn(entries []Entry) map[string]string {
	all := map[string]string{}
	for _, e := range entries {
		if e.Event == Released {
			all[e.Run] = e.Manifest
		}
	}
	return all
}

// Awaits reports whether a published run may not be paid on yet, as its terms demand that it be
// released first.
func (a *Archive) Awaits(r *Run) bool {
	return r.Release.Demands(tender.Phase(r.Phase)) && releasedIn(a.entries)[r.Run] != r.digest
}

// InForce is the name of the final run in force by some entries, "" if there is none.
func InForce(entries []Entry) string { return last(inForce(entries)) }

// LatestIn is the name of the run that latest points at by some entries, "" before the first.
func LatestIn(entries []Entry) string { return latestOf(entries, func(string) bool { return true }) }

// PublishedAs is the entry that says how a run was published; false if none does.
func PublishedAs(entries []Entry, run string) (Entry, bool) {
	e, is := published(entries)[run]
	return e, is
}

// MustBeReleased reports whether the run of an entry may be paid on only once it was released.
func (e Entry) MustBeReleased() bool { return e.Release.Demands(tender.Phase(e.Phase)) }

// Rule is the strictest that any published run of the offer demands until it may be paid on: it
// is never made weaker. nil if none demands anything.
func (a *Archive) Rule() *tender.ReleaseRule { return StrictestRule(a.entries) }

// StrictestRule is [Archive.Rule] of some entries.
func StrictestRule(entries []Entry) (rule *tender.ReleaseRule) {
	for _, e := range entries {
		rule = rule.Stricter(e.Release)
	}
	return rule
}

// last is the last of some names, "" if there are none.
func last(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return names[len(names)-1]
}
