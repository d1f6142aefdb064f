// Package ledger knows which runs of an offer have been published, on what and
// with what result. The record of a run is its manifest, written with the run
// and published with it in one step, so it can never disagree with what is on
// disk.
//
// The ledger proper, ledger.db, is the history: one entry for what each attempt to
// run did, those that were refused or failed too, and for each slot of the schedule
// that was missed. Entries are numbered 1, 2, 3 and so on and only ever added. Each
// carries the hash of the one before it, so that one that was altered, removed or
// swapped is noticed; ledger.sum holds the digest of the whole file, so that every
// other changed bit is noticed too. A slot is decided once, and an attempt ends
// once. A ledger that is lost or damaged can be rebuilt from the runs that nothing
// speaks against; until it is, nothing vouches for any run.
//
// An [Archive] is the one door to the runs: it hands out those that the history knows
// by the digest of their manifest, and no others. [Verify] compares the ledger, the
// manifests and the files with one another and says what it cannot notice.
//
// It also publishes: a run's folder appears under its name whole or not at all.
package ledger
