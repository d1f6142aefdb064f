package ingest

import (
	"bytes"
	"fmt"
	"slices"

	"tenderbatch/internal/display"
	"tenderbatch/internal/headings"
	"tenderbatch/internal/inbox"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
)

// compareReports compares the incremental reports of each depositary: a later
// line replaces the earlier ones with its instruction number.
func compareReports(readings []*reading) {
	later := make(map[string]map[string]line) // by depositary and instruction
	for _, r := range slices.Backward(readings) {
		if !r.terms.depositary.Incremental {
			continue
		}
		lines := later[r.terms.depositary.Name]
		if lines == nil {
			lines = make(map[string]line)
			later[r.terms.depositary.Name] = lines
		}
		r.replaceBy(lines)
		for i := range r.lines.states {
			l := r.line(i)
			if _, newer := lines[l.instruction.ID]; !newer && l.instruction.ID != "" {
				lines[l.instruction.ID] = l
			}
		}
	}
}

// replaceBy removes the lines whose instruction is in a later report. A later
// line replaces the earlier even if it is rejected: the earlier is known to be out
// of date. Status and principal may change; but if the two cannot be the same
// tender, neither counts.
func (r *reading) replaceBy(later map[string]line) {
	for i := range r.lines.states {
		l := r.line(i)
		now, ok := later[l.instruction.ID]
		if !ok {
			continue
		}
		c, message := contradiction(l.instruction, now.instruction)
		if message == "" {
			if l.state.outcome == counted {
				r.replaced = append(r.replaced, *l.instruction)
			}
			l.state.outcome = replaced
			continue
		}
		l.contradicts(c, now, message)
		now.contradicts(c, l, message)
	}
}

// contradiction says what two reports of one instruction cannot both be right
// about, "" if there is nothing. What could not be read is rejected anyway.
func contradiction(was, now *tender.Instruction) (headings.Column, string) {
	switch {
	case was.Security != "" && now.Security != "" && was.Security != now.Security:
		return headings.ColSecurity, fmt.Sprintf("the security was %s, and in the later report it is %s", was.Security,
			now.Security)
	case !was.Received.IsZero() && !now.Received.IsZero() && !was.Received.Equal(now.Received):
		return headings.ColReceived, fmt.Sprintf("the time of receipt was %s, and in the later report it is %s",
			tender.WallTime(was.Received, was.Received.Location()),
			tender.WallTime(now.Received, now.Received.Location()))
	}
	return headings.NoColumn, ""
}

// contradicts rejects a line because of another report's.
func (l line) contradicts(c headings.Column, other line, message string) {
	l.state.outcome = rejected
	s, in := l.sheet, l.instruction
	if c == headings.ColReceived {
		c = s.layout.headings.First(headings.ReceivedAt)
	}
	s.found.reject(s.layout.finding(in, c, values.Fault{
		Rule: tender.RuleReports, Message: message + "; the other line is " + describePlace(other.instruction.Source),
		Advice: "ask the depositary which is right, and remove the wrong report from the inbox",
	}))
}

// describePlace names a row in a sentence.
func describePlace(s tender.Source) string {
	if s.Sheet == "" {
		return fmt.Sprintf("row %d of %s", s.Row, s.File)
	}
	return fmt.Sprintf("row %d of %s, sheet %s", s.Row, s.File, display.Quote(s.Sheet))
}

// noteSameContent notes files that hold the same under two names: one of them is
// probably not what its name says.
func noteSameContent(readings []*reading, files []inbox.Chosen) {
	for i := range files {
		for k := range files[:i] {
			if len(files[i].Content) == len(files[k].Content) && bytes.Equal(files[i].Content, files[k].Content) {
				readings[i].found.note("the file is identical to " + files[k].Name + "; check that the right file " +
					"was sent")
				break
			}
		}
	}
}

// unneeded lists the waivers that no line needed.
func unneeded(waivers []tender.Waiver, readings []*reading) (idle []tender.Waiver) {
	if len(waivers) == 0 {
		return nil
	}
	used := make(map[tender.Waiver]bool)
	for _, r := range readings {
		for i := range r.lines.states {
			if l := r.line(i); l.state.outcome == counted || l.state.outcome == rejected {
				for _, w := range l.instruction.Waived {
					used[w] = true
				}
			}
		}
	}
	for _, w := range waivers {
		if !used[w] {
			idle = append(idle, w)
		}
	}
	return idle
}
