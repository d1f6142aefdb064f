package seev

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/confirm"
	"tenderbatch/internal/tender"
)

func d(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// confirmations are two: of a prorated tender of an ISIN with interest, and of one in an auction, of a
// CUSIP, whose factor is a fraction and which has no interest.
func confirmations(t *testing.T) []confirm.Confirmation {
	t.Helper()
	day := tender.Date{Year: 2004, Month: time.December, Day: 2}
	all, without, err := confirm.Make(&confirm.Offer{ID: "o", Run: "r", Auctions: map[string]bool{"B": true}, HasEarly: true}, []confirm.Line{
		{Depositary: "Euroclear", Participant: "12345", Series: "A", Security: "XS0109563105", Currency: "EUR", Window: tender.Early,
			Tendered: d("100000"), Accepted: d("94000"), Returned: d("6000"), Reference: "w1", Date: day, Factor: "0.941573", Price: "830", Early: "20",
			Cash: confirm.Cash{Consideration: d("78020"), Early: d("1880"), Interest: d("33.33"), Total: d("79933.33")}},
		{Depositary: "DTC", Participant: "0901", Series: "B", Security: "52729NAP5", Currency: "JPY", Window: tender.Late,
			Tendered: d("3000"), Accepted: d("1000"), Returned: d("2000"), Reference: "w2", Date: day, Factor: "1/3", Price: "999",
			Cash: confirm.Cash{Consideration: d("999"), Total: d("999")}},
		{Depositary: "DTC", Participant: "0902", Series: "B", Security: "52729NAP5", Currency: "JPY", Window: tender.Late,
			Tendered: d("3000"), Returned: d("3000"), Factor: "1/3"},
	})
	if err != nil || without != 1 || len(all) != 2 {
		t.Fatal(len(all), without, err)
	}
	return all
}

func TestConfirmationsSayWhatWasMade(t *testing.T) {
	all := confirmations(t)
	for i, want := range [][]string{
		{"<Cd>DTCH</Cd>", "<Id>52729NAP5</Id>", "<Nb>002</Nb>", "<PrratnRate>33.33333333</PrratnRate>", `<PstngAmt Ccy="JPY">999</PstngAmt>`, "<PricVal>99.9</PricVal>", "<FaceAmt>2000</FaceAmt>"},
		{"<Cd>TEND</Cd>", "<ISIN>XS0109563105</ISIN>", "<Nb>001</Nb>", "<PrratnRate>94.1573</PrratnRate>", `<PstngAmt Ccy="EUR">79933.33</PstngAmt>`,
			`<PrncplOrCrps Ccy="EUR">79900.00</PrncplOrCrps>`, `<AcrdIntrstAmt Ccy="EUR">33.33</AcrdIntrstAmt>`, "<PricVal>85</PricVal>", "<Dt>2004-12-02</Dt>", "WIRE w1"},
	} {
		var b bytes.Buffer
		if err := WriteConfirmation(&b, &all[i]); err != nil {
			t.Fatal(err)
		}
		for _, text := range want {
			if !strings.Contains(b.String(), text) {
				t.Errorf("%s\nlacks %s", b.String(), text)
			}
		}
	}
	if strings.Contains(all[0].Event, all[1].Event) || all[0].ID == all[1].ID {
		t.Error("two events, or two confirmations, have one identification")
	}
}

// TestAdvicesSayWhatWillBeMade: the figures of the confirmation, under an identification of their own.
func TestAdvicesSayWhatWillBeMade(t *testing.T) {
	all := confirmations(t)
	for i, want := range [][]string{
		{"<Cd>DTCH</Cd>", "<Id>52729NAP5</Id>", "<OptnNb>002</OptnNb>", "<Rate>33.33333333</Rate>", `<EntitldAmt Ccy="JPY">999</EntitldAmt>`, "<PricVal>99.9</PricVal>",
			"<MvmntPrlimryAdvcId>" + all[0].Advice + "<"},
		{"<Cd>TEND</Cd>", "<ISIN>XS0109563105</ISIN>", "<OptnNb>001</OptnNb>", "<Rate>94.1573</Rate>", `<EntitldAmt Ccy="EUR">79933.33</EntitldAmt>`,
			`<AcrdIntrstAmt Ccy="EUR">33.33</AcrdIntrstAmt>`, "<PricVal>85</PricVal>", "<Dt>2004-12-02</Dt>", "<FaceAmt>94000</FaceAmt>"},
	} {
		var b bytes.Buffer
		if err := WriteAdvice(&b, &all[i]); err != nil {
			t.Fatal(err)
		}
		for _, text := range want {
			if !strings.Contains(b.String(), text) {
				t.Errorf("%s\nlacks %s", b.String(), text)
			}
		}
	}
	if all[0].Advice == all[0].ID || all[0].Advice == all[1].Advice || len(all[0].Advice) != 16 {
		t.Error("two messages have one identification")
	}
}

// announcements are one with an early option, prices and rates, and one of an auction without.
func announcements() []confirm.Announcement {
	price, rate := d("85.75"), d("94.16")
	newYork := time.FixedZone("", -5*3600)
	return []confirm.Announcement{
		{ID: "ID00000000000001", Event: "EV00000000000001", Security: "XS0109563105", Offeror: "Level 3", Announced: tender.Date{Year: 2004, Month: 10, Day: 29},
			Minimum: d("1000"), Multiple: d("1000"), Options: []confirm.Option{
				{Number: "001", Deadline: time.Date(2004, 11, 12, 17, 0, 0, 0, newYork), Day: tender.Date{Year: 2004, Month: 11, Day: 17}, Percent: &price, Rate: &rate},
				{Number: "002", Deadline: time.Date(2004, 12, 2, 0, 0, 0, 0, newYork), Day: tender.Date{Year: 2004, Month: 12, Day: 2}, Percent: &price},
			}},
		{ID: "ID00000000000002", Event: "EV00000000000002", Security: "52729NAP5", Auction: true, Offeror: "Level 3", Announced: tender.Date{Year: 2004, Month: 10, Day: 29},
			Minimum: d("1000"), Multiple: d("0.01"), Options: []confirm.Option{
				{Number: "001", Deadline: time.Date(2004, 12, 2, 0, 0, 0, 0, time.UTC), Day: tender.Date{Year: 2004, Month: 12, Day: 2}},
			}},
	}
}

func TestAnnouncementsSayWhatIsOffered(t *testing.T) {
	for i, want := range [][]string{
		{"<EvtCmpltnsSts>COMP<", "<Cd>TEND<", "<DtTm>2004-11-12T17:00:00-05:00<", "<PricVal>85.75<", "<Rate>94.16<", "<OptnNb>003<", "<Dt>2004-10-29<", "<Dt>2004-11-17<"},
		{"<EvtCmpltnsSts>INCO<", "<Cd>DTCH<", "<Id>52729NAP5<", "<FaceAmt>0.01<", "<OptnNb>002<", "<Cd>NOAC<", "<DfltOptnInd>true<"},
	} {
		a := announcements()[i]
		var b bytes.Buffer
		if err := WriteAnnouncement(&b, &a); err != nil {
			t.Fatal(err)
		}
		for _, text := range want {
			if !strings.Contains(b.String(), text) {
				t.Errorf("%s\nlacks %s", b.String(), text)
			}
		}
	}
}

// TestMessagesFollowTheSchema has xmllint hold messages against what the schemas demand, and against the
// originals where ISO20022_XSD names their folder.
func TestMessagesFollowTheSchema(t *testing.T) {
	if _, err := exec.LookPath("xmllint"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("xmllint is missing; test.sh installs it")
		}
		t.Skip("xmllint is not there; test.sh installs it")
	}
	var confirmed, advised, announced [][]byte
	for _, c := range confirmations(t) {
		var b, a bytes.Buffer
		if err := errors.Join(WriteConfirmation(&b, &c), WriteAdvice(&a, &c)); err != nil {
			t.Fatal(err)
		}
		confirmed, advised = append(confirmed, b.Bytes()), append(advised, a.Bytes())
	}
	for _, a := range announcements() {
		var b bytes.Buffer
		if err := WriteAnnouncement(&b, &a); err != nil {
			t.Fatal(err)
		}
		announced = append(announced, b.Bytes())
	}
	lint := func(schema string, content []byte) error {
		file := filepath.Join(t.TempDir(), "message.xml")
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return exec.Command("xmllint", "--noout", "--nonet", "--schema", schema, file).Run()
	}
	for name, messages := range map[string][][]byte{"seev.036.001.15": confirmed, "seev.035.001.15": advised, "seev.031.001.14": announced} {
		schemas := []string{"testdata/" + name + ".subset.xsd"}
		if folder := os.Getenv("ISO20022_XSD"); folder != "" {
			schemas = append(schemas, filepath.Join(folder, name+".xsd"))
		}
		for _, schema := range schemas {
			for _, m := range messages {
				if err := lint(schema, m); err != nil {
					t.Errorf("%s: %v\n%s", schema, err, m)
				}
				for old, by := range map[string]string{"<OptnTp>": "<Extra/><OptnTp>", "<Cd>CASH</Cd>": "<Cd>gold</Cd>", "</FinInstrmId>": "</FinInstrmId><FinInstrmId/>",
					"<Dt>2004": "<Dt>04", "<FaceAmt>": "<FaceAmt>x"} {
					if lint(schema, bytes.Replace(m, []byte(old), []byte(by), 1)) == nil {
						t.Errorf("%s takes %s in the place of %s", schema, by, old)
					}
				}
			}
		}
	}
}

// TestAPriceWithMoreDigitsThanAMessageCanStateIsRefused: the schema has 11, and a price that was cut would be another one.
func TestAPriceWithMoreDigitsThanAMessageCanStateIsRefused(t *testing.T) {
	for text, taken := range map[string]bool{"102.12345678": true, "102.123456789": false, "0.1234567891": true, "85.7512345678": false} {
		price := d(text)
		c, a := confirmations(t)[0], announcements()[0]
		c.Percent, a.Options[0].Percent = price, &price
		for name, write := range map[string]func(*bytes.Buffer) error{
			"031": func(b *bytes.Buffer) error { return WriteAnnouncement(b, &a) },
			"035": func(b *bytes.Buffer) error { return WriteAdvice(b, &c) },
			"036": func(b *bytes.Buffer) error { return WriteConfirmation(b, &c) },
		} {
			var b bytes.Buffer
			err := write(&b)
			if (err == nil) != taken || (err != nil && (b.Len() > 0 || !strings.Contains(err.Error(), "11 digits"))) {
				t.Errorf("%s in %s: %v, %d bytes", text, name, err, b.Len())
			}
		}
	}
}
