package export

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"
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
	periods, currencies := b.run.timeline(), b.run.currencies()
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
	s.whole = s.height() <= 80
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
	_, ok := b.run.total(figures.tendered)
	return ok && len(b.run.currencies()) > 1
}

func (b *workbook) periodRow(p period, row int, first bool) []cell {
	until := instantCell(p.until, b.run.Offer.Zone).aligned(left)
	if until.kind == number && p.until.Second() == 0 && p.until.Nanosecond() == 0 {
		until.look.format = "yyyy-mm-dd hh:mm"
	}
	cells := []cell{until, count(p.tenders)}
	for i, amount := range p.tendered {
		col := timeFirst + 2*i
		toDate := principal(amount).by(at(row-1, col+1) + "+" + at(row, col))
		if first {
			toDate = principal(amount).by(at(row, col))
		}
		cells = append(cells, principal(amount), toDate)
	}
	if p.until.Equal(b.run.Offer.Early.At) {
		for i := range cells {
			cells[i].look.role = inSubtotal
		}
	}
	return cells
}

// accumulate adds up the periods, and the currencies in one.
func (b *workbook) accumulate(rows [][]cell, periods []period, currencies []string, top int) {
	sums := make([]decimal.Decimal, len(currencies))
	for n, cells := range rows {
		var terms []string
		for i := range currencies {
			col := timeFirst + 2*i
			sums[i] = sums[i].Add(periods[n].tendered[i])
			cells[col] = digits(sums[i], places(sums[i])).by(cells[col].formula).as(cells[col].look.role)
			terms = append(terms, at(top+n, col+1)+b.rateFactor(currencies[i], b.run.Offer.TotalCurrency()))
		}
		if b.allInOne() {
			to := b.run.Offer.TotalCurrency()
			sum, _ := b.run.converted(sums)
			formula := fmt.Sprintf("ROUND(%s,%d)", strings.Join(terms, "+"), minorUnits(to))
			rows[n] = append(cells, digits(sum, 0).by(formula).as(cells[0].look.role))
		}
	}
}

func timeTotal(rows [][]cell, body area, periods []period) []cell {
	cells := make([]cell, body.right)
	cells[0] = label("All tenders that count")
	n := 0
	for _, p := range periods {
		n += p.tenders
	}
	cells[timeTenders-1] = count(n).by(sum(body.column(timeTenders)))
	last := rows[len(rows)-1]
	for i := range periods[0].tendered {
		col := timeFirst + 2*i
		cells[col-1] = last[col].by(sum(body.column(col)))
		cells[col-1].look.role = plain
	}
	return cells
}

// drawTimeline puts the chart beside the table. The points of the mark stand
// below the table, where they can be read, too.
func (b *workbook) drawTimeline(body area, periods []period) {
	s, early := b.timeline, b.run.Offer.Early
	format, unit := b.scale()
	first, last := periods[0].until, periods[len(periods)-1].until
	lines := []chartLine{}
	heading := body.top - 1
	if b.allInOne() {
		lines = append(lines, chartLine{name: fixed(heading, body.right), x: body.column(timeUntil), y: body.column(body.right), colour: accent})
	} else {
		for i := range b.run.currencies() {
			col := timeFirst + 2*i + 1
			lines = append(lines, chartLine{name: fixed(heading, col), x: body.column(timeUntil), y: body.column(col), colour: lineColours[i%len(lineColours)]})
		}
	}
	if !early.IsZero() && !early.At.Before(first) && !early.At.After(last) {
		lines = append(lines, b.markEarly(body, len(lines)))
	}
	left := len(s.widths) + 2
	s.widen(left-1, 3)
	for col := left; col <= left+7; col++ {
		s.widen(col, 13)
	}
	s.chart = &chart{
		over:   area{firstRow, left, firstRow + 22, left + 7},
		title:  "Principal tendered to date, in " + unit,
		format: format, lines: lines,
		from: first, to: last,
	}
}

var lineColours = []string{accent, "8FB0D0", "6B7F94", "B3A269"}

// markEarly is the upright line at the Early Tender Date, up to what is tendered
// in all.
func (b *workbook) markEarly(body area, drawn int) chartLine {
	s, row := b.timeline, body.bottom+3
	s.put(row, 1, label("The mark of the Early Tender Date in the chart").as(inSection))
	top := body.right
	if drawn > 1 {
		top = timeFirst + 1
	}
	at1 := instantCell(b.run.Offer.Early.At, b.run.Offer.Zone).aligned(left)
	highest := s.get(body.bottom, top)
	highest.look.role = plain
	s.put(row+1, 1, at1)
	s.put(row+1, 2, count(0))
	s.put(row+2, 1, at1)
	s.put(row+2, 2, highest.by(at(body.bottom, top)))
	s.widen(2, highest.shown()+cellPadding)
	mark := area{row + 1, 1, row + 2, 2}
	return chartLine{name: fixed(row, 1), x: mark.column(1), y: mark.column(2), colour: amber, dashed: true}
}

// converted adds amounts in the currencies of the run, in that of the caps over
// all series.
func (r *Run) converted(amounts []decimal.Decimal) (sum decimal.Decimal, ok bool) {
	return r.totalOf(func(currency string) decimal.Decimal {
		for i, c := range r.currencies() {
			if c == currency {
				return amounts[i]
			}
		}
		return decimal.Zero
	})
}
