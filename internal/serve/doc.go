// Package serve runs the offers of a folder when they are due and when files
// arrive, for weeks, without supervision.
//
// Each offer has a goroutine of its own, so that what takes long, fails or panics
// in one never touches another. It wakes at the next slot, when something in the
// inbox moves, and at least every minute, and each time works out again from the
// clock, the terms and the ledger what is to be done: a clock that was set, a
// machine that slept and a process that was started again are no special cases.
//
//   - What is due is decided by package schedule, what is done by the ledger. A run
//     that leaves no entry is tried again, after one minute if the offer was busy,
//     and otherwise after one, two, four and up to sixty minutes. One that failed by
//     what will pass, such as a full disk, is tried again until it is done.
//   - Runs wait until the memory they need is there. Those after the offers' own dates
//     go first. An offer whose run died with the process is run alone, after the others,
//     and if that goes on it is parked: tried at growing intervals and at changes.
//   - The loop gives a sign of life as long as it and every offer turn; the service
//     manager starts the service again if it stays away.
//   - Files make a run once nothing in the inbox and in offer.yaml has moved for a
//     while. Unfinished and hidden files and the locks of spreadsheet programs are
//     passed over, and so is a file as long as such a lock is next to it. Whether
//     anything is new is for the run to say.
//   - When an offer is first seen, it is run if its files are newer than its last
//     run, or if the scheduler never ran it. Before its launch nothing is run, and
//     after its end only new files are.
//   - Terms that are broken are reported once for each change; the last good ones
//     stay in force.
//
// The package reads no clock and knows neither runs nor ledgers: all that is in
// [Config].
package serve
