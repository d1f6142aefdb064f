package export

import (
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/tender"
)

// Paper sizes by the numbers that workbooks use for them.
const (
	paperLetter  = 1
	paperTabloid = 3
	paperA3      = 8
	paperA4      = 9
)

// paper is the sheet of paper for a sheet: the American one for an offer in an
// American zone, and twice the size for the widest tables.
func (b *workbook) paper(wide bool) int {
	american := strings.HasPrefix(b.run.Offer.Zone.String(), "America/")
	switch {
	case american && wide:
		return paperTabloid
	case american:
		return paperLetter
	case wide:
		return paperA3
	}
	return paperA4
}

// page sets how a sheet is printed.
func (b *workbook) page(f *excelize.File, s *sheet) error {
	size, orientation, across, down := b.paper(s.wide), "landscape", 1, 0
	if s.whole {
		down = 1
	}
	if err := f.SetPageLayout(s.name, &excelize.PageLayoutOptions{
		Size: &size, Orientation: &orientation, FitToWidth: &across, FitToHeight: &down,
	}); err != nil {
		return err
	}
	side, top, bottom, edge, centred := 0.4, 0.5, 0.6, 0.3, true
	if err := f.SetPageMargins(s.name, &excelize.PageLayoutMarginsOptions{
		Left: &side, Right: &side, Top: &top, Bottom: &bottom, Header: &edge, Footer: &edge, Horizontally: &centred,
	}); err != nil {
		return err
	}
	if err := f.SetHeaderFooter(s.name, b.footer()); err != nil {
		return err
	}
	return b.printNames(f, s)
}

// footer prints the run at the left, the sheet in the middle and the page at
// the right; an indicative run says so at the top of every page.
func (b *workbook) footer() *excelize.HeaderFooterOptions {
	name := []rune(strings.ReplaceAll(clean(b.run.Name), "&", "&&"))
	if len(name) > 120 { // of the 255 characters that a footer can have
		name = name[:120]
	}
	text := &excelize.HeaderFooterOptions{OddFooter: fmt.Sprintf("&L&8 %s&C&8 &A&R&8 Page &P of &N", string(name))}
	if b.run.Phase != tender.Final {
		text.OddHeader = `&R&8 INDICATIVE`
	}
	return text
}

func (b *workbook) printNames(f *excelize.File, s *sheet) error {
	printed := s.all()
	if s.chart != nil {
		printed.bottom = max(printed.bottom, s.chart.over.bottom)
	}
	if err := f.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Area", RefersTo: s.of(printed.fixed()), Scope: s.name,
	}); err != nil {
		return err
	}
	if s.repeat == 0 {
		return nil
	}
	return f.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Titles", RefersTo: fmt.Sprintf("%s!$%d:$%d", s.name, s.repeat, s.repeat), Scope: s.name,
	})
}
