package batch

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/export"
	"tenderbatch/internal/tender"
)

// changesFrom compares a run with an earlier published one, instruction by
// instruction, from the earlier run's instructions.csv.
func changesFrom(r *export.Run, src *source, previous string) (*export.Changes, error) {
	content, err := src.earlier(previous, export.InstructionsName)
	if err != nil {
		return nil, err
	}
	was, err := readPositions(bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(src.runs(), previous, export.InstructionsName), err)
	}
	return compare(r, previous, was), nil
}

// instructionKey tells instructions apart: a depositary gives a number once.
type instructionKey struct{ depositary, instruction string }

func (k instructionKey) compare(other instructionKey) int {
	return cmp.Or(cmp.Compare(k.depositary, other.depositary), cmp.Compare(k.instruction, other.instruction))
}

// readPositions reads what each instruction stood at from an instructions.csv.
func readPositions(r io.Reader) (map[instructionKey]export.Position, error) {
	rows := csv.NewReader(r)
	heading, err := rows.Read()
	if err != nil {
		return nil, err
	}
	column := map[string]int{}
	for i, name := range heading {
		column[name] = i
	}
	for _, name := range []string{"instruction", "depositary", "series", "window", "tendered", "accepted", "total"} {
		if _, ok := column[name]; !ok {
			return nil, fmt.Errorf("no column %s", name)
		}
	}
	positions := map[instructionKey]export.Position{}
	for {
		row, err := rows.Read()
		if err == io.EOF {
			return positions, nil
		}
		if err != nil {
			return nil, err
		}
		text := func(name string) string { return export.PlainText(row[column[name]]) }
		p := export.Position{Series: text("series"), Window: tender.Window(text("window"))}
		for name, amount := range map[string]*decimal.Decimal{"tendered": &p.Tendered, "accepted": &p.Accepted, "total": &p.Total} {
			if *amount, err = decimal.NewFromString(text(name)); err != nil {
				line, _ := rows.FieldPos(column[name])
				return nil, fmt.Errorf("line %d, %s: %w", line, name, err)
			}
		}
		positions[instructionKey{text("depositary"), text("instruction")}] = p
	}
}

func compare(r *export.Run, previous string, was map[instructionKey]export.Position) *export.Changes {
	c := &export.Changes{Previous: previous}
	now := map[instructionKey]bool{}
	for i := range r.Book.Lines {
		l := &r.Book.Lines[i]
		key := instructionKey{l.Depositary, l.ID}
		now[key] = true
		before, counted := was[key]
		after := export.Position{
			Series: l.Series, Window: l.Window, Tendered: l.Principal,
			Accepted: r.Allocation.Lines[i].Accepted, Total: r.Settlement.Lines[i].Total(),
		}
		if kind := changeKind(before, after, counted); kind != "" {
			c.Lines = append(c.Lines, export.Change{Kind: kind, Depositary: l.Depositary, Instruction: l.ID, Series: l.Series, Was: before, Now: after})
		}
	}
	for key, before := range was {
		if !now[key] {
			c.Lines = append(c.Lines, export.Change{Kind: export.Gone, Depositary: key.depositary, Instruction: key.instruction, Series: before.Series, Was: before})
		}
	}
	slices.SortFunc(c.Lines, func(x, y export.Change) int {
		return instructionKey{x.Depositary, x.Instruction}.compare(instructionKey{y.Depositary, y.Instruction})
	})
	c.Series = seriesChanges(r, was)
	return c
}

// changeKind says how a position differs, "" if it does not.
func changeKind(before, after export.Position, counted bool) export.ChangeKind {
	switch {
	case !counted:
		return export.New
	case before.Series != after.Series || before.Window != after.Window || !before.Tendered.Equal(after.Tendered):
		return export.Amended
	case !before.Accepted.Equal(after.Accepted) || !before.Total.Equal(after.Total):
		return export.Reclassed
	}
	return ""
}

func seriesChanges(r *export.Run, was map[instructionKey]export.Position) []export.SeriesChange {
	list := make([]export.SeriesChange, len(r.Offer.Series))
	at := make(map[string]*export.SeriesChange, len(list))
	for i, s := range r.Offer.Series {
		list[i] = export.SeriesChange{Series: s.ID, TenderedNow: r.Book.Totals[i].Sum(), AcceptedNow: r.Allocation.Series[i].Sum()}
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
