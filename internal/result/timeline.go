package result

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/decimals"
	"tenderbatch/internal/tender"
)

// Period is a stretch of the offer's time with the tenders that were received
// in it and still count.
type Period struct {
	Until    time.Time
	Tenders  int
	Tendered []decimal.Decimal // one for each currency of the run
}

// hour is an hour of wall time in which tenders came; that of the Early Tender
// Date is two of them.
type hour struct {
	start   time.Time
	early   bool
	tenders int
	sums    []decimals.Sum // one for each currency
}

// longestTimeline is how many days are shown one by one; of a longer time only
// those on which something came.
const longestTimeline = 400

// Timeline divides the time from the first tender to the last: into days, and on
// the day of the Early Tender Date and on the last day into the hours in which
// something came. The Early Tender Date always ends a period.
func (r *Run) Timeline() []Period {
	hours := r.hours()
	if len(hours) == 0 {
		return nil
	}
	last := hours[len(hours)-1].start
	all := []Period{{Until: dayStart(hours[0].start), Tendered: make([]decimal.Decimal, len(hours[0].sums))}}
	for _, h := range hours {
		until := r.periodEnd(h, last)
		if before := &all[len(all)-1]; !before.Until.Equal(until) {
			all = append(appendDays(all, h.start), Period{Until: until, Tendered: make([]decimal.Decimal, len(h.sums))})
		}
		p := &all[len(all)-1]
		p.Tenders += h.tenders
		for c := range h.sums {
			p.Tendered[c] = p.Tendered[c].Add(h.sums[c].Decimal())
		}
	}
	return all
}

// appendDays adds the days before one, since the last period, on which nothing
// came.
func appendDays(all []Period, to time.Time) []Period {
	for until := nextDay(all[len(all)-1].Until); until.Before(to) && len(all) < longestTimeline; until = nextDay(until) {
		all = append(all, Period{Until: until, Tendered: make([]decimal.Decimal, len(all[0].Tendered))})
	}
	if start := dayStart(to); all[len(all)-1].Until.Before(start) {
		all = append(all, Period{Until: start, Tendered: make([]decimal.Decimal, len(all[0].Tendered))})
	}
	return all
}

// periodEnd is when the period ends to which an hour belongs.
func (r *Run) periodEnd(h *hour, last time.Time) time.Time {
	early, end := r.Offer.Early.At, h.start.Add(time.Hour)
	if day := nextDay(h.start); !sameDay(h.start, last) && (early.IsZero() || !sameDay(h.start, early)) {
		end = day
	}
	if h.early && end.After(early) {
		return early.In(h.start.Location())
	}
	return end
}

func dayStart(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
}

// nextDay is the first midnight after t.
func nextDay(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, t.Location())
}

func sameDay(x, y time.Time) bool { return dayStart(x).Equal(dayStart(y.In(x.Location()))) }

// hours adds up the lines by the hour in which they were received, in order.
func (r *Run) hours() []*hour {
	type key struct {
		start int64
		early bool
	}
	currencies, found, currency := r.Currencies(), make(map[key]*hour), make(map[string]int)
	for _, s := range r.Offer.Series {
		currency[s.ID] = slices.Index(currencies, s.Currency)
	}
	for i := range r.Book.Lines {
		l := &r.Book.Lines[i]
		c, known := currency[l.Series]
		if !known || l.Received.IsZero() {
			continue
		}
		t := l.Received.In(r.Offer.Zone)
		_, offset := t.Zone()
		start := t.Unix() - (t.Unix()+int64(offset))%3600
		k := key{start, l.Window == tender.Early}
		h := found[k]
		if h == nil {
			h = &hour{start: time.Unix(start, 0).In(r.Offer.Zone), early: k.early, sums: make([]decimals.Sum, len(currencies))}
			found[k] = h
		}
		h.tenders++
		h.sums[c].Add(l.Principal)
	}
	return slices.SortedFunc(maps.Values(found), func(x, y *hour) int {
		return cmp.Or(x.start.Compare(y.start), compareBools(y.early, x.early))
	})
}

func compareBools(x, y bool) int {
	switch {
	case x == y:
		return 0
	case y:
		return -1
	}
	return 1
}
