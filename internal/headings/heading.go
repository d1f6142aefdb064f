package headings

import (
	"fmt"
	"slices"
	"strings"

	"tenderbatch/internal/display"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// Column is one thing a row says. The names are those of the offer's columns
// key.
type Column int

const (
	ColInstruction Column = iota
	ColSecurity
	ColPrincipal
	ColReceived
	ColReceivedDate
	ColReceivedTime
	ColParticipant
	ColParticipantName
	ColHolderReference
	ColContact
	ColCurrency
	ColStatus
	ColIsWithdrawn // whether, beside a column that says when
	ColWithdrawn
	ColWithdrawnDate
	ColWithdrawnTime
	ColDelivery
	ColCovered
	ColBid // in an auction
	ColumnCount

	NoColumn Column = -1
)

// Heading is how a column is called: by us, and in the files. Names are in the
// form of normal. The second names are taken only where none of the first ones
// is there, since they often head other columns too.
type heading struct {
	Name          string
	First, Second []string
}

// Headings are, by column, its name in the terms and the words by which it is known.
var Headings = [ColumnCount]heading{
	ColInstruction: {"instruction",
		values.Words("voi voinumber voino voinum voiid instructionid instructionidentifier instructionno " +
			"instructionnumber instructionnum instructionreference instructionreferencenumber instructionref " +
			"tenderid tendernumber tenderno tenderreference"),
		values.Words("transactionid transactionnumber transactionno transactionreference transactionref instruction " +
			"reference referencenumber referenceno refno ref confirmationnumber id")},
	ColSecurity: {"security",
		values.Words("cusip cusipnumber cusipno isin isincode isinnumber cusipisin isincusip cusiporisin securityid " +
			"securityidentifier securitycode securitynumber securitycusip securityisin"),
		values.Words("contracusip targetcusip subjectcusip security securityno")},
	ColPrincipal: {"principal",
		values.Words("principal principalamount principalamounttendered principaltendered principaltenderedamount " +
			"amounttendered tenderedamount tenderamount tenderedprincipal tenderedprincipalamount nominal " +
			"nominalamount nominaltendered facevalue faceamount face principalamountatmaturity blockedquantity " +
			"blockedamount quantitytendered tenderedquantity instructedquantity instructedamount"),
		values.Words("quantity qty amount")},
	ColReceived: {"received",
		values.Words("submittedat submitted submissiondatetime datetimesubmitted dateandtimesubmitted " +
			"submittedtimestamp received receivedat receiveddatetime receiptdatetime datetimereceived " +
			"dateandtimereceived datetimeofreceipt dateandtimeofreceipt receivedtimestamp instructiondatetime " +
			"instructiontimestamp instructiondateandtime timestamp entrydatetime entereddatetime enteredat " +
			"inputdatetime creationdatetime createdat datetime dateandtime"), nil},
	ColReceivedDate: {"received_date",
		values.Words("instructiondate datereceived receiveddate receiptdate dateofreceipt submissiondate " +
			"submitteddate datesubmitted entrydate dateentered inputdate"),
		values.Words("date")},
	ColReceivedTime: {"received_time",
		values.Words("instructiontime timereceived receivedtime receipttime timeofreceipt submissiontime " +
			"submittedtime timesubmitted entrytime timeentered inputtime"),
		values.Words("time")},
	ColParticipant: {"participant",
		values.Words("dtcparticipantnumber dtcparticipantno dtcparticipantid participantno participantnumber " +
			"participantnum participantid participantcode participantaccount dtcnumber dtcno"),
		values.Words("participant dtcparticipant account accountnumber accountno accountid member membernumber " +
			"memberno memberid custodian")},
	ColParticipantName: {"participant_name",
		values.Words("participantname dtcparticipantname nameofparticipant accountname membername custodianname"), nil},
	ColHolderReference: {"holder_reference",
		values.Words("customerreference customerref holderreference holderref clientreference clientref " +
			"beneficialownerreference beneficialownerref"),
		values.Words("beneficialowner beneficialholder holder customer client")},
	ColContact: {"contact", values.Words("contact contactdetails contactname contactperson"),
		values.Words("contactemail email contactphone phone telephone")},
	ColCurrency: {"currency", values.Words("currency ccy currencycode curr cur"), nil},
	ColStatus: {"status", values.Words("status instructionstatus statuscode instructionstatuscode tenderstatus " +
		"voistatus"), values.Words("state")},
	ColIsWithdrawn: {"is_withdrawn",
		values.Words("withdrawnyn withdrawnyesno withdrawnflag withdrawnindicator iswithdrawn withdrawalflag " +
			"withdrawalindicator withdrawalyn"),
		values.Words("withdrawn")},
	ColWithdrawn: {"withdrawn",
		values.Words("withdrawnat withdrawn withdrawaldatetime withdrawndatetime datetimewithdrawn " +
			"dateandtimewithdrawn withdrawalat withdrawaltimestamp cancellationdatetime cancelleddatetime " +
			"canceleddatetime cancelledat canceledat"), nil},
	ColWithdrawnDate: {"withdrawn_date",
		values.Words("withdrawaldate withdrawndate datewithdrawn dateofwithdrawal cancellationdate"), nil},
	ColWithdrawnTime: {"withdrawn_time",
		values.Words("withdrawaltime withdrawntime timewithdrawn timeofwithdrawal cancellationtime"), nil},
	ColDelivery: {"delivery", values.Words("delivery deliverymethod methodofdelivery deliverytype"),
		values.Words("guaranteeddelivery protect protectindicator noticeofguaranteeddelivery nogd")},
	ColCovered: {"covered",
		values.Words("coveredat covered coverdatetime covereddatetime covertimestamp deliveredat delivereddatetime " +
			"deliverydatetime datetimecovered datetimedelivered"), nil},
	ColBid: {"bid",
		values.Words("bid bidprice bidspread bidpremium bidlevel tenderbid tenderbidprice pricebid spreadbid"), nil},
}

// ColumnNames lists the names that depositaries[].columns may give a heading
// for.
func ColumnNames() []string {
	names := make([]string, ColumnCount)
	for i, h := range Headings {
		names[i] = h.Name
	}
	return names
}

// TimeParts is the columns of one time: a whole one, or a date and a time of day.
type TimeParts struct{ Whole, Date, Clock Column }

var (
	ReceivedAt  = TimeParts{ColReceived, ColReceivedDate, ColReceivedTime}
	WithdrawnAt = TimeParts{ColWithdrawn, ColWithdrawnDate, ColWithdrawnTime}
	CoveredAt   = TimeParts{ColCovered, NoColumn, NoColumn}
)

// Needed are the columns without which there is no instruction. The time of
// receipt may be in two.
var Needed = []Column{ColInstruction, ColSecurity, ColPrincipal, ColReceived, ColParticipant}

// CopiedThrough are the columns from which nothing is decided.
var CopiedThrough = []Column{ColParticipantName, ColHolderReference, ColContact}

// Label is the text of a cell that may be a heading.
type Label struct {
	Col    int
	Text   string
	Struck xlsx.Strike
}

// Labels are the texts of a row's cells, left to right.
func Labels(row *xlsx.Row) []Label {
	var found []Label
	for i := range row.Cells {
		c := &row.Cells[i]
		if c.Kind == xlsx.Text {
			if text := values.PlainSpaces(string(c.Text)); text != "" {
				found = append(found, Label{c.Col, text, c.Struck})
			}
		}
	}
	return found
}

// Joined are the headings of two rows, one above the other, as one.
func Joined(above, below []Label) []Label {
	all := make([]Label, 0, len(above)+len(below))
	for _, b := range below {
		for len(above) > 0 && above[0].Col < b.Col {
			all, above = append(all, above[0]), above[1:]
		}
		if len(above) > 0 && above[0].Col == b.Col {
			b.Text, above = above[0].Text+" "+b.Text, above[1:]
		}
		all = append(all, b)
	}
	return append(all, above...)
}

// Layout says where in the rows of a sheet each column is.
type Layout struct {
	Row     int // of the headings
	Labels  []Label
	At      [ColumnCount]int    // index into labels, -1 for none
	Why     [ColumnCount]string // how it was recognised
	Missing []Column            // needed, but not there
	Twice   []clash
	Ignored []Label // headings that became nothing
}

// clash is two headings that claim one column.
type clash struct {
	column Column
	labels [2]Label
}

// Has reports whether the sheet has the column.
func (l *Layout) Has(c Column) bool { return c != NoColumn && l.At[c] >= 0 }

// Heading is the heading of a column as written in the file.
func (l *Layout) Heading(c Column) string {
	if !l.Has(c) {
		return ""
	}
	return l.Labels[l.At[c]].Text
}

// Position is the column's place in the sheet, from 0, or -1.
func (l *Layout) Position(c Column) int {
	if !l.Has(c) {
		return -1
	}
	return l.Labels[l.At[c]].Col
}

// NewLayout finds the columns among the headings of a row: first those that the
// offer names, then the known words. A column of bids is known by its words only if
// the offer has bids.
func NewLayout(row int, found []Label, named map[string]string, bids bool) *Layout {
	l := &Layout{Row: row, Labels: found}
	for c := range l.At {
		l.At[c] = -1
	}
	keys := make([]string, len(found))
	for i, f := range found {
		keys[i] = values.Normal(f.Text)
	}
	bare := bareKeys(found, keys)
	taken := make([]bool, len(found))
	for c, h := range Headings {
		if name, ok := named[h.Name]; ok {
			l.claim(Column(c), keys, taken, []string{values.Normal(name)}, "named in the offer")
		}
	}
	for c, h := range Headings {
		if _, ok := named[h.Name]; ok || namedOtherwise(Column(c), named) || (Column(c) == ColBid && !bids) {
			continue
		}
		keys := bare.of(Column(c), keys)
		useSecond := Column(c) != ColIsWithdrawn || saysWhen(bare.of(ColWithdrawn, keys), named)
		if !l.claim(Column(c), keys, taken, h.First, "known heading") && useSecond {
			l.claim(Column(c), keys, taken, h.Second, "known heading")
		}
	}
	l.resolve(ReceivedAt)
	l.resolve(WithdrawnAt)
	if l.Has(ColIsWithdrawn) && !l.Has(ColWithdrawn) && !l.Has(ColWithdrawnDate) {
		l.move(ColIsWithdrawn, ColWithdrawn) // it is all that is said of withdrawals
	}
	l.findMissing(keys, named)
	l.findIgnored()
	return l
}

// saysWhen reports whether a heading, or the offer, gives a column for when tenders were
// withdrawn: then one headed Withdrawn says whether.
func saysWhen(keys []string, named map[string]string) bool {
	for _, c := range []Column{ColWithdrawn, ColWithdrawnDate, ColWithdrawnTime} {
		_, offered := named[Headings[c].Name]
		if offered || slices.ContainsFunc(keys,
			func(key string) bool { return key != "withdrawn" && slices.Contains(Headings[c].First, key) }) {
			return true
		}
	}
	return false
}

// namedOtherwise reports whether the offer names the column's time another way, as
// one column instead of two or the reverse.
func namedOtherwise(c Column, named map[string]string) bool {
	for _, m := range []TimeParts{ReceivedAt, WithdrawnAt} {
		_, whole := named[Headings[m.Whole].Name]
		_, date := named[Headings[m.Date].Name]
		_, clock := named[Headings[m.Clock].Name]
		if (whole && (c == m.Date || c == m.Clock)) || ((date || clock) && c == m.Whole) {
			return true
		}
	}
	return false
}

// claim gives the column the heading that is one of the names, and reports
// whether there is one.
func (l *Layout) claim(c Column, keys []string, taken []bool, names []string, why string) bool {
	for i, key := range keys {
		if taken[i] || key == "" || !slices.Contains(names, key) {
			continue
		}
		switch {
		case !l.Has(c):
			l.At[c], l.Why[c], taken[i] = i, why, true
		case slices.Contains(CopiedThrough, c):
			// Nothing depends on it; the first will do.
		default:
			l.Twice = append(l.Twice, clash{c, [2]Label{l.Labels[l.At[c]], l.Labels[i]}})
		}
	}
	return l.Has(c)
}

// resolve decides how a time is given. A heading such as Instruction Time means
// the time of day beside a date, and date and time where it is alone.
func (l *Layout) resolve(m TimeParts) {
	switch {
	case l.Has(m.Date) && l.Has(m.Clock):
		if l.Has(m.Whole) {
			l.Twice = append(l.Twice, clash{m.Whole, [2]Label{l.Labels[l.At[m.Whole]], l.Labels[l.At[m.Date]]}})
		}
	case l.Has(m.Whole):
		for _, part := range []Column{m.Date, m.Clock} {
			if l.Has(part) && !l.Second(part) {
				l.Twice = append(l.Twice, clash{m.Whole, [2]Label{l.Labels[l.At[m.Whole]], l.Labels[l.At[part]]}})
			}
			l.At[part] = -1
		}
	case l.Has(m.Date):
		l.move(m.Date, m.Whole)
	case l.Has(m.Clock):
		l.move(m.Clock, m.Whole)
	}
}

// First is the column in which a time begins: that of its date, if there is one.
func (l *Layout) First(m TimeParts) Column {
	if l.Has(m.Date) {
		return m.Date
	}
	return m.Whole
}

// Second reports whether the column was recognised by a second name only.
func (l *Layout) Second(c Column) bool {
	text := l.Heading(c)
	if slices.Contains(TimeColumns, c) {
		_, text = HeadingZones(text)
	}
	return slices.Contains(Headings[c].Second, values.Normal(text))
}

func (l *Layout) move(from, to Column) {
	l.At[to], l.Why[to] = l.At[from], l.Why[from]
	l.At[from], l.Why[from] = -1, ""
}

// findMissing lists what is needed, or named in the offer, and not there.
func (l *Layout) findMissing(keys []string, named map[string]string) {
	for c, h := range Headings {
		if name, ok := named[h.Name]; ok {
			if !slices.Contains(keys, values.Normal(name)) {
				l.Missing = append(l.Missing, Column(c))
			}
			continue
		}
		needed := slices.Contains(Needed, Column(c)) && !(Column(c) == ColReceived && l.Has(ColReceivedDate))
		if needed && !l.Has(Column(c)) {
			l.Missing = append(l.Missing, Column(c))
		}
	}
}

// LastNeeded is the place of the last column that is needed, or that decides whether and
// for how much a tender counts.
func (l *Layout) LastNeeded() int {
	last := -1
	for c := range ColumnCount {
		if slices.Contains(Needed, c) || c == ColReceivedDate || c == ColReceivedTime || c == ColStatus ||
			c == ColCurrency || c == ColDelivery || c == ColBid {
			last = max(last, l.Position(c))
		}
	}
	return last
}

func (l *Layout) findIgnored() {
	for i, f := range l.Labels {
		if !slices.Contains(l.At[:], i) {
			l.Ignored = append(l.Ignored, f)
		}
	}
}

// Found is the number of columns recognised.
func (l *Layout) Found() int {
	n := 0
	for _, i := range l.At {
		if i >= 0 {
			n++
		}
	}
	return n
}

// Cells is the range of the headings, such as A4:M4.
func (l *Layout) Cells() string {
	if len(l.Labels) == 0 {
		return ""
	}
	first, last := l.Labels[0].Col, l.Labels[len(l.Labels)-1].Col
	return xlsx.CellName(first, l.Row) + ":" + xlsx.CellName(last, l.Row)
}

// Texts are the texts of headings as they stand in the file.
func Texts(labels []Label) []string {
	all := make([]string, len(labels))
	for i, l := range labels {
		all[i] = l.Text
	}
	return all
}

// MissingFault says which columns are missing and what to paste into the offer. Of a
// file in which not one heading is known nothing is shown: it may be no report at all,
// but something that is not for the reader of the message.
func (l *Layout) MissingFault(d tender.Depositary) tender.FileFault {
	if l.Found() == 0 {
		var missing []string
		for _, c := range l.Missing {
			missing = append(missing, Headings[c].Name)
		}
		return tender.FileFault{
			Cell: l.Cells(), Rule: tender.RuleColumn,
			Message: fmt.Sprintf("no column for %s: not one heading was recognised, so nothing of the file is shown",
				strings.Join(missing, ", ")),
			Advice: fmt.Sprintf("check that it is the right file; if it is, say under which headings to look, in the "+
				"offer at depositary %s: columns: {%s: …}",
				d.Name, Headings[ColInstruction].Name),
		}
	}
	var missing, block []string
	zone := ""
	for _, c := range l.Missing {
		name := Headings[c].Name
		block = append(block, fmt.Sprintf("%s: %q", name, l.guess(c)))
		if line := zoneToPaste(l.guess(c), d); c == ColReceived && line != "" {
			zone = ", and " + line
		}
		if named, ok := d.Columns[name]; ok {
			name += " (the offer says its heading is " + display.Quote(named) + ")"
		}
		missing = append(missing, name)
	}
	return tender.FileFault{
		Cell: l.Cells(), Rule: tender.RuleColumn, Paste: l.pasteBlock(d),
		Message: fmt.Sprintf("no column for %s; the headings are %s", strings.Join(missing, ", "),
			display.List(Texts(l.Labels))),
		Advice: fmt.Sprintf("say under which heading to look, in the offer at depositary %s: columns: {%s}%s",
			d.Name, strings.Join(block, ", "), zone),
	}
}

// pasteBlock is the key columns with what the offer says already and with the
// missing columns.
func (l *Layout) pasteBlock(d tender.Depositary) string {
	var b strings.Builder
	if line := zoneToPaste(l.guess(ColReceived), d); slices.Contains(l.Missing, ColReceived) && line != "" {
		b.WriteString(line + "\n")
	}
	b.WriteString(pasteColumns(d, l.Missing, l.guess))
	if unread := Texts(l.Ignored); len(unread) > 0 {
		fmt.Fprintf(&b, "# headings that were not recognised: %s\n", display.List(unread))
	}
	return b.String()
}

// pasteColumns is the key columns with what the offer says already, and with the headings of
// some more columns.
func pasteColumns(d tender.Depositary, more []Column, heading func(Column) string) string {
	var b strings.Builder
	b.WriteString("columns:\n")
	for c, h := range Headings {
		text, named := d.Columns[h.Name]
		if slices.Contains(more, Column(c)) {
			text, named = heading(Column(c)), true
		}
		if named {
			fmt.Fprintf(&b, "  %s: %q\n", h.Name, text)
		}
	}
	return b.String()
}

// guess is the heading that a missing column may stand under: the only one that
// was not recognised and has a word of the column's name, or the only one at all.
// It is "…" where that is not known: what a column is, people decide.
func (l *Layout) guess(c Column) string {
	var near []string
	for _, i := range l.Ignored {
		if hasWord(values.Normal(i.Text), guessWords[c]) {
			near = append(near, i.Text)
		}
	}
	if len(near) == 0 && len(l.Ignored) == 1 && len(l.Missing) == 1 {
		near = append(near, l.Ignored[0].Text)
	}
	if len(near) != 1 {
		return "…"
	}
	return display.Copied(near[0])
}

// guessWords are parts of headings that hint at a needed column.
var guessWords = map[Column][]string{
	ColInstruction: values.Words("instr ref voi id"),
	ColSecurity:    values.Words("cusip isin secur"),
	ColPrincipal:   values.Words("amount amt nomin princip quant qty face"),
	ColReceived:    values.Words("time date stamp receiv submit"),
	ColParticipant: values.Words("partic account custod bank dtc"),
}

// TwiceFaults say which headings claim one column.
func (l *Layout) TwiceFaults(d tender.Depositary) []tender.FileFault {
	var faults []tender.FileFault
	for _, t := range l.Twice {
		a, b := t.labels[0], t.labels[1]
		faults = append(faults, tender.FileFault{
			Cell: xlsx.CellName(b.Col, l.Row), Rule: tender.RuleColumn,
			Message: fmt.Sprintf("the headings %s (%s) and %s (%s) both match the column %s",
				display.Quote(a.Text), xlsx.CellName(a.Col, l.Row), display.Quote(b.Text), xlsx.CellName(b.Col, l.Row),
				Headings[t.column].Name),
			Advice: fmt.Sprintf("say which to use, in the offer at depositary %s: columns: {%s: %q}", d.Name,
				Headings[t.column].Name, a.Text),
		})
	}
	return faults
}

// DecidingAt are the positions of the columns from which something is decided.
func (l *Layout) DecidingAt() []bool {
	var at []bool
	for c := range ColumnCount {
		if p := l.Position(c); p >= 0 && !slices.Contains(CopiedThrough, c) {
			for len(at) <= p {
				at = append(at, false)
			}
			at[p] = true
		}
	}
	return at
}

// ListsWithdrawals reports whether headings are those of a list of withdrawals, and not a
// sentence about them.
func (l *Layout) ListsWithdrawals() bool {
	return (l.Has(ColInstruction) && (l.Has(ColWithdrawn) || l.Has(ColWithdrawnDate) || l.Has(ColStatus))) ||
		slices.ContainsFunc(l.Labels, func(f Label) bool {
			return values.SpeaksOfWithdrawal([]byte(f.Text)) && len(strings.Fields(f.Text)) <= 4
		})
}
