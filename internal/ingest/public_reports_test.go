package ingest

import (
	"slices"
	"strings"
	"testing"

	"tenderbatch/internal/tender"
)

// What people report in public about the files they exchange, each tried here. Where a
// report came from stands above it.

const (
	publicHeadings = "VOI Number,CUSIP,Principal Amount,Submitted At,Participant,Status"
	publicRow      = "1001,52729NAA8,5000,2004-11-10 10:01,0901,MADE"
	publicCounts   = "1001 A 5000 counts"
)

// publicCSV reads a CSV file as it stands and says what came of it.
func publicCSV(o *tender.Offer, content string) []string {
	r := newReading(o, newSecurities(o), Chosen{Depositary: o.Depositaries[0], File: File{Name: "dtc-1.csv"}})
	r.read([]byte(content))
	return outcomeOf(r)
}

// withField is a file of one row in which a field says something else.
func withField(i int, value string) string {
	fields := strings.Split(publicRow, ",")
	if fields[i] = value; strings.Contains(value, ",") {
		fields[i] = `"` + value + `"`
	}
	return publicHeadings + "\n" + strings.Join(fields, ",") + "\n"
}

// A tender beside which it says that it was withdrawn is none, whatever the heading is.
func TestAWithdrawalSaidBesideTheRowIsNotCountedInSilence(t *testing.T) {
	for beside, refused := range map[string]bool{
		// https://github.com/firefly-iii/firefly-iii/issues/2835 (a column that turns the sign)
		"Transaction Type,REVERSAL": true, "Action,DELETE": true, "Remarks,WITHDRAWN per email": true, "Note,please cancel": true, ",cancelled": true,
		"Remarks,not withdrawn": false, "Remarks,with thanks": false, "Fund,Cancellara Reversion Ltd": false, "Contact,was withdrawn": false,
	} {
		heading, value, _ := strings.Cut(beside, ",")
		got := publicCSV(testOffer(t), publicHeadings+","+heading+"\n"+publicRow+","+value+"\n")
		if slices.Contains(got, "C2 R5-beside rejected") != refused || slices.Contains(got, publicCounts) == refused {
			t.Errorf("%s: %q", beside, got)
		}
	}
	// One that is reported as withdrawn needs no second word.
	got := publicCSV(testOffer(t), publicHeadings+",Remarks\n"+strings.Replace(publicRow, "MADE", "WITH", 1)+",withdrawn\n")
	if slices.Contains(got, "C2 R5-beside rejected") {
		t.Errorf("withdrawn and said so: %q", got)
	}
}

func TestTheOfferWaivesWhatIsSaidBesideARow(t *testing.T) {
	file := publicHeadings + ",Remarks\n" + publicRow + ",withdrawn in error\n"
	o := testOffer(t)
	o.Waivers = []tender.Waiver{{Depositary: "DTC", Instruction: "1001", Rule: ruleBeside, By: "the tender agent", On: tender.Date{Year: 2004, Month: 11, Day: 13}}}
	if got := publicCSV(o, file); !slices.Contains(got, publicCounts) {
		t.Errorf("waived: %q", got)
	}
	o = testOffer(t)
	o.Depositaries[0].Ignored = []string{"Remarks"}
	if got := publicCSV(o, file); !slices.Contains(got, publicCounts) {
		t.Errorf("ignored: %q", got)
	}
}

// https://github.com/mholt/PapaParse/issues/247: the columns without a heading are lost.
func TestAColumnOfStatusCodesWithoutAHeading(t *testing.T) {
	headings := strings.TrimSuffix(publicHeadings, "Status")
	got := strings.Join(publicCSV(testOffer(t), headings+"\n"+strings.Replace(publicRow, "MADE", "WITH", 1)+"\n"), "; ")
	if !strings.Contains(got, "R6-unread-column") || !strings.Contains(got, "F1: the column has no heading") {
		t.Error(got)
	}
	if got := publicCSV(testOffer(t), publicHeadings+",,\n"+publicRow+",,7\n"); !slices.Contains(got, publicCounts) {
		t.Errorf("a column of something else: %q", got)
	}
}

// https://github.com/rustledger/rustledger/pull/1475: DR and CR beside an amount.
func TestHeadingsThatTurnATenderRound(t *testing.T) {
	for _, column := range []string{"Dr/Cr,DR", "Deleted,Y", "Void,Y", "Reversed?,Y"} {
		heading, value, _ := strings.Cut(column, ",")
		if got := publicCSV(testOffer(t), publicHeadings+","+heading+"\n"+publicRow+","+value+"\n"); !strings.Contains(got[0], "R6-unread-column") {
			t.Errorf("%s: %q", column, got)
		}
	}
}
