// Package accounts reads accounts.csv: to which account at which bank each participant of a
// depositary is paid, and from which account the payments of each currency are made.
//
// The file has one line for each account, under these headings, in any order and none else:
//
//	role         debtor: the account that is paid from; creditor: one that is paid to
//	depositary   of a creditor: as in offer.yaml; empty for a debtor
//	participant  of a creditor: its number; empty for a debtor
//	currency     of a debtor, always; of a creditor: the currency for which alone the account is, or empty
//	name         of the holder; for a creditor empty where the name that the depositary reports is right
//	bic          of the bank
//	iban         the account; or
//	account      its number, where it has no IBAN
//	town         of the holder, with
//	country      both or neither: the country's code of two letters
//
// Fields are separated by commas, or by semicolons or tabs, as spreadsheets of some countries write them. Lines with
// nothing in them are passed over.
//
// All faults are found in one pass. Nothing is guessed: a check digit that is wrong, a line that is
// there twice, a field too many are faults.
package accounts

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"tenderbatch/internal/display"
	"tenderbatch/internal/swifttext"
	"tenderbatch/internal/tender"
)

// FileName is the name of the file in an offer's folder.
const FileName = "accounts.csv"

// MostBytes is more than such a file has.
const MostBytes = 16 << 20

// Account is an account at a bank.
type Account struct {
	Name    string // of the holder; "": as the depositary reports it
	BIC     string // of the bank
	IBAN    string // without spaces; "" for an account that has none
	Other   string // the number of an account without an IBAN
	Town    string
	Country string
	Line    int // in the file
}

// Number is the IBAN, or the number of an account without one.
func (a *Account) Number() string { return cmp.Or(a.IBAN, a.Other) }

// Key is the same for two lines that are one account, whatever names they have: the IBAN, or the number
// with the bank, of which the BIC may or may not end in the XXX of its head office.
func (a *Account) Key() string { return cmp.Or(a.IBAN, strings.TrimSuffix(a.BIC, "XXX")+" "+a.Other) }

// Book are the accounts of an offer.
type Book struct {
	debtors   map[string]*Account
	creditors map[creditor]*Account
}

type creditor struct{ depositary, participant, currency string }

// Debtor is the account from which payments in a currency are made, nil if none is named.
func (b *Book) Debtor(currency string) *Account { return b.debtors[currency] }

// Creditor is the account of a participant for a currency, nil if none is named: the one for that
// currency alone, or else the one for all.
func (b *Book) Creditor(depositary, participant, currency string) *Account {
	if a := b.creditors[creditor{depositary, participant, currency}]; a != nil {
		return a
	}
	return b.creditors[creditor{depositary, participant, ""}]
}

// WithZeros is a participant of a depositary that has an account and differs from another only by zeros at the front, as
// a spreadsheet drops them; the first of several, "" if there is none.
func (b *Book) WithZeros(depositary, participant string) (found string) {
	for c := range b.creditors {
		if c.depositary == depositary && c.participant != participant && (found == "" || c.participant < found) &&
			strings.TrimLeft(c.participant, "0") == strings.TrimLeft(participant, "0") {
			found = c.participant
		}
	}
	return found
}

// Error lists what is wrong in a file.
type Error struct {
	File   string
	Faults []string // with the line and column of each
}

// Error implements error.
func (e *Error) Error() string {
	const most = 50
	shown, more := e.Faults, ""
	if len(shown) > most {
		shown, more = shown[:most], fmt.Sprintf("\nand %d more", len(e.Faults)-most)
	}
	return fmt.Sprintf("%s: %s; correct the file, then export again\n  %s%s", e.File,
		display.Plural(len(e.Faults), "fault", "faults"), strings.Join(shown, "\n  "), more)
}

// headings are those of the file.
var headings = []string{
	"role", "depositary", "participant", "currency", "name", "bic", "iban", "account", "town", "country",
}

// reader reads one file.
type reader struct {
	book   *Book
	place  map[string]int // of the headings
	row    []string
	line   int
	faults []string
}

// Read reads the content of a file. The error is an *[Error].
func Read(file string, content []byte) (*Book, error) {
	r := &reader{book: &Book{map[string]*Account{}, map[creditor]*Account{}}}
	r.read(content)
	if len(r.faults) > 0 {
		return nil, &Error{file, r.faults}
	}
	return r.book, nil
}

func (r *reader) read(content []byte) {
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	if !utf8.Valid(content) {
		r.fault("", "the file is not in UTF-8; save it as \"CSV UTF-8\"")
		return
	}
	rows := csv.NewReader(bytes.NewReader(content))
	rows.Comma = separator(content)
	for first := true; ; first = false {
		row, err := rows.Read()
		if err == io.EOF && first {
			r.fault("", "the file is empty; its first line is "+strings.Join(headings, ","))
		}
		if err == io.EOF {
			return
		}
		r.row = row
		if len(row) > 0 {
			r.line, _ = rows.FieldPos(0)
		}
		switch {
		case errors.Is(err, csv.ErrFieldCount):
			r.fault("", fmt.Sprintf("has %d fields, and the headings are %d", len(row), len(r.place)))
		case err != nil:
			r.fault("", err.Error())
			return
		case first:
			if !r.readHeadings() {
				return
			}
		case !slices.ContainsFunc(row, func(text string) bool { return strings.TrimSpace(text) != "" }):
			// Excel writes such lines where cells were cleared.
		default:
			r.take()
		}
	}
}

// separator is what is between the fields: a comma, or a semicolon or a tab if the headings have that and no comma, as
// Excel writes where the comma is in numbers.
func separator(content []byte) rune {
	headings, _, _ := bytes.Cut(content, []byte("\n"))
	for _, r := range ";\t" {
		if bytes.ContainsRune(headings, r) && !bytes.ContainsRune(headings, ',') {
			return r
		}
	}
	return ','
}

func (r *reader) fault(column, what string) {
	place := ""
	if r.line > 0 {
		place = fmt.Sprintf("line %d: ", r.line)
	}
	if column != "" {
		place = fmt.Sprintf("line %d, %s: ", r.line, column)
	}
	r.faults = append(r.faults, display.Lines(place+what))
}

// readHeadings finds the columns, each of which must be there once.
func (r *reader) readHeadings() (ok bool) {
	r.place = map[string]int{}
	for i, name := range r.row {
		_, twice := r.place[name]
		switch {
		case !slices.Contains(headings, name):
			r.fault("", fmt.Sprintf("there is no column %q; the columns are %s", name, strings.Join(headings, ",")))
		case twice:
			r.fault("", fmt.Sprintf("the column %s is there twice", name))
		}
		r.place[name] = i
	}
	for _, name := range headings {
		if _, is := r.place[name]; !is {
			r.fault("", fmt.Sprintf("the column %s is missing; the columns are %s", name, strings.Join(headings, ",")))
		}
	}
	return len(r.faults) == 0
}

func (r *reader) text(column string) string { return r.row[r.place[column]] }

// take reads a line.
func (r *reader) take() {
	before := len(r.faults)
	for _, name := range headings {
		if text := r.text(name); strings.TrimSpace(text) != text {
			r.fault(name, fmt.Sprintf("%q begins or ends with a space; remove it", text))
		}
	}
	a := r.account()
	currency := r.text("currency")
	if _, known := tender.MinorUnits(currency); currency != "" && !known {
		r.fault("currency", fmt.Sprintf("%q is no currency's code, such as USD", currency))
	}
	switch role := r.text("role"); role {
	case "debtor":
		r.debtor(a, currency, len(r.faults) == before)
	case "creditor":
		r.creditor(a, currency, len(r.faults) == before)
	default:
		r.fault("role", fmt.Sprintf("%q is neither debtor nor creditor", role))
	}
}

func (r *reader) debtor(a *Account, currency string, sound bool) {
	switch {
	case r.text("depositary") != "" || r.text("participant") != "":
		r.fault("depositary", "a debtor has neither depositary nor participant; leave both empty")
	case currency == "":
		r.fault("currency", "a debtor's account is for one currency; write its code")
	case a.Name == "":
		r.fault("name", "a debtor's account needs the name of its holder")
	case !sound:
	case r.book.debtors[currency] != nil:
		r.fault("currency", fmt.Sprintf("there is a debtor's account for %s already, in line %d", currency,
			r.book.debtors[currency].Line))
	default:
		r.book.debtors[currency] = a
	}
}

func (r *reader) creditor(a *Account, currency string, sound bool) {
	key := creditor{r.text("depositary"), r.text("participant"), currency}
	switch {
	case key.depositary == "" || key.participant == "":
		r.fault("participant", "a creditor needs its depositary and its participant")
	case !sound:
	case r.book.creditors[key] != nil:
		r.fault("participant", fmt.Sprintf("there is an account of %s at %s for %s already, in line %d", key.participant,
			key.depositary, cmp.Or(currency, "all currencies"), r.book.creditors[key].Line))
	default:
		r.book.creditors[key] = a
	}
}

// account is what a line says of the account itself.
func (r *reader) account() *Account {
	a := &Account{Name: r.text("name"), BIC: r.text("bic"), IBAN: strings.ReplaceAll(r.text("iban"), " ", ""),
		Other: r.text("account"), Town: r.text("town"), Country: r.text("country"), Line: r.line}
	if !isBIC(a.BIC) {
		r.fault("bic", fmt.Sprintf("%q is no BIC, which has 8 or 11 letters and digits, such as CHASUS33", a.BIC))
	}
	switch {
	case (a.IBAN == "") == (a.Other == ""):
		r.fault("iban", "an account has either an IBAN or, in the column account, a number")
	case a.IBAN != "":
		if err := checkIBAN(a.IBAN); err != nil {
			r.fault("iban", err.Error())
		}
	case isExponent(a.Other):
		r.fault("account", fmt.Sprintf("%q is what a spreadsheet made of a long number; format the cell as text, then write all its "+
			"digits", a.Other))
	case isIBAN(a.Other):
		r.fault("account", fmt.Sprintf("%q is an IBAN; write it in the column iban, where its check digits are checked", a.Other))
	case !swifttext.Is(a.Other) || len(a.Other) > 34:
		r.fault("account", fmt.Sprintf("%q has more than 34 characters, or others than banks take", a.Other))
	}
	if (a.Town == "") != (a.Country == "") {
		r.fault("town", "write town and country, or neither")
	}
	if a.Country != "" && !isCountry(a.Country) {
		r.fault("country", fmt.Sprintf("%q is no country's code of two capital letters, such as US", a.Country))
	}
	for _, name := range []string{"name", "town"} {
		if _, err := swifttext.Text(r.text(name)); err != nil && r.text(name) != "" {
			r.fault(name, err.Error()+"; write it in Latin letters")
		}
	}
	return a
}
