package batch

import (
	"fmt"
	"slices"
	"strings"

	"tenderbatch/internal/ingest"
	"tenderbatch/internal/tender"
)

// Explanation is the way of one row from its cells to the result.
type Explanation struct {
	ingest.Trace
	Window string          // the window and what it follows from, "" if there is none
	Result string          // what became of the row in the end
	Said   []tender.Reject // what the book says of it
}

// explain follows the rows that where names, as [ingest.Explain] does, into the
// book.
func (in *intake) explain(where string) ([]Explanation, error) {
	traces, err := ingest.Explain(in.offer, in.choice.Chosen, where)
	if err != nil {
		if explanations := in.explainEarlier(where); len(explanations) > 0 {
			return explanations, nil
		}
		return nil, err
	}
	explanations := make([]Explanation, len(traces))
	for i, t := range traces {
		explanations[i] = in.follow(t)
	}
	return explanations, nil
}

// explainEarlier follows the rows in the newest of the earlier reports that has them.
func (in *intake) explainEarlier(where string) (explanations []Explanation) {
	for _, f := range slices.Backward(in.compared.files) {
		if f.unread != "" {
			continue
		}
		content, err := f.piece.bytes()
		if err != nil {
			continue
		}
		f.Content = content
		traces, err := ingest.Explain(in.offer, []ingest.Chosen{f.Chosen}, where)
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
func (in *intake) followEarlierRow(t ingest.Trace) Explanation {
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
			e.Result = string(f.Standing) + " by " + f.Rule
		}
	}
	for i := range in.book.Lines {
		if l := &in.book.Lines[i]; l.Carried && l.Source == t.Source && l.ID == t.Instruction.ID {
			e.Result = fmt.Sprintf("counted from this earlier report: %s of series %s (%s)", l.Principal, l.Series, l.Window)
		}
	}
	return e
}

func (in *intake) follow(t ingest.Trace) Explanation {
	e := Explanation{Trace: t, Result: t.Outcome}
	if t.Instruction == nil {
		e.Result = "the row is " + t.Became
		return e
	}
	if !t.Instruction.Received.IsZero() {
		e.Window = in.window(*t.Instruction)
	}
	for _, rej := range in.book.Rejects {
		if rej.Source == t.Source {
			e.Said = append(e.Said, rej)
			e.Result = string(rej.Standing) + " by " + rej.Rule
		}
	}
	for _, f := range in.compared.findings {
		if f.Source == t.Source && f.Instruction == t.Instruction.ID {
			e.Said = append(e.Said, f)
		}
	}
	for i := range in.book.Lines {
		if l := &in.book.Lines[i]; l.Source == t.Source && !l.Carried {
			e.Result = fmt.Sprintf("counted: %s of series %s (R2: %s, R3: %s)", l.Principal, l.Series, l.Status, l.Window)
		}
	}
	if in.compared.aside[t.Source] {
		e.Result = "not counted: the tender counts as an earlier report has it"
	}
	read := t.Outcome == ingest.ToBook
	if read && t.Instruction.Received.After(in.asOf) {
		e.Result = "not counted: received after the instant of the run (R2)"
	}
	if !read && len(t.Rejects) > 0 {
		e.Result += " by " + strings.Join(rules(t.Rejects), ", ")
	}
	return e
}

// rules lists the codes of rejects, each once.
func rules(rejects []tender.Reject) (codes []string) {
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
func (in *intake) window(i tender.Instruction) string {
	o := in.offer
	shown := func(c tender.CutOff) string {
		return fmt.Sprintf("%s (%s)", c.At.In(o.Zone).Format("2006-01-02 15:04:05.000 MST"), strings.ReplaceAll(string(c.Boundary), "_", " "))
	}
	switch w := o.Window(i.Received); {
	case w == tender.Early:
		return "early: in time for the Early Tender Date, " + shown(o.Early)
	case w == tender.Late && o.Early.IsZero():
		return "late: in time for the Expiration Date, " + shown(o.Expiration) + "; the offer has no Early Tender Date"
	case w == tender.Late:
		return "late: after the Early Tender Date, " + shown(o.Early) + ", and in time for the Expiration Date, " + shown(o.Expiration)
	}
	return "expired: after the Expiration Date, " + shown(o.Expiration)
}
