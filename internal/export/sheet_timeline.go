package export

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/decimals"
	"tenderbatch/internal/result"
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
	s := b.newSheet("Timeline", "Timeline: when the tenders that count were received")
	b.timeline = s
	note := "Principal by day, and by the hour on the day of the Early Tender Date and on the last day. Tenders that were withdrawn are left out."
	s.put(bannerRow+1, 1, label(note).as(inSubtitle))
	s.tall(bannerRow+1, 20)
	periods, currencies := b.run.Timeline(), b.run.Currencies()
	t := table{columns: b.timeColumns(currencies), none: "No instruction counts."}
	top := firstRow
	for i, p := range periods {
		t.rows = append(t.rows, b.periodRow(p, top+1+i, i == 0))
	}
	b.accumulate(t.rows, periods, currencies, top+1)
	body := area{top + 1, 1, top + max(1, len(t.rows)), len(t.columns)}
	if len(periods) > 0 {
		t.totals = [][]cell{timeTotal(t.rows, body, periods)}
	}
	body = s.table(top, t)
	s.frozen, s.repeat = top, top
	if len(periods) > 0 {
		b.drawTimeline(body, periods)
	}
	s.whole = true
}

func (b *workbook) timeColumns(currencies []string) []column {
	columns := []column{{heading: "Until (" + b.run.Offer.Zone.String() + ")", least: 20}, {heading: "Tenders", right: true}}
	for _, c := range currencies {
		columns = append(columns, column{heading: "Tendered, " + c, right: true, least: 16}, column{heading: "To date, " + c, right: true, least: 16})
	}
	if b.allInOne() {
		columns = append(columns, column{heading: "All to date, " + b.run.Offer.TotalCurrency(), right: true, least: 18})
	}
	return columns
}

// allInOne reports whether there are several currencies that the offer's rates
// bring into one.
func (b *workbook) allInOne() bool {
	_, ok := b.run.Total(result.Figures.Tendered)
	return ok && len(b.run.Currencies()) > 1
}

func (b *workbook) periodRow(p result.Period, row int, first bool) []cell {
	until := instantCell(p.Until, b.run.Offer.Zone).aligned(left)
	cells := []cell{until, count(p.Tenders)}
	for i, amount := range p.Tendered {
		col := timeFirst + 2*i
		toDate := principal(amount).by(at(row-1, col+1) + "+" + at(row, col))
		if first {
			toDate = principal(amount).by(at(row, col))
		}
		cells = append(cells, principal(amount), toDate)
	}
	if p.Until.Equal(b.run.Offer.Early.At) {
		for i := range cells {
			cells[i].look.role = inSubtotal
		}
	}
	return cells
}

// accumulate adds up the periods, and the currencies in one.
func (b *workbook) accumulate(rows [][]cell, periods []result.Period, currencies []string, top int) {
	sums := make([]decimal.Decimal, len(currencies))
	for n, cells := range rows {
		var terms []string
		for i := range currencies {
			col := timeFirst + 2*i
			sums[i] = sums[i].Add(periods[n].Tendered[i])
			cells[col] = digits(sums[i], decimals.Places(sums[i])).by(cells[col].formula).as(cells[col].look.role)
			terms = append(terms, at(top+n, col+1)+b.rateFactor(currencies[i], b.run.Offer.TotalCurrency()))
		}
		if b.allInOne() {
			to := b.run.Offer.TotalCurrency()
			sum, _ := converted(b.run, sums)
			formula := fmt.Sprintf("ROUND(%s,%d)", strings.Join(terms, "+"), tender.CashPlaces(to))
			rows[n] = append(cells, digits(sum, 0).by(formula).as(cells[0].look.role))
		}
	}
}

func timeTotal(rows [][]cell, body area, periods []result.Period) []cell {
	cells := make([]cell, body.right)
	cells[0] = label("All tenders that count")
	n := 0
	for _, p := range periods {
		n += p.Tenders
	}
	cells[timeTenders-1] = count(n).by(sum(body.column(timeTenders)))
	last := rows[len(rows)-1]
	for i := range periods[0].Tendered {
		col := timeFirst + 2*i
		cells[col-1] = last[col].by(sum(body.column(col)))
		cells[col-1].look.role = plain
	}
	return cells
}

// drawTimeline puts a chart of each currency beside the table and, where the offer's rates
// bring them into one, of all together. The points of the lines that stand for a date or a
// cap are below the table, where they can be read, too.
func (b *workbook) drawTimeline(body area, periods []result.Period) {
	s := b.timeline
	s.put(s.height()+2, 1, label("Where the lines of the charts stand").toned(muted))
	count := len(b.run.Currencies())
	if b.allInOne() {
		count++
	}
	place, height := b.chartPlace(), max(leastTimelineRows, min(mostTimelineRows, pageRows/count-2))
	draw := func(of, currency string, col int) {
		format, unit := b.scale(currency)
		place.top, place.bottom = place.bottom+2, place.bottom+2+height
		c := &chart{
			over: place, format: format,
			title: fmt.Sprintf("%s tendered to date, in %s of %s", of, unit, currency),
			lines: []chartLine{{name: fixed(body.top-1, col), x: body.column(timeUntil), y: body.column(col), colour: accent}},
			from:  periods[0].Until, to: periods[len(periods)-1].Until,
		}
		b.markLines(c, currency, col == body.right && b.allInOne(), s.get(body.bottom, col))
		s.charts = append(s.charts, c)
	}
	for i, currency := range b.run.Currencies() {
		draw("Principal", currency, timeFirst+2*i+1)
	}
	if b.allInOne() {
		draw("All series,", b.run.Offer.TotalCurrency(), body.right)
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
func (b *workbook) chartPlace() area {
	s := b.timeline
	left := len(s.widths) + 2
	s.widen(left-1, 3)
	for col := left; col <= left+5; col++ {
		s.widen(col, 13)
	}
	return area{0, left, firstRow - 2, left + 5}
}

// markLines draws the Early Tender Date upright, up to what is tendered in all, and across
// the caps over just what a chart shows, unless one lies so high that nothing else would be
// seen.
func (b *workbook) markLines(c *chart, currency string, all bool, highest cell) {
	o := b.run.Offer
	if at := o.Early.At; !o.Early.IsZero() && !at.Before(c.from) && !at.After(c.to) {
		b.markLine(c, "Early Tender Date", amber, [2]time.Time{at, at}, [2]cell{count(0), highest})
	}
	tendered := b.run.CurrencyFigures(currency).Tendered()
	if sum, ok := b.run.Total(result.Figures.Tendered); all && ok {
		tendered = sum
	}
	for _, l := range o.AllCaps() {
		if l.Currency == currency && l.Measure == tender.MeasurePrincipal && b.coversJust(l, currency, all) && l.Amount.LessThan(tendered.Mul(decimal.New(3, 0))) {
			b.markLine(c, l.Name, red, [2]time.Time{c.from, c.to}, [2]cell{principal(l.Amount), principal(l.Amount)})
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

// markLine writes the two points of a line below what stands there, and draws it.
func (b *workbook) markLine(c *chart, name, colour string, times [2]time.Time, amounts [2]cell) {
	s := b.timeline
	row := s.height() + 1
	s.put(row, 1, label(name).as(inSection))
	for i := range times {
		s.put(row+1+i, 1, instantCell(times[i], b.run.Offer.Zone).aligned(left))
		amounts[i].look.role = plain
		s.put(row+1+i, 2, amounts[i])
		s.widen(2, amounts[i].shown()+cellPadding)
	}
	points := area{row + 1, 1, row + 2, 2}
	c.lines = append(c.lines, chartLine{name: fixed(row, 1), x: points.column(1), y: points.column(2), colour: colour, dashed: true})
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
