package spreadsheet

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/tender"
)

// Paper is a sheet of paper as it is printed on, on its long side.
type Paper struct {
	number        int     // that workbooks use for it
	Width, height float64 // in points, what the margins leave
}

// The margins of a page, in inches.
const (
	sideMargin, topMargin, bottomMargin, edgeMargin = 0.25, 0.4, 0.5, 0.2

	pointsPerInch = 72
)

// Papers are the papers that an offer can name.
var Papers = map[tender.Paper]Paper{
	tender.PaperLetter: newPaper(1, 11, 8.5),
	tender.PaperA4:     newPaper(9, 11.69, 8.27),
}

func newPaper(number int, width, height float64) Paper {
	return Paper{number, (width - 2*sideMargin) * pointsPerInch, (height - topMargin - bottomMargin) * pointsPerInch}
}

const (
	// leastScale is how small a page is printed, in percent: text of 10 points with 7.
	leastScale = 70

	// PointsPerDigit is how wide a digit is, which column widths count, in the font of
	// the workbook.
	PointsPerDigit = 5.25
)

// scaleAcross is how small the sheet must be printed for its columns to fit on one page,
// in percent; 100 if they do as they are.
func (s *Sheet) scaleAcross(p Paper) float64 {
	width := 0.0
	for _, w := range s.Widths {
		width += w * PointsPerDigit
	}
	return min(100, 100*p.Width/max(width, 1))
}

// lowest is the last row that holds anything, be it a chart.
func (s *Sheet) lowest() int {
	row := s.Height()
	for _, c := range s.Charts {
		row = max(row, c.Over.Bottom)
	}
	return row
}

// scaleDown is the same for its rows.
func (s *Sheet) scaleDown(p Paper) float64 {
	height := 0.0
	for i := range s.rows {
		height += cmp.Or(s.rows[i].Height, bodyHeight-1)
	}
	if s.Body != nil || s.Next != nil {
		return 0 // a list, which goes on over as many pages as it takes
	}
	height += float64(s.lowest()-len(s.rows)) * (bodyHeight - 1)
	return min(100, 100*p.height/max(height, 1))
}

// page sets how a sheet is printed: on one page if it can be read there, else with all
// columns on each page, else with the columns on several pages beside each other.
func (v *Frame) page(f *excelize.File, s *Sheet) error {
	p := Papers[v.Paper]
	across, down := s.scaleAcross(p) >= leastScale, s.Whole && s.scaleDown(p) >= leastScale
	if err := f.SetSheetProps(s.Name, &excelize.SheetPropsOptions{FitToPage: &across}); err != nil {
		return err
	}
	options := &excelize.PageLayoutOptions{Size: &p.number, Orientation: new("landscape")}
	if across {
		options.FitToWidth, options.FitToHeight = new(1), new(0)
		if down {
			options.FitToHeight = new(1)
		}
	} else {
		options.AdjustTo, options.PageOrder = new(uint(leastScale)), new("overThenDown")
	}
	if err := f.SetPageLayout(s.Name, options); err != nil {
		return err
	}
	for _, row := range s.Breaks {
		if err := f.InsertPageBreak(s.Name, At(row, 1)); err != nil {
			return err
		}
	}
	side, top, bottom, edge, centred := sideMargin, topMargin, bottomMargin, edgeMargin, across
	if err := f.SetPageMargins(s.Name, &excelize.PageLayoutMarginsOptions{
		Left: &side, Right: &side, Top: &top, Bottom: &bottom, Header: &edge, Footer: &edge, Horizontally: &centred,
	}); err != nil {
		return err
	}
	if err := f.SetHeaderFooter(s.Name, v.headerFooter()); err != nil {
		return err
	}
	return v.printNames(f, s, !across)
}

// headerFooter prints the run at the left, the sheet in the middle and the page at
// the right; indicative figures are said to be so at the top of every page.
func (v *Frame) headerFooter() *excelize.HeaderFooterOptions {
	name := []rune(strings.ReplaceAll(Clean(v.Footer), "&", "&&"))
	if len(name) > 120 { // of the 255 characters that a footer can have
		name = name[:120]
	}
	text := &excelize.HeaderFooterOptions{OddFooter: fmt.Sprintf("&L&8 %s&C&8 &A&R&8 Page &P of &N", string(name))}
	switch {
	case v.Hypothetical:
		text.OddHeader = `&R&8 WHAT IF`
	case v.Indicative:
		text.OddHeader = `&R&8 INDICATIVE`
	}
	return text
}

// printNames name what is printed, and what is on every page: the headings and, where
// the columns do not fit on one page, the first of them, which says what a row is about.
func (v *Frame) printNames(f *excelize.File, s *Sheet, beside bool) error {
	printed := s.all()
	printed.Bottom = s.lowest()
	if err := f.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Area", RefersTo: s.Of(printed.Fixed()), Scope: s.Name,
	}); err != nil {
		return err
	}
	if s.Repeat == 0 {
		return nil
	}
	repeated := s.Of(fmt.Sprintf("$%d:$%d", s.Repeat, s.Repeat))
	if beside {
		repeated = s.Of("$A:$A") + "," + repeated
	}
	return f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: repeated, Scope: s.Name})
}
