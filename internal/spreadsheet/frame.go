package spreadsheet

import (
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/tender"
)

// Frame is what the workbooks of a run and of a difference have in common: what
// is at the top of every sheet, how the sheets are seen and printed, and how
// the file is made of them.
type Frame struct {
	Title, Subject string // of the file
	Version        string // of the program
	Made           time.Time
	Subtitle       string // of every sheet
	Banner         Cell   // of every sheet
	Indicative     bool   // figures can still change: said by colour and at the top of every page
	Hypothetical   bool   // the figures are those of no run: said in the same way
	Footer         string // at the left of every page
	Paper          tender.Paper
	RowsPerSheet   int // as many as a spreadsheet allows, fewer in tests
	names          []excelize.DefinedName
}

// The rows at the top of every sheet.
const (
	titleRow = iota + 1
	SubtitleRow
	BannerRow
	FirstRow = BannerRow + 2 // of what the sheet is about
)

// NewSheet returns a sheet with its title and the banner of the workbook.
func (v *Frame) NewSheet(name, title string) *Sheet {
	s := &Sheet{Name: name, Frozen: BannerRow}
	s.Put(titleRow, 1, Label(title).As(InTitle))
	s.SetHeight(titleRow, 26)
	s.Put(SubtitleRow, 1, Label(v.Subtitle).As(InSubtitle))
	s.Put(BannerRow, 1, v.Banner)
	s.SetHeight(BannerRow, 22)
	return s
}

// Continuation returns what makes the further sheets of a list.
func (v *Frame) Continuation(first *Sheet, title string) func(number int) *Sheet {
	return func(number int) *Sheet {
		s := v.NewSheet(fmt.Sprintf("%s %d", first.Name, number), fmt.Sprintf("%s, continued (%d)", title, number))
		return s
	}
}

// Name gives cells of a sheet a name that formulas and readers can use.
func (v *Frame) Name(name string, s *Sheet, address string) {
	v.names = append(v.names, excelize.DefinedName{Name: name, RefersTo: s.Of(address)})
}

// Write makes the file of the sheets.
func (v *Frame) Write(w io.Writer, sheets []*Sheet) error {
	f := excelize.NewFile()
	defer f.Close() // nothing of it is on disk
	if err := v.properties(f); err != nil {
		return err
	}
	styles, err := v.Styles(f, sheets)
	if err != nil {
		return err
	}
	out := &Archive{Out: w, rows: make(map[string]*Sheet)}
	for i, s := range sheets {
		s.styles = styles
		out.rows[fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1)] = s
		if err := v.writeSettings(f, s, i); err != nil {
			return fmt.Errorf("sheet %s: %w", s.Name, err)
		}
		for _, c := range s.Charts {
			if len(c.Lines) > 0 {
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
func (v *Frame) properties(f *excelize.File) error {
	made := v.Made.UTC().Format(time.RFC3339)
	if err := f.SetDefaultFont(fontName); err != nil {
		return err
	}
	size := float64(FontSize)
	f.Styles.Fonts.Font[0].Sz.Val = &size
	if err := f.SetAppProps(&excelize.AppProperties{Application: "batch"}); err != nil {
		return err
	}
	program := strings.TrimSpace("batch " + v.Version)
	return f.SetDocProps(&excelize.DocProperties{
		Title:          Clean(v.Title),
		Subject:        Clean(v.Subject),
		Creator:        Clean(program),
		LastModifiedBy: Clean(program),
		Created:        made, Modified: made,
	})
}

// Styles makes one style of the workbook for each look that a cell has.
func (v *Frame) Styles(f *excelize.File, sheets []*Sheet) (map[Style]int, error) {
	styles := make(map[Style]int)
	for _, s := range sheets {
		if s.Body != nil {
			s.Body.measure()
		}
		s.finish()
		for l := range s.allLooks() {
			if _, made := styles[l]; made {
				continue
			}
			id, err := f.NewStyle(l.ExcelStyle())
			if err != nil {
				return nil, err
			}
			styles[l] = id
		}
	}
	return styles, nil
}

// allLooks are the looks of all cells of the sheet.
func (s *Sheet) allLooks() iter.Seq[Style] {
	return func(yield func(Style) bool) {
		for _, rows := range [][]Row{s.rows, s.foot} {
			for _, r := range rows {
				for _, c := range r.Cells {
					if !yield(c.Style) {
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

// writeSettings makes what is around the rows of a sheet.
func (v *Frame) writeSettings(f *excelize.File, s *Sheet, index int) error {
	if index == 0 {
		if err := f.SetSheetName("Sheet1", s.Name); err != nil {
			return err
		}
	} else if _, err := f.NewSheet(s.Name); err != nil {
		return err
	}
	for _, step := range []func(*excelize.File, *Sheet) error{
		v.columns, v.view, v.conditionalFormats, v.page, v.drawing,
	} {
		if err := step(f, s); err != nil {
			return err
		}
	}
	return nil
}

func (v *Frame) columns(f *excelize.File, s *Sheet) error {
	for i, width := range s.Widths {
		if err := f.SetColWidth(s.Name, Letters(i+1), Letters(i+1), width); err != nil {
			return err
		}
	}
	for _, m := range s.Merges {
		if err := f.MergeCell(s.Name, At(m.Top, m.Left), At(m.Bottom, m.Right)); err != nil {
			return err
		}
	}
	return f.SetSheetDimension(s.Name, s.all().String())
}

// all is the area of all cells.
func (s *Sheet) all() Area { return Area{1, 1, s.Height(), s.columns()} }

// view sets what is seen of a sheet when it is opened.
func (v *Frame) view(f *excelize.File, s *Sheet) error {
	lines := false
	if s.Filter != (Area{}) { // before the properties, which it would reset
		if err := f.AutoFilter(s.Name, s.Filter.String(), nil); err != nil {
			return err
		}
	}
	if err := f.SetSheetView(s.Name, 0, &excelize.ViewOptions{ShowGridLines: &lines}); err != nil {
		return err
	}
	colour := "FF" + Accent // a tab's colour is written with its opacity
	if v.Indicative || v.Hypothetical {
		colour = "FF" + amberFill
	}
	height := float64(bodyHeight - 1)
	if err := f.SetSheetProps(s.Name, &excelize.SheetPropsOptions{
		TabColorRGB: &colour, DefaultRowHeight: &height,
	}); err != nil {
		return err
	}
	return f.SetPanes(s.Name, &excelize.Panes{
		Freeze: true, YSplit: s.Frozen, TopLeftCell: At(s.Frozen+1, 1), ActivePane: "bottomLeft",
	})
}

// conditionalFormats colours the checks and calms the warnings about numbers kept as text:
// identifiers are text.
func (v *Frame) conditionalFormats(f *excelize.File, s *Sheet) error {
	if err := f.AddIgnoredErrors(s.Name, s.all().String(), excelize.IgnoredErrorsNumberStoredAsText); err != nil {
		return err
	}
	if len(s.Checks) == 0 && s.Alarm == (Area{}) {
		return nil
	}
	wrong, err := f.NewConditionalStyle(&excelize.Style{
		Font: &excelize.Font{Bold: true, Color: white}, Fill: fill(Red),
	})
	if err != nil {
		return err
	}
	fine, err := f.NewConditionalStyle(&excelize.Style{Font: &excelize.Font{Color: green}})
	if err != nil {
		return err
	}
	if s.Alarm != (Area{}) {
		if err := f.SetConditionalFormat(s.Name, s.Alarm.String(), []excelize.ConditionalFormatOptions{
			{Type: "formula", Criteria: "NOT(AND(ControlChecks))", Format: &wrong},
		}); err != nil {
			return err
		}
	}
	for _, a := range s.Checks {
		if err := f.SetConditionalFormat(s.Name, a.String(), []excelize.ConditionalFormatOptions{
			{Type: "cell", Criteria: "==", Value: "FALSE", Format: &wrong},
			{Type: "cell", Criteria: "==", Value: "TRUE", Format: &fine},
		}); err != nil {
			return err
		}
	}
	return nil
}
