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
	schemas := []string{"testdata/seev.033.001.12.subset.xsd"}
	if folder := os.Getenv("ISO20022_XSD"); folder != "" {
		schemas = append(schemas, filepath.Join(folder, "seev.033.001.12.xsd"))
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
		document := regexp.MustCompile(`(?s)<Document.*</Document>`).FindString(mx033("REF1", change...))
		file := filepath.Join(t.TempDir(), "message.xml")
		if err := os.WriteFile(file, []byte(document), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, schema := range schemas {
			if out, err := exec.Command("xmllint", "--noout", "--nonet", "--schema", schema, file).CombinedOutput(); (err != nil) != strings.HasPrefix(name, "refused") {
				t.Errorf("%s: %v\n%s", name, err, out)
			}
		}
	}
}
