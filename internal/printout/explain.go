package printout

import (
	"context"
	"fmt"
	"io"
	"strings"

	"tenderbatch/internal/compare"
	"tenderbatch/internal/display"
	"tenderbatch/internal/ingest"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/tender"
)

// Explanations follows the rows that where names. That some are rejected is
// what was asked, and no failure.
func Explanations(ctx context.Context, out io.Writer, e *pipeline.CheckResult, where string) error {
	explanations, err := e.Explain(ctx, where)
	if err != nil {
		return err
	}
	p := &Printer{w: out}
	for i, x := range explanations {
		if i > 0 {
			p.Linef("")
		}
		p.explanation(x)
	}
	return p.err
}

func (p *Printer) explanation(x pipeline.Explanation) {
	where := x.Source.File
	if x.Source.Sheet != "" {
		where += ", sheet " + x.Source.Sheet
	}
	hidden := ""
	if x.Hidden {
		hidden = ", hidden"
	}
	p.Linef("%s (%s), row %d%s: %s", where, x.Depositary, x.Source.Row, hidden, x.Became)
	for _, c := range x.Cells {
		p.tracedCell(c, x.Instruction != nil)
	}
	if x.Instruction == nil {
		p.Linef("  no instruction was read from it")
		return
	}
	p.Linef("the row: %s", x.Outcome)
	for _, r := range x.Findings {
		p.reason(r)
	}
	if x.Window != "" {
		p.Linef("the window: %s", x.Window)
	}
	for _, r := range x.Said {
		p.reason(r)
	}
	p.Linef("in the end: %s", x.Result)
	switch {
	case x.NotSaid != "":
		p.Linef("what it gets is not known, as no run can be made: %s", x.NotSaid)
	case x.Gets != nil:
		p.allotment(x.Gets)
	}
}

// allotment goes on from what counts to the wire.
func (p *Printer) allotment(a *pipeline.Allotment) {
	p.Linef("the series: %s, %s, %s tenders, in %s", a.Series.ID, LevelName(a.Offer, a.Series), a.Window, a.Series.Currency)
	times := ""
	if a.Factor != "" {
		times = " at the factor " + a.Factor
	}
	p.Linef("accepted: %s of %s%s, returned %s: %s", tender.Thousands(a.Accepted), tender.Thousands(a.Tendered), times,
		tender.Thousands(a.Tendered.Sub(a.Accepted)), a.Reason)
	if a.Payment == nil && !a.Series.HasPrice() {
		p.Linef("paid: not known yet, as the series has no price")
		return
	}
	if a.Payment == nil {
		p.Linef("paid: nothing")
		return
	}
	currency := a.Payment.Currency
	money := func(part string, amount string, price string) string {
		if price != "" {
			amount += " (" + price + " per 1,000)"
		}
		return part + " " + amount
	}
	parts := []string{money("consideration", compare.Money(a.Consideration, currency), a.Price)}
	if a.EarlyPrice != "" {
		parts = append(parts, money("early payment", compare.Money(a.EarlyPayment, currency), a.EarlyPrice))
	}
	parts = append(parts, money("accrued interest", compare.Money(a.AccruedInterest, currency), ""))
	p.Linef("cash: %s %s: %s", currency, compare.Money(a.Total(), currency), strings.Join(parts, ", "))
	p.Linef("%s: part of the payment of %s for series %s to participant %s of %s", a.Payment.Status,
		compare.Money(a.Payment.Total(), currency), a.Payment.Series,
		partyName(a.Payment.Participant, a.Payment.ParticipantName), a.Payment.Depositary)
	if w := a.Wire; w != nil {
		p.Linef("wire: %s, %s %s on %s, %s", w.Reference, currency, compare.Money(w.Total(), currency), w.Date,
			display.Plural(len(w.Payments), "payment", "payments"))
	}
}

// partyName is a participant with its name, if it is reported.
func partyName(number, name string) string {
	if name == "" {
		return number
	}
	return fmt.Sprintf("%s (%s)", number, oneLine(name))
}

// tracedCell is a cell in a sentence: what it holds, under which heading, and
// what it was read as.
func (p *Printer) tracedCell(c ingest.TracedCell, instruction bool) {
	heading, read := "no heading", "not read"
	if c.Heading != "" {
		heading = c.Heading
	}
	if c.Column != "" && instruction {
		read = "the " + strings.ReplaceAll(c.Column, "_", " ") + ": "
		if c.Read == "" {
			read += "not readable, or blank"
		} else {
			read += c.Read
		}
	}
	p.Linef("  %-5s %s: %s -> %s", c.Cell, heading, c.Holds, read)
}

func (p *Printer) reason(r tender.Finding) {
	at := ""
	if r.Cell != "" {
		at = r.Cell + ": "
	}
	p.Linef("  %s%s; %s [%s]", at, r.Message, r.Advice, r.Rule)
	if r.Waived != "" {
		p.Linef("    waived %s", r.Waived)
	}
}
