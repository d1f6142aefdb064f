package monitor

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/display"
	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/notify"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/release"
	"tenderbatch/internal/tender"
)

// RemindedName is the file in the folder of the offers that says of which offers people
// were reminded when, so that a service that is started again does not do it twice a day.
const RemindedName = ".serve.reminded"

// mostReminded bounds what is read of it.
const mostReminded = 1 << 20

// Reminders are the days of the latest reminders, by the name of the offer's folder. The
// zero value knows of none, and keeps them nowhere.
type Reminders struct {
	mu     sync.Mutex
	File   string
	Days   map[string]string // on which a reminder was sent
	looked map[string]string // on which it was decided whether to send one
}

// Read reads the file, if there is one. What cannot be read costs one reminder too many.
func (r *Reminders) Read(file string, log *slog.Logger) {
	r.File = file
	content, err := disk.In(filepath.Dir(file)).ReadFile(file, mostReminded)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		err = json.Unmarshal(content, &r.Days)
	}
	if err != nil {
		log.Warn("the record of reminders cannot be read; one may be sent twice today", "error", err)
	}
}

// First reports whether it is to be decided about an offer for the first time on a day.
func (r *Reminders) First(offer, day string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.looked[offer] == day || r.Days[offer] == day {
		return false
	}
	if r.looked == nil {
		r.looked = map[string]string{}
	}
	r.looked[offer] = day
	return true
}

// Sent notes a reminder.
func (r *Reminders) Sent(d disk.Disk, offer, day string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.Days == nil {
		r.Days = map[string]string{}
	}
	r.Days[offer] = day
	if r.File == "" {
		return nil
	}
	folder, next := d.In(filepath.Dir(r.File)), r.File+".next"
	if err := folder.Remove(next); err != nil {
		return err
	}
	if err := folder.Write(next, func(w io.Writer) error { return json.NewEncoder(w).Encode(r.Days) }); err != nil {
		return err
	}
	return folder.Rename(next, r.File)
}

// Unfinished is what waits for people at an offer. What does not is nil.
type Unfinished struct {
	Findings *OpenFindings
	Waiting  *release.Waiting // the newest run, before money is wired on it
	Paused   *ledger.Entry    // which paused the offer
}

// UnfinishedOf reads what waits for people at the offer in a folder since an earlier day than now's:
// notices of the day itself said so already.
func UnfinishedOf(folder string, now time.Time) (u Unfinished, err error) {
	before := func(at time.Time) bool { return tender.DateOf(at.In(now.Location())) != tender.DateOf(now) }
	if u.Findings, err = OpenFindingsOf(folder); err != nil {
		return u, err
	}
	if u.Findings != nil && !before(u.Findings.Reported) {
		u.Findings = nil
	}
	if u.Waiting, err = release.WaitingIn(folder, now); err != nil {
		return u, err
	}
	if u.Waiting != nil && (u.Waiting.Held != "" || !before(u.Waiting.Since())) {
		u.Waiting = nil // what holds a run are its findings
	}
	if u.Paused, err = pipeline.PauseOf(folder); err != nil {
		return u, err
	}
	if u.Paused != nil && !before(u.Paused.At) {
		u.Paused = nil
	}
	return u, nil
}

// Nothing reports whether nothing waits for people.
func (u Unfinished) Nothing() bool { return u == Unfinished{} }

// ReminderOf is the notice of what waits for people at an offer.
func ReminderOf(offer string, u Unfinished, now time.Time) notify.Event {
	e := notify.Event{Kind: notify.Reminder, At: now, Zone: now.Location(), Offer: offer, Attempt: pipeline.NewAttempt(now)}
	var titles, said, advice []string
	if f := u.Findings; f != nil {
		e.Issuer, e.Run, e.Exit = f.Issuer, f.Run, int(exitcode.OpenFindings)
		e.Rows, e.Counted, e.Rejected, e.Open = f.Counts.Rows, f.Counts.Counted, f.Counts.Rejected, f.Counts.Open
		for i := range f.Groups {
			e.Findings = append(e.Findings, f.Groups[i].Sentence())
		}
		titles = append(titles, display.Plural(e.Open, "open finding", "open findings")+", and nothing has changed")
		advice = append(advice, "clarify the open findings with the depositary, or resolve them in the offer")
	}
	if w := u.Waiting; w != nil {
		e.Issuer, e.Run = w.Issuer, w.Run
		titles = append(titles, "AWAITING "+awaited(w))
		since := tender.WallTime(w.Since().Truncate(time.Second), now.Location())
		said = append(said, fmt.Sprintf("run %s is %s since %s", w.Run, w.State, since))
		advice = append(advice, "the run waits for "+w.WaitsFor()+"; nothing is to be paid on it yet")
		for _, t := range w.Totals {
			e.Totals = append(e.Totals, notify.Total(t))
		}
	}
	if p := u.Paused; p != nil {
		titles = append(titles, "paused")
		said = append(said, fmt.Sprintf("paused since %s by %s: %s",
			tender.WallTime(p.At.Truncate(time.Second), now.Location()), p.Actor, p.Message))
		advice = append(advice, "the scheduler makes no run of the offer until it is resumed")
	}
	e.Message = strings.Join(said, "\n")
	if u.Waiting != nil || u.Paused != nil { // of findings alone a reminder says the same by itself
		e.Title, e.Advice = strings.Join(titles, "; "), strings.Join(advice, ". ")
	}
	return e
}
