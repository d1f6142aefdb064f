package pipeline

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/compare"
	"tenderbatch/internal/decimals"
	"tenderbatch/internal/display"
	"tenderbatch/internal/inbox"
	"tenderbatch/internal/ingest"
	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/parallel"
	"tenderbatch/internal/result"
	"tenderbatch/internal/schedule"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/settled"
	"tenderbatch/internal/tender"
)

// Intake is what one run read.
type Intake struct {
	src     *offerfolder.Source
	plan    schedule.Plan
	terms   *offerfile.Terms
	Offer   *tender.Offer
	AsOf    time.Time
	choice  inbox.Choice
	read    *ingest.Intake
	Book    *tender.Book
	settled settled.Settlements

	compared *comparison // with the earlier reports
	version  string
	now      time.Time
}

// Take reads the terms and the files of a request from the offer's folder and
// draws up the book.
func Take(ctx context.Context, req Request) (*Intake, error) {
	src := &offerfolder.Source{Folder: req.Folder, Now: req.Clock, Archive: req.archive}
	terms, err := src.Terms()
	if err != nil {
		return nil, err
	}
	if src.Inbox, err = offerfolder.ListInbox(req.Folder, req.Files); err != nil {
		return nil, err
	}
	return takeFrom(ctx, req, src, terms)
}

// takeFrom reads the files that a request needs and draws up the book.
func takeFrom(ctx context.Context, req Request, src *offerfolder.Source, terms *offerfile.Terms) (*Intake, error) {
	in := &Intake{src: src, plan: terms.Plan(), terms: terms, version: req.Version, now: req.Clock()}
	names, left, err := src.Names(terms.AsOf(in.now))
	if err != nil {
		return nil, err
	}
	if in.AsOf, err = instant(req, terms, names, in.now); err != nil {
		return nil, err
	}
	in.Offer = terms.AsOf(in.AsOf)
	if in.choice, err = inbox.Choose(in.Offer, names, in.AsOf); err != nil {
		return nil, err
	}
	in.choice.Leave(left)
	for i := range in.choice.Chosen {
		f := &in.choice.Chosen[i]
		if f.Content, err = src.File(f.Name); err != nil {
			return nil, err
		}
		f.Progress = req.progress(Reading)
	}
	if err := src.AwaitStable(ctx); err != nil {
		return nil, err
	}
	src.NoteSameContent(&in.choice)
	if in.read, err = ingest.Read(in.Offer, withPasswords(in.choice.Chosen, req.Getenv)); err != nil {
		return nil, err
	}
	if in.compared, err = in.compareReports(ctx, req); err != nil {
		return nil, err
	}
	if err := in.checkIdentifiers(); err != nil {
		return nil, err
	}
	if in.Book, err = tender.NewBook(in.Offer, in.tenders(), in.AsOf); err != nil {
		return nil, err
	}
	if in.settled, err = settled.Read(src, in.Offer); err == nil {
		err = in.settled.Fix(in.Offer, in.Book)
	}
	if err != nil {
		return nil, err
	}
	src.Own = len(src.Pieces)
	return in, in.compared.advise(in.Book.CheckOutstanding(in.Offer))
}

// checkIdentifiers compares identifiers once more if some count from earlier reports: they can be
// the same tenders under other numbers.
func (in *Intake) checkIdentifiers() error {
	if len(in.compared.carried) == 0 {
		return nil
	}
	return ingest.CheckIdentifiers(in.tenders())
}

// letGo frees the contents of the files: they are kept on the disk by now, and what is
// written needs the memory.
func (in *Intake) letGo() {
	in.src.Pieces = nil
	for i := range in.choice.Chosen {
		in.choice.Chosen[i].Content = nil
	}
}

// withPasswords are the files with the passwords of their depositaries. The
// files that were chosen stay without, since they are part of the outcome.
func withPasswords(chosen []inbox.Chosen, getenv func(string) string) []inbox.Chosen {
	files := slices.Clone(chosen)
	for i := range files {
		if name := files[i].Depositary.PasswordEnv; name != "" && getenv != nil {
			files[i].Password = getenv(name)
		}
	}
	return files
}

// Compute makes the run of what was read, up to the last figure.
func (in *Intake) Compute(ctx context.Context) (*result.Run, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	o, b := in.Offer, in.Book
	if err := cmp.Or(in.checkPriced(o), in.checkNext(), in.checkRates()); err != nil {
		return nil, err
	}
	prices, err := computedPrices(o)
	if err != nil {
		return nil, err
	}
	allocation, err := allocate.AllocateAt(o, b, settle.AllocationPrices(o, b))
	if err != nil {
		return nil, err
	}
	shown, prices, err := in.atClearing(allocation, prices)
	if err != nil {
		return nil, err
	}
	settlement, err := settle.Settle(o, b, allocation)
	if err != nil {
		return nil, err
	}
	if err := in.settled.CheckPaid(b, settlement); err != nil {
		return nil, err
	}
	r := &result.Run{
		Version: in.version, Offer: shown, Phase: o.PhaseAt(in.AsOf), AsOf: in.AsOf,
		Book: b, Allocation: allocation, Prices: prices, Settlement: settlement,
		Findings: in.rejects(), Inputs: in.inputs(),
		Warnings: slices.Concat(allocation.Warnings, settlement.Warnings, in.warnings(), priceWarnings(shown), in.rateWarnings(), in.pastDue(settlement)),
	}
	if err := in.checkFindings(r); err != nil {
		return nil, err
	}
	r.Snapshots = in.compared.inMoney(r)
	r.Invariants = in.check(r)
	r.Identity = identity(r)
	r.Name = runName(in.AsOf, o.Zone, r.Identity)
	slices.SortStableFunc(r.Findings, tender.CompareFindings) // after the identity, which has them by file
	return r, broken(r.Invariants)
}

// checkFindings is an error if a finding cannot be, or if a run must stop because of them.
func (in *Intake) checkFindings(r *result.Run) error {
	for i := range r.Findings {
		if err := r.Findings[i].Check(); err != nil {
			return err
		}
	}
	if err := in.checkStatusColumns(r.Phase); err != nil {
		return err
	}
	return in.checkRejected(r.Findings)
}

// check tests the invariants of R16, side by side.
func (in *Intake) check(r *result.Run) []tender.Invariant {
	checks := []func() []tender.Invariant{
		func() []tender.Invariant {
			return []tender.Invariant{checkRows(in, r), checkPrincipal(in), in.checkCarried(r)}
		},
		func() []tender.Invariant { return allocate.Check(in.Offer, r.Book, r.Allocation) },
		func() []tender.Invariant { return checkPrices(r) },
		func() []tender.Invariant { return settle.Check(r.Book, r.Allocation, r.Settlement) },
	}
	found := make([][]tender.Invariant, len(checks))
	_ = parallel.Each(0, len(checks), func(i int) error { found[i] = checks[i](); return nil }) // none fails
	return slices.Concat(found...)
}

// broken returns a *[tender.ControlError] for the first invariant that does not
// hold.
func broken(invariants []tender.Invariant) error {
	for _, inv := range invariants {
		if !inv.Holds {
			return &tender.ControlError{Rule: "R16", Message: fmt.Sprintf(
				"an invariant does not hold: %s (%s); internal error: please report it, with the input files", inv.Name,
				inv.Detail)}
		}
	}
	return nil
}

// rejects are those of the files and of the book, in the order of the files.
func (in *Intake) rejects() []tender.Finding {
	all := slices.Concat(in.read.Findings, in.Book.Findings, in.compared.findings, in.findLate())
	for i := range all {
		if f := &all[i]; f.Open() && !isCompared(f) && f.Rule != tender.RuleLate {
			if resolution := in.Offer.Resolution(f); resolution != nil {
				f.Resolved = resolution.String()
			}
		}
	}
	order := map[string]int{}
	for i, f := range in.choice.Chosen {
		order[f.Name] = i
	}
	for i, f := range in.compared.files {
		if _, used := order[f.Name]; !used {
			order[f.Name] = len(in.choice.Chosen) + i
		}
	}
	slices.SortStableFunc(all, func(x, y tender.Finding) int {
		return cmp.Or(
			cmp.Compare(order[x.Source.File], order[y.Source.File]),
			cmp.Compare(x.Source.Sheet, y.Source.Sheet),
			cmp.Compare(x.Source.Row, y.Source.Row),
			cmp.Compare(x.Rule, y.Rule))
	})
	return all
}

// inputs says of each file what became of its rows.
func (in *Intake) inputs() []result.Input {
	inputs := make([]result.Input, len(in.choice.Chosen))
	at := map[string]*result.Input{}
	for i, f := range in.choice.Chosen {
		digest := sha256.Sum256(f.Content)
		inputs[i] = result.Input{Depositary: f.Depositary.Name, File: f.Name, Reported: dayReported(f, in.Offer.Zone),
			SHA256: hex.EncodeToString(digest[:]), Bytes: int64(len(f.Content))}
		at[f.Name] = &inputs[i]
	}
	for _, report := range in.read.Reports {
		i := at[report.File]
		i.Sheet = report.SheetNames()
		for _, sheet := range report.Sheets {
			i.Unread = append(i.Unread, sheet.Unread...)
		}
		i.Rows += report.Rows
		i.Rejected += report.Rejected
	}
	for i := range in.Book.Lines {
		l := &in.Book.Lines[i]
		if l.Carried {
			continue // it counts from an earlier report
		}
		at[l.Source.File].Counted++
	}
	for file, sum := range in.countedPrincipal() {
		at[file].Principal = sum.Decimal()
	}
	for _, rej := range in.Book.Findings {
		if rej.Disposition == tender.LineRejected {
			at[rej.Source.File].Rejected++
		}
	}
	for i := range inputs {
		inputs[i].NotCounted = inputs[i].Rows - inputs[i].Counted - inputs[i].Rejected
	}
	return inputs
}

// checkRows tests that no row was lost: what the files hold is what was counted,
// not counted and rejected, each counted on its own (R16).
func checkRows(in *Intake, r *result.Run) tender.Invariant {
	inv := tender.Invariant{Name: "every row of every file is counted, not counted or rejected", Holds: true}
	notCounted := in.Book.NotYet + len(in.compared.aside)
	for i := range r.Findings {
		rej := &r.Findings[i]
		// another finding is on the row
		if rej.Disposition == tender.LineNotCounted && !isCompared(rej) && rej.Rule != tender.RuleNeverReported {
			notCounted++
		}
	}
	for _, report := range in.read.Reports {
		notCounted += report.Replaced
	}
	c := r.Counts()
	if c.Rows != c.Counted+notCounted+c.Rejected {
		inv.Holds = false
		inv.Detail = fmt.Sprintf("%d rows; %d counted, %d not counted, %d rejected", c.Rows, c.Counted, notCounted,
			c.Rejected)
	}
	return inv
}

// checkPrincipal tests of each file that no principal was lost: that of all rows
// where it can be read, added up as they were read, is what was counted, not
// counted and rejected, each added up on its own (R16).
func checkPrincipal(in *Intake) tender.Invariant {
	inv := tender.Invariant{Name: "the principal of every file is counted, not counted or rejected", Holds: true}
	balances := in.balances()
	for _, report := range in.read.Reports {
		b := balances[report.File]
		if !report.Principal.Equal(b.Counted.Add(b.NotCounted).Add(b.Rejected)) {
			inv.Holds = false
			inv.Detail = fmt.Sprintf("%s: %s in all; %s counted, %s not counted, %s rejected", report.File, report.Principal,
				b.Counted, b.NotCounted, b.Rejected)
			break
		}
	}
	return inv
}

// Balance is the principal of a file by what became of its rows, currencies
// mixed.
type Balance struct {
	Counted, NotCounted, Rejected decimal.Decimal
}

// balances adds up the principal of the lines that count, of those that the book
// leaves out, and of those that never were instructions.
func (in *Intake) balances() map[string]Balance {
	all := make(map[string]Balance, len(in.read.Reports))
	for _, report := range in.read.Reports {
		all[report.File] = Balance{Rejected: report.RejectedPrincipal,
			NotCounted: report.NotCountedPrincipal.Add(report.ReplacedPrincipal)}
	}
	for file, counted := range in.countedPrincipal() {
		b := all[file]
		b.Counted = counted.Decimal()
		all[file] = b
	}
	out := make(map[tender.Source]tender.Disposition, len(in.Book.Findings))
	for _, rej := range in.Book.Findings {
		if rej.Disposition != tender.LineRemarked {
			out[rej.Source] = rej.Disposition
		}
	}
	for line := range in.read.Instructions() {
		if len(out)+len(in.compared.aside) == 0 && !line.Received.After(in.AsOf) {
			continue // as nearly all
		}
		b := all[line.Source.File]
		switch {
		case out[line.Source] == tender.LineRejected:
			b.Rejected = b.Rejected.Add(line.Principal)
		case out[line.Source] == tender.LineNotCounted || line.Received.After(in.AsOf) || in.compared.aside[line.Source]:
			b.NotCounted = b.NotCounted.Add(line.Principal)
		}
		all[line.Source.File] = b
	}
	return all
}

// countedPrincipal adds up the lines of the book by file, without those that count from
// earlier reports.
func (in *Intake) countedPrincipal() map[string]*decimals.Sum {
	all := make(map[string]*decimals.Sum)
	for i := range in.Book.Lines {
		l := &in.Book.Lines[i]
		if l.Carried {
			continue
		}
		if all[l.Source.File] == nil {
			all[l.Source.File] = new(decimals.Sum)
		}
		all[l.Source.File].Add(l.Principal)
	}
	return all
}

// checkStatusColumns is a *[tender.ControlError] if a final run would take every row of a
// report for a tender because no column says its status, and the offer does not say that
// this is so: the column may only have another name.
func (in *Intake) checkStatusColumns(phase tender.Phase) error {
	if phase != tender.Final {
		return nil
	}
	for _, report := range in.read.Reports {
		d := in.depositary(report.Depositary)
		for _, sheet := range report.Sheets {
			if sheet.NoStatus && !d.NoStatus {
				return &tender.ControlError{Rule: tender.RuleNoStatus, Message: fmt.Sprintf(
					"%s: no column says what the status of a tender is, so withdrawn ones would be paid; name it in the offer "+
						"at depositary %s under columns (status: …), or write status: none there if its reports "+
						"list standing tenders only",
					report.File, report.Depositary)}
			}
		}
	}
	return nil
}

// depositary is the depositary of a name.
func (in *Intake) depositary(name string) tender.Depositary {
	for _, d := range in.Offer.Depositaries {
		if d.Name == name {
			return d
		}
	}
	return tender.Depositary{}
}

// pastDue warns of wires that are due on a day that has passed. Where those are the
// early tenders' and their settlement was made, the terms do not say so yet, and the
// wires would be sent twice.
func (in *Intake) pastDue(s *settle.Settlement) []tender.Warning {
	var all []tender.Warning
	for _, f := range s.Funding {
		if f.Status != settle.Due || !f.Date.Before(tender.DateOf(in.AsOf.In(in.Offer.Zone))) {
			continue
		}
		words := fmt.Sprintf("%s of %s %s due on %s, which has passed", display.Plural(f.Wires, "wire", "wires"),
			f.Currency, compare.Money(f.Total(), f.Currency), f.Date)
		if !in.settled.On(f.Date) {
			key := "interim"
			if f.Date == in.Offer.Settlement.Early {
				key = "early_run"
			}
			words += "; if that settlement was made, name its run under dates.settlement." + key + " before anything is " +
				"wired: otherwise it is paid twice"
		}
		all = append(all, tender.Warning{Code: tender.WarnPastDue, Message: words})
	}
	return all
}

// coded are warnings of one code.
func coded(code tender.WarningCode, messages []string) (all []tender.Warning) {
	for _, m := range messages {
		all = append(all, tender.Warning{Code: code, Message: m})
	}
	return all
}

// warnings are what a reader of the result should know beyond the figures.
func (in *Intake) warnings() []tender.Warning {
	var all []tender.Warning
	for _, report := range in.read.Reports {
		for _, sheet := range report.Sheets {
			if sheet.NoStatus && !in.depositary(report.Depositary).NoStatus {
				all = append(all, tender.Warnf(tender.WarnNoStatus,
					"%s: no column says what the status of a tender is, so every row counts as tendered", report.File))
			}
		}
		if report.HiddenRows > 0 {
			all = append(all, tender.Warnf(tender.WarnHiddenRows, "%s: hidden rows are read like the others: %d", report.File,
				report.HiddenRows))
		}
	}
	all = append(all, in.compared.unread()...)
	if in.Offer.PhaseAt(in.AsOf) == tender.Final {
		all = append(all, coded(tender.WarnQuietReport, in.quiet())...)
	}
	for _, m := range in.missingLastReports() {
		all = append(all, tender.Warnf(tender.WarnMissingReport, "the offer has expired, but %s", in.notLast(m)))
	}
	for _, w := range in.read.Unneeded {
		if in.compared.needs(w) {
			continue
		}
		all = append(all, tender.Warnf(tender.WarnWaiverNotNeeded,
			"the waiver of %s for instruction %s, by %s on %s, was not needed by any line", w.Rule, w.Instruction, w.By, w.On))
	}
	if in.Offer.PhaseAt(in.AsOf) == tender.Final {
		for _, c := range in.Offer.Conditions {
			if c.SatisfiedBy(in.Offer, in.Book) {
				continue
			}
			short := ""
			if c.Minimum != nil {
				short = " (" + c.Minimum.Words(in.Offer, in.Book) + ")"
			}
			all = append(all, tender.Warnf(tender.WarnCondition,
				"the condition %q is not satisfied%s: nothing may be paid until it is satisfied or waived", c.Name, short))
		}
	}
	return all
}
