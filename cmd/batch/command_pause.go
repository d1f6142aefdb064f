package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"tenderbatch/internal/prepare"
)

// preparation is a request for a change of what the scheduler or the runs of an offer go by.
func (w world) preparation(offer string) prepare.Request {
	return prepare.Request{Folder: offer, Actor: w.actor, By: w.by, Clock: w.now, Version: w.version, Wait: stepWait,
		Disk: w.disk}
}

func newPauseCommand(w world) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use:   "pause OFFER",
		Short: "Have the scheduler make no run of an offer until it is resumed",
		Long: `pause notes in the history of the offer, with who and why, that batch serve is to make no run of
it: not by its schedule, not after its dates and not when files arrive. Runs that a person asks for
are made all the same. The service need not run.`,
		Example: `  batch pause level3-2004 --reason "DTC sends a corrected report"`,
		Args:    exactly("OFFER"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := prepare.Pause(w.preparation(args[0]), reason); err != nil {
				return err
			}
			_, err := fmt.Fprintf(w.stdout, "paused: the scheduler makes no run of it until \"batch resume %s\"\n", args[0])
			return err
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why, in a `SENTENCE` (needed); it is recorded")
	return c
}

func newResumeCommand(w world) *cobra.Command {
	return &cobra.Command{
		Use:   "resume OFFER",
		Short: "Have the scheduler run an offer again that was paused",
		Long: `resume notes in the history of the offer that batch serve is to run it again. What was due meanwhile
is dealt with as after a time in which the service did not run: by catch_up of the offer.`,
		Example: `  batch resume level3-2004`,
		Args:    exactly("OFFER"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := prepare.Resume(w.preparation(args[0])); err != nil {
				return err
			}
			_, err := fmt.Fprintln(w.stdout, "resumed: the scheduler runs it again")
			return err
		},
	}
}
