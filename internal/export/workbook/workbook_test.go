package workbook

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/export"
	"tenderbatch/internal/officetest"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/spreadsheet"
	"tenderbatch/internal/tender"
)

func TestSameBytes(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	first := rendered(t, smallRun(t))
	for _, procs := range []int{runtime.GOMAXPROCS(0), 1} {
		before := runtime.GOMAXPROCS(procs)
		for range 20 {
			if !bytes.Equal(first, rendered(t, smallRun(t))) {
				t.Fatalf("the same run gave other bytes (GOMAXPROCS=%d)", procs)
			}
		}
		runtime.GOMAXPROCS(before)
	}
}

func TestProperties(t *testing.T) {
	p, err := opened(t, rendered(t, smallRun(t))).GetDocProps()
	if err != nil {
		t.Fatal(err)
	}
	if p.Creator != "batch 1.0.0" || p.LastModifiedBy != "batch 1.0.0" || p.Created != "2004-11-30T23:00:00Z" || p.Modified != p.Created ||
		p.Subject != "Run 2004-11-30T180000-1a2b3c4d" ||
		p.Title != "Level 3 Communications, Inc.: indicative result of the tender offer level3-2004" {
		t.Errorf("properties %+v", p)
	}
}

func TestBannerOnEverySheet(t *testing.T) {
	final := smallRun(t)
	final.AsOf, final.Phase = wall("2004-12-02T00:00:00.000"), tender.Final
	for want, r := range map[string]*result.Run{"INDICATIVE as of 2004-11-30 18:00 EST": smallRun(t), "FINAL as of 2004-12-02 00:00 EST": final} {
		f := opened(t, rendered(t, r))
		for _, sheet := range f.GetSheetList() {
			if got, _ := f.GetCellValue(sheet, spreadsheet.At(spreadsheet.BannerRow, 1)); !strings.HasPrefix(got, want) {
				t.Errorf("%s says %q, want %q", sheet, got, want)
			}
		}
	}
}

func TestWiresLeadToInstructions(t *testing.T) {
	r := smallRun(t)
	f := opened(t, rendered(t, r))
	cash := make(map[string]string) // by reference
	for _, w := range rowsOf(t, f, "Wires") {
		if len(w) >= moneyFields.at("total") && regexp.MustCompile(`^[0-9A-Z]+-[A-Z]{3}-\d{8}-[0-9A-Z]{10}$`).MatchString(w[moneyFields.at("reference")-1]) {
			cash[w[moneyFields.at("reference")-1]] = w[moneyFields.at("total")-1]
		}
	}
	if len(cash) != len(r.Settlement.Wires) {
		t.Fatalf("%d wires on the sheet, want %d", len(cash), len(r.Settlement.Wires))
	}
	sums := make(map[string]string)
	for _, w := range rowsOf(t, f, "Instructions")[spreadsheet.BannerRow:] {
		if len(w) >= instructionFields.at("reference") && cash[w[instructionFields.at("reference")-1]] != "" {
			sum := dec("0" + sums[w[instructionFields.at("reference")-1]])
			sums[w[instructionFields.at("reference")-1]] = sum.Add(dec(w[instructionFields.at("total")-1])).String()
		}
	}
	for reference, total := range cash {
		if !dec("0" + sums[reference]).Equal(dec(total)) {
			t.Errorf("wire %s is %s, its instructions are %s", reference, total, sums[reference])
		}
	}
}

// TestReferencesAreLookedUp reads the formula of each reference: it searches the
// instructions for the reference itself, so that it is right after any sorting, and
// its stored value is the reference. Where the instructions go on on further sheets
// it is plain text.
func TestReferencesAreLookedUp(t *testing.T) {
	r := smallRun(t)
	var several bytes.Buffer
	if err := writeWorkbook(&several, r, 20); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"one sheet": rendered(t, r), "several": several.Bytes()} {
		f, found := opened(t, data), 0
		for _, sheet := range f.GetSheetList() {
			if !strings.HasPrefix(sheet, "Payments") {
				continue
			}
			for i, row := range rowsOf(t, f, sheet) {
				if len(row) < moneyFields.at("total") || row[moneyFields.at("status")-1] != string(settle.Due) {
					continue
				}
				found++
				formula, err := f.GetCellFormula(sheet, spreadsheet.At(i+1, moneyFields.at("reference")))
				if err != nil {
					t.Fatal(err)
				}
				if name == "one sheet" != strings.Contains(formula, `MATCH("`+row[0]+`",Instructions!`) {
					t.Errorf("%s: the reference %s has the formula %q", name, row[0], formula)
				}
			}
		}
		if found != len(r.Settlement.Payments) {
			t.Errorf("%s: %d payments, want %d", name, found, len(r.Settlement.Payments))
		}
	}
}

// TestTimeline compares the periods with the tenders themselves, and the Early
// Tender Date's with what the issuer published.
// What was paid already must not stand below "To be wired", where the eye adds it up.
func TestM1TheSummaryTellsPaidFromDue(t *testing.T) {
	r := smallRun(t)
	title := func() string {
		var titles []string
		for _, c := range cells(t, opened(t, rendered(t, r)), "Summary") {
			if strings.Contains(c.value, "o be wired") {
				titles = append(titles, c.value)
			}
		}
		return strings.Join(titles, "; ")
	}
	if got := title(); got != "To be wired" {
		t.Errorf("nothing is paid: %s", got)
	}
	r.Settlement.Funding[0].Status = settle.Paid
	if got := title(); got != "Paid, and to be wired" {
		t.Errorf("one day is paid: %s", got)
	}
}

func TestTimeline(t *testing.T) {
	r := smallRun(t)
	counted, early := 0, false
	for _, p := range r.Timeline() {
		received := 0
		for _, l := range r.Book.Lines {
			if l.Received.Before(p.Until) {
				received++
			}
		}
		if counted += p.Tenders; counted != received {
			t.Errorf("%d tenders until %s, want %d", counted, p.Until, received)
		}
		early = early || p.Until.Equal(r.Offer.Early.At)
	}
	if !early || counted != len(r.Book.Lines) {
		t.Errorf("%d tenders, want %d; a period ends at the Early Tender Date: %v", counted, len(r.Book.Lines), early)
	}
	rows := rowsOf(t, opened(t, rendered(t, r)), "Timeline")
	at := slices.IndexFunc(rows, func(row []string) bool { return len(row) > 6 && strings.HasPrefix(row[0], "38303.70833333") })
	if at < 0 || rows[at][6] != "1104727255.3" {
		t.Errorf("row %d is not the Early Tender Date with 1104727255.3 tendered", at)
	}
}

func rowsOf(t *testing.T, f *excelize.File, sheet string) [][]string {
	t.Helper()
	rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// variants are runs at the edges: what there can be none of, other currencies,
// a broken invariant.
func variants(t *testing.T) map[string]*result.Run {
	all := map[string]*result.Run{"small": smallRun(t), "nothing": compute(t, smallOffer(), nil, wall("2004-11-10T12:00:00.000"))}

	plain := smallOffer()
	plain.Early, plain.Caps, plain.Conditions, plain.Amendments, plain.Rates = tender.CutOff{}, nil, nil, nil, nil
	plain.Series = plain.Series[:1]
	plain.Series[0].HasMaximum = false
	all["no caps, no early date"] = compute(t, plain, smallTenders()[:9], wall("2004-12-03T00:00:00.000"))

	yen := smallOffer()
	for i := range yen.Series {
		yen.Series[i].Currency = []string{"JPY", "KWD", "JPY", "EUR"}[i]
	}
	yen.Caps, yen.Rates = nil, nil
	yen.Settlement.Early = date("2004-11-18")
	all["yen, two settlements, no rate"] = compute(t, yen, smallTenders(), wall("2004-12-03T00:00:00.000"))

	inverse := smallOffer()
	inverse.Rates = []tender.Rate{{From: "USD", To: "EUR", Rate: dec("0.7708"), Date: date("2004-11-12"), Source: "the inverse"}}
	inverse.Caps[0].Amount = dec("243955000")
	all["inverse rate, little accepted"] = compute(t, inverse, smallTenders(), wall("2004-12-03T00:00:00.000"))

	all["auctions"] = auctionRun(t)

	broken := smallRun(t)
	broken.Invariants[2] = tender.Invariant{Name: "no cap is exceeded", Detail: "Tender Cap: 1,105,000,000 USD allowed, 1,105,001,000 USD taken"}
	broken.Warnings = []tender.Warning{{Code: tender.WarnSmallPieces, Message: "Tender Cap exceeded by 1,000 USD: a small piece was taken whole (R11)"}}
	broken.Inputs[0].Counted++
	all["broken"] = broken

	huge := smallRun(t)
	huge.Findings[0].Value = "12345678901234567890.123456789"
	huge.Book.Lines[0].Principal = dec("123456789012345678901234567890.12")
	all["too many digits"] = huge
	return all
}

func TestVariantsRender(t *testing.T) {
	for name, r := range variants(t) {
		t.Run(name, func(t *testing.T) {
			opened(t, rendered(t, r))
			for _, write := range []func(io.Writer, *result.Run) error{export.WriteJSON, export.WriteInstructions, export.WriteWires, export.WritePayments, export.WritePaid, export.WriteRejects, export.WriteReleaseText, export.WriteReleaseMarkdown} {
				if err := write(io.Discard, r); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestBrokenIsShown(t *testing.T) {
	f := opened(t, rendered(t, variants(t)["broken"]))
	status, _ := f.GetCellValue("Summary", spreadsheet.At(spreadsheet.BannerRow+1, 1))
	if !strings.Contains(status, "1 of 4 invariants BROKEN") || !strings.Contains(status, "1 warning") {
		t.Errorf("status %q", status)
	}
	var falses, disagree bool
	for _, w := range cells(t, f, "Controls") {
		falses = falses || (w.value == "0" && strings.Contains(w.formula, "ROUND"))
	}
	for _, w := range cells(t, f, "Summary") {
		disagree = disagree || w.value == notAgree
	}
	if !falses || !disagree {
		t.Errorf("a check that fails is shown on Controls: %v, on Summary: %v", falses, disagree)
	}
}

// TestRecalculation expects LibreOffice to get every figure from the formulas.
func TestRecalculation(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	stored := make(map[string][]byte)
	for name, r := range variants(t) {
		if name != "too many digits" { // which no spreadsheet keeps
			stored[name] = rendered(t, r)
		}
	}
	var several bytes.Buffer // of sheets for each list
	if err := writeWorkbook(&several, smallRun(t), 20); err != nil {
		t.Fatal(err)
	}
	stored["continued"] = several.Bytes()
	stored["priced"] = rendered(t, pricedRun(t, func(string) bool { return true }))
	maps.Copy(stored, differences(t))
	formulas := 0
	for _, n := range officetest.CheckFormulas(t, stored) {
		formulas += n
	}
	if formulas < 500 {
		t.Errorf("only %d formulas were compared", formulas)
	}
}

// TestHostileText puts text that wants to be a formula, a link or markup into
// everything that comes from an input.
func TestHostileText(t *testing.T) {
	hostile := []string{
		`=cmd|' /C calc'!A0`, `+1+1`, `-2+3`, `@SUM(1+1)`, "\t=1+1", `=HYPERLINK("https://example.com","x")`, `https://example.com`,
		`<b>bold</b>&amp;`, "a\x00b\x07c\x1b", "line\r\nline", "_x000D_", "]]>", strings.Repeat("x", 40000), strings.Repeat("\U0001F600", 20000), "\xff\xfe", `"quoted", 'text'`,
	}
	for _, text := range hostile {
		r := smallRun(t)
		r.Book.Lines[0].ID, r.Book.Lines[0].Participant, r.Book.Lines[0].ParticipantName = text, text, text
		r.Findings[0].Value, r.Findings[0].Message, r.Findings[0].Source.File = text, text, text
		r.Inputs[0].File, r.Warnings, r.Changes.Lines[0].Instruction = text, []tender.Warning{{Message: text}}, text
		r.Settlement.Payments[0].ParticipantName = text
		r.Offer.Issuer, r.Offer.Series[0].Title, r.Offer.Conditions[0].Text = text, text, text
		f := opened(t, rendered(t, r))
		for sheet, ref := range map[string]string{"Instructions": "A7", "Rejects": spreadsheet.At(spreadsheet.FirstRow+5+len(r.Groups()), rejectFields.at("file")), "Summary": "A1"} {
			if sheet == "Instructions" {
				ref = spreadsheet.At(spreadsheet.BannerRow+len(r.Currencies())+2, 1)
			}
			value, err := f.GetCellValue(sheet, ref, excelize.Options{RawCellValue: true})
			if err != nil {
				t.Fatal(err)
			}
			formula, _ := f.GetCellFormula(sheet, ref)
			kind, _ := f.GetCellType(sheet, ref)
			if link, _, _ := f.GetCellHyperLink(sheet, ref); link || formula != "" || kind != excelize.CellTypeInlineString || value != spreadsheet.Fit(spreadsheet.Clean(text)) {
				t.Errorf("%s!%s: %.60q is kept as %.60q (formula %q, type %d)", sheet, ref, text, value, formula, kind)
			}
		}
	}
}

func TestWriteErrors(t *testing.T) {
	r := smallRun(t)
	for i, write := range []func(io.Writer, *result.Run) error{WriteWorkbook, export.WriteJSON, export.WriteInstructions, export.WriteWires, export.WritePayments, export.WritePaid, export.WriteRejects, export.WriteReleaseText, export.WriteReleaseMarkdown} {
		if err := write(full{}, r); !errors.Is(err, errFull) {
			t.Errorf("writer %d: %v", i, err)
		}
	}
}

type full struct{}

var errFull = errors.New("no space left")

func (full) Write([]byte) (int, error) { return 0, errFull }

func BenchmarkWorkbook(b *testing.B) {
	r := smallRun(b)
	start := time.Now()
	for b.Loop() {
		if err := WriteWorkbook(io.Discard, r); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(time.Since(start).Microseconds())/float64(b.N)/float64(len(r.Book.Lines)), "µs/line")
}
