// Package workbook lays out the workbooks for people: the result of a run (result.xlsx), the
// difference of two runs, and the empty one in which a depositary can report. One file is
// one sheet. It computes nothing that the run does not hold; what it adds up, it checks
// against the run on the sheet Controls.
package workbook
