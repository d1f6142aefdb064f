package cainstruction

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// Bounds of a message, far above those of FIN (10,000 characters).
const (
	mostLines  = 2_000
	mostFields = 1_000
	mostLine   = 2_000 // bytes
)

var (
	blockStart = regexp.MustCompile(`^\{[1-5]:`)
	fieldStart = regexp.MustCompile(`^:([0-9]{2}[A-Z]?):(.*)$`)
	qualified  = regexp.MustCompile(`^:([A-Z0-9]{4})/([A-Z0-9]{0,8})/(.*)$`)
	typeOf     = regexp.MustCompile(`^\{2:[IO]([0-9]{3})`)
	delivered  = regexp.MustCompile(`^\{2:O[0-9]{3}[0-9]{10}[A-Z0-9]{12}[0-9]{10}` +
		`([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})`)
)

const askAgain = "ask for the file to be sent again"

// readMT reads messages in the form of FIN, with their blocks or as the text block alone.
func readMT(content []byte) ([]*message, *lineFault) {
	lines, fault := textLines(content)
	if fault != nil {
		return nil, fault
	}
	var all []*message
	for at := 0; at < len(lines); {
		line := strings.TrimLeft(lines[at], "$ ")
		switch {
		case line == "" || line == "-":
			at++
		case strings.HasPrefix(line, "{5:") || strings.HasPrefix(line, "{S:") || line == "-}":
			if at, fault = afterTrailer(lines, at); fault != nil {
				return nil, fault
			}
		case blockStart.MatchString(line) || fieldStart.MatchString(line):
			m, next, fault := readOne(lines, at)
			if fault != nil {
				return nil, fault
			}
			all, at = append(all, m), next
		default:
			return nil, faultAt(at+1, "this is neither the beginning of a message nor part of one", askAgain)
		}
	}
	return all, nil
}

// textLines are the lines of a text in the characters that FIN has.
func textLines(content []byte) ([]string, *lineFault) {
	text := string(bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n")))
	lines := strings.Split(strings.TrimSuffix(strings.TrimPrefix(text, "\ufeff"), "\r"), "\n")
	for i, line := range lines {
		if at := strings.IndexFunc(line, func(r rune) bool { return r < ' ' || r > '~' }); at >= 0 {
			return nil, faultAt(i+1, fmt.Sprintf("the line has a character that messages do not have, %q",
				line[at:at+1]), askAgain)
		}
		if lines[i] = strings.TrimRight(line, " "); len(lines[i]) > mostLine {
			return nil, faultAt(i+1, "the line is longer than any of a message", askAgain)
		}
	}
	return lines, nil
}

// field is a field of the text block.
type field struct {
	tag, value string
	line       int
	within     []string // the sequences it is in
}

// readOne reads one message from a line on, and returns the line after it.
func readOne(lines []string, at int) (*message, int, *lineFault) {
	m := &message{line: at + 1}
	if line := strings.TrimLeft(lines[at], "$ "); strings.HasPrefix(line, "{1:F21") || strings.HasPrefix(line, "{1:A21") {
		return nil, 0, faultAt(m.line, "this is an acknowledgement of the network, which a sender gets, and no instruction",
			"ask for the messages without their acknowledgements")
	}
	header, body, next, fault := blocks(lines, at)
	if fault != nil {
		return nil, 0, fault
	}
	if kind := typeOf.FindStringSubmatch(blockOf(header, "2")); kind != nil && kind[1] != "565" {
		return nil, 0, faultAt(m.line, fmt.Sprintf("the message is an MT %s; instructions are MT 565", kind[1]),
			"take the message out, or ask for one with instructions only")
	}
	if out := delivered.FindStringSubmatch(blockOf(header, "2")); out != nil {
		m.set(colDelivered, fmt.Sprintf("20%s-%s-%s %s:%s", out[1], out[2], out[3], out[4], out[5]), m.line)
	}
	fields, fault := fieldsOf(lines, body[0], body[1])
	if fault != nil {
		return nil, 0, fault
	}
	if fault := m.fill(fields); fault != nil {
		return nil, 0, fault
	}
	return m, next, nil
}

// blocks finds the blocks of a message: what is before the text block, and the lines of that.
func blocks(lines []string, at int) (header string, body [2]int, next int, fault *lineFault) {
	first := at
	line := strings.TrimLeft(lines[at], "$ ")
	if fieldStart.MatchString(line) {
		end := first
		for end < len(lines) && lines[end] != "-" && !strings.HasPrefix(lines[end], "-}") &&
			!strings.HasPrefix(lines[end], "$") &&
			!(end > first && (blockStart.MatchString(lines[end]) || lines[end] == ":16R:GENL")) {
			end++
		}
		switch next = end; {
		case end-first > mostLines:
			return "", body, 0, faultAt(first+1, "the message has more lines than any", askAgain)
		case end < len(lines) && lines[end] == "-":
			next = end + 1
		case end < len(lines) && strings.HasPrefix(lines[end], "-}"):
			next, fault = afterTrailer(lines, end)
		}
		return "", [2]int{first, end}, next, fault
	}
	for ; at < len(lines) && at-first < mostLines; at++ {
		line = strings.TrimLeft(lines[at], "$ ")
		if strings.Count(header+line, "{1:") > 1 || strings.Count(header+line, "{2:") > 1 {
			return "", body, 0, faultAt(first+1, "the message is cut off: it has headers and no text block", askAgain)
		}
		if i := strings.Index(line, "{4:"); i >= 0 {
			if rest := line[i+len("{4:"):]; rest != "" {
				return "", body, 0, faultAt(at+1, "the text block does not begin on a line of its own", askAgain)
			}
			header += line[:i]
			for end := at + 1; end < len(lines) && end-at < mostLines; end++ {
				if strings.HasPrefix(lines[end], "-}") {
					next, fault = afterTrailer(lines, end)
					return header, [2]int{at + 1, end}, next, fault
				}
				if blockStart.MatchString(lines[end]) {
					break
				}
			}
			return "", body, 0, faultAt(first+1, "the message is cut off: its text block has no end", askAgain)
		}
		header += line
	}
	return "", body, 0, faultAt(first+1, "the message has no text block", askAgain)
}

// trailers are what can follow the text block of a message.
var trailers = regexp.MustCompile(`^(-\})?\s*(\{[5S]:(\{[^{}]*\})*\}\s*)*\$?\s*$`)

// afterTrailer is the line after the end of a message. Blocks 5 and S can be on the same line, and so can the
// beginning of another message. Other text is a fault: it may be one.
func afterTrailer(lines []string, end int) (int, *lineFault) {
	rest, another := lines[end], strings.Index(lines[end], "{1:")
	if another >= 0 {
		rest = rest[:another]
	}
	if !trailers.MatchString(strings.TrimLeft(rest, "$ ")) {
		return 0, faultAt(end+1, "there is text after the end of the message", askAgain)
	}
	if another < 0 {
		return end + 1, nil
	}
	lines[end] = lines[end][another:]
	return end, nil
}

// blockOf is a block of the header, "" if there is none.
func blockOf(header, number string) string {
	if i := strings.Index(header, "{"+number+":"); i >= 0 {
		return header[i:]
	}
	return ""
}

// fieldsOf reads the fields of a text block; sequences must begin and end in pairs.
func fieldsOf(lines []string, from, to int) (fields []field, fault *lineFault) {
	var within []string
	for i := from; i < to; i++ {
		found := fieldStart.FindStringSubmatch(lines[i])
		switch {
		case lines[i] == "" && (len(fields) == 0 || isOneLine(fields[len(fields)-1].tag)):
			continue
		case found == nil && (len(fields) == 0 || isOneLine(fields[len(fields)-1].tag)):
			return nil, faultAt(i+1, "the line belongs to no field", askAgain)
		case found == nil:
			fields[len(fields)-1].value += "\n" + lines[i]
			continue
		case len(fields) >= mostFields:
			return nil, faultAt(i+1, "the message has more fields than any", askAgain)
		case found[1] == "16R":
			within = append(slices.Clone(within), found[2])
			if len(within) > 4 {
				return nil, faultAt(i+1, "sequences are within each other deeper than in any message", askAgain)
			}
		case found[1] == "16S":
			if len(within) == 0 || within[len(within)-1] != found[2] {
				return nil, faultAt(i+1, fmt.Sprintf("the sequence %s ends here and did not begin", found[2]), askAgain)
			}
			within = within[:len(within)-1]
		}
		fields = append(fields, field{found[1], found[2], i + 1, within})
	}
	if len(within) > 0 {
		return nil, faultAt(to, fmt.Sprintf("the message is cut off: its sequence %s has no end",
			within[len(within)-1]), askAgain)
	}
	return fields, nil
}

// isOneLine reports whether a field never has a second line, of those that are read.
func isOneLine(tag string) bool {
	return slices.Contains(strings.Fields("16R 16S 20C 22F 23G 36B 36C 90A 97A 97B 98A 98C 98E"), tag)
}

// fill takes what the message says. A field that is there twice and says two things is a fault, as it
// is not known which of them counts.
func (m *message) fill(fields []field) *lineFault {
	once := map[string]field{}
	for _, f := range fields {
		key := f.key()
		if slices.Contains([]string{"22F:CAEV", "22F:CAOP", "23G", "35B@USECU", "97A:SAFE", "97B:SAFE", "36B:QINS",
			"36C:QINS",
			"20C:SEME", "20C:PREV", "98A:PREP", "98C:PREP", "98E:PREP", "90A:OFFR", "16R@CAINST"}, key) {
			if was, twice := once[key]; twice && (was.value != f.value || key == "16R@CAINST") {
				return faultAt(f.line, fmt.Sprintf(":%s: is in the message twice, first on line %d: it is not known which "+
					"counts", f.tag,
					was.line), "ask for one message for each instruction")
			}
		}
		once[key] = f
		if f.tag == "70E" {
			m.notes++
		}
	}
	if _, there := once["16R@CAINST"]; !there {
		return faultAt(m.line, "the message has no sequence CAINST, so it is no MT 565 that instructs anything",
			"take the message out, or ask for one with instructions only")
	}
	m.fillIdentity(once)
	m.fillQuantity(once)
	m.fillTimes(once)
	return nil
}

// key is how a field is looked up: tag and qualifier, or its sequence where it has none.
func (f field) key() string {
	if q := qualified.FindStringSubmatch(f.value); q != nil {
		return f.tag + ":" + q[1]
	}
	switch {
	case f.tag == "16R":
		return f.tag + "@" + f.value
	case f.tag == "35B" && len(f.within) > 0:
		return f.tag + "@" + f.within[len(f.within)-1]
	}
	return f.tag
}

// content is the value of a field without its qualifier.
func (f field) content() string {
	if q := qualified.FindStringSubmatch(f.value); q != nil {
		return q[3]
	}
	return f.value
}

func (m *message) fillIdentity(once map[string]field) {
	function := once["23G"]
	code, _, _ := strings.Cut(function.value, "/")
	m.cancels = code == "CANC"
	m.event, m.option = once["22F:CAEV"].content(), once["22F:CAOP"].content()
	m.set(colFunction, functionText(code, m.event, m.option), function.line)
	m.set(colReference, once["20C:SEME"].content(), once["20C:SEME"].line)
	m.refersTo = once["20C:PREV"].content()
	m.set(colAccount, once["97A:SAFE"].content(), once["97A:SAFE"].line)
	if account := once["97B:SAFE"]; account.tag != "" && m.text[colAccount] == "" {
		_, number, _ := strings.Cut(account.content(), "/") // after the type of the account
		m.set(colAccount, number, account.line)
	}
	security := once["35B@USECU"]
	m.set(colSecurity, securityText(security.value), security.line)
}

// functionText is what a message does: its function, and event and option if they are not those of a
// tender for cash.
func functionText(function, event, option string) string {
	if (event == "TEND" || event == "DTCH") && option == "CASH" {
		return function
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s %s", function, orNone(event), orNone(option)))
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// securityText is the ISIN or CUSIP in 35B: "ISIN US0378331005", or "/US/037833100" on a line of its own.
func securityText(s string) string {
	cusip := ""
	for line := range strings.SplitSeq(s, "\n") {
		if isin, is := strings.CutPrefix(line, "ISIN "); is {
			return isin
		}
		if id, is := strings.CutPrefix(line, "/US/"); is && cusip == "" {
			cusip = id
		}
	}
	if cusip != "" {
		return cusip
	}
	first, _, _ := strings.Cut(s, "\n")
	return first
}

// fillQuantity takes the face amount that is instructed. Units, and all there is, are no amount.
func (m *message) fillQuantity(once map[string]field) {
	quantity := once["36B:QINS"]
	kind, amount, _ := strings.Cut(quantity.content(), "/")
	switch {
	case quantity.tag == "" && once["36C:QINS"].tag != "":
		m.set(colQuantity, once["36C:QINS"].content(), once["36C:QINS"].line)
	case kind == "FAMT":
		m.set(colQuantity, pointed(amount), quantity.line)
	default:
		m.set(colQuantity, strings.TrimSpace(kind+" "+pointed(amount)), quantity.line)
	}
	if price := once["90A:OFFR"]; price.tag != "" {
		kind, value, _ := strings.Cut(price.content(), "/")
		m.set(colBid, perThousand(kind, pointed(value)), price.line)
	}
	for _, key := range otherBids {
		if f := once[key]; f.tag != "" {
			m.set(colBid, strings.TrimSpace(m.text[colBid]+" :"+f.tag+":"+f.value), f.line)
		}
	}
}

// otherBids are fields of a price, or of a rate, in a form that is not read. They are bids all the same: a tender without
// one is taken by an auction at the best price.
var otherBids = []string{"90B:OFFR", "90E:OFFR", "90F:OFFR", "90J:OFFR", "90K:OFFR", "90L:OFFR", "92A:PROP", "92F:PROP"}

// finNumber is a number of FIN: digits with one comma before the decimals, which may be none.
var finNumber = regexp.MustCompile(`^([0-9]{1,14}),([0-9]{0,14})$`)

// pointed is a number of FIN with a point before its decimals; what is none stays as it is.
func pointed(s string) string {
	m := finNumber.FindStringSubmatch(s)
	switch {
	case m == nil:
		return s
	case m[2] == "":
		return m[1]
	}
	return m[1] + "." + m[2]
}

// perThousand is a price in percent of the principal per 1,000 of it; others stay as they are, with
// their type, so that they are not taken for it.
func perThousand(kind, value string) string {
	v, err := decimal.NewFromString(value)
	if kind != "PRCT" || err != nil || len(value) > 30 {
		return kind + " " + value
	}
	return v.Shift(1).String()
}

var (
	prepDay    = regexp.MustCompile(`^([0-9]{4})([0-9]{2})([0-9]{2})$`)
	prepTime   = regexp.MustCompile(`^([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})$`)
	prepOffset = regexp.MustCompile(`^([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})` +
		`(?:,([0-9]{1,3}))?(?:/(N?)([0-9]{2})([0-9]{2})?)?$`)
)

// fillTimes takes when the message was prepared, as a report would write it.
func (m *message) fillTimes(once map[string]field) {
	for _, tag := range []string{"98E:PREP", "98C:PREP", "98A:PREP"} {
		f := once[tag]
		if f.tag == "" {
			continue
		}
		m.set(colPrepared, timeText(f.tag, f.content()), f.line)
		return
	}
}

func timeText(tag, s string) string {
	switch d, t, o := prepDay.FindStringSubmatch(s), prepTime.FindStringSubmatch(s), prepOffset.FindStringSubmatch(s); {
	case tag == "98A" && d != nil:
		return strings.Join(d[1:], "-")
	case tag == "98C" && t != nil:
		return fmt.Sprintf("%s-%s-%sT%s:%s:%s", t[1], t[2], t[3], t[4], t[5], t[6])
	case tag == "98E" && o != nil:
		text := fmt.Sprintf("%s-%s-%sT%s:%s:%s", o[1], o[2], o[3], o[4], o[5], o[6])
		if o[7] != "" {
			text += "." + o[7]
		}
		if o[9] != "" {
			sign, minutes := "+", o[10]
			if o[8] == "N" {
				sign = "-"
			}
			if minutes == "" {
				minutes = "00"
			}
			text += sign + o[9] + ":" + minutes
		}
		return text
	}
	return s
}
