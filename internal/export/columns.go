package export

import (
	"slices"
	"strings"

	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// ColumnType is what the cells of a column hold, in the words of Frictionless' Table Schema.
type ColumnType string

// The types. A cell of every type but Text may be empty.
const (
	Text    ColumnType = "string"
	Number  ColumnType = "number" // a decimal number with a point
	Integer ColumnType = "integer"
	Day     ColumnType = "date"
	Instant ColumnType = "datetime" // RFC 3339 with milliseconds, in the offer's zone
	Bool    ColumnType = "boolean"
)

// Column is a column of a CSV file.
type Column struct {
	Name string
	Type ColumnType
	Of   []string // the words that its cells can have, none for any
}

// The columns of the CSV files. Their headings are written from here, and so is datapackage.json.
var (
	instructionColumns = columns("instruction depositary participant series currency window:window received:datetime " +
		"tendered:number accepted:number returned:number reason consideration:number early_payment:number " +
		"accrued_interest:number total:number file sheet row:integer reference status:status participant_name security " +
		// The factor may be a fraction such as 1/3.
		"factor price:number early_price:number settlement_date:date code")
	wireColumns = columns("reference status:status depositary participant participant_name currency settlement_date:date "+
		"payments:integer", cashColumns)
	paymentColumns = columns("reference status:status depositary participant participant_name series currency "+
		"settlement_date:date", cashColumns)
	rejectColumns = columns("file sheet row:integer column value rule message waived outcome open:boolean depositary " +
		"instruction participant series currency principal:number cell advice resolution")
	wireChangeColumns = columns("reference change status:status depositary participant participant_name currency " +
		"settlement_date:date total_superseded:number total_now:number pay_in_addition:number claw_back:number")
	snapshotColumns = columns("depositary instruction change what participant series currency window:window " +
		"principal_before:number principal_now:number difference:number file_before row_before:integer file_now " +
		"row_now:integer deadline:datetime after_deadline:boolean rule open:boolean resolution counts:boolean " +
		"accepted:number cash:number")
)

const cashColumns = "accepted:number consideration:number early_payment:number accrued_interest:number total:number"

// closedSets are the columns whose cells have one of a few words.
var closedSets = map[string][]string{
	"window": {string(tender.Early), string(tender.Late)},
	"status": {string(settle.Due), string(settle.Paid)},
}

// columns reads columns as name:type; one without a type is text.
func columns(lists ...string) (all []Column) {
	for name := range strings.FieldsSeq(strings.Join(lists, " ")) {
		name, kind, _ := strings.Cut(name, ":")
		c := Column{Name: name, Type: ColumnType(kind)}
		if words := closedSets[kind]; words != nil || kind == "" {
			c.Type, c.Of = Text, slices.Clone(words)
		}
		all = append(all, c)
	}
	return all
}

// Table is a CSV file of a run.
type Table struct {
	File    string
	Columns []Column
	Title   string
}

// tables are the CSV files that a run can have.
var tables = []Table{
	{result.InstructionsName, instructionColumns, "each instruction that counts"},
	{result.WiresName, wireColumns, "what is due, by transfer"},
	{result.PaymentsName, paymentColumns, "what is due, by participant and series"},
	{result.PaidName, paymentColumns, "what earlier settlements paid"},
	{result.RejectsName, rejectColumns, "findings"},
	{SnapshotsName, snapshotColumns, "what reports say differently over time"},
	{result.WireChangesName, wireChangeColumns, "wires that differ from the superseded run"},
}

// Tables are the CSV files that a run has.
func Tables(r *result.Run) (all []Table) {
	for _, t := range tables {
		if (t.File != SnapshotsName || r.Snapshots != nil) && (t.File != result.WireChangesName || r.WireChanges != nil) {
			all = append(all, t)
		}
	}
	return all
}

// TableOf is the CSV file of a name, nil if a run has none.
func TableOf(file string) *Table {
	for i := range tables {
		if tables[i].File == file {
			return &tables[i]
		}
	}
	return nil
}
