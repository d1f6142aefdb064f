package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/display"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/printout"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/termsheet"
)

func newTermsCommand(w world) *cobra.Command {
	var to, paper string
	var blank bool
	c := &cobra.Command{
		Use:   "terms [OFFER]",
		Short: "Write an offer's terms as a form for counsel",
		Long: `terms writes the terms of the offer in the folder OFFER as a form: an Excel workbook of one page
that counsel checks, or fills in. What the form has no field for, amendments among it, is on its second
sheet, as it is written in offer.yaml. batch import-terms makes an offer.yaml of the form again.

With --blank it writes an empty form.`,
		Example: `  batch terms level3-2004 --to level3.xlsx
  batch terms --blank --to form.xlsx --paper letter`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case to == "":
				return usage(c, errors.New("--to FILE.xlsx is missing"))
			case blank == (len(args) > 0):
				return usage(c, errors.New("name the folder of one offer, or give --blank for an empty form"))
			case paper != "" && !blank:
				return usage(c, errors.New("--paper goes with --blank; an offer has its own paper"))
			}
			var form bytes.Buffer
			err := writeForm(c, &form, args, tender.Paper(paper))
			if err == nil {
				err = writeWhole(to, form.Bytes())
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(w.stdout, "%s is ready; batch import-terms %[1]s makes an offer.yaml of it\n", to)
			return pipeline.Unsaid(to+" is written", err)
		},
	}
	c.Flags().StringVar(&to, "to", "", "write this `FILE`, which must not be there")
	c.Flags().BoolVar(&blank, "blank", false, "write an empty form")
	c.Flags().StringVar(&paper, "paper", "", "print an empty form on `a4` or letter (default a4)")
	return c
}

// writeForm makes the form of the offer that is named, or an empty one.
func writeForm(c *cobra.Command, form io.Writer, args []string, paper tender.Paper) error {
	if len(args) > 0 {
		path, source, err := offerfolder.WrittenTerms(args[0])
		if err != nil {
			return err
		}
		return termsheet.Write(form, path, source)
	}
	switch paper {
	case "":
		paper = tender.PaperA4
	case tender.PaperA4, tender.PaperLetter:
	default:
		return usage(c, fmt.Errorf("--paper %s is not known; it is a4 or letter", display.Quote(string(paper))))
	}
	return termsheet.WriteBlank(form, paper)
}

func newImportTermsCommand(w world) *cobra.Command {
	var to string
	c := &cobra.Command{
		Use:   "import-terms FILE",
		Short: "Make an offer.yaml of a form that counsel filled in",
		Long: `import-terms reads a form that batch terms wrote and counsel filled in, and writes the offer.yaml
that it makes to standard output, or with --to into a folder. What is wrong is said at the cells of the
form, and nothing is written. An offer.yaml that is there is never changed: what differs is listed.`,
		Example: `  batch import-terms form.xlsx --to offer-2026`,
		Args:    exactly("FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			form, err := readForm(args[0])
			if err != nil {
				return err
			}
			for _, note := range form.Notes {
				if _, err := fmt.Fprintf(w.stderr, "warning: %s: %s\n", args[0], note); err != nil {
					return err
				}
			}
			if to == "" {
				_, err := w.stdout.Write(form.Terms)
				return pipeline.Unsaid("the form was read", err)
			}
			return w.importTerms(args[0], to, form.Terms)
		},
	}
	c.Flags().StringVar(&to, "to", "", "write offer.yaml into this `FOLDER`")
	return c
}

// readForm reads a form. What is wrong with it is a fault of the terms.
func readForm(path string) (*termsheet.Form, error) {
	content, err := disk.ReadFile(path, termsheet.MostBytes)
	if err != nil {
		return nil, &offerfolder.UsageError{Message: err.Error()}
	}
	form, err := termsheet.Read(path, bytes.NewReader(content), int64(len(content)))
	var wrong *termsheet.Error
	if errors.As(err, &wrong) {
		return nil, &offerfolder.UsageError{Message: err.Error()}
	}
	return form, err
}

// importTerms writes terms into the folder of an offer that has none yet.
func (w world) importTerms(from, folder string, terms []byte) error {
	path := filepath.Join(folder, offerfolder.OfferName)
	if _, err := os.Lstat(path); err == nil {
		return w.compareTerms(from, folder, terms)
	}
	if err := offerfolder.Elsewhere(folder); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(folder, offerfolder.InboxName), 0o750); err != nil {
		return err
	}
	if err := writeWhole(path, terms); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w.stdout, "%s is ready; next: batch check %s\n", path, folder)
	return pipeline.Unsaid(path+" is written", err)
}

// compareTerms says how the terms of an offer differ from those of a form. Nothing is changed.
func (w world) compareTerms(from, folder string, terms []byte) error {
	was, err := offerfolder.Terms(folder)
	if err != nil {
		return err
	}
	differ, err := termsheet.Compare(was, terms)
	if err != nil {
		return err
	}
	path := filepath.Join(folder, offerfolder.OfferName)
	if len(differ) == 0 {
		_, err := fmt.Fprintf(w.stdout, "%s says the same as %s already; nothing was written\n", path, from)
		return pipeline.Unsaid("nothing was written", err)
	}
	p := printout.New(w.stdout)
	p.Linef("%s is there and says otherwise; as it is, and as the form has it:", path)
	for _, d := range differ {
		p.Linef("  %s", display.Line(d))
	}
	if err := p.Err(); err != nil {
		return err
	}
	return &offerfolder.UsageError{Message: fmt.Sprintf("%s is there already, and was not changed; write what is "+
		"meant into it "+
		"(once the offer was launched, as an amendment), or name another folder", path)}
}
