package ingest

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// csvLimit is the size a CSV file may have, in bytes.
const csvLimit = 256 << 20

// separators are what may separate the fields of a CSV file, with the words for
// them.
var separators = []struct {
	char rune
	name string
}{{',', "commas"}, {';', "semicolons"}, {'\t', "tabs"}, {'|', "pipes"}}

// csvTable makes a table of a CSV file, whose cells are all text. What a
// lenient reader would ignore is a fault.
func (r *reading) csvTable(content []byte) (table, []tender.FileFault) {
	text, encoding, fault := decodeCSV(content, r.terms.depositary.Encoding)
	if fault != nil {
		return table{}, []tender.FileFault{*fault}
	}
	text = plainLines(text)
	if faults := damagedCSV(text); len(faults) > 0 {
		return table{}, faults
	}
	text = withoutFormulaText(text)
	best, name, headings := csvLines{text: text, separator: ','}, "commas", 0
	for _, s := range separators {
		lines := csvLines{text: text, separator: s.char}
		p, err := r.peek(table{each: lines.each})
		if err == nil && p.best != nil && p.best.Found() > headings {
			best, name, headings = lines, s.name, p.best.Found()
			best.from, best.needed, best.breaks.deciding = p.best.Row, p.best.LastNeeded()+1, p.best.DecidingAt()
		}
	}
	if headings == 0 {
		if fault := r.otherSeparator(text); fault != nil {
			return table{}, []tender.FileFault{*fault}
		}
	}
	r.report.Format = fmt.Sprintf("CSV, %s, separated by %s", encoding, name)
	return table{each: best.each}, nil
}

// decodeCSV takes off the byte order mark and turns the text into UTF-8. A byte
// order mark goes before what the offer says: no other encoding begins so.
func decodeCSV(content []byte, stated tender.Encoding) (text []byte, encoding string, fault *tender.FileFault) {
	switch {
	case len(content) > csvLimit:
		return nil, "", csvFault(0, fmt.Sprintf("the file has %d bytes; the limit is %d", len(content), csvLimit),
			"split the report")
	case len(bytes.TrimSpace(content)) == 0:
		return nil, "", csvFault(0, "the file is empty", "ask for it to be sent again")
	case bytes.HasPrefix(content, []byte("\ufeff")):
		return content[3:], "UTF-8 with a byte order mark", nil
	case bytes.HasPrefix(content, []byte{0xff, 0xfe}):
		text, fault = decodeUTF16(content[2:], binary.LittleEndian)
		return text, "UTF-16", fault
	case bytes.HasPrefix(content, []byte{0xfe, 0xff}):
		text, fault = decodeUTF16(content[2:], binary.BigEndian)
		return text, "UTF-16", fault
	case stated == tender.Windows1252:
		text, fault = decodeWindows1252(content)
		return text, "Windows-1252", fault
	}
	return content, "UTF-8", nil
}

// plainLines undoes what programs do to a whole file and what can mean one thing only: a byte
// order mark that was encoded twice, the end mark of DOS and of mainframes, and the line ends
// of Excel for the Mac, carriage returns without a single line feed.
func plainLines(text []byte) []byte {
	text = bytes.TrimPrefix(text, []byte("ï»¿"))
	if rest, ended := bytes.CutSuffix(text, []byte("\n\x1a")); ended {
		text = append(bytes.Clone(rest), '\n')
	}
	if !bytes.Contains(text, []byte("\n")) {
		text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	}
	return text
}

// windows1252 are the characters from 0x80 to 0x9f, where the encoding differs
// from Unicode; five of them are none.
var windows1252 = [32]rune{
	'€', 0, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0, 'Ž', 0,
	0, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0, 'ž', 'Ÿ',
}

func decodeWindows1252(content []byte) ([]byte, *tender.FileFault) {
	text := make([]byte, 0, len(content)+len(content)/16)
	for i, b := range content {
		r := rune(b)
		if b >= 0x80 && b < 0xa0 {
			r = windows1252[b-0x80]
		}
		if r == 0 && b != 0 {
			return nil, csvFault(bytes.Count(content[:i], []byte("\n"))+1,
				fmt.Sprintf("the byte %#x is not a character of Windows-1252", b),
				"ask for the file saved as CSV UTF-8, or correct encoding in the offer")
		}
		text = utf8.AppendRune(text, r)
	}
	return text, nil
}

func decodeUTF16(content []byte, order binary.ByteOrder) ([]byte, *tender.FileFault) {
	if len(content)%2 == 1 {
		return nil, csvFault(0, "the file is UTF-16 but ends in half a character: it is cut off",
			"ask for it to be sent again")
	}
	units := make([]uint16, len(content)/2)
	for i := range units {
		units[i] = order.Uint16(content[2*i:])
	}
	text := make([]byte, 0, len(content))
	for i := 0; i < len(units); i++ {
		r := rune(units[i])
		if utf16.IsSurrogate(r) {
			if i+1 == len(units) {
				r = utf8.RuneError
			} else {
				r = utf16.DecodeRune(r, rune(units[i+1]))
				i++
			}
			if r == utf8.RuneError {
				return nil, csvFault(bytes.Count(text, []byte("\n"))+1, "a character is not UTF-16",
					"ask for the file saved as CSV UTF-8")
			}
		}
		text = utf8.AppendRune(text, r)
	}
	return text, nil
}

func csvFault(line int, message, advice string) *tender.FileFault {
	f := &tender.FileFault{Rule: tender.RuleCSV, Message: message, Advice: advice}
	if line > 0 {
		f.Cell = fmt.Sprintf("line %d", line)
	}
	return f
}

// damagedCSV looks for signs of damage in a text file, and reports the first place
// of each.
func damagedCSV(text []byte) (faults []tender.FileFault) {
	lineAt := func(i int) int { return bytes.Count(text[:i], []byte("\n")) + 1 }
	if i := bytes.IndexByte(text, 0); i >= 0 {
		faults = append(faults, *csvFault(lineAt(i), "there is a NUL byte in the text",
			"ask for the file saved as CSV UTF-8"))
	}
	if i := invalidUTF8(text); i >= 0 {
		faults = append(faults, *csvFault(lineAt(i), "a character is not UTF-8",
			"ask for the file saved as CSV UTF-8, or as a workbook; if it is Windows-1252, say encoding: "+
				"windows-1252 in the offer"))
	}
	for i := 0; ; i++ {
		n := bytes.IndexByte(text[i:], '\r')
		if n < 0 {
			break
		}
		if i += n; i+1 == len(text) || text[i+1] != '\n' {
			faults = append(faults, *csvFault(lineAt(i), "a line ends with a carriage return only",
				"ask for the file saved as CSV UTF-8, with Windows or Unix line ends"))
			break
		}
	}
	return append(faults, longLine(text)...)
}

// longLine reports the first line that is longer than any report's.
func longLine(text []byte) []tender.FileFault {
	number := 1
	for line := range bytes.Lines(text) {
		if len(line) > maxLine {
			return []tender.FileFault{*csvFault(number,
				fmt.Sprintf("the line has %d bytes; the limit is %d", len(line), maxLine),
				"ask for the file to be exported again, with line ends")}
		}
		number++
	}
	return nil
}

// invalidUTF8 is the place of the first byte that is not UTF-8, -1 if there is
// none.
func invalidUTF8(text []byte) int {
	if utf8.Valid(text) {
		return -1
	}
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// csvLines are the lines of a CSV file as rows.
type csvLines struct {
	text      []byte
	separator rune
	from      int // the line of the headings: all below must have as many fields; 0: not known
	needed    int // how many fields of a line hold all that is needed; what follows may be left out
	breaks    breaks
}

// each passes each line on as a row of text cells; the row has the number of the
// line.
func (l csvLines) each(call func(*xlsx.Row) error) (xlsx.Tail, error) {
	r := csv.NewReader(bytes.NewReader(l.text))
	r.Comma, r.FieldsPerRecord, r.ReuseRecord = l.separator, -1, true
	var row xlsx.Row
	width := 0
	for {
		record, err := r.Read()
		if err == io.EOF {
			return xlsx.Tail{}, nil
		}
		if err != nil {
			return xlsx.Tail{}, csvError(err)
		}
		row.Number, _ = r.FieldPos(0)
		if len(record) > maxFields {
			return xlsx.Tail{}, &faultError{*csvFault(row.Number,
				fmt.Sprintf("the line has %d fields; the limit is %d", len(record), maxFields),
				"ask for the file to be exported again")}
		}
		if row.Number == l.from {
			width = len(record)
		}
		broken, fault := l.broken(record, row.Number, width > 0 && row.Number != l.from)
		if fault != nil {
			return xlsx.Tail{}, &faultError{*fault}
		}
		if width > 0 && len(record) > width && !broken {
			record = withoutBlankEnd(record, width)
		}
		if width > 0 && len(record) != width && (broken || !l.mayBeShort(record, width, l.endsOpen(r))) &&
			!isBlankRecord(record) {
			return xlsx.Tail{}, &faultError{*csvFault(row.Number,
				fmt.Sprintf("the line has %d fields, the headings have %d", len(record), width),
				"a separator or a quotation mark is missing or extra; ask for the file to be exported again")}
		}
		fillRow(&row, record)
		if err := call(&row); err != nil {
			return xlsx.Tail{}, err
		}
	}
}

// fillRow fills the cells of a row from the fields of a line.
func fillRow(row *xlsx.Row, record []string) {
	row.Cells = row.Cells[:0]
	for i, field := range record {
		if field = literal(field); field != "" {
			row.Cells = append(row.Cells, xlsx.Cell{Col: i, Kind: xlsx.Text, Text: []byte(field)})
		}
	}
}

// broken reports whether a field of a line holds line breaks, and why they are not read.
func (l csvLines) broken(record []string, line int, below bool) (broken bool, fault *tender.FileFault) {
	for i, field := range record {
		if strings.IndexByte(field, '\n') < 0 {
			continue
		}
		broken = true
		if fault := l.breaks.fault(line, i, field, l.separator, below); fault != nil {
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
func (l csvLines) mayBeShort(record []string, width int, open bool) bool {
	if len(record) > width {
		return false
	}
	if len(record) >= l.needed && !open {
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
	return (filled == 1 && isFooterText(first)) || isTotalLabel(values.Normal(first)) ||
		(filled == 2 && slices.Contains(countWords, values.Normal(first)))
}

// endsOpen reports whether the text ends with the line just read, and without a line end.
func (l csvLines) endsOpen(r *csv.Reader) bool {
	return r.InputOffset() == int64(len(l.text)) && !bytes.HasSuffix(l.text, []byte("\n"))
}

// formulaText is a field that is written as a formula of one text without quotation
// marks around it, as Excel takes it but CSV does not.
var formulaText = regexp.MustCompile(`(?m)(^|[,;\t|])="([^"\r\n]*)"([,;\t|]|\r?$)`)

// withoutFormulaText makes quoted fields of such formulas.
func withoutFormulaText(text []byte) []byte {
	if !bytes.Contains(text, []byte(`="`)) {
		return text
	}
	for range 2 { // neighbours share a separator
		text = formulaText.ReplaceAll(text, []byte(`$1"$2"$3`))
	}
	return text
}

// literal is the text of a field that is written as a formula of one text, ="0901", by
// which Excel keeps zeros when it opens a CSV file.
func literal(field string) string {
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

// csvError is the fault for an error of encoding/csv.
func csvError(err error) error {
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
	return &faultError{*csvFault(p.Line, message, "ask for the file to be exported again, or for a workbook")}
}

// faultError carries a fault out of a loop over rows.
type faultError struct{ fault tender.FileFault }

func (e *faultError) Error() string { return e.fault.String() }
