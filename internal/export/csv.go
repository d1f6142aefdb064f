package export

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/decimals"
	"tenderbatch/internal/display"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/spreadsheet"
	"tenderbatch/internal/tender"
)

// WriteInstructions writes instructions.csv: one line for each instruction that
// counts, in the order of the book.
func WriteInstructions(w io.Writer, r *result.Run) error {
	used := newUsed(r)
	var row [27]string
	without := r.Offer.WithoutPrice()
	return writeCSV(w, instructionColumns, len(r.Book.Lines), func(i int) []string {
		l := &r.Book.Lines[i]
		currency := r.CurrencyOf(l.Series)
		decided, paid := &r.Allocation.Lines[i], &r.Settlement.Lines[i]
		reference, status := "", ""
		if paid.Payment >= 0 {
			p := &r.Settlement.Payments[paid.Payment]
			reference, status = p.Reference, string(p.Status)
		}
		factor, price, earlyPrice := used.of(i)
		cash := cashTexts(paid, l.Series, currency, without)
		row = [...]string{
			guard(l.ID), guard(l.Depositary), guard(l.Participant), guard(l.Series), guard(currency), string(l.Window),
			display.Stamp(l.Received, r.Offer.Zone),
			decimals.Text(l.Principal), decimals.Text(decided.Accepted), decimals.Text(l.Principal.Sub(decided.Accepted)),
			guard(result.ReasonWords(l, decided.Reason)),
			cash[0], cash[1], cash[2], cash[3],
			guard(l.Source.File), guard(l.Source.Sheet), strconv.Itoa(l.Source.Row), reference, status,
			guard(l.ParticipantName), guard(l.Security), factor, price, earlyPrice, paid.Date.String(),
			string(decided.Reason.Code),
		}
		return row[:]
	})
}

// used are the factors and prices of a run as text, by series and window.
type used struct {
	run  *result.Run
	text map[usedKey][3]string
}

type usedKey struct {
	series string
	window tender.Window
	made   int                  // the settlement, -1 for none
	at     *tender.SettledTerms // nil: by the terms of now
}

func newUsed(r *result.Run) *used { return &used{r, make(map[usedKey][3]string)} }

// of is [UsedFor].
func (u *used) of(i int) (factor, price, earlyPrice string) {
	l := &u.run.Book.Lines[i]
	if l.Undelivered || u.run.Settlement.Lines[i].Payment < 0 || u.run.Offer.AuctionOf(l.Series) != nil {
		return UsedFor(u.run, i)
	}
	key := usedKey{series: l.Series, window: l.Window, made: -1}
	if l.Settled != nil {
		key.made, key.at = l.Settled.Made, l.Settled.AtTerms
	}
	text, known := u.text[key]
	if !known {
		text[0], text[1], text[2] = UsedFor(u.run, i)
		u.text[key] = text
	}
	return text[0], text[1], text[2]
}

// UsedFor are the factor and the prices per 1,000 that were used for the i-th line, as
// text: "" for what was not.
func UsedFor(r *result.Run, i int) (factor, price, earlyPrice string) {
	l := &r.Book.Lines[i]
	at, ok := r.Offer.SeriesByID(l.Series)
	if !ok {
		return "", "", ""
	}
	if !l.Undelivered {
		factor = r.FactorUsed(i, at).String()
	}
	if r.Settlement.Lines[i].Payment < 0 {
		return factor, "", ""
	}
	consideration, early := r.PricePaid(i)
	if l.Window == tender.Early {
		earlyPrice = early.String()
	}
	return factor, consideration.String(), earlyPrice
}

// WriteWires writes wires.csv: one line for each transfer that is due.
func WriteWires(w io.Writer, r *result.Run) error {
	wires := r.Settlement.WiresOf(settle.Due)
	return writeCSV(w, wireColumns, len(wires), func(i int) []string {
		x := &wires[i]
		return append([]string{
			x.Reference, string(x.Status), guard(x.Depositary), guard(x.Participant), guard(x.ParticipantName),
			guard(x.Currency), x.Date.String(), strconv.Itoa(len(x.Payments)),
		}, moneyTexts(x.Accepted, &x.Cash, x.Currency)...)
	})
}

// WritePayments writes payments.csv: what each participant is still to be paid for
// each series on each day.
func WritePayments(w io.Writer, r *result.Run) error {
	return writePayments(w, r.Settlement.PaymentsOf(settle.Due))
}

// WritePaid writes paid.csv: what an early settlement paid, with the columns of
// payments.csv.
func WritePaid(w io.Writer, r *result.Run) error {
	return writePayments(w, r.Settlement.PaymentsOf(settle.Paid))
}

func writePayments(w io.Writer, payments []settle.Payment) error {
	return writeCSV(w, paymentColumns, len(payments), func(i int) []string {
		p := &payments[i]
		return append([]string{
			p.Reference, string(p.Status), guard(p.Depositary), guard(p.Participant), guard(p.ParticipantName),
			guard(p.Series), guard(p.Currency), p.Date.String(),
		}, moneyTexts(p.Accepted, &p.Cash, p.Currency)...)
	})
}

func moneyTexts(accepted decimal.Decimal, c *settle.Cash, currency string) []string {
	return []string{
		accepted.String(), tender.CashText(c.Consideration, currency), tender.CashText(c.EarlyPayment, currency),
		tender.CashText(c.AccruedInterest, currency), tender.CashText(c.Total(), currency),
	}
}

// WriteRejects writes rejects.csv: the findings about lines of the inputs, those on
// which most principal hangs first.
func WriteRejects(w io.Writer, r *result.Run) error {
	return writeCSV(w, rejectColumns, len(r.Findings), func(i int) []string {
		rej := &r.Findings[i]
		return []string{
			guard(rej.Source.File), guard(rej.Source.Sheet), strconv.Itoa(rej.Source.Row),
			guard(rej.Column), guard(rej.Value), guard(rej.Rule), guard(rej.Message), guard(rej.Waived),
			string(rej.Outcome()), strconv.FormatBool(r.IsOpen(rej)), guard(rej.Depositary), guard(rej.Instruction),
			guard(rej.Participant),
			guard(rej.Series), guard(r.CurrencyOf(rej.Series)), rej.Principal.String(), rej.Cell, guard(rej.Advice),
			guard(rej.Resolved),
		}
	})
}

// writeCSV writes headings and rows one by one, so that a long list is never whole
// in memory.
func writeCSV(w io.Writer, columns []Column, count int, row func(i int) []string) error {
	out := csv.NewWriter(w)
	if err := out.Write(List(columns, func(c Column) string { return c.Name })); err != nil {
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

// guard puts an apostrophe before text that a spreadsheet would run as a formula when it
// opens the CSV: at its start, and behind each character that the spreadsheet may take
// for a separator, as it does by the settings of the machine whatever the file says.
func guard(s string) string {
	return eachFormula(spreadsheet.Clean(s), func(b []byte) []byte { return append(b, '\'') }, 0)
}

// PlainText is the text of a cell of one of the CSV files without the apostrophes
// that keep a spreadsheet from running it.
func PlainText(s string) string { return eachFormula(s, func(b []byte) []byte { return b }, 1) }

// separators are what spreadsheets part fields by, beside the comma, by which the files
// are written.
const separators = ";|"

// eachFormula copies text and calls put wherever a field of it may be taken for a formula:
// before the apostrophes in front of it, of which so many are left out. Where there are
// fewer, it is no guarded text.
func eachFormula(s string, put func([]byte) []byte, without int) string {
	if isPlain(s) || (!strings.ContainsAny(s, separators) && !startsFormula(s)) {
		return s // as nearly all text is
	}
	b := make([]byte, 0, len(s)+2)
	for {
		end := strings.IndexAny(s, separators)
		field := s
		if end >= 0 {
			field = s[:end]
		}
		if startsFormula(field) {
			text := strings.TrimLeft(field, spaces)
			if strings.HasPrefix(text, strings.Repeat("'", without)) {
				b = put(append(b, field[:len(field)-len(text)]...))
				field = text[without:]
			}
		}
		b = append(b, field...)
		if end < 0 {
			return string(b)
		}
		b, s = append(b, s[end]), s[end+1:]
	}
}

// spaces are what a spreadsheet passes over in front of a formula.
const spaces = " \u00a0\u3000"

// isPlain reports whether text begins with a letter or a digit and has no separator, which
// can be seen at once of nearly all text.
func isPlain(s string) bool {
	if s == "" {
		return true
	}
	if c := s[0] | 0x20; (c < 'a' || c > 'z') && (s[0] < '0' || s[0] > '9') {
		return false
	}
	return strings.IndexByte(s, ';') < 0 && strings.IndexByte(s, '|') < 0
}

// startsFormula reports whether a spreadsheet may take a field for a formula. Apostrophes
// in front do not count, so that taking off a guard is exact.
func startsFormula(field string) bool {
	field = strings.TrimLeft(strings.TrimLeft(field, spaces), "'")
	for _, r := range field {
		return strings.ContainsRune("=+-@\t\r\n＝＋－＠", r)
	}
	return false
}
