package ingest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/inbox"
	"tenderbatch/internal/tender"
)

// mt565 is an instruction for the series A; cancels is the instruction that it cancels, "" for none.
func mt565(ref, function, at, amount, cancels string) string {
	link := ""
	if cancels != "" {
		link = ":16R:LINK\r\n:13A::LINK//565\r\n:20C::PREV//" + cancels + "\r\n:16S:LINK\r\n"
	}
	return "{1:F01BANKUS33AXXX0000000000}{2:I565CUSTUS33XXXXN}{4:\r\n:16R:GENL\r\n:20C::CORP//EVENT0001\r\n:20C::SEME//" + ref + "\r\n:23G:" +
		function + "\r\n:22F::CAEV//TEND\r\n:98C::PREP//" + at + "\r\n" + link + ":16S:GENL\r\n:16R:USECU\r\n:35B:/US/52729NAA8\r\n" +
		":16R:ACCTINFO\r\n:97A::SAFE//0901\r\n:16S:ACCTINFO\r\n:16S:USECU\r\n:16R:CAINST\r\n:13A::CAON//001\r\n:22F::CAOP//CASH\r\n" +
		":36B::QINS//FAMT/" + amount + "\r\n:16S:CAINST\r\n-}\r\n"
}

func seev033(ref, at, amount string) string {
	return `<Msg><AppHdr xmlns="urn:iso:std:iso:20022:tech:xsd:head.001.001.02"><BizMsgIdr>` + ref + `</BizMsgIdr><CreDt>` + at + `</CreDt></AppHdr>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:seev.033.001.12"><CorpActnInstr><CorpActnGnlInf><CorpActnEvtId>E</CorpActnEvtId>
<EvtTp><Cd>TEND</Cd></EvtTp><UndrlygScty><FinInstrmId><OthrId><Id>52729NAA8</Id><Tp><Cd>CUSP</Cd></Tp></OthrId></FinInstrmId></UndrlygScty></CorpActnGnlInf>
<AcctDtls><SfkpgAcct>0901</SfkpgAcct></AcctDtls><CorpActnInstr><OptnNb><Nb>001</Nb></OptnNb><OptnTp><Cd>CASH</Cd></OptnTp>
<SctiesQtyOrInstdAmt><SctiesQty><InstdQty><Qty><FaceAmt>` + amount + `</FaceAmt></Qty></InstdQty></SctiesQty></SctiesQtyOrInstdAmt>
</CorpActnInstr></CorpActnInstr></Document></Msg>
`
}

// sent reads files of messages of the test offer's depositary, whose time of receipt is in the heading.
func sent(t *testing.T, o *tender.Offer, received string, contents ...string) (*Intake, error) {
	t.Helper()
	if received != "" {
		o.Depositaries[0].Columns = map[string]string{"received": received, "principal": "Blocked Quantity"}
	}
	var files []inbox.Chosen
	for i, c := range contents {
		files = append(files, inbox.Chosen{Depositary: o.Depositaries[0], File: inbox.File{Name: fmt.Sprintf("dtc-%d.msg", i+1), Content: []byte(c)}})
	}
	return Read(o, files)
}

// TestAMessageIsReadAsARow holds an MT 565, a seev.033 and a row of a sheet beside each other: they make the same
// instruction.
func TestAMessageIsReadAsARow(t *testing.T) {
	var all []string
	for received, content := range map[string]string{
		":98C::PREP":   mt565("REF1", "NEWM", "20041112120400", "250000,", ""),
		"AppHdr/CreDt": "<Batch>" + seev033("REF1", "2004-11-12T17:04:00Z", "250000") + "</Batch>",
	} {
		o := testOffer(t)
		in, err := sent(t, o, received, content)
		if err != nil || len(in.Findings) > 0 || in.Count() != 1 {
			t.Fatal(received, err, in)
		}
		for i := range in.Instructions() {
			i.Source, i.Received = tender.Source{}, i.Received.UTC()
			all = append(all, fmt.Sprintf("%+v", *i))
		}
		if r := in.Reports[0]; r.Rows != 1 || !strings.Contains(r.Format, "1 messages") || r.Sheets[0].Columns[0].Why != "a field of the messages" {
			t.Errorf("%+v", r)
		}
	}
	in, err := Read(testOffer(t), []inbox.Chosen{{Depositary: testOffer(t).Depositaries[0], File: inbox.File{Name: "dtc.csv",
		Content: []byte("VOI,CUSIP,Principal,Received,Participant\nREF1,52729NAA8,250000,2004-11-12 12:04,0901\n")}}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range in.Instructions() {
		i.Source, i.Received = tender.Source{}, i.Received.UTC()
		all = append(all, fmt.Sprintf("%+v", *i))
	}
	if len(all) != 3 || all[0] != all[1] || all[1] != all[2] {
		t.Errorf("they differ:\n%s", strings.Join(all, "\n"))
	}
}

// TestTheTimeOfReceiptIsAskedFor: no time of a message is taken for it unasked.
func TestTheTimeOfReceiptIsAskedFor(t *testing.T) {
	_, err := sent(t, testOffer(t), "", mt565("REF1", "NEWM", "20041112120400", "250000,", ""))
	const want = `dtc-1.msg: a message says when it was prepared (:98C::PREP) and when it was delivered by the network ({2:O), and not when the ` +
		`depositary received the tender; say which of them counts as the time of receipt, in the offer at depositary DTC: ` +
		`columns: {received: ":98C::PREP"} or columns: {received: "{2:O"} [R6-column]`
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant\n%s", err, want)
	}
}

// TestFindingsNameTheField: what is wrong with a field is said of its line.
func TestFindingsNameTheField(t *testing.T) {
	in, err := sent(t, testOffer(t), ":98C::PREP", mt565("REF1", "NEWM", "20041112120400", "250000,", "")+
		strings.Replace(mt565("REF2", "NEWM", "20041112120400", "250000,", ""), "FAMT", "UNIT", 1)+
		strings.Replace(mt565("REF3", "NEWM", "20041112120400", "250000,", ""), "CAOP//CASH", "CAOP//NOAC", 1)+
		strings.Replace(mt565("REF4", "NEWM", "20041112120400", "250000,", ""), ":98C::PREP//20041112120400\r\n", "", 1)+
		strings.Replace(mt565("REF5", "NEWM", "20041112120400", "250000,", ""), "52729NAA8", "52729NAA9", 1))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range in.Findings {
		got = append(got, fmt.Sprintf("%s %s %s %q %s", f.Instruction, f.Rule, f.Cell, f.Value, f.Message))
	}
	want := []string{`REF2 R5-principal line 38, :36B::QINS "UNIT 250000"`, `REF3 R2-status line 45, :23G: "NEWM TEND NOAC"`,
		`REF4 R1-missing line 61, :98C::PREP ""`, `REF5 R5-security-check-digit line 89, :35B: "52729NAA9"`}
	if in.Count() != 1 || len(got) != len(want) {
		t.Fatalf("%d count; %s", in.Count(), strings.Join(got, "\n"))
	}
	for i, w := range want {
		if !strings.HasPrefix(got[i], w) {
			t.Errorf("%s\nwant %s", got[i], w)
		}
	}
}

// TestACancellationIsAWithdrawal of the instruction that it names, in the same file and in one of the next day.
func TestACancellationIsAWithdrawal(t *testing.T) {
	first, cancel := mt565("REF1", "NEWM", "20041110120000", "250000,", ""), mt565("C1", "CANC", "20041111120000", "250000,", "REF1")
	for name, files := range map[string][]string{"one file": {first + cancel}, "two files": {first, cancel}} {
		o := testOffer(t)
		o.Depositaries[0].Incremental = true
		in, err := sent(t, o, ":98C::PREP", files...)
		if err != nil || in.Count() != 1 || len(in.Findings) > 0 {
			t.Fatal(name, err, in.Findings)
		}
		for i := range in.Instructions() {
			if i.ID != "REF1" || i.Status != tender.Withdrawn || !i.WithdrawnAt.Equal(time.Date(2004, 11, 11, 17, 0, 0, 0, time.UTC)) ||
				!i.Received.Equal(time.Date(2004, 11, 10, 17, 0, 0, 0, time.UTC)) {
				t.Errorf("%s: %+v", name, *i)
			}
		}
	}
	untimed := strings.Replace(cancel, ":98C::PREP//20041111120000\r\n", "", 1)
	in, err := sent(t, testOffer(t), ":98C::PREP", first+untimed)
	if err != nil || in.Count() != 0 || len(in.Findings) != 1 || in.Findings[0].Rule != "R1-unreadable" ||
		in.Findings[0].Cell != "line 21, time of the cancellation" {
		t.Errorf("a cancellation without a time: %v, %+v", err, in.Findings)
	}
	o := testOffer(t)
	o.Depositaries[0].Incremental = true
	in, err = sent(t, o, ":98C::PREP", cancel)
	if err != nil || in.Count() != 0 || len(in.Findings) == 0 || in.Findings[0].Instruction != "REF1" {
		t.Errorf("a cancellation of what never came: %v, %v", err, in)
	}
}

// TestStatusesOfTheTermsGoBefore: what the offer says of a function counts.
func TestStatusesOfTheTermsGoBefore(t *testing.T) {
	o := testOffer(t)
	o.Depositaries[0].Statuses = map[string]tender.Status{"newm tend noac": tender.Rejected, "NEWM": tender.Pending}
	in, err := sent(t, o, ":98C::PREP", mt565("REF1", "NEWM", "20041112120400", "250000,", "")+
		strings.Replace(mt565("REF3", "NEWM", "20041112120400", "250000,", ""), "CAOP//CASH", "CAOP//NOAC", 1))
	if err != nil || len(in.Findings) > 0 {
		t.Fatal(err, in.Findings)
	}
	var got []tender.Status
	for i := range in.Instructions() {
		got = append(got, i.Status)
	}
	if fmt.Sprint(got) != "[pending rejected]" {
		t.Error(got)
	}
}

// TestADamagedFileOfMessagesIsNotUsed: and its fault names the line.
func TestADamagedFileOfMessagesIsNotUsed(t *testing.T) {
	whole := mt565("REF1", "NEWM", "20041112120400", "250000,", "")
	_, err := sent(t, testOffer(t), ":98C::PREP", whole+whole[:len(whole)-20])
	if err == nil || !strings.Contains(err.Error(), "dtc-1.msg: line 21: the message is cut off") {
		t.Error(err)
	}
}

// TestSheetsAndMessagesOfOneDepositary: the field that the terms name for the time of receipt of its messages is no heading
// of its sheets.
func TestSheetsAndMessagesOfOneDepositary(t *testing.T) {
	o := testOffer(t)
	o.Depositaries[0].Incremental = true
	o.Depositaries[0].Columns = map[string]string{"received": ":98C::PREP"}
	var files []inbox.Chosen
	for _, f := range [][2]string{{"dtc-1.txt", mt565("REF1", "NEWM", "20041112120400", "250000,", "")},
		{"dtc-2.csv", "VOI,CUSIP,Principal,Received,Participant\nREF2,52729NAA8,250000,2004-11-12 12:04,0901\n"}} {
		files = append(files, inbox.Chosen{Depositary: o.Depositaries[0], File: inbox.File{Name: f[0], Content: []byte(f[1])}})
	}
	in, err := Read(o, files)
	if err != nil || in.Count() != 2 || len(in.Findings) > 0 {
		t.Fatalf("%v, %+v", err, in)
	}
	if o.Depositaries[0].Columns["received"] != ":98C::PREP" {
		t.Error("the terms were changed")
	}
}
