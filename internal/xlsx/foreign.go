package xlsx

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"tenderbatch/internal/xlsx/compound"
	"tenderbatch/internal/xlsx/fault"
)

// signature identifies a kind of file by its first bytes.
type signature struct {
	start string
	rule  fault.Rule
	msg   string
}

const askXLSX = "; ask for it saved as Excel Workbook (.xlsx)"

var signatures = []signature{
	{"%PDF-", fault.RulePDF, "the file is a PDF; ask for the spreadsheet it was made from (.xlsx)"},
	{"{\\rtf", fault.RuleOther, "the file is a text document (RTF); ask for an Excel workbook (.xlsx)"},
	{"\x1F\x8B", fault.RuleOther, "the file is packed (gzip); ask for the workbook itself (.xlsx)"},
	{"7z\xBC\xAF\x27\x1C", fault.RuleOther, "the file is packed (7-Zip); ask for the workbook itself (.xlsx)"},
	{"Rar!\x1A\x07", fault.RuleOther, "the file is packed (RAR); ask for the workbook itself (.xlsx)"},
	{"\x09\x08", fault.RuleXLS, "the file is an old Excel workbook (.xls)" + askXLSX},
	{"\x09\x04", fault.RuleXLS, "the file is an old Excel workbook (.xls)" + askXLSX},
	{"\x09\x02", fault.RuleXLS, "the file is an old Excel workbook (.xls)" + askXLSX},
	{"\x09\x00\x04\x00", fault.RuleXLS, "the file is an old Excel workbook (.xls)" + askXLSX},
	{"ID;P", fault.RuleOther, "the file is a SYLK sheet" + askXLSX},
}

const (
	compoundStart = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"
	headBytes     = 4096
	lockFileBytes = 165 // of Excel's ~$ file: a name of up to 54 characters, twice, padded
)

// refuseForeign refuses a file that is no zip archive, by what its content shows it to be.
func refuseForeign(r io.ReaderAt, size int64) error {
	if size <= 0 {
		return fault.New(fault.RuleEmpty, "", "the file is empty; ask for it to be sent again")
	}
	head, err := fault.ReadAt(r, 0, int(min(size, headBytes)))
	if err != nil {
		return err
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return nil
	case bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return fault.New(fault.RuleZip, "", "the file is a zip archive without content; ask for an Excel workbook "+
			"(.xlsx)")
	case bytes.HasPrefix([]byte("PK\x03\x04"), head):
		return fault.ErrTruncated
	case bytes.HasPrefix(head, []byte(compoundStart)):
		return refuseCompound(r, size)
	case size == lockFileBytes && head[0] > 0 && head[0] <= 54:
		return fault.New(fault.RuleLockFile, "",
			"the file is the mark (~$) Excel leaves beside a workbook that is open; close the workbook and take the "+
				"file without ~$")
	}
	for _, s := range signatures {
		if bytes.HasPrefix(head, []byte(s.start)) {
			return fault.New(s.rule, "", "%s", s.msg)
		}
	}
	return refuseText(head)
}

// refuseText names the kinds of files that are text.
func refuseText(head []byte) error {
	text := bytes.ToLower(bytes.TrimSpace(bytes.TrimPrefix(head, byteOrderMark)))
	switch {
	case bytes.Contains(text, []byte("urn:schemas-microsoft-com:office:spreadsheet")):
		return fault.New(fault.RuleXML2003, "", "the file is an XML spreadsheet of Excel 2003"+askXLSX)
	case hasAnyPrefix(text, "<!doctype html", "<html", "<head", "<body", "<table", "<meta", "<style", "<div") ||
		bytes.Contains(text, []byte("<html")):
		return fault.New(fault.RuleHTML, "",
			"the file is a web page (HTML), perhaps under the name of a workbook"+askXLSX)
	case hasAnyPrefix(text, "<?xml", "<"):
		return fault.New(fault.RuleOther, "", "the file is XML, not a workbook"+askXLSX)
	case allZero(head):
		return fault.New(fault.RuleOther, "",
			"the file begins with nothing but zero bytes; it was damaged on the way: ask for it to be sent again")
	case looksLikeText(head):
		return fault.New(fault.RuleOther, "",
			"the file is plain text, not a workbook; ask for it as .xlsx, or name it .csv if that is what it is")
	}
	return fault.New(fault.RuleOther, "",
		"the file is not a workbook, nor anything else that is known; ask for an Excel workbook (.xlsx)")
}

func hasAnyPrefix(b []byte, prefixes ...string) bool {
	for _, p := range prefixes {
		if bytes.HasPrefix(b, []byte(p)) {
			return true
		}
	}
	return false
}

func allZero(b []byte) bool { return len(bytes.TrimLeft(b, "\x00")) == 0 }

// looksLikeText reports whether a file's first bytes are UTF-8, or of a single-byte encoding, without
// control characters.
func looksLikeText(head []byte) bool {
	if _, wrong := soundText(head); wrong == "" {
		return true
	}
	for _, c := range head {
		if c < 0x20 && !isSpace(c) && c != '\f' {
			return false
		}
	}
	return !utf8.Valid(head)
}

// refuseCompound distinguishes the files in a compound file by the names in its directory, whose
// entries lie at multiples of 128 bytes.
func refuseCompound(r io.ReaderAt, size int64) error {
	const slot = 128
	streams := []struct {
		name []byte
		err  error
	}{
		{directoryName("EncryptedPackage"), fault.New(fault.RuleProtected, "",
			"the workbook is protected by a password and none was given; give the password, or ask for the file "+
				"without one")},
		{directoryName("Workbook"), fault.New(fault.RuleXLS, "", "the file is an old Excel workbook (.xls)"+askXLSX)},
		{directoryName("Book"), fault.New(fault.RuleXLS, "", "the file is an old Excel workbook (.xls)"+askXLSX)},
		{directoryName("WordDocument"), fault.New(fault.RuleOther, "",
			"the file is an old Word document (.doc); ask for an Excel workbook (.xlsx)")},
		{directoryName("__properties_version1.0"),
			fault.New(fault.RuleOther, "", "the file is an Outlook message (.msg); ask for the workbook attached to "+
				"it (.xlsx)")},
	}
	found := len(streams)
	buf := make([]byte, 64<<10)
	for at := int64(0); at < size && found > 0; at += int64(len(buf)) {
		n, err := r.ReadAt(buf[:min(int64(len(buf)), size-at)], at)
		if err != nil && err != io.EOF {
			return &fault.FormatError{Rule: fault.RuleRead, Offset: at, Msg: "the file cannot be read", Err: err}
		}
		for i := 0; i+slot <= n; i += slot {
			for j := range found {
				if bytes.HasPrefix(buf[i:i+slot], streams[j].name) {
					found = j
					break
				}
			}
		}
	}
	if found < len(streams) {
		return streams[found].err
	}
	if _, err := compound.Open(r, size); isRule(err, fault.RuleTruncated) {
		return err // its directory, which would say, is missing
	}
	return fault.New(fault.RuleOther, "",
		"the file is of an old Office kind, but no workbook; ask for an Excel workbook (.xlsx)")
}

// isRule reports whether an error is a fault against a rule.
func isRule(err error, rule fault.Rule) bool {
	var e *fault.FormatError
	return errors.As(err, &e) && e.Rule == rule
}

// directoryName is a name as a compound file's directory has it: UTF-16 with a zero at its end.
func directoryName(name string) []byte {
	var b []byte
	for _, unit := range utf16.Encode([]rune(name + "\x00")) {
		b = append(b, byte(unit), byte(unit>>8))
	}
	return b
}

// foreignArchive says what an archive is that is not a package of Office's kind.
func (w *Workbook) foreignArchive() error {
	if e := w.archive.find("mimetype"); e != nil && e.size < 200 {
		kind := make([]byte, e.size)
		n, err := readFull(w.archive.openPart(e), kind)
		if err == nil || err == io.EOF {
			kind = kind[:n]
		}
		if bytes.HasPrefix(kind, []byte("application/vnd.oasis.opendocument.")) {
			return fault.New(fault.RuleODS, "", "the file is an OpenDocument file (%s)"+askXLSX, bytes.TrimSpace(kind))
		}
	}
	if w.archive.find("Index/Document.iwa") != nil || w.archive.find("Index.zip") != nil {
		return fault.New(fault.RuleOther, "",
			"the file is an Apple Numbers document; ask for it exported to Excel (.xlsx)")
	}
	return fault.New(fault.RuleZip, "", "the file is a zip archive, not a workbook; ask for the workbook itself "+
		"(.xlsx)")
}
