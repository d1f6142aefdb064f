// Package payment turns the wires of a run into messages for banks: one message for each account
// that is paid from, currency and day, with one transfer to each account in it.
//
//   - Two wires to one account in one message are one transfer: banks refuse two equal transfers as
//     a duplicate. Its text names the references of all.
//   - Every transfer has an end-to-end identification, which no other has, and a UETR; every message
//     an identification. They follow from the offer, the run and the wires alone, so the same wires
//     give the same message, and a bank that gets it twice sees that.
//   - The transfers of each currency and day add up to what the run wires then, to the minor unit, or
//     there is no message.
//
// The package is pure; amounts are decimals.
package payment

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/accounts"
	"tenderbatch/internal/swifttext"
	"tenderbatch/internal/tender"
)

// Wire is what is to be sent to a participant in one currency on one day.
type Wire struct {
	Reference   string
	Depositary  string
	Participant string
	Name        string // as the depositary reports it; "" if it does not
	Currency    string
	Date        tender.Date
	Amount      decimal.Decimal
	Further     bool // a wire of this reference was sent already, and this is what was missing of it
}

// Total is what the run says it wires in one currency on one day.
type Total struct {
	Currency string
	Date     tender.Date
	Amount   decimal.Decimal
}

// Order is what is to be paid.
type Order struct {
	Offer, Run string
	Issuer     string
	Made       time.Time // when the run was made
	Wires      []Wire
	Totals     []Total
	Accounts   *accounts.Book
	Part       []string // what distinguishes messages of a part of the wires, sent once more; nil for all wires
}

// Message is one message for one bank.
type Message struct {
	ID        string
	Issuer    string // in the characters of banks
	Created   time.Time
	Currency  string
	Date      tender.Date
	Debtor    Party
	Transfers []Transfer
	Sum       decimal.Decimal // of the transfers
	Warnings  []string        // such as a day on which banks are closed
}

// Party is the holder of an account, in the characters of banks.
type Party struct {
	Name, Town, Country string
	Account             *accounts.Account
}

// Transfer is one transfer to one account.
type Transfer struct {
	EndToEndID string
	UETR       string
	Amount     decimal.Decimal
	Creditor   Party
	Wires      []Wire
	Texts      []string // for the creditor: each at most 140 characters
}

// MissingError lists for whom there is no account, or no name that banks take.
type MissingError struct{ What []string }

// Error implements error.
func (e *MissingError) Error() string {
	return fmt.Sprintf("%s cannot be paid yet; add to %s what is missing, then export again\n  %s",
		countWires(len(e.What)), accounts.FileName, strings.Join(e.What, "\n  "))
}

func countWires(n int) string {
	if n == 1 {
		return "1 wire or account"
	}
	return fmt.Sprintf("%d wires or accounts", n)
}

// group distinguishes messages.
type group struct {
	currency string
	date     tender.Date
}

// Messages are those of an order, by currency and day. It is a *[MissingError] if accounts are missing.
func Messages(o *Order) ([]Message, error) {
	issuer, err := nameOf(o.Issuer)
	if err != nil {
		return nil, fmt.Errorf("the issuer: %w; write its name in Latin letters under issuer in offer.yaml, then run again", err)
	}
	missing := &MissingError{}
	groups := map[group][]Wire{}
	for _, w := range o.Wires {
		if err := checkAmount(w); err != nil {
			return nil, err
		}
		at := group{w.Currency, w.Date}
		groups[at] = append(groups[at], w)
	}
	var all []Message
	for _, at := range sortedGroups(groups) {
		m := Message{Issuer: issuer, Created: o.Made, Currency: at.currency, Date: at.date, Warnings: closed(at)}
		m.Debtor = missing.debtor(o.Accounts, at.currency)
		m.Transfers = missing.transfers(o, groups[at])
		m.Warnings = append(m.Warnings, holdersOfOne(o.Accounts, m.Transfers)...)
		for i := range m.Transfers {
			m.Sum = m.Sum.Add(m.Transfers[i].Amount)
		}
		// Whatever accounts.csv says, so that a bank refuses a second message with other accounts.
		m.ID = identification(at, append([]string{o.Offer, o.Run}, o.Part...)...)
		all = append(all, m)
	}
	if len(missing.What) > 0 {
		return nil, missing
	}
	return all, check(o, all)
}

// mostDigits are those of the largest amount that a message can state, with its decimals.
const mostDigits = 18

// checkAmount tests that a message can state the amount of a wire.
func checkAmount(w Wire) error {
	places, known := tender.MinorUnits(w.Currency)
	digits := len(strings.ReplaceAll(tender.CashText(w.Amount, w.Currency), ".", ""))
	switch {
	case !known:
		return fmt.Errorf("wire %s: %q is no currency of ISO 4217", w.Reference, w.Currency)
	case !w.Amount.IsPositive():
		return fmt.Errorf("wire %s: %s %s is not more than zero, and no bank sends it", w.Reference, w.Currency, w.Amount)
	case !w.Amount.Equal(w.Amount.Round(places)):
		return fmt.Errorf("wire %s: %s %s has more decimals than the currency", w.Reference, w.Currency, w.Amount)
	case digits > mostDigits:
		return fmt.Errorf("wire %s: %s %s has more than %d digits, the most that a payment can have", w.Reference, w.Currency,
			w.Amount, mostDigits)
	}
	return nil
}

func sortedGroups(groups map[group][]Wire) []group {
	var all []group
	for at := range groups {
		all = append(all, at)
	}
	slices.SortFunc(all, func(a, b group) int {
		if n := strings.Compare(a.currency, b.currency); n != 0 {
			return n
		}
		return a.date.Compare(b.date)
	})
	return all
}

func (e *MissingError) debtor(book *accounts.Book, currency string) Party {
	a := book.Debtor(currency)
	if a == nil {
		e.What = append(e.What, fmt.Sprintf("%s: no account to pay from (a line with the role debtor)", currency))
		return Party{}
	}
	return e.party(a, a.Name, currency+": the debtor")
}

// party is the holder of an account; what cannot be written in the characters of banks is missing.
func (e *MissingError) party(a *accounts.Account, name, of string) Party {
	p := Party{Account: a, Country: a.Country}
	var err error
	if p.Name, err = nameOf(name); err != nil {
		e.What = append(e.What, fmt.Sprintf("%s: %v; write the name in the column name", of, err))
	}
	if a.Town != "" {
		if p.Town, err = swifttext.Text(a.Town); err != nil || len(p.Town) > mostTown {
			e.What = append(e.What, fmt.Sprintf("%s: the town %q cannot be written in %d characters of banks", of, a.Town,
				mostTown))
		}
	}
	return p
}

// The most characters of a name and of a town in a message.
const (
	mostName = 140
	mostTown = 35
)

// nameOf is a name in the characters of banks. It is never cut off: banks compare names.
func nameOf(s string) (string, error) {
	if strings.TrimSpace(s) == "" {
		return "", fmt.Errorf("the depositary reports no name")
	}
	name, err := swifttext.Text(s)
	if err == nil && len(name) > mostName {
		err = fmt.Errorf("%q has more than %d characters", name, mostName)
	}
	return name, err
}

// identification is that of a message: currency, day and a part that follows from the texts.
func identification(at group, of ...string) string {
	return fmt.Sprintf("%s-%s-%s", at.currency, compact(at.date), swifttext.Mark(of...))
}

func compact(d tender.Date) string { return fmt.Sprintf("%04d%02d%02d", d.Year, d.Month, d.Day) }

// uetr is the unique end-to-end transaction reference of a transfer: a UUID of version 4 in form, whose
// bits follow from the offer and the end-to-end identification, so that a transfer that is sent twice
// has the same.
func uetr(offer, endToEnd string, part []string) string {
	of := fmt.Appendf(nil, "uetr %q %q", offer, endToEnd)
	if len(part) > 0 {
		of = fmt.Appendf(of, " %q", part)
	}
	sum := sha256.Sum256(of)
	sum[6] = sum[6]&0x0f | 0x40
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
