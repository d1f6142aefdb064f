// Package ingest reads the depositaries' reports of tenders. Nothing of a report is
// dropped, invented or guessed: every row becomes an instruction, a finding that
// says what is wrong with which cell, or a line of the report's notes.
//
// # A report
//
// A report is a workbook (.xlsx, .xlsm), a text file (.csv, .tsv, .txt) or messages. One row is one
// instruction. The heading row is looked for in the first 50 rows that have
// cells and may be split over two; headings are compared without regard to case,
// spaces and punctuation, and what the known words do not say, the offer's
// depositaries[].columns says. Five columns are needed: instruction, security,
// principal, received (or a date and a time of receipt) and participant.
//
// A workbook may be protected by a password, which the caller gives with the
// file. No password, one that does not open it and a file that was changed after
// it was protected are three faults, and nothing of such a file is used.
//
// A totals row must equal the principal above it, whatever the status of the
// rows, and nothing that looks like an instruction may follow it. A sheet that is
// called a control sheet must agree in its sums and counts. Hidden rows count,
// and are noted. Only one sheet may have the headings, hidden or not, unless the
// offer names those to read, which then are one report, and those to skip.
//
// # A cell
//
// An amount is a decimal, read from the digits that stand in the cell; there is
// no floating-point number on the way, and what a spreadsheet cannot hold
// exactly (more than 15 digits) is rejected. A time becomes an instant to the
// millisecond, in the depositary's zone; a date whose day and month could be
// exchanged, a date without a time of day and a wall time that the clocks skip
// or repeat are rejected. A CUSIP that a spreadsheet turned into a number is
// repaired only if exactly one security of the offer can be meant, and that is
// said. A formula is rejected in every column that decides something: its stored
// value may be out of date. What the offer says of a depositary's date_format,
// formulas and encoding goes before.
//
// The short ways of reading ([values.PlainAmount], [values.IsoStamp], the clock's days) read what
// nearly every cell holds; whatever they do not read goes the long way, and a test
// compares the two.
//
// # What is wrong
//
// A bad row is data: a [tender.Finding] for every fault of the row. A bad file is
// an error: a [tender.FileError] that holds every fault of every file. Both carry a
// code of [tender.Rules], which docs/rules.md explains.
package ingest
