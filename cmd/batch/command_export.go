package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tenderbatch/internal/display"
	"tenderbatch/internal/offerfolder"
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
	var x exporting
	c := &cobra.Command{
		Use:   "export RUN",
		Short: "Write a run in the formats of banks and depositaries",
		Long: `export writes what follows from the published run in the folder RUN in a format of the trade.

pain.001 are payments for the paying agent's bank, ISO 20022 pain.001.001.09: one message for each
account that is paid from, currency and day, with what is due. It is written only of a run that is in
force. The accounts are in accounts.csv in the folder of the offer. The same run gives the same bytes. Each
export of payments is in the history, and a wire that was exported before is refused unless --again says
why; with --wire, those alone that the bank refused. --dry-run shows what would be written.

seev.036 (ISO 20022) and mt566 (SWIFT) confirm to each account what it tendered, what of it was
accepted and returned, and what it is paid; seev.035 says so before it is done. seev.031 and mt564 announce the offer of each security.
parquet has the instructions, wires and payments of any published run for data teams.

A single file goes to standard output; --to writes each into a folder, and never changes a file that
is there.`,
		Example: `  batch export level3-2004/runs/final --format pain.001 --to for-the-bank`,
		Args:    exactly("RUN"),
		RunE: func(c *cobra.Command, args []string) error {
			return w.export(c, args[0], x)
		},
	}
	flags := c.Flags()
	flags.StringVar(&x.format, "format", "", "write this `FORMAT`: "+formatNames())
	flags.StringVar(&x.to, "to", "", "write files into this `FOLDER`")
	flags.StringVar(&x.again, "again", "", "export payments although the history says that they were exported before, "+
		"for this `REASON`")
	flags.StringArrayVar(&x.wires, "wire", nil, "with --again, export only the wire of this `REFERENCE`, as wires.csv has it; "+
		"can be given several times")
	flags.BoolVar(&x.dryRun, "dry-run", false, "only list what would be written")
	flags.StringVar(&x.superseded, "superseded", "",
		"of a run that supersedes another, say whether that one was `paid`: paid exports what is to be paid in addition, "+
			"the name of an earlier one the same if that one was paid last, unpaid all")
	return c
}

// exporting is what is exported where.
type exporting struct {
	format, to, superseded, again string
	wires                         []string
	dryRun                        bool
}

// export makes the files of a format and writes them.
func (w world) export(c *cobra.Command, path string, x exporting) error {
	format := outgoing.FormatOf(x.format)
	switch {
	case format == nil:
		return usage(c, fmt.Errorf("--format is %s, and not %q", formatNames(), x.format))
	case c.Flags().Changed("again") && strings.TrimSpace(x.again) == "":
		return usage(c, errors.New("--again says why payments are exported once more; it is empty"))
	}
	if len(x.wires) > 0 && !x.dryRun && x.again == "" {
		return usage(c, errors.New("--wire exports some payments once more, as the bank refused them: --again says why"))
	}
	run, err := outgoing.Open(path)
	if err == nil && x.to != "" {
		err = offerfolder.Elsewhere(x.to)
	}
	if err != nil {
		return err
	}
	run.Only(x.wires)
	e, err := format.Make(run, outgoing.Superseded(x.superseded))
	warned := w.warnOfExport(run, e)
	switch {
	case errors.Is(err, outgoing.ErrNothingDue):
		p := printout.New(w.stderr)
		p.Linef("%s: %v; nothing was written", run.Doc.Run, err)
		return errors.Join(warned, p.Err())
	case err != nil:
		return err
	case (x.again != "" || len(x.wires) > 0) && !e.IsPayments():
		return usage(c, fmt.Errorf("--again and --wire are for payments; %s can be exported any time", x.format))
	case x.dryRun:
		return errors.Join(warned, w.listExport(run, e, x))
	case x.to != "":
		return errors.Join(warned, w.writeExport(c.Context(), run, e, x))
	case len(e.Files) != 1:
		return usage(c, fmt.Errorf("there are %d files; name a folder for them with --to", len(e.Files)))
	}
	if e.IsPayments() {
		if err := w.noteExport(c.Context(), run, e, x, nil, nil); err != nil {
			return errors.Join(warned, err)
		}
	}
	_, err = w.stdout.Write(e.Files[0].Content)
	return errors.Join(warned, err)
}

// warnOfExport says what a person has to know of an export, which is nil if there is none.
func (w world) warnOfExport(run *outgoing.Run, e *outgoing.Export) error {
	p := printout.New(w.stderr)
	if by := run.Pseudonymised(); by != nil {
		p.Linef("note: names %s", display.Line(printout.NamesReplaced(by)))
	}
	if e == nil {
		return p.Err()
	}
	for _, warning := range slices.Concat(e.Warnings, run.Passed(e, w.now())) {
		p.Linef("warning: %s", display.Line(warning))
	}
	for _, warning := range []string{run.Unnoted(e), run.Elsewhere(e)} {
		if warning != "" {
			p.Linef("warning: %s", display.Line(warning))
		}
	}
	return p.Err()
}

// listExport lists what would be written, what of it was exported before, and what would be refused.
func (w world) listExport(run *outgoing.Run, e *outgoing.Export, x exporting) (err error) {
	there := make([]bool, len(e.Files))
	if x.to != "" {
		there, err = e.There(x.to)
	}
	var refused error
	if e.IsPayments() && slices.Contains(there, false) {
		refused = run.MayWrite(run.History(), e, cmp.Or(x.again, strings.Join(x.wires, " ")))
	}
	if x.again != "" || len(x.wires) > 0 {
		err = cmp.Or(err, refused) // of a flag that is to be left out
	}
	if err != nil {
		return err
	}
	p := printout.New(w.stdout)
	for i, f := range e.Files {
		if there[i] {
			p.Linef("%s: exported before, the same bytes: %s", filepath.Join(x.to, f.Name), f.Says)
		} else {
			p.Linef("would write %s: %s", f.Name, f.Says)
		}
	}
	before := run.Before(run.History(), e)
	switch {
	case refused != nil:
		p.Linef("would be refused: %s", display.Line(refused.Error()))
	case e.IsPayments() && slices.Contains(there, false) && before != "":
		p.Linef("%s", display.Line(before))
	}
	if x.to == "" && len(e.Files) != 1 {
		p.Linef("would be refused without a folder for the %d files; name one with --to", len(e.Files))
	}
	return p.Err()
}

// noteExport notes payments in the history, and then writes them.
func (w world) noteExport(ctx context.Context, run *outgoing.Run, e *outgoing.Export, x exporting,
	there func() ([]bool, error), write func([]bool) error) error {
	to := x.to
	if whole, err := filepath.Abs(to); err == nil && to != "" {
		to = whole
	}
	return run.Note(ctx, e, outgoing.Noting{Format: x.format, To: to, Again: strings.TrimSpace(x.again), Actor: w.actor,
		By: w.by, Version: w.version, Now: w.now()}, there, write)
}

// writeExport writes files into a folder. A file that is there with the same bytes stays.
func (w world) writeExport(ctx context.Context, run *outgoing.Run, e *outgoing.Export, x exporting) error {
	there, err := e.There(x.to)
	if err == nil {
		err = os.MkdirAll(x.to, 0o750)
	}
	switch {
	case err != nil:
	case e.IsPayments():
		again := func() ([]bool, error) { return e.There(x.to) } // once no other export goes on
		err = w.noteExport(ctx, run, e, x, again, func(now []bool) error {
			there = now
			return writeFiles(e, x.to, there)
		})
	default:
		err = writeFiles(e, x.to, there)
	}
	if err != nil {
		return err
	}
	p := printout.New(w.stdout)
	for i, f := range e.Files {
		path := filepath.Join(x.to, f.Name)
		if there[i] {
			p.Linef("%s: exported before, the same bytes: %s", path, f.Says)
		} else {
			p.Linef("%s: %s", path, f.Says)
		}
	}
	for _, note := range e.Notes {
		p.Linef("%s", display.Line(note))
	}
	if p.Err() != nil {
		return pipeline.Unsaid("the files are in "+x.to, p.Err())
	}
	return nil
}

// writeFiles writes the files of an export that are not there. One that another export wrote meanwhile, with the same
// bytes, is there.
func writeFiles(e *outgoing.Export, folder string, there []bool) error {
	for i, f := range e.Files {
		if there[i] {
			continue
		}
		err := writeWhole(filepath.Join(folder, f.Name), f.Content)
		if err != nil {
			if now, unread := e.There(folder); unread != nil || !now[i] {
				return err
			}
			there[i] = true
		}
	}
	return nil
}
