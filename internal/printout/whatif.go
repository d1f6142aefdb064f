package printout

import (
	"unicode/utf8"

	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/whatif"
)

// LevelName is how a sweep names a series' level.
func LevelName(o *tender.Offer, s tender.Series) string {
	if s.Priority == 0 {
		return LevelText(o, s)
	}
	return whatif.Goal{Pool: s.Pool, Level: s.Priority}.String()
}

// Scenario says what the answer supposes, so that no one takes it for a result; nothing if that is
// only what varies.
func (p *Printer) Scenario(s whatif.Scenario, o *tender.Offer) {
	if words := s.Words(o); words != "" {
		p.Linef("hypothetical, with %s", words)
	}
}

// Hypothetical are the warnings that prices are.
func (p *Printer) Hypothetical(r *result.Run) {
	for _, w := range r.Warnings {
		if w.Code == tender.WarnHypothetical {
			p.Linef("warning: %s", w)
		}
	}
}

// NotAccepted lists per series what a result does not accept, and why.
func (p *Printer) NotAccepted(when string, r *result.Run) {
	var rows [][]string
	for _, n := range whatif.NotAcceptedBy(r) {
		rows = append(rows, []string{n.Series, n.Currency, tender.Thousands(n.Principal), n.Why})
	}
	if len(rows) > 0 {
		p.Linef("\nnot accepted %s:", when)
		p.Reasons(rows)
	}
}

// Reasons writes rows of a series, its currency, an amount, and a sentence.
func (p *Printer) Reasons(rows [][]string) {
	var widths [3]int
	for _, row := range rows {
		for i := range widths {
			widths[i] = max(widths[i], utf8.RuneCountInString(oneLine(row[i])))
		}
	}
	for _, row := range rows {
		p.Linef("%-*s  %-*s  %*s  %s", widths[0], oneLine(row[0]), widths[1], row[1], widths[2], row[2], oneLine(row[3]))
	}
}

// Comparison shows a result beside today's, per series and in cash.
func (p *Printer) Comparison(today, other *result.Run) {
	rows := [][]string{{"series", "", "tendered", "accepted today", "factor", "accepted then", "factor", "difference"}}
	for _, d := range whatif.CompareSeries(today, other) {
		rows = append(rows, []string{d.Series, d.Currency, tender.Thousands(d.Tendered), tender.Thousands(d.Today),
			d.FactorToday, tender.Thousands(d.Then), d.FactorNow, tender.Thousands(d.More())})
	}
	p.Table(rows)
	p.Linef("")
	rows = [][]string{{"to wire", "today", "then", "difference"}}
	for _, d := range whatif.CompareCash(today, other) {
		rows = append(rows, []string{d.Currency, tender.Thousands(d.Today), tender.Thousands(d.Then), tender.Thousands(d.More())})
	}
	p.Table(rows)
	p.NotAccepted("then", other)
	for _, warning := range other.Warnings {
		p.Linef("warning: %s", warning)
	}
	p.Linef("\nnothing is published")
}
