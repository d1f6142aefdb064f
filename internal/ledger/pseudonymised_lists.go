package ledger

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// resultName is the output of a run that says all, and from which exports are made.
const resultName = "result.json"

// moneyLists are the CSV files of a run that say of money what result.json does, and no name is replaced in them.
var moneyLists = []string{"wires.csv", "payments.csv", "paid.csv", "wire_changes.csv"}

// said is what result.json says of the run and of money.
type said struct {
	Offer, Run, Phase, Replaces string

	Wires, Payments []map[string]any
	WireChanges     *struct{ Wires []map[string]any } `json:"wire_changes"`
}

// rowsOf are the objects that a CSV file has as rows.
func (s *said) rowsOf(name string) []map[string]any {
	of := func(all []map[string]any, due bool) []map[string]any {
		return slices.DeleteFunc(slices.Clone(all), func(o map[string]any) bool { return (o["status"] == "due") != due })
	}
	switch {
	case name == "wires.csv":
		return of(s.Wires, true)
	case name == "payments.csv":
		return of(s.Payments, true)
	case name == "paid.csv":
		return of(s.Payments, false)
	case s.WireChanges != nil:
		return s.WireChanges.Wires
	}
	return nil
}

// checkMoney is an error unless result.json says of money what the lists say that are as they were published. Without
// it an entry alone could have other wires exported.
func (r *Run) checkMoney() error {
	content, err := r.Read(resultName)
	if err != nil {
		return err
	}
	var s said
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	if err := decoder.Decode(&s); err != nil {
		return fmt.Errorf("has a %s that cannot be read: %w", resultName, err)
	}
	if s.Offer != r.Offer || s.Run != r.Run || s.Phase != r.Phase || s.Replaces != r.Replaces {
		return fmt.Errorf("has a %s that is of another run than the manifest", resultName)
	}
	for _, name := range moneyLists {
		if !slices.ContainsFunc(r.Outputs, func(f File) bool { return f.Name == name }) {
			continue // what has no rows may have no file
		}
		list, err := r.Read(name)
		if err != nil {
			return err
		}
		if err := sameRows(list, s.rowsOf(name)); err != nil {
			return fmt.Errorf("has a %s that says something else than %s, beyond names of holders: %w", resultName, name, err)
		}
	}
	return nil
}

// sameRows is an error unless the rows of a CSV file, in whatever order, are what objects with the same keys say.
func sameRows(list []byte, objects []map[string]any) error {
	rows, err := csv.NewReader(bytes.NewReader(list)).ReadAll()
	if err != nil || len(rows) == 0 {
		return errors.Join(err, errors.New("the list cannot be read"))
	}
	var are, say []string
	for _, row := range rows[1:] {
		are = append(are, joined(row))
	}
	for _, o := range objects {
		var row []string
		for _, heading := range rows[0] {
			row = append(row, textOf(o[heading]))
		}
		say = append(say, joined(row))
	}
	slices.Sort(are)
	slices.Sort(say)
	if slices.Equal(are, say) {
		return nil
	}
	for _, row := range are {
		if !slices.Contains(say, row) {
			return fmt.Errorf("the row %q of the list is not in it", strings.ReplaceAll(row, "\x00", ","))
		}
	}
	return fmt.Errorf("the list has %d rows, and it has %d", len(are), len(say))
}

// textOf is a value of JSON as a cell has it.
func textOf(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// joined is a row as one text, without the apostrophes that keep spreadsheets from running a cell.
func joined(row []string) string { return strings.ReplaceAll(strings.Join(row, "\x00"), "'", "") }
