package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"tenderbatch/internal/compare"
	"tenderbatch/internal/export/workbook"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/printout"
)

func newDiffCommand(w world) *cobra.Command {
	var asJSON, all bool
	var workbook string
	c := &cobra.Command{
		Use:   "diff OFFER | RUN RUN",
		Short: "Show what differs between two published runs",
		Long: `diff compares two published runs of one offer: the terms, the files, what is
accepted of each series, the caps, the cash to be wired, the instructions and the
rejects. RUN is the folder of a run, such as OFFER/runs/latest; the second may also
be the name of a run beside the first, latest or final. The first is shown as before, the
second as now. Of an OFFER the latest run is compared with the one before. The exit code is
0 whether or not they differ.`,
		Example: `  batch diff OFFER
  batch diff fixtures/level3-2004/runs/2004-11-12T170000-1a2b3c4d latest
  batch diff OFFER/runs/FIRST SECOND --workbook difference.xlsx`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				return nil
			}
			return exactly("RUN", "RUN")(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			if asJSON && all {
				return usage(c, errors.New("--json shows everything already; leave out --all"))
			}
			d, err := difference(args, w.version)
			if err != nil {
				return err
			}
			if workbook != "" {
				if err := writeDifference(workbook, d); err != nil {
					return err
				}
			}
			err = printout.Difference(w.stdout, d, asJSON, all, workbook)
			if workbook != "" {
				err = pipeline.Unsaid(workbook+" is written", err)
			}
			return err
		},
	}
	flags := c.Flags()
	flags.BoolVar(&asJSON, "json", false, "print the difference as JSON; docs/result.md describes it")
	flags.BoolVar(&all, "all", false,
		fmt.Sprintf("print every instruction and reject that differs, not the first %d only", printout.MostShown))
	flags.StringVar(&workbook, "workbook", "", "also write the difference as a workbook into this new file")
	return c
}

// difference is that of two runs, or of an offer's latest run and the one before.
func difference(args []string, version string) (*compare.Difference, error) {
	if len(args) == 1 {
		return pipeline.DiffOffer(args[0], version)
	}
	return pipeline.Diff(args[0], args[1], version)
}

// writeDifference writes the workbook of a difference into a new file.
func writeDifference(name string, d *compare.Difference) error {
	if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return thereAlready(name, err)
	}
	var content bytes.Buffer
	if err := workbook.WriteDifference(&content, d); err != nil {
		return err
	}
	return writeWhole(name, content.Bytes())
}
