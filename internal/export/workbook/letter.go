package workbook

import (
	"fmt"
	"io"
	"time"

	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/spreadsheet"
	"tenderbatch/internal/tender"
)

// Letter is what a depositary is asked to correct.
type Letter struct {
	Issuer, Offer, Run, Version string
	Depositary                  string
	Made                        time.Time // the instant of the run
	AsOf                        string    // the same, as people read it
	Paper                       tender.Paper
	Findings                    []LetterFinding
}

// LetterFinding is one finding of a letter.
type LetterFinding struct {
	*tender.Finding
	Currency string
}

// letterFields are the columns of a letter: where it is, what is wrong, what to do, and room for an answer.
var letterFields = fields[LetterFinding]{
	{key: "file", column: spreadsheet.Column{Heading: "File", Widest: 28},
		cell: func(f *LetterFinding) spreadsheet.Cell { return spreadsheet.Label(f.Source.File) }},
	{key: "sheet", column: spreadsheet.Column{Heading: "Sheet", Widest: 18},
		cell: func(f *LetterFinding) spreadsheet.Cell { return spreadsheet.Label(f.Source.Sheet) }},
	{key: "row", column: spreadsheet.Column{Heading: "Row", Right: true},
		cell: func(f *LetterFinding) spreadsheet.Cell { return rowCell(f.Source.Row) }},
	{key: "instruction", column: spreadsheet.Column{Heading: "Instruction", Widest: 24},
		cell: func(f *LetterFinding) spreadsheet.Cell { return spreadsheet.Label(f.Instruction) }},
	{key: "participant", column: spreadsheet.Column{Heading: "Participant"},
		cell: func(f *LetterFinding) spreadsheet.Cell { return spreadsheet.Label(f.Participant) }},
	{key: "series", column: spreadsheet.Column{Heading: "Series", Widest: 20},
		cell: func(f *LetterFinding) spreadsheet.Cell { return spreadsheet.Label(f.Series) }},
	{key: "currency", column: spreadsheet.Column{Heading: "Currency"},
		cell: func(f *LetterFinding) spreadsheet.Cell { return spreadsheet.Label(f.Currency) }},
	{key: "principal", column: spreadsheet.Column{Heading: "Principal", Right: true},
		cell: func(f *LetterFinding) spreadsheet.Cell { return spreadsheet.Principal(f.Principal) }},
	{key: "column", column: spreadsheet.Column{Heading: "Column", Widest: 20},
		cell: func(f *LetterFinding) spreadsheet.Cell { return spreadsheet.Label(f.Column) }},
	{key: "value", column: spreadsheet.Column{Heading: "Value as written", Widest: 28},
		cell: func(f *LetterFinding) spreadsheet.Cell { return spreadsheet.Label(f.Value) }},
	{key: "message", column: spreadsheet.Column{Heading: "What is wrong", Widest: 58},
		cell: func(f *LetterFinding) spreadsheet.Cell { return spreadsheet.Label(f.Message) }},
	{key: "advice", column: spreadsheet.Column{Heading: "What to do", Widest: 46},
		cell: func(f *LetterFinding) spreadsheet.Cell { return spreadsheet.Label(f.Advice) }},
	{key: "answer", column: spreadsheet.Column{Heading: "Your answer", Widest: 30},
		cell: func(*LetterFinding) spreadsheet.Cell { return spreadsheet.Cell{} }},
}

// WriteLetter writes a workbook for a depositary: what is wrong in its reports, and what it is asked to
// do about it.
func WriteLetter(w io.Writer, l *Letter) error {
	frame := spreadsheet.Frame{
		Title:   fmt.Sprintf("%s: questions to %s about the tender offer %s", l.Issuer, l.Depositary, l.Offer),
		Subject: "Run " + l.Run, Version: l.Version, Made: l.Made,
		Subtitle: fmt.Sprintf("%s  ·  cash tender offer %s  ·  reports as of %s", l.Issuer, l.Offer, l.AsOf),
		Banner: spreadsheet.Label("To " + l.Depositary + ": please correct these lines and send a new report. A line " +
			"that is not corrected may not count").As(spreadsheet.InBanner),
		Footer: l.Run, Paper: l.Paper, RowsPerSheet: excelize.TotalRows,
	}
	const title = "Lines to correct"
	s := frame.NewSheet("Letter", title)
	list := letterFields.list(len(l.Findings), "Nothing is to be corrected.", func() func(i int) *LetterFinding {
		return func(i int) *LetterFinding { return &l.Findings[i] }
	})
	frame.Lay(list, s, spreadsheet.FirstRow, 0, frame.Continuation(s, title))
	var sheets []*spreadsheet.Sheet
	for ; s != nil; s = s.Next {
		sheets = append(sheets, s)
	}
	if err := frame.Write(w, sheets); err != nil {
		return fmt.Errorf("workbook: %w", err)
	}
	return nil
}
