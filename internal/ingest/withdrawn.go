package ingest

import (
	"bytes"
	"fmt"
	"strings"

	"tenderbatch/internal/display"
	"tenderbatch/internal/headings"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
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

// withdrawnAnswer is what a column says of whether a tender was withdrawn: Y or N, TRUE or
// FALSE, or the words of the offer. In the column for the time such a word may stand instead
// of one. What is struck through is no answer.
func (r *rowReader) withdrawnAnswer(column headings.Column) (withdrawn, answered bool) {
	c := r.cells[column]
	if c == nil || (c.Formula && r.terms.depositary.Formulas != tender.StoredFormulas) ||
		(c.Struck != xlsx.NotStruck && !r.struckRow) {
		return false, false
	}
	switch text := values.Trimmed(c.Text); {
	case c.Kind == xlsx.Bool:
		return string(text) == "1", true
	case c.Kind == xlsx.Text && len(text) <= longestAnswer,
		c.Kind == xlsx.Number && r.terms.depositary.WithdrawnYes != "":
		withdrawn, answered = r.terms.answers[strings.ToLower(string(text))]
	}
	return withdrawn, answered
}

// answered takes the status from the answer of a column Withdrawn, if the row has one. A
// tender withdrawn without a time is taken to be withdrawn in time.
func (r *rowReader) answered(in *tender.Instruction, column headings.Column) (withdrawn, ok bool) {
	withdrawn, ok = r.withdrawnAnswer(column)
	if !ok {
		return false, false
	}
	r.totals.answeredRows++
	if r.cells[column].Formula {
		r.totals.formulas++
	}
	switch {
	case withdrawn && !r.layout.headings.Has(headings.ColStatus):
		in.Status = tender.Withdrawn
	case withdrawn && (in.Status == tender.Tendered || in.Status == tender.Pending):
		r.contradicts(column, fmt.Sprintf("but the status is %s", in.Status))
	case !withdrawn && in.Status == tender.Withdrawn && r.layout.headings.Has(headings.ColStatus):
		r.contradicts(column, "but the status is withdrawn")
	}
	return withdrawn, true
}

// contradicts rejects a row in which the answer of a column to whether the tender was
// withdrawn contradicts something else.
func (r *rowReader) contradicts(c headings.Column, other string) {
	says := display.Quote(values.Trim(string(r.cells[c].Text)))
	r.reject(c, values.NewFault(tender.RuleContradiction,
		fmt.Sprintf("the column %s says %s, %s", display.Quote(r.layout.headings.Heading(c)), says, other),
		"ask the depositary whether the tender was withdrawn"))
}

// isWithdrawn reads the column that says whether a tender was withdrawn, and compares it with
// the one beside it that says when.
func (r *rowReader) isWithdrawn(in *tender.Instruction, time presence) {
	if !r.layout.headings.Has(headings.ColIsWithdrawn) {
		return
	}
	withdrawn, ok := r.answered(in, headings.ColIsWithdrawn)
	when := display.Quote(r.layout.headings.Heading(r.layout.headings.First(headings.WithdrawnAt)))
	switch {
	case ok:
		r.totals.saysYes = r.totals.saysYes || withdrawn
		if !withdrawn && time == present {
			r.contradicts(headings.ColIsWithdrawn, "but "+when+" says that it was withdrawn")
		} else if withdrawn && time == blank && !r.layout.headings.Has(headings.ColStatus) {
			r.contradicts(headings.ColIsWithdrawn, "but "+when+" is blank")
		}
	case isFilled(r.cells[headings.ColIsWithdrawn]) && !r.terms.saysNothing(r.cells[headings.ColIsWithdrawn]):
		if text, usable := r.text(headings.ColIsWithdrawn); usable {
			r.reject(headings.ColIsWithdrawn, values.NewFault(tender.RuleTime,
				"it is not a known word for whether the tender was withdrawn",
				fmt.Sprintf("say what it means, in the offer at depositary %s: withdrawn: {yes: %q, no: …}; "+
					"if the column says how much was withdrawn, ask the depositary for the principal that is still "+
					"tendered", r.terms.depositary.Name, string(text))))
		}
	case time == present && !r.bad:
		r.totals.unanswered = append(r.totals.unanswered, len(r.lines.states)-1)
	}
}

// checkUnanswered rejects rows with a time of withdrawal whose answer to whether is blank,
// where the column says yes for others: there, blank means no.
func (t *sheetTotals) checkUnanswered() {
	if !t.saysYes {
		return
	}
	for _, i := range t.unanswered {
		if t.lines.states[i].outcome != counted {
			continue
		}
		t.found.reject(t.layout.finding(t.lines.instruction(i), headings.ColIsWithdrawn, values.Fault{
			Rule: tender.RuleContradiction,
			Message: fmt.Sprintf("there is a time of withdrawal, but the column %s, which says yes for other rows, "+
				"is blank",
				display.Quote(t.layout.headings.Heading(headings.ColIsWithdrawn))),
			Advice: "ask the depositary whether the tender was withdrawn",
		}))
		t.lines.reject(i)
	}
}

// noAnswer says, of a word in the column for the time of withdrawal that is neither a time
// nor a known answer, how the offer can say what it means; wrong where it is no word.
func (r *rowReader) noAnswer(c headings.Column, text []byte, wrong *values.Fault) *values.Fault {
	if c != headings.ColWithdrawn || r.cells[c].Kind != xlsx.Text || bytes.ContainsAny(text, "0123456789") {
		return wrong
	}
	return values.NewFault(tender.RuleTime, "the text is neither a time of withdrawal nor a known word for yes or no",
		fmt.Sprintf("say what it means, in the offer at depositary %s: withdrawn: {yes: %q, no: …}, or write the "+
			"time as 2004-11-12 16:59", r.terms.depositary.Name, string(text)))
}
