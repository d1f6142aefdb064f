package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"tenderbatch/internal/display"
	"tenderbatch/internal/outgoing"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/printout"
)

func formatNames() string {
	var names []string
	for _, f := range outgoing.Formats {
		names = append(names, f.Name)
	}
	return display.List(names)
}

func newExportCommand(w world) *cobra.Command {
	var format, to, superseded string
	c := &cobra.Command{
		Use:   "export RUN",
		Short: "Write a run in the formats of banks and depositaries",
		Long: `export writes what follows from the published run in the folder RUN in a format of the trade.

pain.001 are payments for the paying agent's bank, ISO 20022 pain.001.001.09: one message for each
account that is paid from, currency and day, with what is due. It is written only of a run that is in
force. The accounts are in accounts.csv in the folder of the offer. The same run gives the same bytes.

seev.036 (ISO 20022) and mt566 (SWIFT) confirm to each account what it tendered, what of it was
accepted and returned, and what it is paid; seev.035 says so before it is done. seev.031 and mt564 announce the offer of each security.
parquet has the instructions, wires and payments of any published run for data teams.

A single file goes to standard output; --to writes each into a folder, and never changes a file that
is there.`,
		Example: `  batch export level3-2004/runs/final --format pain.001 --to for-the-bank`,
		Args:    exactly("RUN"),
		RunE: func(c *cobra.Command, args []string) error {
			return w.export(c, args[0], outgoing.FormatOf(format), format, to, outgoing.Superseded(superseded))
		},
	}
	flags := c.Flags()
	flags.StringVar(&format, "format", "", "write this `FORMAT`: "+formatNames())
	flags.StringVar(&to, "to", "", "write files into this `FOLDER`")
	flags.StringVar(&superseded, "superseded", "",
		"of a run that supersedes another, say whether that one was `paid`: paid exports what is to be paid in addition, "+
			"the name of an earlier one the same if that one was paid last, unpaid all")
	return c
}

// export makes the files of a format and writes them.
func (w world) export(c *cobra.Command, path string, format *outgoing.Format, name, to string,
	s outgoing.Superseded) error {
	switch {
	case format == nil:
		return usage(c, fmt.Errorf("--format is %s, and not %q", formatNames(), name))
	}
	run, err := outgoing.Open(path)
	if err != nil {
		return err
	}
	e, err := format.Make(run, s)
	p := printout.New(w.stderr)
	if e != nil {
		for _, warning := range e.Warnings {
			p.Linef("warning: %s", display.Line(warning))
		}
	}
	switch {
	case errors.Is(err, outgoing.ErrNothingDue):
		p.Linef("%s: %v; nothing was written", run.Doc.Run, err)
		return p.Err()
	case err != nil:
		return err
	case to != "":
		return errors.Join(p.Err(), w.writeExport(to, e))
	case len(e.Files) != 1:
		return usage(c, fmt.Errorf("there are %d files; name a folder for them with --to", len(e.Files)))
	}
	_, err = w.stdout.Write(e.Files[0].Content)
	return errors.Join(p.Err(), err)
}

// writeExport writes files into a folder. A file that is there with the same bytes stays.
func (w world) writeExport(folder string, e *outgoing.Export) error {
	there, err := e.There(folder)
	if err == nil {
		err = os.MkdirAll(folder, 0o750)
	}
	if err != nil {
		return err
	}
	p := printout.New(w.stdout)
	for i, f := range e.Files {
		path := filepath.Join(folder, f.Name)
		if there[i] {
			p.Linef("%s: exported before, the same bytes: %s", path, f.Says)
			continue
		}
		if err := writeWhole(path, f.Content); err != nil {
			return err
		}
		p.Linef("%s: %s", path, f.Says)
	}
	for _, note := range e.Notes {
		p.Linef("%s", display.Line(note))
	}
	if p.Err() != nil {
		return pipeline.Unsaid("the files are in "+folder, p.Err())
	}
	return nil
}
