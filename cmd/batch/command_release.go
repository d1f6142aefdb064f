package main

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"tenderbatch/cmd/batch/exchange"
	"tenderbatch/internal/disk"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/monitor"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/printout"
	"tenderbatch/internal/release"
)

// mostSignature is more than the bytes of any signature or private key.
const mostSignature = 1 << 20

// stepWait is how long a step waits for a run or another step that holds the offer.
const stepWait = 5 * time.Second

// whoIsWho is in the help of every step.
const whoIsWho = `

Who gives the command is the user who logged in, also under sudo and su. A maker of a run, which
is everyone who touched what it is made of since the run in force, does not approve it.`

// step is a request for a step with the run in a folder.
func (w world) step(run string) release.Request {
	return release.Request{Run: run, Actor: w.actor, By: w.by, Clock: w.now, Version: w.version, Wait: stepWait, Disk: w.disk}
}

func newSubmitCommand(w world) *cobra.Command {
	var config string
	c := &cobra.Command{
		Use:   "submit RUN",
		Short: "Submit a run for approval",
		Long: `submit gives the published run in the folder RUN to those who may approve it. It is the
newest run, and nothing has come since that would change it.` + whoIsWho,
		Example: `  batch submit level3-2004/runs/latest`,
		Args:    exactly("RUN"),
		RunE: func(c *cobra.Command, args []string) error {
			e, err := release.Submit(c.Context(), w.step(args[0]))
			if err != nil {
				return err
			}
			return w.sayStep(e, args[0], config)
		},
	}
	configFlag(c, &config)
	return c
}

// configFlag says whom to send a notice of a step.
func configFlag(c *cobra.Command, config *string) {
	c.Flags().StringVar(config, "config", "", "report the step as the settings in this `FILE` say: mail, webhook")
}

func newReturnCommand(w world) *cobra.Command {
	var comment, config string
	c := &cobra.Command{
		Use:   "return RUN",
		Short: "Return a submitted run to its preparer",
		Long: `return gives the submitted run in the folder RUN back to its preparer instead of approving
it. What was approved of it until then does not count any more.` + whoIsWho,
		Example: `  batch return level3-2004/runs/latest --comment "Euroclear's file is of the day before"`,
		Args:    exactly("RUN"),
		RunE: func(c *cobra.Command, args []string) error {
			e, err := release.Return(c.Context(), w.step(args[0]), comment)
			if err != nil {
				return err
			}
			return w.sayStep(e, args[0], config)
		},
	}
	configFlag(c, &config)
	c.Flags().StringVar(&comment, "comment", "", "what is to be changed, in a `SENTENCE`; it is recorded")
	return c
}

func newWithdrawCommand(w world) *cobra.Command {
	var reason, config string
	c := &cobra.Command{
		Use:   "withdraw RUN",
		Short: "Take a submitted run back before it is released",
		Long: `withdraw takes the submitted run in the folder RUN back, as one of its makers. What was
approved of it until then does not count any more.` + whoIsWho,
		Example: `  batch withdraw level3-2004/runs/latest --reason "DTC announced a corrected report"`,
		Args:    exactly("RUN"),
		RunE: func(c *cobra.Command, args []string) error {
			e, err := release.Withdraw(c.Context(), w.step(args[0]), reason)
			if err != nil {
				return err
			}
			return w.sayStep(e, args[0], config)
		},
	}
	configFlag(c, &config)
	c.Flags().StringVar(&reason, "reason", "", "why, in a `SENTENCE`; it is recorded")
	return c
}

func newReleaseCommand(w world) *cobra.Command {
	var keys keyFlags
	c := &cobra.Command{
		Use:   "release RUN",
		Short: "Release a run that has its approvals, so that it is in force",
		Long: `release puts the run in the folder RUN in force once it has the approvals that the terms
demand: runs/final leads to it, and the folder released/ beside runs/ has release.json and links to
its files. Anyone may release what was approved, its makers too: what it takes is in the approvals.
A release that was cut off is completed.`,
		Example: `  batch release level3-2004/runs/latest`,
		Args:    exactly("RUN"),
		RunE: func(c *cobra.Command, args []string) error {
			req := w.step(args[0])
			found, err := pipeline.FindRun(args[0])
			if err == nil {
				req.Signers, err = keys.of(filepath.Dir(found.Runs))
			}
			if err != nil {
				return err
			}
			e, before, err := release.Release(c.Context(), req)
			if err != nil {
				return err
			}
			if !before {
				w.report(filepath.Dir(found.Runs), e, keys.config)
			}
			err = w.sayReleased(e, filepath.Dir(found.Runs), before)
			exchange.Released(c.Context(), w.exchange(), filepath.Dir(found.Runs), keys.config)
			return err
		},
	}
	keys.add(c)
	return c
}

// report sends notices of a step, as the settings in a file say; "" sends none. What could not be
// sent is said, and changes nothing about the step.
func (w world) report(folder string, e ledger.Entry, config string) {
	if config == "" {
		return
	}
	p := printout.New(w.stderr)
	s, err := readSettings(config)
	var log *slog.Logger
	if err == nil {
		log, err = w.newLogger("auto")
	}
	if err != nil {
		p.Linef("warning: no notice was sent: %v", err)
		return
	}
	m := monitor.New(w.installation(), s, nil, log)
	m.Stepped(folder, e)
	m.Notices.Wait()
}

// sayStep says what was done with a run, and what it waits for now, here and to those whom the
// settings in a file name.
func (w world) sayStep(e ledger.Entry, path, config string) error {
	done := fmt.Sprintf("run %s is %s by %s", e.Run, e.Event, e.Actor)
	found, err := pipeline.FindRun(path)
	if err != nil {
		return pipeline.Unsaid(done, err)
	}
	folder := filepath.Dir(found.Runs)
	w.report(folder, e, config)
	waiting, err := release.WaitingIn(folder, w.now())
	if err != nil {
		return pipeline.Unsaid(done, err)
	}
	p := printout.New(w.stdout)
	p.Linef("%s", done)
	if waiting != nil {
		p.Linef("it waits for %s", waiting.WaitsFor())
		p.Linef("next: %s", nextStep(waiting, filepath.Join(found.Runs, e.Run)))
	}
	return pipeline.Unsaid(done, p.Err())
}

// sayReleased says what was released, and where it is.
func (w world) sayReleased(e ledger.Entry, folder string, before bool) error {
	done := fmt.Sprintf("run %s is released by %s", e.Run, e.Actor)
	if before {
		done = fmt.Sprintf("run %s was released by %s on %s; what was missing of it is made", e.Run, e.Actor,
			printout.ToTheSecond(e.At.In(offerfolder.ZoneOf(folder))))
	}
	p := printout.New(w.stdout)
	p.Linef("%s", done)
	for _, t := range e.Totals {
		p.Linef("  to wire  %s", printout.ToWire([]ledger.Total{t}))
	}
	p.Linef("  in       %s", filepath.Join(folder, "released", e.Run))
	return pipeline.Unsaid(done, p.Err())
}

// newApproval is what the flags of approve say.
type newApproval struct {
	keys                   keyFlags
	total, sign, signature string
	statement              bool
}

func newApproveCommand(w world) *cobra.Command {
	var a newApproval
	c := &cobra.Command{
		Use:   "approve RUN",
		Short: "Approve a submitted run, as a person who had no hand in it",
		Long: `approve shows what is to be approved of the run in the folder RUN: what is to be wired per
currency, how many instructions count, open findings, what differs from the run that was paid on
before, and who had a hand in it. The approver then types the total to wire in one currency, or
gives it with --total. What is approved is the digest of the run's manifest: anything new makes
another run, with approvals of its own.

Where the terms demand signed approvals, --sign signs with a private SSH key in a file. With a key
that has a passphrase, or is in an agent or on a token, save what --statement prints, sign it with
ssh-keygen -Y sign -n ` + release.Namespace + `, and give the result with --signature.` + whoIsWho,
		Example: `  batch approve level3-2004/runs/latest
  batch approve level3-2004/runs/latest --total "USD 948,207,713.82" --sign ~/.ssh/id_ed25519`,
		Args: exactly("RUN"),
		RunE: func(c *cobra.Command, args []string) error { return w.approve(c, args[0], a) },
	}
	flags := c.Flags()
	flags.StringVar(&a.total, "total", "", "the total to wire in one currency, such as `\"USD 1,234.56\"`, instead of typing it")
	flags.StringVar(&a.sign, "sign", "", "sign with the private SSH key in this `KEYFILE`")
	flags.StringVar(&a.signature, "signature", "", "the signature of the statement, in this `FILE`")
	flags.BoolVar(&a.statement, "statement", false, "only print the statement that is signed")
	a.keys.add(c)
	return c
}

// approve shows what is to be approved, and approves it once the total was typed.
func (w world) approve(c *cobra.Command, run string, a newApproval) error {
	if a.sign != "" && a.signature != "" {
		return usage(c, fmt.Errorf("--sign and --signature exclude one another"))
	}
	req := w.step(run)
	found, err := pipeline.FindRun(run)
	if err == nil {
		req.Signers, err = a.keys.of(filepath.Dir(found.Runs))
	}
	if err != nil {
		return err
	}
	s, err := release.Show(c.Context(), req)
	switch {
	case err != nil:
		return err
	case a.statement:
		_, err := fmt.Fprint(w.stdout, s.Text())
		return err
	}
	if err := printout.Statement(w.stdout, s); err != nil {
		return err
	}
	confirmed, err := w.confirm(c, s, a)
	if err != nil {
		return err
	}
	e, err := release.Approve(c.Context(), req, confirmed)
	if err != nil {
		return err
	}
	return w.sayStep(e, run, a.keys.config)
}

// confirm is what the approver confirms of a statement.
func (w world) confirm(c *cobra.Command, s *release.Statement, a newApproval) (confirmed release.Confirmed, err error) {
	confirmed.Manifest = s.Entry.Manifest
	switch {
	case s.Rule.Signed && a.sign == "" && a.signature == "":
		return confirmed, &offerfolder.UsageError{Message: "approvals of this offer must be signed: give your private SSH key " +
			"with --sign, or a signature of what --statement prints with --signature; nothing was approved"}
	case a.total == "" && w.ask == nil:
		return confirmed, &offerfolder.UsageError{Message: "nothing was approved: no person sits at a terminal to type the " +
			"total; give it with --total, such as --total \"USD 1,234.56\""}
	case a.total == "":
		a.total, err = w.ask(c.Context(), "Type the total to wire in one currency, such as USD 1,234.56; Enter alone ends:")
		if err != nil {
			return confirmed, err
		}
		if a.total == "" {
			return confirmed, &offerfolder.UsageError{Message: "nothing was approved, as no total was typed"}
		}
	}
	if confirmed.Typed, err = release.ParseTotal(a.total); err != nil {
		return confirmed, err
	}
	confirmed.Signature, err = signatureOf(s, a)
	return confirmed, err
}

// signatureOf is the signature that the flags give, nil for none.
func signatureOf(s *release.Statement, a newApproval) ([]byte, error) {
	file := a.sign + a.signature // one of them
	if file == "" {
		return nil, nil
	}
	content, err := disk.ReadFile(file, mostSignature)
	if err != nil {
		return nil, &offerfolder.UsageError{Message: fmt.Sprintf("%v; nothing was approved", err)}
	}
	if a.sign == "" {
		return content, nil
	}
	return release.Sign(s.Text(), content)
}
