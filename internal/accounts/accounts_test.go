package accounts

import (
	"errors"
	"os"
	"strings"
	"testing"
)

const head = "role,depositary,participant,currency,name,bic,iban,account,town,country\n"

func TestReadFindsTheAccountForTheCurrencyFirst(t *testing.T) {
	b, err := Read(FileName, []byte("\ufeff"+head+
		"debtor,,,USD,Agent Inc.,CHASUS33,,000123456789,New York,US\n"+
		"creditor,DTC,0901,,,IRVTUS3NXXX,,8900012345,,\n"+
		"creditor,DTC,0901,EUR,Bank AG,DEUTDEFF,DE89 3704 0044 0532 0130 00,,Frankfurt,DE\n"))
	if err != nil {
		t.Fatal(err)
	}
	if a := b.Creditor("DTC", "0901", "EUR"); a == nil || a.IBAN != "DE89370400440532013000" || a.Line != 4 {
		t.Errorf("for EUR it is %+v", a)
	}
	if a := b.Creditor("DTC", "0901", "USD"); a == nil || a.Number() != "8900012345" {
		t.Errorf("for USD it is %+v", a)
	}
	if a := b.Creditor("Euroclear", "0901", "USD"); a != nil {
		t.Errorf("the same number at another depositary is %+v", a)
	}
	if a := b.Debtor("USD"); a == nil || a.Name != "Agent Inc." || b.Debtor("EUR") != nil {
		t.Errorf("the debtor is %+v", a)
	}
}

// What spreadsheets of other countries write is read, too, and lines that were cleared are passed over.
// TestTheExampleOfThePageIsRead reads the accounts.csv that docs/exchange.md shows.
func TestTheExampleOfThePageIsRead(t *testing.T) {
	page, err := os.ReadFile("../../docs/exchange.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(page), "### accounts.csv")
	_, example, _ = strings.Cut(example, "```text\n")
	example, _, _ = strings.Cut(example, "```")
	b, err := Read(FileName, []byte(example))
	if err != nil {
		t.Fatal(err)
	}
	if b.Debtor("USD") == nil || b.Creditor("DTC", "0901", "USD") == nil || b.Creditor("Euroclear", "01281", "EUR") == nil {
		t.Errorf("accounts are missing in %+v", b)
	}
}

func TestReadTakesSemicolonsAndEmptyLines(t *testing.T) {
	text := head + "debtor,,,USD,\"Agent, Inc.\",CHASUS33,,0E123,,\n,,,,,,,,,\ncreditor,DTC,0901,,,DEUTDEFF,,DE8,,\n,,, ,,,,,,\n\n"
	for _, separator := range []string{",", ";", "\t"} {
		b, err := Read(FileName, []byte(strings.ReplaceAll(strings.ReplaceAll(text, "Agent, Inc.", "Agent Inc."), ",", separator)))
		if err != nil {
			t.Fatalf("%q: %v", separator, err)
		}
		if d, c := b.Debtor("USD"), b.Creditor("DTC", "0901", "USD"); d == nil || c == nil || d.Number() != "0E123" || c.Number() != "DE8" || c.Line != 4 {
			t.Errorf("%q: %+v, %+v", separator, d, c)
		}
		if got := b.WithZeros("DTC", "901"); got != "0901" {
			t.Errorf("901 without its zero is %q", got)
		}
		if got := b.WithZeros("DTC", "0901") + b.WithZeros("Euroclear", "901") + b.WithZeros("DTC", "902"); got != "" {
			t.Errorf("another is %q", got)
		}
	}
}

func TestReadFindsEveryFault(t *testing.T) {
	for content, want := range map[string]string{
		"":                                                                      "the file is empty",
		"role,depositary\n":                                                     "the column participant is missing",
		head[:len(head)-1] + ",iban\n":                                          "the column iban is there twice",
		head[:len(head)-1] + ",memo\n":                                          `there is no column "memo"`,
		head + "debtor,,,USD\n":                                                 "line 2: has 4 fields, and the headings are 10",
		head + "payer,,,USD,A,CHASUS33,,1,,\n":                                  `line 2, role: "payer" is neither`,
		head + "debtor,,,,A,CHASUS33,,1,,\n":                                    "line 2, currency: a debtor's account is for one currency",
		head + "debtor,,,USX,A,CHASUS33,,1,,\n":                                 `"USX" is no currency's code`,
		head + "debtor,,,USD,,CHASUS33,,1,,\n":                                  "needs the name of its holder",
		head + "debtor,DTC,,USD,A,CHASUS33,,1,,\n":                              "leave both empty",
		head + "debtor,,,USD,A,CHASUS3,,1,,\n":                                  `"CHASUS3" is no BIC`,
		head + "debtor,,,USD,A,CHAS1S33,,1,,\n":                                 `"CHAS1S33" is no BIC`,
		head + "debtor,,,USD,A,CHASUS33,,,,\n":                                  "either an IBAN or",
		head + "debtor,,,EUR,A,DEUTDEFF,DE89370400440532013001,,,\n":            "its check digits do not fit",
		head + "debtor,,,EUR,A,DEUTDEFF,DE8937040044053201300,,,\n":             "which no IBAN of DE has",
		head + "debtor,,,EUR,A,DEUTDEFF,de89370400440532013000,,,\n":            "is no IBAN",
		head + "debtor,,,USD,A,CHASUS33,,1_2,,\n":                               `line 2, account: "1_2"`,
		head + "creditor,D,1,,A,CHASUS33,,1.23457E+15,,\n":                      `line 2, account: "1.23457E+15" is what a spreadsheet made of a long number`,
		head + "creditor,D,1,,A,CHASUS33,,\"1,2E+19\",,\n":                      "made of a long number",
		head + "creditor,D,1,,A,DEUTDEFF,,DE89370400440532013001,,\n":           "is an IBAN; write it in the column iban",
		head + "creditor,D,1,,A,DEUTDEFF,,DE89 3704 0044 0532 0130 00,,\n":      "is an IBAN; write it in the column iban",
		head + "debtor,,,USD,A ,CHASUS33,,1,,\n":                                `line 2, name: "A " begins or ends`,
		head + "debtor,,,USD,A,CHASUS33,,1,Paris,\n":                            "write town and country, or neither",
		head + "debtor,,,USD,A,CHASUS33,,1,Paris,fr\n":                          `line 2, country: "fr"`,
		head + "debtor,,,USD,中国,CHASUS33,,1,,\n":                                "write it in Latin letters",
		head + "creditor,DTC,,USD,A,CHASUS33,,1,,\n":                            "needs its depositary and its participant",
		head + "debtor,,,USD,A,CHASUS33,,1,,\ndebtor,,,USD,B,CHASUS33,,2,,\n":   "for USD already, in line 2",
		head + "creditor,D,1,,A,CHASUS33,,1,,\ncreditor,D,1,,B,CHASUS33,,2,,\n": "for all currencies already, in line 2",
		head + "debtor,,,USD,A,X,,1,,\ndebtor,,,EUR,A,CHASUS33,,,,\n":           "line 3, iban:",
		head + "debtor,,,USD,\xff,CHASUS33,,1,,\n":                              "not in UTF-8",
		head + "debtor,,,USD,\"A,CHASUS33,,1,,\n":                               `quoted-field`,
	} {
		_, err := Read(FileName, []byte(content))
		wrong := new(Error)
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, want %q", content, err, want)
		}
	}
}
