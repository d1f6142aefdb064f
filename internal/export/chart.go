package export

import (
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/decimals"
)

// chart is columns of several columns of a table, one group for each of its rows,
// or lines over time.
type chart struct {
	over   area // the cells it lies over
	title  string
	format string // of the scale
	groups []area // the names of the groups
	bars   []bar
	limit  bar // drawn as a mark across each group

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
	values []area
	colour string
}

// drawing puts the charts of a sheet over its cells.
func (v *volume) drawing(f *excelize.File, s *sheet) error {
	for _, c := range s.charts {
		options := s.chartFrame(c)
		var over []*excelize.Chart
		if len(c.lines) > 0 {
			s.chartLines(c, options)
		} else {
			over = append(over, s.chartBars(c, options))
		}
		if err := f.AddChart(s.name, at(c.over.top, c.over.left), options, over...); err != nil {
			return err
		}
	}
	return nil
}

// chartFont is that of the scales and the legend.
var chartFont = excelize.Font{Family: fontName, Size: 10, Color: ink}

// chartFrame is what all charts have in common.
func (s *sheet) chartFrame(c *chart) *excelize.Chart {
	font := chartFont
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

// chartBars draws the columns, with their values, and returns the marks of the limit.
func (s *sheet) chartBars(c *chart, options *excelize.Chart) (limit *excelize.Chart) {
	shown := excelize.ChartPlotArea{ShowVal: true, NumFmt: excelize.ChartNumFmt{CustomNumFmt: c.format}}
	options.Type, options.GapWidth, options.Overlap, options.PlotArea = excelize.Col, new(uint(60)), new(int), shown
	options.XAxis = excelize.ChartAxis{Font: chartFont}
	series := func(b bar) excelize.ChartSeries {
		return excelize.ChartSeries{Name: s.of(b.name), Categories: s.addresses(c.groups), Values: s.addresses(b.values), Fill: fill(b.colour)}
	}
	for _, b := range c.bars {
		options.Series = append(options.Series, series(b))
	}
	marks := series(c.limit)
	marks.Line = excelize.LineOptions{Type: excelize.LineNone}
	marks.Marker = excelize.ChartMarker{Symbol: "dash", Size: 15, Fill: fill(c.limit.colour), Border: excelize.LineOptions{Type: excelize.LineSolid, Fill: fill(c.limit.colour)}}
	// The axes are the last chart's: without them here, the format and the zero are lost.
	return &excelize.Chart{Type: excelize.Line, Series: []excelize.ChartSeries{marks}, XAxis: options.XAxis, YAxis: options.YAxis}
}

// addresses is the address of several areas, as a chart takes it.
func (s *sheet) addresses(areas []area) string {
	var each []string
	for _, a := range areas {
		each = append(each, s.of(a.fixed()))
	}
	if len(each) == 1 {
		return each[0]
	}
	return "(" + strings.Join(each, ",") + ")"
}

func (s *sheet) chartLines(c *chart, options *excelize.Chart) {
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
	return n.Units / decimals.Tens[n.Places]
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
