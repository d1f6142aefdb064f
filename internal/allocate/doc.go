// Package allocate decides what is accepted of a book, and says why.
//
// [Allocate] runs the waterfall (R7): the tenders of one Acceptance Priority
// Level at a time, early and late together (order priority), or all early
// tenders by level and then all late ones (order early_first). Series that have
// no level are bought any and all, before and outside the levels.
//
// In each step every cap over the level's series is looked at in its own
// measure and currency (R8, R12). If the whole demand fits, it is taken. If not,
// it is cut back (R9, R10): one factor rises from zero for all tenders of the
// step together; a cap that would be exceeded closes the series it covers at the
// factor reached, and the factor goes on rising for the others. So series on one
// level share one factor until a cap of its own stops one of them. Each tender
// gets the factor times its principal, rounded down to the multiple of the
// denomination, and what the rules on small pieces make of that (R11). The maximal
// factor is sought with these rules in it, so no cap is exceeded; after the plain
// ratio or an announced factor they come last, and a warning says what they take
// above a cap.
//
// A factor that the issuer announced takes the place of the one found: it cuts
// back the level that does not fit whole, or everybody if all levels fit. Notes
// promised by guaranteed delivery count like any others, and keep their place
// under the caps even if they do not come (R15). What an early settlement bought
// is booked before the first step and stays as it was.
//
// A series that was cut back takes nothing in later steps: no late tender is
// bought of a series whose early tenders were cut. A cap over all series that
// cut tenders back ends the acceptance; a cap over some leaves what it has to
// the levels below.
//
// Under most rules on small pieces a larger factor never gives a tender less, and
// the maximal factor is the largest that fits. Two rules can give less: FULL takes
// a small part whole and a larger one as it is, and REJT for returned parts rejects
// a tender of which nearly all would be accepted. There the maximal factor is the
// one that accepts the most without exceeding a cap, the largest of several; a cap
// closes its series in the order in which the rising factor would first exceed it.
//
// The maximal factor is found by dividing the range of factors until no tender
// changes in what is left, and by leaving out ranges in which even the least would
// exceed a cap, or even the most is not more than what was found. Where a range is
// divided makes no difference to the result. All of it is arithmetic on integers of
// minor units and exact fractions.
//
// An offer may have pools: each is a waterfall of its own, with its levels, its cap and
// its rule for a shortfall, and is run with both windows before the next. A cap that
// cuts back ends every pool that it limits as a whole, and no other. The cap of a pool
// may be a total less what other pools bought, and a pool may be bought only if others
// before it were bought in full (R18).
//
// A Dutch auction is a waterfall whose levels are the bids, from the best for the issuer
// to the worst, under a cap of its own (R17). First the clearing level is found, at
// which everybody is paid; then tenders at it or better are accepted by the same steps
// as everything else, so that only the level at which the cap is reached is cut back.
//
// The package is pure: no clock, no files, no order of input.
package allocate
