package whatif

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// TestP14WhatSolveSaysIsTrue holds what is said of random small offers against every
// amount of the cap: the answer does it, a smaller one does not unless the answer says
// that it may, none does where it is said that none does, and "already" is true.
func TestP14WhatSolveSaysIsTrue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSession(t)
		caps := s.in.Offer.AllCaps()
		name := caps[rapid.IntRange(0, len(caps)-1).Draw(t, "cap")].Name
		goal := Goal{Level: rapid.IntRange(1, 3).Draw(t, "level")}
		if len(s.in.Offer.Pools) > 0 {
			goal.Pool = rapid.SampledFrom([]string{"P1", "P2"}).Draw(t, "pool of the level")
		}
		if rapid.Bool().Draw(t, "by series") {
			goal = Goal{Series: rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "series")}
		}
		found, err := s.solution(context.Background(), Cap(name), goal, Scenario{})
		words := fmt.Sprint(err)
		if strings.Contains(words, "accepted in full") {
			t.Fatal(words)
		}
		followAdvice(t, s, name, goal, words)
		whole := wholeUnder(t, s, goal)
		already := strings.Contains(words, "is accepted already")
		if ((err == nil && found.Reached) || already) && !whole(Scenario{}) {
			t.Fatalf("not reached: %s", words)
		}
		if err == nil && !whole(Scenario{}.With(Cap(name), found.Amount)) {
			t.Fatalf("%s at %s does not accept all of %s", name, found.Amount, goal)
		}
		for grand := range int64(120) {
			amount := decimal.New(grand, 3)
			switch does := whole(Scenario{}.With(Cap(name), amount)); {
			case err == nil && !found.Room && does && amount.LessThan(found.Amount):
				t.Fatalf("%s at %s accepts all of %s; %s was said", name, amount, goal, found.Amount)
			case strings.HasPrefix(words, "no amount of "+name+" accepts") && does:
				t.Fatalf("%s at %s accepts all of %s, and it was said: %s", name, amount, goal, words)
			}
		}
	})
}

// wholeUnder says of a scenario whether all that can be bought of a goal is accepted.
func wholeUnder(t *rapid.T, s *Session, goal Goal) func(Scenario) bool {
	p := &problem{Session: s, ctx: context.Background(), offer: s.in.Offer, goal: goal, wanted: s.buyable(s.in.Offer, goal)}
	return func(scenario Scenario) bool {
		r, err := p.allocate(scenario, false)
		if err != nil {
			t.Fatal(err)
		}
		return p.whole(r)
	}
}

// followAdvice does what a message says about other caps: then there is an answer.
func followAdvice(t *rapid.T, s *Session, name string, goal Goal, words string) {
	advised := Scenario{}
	for _, m := range advice.FindAllStringSubmatch(words, -1) {
		amount, err := decimal.NewFromString(m[2])
		if err != nil {
			t.Fatal(err)
		}
		advised = advised.With(Cap(m[1]), amount)
	}
	if len(advised.Settings) == 0 || !strings.HasPrefix(words, "no amount of") {
		return
	}
	if _, err := s.solution(context.Background(), Cap(name), goal, advised); err != nil && !strings.Contains(err.Error(), "announced") {
		t.Fatalf("%s; with that: %v", words, err)
	}
}

var advice = regexp.MustCompile(`--cap "([^=]+)=([0-9.]+)"`)

// drawPools puts the series into two pools, of which each can have a cap, the second that of a total
// or a condition.
func drawPools(t *rapid.T, o *tender.Offer, amount func(string, int64) decimal.Decimal) {
	for _, name := range []string{"P1", "P2"} {
		p := tender.Pool{Name: name, Counts: tender.CountAccepted, HasCap: rapid.Bool().Draw(t, "cap "+name)}
		p.Announced = rapid.SampledFrom([]decimal.Decimal{decimal.Zero, decimal.Zero, decimal.New(5, -1)}).Draw(t, "factor "+name)
		p.Cap = tender.Cap{Amount: amount("amount "+name, 50), Currency: "USD", Measure: tender.MeasurePrincipal}
		o.Pools = append(o.Pools, p)
	}
	second := &o.Pools[1]
	if second.HasCap && rapid.Bool().Draw(t, "total") {
		second.Less = []string{"P1"}
	}
	if rapid.Bool().Draw(t, "condition") {
		second.OnlyIfFull = []string{"P1"}
	}
	for i := range o.Series {
		o.Series[i].Pool = []string{"P1", "P2", rapid.SampledFrom([]string{"P1", "P2"}).Draw(t, "pool of C")}[i]
	}
}

// drawSession draws an offer of three series, a cap over all, one over two of them,
// and a book.
func drawSession(t *rapid.T) *Session {
	amount := func(what string, most int64) decimal.Decimal {
		return decimal.New(rapid.Int64Range(0, most).Draw(t, what), 3)
	}
	o := &tender.Offer{ID: "x", Zone: time.UTC, Acceptance: tender.Acceptance{
		Order:                rapid.SampledFrom([]tender.Order{tender.OrderPriority, tender.OrderEarlyFirst}).Draw(t, "order"),
		Shortfall:            rapid.SampledFrom([]tender.Shortfall{tender.Prorate, tender.Prorate, tender.AllOrNoneSkip, tender.AllOrNoneStop}).Draw(t, "shortfall"),
		Factor:               rapid.SampledFrom([]tender.FactorRule{tender.FactorMaximal, tender.FactorRatio, tender.FactorGiven}).Draw(t, "factor"),
		Given:                decimal.New(5, -1),
		BelowMinimum:         rapid.SampledFrom([]tender.SmallPiece{tender.RejectPiece, tender.ToMinimum, tender.Whole}).Draw(t, "below"),
		ReturnedBelowMinimum: rapid.SampledFrom([]tender.SmallPiece{tender.Keep, tender.TakeWhole, tender.Adjust}).Draw(t, "returned"),
	}}
	if o.Acceptance.Shortfall != tender.Prorate {
		o.Acceptance.Factor = tender.FactorMaximal
	}
	for _, id := range []string{"A", "B", "C"} {
		o.Series = append(o.Series, tender.Series{
			ID: id, Currency: "USD", Priority: rapid.IntRange(1, 3).Draw(t, "priority "+id),
			Denomination: tender.Denomination{Minimum: decimal.New(rapid.Int64Range(1, 3).Draw(t, "minimum"), 3), Multiple: decimal.New(1, 3)},
		})
	}
	o.Series[0].HasMaximum, o.Series[0].MaximumOfferAmount = true, amount("maximum", 40)
	o.Caps = []tender.Cap{
		{Name: "All", Amount: amount("all", 80), Currency: "USD", Measure: tender.MeasurePrincipal},
		{Name: "Sub", Amount: amount("sub", 60), Currency: "USD", Measure: tender.MeasurePrincipal, Series: []string{"B", "C"}},
	}
	if rapid.Bool().Draw(t, "pools") {
		drawPools(t, o, amount)
	}
	b := &tender.Book{Totals: make([]tender.Totals, 3)}
	for i := range rapid.IntRange(0, 6).Draw(t, "lines") {
		b.Lines = append(b.Lines, tender.Line{
			Instruction: &tender.Instruction{
				ID: fmt.Sprint(i), Series: rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "of"),
				Principal: decimal.New(rapid.Int64Range(3, 15).Draw(t, "principal"), 3), Source: tender.Source{Row: i},
			},
			Window:      rapid.SampledFrom(tender.Windows[:]).Draw(t, "window"),
			Undelivered: rapid.IntRange(0, 3).Draw(t, "absent") == 0,
		})
	}
	s := &Session{in: &pipeline.Intake{Offer: o, Book: b}, Today: &result.Run{Offer: o, Book: b}}
	if _, err := allocate.Allocate(o, b); err != nil {
		t.Fatal(err)
	}
	return s
}
