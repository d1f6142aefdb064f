package main

import (
	"strings"

	"github.com/spf13/cobra"

	"tenderbatch/internal/pipeline"
)

// flagCompletions are what the shell offers for the value of a flag, whatever the
// command. Flags that are not named here take files.
var flagCompletions = map[string]cobra.CompletionFunc{
	"again":      cobra.NoFileCompletions,
	"as-of":      cobra.NoFileCompletions,
	"at":         cobra.NoFileCompletions,
	"cap":        cobra.NoFileCompletions,
	"comment":    cobra.NoFileCompletions,
	"config":     cobra.FixedCompletions([]cobra.Completion{"yaml"}, cobra.ShellCompDirectiveFilterFileExt),
	"depositary": cobra.NoFileCompletions,
	"explain":    cobra.NoFileCompletions,
	"from":       cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs),
	"fx":         cobra.NoFileCompletions,
	"id":         cobra.NoFileCompletions,
	"log": cobra.FixedCompletions([]cobra.Completion{"auto", "text", "json", "off"},
		cobra.ShellCompDirectiveNoFileComp),
	"reason":    cobra.NoFileCompletions,
	"solve":     cobra.NoFileCompletions,
	"supersede": completeRun,
	"sweep":     cobra.NoFileCompletions,
	"to":        cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs),
	"total":     cobra.NoFileCompletions,
	"wait":      cobra.NoFileCompletions,
}

// completeArguments has the shell complete the arguments and flags of all
// commands below c. What an argument is, its name in Use says.
func completeArguments(c *cobra.Command) {
	if len(strings.Fields(c.Use)) > 1 && c.ValidArgsFunction == nil {
		c.ValidArgsFunction = argument
	}
	for flag, complete := range flagCompletions {
		if c.Flags().Lookup(flag) != nil {
			// It fails for a flag that completes itself already, which may stay.
			_ = c.RegisterFlagCompletionFunc(flag, complete)
		}
	}
	for _, sub := range c.Commands() {
		completeArguments(sub)
	}
}

// argument completes the next argument of a command.
func argument(c *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	names := strings.Fields(c.Use)[1:]
	if len(args) >= len(names) {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	switch strings.Trim(names[len(args)], "[].…") {
	case "FILE":
		return nil, cobra.ShellCompDirectiveDefault
	case "OFFER", "FOLDER":
		return nil, cobra.ShellCompDirectiveFilterDirs
	case "RUN":
		if len(args) > 0 && strings.Trim(names[0], "[]") == "OFFER" {
			return runsOf(args[0]), cobra.ShellCompDirectiveNoFileComp
		}
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// completeRun completes the name of a run of the offer that the line names.
func completeRun(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return runsOf(args[0]), cobra.ShellCompDirectiveNoFileComp
}

// runsOf are the names of an offer's runs; none if it cannot be read, as a
// completion has nowhere to say why.
func runsOf(offer string) []cobra.Completion {
	history, err := pipeline.HistoryOf(offer)
	if err != nil {
		return nil
	}
	names := make([]cobra.Completion, len(history.Runs))
	for i, r := range history.Runs {
		names[i] = r.Run
	}
	return names
}
