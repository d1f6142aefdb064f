package ingest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"tenderbatch/internal/display"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// Rows can be left out of what is read although a person sees that they are there, or that
// they should be: a line that is in one cell, a notice that an export was cut, rows on
// another sheet.

// cutNoticeText is what programs write into a report whose rows they did not all write.
var cutNoticeText = regexp.MustCompile(`(?i)\btruncated?\b|\btruncation\b|` +
	`\b(only|first|top|limit(ed)? (of|to)) (the )?(first )?` +
	`[0-9][0-9,.' ]* (rows|records|lines|results|items|instructions)\b|` +
	`\b(row|record|result|size|export|display) limit\b|\bmax(imum|\.)? (number of )?(rows|records|lines|results|size)\b|` +
	`\btimed?[ -]?out\b|\bnot all (rows|records|lines|results|instructions)\b|` +
	`\bincomplete (report|export|file|data|results?)\b|` +
	`\b(more|further|additional|remaining) (rows|records|lines|results|instructions)\b|` +
	`^\W*(error|exception|fatal)\b\W|\bORA-[0-9]{4,5}\b|\b(export|query|report) (was )?(aborted|cancell?ed|interrupted)\b`)

// besideSheet is what the first rows of a sheet show that may not be read.
type besideSheet struct {
	rows bool // a row with a security of the offer and a time of day, as tenders have
	data bool // a row below the first has a digit
}

// add takes the next of the first rows.
func (b *besideSheet) add(row *xlsx.Row, first bool, known *values.Securities) {
	security, clock := false, false
	for i := range row.Cells {
		c := &row.Cells[i]
		if !isFilled(c) {
			continue
		}
		b.data = b.data || (!first && strings.ContainsAny(string(c.Text), "0123456789"))
		if c.Kind == xlsx.Text {
			_, listed := known.Listed[strings.ToUpper(values.Trim(string(c.Text)))]
			security, clock = security || listed, clock || clockText.Match(c.Text)
		}
		clock = clock || (c.Kind == xlsx.Number && c.Format == xlsx.DateTime && strings.Contains(string(c.Text), "."))
	}
	b.rows = b.rows || (security && clock)
}

var clockText = regexp.MustCompile(`[0-9]:[0-9]{2}`)

// checkBeside stops on a sheet that is not read and holds tenders without headings, as
// programs go on with on a second sheet, or a list of what was withdrawn.
func (r *reading) checkBeside(chosen, all []peeked) {
	for _, p := range all {
		if isAmong(chosen, p.table.name) || slices.Contains(r.terms.depositary.Skip, p.table.name) ||
			isControlSheet(p.table.name) || p.best == nil {
			continue
		}
		what := ""
		switch {
		case p.beside.rows && len(p.best.Missing) > 0:
			what = "rows like those of tenders, without the headings"
		case p.beside.data && (values.SpeaksOfWithdrawal([]byte(p.table.name)) || p.best.ListsWithdrawals()):
			what = "what looks like a list of tenders that were withdrawn or cancelled"
		default:
			continue
		}
		r.found.fault(p.table.name, tender.FileFault{Rule: tender.RuleSheet,
			Message: "the sheet is not read, and it holds " + what,
			Advice: fmt.Sprintf("ask the depositary for one sheet that has all rows, with their status; or, if the "+
				"rows that are read say the same, name it in the offer at depositary %s: skip_sheets: [%s]",
				r.terms.depositary.Name, display.Quote(p.table.name))})
	}
}
