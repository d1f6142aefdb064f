package cainstruction

import (
	"strings"
	"testing"
	"time"
)

// TestNoMessageIsPassedOverInSilence: a message that is damaged so that it is not known for one, between two that
// are whole, is a fault of the file, and not a tender less.
func TestNoMessageIsPassedOverInSilence(t *testing.T) {
	seev, head := ` xmlns="urn:iso:std:iso:20022:tech:xsd:seev.033.001.12"`, ` xmlns="urn:iso:std:iso:20022:tech:xsd:head.001.001.02"`
	header, _, _ := strings.Cut(mx033("REF2"), "<Document")
	for name, c := range map[string]struct{ second, want string }{
		"without a namespace": {mx033("REF2", seev, ""), "Document is not in the namespace of a message"},
		"without any":         {mx033("REF2", seev, "", head, ""), "AppHdr is not in the namespace of a message"},
		"of another one":      {mx033("REF2", seev, ` xmlns="urn:swift:xsd:seev.033.001.12"`), "Document is not in the namespace of a message"},
		"without a Document":  {mx033("REF2", "<Document", "<Dcmnt", "</Document", "</Dcmnt"), "not the Document of one"},
		"within a text":       {"<Msg><![CDATA[" + mx033("REF2") + "]]></Msg>", "within a text"},
		"only a header":       {header + "</Msg>", "line 14: the header of REF2 comes without its message"},
		"a header of another": {header + "</Msg>" + strings.Replace(mx033("REF2"), header, "<Msg>", 1), "line 14: the header of REF2 comes without its message"},
		"no header":           {strings.Replace(mx033("REF2"), header, "<Msg>", 1), ""},
	} {
		f := Read("m.xml", []byte(mxOf(mx033("REF1"), c.second, mx033("REF3"))))
		if c.want == "" {
			if len(f.Faults) > 0 || len(f.messages) != 3 {
				t.Errorf("%s: %v, %d messages", name, f.Faults, len(f.messages))
			}
			continue
		}
		if len(f.Faults) == 0 || !strings.Contains(f.Faults[0].String(), c.want) {
			t.Errorf("%s: %v, want %q", name, f.Faults, c.want)
		}
	}
	only := Read("m.xml", []byte(mxOf(header+"</Msg>")))
	if len(only.Faults) == 0 || !strings.Contains(only.Faults[0].String(), "the header of REF2 comes without") {
		t.Error(only.Faults)
	}
}

// TestTheEnvelopeOfISO20022: nvlp.001 has header and message in elements of their own.
func TestTheEnvelopeOfISO20022(t *testing.T) {
	message := func(ref string) string {
		return mx033(ref, "<Msg>", `<BizMsgEnvlp xmlns="urn:iso:std:iso:20022:tech:xsd:nvlp.001.001.01"><Hdr>`, "</AppHdr>",
			"</AppHdr></Hdr><Doc>", "</Msg>", "</Doc></BizMsgEnvlp>")
	}
	got := rowsOf(t, "AppHdr/CreDt", mxOf(message("REF1"), message("REF2")))
	if len(got) != 2 || !strings.Contains(got[0], " REF1|US52729NAA81|250000|0901|NEWM|2004-11-12T17:04:00Z") ||
		!strings.Contains(got[1], " REF2|") {
		t.Error(got)
	}
}

// TestNoPartOfAFileOfMTIsPassedOverInSilence: what is left of a message that was cut off is a fault, wherever it was cut.
func TestNoPartOfAFileOfMTIsPassedOverInSilence(t *testing.T) {
	a, b := mtOf("REF1", nil), mtOf("REF2", nil)
	header := "{1:F01BANKUS33AXXX0000000000}{2:I565CUSTUS33XXXXN}"
	apart := strings.Replace(strings.TrimSuffix(a, "\r\n"), "-}{5", "-}\r\n{5", 1)
	for name, c := range map[string]struct{ text, want string }{
		"only a header":          {a + header + "\r\n" + b, "line 26: the message is cut off: it has headers and no text block"},
		"on the same line":       {a + header + b, "line 26: the message is cut off: it has headers and no text block"},
		"text after the end":     {strings.TrimSuffix(a, "\r\n") + " :16R:GENL\r\n" + b, "line 25: there is text after the end of the message"},
		"after a bare block":     {strings.TrimSuffix(a, "\r\n") + "{4:\r\n" + b, "line 25: there is text after the end of the message"},
		"an amount in two":       {mtOf("REF1", map[string]string{":36B:": ":36B::QINS//FAMT/250000,\n000"}), "line 20: the line belongs to no field"},
		"a reference in two":     {a + mtOf("REF2", map[string]string{":16S:GENL": ":20C::PREV//REF1\nX\n:16S:GENL"}), "the line belongs to no field"},
		"trailers on their own":  {apart + "\r\n" + b, ""},
		"and the next there":     {apart + b, ""},
		"and in the form of RJE": {apart + "$" + b, ""},
	} {
		f := Read("m.txt", []byte(c.text))
		if c.want == "" {
			if len(f.Faults) > 0 || len(f.messages) != 2 || f.messages[1].text[colDelivered] == "" {
				t.Errorf("%s: %v, %d messages", name, f.Faults, len(f.messages))
			}
			continue
		}
		if len(f.Faults) == 0 || !strings.Contains(f.Faults[0].String(), c.want) {
			t.Errorf("%s: %v, want %q", name, f.Faults, c.want)
		}
	}
}

// TestAChangeOfWhatIsNotNamed: a seev.033 that says it changes an instruction and not which one is no further tender.
func TestAChangeOfWhatIsNotNamed(t *testing.T) {
	change := func(s string) string {
		return mx033("REF2", "<CorpActnInstr>\n<CorpActnGnlInf>", "<CorpActnInstr>\n"+s+"<CorpActnGnlInf>")
	}
	for said, want := range map[string]string{
		"<ChngInstrInd>false</ChngInstrInd>":                                        "|NEWM|",
		"<ChngInstrInd>true</ChngInstrInd>":                                         "|NEWM in place of an instruction that it does not name|",
		"<ChngInstrInd>1</ChngInstrInd>":                                            "|NEWM in place of an instruction that it does not name|",
		"<ChngInstrInd>true</ChngInstrInd><CancInstrId><Id>REF1</Id></CancInstrId>": "|NEWM in place of REF1, which was not cancelled|",
	} {
		got := rowsOf(t, "AppHdr/CreDt", mxOf(mx033("REF1"), change(said)))
		if len(got) != 2 || !strings.Contains(got[1], want) {
			t.Errorf("%s: %q, want %q", said, got, want)
		}
	}
}

// TestNoCutLosesAMessage takes each line out of files of three messages, and each half of a line: the file is refused, or
// has three messages still.
func TestNoCutLosesAMessage(t *testing.T) {
	for name, whole := range map[string]string{
		"m.txt": mtOf("REF1", nil) + mtOf("REF2", nil) + mtOf("REF3", nil),
		"m.xml": mxOf(mx033("REF1"), mx033("REF2"), mx033("REF3")),
	} {
		lines := strings.Split(strings.TrimSpace(whole), "\n")
		for i, line := range lines {
			for _, left := range []string{"", line[:len(line)/2], line[len(line)/2:]} {
				text := strings.Join(lines[:i], "\n") + "\n" + left + "\n" + strings.Join(lines[i+1:], "\n")
				if f := Read(name, []byte(text)); len(f.Faults) == 0 && len(f.messages) != 3 {
					t.Errorf("%s, with %q for line %d: %d messages", name, left, i+1, len(f.messages))
				}
			}
		}
	}
}

// TestAMessageWithoutEndIsRefusedAtOnce has texts of a few megabytes that go on in one message, as where ends were lost: what
// grows with their square took minutes.
func TestAMessageWithoutEndIsRefusedAtOnce(t *testing.T) {
	text := strings.Repeat("x\n", 300_000)
	wide := strings.Repeat(strings.Repeat("x", 1_990)+"\n", 1_900)
	for name, c := range map[string]struct{ text, want string }{
		"a text block alone":   {":16R:GENL\n:70E::ADTX//x\n" + text, "line 1: the message has more lines than any"},
		"with its blocks":      {"{1:F01BANKUS33AXXX0000000000}{4:\n:70E::ADTX//x\n" + text, "line 1: the message is cut off"},
		"headers":              {"{1:F01\n" + wide, "line 1: the message has no text block"},
		"a text of wide lines": {":16R:GENL\n:70E::ADTX//x\n" + wide, "its sequence GENL has no end"},
		"one line":             {":16R:GENL\n" + strings.Repeat("x", 3_000_000), "line 2: the line is longer than any of a message"},
	} {
		begun := time.Now()
		f := Read("m.txt", []byte(c.text))
		if len(f.Faults) != 1 || !strings.Contains(f.Faults[0].String(), c.want) {
			t.Errorf("%s: %v, want %q", name, f.Faults, c.want)
		}
		if took := time.Since(begun); took > 20*time.Second {
			t.Errorf("%s: it took %s", name, took)
		}
	}
}

// TestABidInAnotherFormIsNotATenderWithoutABid: an auction takes a tender without a bid at the best price, so a price that
// is not in percent, a rate, and a condition must be there to be refused.
func TestABidInAnotherFormIsNotATenderWithoutABid(t *testing.T) {
	for want, change := range otherForms() {
		got := rowsOf(t, "AppHdr/CreDt", mxOf(mx033("REF1", change...)))
		if len(got) != 1 || !strings.Contains(got[0], want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for _, field := range []string{":90B::OFFR//ACTU/USD857,5", ":90E::OFFR//UNSP", ":90L::OFFR//85,75", ":92A::PROP//1,25"} {
		got := rowsOf(t, ":98C::PREP", mtOf("REF1", map[string]string{":36B:": field + "\n:36B::QINS//FAMT/1000,"}))
		if len(got) != 1 || !strings.Contains(got[0], "|1000|0901|NEWM|"+field+"|") {
			t.Errorf("%q, want %q", got, field)
		}
	}
}

// otherForms are forms of a bid and of an amount that are not read, by what the row says of them.
func otherForms() map[string][]string {
	price := func(form string) []string {
		return []string{"</SctiesQtyOrInstdAmt>", "</SctiesQtyOrInstdAmt><PricDtls><GncCshPricRcvdPerPdct>" + form + "</GncCshPricRcvdPerPdct></PricDtls>"}
	}
	return map[string][]string{
		"|250000|0901|NEWM|NotSpcfdPric UNSP|": price("<NotSpcfdPric>UNSP</NotSpcfdPric>"),
		"|250000|0901|NEWM|IndxPts 85.75|":     price("<IndxPts>85.75</IndxPts>"),
		"|250000|0901|NEWM|AmtPricPerAmt Amt 1000 AmtPricPerAmt AmtPricTp ACTU AmtPricPerAmt PricVal 857.5|": price(
			`<AmtPricPerAmt><AmtPricTp>ACTU</AmtPricTp><PricVal Ccy="USD">857.5</PricVal><Amt Ccy="USD">1000</Amt></AmtPricPerAmt>`),
		"|250000|0901|NEWM|AmtPricPerFinInstrmQty AmtPricTp ACTU AmtPricPerFinInstrmQty FinInstrmQty FaceAmt 1000 " +
			"AmtPricPerFinInstrmQty PricVal 857.5|": price(`<AmtPricPerFinInstrmQty><AmtPricTp>ACTU</AmtPricTp><PricVal Ccy="USD">857.5</PricVal>` +
			`<FinInstrmQty><FaceAmt>1000</FaceAmt></FinInstrmQty></AmtPricPerFinInstrmQty>`),
		"|250000|0901|NEWM|PropsdRate 1.25|": {"</SctiesQtyOrInstdAmt>",
			"</SctiesQtyOrInstdAmt><RateAndAmtDtls><PropsdRate>1.25</PropsdRate></RateAndAmtDtls>"},
		"|250000 if CondlQty FaceAmt 200000|0901|": {"<InstdQty>", "<CondlQty><FaceAmt>200000</FaceAmt></CondlQty><InstdQty>"},
		"|DgtlTknUnit 250000|0901|":                {"FaceAmt", "DgtlTknUnit"},
		"|OrgnlAndCurFaceAmt AmtsdVal 125000 OrgnlAndCurFaceAmt FaceAmt 250000|0901|": {"<Qty><FaceAmt>250000</FaceAmt></Qty>",
			"<OrgnlAndCurFaceAmt><FaceAmt>250000</FaceAmt><AmtsdVal>125000</AmtsdVal></OrgnlAndCurFaceAmt>"},
	}
}

// TestTheCUSIPOfSeveralIdentifications: a message can have the numbers of a security in several systems, and only two of
// one system are not known which counts. In a cancellation they are elsewhere.
func TestTheCUSIPOfSeveralIdentifications(t *testing.T) {
	other := func(kind, id string) string {
		return "<OthrId><Id>" + id + "</Id><Tp><Cd>" + kind + "</Cd></Tp></OthrId>"
	}
	isin := "<ISIN>US52729NAA81</ISIN>"
	cusip := []string{isin, other("SEDL", "B0CF1A2") + other("CUSP", "52729NAA8")}
	if got := rowsOf(t, "AppHdr/CreDt", mxOf(mx033("REF1", cusip...))); !strings.Contains(got[0], "REF1|52729NAA8|250000|") {
		t.Error(got)
	}
	for cancelled, want := range map[string]string{
		other("SEDL", "B0CF1A2") + other("CUSP", "52729NAA8"): "REF1|52729NAA8|250000|0901|CANC|",
		other("SEDL", "52729NAA8"):                            "|SEDL 52729NAA8, in the instruction that is cancelled 52729NAA8|",
		"":                                                    "REF1|52729NAA8|250000|0901|CANC|",
	} {
		got := rowsOf(t, "AppHdr/CreDt", mxOf(mx033("REF1", cusip...), strings.Replace(mx040("C1", "REF1"), isin, cancelled, 1)))
		if len(got) != 1 || !strings.Contains(got[0], want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for _, twice := range []string{other("CUSP", "52729NAA8") + other("CUSP", "52729NAC4"), other("SEDL", "1") + other("COMM", "2")} {
		if f := Read("m.xml", []byte(mxOf(mx033("REF1", isin, twice)))); len(f.Faults) == 0 || !strings.Contains(f.Faults[0].String(), "which counts") {
			t.Errorf("%s: %v", twice, f.Faults)
		}
	}
}
