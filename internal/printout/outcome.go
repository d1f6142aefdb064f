package printout

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tenderbatch/internal/compare"
	"tenderbatch/internal/display"
	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// Outcome shows a person at a terminal what a run found and did.
func Outcome(out io.Writer, o *pipeline.Outcome) error {
	p := &Printer{w: out}
	p.heading(o.Run)
	for _, f := range o.Choice.Chosen {
		p.Linef("  read      %s (%s%s)%s", oneLine(f.Name), f.Depositary.Name, age(o.Run, f.Name), notRead(o.Run, f.Name))
	}
	for _, f := range o.Choice.Ignored {
		p.Linef("  left out  %s: %s", oneLine(f.Name), oneLine(f.Reason))
	}
	p.figures(o.Run)
	p.changes(o.Run)
	for _, remark := range o.Remarks {
		p.Linef("warning: %s", remark)
	}
	p.action(o)
	p.verdict(o)
	return p.err
}

// age says how many days old a file was at the instant of the run, "" for none.
func age(r *result.Run, file string) string {
	for i := range r.Inputs {
		if in := &r.Inputs[i]; in.File == file {
			return AgeWords(in, r.AsOf, r.Offer.Zone)
		}
	}
	return ""
}

// AgeWords says how many days old a file was at an instant, "" for none.
func AgeWords(in *result.Input, at time.Time, zone *time.Location) string {
	if days, _ := in.Age(at, zone); days > 0 {
		return ", " + display.Plural(days, "day", "days") + " old"
	}
	return ""
}

// notRead says which columns of a file are not read.
func notRead(r *result.Run, file string) string {
	for _, in := range r.Inputs {
		if in.File == file && len(in.Unread) > 0 {
			return "; columns not read: " + oneLine(strings.Join(in.Unread, ", "))
		}
	}
	return ""
}

// verdict is the last line where findings are open: what became of the run, and the exit
// code, which a shell or go run would otherwise show without a word.
func (p *Printer) verdict(o *pipeline.Outcome) {
	if o.Exit() != exitcode.OpenFindings {
		return
	}
	p.Linef("%s, with %s (exit code %d)", o.Action, display.Plural(o.Run.Open(), "open finding", "open findings"),
		o.Exit())
}

// Result shows the result of a run that was made again.
func Result(out io.Writer, r *result.Run) error {
	p := &Printer{w: out}
	p.heading(r)
	p.figures(r)
	return p.err
}

// Paste shows what to paste into the offer, if that would mend an error.
func Paste(out io.Writer, err error) {
	var files *tender.FileError
	if !errors.As(err, &files) {
		return
	}
	p := &Printer{w: out}
	for _, f := range files.Faults {
		if f.Paste != "" {
			p.Linef("\nto paste into offer.yaml, at the depositary of %s:", f.File)
			for line := range strings.Lines(f.Paste) {
				p.Linef("    %s", strings.TrimSuffix(line, "\n"))
			}
		}
	}
}

// Printer writes lines, free of what acts on a terminal, and remembers the first error.
type Printer struct {
	w    io.Writer
	err  error
	zone *time.Location // of the times of events
}

func (p *Printer) Linef(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintln(p.w, display.Lines(fmt.Sprintf(format, args...)))
	}
}

// Table writes rows of cells in columns, two spaces apart. The first column is
// aligned left, the others right.
func (p *Printer) Table(rows [][]string) { p.TableLeft(rows, 1) }

// TableLeft writes a table of which so many columns are aligned left.
func (p *Printer) TableLeft(rows [][]string, left int) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			cell = oneLine(cell)
			row[i] = cell
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i > 0 {
				line.WriteString("  ")
			}
			if i < left {
				line.WriteString(cell + pad)
			} else {
				line.WriteString(pad + cell)
			}
		}
		p.Linef("%s", strings.TrimRight(line.String(), " "))
	}
}

// ahead says what a run would do where a dry run wrote nothing.
func (p *Printer) ahead(o *pipeline.Outcome) {
	r, once := o.Run, ""
	asked := slices.ContainsFunc(r.Decisions, func(d tender.Decision) bool { return d.Kind == tender.Supersede })
	refused := slices.ContainsFunc(o.Remarks, func(w tender.Warning) bool { return w.Code == tender.WarnWouldBeRefused })
	switch {
	case o.Known != "":
		p.Linef("nothing has changed since %s: a run would publish nothing, and --force would make that one again", o.Known)
	case r.Replaces == "", asked && refused:
	case asked && r.MustBeReleased():
		p.Linef("once it is released, it would replace the final run %s", r.Replaces)
	case asked:
		p.Linef("it would replace the final run %s", r.Replaces)
	default:
		if r.Open() > 0 {
			once = ", once no finding is open, or with --accept-rejects WHY"
		}
		p.Linef("the final run %s is in force; --supersede %[1]s --reason SENTENCE would replace it%s", r.Replaces, once)
	}
}

func (p *Printer) heading(r *result.Run) {
	p.Linef("%s: %s, %s as of %s, terms version %d", r.Offer.ID, r.Offer.Issuer, r.Phase,
		tender.WallTime(r.AsOf, r.Offer.Zone), r.Offer.Version())
}

// DayAndTime is an instant with its day of the week, on its own clocks.
func DayAndTime(t time.Time) string { return t.Format("Mon ") + tender.WallTime(t, t.Location()) }

// ToTheSecond is the time of an event, of which the fractions of the machine's clock
// say nothing.
func ToTheSecond(t time.Time) string { return tender.WallTime(t.Truncate(time.Second), t.Location()) }

// event is the time of an event on the clocks of the printer's zone.
func (p *Printer) event(t time.Time) string { return ToTheSecond(t.In(p.zone)) }

func (p *Printer) figures(r *result.Run) {
	p.Linef("")
	p.series(r)
	p.Linef("")
	p.funding(r)
	p.Findings(r)
}

func (p *Printer) series(r *result.Run) {
	rows := [][]string{{"series", "level", "", "tendered early", "late", "accepted", "factor", "returned"}}
	for i, s := range r.Offer.Series {
		tendered, accepted := r.Book.Totals[i], r.Allocation.Series[i]
		rows = append(rows, []string{
			s.ID, LevelText(r.Offer, s), s.Currency, tender.Thousands(tendered.Early), tender.Thousands(tendered.Late),
			tender.Thousands(accepted.Sum()), accepted.FactorWords(), tender.Thousands(tendered.Sum().Sub(accepted.Sum())),
		})
	}
	p.Table(rows)
}

// LevelText is a series' level, or that it has none.
func LevelText(o *tender.Offer, s tender.Series) string {
	switch {
	case o.AuctionOf(s.ID) != nil:
		return "auction"
	case s.Priority == 0:
		return "any and all"
	}
	return s.LevelText()
}

func (p *Printer) funding(r *result.Run) {
	rows := [][]string{{"to wire", "on", "principal", "consideration", "early payment", "interest", "total"}}
	for _, f := range r.Settlement.Funding {
		currency := f.Currency
		if f.Status == settle.Paid {
			currency += " (paid already)"
		}
		rows = append(rows, []string{currency, f.Date.String(), tender.Thousands(f.Accepted),
			tender.Thousands(f.Consideration),
			tender.Thousands(f.EarlyPayment), tender.Thousands(f.AccruedInterest), tender.Thousands(f.Total())})
	}
	if len(rows) == 1 {
		p.Linef("nothing to wire")
		return
	}
	p.Table(rows)
}

func (p *Printer) Findings(r *result.Run) {
	c := r.Counts()
	p.Linef("\n%d rows: %d counted, %d not counted, %d rejected", c.Rows, c.Counted, c.NotCounted, c.Rejected)
	if c.Carried > 0 {
		p.Linef("%s from earlier reports", display.Plural(c.Carried, "more counts", "more count"))
	}
	p.findingLists(r.Groups(), r.Accepted())
	for _, warning := range r.Warnings {
		p.Linef("warning: %s", warning)
	}
}

// changes says in a few lines what differs from the run that this one is compared
// with, and what that means for the wires of a superseded one.
func (p *Printer) changes(r *result.Run) {
	if r.Changes == nil {
		return
	}
	p.Linef("")
	for _, line := range compare.ChangeLines(r) {
		p.Linef("%s", line)
	}
	if c := r.WireChanges; c != nil {
		p.wireRows(c, min(len(c.Wires), MostShown))
		if left := len(c.Wires) - MostShown; left > 0 {
			p.Linef("  … and %d more on the sheet Wire changes", left)
		}
	}
}

// wireRows prints the first of the wires that differ.
func (p *Printer) wireRows(c *result.WireChanges, most int) {
	rows := [][]string{}
	for i := range c.Wires[:most] {
		w := &c.Wires[i]
		rows = append(rows, []string{"  " + string(w.Kind), w.Reference, oneLine(w.Depositary), oneLine(w.Participant),
			compare.Money(w.Was, w.Currency), "→", compare.Money(w.Now, w.Currency), tender.PlusSign(w.Now.Sub(w.Was)) +
				compare.Money(w.Now.Sub(w.Was), w.Currency)})
	}
	p.TableLeft(rows, 4)
}

func (p *Printer) action(o *pipeline.Outcome) {
	switch o.Action {
	case pipeline.Published:
		p.Linef("published: %s/%s", o.Folder, result.WorkbookName)
	case pipeline.Unchanged:
		p.Linef("nothing has changed since %s; --force makes it again", o.Folder)
	case pipeline.Restored:
		p.Linef("published before: %s; latest points at it again", o.Folder)
	case pipeline.Rebuilt:
		p.Linef("made again, with the same bytes as %s", o.Folder)
	case pipeline.Computed:
		p.Linef("dry run: nothing written")
		p.ahead(o)
		return
	}
	switch {
	case o.Run.Replaces != "" && o.Run.Replaces == o.Final:
		p.Linef("once it is released, it replaces the final run %s, which is in force until then", o.Final)
		return
	case o.Run.Replaces != "":
		p.Linef("it replaces the final run %s", o.Run.Replaces)
	}
	if o.Final != "" {
		p.Linef("the final run in force is %s", o.Final)
	}
}

func place(r tender.Finding) string {
	switch {
	case r.Source.Row == 0:
		return "the whole file"
	case r.Cell == "":
		return strings.TrimSpace(fmt.Sprintf("%s row %d", r.Source.Sheet, r.Source.Row))
	case r.Source.Sheet == "":
		return r.Cell
	}
	return r.Source.Sheet + "!" + r.Cell
}

// New is a printer to a writer.
func New(w io.Writer) *Printer { return &Printer{w: w} }

// Err is the first error of writing.
func (p *Printer) Err() error { return p.err }
