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
	"tenderbatch/internal/release"
	"tenderbatch/internal/tender"
)

func newQueueCommand(w world) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "queue FOLDER",
		Short: "Show which runs wait for whom before money is wired on them",
		Long: `queue lists, of every offer in FOLDER, or of the one offer that FOLDER is, the newest run if
it waits for a step: to be submitted, approved or released. It says who approved it, who may not
as they had a hand in it, and which command comes next. Offers whose terms or history cannot be
read are listed last, with the exit code of what is wrong.`,
		Example: `  batch queue /srv/offers
  batch queue level3-2004 --json`,
		Args: exactly("FOLDER"),
		RunE: func(_ *cobra.Command, args []string) error {
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
	p := &printer{w: out}
	for i, q := range all {
		if i > 0 {
			p.linef("")
		}
		p.linef("%s (%s): %s, %s", q.Offer, q.Issuer, q.Run, q.Phase)
		p.queueFact("state", stateSince(q.State, q.Since, q.By))
		p.queueFact("comment", q.Comment)
		p.queueFact("waits for", q.WaitsFor)
		p.queueFact("not by", notBy(q))
		for _, a := range q.Approvals {
			p.queueFact("approved", fmt.Sprintf("%s, by %s", toTheSecond(a.At), a.By))
		}
		p.queueFact("to wire", toWire(q.Totals))
		p.queueFact("next", q.Next)
	}
	if len(all) == 0 {
		p.linef("nothing waits: no newest run needs a release that it does not have")
	}
	return p.err
}

func (p *printer) queueFact(name, value string) {
	if value != "" {
		p.linef("  %-10s %s", name, value)
	}
}

// notBy names who may not approve a run, "" where no approval is missing.
func notBy(q queued) string {
	if q.Missing == 0 {
		return ""
	}
	return release.MakersInWords(q.Makers)
}
