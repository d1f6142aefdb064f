package cainstruction

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"tenderbatch/internal/tender"
	"tenderbatch/internal/xlsx"
)

// column is a field of a message that is read.
type column int

const (
	colReference column = iota // of the instruction
	colSecurity
	colQuantity
	colAccount
	colFunction // new or cancelled; with event and option where these are others than a tender for cash
	colDelivery
	colBid
	colPrepared
	colDelivered // by the network
	colCount
)

// dialect is how a standard calls the fields: the headings of the table.
type dialect struct {
	name     string
	headings [colCount]string // "" for a field that its messages do not have
}

var (
	mt = &dialect{"SWIFT MT 565", [colCount]string{":20C::SEME", ":35B:", ":36B::QINS", ":97A::SAFE", ":23G:", "",
		":90A::OFFR",
		":98C::PREP", "{2:O"}}
	mx = &dialect{"ISO 20022 seev.033", [colCount]string{"AppHdr/BizMsgIdr", "UndrlygScty/FinInstrmId",
		"SctiesQty/InstdQty",
		"AcctDtls/SfkpgAcct", "OptnTp/Cd", "PrtctInstr/TxTp", "PricDtls/GncCshPricRcvdPerPdct", "AppHdr/CreDt", ""}}
)

// times are the fields one of which the offer names as that of the time of receipt.
var times = []column{colPrepared, colDelivered}

// ofCancellation ends the heading of the time of a cancellation.
const ofCancellation = " of the cancellation"

// message is one message as it was read.
type message struct {
	line     int // where it begins, 1 is the first
	cancels  bool
	refersTo string // the instruction that is cancelled, or that a new one replaces; "" for none
	text     [colCount]string
	at       [colCount]int // line of the field, 0 for none
	event    string        // type of the event
	option   string        // type of the option
	notes    int           // texts for people in it

	cancelTimes [colCount]string // of its row: when it was cancelled
	cancelledBy *message         // the first that cancels it, nil for none
	withdrawnBy int              // line of the cancellation that its row has worked in; 0 for none
	merged      bool             // it is part of the row of the instruction that it cancels
}

func (m *message) set(c column, text string, line int) { m.text[c], m.at[c] = text, line }

// File is the messages of a file.
type File struct {
	dialect  *dialect
	messages []*message
	rows     []int // by message: its line, or its number where several are on one line

	Faults []tender.FileFault // with one, nothing of the file may be used
	Notes  []string           // what was not read, one sentence each
}

// Is reports whether the content of a file is messages, by how it begins; XML is taken for them, too, if its name
// ends in .xml and it is no workbook.
func Is(name string, content []byte) bool {
	begins := bytes.TrimLeft(content[:min(len(content), sniffed)], "\ufeff \r\n\t$")
	if bytes.HasPrefix(begins, []byte("<")) {
		isSheet := bytes.Contains(begins, []byte("urn:schemas-microsoft-com:office:spreadsheet"))
		return bytes.Contains(begins, []byte(isoNamespace)) || (strings.EqualFold(path.Ext(name), ".xml") && !isSheet)
	}
	return blockStart.Match(begins) || bytes.HasPrefix(begins, []byte(":16R:GENL"))
}

// sniffed is how many bytes of a file are looked at to see what it is.
const sniffed = 16 << 10

// Read reads the messages of a file. With faults, which name their lines, it has none.
func Read(name string, content []byte) *File {
	f := &File{dialect: mt}
	read := readMT
	if bytes.HasPrefix(bytes.TrimLeft(content, "\ufeff \r\n\t"), []byte("<")) {
		f.dialect, read = mx, readXML
	}
	messages, err := read(content)
	if err == nil && len(messages) == 0 {
		err = faultAt(1, "the file holds no message", "ask for it to be sent again")
	}
	if err != nil {
		f.Faults = append(f.Faults, err.of(name))
		return f
	}
	f.messages = messages
	f.number()
	f.note()
	return f
}

// number gives each message its row: the line on which it begins, if no two begin on one.
func (f *File) number() {
	for _, m := range f.messages {
		f.rows = append(f.rows, m.line)
	}
	if !ascends(f.rows) {
		for i := range f.rows {
			f.rows[i] = i + 1
		}
	}
}

func ascends(rows []int) bool {
	for i := range rows {
		if i > 0 && rows[i] <= rows[i-1] {
			return false
		}
	}
	return true
}

// note says what of the messages was not read.
func (f *File) note() {
	texts := 0
	for _, m := range f.messages {
		texts += m.notes
	}
	if texts > 0 {
		f.Notes = append(f.Notes, fmt.Sprintf("%d texts for people in the messages (:70E:, AddtlInf) were not read", texts))
	}
}

// Format names the standard, for people.
func (f *File) Format() string {
	return fmt.Sprintf("%s, %d messages", f.dialect.name, len(f.messages))
}

// Columns are the headings by the names of the columns that the terms use. named are those of the terms:
// where they name a field of the messages, it is taken. The time of receipt is never assumed: a
// message says when it was prepared, or delivered, and only the terms can say which of them counts.
func (f *File) Columns(named map[string]string) map[string]string {
	h := f.dialect.headings
	all := map[string]string{"instruction": h[colReference], "security": h[colSecurity], "principal": h[colQuantity],
		"participant": h[colAccount], "status": h[colFunction]}
	if h[colDelivery] != "" {
		all["delivery"] = h[colDelivery]
	}
	if h[colBid] != "" {
		all["bid"] = h[colBid]
	}
	for name, heading := range named {
		if slices.Contains(f.headings(), heading) {
			all[name] = heading
		}
	}
	if received := all["received"]; received != "" {
		all["withdrawn"] = received + ofCancellation
	}
	return all
}

// ColumnsOfSheets are the headings that the terms name without those that are fields of messages: a depositary may
// send both, and a field is no heading of its sheets.
func ColumnsOfSheets(named map[string]string) map[string]string {
	all := maps.Clone(named)
	maps.DeleteFunc(all, func(_, heading string) bool {
		return heading != "" && (slices.Contains(mt.headings[:], heading) || slices.Contains(mx.headings[:], heading))
	})
	return all
}

// CheckTime is what is wrong with the file, and with columns, as [File.Columns] makes them, that do not
// say which time of a message is that of receipt.
func (f *File) CheckTime(columns map[string]string, depositary string) []tender.FileFault {
	if len(f.Faults) > 0 || columns["received"] != "" {
		return f.Faults
	}
	var says, paste []string
	for i, c := range times {
		if h := f.dialect.headings[c]; h != "" {
			says = append(says, fmt.Sprintf("when it was %s (%s)", [...]string{"prepared", "delivered by the network"}[i], h))
			paste = append(paste, fmt.Sprintf("columns: {received: %q}", h))
		}
	}
	return []tender.FileFault{{Rule: tender.RuleColumn, Message: "a message says " + strings.Join(says, " and ") +
		", and not when the depositary received the tender",
		Advice: fmt.Sprintf("say which of them counts as the time of receipt, in the offer at depositary %s: %s", depositary,
			strings.Join(paste, " or "))}}
}

// headings are those of all fields that the messages can have.
func (f *File) headings() []string {
	return slices.DeleteFunc(slices.Clone(f.dialect.headings[:]), func(h string) bool { return h == "" })
}

// Statuses are what the functions of messages mean, but for those that the terms define.
func Statuses(defined map[string]tender.Status) map[string]tender.Status {
	all := map[string]tender.Status{"NEWM": tender.Tendered, "CANC": tender.Withdrawn}
	for code := range defined {
		delete(all, strings.ToUpper(strings.TrimSpace(code)))
	}
	return all
}

// Each passes the rows on: the headings as row 0, then one for each instruction. received is the
// heading that the terms name for the time of receipt; other times are left out then.
func (f *File) Each(received string) func(func(*xlsx.Row) error) (xlsx.Tail, error) {
	return func(call func(*xlsx.Row) error) (xlsx.Tail, error) {
		if err := call(f.row(0, f.headingTexts(received))); err != nil {
			return xlsx.Tail{}, err
		}
		for i, m := range f.messages {
			if m.merged {
				continue
			}
			if err := call(f.row(f.rows[i], f.texts(m, received))); err != nil {
				return xlsx.Tail{}, err
			}
		}
		return xlsx.Tail{}, nil
	}
}

func (f *File) row(number int, texts []string) *xlsx.Row {
	row := &xlsx.Row{Number: number}
	for col, text := range texts {
		if text != "" {
			row.Cells = append(row.Cells, xlsx.Cell{Col: col, Kind: xlsx.Text, Text: []byte(text)})
		}
	}
	return row
}

// isLeftOut reports whether a field is a time that the terms did not name, where they named one.
func (f *File) isLeftOut(c column, received string) bool {
	return slices.Contains(times, c) && slices.Contains(f.headings(), received) && f.dialect.headings[c] != received
}

func (f *File) headingTexts(received string) []string {
	texts := make([]string, colCount+1)
	for c, h := range f.dialect.headings {
		if !f.isLeftOut(column(c), received) {
			texts[c] = h
		}
	}
	if slices.Contains(f.headings(), received) {
		texts[colCount] = received + ofCancellation
	}
	return texts
}

func (f *File) texts(m *message, received string) []string {
	texts := make([]string, colCount+1)
	for c := range colCount {
		if !f.isLeftOut(c, received) {
			texts[c] = m.text[c]
		}
		if f.dialect.headings[c] == received {
			texts[colCount] = m.cancelTimes[c]
			if m.withdrawnBy > 0 && texts[colCount] == "" { // it is not taken to be in time unasked
				texts[colCount] = fmt.Sprintf("no time in the cancellation on line %d", m.withdrawnBy)
			}
		}
	}
	return texts
}

// Place names a field of a row, such as "line 14, :36B::QINS".
func (f *File) Place(row, col int) string {
	i, found := slices.BinarySearch(f.rows, row)
	if !found {
		return ""
	}
	m, heading, line := f.messages[i], "", 0
	if col < int(colCount) {
		heading, line = f.dialect.headings[col], m.at[col]
	} else if m.withdrawnBy > 0 {
		heading, line = "time"+ofCancellation, m.withdrawnBy
	}
	if line == 0 {
		line = m.line
	}
	return strings.TrimSuffix(fmt.Sprintf("line %d, %s", line, heading), ", ")
}

// lineFault is a fault of a file at a line.
type lineFault struct {
	line            int
	message, advice string
}

func faultAt(line int, message, advice string) *lineFault { return &lineFault{line, message, advice} }

func (l *lineFault) of(file string) tender.FileFault {
	return tender.FileFault{File: file, Cell: fmt.Sprintf("line %d", l.line), Rule: tender.RuleFile,
		Message: l.message, Advice: l.advice}
}
