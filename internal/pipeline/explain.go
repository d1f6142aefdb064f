package pipeline

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/display"
	"tenderbatch/internal/export"
	"tenderbatch/internal/inbox"
	"tenderbatch/internal/ingest"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// Explanation is the way of one row from its cells to the result.
type Explanation struct {
	ingest.Trace
	Window string           // the window and what it follows from, "" if there is none
	Result string           // what became of the row in the end
	Said   []tender.Finding // what the book says of it

	Gets    *Allotment // what it gets; nil if it does not count, or that cannot be said
	NotSaid string     // why it cannot be said, "" if it can
}

// Allotment is what one instruction that counts gets, from its series to its wire.
type Allotment struct {
	Series   tender.Series
	Offer    *tender.Offer
	Window   tender.Window
	Tendered decimal.Decimal // principal, as is Accepted
	Accepted decimal.Decimal
	Reason   allocate.Reason

	// As text, such as 0.899275 and 867.5; "" for what was not used.
	Factor, Price, EarlyPrice string

	settle.Line                 // cash
	Payment     *settle.Payment // that it is part of; nil if nothing is paid
	Wire        *settle.Wire    // that the payment is part of
}

// explain follows the rows that where names, as [ingest.Explain] does, into the
// book.
func (in *Intake) explain(ctx context.Context, where string) ([]Explanation, error) {
	traces, err := ingest.Explain(in.Offer, in.choice.Chosen, where)
	if err != nil {
		if explanations := in.explainEarlier(where); len(explanations) > 0 {
			return in.toTheWire(ctx, explanations)
		}
		return nil, err
	}
	explanations := make([]Explanation, len(traces))
	for i, t := range traces {
		explanations[i] = in.follow(t)
	}
	return in.toTheWire(ctx, explanations)
}

// toTheWire follows the rows that count to what they get. That takes the result of the
// whole book, so it is worked out only if one of them counts.
func (in *Intake) toTheWire(ctx context.Context, explanations []Explanation) ([]Explanation, error) {
	lines := make([]int, len(explanations))
	for i := range explanations {
		lines[i] = in.lineOf(&explanations[i])
	}
	if !slices.ContainsFunc(lines, func(line int) bool { return line >= 0 }) {
		return explanations, nil
	}
	r, err := in.Compute(ctx)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	for i, line := range lines {
		switch {
		case line < 0:
		case err != nil:
			explanations[i].NotSaid = err.Error()
		default:
			explanations[i].Gets = allotment(r, line)
		}
	}
	return explanations, nil
}

// lineOf is the position in the book of the line that a row became, -1 if it is not there.
func (in *Intake) lineOf(e *Explanation) int {
	if e.Instruction == nil {
		return -1
	}
	return slices.IndexFunc(in.Book.Lines, func(l tender.Line) bool {
		return l.Source == e.Source && l.ID == e.Instruction.ID && l.Depositary == e.Depositary
	})
}

// allotment is what a line of the book gets.
func allotment(r *result.Run, line int) *Allotment {
	l := &r.Book.Lines[line]
	a := &Allotment{
		Offer: r.Offer, Window: l.Window, Tendered: l.Principal, Accepted: r.Allocation.Lines[line].Accepted,
		Reason: r.Allocation.Lines[line].Reason, Line: r.Settlement.Lines[line],
	}
	if at, ok := r.Offer.SeriesByID(l.Series); ok {
		a.Series = r.Offer.Series[at]
	}
	a.Factor, a.Price, a.EarlyPrice = export.UsedFor(r, line)
	if a.Line.Payment < 0 {
		return a
	}
	a.Payment = &r.Settlement.Payments[a.Line.Payment]
	for i := range r.Settlement.Wires {
		if w := &r.Settlement.Wires[i]; w.Reference == a.Payment.Reference && w.Status == a.Payment.Status {
			a.Wire = w
		}
	}
	return a
}

// explainEarlier follows the rows in the newest of the earlier reports that has them.
func (in *Intake) explainEarlier(where string) (explanations []Explanation) {
	for _, f := range slices.Backward(in.compared.files) {
		if f.unread != "" {
			continue
		}
		content, err := f.piece.Bytes()
		if err != nil {
			continue
		}
		f.Content = content
		traces, err := ingest.Explain(in.Offer, []inbox.Chosen{f.Chosen}, where)
		if err != nil {
			continue
		}
		for _, t := range traces {
			explanations = append(explanations, in.followEarlierRow(t))
		}
		return explanations
	}
	return nil
}

// followEarlierRow says what became of a row of an earlier report.
func (in *Intake) followEarlierRow(t ingest.Trace) Explanation {
	e := Explanation{Trace: t, Result: "not used: a newer report took the place of this one, which is compared with it"}
	if t.Instruction == nil {
		return e
	}
	if !t.Instruction.Received.IsZero() {
		e.Window = in.window(*t.Instruction)
	}
	for _, f := range in.compared.findings {
		if f.Source == t.Source && f.Instruction == t.Instruction.ID {
			e.Said = append(e.Said, f)
			e.Result = string(f.Disposition) + " by " + f.Rule
		}
	}
	for i := range in.Book.Lines {
		if l := &in.Book.Lines[i]; l.Carried && l.Source == t.Source && l.ID == t.Instruction.ID {
			e.Result = fmt.Sprintf("counted from this earlier report: %s of series %s (%s)", display.Thousands(l.Principal.String()), l.Series, l.Window)
		}
	}
	return e
}

func (in *Intake) follow(t ingest.Trace) Explanation {
	e := Explanation{Trace: t, Result: t.Outcome}
	if t.Instruction == nil {
		e.Result = "the row is " + t.Became
		return e
	}
	if !t.Instruction.Received.IsZero() {
		e.Window = in.window(*t.Instruction)
	}
	for _, rej := range in.Book.Findings {
		if rej.Source == t.Source {
			e.Said = append(e.Said, rej)
			e.Result = string(rej.Disposition) + " by " + rej.Rule
		}
	}
	for _, f := range in.compared.findings {
		if f.Source == t.Source && f.Instruction == t.Instruction.ID {
			e.Said = append(e.Said, f)
		}
	}
	for i := range in.Book.Lines {
		if l := &in.Book.Lines[i]; l.Source == t.Source && !l.Carried {
			e.Result = fmt.Sprintf("counted: %s of series %s (R2: %s, R3: %s)", display.Thousands(l.Principal.String()), l.Series,
				l.Status, l.Window)
		}
	}
	if in.compared.aside[t.Source] {
		e.Result = "not counted: the tender counts as an earlier report has it"
	}
	read := t.Outcome == ingest.ToBook
	if read && t.Instruction.Received.After(in.AsOf) {
		e.Result = "not counted: received after the instant of the run (R2)"
	}
	if !read && len(t.Findings) > 0 {
		e.Result += " by " + strings.Join(rules(t.Findings), ", ")
	}
	return e
}

// rules lists the codes of rejects, each once.
func rules(rejects []tender.Finding) (codes []string) {
	seen := map[string]bool{}
	for _, r := range rejects {
		if !seen[r.Rule] {
			codes = append(codes, r.Rule)
		}
		seen[r.Rule] = true
	}
	return codes
}

// window says in which window an instruction is, and by which deadline.
func (in *Intake) window(i tender.Instruction) string {
	o := in.Offer
	shown := func(c tender.CutOff) string {
		return fmt.Sprintf("%s (%s)", tender.WallTime(c.At, o.Zone), strings.ReplaceAll(string(c.Boundary), "_", " "))
	}
	switch w := o.Window(i.Received); {
	case w == tender.Early:
		return "early: in time for the Early Tender Date, " + shown(o.Early)
	case w == tender.Late && o.Early.IsZero():
		return "late: in time for the Expiration Date, " + shown(o.Expiration) + "; the offer has no Early Tender Date"
	case w == tender.Late:
		return "late: after the Early Tender Date, " + shown(o.Early) + ", and in time for the Expiration Date, " +
			"" + shown(o.Expiration)
	}
	return "expired: after the Expiration Date, " + shown(o.Expiration)
}
