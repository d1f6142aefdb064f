// Package pseudonym replaces what reports say of holders in what a run wrote.
//
// Holder references and contacts, as depositaries report them, are in no list of a run. What a person wrote into a
// cell of a report is: findings quote it, and it may name a holder ("withdrawn per phone, J. Doe"). So in
// rejects.csv, result.json and result.xlsx each value that a finding quotes is replaced if it has a letter and is no
// word of the lists themselves, such as a participant or a security. Nothing else in these files changes, and no
// other file does.
//
// A pseudonym is 12 characters that follow from the text and a key that is drawn by chance, and that nothing keeps:
// the same text has the same one in all that one [Names] replaced, and none can be turned back, also not by trying
// all names there are.
package pseudonym

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Names gives pseudonyms.
type Names struct{ key [sha256.Size]byte }

// New draws a key by chance.
func New(random io.Reader) (*Names, error) {
	n := new(Names)
	_, err := io.ReadFull(random, n.key[:])
	return n, err
}

// prefix is what a pseudonym begins with, and what texts have that are replaced already.
const prefix = "H-"

// Of is the pseudonym of a text.
func (n *Names) Of(text string) string {
	mac := hmac.New(sha256.New, n.key[:])
	_, _ = io.WriteString(mac, strings.TrimSpace(text)) // a hash never fails
	return prefix + base32.StdEncoding.EncodeToString(mac.Sum(nil))[:12]
}

// Run replaces what the findings of one run quote.
type Run struct {
	names *Names
	known map[string]bool // words of the lists, which are not replaced
}

// wordsOf are the columns of a run's lists that have words which say of no holder who it is.
var wordsOf = map[string][]string{
	"instructions.csv": {"instruction", "depositary", "participant", "participant_name", "series", "currency", "security",
		"window", "status", "file", "sheet"},
	"rejects.csv": {"file", "sheet", "column", "rule", "outcome", "depositary", "instruction", "participant", "series",
		"currency", "cell"},
}

// Run reads the words of the lists of a run. read reads an output of the run.
func (n *Names) Run(read func(name string) ([]byte, error)) (*Run, error) {
	r := &Run{names: n, known: map[string]bool{}}
	for name, columns := range wordsOf {
		content, err := read(name)
		if err == nil {
			err = eachCell(content, columns, func(text string) { r.known[plain(text)] = true })
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	content, err := read("result.json")
	if err != nil {
		return nil, err
	}
	_, err = eachString(content, func(path []string, text string) string {
		if !isQuoting(path) {
			r.known[text] = true
		}
		return text
	})
	return r, err
}

// isQuoting reports whether a text of result.json is free, by the keys that lead to it: it may quote a report, or be
// a person's own words.
func isQuoting(keys []string) bool {
	return slices.Contains(keys, "rejects") &&
		slices.Contains([]string{"value", "message", "advice", "waived", "resolution"}, keys[len(keys)-1])
}

// eachCell calls do with each cell of some columns of a list.
func eachCell(content []byte, columns []string, do func(text string)) error {
	rows := csv.NewReader(bytes.NewReader(content))
	heading, err := rows.Read()
	if err != nil {
		return err
	}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i, name := range heading {
			if slices.Contains(columns, name) {
				do(row[i])
			}
		}
	}
}

// plain is a cell without the apostrophe that keeps a spreadsheet from running it.
func plain(text string) string { return strings.TrimPrefix(text, "'") }

// Edit is the content of an output as it is to be.
func (r *Run) Edit(name string, content []byte) ([]byte, error) {
	switch path.Base(name) {
	case "rejects.csv":
		return r.list(content)
	case "result.json":
		return r.json(content)
	case "result.xlsx":
		return r.workbook(content)
	}
	return content, nil
}

// security is the form of an ISIN or of a CUSIP: which security was meant says of no holder who it is.
var security = regexp.MustCompile(`^([A-Z]{2}[A-Z0-9]{9}[0-9]|[0-9]{3}[A-Z0-9]{5}[0-9])$`)

// personal reports whether a text may name a person: it has a letter, and is no word of the lists.
func (r *Run) personal(text string) bool {
	text = plain(strings.TrimSpace(text))
	return strings.ContainsFunc(text, unicode.IsLetter) && !r.known[text] && !security.MatchString(text) &&
		!strings.HasPrefix(text, prefix)
}

// value is what takes the place of a value as it was written.
func (r *Run) value(text string) string {
	if !r.personal(text) {
		return text
	}
	return r.names.Of(plain(text))
}

// text is what takes the place of a text of a finding, by its key. What people here wrote, why a rule is waived or how a
// finding was resolved, stays.
func (r *Run) text(key, text string) string {
	switch key {
	case "value":
		return r.value(text)
	case "message", "advice": // the advice has the line to paste, with the value in it
		return r.message(text)
	}
	return text
}

// message is what takes the place of a message: what it quotes is replaced. Where a quotation may have quotation
// marks in it, all from the first to the last mark is.
func (r *Run) message(text string) string {
	parts := strings.Split(text, `"`)
	if len(parts) < 3 {
		return text
	}
	replace := false
	for i, part := range parts {
		replace = replace || (i%2 == 1 && r.personal(part))
	}
	first, last := strings.Index(text, `"`), strings.LastIndex(text, `"`)
	if !replace {
		return text
	}
	return text[:first+1] + r.names.Of(text[first+1:last]) + text[last:]
}

// list is rejects.csv with its values and messages replaced.
func (r *Run) list(content []byte) ([]byte, error) {
	rows := csv.NewReader(bytes.NewReader(content))
	all, err := rows.ReadAll()
	if err != nil || len(all) == 0 {
		return content, err
	}
	if !slices.Contains(all[0], "value") || !slices.Contains(all[0], "message") {
		return nil, errors.New("it has no columns value and message")
	}
	changed := false
	for _, row := range all[1:] {
		for i, key := range all[0] {
			now := r.text(key, row[i])
			changed = changed || now != row[i]
			row[i] = now
		}
	}
	if !changed {
		return content, nil
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = bytes.Contains(content, []byte("\r\n"))
	if err := w.WriteAll(all); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
