// Package settled reads what earlier settlements decided from the published runs that the terms
// name, and fixes it in a new book: what was bought then, at the price, interest and rates of
// then, who was paid what and on which day, and what was returned.
package settled

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
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

// Settlements are those that were made by the terms, oldest first.
type Settlements []*settlement

// settlement is what the run of one settlement decided.
type settlement struct {
	tender.Made
	early     bool  // named as early_run
	order     []key // of the positions in the file, which is that of a book
	positions map[key]position
	terms     map[priced]*tender.SettledTerms
}

// key identifies an instruction: a depositary gives a number once.
type key struct{ depositary, instruction string }

func (k key) compare(other key) int {
	return cmp.Or(cmp.Compare(k.depositary, other.depositary), cmp.Compare(k.instruction, other.instruction))
}

// position is an instruction as the run of a settlement has it.
type position struct {
	result.Position
	settle.Cash
	date         tender.Date
	status       settle.Status
	price, extra decimal.Decimal // per 1,000: consideration and early payment
}

// priced is what tenders have in common that were settled at the same terms.
type priced struct {
	series, price, extra string
	window               tender.Window
}

// Read reads the runs of the settlements that were made.
func Read(src *offerfolder.Source, o *tender.Offer) (Settlements, error) {
	var all Settlements
	for _, made := range o.Settlement.Made() {
		s := &settlement{Made: tender.Made{Interim: made}, early: made.Run == o.Settlement.EarlyRun,
			terms: map[priced]*tender.SettledTerms{}}
		if src.Kept == nil {
			if err := s.check(src, o); err != nil {
				return nil, err
			}
		}
		if err := s.readTerms(src, o); err != nil {
			return nil, err
		}
		if err := s.readPositions(src); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(src.Runs(), s.Run, result.InstructionsName), err)
		}
		if err := s.readLevels(src, o); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// On reports whether a settlement was made on a day.
func (all Settlements) On(day tender.Date) bool {
	return slices.ContainsFunc(all, func(s *settlement) bool { return s.Made.On == day })
}

// check tests that the run the terms name is a published run of the offer that was
// made by the day of settlement, and as early_run shows all early tenders.
func (s *settlement) check(src *offerfolder.Source, o *tender.Offer) error {
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
	case src.Archive.Awaits(m):
		return s.wrong("which was not released; release it before its wires are sent, see \"batch queue OFFER\"")
	case s.early && m.AsOf.Before(o.Early.At):
		return s.wrong("which is as of %s, before the Early Tender Date; name a run that shows all early tenders, or, where "+
			"the Early Tender Date was extended since, name it under dates.settlement.interim",
			tender.WallTime(m.AsOf, o.Zone))
	case s.Made.On.Before(tender.DateOf(m.AsOf.In(o.Zone))):
		return s.wrong("which is as of %s, after the %ssettlement%s; name the run that was paid then",
			tender.WallTime(m.AsOf, o.Zone), map[bool]string{true: "early "}[s.early],
			map[bool]string{false: " of " + s.Made.On.String()}[s.early])
	}
	return nil
}

func (s *settlement) wrong(format string, args ...any) error {
	key := "interim"
	if s.early {
		key = "early_run"
	}
	return &offerfolder.UsageError{Message: "dates.settlement." + key + " names the run " + s.Run + ", " +
		fmt.Sprintf(format, args...)}
}

// readTerms reads the terms that were in force for the run. A run of version 0.1 kept none; as
// early_run it counts by the terms of now, which [Settlements.CheckPaid] compares.
func (s *settlement) readTerms(src *offerfolder.Source, o *tender.Offer) error {
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
	at, err := ledger.AsOf(s.Run, o.Zone)
	if err != nil {
		return err
	}
	s.Then = terms.AsOf(at)
	s.Then.Rates = ratesThen(s.Then, o)
	if !s.early && s.Then.SettlementDate(tender.Early) != s.Made.On && s.Then.SettlementDate(tender.Late) != s.Made.On &&
		s.Then.Guaranteed.Settlement != s.Made.On {
		return s.wrong("which pays nothing on %s: by its terms it pays on %s and %s; name the run that was paid then",
			s.Made.On, s.Then.SettlementDate(tender.Early), s.Then.SettlementDate(tender.Late))
	}
	return nil
}

// ratesThen are the rates of a settlement, and those of now between currencies that had none then,
// as no cap counted them.
func ratesThen(then, now *tender.Offer) []tender.Rate {
	rates := then.KnownRates()
	for _, r := range now.KnownRates() {
		if _, known := then.Rate(r.From, r.To); !known {
			rates = append(rates, r)
		}
	}
	return rates
}

// readPositions reads what the run has for each instruction. Of one without terms only what it
// decided of early tenders is known.
func (s *settlement) readPositions(src *offerfolder.Source) error {
	content, err := src.Earlier(s.Run, result.InstructionsName)
	if err != nil {
		return err
	}
	columns := columns
	if s.Then == nil {
		columns = columns[:columnsOfVersion1]
	}
	s.positions = map[key]position{}
	return readPositions(bytes.NewReader(content), columns, func(at key, p position) {
		if !s.decided(p) {
			return
		}
		if s.Then == nil {
			p.date = s.Made.On
		}
		s.order = append(s.order, at)
		s.positions[at] = p
	})
}

// decided reports whether an instruction was dealt with at the settlement: it was paid then or
// before, or was accepted or returned with those of its window that were.
func (s *settlement) decided(p position) bool {
	if s.early {
		return p.Window == tender.Early
	}
	return p.status == settle.Paid || p.date == s.Made.On || s.Then.SettlementDate(p.Window) == s.Made.On
}

// columns are those that are read of an instructions.csv; version 0.1 wrote the first of them.
var columns = []string{"instruction", "depositary", "series", "window", "participant", "tendered", "accepted", "total",
	"status", "settlement_date", "consideration", "early_payment", "accrued_interest", "price", "early_price"}

const columnsOfVersion1 = 8

// readPositions reads columns of an instructions.csv, and has take take each row.
func readPositions(r io.Reader, columns []string, take func(at key, p position)) error {
	kept := map[string]string{} // a text of a row holds on to the whole row
	keep := func(text string) string {
		if _, ok := kept[text]; !ok {
			kept[strings.Clone(text)] = strings.Clone(text)
		}
		return kept[text]
	}
	return export.ReadRows(r, columns, func(text []string) (wrong int, err error) {
		p := position{Position: result.Position{Series: keep(text[2]), Window: tender.Window(keep(text[3])),
			Participant: keep(text[4])}}
		if err := p.Window.Check(); err != nil {
			return 3, err
		}
		amounts := map[int]*decimal.Decimal{5: &p.Tendered, 6: &p.Accepted, 7: &p.Position.Total}
		if len(text) > columnsOfVersion1 {
			p.status = settle.Status(keep(text[8]))
			if text[9] != "" {
				if p.date, err = tender.ParseDate(text[9]); err != nil {
					return 9, err
				}
			}
			amounts[10], amounts[11], amounts[12] = &p.Consideration, &p.EarlyPayment, &p.AccruedInterest
			amounts[13], amounts[14] = &p.price, &p.extra
		}
		for i, amount := range amounts {
			if i >= 7 && text[i] == "" {
				continue // nothing is paid, or there was no price yet
			}
			if *amount, err = decimal.NewFromString(text[i]); err != nil {
				return i, err
			}
		}
		take(key{keep(text[1]), strings.Clone(text[0])}, p)
		return 0, nil
	})
}

// readLevels reads at which levels the auctions cleared.
func (s *settlement) readLevels(src *offerfolder.Source, o *tender.Offer) error {
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
func (s *settlement) bought(o *tender.Offer, auction string) bool {
	for _, p := range s.positions {
		if a := o.AuctionOf(p.Series); a != nil && a.Name == auction {
			return true
		}
	}
	return false
}
