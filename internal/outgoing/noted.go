package outgoing

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/display"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/tender"
)

// Noting is who writes an export where, for the history.
type Noting struct {
	Format  string
	To      string // path of the folder; "" for standard output
	Again   string // why it is written although wires of it were before; "": they were not
	Actor   ledger.Actor
	By      string // from where
	Version string // of the program
	Now     time.Time
}

// lockName is the lock of an offer's folder that an export holds from the look at the history until its entry is there.
const lockName = ".exports.lock"

// patience is how long another export of the offer is waited for.
const patience = 5 * time.Second

// IsPayments reports whether the files are payments for banks, which are in the history and not written twice.
func (e *Export) IsPayments() bool { return len(e.Files) > 0 && e.Files[0].id != "" }

// Note notes payments in the history, and has them written then. It is an error, with which nothing may be written, if one
// of their wires was exported before, unless a person says why it is all the same, or if something happened since the run
// was opened by which other payments may be due. there says of each file whether it is there already, with the same bytes;
// of an export that is there whole, nothing is noted again. Both are asked while no other export of the offer goes on; there
// and write may be nil, for none.
func (r *Run) Note(ctx context.Context, e *Export, n Noting, there func() ([]bool, error), write func([]bool) error) (err error) {
	runs := filepath.Dir(r.run.Folder())
	unlock, err := r.lockExports(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	have := make([]bool, len(e.Files))
	if there != nil {
		if have, err = there(); err != nil {
			return err
		}
	}
	whole := !slices.Contains(have, false) && len(have) > 0
	entry := ledger.Entry{At: n.Now, Event: ledger.Exported, By: n.By, Actor: n.Actor, Offer: r.run.Offer,
		Phase: r.run.Phase, Program: n.Version, Run: r.run.Run, Manifest: r.run.ManifestDigest(), Export: e.record(n)}
	entry.Message = words(entry.Export)
	log, err := ledger.OpenLog(runs)
	if err == nil {
		_, err = log.AppendIf(entry, func(entries []ledger.Entry) error {
			switch noted := slices.ContainsFunc(entries, func(o ledger.Entry) bool { return e.isIn(o, r.run.Run) }); {
			case whole && noted:
				return errNoted
			case whole:
				return nil
			}
			return errors.Join(r.overtaken(entries), r.MayWrite(entries, e, n.Again))
		})
	}
	var wrong *offerfolder.UsageError
	switch {
	case errors.Is(err, errNoted):
	case errors.As(err, &wrong):
		return err
	case err != nil:
		return fmt.Errorf("the export cannot be noted in the history, so nothing was written: %w", err)
	}
	if write == nil {
		return nil
	}
	return write(have)
}

// errNoted says that an export that is there is in the history.
var errNoted = errors.New("the export is in the history")

// overtaken is an error if the history says more than when the run was opened that has a bearing on what is due: a run that
// was published or released meanwhile, or payments of another one that were exported.
func (r *Run) overtaken(entries []ledger.Entry) error {
	for _, o := range entries[min(len(r.archive.Entries()), len(entries)):] {
		switch o.Event {
		case ledger.Published, ledger.Recovered, ledger.Restored, ledger.Released:
		case ledger.Exported:
			if o.Run == r.run.Run {
				continue // see MayWrite
			}
		default:
			continue
		}
		return refused("run %s was %s by %s while the payments of run %s were made; nothing was written: export again, of the "+
			"run in force", o.Run, o.Event, o.Actor, r.run.Run)
	}
	return nil
}

// lockExports keeps other exports of the offer away.
func (r *Run) lockExports(ctx context.Context) (unlock func() error, err error) {
	lock := flock.New(filepath.Join(r.Folder, lockName), flock.SetPermissions(disk.FileMode))
	waiting, stop := context.WithTimeout(ctx, patience)
	defer stop()
	held, err := lock.TryLockContext(waiting, 50*time.Millisecond)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded) || (err == nil && !held):
		return nil, &ledger.BusyError{Message: "another export of this offer goes on; wait until it is done, then export again"}
	case err != nil:
		return nil, fmt.Errorf("the export cannot be noted in the history, so nothing was written: %w", err)
	}
	return lock.Unlock, nil
}

// record is what the history has of an export.
func (e *Export) record(n Noting) *ledger.Export {
	x := &ledger.Export{Format: n.Format, To: n.To, Again: n.Again, Accounts: e.accounts, Wires: e.wires(),
		Messages: []ledger.ExportedMessage{}}
	for _, f := range e.Files {
		k := ledger.KeptOf(f.Name, f.Content)
		x.Messages = append(x.Messages, ledger.ExportedMessage{ID: f.id,
			File: ledger.File{Name: f.Name, SHA256: k.SHA256, Bytes: k.Bytes}})
	}
	return x
}

// wires are the references of all wires that the files pay.
func (e *Export) wires() []string {
	all := []string{}
	for _, f := range e.Files {
		all = append(all, f.wires...)
	}
	return all
}

// words says what was exported, for people.
func words(x *ledger.Export) string {
	var names []string
	for _, m := range x.Messages {
		names = append(names, m.ID)
	}
	to := "standard output"
	if x.To != "" {
		to = x.To
	}
	said := fmt.Sprintf("%s, %s (%s) to %s", x.Format, display.Plural(len(x.Wires), "wire", "wires"),
		strings.Join(names, ", "), to)
	if x.Again != "" {
		said += "; again: " + x.Again
	}
	return said
}

// isIn reports whether an entry notes the export of the same files of a run.
func (e *Export) isIn(o ledger.Entry, run string) bool {
	return o.Export != nil && o.Run == run && slices.Equal(o.Export.Messages, e.record(Noting{}).Messages)
}

// MayWrite is an error if wires of the export were exported before, or if a person says that they were and they were
// not.
func (r *Run) MayWrite(entries []ledger.Entry, e *Export, again string) error {
	before := r.Before(entries, e)
	switch {
	case before == "" && again != "":
		return refused("none of these wires was exported before; leave out --again and --wire")
	case before != "" && again == "":
		return refused("%s. If it was never sent to the bank, or was cancelled there, export it again and say why with "+
			"--again WHY, or those alone that the bank refused with --wire; nothing was written", before)
	}
	return nil
}

// Before says what of an export may have been paid already, when and by whom it was exported; "" if nothing was: its
// wires, payments of another run that this one does not count as paid (as their references have the day in them, they
// differ if that was moved), or what was sent to someone who is to be paid in addition and to pay back.
// What was exported of the run beside which these are paid in addition, and of those that it superseded, does not
// count.
func (r *Run) Before(entries []ledger.Entry, e *Export) string {
	paid, all := paidBefore(r.supersedes(), e.paid), e.twice
	last, first, n := exportedOf(entries, paid, e.wires())
	if n > 0 {
		all = append([]string{r.exportedBefore(last, first, n)}, all...)
	} else if other := uncounted(entries, paid, r.Offer.Settlement.Made(), r.run.Manifest); other != nil {
		all = append([]string{exportedElse(other)}, all...)
	}
	return strings.Join(all, "; ")
}

// uncounted is the last export of a run other than of, which that does not count as paid: it is neither among paid nor
// one of the settlements that were made; nil if there is none. A person who said why something is exported again has
// answered for what was before. What is paid by a final run is none of an earlier settlement's.
func uncounted(entries []ledger.Entry, paid map[string]bool, made []tender.Interim, of *ledger.Manifest,
) (last *ledger.Entry) {
	for i := range entries {
		o := &entries[i]
		if o.Export == nil {
			continue
		}
		if o.Export.Again != "" {
			last = nil
		}
		isMade := slices.ContainsFunc(made, func(m tender.Interim) bool { return m.Run == o.Run })
		isLater := o.Phase == string(tender.Final) && of.Phase != o.Phase
		if o.Run != of.Run && !paid[o.Run] && !isMade && !isLater {
			last = o
		}
	}
	return last
}

// exportedElse says that payments of another run were exported before by an entry.
func exportedElse(o *ledger.Entry) string {
	said := fmt.Sprintf("payments of run %s, which do not count as paid here, were exported before, last on %s by %s: %s",
		o.Run, o.At.UTC().Format("2006-01-02 15:04 UTC"), o.Actor, o.Message)
	if o.Phase != string(tender.Final) {
		said += "; if they were sent, name that run under dates.settlement (early_run, interim) and run again"
	}
	return said
}

// exportedOf finds which of some wires were exported before, but for those of runs that are known to be paid: how many,
// the first of them, and the last entry that has any.
func exportedOf(entries []ledger.Entry, paid map[string]bool, wires []string) (last ledger.Entry, first string, n int) {
	open := map[string]bool{}
	for _, reference := range wires {
		open[reference] = true
	}
	for _, o := range entries {
		if o.Export == nil || paid[o.Run] {
			continue
		}
		for _, reference := range o.Export.Wires {
			still, is := open[reference]
			if is {
				last = o
			}
			if still {
				if n++; n == 1 {
					first = reference
				}
				open[reference] = false
			}
		}
	}
	return last, first, n
}

// paidBefore are a run whose wires were paid, and those that it superseded, of those that a run supersedes, the last
// first.
func paidBefore(supersedes []string, paid string) map[string]bool {
	all := map[string]bool{}
	if at := slices.Index(supersedes, paid); at >= 0 {
		for _, name := range supersedes[at:] {
			all[name] = true
		}
	}
	return all
}

// exportedBefore says that wires were exported before, the last time by an entry.
func (r *Run) exportedBefore(o ledger.Entry, first string, n int) string {
	which := "the wire " + first + " was"
	if n > 1 {
		which = fmt.Sprintf("%d wires, of them %s, were", n, first)
	}
	of := ""
	if o.Run != r.run.Run {
		of = ", of run " + o.Run
	}
	return fmt.Sprintf("%s exported before, last on %s by %s%s: %s", which, o.At.UTC().Format("2006-01-02 15:04 UTC"),
		o.Actor, of, o.Message)
}

// Unnoted says that a run was paid of which the history does not say that it was exported; "" if it does, or if none is
// said to have been.
func (r *Run) Unnoted(e *Export) string {
	if e.paid == "" || slices.ContainsFunc(r.archive.Entries(), func(o ledger.Entry) bool {
		return o.Export != nil && o.Run == e.paid
	}) {
		return ""
	}
	return fmt.Sprintf("the history does not say that payments of run %s were exported: see whether the bank has got "+
		"them; if not, say --superseded unpaid", e.paid)
}

// History is what the history of the offer said when the run was opened.
func (r *Run) History() []ledger.Entry { return r.archive.Entries() }

// Elsewhere says what is to be done before payments are sent that were exported of a copy of an offer in a database, as
// another copy knows nothing of them; "" if the offer is in none, or if they are no payments.
func (r *Run) Elsewhere(e *Export) string {
	if !e.IsPayments() {
		return ""
	}
	if _, err := disk.In(r.Folder).Lstat(filepath.Join(r.Folder, offerfolder.PushedName)); err != nil {
		return ""
	}
	return fmt.Sprintf("%s is a copy of an offer in a database: run \"batch push\" before the files go to the bank, and send them only "+
		"if it succeeds, as another copy may have exported the same", r.Folder)
}
