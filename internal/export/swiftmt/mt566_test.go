package swiftmt

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/confirm"
	"tenderbatch/internal/tender"
)

func d(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func confirmation() *confirm.Confirmation {
	rate := d("94.1573")
	return &confirm.Confirmation{ID: "ID00000000000001", Event: "EV00000000000001", Option: "001", Percent: d("85"), Rate: &rate,
		Line: confirm.Line{Depositary: "Euroclear", Participant: "12345", Security: "XS0109563105", Currency: "EUR", Window: tender.Early,
			Tendered: d("100000"), Accepted: d("94000"), Returned: d("6000"), Reference: "12345678-EUR-20041202-ABCDEFGHJK",
			Date: tender.Date{Year: 2004, Month: time.December, Day: 2},
			Cash: confirm.Cash{Consideration: d("78020"), Early: d("1880"), Interest: d("33.33"), Total: d("79933.33")}}}
}

// formats are the formats of the fields, as the standard has them.
var formats = map[string]string{
	"16R": `[A-Z]{1,16}`, "16S": `[A-Z]{1,16}`, "20C": `:[A-Z]{4}//[A-Z0-9]{16}`, "23G": `NEWM`, "22F": `:[A-Z]{4}//[A-Z]{4}`,
	"22H": `:[A-Z]{4}//[A-Z]{4}`, "35B": `(ISIN [A-Z0-9]{12}|/US/[A-Z0-9]{9})`, "97A": `:SAFE//[^\r\n]{1,35}`,
	"93B": `:[A-Z]{4}//FAMT/[0-9]+,[0-9]*`, "36B": `:(PSTA|MIEX|MILT)//FAMT/[0-9]+,[0-9]*`, "13A": `:CAON//[0-9]{3}`, "92A": `:PROR//[0-9]+,[0-9]*`,
	"97C": `:SAFE//GENR`, "25D": `:PROC//(COMP|PREC)`, "17B": `:DFLT//[YN]`, "98E": `:MKDT//[0-9]{14}/N?[0-9]{2}([0-9]{2})?`,
	"98A": `:[A-Z]{4}//[0-9]{8}`, "19B": `:[A-Z]{4}//[A-Z]{3}[0-9]+,[0-9]*`, "90A": `:OFFR//PRCT/[0-9]+,[0-9]*`,
	"70E": `:(ADTX|OFFO)//[^\r\n]{1,35}(\r\n[^\r\n]{1,35}){0,9}`,
}

// checkBlock tests the form of each field, and that sequences are nested.
func checkBlock(t *testing.T, b *bytes.Buffer) {
	t.Helper()
	text, ok := strings.CutPrefix(b.String(), "{4:\r\n")
	text, closed := strings.CutSuffix(text, "\r\n-}\r\n")
	if !ok || !closed || strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\n") {
		t.Fatalf("%q", b.String())
	}
	var open []string
	tag := regexp.MustCompile(`^:([0-9]{2}[A-Z]?):`)
	for _, field := range regexp.MustCompile(`\r\n:`).Split("\r\n"+text, -1)[1:] {
		field = ":" + field
		m := tag.FindStringSubmatch(field)
		if m == nil || formats[m[1]] == "" || !regexp.MustCompile(`^`+formats[m[1]]+`$`).MatchString(field[len(m[0]):]) {
			t.Errorf("%q has not the format of its field", field)
			continue
		}
		switch value := field[len(m[0]):]; m[1] {
		case "16R":
			open = append(open, value)
		case "16S":
			if len(open) == 0 || open[len(open)-1] != value {
				t.Fatalf("%s is closed in %q", value, open)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("%q are not closed", open)
	}
}

func TestTheTextBlocksHaveTheFormatsOfTheirFields(t *testing.T) {
	var b bytes.Buffer
	if err := WriteConfirmation(&b, confirmation(), "TEND"); err != nil {
		t.Fatal(err)
	}
	checkBlock(t, &b)
	for _, want := range []string{":93B::CONB//FAMT/100000,\r\n", ":93B::AFFB//FAMT/94000,\r\n", ":93B::UNAF//FAMT/6000,\r\n", ":92A::PROR//94,1573\r\n",
		":19B::PSTA//EUR79933,33\r\n", ":19B::PRIN//EUR79900,\r\n", ":19B::ACRU//EUR33,33\r\n", ":90A::OFFR//PRCT/85,\r\n", ":98A::POST//20041202\r\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s lacks %q", b.String(), want)
		}
	}
}

func TestWhatSwiftDoesNotTakeIsRefused(t *testing.T) {
	for _, change := range []func(*confirm.Confirmation){
		func(c *confirm.Confirmation) { c.Participant = "Größe" },
		func(c *confirm.Confirmation) { c.Participant = "a\r\n-}" },
		func(c *confirm.Confirmation) { c.Tendered = d("1234567890123456") },
		func(c *confirm.Confirmation) { c.Reference = "a_b" },
	} {
		c := confirmation()
		change(c)
		if err := WriteConfirmation(&bytes.Buffer{}, c, "TEND"); err == nil {
			t.Errorf("%+v is written", c)
		}
	}
}

func TestAnAnnouncementHasTheFormatsOfItsFields(t *testing.T) {
	price, rate := d("85.75"), d("94.16")
	for offset, want := range map[int]string{-5 * 3600: "20041112170000/N05", 0: "20041112170000/00", 5*3600 + 1800: "20041112170000/0530"} {
		a := &confirm.Announcement{ID: "ID00000000000001", Event: "EV00000000000001", Security: "52729NAP5", Offeror: strings.Repeat("Level 3 ", 9) + "Inc.",
			Announced: tender.Date{Year: 2004, Month: 10, Day: 29}, Minimum: d("1000"), Multiple: d("1000"), Options: []confirm.Option{
				{Number: "001", Deadline: time.Date(2004, 11, 12, 17, 0, 0, 0, time.FixedZone("", offset)), Day: tender.Date{Year: 2004, Month: 11, Day: 17}, Percent: &price, Rate: &rate},
			}}
		var b bytes.Buffer
		if err := WriteAnnouncement(&b, a, "TEND"); err != nil {
			t.Fatal(err)
		}
		checkBlock(t, &b)
		for _, want := range []string{":98E::MKDT//" + want + "\r\n", ":25D::PROC//COMP\r\n", ":13A::CAON//002\r\n:22F::CAOP//NOAC\r\n:17B::DFLT//Y\r\n", ":90A::OFFR//PRCT/85,75\r\n"} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s lacks %q", b.String(), want)
			}
		}
		a.Options[0].Percent = nil
		b.Reset()
		if err := WriteAnnouncement(&b, a, "TEND"); err != nil || strings.Contains(b.String(), "OFFR") || !strings.Contains(b.String(), "PROC//PREC") {
			t.Errorf("%v without a price: %s", err, b.String())
		}
	}
}
