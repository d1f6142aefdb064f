package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"tenderbatch/internal/inbox"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/tender"
)

// findEarlier finds the earlier snapshots. For a run that is made again they are those
// that it names. Otherwise they are those of the inbox, and those that a published run
// was made from and that are in the inbox no more: who deletes or overwrites a report
// does not make its tenders vanish without a word.
func (in *Intake) findEarlier(c *comparison) error {
	find := in.earlierOfInbox
	if in.src.Kept != nil {
		find = in.earlierOfRun
	}
	if err := find(c); err != nil {
		return err
	}
	for i := range c.files {
		if f := &c.files[i]; !f.lost {
			in.src.Pieces = append(in.src.Pieces, *f.piece)
		}
	}
	return nil
}

// earlierOfInbox are the earlier snapshots of a run that is made for the first time.
func (in *Intake) earlierOfInbox(c *comparison) error {
	known := map[content]bool{}
	for _, f := range in.choice.Chosen {
		known[content{f.Name, offerfolder.DigestOf(f.Content)}] = true
	}
	names, _, err := in.src.Names(in.Offer)
	if err != nil {
		return err
	}
	for _, f := range inbox.Earlier(in.Offer, in.choice, names) {
		file := comparedFile{Chosen: f}
		var err error
		read := func() ([]byte, error) {
			return in.src.Read(f.Name, in.src.Inbox.Paths[f.Name], offerfolder.MostBytes, in.src.Opener(f.Name))
		}
		if file.piece, err = in.src.Note(f.Name, read); err != nil {
			if offerfolder.Transient(err) {
				return err
			}
			file.unread, file.lost, file.piece = err.Error(), true, new(offerfolder.Piece)
		}
		known[content{f.Name, file.piece.Record.SHA256}] = true
		c.files = append(c.files, file)
	}
	if err := in.earlierOfArchive(c, known); err != nil {
		return err
	}
	slices.SortStableFunc(c.files, func(a, b comparedFile) int {
		if order := a.Reported.Compare(b.Reported); order != 0 || (a.usedAsOf == nil) == (b.usedAsOf == nil) {
			return order
		}
		if a.usedAsOf != nil {
			return -1 // it was there before the one that is in the inbox under the same time
		}
		return 1
	})
	return nil
}

// earlierOfRun are the earlier snapshots of a run that is made again.
func (in *Intake) earlierOfRun(c *comparison) error {
	for _, was := range in.src.Kept.Compared {
		f := comparedFile{usedAsOf: was.UsedAsOf, unread: was.Unread, lost: was.Of == "", piece: new(offerfolder.Piece)}
		f.Name = was.Name
		f.Reported = inbox.ReportedBy(was.Name, in.Offer.Zone)
		for _, d := range in.Offer.Depositaries {
			if d.Name == was.Depositary {
				f.Depositary = d
			}
		}
		if !f.lost {
			var err error
			if f.piece, err = in.src.Note(was.Of, nil); err != nil {
				return err
			}
		}
		c.files = append(c.files, f)
	}
	return nil
}

// earlierOfArchive adds the snapshots that published runs were made from or compared
// with, and whose content is in the inbox no more.
func (in *Intake) earlierOfArchive(c *comparison, known map[content]bool) error {
	archive, err := in.src.Published()
	if err != nil {
		c.remarks = append(c.remarks, tender.Warnf(tender.WarnHistoryNotCompared,
			"reports that are in the inbox no more were not compared: %v", err))
		return nil // a run that publishes has opened it
	}
	for _, run := range published(archive) {
		for _, was := range snapshotsOf(run) {
			this := content{was.Name, was.SHA256}
			if was.used {
				c.usedAgain(this, run.AsOf)
			}
			if known[this] || was.SHA256 == "" {
				continue
			}
			file, remark := in.earlierCopy(run, was)
			if w := (tender.Warning{Code: tender.WarnNotCompared, Message: remark}); remark != "" &&
				!slices.Contains(c.remarks, w) {
				c.remarks = append(c.remarks, w)
			}
			if file == nil {
				continue
			}
			if file.piece, err = in.src.Note(was.of, func() ([]byte, error) { return run.ReadKept(was.local) }); err != nil {
				return fmt.Errorf("%w; the run's folder is needed to compare %s, which is in the inbox no more", err, was.Name)
			}
			known[this] = true
			c.files = append(c.files, *file)
		}
	}
	return nil
}

// content is what a file had under a name. Two nights of one content are two reports.
type content struct{ name, digest string }

// earlierCopy is a copy that a run keeps as an earlier snapshot, nil if it is none of
// this run, with what is to be said of it.
func (in *Intake) earlierCopy(run *ledger.Run, was keptSnapshot) (f *comparedFile, remark string) {
	d, ok := inbox.OwnerOf(in.Offer, was.Name)
	switch {
	case !ok:
		return nil, fmt.Sprintf("%s, which run %s used, matches the files of no depositary any more, and was not compared",
			was.Name, run.Run)
	case d.Incremental:
		return nil, ""
	case run.Removed(was.local):
		return nil, was.Name + " was removed from earlier runs with the names of holders, and was not compared"
	}
	used, _ := in.usedOf(d)
	f = &comparedFile{usedAsOf: &run.AsOf}
	f.Depositary, f.Name, f.Reported = d, was.Name, inbox.ReportedBy(was.Name, in.Offer.Zone)
	if f.Reported.After(used.Reported) && !used.Reported.IsZero() {
		if was.used && !f.Reported.After(in.AsOf) {
			return nil, fmt.Sprintf("%s, which run %s used, is in the inbox no more, and is newer than %s, which is used now",
				was.Name, run.Run, used.Name)
		}
		return nil, ""
	}
	return f, ""
}

// keptSnapshot is a depositary's file of which a run keeps a copy.
type keptSnapshot struct {
	ledger.File
	of    string // as the copy is called in a run that is compared with it
	local string // as it is called in the run that keeps it
	used  bool   // the run used it, and not for comparison alone
}

// snapshotsOf are the depositaries' files of which a run keeps copies.
func snapshotsOf(run *ledger.Run) (all []keptSnapshot) {
	of := func(name string) string { return offerfolder.RunsName + "/" + run.Run + "/" + name }
	for _, c := range run.Compared {
		s := keptSnapshot{File: c.File, of: of(c.Of), local: c.Of}
		if strings.HasPrefix(c.Of, offerfolder.RunsName+"/") {
			s.of = c.Of
		}
		all = append(all, s)
	}
	for _, f := range run.Inputs {
		all = append(all, keptSnapshot{File: f, of: of(f.Name), local: f.Name, used: true})
	}
	return all
}

// published are the runs that keep what they were made from, in the order in which they
// were published.
func published(archive *ledger.Archive) (runs []*ledger.Run) {
	for _, e := range archive.Entries() {
		if e.Event != ledger.Published && e.Event != ledger.Recovered {
			continue
		}
		run, err := archive.Run(e.Run)
		if err == nil && len(run.Kept) > 0 && !slices.Contains(runs, run) {
			runs = append(runs, run)
		}
	}
	return runs
}
