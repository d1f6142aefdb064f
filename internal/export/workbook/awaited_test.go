package workbook

import (
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/settle"
	"tenderbatch/internal/spreadsheet"
	"tenderbatch/internal/tender"
)

// A final run that was made before the guaranteed delivery deadline listed the wires of
// that day like all others: money for notes that may never come. The lists say above the
// rows and in them what is not to be wired by the run.
func TestWiresOfNotesThatCanStillComeAreSetOff(t *testing.T) {
	quiet, awaiting := smallRun(t), smallRun(t)
	day := awaiting.Settlement.WiresOf(settle.Due)[0].Date
	awaiting.Offer.Guaranteed.Settlement = day
	awaiting.Warnings = append(awaiting.Warnings, tender.Warning{Code: tender.WarnDeliveryAwaited, Message: "USD 1,000 can come"})
	before, now := opened(t, rendered(t, quiet)), opened(t, rendered(t, awaiting))
	for _, sheet := range []string{"Wires", "Payments"} {
		note := spreadsheet.At(spreadsheet.BannerRow+1, 1)
		want := "Wire nothing dated " + day.String() + " by this run: notes promised by guaranteed delivery can come until 2004-12-03 17:00 EST."
		if got, _ := now.GetCellValue(sheet, note); got != want {
			t.Errorf("%s: %q above the rows, want %q", sheet, got, want)
		}
		if got, _ := before.GetCellValue(sheet, note); strings.Contains(got, "Wire nothing") {
			t.Errorf("%s: %q where nothing can come", sheet, got)
		}
		first := spreadsheet.At(spreadsheet.FirstRow+1, 7)
		if inkOf(t, now, sheet, first) == inkOf(t, before, sheet, first) {
			t.Errorf("%s: the settlement date %s looks like that of a wire that is to be sent", sheet, first)
		}
	}
	for _, f := range []*excelize.File{before, now} {
		said := false
		for _, w := range cells(t, f, "Funding") {
			said = said || strings.HasSuffix(w.value, ", not by this run")
		}
		if said != (f == now) {
			t.Errorf("Funding says that money is not to be wired by this run: %t", said)
		}
	}
}

// inkOf is the colour of the text of a cell.
func inkOf(t *testing.T, f *excelize.File, sheet, cell string) string {
	t.Helper()
	id, err := f.GetCellStyle(sheet, cell)
	if err != nil {
		t.Fatal(err)
	}
	style, err := f.GetStyle(id)
	if err != nil {
		t.Fatal(err)
	}
	return style.Font.Color
}
