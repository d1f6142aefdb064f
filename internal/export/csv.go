package export

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/settle"
)

// WriteInstructions writes instructions.csv: one line for each instruction that
// counts, in the order of the book.
func WriteInstructions(w io.Writer, r *Run) error {
	const headings = "instruction,depositary,participant,series,currency,window,received,tendered,accepted,returned,reason,consideration,early_payment,accrued_interest,total,file,sheet,row,reference,status"
	return writeCSV(w, headings, len(r.Book.Lines), func(i int) []string {
		l := &r.Book.Lines[i]
		currency := r.currencyOf(l.Series)
		decided, paid := r.Allocation.Lines[i], r.Settlement.Lines[i]
		reference, status := "", ""
		if paid.Payment >= 0 {
			p := &r.Settlement.Payments[paid.Payment]
			reference, status = p.Reference, string(p.Status)
		}
		return []string{
			guard(l.ID), guard(l.Depositary), guard(l.Participant), guard(l.Series), guard(currency), string(l.Window),
			stamp(l.Received, r.Offer.Zone),
			l.Principal.String(), decided.Accepted.String(), l.Principal.Sub(decided.Accepted).String(),
			guard(reason(l, decided.Reason)),
			cashText(paid.Consideration, currency), cashText(paid.EarlyPayment, currency),
			cashText(paid.AccruedInterest, currency), cashText(paid.Total(), currency),
			guard(l.Source.File), guard(l.Source.Sheet), strconv.Itoa(l.Source.Row), reference, status,
		}
	})
}

// WriteWires writes wires.csv: one line for each transfer that is due.
func WriteWires(w io.Writer, r *Run) error {
	wires := r.Settlement.WiresOf(settle.Due)
	const headings = "reference,status,depositary,participant,participant_name,currency,settlement_date,payments," + moneyHeadings
	return writeCSV(w, headings, len(wires), func(i int) []string {
		x := &wires[i]
		return append([]string{
			x.Reference, string(x.Status), guard(x.Depositary), guard(x.Participant), guard(x.ParticipantName),
			guard(x.Currency), x.Date.String(), strconv.Itoa(len(x.Payments)),
		}, moneyTexts(x.Accepted, &x.Cash, x.Currency)...)
	})
}

// WritePayments writes payments.csv: what each participant is still to be paid for
// each series on each day.
func WritePayments(w io.Writer, r *Run) error {
	return writePayments(w, r.Settlement.PaymentsOf(settle.Due))
}

// WritePaid writes paid.csv: what an early settlement paid, with the columns of
// payments.csv.
func WritePaid(w io.Writer, r *Run) error {
	return writePayments(w, r.Settlement.PaymentsOf(settle.Paid))
}

func writePayments(w io.Writer, payments []settle.Payment) error {
	const headings = "reference,status,depositary,participant,participant_name,series,currency,settlement_date," + moneyHeadings
	return writeCSV(w, headings, len(payments), func(i int) []string {
		p := &payments[i]
		return append([]string{
			p.Reference, string(p.Status), guard(p.Depositary), guard(p.Participant), guard(p.ParticipantName),
			guard(p.Series), guard(p.Currency), p.Date.String(),
		}, moneyTexts(p.Accepted, &p.Cash, p.Currency)...)
	})
}

const moneyHeadings = "accepted,consideration,early_payment,accrued_interest,total"

func moneyTexts(accepted decimal.Decimal, c *settle.Cash, currency string) []string {
	return []string{
		accepted.String(), cashText(c.Consideration, currency), cashText(c.EarlyPayment, currency),
		cashText(c.AccruedInterest, currency), cashText(c.Total(), currency),
	}
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
