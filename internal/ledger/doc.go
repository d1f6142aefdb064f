// Package ledger knows which runs of an offer have been published, on what and
// with what result. The record of a run is its manifest, written with the run
// and published with it in one step, so the ledger can never disagree with what
// lies on disk.
//
// It also publishes: a run's folder appears under its name whole or not at all.
package ledger
