package ledger

import (
	"errors"
	"fmt"
)

// entries returns the entries of the rows. With an error it returns those that
// could be read.
func (c content) entries() ([]Entry, error) {
	var all []Entry
	var faults []error
	for _, r := range c.rows {
		e, err := r.entry()
		if err != nil {
			faults = append(faults, fmt.Errorf("entry %d: %w", r.seq, err))
			continue
		}
		all = append(all, e)
	}
	return all, errors.Join(faults...)
}

// broken returns an error that names the first place where the chain does not
// hold, nil if it holds.
func (c content) broken() error {
	if found := c.faults(); len(found) > 0 {
		return fmt.Errorf("%s: %s", found[0].Where, found[0].What)
	}
	return nil
}

// faults lists where numbers, hashes and head do not follow from one another.
// After a gap the next entry cannot be checked; the gap says enough.
func (c content) faults() []Finding {
	var found []Finding
	last := row{hash: noHash}
	for _, r := range c.rows {
		switch {
		case r.seq <= last.seq:
			found = append(found, finding(inLedger(r.seq), "is out of order", restoreAdvice))
		case r.seq != last.seq+1:
			found = append(found, finding(inLedger(last.seq+1), missing(last.seq+1, r.seq-1), restoreAdvice))
		case r.hash != chained(last.hash, r.seq, r.body):
			found = append(found, finding(inLedger(r.seq), "was altered, or is not the entry that followed the one before",
				restoreAdvice))
		}
		last = r
	}
	if c.head.seq > last.seq {
		found = append(found, finding(inLedger(last.seq+1), missing(last.seq+1, c.head.seq), restoreAdvice))
	}
	if c.progress.version > 0 && c.head.seq < last.seq {
		found = append(found, finding(databaseName, fmt.Sprintf("the head names entry %d as the last; there are %d",
			c.head.seq, last.seq), restoreAdvice))
	}
	if c.progress.version > 0 && c.head.seq == last.seq && c.head.hash != last.hash {
		found = append(found, finding(databaseName, fmt.Sprintf("the head does not name entry %d as it is", last.seq),
			restoreAdvice))
	}
	return found
}

func inLedger(seq int64) string { return fmt.Sprintf("%s, entry %d", databaseName, seq) }

func missing(from, to int64) string {
	if from == to {
		return fmt.Sprintf("entry %d is missing", from)
	}
	return fmt.Sprintf("entries %d to %d are missing", from, to)
}
