package batch

import (
	"fmt"
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
		return nil, err
	}
	explanations := make([]Explanation, len(traces))
	for i, t := range traces {
		explanations[i] = in.follow(t)
	}
	return explanations, nil
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
	for i := range in.book.Lines {
		if l := &in.book.Lines[i]; l.Source == t.Source {
			e.Result = fmt.Sprintf("counted: %s of series %s (R2: %s, R3: %s)", l.Principal, l.Series, l.Status, l.Window)
		}
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
