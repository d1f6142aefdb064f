// Package inbox chooses, among the names of the files in an offer's inbox, the reports that
// a run uses. It reads no file.
//
// [Choose] picks the files of the inbox by the depositary's pattern and by the
// date in the name, in the offer's zone; a date alone means the end of that day.
// Of snapshot reports the one used is the earliest that shows everything that
// had arrived as of the run, or the newest if none does. Incremental reports are
// used up to and including that one; a later line with the same instruction
// number replaces the earlier one. If the two name different securities or times of
// receipt, they cannot be the same tender, and neither counts.
package inbox
