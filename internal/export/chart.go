package export

import (
	"github.com/xuri/excelize/v2"
)

// chart is bars of several columns of a table, one group for each of its rows.
type chart struct {
	over   area // the cells it lies over
	title  string
	groups area   // the names of the groups
	bars   []bar  // from the front
	format string // of the scale
}

type bar struct {
	name   string // address of the heading
	values area
	colour string
}

// drawing puts the chart of a sheet over its cells.
func (b *workbook) drawing(f *excelize.File, s *sheet) error {
	c := s.chart
	if c == nil {
		return nil
	}
	small := excelize.Font{Family: fontName, Size: 9, Color: ink}
	options := &excelize.Chart{
		Type: excelize.Bar,
		Title: excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{
			Text: c.title, Font: &excelize.Font{Family: fontName, Size: 10, Bold: true, Color: accent},
		}}},
		Legend:    excelize.ChartLegend{Position: "bottom", Font: &small},
		Dimension: s.pixels(c.over),
		GapWidth:  new(uint(70)),
		Overlap:   new(int),
		Border:    excelize.LineOptions{Type: excelize.LineSolid, Width: 0.75, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{hairline}}},
		XAxis:     excelize.ChartAxis{ReverseOrder: true, Font: small},
		// The scale stands at the far end of the reversed axis: below the bars.
		YAxis: excelize.ChartAxis{
			MajorGridLines: true, Minimum: new(0.0), Font: small, TickLabelPosition: excelize.ChartTickLabelHigh,
			NumFmt: excelize.ChartNumFmt{CustomNumFmt: c.format},
		},
		Format: excelize.GraphicOptions{AltText: c.title},
	}
	for _, v := range c.bars {
		options.Series = append(options.Series, excelize.ChartSeries{
			Name: s.of(v.name), Categories: s.of(c.groups.fixed()), Values: s.of(v.values.fixed()), Fill: fill(v.colour),
		})
	}
	return f.AddChart(s.name, at(c.over.top, c.over.left), options)
}

// pixels is the size of an area as excelize measures it, with rows of the
// standard height. It turns the size back into the cells under the corners of
// the chart; those are what counts.
func (s *sheet) pixels(a area) excelize.ChartDimension {
	var size excelize.ChartDimension
	for col := a.left; col <= a.right; col++ {
		size.Width += uint(s.widths[col-1]*8 + 0.5)
	}
	size.Height = uint(a.bottom-a.top+1) * 18
	return size
}
