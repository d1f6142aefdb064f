package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"tenderbatch/internal/display"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/printout"
	"tenderbatch/internal/release"
	"tenderbatch/internal/tender"
)

func newRunsCommand(w world) *cobra.Command {
	var all, asJSON, verify, rebuild bool
	var keys keyFlags
	c := &cobra.Command{
		Use:   "runs OFFER",
		Short: "List what was published of an offer, and what was tried",
		Long: `runs lists the published runs of the offer in the folder OFFER and the attempts that
ended otherwise, and ends with exit code 6 if one of the runs is not as it was
published. --verify checks the ledger and everything else in the runs folder, too, and that each
release has its approvals: of what is there, by different people who had no hand in it, signed where
the terms demand it.
--rebuild rebuilds a lost or damaged ledger: it lists what supports and
what contradicts each folder, and takes those that nothing contradicts.`,
		Example: `  batch runs level3-2004
  batch runs level3-2004 --verify
  batch runs show level3-2004/runs/latest`,
		Args: exactly("OFFER"),
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case all && verify, all && rebuild, verify && rebuild:
				return usage(c, errors.New("--all, --verify and --rebuild exclude one another"))
			case verify:
				return w.verifyHistory(args[0], asJSON, keys)
			case rebuild:
				return w.rebuildHistory(c, args[0])
			}
			return w.listRuns(args[0], asJSON, all)
		},
	}
	flags := c.Flags()
	flags.BoolVar(&all, "all", false, "list every entry of the ledger")
	flags.BoolVar(&asJSON, "json", false, "print as JSON")
	flags.BoolVar(&verify, "verify", false,
		"check the ledger and the published folders; if anything is not as it was written, the exit code is 6")
	flags.BoolVar(&rebuild, "rebuild", false,
		"rebuild the ledger from the published runs that nothing contradicts; the old one is set aside")
	keys.add(c)
	c.AddCommand(newShowCommand(w))
	return c
}

// listRuns prints the history of an offer, after every file of every run was compared
// with what was published.
func (w world) listRuns(folder string, asJSON, all bool) error {
	var history *pipeline.History
	err := ledger.AtRest(filepath.Join(folder, offerfolder.RunsName), func() (wrong bool, err error) {
		if history, err = pipeline.HistoryOf(folder); err == nil {
			err = history.Check()
		}
		return history != nil && len(history.Faults) > 0, err
	})
	if err != nil {
		return err
	}
	if asJSON {
		err = encode(w.stdout, listed(history))
	} else {
		err = printout.History(w.stdout, folder, offerfolder.ZoneOf(folder), history, all)
	}
	switch {
	case err != nil:
		return err
	case history.Damage != "":
		return notAsWritten("the ledger is lost or damaged, so no run can be checked")
	case len(history.Faults) > 0:
		return notAsWritten(fmt.Sprintf("%d finding(s) among the runs", len(history.Faults)))
	}
	return nil
}

// listedHistory is a history as JSON has it.
type listedHistory struct {
	*pipeline.History
	Runs []listedRun `json:"runs"`
}

// listedRun is a published run, and where it is on its way to be paid on if its terms demand a release.
type listedRun struct {
	pipeline.PublishedRun
	State   release.State `json:"release_state,omitempty"`
	Missing int           `json:"missing_approvals,omitempty"`
}

func listed(h *pipeline.History) listedHistory {
	all := listedHistory{History: h, Runs: make([]listedRun, len(h.Runs))} // a list in JSON, never null
	for i, r := range h.Runs {
		all.Runs[i].PublishedRun = r
		if !r.Release.Demands(tender.Phase(r.Phase)) {
			continue
		}
		if s := release.StandingOf(h.Entries, r.Run, nil); s != nil {
			all.Runs[i].State, all.Runs[i].Missing = s.State, s.Missing()
		}
	}
	return all
}

// notAsWritten is the error for published runs that are not as they were.
func notAsWritten(what string) error {
	return &tender.ControlError{Rule: "R16", Message: "not as it was written: " + what}
}

func newShowCommand(w world) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "show RUN",
		Short:   "Show all that is known of a published run",
		Example: `  batch runs show level3-2004/runs/latest`,
		Args:    exactly("RUN"),
		RunE: func(_ *cobra.Command, args []string) error {
			run, err := pipeline.FindRun(args[0])
			if err != nil {
				return err
			}
			record, err := run.Record()
			switch {
			case err != nil:
				return err
			case asJSON:
				return encode(w.stdout, record)
			}
			var standing *release.Standing
			if record.Release.Demands(tender.Phase(record.Phase)) {
				standing, err = standingOf(run)
			}
			if err != nil {
				return err
			}
			return printout.Record(w.stdout, offerfolder.ZoneOf(filepath.Dir(run.Runs)), record, standing)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return c
}

// standingOf is where a run is on its way to be paid on.
func standingOf(run *pipeline.RunFolder) (*release.Standing, error) {
	h, err := pipeline.HistoryOf(filepath.Dir(run.Runs))
	if err != nil {
		return nil, err
	}
	return release.StandingOf(h.Entries, run.Manifest.Run, nil), nil
}

// encode prints a value as JSON.
func encode(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

func (w world) verifyHistory(folder string, asJSON bool, keys keyFlags) error {
	signers, err := keys.of(folder)
	if err != nil {
		return err
	}
	findings, unproven, err := release.Verify(folder, signers)
	if err != nil {
		return err
	}
	if unproven > 0 {
		p := printout.New(w.stderr)
		p.Linef("warning: %s not proven, as no keys are known; name them with --allowed-signers, or under signers in "+
			"batch.yaml", display.Plural(unproven, "signature is", "signatures are"))
	}
	if asJSON {
		err = encode(w.stdout, append([]ledger.Finding{}, findings...)) // never null
	} else {
		err = w.printFindings(folder, findings, unproven)
	}
	if err == nil && len(findings) > 0 {
		err = notAsWritten(fmt.Sprintf("%d finding(s)", len(findings)))
	}
	return err
}

// printFindings lists what is not as it was written, or says what holds.
func (w world) printFindings(folder string, findings []ledger.Finding, unproven int) error {
	p := printout.New(w.stdout)
	for _, f := range findings {
		p.Linef("%s", f)
	}
	if len(findings) > 0 {
		return p.Err()
	}
	p.Linef("the ledger and every published run are as they were written")
	entries, err := ledger.ReadEntries(filepath.Join(folder, offerfolder.RunsName))
	if err != nil {
		return err
	}
	n := 0
	for _, e := range entries {
		if e.Event == ledger.Released {
			n++
		}
	}
	if n > 0 {
		p.Linef("%s: each has its approvals, by people who had no hand in the run; %s", display.Plural(n, "release", "releases"),
			display.Plural(unproven, "signature is not proven", "signatures are not proven"))
	}
	return p.Err()
}

func (w world) rebuildHistory(c *cobra.Command, folder string) error {
	var req pipeline.Request
	w.fill(&req, folder)
	found, err := pipeline.RebuildHistory(c.Context(), req)
	if err != nil {
		return err
	}
	p := printout.New(w.stdout)
	p.Candidates(found)
	taken, left := 0, 0
	for _, f := range found {
		if f.Taken {
			taken++
		} else {
			left++
		}
	}
	rebuilt := fmt.Sprintf("ledger rebuilt from %d published runs", taken)
	p.Linef("%s", rebuilt)
	if p.Err() != nil {
		return pipeline.Unsaid(fmt.Sprintf("%s, %d left out", rebuilt, left), p.Err())
	}
	if left > 0 {
		return notAsWritten(fmt.Sprintf("%d folder(s) were left out of the ledger; see to what speaks against them, and "+
			"rebuild again", left))
	}
	return nil
}
