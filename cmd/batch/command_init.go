package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"tenderbatch/docs"
	"tenderbatch/fixtures"
	"tenderbatch/internal/batch"
)

func newInitCommand(w world) *cobra.Command {
	return &cobra.Command{
		Use:   "init FOLDER",
		Short: "Write a worked example to start from",
		Long: `init writes the worked example, Level 3's offer of 2004, into a new folder: the
terms, a page that explains every key of them, and the depositaries' files. Change
it into your own offer.`,
		Args: exactly("FOLDER"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := writeExample(args[0]); err != nil {
				return err
			}
			_, err := fmt.Fprintf(w.stdout, `%[1]s is ready:
  %[1]s/offer.yaml   the terms
  %[1]s/offer.md     every key of the terms, explained
  %[1]s/inbox/       the depositaries' files
Next: batch check %[1]s, then batch run %[1]s
`, args[0])
			return err
		},
	}
}

// writeExample copies the worked example into a folder that is new or empty.
func writeExample(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		return &batch.UsageError{Message: fmt.Sprintf("%s is not empty; name a new folder", folder)}
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
