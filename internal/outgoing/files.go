package outgoing

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"tenderbatch/internal/display"
	"tenderbatch/internal/export/pain001"
	"tenderbatch/internal/payment"
	"tenderbatch/internal/swifttext"
	"tenderbatch/internal/tender"
)

// File is one file of an export.
type File struct {
	Name    string
	Says    string // what is in it, in a line
	Content []byte
	pays    []string // the references of wires that it pays whole
	id      string   // of a message for a bank, "" of other files
	wires   []string // the references of all wires that it pays
	day     tender.Date
}

// Export is what is made of a run in one format.
type Export struct {
	Files    []File
	Warnings []string
	Notes    []string // about the files

	accounts string   // SHA-256 of accounts.csv
	part     bool     // some wires alone, once more
	paid     string   // the run beside whose wires these are paid in addition, "" for none
	twice    []string // who would be paid in addition to what they are to pay back, in words
}

// Format is a format in which a run can be exported.
type Format struct {
	Name string
	make func(*Run, Superseded) (*Export, error)
}

// Formats are those there are.
var Formats = []Format{
	{"pain.001", (*Run).pain001},
	{adviceName, (*Run).seev035},
	{"seev.036", (*Run).seev036},
	{"mt566", (*Run).mt566},
	{"seev.031", (*Run).seev031},
	{"mt564", (*Run).mt564},
	{"parquet", (*Run).parquet},
}

// Make makes the files of a run. What it warns of counts even if there is an error; the error is
// [ErrNothingDue] if nothing has to be written.
func (f *Format) Make(r *Run, superseded Superseded) (*Export, error) { return f.make(r, superseded) }

// FormatOf is the format of a name, nil if there is none.
func FormatOf(name string) *Format {
	for i := range Formats {
		if Formats[i].Name == name {
			return &Formats[i]
		}
	}
	return nil
}

// pain001 are the messages for banks.
func (r *Run) pain001(superseded Superseded) (*Export, error) {
	made, err := r.Payments(superseded)
	e := &Export{}
	if made != nil {
		e.Warnings = append(e.Warnings, made.Claims...)
	}
	if err == nil || errors.Is(err, ErrNothingDue) {
		e.Warnings = append(e.Warnings, r.awaitedWords()...)
	}
	if err != nil {
		return e, err
	}
	for i := range made.Messages {
		m := &made.Messages[i]
		e.Warnings = append(e.Warnings, m.Warnings...)
		e.Notes = append(e.Notes, m.Merged()...)
		var content bytes.Buffer
		if err := pain001.Write(&content, m); err != nil {
			return e, err
		}
		pays, wires, err := wiresOf(m)
		if err != nil {
			return e, err
		}
		e.Files = append(e.Files, File{messagePrefix + m.ID + messageEnding, messageWords(m), content.Bytes(), pays, m.ID,
			wires, m.Date})
	}
	e.accounts, e.paid, e.twice, e.part = made.Accounts, made.beside, made.twice, len(r.only) > 0
	e.Notes = append(e.Notes, "accounts.csv had the SHA-256 "+made.Accounts)
	return e, nil
}

// Passed says which days have passed on which payments of an export were to be made.
func (r *Run) Passed(e *Export, now time.Time) (said []string) {
	today := tender.DateOf(now.In(r.Offer.Zone))
	for _, f := range e.Files {
		text := fmt.Sprintf("%s has passed: banks refuse payments of that day, or make them at once; see whether they were made "+
			"otherwise, then ask the bank", f.day)
		if !f.day.IsZero() && f.day.Before(today) && !slices.Contains(said, text) {
			said = append(said, text)
		}
	}
	return said
}

// messageWords says what is in a message for a bank.
func messageWords(m *payment.Message) string {
	return fmt.Sprintf("%s %s on %s in %s, from %s %s", m.Currency, display.Thousands(tender.CashText(m.Sum, m.Currency)),
		m.Date, display.Plural(len(m.Transfers), "transfer", "transfers"), m.Debtor.Account.BIC, m.Debtor.Account.Number())
}

// The name of a message has its identification between these.
const messagePrefix, messageEnding = "pain.001-", ".xml"

// wiresOf are the references of the wires that a message pays, as its texts have them, and of those that it pays whole.
func wiresOf(m *payment.Message) (whole, all []string, err error) {
	for i := range m.Transfers {
		for _, w := range m.Transfers[i].Wires {
			reference, err := swifttext.Reference(w.Reference)
			if err != nil {
				return nil, nil, err
			}
			if all = append(all, reference); !w.Further {
				whole = append(whole, reference)
			}
		}
	}
	return whole, all, nil
}

// There says of each file whether it is in a folder with the same bytes. One that is there with
// others is an error: it may have been sent. So is another one that pays a wire of these.
func (e *Export) There(folder string) ([]bool, error) {
	there := make([]bool, len(e.Files))
	for i, f := range e.Files {
		path := filepath.Join(folder, f.Name)
		content, err := readUpTo(path, int64(len(f.Content))+1)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, err
		case !bytes.Equal(content, f.Content):
			return nil, fmt.Errorf("%s is there already with other bytes, of another run or by other accounts: if it was sent, "+
				"find out which one, and write into another folder; nothing was written", path)
		default:
			there[i] = true
		}
	}
	if e.part {
		return there, nil // the person who named the wires knows that another message has them
	}
	return there, e.paidBy(folder)
}

// paidBy is an error if a message in a folder that is not one of the files pays a wire that these pay.
func (e *Export) paidBy(folder string) error {
	pays, own := map[string]bool{}, map[string]bool{}
	for _, f := range e.Files {
		own[f.Name] = true
		for _, reference := range f.pays {
			pays[reference] = true
		}
	}
	if len(pays) == 0 {
		return nil
	}
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, entry := range entries {
		name := entry.Name()
		if own[name] || !strings.HasPrefix(name, messagePrefix) || !strings.HasSuffix(name, messageEnding) {
			continue
		}
		path := filepath.Join(folder, name)
		content, err := readUpTo(path, mostMessage)
		if err != nil {
			return err
		}
		for _, text := range texts.FindAllSubmatch(content, -1) {
			for _, reference := range strings.Fields(string(text[1])) {
				if pays[reference] {
					return fmt.Errorf("%s is there already and pays the wire %s, as this export does: if it was sent, see "+
						"what it paid and do not send this one; else write into another folder; nothing was written", path, reference)
				}
			}
		}
	}
	return nil
}

// texts finds the references of the wires in a message.
var texts = regexp.MustCompile(`<Ustrd>([^<]*)</Ustrd>`)

// mostMessage is more than the bytes of a message.
const mostMessage = 256 << 20

// readUpTo reads at most so many bytes of a file.
func readUpTo(path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(file, most))
	return content, errors.Join(err, file.Close())
}
