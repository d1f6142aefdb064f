package export

import (
	"time"

	"github.com/xuri/excelize/v2"
)

// chart is bars of several columns of a table, one group for each of its rows,
// or lines over time.
type chart struct {
	over   area // the cells it lies over
	title  string
	format string // of the scale
	groups area   // the names of the groups
	bars   []bar  // from the front

	lines    []chartLine
	from, to time.Time // in the offer's zone
}

// chartLine is a line through points.
type chartLine struct {
	name   string // address of the heading
	x, y   area
	colour string
	dashed bool
}

type bar struct {
	name   string // address of the heading
	values area
	colour string
}

// drawing puts the chart of a sheet over its cells.
func (v *volume) drawing(f *excelize.File, s *sheet) error {
	c := s.chart
	if c == nil {
		return nil
	}
	options := s.chartFrame()
	if len(c.lines) > 0 {
		s.chartLines(options)
	} else {
		s.chartBars(options)
	}
	return f.AddChart(s.name, at(c.over.top, c.over.left), options)
}

// chartFont is that of the scales and the legend.
var chartFont = excelize.Font{Family: fontName, Size: 9, Color: ink}

// chartFrame is what all charts have in common.
func (s *sheet) chartFrame() *excelize.Chart {
	c, font := s.chart, chartFont
	return &excelize.Chart{
		Title: excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{
			Text: c.title, Font: &excelize.Font{Family: fontName, Size: 10, Bold: true, Color: accent},
		}}},
		Legend:    excelize.ChartLegend{Position: "bottom", Font: &font},
		Dimension: s.pixels(c.over),
		Border:    excelize.LineOptions{Type: excelize.LineSolid, Width: 0.75, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{hairline}}},
		YAxis: excelize.ChartAxis{
			MajorGridLines: true, Minimum: new(0.0), Font: font, NumFmt: excelize.ChartNumFmt{CustomNumFmt: c.format},
		},
		Format: excelize.GraphicOptions{AltText: c.title},
	}
}

func (s *sheet) chartBars(options *excelize.Chart) {
	c := s.chart
	options.Type, options.GapWidth, options.Overlap = excelize.Bar, new(uint(70)), new(int)
	options.XAxis = excelize.ChartAxis{ReverseOrder: true, Font: chartFont}
	// The scale stands at the far end of the reversed axis: below the bars.
	options.YAxis.TickLabelPosition = excelize.ChartTickLabelHigh
	for _, v := range c.bars {
		options.Series = append(options.Series, excelize.ChartSeries{
			Name: s.of(v.name), Categories: s.of(c.groups.fixed()), Values: s.of(v.values.fixed()), Fill: fill(v.colour),
		})
	}
}

func (s *sheet) chartLines(options *excelize.Chart) {
	c := s.chart
	options.Type = excelize.Scatter
	first, last, _ := c.days()
	options.XAxis = excelize.ChartAxis{
		Minimum: new(float64(first)), Maximum: new(float64(last)), Font: chartFont,
		NumFmt: excelize.ChartNumFmt{CustomNumFmt: "d mmm"},
	}
	for _, l := range c.lines {
		line := excelize.LineOptions{Type: excelize.LineSolid, Width: 2}
		if l.dashed {
			line.Width, line.Dash = 1.5, excelize.LineDashDash
		}
		options.Series = append(options.Series, excelize.ChartSeries{
			Name: s.of(l.name), Categories: s.of(l.x.fixed()), Values: s.of(l.y.fixed()), Fill: fill(l.colour), Line: line,
			Marker: excelize.ChartMarker{Symbol: "none"},
		})
	}
}

// dayNumber is the serial number of a day.
func dayNumber(t time.Time) int64 {
	n, _ := serial(t)
	return n.units / tens[n.places]
}

// days are the first and the last day of a scale of time, and how many days lie
// between two of its marks.
func (c *chart) days() (first, last, ticks int64) {
	first, last = dayNumber(c.from), dayNumber(c.to.Add(24*time.Hour-time.Millisecond))
	for _, ticks = range []int64{1, 2, 7, 14, 28} {
		if last-first <= 12*ticks {
			break
		}
	}
	ticks = max(ticks, (last-first)/12)
	for last == first || (last-first)%ticks != 0 {
		last++
	}
	return first, last, ticks
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
