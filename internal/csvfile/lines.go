package csvfile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// Separators are what may separate the fields of a CSV file, with the words for
// them.
var Separators = []struct {
	Char rune
	Name string
}{{',', "commas"}, {';', "semicolons"}, {'\t', "tabs"}, {'|', "pipes"}}

// SeparatorWords are the separators that are read, in a sentence.
func SeparatorWords() string {
	var names []string
	for _, s := range Separators {
		names = append(names, s.Name)
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// Lines are the lines of a decoded file as rows.
type Lines struct {
	Text      []byte
	Separator rune
	Headings  int    // their line: all below must have as many fields; 0: not known
	Needed    int    // how many fields of a line hold all that is needed; what follows may be left out
	Deciding  []bool // by position: something is decided from the column; nil above the headings

	// MayBeShort reports whether a line that lacks some of the needed fields is none that needs
	// them, such as a totals row: by its first field that is not blank, and how many there are.
	MayBeShort func(first string, filled int) bool
}

// Each passes each line on as a row of text cells; the row has the number of the
// line.
func (l Lines) Each(call func(*xlsx.Row) error) (xlsx.Tail, error) {
	r := csv.NewReader(bytes.NewReader(l.Text))
	r.Comma, r.FieldsPerRecord, r.ReuseRecord = l.Separator, -1, true
	var row xlsx.Row
	var texts []byte
	width := 0
	for {
		record, err := r.Read()
		if err == io.EOF {
			return xlsx.Tail{}, nil
		}
		if err != nil {
			return xlsx.Tail{}, parseError(err)
		}
		row.Number, _ = r.FieldPos(0)
		if len(record) > maxFields {
			return xlsx.Tail{}, &FaultError{*Fault(row.Number,
				fmt.Sprintf("the line has %d fields; the limit is %d", len(record), maxFields),
				"ask for the file to be exported again")}
		}
		if row.Number == l.Headings {
			width = len(record)
		}
		broken, fault := l.broken(record, row.Number, width > 0 && row.Number != l.Headings)
		if fault != nil {
			return xlsx.Tail{}, &FaultError{*fault}
		}
		if width > 0 && len(record) > width && !broken {
			record = withoutBlankEnd(record, width)
		}
		if width > 0 && len(record) != width && (broken || !l.mayBeShort(record, width, l.endsOpen(r))) &&
			!isBlankRecord(record) {
			return xlsx.Tail{}, &FaultError{*Fault(row.Number,
				fmt.Sprintf("the line has %d fields, the headings have %d", len(record), width),
				"a separator or a quotation mark is missing or extra; ask for the file to be exported again")}
		}
		texts = fillRow(&row, record, texts[:0])
		if err := call(&row); err != nil {
			return xlsx.Tail{}, err
		}
	}
}

// fillRow fills the cells of a row from the fields of a line. The texts are in the memory
// given, which it returns, to be used again.
func fillRow(row *xlsx.Row, record []string, texts []byte) []byte {
	row.Cells = row.Cells[:0]
	for i, field := range record {
		if field = Literal(field); field != "" {
			texts = append(texts, field...)
			text := texts[len(texts)-len(field) : len(texts) : len(texts)]
			row.Cells = append(row.Cells, xlsx.Cell{Col: i, Kind: xlsx.Text, Text: text})
		}
	}
	return texts
}

// broken reports whether a field of a line holds line breaks, and why they are not read.
func (l Lines) broken(record []string, line int, below bool) (broken bool, fault *tender.FileFault) {
	for i, field := range record {
		if strings.IndexByte(field, '\n') < 0 {
			continue
		}
		broken = true
		if fault := l.breaks(line, i, field, below); fault != nil {
			return true, fault
		}
	}
	return broken, nil
}

// withoutBlankEnd leaves out blank fields beyond the headings: some programs write a
// separator at the end of each line.
func withoutBlankEnd(record []string, width int) []string {
	if isBlankRecord(record[width:]) {
		return record[:width]
	}
	return record
}

// mayBeShort reports whether a line may have fewer fields than the headings. Excel drops
// the separators of trailing blank fields in blocks of lines, so an instruction needs
// only what is needed of it, unless the file ends within it and may have been cut off; a
// footer or a totals row has what it has.
func (l Lines) mayBeShort(record []string, width int, open bool) bool {
	if len(record) > width {
		return false
	}
	if len(record) >= l.Needed && !open {
		return true
	}
	filled, first := 0, ""
	for _, field := range record {
		if values.Trim(field) != "" {
			if filled++; filled == 1 {
				first = values.Trim(field)
			}
		}
	}
	return l.MayBeShort != nil && l.MayBeShort(first, filled)
}

// endsOpen reports whether the text ends with the line just read, and without a line end.
func (l Lines) endsOpen(r *csv.Reader) bool {
	return r.InputOffset() == int64(len(l.Text)) && !bytes.HasSuffix(l.Text, []byte("\n"))
}

// Literal is the text of a field that is written as a formula of one text, ="0901", by
// which Excel keeps zeros when it opens a CSV file.
func Literal(field string) string {
	inside, formula := strings.CutPrefix(field, `="`)
	inside, closed := strings.CutSuffix(inside, `"`)
	if formula && closed && !strings.Contains(inside, `"`) {
		return inside
	}
	return field
}

func isBlankRecord(record []string) bool {
	for _, field := range record {
		if values.Trim(field) != "" {
			return false
		}
	}
	return true
}

// parseError is the fault for an error of encoding/csv.
func parseError(err error) error {
	var p *csv.ParseError
	if !errors.As(err, &p) {
		return err
	}
	message := "the line is not CSV: " + p.Err.Error()
	switch p.Err {
	case csv.ErrBareQuote:
		message = "there is a quotation mark inside a field that is not quoted"
	case csv.ErrQuote:
		message = "a quoted field does not end where it should"
	}
	return &FaultError{*Fault(p.Line, message, "ask for the file to be exported again, or for a workbook")}
}

// FaultError carries a fault out of a loop over rows.
type FaultError struct{ Fault tender.FileFault }

// Error shows the fault.
func (e *FaultError) Error() string { return e.Fault.String() }

// breaks says why the line breaks in a quoted field are not read, nil if they are. Excel
// writes them in headings and in remarks. They are not read in a column from which something
// is decided, and nowhere where they may be lines that a stray quotation mark swallowed. Of two lines with a
// stray quotation mark in the same field the second ends up inside the first: it has as
// many separators as there are fields before that one.
func (l Lines) breaks(line, field int, text string, below bool) *tender.FileFault {
	first := true
	for part := range strings.SplitSeq(text, "\n") {
		swallowed := max(1, field)
		if !below {
			swallowed = 3
		}
		if n := strings.Count(part, string(l.Separator)); !first && n >= swallowed {
			return Fault(line, fmt.Sprintf("field %d of the line holds line breaks and what may be other lines",
				field+1),
				"look for an extra or missing quotation mark, which can join lines; ask for the file to be exported "+
					"again")
		}
		first = false
	}
	if below && field < len(l.Deciding) && l.Deciding[field] {
		return Fault(line, fmt.Sprintf("there is a line break inside field %d of the line, which decides something",
			field+1),
			"ask for it to be removed; an extra quotation mark can join lines")
	}
	return nil
}
