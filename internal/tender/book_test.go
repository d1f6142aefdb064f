package tender_test

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"tenderbatch/internal/tender"
)

// level3 has the dates of Level 3's offer of 2004: early before 17:00 on 12
// November, expiration at the end of 29 November, each its own withdrawal
// deadline.
func level3() *tender.Offer {
	early := tender.CutOff{At: at("2004-11-12 17:00:00"), Boundary: tender.Before}
	expiration := tender.CutOff{At: at("2004-11-30 00:00:00"), Boundary: tender.Before}
	return &tender.Offer{
		Zone: newYork, Early: early, Expiration: expiration, Withdrawal: tender.Withdrawal{Early: early, Late: expiration},
		Series: []tender.Series{
			{ID: "9.125-2008", Currency: "USD", Outstanding: decimal.NewFromInt(10_000)},
			{ID: "10.75-2008E", Currency: "EUR", Outstanding: decimal.NewFromInt(5_000)},
		},
	}
}

// instruction is a tender of 1,000 of the first series in good order.
func instruction(received string) tender.Instruction {
	return tender.Instruction{ID: "1", Depositary: "DTC", Series: "9.125-2008", Principal: decimal.NewFromInt(1000),
		Received: at(received), Status: tender.Tendered, Delivery: tender.BookEntry, Source: tender.Source{File: "dtc.xlsx", Sheet: "Tenders", Row: 7}}
}

// each is the instructions of a slice.
func each(all []tender.Instruction) iter.Seq[*tender.Instruction] {
	return func(yield func(*tender.Instruction) bool) {
		for i := range all {
			if !yield(&all[i]) {
				return
			}
		}
	}
}

func newBook(t rapid.TB, o *tender.Offer, instructions []tender.Instruction, asOf time.Time) *tender.Book {
	t.Helper()
	b, err := tender.NewBook(o, each(instructions), asOf)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWindows(t *testing.T) {
	for _, c := range []struct {
		received string
		want     tender.Window
	}{
		{"2004-10-29 09:00:00", tender.Early},
		{"2004-11-12 16:59:59.700", tender.Early},
		{"2004-11-12 17:00:00", tender.Late},
		{"2004-11-29 23:59:59.999", tender.Late},
		{"2004-11-30 00:00:00", tender.Expired},
	} {
		if got := level3().Window(at(c.received)); got != c.want {
			t.Errorf("%s is %s, want %s", c.received, got, c.want)
		}
	}
	o := level3()
	o.Early = tender.CutOff{}
	if got := o.Window(at("2004-10-29 09:00:00")); got != tender.Late {
		t.Errorf("without an Early Tender Date a tender is %s, want late", got)
	}
	o = level3()
	o.Early.Boundary, o.Expiration.Boundary = tender.AtOrBefore, tender.AtOrBefore
	if got := o.Window(at("2004-11-12 17:00:00")); got != tender.Early {
		t.Errorf("at 17:00:00.000, at or before, is %s, want early", got)
	}
	if got := o.Window(at("2004-11-30 00:00:00")); got != tender.Late {
		t.Errorf("at the expiration, at or before, is %s, want late", got)
	}
}

// What one instruction is worth in the book as of an instant.
func TestStanding(t *testing.T) {
	status := func(s tender.Status) func(*tender.Instruction) { return func(in *tender.Instruction) { in.Status = s } }
	withdrawn := func(wall string) func(*tender.Instruction) {
		return func(in *tender.Instruction) { in.Status, in.WithdrawnAt = tender.Withdrawn, at(wall) }
	}
	const early, late, end = "2004-11-10 12:00:00", "2004-11-20 12:00:00", "2004-12-01 12:00:00"
	for _, c := range []struct {
		name           string
		received, asOf string
		change         func(*tender.Instruction)
		counts         bool
		rule           string // of the finding, "" for none
		standing       tender.Disposition
		message        string // a part of it
	}{
		{"tendered early", early, end, status(tender.Tendered), true, "", "", ""},
		{"tendered late", late, end, status(tender.Tendered), true, "", "", ""},
		{"received at the very instant", early, early, status(tender.Tendered), true, "", "", ""},
		{"pending", early, end, status(tender.Pending), false, "R2-pending", tender.LineNotCounted, "pending"},
		{"rejected by the depositary", early, end, status(tender.Rejected), false, "R2-rejected", tender.LineNotCounted, "rejected"},
		{"after the expiration", "2004-11-30 00:00:00", end, status(tender.Tendered), false, "R3-expired", tender.LineRejected, "2004-11-30 00:00 EST"},
		{"withdrawn in time", early, end, withdrawn("2004-11-12 16:59:59.999"), false, "R4-withdrawn", tender.LineNotCounted, "2004-11-12 16:59:59.999 EST"},
		{"withdrawn at the deadline itself", early, end, withdrawn("2004-11-12 17:00:00"), true, "R4-too-late", tender.LineRemarked, "the tender still counts"},
		{"withdrawn too late", early, end, withdrawn("2004-11-15 10:00:00"), true, "R4-too-late", tender.LineRemarked, "deadline of 2004-11-12 17:00 EST"},
		{"a late tender has until the expiration", late, end, withdrawn("2004-11-29 23:59:59"), false, "R4-withdrawn", tender.LineNotCounted, "withdrawn"},
		{"and no longer", late, end, withdrawn("2004-11-30 08:00:00"), true, "R4-too-late", tender.LineRemarked, "deadline of 2004-11-30 00:00 EST"},
		{"withdrawn only after the instant", early, "2004-11-11 09:00:00", withdrawn("2004-11-11 10:00:00"), true, "", "", ""},
		{"withdrawn at the very instant", early, "2004-11-11 10:00:00", withdrawn("2004-11-11 10:00:00"), false, "R4-withdrawn", tender.LineNotCounted, "withdrawn"},
		{"too late, but not yet known", early, "2004-11-12 18:00:00", withdrawn("2004-11-15 10:00:00"), true, "", "", ""},
		{"withdrawn without a time", early, end, status(tender.Withdrawn), false, "R4-withdrawn", tender.LineNotCounted, "gives no time"},
		{"withdrawn after the expiration anyway", "2004-11-30 09:00:00", end, withdrawn("2004-11-30 10:00:00"), false, "R3-expired", tender.LineRejected, "after the Expiration Date"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := instruction(c.received)
			c.change(&in)
			b := newBook(t, level3(), []tender.Instruction{in}, at(c.asOf))
			if got := len(b.Lines) == 1; got != c.counts || b.NotYet != 0 {
				t.Errorf("counts: %t, want %t; %d not yet received", got, c.counts, b.NotYet)
			}
			if sum := b.Totals[0].Sum(); sum.IsPositive() != c.counts {
				t.Errorf("%s in the totals", sum)
			}
			checkFinding(t, b.Findings, in, c.rule, c.standing, c.message)
		})
	}
}

func checkFinding(t *testing.T, got []tender.Finding, in tender.Instruction, rule string, standing tender.Disposition, message string) {
	t.Helper()
	if rule == "" {
		if len(got) != 0 {
			t.Errorf("found %+v, want nothing", got)
		}
		return
	}
	if len(got) != 1 {
		t.Fatalf("found %+v, want one finding", got)
	}
	f := got[0]
	if f.Rule != rule || f.Disposition != standing || !strings.Contains(f.Message, message) || f.Advice == "" {
		t.Errorf("found %s, %s: %s; want %s, %s: …%s…", f.Rule, f.Disposition, f.Message, rule, standing, message)
	}
	if f.Source != in.Source || f.Depositary != in.Depositary || f.Instruction != in.ID {
		t.Errorf("the finding does not lead to its row: %+v", f)
	}
}

func TestWhatIsNotYetReceivedDoesNotExist(t *testing.T) {
	b := newBook(t, level3(), []tender.Instruction{instruction("2004-11-10 12:00:00.001")}, at("2004-11-10 12:00:00"))
	if b.NotYet != 1 || len(b.Lines) != 0 || len(b.Findings) != 0 || !b.Totals[0].Sum().IsZero() {
		t.Errorf("%d not yet, %d lines, %d findings", b.NotYet, len(b.Lines), len(b.Findings))
	}
}

func TestTotalsAreBySeriesAndWindow(t *testing.T) {
	var all []tender.Instruction
	for i, c := range []struct {
		received, series string
		principal        int64
	}{
		{"2004-11-10 12:00:00", "9.125-2008", 1000},
		{"2004-11-11 12:00:00", "9.125-2008", 2000},
		{"2004-11-20 12:00:00", "9.125-2008", 4000},
		{"2004-11-10 12:00:00", "10.75-2008E", 300},
		{"2004-11-20 12:00:00", "10.75-2008E", 50},
	} {
		in := instruction(c.received)
		in.ID, in.Series, in.Principal = fmt.Sprint(9-i), c.series, decimal.NewFromInt(c.principal)
		all = append(all, in)
	}
	b := newBook(t, level3(), all, at("2004-12-01 12:00:00"))
	var got []string
	for _, total := range b.Totals {
		got = append(got, fmt.Sprint(total.Early, total.Late, total.Sum()))
	}
	if want := []string{"3000 4000 7000", "300 50 350"}; !slices.Equal(got, want) {
		t.Errorf("totals %q, want %q", got, want)
	}
	if !slices.IsSortedFunc(b.Lines, func(x, y tender.Line) int { return cmp.Compare(x.ID, y.ID) }) {
		t.Error("the lines are not in the order of their numbers")
	}
}

// The order in which instructions are read changes nothing; the findings keep the
// order of reading, which is put right where they join those of the files.
func TestTheOrderOfInstructionsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := randomInstructions(t)
		asOf := at("2004-10-29 00:00:00").Add(time.Duration(rapid.IntRange(0, 40*24).Draw(t, "as of")) * time.Hour)
		want := newBook(t, level3(), all, asOf)
		got := newBook(t, level3(), rapid.Permutation(all).Draw(t, "order"), asOf)
		for _, b := range []*tender.Book{want, got} {
			slices.SortFunc(b.Findings, func(x, y tender.Finding) int { return cmp.Compare(x.Source.Row, y.Source.Row) })
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v\nin another order\n%+v", want, got)
		}
	})
}

// Every instruction is in exactly one place: counted, not counted with a finding,
// or not yet received.
func TestNoInstructionIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := randomInstructions(t)
		b := newBook(t, level3(), all, at("2004-11-15 12:00:00"))
		out := b.NotYet
		for _, f := range b.Findings {
			if f.Disposition != tender.LineRemarked {
				out++
			}
		}
		if len(b.Lines)+out != len(all) {
			t.Errorf("%d counted and %d not, of %d", len(b.Lines), out, len(all))
		}
		sum := decimal.Zero
		for _, l := range b.Lines {
			sum = sum.Add(l.Principal)
		}
		if total := b.Totals[0].Sum().Add(b.Totals[1].Sum()); !total.Equal(sum) {
			t.Errorf("lines add up to %s, totals to %s", sum, total)
		}
	})
}

func randomInstructions(t *rapid.T) []tender.Instruction {
	var all []tender.Instruction
	for i := range rapid.IntRange(0, 15).Draw(t, "instructions") {
		in := instruction("2004-10-29 09:00:00")
		in.ID = fmt.Sprint(rapid.IntRange(1, 20).Draw(t, "number")) // two may be alike in two files
		in.Source.Row = i
		in.Depositary = rapid.SampledFrom([]string{"DTC", "Euroclear"}).Draw(t, "depositary")
		in.Series = rapid.SampledFrom([]string{"9.125-2008", "10.75-2008E"}).Draw(t, "series")
		in.Principal = decimal.NewFromInt(rapid.Int64Range(1, 500).Draw(t, "principal"))
		in.Received = in.Received.Add(time.Duration(rapid.IntRange(0, 40*24*60).Draw(t, "received")) * time.Minute)
		in.Status = rapid.SampledFrom([]tender.Status{tender.Tendered, tender.Tendered, tender.Pending, tender.Withdrawn, tender.Rejected}).Draw(t, "status")
		if in.Status == tender.Withdrawn && rapid.Bool().Draw(t, "with a time") {
			in.WithdrawnAt = in.Received.Add(time.Duration(rapid.IntRange(0, 10*24*60).Draw(t, "withdrawn")) * time.Minute)
		}
		all = append(all, in)
	}
	return all
}

func TestCheckOutstanding(t *testing.T) {
	o := level3()
	book := func(principal int64, series string) *tender.Book {
		in := instruction("2004-11-10 12:00:00")
		in.Series, in.Principal = series, decimal.NewFromInt(principal)
		return newBook(t, o, []tender.Instruction{in}, at("2004-12-01 12:00:00"))
	}
	if err := book(10_000, "9.125-2008").CheckOutstanding(o); err != nil {
		t.Errorf("all that is outstanding was tendered: %v", err)
	}
	var control *tender.ControlError
	err := book(5_001, "10.75-2008E").CheckOutstanding(o)
	if !errors.As(err, &control) || control.Rule != "R6-outstanding" {
		t.Fatalf("one more than is outstanding: %v, want R6-outstanding", err)
	}
	for _, part := range []string{"10.75-2008E", "EUR 5001", "5000 outstanding", "R6-outstanding"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	// Early and late count together.
	late := instruction("2004-11-20 12:00:00")
	late.ID, late.Principal = "2", decimal.NewFromInt(9_001)
	both := newBook(t, o, []tender.Instruction{instruction("2004-11-10 12:00:00"), late}, at("2004-12-01 12:00:00"))
	if err := both.CheckOutstanding(o); !errors.As(err, &control) {
		t.Errorf("1,000 early and 9,001 late of 10,000: %v", err)
	}
}

// An instruction of no series of the offer is not counted as one of the first.
func TestAnUnknownSeriesIsNotCountedAsTheFirst(t *testing.T) {
	in := instruction("2004-11-10 12:00:00")
	in.Series = "5-2020"
	b := newBook(t, level3(), []tender.Instruction{in}, at("2004-12-01 12:00:00"))
	if sum := b.Totals[0].Sum(); !sum.IsZero() {
		t.Errorf("%s of series 5-2020 counted as 9.125-2008", sum)
	}
}
