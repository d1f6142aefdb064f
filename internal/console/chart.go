package console

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/display"
	"tenderbatch/internal/export"
)

// receivedBy is what was tendered, by currency and hour (Unix). A run of a version that did not say
// has none.
func receivedBy(d *export.Document) (map[string]map[int64]decimal.Decimal, error) {
	by := map[string]map[int64]decimal.Decimal{}
	for _, r := range d.Received {
		at, err := time.Parse(time.RFC3339, r.Hour)
		if err != nil {
			return nil, err
		}
		principal, err := decimal.NewFromString(r.Principal)
		if err != nil {
			return nil, err
		}
		if by[r.Currency] == nil {
			by[r.Currency] = map[int64]decimal.Decimal{}
		}
		by[r.Currency][at.Unix()] = principal
	}
	return by, nil
}

// The size of a chart, in its own units.
const (
	chartWidth  = 720
	chartHeight = 200
	chartLeft   = 8
	chartTop    = 24
	chartBottom = 176
)

// tenderedChart is a line of what was tendered in a currency, with the deadlines marked.
type tenderedChart struct {
	Currency, Total, Line, Area string
	From, To                    string // the days at the ends
	Marks                       []chartMark
	Days                        []chartDay // the same as a table
}

// chartMark is a deadline in a chart.
type chartMark struct {
	X    int
	End  bool // its name is left of it
	Name string
}

// chartDay is what was tendered in all by the end of a day.
type chartDay struct{ Day, Sum string }

// tenderedOver draws what was tendered over time, by currency.
func tenderedOver(run *readRun, deadlines []deadline, zone *time.Location) ([]tenderedChart, error) {
	by, err := receivedBy(run.doc)
	if err != nil {
		return nil, err
	}
	var charts []tenderedChart
	for currency, hours := range by {
		charts = append(charts, newTenderedChart(currency, hours, deadlines, zone))
	}
	slices.SortFunc(charts, func(a, b tenderedChart) int { return strings.Compare(a.Currency, b.Currency) })
	return charts, nil
}

func newTenderedChart(currency string, hours map[int64]decimal.Decimal, deadlines []deadline, zone *time.Location) tenderedChart {
	var at []int64
	total := decimal.Zero
	for hour, principal := range hours {
		at, total = append(at, hour), total.Add(principal)
	}
	slices.Sort(at)
	from, to := at[0], at[len(at)-1]+int64(time.Hour/time.Second)
	for _, d := range deadlines {
		if strings.HasSuffix(d.Name, "Date") {
			to = max(to, d.At.Unix())
		}
	}
	span := max(to-from, 1)
	x := func(t int64) int { return chartLeft + int((t-from)*(chartWidth-2*chartLeft)/span) }
	c := tenderedChart{Currency: currency, Total: display.Thousands(total.String()),
		From: dayOf(from, zone), To: dayOf(to, zone)}
	var line strings.Builder
	fmt.Fprintf(&line, "M%d %d", chartLeft, chartBottom)
	sum := decimal.Zero
	for _, hour := range at {
		sum = sum.Add(hours[hour])
		up := int(sum.Mul(decimal.New(chartBottom-chartTop, 0)).Div(total).IntPart())
		fmt.Fprintf(&line, "H%d V%d", x(hour), chartBottom-up)
		day := dayOf(hour, zone)
		if n := len(c.Days); n == 0 || c.Days[n-1].Day != day {
			c.Days = append(c.Days, chartDay{Day: day})
		}
		c.Days[len(c.Days)-1].Sum = display.Thousands(sum.String())
	}
	end := x(at[len(at)-1] + int64(time.Hour/time.Second))
	fmt.Fprintf(&line, "H%d", end)
	c.Line = line.String()
	c.Area = fmt.Sprintf("%s V%d H%d Z", c.Line, chartBottom, chartLeft)
	for _, d := range deadlines {
		if t := d.At.Unix(); strings.HasSuffix(d.Name, "Date") && t >= from && t <= to {
			c.Marks = append(c.Marks, chartMark{X: x(t), End: x(t) > chartWidth/2, Name: d.Name})
		}
	}
	return c
}

func dayOf(unix int64, zone *time.Location) string {
	return time.Unix(unix, 0).In(zone).Format(time.DateOnly)
}
