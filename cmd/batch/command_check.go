package main

import (
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/printout"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/terminal"
)

func newCheckCommand(w world) *cobra.Command {
	var req pipeline.Request
	var explain string
	var asJSON, showPricing bool
	c := &cobra.Command{
		Use:   "check OFFER",
		Short: "Check the terms and the files, and write nothing",
		Long: `check reads the terms and the inbox of the folder OFFER as a run would, shows how
each file was understood and what is wrong with it, and writes nothing.

--explain follows one row instead: from what its cells hold to what each was read
as, to its window, to what became of it and by which rule, and, if it counts, to
what is accepted of it, its cash and its wire.

--pricing shows instead how the price of each series at a spread was computed, so that
it can be computed again: yield, horizon, each payment with its date, exponent and
discount factor, the sum, accrued interest, and the price.`,
		Args: exactly("OFFER"),
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case asJSON && explain != "":
				return usage(c, errors.New("--json goes without --explain"))
			case showPricing && (asJSON || explain != ""):
				return usage(c, errors.New("--pricing goes without --json and --explain"))
			}
			w.fill(&req, args[0])
			var done func()
			req.Progress, done = terminal.NewProgress(w.stderr, w.now)
			e, err := pipeline.Check(c.Context(), req)
			done()
			if err != nil {
				return err
			}
			if showPricing {
				return printout.Pricing(w.stdout, e)
			}
			if explain != "" {
				return printout.Explanations(c.Context(), w.stdout, e, explain)
			}
			print := printout.Check
			if asJSON {
				print = writeCheckJSON
			}
			if err := print(w.stdout, e); err != nil {
				return err
			}
			for _, in := range e.Inputs {
				if in.Rejected > 0 {
					return pipeline.ErrRejects
				}
			}
			if slices.ContainsFunc(e.Findings, func(f tender.Finding) bool { return f.Open() }) {
				return pipeline.ErrRejects
			}
			return nil
		},
	}
	c.Flags().StringVar(&req.AsOf, "as-of", "", "check as of this instant, as in batch run")
	c.Flags().StringArrayVar(&req.Files, "file", nil,
		"check this depositary file, too, beside those of the inbox (may be repeated)")
	c.Flags().StringVar(&explain, "explain", "", "follow one row: FILE:ROW, or DEPOSITARY:INSTRUCTION")
	c.Flags().BoolVar(&showPricing, "pricing", false, "show how each price was computed from its yield")
	c.Flags().BoolVar(&asJSON, "json", false, "print all that was found as JSON; docs/result.md describes it")
	return c
}
