package pipeline

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/compare"
	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// journal writes what becomes of one attempt to the ledger of the offer and to the log.
type journal struct {
	log   *ledger.Log
	lines *slog.Logger
	clock func() time.Time
	began time.Time
	entry ledger.Entry // what is known of the attempt
	ended bool         // that is in the ledger
}

// openJournal begins the journal of an attempt. Where the history is lost or damaged
// no published run can be checked, and where it is that of another offer nothing is
// written into it: both are errors.
func openJournal(req Request, runs, offer string) (*journal, error) {
	j := &journal{clock: req.Clock, began: req.Clock(), lines: req.Log}
	j.entry = ledger.Entry{
		Attempt: cmp.Or(req.Attempt, NewAttempt(j.began)), Trigger: cmp.Or(req.Trigger, tender.ByHand), By: req.By,
		Slot:  req.Slot,
		Actor: req.Actor,
		Offer: filepath.Base(filepath.Clean(req.Folder)), Program: req.Version,
	}
	if j.entry.Trigger.Scheduled() && req.Actor.Name != "" {
		j.entry.Actor.Kind = ledger.Service
	}
	if j.lines == nil {
		j.lines = slog.New(slog.DiscardHandler)
	}
	j.lines = j.lines.With("run_id", j.entry.Attempt, "offer", j.entry.Offer)
	err := ledger.CheckOffer(runs, offer)
	if err == nil {
		j.log, err = ledger.OpenLog(runs)
	}
	if err != nil {
		j.lines.Error("nothing is recorded in the ledger", "error", err)
		return nil, err
	}
	return j, nil
}

// NewAttempt names an attempt to make a run that begins now: by its time and a
// random part.
func NewAttempt(began time.Time) string {
	var part [4]byte
	rand.Read(part[:]) // never fails
	return began.UTC().Format("20060102T150405Z-") + hex.EncodeToString(part[:])
}

// append writes an entry with what is known of the attempt.
func (j *journal) append(e ledger.Entry) error {
	e.At = j.clock()
	noted, err := j.log.Append(e)
	if err == nil {
		// A log that is kept elsewhere proves what the end of the ledger was.
		j.lines.Info("noted in the ledger", "event", string(e.Event), "entry", noted.Seq, "hash", noted.Hash)
	}
	return err
}

// start notes that the attempt begins. It is the holder of the lock who does.
func (j *journal) start() error {
	j.lines.Info("run begins", "trigger", string(j.entry.Trigger), "slot", j.entry.Slot)
	e := j.entry
	e.Event = ledger.Started
	return j.append(e)
}

// computed takes from a run what the ledger is to know.
func (j *journal) computed(r *result.Run) {
	j.entry = describe(j.entry, r)
	c := j.entry.Counts
	j.lines = j.lines.With("run", r.Name)
	j.lines.Info("computed", "phase", string(r.Phase), "rows", c.Rows, "counted", c.Counted,
		"not_counted", c.NotCounted, "rejected", c.Rejected)
}

// describe is the entry with what a run came to.
func describe(e ledger.Entry, r *result.Run) ledger.Entry {
	c := r.Counts()
	e.Offer, e.Phase, e.AsOf, e.Terms = r.Offer.ID, string(r.Phase), r.AsOf, r.Offer.TermsDigest
	e.Identity, e.Run, e.Program = r.Identity, r.Name, r.Version
	e.Counts = ledger.Counts{Rows: c.Rows, Counted: c.Counted, NotCounted: c.NotCounted, Rejected: c.Rejected,
		Open: c.Open}
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
	for _, currency := range r.Currencies() {
		figures, wired := r.CurrencyFigures(currency), decimal.Zero
		for _, f := range r.Settlement.Funding {
			if f.Currency == currency && f.Status == settle.Due {
				wired = wired.Add(f.Total())
			}
		}
		all = append(all, ledger.Total{
			Currency: currency, Tendered: figures.Tendered().String(), Accepted: figures.Accepted().String(),
			ToWire: wired.String(),
		})
	}
	return all
}

// announce notes which run is about to get its name.
func (j *journal) announce(r *result.Run, manifest string, makers []ledger.Maker) error {
	j.entry = describe(j.entry, r)
	j.entry.Release, j.entry.Makers = r.Offer.Release, makers
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

// failed notes with what error the attempt ended. again says that the machine did not let it
// end, so that it is to be made again.
func (j *journal) failed(err error, again bool) error {
	j.entry.Again = again
	event := ledger.Failed
	switch ExitOf(err) {
	case exitcode.Interrupted:
		event = ledger.Interrupted
	case exitcode.Busy, exitcode.Usage, exitcode.Controls:
		event = ledger.Refused
	}
	return j.end(event, ExitOf(err), err.Error())
}

// end notes how the attempt ended, once.
func (j *journal) end(event ledger.Event, exit exitcode.Code, message string) error {
	if j.ended {
		return nil
	}
	j.ended = true
	e := j.entry
	e.Event, e.Exit, e.Message, e.Duration = event, int(exit), shortened(message), j.clock().Sub(j.began)
	if exit == exitcode.Busy || exit == exitcode.Interrupted || e.Again {
		e.Slot = "" // it is still to be dealt with
	}
	level := slog.LevelInfo
	if event == ledger.Refused || event == ledger.Failed {
		level = slog.LevelError
	}
	j.lines.Log(context.Background(), level, "run ended", "event", string(event), "exit", int(exit), "duration",
		e.Duration.Round(time.Millisecond).String(), "message", e.Message)
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

// unpublished is an entry without what only a published run has.
func unpublished(e ledger.Entry) ledger.Entry {
	e.Run, e.Replaces, e.Held, e.Decisions, e.TermsChanged, e.Manifest = "", "", "", nil, nil, ""
	e.Release = nil
	return e
}

// missed notes that the slot passed without a run, and why.
func (j *journal) missed(why string) error {
	j.lines.Warn("slot missed", "slot", j.entry.Slot, "why", why)
	e := j.entry
	e.Event, e.Message = ledger.Missed, why
	return j.append(e)
}
