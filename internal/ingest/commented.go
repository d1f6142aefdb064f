package ingest

import (
	"bytes"
	"fmt"

	"tenderbatch/internal/headings"
	"tenderbatch/internal/tender"
)

// beginsComment reports whether a text begins as lines do that people take out of a file by
// making comments of them.
func beginsComment(text []byte) bool {
	return text[0] == '#' || text[0] == ';' || bytes.HasPrefix(text, []byte("//")) ||
		bytes.HasPrefix(text, []byte("--"))
}

// checkCommented stops where some instruction numbers begin as comments do, and others do not:
// those rows may have been taken out.
func (t *sheetTotals) checkCommented() {
	if n := len(t.commented); n > 0 && n < t.count {
		t.fault(tender.FileFault{Cell: t.layout.cell(headings.ColInstruction, t.commented[0]),
			Rule: tender.RuleIdentifier,
			Message: fmt.Sprintf("%s: the instruction begins like a comment and others do not, as if rows had been "+
				"removed", rowList(t.commented, n)),
			Advice: "ask the depositary whether they count, and for the report without the marks or without the rows"})
	}
}
