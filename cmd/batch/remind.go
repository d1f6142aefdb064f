package main

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
	"tenderbatch/internal/notify"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/tender"
)

// remindedName is the file in the folder of the offers that says of which offers people
// were reminded when, so that a service that is started again does not do it twice a day.
const remindedName = ".serve.reminded"

// mostReminded bounds what is read of it.
const mostReminded = 1 << 20

// reminders are the days of the latest reminders, by the name of the offer's folder. The
// zero value knows of none, and keeps them nowhere.
type reminders struct {
	mu     sync.Mutex
	file   string
	days   map[string]string // on which a reminder was sent
	looked map[string]string // on which it was decided whether to send one
}

// read reads the file, if there is one. What cannot be read costs one reminder too many.
func (r *reminders) read(file string, log *slog.Logger) {
	r.file = file
	content, err := disk.In(filepath.Dir(file)).ReadFile(file, mostReminded)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		err = json.Unmarshal(content, &r.days)
	}
	if err != nil {
		log.Warn("it is not known who was reminded today", "error", err)
	}
}

// first reports whether it is to be decided about an offer for the first time on a day.
func (r *reminders) first(offer, day string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.looked[offer] == day || r.days[offer] == day {
		return false
	}
	if r.looked == nil {
		r.looked = map[string]string{}
	}
	r.looked[offer] = day
	return true
}

// sent notes a reminder.
func (r *reminders) sent(d disk.Disk, offer, day string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.days == nil {
		r.days = map[string]string{}
	}
	r.days[offer] = day
	if r.file == "" {
		return nil
	}
	folder, next := d.In(filepath.Dir(r.file)), r.file+".next"
	if err := folder.Remove(next); err != nil {
		return err
	}
	if err := folder.Write(next, func(w io.Writer) error { return json.NewEncoder(w).Encode(r.days) }); err != nil {
		return err
	}
	return folder.Rename(next, r.file)
}

// remind tells, once a day at the time that batch.yaml names, of the findings of an offer
// that are open although nothing has happened on that day. Notices of a run that was
// published on the day have told of them already.
func (s *service) remind(folder string) {
	zone := s.zone(folder)
	if zone == nil {
		return // the terms were never read
	}
	now := s.world.now().In(zone)
	name, day := filepath.Base(folder), tender.DateOf(now).String()
	if !s.settings.Serve.Remind.Passed(now) || !s.reminders.first(name, day) {
		return
	}
	u, err := pipeline.UnsettledOf(folder)
	if err != nil {
		s.log.Warn("it is not known whether findings are open", "offer", s.id(folder), "error", err)
		return
	}
	if u == nil || tender.DateOf(u.Told.In(zone)).String() == day {
		return
	}
	if err := s.reminders.sent(s.world.disk, name, day); err != nil {
		s.log.Warn("a reminder could not be noted; it may come twice today", "offer", s.id(folder), "error", err)
	}
	s.tell(reminderOf(s.id(folder), u, now))
}

// reminderOf is the notice of what a run leaves to act on.
func reminderOf(offer string, u *pipeline.Unsettled, now time.Time) notify.Event {
	e := notify.Event{
		Kind: notify.Reminder, At: now, Zone: now.Location(), Offer: offer, Issuer: u.Issuer, Run: u.Run, Attempt: pipeline.NewAttempt(now), Exit: int(pipeline.ExitRejects),
		Rows: u.Counts.Rows, Counted: u.Counts.Counted, Rejected: u.Counts.Rejected, Open: u.Counts.Open,
	}
	for i := range u.Groups {
		e.Findings = append(e.Findings, u.Groups[i].Sentence())
	}
	return e
}
