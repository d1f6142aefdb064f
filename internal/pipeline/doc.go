// Package pipeline makes one run of one offer: from the files in the offer's inbox
// to the published folder.
//
//	offer.yaml + inbox/ → instructions → book → allocation → settlement → runs/<run>/
//
// Each file is read once, whole; what was read is what is hashed, parsed and kept
// with the run, so that [Rerun] can make the run again without the inbox. Everything
// is computed before anything of a result is written. A run's folder appears whole or
// not at all, and only after the invariants hold and every file with figures has been
// read back. A final run is replaced only when the request names it.
//
// The offer's ledger records what becomes of each attempt: that it began, and
// how it ended. The next run finishes or clears what a crash left. Without the ledger,
// or with a damaged one, no run is made: nothing else says what was published.
//
// What was published is read again by [FindRun], [HistoryOf], [VerifyHistory] and
// [Diff], and by a run that builds on an earlier one: each through [ledger.Archive],
// which compares it with the history first. The time is an argument: the package never
// asks the clock.
package pipeline
