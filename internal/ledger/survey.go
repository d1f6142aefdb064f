package ledger

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tenderbatch/internal/tender"
)

// Candidate is a run's folder that a rebuild looked at: what speaks for its being a
// run of the offer as it was published, and what speaks against it. It is taken if
// nothing speaks against it.
type Candidate struct {
	Run     string   `json:"run"` // name of the folder
	Phase   string   `json:"phase,omitempty"`
	Taken   bool     `json:"taken"`
	For     []string `json:"for"`
	Against []string `json:"against"`

	run   *Run  // nil if its manifest cannot be read
	entry Entry // of an older ledger, for a final run in force whose folder is lost
}

// Again makes a run again from the copies it keeps and says whether that speaks for
// it, against it, or neither, in words. It is asked only of runs that are whole by
// their own manifests. An error ends the rebuild.
type Again func(*Run) (supports, contradicts string, err error)

// surveyed is the state of a runs folder for a rebuild.
type surveyed struct {
	runs, offer string
	again       Again
	old         []oldLedger
	all         []Candidate
}

// oldLedger is a ledger from before the rebuild, as far as it can be read.
type oldLedger struct {
	name    string
	entries []Entry
	current bool // not one that an earlier rebuild set aside
	whole   bool // its chain holds, and its sum, if it is the current one
}

// survey weighs every folder with a manifest in a runs folder. It changes nothing.
func survey(runs, offer string, again Again) (*surveyed, error) {
	s := &surveyed{runs: runs, offer: offer, again: again}
	folders, err := runFolders(runs)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if s.old, err = oldLedgers(runs); err != nil {
		return nil, err
	}
	for _, name := range folders {
		c, err := s.weigh(name)
		if err != nil {
			return nil, err
		}
		s.all = append(s.all, c)
	}
	s.weighChains()
	s.weighFinals()
	if err := s.makeAgain(); err != nil {
		return nil, err
	}
	s.addLostFinals()
	for i := range s.all {
		s.all[i].Taken = len(s.all[i].Against) == 0
	}
	return s, nil
}

// oldLedgers reads the ledger in a runs folder and those set aside, oldest first. What
// cannot be read says nothing.
func oldLedgers(runs string) ([]oldLedger, error) {
	files, err := treeOf(runs).ReadDir(runs)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var all []oldLedger
	for _, f := range files {
		if !isAside(f.Name()) || !f.Type().IsRegular() {
			continue
		}
		var c content
		err := inspectFile(filepath.Join(runs, f.Name()), func(db *sql.DB) (err error) {
			c, err = readContent(db)
			return err
		})
		entries, unreadable := c.entries()
		all = append(all, oldLedger{name: f.Name(), entries: entries, whole: cmp.Or(err, unreadable, c.broken()) == nil})
	}
	entries, err := ReadEntries(runs)
	if damaged := new(DamagedError); err != nil && !errors.As(err, &damaged) {
		return nil, err
	}
	if err == nil || len(entries) > 0 {
		all = append(all, oldLedger{name: databaseName, entries: entries, current: true, whole: err == nil &&
			len(entries) > 0})
	}
	return all, nil
}

// weigh compares a folder with its own manifest, with its place, and with older
// ledgers.
func (s *surveyed) weigh(name string) (Candidate, error) {
	c := Candidate{Run: name, For: []string{}, Against: []string{}}
	folder := filepath.Join(s.runs, name)
	m, digest, err := readManifest(treeOf(s.runs), folder)
	if damage := new(AlteredError); errors.As(err, &damage) {
		c.against("%v", err)
		return c, nil
	}
	if err != nil {
		return c, err
	}
	c.run, c.Phase = &Run{Manifest: m, tree: treeOf(s.runs), folder: folder, digest: digest}, m.Phase
	if m.Run != name {
		c.against("its manifest is that of run %s", m.Run)
	}
	if s.offer != "" && m.Offer != s.offer {
		c.against("it is of the offer %s, not of %s", m.Offer, s.offer)
	}
	if p := m.Pseudonymised; p != nil {
		c.run.digest, c.run.now = p.Manifest, digest
		if err := c.run.checkRewriting(); err != nil {
			c.against("it %v", err)
		}
	}
	err = c.run.Check()
	if damage := new(AlteredError); err != nil && !errors.As(err, &damage) {
		return c, err
	} else if err != nil {
		c.against("%v", err)
	} else {
		c.supports("its manifest and all %d files agree", len(m.Outputs)+len(m.Kept))
	}
	s.askOldLedgers(&c)
	return c, nil
}

func (c *Candidate) supports(format string, args ...any) {
	c.For = append(c.For, fmt.Sprintf(format, args...))
}

func (c *Candidate) against(format string, args ...any) {
	c.Against = append(c.Against, fmt.Sprintf(format, args...))
}

// askOldLedgers compares a candidate's manifest with what older ledgers say of the run
// of its name. A ledger that is whole and in its place and knows nothing of the run
// speaks against it.
func (s *surveyed) askOldLedgers(c *Candidate) {
	known, unknown := false, ""
	for _, old := range s.old {
		e, has := published(old.entries)[c.Run]
		begun := slices.ContainsFunc(old.entries, func(e Entry) bool { return e.Run == c.Run && e.Manifest == c.run.digest })
		switch {
		case has && rewrittenIn(old.entries)[c.Run].Manifest != c.run.now:
			c.against("%s says something else of names of holders that were replaced in it", old.name)
		case (has && e.Manifest == c.run.digest) || (!has && begun):
			known = true
			c.supports("%s gives the digest of its manifest", old.name)
		case has:
			c.against("entry %d of %s gives another digest of its manifest", e.Seq, old.name)
		case old.current && old.whole:
			unknown = old.name
		}
	}
	switch {
	case unknown != "" && !known:
		c.against("%s is whole and does not know it: find out who made it; if that ledger is an old copy, move it and %s "+
			"away and rebuild again", unknown, sumName)
	case !known:
		c.supports("no older ledger that can be read knows it, for or against")
	}
}

// weighChains compares what runs say of one another.
func (s *surveyed) weighChains() {
	for i := range s.all {
		c := &s.all[i]
		if c.run == nil {
			continue
		}
		s.weighPrevious(c)
		switch of := s.find(c.run.Replaces); {
		case c.run.Replaces == "":
		case c.run.Replaces == c.Run || c.Phase != finalPhase:
			c.against("it says that it replaces the final run %s, which it cannot", c.run.Replaces)
		case of == nil:
			c.supports("it replaces %s, whose folder is not here", c.run.Replaces)
		case of.Phase != finalPhase:
			c.against("it says that it replaces %s, which is not a final run", c.run.Replaces)
		}
	}
}

// weighPrevious compares the copies that a run keeps of earlier runs' files with those
// runs: who alters one and its manifest seldom alters the copies too.
func (s *surveyed) weighPrevious(c *Candidate) {
	if c.run.Previous == c.Run {
		c.against("it says that it was compared with itself")
	}
	if c.run.Previous != "" && s.find(c.run.Previous) == nil {
		c.supports("the run before it, %s, is not here", c.run.Previous)
	}
	for _, k := range c.run.Kept {
		parts := strings.Split(k.Of, "/")
		if len(parts) != 3 {
			continue // the terms, or a depositary's file
		}
		other := s.find(parts[1])
		if other == nil || other.run == nil {
			continue
		}
		if !other.run.holds(parts[2], k.SHA256) {
			c.against("the copy that it keeps of %s is not what that run holds", k.Of)
			other.against("run %s keeps another copy of its %s", c.Run, parts[2])
		}
	}
}

// weighFinals finds final runs that cannot both have been published: of two that
// replace the same one, and of two in force, neither is taken unless an older ledger
// knows one of them only.
func (s *surveyed) weighFinals() {
	replacing := map[string][]*Candidate{}
	replaced := map[string]bool{}
	released := releasedIn(s.releases(nil))
	rival := func(c *Candidate) bool { // one that waits for its release is in no other's way
		return c.run != nil && c.Phase == finalPhase && len(c.Against) == 0 &&
			(!c.run.Release.Demands(tender.Final) || released[c.Run] == c.run.digest)
	}
	for i := range s.all {
		if c := &s.all[i]; rival(c) {
			replaced[c.run.Replaces] = true
		}
	}
	for i := range s.all {
		c := &s.all[i]
		if !rival(c) {
			continue
		}
		if c.run.Replaces != "" {
			replacing["replace "+c.run.Replaces] = append(replacing["replace "+c.run.Replaces], c)
		}
		if !replaced[c.Run] {
			replacing["are final and in force"] = append(replacing["are final and in force"], c)
		}
	}
	for what, rivals := range replacing {
		known := slices.DeleteFunc(slices.Clone(rivals), func(c *Candidate) bool { return !s.known(c) })
		for _, c := range rivals {
			if len(rivals) > 1 && (len(known) != 1 || c != known[0]) {
				c.against("%d runs %s, and one at most can: %s", len(rivals), what, names(rivals))
			}
		}
	}
}

func names(all []*Candidate) string {
	var list []string
	for _, c := range all {
		list = append(list, c.Run)
	}
	return strings.Join(list, ", ")
}

// known reports whether an older ledger gives the digest of a candidate's manifest.
func (s *surveyed) known(c *Candidate) bool {
	return slices.ContainsFunc(s.old, func(old oldLedger) bool {
		return slices.ContainsFunc(old.entries, func(e Entry) bool { return e.Run == c.Run && e.Manifest == c.run.digest })
	})
}

// makeAgain has the candidates that nothing speaks against made again.
func (s *surveyed) makeAgain() error {
	for i := range s.all {
		c := &s.all[i]
		if s.again == nil || len(c.Against) > 0 {
			continue
		}
		supports, contradicts, err := s.again(c.run)
		if err != nil {
			return err
		}
		if supports != "" {
			c.supports("%s", supports)
		}
		if contradicts != "" {
			c.against("%s", contradicts)
		}
	}
	return nil
}

// addLostFinals adds final runs that were in force by the newest ledger that can be
// read, and whose folders are lost: their entries are kept, so that no other run
// becomes final in their stead without a word.
func (s *surveyed) addLostFinals() {
	if len(s.old) == 0 {
		return
	}
	newest := s.old[len(s.old)-1]
	for _, name := range inForce(newest.entries) {
		replaced := slices.ContainsFunc(s.all, func(c Candidate) bool {
			return c.run != nil && c.run.Replaces == name &&
				len(c.Against) == 0
		})
		if s.find(name) != nil || replaced {
			continue
		}
		e := published(newest.entries)[name]
		e.Event, e.Attempt, e.Slot, e.Message = Recovered, "", "",
			"taken from "+newest.name+" when the ledger was rebuilt; the folder of the run was missing"
		s.all = append(s.all, Candidate{Run: name, Phase: finalPhase, entry: e, Against: []string{},
			For: []string{newest.name + " says that it is the final run in force; its folder is missing: restore it from the " +
				"back-up"}})
	}
}

// find is the candidate of a name, nil for none.
func (s *surveyed) find(name string) *Candidate {
	i := slices.IndexFunc(s.all, func(c Candidate) bool { return c.Run == name })
	if i < 0 || name == "" {
		return nil
	}
	return &s.all[i]
}

// releases are the entries of submissions, approvals and releases that the newest whole ledger
// has; where some recovered entries are given, only those of their runs. No manifest holds them:
// without such a ledger a run that was released must be approved and released again.
func (s *surveyed) releases(of []Entry) (all []Entry) {
	digests := map[string]string{}
	for _, e := range of {
		digests[e.Run] = e.Manifest
	}
	for i := len(s.old) - 1; i >= 0; i-- {
		if !s.old[i].whole {
			continue
		}
		for _, e := range s.old[i].entries {
			if e.Event == Prepared || (e.Event.OfRelease() && (of == nil || digests[e.Run] == e.Manifest)) {
				all = append(all, e)
			}
		}
		return all
	}
	return nil
}

// rewritings is the entry for the runs that are taken in which names of holders were replaced, nil if there is none.
func (s *surveyed) rewritings(now time.Time) []Entry {
	e := Entry{At: now, Event: Pseudonymised, Offer: s.offer,
		Message: "names of holders had been replaced in runs, by their manifests, when the ledger was rebuilt"}
	for _, c := range s.all {
		if c.Taken && c.run != nil && c.run.now != "" {
			e.Rewritten = append(e.Rewritten, Rewritten{Run: c.Run, Was: c.run.digest, Manifest: c.run.now})
		}
	}
	if len(e.Rewritten) == 0 {
		return nil
	}
	return []Entry{e}
}

// exports are the entries of payments that were exported, of the newest ledger that has any, also if it is damaged: it
// is better to ask once more than to pay twice.
func (s *surveyed) exports() (all []Entry) {
	for _, old := range slices.Backward(s.old) {
		for _, e := range old.entries {
			if e.Event == Exported {
				all = append(all, e)
			}
		}
		if len(all) > 0 {
			break
		}
	}
	return all
}

// bodies are those of one entry for each run that is taken.
func (s *surveyed) bodies(now time.Time) ([]string, error) {
	var entries []Entry
	for _, c := range s.all {
		switch m := c.run; {
		case !c.Taken:
		case m == nil:
			c.entry.At = now
			entries = append(entries, c.entry)
		default:
			entries = append(entries, Entry{
				At: now, Event: Recovered, Offer: m.Offer, Phase: m.Phase, AsOf: m.AsOf, Program: m.Program, Terms: m.Terms.Digest,
				Identity: m.Identity, Run: m.Run, Replaces: m.Replaces, Held: m.Held, Decisions: m.Decisions, Manifest: m.digest,
				Inputs: m.Inputs, Release: m.Release, Makers: m.Makers,
				Message: "taken from the manifest when the ledger was rebuilt",
			})
		}
	}
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Or(a.AsOf.Compare(b.AsOf), cmp.Compare(a.Run, b.Run)) })
	entries = append(entries, s.releases(entries)...)
	entries = append(append(entries, s.rewritings(now)...), s.exports()...)
	var bodies []string
	for _, e := range entries {
		body, err := e.body()
		if err != nil {
			return nil, err
		}
		bodies = append(bodies, body)
	}
	return bodies, nil
}
