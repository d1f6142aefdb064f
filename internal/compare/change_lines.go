package compare

import (
	"fmt"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/display"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// ChangeLines are what differs from the run that this one is compared with, for the
// terminal and for mail; none if there is none.
func ChangeLines(r *result.Run) (lines []string) {
	c := r.Changes
	if c == nil {
		return nil
	}
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	n := c.Kinds()
	add("against run %s: %d new, %d no longer counted, %d amended, %d accepted or paid differently",
		c.Previous, n[result.New], n[result.NoLonger], n[result.Amended], n[result.Reclassed])
	for _, s := range c.Series {
		tendered, accepted, cash := s.TenderedNow.Sub(s.TenderedWas), s.AcceptedNow.Sub(s.AcceptedWas),
			s.CashNow.Sub(s.CashWas)
		if !tendered.IsZero() || !accepted.IsZero() || !cash.IsZero() {
			add("  %s: tendered %s, accepted %s, cash %s", s.Series, signed(tendered), signed(accepted), signed(cash))
		}
	}
	if w := r.WireChanges; w != nil {
		add("wires against the superseded run: %s, %d as they were", display.Plural(len(w.Wires), "differs", "differ"),
			w.Same)
		for _, t := range w.Totals() {
			add("  %s: pay in addition %s, claw back %s, if what the superseded run listed was sent", t.Currency,
				Money(t.Additional, t.Currency), Money(t.ClawBack, t.Currency))
		}
	}
	return lines
}

// signed shows a change with its sign.
func signed(d decimal.Decimal) string { return tender.PlusSign(d) + tender.Thousands(d) }
