package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/printout"
	"tenderbatch/internal/release"
	"tenderbatch/internal/tender"
)

func newQueueCommand(w world) *cobra.Command {
	var asJSON bool
	var at sharedPlace
	c := &cobra.Command{
		Use:   "queue [FOLDER]",
		Short: "Show which runs wait for whom, or which jobs a database has",
		Long: `queue lists, of every offer in FOLDER, or of the one offer that FOLDER is, the newest run if
it waits for a step: to be submitted, approved or released. It says who approved it, who may not
as they had a hand in it, and which command comes next. Offers whose terms or history cannot be
read are listed last, with the exit code of what is wrong.

Without FOLDER it lists the runs that the machines on a database are to make or are making, and those that
are parked as they went on failing.`,
		Example: `  batch queue /srv/offers
  batch queue level3-2004 --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return w.listJobs(c, &at, asJSON)
			}
			all, err := w.queued(args[0])
			if all == nil {
				return err
			}
			if asJSON {
				return errors.Join(encode(w.stdout, all), err)
			}
			return errors.Join(printQueue(w.stdout, all), err)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	at.add(c)
	return c
}

// queued is a run that waits for a step.
type queued struct {
	Offer     string              `json:"offer"`
	Issuer    string              `json:"issuer"`
	Folder    string              `json:"folder"`
	Run       string              `json:"run"`
	Phase     string              `json:"phase"`
	AsOf      time.Time           `json:"as_of"`
	State     release.State       `json:"state"`
	Since     time.Time           `json:"since"`
	By        ledger.Actor        `json:"by"`      // who brought it there
	Comment   string              `json:"comment"` // of a return or a withdrawal, "" for none
	Held      string              `json:"held"`    // why it cannot come into force, "" if it can
	WaitsFor  string              `json:"waits_for"`
	Missing   int                 `json:"missing_approvals"`
	Release   *tender.ReleaseRule `json:"release"`
	Approvals []approved          `json:"approvals"`
	Makers    []ledger.Maker      `json:"makers"`
	Totals    []ledger.Total      `json:"totals"`
	Next      string              `json:"next"` // the command that comes next
}

// approved is an approval of a run in the queue.
type approved struct {
	By ledger.Actor `json:"by"`
	At time.Time    `json:"at"`
}

// queued are the runs of the offers in a folder that wait for a step. The error holds those of
// offers that cannot be read; the others are there all the same.
func (w world) queued(folder string) (all []queued, err error) {
	folders, err := offersIn(folder)
	if err != nil {
		return nil, err
	}
	all = []queued{}
	var wrong []error
	for _, f := range folders {
		waiting, err := release.WaitingIn(f, w.now())
		switch {
		case err != nil:
			wrong = append(wrong, err)
		case waiting != nil:
			all = append(all, queuedOf(waiting, f))
		}
	}
	return all, errors.Join(wrong...)
}

func queuedOf(w *release.Waiting, folder string) queued {
	q := queued{Offer: w.Offer, Issuer: w.Issuer, Folder: folder, Run: w.Run, Phase: w.Phase, AsOf: w.AsOf, State: w.State,
		Since: w.Since().In(w.Zone), By: w.Published.Actor, Comment: w.Last.Message, Held: w.Held, WaitsFor: w.WaitsFor(),
		Missing: w.Missing(), Release: w.Rule, Approvals: []approved{}, Makers: append([]ledger.Maker{}, w.Makers...),
		Totals: append([]ledger.Total{}, w.Totals...),
		Next:   nextStep(w, filepath.Join(folder, offerfolder.RunsName, w.Run))}
	if w.Last.Seq > 0 {
		q.By = w.Last.Actor
	}
	for _, a := range w.Approvals {
		q.Approvals = append(q.Approvals, approved{a.Actor, a.At.In(w.Zone)})
	}
	return q
}

// nextStep is the command that takes a run on.
func nextStep(w *release.Waiting, path string) string {
	switch {
	case w.Held != "":
		return "batch runs show " + path
	case w.State == release.Submitted:
		return "batch approve " + path
	case w.State == release.Approved:
		return "batch release " + path
	}
	return "batch submit " + path
}

// printQueue lists what waits for whom.
func printQueue(out io.Writer, all []queued) error {
	p := printout.New(out)
	for i, q := range all {
		if i > 0 {
			p.Linef("")
		}
		p.Linef("%s (%s): %s, %s", q.Offer, q.Issuer, q.Run, q.Phase)
		queueFact(p, "state", printout.StateSince(q.State, q.Since, q.By))
		queueFact(p, "comment", q.Comment)
		queueFact(p, "waits for", q.WaitsFor)
		queueFact(p, "not by", notBy(q))
		for _, a := range q.Approvals {
			queueFact(p, "approved", fmt.Sprintf("%s, by %s", printout.ToTheSecond(a.At), a.By))
		}
		queueFact(p, "to wire", printout.ToWire(q.Totals))
		queueFact(p, "next", q.Next)
	}
	if len(all) == 0 {
		p.Linef("nothing waits: no newest run needs a release that it does not have")
	}
	return p.Err()
}

func queueFact(p *printout.Printer, name, value string) {
	if value != "" {
		p.Linef("  %-10s %s", name, value)
	}
}

// notBy names who may not approve a run, "" where no approval is missing.
func notBy(q queued) string {
	if q.Missing == 0 {
		return ""
	}
	return release.MakersInWords(q.Makers)
}
