package settled

import (
	"fmt"
	"slices"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// Fix marks the lines of the book that were dealt with at settlements. Each of them must still
// be reported as it was then, and one that was paid for whom it was paid to. One that was
// returned whole may be missing.
func (all Settlements) Fix(o *tender.Offer, b *tender.Book) error {
	if len(all) == 0 {
		return nil
	}
	moved := false // to the window of then
	for made, s := range all {
		if at, err := ledger.AsOf(s.Run, o.Zone); err != nil || at.After(b.AsOf) {
			return s.wrong("which is not as of an instant up to that of this run, %s; name it by an amendment that takes "+
				"effect once it was paid", tender.WallTime(b.AsOf, o.Zone))
		}
		for _, key := range s.order {
			if err := s.follows(all[:made], key); err != nil {
				return err
			}
			line, there := slices.BinarySearchFunc(b.Lines, key, compareLine)
			if !there {
				if err := s.leave(all[:made], key); err != nil {
					return err
				}
				continue
			}
			window := b.Lines[line].Window
			if err := s.fix(made, key, &b.Lines[line]); err != nil {
				return err
			}
			moved = moved || b.Lines[line].Window != window
		}
		b.Made = append(b.Made, s.Made)
	}
	if moved {
		b.AddUp(o)
	}
	return nil
}

// compareLine compares a line of a book with an instruction.
func compareLine(l tender.Line, k key) int { return key{l.Depositary, l.ID}.compare(k) }

// has is what earlier settlements have of an instruction, and whether they paid it.
func (all Settlements) has(key key) (was position, known, paid bool) {
	for _, s := range all {
		if p, ok := s.positions[key]; ok {
			if !known {
				was, known = p, true
			}
			paid = paid || (p.Accepted.IsPositive() && s.paid(p))
		}
	}
	return was, known, paid
}

// paid reports whether a settlement paid an instruction, on its day.
func (s *settlement) paid(p position) bool { return p.status != settle.Paid && p.date == s.Made.On }

// follows tests that a run says of what earlier settlements decided what they do: it would
// otherwise be paid twice, or differently.
func (s *settlement) follows(earlier Settlements, key key) error {
	p := s.positions[key]
	was, known, paid := earlier.has(key)
	switch {
	case p.status == settle.Paid && !paid:
		return s.wrong("by which %s instruction %s was paid before, on %s; name the run of that settlement, too",
			key.depositary, key.instruction, p.date)
	case paid && s.paid(p):
		return s.wrong("by which %s instruction %s is paid again, as it was made without the settlement before it; name the "+
			"run that was paid then", key.depositary, key.instruction)
	case known && paid && !was.Accepted.Equal(p.Accepted):
		return s.wrong("which has %s accepted of %s instruction %s, of which %s was paid for before", p.Accepted,
			key.depositary, key.instruction, was.Accepted)
	}
	return nil
}

// leave keeps in mind an instruction of which nothing was bought and that no report has any more;
// one that was bought must be in a report.
func (s *settlement) leave(earlier Settlements, key key) error {
	was := s.positions[key]
	if was.Accepted.IsPositive() {
		return s.differs(key, "does not count any more")
	}
	if _, known, _ := earlier.has(key); !known && (s.Then == nil || s.Then.AuctionOf(was.Series) == nil) {
		s.Returned = append(s.Returned, tender.Line{Window: was.Window, Instruction: &tender.Instruction{
			ID: key.instruction, Depositary: key.depositary, Series: was.Series, Principal: was.Tendered}})
	}
	return nil
}

// fix fixes one line as the settlement dealt with it.
func (s *settlement) fix(made int, key key, l *tender.Line) error {
	was, window := s.positions[key], l.Window
	if l.Settled != nil { // it was compared with the first
		if s.paid(was) { // a guaranteed delivery, whose own day this is
			if l.Settled.Cash == nil {
				l.Settled.Cash = was.cash()
			}
			l.Settled.Cash.Paid = true
		}
		return nil
	}
	if s.Then != nil && !s.early {
		window = s.Then.Window(l.Received)
	}
	if was.Series != l.Series || was.Window != window || !was.Tendered.Equal(l.Principal) {
		return s.differs(key, fmt.Sprintf("is now reported as %s of series %s, %s", l.Principal, l.Series, window))
	}
	if was.Accepted.IsPositive() && was.Participant != l.Participant {
		return s.differs(key, fmt.Sprintf("was paid to participant %s, and is now reported for %s", was.Participant,
			l.Participant))
	}
	l.Window, l.Settled = was.Window, &tender.Settled{Accepted: was.Accepted, Made: made}
	return s.setTerms(was, l)
}

// cash is what the run has for an instruction.
func (p *position) cash() *tender.SettledCash {
	return &tender.SettledCash{Consideration: p.Consideration, EarlyPayment: p.EarlyPayment,
		AccruedInterest: p.AccruedInterest, On: p.date}
}

// setTerms has what was bought of a line count, and be paid, as it was then. As early_run the
// terms of now must pay the same, so only what they do not say is taken over.
func (s *settlement) setTerms(was position, l *tender.Line) error {
	if s.Then == nil || !was.Accepted.IsPositive() {
		return nil
	}
	if was.date.IsZero() {
		return s.wrong("which has no price for series %s yet, so nothing of it was paid", was.Series)
	}
	if s.Then.AuctionOf(was.Series) != nil || !s.early {
		l.Settled.Cash = was.cash()
		l.Settled.Cash.Paid = s.paid(was)
	}
	key := priced{was.Series, was.price.String(), was.extra.String(), was.Window}
	if s.terms[key] == nil {
		at, known := s.Then.SeriesByID(was.Series)
		if !known {
			return s.wrong("whose terms have no series %s", was.Series)
		}
		accrued, err := settle.Accrued(s.Then, &s.Then.Series[at], was.Window)
		if err != nil {
			return err
		}
		s.terms[key] = &tender.SettledTerms{Consideration: was.price, EarlyPayment: was.extra, Accrued: accrued,
			Rates: s.Then.Rates}
	}
	l.Settled.AtTerms = s.terms[key]
	return nil
}

// CheckPaid tests that the terms still give every line that was settled early the cash that
// it was paid.
func (all Settlements) CheckPaid(b *tender.Book, cash *settle.Settlement) error {
	for i := range b.Lines {
		l := &b.Lines[i]
		if l.Settled == nil || l.Undelivered {
			continue
		}
		s, key := all[l.Settled.Made], key{l.Depositary, l.ID}
		if paid := s.positions[key].Position.Total; !cash.Lines[i].Total().Equal(paid) {
			return s.differs(key, fmt.Sprintf("was paid %s, and by the terms now in force it would be %s; leave the prices "+
				"and the interest of settled tenders as they were, or name the run under dates.settlement.interim", paid,
				cash.Lines[i].Total()))
		}
	}
	return nil
}

func (s *settlement) differs(key key, how string) error {
	was := s.positions[key]
	return &tender.ControlError{Rule: tender.RuleSettled, Message: fmt.Sprintf(
		"%s instruction %s was settled in run %s as %s of series %s, %s, and %s; what was settled is fixed, so correct "+
			"the reports or the terms; where the finding is R5-amended, resolve it as_before",
		key.depositary, key.instruction, s.Run, was.Tendered, was.Series, was.Window, how)}
}
