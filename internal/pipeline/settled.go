package pipeline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/export"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// settlements are those that were made by the terms, oldest first.
type settlements []*settledRun

// settledRun is what the run of one settlement decided.
type settledRun struct {
	tender.Made
	early     bool // named as early_run
	positions map[instructionKey]settledPosition
	terms     map[settledAt]*tender.SettledTerms
}

// settledPosition is an instruction as the run of a settlement has it.
type settledPosition struct {
	result.Position
	settle.Cash
	date         tender.Date
	status       settle.Status
	price, extra decimal.Decimal // per 1,000: consideration and early payment
}

// settledAt is what tenders have in common that were settled at the same terms.
type settledAt struct {
	series, price, extra string
	window               tender.Window
}

// readSettlements reads the runs of the settlements that were made.
func readSettlements(src *offerfolder.Source, o *tender.Offer) (settlements, error) {
	var all settlements
	for _, made := range o.Settlement.Made() {
		s := &settledRun{Made: tender.Made{Interim: made}, early: made.Run == o.Settlement.EarlyRun,
			terms: map[settledAt]*tender.SettledTerms{}}
		if src.Kept == nil {
			if err := s.check(src, o); err != nil {
				return nil, err
			}
		}
		if err := s.readTerms(src, o); err != nil {
			return nil, err
		}
		if err := s.readPositions(src); err != nil {
			return nil, err
		}
		if err := s.readLevels(src, o); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// check tests that the run the terms name is a published run of the offer that was
// made by the day of settlement, and as early_run shows all early tenders.
func (s *settledRun) check(src *offerfolder.Source, o *tender.Offer) error {
	m, err := src.EarlierRun(s.Run)
	if errors.Is(err, ledger.ErrNoRun) {
		return s.wrong("which is not in %s; see \"batch runs\" for the runs there are", src.Runs())
	}
	if err != nil {
		return err
	}
	switch {
	case m.Run != s.Run:
		return s.wrong("which is another name of the run %s; write that", m.Run)
	case m.Offer != o.ID:
		return s.wrong("which is a run of the offer %s", m.Offer)
	case s.early && m.AsOf.Before(o.Early.At):
		return s.wrong("which is as of %s, before the Early Tender Date; name a run that shows all early tenders, or, where "+
			"the Early Tender Date was extended since, name it under dates.settlement.interim",
			tender.WallTime(m.AsOf, o.Zone))
	case s.On.Before(tender.DateOf(m.AsOf.In(o.Zone))):
		return s.wrong("which is as of %s, after the %ssettlement%s; name the run that was paid then",
			tender.WallTime(m.AsOf, o.Zone), map[bool]string{true: "early "}[s.early],
			map[bool]string{false: " of " + s.On.String()}[s.early])
	}
	return nil
}

func (s *settledRun) wrong(format string, args ...any) error {
	key := "interim"
	if s.early {
		key = "early_run"
	}
	return &offerfolder.UsageError{Message: "dates.settlement." + key + " names the run " + s.Run + ", " +
		fmt.Sprintf(format, args...)}
}

// readTerms reads the terms that were in force for the run. A run of version 0.1 kept none; as
// early_run it counts by the terms of now, which [settlements.checkPaid] compares.
func (s *settledRun) readTerms(src *offerfolder.Source, o *tender.Offer) error {
	content, err := src.EarlierTerms(s.Run)
	if errors.Is(err, fs.ErrNotExist) && s.early {
		return nil
	}
	if err != nil {
		return err
	}
	terms, err := offerfile.ParseTerms(s.Run+"/"+offerfolder.OfferName, content)
	if err != nil && s.early {
		return nil
	}
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return s.wrong("whose terms this version of the program does not understand: %s", first)
	}
	at, err := asOfName(s.Run, o.Zone)
	if err != nil {
		return err
	}
	s.Then = terms.AsOf(at)
	if !s.early && s.Then.SettlementDate(tender.Early) != s.On && s.Then.SettlementDate(tender.Late) != s.On &&
		s.Then.Guaranteed.Settlement != s.On {
		return s.wrong("which pays nothing on %s: by its terms it pays on %s and %s; name the run that was paid then",
			s.On, s.Then.SettlementDate(tender.Early), s.Then.SettlementDate(tender.Late))
	}
	return nil
}

// readPositions reads what the run has for each instruction. Of one without terms only what it
// decided of early tenders is known.
func (s *settledRun) readPositions(src *offerfolder.Source) (err error) {
	content, err := src.Earlier(s.Run, result.InstructionsName)
	if err != nil {
		return err
	}
	if s.Then == nil {
		positions, err := readPositions(bytes.NewReader(content))
		s.positions = make(map[instructionKey]settledPosition, len(positions))
		for key, p := range positions {
			if p.Window == tender.Early {
				s.positions[key] = settledPosition{Position: p, date: s.On, status: settle.Due}
			}
		}
		return named(src, s.Run, err)
	}
	if s.positions, err = readSettledPositions(bytes.NewReader(content)); err != nil {
		return named(src, s.Run, err)
	}
	maps.DeleteFunc(s.positions, func(_ instructionKey, p settledPosition) bool { return !s.decided(p) })
	return nil
}

func named(src *offerfolder.Source, run string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", filepath.Join(src.Runs(), run, result.InstructionsName), err)
}

// decided reports whether an instruction was dealt with at the settlement: it was paid then or
// before, or was accepted or returned with those of its window that were.
func (s *settledRun) decided(p settledPosition) bool {
	if s.early {
		return p.Window == tender.Early
	}
	return p.status == settle.Paid || p.date == s.On || s.Then.SettlementDate(p.Window) == s.On
}

// readSettledPositions reads an instructions.csv with its cash, prices and days.
func readSettledPositions(r io.Reader) (map[instructionKey]settledPosition, error) {
	positions := map[instructionKey]settledPosition{}
	columns := []string{"instruction", "depositary", "series", "window", "participant", "status", "settlement_date",
		"tendered", "accepted", "consideration", "early_payment", "accrued_interest", "total", "price", "early_price"}
	kept := map[string]string{} // a text of a row holds on to the whole row
	keep := func(text string) string {
		if _, ok := kept[text]; !ok {
			kept[strings.Clone(text)] = strings.Clone(text)
		}
		return kept[text]
	}
	err := export.ReadRows(r, columns, func(text []string) (wrong int, err error) {
		p := settledPosition{status: settle.Status(keep(text[5])), Position: result.Position{Series: keep(text[2]),
			Window: tender.Window(keep(text[3])), Participant: keep(text[4])}}
		if err := p.Window.Check(); err != nil {
			return 3, err
		}
		if text[6] != "" {
			if p.date, err = tender.ParseDate(text[6]); err != nil {
				return 6, err
			}
		}
		for i, amount := range []*decimal.Decimal{&p.Tendered, &p.Accepted, &p.Consideration, &p.EarlyPayment,
			&p.AccruedInterest, &p.Position.Total, &p.price, &p.extra} {
			if i >= 2 && text[7+i] == "" {
				continue // nothing is paid, or there was no price yet
			}
			if *amount, err = decimal.NewFromString(text[7+i]); err != nil {
				return 7 + i, err
			}
		}
		positions[instructionKey{keep(text[1]), strings.Clone(text[0])}] = p
		return 0, nil
	})
	return positions, err
}

// readLevels reads at which levels the auctions cleared.
func (s *settledRun) readLevels(src *offerfolder.Source, o *tender.Offer) error {
	if len(o.Auctions) == 0 || s.Then == nil {
		return nil
	}
	content, err := src.Earlier(s.Run, result.JSONName)
	if err != nil {
		return err
	}
	var found struct {
		Auctions []struct {
			Name     string
			Clearing *decimal.Decimal
		}
	}
	if err := json.Unmarshal(content, &found); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(src.Runs(), s.Run, result.JSONName), err)
	}
	s.Levels = map[string]decimal.Decimal{}
	for _, a := range found.Auctions {
		if a.Clearing != nil && s.bought(o, a.Name) {
			s.Levels[a.Name] = *a.Clearing
		}
	}
	return nil
}

// bought reports whether the settlement dealt with tenders of an auction.
func (s *settledRun) bought(o *tender.Offer, auction string) bool {
	for _, p := range s.positions {
		if a := o.AuctionOf(p.Series); a != nil && a.Name == auction {
			return true
		}
	}
	return false
}

// fix marks the lines of the book that were dealt with at settlements. Each of them must still
// be reported as it was then, and one that was paid for whom it was paid to. One that was
// returned whole may be gone.
func (all settlements) fix(o *tender.Offer, b *tender.Book) error {
	if len(all) == 0 {
		return nil
	}
	at := make(map[instructionKey]int, len(b.Lines))
	for i := range b.Lines {
		at[instructionKey{b.Lines[i].Depositary, b.Lines[i].ID}] = i
	}
	moved := false // to the window of then
	for made, s := range all {
		for _, key := range slices.SortedFunc(maps.Keys(s.positions), instructionKey.compare) {
			if err := s.follows(all[:made], key); err != nil {
				return err
			}
			line, there := at[key]
			if !there {
				if err := s.gone(all[:made], key); err != nil {
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

// has is what earlier settlements have of an instruction, and whether they paid it.
func (all settlements) has(key instructionKey) (was settledPosition, known, paid bool) {
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
func (s *settledRun) paid(p settledPosition) bool { return p.status != settle.Paid && p.date == s.On }

// follows tests that a run says of what earlier settlements decided what they do: it would
// otherwise be paid twice, or differently.
func (s *settledRun) follows(earlier settlements, key instructionKey) error {
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

// gone keeps in mind an instruction of which nothing was bought and that no report has any more;
// one that was bought cannot be gone.
func (s *settledRun) gone(earlier settlements, key instructionKey) error {
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
func (s *settledRun) fix(made int, key instructionKey, l *tender.Line) error {
	was, window := s.positions[key], l.Window
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
	if l.Settled == nil {
		l.Window, l.Settled = was.Window, &tender.Settled{Accepted: was.Accepted, Made: made}
		return s.setTerms(was, l)
	}
	if s.paid(was) { // a guaranteed delivery, whose own day this is
		if l.Settled.Cash == nil {
			l.Settled.Cash = was.cash()
		}
		l.Settled.Cash.Paid = true
	}
	return nil
}

// cash is what the run has for an instruction.
func (p *settledPosition) cash() *tender.SettledCash {
	return &tender.SettledCash{Consideration: p.Consideration, EarlyPayment: p.EarlyPayment,
		AccruedInterest: p.AccruedInterest, On: p.date}
}

// setTerms has what was bought of a line count, and be paid, as it was then. As early_run the
// terms of now must pay the same, so only what they do not say is taken over.
func (s *settledRun) setTerms(was settledPosition, l *tender.Line) error {
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
	key := settledAt{was.Series, was.price.String(), was.extra.String(), was.Window}
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

// checkPaid tests that the terms still give every line that was settled early the cash that
// it was paid.
func (all settlements) checkPaid(b *tender.Book, cash *settle.Settlement) error {
	for i := range b.Lines {
		l := &b.Lines[i]
		if l.Settled == nil || l.Undelivered {
			continue
		}
		s, key := all[l.Settled.Made], instructionKey{l.Depositary, l.ID}
		if paid := s.positions[key].Position.Total; !cash.Lines[i].Total().Equal(paid) {
			return s.differs(key, fmt.Sprintf("was paid %s, and by the terms now in force it would be %s; leave the prices "+
				"and the interest of settled tenders as they were, or name the run under dates.settlement.interim", paid,
				cash.Lines[i].Total()))
		}
	}
	return nil
}

func (s *settledRun) differs(key instructionKey, how string) error {
	was := s.positions[key]
	return &tender.ControlError{Rule: tender.RuleSettled, Message: fmt.Sprintf(
		"%s instruction %s was settled in run %s as %s of series %s, %s, and %s; what was settled is fixed, so correct "+
			"the reports or the terms; where the finding is R5-amended, resolve it as_before",
		key.depositary, key.instruction, s.Run, was.Tendered, was.Series, was.Window, how)}
}

// checkNext is an *[offerfolder.UsageError] if a final run would pay something on the day of an
// interim settlement that has passed, and of which the terms name no run.
func (in *Intake) checkNext() error {
	next, planned := in.Offer.Settlement.Next()
	if !planned || in.Offer.PhaseAt(in.AsOf) != tender.Final || !next.Before(tender.DateOf(in.AsOf.In(in.Offer.Zone))) {
		return nil
	}
	return &offerfolder.UsageError{Message: fmt.Sprintf("the offer has expired, and dates.settlement.interim names no run "+
		"for %s, which has passed; name the run that was paid then, or take that day out", next)}
}
