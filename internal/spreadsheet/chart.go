package spreadsheet

import (
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/decimals"
)

// Chart is columns of several columns of a table, one group for each of its rows,
// or lines over time.
type Chart struct {
	Over   Area // the cells it covers
	Title  string
	Format string // of the scale
	Groups []Area // the names of the groups
	Bars   []Bar
	Line   Bar // drawn as a line over the groups; the zero Bar for none
	Limit  Bar // drawn as a mark across each group

	Lines    []ChartLine
	From, To time.Time // in the offer's zone
}

// ChartLine is a line through points.
type ChartLine struct {
	Name   string // address of the heading
	X, Y   Area
	Colour string
	Dashed bool
}

// Bar is one series of bars.
type Bar struct {
	Name   string // address of the heading
	Values []Area
	Colour string
}

// drawing puts the charts of a sheet over its cells.
func (v *Frame) drawing(f *excelize.File, s *Sheet) error {
	for _, c := range s.Charts {
		options := s.chartFrame(c)
		var over []*excelize.Chart
		if len(c.Lines) > 0 {
			s.chartLines(c, options)
		} else {
			over = append(over, s.chartBars(c, options))
		}
		if err := f.AddChart(s.Name, At(c.Over.Top, c.Over.Left), options, over...); err != nil {
			return err
		}
	}
	return nil
}

// chartFont is that of the scales and the legend.
var chartFont = excelize.Font{Family: fontName, Size: 10, Color: ink}

// chartFrame is what all charts have in common.
func (s *Sheet) chartFrame(c *Chart) *excelize.Chart {
	font := chartFont
	return &excelize.Chart{
		Title: excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{
			Text: c.Title, Font: &excelize.Font{Family: fontName, Size: 10, Bold: true, Color: Accent},
		}}},
		Legend:    excelize.ChartLegend{Position: "bottom", Font: &font},
		Dimension: s.pixels(c.Over),
		Border: excelize.LineOptions{Type: excelize.LineSolid, Width: 0.75,
			Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{hairline}}},
		YAxis: excelize.ChartAxis{
			MajorGridLines: true, Minimum: new(0.0), Font: font, NumFmt: excelize.ChartNumFmt{CustomNumFmt: c.Format},
		},
		Format: excelize.GraphicOptions{AltText: c.Title},
	}
}

// mostValues is in how many groups columns are shown with their values, which would lie over
// each other in more.
const mostValues = 12

// chartBars draws the columns, with their values, and returns the line and the marks of the limit.
func (s *Sheet) chartBars(c *Chart, options *excelize.Chart) (over *excelize.Chart) {
	groups := 0
	for _, a := range c.Groups {
		groups += a.Bottom - a.Top + 1
	}
	shown := excelize.ChartPlotArea{ShowVal: groups <= mostValues, NumFmt: excelize.ChartNumFmt{CustomNumFmt: c.Format}}
	options.Type, options.GapWidth, options.Overlap, options.PlotArea = excelize.Col, new(uint(60)), new(int), shown
	options.XAxis = excelize.ChartAxis{Font: chartFont}
	series := func(b Bar) excelize.ChartSeries {
		return excelize.ChartSeries{Name: s.Of(b.Name), Categories: s.addresses(c.Groups), Values: s.addresses(b.Values),
			Fill: fill(b.Colour)}
	}
	for _, b := range c.Bars {
		options.Series = append(options.Series, series(b))
	}
	// The axes are the last chart's: without them here, the format and the zero are lost.
	over = &excelize.Chart{Type: excelize.Line, XAxis: options.XAxis, YAxis: options.YAxis}
	if c.Line.Name != "" {
		line := series(c.Line)
		line.Line = excelize.LineOptions{Type: excelize.LineSolid, Width: 2}
		line.Marker = excelize.ChartMarker{Symbol: "circle", Size: 5, Fill: fill(c.Line.Colour),
			Border: excelize.LineOptions{Type: excelize.LineSolid, Fill: fill(c.Line.Colour)}}
		over.Series = append(over.Series, line)
	}
	marks := series(c.Limit)
	marks.Line = excelize.LineOptions{Type: excelize.LineNone}
	marks.Marker = excelize.ChartMarker{Symbol: "dash", Size: 15, Fill: fill(c.Limit.Colour),
		Border: excelize.LineOptions{Type: excelize.LineSolid, Fill: fill(c.Limit.Colour)}}
	over.Series = append(over.Series, marks)
	return over
}

// addresses is the address of several areas, as a chart takes it.
func (s *Sheet) addresses(areas []Area) string {
	var each []string
	for _, a := range areas {
		each = append(each, s.Of(a.Fixed()))
	}
	if len(each) == 1 {
		return each[0]
	}
	return "(" + strings.Join(each, ",") + ")"
}

func (s *Sheet) chartLines(c *Chart, options *excelize.Chart) {
	options.Type = excelize.Scatter
	first, last, _ := c.days()
	options.XAxis = excelize.ChartAxis{
		Minimum: new(float64(first)), Maximum: new(float64(last)), Font: chartFont,
		NumFmt: excelize.ChartNumFmt{CustomNumFmt: "d mmm"},
	}
	for _, l := range c.Lines {
		line := excelize.LineOptions{Type: excelize.LineSolid, Width: 2}
		if l.Dashed {
			line.Width, line.Dash = 1.5, excelize.LineDashDash
		}
		options.Series = append(options.Series, excelize.ChartSeries{
			Name: s.Of(l.Name), Categories: s.Of(l.X.Fixed()), Values: s.Of(l.Y.Fixed()), Fill: fill(l.Colour), Line: line,
			Marker: excelize.ChartMarker{Symbol: "none"},
		})
	}
}

// dayNumber is the serial number of a day.
func dayNumber(t time.Time) int64 {
	n, _ := Serial(t)
	return n.Units / decimals.Tens[n.Places]
}

// days are the first and the last day of a scale of time, and how many days lie
// between two of its marks.
func (c *Chart) days() (first, last, ticks int64) {
	first, last = dayNumber(c.From), dayNumber(c.To.Add(24*time.Hour-time.Millisecond))
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
func (s *Sheet) pixels(a Area) excelize.ChartDimension {
	var size excelize.ChartDimension
	for col := a.Left; col <= a.Right; col++ {
		size.Width += uint(s.Widths[col-1]*8 + 0.5)
	}
	size.Height = uint(a.Bottom-a.Top+1) * 17
	return size
}
