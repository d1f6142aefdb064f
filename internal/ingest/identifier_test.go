package ingest

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tenderbatch/internal/inbox"
	"tenderbatch/internal/tender"
)

// Identifiers that only look the same are one question, wherever the difference comes from.
func TestI21IdentifiersThatLookTheSameHaveOneCanonicalForm(t *testing.T) {
	for _, same := range [][]string{
		{"0012345", "12345", "12345.0", "12,345", " 12345 ", "'0012345", "１２３４５", "12\u200b345", "12345.00"},
		{"VOI-42", "voi-42", "VOI\u201142", "VOI\u00a0-42", "VОI-42", "VOI\u221242", "VOI–42"},
	} {
		for _, id := range same {
			if Canonical(id) != Canonical(same[0]) {
				t.Errorf("%q is %q, %q is %q", id, Canonical(id), same[0], Canonical(same[0]))
			}
		}
	}
	for _, pair := range [][2]string{{"12345", "12346"}, {"VOI-42", "VOI-420"}, {"1.5", "15"}, {"A1", "B1"},
		{"100", "1000"}} {
		if Canonical(pair[0]) == Canonical(pair[1]) {
			t.Errorf("%q and %q are one", pair[0], pair[1])
		}
	}
}

func TestI1LostZerosStopTheRun(t *testing.T) {
	const headings = "VOI Number,CUSIP,Principal Amount,Submitted At,Participant\n"
	row := func(id, participant string) string {
		return id + ",52729NAA8,5000,2004-11-10 12:00," + participant + "\n"
	}
	read := func(rows ...string) error {
		o := testOffer(t)
		_, err := Read(o, []inbox.Chosen{{Depositary: o.Depositaries[0],
			File: inbox.File{Name: "dtc-1.csv", Content: []byte(headings + strings.Join(rows, ""))}}})
		return err
	}
	for name, rows := range map[string][2]string{
		"an instruction without its zeros": {row("0012345", "0901"), row("12345", "0902")},
		"a participant without its zeros":  {row("0012345", "0901"), row("0012346", "901")},
		"another hyphen":                   {row("VOI-1", "0901"), row("VOI\u20111", "0901")},
		"small letters":                    {row("VOI-1", "0901"), row("voi-1", "0901")},
		"a letter of another script":       {row("VOI-1", "0901"), row("V\u041eI-1", "0901")},
	} {
		if err := read(rows[0], rows[1]); err == nil || !strings.Contains(err.Error(), "looks the same as") ||
			!strings.Contains(err.Error(), tender.RuleIdentifier) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := read(row("VOI-1", "0901"), row("VOI-10", "901A"), row("10", "77")); err != nil {
		t.Error(err)
	}
}

func TestI3AnIdentifierWrittenAsANumberIsRejected(t *testing.T) {
	for _, id := range []string{"901.0", "2,901", "901.00", "1,234,567"} {
		got := fmt.Sprint(understood(testOffer(t),
			sheetOf("Tenders", nil, testHeadings, "VOI-1 | 52729NAA8 | #5000 | d#38303.5 | "+id)))
		if !strings.Contains(got, "R5-participant rejected") {
			t.Errorf("participant %s: %s", id, got)
		}
	}
}

// Whatever is drawn, two identifiers are found exactly if their canonical forms are one.
func TestI21ConfusionFindsEveryPair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfN(rapid.StringMatching(`0?0?[12]{1,2}|[aA]-?1`), 1, 12).Draw(t, "ids")
		c, want := confusion{}, false
		for _, id := range ids {
			c.look(id)
		}
		for i, id := range ids {
			c.add(written{ID: id})
			for _, before := range ids[:i] {
				want = want || (id != before && Canonical(id) == Canonical(before))
			}
		}
		if got := len(c.found) > 0; got != want {
			t.Errorf("%q: found %v, want %v", ids, c.found, want)
		}
	})
}
