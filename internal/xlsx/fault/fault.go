// Package fault names what is wrong with a workbook: the rule that it breaks, and where. Both
// containers of workbooks, the zip and the compound file of a protected one, read with it.
package fault

import (
	"fmt"
	"strings"
)

// Rule is the stable code of what a file broke.
type Rule string

// The rules of files that are not workbooks this package reads. The message says what the file is
// and what to ask its sender for.
const (
	RuleEmpty     Rule = "empty-file"
	RuleTruncated Rule = "truncated-file"
	RuleLockFile  Rule = "lock-file"          // Excel's ~$ file beside an open workbook
	RuleXLS       Rule = "legacy-xls"         // Excel 97-2003 and older
	RuleProtected Rule = "password-protected" // and no password was given
	RuleXLSB      Rule = "binary-xlsb"
	RuleODS       Rule = "opendocument"
	RulePDF       Rule = "pdf"
	RuleHTML      Rule = "html"
	RuleXML2003   Rule = "xml-spreadsheet-2003"
	RuleZip       Rule = "plain-zip"
	RuleOther     Rule = "not-a-workbook"
)

// The rules of damaged, malformed or hostile workbooks.
const (
	RuleRead      Rule = "read-failed" // the io.ReaderAt failed
	RuleContainer Rule = "zip-structure"
	RuleChecksum  Rule = "zip-checksum" // a part is not what was packed: deflate data, size or CRC-32
	RuleLimit     Rule = "limit"
	RulePackage   Rule = "package-structure" // content types, relationships, list of sheets
	RuleEncoding  Rule = "xml-encoding"
	RuleXML       Rule = "xml-malformed"
	RuleStructure Rule = "sheet-structure" // elements that are missing, repeated or out of place
	RuleReference Rule = "cell-reference"
	RuleOrder     Rule = "row-or-cell-order"
	RuleString    Rule = "shared-string-index"
	RuleStyle     Rule = "style-index"
	RuleValue     Rule = "cell-value"
)

// The rules of protected workbooks.
const (
	RulePassword   Rule = "wrong-password"
	RuleTampered   Rule = "tampered"           // changed after it was protected
	RuleEncryption Rule = "encryption-unknown" // parameters that are unknown, unsound or no protection
	RuleCompound   Rule = "compound-structure" // of the file around the encrypted package
)

// FormatError is a file that was refused: which rule it broke, and where.
type FormatError struct {
	Rule   Rule
	Part   string // name of the zip entry; "" when the fault is of the file as a whole
	Cell   string // "B7" or "row 7": the last place known in a sheet; "" outside the rows
	Offset int64  // byte in the inflated part, or in the file when Part is ""; -1 when it has no place
	Msg    string // what is wrong, in a clause without a full stop
	Err    error  // the cause, if another error was
}

// Error says where and what, such as
// "xl/worksheets/sheet1.xml, B7, byte 412: shared string 9 does not exist: the workbook has 4".
func (e *FormatError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%.200s", e.Part) // a hostile name can be as long as it likes
	if e.Cell != "" {
		fmt.Fprintf(&b, ", %s", e.Cell)
	}
	if e.Offset >= 0 {
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "byte %d", e.Offset)
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	b.WriteString(e.Msg)
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *FormatError) Unwrap() error { return e.Err }

// New makes an error of a part as a whole.
func New(rule Rule, part, format string, args ...any) *FormatError {
	return &FormatError{Rule: rule, Part: part, Offset: -1, Msg: fmt.Sprintf(format, args...)}
}
