// Package swiftmt writes corporate action messages of SWIFT MT (ISO 15022), as text blocks: the
// characters are those of the set X, lines end in carriage return and line feed, and decimals have a
// comma. docs/exchange.md says from where each field comes.
package swiftmt

import (
	"fmt"
	"io"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/confirm"
	"tenderbatch/internal/swifttext"
	"tenderbatch/internal/tender"
)

// block is a text block while it is written, and the first thing that does not fit into it.
type block struct {
	text strings.Builder
	err  error
}

// mostLine is how many characters a line can have behind its tag.
const mostLine = 35

// field adds a field: its tag, and lines.
func (b *block) field(tag string, lines ...string) {
	for i, line := range lines {
		if b.err == nil && (!swifttext.Is(line) || line == "" || (i > 0 && strings.ContainsAny(line[:1], "-:"))) {
			b.err = fmt.Errorf("field %s: %q has characters that SWIFT does not take", tag, line)
		}
	}
	fmt.Fprintf(&b.text, ":%s:%s\r\n", tag, strings.Join(lines, "\r\n"))
}

// within adds a sequence.
func (b *block) within(name string, add func()) {
	b.field("16R", name)
	add()
	b.field("16S", name)
}

// number is a decimal with a comma, in at most 15 characters.
func (b *block) number(d decimal.Decimal) string {
	const most = 15
	text := strings.Replace(d.String(), ".", ",", 1)
	if !strings.Contains(text, ",") {
		text += ","
	}
	if len(text) > most && b.err == nil {
		b.err = fmt.Errorf("%s has more than %d characters, the most that SWIFT takes of a number", text, most)
	}
	return text
}

// general adds what a message is and of which event, and more fields.
func (b *block) general(event, id, eventType string, more ...func()) {
	b.within("GENL", func() {
		b.field("20C", ":CORP//"+event)
		b.field("20C", ":SEME//"+id)
		b.field("23G", "NEWM")
		b.field("22F", ":CAEV//"+eventType)
		for _, add := range more {
			add()
		}
	})
}

func (b *block) security(s string) {
	const isin = 12
	if len(s) == isin {
		b.field("35B", "ISIN "+s)
		return
	}
	b.field("35B", "/US/"+s) // a CUSIP
}

// write writes the block.
func (b *block) write(w io.Writer) error {
	if b.err != nil {
		return b.err
	}
	_, err := io.WriteString(w, "{4:\r\n"+b.text.String()+"-}\r\n")
	return err
}

func day(d tender.Date) string { return fmt.Sprintf("%04d%02d%02d", d.Year, d.Month, d.Day) }

// wrapped is a text in lines, broken at spaces where that is possible.
func wrapped(text string) (lines []string) {
	for len(text) > mostLine {
		end := strings.LastIndex(text[:mostLine+1], " ")
		if end <= 0 {
			end = mostLine
		}
		lines, text = append(lines, text[:end]), strings.TrimLeft(text[end:], " ")
	}
	return append(lines, text)
}

// WriteConfirmation writes the text block of an MT 566.
func WriteConfirmation(w io.Writer, c *confirm.Confirmation, eventType string) error {
	b := &block{}
	b.general(c.Event, c.ID, eventType)
	b.within("USECU", func() {
		b.security(c.Security)
		b.within("ACCTINFO", func() {
			b.field("97A", ":SAFE//"+c.Participant)
			b.field("93B", ":CONB//FAMT/"+b.number(c.Tendered))
			b.field("93B", ":AFFB//FAMT/"+b.number(c.Accepted))
			b.field("93B", ":UNAF//FAMT/"+b.number(c.Returned))
		})
	})
	b.within("CACONF", func() {
		b.field("13A", ":CAON//"+c.Option)
		b.field("22F", ":CAOP//CASH")
		if c.Rate != nil {
			b.field("92A", ":PROR//"+b.number(*c.Rate))
		}
		b.within("SECMOVE", func() {
			b.field("22H", ":CRDB//DEBT")
			b.security(c.Security)
			b.field("36B", ":PSTA//FAMT/"+b.number(c.Accepted))
			b.field("98A", ":POST//"+day(c.Date))
		})
		b.within("CASHMOVE", func() {
			b.field("22H", ":CRDB//CRED")
			b.cash("PSTA", c.Cash.Total, c.Currency)
			b.cash("PRIN", c.Cash.Principal(), c.Currency)
			if !c.Cash.Interest.IsZero() {
				b.cash("ACRU", c.Cash.Interest, c.Currency)
			}
			b.field("98A", ":POST//"+day(c.Date))
			b.field("90A", ":OFFR//PRCT/"+b.number(c.Percent))
		})
	})
	b.within("ADDINFO", func() { b.field("70E", append([]string{":ADTX//WIRE"}, wrapped(c.Reference)...)...) })
	return b.write(w)
}

func (b *block) cash(qualifier string, d decimal.Decimal, currency string) {
	b.field("19B", ":"+qualifier+"//"+currency+b.number(d))
}
