package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/printout"
	"tenderbatch/internal/tender"
)

func newRerunCommand(w world) *cobra.Command {
	var verify bool
	var to string
	c := &cobra.Command{
		Use:   "rerun RUN",
		Short: "Make a published run again from the copies it keeps",
		Long: `rerun makes the published run in the folder RUN again, from the copies of the terms and
the files that it keeps, whatever the inbox holds by now. Nothing is published.`,
		Example: `  batch rerun level3-2004/runs/latest --verify
  batch rerun level3-2004/runs/latest --to /tmp/again`,
		Args: exactly("RUN"),
		RunE: func(c *cobra.Command, args []string) error {
			run, err := pipeline.FindRun(args[0])
			if err == nil && to != "" {
				err = offerfolder.Elsewhere(to)
			}
			if err != nil {
				return err
			}
			var req pipeline.Request
			w.fill(&req, "")
			again, err := pipeline.Rerun(c.Context(), req, run)
			if err != nil {
				return err
			}
			if to != "" {
				if err := again.WriteTo(c.Context(), req, to); err != nil {
					return err
				}
			}
			if !verify {
				err = printout.Result(w.stdout, again.Run)
			}
			if err == nil {
				err = w.sayWhetherSame(run, again, to)
			}
			if control := new(tender.ControlError); to != "" && !errors.As(err, &control) {
				err = pipeline.Unsaid("the files that were made are in "+to, err)
			}
			return err
		},
	}
	c.Flags().BoolVar(&verify, "verify", false, "only say whether every byte is the same; if not, the exit code is 6")
	c.Flags().StringVar(&to, "to", "", "write the files that were made into this new `FOLDER`, too")
	return c
}

func (w world) sayWhetherSame(run *pipeline.RunFolder, again *pipeline.Reproduction, to string) error {
	if len(again.Differs) > 0 {
		return &tender.ControlError{Rule: "R16", Message: run.Path + " was made by version " + run.Manifest.Program +
			", and this one, " + w.version +
			", makes other bytes of " + strings.Join(again.Differs, ", ") +
			"; compare them (--to FOLDER): if figures differ, keep both and report it"}
	}
	p := printout.New(w.stdout)
	p.Linef("made again, with the same bytes as %s", run.Path)
	if to != "" {
		p.Linef("written to %s", to)
	}
	return p.Err()
}
