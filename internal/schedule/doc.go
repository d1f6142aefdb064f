// Package schedule decides when an offer is run. robfig/cron only reads cron
// expressions and steps through them; the rules are here:
//
//   - A regular slot is a wall time of the offer's zone. One that comes twice when
//     clocks go back is one slot, the first; one that does not come when clocks go
//     forward is moved to the instant of the change; two at one instant are one.
//   - The offer's own dates have slots, too: a while (run_after) after the Early
//     Tender Date, the Expiration Date and the guaranteed delivery deadline, as the
//     terms stand at that instant.
//   - An offer has slots from the day of its launch to the end of the day on which
//     the last tenders are paid.
//   - What the ledger says decides which slots are open; see [Record] for how it is
//     read, and [Plan.Due] for what is run and what is recorded as missed.
//
// The package reads no clock: every function is given the time.
package schedule
