package pipeline

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/export"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// wireChangesFrom compares the wires of a run with those of the final run that it
// supersedes. It returns nil for a run of a version that gave payments no references.
func wireChangesFrom(r *result.Run, src *offerfolder.Source, superseded string) (*result.WireChanges, error) {
	was, err := readWires(func(name string) ([]byte, error) { return src.Earlier(superseded, name) })
	if was == nil || err != nil {
		return nil, err
	}
	return compareWires(superseded, was, r.Settlement.Wires), nil
}

// readWires reads the wires of a published run from its payments.csv and paid.csv, by
// reference; nil for a run of a version that gave payments no references.
func readWires(read func(name string) ([]byte, error)) (map[string]*result.WireChange, error) {
	was := map[string]*result.WireChange{}
	for _, name := range []string{result.PaymentsName, result.PaidName} {
		content, err := read(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if heading, _, _ := strings.Cut(string(content[:min(len(content), 512)]), "\n"); !strings.HasPrefix(heading,
			"reference,") {
			return nil, nil
		}
		if err := addWires(was, content); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return was, nil
}

// addWires adds the rows of a payments.csv or paid.csv up by reference.
func addWires(wires map[string]*result.WireChange, content []byte) error {
	columns := []string{"reference", "status", "depositary", "participant", "participant_name", "currency",
		"settlement_date", "total"}
	return export.ReadRows(bytes.NewReader(content), columns, func(text []string) (wrong int, err error) {
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
			w = &result.WireChange{Reference: strings.Clone(text[0]), Party: settle.Party{
				Status: settle.Status(strings.Clone(text[1])), Depositary: strings.Clone(text[2]),
				Participant:     strings.Clone(text[3]),
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
func compareWires(superseded string, was map[string]*result.WireChange, now []settle.Wire) *result.WireChanges {
	all := &result.WireChanges{Superseded: superseded}
	there := make(map[string]bool, len(now))
	for i := range now {
		w := &now[i]
		there[w.Reference] = true
		c := result.WireChange{Reference: w.Reference, Party: w.Party, Now: w.Total()}
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
			c.Kind = result.WireCancelled
			all.Wires = append(all.Wires, c)
		}
	}
	slices.SortFunc(all.Wires, func(x, y result.WireChange) int {
		return cmp.Or(x.Party.Compare(&y.Party), cmp.Compare(x.Reference, y.Reference))
	})
	return all
}

// wireChangeKind says how a wire differs, "" if it does not.
func wireChangeKind(before, now *result.WireChange) result.WireChangeKind {
	switch {
	case before == nil:
		return result.WireNew
	case now.Now.GreaterThan(now.Was):
		return result.WireIncreased
	case now.Now.LessThan(now.Was):
		return result.WireDecreased
	case before.Status == now.Status:
		return ""
	case now.Status == settle.Paid:
		return result.WirePaid
	}
	return result.WireDue
}
