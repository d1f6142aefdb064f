package notify

import (
	"fmt"
	"strings"
	"time"

	"tenderbatch/internal/display"
	"tenderbatch/internal/tender"
)

// Bounds of what is sent, in bytes.
const (
	maxField   = 500
	maxMessage = 8_000
	maxSubject = 160
	maxPing    = 10_000
)

// Line makes one line of a text, of at most most bytes: what cannot be seen is written
// out, line breaks and tabs become spaces. What is cut ends in "…".
func Line(s string, most int) string { return display.Cut(display.Flat(s), most) }

// lines is Line, but line breaks stay.
func lines(s string, most int) string {
	each := strings.Split(lineBreaks.Replace(s), "\n")
	for i, l := range each {
		each[i] = display.Flat(l)
	}
	// Cut last: what cannot be seen grows when it is written out.
	return display.Cut(strings.TrimRight(strings.Join(each, "\n"), " \n"), most)
}

var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// subject says what happened to which offer.
func (e Event) subject() string {
	return Line("batch: "+Line(e.about(), 80)+": "+e.headline(), maxSubject)
}

// text says what happened and what to do. Only in full it has the message and the totals.
func (e Event) text(full bool) string { return e.words(full, false) }

// letter is the text of a mail: in full, with the findings and the changes.
func (e Event) letter() string { return e.words(true, true) }

func (e Event) words(full, named bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", Line(e.about(), maxField), e.headline())
	if todo := e.whatToDo(); todo != "" {
		fmt.Fprintf(&b, "What to do: %s.\n", strings.TrimSuffix(Line(todo, maxField), "."))
	}
	if message := lines(e.Message, maxMessage); full && message != "" {
		fmt.Fprintf(&b, "\n%s\n", message)
	}
	if named {
		section(&b, "To act on:", e.Findings)
		section(&b, "Since the run before:", e.Changes)
	}
	b.WriteString("\n")
	for _, f := range e.fields(full) {
		if f[1] != "" {
			fmt.Fprintf(&b, "%-10s %s\n", f[0], Line(f[1], maxField))
		}
	}
	if named && len(e.Reports) > 0 {
		fmt.Fprintf(&b, "%-10s %s\n", "Reports", Line(strings.Join(e.Reports, "; "), maxField))
	}
	switch {
	case !named:
	case e.Attachment != nil:
		fmt.Fprintf(&b, "%-10s %s\n", "Attached", Line(e.Attachment.Name, maxField))
	case e.Unattached != "":
		fmt.Fprintf(&b, "%-10s %s\n", "Workbook", Line(e.Unattached, maxField))
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// mostListed is how many lines of a list a mail has.
const mostListed = 30

// section adds a list under a heading, which is left out if there is nothing in it.
func section(b *strings.Builder, heading string, all []string) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n", heading)
	for _, s := range all[:min(len(all), mostListed)] {
		fmt.Fprintf(b, "- %s\n", Line(s, 2*maxField))
	}
	if left := len(all) - mostListed; left > 0 {
		fmt.Fprintf(b, "and %d more, in the workbook\n", left)
	}
}

// clock shows an instant on the clocks of the offer.
func (e Event) clock(t time.Time) string {
	if e.Zone != nil {
		t = t.In(e.Zone)
	}
	return tender.WallTime(t.Truncate(time.Second), t.Location())
}

// slot shows the slot on the clocks of the offer.
func (e Event) slot() string {
	if e.Zone == nil {
		return e.Slot
	}
	return tender.InWallTime(e.Slot, e.Zone)
}

// fields are the particulars of an event, name and value; a value that is not known is
// "".
func (e Event) fields(full bool) [][2]string {
	fields := [][2]string{{"Issuer", e.Issuer}, {"Through", e.Through}, {"Run", e.Run}, {"Started by", e.Trigger}, {"Slot", e.slot()}}
	if !e.At.IsZero() {
		fields = append(fields, [2]string{"At", e.clock(e.At)})
	}
	if e.Kind == Failure {
		fields = append(fields, [2]string{"Exit code", fmt.Sprint(e.Exit)})
	}
	if e.Duration > 0 {
		fields = append(fields, [2]string{"Took", took(e.Duration)})
	}
	if e.Rows > 0 {
		fields = append(fields, [2]string{"Rows", fmt.Sprintf("%d read, %d counted, %d rejected", e.Rows, e.Counted,
			e.Rejected)})
	}
	if !full {
		return fields
	}
	for _, t := range e.Totals {
		fields = append(fields, [2]string{t.Currency,
			fmt.Sprintf("tendered %s, accepted %s, to wire %s", known(display.Thousands(t.Tendered)),
				known(display.Thousands(t.Accepted)), known(tender.Money(t.ToWire, t.Currency)))})
	}
	return fields
}

// took shows a length of time to the second, shorter ones to the millisecond.
func took(d time.Duration) string {
	if d < 10*time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// known is an amount as it is shown, or a dash if it is not known.
func known(amount string) string {
	if amount == "" {
		return "-"
	}
	return amount
}
