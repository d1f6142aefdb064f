package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"tenderbatch/internal/delivery"
	"tenderbatch/internal/intake"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/settings"
	"tenderbatch/internal/shared"
)

// sharing is a machine among several that take files in and deliver. One of them reads a channel at a time, or
// delivers by a delivery, whichever comes first when it is time.
type sharing struct {
	World
	offers *shared.Offers
	folder string // of the mirrors
	set    settings.Settings
	log    *slog.Logger
	terms  map[string]termsOf // by the name of the offer
	said   map[string]string  // by turn, the error that was logged last
}

// termsOf are the terms of an offer as they were read last.
type termsOf struct {
	digest string
	terms  *offerfile.Terms
	err    error
}

// ServeShared does what [Serve] does for the offers of a database, in turns with the other machines that do, until what
// it returns is called. The channels and deliveries are those of this machine's settings.
func ServeShared(ctx context.Context, w World, offers *shared.Offers, folder string, set settings.Settings,
	log *slog.Logger) (stop func()) {
	return serveShared(ctx, w, offers, folder, set, deliverEvery, log)
}

func serveShared(ctx context.Context, w World, offers *shared.Offers, folder string, set settings.Settings,
	every time.Duration, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	newSharing := func() *sharing {
		return &sharing{World: w, offers: offers, folder: folder, set: set, log: log, terms: map[string]termsOf{},
			said: map[string]string{}}
	}
	done.Go(func() { newSharing().fetchInTurns(ctx) })
	done.Go(func() { newSharing().deliverInTurns(ctx, every) })
	return func() { cancel(); done.Wait() }
}

// looksPerTurn is how often within a period a machine sees whether it is its turn: another may have stopped.
const looksPerTurn = 4

// fetchInTurns reads each channel when it is time, until the context is done.
func (s *sharing) fetchInTurns(ctx context.Context) {
	for len(s.set.Intake.Channels) > 0 {
		for _, c := range s.set.Intake.Channels {
			s.turn(ctx, "channel "+c.Name, s.set.Intake.Every, func(ctx context.Context, memory *[]byte) error {
				report, err := s.fetchChannel(ctx, c, memory)
				if ctx.Err() != nil {
					report.Faults = nil // the look was broken off, and says nothing about the channel
				}
				s.reportFetched(report, s.log)
				return err
			})
		}
		if !pause(ctx, s.set.Intake.Every/looksPerTurn) {
			return
		}
	}
}

// turn does something if it is this machine's turn. What is wrong is logged once as long as it goes on.
func (s *sharing) turn(ctx context.Context, name string, every time.Duration,
	do func(ctx context.Context, memory *[]byte) error) {
	_, err := s.offers.Turn(ctx, name, every, do)
	if ctx.Err() != nil {
		return
	}
	if err == nil {
		delete(s.said, name)
		return
	}
	if s.said[name] != err.Error() {
		s.log.Error("the turn of this machine ended early; trying again", "turn", name, "error", err)
	}
	s.said[name] = err.Error()
}

// fetchChannel looks at one channel once.
func (s *sharing) fetchChannel(ctx context.Context, c settings.Channel, memory *[]byte) (intake.Report, error) {
	heads, err := s.offers.List(ctx)
	if err != nil {
		return intake.Report{}, err
	}
	var folders []string
	digests := map[string]string{}
	for _, h := range heads {
		folders, digests[h.Name] = append(folders, s.offers.Folder(h.Name)), h.Terms
	}
	set := s.set
	set.Intake.Channels = []settings.Channel{c}
	return intake.Fetch(ctx, intake.Config{Folder: s.folder, Offers: folders, Settings: set,
		QuietPeriod: set.Serve.QuietPeriod, Now: s.Now, Getenv: s.Getenv, Version: s.Version, By: s.By, Disk: s.Disk,
		Notifies: s.Monitor != nil, Work: s.work, Memory: memory, Terms: func(folder string) (*offerfile.Terms, error) {
			name := filepath.Base(folder)
			return s.termsOf(ctx, name, digests[name])
		}})
}

// termsOf are the terms of an offer, which are read again only once they have changed.
func (s *sharing) termsOf(ctx context.Context, name, digest string) (*offerfile.Terms, error) {
	if is, known := s.terms[name]; known && is.digest == digest {
		return is.terms, is.err
	}
	content, digest, err := s.offers.Terms(ctx, name)
	if err != nil {
		return nil, err
	}
	is := termsOf{digest: digest}
	is.terms, is.err = offerfile.ParseTerms(offerfolder.OfferName, content)
	s.terms[name] = is
	return is.terms, is.err
}

// work does something in the folder of an offer and keeps it.
func (s *sharing) work(ctx context.Context, folder string, do func() error) error {
	return s.offers.Work(ctx, filepath.Base(folder), func(context.Context, string) error { return do() })
}

// insist is work that is tried again for a minute: a mail that was sent and not noted would need a person.
func (s *sharing) insist(ctx context.Context, folder string, do func() error) (err error) {
	for wait := time.Second; ; wait *= 2 {
		err = s.work(ctx, folder, do)
		passes := shared.Passes(err) || errors.Is(err, ledger.ErrBusy) || errors.Is(err, shared.ErrOvertaken)
		if !passes || wait > 32*time.Second || !pause(ctx, wait) {
			return err
		}
	}
}

// deliverInTurns delivers what was released, until the context is done.
func (s *sharing) deliverInTurns(ctx context.Context, every time.Duration) {
	for len(s.set.Deliveries) > 0 {
		for _, d := range s.set.Deliveries {
			s.turn(ctx, "delivery "+d.Name, every, func(ctx context.Context, memory *[]byte) error {
				return s.deliverBy(ctx, d, every, memory)
			})
		}
		if !pause(ctx, every/looksPerTurn) {
			return
		}
	}
}

// deliverBy delivers by one delivery what is due of all offers. When what could not be delivered is tried again is
// remembered, also for the machine that has the turn then.
func (s *sharing) deliverBy(ctx context.Context, d settings.Delivery, every time.Duration, memory *[]byte) error {
	released, err := s.offers.ReleasedSince(ctx, s.Now().Add(-delivery.Due))
	if err != nil {
		return err
	}
	before, tries := map[string]*patience{}, map[string]*patience{}
	_ = json.Unmarshal(*memory, &before) // what cannot be read is tried at once
	set := s.set
	set.Deliveries = []settings.Delivery{d}
	for _, name := range released {
		p := before[name]
		if p == nil {
			p = &patience{}
		}
		tries[name] = p
		if !p.isOver(s.Now()) || ctx.Err() != nil {
			continue
		}
		if err := s.offers.Refresh(ctx, name); err != nil {
			s.log.Warn("an offer could not be brought forward to deliver a run of it; trying again", "offer", name, "error", err)
			continue
		}
		c := s.delivery(s.offers.Folder(name), set)
		c.Work = s.insist
		s.deliverOffer(ctx, c, p, every, s.log)
	}
	*memory, err = json.Marshal(tries)
	return err
}
