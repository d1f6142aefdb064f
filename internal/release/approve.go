package release

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/display"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/tender"
)

// Statement is what an approver is shown of a run, and approves.
type Statement struct {
	Issuer string
	Zone   *time.Location // of the offer
	Entry  ledger.Entry   // the approval as it would be noted, without what the approver types
	Rule   *tender.ReleaseRule
	Makers []ledger.Maker
	Before []ledger.Entry // the approvals there are
}

// Confirmed is what an approver confirms of a statement.
type Confirmed struct {
	Manifest  string        // digest of the manifest of the run that was shown
	Typed     ledger.Amount // the total to wire in one currency, as the approver typed it
	Signature []byte        // of [Statement.Text], as OpenSSH armors it; nil for none
}

// Show is what the actor of a request would approve. It is an error if they may not.
func Show(ctx context.Context, req Request) (s *Statement, err error) {
	_, err = req.locked(ctx, func(d *desk) (e ledger.Entry, err error) {
		s, err = d.statement()
		return e, err
	})
	return s, err
}

// Approve approves a run that was submitted, as a person who had no hand in it and has seen what
// [Show] shows. Whether they may is decided again: what was shown may be old.
func Approve(ctx context.Context, req Request, c Confirmed) (ledger.Entry, error) {
	return req.locked(ctx, func(d *desk) (ledger.Entry, error) {
		s, err := d.statement()
		if err != nil {
			return ledger.Entry{}, err
		}
		e := s.Entry
		if c.Manifest != e.Manifest {
			return ledger.Entry{}, refused("run %s is not the one that was shown: its manifest is %s, and %s was shown", e.Run,
				e.Manifest, orNone(c.Manifest))
		}
		if err := confirms(c.Typed, e.Totals); err != nil {
			return ledger.Entry{}, err
		}
		if len(c.Signature) > 0 && !req.Signers.Known() {
			return ledger.Entry{}, refused("a signature was given, and no keys are known to check it; name them under " +
				"signers in batch.yaml")
		}
		e.Approval.Typed, e.Approval.Signature = c.Typed, strings.TrimSpace(string(c.Signature))
		if err := req.Signers.check(e, d.Rule.Signed); err != nil {
			return ledger.Entry{}, refused("%v", err)
		}
		return d.note(e)
	})
}

// statement is what the actor would approve. It is an error if they may not.
func (d *desk) statement() (*Statement, error) {
	if err := d.inTurn(); err != nil {
		return nil, err
	}
	run, who := d.run.Manifest.Run, d.req.Actor
	if m := d.Hand(who); m != nil {
		return nil, refused("%s had a hand in run %s since the run in force (%s), and who did approves nothing; it waits "+
			"for %s",
			who, run, act(m), d.WaitsFor())
	}
	switch {
	case d.State != Submitted && d.State != Approved:
		return nil, refused("run %s is %s: it waits for %s", run, d.State, d.WaitsFor())
	case d.HasApproved(who):
		return nil, refused("%s has approved run %s already; two approvals are by two people", who, run)
	case d.State == Approved:
		return nil, refused("run %s has its approvals; it waits for %s", run, d.WaitsFor())
	}
	figures, err := figuresOf(d.run)
	if err != nil {
		return nil, err
	}
	e := d.entry(ledger.Approved, "")
	e.Counts, e.Totals = figures.counts, figures.totals
	if e.Approval, err = d.against(); err != nil {
		return nil, err
	}
	return &Statement{Issuer: figures.issuer, Zone: d.terms.Zone(), Entry: e, Rule: d.Rule, Makers: d.Makers, Before: d.Approvals}, nil
}

// act says how a maker had a hand in a run.
func act(m *ledger.Maker) string {
	of, digest, _ := strings.Cut(m.Of, " ")
	if len(digest) != 64 {
		of = m.Of
	}
	return strings.TrimSpace(string(m.Did) + " " + of)
}

// confirms is an error if a typed amount is none of the totals to wire.
func confirms(typed ledger.Amount, totals []ledger.Total) error {
	for _, t := range totals {
		if t.Currency != typed.Currency {
			continue
		}
		if equal(typed.Amount, t.ToWire) {
			return nil
		}
		return refused("%s %s was typed, and it is not the total to wire in %s: look again at what is to be approved",
			typed.Currency, display.Thousands(typed.Amount), typed.Currency)
	}
	return refused("the run wires nothing in %q; type a total with its currency, such as USD 1234.56",
		typed.Currency)
}

func equal(a, b string) bool {
	x, errX := decimal.NewFromString(a)
	y, errY := decimal.NewFromString(b)
	return errX == nil && errY == nil && x.Equal(y)
}

// total is a total as an approver types it. Separators are at the thousands or nowhere: who writes
// 1234,56 means another sum than 123456.
var total = regexp.MustCompile(`^([A-Za-z]{3}) +((?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]+)?)$`)

// ParseTotal reads a total as an approver types it: the currency, then the amount, which may have
// separators of thousands.
func ParseTotal(text string) (ledger.Amount, error) {
	typed := total.FindStringSubmatch(strings.TrimSpace(text))
	if typed == nil {
		return ledger.Amount{}, refused("%q is no total; write the currency and the amount, such as USD 1,234.56", text)
	}
	return ledger.Amount{Currency: strings.ToUpper(typed[1]), Amount: strings.ReplaceAll(typed[2], ",", "")}, nil
}

// Text is the statement that an approver signs.
func (s *Statement) Text() string { return textOf(s.Entry) }

// textOf is the statement that is signed with an approval: all of it is in the entry.
func textOf(e ledger.Entry) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("I approve this run to be paid on.")
	line("offer: %s", e.Offer)
	line("run: %s, %s, as of %s", e.Run, e.Phase, e.AsOf.UTC().Format(time.RFC3339Nano))
	line("manifest: SHA-256 %s", e.Manifest)
	for _, t := range e.Totals {
		line("to wire: %s %s", t.Currency, t.ToWire)
	}
	line("instructions: %d", e.Counts.Counted)
	line("open findings: %d", e.Counts.Open)
	line("compared with: %s", orNone(e.Approval.Against))
	line("approver: %s %s", e.Actor.Kind, e.Actor.Name)
	return b.String()
}
