package monitor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"tenderbatch/internal/compare"
	"tenderbatch/internal/disk"
	"tenderbatch/internal/display"
	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/kept"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/metrics"
	"tenderbatch/internal/notify"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/release"
	"tenderbatch/internal/schedule"
	"tenderbatch/internal/settings"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/tracing"
)

// Monitor makes runs and reports their outcomes, by the settings of an installation: with
// notices, and with metrics. None of that ever delays or fails a run.
type Monitor struct {
	now      func() time.Time
	secrets  *display.Secrets // hidden in what is reported
	Settings settings.Settings
	notifier *notify.Notifier
	Board    *metrics.Board // nil where each run is a process of its own
	Log      *slog.Logger
	OfferID  func(folder string) string // as readers know the offer
	Reminds  bool                       // there are daily reminders of open findings
	Notices  sync.WaitGroup             // being sent

	mu     sync.Mutex
	failed map[string]map[failure]time.Time // by offer, what was reported since anything else happened, and when
}

// Program is what a monitor needs of the program that it is part of.
type Program struct {
	Now     func() time.Time
	Getenv  func(string) string // for the secrets that the settings name
	Secrets *display.Secrets    // hidden in what is reported
	Version string              // of the program
	By      string              // who runs it and from where, for the ledger
	Actor   ledger.Actor
	Disk    disk.Disk                 // makes the changes of files
	Owner   func(folder string) Owner // who had a hand in the files of an offer; nil: to whom they belong
}

// Owner says to whom a file belongs.
type Owner = func(fs.FileInfo) string

// New is the monitor for settings. What is wrong with them is logged.
func New(in Program, s settings.Settings, board *metrics.Board, log *slog.Logger) *Monitor {
	notifier, err := notify.New(s, in.Getenv, in.Version)
	if err != nil {
		log.Warn("some notices cannot be sent", "error", err)
	}
	in.Secrets.AddAll(notifier.Secrets())
	return &Monitor{now: in.Now, secrets: in.Secrets, Settings: s, notifier: notifier, Board: board, Log: log,
		OfferID: offerID, failed: map[string]map[failure]time.Time{}}
}

// Run makes a run and reports its start and its end.
func (m *Monitor) Run(ctx context.Context, req pipeline.Request) (*pipeline.Outcome, error) {
	began := m.now()
	req.Attempt, req.Log = pipeline.NewAttempt(began), m.Log
	e := notify.Event{Kind: notify.Start, At: began, Attempt: req.Attempt, Offer: m.OfferID(req.Folder),
		Trigger: string(req.Trigger), Slot: req.Slot}
	m.notifier.Start(ctx, e)
	ctx, span := tracing.Begin(ctx, e.Offer, req.Attempt, e.Trigger, e.Slot, began)
	timed := req.Timed
	req.Timed = func(stage pipeline.Stage, took time.Duration) {
		span.Stage(string(stage), m.now(), took)
		if timed != nil {
			timed(stage, took)
		}
	}
	m.showMetrics(e.Offer, req.Folder, true)
	o, err := pipeline.Run(ctx, req)
	span.End(runName(o), err, m.now())
	m.showMetrics(e.Offer, req.Folder, false)
	if errors.Is(err, ledger.ErrDecided) {
		return o, err // another process did it, and reported it
	}
	e.At = m.now()
	e.Duration = e.At.Sub(began)
	e = Ended(e, o, err)
	e.Reminded = m.Reminds && err == nil && o.Action == pipeline.Unchanged
	e.Message = WithoutFolder(e.Message, req.Folder)
	if err != nil {
		e.Zone = offerfolder.ZoneOf(req.Folder)
	} else if m.Settings.Mail.Server != "" {
		m.Attach(&e, o)
	}
	kept.Then(ctx, func() { m.report(e) })
	return o, err
}

// runName is the name of what a run published, "" if it did not.
func runName(o *pipeline.Outcome) string {
	if o == nil || o.Folder == "" {
		return ""
	}
	return filepath.Base(o.Folder)
}

// Ended is the event of an attempt's end.
func Ended(e notify.Event, o *pipeline.Outcome, err error) notify.Event {
	if err != nil {
		e.Kind, e.Exit, e.Message = notify.Failure, int(pipeline.ExitOf(err)), err.Error()
		if final := new(offerfolder.UsageError); errors.As(err, &final) && final.Final != "" {
			e.Title = "not published: it differs from the final run in force"
			e.Advice = "nothing has changed; before money is wired, decide which result counts: replace the final run as " +
				"the message says, or remove the new file or undo the change of the terms"
		}
		if damaged := new(ledger.DamagedError); errors.As(err, &damaged) {
			e.Title = "not run: the history of the runs is lost or damaged"
			e.Advice = "no run is made until it is restored or rebuilt, as nothing else says what was published; do as the " +
				"message says"
		}
		if altered := new(ledger.AlteredError); errors.As(err, &altered) {
			e.Title = "not published: an earlier run was changed after it was published"
		}
		return e
	}
	e.Kind, e.Exit, e.Message = notify.Success, int(o.Exit()), string(o.Action)
	if o.Exit() == exitcode.OpenFindings {
		e.Kind = notify.Rejects
	}
	for _, remark := range remarksOf(o) {
		e.Message += "\nwarning: " + remark
	}
	if o.Awaits && o.Run.Held == "" && (o.Action == pipeline.Published || o.Action == pipeline.Restored) {
		e.Awaits = true
		e.Advice = "the run waits for its release by two people; nothing is to be paid on it yet. Look at it, then submit it " +
			"for approval"
	}
	c := o.Run.Counts()
	e.Issuer, e.Run, e.Folder = o.Run.Offer.Issuer, filepath.Base(o.Folder), o.Folder
	if path, err := filepath.Abs(o.Folder); err == nil {
		e.Folder = path // its reader does not know where the program was started
	}
	e.Zone, e.Changes, e.Reports = o.Run.Offer.Zone, compare.ChangeLines(o.Run), o.Run.Newest()
	for _, g := range o.Run.Groups() {
		if g.Open {
			e.Findings = append(e.Findings, g.Sentence())
		}
	}
	e.Rows, e.Counted, e.Rejected, e.Open = c.Rows, c.Counted, c.Rejected, c.Open
	for _, total := range o.Totals() {
		e.Totals = append(e.Totals, notify.Total(total))
	}
	return e
}

// Attach has mail bring the workbook along, if the run made one and it is not too large.
func (m *Monitor) Attach(e *notify.Event, o *pipeline.Outcome) {
	most := m.Settings.Mail.AttachUpTo
	if o.Action == pipeline.Unchanged || most == 0 {
		return
	}
	if o.Awaits {
		e.Unattached = "not attached, as the run awaits approval; nothing is to be paid on it yet"
		return
	}
	content, size, err := o.Workbook(most)
	m.attach(e, content, size, err)
}

// attach has mail bring a workbook along, or say why it does not: it is too large, or could not be
// read.
func (m *Monitor) attach(e *notify.Event, content []byte, size int64, err error) {
	most := m.Settings.Mail.AttachUpTo
	switch {
	case err != nil:
		m.Log.Warn("the workbook is not attached", "offer", e.Offer, "error", err)
		e.Unattached = "not attached, as it could not be read"
	case content == nil:
		e.Unattached = fmt.Sprintf("not attached: it has %d MiB, more than the %d MiB of mail.attach_up_to in "+
			"batch.yaml; it is result.xlsx in the run's folder", (size+1<<20-1)>>20, most>>20)
	default:
		e.Attachment = &notify.Attachment{Name: fileName(e.Offer + "-" + e.Run + ".xlsx"), Content: content}
	}
}

// fileName is a name that every system takes for a file.
func fileName(name string) string {
	return strings.Map(func(r rune) rune {
		if r < 128 && ((r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z') || (r >= '0' && r <= '9') || r == '.' ||
			r == '-' || r == '_') {
			return r
		}
		return '_'
	}, name)
}

// WithoutFolder names what is in the offer's folder as seen from there: the reader of a
// notice knows the offer, and not the machine.
func WithoutFolder(message, folder string) string {
	path, err := filepath.Abs(folder)
	if err != nil {
		return message
	}
	return strings.ReplaceAll(message, path+string(filepath.Separator), "")
}

// remarksOf is what the person who made the run should know in addition to its result: a report
// under a wrong name is not in the figures, however well the run went.
func remarksOf(o *pipeline.Outcome) []string {
	said := tender.Messages(o.Remarks)
	for _, f := range o.Choice.Ignored {
		switch name := display.Line(f.Name); {
		case f.Unclaimed():
			why := fmt.Sprintf("%s was left out: it %s", name, f.Reason)
			if advice := f.Advice(); advice != "" {
				why += "; " + advice
			}
			said = append(said, why)
		case f.Folder():
			said = append(said, fmt.Sprintf("%s was left out: it %s", name, f.Reason))
		}
	}
	return said
}

// reminder is when a failure that goes on is reported again. Of one offer, so many different
// ones are remembered.
const (
	reminder     = 24 * time.Hour
	mostFailures = 50
)

// failure is one that was reported.
type failure struct {
	exit    int
	message string
}

// again reports whether a failure was reported already, in the day before, and nothing
// else has happened to the offer since: one damaged file would otherwise be reported by
// each run of the schedule, and an offer that stays busy each minute.
func (m *Monitor) again(e notify.Event) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e.Kind != notify.Failure {
		delete(m.failed, e.Offer)
		return false
	}
	this := failure{e.Exit, e.Message}
	at, known := m.failed[e.Offer][this]
	if age := e.At.Sub(at); known && age >= 0 && age < reminder {
		return true
	}
	if m.failed[e.Offer] == nil || len(m.failed[e.Offer]) >= mostFailures {
		m.failed[e.Offer] = map[failure]time.Time{}
	}
	m.failed[e.Offer][this] = e.At
	return false
}

// report sends a notice, beside whatever goes on; what could not be sent is a
// warning.
func (m *Monitor) report(e notify.Event) {
	e.Again = m.again(e)
	m.send(e)
}

// send sends a notice, beside whatever goes on.
func (m *Monitor) send(e notify.Event) {
	e.Message = m.secrets.Hide(e.Message)
	m.Notices.Go(func() {
		if err := m.notifier.End(context.Background(), e); err != nil {
			m.Log.Warn("a notice could not be sent", "offer", e.Offer, "run_id", e.Attempt, "error", err)
		}
	})
}

// offerID is the id of the offer in a folder. If the terms cannot be read, it is that
// of its last run, since readers know the offer by it; without one, the
// folder's name.
func offerID(folder string) string {
	if id := idByTerms(folder); id != "" {
		return id
	}
	if h, err := pipeline.HistoryOf(folder); err == nil && len(h.Runs) > 0 {
		return h.Runs[len(h.Runs)-1].Offer
	}
	return filepath.Base(filepath.Clean(folder))
}

// idByTerms is the id of the offer in a folder, "" if its terms cannot be read.
func idByTerms(folder string) string {
	terms, err := offerfolder.Terms(folder)
	if err != nil {
		return ""
	}
	return terms.AsOf(time.Time{}).ID
}

// showMetrics brings the metrics of an offer up to date with its ledger.
func (m *Monitor) showMetrics(id, folder string, running bool) {
	if m.Board == nil && (running || m.Settings.Metrics.TextfileDir == "") {
		return
	}
	state, err := stateOf(folder, m.now())
	if err != nil {
		m.Log.Warn("the metrics of an offer are not up to date", "offer", id, "error", err)
		return
	}
	state.ID, state.Running = id, running
	if m.Board != nil {
		m.Board.Update(id, func(o *metrics.Offer) {
			state.NextSlot, state.Broken, state.Waiting, state.Parked = o.NextSlot, o.Broken, o.Waiting, o.Parked
			*o = state
		})
	}
	if dir := m.Settings.Metrics.TextfileDir; dir != "" && !running {
		if _, err := metrics.WriteTextfile(dir, state); err != nil {
			m.Log.Warn("the metrics could not be written", "offer", id, "error", err)
		}
	}
}

// stateOf is what the ledger of an offer says for the metrics.
func stateOf(folder string, now time.Time) (metrics.Offer, error) {
	h, err := pipeline.HistoryOf(folder)
	if altered := new(ledger.AlteredError); errors.As(err, &altered) {
		return metrics.Offer{Runs: map[string]int{}, LedgerBad: true}, nil // of another offer
	}
	if err != nil {
		return metrics.Offer{}, err
	}
	state := metrics.Offer{Runs: map[string]int{}, LedgerBad: h.Damage != "" || len(h.Faults) > 0,
		Paused: ledger.PauseIn(h.Entries) != nil}
	if terms, err := offerfolder.Terms(folder); err == nil { // of broken terms another series says so
		if w := release.WaitingOf(h, terms, now); w != nil {
			state.Awaits, state.AwaitsSince = true, w.Since()
		}
	}
	for _, e := range h.Entries {
		switch {
		case e.Event == ledger.Missed:
			state.Missed++
			continue
		case !e.Event.Ends(), e.Event == ledger.Recovered:
			continue
		}
		state.Runs[string(e.Event)]++
		state.LastRun, state.Duration = e.At, e.Duration
		if e.Exit == int(exitcode.Done) || e.Exit == int(exitcode.OpenFindings) {
			state.LastSuccess = e.At
		}
		if e.Counts.Rows > 0 {
			state.HasRows, state.Counted, state.NotCounted, state.Rejected = true, e.Counts.Counted, e.Counts.NotCounted,
				e.Counts.Rejected
		}
	}
	return state, nil
}

// reportMissed reports that slots of an offer passed without a run.
func (m *Monitor) reportMissed(folder string, missed []schedule.Miss) {
	id := m.OfferID(folder)
	m.showMetrics(id, folder, false)
	now, last := m.now(), missed[len(missed)-1]
	zone := offerfolder.ZoneOf(folder)
	e := notify.Event{Kind: notify.Missed, At: now, Zone: zone, Offer: id, Attempt: pipeline.NewAttempt(now),
		Slot: last.Slot.String(), Message: last.Why}
	if n := len(missed); n > 1 {
		e.Message = fmt.Sprintf("%d slots passed without a run, from %s to %s; of the last: %s", n,
			tender.InWallTime(missed[0].Slot.String(), zone), tender.InWallTime(last.Slot.String(), zone), last.Why)
	}
	if !slices.ContainsFunc(missed, func(m schedule.Miss) bool { return !m.Covered }) {
		e.Advice = "nothing for the result: a later slot is run now. Check why nothing ran before"
	}
	m.report(e)
}
