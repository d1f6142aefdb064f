package cainstruction

import (
	"fmt"
	"strings"
	"testing"

	"tenderbatch/internal/xlsx"
)

// mtOf is an MT 565 with its blocks. Lines of fields can be changed by their beginning; "" takes one out.
func mtOf(ref string, change map[string]string) string {
	lines := []string{
		"{1:F01BANKUS33AXXX0000000000}{2:O5651205041112CUSTUS33AXXX00000000000411121206N}{3:{108:MUR0001}}{4:",
		":16R:GENL", ":20C::CORP//EVENT0001", ":20C::SEME//" + ref, ":23G:NEWM", ":22F::CAEV//TEND", ":98C::PREP//20041112120400",
		":16S:GENL", ":16R:USECU", ":35B:ISIN US52729NAA81\n9-1/8 SENIOR NOTES", ":16R:ACCTINFO", ":97A::SAFE//0901", ":16S:ACCTINFO",
		":16S:USECU", ":16R:CAINST", ":13A::CAON//001", ":22F::CAOP//CASH", ":36B::QINS//FAMT/250000,", ":16S:CAINST",
		":16R:ADDINFO", ":70E::INST//PLEASE CALL\nMR SMITH", ":16S:ADDINFO", "-}{5:{CHK:123456789ABC}}",
	}
	var out []string
	for _, l := range lines {
		for begin, by := range change {
			if strings.HasPrefix(l, begin) {
				l = by
			}
		}
		if l != "" {
			out = append(out, l)
		}
	}
	return strings.ReplaceAll(strings.Join(out, "\n"), "\n", "\r\n") + "\r\n"
}

// cancelOf is the cancellation of an instruction.
func cancelOf(ref, of string, change map[string]string) string {
	all := map[string]string{":23G:": ":23G:CANC", ":98C::PREP": ":98C::PREP//20041112160000",
		":16S:GENL": ":16R:LINK\n:13A::LINK//565\n:20C::PREV//" + of + "\n:16S:LINK\n:16S:GENL"}
	for k, v := range change {
		all[k] = v
	}
	return mtOf(ref, all)
}

// rowsOf are the rows of files as a reader of reports gets them, after links were found.
func rowsOf(t *testing.T, received string, contents ...string) (all []string) {
	t.Helper()
	var files []*File
	for i, c := range contents {
		name := fmt.Sprintf("m%d.txt", i+1)
		if !Is(name, []byte(c)) {
			t.Fatalf("%s is not taken for messages", name)
		}
		f := Read(name, []byte(c))
		if len(f.Faults) > 0 {
			t.Fatal(f.Faults)
		}
		files = append(files, f)
	}
	Link(files)
	for _, f := range files {
		_, err := f.Each(received)(func(row *xlsx.Row) error {
			if row.Number == 0 {
				return nil
			}
			var cells []string
			for _, c := range row.Cells {
				cells = append(cells, string(c.Text))
			}
			all = append(all, fmt.Sprint(row.Number, " ", strings.Join(cells, "|")))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func TestMT565(t *testing.T) {
	for name, c := range map[string]struct {
		change map[string]string
		want   string
	}{
		"as it is":        {nil, "1 REF1|US52729NAA81|250000|0901|NEWM|2004-11-12T12:04:00"},
		"cents":           {map[string]string{":36B:": ":36B::QINS//FAMT/1000,5"}, "1 REF1|US52729NAA81|1000.5|0901|NEWM|2004-11-12T12:04:00"},
		"units":           {map[string]string{":36B:": ":36B::QINS//UNIT/250,"}, "1 REF1|US52729NAA81|UNIT 250|0901|NEWM|2004-11-12T12:04:00"},
		"all there is":    {map[string]string{":36B:": ":36C::QINS//QALL"}, "1 REF1|US52729NAA81|QALL|0901|NEWM|2004-11-12T12:04:00"},
		"CUSIP":           {map[string]string{":35B:": ":35B:/US/52729NAA8\nNOTES"}, "1 REF1|52729NAA8|250000|0901|NEWM|2004-11-12T12:04:00"},
		"no action":       {map[string]string{":22F::CAOP": ":22F::CAOP//NOAC"}, "1 REF1|US52729NAA81|250000|0901|NEWM TEND NOAC|2004-11-12T12:04:00"},
		"another event":   {map[string]string{":22F::CAEV": ":22F::CAEV//EXOF"}, "1 REF1|US52729NAA81|250000|0901|NEWM EXOF CASH|2004-11-12T12:04:00"},
		"no event":        {map[string]string{":22F::CAEV": ""}, "1 REF1|US52729NAA81|250000|0901|NEWM none CASH|2004-11-12T12:04:00"},
		"an auction":      {map[string]string{":22F::CAEV": ":22F::CAEV//DTCH", ":36B:": ":90A::OFFR//PRCT/85,75\n:36B::QINS//FAMT/1000,"}, "1 REF1|US52729NAA81|1000|0901|NEWM|857.5|2004-11-12T12:04:00"},
		"typed account":   {map[string]string{":97A:": ":97B::SAFE//CEND/09/01"}, "1 REF1|US52729NAA81|250000|09/01|NEWM|2004-11-12T12:04:00"},
		"offset":          {map[string]string{":98C:": ":98E::PREP//20041112120400,500/N05"}, "1 REF1|US52729NAA81|250000|0901|NEWM|2004-11-12T12:04:00.500-05:00"},
		"only a day":      {map[string]string{":98C:": ":98A::PREP//20041112"}, "1 REF1|US52729NAA81|250000|0901|NEWM|2004-11-12"},
		"no time":         {map[string]string{":98C:": ""}, "1 REF1|US52729NAA81|250000|0901|NEWM"},
		"no account":      {map[string]string{":97A:": ""}, "1 REF1|US52729NAA81|250000|NEWM|2004-11-12T12:04:00"},
		"request as copy": {map[string]string{":23G:": ":23G:NEWM/CODU"}, "1 REF1|US52729NAA81|250000|0901|NEWM|2004-11-12T12:04:00"},
	} {
		if got := rowsOf(t, ":98C::PREP", mtOf("REF1", c.change)); len(got) != 1 || got[0] != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestTimeOfDeliveryByTheNetwork(t *testing.T) {
	if got := rowsOf(t, "{2:O", mtOf("REF1", nil)); got[0] != "1 REF1|US52729NAA81|250000|0901|NEWM|2004-11-12 12:06" {
		t.Error(got)
	}
}

// TestSeveralMessagesInOneFile: with blocks, one after the other or on the same line, in the form of RJE, and
// text blocks alone.
func TestSeveralMessagesInOneFile(t *testing.T) {
	a, b := mtOf("REF1", nil), mtOf("REF2", map[string]string{":36B:": ":36B::QINS//FAMT/1000,"})
	bare := func(s string) string {
		_, body, _ := strings.Cut(s, "{4:\r\n")
		body, _, _ = strings.Cut(body, "-}")
		return body
	}
	for name, text := range map[string]string{
		"one after the other": a + b, "with an empty line": a + "\r\n\r\n" + b, "on one line": strings.TrimSpace(a) + b,
		"RJE": strings.TrimSpace(a) + "\r\n$" + b, "text blocks": bare(a) + "-\r\n" + bare(b) + "-\r\n", "text blocks alone": bare(a) + bare(b),
		"line feeds": strings.ReplaceAll(a+b, "\r\n", "\n"), "byte order mark": "\ufeff" + a + b,
	} {
		got := rowsOf(t, ":98C::PREP", text)
		if len(got) != 2 || !strings.Contains(got[0], " REF1|US52729NAA81|250000|") || !strings.Contains(got[1], " REF2|US52729NAA81|1000|") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestCancellations(t *testing.T) {
	for name, c := range map[string]struct {
		files []string
		want  []string
	}{
		"in one file": {[]string{mtOf("REF1", nil) + cancelOf("C1", "REF1", nil)},
			[]string{"1 REF1|US52729NAA81|250000|0901|CANC|2004-11-12T12:04:00|2004-11-12T16:00:00"}},
		"before it in the file": {[]string{cancelOf("C1", "REF1", nil) + mtOf("REF1", nil)},
			[]string{"30 REF1|US52729NAA81|250000|0901|CANC|2004-11-12T12:04:00|2004-11-12T16:00:00"}},
		"the next day": {[]string{mtOf("REF1", nil), cancelOf("C1", "REF1", nil)},
			[]string{"1 REF1|US52729NAA81|250000|0901|NEWM|2004-11-12T12:04:00",
				"1 REF1|US52729NAA81|250000|0901|CANC|2004-11-12T12:04:00|2004-11-12T16:00:00"}},
		"of nothing that came": {[]string{cancelOf("C1", "REF9", nil)}, []string{"1 REF9|US52729NAA81|250000|0901|CANC|2004-11-12T16:00:00"}},
		"of another amount": {[]string{mtOf("REF1", nil) + cancelOf("C1", "REF1", map[string]string{":36B:": ":36B::QINS//FAMT/1000,"})},
			[]string{"1 REF1|US52729NAA81|1000, in the instruction that is cancelled 250000|0901|CANC|2004-11-12T12:04:00|2004-11-12T16:00:00"}},
		"of the amount with decimals": {[]string{mtOf("REF1", nil) + cancelOf("C1", "REF1", map[string]string{":36B:": ":36B::QINS//FAMT/250000,00"})},
			[]string{"1 REF1|US52729NAA81|250000.00|0901|CANC|2004-11-12T12:04:00|2004-11-12T16:00:00"}},
		"without a time": {[]string{mtOf("REF1", nil) + cancelOf("C1", "REF1", map[string]string{":98C::PREP": ""})},
			[]string{"1 REF1|US52729NAA81|250000|0901|CANC|2004-11-12T12:04:00|no time in the cancellation on line 26"}},
		"of all there is": {[]string{mtOf("REF1", nil) + cancelOf("C1", "REF1", map[string]string{":36B:": ":36C::QINS//QALL"})},
			[]string{"1 REF1|US52729NAA81|250000|0901|CANC|2004-11-12T12:04:00|2004-11-12T16:00:00"}},
		"of all there is, the next day": {[]string{mtOf("REF1", nil), cancelOf("C1", "REF1", map[string]string{":36B:": ":36C::QINS//QALL"})},
			[]string{"1 REF1|US52729NAA81|250000|0901|NEWM|2004-11-12T12:04:00",
				"1 REF1|US52729NAA81|250000|0901|CANC|2004-11-12T12:04:00|2004-11-12T16:00:00"}},
		"twice": {[]string{mtOf("REF1", nil) + cancelOf("C1", "REF1", nil) + cancelOf("C2", "REF1", map[string]string{":98C::PREP": ":98C::PREP//20041113100000"})},
			[]string{"1 REF1|US52729NAA81|250000|0901|CANC|2004-11-12T12:04:00|2004-11-12T16:00:00"}},
		"replaced without it": {[]string{mtOf("REF1", nil) + mtOf("REF2", map[string]string{":16S:GENL": ":16R:LINK\n:20C::PREV//REF1\n:16S:LINK\n:16S:GENL"})},
			[]string{"1 REF1|US52729NAA81|250000|0901|NEWM|2004-11-12T12:04:00",
				"26 REF2|US52729NAA81|250000|0901|NEWM in place of REF1, which was not cancelled|2004-11-12T12:04:00"}},
	} {
		if got := rowsOf(t, ":98C::PREP", c.files...); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

// TestFaultsOfMT565 is what cannot be read for sure: nothing of the file is used.
func TestFaultsOfMT565(t *testing.T) {
	good := mtOf("REF1", nil)
	for name, c := range map[string]struct{ text, want string }{
		"cut off":               {good[:len(good)/2], "line 1: the message is cut off: its text block has no end"},
		"cut off in the second": {good + good[:len(good)-60], "cut off"},
		"another message":       {strings.Replace(good, "{2:O565", "{2:O567", 1), "the message is an MT 567"},
		"sequence without end":  {strings.Replace(good, ":16S:CAINST\r\n", "", 1), "its sequence CAINST has no end"},
		"sequence ends twice":   {strings.Replace(good, ":16S:GENL", ":16S:GENL\r\n:16S:GENL", 1), "ends here and did not begin"},
		"no instruction":        {strings.NewReplacer(":16R:CAINST\r\n", "", ":16S:CAINST\r\n", "").Replace(good), "no sequence CAINST"},
		"two amounts":           {strings.Replace(good, ":36B::QINS//FAMT/250000,", ":36B::QINS//FAMT/250000,\r\n:36B::QINS//FAMT/1,", 1), "is in the message twice"},
		"two instructions":      {strings.Replace(good, ":16S:CAINST", ":16S:CAINST\r\n:16R:CAINST\r\n:16S:CAINST", 1), "is in the message twice"},
		"text after":            {good + "the end\r\n", "neither the beginning of a message"},
		"strange character":     {strings.Replace(good, "SMITH", "M\u00fcller", 1), "a character that messages do not have"},
		"an acknowledgement":    {"{1:F21BANKUS33AXXX0000000000}{4:{177:0411121204}{451:0}}" + good, "an acknowledgement of the network"},
		"no text block":         {"{1:F01BANKUS33AXXX0000000000}\r\n", "has no text block"},
	} {
		faults := Read("m.txt", []byte(c.text)).Faults
		if len(faults) == 0 || !strings.Contains(faults[0].String(), c.want) {
			t.Errorf("%s: %v, want %q", name, faults, c.want)
		}
	}
}

// mxOf is a file with a seev.033 after its header, in an envelope.
func mxOf(messages ...string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>` + "\n<Batch>\n" + strings.Join(messages, "\n") + "\n</Batch>\n"
}

func mx033(ref string, change ...string) string {
	return strings.NewReplacer(change...).Replace(`<Msg>
<AppHdr xmlns="urn:iso:std:iso:20022:tech:xsd:head.001.001.02"><Fr><FIId><FinInstnId><BICFI>CUSTUS33</BICFI></FinInstnId></FIId></Fr>
<BizMsgIdr>` + ref + `</BizMsgIdr><MsgDefIdr>seev.033.001.12</MsgDefIdr><CreDt>2004-11-12T17:04:00Z</CreDt></AppHdr>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:seev.033.001.12"><CorpActnInstr>
<CorpActnGnlInf><CorpActnEvtId>EVENT0001</CorpActnEvtId><EvtTp><Cd>TEND</Cd></EvtTp><UndrlygScty><FinInstrmId><ISIN>US52729NAA81</ISIN></FinInstrmId></UndrlygScty></CorpActnGnlInf>
<AcctDtls><SfkpgAcct>0901</SfkpgAcct></AcctDtls>
<CorpActnInstr><OptnNb><Nb>001</Nb></OptnNb><OptnTp><Cd>CASH</Cd></OptnTp>
<SctiesQtyOrInstdAmt><SctiesQty><InstdQty><Qty><FaceAmt>250000</FaceAmt></Qty></InstdQty></SctiesQty></SctiesQtyOrInstdAmt></CorpActnInstr>
<AddtlInf><PtyCtctNrrtv>please call</PtyCtctNrrtv></AddtlInf>
</CorpActnInstr></Document></Msg>`)
}

func mx040(ref, of string) string {
	return strings.NewReplacer("seev.033", "seev.040", "17:04:00Z", "21:00:00Z", "<Document", "<Document", "<CorpActnInstr>\n<CorpActnGnlInf>",
		"<CorpActnInstrCxlReq>\n<InstrId><Id>"+of+"</Id></InstrId><CorpActnGnlInf>", "</CorpActnInstr></Document>", "</CorpActnInstrCxlReq></Document>",
		"<UndrlygScty><FinInstrmId>", "<FinInstrmId>", "</FinInstrmId></UndrlygScty>", "</FinInstrmId>",
		"<SctiesQtyOrInstdAmt><SctiesQty><InstdQty>", "<InstdQty>", "</InstdQty></SctiesQty></SctiesQtyOrInstdAmt>", "</InstdQty>").Replace(mx033(ref))
}

func TestSeev033(t *testing.T) {
	for name, c := range map[string]struct {
		change []string
		want   string
	}{
		"as it is": {nil, "REF1|US52729NAA81|250000|0901|NEWM|2004-11-12T17:04:00Z"},
		"of DTC":   {[]string{"seev.033.001.12", "seev.033.002.13"}, "REF1|US52729NAA81|250000|0901|NEWM|2004-11-12T17:04:00Z"},
		"CUSIP": {[]string{"<ISIN>US52729NAA81</ISIN>", "<OthrId><Id>52729NAA8</Id><Tp><Cd>CUSP</Cd></Tp></OthrId>"},
			"REF1|52729NAA8|250000|0901|NEWM|2004-11-12T17:04:00Z"},
		"units":     {[]string{"FaceAmt", "Unit"}, "REF1|US52729NAA81|Unit 250000|0901|NEWM|2004-11-12T17:04:00Z"},
		"no action": {[]string{"CASH", "NOAC"}, "REF1|US52729NAA81|250000|0901|NEWM TEND NOAC|2004-11-12T17:04:00Z"},
		"guaranteed": {[]string{"<AddtlInf>", "<PrtctInstr><TxTp>PROT</TxTp></PrtctInstr><AddtlInf>"},
			"REF1|US52729NAA81|250000|0901|NEWM|PROTECT|2004-11-12T17:04:00Z"},
		"bid": {[]string{"</SctiesQtyOrInstdAmt>", "</SctiesQtyOrInstdAmt><PricDtls><GncCshPricRcvdPerPdct><PctgPric><PctgPricTp>PRCT</PctgPricTp>" +
			"<PricVal>85.75</PricVal></PctgPric></GncCshPricRcvdPerPdct></PricDtls>"}, "REF1|US52729NAA81|250000|0901|NEWM|857.5|2004-11-12T17:04:00Z"},
		"no account": {[]string{"<SfkpgAcct>0901</SfkpgAcct>", ""}, "REF1|US52729NAA81|250000|NEWM|2004-11-12T17:04:00Z"},
	} {
		got := rowsOf(t, "AppHdr/CreDt", mxOf(mx033("REF1", c.change...)))
		if len(got) != 1 || !strings.HasSuffix(got[0], " "+c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestSeveralSeev033AndACancellation(t *testing.T) {
	text := mxOf(mx033("REF1"), mx033("REF2"), mx040("C1", "REF2"))
	want := "[6 REF1|US52729NAA81|250000|0901|NEWM|2004-11-12T17:04:00Z 16 REF2|US52729NAA81|250000|0901|CANC|2004-11-12T17:04:00Z|2004-11-12T21:00:00Z]"
	if got := fmt.Sprint(rowsOf(t, "AppHdr/CreDt", text)); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	oneLine := strings.ReplaceAll(text, "\n", "")
	if got := fmt.Sprint(rowsOf(t, "AppHdr/CreDt", oneLine)); got != strings.NewReplacer("[6 ", "[1 ", " 16 ", " 2 ").Replace(want) {
		t.Error(got)
	}
}

func TestACancellationOfAllInXML(t *testing.T) {
	text := mxOf(mx033("REF1"), strings.Replace(mx040("C1", "REF1"), "<Qty><FaceAmt>250000</FaceAmt></Qty>", "<Cd>QALL</Cd>", 1))
	if got := fmt.Sprint(rowsOf(t, "AppHdr/CreDt", text)); !strings.Contains(got, "|250000|0901|CANC|") {
		t.Error(got)
	}
}

func TestFaultsOfXML(t *testing.T) {
	good := mxOf(mx033("REF1"))
	for name, c := range map[string]struct{ text, want string }{
		"cut off":           {good[:len(good)/2], "not XML that can be read"},
		"a document type":   {strings.Replace(good, "<Batch>", `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Batch>`, 1), "declares a document type"},
		"an entity":         {strings.Replace(good, "EVENT0001", "&e;", 1), "not XML that can be read"},
		"another encoding":  {strings.Replace(good, "UTF-8", "ISO-8859-1", 1), "it says that it is in the character set \"ISO-8859-1\", and messages are in UTF-8"},
		"an empty message":  {mxOf(`<Document xmlns="urn:iso:std:iso:20022:tech:xsd:seev.033.001.12"><CorpActnInstr/></Document>`), "has nothing in its CorpActnInstr"},
		"a confirmation":    {strings.ReplaceAll(good, "seev.033.001.12\"><", "seev.036.001.15\"><"), "seev.036.001.15, a confirmation of what was paid"},
		"a reversal":        {strings.ReplaceAll(good, "seev.033.001.12\"><", "seev.037.001.15\"><"), "a reversal of what was confirmed"},
		"an early version":  {strings.ReplaceAll(good, "seev.033.001.12\"><", "seev.033.001.01\"><"), "from version 03 on"},
		"another namespace": {strings.ReplaceAll(good, "seev.033.001.12\"><", "pain.001.001.09\"><"), "is not one of a message that is read"},
		"two amounts":       {strings.Replace(good, "<FaceAmt>250000</FaceAmt>", "<FaceAmt>250000</FaceAmt><FaceAmt>1</FaceAmt>", 1), "twice: it is not known which counts"},
		"deep":              {strings.Replace(good, "<Batch>", strings.Repeat("<a>", 60)+"<Batch>", 1), "deeper ones"},
		"a long text":       {strings.Replace(good, "EVENT0001", strings.Repeat("x", 20_000), 1), "longer than any"},
		"nothing":           {`<?xml version="1.0"?><Batch xmlns="x"></Batch>`, "holds no message"},
	} {
		faults := Read("m.xml", []byte(c.text)).Faults
		if len(faults) == 0 || !strings.Contains(faults[0].String(), c.want) || !strings.Contains(faults[0].String(), "m.xml: line ") {
			t.Errorf("%s: %v, want %q", name, faults, c.want)
		}
	}
}

func TestWhatIsNoMessage(t *testing.T) {
	for name, text := range map[string]string{"a.csv": "VOI,CUSIP\n", "a.xlsx": "PK\x03\x04", "a.html": "<html><body>", "b.xml": `<?xml version="1.0"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">`, "empty.csv": ""} {
		if Is(name, []byte(text)) {
			t.Errorf("%s is taken for messages", name)
		}
	}
}

// FuzzRead: no file makes the reader panic, hang, or give rows that do not ascend.
func FuzzRead(f *testing.F) {
	f.Add([]byte(mtOf("REF1", nil) + cancelOf("C1", "REF1", nil)))
	f.Add([]byte(mxOf(mx033("REF1"), mx040("C1", "REF1"))))
	f.Fuzz(func(t *testing.T, content []byte) {
		file := Read("m.txt", content)
		if len(file.Faults) > 0 {
			return
		}
		Link([]*File{file})
		last := -1
		_, err := file.Each(":98C::PREP")(func(row *xlsx.Row) error {
			if row.Number <= last {
				t.Errorf("row %d follows row %d", row.Number, last)
			}
			last = row.Number
			file.Place(row.Number, 0)
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}
