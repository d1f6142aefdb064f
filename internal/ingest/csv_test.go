package ingest

import (
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"

	"tenderbatch/internal/inbox"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
)

const testCSV = "VOI Number,CUSIP,Principal Amount,Submitted At,Participant\n" +
	"0900007,52729NAA8,\"5,000\",2004-11-12 12:00,0123\n"

// understoodCSV reads a CSV file as it would come.
func understoodCSV(t testing.TB, content string) []string {
	return understoodAs(testOffer(t), content)
}

func understoodAs(o *tender.Offer, content string) []string {
	r := newReading(o, values.NewSecurities(o),
		inbox.Chosen{Depositary: o.Depositaries[0], File: inbox.File{Name: "dtc-1.csv"}})
	r.read([]byte(content))
	return outcomeOf(r)
}

// CSV files as they come, and what becomes of them.
func TestCSV(t *testing.T) {
	const count = "0900007 A 5000 counts"
	for _, test := range []struct {
		name, content string
		want          []string
	}{
		{"commas", testCSV, []string{count, "format: CSV, UTF-8, separated by commas"}},
		{"byte order mark", "\ufeff" + testCSV,
			[]string{count, "format: CSV, UTF-8 with a byte order mark, separated by commas"}},
		{"Windows line ends", strings.ReplaceAll(testCSV, "\n", "\r\n"), []string{count, "format: CSV"}},
		{"no line end at the end", strings.TrimSuffix(testCSV, "\n"), []string{count, "format: CSV"}},
		{"tabs", "VOI\tCUSIP\tPrincipal\tSubmitted\tParticipant\n0900007\t52729NAA8\t5,000\t2004-11-12 12:00\t1\n",
			[]string{count, "format: CSV, UTF-8, separated by tabs"}},
		{"semicolons, though commas are more",
			"VOI;CUSIP;Principal;Submitted;Participant;Name\n0900007;52729NAA8;5,000;2004-11-12 12:00;1;a, b, c, d, " +
				"e, f, g\n",
			[]string{count, "format: CSV, UTF-8, separated by semicolons", `note: columns not read: "Name"`}},
		{"UTF-16", utf16File(testCSV), []string{count, "format: CSV, UTF-16, separated by commas"}},
		{"title lines above", "Report\n\n" + testCSV, []string{count, "format: CSV"}},
		{"a total below", testCSV + "Total,,5000,,\n", []string{count, "format: CSV"}},
		{"a formula as text", strings.Replace(testCSV, `"5,000"`, `"=5000"`, 1),
			[]string{"C2 R5-formula rejected", "format: CSV"}},

		{"NUL", strings.Replace(testCSV, "0123", "01\x0023", 1), []string{"dtc-1.csv: line 2: there is a NUL byte"}},
		{"not UTF-8", strings.Replace(testCSV, "0123", "M\xfcller", 1),
			[]string{"dtc-1.csv: line 2: a character is not UTF-8"}},
		{"carriage returns alone", strings.ReplaceAll(testCSV, "\n", "\r"),
			[]string{"0900007 A 5000 counts", "format: CSV, UTF-8"}},
		{"carriage return in a field", strings.Replace(testCSV, "0123", "01\r23", 1),
			[]string{"dtc-1.csv: line 2: a line ends with a carriage return only"}},
		{"line break in a field", strings.Replace(testCSV, "0123", "\"01\n23\"", 1),
			[]string{"dtc-1.csv: line 2: there is a line break inside field"}},
		{"stray quotation mark", strings.Replace(testCSV, "0123", "01\"23", 1),
			[]string{"dtc-1.csv: line 2: there is a quotation mark inside"}},
		{"quotation mark not closed", strings.Replace(testCSV, "0123", "\"0123", 1),
			[]string{"dtc-1.csv: line 2: a quoted field does not end"}},
		{"a field too many", testCSV + "0900008,52729NAA8,1,000,2004-11-12 12:00,1\n",
			[]string{"dtc-1.csv: line 3: the line has 6 fields, the headings have 5"}},
		{"a field too few", testCSV + "0900008,52729NAA8\n",
			[]string{"dtc-1.csv: line 3: the line has 2 fields, the headings have 5"}},
		{"empty", "", []string{"dtc-1.csv: the file is empty"}},
		{"only a byte order mark", "\ufeff", []string{"dtc-1.csv: there are no headings"}},
		{"half a character", utf16File(testCSV) + "x",
			[]string{"dtc-1.csv: the file is UTF-16 but ends in half a character"}},
		{"a PDF", "%PDF-1.4 etc", []string{"dtc-1.csv: the file is a PDF"}},
		{"a web page", "<html><table></table></html>", []string{"dtc-1.csv: the file is a web page"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			expect(t, understoodCSV(t, test.content), test.want...)
		})
	}
}

// The offer says that the files are in Windows-1252.
func TestCSVInWindows1252(t *testing.T) {
	const count, format = "0900007 A 5000 counts", "format: CSV, Windows-1252, separated by commas"
	o := testOffer(t)
	o.Depositaries[0].Encoding = tender.Windows1252
	expect(t, understoodAs(o, strings.Replace(testCSV, "0123", "M\xfcller \x80", 1)), count, format)
	expect(t, understoodAs(o, "\ufeff"+strings.Replace(testCSV, "0123", "Müller", 1)), count,
		"format: CSV, UTF-8 with a byte order mark")
	expect(t, understoodAs(o, utf16File(testCSV)), count, "format: CSV, UTF-16")
	expect(t, understoodAs(o, strings.Replace(testCSV, "0123", "M\x81ller", 1)),
		"dtc-1.csv: line 2: the byte 0x81 is not a character of Windows-1252")
	expect(t, understoodAs(o, strings.Replace(testCSV, "0123", "\x00", 1)), "dtc-1.csv: line 2: there is a NUL byte")
	r := newReading(o, values.NewSecurities(o),
		inbox.Chosen{Depositary: o.Depositaries[0], File: inbox.File{Name: "dtc-1.csv"}})
	r.read([]byte(strings.Replace(testCSV, "0123", "M\xfcller \x80", 1)))
	if got := r.line(0).instruction.Participant; got != "Müller €" {
		t.Errorf("participant %q", got)
	}
}

func utf16File(s string) string {
	b := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return string(b)
}

// FuzzCSV: whatever a file holds, it is read or refused, and every row of it is
// accounted for; Read's own check says so.
func FuzzCSV(f *testing.F) {
	f.Add([]byte(testCSV))
	f.Add([]byte("\ufeff" + strings.ReplaceAll(testCSV, ",", ";")))
	f.Add([]byte(utf16File(testCSV)))
	f.Add([]byte(testCSV + testCSV + "Total,,5000,,\n"))
	f.Add([]byte(strings.Replace(testCSV, "5,000", "=5000", 1)))
	o := testOffer(f)
	f.Fuzz(func(t *testing.T, content []byte) {
		intake, err := Read(o, []inbox.Chosen{{Depositary: o.Depositaries[0],
			File: inbox.File{Name: "dtc-1.csv", Content: content}}})
		if err != nil {
			if _, ok := err.(*tender.FileError); !ok {
				t.Error(err)
			}
			return
		}
		for in := range intake.Instructions() {
			if in.ID == "" || in.Series == "" || in.Principal.Sign() <= 0 || in.Received.IsZero() ||
				in.Participant == "" || in.Status == "" || in.Delivery == "" {
				t.Errorf("an instruction counts that lacks something: %+v", in)
			}
		}
	})
}
