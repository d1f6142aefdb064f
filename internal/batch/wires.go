package batch

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/export"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// wireChangesFrom compares the wires of a run with those of the final run that it
// supersedes, from that run's payments.csv and paid.csv. It returns nil for a run of
// a version that gave payments no references.
func wireChangesFrom(r *export.Run, src *source, superseded string) (*export.WireChanges, error) {
	was := map[string]*export.WireChange{}
	for _, name := range []string{export.PaymentsName, export.PaidName} {
		content, err := src.earlier(superseded, name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if heading, _, _ := strings.Cut(string(content[:min(len(content), 512)]), "\n"); !strings.HasPrefix(heading, "reference,") {
			return nil, nil
		}
		if err := addWires(was, content); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(src.runs(), superseded, name), err)
		}
	}
	return compareWires(superseded, was, r.Settlement.Wires), nil
}

// addWires adds the rows of a payments.csv or paid.csv up by reference.
func addWires(wires map[string]*export.WireChange, content []byte) error {
	columns := []string{"reference", "status", "depositary", "participant", "participant_name", "currency", "settlement_date", "total"}
	return readRows(bytes.NewReader(content), columns, func(text []string) (wrong int, err error) {
		total, err := decimal.NewFromString(text[7])
		if err != nil {
			return 7, err
		}
		w := wires[text[0]]
		if w == nil {
			date, err := tender.ParseDate(text[6])
			if err != nil {
				return 6, err
			}
			w = &export.WireChange{Reference: strings.Clone(text[0]), Party: settle.Party{
				Status: settle.Status(strings.Clone(text[1])), Depositary: strings.Clone(text[2]), Participant: strings.Clone(text[3]),
				ParticipantName: strings.Clone(text[4]), Currency: strings.Clone(text[5]), Date: date,
			}}
			wires[w.Reference] = w
		}
		w.Was = w.Was.Add(total)
		return 0, nil
	})
}

// compareWires lists the wires that differ. was holds those of the superseded run by
// reference.
func compareWires(superseded string, was map[string]*export.WireChange, now []settle.Wire) *export.WireChanges {
	all := &export.WireChanges{Superseded: superseded}
	there := make(map[string]bool, len(now))
	for i := range now {
		w := &now[i]
		there[w.Reference] = true
		c := export.WireChange{Reference: w.Reference, Party: w.Party, Now: w.Total()}
		before := was[w.Reference]
		if before != nil {
			c.Was = before.Was
		}
		if c.Kind = wireChangeKind(before, &c); c.Kind == "" {
			all.Same++
			continue
		}
		all.Wires = append(all.Wires, c)
	}
	for reference, before := range was {
		if !there[reference] {
			c := *before
			c.Kind = export.WireCancelled
			all.Wires = append(all.Wires, c)
		}
	}
	slices.SortFunc(all.Wires, func(x, y export.WireChange) int {
		return cmp.Or(x.Party.Compare(&y.Party), cmp.Compare(x.Reference, y.Reference))
	})
	return all
}

// wireChangeKind says how a wire differs, "" if it does not.
func wireChangeKind(before, now *export.WireChange) export.WireChangeKind {
	switch {
	case before == nil:
		return export.WireNew
	case now.Now.GreaterThan(now.Was):
		return export.WireIncreased
	case now.Now.LessThan(now.Was):
		return export.WireDecreased
	case before.Status == now.Status:
		return ""
	case now.Status == settle.Paid:
		return export.WirePaid
	}
	return export.WireDue
}
