package outgoing

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/accounts"
	"tenderbatch/internal/disk"
	"tenderbatch/internal/display"
	"tenderbatch/internal/export"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/payment"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// Superseded is what a person says of the runs that a run supersedes, that one and those before it: the
// name of the last one whose wires were sent, or one of these.
type Superseded string

// What can be said.
const (
	NotSaid Superseded = ""
	Paid    Superseded = "paid"   // the wires of the one that is superseded were sent
	Unpaid  Superseded = "unpaid" // no wire of any of them was sent, nor will be
)

// Payments are the messages for banks of a run.
type Payments struct {
	Messages []payment.Message
	Accounts string   // SHA-256 of accounts.csv, in hexadecimal
	Claims   []string // what is to be claimed back of wires that were sent, in words

	beside string   // the run that was paid, and beside which these are in addition; "" for none
	twice  []string // who is paid in addition and to pay back as well, in words
}

// Payments makes the messages of what is due by the run.
func (r *Run) Payments(superseded Superseded) (*Payments, error) {
	if err := r.Payable(); err != nil {
		return nil, err
	}
	p := &Payments{}
	order := &payment.Order{Offer: r.Doc.Offer, Run: r.Doc.Run, Issuer: r.Doc.Issuer, Made: r.Made()}
	paid, err := r.lastPaid(superseded)
	switch {
	case err != nil:
	case paid != "":
		p.beside = paid
		err = r.inAddition(order, p, paid)
	default:
		err = r.due(order)
	}
	if err != nil {
		return nil, err
	}
	if len(order.Wires) == 0 {
		return p, ErrNothingDue
	}
	if err := r.part(order); err != nil {
		return p, err
	}
	if order.Accounts, p.Accounts, err = r.accounts(); err != nil {
		return nil, err
	}
	p.Messages, err = payment.Messages(order)
	return p, err
}

// lastPaid is the run whose wires were sent last, of those that the run supersedes, by what a person says;
// "" if none was.
func (r *Run) lastPaid(said Superseded) (string, error) {
	names := r.supersedes()
	switch {
	case len(names) == 0:
		return "", r.unsuperseded(said)
	case said == Unpaid:
		return "", nil
	case said == NotSaid:
		which, other := "that run", ""
		if len(names) > 1 {
			which, other = names[0], " with --superseded RUN that it was another one of them that was paid last,"
		}
		return "", refused("run %s supersedes %s: say with --superseded paid that the wires of %s were sent, so that only "+
			"what is to be paid in addition is exported,%s or with --superseded unpaid that none was and none will be",
			r.Doc.Run, strings.Join(names, ", which superseded "), which, other)
	case said == Paid:
		return names[0], nil
	}
	if filepath.Base(string(said)) == string(said) {
		if found, err := pipeline.FindRun(filepath.Join(filepath.Dir(r.Path), string(said))); err == nil &&
			slices.Contains(names, found.Manifest.Run) {
			return found.Manifest.Run, nil
		}
	}
	return "", refused("--superseded is paid, unpaid or one of the runs that %s supersedes (%s), and not %q", r.Doc.Run,
		strings.Join(names, ", "), said)
}

// unsuperseded is an error unless a person says that of a run which was released before, and is not
// superseded by this one as a final run is, nothing was sent. If it was, the terms are to name it.
func (r *Run) unsuperseded(said Superseded) error {
	before, day, err := r.releasedBefore()
	switch {
	case err != nil:
		return err
	case said != NotSaid && (said != Unpaid || before == ""):
		return refused("run %s supersedes no run; leave out --superseded", r.Doc.Run)
	case said == NotSaid && before != "":
		return refused("run %s was released before and wires what is due on %s, too: if it was sent, name that run under "+
			"dates.settlement (early_run, interim) and run again; if nothing of it was sent, nor will be, say "+
			"--superseded unpaid", before, day)
	}
	return nil
}

// releasedBefore is the indicative run that was released last before this one and wires what is due on a
// day on which this one does, too, and that day; "" if there is none.
func (r *Run) releasedBefore() (name, day string, err error) {
	entries := r.archive.Entries()
	own := slices.IndexFunc(entries, func(e ledger.Entry) bool { return e.Event == ledger.Released && e.Run == r.run.Run })
	if own < 0 {
		own = len(entries)
	}
	for _, e := range slices.Backward(entries[:own]) {
		named := slices.ContainsFunc(r.Offer.Settlement.Made(), func(m tender.Interim) bool { return m.Run == e.Run })
		if e.Event != ledger.Released || e.Phase != string(tender.Indicative) || named {
			continue
		}
		run, err := r.archive.Run(e.Run)
		if errors.Is(err, ledger.ErrNoRun) {
			continue // it was deleted, long after its settlement
		}
		if err != nil {
			return "", "", err
		}
		other := &Run{run: run}
		if other.Offer, err = termsOf(run); err != nil {
			return "", "", err
		}
		for i := range r.Doc.Funding {
			f := &r.Doc.Funding[i]
			if f.Status == settle.Due && r.pays(f.SettlementDate) && other.pays(f.SettlementDate) {
				return e.Run, f.SettlementDate, nil
			}
		}
	}
	return "", "", nil
}

// supersedes are the runs that the run supersedes, the last one first: each superseded the next.
func (r *Run) supersedes() (names []string) {
	entries := r.archive.Entries()
	for name := r.Doc.Replaces; name != "" && !slices.Contains(names, name); {
		names = append(names, name)
		e, _ := ledger.PublishedAs(entries, name)
		name = e.Replaces
	}
	return names
}

// accounts reads accounts.csv of the offer.
func (r *Run) accounts() (*accounts.Book, string, error) {
	path := filepath.Join(r.Folder, accounts.FileName)
	content, err := disk.In(r.Folder).ReadFile(path, accounts.MostBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", fmt.Errorf("%s is missing: write into it the accounts of the participants and the one to pay from; "+
			"docs/exchange.md has its columns", path)
	}
	if err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256(content)
	book, err := accounts.Read(path, content)
	return book, hex.EncodeToString(sum[:]), err
}

// pays reports whether wires of a day are paid from the run.
func (r *Run) pays(day string) bool {
	if day == r.awaited {
		return false
	}
	if r.run.Phase == string(tender.Final) {
		return true
	}
	return slices.ContainsFunc(r.settlements(), func(d tender.Date) bool { return d.String() == day })
}

// overdue is an error if a run lists an earlier settlement as due whose day had passed when it was
// made: it was probably paid, and the terms do not name its run, so it would be paid twice.
func (r *Run) overdue() error {
	today := tender.DateOf(tender.Later(r.run.AsOf, r.Made()).In(r.Offer.Zone)) // a final run is as of the expiration
	days := []tender.Date{r.Offer.Settlement.Early}
	for _, i := range r.Offer.Settlement.Interim {
		days = append(days, i.On)
	}
	for i := range r.Doc.Funding {
		f := &r.Doc.Funding[i]
		for _, day := range days {
			if f.Status == settle.Due && f.SettlementDate == day.String() && !day.IsZero() && day.Before(today) &&
				r.pays(f.SettlementDate) {
				return refused("run %s lists %s in %s as due on %s, which had passed when it was made; if that settlement was "+
					"made, name its run under dates.settlement (early_run, interim) and run again, else give it a new day",
					r.Doc.Run, display.Plural(f.Wires, "wire", "wires"), f.Currency, day)
			}
		}
	}
	return nil
}

// due adds every wire that is due to an order.
func (r *Run) due(order *payment.Order) error {
	if err := r.overdue(); err != nil {
		return err
	}
	var a reading
	for i := range r.Doc.Wires {
		w := &r.Doc.Wires[i]
		if w.Status != settle.Due || !r.pays(w.SettlementDate) || a.amount(w.Total).IsZero() {
			continue
		}
		order.Wires = append(order.Wires, a.wire(w))
	}
	for i := range r.Doc.Funding {
		f := &r.Doc.Funding[i]
		if f.Status == settle.Due && r.pays(f.SettlementDate) {
			order.Totals = append(order.Totals,
				payment.Total{Currency: f.Currency, Date: a.date(f.SettlementDate), Amount: a.amount(f.Total)})
		}
	}
	return a.err
}

// changesSince are the changes of wires since a run that was superseded.
func (r *Run) changesSince(paid string) (*export.WireChangesJSON, error) {
	changes := r.Doc.WireChanges
	if changes == nil || changes.Superseded != paid {
		diff, err := pipeline.Diff(filepath.Join(filepath.Dir(r.Path), paid), r.Path, "")
		if err != nil {
			return nil, err
		}
		changes = export.WireChangesOf(diff.Wires)
	}
	if changes == nil {
		return nil, refused("run %s gave its wires no references, so what changed since is not known; pay by hand what differs",
			paid)
	}
	return changes, nil
}

// inAddition adds to an order what is due beside the wires that a run sent which was superseded.
func (r *Run) inAddition(order *payment.Order, p *Payments, paid string) error {
	changes, err := r.changesSince(paid)
	if err != nil {
		return err
	}
	_, unsent, err := r.unsent(paid)
	if err != nil {
		return err
	}
	var a reading
	back, more := map[payee]decimal.Decimal{}, []payment.Wire{}
	for i := range r.Doc.Wires {
		w := &r.Doc.Wires[i]
		if w.Status == settle.Due && r.pays(w.SettlementDate) && unsent(w.SettlementDate, w.Reference) {
			whole := a.wire(w)
			more = append(more, whole)
			order.Totals = append(order.Totals, payment.Total{Currency: w.Currency, Date: whole.Date, Amount: whole.Amount})
		}
	}
	for i := range changes.Wires {
		c := &changes.Wires[i]
		if unsent(c.SettlementDate, c.Reference) {
			continue // nothing of it was paid
		}
		w := payment.Wire{
			Reference: c.Reference, Depositary: c.Depositary, Participant: c.Participant, Name: c.ParticipantName,
			Currency: c.Currency, Date: a.date(c.SettlementDate), Amount: a.amount(c.Additional),
		}
		was, now := a.amount(c.Was), a.amount(c.Now)
		w.Further = !was.IsZero()
		switch rest := now.Sub(was); {
		case !rest.IsPositive():
			if rest.IsNegative() {
				back[payeeOf(&w)] = back[payeeOf(&w)].Sub(rest)
				p.Claims = append(p.Claims, fmt.Sprintf("claim back %s %s from %s %s, of the wire %s", c.Currency,
					display.Thousands(c.ClawBack), c.Depositary, c.Participant, c.Reference))
			}
		case c.Status == settle.Due && r.pays(c.SettlementDate):
			more = append(more, w)
			order.Totals = append(order.Totals, payment.Total{Currency: c.Currency, Date: w.Date, Amount: rest})
		}
	}
	order.Wires = append(order.Wires, more...)
	p.twice = twice(more, back)
	return a.err
}

// payee is who is paid in a currency.
type payee struct{ depositary, participant, currency string }

func payeeOf(w *payment.Wire) payee { return payee{w.Depositary, w.Participant, w.Currency} }

// twice says who would be paid wires in addition to what they were sent and are to pay back: with another day, a wire
// has another reference, and all of it would be paid once more.
func twice(more []payment.Wire, back map[payee]decimal.Decimal) (said []string) {
	for i := range more {
		w := &more[i]
		if sent := back[payeeOf(w)]; sent.IsPositive() {
			said = append(said, fmt.Sprintf("%s %s would be paid %s %s in addition to %s that was sent and is to be claimed "+
				"back: pay by hand what differs", w.Depositary, w.Participant, w.Currency,
				display.Thousands(tender.CashText(w.Amount, w.Currency)), display.Thousands(tender.CashText(sent, w.Currency))))
		}
	}
	return said
}

// reading reads texts of a result.json and remembers the first that is wrong.
type reading struct{ err error }

// wire is a wire of a result.json, to be paid whole.
func (a *reading) wire(w *export.WireJSON) payment.Wire {
	return payment.Wire{Reference: w.Reference, Depositary: w.Depositary, Participant: w.Participant, Name: w.ParticipantName,
		Currency: w.Currency, Date: a.date(w.SettlementDate), Amount: a.amount(w.Total)}
}

func (a *reading) date(s string) tender.Date {
	d, err := tender.ParseDate(s)
	a.err = errors.Join(a.err, err)
	return d
}

func (a *reading) amount(s string) decimal.Decimal {
	d, err := decimal.NewFromString(s)
	a.err = errors.Join(a.err, err)
	return d
}
