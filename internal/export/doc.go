// Package export renders a run: as the workbook for people (result.xlsx), as
// JSON for machines (result.json), as CSV (instructions.csv, payments.csv,
// rejects.csv) and as the text of a release (release.txt, release.md). Every
// renderer writes to an [io.Writer] and computes nothing: it shows what the run
// holds. The same run always gives the same bytes. It also writes the empty
// workbook in which a depositary can report.
package export
