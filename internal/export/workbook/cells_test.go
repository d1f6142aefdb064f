package workbook

import (
	"math/big"
	"strings"
	"testing"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/display"
	"tenderbatch/internal/result"
	"tenderbatch/internal/spreadsheet"
	"tenderbatch/internal/tender"
)

func TestFactorCell(t *testing.T) {
	for _, c := range []struct {
		num, den      int64
		value, format string
	}{
		{1, 1, "1", "0%"},
		{0, 1, "0", "0%"},
		{740558, 1000000, "0.740558", "0.0000%"},
		{1, 2, "0.5", "0%"},
		{1, 3, "1/3", ""},
		{1234567890123457, 10000000000000000, "12.34567890123457%", ""}, // sixteen digits: Excel would round it
	} {
		got := factor(allocate.NewFactor(big.NewRat(c.num, c.den)))
		if got.Text() != c.value || got.Style.Format != c.format {
			t.Errorf("%d/%d is shown as %s [%s], want %s [%s]", c.num, c.den, got.Text(), got.Style.Format, c.value, c.format)
		}
	}
}

func TestMoment(t *testing.T) {
	for at, want := range map[string]string{
		"2004-11-12T16:59:59.700": "38303.70832986111",
		"2004-11-12T17:00:00.000": "38303.70833333333",
		"2004-11-13T00:00:00.000": "38304",
		"1900-03-01T00:00:00.000": "61",
	} {
		if got := spreadsheet.Moment(wall(at), newYork); got.Kind != spreadsheet.Number || got.Text() != want {
			t.Errorf("%s is %s, want %s", at, got.Text(), want)
		}
	}
	// Wall time counts, not the instant: this is 17:00 in New York.
	if got := spreadsheet.Moment(wall("2004-07-01T17:00:00.000").UTC(), newYork); got.Text() != "38169.70833333333" {
		t.Errorf("summer time: %s", got.Text())
	}
	if got := spreadsheet.Moment(wall("1899-01-01T00:00:00.000"), newYork); got.Kind != spreadsheet.TextKind {
		t.Errorf("a day before the calendar of spreadsheets is %+v", got)
	}
	if got := spreadsheet.Day(tender.Date{}); got != (spreadsheet.Cell{}) {
		t.Errorf("no date is %+v", got)
	}
}

func TestAmountFormats(t *testing.T) {
	for _, c := range []struct {
		got           spreadsheet.Cell
		value, format string
	}{
		{spreadsheet.Principal(dec("1203652000")), "1203652000", "#,##0"},
		{spreadsheet.Principal(dec("1000.50")), "1000.5", "#,##0.0"},
		{spreadsheet.Cash(dec("12.5"), "USD"), "12.5", "#,##0.00"},
		{spreadsheet.Cash(dec("12"), "JPY"), "12", "#,##0"},
		{spreadsheet.Cash(dec("12.125"), "KWD"), "12.125", "#,##0.000"},
		{spreadsheet.Price(dec("837.5")), "837.5", "#,##0.00"},
		{spreadsheet.Price(dec("837.125")), "837.125", "#,##0.000"},
		{spreadsheet.Amounts("USD", dec("1"), dec("0.3"))[0], "1", "#,##0.00"},
		{spreadsheet.Amounts("USD", dec("1"), dec("2"))[0], "1", "#,##0"},
	} {
		if c.got.Text() != c.value || c.got.Style.Format != c.format {
			t.Errorf("%s [%s], want %s [%s]", c.got.Text(), c.got.Style.Format, c.value, c.format)
		}
	}
}

func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		"a\x00\x1f\x7f": "a␀␟␡", "\r\n\t": "␍\n\t", "\xff": "�", "\ufffe": "�", "ä€😀": "ä€😀",
	} {
		if got := spreadsheet.Clean(text); got != want {
			t.Errorf("clean(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestFit(t *testing.T) {
	for text, want := range map[string]string{
		strings.Repeat("x", spreadsheet.CellLimit):                  strings.Repeat("x", spreadsheet.CellLimit),
		strings.Repeat("x", spreadsheet.CellLimit+1):                strings.Repeat("x", spreadsheet.CellLimit-1) + "…",
		strings.Repeat("é", spreadsheet.CellLimit):                  strings.Repeat("é", spreadsheet.CellLimit),
		strings.Repeat("\U0001F600", spreadsheet.CellLimit/2+1):     strings.Repeat("\U0001F600", spreadsheet.CellLimit/2) + "…",
		strings.Repeat("\U0001F600", spreadsheet.CellLimit/2) + "x": strings.Repeat("\U0001F600", spreadsheet.CellLimit/2) + "x",
	} {
		if got := spreadsheet.Fit(text); got != want {
			t.Errorf("%d bytes are cut to %d, want %d", len(text), len(got), len(want))
		}
	}
}

func TestGroups(t *testing.T) {
	for plain, want := range map[string]string{"0": "0", "999": "999", "1000": "1,000", "-1234567.5": "-1,234,567.5", "-123": "-123"} {
		if got := display.Thousands(plain); got != want {
			t.Errorf("display.Thousands(%s) = %s, want %s", plain, got, want)
		}
	}
}

func TestShare(t *testing.T) {
	for _, c := range [][3]string{{"1", "3", "0.333"}, {"2", "3", "0.667"}, {"1", "2000", "0.001"}, {"1", "2001", "0"}, {"5", "0", "0"}} {
		if got := result.Share(dec(c[0]), dec(c[1]), 3); !got.Equal(dec(c[2])) {
			t.Errorf("%s of %s is %s, want %s", c[0], c[1], got, c[2])
		}
	}
}

func TestAddresses(t *testing.T) {
	for col, want := range map[int]string{1: "A", 26: "Z", 27: "AA", 52: "AZ", 702: "ZZ", 703: "AAA", 16384: "XFD"} {
		if got := spreadsheet.Letters(col); got != want {
			t.Errorf("column %d is %s, want %s", col, got, want)
		}
	}
	if got := (spreadsheet.Area{Top: 5, Left: 2, Bottom: 9, Right: 28}).Fixed(); got != "$B$5:$AB$9" {
		t.Error(got)
	}
}

// TestP21 a column of times shows what the finest of them has, and no more.
func TestP21AColumnOfTimesHasSecondsOnlyIfATimeHas(t *testing.T) {
	for last, want := range map[string]string{
		"2004-11-12T17:00:00.000": "yyyy-mm-dd hh:mm",
		"2004-11-12T17:00:01.000": "yyyy-mm-dd hh:mm:ss",
		"2004-11-12T17:00:00.250": "yyyy-mm-dd hh:mm:ss.000",
	} {
		if got := spreadsheet.InstantCell(wall(last), newYork).Style.Format; got != want {
			t.Errorf("alone, %s is shown as %s", last, got)
		}
		r := smallRun(t)
		for i := range r.Book.Lines {
			r.Book.Lines[i].Received = wall("2004-11-12T16:30:00.000")
		}
		r.Book.Lines[1].Received = wall(last)
		b := &workbook{frame: frameOf(r, 1000), run: r, tally: newTally(r)}
		row, cells := instructionFields.list(len(r.Book.Lines), "", b.instructionRows).Maker(), make([]spreadsheet.Cell, len(instructionFields))
		for i := range r.Book.Lines[:3] {
			row(i, cells)
			if got := cells[instructionFields.at("received")-1].Style.Format; got != want {
				t.Errorf("beside %s, row %d is shown as %s", last, i, got)
			}
		}
	}
}
