package payment

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"tenderbatch/internal/accounts"
	"tenderbatch/internal/tender"
)

const head = "role,depositary,participant,currency,name,bic,iban,account,town,country\n"

func bookOf(t testing.TB, lines ...string) *accounts.Book {
	b, err := accounts.Read(accounts.FileName, []byte(head+strings.Join(lines, "\n")+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var day = tender.Date{Year: 2026, Month: time.November, Day: 24} // a Tuesday

func wire(participant, currency, amount string) Wire {
	return Wire{Reference: participant + "-" + currency + "-1", Depositary: "DTC", Participant: participant,
		Name: "Bank " + participant, Currency: currency, Date: day, Amount: decimal.RequireFromString(amount)}
}

// orderOf is an order whose totals are those of its wires.
func orderOf(book *accounts.Book, wires ...Wire) *Order {
	o := &Order{Offer: "offer", Run: "run", Issuer: "Issuer Inc.", Made: time.Unix(0, 0), Accounts: book, Wires: wires}
	for _, w := range wires {
		o.Totals = append(o.Totals, Total{w.Currency, w.Date, w.Amount})
	}
	return o
}

const debtor = "debtor,,,USD,Agent,CHASUS33,,1,,"

func creditorLine(participant, number string) string {
	return "creditor,DTC," + participant + ",,,IRVTUS3N,," + number + ",,"
}

func TestTwoWiresToOneAccountAreOneTransfer(t *testing.T) {
	book := bookOf(t, debtor, creditorLine("1", "77"), creditorLine("2", "77"), creditorLine("3", "78"))
	got, err := Messages(orderOf(book, wire("1", "USD", "5"), wire("2", "USD", "5"), wire("3", "USD", "5")))
	if err != nil || len(got) != 1 || len(got[0].Transfers) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	one, other := got[0].Transfers[0], got[0].Transfers[1]
	if !one.Amount.Equal(decimal.NewFromInt(10)) || one.Texts[0] != "1-USD-1 2-USD-1" || one.EndToEndID == "1-USD-1" {
		t.Errorf("%+v", one)
	}
	if other.EndToEndID != "3-USD-1" || len(got[0].Merged()) != 1 {
		t.Errorf("%+v, merged %q", other, got[0].Merged())
	}
}

// A line of accounts.csv that was copied, with its number, paid one participant's money to another: both names are there
// and differ, and it was said only that the wires have one account.
func TestOneAccountOfTwoHoldersIsAWarning(t *testing.T) {
	for second, warned := range map[string]bool{"Bank Two": true, "BANK ONE": false, "": false} {
		book := bookOf(t, debtor, "creditor,DTC,1,,Bank One,IRVTUS3N,,77,,", "creditor,DTC,2,,"+second+",IRVTUS3N,,77,,")
		got, err := Messages(orderOf(book, wire("1", "USD", "5"), wire("2", "USD", "5")))
		if err != nil || len(got) != 1 {
			t.Fatalf("%+v, %v", got, err)
		}
		want := `accounts.csv, lines 3 and 4: the account 77 is that of "Bank One" and of "Bank Two"`
		if said := slices.ContainsFunc(got[0].Warnings, func(w string) bool { return strings.HasPrefix(w, want) }); said != warned {
			t.Errorf("second name %q: warnings %q", second, got[0].Warnings)
		}
	}
}

// A BIC of 8 characters and the same with XXX name one bank, and an IBAN is one account whatever BIC is beside it.
func TestOneAccountUnderTwoNamesOfItsBankIsOneTransfer(t *testing.T) {
	const iban = "DE89370400440532013000"
	for name, lines := range map[string][]string{
		"number": {"creditor,DTC,1,,,IRVTUS3N,,77,,", "creditor,DTC,2,,,IRVTUS3NXXX,,77,,"},
		"IBAN":   {"creditor,DTC,1,,,COBADEFF," + iban + ",,,", "creditor,DTC,2,,,COBADEFF370," + iban + ",,,"},
	} {
		got, err := Messages(orderOf(bookOf(t, append(lines, debtor)...), wire("1", "USD", "5"), wire("2", "USD", "5")))
		if err != nil || len(got) != 1 || len(got[0].Transfers) != 1 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	got, err := Messages(orderOf(bookOf(t, debtor, "creditor,DTC,1,,,IRVTUS3N,,77,,", "creditor,DTC,2,,,CITIUS33,,77,,"),
		wire("1", "USD", "5"), wire("2", "USD", "5")))
	if err != nil || len(got[0].Transfers) != 2 {
		t.Errorf("one number at two banks: %+v, %v", got, err)
	}
}

func TestAMessageForEachCurrencyAndDay(t *testing.T) {
	later := wire("1", "USD", "7")
	later.Date.Day, later.Reference = 25, "1-USD-2"
	book := bookOf(t, debtor, "debtor,,,EUR,Agent,CHASUS33,,2,,", creditorLine("1", "77"))
	got, err := Messages(orderOf(book, later, wire("1", "USD", "5"), wire("1", "EUR", "6")))
	if err != nil || len(got) != 3 {
		t.Fatalf("%d messages, %v", len(got), err)
	}
	for i, want := range []string{"EUR 6 2026-11-24", "USD 5 2026-11-24", "USD 7 2026-11-25"} {
		if m := got[i]; m.Currency+" "+m.Sum.String()+" "+m.Date.String() != want || len(m.ID) > 33 {
			t.Errorf("%+v, want %s", m, want)
		}
	}
	if got[1].ID == got[2].ID {
		t.Error("two messages have one identification")
	}
}

func TestMissingAccountsAreAllListed(t *testing.T) {
	nameless := wire("4", "USD", "1")
	nameless.Name = ""
	chinese := wire("5", "USD", "1")
	chinese.Name = "中国银行"
	_, err := Messages(orderOf(bookOf(t, creditorLine("1", "77"), creditorLine("4", "80"), creditorLine("5", "81")),
		wire("1", "USD", "5"), wire("2", "USD", "5"), wire("3", "USD", "5"), nameless, chinese))
	missing := new(MissingError)
	if !errors.As(err, &missing) || len(missing.What) != 5 {
		t.Fatalf("%v", err)
	}
	for _, want := range []string{"USD: no account to pay from", "DTC 2 (Bank 2): no account for USD", "DTC 3 (Bank 3)",
		"DTC 4: the depositary reports no name", "write the name in the column name"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %s", err, want)
		}
	}
}

// A spreadsheet drops zeros at the front of a participant's number: that is said, and an account that is missing on two
// days is said once.
func TestAnAccountUnderANumberWithoutItsZerosIsNamed(t *testing.T) {
	later := wire("0901", "USD", "7")
	later.Date.Day, later.Reference = 25, "0901-USD-2"
	_, err := Messages(orderOf(bookOf(t, debtor, creditorLine("901", "77")), wire("0901", "USD", "5"), later))
	missing := new(MissingError)
	if !errors.As(err, &missing) || len(missing.What) != 1 ||
		!strings.Contains(missing.What[0], "there is one of 901, which has other zeros at its front: if it is the same, format the column as text, then write 0901") {
		t.Errorf("%v", err)
	}
}

func TestOfAnIssuerInAnotherScriptItIsSaidWhatToDo(t *testing.T) {
	o := orderOf(bookOf(t, debtor, creditorLine("1", "77")), wire("1", "USD", "5"))
	o.Issuer = "中国"
	if _, err := Messages(o); err == nil || !strings.Contains(err.Error(), "write its name in Latin letters under issuer in offer.yaml") {
		t.Errorf("%v", err)
	}
}

func TestWhatCannotBePaidIsRefused(t *testing.T) {
	book := bookOf(t, debtor, "debtor,,,JPY,Agent,CHASUS33,,2,,", creditorLine("1", "77"), creditorLine("2", "78"))
	for amount, want := range map[string]string{
		"0": "not more than zero", "-1": "not more than zero", "0.001": "more decimals", "10000000000000000.00": "more than 18 digits",
	} {
		if _, err := Messages(orderOf(book, wire("1", "USD", amount))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s gives %v", amount, err)
		}
	}
	if _, err := Messages(orderOf(book, wire("1", "JPY", "1.5"))); err == nil {
		t.Error("half a yen is paid")
	}
	big := "9999999999999999.99"
	if _, err := Messages(orderOf(book, wire("1", "USD", big), wire("2", "USD", big))); err == nil || !strings.Contains(err.Error(), "add up to more than 18 digits") {
		t.Errorf("a sum of 19 digits gives %v", err)
	}
	twice := wire("2", "USD", "5")
	twice.Reference = "1-USD-1"
	if _, err := Messages(orderOf(book, wire("1", "USD", "5"), twice)); err == nil || !strings.Contains(err.Error(), "is there twice") {
		t.Errorf("one reference twice gives %v", err)
	}
}

func TestNoMessageUnlessItAddsUp(t *testing.T) {
	book := bookOf(t, debtor, creditorLine("1", "77"))
	for _, change := range []func(*Order){
		func(o *Order) { o.Totals[0].Amount = decimal.RequireFromString("5.01") },
		func(o *Order) { o.Totals = nil },
		func(o *Order) { o.Totals = append(o.Totals, Total{"EUR", day, decimal.NewFromInt(1)}) },
	} {
		o := orderOf(book, wire("1", "USD", "5"))
		change(o)
		_, err := Messages(o)
		control := new(tender.ControlError)
		if !errors.As(err, &control) {
			t.Errorf("%v", err)
		}
	}
}

func TestIdentificationsFollowFromTheWires(t *testing.T) {
	book := bookOf(t, debtor, creditorLine("1", "77"))
	of := func(change func(*Order)) Message {
		o := orderOf(book, wire("1", "USD", "5"))
		change(o)
		got, err := Messages(o)
		if err != nil {
			t.Fatal(err)
		}
		return got[0]
	}
	first, again := of(func(*Order) {}), of(func(*Order) {})
	if first.ID != again.ID || first.Transfers[0].UETR != again.Transfers[0].UETR {
		t.Error("the same wires give another message")
	}
	run := of(func(o *Order) { o.Run = "another" })
	if run.ID == first.ID || run.Transfers[0].UETR != first.Transfers[0].UETR {
		t.Error("a wire that another run has, too, must be recognised by its UETR, and the message is another one")
	}
	further := of(func(o *Order) { o.Wires[0].Further = true })
	if further.Transfers[0].EndToEndID == first.Transfers[0].EndToEndID || further.Transfers[0].Texts[0] != "1-USD-1" {
		t.Errorf("what is paid in addition to a wire has its identification: %+v", further.Transfers[0])
	}
	if offer := of(func(o *Order) { o.Offer = "other" }); offer.ID == first.ID || offer.Transfers[0].UETR == first.Transfers[0].UETR {
		t.Error("two offers have one identification")
	}
}

// TestRandomOrdersAddUp draws wires to few accounts: all that is in must come out, once.
func TestRandomOrdersAddUp(t *testing.T) {
	lines := []string{debtor, "debtor,,,JPY,Agent,CHASUS33,,2,,"}
	for _, p := range []string{"1", "2", "3", "4"} {
		lines = append(lines, creditorLine(p, "7"+string('0'+(p[0]-'0')/2)))
	}
	book := bookOf(t, lines...)
	rapid.Check(t, func(t *rapid.T) {
		var wires []Wire
		total := map[string]decimal.Decimal{}
		for _, p := range []string{"1", "2", "3", "4"} {
			for _, currency := range []string{"USD", "JPY"} {
				if rapid.Bool().Draw(t, "in") {
					w := wire(p, currency, decimal.New(rapid.Int64Range(1, 1e15).Draw(t, "units"), map[string]int32{"USD": -2}[currency]).String())
					wires, total[currency] = append(wires, w), total[currency].Add(w.Amount)
				}
			}
		}
		got, err := Messages(orderOf(book, wires...))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, m := range got {
			seen := map[string]bool{}
			for _, x := range m.Transfers {
				n += len(x.Wires)
				if seen[x.Creditor.Account.Number()] {
					t.Fatalf("two transfers to %s", x.Creditor.Account.Number())
				}
				seen[x.Creditor.Account.Number()] = true
			}
			if !m.Sum.Equal(total[m.Currency]) {
				t.Fatalf("%s %s, want %s", m.Currency, m.Sum, total[m.Currency])
			}
		}
		if n != len(wires) {
			t.Fatalf("%d wires of %d", n, len(wires))
		}
	})
}

// A wire that a bank refused and that is sent once more is the same payment, in a message and under a UETR of its own.
func TestAPartThatIsSentOnceMoreHasItsOwnIdentifications(t *testing.T) {
	book := bookOf(t, debtor, creditorLine("1", "77"))
	seen := map[string]bool{}
	for _, part := range [][]string{nil, {"1-USD-1", "1"}, {"1-USD-1", "2"}} {
		o := orderOf(book, wire("1", "USD", "5"))
		o.Part = part
		got, err := Messages(o)
		if err != nil {
			t.Fatal(err)
		}
		transfer := got[0].Transfers[0]
		if seen[got[0].ID] || seen[transfer.UETR] || transfer.EndToEndID != "1-USD-1" {
			t.Errorf("%v: %s, %s, %s", part, got[0].ID, transfer.UETR, transfer.EndToEndID)
		}
		seen[got[0].ID], seen[transfer.UETR] = true, true
	}
}

func TestDaysOnWhichBanksAreClosed(t *testing.T) {
	for text, want := range map[string]string{
		"USD 2026-11-24": "", "USD 2026-11-28": "a Saturday", "GBP 2026-11-29": "a Sunday",
		"USD 2026-11-26": "Thanksgiving", "EUR 2026-11-26": "", "USD 2026-07-03": "", "USD 2027-07-05": "Independence Day",
		"USD 2022-06-20": "Juneteenth", "USD 2021-06-18": "", "USD 2026-01-19": "Martin Luther King", "USD 2026-02-16": "Presidents",
		"USD 2026-05-25": "Memorial", "USD 2026-05-18": "", "USD 2026-09-07": "Labor Day", "USD 2026-10-12": "Columbus",
		"USD 2026-11-11": "Veterans", "USD 2023-01-02": "New Year", "USD 2026-12-25": "Christmas",
		"EUR 2026-04-03": "Good Friday", "EUR 2026-04-06": "Easter Monday", "EUR 2025-04-18": "Good Friday", "EUR 2024-04-01": "Easter Monday",
		"EUR 2026-05-01": "Labour Day", "EUR 2028-12-26": "Christmas", "EUR 2026-12-31": "", "USD 2026-04-03": "", "JPY 2026-01-01": "",
		// Where the weekend is Friday and Saturday, Sunday is a day like others.
		"KWD 2026-11-27": "a Friday", "KWD 2026-11-28": "a Saturday", "SAR 2026-11-29": "", "ILS 2026-11-29": "", "ILS 2026-11-28": "a Saturday",
		"AED 2026-11-27": "", "AED 2026-11-29": "a Sunday",
	} {
		currency, date, _ := strings.Cut(text, " ")
		d, err := tender.ParseDate(date)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(closed(group{currency, d}), "")
		if (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
