// Package export renders a run and the difference of two: as JSON for machines
// (result.json), as CSV (instructions.csv, payments.csv, rejects.csv and more) and as the
// text of a release (release.txt, release.md). Every renderer writes to an [io.Writer] and
// computes nothing: it shows what the run holds. The same run always gives the same bytes.
package export
