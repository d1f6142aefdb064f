package export

import (
	"io"
	"strconv"

	"tenderbatch/internal/display"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// SnapshotsName is the file with what the reports of each depositary say differently
// from one to the next; a run has it only if there is an earlier report to compare with.
const SnapshotsName = "snapshots.csv"

// WriteSnapshots writes snapshots.csv.
func WriteSnapshots(w io.Writer, r *result.Run) error {
	changes := r.Snapshots.Changes
	return writeCSV(w, snapshotColumns, len(changes), func(i int) []string {
		c := &changes[i]
		l, currency := c.Line(), r.CurrencyOf(c.Line().Series)
		return []string{
			guard(c.Depositary), guard(c.Instruction), string(c.Kind), guard(c.What), guard(l.Participant), guard(l.Series),
			guard(currency), string(l.Window), c.Was.Principal.String(), c.Now.Principal.String(), c.Difference().String(),
			guard(c.Was.File), rowText(c.Was.Row), guard(c.Now.File), rowText(c.Now.Row),
			display.Stamp(c.Deadline, r.Offer.Zone),
			strconv.FormatBool(c.After), c.Rule, strconv.FormatBool(c.Open), guard(c.Resolved), strconv.FormatBool(c.Counts),
			c.Accepted.String(), tender.CashText(c.Cash, currency),
		}
	})
}

// rowText is the number of a row, "" for none.
func rowText(row int) string {
	if row == 0 {
		return ""
	}
	return strconv.Itoa(row)
}
