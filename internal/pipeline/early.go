package pipeline

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// settledRun is what the run named by the terms decided of the early tenders.
type settledRun struct {
	name      string
	positions map[instructionKey]result.Position
}

// readSettledRun reads the run that was settled early, nil if the terms name
// none.
func readSettledRun(src *offerfolder.Source, o *tender.Offer) (*settledRun, error) {
	name := o.Settlement.EarlyRun
	if name == "" {
		return nil, nil
	}
	if src.Kept == nil {
		if err := checkSettledRun(src, o); err != nil {
			return nil, err
		}
	}
	content, err := src.Earlier(name, result.InstructionsName)
	if err != nil {
		return nil, err
	}
	positions, err := readPositions(bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(src.Runs(), name, result.InstructionsName), err)
	}
	maps.DeleteFunc(positions, func(_ instructionKey, p result.Position) bool { return p.Window != tender.Early })
	return &settledRun{name, positions}, nil
}

// checkSettledRun tests that the run the terms name is a published run of the
// offer that shows all early tenders and was made by the day of settlement.
func checkSettledRun(src *offerfolder.Source, o *tender.Offer) error {
	name := o.Settlement.EarlyRun
	m, err := src.EarlierRun(name)
	if errors.Is(err, ledger.ErrNoRun) {
		return earlyRunError("%s, which is not in %s; see \"batch runs\" for the runs there are", name, src.Runs())
	}
	if err != nil {
		return err
	}
	switch {
	case m.Run != name:
		return earlyRunError("%s, which is another name of the run %s; write that", name, m.Run)
	case m.Offer != o.ID:
		return earlyRunError("%s, which is a run of the offer %s", name, m.Offer)
	case src.Archive.Awaits(m):
		return earlyRunError("%s, which was not released; release it before its wires are sent, see \"batch queue OFFER\"", name)
	case m.AsOf.Before(o.Early.At):
		return earlyRunError("%s, which is as of %s, before the Early Tender Date; name a run that shows all early tenders",
			name, tender.WallTime(m.AsOf, o.Zone))
	case o.Settlement.Early.Before(tender.DateOf(m.AsOf.In(o.Zone))):
		return earlyRunError("%s, which is as of %s, after the early settlement; name the run that was paid then",
			name, tender.WallTime(m.AsOf, o.Zone))
	}
	return nil
}

func earlyRunError(format string, args ...any) error {
	return &offerfolder.UsageError{Message: "dates.settlement.early_run names the run " + fmt.Sprintf(format, args...)}
}

// fix marks the lines of the book that were dealt with at the early settlement.
// Each of them must still be reported as it was then, and one that was paid for whom it
// was paid to.
func (s *settledRun) fix(b *tender.Book) error {
	if s == nil {
		return nil
	}
	missing := maps.Clone(s.positions)
	for i := range b.Lines {
		l := &b.Lines[i]
		key := instructionKey{l.Depositary, l.ID}
		was, ok := s.positions[key]
		if !ok {
			continue
		}
		if was.Series != l.Series || was.Window != l.Window || !was.Tendered.Equal(l.Principal) {
			return s.differs(key, fmt.Sprintf("is now reported as %s of series %s, %s", l.Principal, l.Series, l.Window))
		}
		if was.Accepted.IsPositive() && was.Participant != l.Participant {
			return s.differs(key, fmt.Sprintf("was paid to participant %s, and is now reported for %s", was.Participant,
				l.Participant))
		}
		l.Settled = &tender.Settled{Accepted: was.Accepted}
		delete(missing, key)
	}
	for _, key := range slices.SortedFunc(maps.Keys(missing), instructionKey.compare) {
		return s.differs(key, "does not count any more")
	}
	return nil
}

// checkPaid tests that the terms still give every settled line the cash that it
// was paid.
func (s *settledRun) checkPaid(b *tender.Book, cash *settle.Settlement) error {
	if s == nil {
		return nil
	}
	for i := range b.Lines {
		l := &b.Lines[i]
		key := instructionKey{l.Depositary, l.ID}
		if paid := s.positions[key].Total; l.Settled != nil && !l.Undelivered && !cash.Lines[i].Total().Equal(paid) {
			return s.differs(key, fmt.Sprintf("was paid %s, and by the terms now in force it would be %s; leave the prices "+
				"and the interest of settled tenders as they were", paid, cash.Lines[i].Total()))
		}
	}
	return nil
}

func (s *settledRun) differs(key instructionKey, how string) error {
	was := s.positions[key]
	return &tender.ControlError{Rule: tender.RuleSettled, Message: fmt.Sprintf(
		"%s instruction %s was settled in run %s as %s of series %s, %s, and %s; what was settled is fixed, so correct "+
			"the reports or the terms; where the finding is R5-amended, resolve it as_before",
		key.depositary, key.instruction, s.name, was.Tendered, was.Series, was.Window, how)}
}
