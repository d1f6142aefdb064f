package pain001

import (
	"bytes"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/accounts"
	"tenderbatch/internal/payment"
	"tenderbatch/internal/tender"
)

// messages are two wires to one account, one to another with an address, and amounts in a currency
// of no decimals and in one of three.
func messages(t *testing.T) []payment.Message {
	t.Helper()
	book, err := accounts.Read(accounts.FileName, []byte("role,depositary,participant,currency,name,bic,iban,account,town,country\n"+
		"debtor,,,USD,Agent & Co.,CHASUS33,,000123456789,New York,US\n"+
		"debtor,,,JPY,Agent & Co.,CHASJPJT,,000777,,\n"+
		"debtor,,,KWD,Agent & Co.,NBOKKWKW,KW81CBKU0000000000001234560101,,,\n"+
		"creditor,DTC,0901,,,IRVTUS3NXXX,,8900012345,,\n"+
		"creditor,DTC,0902,,,IRVTUS3NXXX,,8900012345,,\n"+
		"creditor,Euroclear,91000,,Größe <Bank> AG,DEUTDEFF,DE89370400440532013000,,Frankfurt,DE\n"))
	if err != nil {
		t.Fatal(err)
	}
	day := tender.Date{Year: 2004, Month: time.December, Day: 2}
	o := &payment.Order{Offer: "o", Run: "r", Issuer: "Société Générale", Made: time.Date(2004, 12, 1, 23, 0, 0, 5e8, time.UTC), Accounts: book}
	for _, w := range []payment.Wire{
		{Reference: "0901-USD-20041202-AAAAAAAAAA", Depositary: "DTC", Participant: "0901", Name: "Bank \"A\"", Currency: "USD", Amount: decimal.RequireFromString("100.10")},
		{Reference: "0902-USD-20041202-BBBBBBBBBB", Depositary: "DTC", Participant: "0902", Name: "Bank A", Currency: "USD", Amount: decimal.RequireFromString("100.10")},
		{Reference: "91000-USD-20041202-CCCCCCCCCC", Depositary: "Euroclear", Participant: "91000", Currency: "USD", Amount: decimal.RequireFromString("0.01")},
		{Reference: "91000-JPY-20041202-CCCCCCCCCC", Depositary: "Euroclear", Participant: "91000", Currency: "JPY", Amount: decimal.RequireFromString("123456789012345678")},
		{Reference: "91000-KWD-20041202-CCCCCCCCCC", Depositary: "Euroclear", Participant: "91000", Currency: "KWD", Amount: decimal.RequireFromString("1.5")},
	} {
		w.Date = day
		o.Wires = append(o.Wires, w)
		o.Totals = append(o.Totals, payment.Total{Currency: w.Currency, Date: day, Amount: w.Amount})
	}
	all, err := payment.Messages(o)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func written(t *testing.T, m *payment.Message) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestMessagesAreReadBack reads what was written element by element, independently of the types that
// wrote it.
func TestMessagesAreReadBack(t *testing.T) {
	for i, want := range []string{"JPY 123456789012345678 1", "KWD 1.500 1", "USD 200.21 2"} {
		m := messages(t)[i]
		decoder := xml.NewDecoder(bytes.NewReader(written(t, &m)))
		texts := map[string][]string{}
		sum := decimal.Zero
		var path []string
		for {
			token, err := decoder.Token()
			if err != nil {
				break
			}
			switch token := token.(type) {
			case xml.StartElement:
				if token.Name.Space != Namespace {
					t.Fatalf("%s is in the namespace %q", token.Name.Local, token.Name.Space)
				}
				path = append(path, token.Name.Local)
			case xml.EndElement:
				path = path[:len(path)-1]
			case xml.CharData:
				if text := strings.TrimSpace(string(token)); text != "" {
					at := strings.Join(path[2:], "/")
					texts[at] = append(texts[at], text)
					if path[len(path)-1] == "InstdAmt" {
						sum = sum.Add(decimal.RequireFromString(text))
					}
				}
			}
		}
		header, inf := texts["GrpHdr/CtrlSum"][0]+" "+texts["GrpHdr/NbOfTxs"][0], texts["PmtInf/CtrlSum"][0]+" "+texts["PmtInf/NbOfTxs"][0]
		if got := m.Currency + " " + header; got != want || header != inf || !sum.Equal(m.Sum) {
			t.Errorf("the header says %s, the group %s, the transfers add up to %s; want %s", header, inf, sum, want)
		}
		if got := texts["PmtInf/ReqdExctnDt/Dt"][0]; got != "2004-12-02" {
			t.Errorf("the day is %s", got)
		}
		if got := texts["GrpHdr/InitgPty/Nm"][0]; got != "Societe Generale" {
			t.Errorf("the issuer is %s", got)
		}
		if m.Currency == "USD" {
			if got := strings.Join(texts["PmtInf/CdtTrfTxInf/RmtInf/Ustrd"], "|"); got != "0901-USD-20041202-AAAAAAAAAA 0902-USD-20041202-BBBBBBBBBB|91000-USD-20041202-CCCCCCCCCC" {
				t.Errorf("the texts are %s", got)
			}
			if got := texts["PmtInf/CdtTrfTxInf/Cdtr/Nm"]; got[0] != "Bank 'A'" || got[1] != "Grosse .Bank. AG" {
				t.Errorf("the names are %q", got)
			}
		}
	}
}

// TestMessagesFollowTheSchema has xmllint hold messages against what the schema demands, and against
// the original where ISO20022_XSD names its folder.
func TestMessagesFollowTheSchema(t *testing.T) {
	if _, err := exec.LookPath("xmllint"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("xmllint is missing; test.sh installs it")
		}
		t.Skip("xmllint is not there; test.sh installs it")
	}
	schemas := []string{"testdata/pain.001.001.09.subset.xsd"}
	if folder := os.Getenv("ISO20022_XSD"); folder != "" {
		schemas = append(schemas, filepath.Join(folder, "pain.001.001.09.xsd"))
	}
	for _, schema := range schemas {
		for _, m := range messages(t) {
			good := written(t, &m)
			if out, err := lint(t, schema, good); err != nil {
				t.Errorf("%s: %s", schema, out)
			}
			for old, by := range map[string]string{
				"<NbOfTxs>":                     "<Extra>1</Extra><NbOfTxs>",
				"<PmtMtd>TRF</PmtMtd>":          "",
				"<Ccy>" + m.Currency + "</Ccy>": "<Ccy>usd</Ccy>",
				"<UETR>":                        "<UETR>x",
				"<EndToEndId>":                  "<EndToEndId>" + strings.Repeat("x", 35),
			} {
				if _, err := lint(t, schema, bytes.Replace(good, []byte(old), []byte(by), 1)); err == nil {
					t.Errorf("%s takes a message with %s in the place of %s", schema, by, old)
				}
			}
		}
	}
}

func lint(t *testing.T, schema string, content []byte) ([]byte, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "message.xml")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return exec.Command("xmllint", "--noout", "--nonet", "--schema", schema, file).CombinedOutput()
}
