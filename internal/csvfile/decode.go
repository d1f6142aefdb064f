package csvfile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"regexp"
	"unicode/utf16"
	"unicode/utf8"

	"tenderbatch/internal/tender"
)

// Limits of a file.
const (
	maxBytes  = 256 << 20
	maxLine   = 1 << 20 // bytes of a line
	maxFields = 1 << 14 // fields of a line, as many as a sheet has columns
)

// Decode makes UTF-8 of the content of a file, with the line ends that encoding/csv takes. A
// byte order mark goes before the encoding that is stated: no other encoding begins so.
// What a lenient reader would ignore is a fault: with faults there is no text.
func Decode(content []byte, stated tender.Encoding) (text []byte, encoding string, faults []tender.FileFault) {
	text, encoding, fault := decode(content, stated)
	if fault != nil {
		return nil, "", []tender.FileFault{*fault}
	}
	text = plainLines(text)
	if faults := damaged(text); len(faults) > 0 {
		return nil, "", faults
	}
	return withoutFormulaText(text), encoding, nil
}

// decode takes off the byte order mark and turns the text into UTF-8.
func decode(content []byte, stated tender.Encoding) (text []byte, encoding string, fault *tender.FileFault) {
	switch {
	case len(content) > maxBytes:
		return nil, "", Fault(0, fmt.Sprintf("the file has %d bytes; the limit is %d", len(content), maxBytes),
			"split the report")
	case len(bytes.TrimSpace(content)) == 0:
		return nil, "", Fault(0, "the file is empty", "ask for it to be sent again")
	case bytes.HasPrefix(content, []byte("\ufeff")):
		return content[3:], "UTF-8 with a byte order mark", nil
	case bytes.HasPrefix(content, []byte{0xff, 0xfe}):
		text, fault = decodeUTF16(content[2:], binary.LittleEndian)
		return text, "UTF-16", fault
	case bytes.HasPrefix(content, []byte{0xfe, 0xff}):
		text, fault = decodeUTF16(content[2:], binary.BigEndian)
		return text, "UTF-16", fault
	case len(content) > 3 && content[0] == 0 && content[2] == 0: // a heading begins with plain letters
		text, fault = decodeUTF16(content, binary.BigEndian)
		return text, "UTF-16 without a byte order mark", fault
	case len(content) > 3 && content[1] == 0 && content[3] == 0:
		text, fault = decodeUTF16(content, binary.LittleEndian)
		return text, "UTF-16 without a byte order mark", fault
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
			return nil, Fault(bytes.Count(content[:i], []byte("\n"))+1,
				fmt.Sprintf("the byte %#x is not a character of Windows-1252", b),
				"ask for the file saved as CSV UTF-8, or correct encoding in the offer")
		}
		text = utf8.AppendRune(text, r)
	}
	return text, nil
}

func decodeUTF16(content []byte, order binary.ByteOrder) ([]byte, *tender.FileFault) {
	if len(content)%2 == 1 {
		return nil, Fault(0, "the file is UTF-16 but ends in half a character: it is cut off",
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
				return nil, Fault(bytes.Count(text, []byte("\n"))+1, "a character is not UTF-16",
					"ask for the file saved as CSV UTF-8")
			}
		}
		text = utf8.AppendRune(text, r)
	}
	return text, nil
}

// Fault is a fault of a file at a line, 0 for all of it.
func Fault(line int, message, advice string) *tender.FileFault {
	f := &tender.FileFault{Rule: tender.RuleCSV, Message: message, Advice: advice}
	if line > 0 {
		f.Cell = fmt.Sprintf("line %d", line)
	}
	return f
}

// damaged looks for signs of damage in a text file, and reports the first place
// of each.
func damaged(text []byte) (faults []tender.FileFault) {
	lineAt := func(i int) int { return bytes.Count(text[:i], []byte("\n")) + 1 }
	if i := bytes.IndexByte(text, 0); i >= 0 {
		faults = append(faults, *Fault(lineAt(i), "there is a NUL byte in the text",
			"ask for the file saved as CSV UTF-8"))
	}
	if i := invalidUTF8(text); i >= 0 {
		faults = append(faults, *Fault(lineAt(i), "a character is not UTF-8",
			"ask for the file saved as CSV UTF-8, or as a workbook; if it is Windows-1252, say encoding: "+
				"windows-1252 in the offer"))
	}
	for i := 0; ; i++ {
		n := bytes.IndexByte(text[i:], '\r')
		if n < 0 {
			break
		}
		if i += n; i+1 == len(text) || text[i+1] != '\n' {
			faults = append(faults, *Fault(lineAt(i), "a line ends with a carriage return only",
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
			return []tender.FileFault{*Fault(number,
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
