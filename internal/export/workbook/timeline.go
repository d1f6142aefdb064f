package workbook

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/decimals"
	"tenderbatch/internal/result"
	"tenderbatch/internal/spreadsheet"
	"tenderbatch/internal/tender"
)

// The first columns of Timeline. Then come, for each currency, what was tendered
// in the period and up to its end; and, of several currencies, all of them in that
// of the caps.
const (
	timeUntil = iota + 1
	timeTenders
	timeFirst
)

// layTimeline lays out when the tenders that count were received, and draws it
// with the Early Tender Date marked.
func (b *workbook) layTimeline() {
	s := b.frame.NewSheet("Timeline", "Timeline: when the tenders that count were received")
	b.timeline = s
	note := "Principal by day, and by the hour on the day of the Early Tender Date and on the last day. Tenders that " +
		"were withdrawn are left out."
	s.Put(spreadsheet.BannerRow+1, 1, spreadsheet.Label(note).As(spreadsheet.InSubtitle))
	s.SetHeight(spreadsheet.BannerRow+1, 20)
	periods, currencies := b.run.Timeline(), b.run.Currencies()
	t := spreadsheet.Table{Columns: b.timeColumns(currencies), None: "No instruction counts."}
	top := spreadsheet.FirstRow
	for i, p := range periods {
		t.Rows = append(t.Rows, b.periodRow(p, top+1+i, i == 0))
	}
	b.accumulate(t.Rows, periods, currencies, top+1)
	body := spreadsheet.Area{Top: top + 1, Left: 1, Bottom: top + max(1, len(t.Rows)), Right: len(t.Columns)}
	if len(periods) > 0 {
		t.Totals = [][]spreadsheet.Cell{timeTotal(t.Rows, body, periods)}
	}
	body = s.Table(top, t)
	s.Frozen, s.Repeat = top, top
	if len(periods) > 0 {
		b.drawTimeline(body, periods)
	}
	s.Whole = true
}

func (b *workbook) timeColumns(currencies []string) []spreadsheet.Column {
	columns := []spreadsheet.Column{{Heading: "Until (" + b.run.Offer.Zone.String() + ")", Least: 20},
		{Heading: "Tenders", Right: true}}
	for _, c := range currencies {
		columns = append(columns, spreadsheet.Column{Heading: "Tendered, " + c, Right: true, Least: 16},
			spreadsheet.Column{Heading: "To date, " + c, Right: true, Least: 16})
	}
	if b.allInOne() {
		columns = append(columns, spreadsheet.Column{Heading: "All to date, " + b.run.Offer.TotalCurrency(), Right: true,
			Least: 18})
	}
	return columns
}

// allInOne reports whether there are several currencies that the offer's rates
// bring into one.
func (b *workbook) allInOne() bool {
	_, ok := b.run.Total(result.Figures.Tendered)
	return ok && len(b.run.Currencies()) > 1
}

func (b *workbook) periodRow(p result.Period, row int, first bool) []spreadsheet.Cell {
	until := spreadsheet.InstantCell(p.Until, b.run.Offer.Zone).Aligned(spreadsheet.Left)
	cells := []spreadsheet.Cell{until, spreadsheet.Count(p.Tenders)}
	for i, amount := range p.Tendered {
		col := timeFirst + 2*i
		toDate := spreadsheet.Principal(amount).By(spreadsheet.At(row-1, col+1) + "+" + spreadsheet.At(row, col))
		if first {
			toDate = spreadsheet.Principal(amount).By(spreadsheet.At(row, col))
		}
		cells = append(cells, spreadsheet.Principal(amount), toDate)
	}
	if p.Until.Equal(b.run.Offer.Early.At) {
		for i := range cells {
			cells[i].Style.Role = spreadsheet.InSubtotal
		}
	}
	return cells
}

// accumulate adds up the periods, and the currencies in one.
func (b *workbook) accumulate(rows [][]spreadsheet.Cell, periods []result.Period, currencies []string, top int) {
	sums := make([]decimal.Decimal, len(currencies))
	for n, cells := range rows {
		var terms []string
		for i := range currencies {
			col := timeFirst + 2*i
			sums[i] = sums[i].Add(periods[n].Tendered[i])
			cells[col] = spreadsheet.Digits(sums[i], decimals.Places(sums[i])).By(cells[col].Formula).As(cells[col].Style.Role)
			terms = append(terms, spreadsheet.At(top+n, col+1)+b.rateFactor(currencies[i], b.run.Offer.TotalCurrency()))
		}
		if b.allInOne() {
			to := b.run.Offer.TotalCurrency()
			sum, _ := converted(b.run, sums)
			formula := fmt.Sprintf("ROUND(%s,%d)", strings.Join(terms, "+"), tender.CashPlaces(to))
			rows[n] = append(cells, spreadsheet.Digits(sum, 0).By(formula).As(cells[0].Style.Role))
		}
	}
}

func timeTotal(rows [][]spreadsheet.Cell, body spreadsheet.Area, periods []result.Period) []spreadsheet.Cell {
	cells := make([]spreadsheet.Cell, body.Right)
	cells[0] = spreadsheet.Label("All tenders that count")
	n := 0
	for _, p := range periods {
		n += p.Tenders
	}
	cells[timeTenders-1] = spreadsheet.Count(n).By(spreadsheet.Sum(body.Column(timeTenders)))
	last := rows[len(rows)-1]
	for i := range periods[0].Tendered {
		col := timeFirst + 2*i
		cells[col-1] = last[col].By(spreadsheet.Sum(body.Column(col)))
		cells[col-1].Style.Role = spreadsheet.Plain
	}
	return cells
}

// drawTimeline puts a chart of each currency beside the table and, where the offer's rates
// bring them into one, of all together. The points of the lines that stand for a date or a
// cap are below the table, where they can be read, too.
func (b *workbook) drawTimeline(body spreadsheet.Area, periods []result.Period) {
	s := b.timeline
	s.Put(s.Height()+2, 1, spreadsheet.Label("Where the lines of the charts stand").WithTone(spreadsheet.Muted))
	count := len(b.run.Currencies())
	if b.allInOne() {
		count++
	}
	place, height := b.chartPlace(), max(leastTimelineRows, min(mostTimelineRows, pageRows/count-2))
	draw := func(of, currency string, col int) {
		format, unit := b.scale(currency)
		place.Top, place.Bottom = place.Bottom+2, place.Bottom+2+height
		c := &spreadsheet.Chart{
			Over: place, Format: format,
			Title: fmt.Sprintf("%s tendered to date, in %s of %s", of, unit, currency),
			Lines: []spreadsheet.ChartLine{{Name: spreadsheet.Fixed(body.Top-1, col), X: body.Column(timeUntil),
				Y: body.Column(col), Colour: spreadsheet.Accent}},
			From: periods[0].Until, To: periods[len(periods)-1].Until,
		}
		b.markLines(c, currency, col == body.Right && b.allInOne(), s.Get(body.Bottom, col))
		s.Charts = append(s.Charts, c)
	}
	for i, currency := range b.run.Currencies() {
		draw("Principal", currency, timeFirst+2*i+1)
	}
	if b.allInOne() {
		draw("All series,", b.run.Offer.TotalCurrency(), body.Right)
	}
}

// How many rows a chart of Timeline is high, less one, so that all of them are on the
// first page, which has so many.
const (
	leastTimelineRows = 10
	mostTimelineRows  = 17
	pageRows          = 42
)

// chartPlace is where the first chart of Timeline begins: beside the table, below the
// rows that are above place.bottom.
func (b *workbook) chartPlace() spreadsheet.Area {
	s := b.timeline
	left := len(s.Widths) + 2
	s.Widen(left-1, 3)
	for col := left; col <= left+5; col++ {
		s.Widen(col, 13)
	}
	return spreadsheet.Area{Top: 0, Left: left, Bottom: spreadsheet.FirstRow - 2, Right: left + 5}
}

// markLines draws the Early Tender Date upright, up to what is tendered in all, and across
// the caps over just what a chart shows, unless one is so high that nothing else would be
// seen.
func (b *workbook) markLines(c *spreadsheet.Chart, currency string, all bool, highest spreadsheet.Cell) {
	o := b.run.Offer
	if at := o.Early.At; !o.Early.IsZero() && !at.Before(c.From) && !at.After(c.To) {
		b.markLine(c, "Early Tender Date", spreadsheet.Amber, [2]time.Time{at, at},
			[2]spreadsheet.Cell{spreadsheet.Count(0), highest})
	}
	tendered := b.run.CurrencyFigures(currency).Tendered()
	if sum, ok := b.run.Total(result.Figures.Tendered); all && ok {
		tendered = sum
	}
	for _, l := range o.AllCaps() {
		if l.Currency == currency && l.Measure == tender.MeasurePrincipal && b.coversJust(l, currency, all) &&
			l.Amount.LessThan(tendered.Mul(decimal.New(3, 0))) {
			b.markLine(c, l.Name, spreadsheet.Red, [2]time.Time{c.From, c.To},
				[2]spreadsheet.Cell{spreadsheet.Principal(l.Amount), spreadsheet.Principal(l.Amount)})
		}
	}
}

// coversJust reports whether a cap is over all series, or, if not all are shown, over just
// those in a currency.
func (b *workbook) coversJust(l tender.Cap, currency string, all bool) bool {
	for _, s := range b.run.Offer.Series {
		if l.Covers(s) != (all || s.Currency == currency) {
			return false
		}
	}
	return true
}

// markLine writes the two points of a line below what is there, and draws it.
func (b *workbook) markLine(c *spreadsheet.Chart, name, colour string, times [2]time.Time,
	amounts [2]spreadsheet.Cell) {
	s := b.timeline
	row := s.Height() + 1
	s.Put(row, 1, spreadsheet.Label(name).As(spreadsheet.InSection))
	for i := range times {
		s.Put(row+1+i, 1, spreadsheet.InstantCell(times[i], b.run.Offer.Zone).Aligned(spreadsheet.Left))
		amounts[i].Style.Role = spreadsheet.Plain
		s.Put(row+1+i, 2, amounts[i])
		s.Widen(2, amounts[i].Shown()+spreadsheet.CellPadding)
	}
	points := spreadsheet.Area{Top: row + 1, Left: 1, Bottom: row + 2, Right: 2}
	c.Lines = append(c.Lines, spreadsheet.ChartLine{Name: spreadsheet.Fixed(row, 1), X: points.Column(1),
		Y: points.Column(2), Colour: colour, Dashed: true})
}

// converted adds amounts in the currencies of the run, in that of the caps over
// all series.
func converted(r *result.Run, amounts []decimal.Decimal) (sum decimal.Decimal, ok bool) {
	return r.TotalOf(func(currency string) decimal.Decimal {
		for i, c := range r.Currencies() {
			if c == currency {
				return amounts[i]
			}
		}
		return decimal.Zero
	})
}
