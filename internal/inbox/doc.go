// Package inbox chooses, among the names of the files in an offer's inbox, the reports that
// a run uses: by depositary, by the date in the name and by the instant of the run. It
// reads no file.
package inbox
