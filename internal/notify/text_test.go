package notify

import (
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"tenderbatch/internal/display"
)

func TestTheTextSaysWhatHappenedAndWhatToDo(t *testing.T) {
	const want = `level3-2004: done, with 7 rejects
What to do: the result is published, or nothing has changed; clarify the open findings with the depositary, or resolve them in the offer.

published

Issuer     Level 3 Communications, Inc.
Run        2004-11-12T173004-1a2b3c4d
Started by schedule
Slot       2004-11-12T17:30:00-05:00
At         2004-11-12 22:30:04 UTC
Took       4.21s
Rows       312 read, 305 counted, 7 rejected
USD        tendered 735,696,000, accepted 450,000,000, to wire 391,712,345.67
`
	if got := sample.text(true); got != want {
		t.Errorf("the text is\n%s\nwant\n%s", got, want)
	}
	failed := Event{Kind: Failure, Offer: "a", Exit: 6,
		Message: "euroclear.xlsx: Sheet1!C9: the control total\nis 5; it must be 6", Issuer: "I"}
	const wantFailed = `a: not published: figures that must agree do not
What to do: nothing was published; ask the depositary for a correct file, or restore what the message names.

euroclear.xlsx: Sheet1!C9: the control total
is 5; it must be 6

Issuer     I
Exit code  6
`
	if got := failed.text(true); got != wantFailed {
		t.Errorf("the text is\n%s\nwant\n%s", got, wantFailed)
	}
}

func TestP17AMailSaysWhatToActOnAndWhatChanged(t *testing.T) {
	e := sample
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	e.Zone, e.Open = zone, 8
	e.Findings = []string{`dtc.xlsx Tenders rows 5-7 hold "BLKD": the status is not known; map it [R2-status] 3 lines, principal 3,000 USD`}
	e.Changes = []string{"against run 2004-11-11T173004-1a2b3c4d: 2 new, 0 no longer counted"}
	e.Attachment = &Attachment{Name: "level3.xlsx", Content: []byte("PK")}
	const want = `level3-2004: done, with 8 open findings
What to do: the result is published, or nothing has changed; clarify the open findings with the depositary, or resolve them in the offer.

published

To act on:
- dtc.xlsx Tenders rows 5-7 hold "BLKD": the status is not known; map it [R2-status] 3 lines, principal 3,000 USD

Since the run before:
- against run 2004-11-11T173004-1a2b3c4d: 2 new, 0 no longer counted

Issuer     Level 3 Communications, Inc.
Run        2004-11-12T173004-1a2b3c4d
Started by schedule
Slot       2004-11-12 17:30 EST
At         2004-11-12 17:30:04 EST
Took       4.21s
Rows       312 read, 305 counted, 7 rejected
USD        tendered 735,696,000, accepted 450,000,000, to wire 391,712,345.67
Attached   level3.xlsx
`
	if got := e.letter(); got != want {
		t.Errorf("the mail is\n%s\nwant\n%s", got, want)
	}
	for _, text := range []string{e.text(true), e.text(false), e.delivery().Text} { // go to others
		if strings.Contains(text, "dtc.xlsx") || strings.Contains(text, "against run") ||
			strings.Contains(text, "level3.xlsx") {
			t.Errorf("what names tenders is in\n%s", text)
		}
	}
	for i := range 40 {
		e.Findings = append(e.Findings, strconv.Itoa(i))
	}
	if got := e.letter(); !strings.Contains(got, "\n- 28\nand 11 more, in the workbook\n") {
		t.Errorf("a long list is\n%s", got)
	}
}

func TestEveryEndHasItsHeadline(t *testing.T) {
	for _, c := range []struct {
		event Event
		want  string
	}{
		{Event{Kind: Success}, "batch: o: done"},
		{Event{Kind: Rejects, Rejected: 1}, "batch: o: done, with 1 reject"},
		{Event{Kind: Rejects, Open: 1}, "batch: o: done, with 1 open finding"},
		{Event{Kind: Failure, Exit: 1}, "batch: o: failed"},
		{Event{Kind: Failure, Exit: 99}, "batch: o: failed"},
		{Event{Kind: Failure, Exit: 2}, "batch: o: not run: the command line or the terms are wrong"},
		{Event{Kind: Failure, Exit: 5}, "batch: o: not run: another run holds the offer"},
		{Event{Kind: Failure, Exit: 6}, "batch: o: not published: figures that must agree do not"},
		{Event{Kind: Failure, Exit: 130}, "batch: o: interrupted"},
		{Event{Kind: Reminder, Open: 3}, "batch: o: 3 open findings, and nothing has changed"},
		{Event{Kind: Missed}, "batch: o: a slot passed without a run"},
	} {
		c.event.Offer = "o"
		if got := c.event.subject(); got != c.want {
			t.Errorf("the subject is %q, want %q", got, c.want)
		}
		if todo := c.event.whatToDo(); (todo == "") != (c.event.Kind == Success) {
			t.Errorf("%s: the advice is %q", c.want, todo)
		}
	}
	if todo := (Event{Kind: Failure, Exit: 1, Advice: "free the disk"}).whatToDo(); todo != "free the disk" {
		t.Errorf("the advice of the caller is lost: %q", todo)
	}
}

func TestALineHasNothingThatCannotBeSeen(t *testing.T) {
	for in, want := range map[string]string{
		"a\r\nb\rc\nd\te":               "a b c d e",
		"x\x00\x07\x1b[31my\u009b":      `x\u0000\u0007\u001b[31my\u009b`,
		"\u202eabc\u2066\ufeff\u200f":   `\u202eabc\u2066\ufeff\u200f`,
		"a\u2028b\u2029c\u0085d":        "a b c d",
		"Soci\xe9t\xe9 Société 東京":      `Soci\xe9t\xe9 Société 東京`,
		"\U000e0041\ue000tag\u00adsoft": `\U000e0041\ue000tag\u00adsoft`,
	} {
		if got := Line(in, 100); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func FuzzLinesAreBoundedAndVisible(f *testing.F) {
	f.Add("Société\r\n\u202e", 7)
	f.Add(strings.Repeat("é", 50), 20)
	f.Add("é0\xc3\n\u202e", 7) // grew beyond its bound when it was written out after the cut
	f.Fuzz(func(t *testing.T, s string, most int) {
		most = 3 + (most&0x7fffffff)%1000
		for _, got := range []string{Line(s, most), strings.ReplaceAll(lines(s, most), "\n", "")} {
			if len(got) > most || !utf8.ValidString(got) || strings.ContainsFunc(got, display.Unseen) {
				t.Errorf("%q at most %d becomes %q", s, most, got)
			}
		}
	})
}

func TestTheSlotOfADateIsOnTheClocksOfTheOffer(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	e := Event{Slot: "early_tender 2004-11-12T17:15:00-05:00", Zone: zone}
	if got := e.slot(); got != "early_tender 2004-11-12 17:15 EST" {
		t.Error(got)
	}
}
