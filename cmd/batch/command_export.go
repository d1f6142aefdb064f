package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"tenderbatch/internal/display"
	"tenderbatch/internal/export/pain001"
	"tenderbatch/internal/outgoing"
	"tenderbatch/internal/payment"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/tender"
)

// exported is one file of an export.
type exported struct {
	name    string
	says    string // what is in it, in a line
	content []byte
}

// exporting is what an export takes and says.
type exporting struct {
	run        *outgoing.Run
	superseded outgoing.Superseded
	warnings   []string
	notes      []string // said with the files
}

// formats make the files of each format.
var formats = []struct {
	name string
	make func(*exporting) ([]exported, error)
}{
	{"pain.001", (*exporting).payments},
}

func formatNames() (names []string) {
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
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

A single message goes to standard output; --to writes each into a file of its own in a folder, and
never changes a file that is there.`,
		Example: `  batch export level3-2004/runs/final --format pain.001 --to for-the-bank`,
		Args:    exactly("RUN"),
		RunE: func(c *cobra.Command, args []string) error {
			return w.export(c, args[0], format, to, outgoing.Superseded(superseded))
		},
	}
	flags := c.Flags()
	flags.StringVar(&format, "format", "", "write this `FORMAT`: "+display.List(formatNames()))
	flags.StringVar(&to, "to", "", "write files into this `FOLDER`")
	flags.StringVar(&superseded, "superseded", "",
		"of a run that supersedes another, say whether that one was `paid`: paid exports what is to be paid in addition, unpaid all")
	return c
}

// export makes the files of a format and writes them.
func (w world) export(c *cobra.Command, path, format, to string, superseded outgoing.Superseded) error {
	var files func(*exporting) ([]exported, error)
	for _, f := range formats {
		if f.name == format {
			files = f.make
		}
	}
	switch {
	case files == nil:
		return usage(c, fmt.Errorf("--format is %s, and not %q", display.List(formatNames()), format))
	case superseded != outgoing.NotSaid && superseded != outgoing.Paid && superseded != outgoing.Unpaid:
		return usage(c, fmt.Errorf("--superseded is paid or unpaid, and not %q", superseded))
	}
	run, err := outgoing.Open(path)
	if err != nil {
		return err
	}
	e := &exporting{run: run, superseded: superseded}
	all, err := files(e)
	p := &printer{w: w.stderr}
	for _, warning := range e.warnings {
		p.linef("warning: %s", oneLine(warning))
	}
	if errors.Is(err, outgoing.ErrNothingDue) {
		p.linef("%s: %v; nothing was written", run.Doc.Run, err)
		return p.err
	}
	if err != nil {
		return err
	}
	if to != "" {
		return errors.Join(p.err, w.writeExported(to, all, e.notes))
	}
	if len(all) != 1 {
		return usage(c, fmt.Errorf("there are %d files; name a folder for them with --to", len(all)))
	}
	_, err = w.stdout.Write(all[0].content)
	return errors.Join(p.err, err)
}

// payments are the messages for banks.
func (e *exporting) payments() ([]exported, error) {
	made, err := e.run.Payments(e.superseded)
	if made != nil {
		e.warnings = append(e.warnings, made.Claims...)
	}
	if err != nil {
		return nil, err
	}
	var all []exported
	for i := range made.Messages {
		m := &made.Messages[i]
		e.warnings = append(e.warnings, m.Warnings...)
		e.notes = append(e.notes, m.Merged()...)
		var content bytes.Buffer
		if err := pain001.Write(&content, m); err != nil {
			return nil, err
		}
		all = append(all, exported{"pain.001-" + m.ID + ".xml", messageWords(m), content.Bytes()})
	}
	e.notes = append(e.notes, "accounts.csv had the SHA-256 "+made.Accounts)
	return all, nil
}

// messageWords says what is in a message for a bank.
func messageWords(m *payment.Message) string {
	return fmt.Sprintf("%s %s on %s in %s, from %s %s", m.Currency, display.Thousands(tender.CashText(m.Sum, m.Currency)), m.Date,
		display.Plural(len(m.Transfers), "transfer", "transfers"), m.Debtor.Account.BIC, m.Debtor.Account.Number())
}

// writeExported writes files into a folder. A file that is there with the same bytes stays, and one
// with others is an error before any is written.
func (w world) writeExported(folder string, all []exported, notes []string) error {
	there := make([]bool, len(all))
	for i, f := range all {
		path := filepath.Join(folder, f.name)
		content, err := readUpTo(path, int64(len(f.content))+1)
		switch {
		case errors.Is(err, os.ErrNotExist):
		case err != nil:
			return err
		case !bytes.Equal(content, f.content):
			return fmt.Errorf("%s is there already with other bytes, perhaps by other accounts: find out which one was sent, and "+
				"write into another folder; nothing was written", path)
		default:
			there[i] = true
		}
	}
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return err
	}
	p := &printer{w: w.stdout}
	for i, f := range all {
		path := filepath.Join(folder, f.name)
		if there[i] {
			p.linef("%s: exported before, the same bytes: %s", path, f.says)
			continue
		}
		if err := writeWhole(path, f.content); err != nil {
			return err
		}
		p.linef("%s: %s", path, f.says)
	}
	for _, note := range notes {
		p.linef("%s", oneLine(note))
	}
	if p.err != nil {
		return pipeline.Unsaid("the files are in "+folder, p.err)
	}
	return nil
}

// readUpTo reads at most so many bytes of a file.
func readUpTo(path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(file, most))
	return content, errors.Join(err, file.Close())
}
