package termsheet

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/display"
	"tenderbatch/internal/schema"
	"tenderbatch/internal/strictyaml"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// cell is a cell of the form as it was read; its text is its own.
type cell struct {
	col, row   int // from 0 and from 1
	kind       xlsx.Kind
	format     xlsx.Format
	formula    bool
	text       string
	struck     bool
	appearance *xlsx.Appearance
	hidden     bool
}

// isBlank reports whether the cell says nothing.
func (c cell) isBlank() bool {
	return !c.formula && (c.kind == xlsx.Blank || (c.kind == xlsx.Text && values.Trim(c.text) == ""))
}

// notThere are words for a term that the offer does not have.
var notThere = map[string]bool{"n/a": true, "na": true, "not applicable": true, "-": true, "–": true, "—": true}

// placeholder is text that counsel writes where a value is still to come, such as [●] or TBD.
var placeholder = regexp.MustCompile(`(?i)^(\[[^\]]*\]|●+|•+|tbd|tbc|to be (determined|confirmed|announced)|\?+|x{3,})$`)

// asNode is the value of a cell as offer.yaml has it; nil for none. The error says what is wrong, and
// what to do.
func (c cell) asNode(v *schema.Value, f field, date1904 bool) (*strictyaml.Node, error) {
	if c.isBlank() || (c.kind == xlsx.Text && notThere[normal(values.Trim(c.text))]) {
		return nil, nil
	}
	if err := c.unsure(); err != nil {
		return nil, err
	}
	what := kindOf(v, f)
	switch {
	case c.kind == xlsx.Text && placeholder.MatchString(values.Trim(c.text)):
		return nil, errors.New("the value is still to come; fill it in, or clear the cell if the offer has none")
	case c.kind == xlsx.Bool && what != flag:
		return nil, errors.New("the spreadsheet has made TRUE or FALSE of what was typed; format the cell as text and " +
			"type it again")
	case c.kind == xlsx.Number:
		return c.numeric(what, date1904)
	}
	text := values.Trim(c.text)
	switch what {
	case number:
		return amountText(text, f)
	case choice:
		return strictyaml.Bare(wordMeant(text, v.Words())), nil
	case flag:
		return c.flagMeant(text)
	case day:
		return dayText(text)
	case moment:
		return momentText(text, v)
	case list:
		return listText(c.text)
	}
	return strictyaml.Text(strings.ReplaceAll(text, "\r\n", "\n")), nil
}

// unsure says why it is not sure what the cell says to a person.
func (c cell) unsure() error {
	switch {
	case c.formula:
		return errors.New("this is a formula; put its value in its place (copy it, then paste special, values)")
	case c.kind == xlsx.Error:
		return errors.New("this is an error of the spreadsheet; write the value")
	case c.struck:
		return errors.New("this is struck through; clear the cell, or take the line through it away if it counts")
	case c.hidden:
		return errors.New("this is in a hidden row or column; show it, and clear the cell if it does not count")
	}
	return nil
}

// numeric is the value of a cell that holds a number.
func (c cell) numeric(what kind, date1904 bool) (*strictyaml.Node, error) {
	if c.format == xlsx.DateTime {
		return c.serial(what, date1904)
	}
	if what == day || what == moment {
		return nil, errors.New("this is a number; write a date such as 2004-11-12, with 17:00 after it where a time " +
			"belongs")
	}
	if what == flag {
		return nil, errors.New("this is a number; write yes or no")
	}
	if err := c.shownOtherwise(); err != nil {
		return nil, err
	}
	v, ok := values.ControlNumber(c.text)
	if !ok {
		return nil, errors.New("the number is larger or finer than any of an offer; write it as text if it is meant")
	}
	if what == list {
		return &strictyaml.Node{Kind: strictyaml.List, Items: []*strictyaml.Node{strictyaml.Text(v.String())}}, nil
	}
	return strictyaml.Bare(v.String()), nil
}

// shownOtherwise says how a number format has a person see another value than the cell holds.
func (c cell) shownOtherwise() error {
	if c.format == xlsx.Percent {
		return errors.New("this is a percentage, which the spreadsheet keeps as a hundredth of what it shows; format " +
			"the cell as a " +
			"number and type it again: 4.5 for 4.5 percent")
	}
	a := c.appearance
	if a == nil {
		return nil
	}
	if a.Zeros > 0 || a.Masked || a.Padded || a.Scaled || a.Nothing || a.Negative || a.Literal != "" {
		return fmt.Errorf("the number format %s has a person see another value than the cell holds; format it as a "+
			"number, and "+
			"check it", display.Quote(a.Code))
	}
	return nil
}

// serial is the value of a cell that holds a date.
func (c cell) serial(what kind, date1904 bool) (*strictyaml.Node, error) {
	if what != day && what != moment {
		return nil, errors.New("the spreadsheet has made a date of what was typed; format the cell as text and type " +
			"it again")
	}
	t, err := xlsx.SerialTime([]byte(c.text), date1904)
	if err != nil {
		return nil, fmt.Errorf("%w; write a date such as 2004-11-12", err)
	}
	midnight := t.Equal(t.Truncate(24 * time.Hour))
	switch {
	case what == day && !midnight:
		return nil, fmt.Errorf("there is a time of day, %s; write the date alone", t.Format("15:04:05"))
	case what == day:
		return strictyaml.Bare(t.Format(time.DateOnly)), nil
	case midnight:
		return nil, errNoTimeOfDay
	}
	return strictyaml.Bare(wall(t)), nil
}

var errNoTimeOfDay = errors.New("there is a date and no time of day; add it, such as 2004-11-12 17:00; midnight " +
	"is written as text, " +
	"2004-11-12T24:00 at the end of the day and T00:00 at its beginning")

// wall is a wall time as offer.yaml has it, as short as it can be.
func wall(t time.Time) string {
	switch {
	case t.Nanosecond() > 0:
		return t.Format("2006-01-02T15:04:05.000")
	case t.Second() > 0:
		return t.Format("2006-01-02T15:04:05")
	}
	return t.Format("2006-01-02T15:04")
}

var (
	plainNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)
	onePoint    = regexp.MustCompile(`^[1-9][0-9]{0,2}\.[0-9]{3}$`)
	thousands   = regexp.MustCompile(`^-?[1-9][0-9]{0,2}((,[0-9]{3})+)(\.[0-9]+)?$`)
)

// amountText is a number that was written as text: with a point before the decimals, and commas
// between thousands only where they can be nothing else. Principal has no three decimals, so there a
// point before three digits may part thousands, too.
func amountText(s string, f field) (*strictyaml.Node, error) {
	m := thousands.FindStringSubmatch(s)
	principal := !f.price && !f.number
	switch {
	case principal && onePoint.MatchString(s):
		return nil, fmt.Errorf("the point can part thousands or decimals; write %s, or %s0", strings.ReplaceAll(s,
			".", ""), s)
	case plainNumber.MatchString(s):
		return strictyaml.Bare(s), nil
	case m != nil && len(m[1]) == len(",000") && m[3] == "":
		return nil, fmt.Errorf("the comma can part thousands or decimals; write %s or %s", strings.ReplaceAll(s, ",", ""),
			strings.ReplaceAll(s, ",", "."))
	case m != nil:
		return strictyaml.Bare(strings.ReplaceAll(s, ",", "")), nil
	case strings.HasSuffix(s, "%"):
		return nil, errors.New("percent signs are not read; write the number alone, 4.5 for 4.5 percent")
	case !strings.ContainsAny(s, "0123456789"):
		return strictyaml.Bare(strings.ToLower(s)), nil // a word, which the reader of the terms knows or not
	}
	return nil, errors.New("this is not a number that can be read one way only; write digits with a point before " +
		"the decimals, such as " +
		"1056.25 or 1,056.25, without a currency")
}

// wordMeant is the word of offer.yaml that a text means; the text itself if it means none.
func wordMeant(text string, words []string) string {
	for _, w := range words {
		if normal(w) == normal(text) {
			return w
		}
	}
	return text
}

func (c cell) flagMeant(text string) (*strictyaml.Node, error) {
	word := normal(text)
	if c.kind == xlsx.Bool {
		word = map[string]string{"1": "yes", "0": "no"}[text]
	}
	switch word {
	case "yes", "true", "y":
		return strictyaml.Bare("true"), nil
	case "no", "false", "n":
		return strictyaml.Bare("false"), nil
	}
	return nil, errors.New("write yes or no")
}

// dayText is a date that was written as text.
func dayText(s string) (*strictyaml.Node, error) {
	stamp, fault := values.TextStamp(s, "", values.DateRange{})
	switch {
	case fault != nil:
		return nil, fmt.Errorf("%s; write it as 2004-11-12 or 12 November 2004", fault.Message)
	case stamp.HasClock || stamp.Date.IsZero():
		return nil, errors.New("this is not a date alone; write it as 2004-11-12 or 12 November 2004")
	}
	return strictyaml.Bare(stamp.Date.String()), nil
}

// offerTime is a time as offer.yaml has it, which its reader checks.
var offerTime = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T`)

// The words of an Offer to Purchase: 5:00 p.m., New York City time, on November 12, 2004; or with the time last.
var (
	clockFirst = regexp.MustCompile(`(?i)^([0-9]{1,2}:[0-9]{2} ?[ap]\.?m\.?),?( New York City time,?)?( on)? ([^:]*[0-9]{4})$`)
	clockLast  = regexp.MustCompile(`(?i)^([^:]*[0-9]{4}),?( at)? ([0-9]{1,2}:[0-9]{2} ?[ap]\.?m\.?)(,? New York City time)?$`)
)

// dateFirst is a time in the words of an Offer to Purchase as a date, a time of day and a zone; others as they are.
func dateFirst(s string) string {
	text, newYork := s, ""
	if m := clockFirst.FindStringSubmatch(s); m != nil {
		text, newYork = m[4]+" "+m[1], m[2]
	} else if m := clockLast.FindStringSubmatch(s); m != nil {
		text, newYork = m[1]+" "+m[3], m[4]
	}
	if newYork != "" {
		text += " ET"
	}
	return text
}

// momentText is a time that was written as text, or one of the words that can be in its place.
func momentText(s string, v *schema.Value) (*strictyaml.Node, error) {
	if offerTime.MatchString(s) {
		return strictyaml.Bare(s), nil
	}
	if v.IsOpen() {
		switch strings.TrimSuffix(normal(s), " date") {
		case "early tender":
			return strictyaml.Bare("early_tender"), nil
		case "expiration":
			return strictyaml.Bare("expiration"), nil
		}
	}
	stamp, fault := values.TextStamp(dateFirst(s), "", values.DateRange{})
	switch {
	case fault != nil:
		return nil, fmt.Errorf("%s; write it as 2004-11-12 17:00 or 12 November 2004, 5:00 pm", fault.Message)
	case stamp.Date.IsZero():
		return nil, errors.New("there is a time of day and no date; write both, such as 2004-11-12 17:00")
	case !stamp.HasClock:
		return nil, errNoTimeOfDay
	case stamp.Zone.Location != nil:
		at, fault := stamp.Instant(stamp.Zone.Location)
		if fault != nil {
			return nil, errors.New(fault.Message)
		}
		return strictyaml.Bare(wall(at) + at.Format("Z07:00")), nil
	}
	return strictyaml.Bare(wallClock(stamp.Date, stamp.Clock)), nil
}

// wallClock is a date and the time since its midnight as offer.yaml has them.
func wallClock(d tender.Date, clock time.Duration) string {
	if clock == 24*time.Hour {
		return d.String() + "T24:00"
	}
	return wall(d.Time().Add(clock))
}

// listText is texts in one cell, separated by commas, semicolons or lines.
func listText(s string) (*strictyaml.Node, error) {
	n := &strictyaml.Node{Kind: strictyaml.List}
	for _, part := range strings.FieldsFunc(s, func(r rune) bool {
		return r == ',' || r == ';' || r == '\n' ||
			r == '\r'
	}) {
		if part = values.Trim(part); part != "" {
			n.Items = append(n.Items, strictyaml.Text(part))
		}
	}
	if len(n.Items) == 0 {
		return nil, errors.New("there is nothing between the commas; write what belongs here, or clear the cell")
	}
	return n, nil
}

// exactDigits is a number whose digits a spreadsheet keeps.
func exactDigits(v decimal.Decimal) bool {
	digits := strings.Trim(strings.ReplaceAll(v.Abs().String(), ".", ""), "0")
	return len(digits) <= values.MaxDigits && len(v.Abs().Truncate(0).String()) <= values.MaxDigits
}
