package export

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
)

// WriteInstructions writes instructions.csv: one line for each instruction that
// counts, in the order of the book.
func WriteInstructions(w io.Writer, r *Run) error {
	const headings = "instruction,depositary,participant,series,currency,window,received,tendered,accepted,returned,reason,consideration,early_payment,accrued_interest,total,file,sheet,row"
	return writeCSV(w, headings, len(r.Book.Lines), func(i int) []string {
		l := &r.Book.Lines[i]
		currency := r.currencyOf(l.Series)
		decided, paid := r.Allocation.Lines[i], r.Settlement.Lines[i]
		return []string{
			guard(l.ID), guard(l.Depositary), guard(l.Participant), guard(l.Series), guard(currency), string(l.Window),
			stamp(l.Received, r.Offer.Zone),
			l.Principal.String(), decided.Accepted.String(), l.Principal.Sub(decided.Accepted).String(),
			guard(reason(l, decided.Reason)),
			cashText(paid.Consideration, currency), cashText(paid.EarlyPayment, currency),
			cashText(paid.AccruedInterest, currency), cashText(paid.Total(), currency),
			guard(l.Source.File), guard(l.Source.Sheet), strconv.Itoa(l.Source.Row),
		}
	})
}

// WritePayments writes payments.csv: what each participant is paid for each
// series on each day.
func WritePayments(w io.Writer, r *Run) error {
	const headings = "participant,series,currency,settlement_date,accepted,consideration,early_payment,accrued_interest,total"
	return writeCSV(w, headings, len(r.Settlement.Payments), func(i int) []string {
		p := &r.Settlement.Payments[i]
		return []string{
			guard(p.Participant), guard(p.Series), guard(p.Currency), p.Date.String(), p.Accepted.String(),
			cashText(p.Consideration, p.Currency), cashText(p.EarlyPayment, p.Currency),
			cashText(p.AccruedInterest, p.Currency), cashText(p.Total(), p.Currency),
		}
	})
}

// WriteRejects writes rejects.csv: the findings about lines of the inputs, in
// the order of the run.
func WriteRejects(w io.Writer, r *Run) error {
	return writeCSV(w, "file,sheet,row,column,value,rule,message,waived", len(r.Rejects), func(i int) []string {
		rej := &r.Rejects[i]
		return []string{
			guard(rej.Source.File), guard(rej.Source.Sheet), strconv.Itoa(rej.Source.Row),
			guard(rej.Column), guard(rej.Value), guard(rej.Rule), guard(rej.Message), guard(rej.Waived),
		}
	})
}

// writeCSV writes headings and rows one by one, so that a long list is never whole
// in memory.
func writeCSV(w io.Writer, headings string, count int, row func(i int) []string) error {
	out := csv.NewWriter(w)
	if err := out.Write(strings.Split(headings, ",")); err != nil {
		return err
	}
	for i := range count {
		if err := out.Write(row(i)); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// guard puts an apostrophe before text that a spreadsheet would run as a
// formula when it opens the CSV.
func guard(s string) string {
	s = clean(s)
	if runs(s) {
		return "'" + s
	}
	return s
}

// PlainText is the text of a cell of one of the CSV files without the
// apostrophe that keeps a spreadsheet from running it.
func PlainText(s string) string {
	if strings.HasPrefix(s, "'") && runs(s) {
		return s[1:]
	}
	return s
}

// runs reports whether a spreadsheet may take text for a formula. Apostrophes
// in front do not count, so that taking off a guard is exact.
func runs(s string) bool {
	s = strings.TrimLeft(s, "'")
	return s != "" && strings.ContainsRune("=+-@\t\r\n", rune(s[0]))
}
