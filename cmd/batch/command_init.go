package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"tenderbatch/docs"
	"tenderbatch/fixtures"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/printout"
)

func newInitCommand(w world) *cobra.Command {
	var from, id string
	var blank, schema bool
	var depositaries []string
	c := &cobra.Command{
		Use:   "init FOLDER",
		Short: "Write a worked example to start from, or begin an offer from another",
		Long: `init writes the worked example, Level 3's offer of 2004, into a new folder: the
terms, a page that explains every key of them, and the depositaries' files. Change
it into your own offer.

With --from it begins a new offer from another one instead: it copies the terms,
under an id of their own, and makes an empty inbox. Runs are not copied: those of
one offer are never taken for those of another.

With --blank it writes terms to fill in, for the depositaries that --depositary names, and
an empty inbox.

--schema writes the JSON Schema of offer.yaml beside it, and the line in it by which editors
find it: they complete keys then, and show what is wrong while you type.`,
		Example: `  batch init level3-2004
  batch init level3-2005 --from level3-2004
  batch init offer-2026 --blank --depositary DTC:snapshot --depositary Euroclear:incremental`,
		Args: exactly("FOLDER"),
		RunE: func(c *cobra.Command, args []string) (err error) {
			if schema {
				defer func() {
					if err == nil {
						err = w.addSchema(args[0])
					}
				}()
			}
			switch {
			case blank && (from != "" || id != ""):
				return usage(c, errors.New("--blank excludes --from and --id"))
			case blank && len(depositaries) == 0:
				return usage(c, errors.New("--blank wants --depositary NAME:snapshot or NAME:incremental, once for each"))
			case blank:
				return w.initBlank(args[0], depositaries)
			case len(depositaries) > 0:
				return usage(c, errors.New("--depositary goes with --blank"))
			case from != "":
				return w.initFrom(args[0], from, id)
			case id != "":
				return usage(c, errors.New("--id goes with --from"))
			}
			err = writeExample(args[0])
			if err == nil {
				err = askForRelease(filepath.Join(args[0], "offer.yaml"))
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(w.stdout, `%[1]s is ready:
  %[1]s/offer.yaml   the terms
  %[1]s/offer.md     every key of the terms, explained
  %[1]s/inbox/       the depositaries' files
Next: batch check %[1]s, then batch run %[1]s
`, args[0])
			return pipeline.Unsaid(args[0]+" is ready", err)
		},
	}
	c.Flags().StringVar(&from, "from", "", "begin from the terms of the offer in this `FOLDER` instead of the example")
	c.Flags().StringVar(&id, "id", "", "the new offer's id, with --from (default: the name of the new folder)")
	c.Flags().BoolVar(&schema, "schema", false, "also write the JSON Schema of offer.yaml, for editors")
	c.Flags().BoolVar(&blank, "blank", false, "write terms to fill in instead of the example")
	c.Flags().StringArrayVar(&depositaries, "depositary", nil, "a depositary of the offer, with --blank: `NAME:snapshot` or NAME:incremental (may be repeated)")
	return c
}

// initFrom begins an offer from the terms of another one.
func (w world) initFrom(folder, from, id string) error {
	whole, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	content, notes, err := offerfolder.CopyTerms(from, cmp.Or(id, filepath.Base(whole)))
	if err != nil {
		return err
	}
	if err := newOffer(folder); err != nil {
		return err
	}
	if err := writeWhole(filepath.Join(folder, "offer.yaml"), content); err != nil {
		return err
	}
	p := printout.New(w.stdout)
	p.Linef("%[1]s is ready, with the id %[2]s:\n  %[1]s/offer.yaml   the terms of %[3]s\n  %[1]s/inbox/       empty",
		folder, cmp.Or(id, filepath.Base(whole)), from)
	for _, note := range notes {
		p.Linef("warning: %s", note)
	}
	p.Linef("Next: change the dates and the rest of %s/offer.yaml, then batch check %[1]s", folder)
	return pipeline.Unsaid(folder+" is ready", p.Err())
}

// newOffer makes a folder that is new or empty into that of an offer with an empty inbox.
func newOffer(folder string) error {
	if err := newOrEmpty(folder); err != nil {
		return err
	}
	return os.MkdirAll(filepath.Join(folder, "inbox"), 0o750)
}

// newOrEmpty is an error for a folder that holds something.
func newOrEmpty(folder string) error {
	if err := offerfolder.Elsewhere(folder); err != nil {
		return err
	}
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		return &offerfolder.UsageError{Message: fmt.Sprintf("%s is not empty; name a new folder", folder)}
	}
	return nil
}

// writeExample copies the worked example into a folder that is new or empty.
func writeExample(folder string) error {
	if err := newOrEmpty(folder); err != nil {
		return err
	}
	example, err := fs.Sub(fixtures.Level3, "level3-2004")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return err
	}
	if err := os.CopyFS(folder, example); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "offer.md"), docs.Offer, 0o640)
}

// askForRelease adds to the terms in a file that another person must look before money is
// wired.
func askForRelease(path string) error {
	terms, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	const before = "\ndates:\n"
	with := "\nrelease: {approvals: 1, from: final, signed: false}   # another person looks before money is wired\n" + before
	return os.WriteFile(path, bytes.Replace(terms, []byte(before), []byte(with), 1), 0o640)
}

// schemaName is the name of the schema of the terms, beside them.
const schemaName = "offer.schema.json"

// addSchema writes the schema of the terms into the folder of a new offer, and the line by which an
// editor finds it into the terms.
func (w world) addSchema(folder string) error {
	path := filepath.Join(folder, offerfolder.OfferName)
	terms, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := writeWhole(filepath.Join(folder, schemaName), docs.OfferSchema); err != nil {
		return err
	}
	line := "# yaml-language-server: $schema=" + schemaName + "\n"
	if err := os.WriteFile(path, append([]byte(line), terms...), 0o640); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w.stdout, "%s/%s is for editors, such as VS Code with the extension YAML\n", folder, schemaName)
	return pipeline.Unsaid(folder+" is ready", err)
}
