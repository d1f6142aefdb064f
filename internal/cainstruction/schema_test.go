package cainstruction

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheMessagesOfTheTestsFollowTheSchema has xmllint hold the messages that the tests read against what the
// schema demands: a reader of messages that are never sent would be of no use.
func TestTheMessagesOfTheTestsFollowTheSchema(t *testing.T) {
	if _, err := exec.LookPath("xmllint"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("xmllint is missing; test.sh installs it")
		}
		t.Skip("xmllint is not there; test.sh installs it")
	}
	messages := map[string][]string{
		"as it is": nil, "units": {"FaceAmt", "Unit"}, "all": {"<Qty><FaceAmt>250000</FaceAmt></Qty>", "<Cd>QALL</Cd>"},
		"CUSIP":      {"<ISIN>US52729NAA81</ISIN>", "<OthrId><Id>52729NAA8</Id><Tp><Cd>CUSP</Cd></Tp></OthrId>"},
		"guaranteed": {"<AddtlInf>", "<PrtctInstr><TxTp>PROT</TxTp></PrtctInstr><AddtlInf>"},
		"bid": {"</SctiesQtyOrInstdAmt>", "</SctiesQtyOrInstdAmt><PricDtls><GncCshPricRcvdPerPdct><PctgPric><PctgPricTp>PRCT</PctgPricTp>" +
			"<PricVal>85.75</PricVal></PctgPric></GncCshPricRcvdPerPdct></PricDtls>"},
	}
	maps.Copy(messages, otherForms())
	messages["refused: a text that is not one of an instruction"] = []string{"PtyCtctNrrtv", "AddtlTxt"}
	messages["refused: prices before the quantity"] = []string{"<SctiesQtyOrInstdAmt>", "<PricDtls/><SctiesQtyOrInstdAmt>"}
	for name, change := range messages {
		followsTheSchema(t, "seev.033.001.12", name, mx033("REF1", change...))
	}
	isin := "<ISIN>US52729NAA81</ISIN>"
	for name, change := range map[string][]string{
		"a cancellation": nil, "of all": {"<Qty><FaceAmt>250000</FaceAmt></Qty>", "<Cd>QALL</Cd>"}, "without its security": {isin, ""},
		"of several identifications":                        {isin, "<OthrId><Id>1</Id><Tp><Cd>SEDL</Cd></Tp></OthrId><OthrId><Id>52729NAA8</Id><Tp><Cd>CUSP</Cd></Tp></OthrId>"},
		"refused: the security where an instruction has it": {"<FinInstrmId>", "<UndrlygScty><FinInstrmId>", "</FinInstrmId>", "</FinInstrmId></UndrlygScty>"},
		"refused: the quantity where an instruction has it": {"<InstdQty>", "<SctiesQtyOrInstdAmt><SctiesQty><InstdQty>", "</InstdQty>", "</InstdQty></SctiesQty></SctiesQtyOrInstdAmt>"},
		"refused: a cancellation that names no instruction": {"<InstrId><Id>REF1</Id></InstrId>", ""},
	} {
		followsTheSchema(t, "seev.040.001.12", name, strings.NewReplacer(change...).Replace(mx040("C1", "REF1")))
	}
}

// followsTheSchema has xmllint hold the document of a message against our schema, and against the original if there is one. One
// whose name begins with "refused" must not follow it.
func followsTheSchema(t *testing.T, definition, name, message string) {
	t.Helper()
	schemas := []string{"testdata/" + definition + ".subset.xsd"}
	if folder := os.Getenv("ISO20022_XSD"); folder != "" {
		schemas = append(schemas, filepath.Join(folder, definition+".xsd"))
	}
	file := filepath.Join(t.TempDir(), "message.xml")
	document := regexp.MustCompile(`(?s)<Document.*</Document>`).FindString(message)
	if err := os.WriteFile(file, []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, schema := range schemas {
		out, err := exec.Command("xmllint", "--noout", "--nonet", "--schema", schema, file).CombinedOutput()
		if (err != nil) != strings.HasPrefix(name, "refused") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
