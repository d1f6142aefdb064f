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
// denomination; then the rules on small pieces apply (R11).
//
// A factor that the issuer announced takes the place of the one found: it cuts
// back the level that does not fit whole, or everybody if all levels fit. Notes
// promised by guaranteed delivery count like any others, and keep their place
// under the caps even if they do not come (R15). What an early settlement bought
// is booked before the first step and stays as it was.
//
// A series that was cut back takes nothing in later steps: no late tender is
// bought of a series whose early tenders were cut. A cap over all series that
// cut somebody back ends the acceptance; a cap over some leaves what it has to
// the levels below.
//
// The maximal factor is found without a search: the plain ratio of capacity to
// demand always fits after rounding down, and from there the tenders are lifted
// one denomination at a time in the order of the factors at which they gain it,
// equal factors together, until the next would break a cap. All of it is
// arithmetic on integers of minor units and exact fractions.
//
// The package is pure: no clock, no files, no order of input.
package allocate
