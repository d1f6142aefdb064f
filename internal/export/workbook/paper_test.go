package workbook

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/export"
	"tenderbatch/internal/spreadsheet"
	"tenderbatch/internal/tender"
)

// The paper is that of the offer's continent unless the offer names one, nothing is
// printed with less than 7 points, and a sheet whose columns do not fit on a page then has
// its first column on each.
func TestP3PaperAndTypeThatCanBeRead(t *testing.T) {
	for _, offered := range []struct {
		zone  string
		paper tender.Paper
		want  int
	}{
		{"America/New_York", "", 1}, {"Europe/London", "", 9}, {"America/New_York", tender.PaperA4, 9}, {"Asia/Tokyo", tender.PaperLetter, 1},
	} {
		r := smallRun(t)
		o := *r.Offer
		zone, err := time.LoadLocation(offered.zone)
		if err != nil {
			t.Fatal(err)
		}
		o.Zone, o.Paper = zone, offered.paper
		r.Offer = &o
		f := opened(t, rendered(t, r))
		for _, name := range f.GetSheetList() {
			layout, err := f.GetPageLayout(name)
			if err != nil {
				t.Fatal(err)
			}
			if *layout.Size != offered.want {
				t.Errorf("%s %q: sheet %s is printed on paper %d, not %d", offered.zone, offered.paper, name, *layout.Size, offered.want)
			}
			checkTypeSize(t, f, name, spreadsheet.Papers[o.PrintedOn()])
		}
	}
}

// checkTypeSize works out, from the file alone, how small a sheet is printed.
func checkTypeSize(t *testing.T, f *excelize.File, name string, p spreadsheet.Paper) {
	t.Helper()
	layout, err := f.GetPageLayout(name)
	if err != nil {
		t.Fatal(err)
	}
	props, err := f.GetSheetProps(name)
	if err != nil {
		t.Fatal(err)
	}
	columns, err := f.GetCols(name)
	if err != nil {
		t.Fatal(err)
	}
	width := 0.0
	for i := range columns {
		w, err := f.GetColWidth(name, spreadsheet.Letters(i+1))
		if err != nil {
			t.Fatal(err)
		}
		width += w * spreadsheet.PointsPerDigit
	}
	scale := 100 * p.Width / width
	if !*props.FitToPage {
		scale = float64(*layout.AdjustTo)
		titles := ""
		for _, n := range f.GetDefinedName() {
			if n.Scope == name && n.Name == "_xlnm.Print_Titles" {
				titles = n.RefersTo
			}
		}
		if !strings.Contains(titles, "$A:$A") && slices.Contains([]string{"Instructions", "Changes", "Rejects"}, name) {
			t.Errorf("sheet %s is printed on pages beside each other, and the first column is not on each: %q", name, titles)
		}
	}
	if points := min(100, scale) * spreadsheet.FontSize / 100; points < 7 {
		t.Errorf("sheet %s is printed with %.1f points", name, points)
	}
}

// Summary and Controls say when and by whom the run was made, and have room to sign.
func TestP4WhoMadeCheckedAndApprovedIt(t *testing.T) {
	r := smallRun(t)
	r.Made, r.By = time.Date(2004, 12, 2, 14, 5, 0, 0, time.UTC), "finance@host"
	f := opened(t, rendered(t, r))
	for _, name := range []string{"Summary", "Controls"} {
		rows, err := f.GetRows(name)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, row := range rows {
			all = append(all, row...)
		}
		for _, want := range []string{"Produced", "2004-12-02 09:05 EST by finance@host", "Prepared", "Checked", "Approved", "name, date, signature"} {
			if !slices.Contains(all, want) {
				t.Errorf("sheet %s does not say %q", name, want)
			}
		}
	}
}

// Series stand by level, with their identifiers, under the offer's words for prices.
func TestP23SeriesByLevelWithTheirIdentifiers(t *testing.T) {
	r := smallRun(t)
	o := *r.Offer
	o.Series = slices.Clone(o.Series)
	o.Series[0].Priority, o.Series[len(o.Series)-1].Priority = 9, 1 // as the offer does not list them
	o.Series[0].Securities, o.Series[len(o.Series)-1].Securities = []string{"52729NAA8"}, []string{"XS0108503615", "XS0108503623"}
	r.Offer = &o
	f := opened(t, rendered(t, r))
	rows, err := f.GetRows("Summary")
	if err != nil {
		t.Fatal(err)
	}
	var text []string
	for _, row := range rows {
		text = append(text, strings.Join(row, "|"))
	}
	all := strings.Join(text, "\n")
	first, last := o.Series[len(o.Series)-1], o.Series[0]
	if strings.Index(all, first.ID) > strings.Index(all, last.ID) {
		t.Errorf("level 1, %s, is below level 9, %s", first.ID, last.ID)
	}
	for _, want := range []string{"Tender Offer Consideration", "Early Tender Payment", "Total Consideration", strings.Join(first.Securities, " ")} {
		if !strings.Contains(all, want) {
			t.Errorf("Summary does not say %q", want)
		}
	}
	var release bytes.Buffer
	if err := export.WriteReleaseText(&release, r); err != nil {
		t.Fatal(err)
	}
	if strings.Index(release.String(), first.Securities[0]) > strings.Index(release.String(), last.Securities[0]) {
		t.Errorf("the release does not list the series by level:\n%s", release.String())
	}
}

// Each currency has a chart of its own on Summary and Timeline, in the order of the table,
// with its caps.
func TestP2AChartForEachCurrency(t *testing.T) {
	r := smallRun(t)
	b := &workbook{frame: frameOf(r, 1000), run: r, tally: newTally(r)}
	b.layInstructions()
	b.layMoney()
	b.layFunding()
	b.laySummary()
	b.layTimeline()
	currencies := r.Currencies()
	if len(currencies) < 2 {
		t.Fatal("the run has one currency: nothing is shown")
	}
	if got := len(b.summary.Charts); got != len(currencies) {
		t.Errorf("Summary has %d charts for %v", got, currencies)
	}
	for i, c := range b.summary.Charts {
		for _, a := range c.Groups {
			for row := a.Top; row <= a.Bottom; row++ {
				if got := b.summary.Get(row, sumCurrency).Value; got != currencies[i] {
					t.Errorf("the chart %q shows row %d, in %s", c.Title, row, got)
				}
			}
		}
		if len(c.Limit.Values) == 0 || !strings.Contains(c.Title, currencies[i]) {
			t.Errorf("the chart %q has no caps or does not say its currency", c.Title)
		}
	}
	if got := len(b.timeline.Charts); got != len(currencies)+1 {
		t.Errorf("Timeline has %d charts for %v and all of them", got, currencies)
	}
	for _, c := range b.timeline.Charts {
		for _, l := range c.Lines[1:] {
			if name := b.timeline.Get(rowOf(l.Name), 1).Value; strings.Contains(name, "mark of") || name == "" {
				t.Errorf("the legend of %q says %q", c.Title, name)
			}
		}
	}
}

func rowOf(address string) int {
	n := 0
	for _, r := range address[strings.LastIndex(address, "$")+1:] {
		n = 10*n + int(r-'0')
	}
	return n
}
