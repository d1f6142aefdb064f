package monitor

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/notify"
	"tenderbatch/internal/pipeline"
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

// ReminderOf is the notice of what a run leaves to act on.
func ReminderOf(offer string, u *OpenFindings, now time.Time) notify.Event {
	e := notify.Event{
		Kind: notify.Reminder, At: now, Zone: now.Location(), Offer: offer, Issuer: u.Issuer, Run: u.Run,
		Attempt: pipeline.NewAttempt(now), Exit: int(exitcode.OpenFindings),
		Rows: u.Counts.Rows, Counted: u.Counts.Counted, Rejected: u.Counts.Rejected, Open: u.Counts.Open,
	}
	for i := range u.Groups {
		e.Findings = append(e.Findings, u.Groups[i].Sentence())
	}
	return e
}
