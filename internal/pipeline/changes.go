package pipeline

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/export"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// changesFrom compares a run with an earlier published one, instruction by
// instruction, from the earlier run's instructions.csv.
func changesFrom(r *result.Run, src *offerfolder.Source, previous string) (*result.Changes, error) {
	content, err := src.Earlier(previous, result.InstructionsName)
	if err != nil {
		return nil, err
	}
	was, err := readPositions(bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(src.Runs(), previous, result.InstructionsName), err)
	}
	return changesSince(r, previous, was), nil
}

// instructionKey identifies an instruction: a depositary gives a number once.
type instructionKey struct{ depositary, instruction string }

func (k instructionKey) compare(other instructionKey) int {
	return cmp.Or(cmp.Compare(k.depositary, other.depositary), cmp.Compare(k.instruction, other.instruction))
}

// readPositions reads what each instruction stood at from an instructions.csv.
func readPositions(r io.Reader) (map[instructionKey]result.Position, error) {
	positions := map[instructionKey]result.Position{}
	columns := []string{"instruction", "depositary", "series", "window", "tendered", "accepted", "total", "participant"}
	// A text of a row holds on to the whole row: few are kept, as their own copies.
	kept := map[string]string{}
	keep := func(text string) string {
		if _, ok := kept[text]; !ok {
			kept[strings.Clone(text)] = strings.Clone(text)
		}
		return kept[text]
	}
	err := export.ReadRows(r, columns, func(text []string) (wrong int, err error) {
		p := result.Position{Series: keep(text[2]), Window: tender.Window(keep(text[3])), Participant: keep(text[7])}
		if err := p.Window.Check(); err != nil {
			return 3, err
		}
		for i, amount := range []*decimal.Decimal{&p.Tendered, &p.Accepted, &p.Total} {
			if i == 2 && text[4+i] == "" {
				continue // the series had no price yet
			}
			if *amount, err = decimal.NewFromString(text[4+i]); err != nil {
				return 4 + i, err
			}
		}
		positions[instructionKey{keep(text[1]), strings.Clone(text[0])}] = p
		return 0, nil
	})
	return positions, err
}

// changesSince compares the lines of a run with those of an earlier one.
func changesSince(r *result.Run, previous string, was map[instructionKey]result.Position) *result.Changes {
	return &result.Changes{Previous: previous, Lines: comparePositions(was, positionsOf(r)), Series: seriesChanges(r, was)}
}

// positionsOf yields the position of each instruction of a run.
func positionsOf(r *result.Run) iter.Seq2[instructionKey, result.Position] {
	return func(yield func(instructionKey, result.Position) bool) {
		for i := range r.Book.Lines {
			l := &r.Book.Lines[i]
			if !yield(instructionKey{l.Depositary, l.ID}, result.Position{
				Series: l.Series, Window: l.Window, Tendered: l.Principal,
				Accepted: r.Allocation.Lines[i].Accepted, Total: r.Settlement.Lines[i].Total(),
			}) {
				return
			}
		}
	}
}

// comparePositions lists the instructions that stand differently, by depositary
// and number.
func comparePositions(was map[instructionKey]result.Position,
	now iter.Seq2[instructionKey, result.Position]) []result.Change {
	var changes []result.Change
	there := make(map[instructionKey]bool, len(was))
	for key, after := range now {
		there[key] = true
		before, counted := was[key]
		if kind := changeKind(before, after, counted); kind != "" {
			changes = append(changes, result.Change{Kind: kind, Depositary: key.depositary, Instruction: key.instruction,
				Series: after.Series, Was: before, Now: after})
		}
	}
	for key, before := range was {
		if !there[key] {
			changes = append(changes, result.Change{Kind: result.NoLonger, Depositary: key.depositary,
				Instruction: key.instruction, Series: before.Series, Was: before})
		}
	}
	slices.SortFunc(changes, func(x, y result.Change) int {
		return instructionKey{x.Depositary, x.Instruction}.compare(instructionKey{y.Depositary, y.Instruction})
	})
	return changes
}

// changeKind says how a position differs, "" if it does not.
func changeKind(before, after result.Position, counted bool) result.ChangeKind {
	switch {
	case !counted:
		return result.New
	case before.Series != after.Series || before.Window != after.Window || !before.Tendered.Equal(after.Tendered):
		return result.Amended
	case !before.Accepted.Equal(after.Accepted) || !before.Total.Equal(after.Total):
		return result.Reclassed
	}
	return ""
}

func seriesChanges(r *result.Run, was map[instructionKey]result.Position) []result.SeriesChange {
	list := make([]result.SeriesChange, len(r.Offer.Series))
	at := make(map[string]*result.SeriesChange, len(list))
	for i, s := range r.Offer.Series {
		list[i] = result.SeriesChange{Series: s.ID, TenderedNow: r.Book.Totals[i].Sum(),
			AcceptedNow: r.Allocation.Series[i].Sum()}
		at[s.ID] = &list[i]
	}
	for i := range r.Book.Lines {
		c := at[r.Book.Lines[i].Series]
		c.CashNow = c.CashNow.Add(r.Settlement.Lines[i].Total())
	}
	for _, p := range was {
		if c := at[p.Series]; c != nil {
			c.TenderedWas = c.TenderedWas.Add(p.Tendered)
			c.AcceptedWas = c.AcceptedWas.Add(p.Accepted)
			c.CashWas = c.CashWas.Add(p.Total)
		}
	}
	return list
}
