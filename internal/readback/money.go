package readback

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// writtenMoney is a wire, a payment or a sum of funding as a file shows it.
type writtenMoney struct {
	Currency        string
	Day             string `json:"settlement_date"`
	Status          settle.Status
	Accepted        string
	Principal       string // is what funding calls the principal accepted
	Consideration   string
	EarlyPayment    string `json:"early_payment"`
	AccruedInterest string `json:"accrued_interest"`
	Total           string
}

// money adds up what was written by currency, day and status.
type money map[moneyKey]moneySum

type moneyKey struct {
	currency, day string
	status        settle.Status
}

type moneySum struct{ accepted, total decimal.Decimal }

// add counts one row, whose parts must add up to its total.
func (m money) add(w writtenMoney) error {
	var parts decimal.Decimal
	for _, text := range []string{w.Consideration, w.EarlyPayment, w.AccruedInterest} {
		part, err := decimal.NewFromString(text)
		if err != nil {
			return fmt.Errorf("%q is not a number", text)
		}
		parts = parts.Add(part)
	}
	total, err := decimal.NewFromString(w.Total)
	if err != nil || !total.Equal(parts) {
		return fmt.Errorf("total %q is not the sum of its parts, %s", w.Total, parts)
	}
	accepted, err := decimal.NewFromString(cmp.Or(w.Accepted, w.Principal))
	if err != nil {
		return fmt.Errorf("principal %q is not a number", w.Accepted)
	}
	key := moneyKey{w.Currency, w.Day, w.Status}
	m[key] = moneySum{m[key].accepted.Add(accepted), m[key].total.Add(total)}
	return nil
}

// differs says how the sums differ from the funding with one of the statuses, "" if
// they do not.
func (m money) differs(r *result.Run, statuses ...settle.Status) string {
	funded := 0
	for _, f := range r.Settlement.Funding {
		if !slices.Contains(statuses, f.Status) {
			continue
		}
		funded++
		is := m[moneyKey{f.Currency, f.Date.String(), f.Status}]
		if !is.total.Equal(f.Total()) || !is.accepted.Equal(f.Accepted) {
			return fmt.Sprintf("%s on %s, %s: %s written, %s funded", f.Currency, f.Date, f.Status, is.total, f.Total())
		}
	}
	if len(m) != funded {
		return fmt.Sprintf("%d sums by currency, day and status written, %d funded", len(m), funded)
	}
	return ""
}

// readMoneyCSV returns what compares a list of money with the funding of a status.
func readMoneyCSV(status settle.Status) func(path string, r *result.Run) (detail string, err error) {
	return func(path string, r *result.Run) (detail string, err error) {
		m := money{}
		columns := []string{
			"currency", "settlement_date", "status",
			"accepted", "consideration", "early_payment", "accrued_interest", "total",
		}
		err = readCSV(path, columns, func(text []string) (wrong int, err error) {
			return len(text) - 1, m.add(writtenMoney{
				Currency: text[0], Day: text[1], Status: settle.Status(text[2]),
				Accepted: text[3], Consideration: text[4], EarlyPayment: text[5], AccruedInterest: text[6], Total: text[7],
			})
		})
		return m.differs(r, status), err
	}
}

// moneySheets are the sheets of money, with the status of what is on them and what
// each calls the total.
var moneySheets = []struct {
	name   string
	status settle.Status
	total  string
}{
	{"Wires", settle.Due, "Total to wire"},
	{"Payments", settle.Due, "Total to pay"},
	{"Paid", settle.Paid, "Total paid"},
}

// readMoneySheets compares the sheets of money with the funding.
func readMoneySheets(path string, r *result.Run) (detail string, err error) {
	for _, s := range moneySheets {
		if s.status == settle.Paid && len(r.Settlement.PaymentsOf(settle.Paid)) == 0 {
			continue
		}
		m := money{}
		headings := []string{"Currency", "Settlement date", "Status", "Principal accepted",
			"Tender Offer Consideration", "Early Tender Payment", "Accrued interest", s.total}
		err := readSheets(path, s.name, headings, len(headings), func(row int, text []string) error {
			day, err := sheetDay(text[1])
			if err != nil {
				return fmt.Errorf("row %d: %w", row, err)
			}
			return m.add(writtenMoney{
				Currency: text[0], Day: day, Status: settle.Status(text[2]), Accepted: text[3],
				Consideration: text[4], EarlyPayment: text[5], AccruedInterest: text[6], Total: text[7],
			})
		})
		if err != nil {
			return "", err
		}
		if detail := m.differs(r, s.status); detail != "" {
			return s.name + ": " + detail, nil
		}
	}
	return "", nil
}

// sheetDay is a date cell as text: a date that a spreadsheet cannot number is text
// there, too.
func sheetDay(text string) (string, error) {
	if _, err := tender.ParseDate(text); err == nil {
		return text, nil
	}
	days, err := strconv.Atoi(text)
	if err != nil {
		return "", fmt.Errorf("settlement date %q is no day", text)
	}
	return tender.DateOf(tender.Date{Year: 1899, Month: 12, Day: 30}.Time().AddDate(0, 0, days)).String(), nil
}
