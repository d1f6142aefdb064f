package ingest

import (
	"bytes"
	"strings"
)

// hostileCSV attacks the reading of CSV files.
func hostileCSV() []hostile {
	const head, good = "VOI,CUSIP,Principal Amount,Submitted At,Participant\n",
		"900007,52729NAA8,5000,2004-11-12 12:00,123\n"
	text := func(more string) func() []byte { return func() []byte { return []byte(head + good + more) } }
	made := func(more func() string) func() []byte { return func() []byte { return []byte(head + good + more()) } }
	whole := func(content string) func() []byte { return func() []byte { return []byte(content) } }
	return []hostile{
		{name: "CSV: a NUL", want: "line 3: there is a NUL byte", csv: true, make: text("1\x00,,,,\n")},
		{name: "CSV: 60 MB of NULs", want: "there is a NUL byte", csv: true,
			make: func() []byte { return make([]byte, 60_000_000) }},
		{name: "CSV: nothing but spaces", want: "the file is empty", csv: true,
			make: func() []byte { return bytes.Repeat([]byte(" "), 20<<20) }},
		{name: "CSV: a byte that is not UTF-8", want: "line 3: a character is not UTF-8", csv: true,
			make: text("M\xfcller,,,,\n")},
		{name: "CSV: half a UTF-16 character", want: "half a character", csv: true, make: whole("\xff\xfea\x00b")},
		{name: "CSV: half a surrogate pair", want: "a character is not UTF-16", csv: true,
			make: whole("\xff\xfea\x00\x00\xd8a\x00")},
		{name: "CSV: a carriage return alone", want: "line 1: a line ends with a carriage return only", csv: true,
			make: whole(strings.Replace(head+good, "\n", "\r", 1))},
		{name: "CSV: a quotation mark that swallows the rest", want: "line 3", csv: true,
			make: made(func() string { return `"` + times(300_000, good) })},
		{name: "CSV: a quotation mark within a field", want: "line 3: there is a quotation mark inside a field",
			csv: true, make: text("1\"2,,,,\n")},
		{name: "CSV: quotation marks alone", want: "line 3", csv: true,
			make: made(func() string { return strings.Repeat(`"`, 30<<20+1) })},
		{name: "CSV: a line break in a field", want: "line 3: there is a line break inside field", csv: true,
			make: text("\"a\nb\",,,,\n")},
		{name: "CSV: a line of 60 MB", want: "line 3: the line has … bytes; the limit is", csv: true,
			make: made(func() string { return strings.Repeat("a", 60_000_000) + ",,,,\n" })},
		{name: "CSV: sixty million fields", want: "line 3: the line has … bytes; the limit is", csv: true,
			make: made(func() string { return strings.Repeat(",", 60_000_000) + "\n" })},
		{name: "CSV: a line of other fields", want: "line 3: the line has 7 fields, the headings have 5", csv: true,
			make: text("1,2,3,4,5,6,7\n")},
		{name: "CSV: a line too short", want: "line 3: the line has 2 fields, the headings have 5", csv: true,
			make: text("1,2\n")},
		{name: "CSV: ten million empty lines, then a fault", want: "line 10000003", csv: true,
			make: made(func() string { return strings.Repeat("\n", 10_000_000) + "1,2\n" })},
		{name: "CSV: a million tenders that are no tenders", want: "lines of the file are rejected", csv: true,
			make: made(func() string { return times(900_000, "%d,,,,\n") })},
		{name: "CSV: three separators at once", want: "", csv: true,
			make: whole("VOI;CUSIP\tPrincipal Amount,Submitted At;Participant\n1;2\t3,4;5\n")},
		{name: "CSV: a web page", want: "web page (HTML)", csv: true,
			make: whole("<html><table><tr><td>VOI</td></tr></table></html>")},
		{name: "CSV: no headings in a million lines", want: "no column for", csv: true,
			make: func() []byte { return []byte(strings.Repeat("1,2,3,4,5\n", 1_000_000)) }},
	}
}
