package export

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
)

// ReadRows reads the named columns of a CSV file that a run wrote. take gets the texts of
// one row in the order of columns, in a slice that is used again; if it cannot take them,
// it says which and why. An error names the line and the column.
func ReadRows(r io.Reader, columns []string, take func(text []string) (wrong int, err error)) error {
	rows := csv.NewReader(r)
	heading, err := rows.Read()
	if err != nil {
		return err
	}
	rows.ReuseRecord = true
	place, text := make([]int, len(columns)), make([]string, len(columns))
	for i, name := range columns {
		if place[i] = slices.Index(heading, name); place[i] < 0 {
			return fmt.Errorf("no column %s", name)
		}
	}
	for {
		row, err := rows.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range columns {
			text[i] = PlainText(row[place[i]])
		}
		if wrong, err := take(text); err != nil {
			line, _ := rows.FieldPos(place[wrong])
			return fmt.Errorf("line %d, %s: %w", line, columns[wrong], err)
		}
	}
}
