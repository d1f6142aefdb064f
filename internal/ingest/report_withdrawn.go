package ingest

import (
	"bytes"
	"fmt"
	"strings"

	"tenderbatch/internal/ingest/xlsx"
	"tenderbatch/internal/tender"
)

// answers to whether a tender was withdrawn, by their words in small letters: those that
// are known, and before them those of the offer.
func withdrawnAnswers(d tender.Depositary) map[string]bool {
	all := map[string]bool{"y": true, "yes": true, "true": true, "n": false, "no": false, "false": false}
	if d.WithdrawnNo != "" {
		all[strings.ToLower(d.WithdrawnNo)] = false
	}
	if d.WithdrawnYes != "" {
		all[strings.ToLower(d.WithdrawnYes)] = true
	}
	return all
}

// longestAnswer is how many bytes an answer may have; what is longer is a time.
const longestAnswer = 15

// withdrawnAnswer is what the column for the time of withdrawal says instead of one: Y or
// N, TRUE or FALSE, or the words of the offer.
func (s *sheet) withdrawnAnswer() (withdrawn, answered bool) {
	c := s.cells[colWithdrawn]
	if c == nil || c.Formula && s.depositary.Formulas != tender.StoredFormulas {
		return false, false
	}
	switch text := trimmed(c.Text); {
	case c.Kind == xlsx.Bool:
		return string(text) == "1", true
	case c.Kind == xlsx.Text && len(text) <= longestAnswer, c.Kind == xlsx.Number && s.depositary.WithdrawnYes != "":
		withdrawn, answered = s.answers[strings.ToLower(string(text))]
	}
	return withdrawn, answered
}

// answered takes the status from the answer of a column Withdrawn, if the row has one. A
// tender withdrawn without a time is taken to be withdrawn in time.
func (s *sheet) answered(in *tender.Instruction) bool {
	withdrawn, ok := s.withdrawnAnswer()
	if !ok {
		return false
	}
	s.answeredRows++
	if s.cells[colWithdrawn].Formula {
		s.formulas++
	}
	says := quote(trim(string(s.cells[colWithdrawn].Text)))
	switch {
	case withdrawn && !s.layout.has(colStatus):
		in.Status = tender.Withdrawn
	case withdrawn && (in.Status == tender.Tendered || in.Status == tender.Pending):
		s.reject(colWithdrawn, &finding{ruleContradiction, fmt.Sprintf("the column %s says %s, but the status is %s", quote(s.layout.heading(colWithdrawn)), says, in.Status),
			"ask the depositary whether the tender was withdrawn"})
	case !withdrawn && in.Status == tender.Withdrawn:
		s.reject(colWithdrawn, &finding{ruleContradiction, fmt.Sprintf("the status is withdrawn, but the column %s says %s", quote(s.layout.heading(colWithdrawn)), says),
			"ask the depositary whether the tender was withdrawn"})
	}
	return true
}

// noAnswer says, of a word in the column for the time of withdrawal that is neither a time
// nor a known answer, how the offer can say what it means; wrong where it is no word.
func (s *sheet) noAnswer(c column, text []byte, wrong *finding) *finding {
	if c != colWithdrawn || s.cells[c].Kind != xlsx.Text || bytes.ContainsAny(text, "0123456789") {
		return wrong
	}
	return &finding{ruleTime, "the text is no time of withdrawal, nor a known word for yes or no",
		fmt.Sprintf("say what it means, in the offer at depositary %s: withdrawn: {yes: %q, no: …}, or write the time as 2004-11-12 16:59", s.depositary.Name, string(text))}
}
