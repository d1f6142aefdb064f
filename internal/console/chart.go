package console

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/display"
	"tenderbatch/internal/export"
)

// overTime is what was tendered by when, of one run, found when it is first asked for.
type overTime struct {
	once sync.Once
	by   map[string]map[int64]decimal.Decimal // principal by currency and hour, Unix
	err  error
}

// read reads the instructions of a run once.
func (o *overTime) read(run *readRun) (map[string]map[int64]decimal.Decimal, error) {
	o.once.Do(func() {
		file, err := os.Open(filepath.Join(run.Path, "instructions.csv"))
		if err != nil {
			o.err = err
			return
		}
		defer file.Close()
		o.by = map[string]map[int64]decimal.Decimal{}
		o.err = export.ReadRows(file, []string{"currency", "received", "tendered"}, func(text []string) (int, error) {
			at, err := time.Parse(time.RFC3339, text[1])
			if err != nil {
				return 1, err
			}
			principal, err := decimal.NewFromString(text[2])
			if err != nil {
				return 2, err
			}
			hours := o.by[text[0]]
			if hours == nil {
				hours = map[int64]decimal.Decimal{}
				o.by[strings.Clone(text[0])] = hours
			}
			hour := at.Truncate(time.Hour).Unix()
			hours[hour] = hours[hour].Add(principal)
			return 0, nil
		})
	})
	return o.by, o.err
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
	by, err := run.over.read(run)
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
