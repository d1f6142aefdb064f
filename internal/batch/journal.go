package batch

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/export"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/tender"
)

// journal tells the offer's ledger, and the log, what becomes of one attempt.
type journal struct {
	req   Request
	runs  string
	log   *ledger.Log // nil if the ledger is damaged
	lines *slog.Logger
	began time.Time
	known []ledger.Entry // what the ledger held when the attempt began
	entry ledger.Entry   // what is known of the attempt
	ended bool

	remarks []string // that the ledger is damaged
}

// openJournal begins the journal of an attempt. A damaged ledger never stops a
// run: its history goes on when it is restored, and that is said.
func openJournal(req Request, runs string) (*journal, error) {
	j := &journal{req: req, runs: runs, began: req.Clock()}
	if j.req.Trigger == "" {
		j.req.Trigger = ledger.ByHand
	}
	j.entry = ledger.Entry{
		Attempt: cmp.Or(req.Attempt, NewAttempt(j.began)), Trigger: j.req.Trigger, By: req.By, Slot: req.Slot,
		Offer: filepath.Base(filepath.Clean(req.Folder)), Program: req.Version,
	}
	if j.lines = req.Log; j.lines == nil {
		j.lines = slog.New(slog.DiscardHandler)
	}
	j.lines = j.lines.With("run_id", j.entry.Attempt, "offer", j.entry.Offer)
	log, err := ledger.OpenLog(runs)
	if err := j.unlessDamaged(err); err != nil {
		return nil, err
	}
	j.log = log // nil if it is damaged
	return j, nil
}

// NewAttempt names an attempt to make a run that begins now: by its time and a
// random part.
func NewAttempt(began time.Time) string {
	var part [4]byte
	rand.Read(part[:]) // never fails
	return began.UTC().Format("20060102T150405Z-") + hex.EncodeToString(part[:])
}

// unlessDamaged turns the error of a damaged ledger into a remark, after which
// the journal is silent.
func (j *journal) unlessDamaged(err error) error {
	damage, err := damageIn(err)
	if damage != "" {
		j.log = nil
		j.remarks = append(j.remarks, damage)
		j.lines.Warn("ledger damaged", "error", damage)
	}
	return err
}

// damageIn parts what is wrong with a damaged ledger, which never stops anything,
// from other errors.
func damageIn(err error) (damage string, rest error) {
	var damaged *ledger.DamagedError
	if errors.As(err, &damaged) {
		return damaged.Error(), nil
	}
	return "", err
}

// append writes an entry with what is known of the attempt.
func (j *journal) append(e ledger.Entry) error {
	if j.log == nil {
		return nil
	}
	e.At = j.req.Clock()
	noted, err := j.log.Append(e)
	if err == nil {
		// A log that is kept elsewhere proves what the end of the ledger was.
		j.lines.Info("noted in the ledger", "event", e.Event, "entry", noted.Seq, "hash", noted.Hash)
	}
	return j.unlessDamaged(err)
}

// start notes that the attempt begins. It is the holder of the lock who does.
func (j *journal) start() error {
	j.lines.Info("run begins", "trigger", j.req.Trigger, "slot", j.req.Slot)
	e := j.entry
	e.Event = ledger.Started
	return j.append(e)
}

// computed takes from a run what the ledger is to know.
func (j *journal) computed(r *export.Run) {
	j.entry = describe(j.entry, r)
	c := j.entry.Counts
	j.lines = j.lines.With("run", r.Name)
	j.lines.Info("computed", "phase", r.Phase, "rows", c.Rows, "counted", c.Counted, "not_counted", c.NotCounted, "rejected", c.Rejected)
}

// describe is the entry with what a run came to.
func describe(e ledger.Entry, r *export.Run) ledger.Entry {
	c := r.Counts()
	e.Offer, e.Phase, e.AsOf, e.Terms = r.Offer.ID, string(r.Phase), r.AsOf, r.Offer.TermsDigest
	e.Identity, e.Run, e.Program = identity(r), r.Name, r.Version
	e.Counts = ledger.Counts{Rows: c.Rows, Counted: c.Counted, NotCounted: c.NotCounted, Rejected: c.Rejected}
	e.Inputs, e.Totals = nil, totals(r)
	for _, in := range r.Inputs {
		e.Inputs = append(e.Inputs, ledger.File{Name: in.File, SHA256: in.SHA256, Bytes: in.Bytes})
	}
	return e
}

// Totals adds up the run by currency, in the order of the series.
func (o *Outcome) Totals() []ledger.Total { return totals(o.Run) }

func totals(r *export.Run) []ledger.Total {
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
			if f.Currency == s.Currency && !f.Paid {
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
func (j *journal) announce(r *export.Run, manifest string) error {
	j.entry = describe(j.entry, r)
	j.entry.Replaces, j.entry.Manifest = r.Replaces, manifest
	e := j.entry
	e.Event = ledger.Started
	return j.append(e)
}

// published notes that the run that was announced lies among the others, before
// latest is pointed at it: whatever happens then, the next run knows.
func (j *journal) published() error {
	return j.end(ledger.Published, exitWith(j.entry.Counts), "")
}

// exitWith is the exit code of a run that was published.
func exitWith(c ledger.Counts) Exit {
	if c.Rejected > 0 {
		return ExitRejects
	}
	return ExitDone
}

// errUnfinished says that a run lies among the others although it ended with an
// error.
var errUnfinished = errors.New("the run has its name already; the next run does what was left undone")

// unfinished adds to an error that the run lies among the others, if it does.
func (j *journal) unfinished(err error) error {
	if err == nil || !j.lies() {
		return err
	}
	return fmt.Errorf("%w: %w", err, errUnfinished)
}

// lies reports whether the run that was announced lies among the others.
func (j *journal) lies() bool { return j.entry.Manifest != "" && lies(j.runs, j.entry) }

// lies reports whether the run that an entry announces lies among the others, with
// the manifest that it announces.
func lies(runs string, announced ledger.Entry) bool {
	if announced.Run == "" {
		return false
	}
	digest, err := ledger.ManifestDigest(filepath.Join(runs, announced.Run))
	return err == nil && digest == announced.Manifest
}

// end notes how the attempt ended, once.
func (j *journal) end(event ledger.Event, exit Exit, message string) error {
	if j.ended {
		return nil
	}
	j.ended = true
	e := j.entry
	e.Event, e.Exit, e.Message, e.Duration = event, int(exit), shortened(message), j.req.Clock().Sub(j.began)
	if exit == ExitBusy || exit == ExitInterrupted || e.Again {
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
		o.Ledger = strings.Join(j.remarks, "; ")
		return j.end(ledger.Event(o.Deed), o.Exit(), "")
	}
	event := ledger.Failed
	j.entry.Again = Transient(err) && !j.lies()
	if !j.lies() {
		j.entry.Run, j.entry.Replaces, j.entry.Manifest = "", "", "" // none was published
	}
	switch ExitOf(err) {
	case ExitInterrupted:
		event = ledger.Interrupted
	case ExitBusy, ExitUsage, ExitControls:
		event = ledger.Refused
	}
	return errors.Join(err, j.end(event, ExitOf(err), err.Error()))
}

// tidy finishes or clears what a crash left: it needs the lock, so nobody else is
// at work. A run that was given its name but not noted is noted; an attempt whose
// process is gone is noted as abandoned; latest points where it should.
func (j *journal) tidy() error {
	if j.log == nil {
		return nil
	}
	entries, err := j.log.Entries()
	if err := j.unlessDamaged(err); err != nil || j.log == nil {
		return err
	}
	for _, left := range leftOver(j.runs, entries) {
		if err := j.append(left); err != nil {
			return err
		}
		entries = append(entries, left)
	}
	j.known = entries
	s, err := j.standing()
	if err != nil {
		return err
	}
	if err := s.pointAt(j.req.Disk, s.latestBy(entries)); err != nil {
		return err
	}
	if _, decided := ledger.Decided(entries, j.req.Slot); decided {
		j.ended = true
		return ledger.ErrDecided
	}
	return nil
}

// standing is what is published of the offer. It is a *[tender.ControlError] if
// the final run that is in force by the ledger is not there as it was published,
// unless the request replaces it: no other run may become final in its stead just
// because a folder was moved away.
func (j *journal) standing() (*standing, error) {
	s, err := standingIn(j.runs)
	if err != nil {
		return nil, err
	}
	lost := s.lostFinal(j.known)
	switch {
	case lost == "":
		return s, nil
	case lost == j.req.Supersede:
		s.final = &ledger.Manifest{Run: lost, Phase: string(tender.Final)}
		return s, nil
	}
	return nil, &tender.ControlError{Rule: "R16", Message: fmt.Sprintf(
		"the final run %s, which is in force, is not in %s as it was published; restore its folder from the back-up, or, if it is lost, replace it with --supersede %s", lost, j.runs, lost)}
}

// leftOver are the entries that are missing after a crash or a fault: the ends of
// attempts whose process is gone, and the runs that got the name that was announced
// without anything said afterwards. A folder that nobody announced is left for
// [ledger.Verify] to find.
func leftOver(runs string, entries []ledger.Entry) []ledger.Entry {
	var left []ledger.Entry
	known := map[string]bool{}
	for _, e := range entries {
		if e.Event == ledger.Published || e.Event == ledger.Recovered {
			known[e.Run] = true
		}
	}
	for _, open := range ledger.Open(entries) {
		if e := gone(open); known[open.Run] || !lies(runs, open) {
			left = append(left, e)
			continue
		}
		known[open.Run] = true
		open.Event, open.Exit, open.Message = ledger.Published, int(exitWith(open.Counts)), "it ended before it had said so"
		left = append(left, open)
	}
	for _, e := range entries {
		if e.Event == ledger.Started && !known[e.Run] && lies(runs, e) {
			known[e.Run] = true
			e.Event, e.Attempt, e.Slot, e.Message = ledger.Recovered, "", "", "published by the attempt "+e.Attempt+", which failed afterwards"
			left = append(left, e)
		}
	}
	return left
}

// gone notes that the process of an attempt is gone. Its slot is still to be
// dealt with.
func gone(open ledger.Entry) ledger.Entry {
	open.Event, open.Exit, open.Slot, open.Message = ledger.Abandoned, int(ExitFailed), "", "the process was gone before it had done"
	open.Run, open.Replaces, open.Manifest = "", "", ""
	return open
}

// latestBy is the run that was published last by the ledger; nil if latest is to stay
// as it is. What it points at now may be newer than all that a ledger knows which was
// lost or put back from a back-up.
func (s *standing) latestBy(entries []ledger.Entry) *ledger.Manifest {
	last, known := "", map[string]bool{}
	for _, e := range entries {
		rebuilt := e.Event == ledger.Recovered && e.Trigger == "" // in the order of as-of instants
		switch {
		case rebuilt && s.latest != nil:
			last, known[e.Run] = s.latest.Run, true
		case rebuilt, e.Event == ledger.Published, e.Event == ledger.Restored, e.Event == ledger.Recovered:
			last, known[e.Run] = e.Run, true
		}
	}
	if s.latest != nil && !known[s.latest.Run] {
		return nil
	}
	for _, m := range s.all {
		if m.Run == last {
			return m
		}
	}
	return nil
}

// RecordMissed notes in the ledger of the offer in a folder that a slot passed
// without a run, and why.
func RecordMissed(req Request, why string) error {
	runs := filepath.Join(req.Folder, runsName)
	if err := req.Disk.MakeFolders(runs); err != nil {
		return notWritten(err)
	}
	j, err := openJournal(req, runs)
	if err != nil {
		return err
	}
	j.lines.Warn("slot missed", "slot", req.Slot, "why", why)
	e := j.entry
	e.Event, e.Message = ledger.Missed, why
	return j.append(e)
}
