package ingest

import (
	"fmt"
	"slices"
	"strings"

	"tenderbatch/internal/display"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// column is one thing a row says. The names are those of the offer's columns
// key.
type column int

const (
	colInstruction column = iota
	colSecurity
	colPrincipal
	colReceived
	colReceivedDate
	colReceivedTime
	colParticipant
	colParticipantName
	colHolderReference
	colContact
	colCurrency
	colStatus
	colIsWithdrawn // whether, beside a column that says when
	colWithdrawn
	colWithdrawnDate
	colWithdrawnTime
	colDelivery
	colCovered
	columnCount

	noColumn column = -1
)

// heading is how a column is called: by us, and in the files. Names are in the
// form of normal. The second names are taken only where none of the first ones
// is there, since they often head other columns too.
type heading struct {
	name          string
	first, second []string
}

var headings = [columnCount]heading{
	colInstruction: {"instruction",
		values.Words("voi voinumber voino voinum voiid instructionid instructionidentifier instructionno instructionnumber instructionnum instructionreference instructionreferencenumber instructionref tenderid tendernumber tenderno tenderreference"),
		values.Words("transactionid transactionnumber transactionno transactionreference transactionref instruction reference referencenumber referenceno refno ref confirmationnumber id")},
	colSecurity: {"security",
		values.Words("cusip cusipnumber cusipno isin isincode isinnumber cusipisin isincusip cusiporisin securityid securityidentifier securitycode securitynumber securitycusip securityisin"),
		values.Words("contracusip targetcusip subjectcusip security securityno")},
	colPrincipal: {"principal",
		values.Words("principal principalamount principalamounttendered principaltendered principaltenderedamount amounttendered tenderedamount tenderamount tenderedprincipal tenderedprincipalamount nominal nominalamount nominaltendered facevalue faceamount face principalamountatmaturity blockedquantity blockedamount quantitytendered tenderedquantity instructedquantity instructedamount"),
		values.Words("quantity qty amount")},
	colReceived: {"received",
		values.Words("submittedat submitted submissiondatetime datetimesubmitted dateandtimesubmitted submittedtimestamp received receivedat receiveddatetime receiptdatetime datetimereceived dateandtimereceived datetimeofreceipt dateandtimeofreceipt receivedtimestamp instructiondatetime instructiontimestamp instructiondateandtime timestamp entrydatetime entereddatetime enteredat inputdatetime creationdatetime createdat datetime dateandtime"), nil},
	colReceivedDate: {"received_date",
		values.Words("instructiondate datereceived receiveddate receiptdate dateofreceipt submissiondate submitteddate datesubmitted entrydate dateentered inputdate"),
		values.Words("date")},
	colReceivedTime: {"received_time",
		values.Words("instructiontime timereceived receivedtime receipttime timeofreceipt submissiontime submittedtime timesubmitted entrytime timeentered inputtime"),
		values.Words("time")},
	colParticipant: {"participant",
		values.Words("dtcparticipantnumber dtcparticipantno dtcparticipantid participantno participantnumber participantnum participantid participantcode participantaccount dtcnumber dtcno"),
		values.Words("participant dtcparticipant account accountnumber accountno accountid member membernumber memberno memberid custodian")},
	colParticipantName: {"participant_name", values.Words("participantname dtcparticipantname nameofparticipant accountname membername custodianname"), nil},
	colHolderReference: {"holder_reference",
		values.Words("customerreference customerref holderreference holderref clientreference clientref beneficialownerreference beneficialownerref"),
		values.Words("beneficialowner beneficialholder holder customer client")},
	colContact:  {"contact", values.Words("contact contactdetails contactname contactperson"), values.Words("contactemail email contactphone phone telephone")},
	colCurrency: {"currency", values.Words("currency ccy currencycode curr cur"), nil},
	colStatus:   {"status", values.Words("status instructionstatus statuscode instructionstatuscode tenderstatus voistatus"), values.Words("state")},
	colIsWithdrawn: {"is_withdrawn",
		values.Words("withdrawnyn withdrawnyesno withdrawnflag withdrawnindicator iswithdrawn withdrawalflag withdrawalindicator withdrawalyn"),
		values.Words("withdrawn")},
	colWithdrawn: {"withdrawn",
		values.Words("withdrawnat withdrawn withdrawaldatetime withdrawndatetime datetimewithdrawn dateandtimewithdrawn withdrawalat withdrawaltimestamp cancellationdatetime cancelleddatetime canceleddatetime cancelledat canceledat"), nil},
	colWithdrawnDate: {"withdrawn_date", values.Words("withdrawaldate withdrawndate datewithdrawn dateofwithdrawal cancellationdate"), nil},
	colWithdrawnTime: {"withdrawn_time", values.Words("withdrawaltime withdrawntime timewithdrawn timeofwithdrawal cancellationtime"), nil},
	colDelivery: {"delivery", values.Words("delivery deliverymethod methodofdelivery deliverytype"),
		values.Words("guaranteeddelivery protect protectindicator noticeofguaranteeddelivery nogd")},
	colCovered: {"covered",
		values.Words("coveredat covered coverdatetime covereddatetime covertimestamp deliveredat delivereddatetime deliverydatetime datetimecovered datetimedelivered"), nil},
}

// ColumnNames lists the names that depositaries[].columns may give a heading
// for.
func ColumnNames() []string {
	names := make([]string, columnCount)
	for i, h := range headings {
		names[i] = h.name
	}
	return names
}

// moment is the columns of one time: a whole one, or a date and a time of day.
type moment struct{ whole, date, clock column }

var (
	receivedAt  = moment{colReceived, colReceivedDate, colReceivedTime}
	withdrawnAt = moment{colWithdrawn, colWithdrawnDate, colWithdrawnTime}
	coveredAt   = moment{colCovered, noColumn, noColumn}
)

// needed are the columns without which there is no instruction. The time of
// receipt may be in two.
var needed = []column{colInstruction, colSecurity, colPrincipal, colReceived, colParticipant}

// copiedThrough are the columns from which nothing is decided.
var copiedThrough = []column{colParticipantName, colHolderReference, colContact}

// label is the text of a cell that may be a heading.
type label struct {
	col    int
	text   string
	struck xlsx.Strike
}

// labels are the texts of a row's cells, left to right.
func labels(row *xlsx.Row) []label {
	var found []label
	for i := range row.Cells {
		c := &row.Cells[i]
		if c.Kind == xlsx.Text {
			if text := values.PlainSpaces(string(c.Text)); text != "" {
				found = append(found, label{c.Col, text, c.Struck})
			}
		}
	}
	return found
}

// joined are the headings of two rows, one above the other, as one.
func joined(above, below []label) []label {
	all := make([]label, 0, len(above)+len(below))
	for _, b := range below {
		for len(above) > 0 && above[0].col < b.col {
			all, above = append(all, above[0]), above[1:]
		}
		if len(above) > 0 && above[0].col == b.col {
			b.text, above = above[0].text+" "+b.text, above[1:]
		}
		all = append(all, b)
	}
	return append(all, above...)
}

// layout says where in the rows of a sheet each column stands.
type layout struct {
	row     int // of the headings
	labels  []label
	at      [columnCount]int    // index into labels, -1 for none
	why     [columnCount]string // how it was recognised
	missing []column            // needed, but not there
	twice   []clash
	ignored []label // headings that became nothing
}

// clash is two headings that claim one column.
type clash struct {
	column column
	labels [2]label
}

// has reports whether the sheet has the column.
func (l *layout) has(c column) bool { return c != noColumn && l.at[c] >= 0 }

// heading is the heading of a column as it stands in the file.
func (l *layout) heading(c column) string {
	if !l.has(c) {
		return ""
	}
	return l.labels[l.at[c]].text
}

// position is the column's place in the sheet, from 0, or -1.
func (l *layout) position(c column) int {
	if !l.has(c) {
		return -1
	}
	return l.labels[l.at[c]].col
}

// newLayout finds the columns among the headings of a row: first those that the
// offer names, then the known words.
func newLayout(row int, found []label, named map[string]string) *layout {
	l := &layout{row: row, labels: found}
	for c := range l.at {
		l.at[c] = -1
	}
	keys := make([]string, len(found))
	for i, f := range found {
		keys[i] = values.Normal(f.text)
	}
	bare := bareKeys(found, keys)
	taken := make([]bool, len(found))
	for c, h := range headings {
		if name, ok := named[h.name]; ok {
			l.claim(column(c), keys, taken, []string{values.Normal(name)}, "named in the offer")
		}
	}
	for c, h := range headings {
		if _, ok := named[h.name]; ok || namedOtherwise(column(c), named) {
			continue
		}
		keys := bare.of(column(c), keys)
		useSecond := column(c) != colIsWithdrawn || saysWhen(bare.of(colWithdrawn, keys), named)
		if !l.claim(column(c), keys, taken, h.first, "known heading") && useSecond {
			l.claim(column(c), keys, taken, h.second, "known heading")
		}
	}
	l.settle(receivedAt)
	l.settle(withdrawnAt)
	if l.has(colIsWithdrawn) && !l.has(colWithdrawn) && !l.has(colWithdrawnDate) {
		l.move(colIsWithdrawn, colWithdrawn) // it is all that is said of withdrawals
	}
	l.findMissing(keys, named)
	l.findIgnored()
	return l
}

// saysWhen reports whether a heading, or the offer, gives a column for when tenders were
// withdrawn: then one headed Withdrawn says whether.
func saysWhen(keys []string, named map[string]string) bool {
	for _, c := range []column{colWithdrawn, colWithdrawnDate, colWithdrawnTime} {
		_, offered := named[headings[c].name]
		if offered || slices.ContainsFunc(keys, func(key string) bool { return key != "withdrawn" && slices.Contains(headings[c].first, key) }) {
			return true
		}
	}
	return false
}

// namedOtherwise reports whether the offer names the column's time another way, as
// one column instead of two or the reverse.
func namedOtherwise(c column, named map[string]string) bool {
	for _, m := range []moment{receivedAt, withdrawnAt} {
		_, whole := named[headings[m.whole].name]
		_, date := named[headings[m.date].name]
		_, clock := named[headings[m.clock].name]
		if whole && (c == m.date || c == m.clock) || (date || clock) && c == m.whole {
			return true
		}
	}
	return false
}

// claim gives the column the heading that is one of the names, and reports
// whether there is one.
func (l *layout) claim(c column, keys []string, taken []bool, names []string, why string) bool {
	for i, key := range keys {
		if taken[i] || key == "" || !slices.Contains(names, key) {
			continue
		}
		switch {
		case !l.has(c):
			l.at[c], l.why[c], taken[i] = i, why, true
		case slices.Contains(copiedThrough, c):
			// Nothing depends on it; the first will do.
		default:
			l.twice = append(l.twice, clash{c, [2]label{l.labels[l.at[c]], l.labels[i]}})
		}
	}
	return l.has(c)
}

// settle decides how a time is given. A heading such as Instruction Time means
// the time of day beside a date, and date and time where it stands alone.
func (l *layout) settle(m moment) {
	switch {
	case l.has(m.date) && l.has(m.clock):
		if l.has(m.whole) {
			l.twice = append(l.twice, clash{m.whole, [2]label{l.labels[l.at[m.whole]], l.labels[l.at[m.date]]}})
		}
	case l.has(m.whole):
		for _, part := range []column{m.date, m.clock} {
			if l.has(part) && !l.second(part) {
				l.twice = append(l.twice, clash{m.whole, [2]label{l.labels[l.at[m.whole]], l.labels[l.at[part]]}})
			}
			l.at[part] = -1
		}
	case l.has(m.date):
		l.move(m.date, m.whole)
	case l.has(m.clock):
		l.move(m.clock, m.whole)
	}
}

// second reports whether the column was recognised by a second name only.
func (l *layout) second(c column) bool {
	text := l.heading(c)
	if slices.Contains(timeColumns, c) {
		_, text = headingZones(text)
	}
	return slices.Contains(headings[c].second, values.Normal(text))
}

func (l *layout) move(from, to column) {
	l.at[to], l.why[to] = l.at[from], l.why[from]
	l.at[from], l.why[from] = -1, ""
}

// findMissing lists what is needed, or named in the offer, and not there.
func (l *layout) findMissing(keys []string, named map[string]string) {
	for c, h := range headings {
		if name, ok := named[h.name]; ok {
			if !slices.Contains(keys, values.Normal(name)) {
				l.missing = append(l.missing, column(c))
			}
			continue
		}
		needed := slices.Contains(needed, column(c)) && !(column(c) == colReceived && l.has(colReceivedDate))
		if needed && !l.has(column(c)) {
			l.missing = append(l.missing, column(c))
		}
	}
}

// lastNeeded is the place of the last column that is needed, or that decides whether and
// for how much a tender counts.
func (l *layout) lastNeeded() int {
	last := -1
	for c := range columnCount {
		if slices.Contains(needed, c) || c == colReceivedDate || c == colReceivedTime || c == colStatus || c == colCurrency || c == colDelivery {
			last = max(last, l.position(c))
		}
	}
	return last
}

func (l *layout) findIgnored() {
	for i, f := range l.labels {
		if !slices.Contains(l.at[:], i) {
			l.ignored = append(l.ignored, f)
		}
	}
}

// found is the number of columns recognised.
func (l *layout) found() int {
	n := 0
	for _, i := range l.at {
		if i >= 0 {
			n++
		}
	}
	return n
}

// cells is the range of the headings, such as A4:M4.
func (l *layout) cells() string {
	if len(l.labels) == 0 {
		return ""
	}
	first, last := l.labels[0].col, l.labels[len(l.labels)-1].col
	return xlsx.CellName(first, l.row) + ":" + xlsx.CellName(last, l.row)
}

// texts are all headings as they stand in the file.
func (l *layout) texts() []string {
	all := make([]string, len(l.labels))
	for i, f := range l.labels {
		all[i] = f.text
	}
	return all
}

// missingFault says which columns are missing and what to paste into the offer. Of a
// file in which not one heading is known nothing is shown: it may be no report at all,
// but something that is not for the reader of the message.
func (l *layout) missingFault(d tender.Depositary) tender.FileFault {
	if l.found() == 0 {
		var missing []string
		for _, c := range l.missing {
			missing = append(missing, headings[c].name)
		}
		return tender.FileFault{
			Cell: l.cells(), Rule: tender.RuleColumn,
			Message: fmt.Sprintf("no column for %s: not one heading of a report is known here, so nothing of the file is shown", strings.Join(missing, ", ")),
			Advice: fmt.Sprintf("look whether it is the right file; if it is, say under which headings to look, in the offer at depositary %s: columns: {%s: …}",
				d.Name, headings[colInstruction].name),
		}
	}
	var missing, block []string
	zone := ""
	for _, c := range l.missing {
		name := headings[c].name
		block = append(block, fmt.Sprintf("%s: %q", name, l.guess(c)))
		if line := zoneToPaste(l.guess(c), d); c == colReceived && line != "" {
			zone = ", and " + line
		}
		if named, ok := d.Columns[name]; ok {
			name += " (the offer says its heading is " + display.Quote(named) + ")"
		}
		missing = append(missing, name)
	}
	return tender.FileFault{
		Cell: l.cells(), Rule: tender.RuleColumn, Paste: l.pasteBlock(d),
		Message: fmt.Sprintf("no column for %s; the headings are %s", strings.Join(missing, ", "), display.List(l.texts())),
		Advice: fmt.Sprintf("say under which heading to look, in the offer at depositary %s: columns: {%s}%s",
			d.Name, strings.Join(block, ", "), zone),
	}
}

// pasteBlock is the key columns with what the offer says already and with the
// missing columns.
func (l *layout) pasteBlock(d tender.Depositary) string {
	var b strings.Builder
	if line := zoneToPaste(l.guess(colReceived), d); slices.Contains(l.missing, colReceived) && line != "" {
		b.WriteString(line + "\n")
	}
	b.WriteString("columns:\n")
	for c, h := range headings {
		heading, named := d.Columns[h.name]
		if slices.Contains(l.missing, column(c)) {
			heading, named = l.guess(column(c)), true
		}
		if named {
			fmt.Fprintf(&b, "  %s: %q\n", h.name, heading)
		}
	}
	var unread []string
	for _, i := range l.ignored {
		unread = append(unread, i.text)
	}
	if len(unread) > 0 {
		fmt.Fprintf(&b, "# headings that were not recognised: %s\n", display.List(unread))
	}
	return b.String()
}

// guess is the heading that a missing column may stand under: the only one that
// was not recognised and has a word of the column's name, or the only one at all.
// It is "…" where that cannot be told: what a column is, people decide.
func (l *layout) guess(c column) string {
	var near []string
	for _, i := range l.ignored {
		key := values.Normal(i.text)
		for _, word := range guessWords[c] {
			if strings.Contains(key, word) {
				near = append(near, i.text)
				break
			}
		}
	}
	if len(near) == 0 && len(l.ignored) == 1 && len(l.missing) == 1 {
		near = append(near, l.ignored[0].text)
	}
	if len(near) != 1 {
		return "…"
	}
	return display.Copied(near[0])
}

// guessWords are parts of headings that hint at a needed column.
var guessWords = map[column][]string{
	colInstruction: values.Words("instr ref voi id"),
	colSecurity:    values.Words("cusip isin secur"),
	colPrincipal:   values.Words("amount amt nomin princip quant qty face"),
	colReceived:    values.Words("time date stamp receiv submit"),
	colParticipant: values.Words("partic account custod bank dtc"),
}

// twiceFaults say which headings claim one column.
func (l *layout) twiceFaults(d tender.Depositary) []tender.FileFault {
	var faults []tender.FileFault
	for _, t := range l.twice {
		a, b := t.labels[0], t.labels[1]
		faults = append(faults, tender.FileFault{
			Cell: xlsx.CellName(b.col, l.row), Rule: tender.RuleColumn,
			Message: fmt.Sprintf("the headings %s (%s) and %s (%s) both claim the column %s",
				display.Quote(a.text), xlsx.CellName(a.col, l.row), display.Quote(b.text), xlsx.CellName(b.col, l.row), headings[t.column].name),
			Advice: fmt.Sprintf("say which to use, in the offer at depositary %s: columns: {%s: %q}", d.Name, headings[t.column].name, a.text),
		})
	}
	return faults
}
