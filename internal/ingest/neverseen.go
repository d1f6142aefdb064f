package ingest

import (
	"fmt"
	"strings"
	"time"

	"tenderbatch/internal/display"
	"tenderbatch/internal/inbox"
	"tenderbatch/internal/tender"
)

// findNeverReported looks, in the incremental reports of each depositary but its first,
// for withdrawals of instructions that none before has: the number may be wrong, and the
// tender that is meant still counts.
func findNeverReported(o *tender.Offer, readings []*reading) {
	before := make(map[string]*reportedBefore)
	for _, r := range readings {
		if !r.terms.depositary.Incremental {
			continue
		}
		b := before[r.terms.depositary.Name]
		if b == nil {
			b = &reportedBefore{ids: make(map[string]bool)}
			before[r.terms.depositary.Name] = b
			b.add(o, r, nil)
			continue
		}
		b.add(o, r, r.findNeverReported(o, b, readings))
	}
}

// reportedBefore is what the reports of a depositary before another have.
type reportedBefore struct {
	ids    map[string]bool
	newest time.Time // when the last of them was made, at the earliest
	file   string    // the last of them
}

// add adds a report. What is in doubt in it stays so if the next report repeats it.
func (b *reportedBefore) add(o *tender.Offer, r *reading, doubtful map[string]bool) {
	b.newest, _ = inbox.Reported(r.report.File, o.Zone)
	b.file = r.report.File
	for i := range r.lines.states {
		in := r.lines.instruction(i)
		if !doubtful[in.ID] {
			b.ids[in.ID] = true
		}
		for _, t := range []time.Time{in.Received, in.WithdrawnAt} {
			if t.After(b.newest) {
				b.newest = t
			}
		}
	}
}

// findNeverReported adds the findings on one report, and returns the instructions that are
// in doubt, also those that a later report has again.
func (r *reading) findNeverReported(o *tender.Offer, b *reportedBefore,
	readings []*reading) (doubtful map[string]bool) {
	doubtful = make(map[string]bool)
	for i := range r.lines.states {
		l := r.line(i)
		in := l.instruction
		if (in.Status != tender.Withdrawn && in.Status != tender.Rejected) || b.ids[in.ID] ||
			(l.state.outcome != counted && l.state.outcome != replaced) {
			continue
		}
		if !in.Received.After(b.newest) {
			doubtful[in.ID] = true
		}
		if l.state.outcome == counted {
			r.found.reject(neverReported(o, l, b, readings))
		}
	}
	return doubtful
}

// neverReported is the finding on a line. Of one that was received after the report before
// was made it is a remark: it came and went in between.
func neverReported(o *tender.Offer, l line, b *reportedBefore, readings []*reading) tender.Finding {
	in := l.instruction
	word := "withdrawn"
	if in.Status == tender.Rejected {
		word = "cancelled or rejected"
	}
	f := tender.Finding{
		Source: in.Source, Depositary: in.Depositary, Instruction: in.ID, Value: in.ID, Rule: tender.RuleNeverReported,
		Series: in.Series, Principal: in.Principal,
		Disposition: tender.LineNotCounted,
		Message: fmt.Sprintf("%s, and no earlier report of %s has it; it was received after %s was made", word,
			in.Depositary, b.file),
		Advice: "nothing to do, unless the depositary had reported it before",
	}
	if in.Received.After(b.newest) {
		return f
	}
	f.MustResolve = true
	f.Message = fmt.Sprintf("%s, and no earlier report of %s has it, though it was received %s, before %s was made: "+
		"the number may be wrong, and the tender that is meant still counts%s",
		word, in.Depositary, tender.WallTime(in.Received, o.Zone), b.file, mayBeMeant(in, readings))
	f.Advice = "ask the depositary which tender it is; if the report is right, write the outcome withdrawn under " +
		"resolutions in the offer"
	return f
}

// mayBeMeant names tenders that are like an instruction in all but their number.
func mayBeMeant(in *tender.Instruction, readings []*reading) string {
	var like []string
	for _, r := range readings {
		if r.terms.depositary.Name != in.Depositary {
			continue
		}
		for i := range r.lines.states {
			l := r.line(i)
			other := l.instruction
			if l.state.outcome == counted && other.Status == tender.Tendered && other.Series == in.Series &&
				other.Principal.Equal(in.Principal) && other.Received.Equal(in.Received) {
				like = append(like, fmt.Sprintf("%s in %s", display.Quote(other.ID), describePlace(other.Source)))
			}
		}
	}
	if len(like) == 0 {
		return ""
	}
	return "; with the same series, principal and time of receipt: " + strings.Join(like[:min(len(like), maxAlike)],
		", ")
}

// maxAlike is how many tenders a sentence names.
const maxAlike = 5
