package printout

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/compare"
	"tenderbatch/internal/display"
	"tenderbatch/internal/export"
	"tenderbatch/internal/export/workbook"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// MostShown is how many instructions or rejects are printed unless all are asked
// for.
const MostShown = 20

// Difference prints a difference, as JSON or for people.
func Difference(out io.Writer, d *compare.Difference, asJSON, all bool, workbook string) error {
	if asJSON {
		return export.WriteDifferenceJSON(out, d)
	}
	p := &differencePrinter{Printer: Printer{w: out}, d: d, all: all}
	p.print(workbook)
	return p.err
}

// differencePrinter shows a difference at a terminal.
type differencePrinter struct {
	Printer
	d   *compare.Difference
	all bool // rows, however many
}

func (p *differencePrinter) print(workbook string) {
	p.sides()
	p.terms()
	p.files()
	p.acceptance()
	p.cash()
	p.wires()
	p.caps()
	p.instructions()
	p.rejects()
	if !p.d.Differs() {
		p.Linef("\nno difference")
	}
	if workbook != "" {
		p.Linef("\nwritten: %s", workbook)
	}
}

// section begins a part of what is shown.
func (p *differencePrinter) section(format string, args ...any) {
	p.Linef("\n"+format, args...)
}

func (p *differencePrinter) sides() {
	d := p.d
	p.Linef("%s: %s", d.Offer, oneLine(d.Issuer))
	rows := [][]string{
		{"", "before", "now"},
		{"run", d.Was.Run, d.Now.Run},
		{"phase", string(d.Was.Phase), string(d.Now.Phase)},
		{"as of", p.instant(d.Was.AsOf), p.instant(d.Now.AsOf)},
		{"program", d.Was.Version, d.Now.Version},
		{"terms", termsWords(d.Was), termsWords(d.Now)},
		{"rows", countWords(d.Was.Counts), countWords(d.Now.Counts)},
	}
	if d.Was.Replaces+d.Now.Replaces != "" {
		rows = append(rows, []string{"replaces", orDash(d.Was.Replaces), orDash(d.Now.Replaces)})
	}
	p.TableLeft(rows, 3)
}

func (p *differencePrinter) instant(t time.Time) string {
	if p.d.Zone != nil {
		return tender.WallTime(t, p.d.Zone)
	}
	return tender.WallClock(t) + t.Format(" -07:00") // only the offset is known
}

func termsWords(s compare.Side) string { return fmt.Sprintf("version %d, %.12s", s.Terms, s.Digest) }

func countWords(c result.Counts) string {
	return fmt.Sprintf("%d read, %d counted, %d not counted, %d rejected", c.Rows, c.Counted, c.NotCounted, c.Rejected)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// oneLine is text as it can be shown in a line of a terminal.
func oneLine(s string) string {
	return display.Line(s)
}

func (p *differencePrinter) terms() {
	d := p.d
	if d.NotCompared != "" {
		p.section("terms differ, but cannot be compared value by value: %s", oneLine(d.NotCompared))
		return
	}
	if len(d.Terms) == 0 {
		return
	}
	p.section("terms: %s", display.Plural(len(d.Terms), "value differs", "values differ"))
	for _, t := range d.Terms {
		p.Linef("  %s: %s → %s", oneLine(t.Either().Path), p.term(t.Was), p.term(t.Now))
	}
}

// term is a value of the terms for people: amounts with separators, instants as
// wall time of the offer's zone.
func (p *differencePrinter) term(t *tender.Term) string {
	if t == nil {
		return "none"
	}
	switch t.Kind {
	case tender.TermNumber:
		return display.Thousands(t.Text)
	case tender.TermInstant:
		if at, err := time.Parse(time.RFC3339Nano, t.Text); err == nil {
			return p.instant(at)
		}
	}
	return oneLine(t.Text)
}

func (p *differencePrinter) files() {
	if len(p.d.Files) == 0 {
		return
	}
	p.section("files: %s", display.Plural(len(p.d.Files), "differs", "differ"))
	rows := [][]string{}
	for _, f := range p.d.Files {
		rows = append(rows, []string{"  " + compare.FileWord(f), oneLine(f.Either().File), fileWords(f)})
	}
	p.TableLeft(rows, 3)
}

func fileWords(f result.Pair[result.Input]) string {
	side := func(in *result.Input) string {
		return fmt.Sprintf("%s, %d counted, SHA-256 %.12s", display.Plural(in.Rows, "row", "rows"), in.Counted, in.SHA256)
	}
	switch {
	case f.Was == nil || f.Now == nil:
		return side(f.Either())
	case f.Was.File != f.Now.File:
		return "was " + oneLine(f.Was.File)
	}
	return side(f.Was) + " → " + side(f.Now)
}

// threeRows are what each run says of a part of a result, and the change.
func threeRows[T compare.Figured](name, currency string, pair result.Pair[T],
	shown func(i int, d decimal.Decimal) string) [][]string {
	was, now, change := compare.Amounts(pair)
	rows := [][]string{{"  " + name, currency, "before"}, {"", "", "now"}, {"", "", "change"}}
	for n, amounts := range [][]decimal.Decimal{was, now, change} {
		for i := range change {
			cell := "-"
			if amounts != nil {
				cell = shown(i, amounts[i])
			}
			if n == 2 && amounts[i].Sign() > 0 {
				cell = "+" + cell
			}
			rows[n] = append(rows[n], cell)
		}
	}
	return rows
}

func plain(_ int, d decimal.Decimal) string { return tender.Thousands(d) }

func (p *differencePrinter) acceptance() {
	rows := [][]string{{"  series", "", "", "tendered early", "late", "tendered", "accepted", "returned", "factor"}}
	for _, s := range p.d.Series {
		if !compare.SeriesDiffer(s) {
			continue
		}
		three := threeRows(s.Either().ID, s.Either().Currency, s, plain)
		for i, side := range []*compare.SeriesResult{s.Was, s.Now} {
			if side != nil {
				three[i] = append(three[i], side.FactorWords())
			}
		}
		rows = append(rows, three...)
	}
	for _, t := range p.d.Totals {
		if !compare.Differ(t) {
			continue
		}
		for _, r := range threeRows("all series", t.Either().Currency, t, plain) {
			rows = append(rows, []string{r[0], r[1], r[2], "", "", r[3], r[4]})
		}
	}
	p.figures("acceptance", rows)
}

// figures prints a table under its title, unless it has a heading only.
func (p *differencePrinter) figures(title string, rows [][]string) {
	if len(rows) > 1 {
		p.section("%s", title)
		p.TableLeft(rows, 3)
	}
}

func (p *differencePrinter) cash() {
	rows := [][]string{{"  settlement", "", "", "principal", "consideration", "early payment", "interest", "total"}}
	for _, f := range p.d.Funding {
		if !compare.FundingDiffer(f) {
			continue
		}
		currency := f.Either().Currency
		three := threeRows(f.Either().Date, currency, f, func(i int, d decimal.Decimal) string {
			if i == 0 {
				return tender.Thousands(d)
			}
			return compare.Money(d, currency)
		})
		for i, side := range []*compare.FundingResult{f.Was, f.Now} {
			if side != nil && side.Status == settle.Paid {
				three[i] = append(three[i], "paid already")
			}
		}
		rows = append(rows, three...)
	}
	p.figures("to wire", rows)
}

func (p *differencePrinter) wires() {
	c := p.d.Wires
	if c == nil || len(c.Wires) == 0 {
		return
	}
	p.section("wires: %s, %d the same", display.Plural(len(c.Wires), "differs", "differ"), c.Same)
	p.wireRows(c, p.shown(len(c.Wires)))
	p.cut(len(c.Wires))
}

func (p *differencePrinter) caps() {
	rows := [][]string{{"  cap", "", "", "amount", "used", "left"}}
	for _, c := range p.d.Caps {
		if compare.Differ(c) {
			rows = append(rows, threeRows(oneLine(c.Either().Name), c.Either().Currency, c, plain)...)
		}
	}
	p.figures("caps", rows)
}

func (p *differencePrinter) instructions() {
	d := p.d
	if len(d.Lines) == 0 {
		return
	}
	n := d.Kinds()
	p.section("instructions: %d new, %d no longer counted, %d amended, %d accepted differently",
		n[result.New], n[result.NoLonger], n[result.Amended], n[result.Reclassed])
	rows := [][]string{{"  ", "depositary", "instruction", "", "series", "window", "tendered", "accepted", "returned",
		"cash"}}
	currencies := d.Currencies()
	for i := range d.Lines[:p.shown(len(d.Lines))] {
		was, now := currencies(&d.Lines[i])
		rows = append(rows, lineRows(&d.Lines[i], was, now)...)
	}
	p.TableLeft(rows, 6)
	p.cut(len(d.Lines))
}

// lineRows are one row for an instruction that counts in one run only, or two.
// was and now are its currencies.
func lineRows(c *result.Change, was, now string) [][]string {
	rows := [][]string{{"  " + workbook.ChangeName(c.Kind), oneLine(c.Depositary), oneLine(c.Instruction), ""}}
	side := func(n int, q result.Position, currency string) {
		rows[n] = append(rows[n], oneLine(q.Series), string(q.Window), tender.Thousands(q.Tendered),
			tender.Thousands(q.Accepted), tender.Thousands(q.Returned()), compare.Money(q.Total, currency))
	}
	switch c.Kind {
	case result.New:
		side(0, c.Now, now)
	case result.NoLonger:
		side(0, c.Was, was)
	default:
		rows[0][3] = "before"
		rows = append(rows, []string{"", "", "", "now"})
		side(0, c.Was, was)
		side(1, c.Now, now)
	}
	return rows
}

func (p *differencePrinter) rejects() {
	d := p.d
	if len(d.Findings) == 0 {
		return
	}
	p.section("rejects: %s", display.Plural(len(d.Findings), "differs", "differ"))
	var rows [][]string
	for _, r := range d.Findings[:p.shown(len(d.Findings))] {
		rows = append(rows, []string{"  " + compare.RejectWord(r), rejectPlace(r.Either()), r.Either().Rule,
			oneLine(r.Either().Message)})
	}
	p.TableLeft(rows, 4)
	p.cut(len(d.Findings))
}

func rejectPlace(r *tender.Finding) string {
	return oneLine(strings.TrimSpace(fmt.Sprintf("%s %s", r.Source.File, place(*r))))
}

// shown is how many of so many rows are printed.
func (p *differencePrinter) shown(n int) int {
	if p.all {
		return n
	}
	return min(n, MostShown)
}

// cut says how many are left out.
func (p *differencePrinter) cut(n int) {
	if left := n - p.shown(n); left > 0 {
		p.Linef("  … and %s more: --all prints them, --workbook FILE.xlsx lists them",
			tender.Thousands(decimal.NewFromInt(int64(left))))
	}
}
