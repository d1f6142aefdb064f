package main

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"

	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
)

// templateName is the file that is written unless another is named.
const templateName = "template.xlsx"

func newTemplateCommand(w world) *cobra.Command {
	var depositary string
	c := &cobra.Command{
		Use:   "template OFFER [FILE]",
		Short: "Write an empty workbook in which a depositary can report",
		Long: `template writes an empty depositary workbook for the offer in the folder OFFER:
headings that batch knows, drop-downs for the securities and the statuses, checks
on denominations and times, and a totals row that batch verifies. It is written to
FILE, or to template.xlsx in the current folder.`,
		Example: `  batch template fixtures/level3-2004
  batch template fixtures/level3-2004 euroclear.xlsx --depositary Euroclear`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 && len(args) != 2 {
				return usage(c, fmt.Errorf("%s takes OFFER and perhaps FILE, and got %d argument(s)", c.CommandPath(), len(args)))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			file := append(args, templateName)[1]
			var content bytes.Buffer
			if err := offerfolder.Template(&content, args[0], depositary, w.now()); err != nil {
				return err
			}
			if err := writeWhole(file, content.Bytes()); err != nil {
				return err
			}
			_, err := fmt.Fprintf(w.stdout,
				"%s is ready; filled in, it goes into %s/inbox under a name that the offer expects, with the report's date\n",
				file, args[0])
			return pipeline.Unsaid(file+" is written", err)
		},
	}
	c.Flags().StringVar(&depositary, "depositary", "", "the depositary it is for (default: the first of the offer)")
	return c
}
