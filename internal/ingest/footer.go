package ingest

import (
	"bytes"
	"slices"
	"strings"

	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// The same rules recognise the rows around the instructions in CSV files and in workbooks: what
// is a total, a count, a remark or a line drawn with dashes.

// endWords are single words that end a report, in the form of normal.
var endWords = values.Words("end eof endoffile endofreport endofdata")

// isFooterText reports whether the only text of a row is a remark: words, or the end.
func isFooterText(text string) bool {
	return strings.Contains(text, " ") || slices.Contains(endWords, values.Normal(text))
}

// isTotalLabel reports whether a label, in the form of normal, begins a total.
func isTotalLabel(key string) bool {
	return slices.Contains(totalWords, key) || strings.HasPrefix(key, "subtotal") || strings.HasPrefix(key, "total") ||
		strings.HasPrefix(key, "grandtotal")
}

// isDrawnLine reports whether a row is a line drawn with dashes and the like, as query
// tools print below headings: several characters in each cell.
func isDrawnLine(row *xlsx.Row) bool {
	filled := 0
	for i := range row.Cells {
		c := &row.Cells[i]
		if !isFilled(c) {
			continue
		}
		if text := values.Trimmed(c.Text); c.Kind != xlsx.Text || len(text) < 3 || len(bytes.Trim(text, "-=_*+ ")) > 0 {
			return false
		}
		filled++
	}
	return filled > 0
}
