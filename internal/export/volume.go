package export

import (
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/tender"
)

// volume is what the workbooks of a run and of a difference have in common: what
// stands at the top of every sheet, how the sheets are seen and printed, and how
// the file is made of them.
type volume struct {
	title, subject string // of the file
	version        string // of the program
	made           time.Time
	subtitle       string // of every sheet
	banner         cell   // of every sheet
	indicative     bool   // figures can still change: said by colour and at the top of every page
	footer         string // at the left of every page
	paper          tender.Paper
	rowsPerSheet   int // as many as a spreadsheet allows, fewer in tests
	names          []excelize.DefinedName
}

// The rows at the top of every sheet.
const (
	titleRow = iota + 1
	subtitleRow
	bannerRow
	firstRow = bannerRow + 2 // of what the sheet is about
)

// newSheet returns a sheet with its title and the banner of the workbook.
func (v *volume) newSheet(name, title string) *sheet {
	s := &sheet{name: name, frozen: bannerRow}
	s.put(titleRow, 1, label(title).as(inTitle))
	s.tall(titleRow, 26)
	s.put(subtitleRow, 1, label(v.subtitle).as(inSubtitle))
	s.put(bannerRow, 1, v.banner)
	s.tall(bannerRow, 22)
	return s
}

// goOn returns what makes the further sheets of a list.
func (v *volume) goOn(first *sheet, title string) func(number int) *sheet {
	return func(number int) *sheet {
		s := v.newSheet(fmt.Sprintf("%s %d", first.name, number), fmt.Sprintf("%s, continued (%d)", title, number))
		return s
	}
}

// name gives cells of a sheet a name that formulas and readers can use.
func (v *volume) name(name string, s *sheet, address string) {
	v.names = append(v.names, excelize.DefinedName{Name: name, RefersTo: s.of(address)})
}

// write makes the file of the sheets.
func (v *volume) write(w io.Writer, sheets []*sheet) error {
	f := excelize.NewFile()
	defer f.Close() // nothing of it is on disk
	if err := v.properties(f); err != nil {
		return err
	}
	styles, err := v.styles(f, sheets)
	if err != nil {
		return err
	}
	out := &archive{out: w, rows: make(map[string]*sheet)}
	for i, s := range sheets {
		s.styles = styles
		out.rows[fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1)] = s
		if err := v.shell(f, s, i); err != nil {
			return fmt.Errorf("sheet %s: %w", s.name, err)
		}
		for _, c := range s.charts {
			if len(c.lines) > 0 {
				_, _, out.ticks = c.days()
			}
		}
	}
	for _, n := range v.names {
		if err := f.SetDefinedName(&n); err != nil {
			return fmt.Errorf("name %s: %w", n.Name, err)
		}
	}
	f.SetActiveSheet(0)
	// excelize would collect the file in memory: what it collects stays empty.
	f.SetZipWriter(func(io.Writer) excelize.ZipWriter { return out })
	_, err = f.WriteTo(io.Discard)
	return err
}

// properties says what the file is and who made it. Its time does not depend on
// the clock.
func (v *volume) properties(f *excelize.File) error {
	made := v.made.UTC().Format(time.RFC3339)
	if err := f.SetDefaultFont(fontName); err != nil {
		return err
	}
	size := float64(fontSize)
	f.Styles.Fonts.Font[0].Sz.Val = &size
	if err := f.SetAppProps(&excelize.AppProperties{Application: "batch"}); err != nil {
		return err
	}
	program := strings.TrimSpace("batch " + v.version)
	return f.SetDocProps(&excelize.DocProperties{
		Title:          clean(v.title),
		Subject:        clean(v.subject),
		Creator:        clean(program),
		LastModifiedBy: clean(program),
		Created:        made, Modified: made,
	})
}

// styles makes one style of the workbook for each look that a cell has.
func (v *volume) styles(f *excelize.File, sheets []*sheet) (map[look]int, error) {
	styles := make(map[look]int)
	for _, s := range sheets {
		if s.body != nil {
			s.body.measure()
		}
		s.finish()
		for l := range s.allLooks() {
			if _, made := styles[l]; made {
				continue
			}
			id, err := f.NewStyle(l.style())
			if err != nil {
				return nil, err
			}
			styles[l] = id
		}
	}
	return styles, nil
}

// allLooks are the looks of all cells of the sheet.
func (s *sheet) allLooks() iter.Seq[look] {
	return func(yield func(look) bool) {
		for _, rows := range [][]row{s.rows, s.foot} {
			for _, r := range rows {
				for _, c := range r.cells {
					if !yield(c.look) {
						return
					}
				}
			}
		}
		for _, l := range s.looks {
			if !yield(l) {
				return
			}
		}
	}
}

// shell makes what is around the rows of a sheet.
func (v *volume) shell(f *excelize.File, s *sheet, index int) error {
	if index == 0 {
		if err := f.SetSheetName("Sheet1", s.name); err != nil {
			return err
		}
	} else if _, err := f.NewSheet(s.name); err != nil {
		return err
	}
	for _, step := range []func(*excelize.File, *sheet) error{
		v.columns, v.view, v.marks, v.page, v.drawing,
	} {
		if err := step(f, s); err != nil {
			return err
		}
	}
	return nil
}

func (v *volume) columns(f *excelize.File, s *sheet) error {
	for i, width := range s.widths {
		if err := f.SetColWidth(s.name, letters(i+1), letters(i+1), width); err != nil {
			return err
		}
	}
	for _, m := range s.merges {
		if err := f.MergeCell(s.name, at(m.top, m.left), at(m.bottom, m.right)); err != nil {
			return err
		}
	}
	return f.SetSheetDimension(s.name, s.all().String())
}

// all is the area of all cells.
func (s *sheet) all() area { return area{1, 1, s.height(), s.columns()} }

// view sets what is seen of a sheet when it is opened.
func (v *volume) view(f *excelize.File, s *sheet) error {
	lines := false
	if s.filter != (area{}) { // before the properties, which it would reset
		if err := f.AutoFilter(s.name, s.filter.String(), nil); err != nil {
			return err
		}
	}
	if err := f.SetSheetView(s.name, 0, &excelize.ViewOptions{ShowGridLines: &lines}); err != nil {
		return err
	}
	colour := "FF" + accent // a tab's colour is written with its opacity
	if v.indicative {
		colour = "FF" + amberFill
	}
	height := float64(bodyHeight - 1)
	if err := f.SetSheetProps(s.name, &excelize.SheetPropsOptions{
		TabColorRGB: &colour, DefaultRowHeight: &height,
	}); err != nil {
		return err
	}
	return f.SetPanes(s.name, &excelize.Panes{
		Freeze: true, YSplit: s.frozen, TopLeftCell: at(s.frozen+1, 1), ActivePane: "bottomLeft",
	})
}

// marks colours the checks and calms the warnings about numbers kept as text:
// identifiers are text.
func (v *volume) marks(f *excelize.File, s *sheet) error {
	if err := f.AddIgnoredErrors(s.name, s.all().String(), excelize.IgnoredErrorsNumberStoredAsText); err != nil {
		return err
	}
	if len(s.checks) == 0 && s.alarm == (area{}) {
		return nil
	}
	wrong, err := f.NewConditionalStyle(&excelize.Style{
		Font: &excelize.Font{Bold: true, Color: white}, Fill: fill(red),
	})
	if err != nil {
		return err
	}
	fine, err := f.NewConditionalStyle(&excelize.Style{Font: &excelize.Font{Color: green}})
	if err != nil {
		return err
	}
	if s.alarm != (area{}) {
		if err := f.SetConditionalFormat(s.name, s.alarm.String(), []excelize.ConditionalFormatOptions{
			{Type: "formula", Criteria: "NOT(AND(ControlChecks))", Format: &wrong},
		}); err != nil {
			return err
		}
	}
	for _, a := range s.checks {
		if err := f.SetConditionalFormat(s.name, a.String(), []excelize.ConditionalFormatOptions{
			{Type: "cell", Criteria: "==", Value: "FALSE", Format: &wrong},
			{Type: "cell", Criteria: "==", Value: "TRUE", Format: &fine},
		}); err != nil {
			return err
		}
	}
	return nil
}
