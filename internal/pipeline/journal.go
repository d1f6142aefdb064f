package pipeline

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/compare"
	"tenderbatch/internal/disk"
	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// journal reports one attempt to the offer's ledger and to the log.
type journal struct {
	req   Request
	runs  string
	log   *ledger.Log
	lines *slog.Logger
	began time.Time
	offer string       // id by the terms, "" if they cannot be read
	entry ledger.Entry // what is known of the attempt
	ended bool

	archive *ledger.Archive  // what is published, once the lock is held
	remarks []tender.Warning // that links were repaired, and what is in a run's folder beside its files
}

// openJournal begins the journal of an attempt. Where the history is lost or damaged
// no published run can be checked, and where it is that of another offer nothing is
// written into it: both are errors.
func openJournal(req Request, runs string) (*journal, error) {
	j := &journal{req: req, runs: runs, began: req.Clock(), offer: offerID(req.Folder)}
	if j.req.Trigger == "" {
		j.req.Trigger = tender.ByHand
	}
	j.entry = ledger.Entry{
		Attempt: cmp.Or(req.Attempt, NewAttempt(j.began)), Trigger: j.req.Trigger, By: req.By, Slot: req.Slot,
		Offer: filepath.Base(filepath.Clean(req.Folder)), Program: req.Version,
	}
	if j.lines = req.Log; j.lines == nil {
		j.lines = slog.New(slog.DiscardHandler)
	}
	j.lines = j.lines.With("run_id", j.entry.Attempt, "offer", j.entry.Offer)
	err := ledger.CheckOffer(runs, j.offer)
	if err == nil {
		j.log, err = ledger.OpenLog(runs)
	}
	if err != nil {
		j.lines.Error("nothing is noted in the ledger", "error", err)
		return nil, err
	}
	return j, nil
}

// offerID is the id of the offer in a folder, "" if its terms cannot be read.
func offerID(folder string) string {
	terms, err := offerfolder.Terms(folder)
	if err != nil {
		return ""
	}
	return terms.AsOf(time.Time{}).ID
}

// NewAttempt names an attempt to make a run that begins now: by its time and a
// random part.
func NewAttempt(began time.Time) string {
	var part [4]byte
	rand.Read(part[:]) // never fails
	return began.UTC().Format("20060102T150405Z-") + hex.EncodeToString(part[:])
}

// untrusted reports whether an error says that the history of an offer is lost,
// damaged, or not its own, or that a link or the like is in its place.
func untrusted(err error) bool {
	var damaged *ledger.DamagedError
	var altered *ledger.AlteredError
	var strange *disk.StrangeError
	return errors.As(err, &damaged) || errors.As(err, &altered) || errors.As(err, &strange)
}

// append writes an entry with what is known of the attempt.
func (j *journal) append(e ledger.Entry) error {
	e.At = j.req.Clock()
	noted, err := j.log.Append(e)
	if err == nil {
		// A log that is kept elsewhere proves what the end of the ledger was.
		j.lines.Info("noted in the ledger", "event", e.Event, "entry", noted.Seq, "hash", noted.Hash)
	}
	return err
}

// start notes that the attempt begins. It is the holder of the lock who does.
func (j *journal) start() error {
	j.lines.Info("run begins", "trigger", j.req.Trigger, "slot", j.req.Slot)
	e := j.entry
	e.Event = ledger.Started
	return j.append(e)
}

// computed takes from a run what the ledger is to know.
func (j *journal) computed(r *result.Run) {
	j.entry = describe(j.entry, r)
	c := j.entry.Counts
	j.lines = j.lines.With("run", r.Name)
	j.lines.Info("computed", "phase", r.Phase, "rows", c.Rows, "counted", c.Counted, "not_counted", c.NotCounted, "rejected", c.Rejected)
}

// describe is the entry with what a run came to.
func describe(e ledger.Entry, r *result.Run) ledger.Entry {
	c := r.Counts()
	e.Offer, e.Phase, e.AsOf, e.Terms = r.Offer.ID, string(r.Phase), r.AsOf, r.Offer.TermsDigest
	e.Identity, e.Run, e.Program = r.Identity, r.Name, r.Version
	e.Counts = ledger.Counts{Rows: c.Rows, Counted: c.Counted, NotCounted: c.NotCounted, Rejected: c.Rejected, Open: c.Open}
	e.Inputs, e.Totals = nil, totals(r)
	for _, in := range r.Inputs {
		e.Inputs = append(e.Inputs, ledger.File{Name: in.File, SHA256: in.SHA256, Bytes: in.Bytes})
	}
	return e
}

// Totals adds up the run by currency, in the order of the series.
func (o *Outcome) Totals() []ledger.Total { return totals(o.Run) }

func totals(r *result.Run) []ledger.Total {
	var all []ledger.Total
	for i, s := range r.Offer.Series {
		if hasCurrency(all, s.Currency) {
			continue
		}
		tendered, accepted, wired := decimal.Zero, decimal.Zero, decimal.Zero
		for k := i; k < len(r.Offer.Series); k++ {
			if r.Offer.Series[k].Currency == s.Currency {
				tendered = tendered.Add(r.Book.Totals[k].Sum())
				accepted = accepted.Add(r.Allocation.Series[k].Sum())
			}
		}
		for _, f := range r.Settlement.Funding {
			if f.Currency == s.Currency && f.Status == settle.Due {
				wired = wired.Add(f.Total())
			}
		}
		all = append(all, ledger.Total{Currency: s.Currency, Tendered: tendered.String(), Accepted: accepted.String(), ToWire: wired.String()})
	}
	return all
}

func hasCurrency(all []ledger.Total, currency string) bool {
	for _, t := range all {
		if t.Currency == currency {
			return true
		}
	}
	return false
}

// announce notes which run is about to get its name.
func (j *journal) announce(r *result.Run, manifest string) error {
	j.entry = describe(j.entry, r)
	j.entry.Replaces, j.entry.Held, j.entry.Decisions, j.entry.Manifest = r.Replaces, r.Held, r.Decisions, manifest
	for _, c := range r.TermChanges {
		j.entry.TermsChanged = append(j.entry.TermsChanged, compare.TermWords(c))
	}
	e := j.entry
	e.Event = ledger.Started
	return j.append(e)
}

// published notes that the run that was announced is published, before
// latest is pointed at it: whatever happens then, the next run knows.
func (j *journal) published() error {
	return j.end(ledger.Published, exitWith(j.entry.Counts), "")
}

// exitWith is the exit code of a run that was published.
func exitWith(c ledger.Counts) exitcode.Code {
	if c.Open > 0 {
		return exitcode.OpenFindings
	}
	return exitcode.Done
}

// errUnfinished says that a run is published although it ended with an
// error.
var errUnfinished = errors.New("the run has its name already; the next run does what was left undone")

// unfinished adds to an error that the run is published, if it is.
func (j *journal) unfinished(err error) error {
	if err == nil || !j.isPublished() {
		return err
	}
	return fmt.Errorf("%w: %w", err, errUnfinished)
}

// isPublished reports whether the run that was announced is in the folder of the runs.
func (j *journal) isPublished() bool { return j.archive.Holds(j.entry) }

// end notes how the attempt ended, once.
func (j *journal) end(event ledger.Event, exit exitcode.Code, message string) error {
	if j.ended {
		return nil
	}
	j.ended = true
	e := j.entry
	e.Event, e.Exit, e.Message, e.Duration = event, int(exit), shortened(message), j.req.Clock().Sub(j.began)
	if exit == exitcode.Busy || exit == exitcode.Interrupted || e.Again {
		e.Slot = "" // it is still to be dealt with
	}
	level := slog.LevelInfo
	if event == ledger.Refused || event == ledger.Failed {
		level = slog.LevelError
	}
	j.lines.Log(context.Background(), level, "run ended", "event", event, "exit", exit, "duration", e.Duration.Round(time.Millisecond).String(), "message", e.Message)
	return j.append(e)
}

// shortened is a message of a length that a ledger can hold.
func shortened(message string) string {
	const most = 2000
	if runes := []rune(message); len(runes) > most {
		return string(runes[:most]) + " …"
	}
	return message
}

// close notes how the attempt ended if that was not noted yet, and returns the
// error it ended with.
func (j *journal) close(o *Outcome, err error) error {
	if err == nil {
		o.Remarks = append(o.Remarks, j.remarks...)
		return j.end(ledger.Event(o.Action), o.Exit(), "")
	}
	event := ledger.Failed
	j.entry.Again = offerfolder.Transient(err) && !j.isPublished()
	if !j.isPublished() {
		j.entry.Run, j.entry.Replaces, j.entry.Held, j.entry.Decisions, j.entry.TermsChanged, j.entry.Manifest = "", "", "", nil, nil, "" // none was published
	}
	switch ExitOf(err) {
	case exitcode.Interrupted:
		event = ledger.Interrupted
	case exitcode.Busy, exitcode.Usage, exitcode.Controls:
		event = ledger.Refused
	}
	return errors.Join(err, j.end(event, ExitOf(err), err.Error()))
}

// tidy finishes or clears what a crash left: it needs the lock, so no other attempt is
// at work. A run that was given its name but not noted is noted; an attempt whose
// process has ended is noted as abandoned. Then what is published is checked against
// the history, and latest and final point where that says.
func (j *journal) tidy() (err error) {
	if err := j.noteLeft(); err != nil {
		return err
	}
	j.req.archive = j.archive
	if _, err := j.standing(); err != nil {
		return err
	}
	said, err := j.archive.Repair(j.req.Disk)
	for _, what := range said {
		j.lines.Warn("a link was repaired", "what", what)
	}
	j.remarks = append(j.remarks, coded(tender.WarnLinkRepaired, said)...)
	if err != nil {
		return err
	}
	if _, decided := ledger.Decided(j.archive.Entries(), j.req.Slot); decided {
		j.ended = true
		return ledger.ErrDecided
	}
	return nil
}

// noteLeft opens the archive and notes what a crash left.
func (j *journal) noteLeft() (err error) {
	if j.archive, err = ledger.OpenArchive(j.runs, j.offer); err != nil {
		return err
	}
	left := leftOver(j.archive)
	for _, e := range left {
		if err := j.append(e); err != nil {
			return err
		}
	}
	if len(left) > 0 {
		j.archive, err = ledger.OpenArchive(j.runs, j.offer)
	}
	return err
}

// standing is what is published of the offer. It is an *[ledger.AlteredError] if
// something that is there is not as the history says, and a *[tender.ControlError]
// if the folder of the final run in force is missing, unless the request replaces it:
// no other run may become final in its stead just because a folder was moved away.
func (j *journal) standing() (*standing, error) {
	if err := j.archive.Check(); err != nil {
		return nil, err
	}
	lost, err := j.archive.LostFinal()
	if err != nil {
		return nil, err
	}
	if lost != "" && lost != j.req.Supersede {
		return nil, &tender.ControlError{Rule: "R16", Message: fmt.Sprintf(
			"the final run %s, which is in force, is not in %s as it was published; restore its folder from the back-up, or, if it is lost, replace it with --supersede %s --reason SENTENCE", lost, j.runs, lost)}
	}
	s := &standing{runs: j.runs, archive: j.archive, latest: j.archive.Latest(), final: j.archive.Final(), inForce: lost}
	if s.final != nil && lost == "" {
		s.inForce = s.final.Run
	}
	return s, nil
}

// leftOver are the entries that are missing after a crash or a fault: the ends of
// attempts whose process has ended, and the runs that got the name that was announced
// without anything said afterwards. A folder that was never announced is left for
// [ledger.Verify] to find.
func leftOver(archive *ledger.Archive) []ledger.Entry {
	var left []ledger.Entry
	entries := archive.Entries()
	known := map[string]bool{}
	for _, e := range entries {
		if e.Event == ledger.Published || e.Event == ledger.Recovered {
			known[e.Run] = true
		}
	}
	for _, open := range ledger.Open(entries) {
		if e := abandoned(open); known[open.Run] || !archive.Holds(open) {
			left = append(left, e)
			continue
		}
		known[open.Run] = true
		open.Event, open.Exit, open.Message = ledger.Published, int(exitWith(open.Counts)), "it ended before it had said so"
		left = append(left, open)
	}
	for _, e := range entries {
		if e.Event == ledger.Started && !known[e.Run] && archive.Holds(e) {
			known[e.Run] = true
			e.Event, e.Attempt, e.Slot, e.Message = ledger.Recovered, "", "", "published by the attempt "+e.Attempt+", which failed afterwards"
			left = append(left, e)
		}
	}
	return left
}

// abandoned notes that the process of an attempt has ended. Its slot is still to be
// dealt with.
func abandoned(open ledger.Entry) ledger.Entry {
	open.Event, open.Exit, open.Slot, open.Message = ledger.Abandoned, int(exitcode.Failed), "", "the process ended before the run was complete"
	open.Run, open.Replaces, open.Held, open.Decisions, open.TermsChanged, open.Manifest = "", "", "", nil, nil, ""
	return open
}

// RecordMissed notes in the ledger of the offer in a folder that a slot passed
// without a run, and why. Where the history cannot be trusted nothing is noted: the
// next run fails and says so.
func RecordMissed(req Request, why string) error {
	runs := filepath.Join(req.Folder, offerfolder.RunsName)
	if err := ledger.MakeRuns(req.Disk, runs); untrusted(err) {
		return nil // nothing is noted where a link leads; the next run fails and says so
	} else if err != nil {
		return notWritten(err)
	}
	j, err := openJournal(req, runs)
	if untrusted(err) {
		return nil
	}
	if err != nil {
		return err
	}
	j.lines.Warn("slot missed", "slot", req.Slot, "why", why)
	e := j.entry
	e.Event, e.Message = ledger.Missed, why
	return j.append(e)
}
