package export

import (
	"fmt"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// Paper sizes by the numbers that workbooks use for them.
const (
	paperLetter  = 1
	paperTabloid = 3
	paperA3      = 8
	paperA4      = 9
)

// american reports whether an offer in a zone is printed on American paper.
func american(zone *time.Location) bool { return strings.HasPrefix(zone.String(), "America/") }

// paper is the sheet of paper for a sheet: the American one for an offer in an
// American zone, and twice the size for the widest tables.
func (v *volume) paper(wide bool) int {
	switch {
	case v.american && wide:
		return paperTabloid
	case v.american:
		return paperLetter
	case wide:
		return paperA3
	}
	return paperA4
}

// page sets how a sheet is printed.
func (v *volume) page(f *excelize.File, s *sheet) error {
	size, orientation, across, down := v.paper(s.wide), "landscape", 1, 0
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
	if err := f.SetHeaderFooter(s.name, v.headerFooter()); err != nil {
		return err
	}
	return v.printNames(f, s)
}

// headerFooter prints the run at the left, the sheet in the middle and the page at
// the right; indicative figures are said to be so at the top of every page.
func (v *volume) headerFooter() *excelize.HeaderFooterOptions {
	name := []rune(strings.ReplaceAll(clean(v.footer), "&", "&&"))
	if len(name) > 120 { // of the 255 characters that a footer can have
		name = name[:120]
	}
	text := &excelize.HeaderFooterOptions{OddFooter: fmt.Sprintf("&L&8 %s&C&8 &A&R&8 Page &P of &N", string(name))}
	if v.indicative {
		text.OddHeader = `&R&8 INDICATIVE`
	}
	return text
}

func (v *volume) printNames(f *excelize.File, s *sheet) error {
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
