// Package serve runs the offers of a folder when they are due and when files
// arrive, for weeks, without supervision.
//
// Each offer has a goroutine of its own, so that a slow, failed or panicking offer never
// affects another. It wakes at the next slot, when something in the inbox changes, and at
// least every minute, and each time works out again from the clock, the terms and the
// ledger what is due: a clock that was set, a machine that slept and a restart are no
// special cases.
//
//   - Package schedule decides what is due, and the ledger what is done. A run that
//     leaves no entry is tried again: after a minute if another run held the offer, and
//     otherwise after one, two, four and up to sixty minutes. One that failed for a
//     reason that will pass, such as a full disk, is tried again until it is done.
//   - Runs wait until the memory they need is free. Those after the offers' own dates go
//     first. An offer whose run died with the process is run alone, after the others; if
//     that goes on, it is parked: tried at growing intervals and when something changes.
//   - The loop sends a heartbeat as long as it and every offer make progress; without it
//     the service manager restarts the service.
//   - Files make a run once nothing in the inbox and in offer.yaml has changed for the
//     quiet period. Unfinished and hidden files and the locks of spreadsheet programs are
//     passed over, and so is a file as long as such a lock is next to it. Whether
//     anything is new is for the run to say.
//   - When an offer is first seen, it is run if its files are newer than its last run, or
//     if the scheduler never ran it. Nothing is run before its launch, and only new files
//     are run after its end.
//   - Broken terms are reported once for each change; the last good ones stay in force.
//
// The loop decides; [Config] says how an offer is loaded and run, and who observes. The
// package reads no clock and knows neither runs nor ledgers.
package serve
