package outgoing

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"tenderbatch/internal/display"
	"tenderbatch/internal/export/pain001"
	"tenderbatch/internal/payment"
	"tenderbatch/internal/tender"
)

// File is one file of an export.
type File struct {
	Name    string
	Says    string // what is in it, in a line
	Content []byte
}

// Export is what is made of a run in one format.
type Export struct {
	Files    []File
	Warnings []string
	Notes    []string // about the files
}

// Format is a format in which a run can be exported.
type Format struct {
	Name string
	make func(*Run, Superseded) (*Export, error)
}

// Formats are those there are.
var Formats = []Format{
	{"pain.001", (*Run).pain001},
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
		e.Files = append(e.Files, File{"pain.001-" + m.ID + ".xml", messageWords(m), content.Bytes()})
	}
	e.Notes = append(e.Notes, "accounts.csv had the SHA-256 "+made.Accounts)
	return e, nil
}

// messageWords says what is in a message for a bank.
func messageWords(m *payment.Message) string {
	return fmt.Sprintf("%s %s on %s in %s, from %s %s", m.Currency, display.Thousands(tender.CashText(m.Sum, m.Currency)),
		m.Date, display.Plural(len(m.Transfers), "transfer", "transfers"), m.Debtor.Account.BIC, m.Debtor.Account.Number())
}

// There says of each file whether it is in a folder with the same bytes. One that is there with
// others is an error: it may have been sent.
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
	return there, nil
}

// readUpTo reads at most so many bytes of a file.
func readUpTo(path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(file, most))
	return content, errors.Join(err, file.Close())
}
