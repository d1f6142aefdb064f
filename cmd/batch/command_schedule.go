package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"tenderbatch/internal/display"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/printout"
	"tenderbatch/internal/schedule"
	"tenderbatch/internal/serve"
)

func newScheduleCommand(w world) *cobra.Command {
	var count int
	var asJSON bool
	c := &cobra.Command{
		Use:   "schedule FOLDER",
		Short: "Show when each offer of a folder is run next",
		Long: `schedule lists the next runs of every offer in FOLDER, or of the one offer that
FOLDER is, in the offer's zone and in this machine's: the regular ones and those
after the offer's own dates. It says where a change of the clock moves a run, and which
offers are parked because the service died in their runs.

Offers whose terms are wrong are listed last, with exit code 2.`,
		Example: `  batch schedule /srv/offers
  batch schedule fixtures/level3-2004 --count 20`,
		Args: exactly("FOLDER"),
		RunE: func(c *cobra.Command, args []string) error {
			if count < 1 || count > 1000 {
				return usage(c, fmt.Errorf("--count %d is not from 1 to 1000", count))
			}
			agendas, err := w.agendas(args[0], count)
			if agendas == nil {
				return err
			}
			if asJSON {
				return errors.Join(encode(w.stdout, agendas), err)
			}
			return errors.Join(printAgendas(w.stdout, agendas), err)
		},
	}
	c.Flags().IntVar(&count, "count", 5, "show so many runs of each offer")
	c.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return c
}

// agenda is when one offer is run next.
type agenda struct {
	Offer    string    `json:"offer"`
	Folder   string    `json:"folder"`
	Zone     string    `json:"timezone"`
	Schedule string    `json:"schedule"` // "" for none
	CatchUp  string    `json:"catch_up"`
	RunAfter string    `json:"run_after"`
	From     time.Time `json:"from"`  // the start of the day of the launch
	Until    time.Time `json:"until"` // the end of the day on which the last tenders are paid
	Next     []due     `json:"next"`
	Parked   *parked   `json:"parked,omitempty"` // nil: it is not
	Paused   string    `json:"paused,omitempty"` // by a person, and why; "" if it is not
	pausedBy string
}

// parked is an offer that the service tries now and then only, as it died in its runs.
type parked struct {
	Deaths  int       `json:"deaths"`
	NextTry time.Time `json:"next_try"` // if neither files nor terms change before
}

// due is one run that is to come.
type due struct {
	At    time.Time `json:"at"`    // in the offer's zone
	Local time.Time `json:"local"` // in this machine's
	Kind  string    `json:"kind"`  // regular, or the date as offer.yaml names it
	What  string    `json:"what"`
	Clock string    `json:"clock"` // what a change of the clock does to it, "" for nothing
}

// agendas looks up when each offer of a folder is run. The error holds those of
// offers whose terms are wrong; the others are there all the same.
func (w world) agendas(folder string, count int) (all []agenda, err error) {
	folders, err := offersIn(folder)
	if err != nil {
		return nil, err
	}
	all = []agenda{}
	var wrong []error
	for _, f := range folders {
		terms, err := offerfolder.Terms(f)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		a := agendaOf(terms.Plan(), w.now(), count)
		a.Offer, a.Folder = terms.AsOf(w.now()).ID, f
		_, deaths, err := pipeline.SlotHistory(f)
		if err != nil {
			wrong = append(wrong, err)
		}
		if deaths.Parked() {
			a.Parked = &parked{deaths.Count, deaths.NextTry().In(terms.Zone())}
		}
		pause, err := pipeline.PauseOf(f)
		if err != nil {
			wrong = append(wrong, err)
		}
		if pause != nil {
			a.Paused, a.pausedBy = pause.Message, pause.Actor.String()
		}
		all = append(all, a)
	}
	return all, errors.Join(wrong...)
}

// offersIn lists the folders of the offers in a folder; it is an error if there
// are none.
func offersIn(folder string) ([]string, error) {
	folders, err := serve.Offers(folder)
	if errors.Is(err, fs.ErrNotExist) || (err == nil && len(folders) == 0) {
		return nil, &offerfolder.UsageError{Message: fmt.Sprintf("%s: there are no offers in it; name an offer's folder, "+
			"or one that holds such folders", folder)}
	}
	return folders, err
}

func agendaOf(plan schedule.Plan, now time.Time, count int) agenda {
	v := plan.At(now)
	a := agenda{Zone: plan.Zone.String(), CatchUp: string(v.CatchUp), RunAfter: "none", From: v.Launch, Until: v.End,
		Next: []due{}}
	if v.Schedule != nil {
		a.Schedule = v.Schedule.String()
	}
	if v.RunAfter > 0 {
		a.RunAfter = printout.Minutes(v.RunAfter)
	}
	for _, s := range plan.Next(now, count) {
		d := due{At: s.At, Local: s.At.In(now.Location()), Kind: "regular", What: "regular", Clock: printout.ClockWords(s)}
		if s.Kind != schedule.Regular {
			d.Kind, d.What = string(s.Kind), printout.WhatSlot(s, a.Schedule)
		}
		a.Next = append(a.Next, d)
	}
	return a
}

func printAgendas(out io.Writer, all []agenda) error {
	p := printout.New(out)
	for i, a := range all {
		if i > 0 {
			p.Linef("")
		}
		printAgenda(p, a)
	}
	return p.Err()
}

func printAgenda(p *printout.Printer, a agenda) {
	regular := "no regular runs"
	if a.Schedule != "" {
		regular = fmt.Sprintf("schedule %q, catch_up %s", a.Schedule, a.CatchUp)
	}
	p.Linef("%s (%s), from %s to the end of %s", a.Offer, filepath.Base(a.Folder), a.From.Format(time.DateOnly),
		a.Until.Add(-time.Second).Format(time.DateOnly))
	p.Linef("  %s, run_after %s, in %s; and when files arrive", regular, a.RunAfter, a.Zone)
	if a.Parked != nil {
		p.Linef("  PARKED: the service died in its last %d runs; tried again at %s, or when its files or terms change, or "+
			"by hand with \"batch run\"",
			a.Parked.Deaths, printout.DayAndTime(a.Parked.NextTry.Truncate(time.Minute)))
	}
	if a.Paused != "" {
		p.Linef("  paused by %s: %s", a.pausedBy, display.Line(a.Paused))
	}
	if len(a.Next) == 0 {
		p.Linef("  nothing is due any more")
	}
	for _, d := range a.Next {
		line := fmt.Sprintf("  %-25s %-25s %s", printout.DayAndTime(d.At), printout.DayAndTime(d.Local), d.What)
		if d.Clock != "" {
			line += " (" + d.Clock + ")"
		}
		p.Linef("%s", line)
	}
}
