// Package export renders a run: as the workbook for people (result.xlsx), as
// JSON for machines (result.json) and as CSV (instructions.csv, payments.csv,
// rejects.csv). Every renderer writes to an [io.Writer] and computes nothing:
// it shows what the run holds. The same run always gives the same bytes.
package export
