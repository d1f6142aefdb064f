package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"tenderbatch/internal/batch"
)

func newRunsCommand(w world) *cobra.Command {
	return &cobra.Command{
		Use:   "runs OFFER",
		Short: "List the published runs of an offer",
		Args:  exactly("OFFER"),
		RunE: func(_ *cobra.Command, args []string) error {
			history, err := batch.History(args[0])
			if err != nil {
				return err
			}
			if len(history) == 0 {
				_, err = fmt.Fprintf(w.stdout, "no runs yet; make one with \"batch run %s\"\n", args[0])
				return err
			}
			return printHistory(w.stdout, history)
		},
	}
}
