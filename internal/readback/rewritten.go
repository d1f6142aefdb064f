package readback

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/result"
)

// lists are the CSV files that have what the sheets of money have.
var lists = map[string]string{"Wires": result.WiresName, "Payments": result.PaymentsName, "Paid": result.PaidName}

// Rewritten says how the sheets of money in the workbook of a run's folder differ from the lists beside it, "" if they do
// not: to whom is paid, when and how much. A workbook in which names of holders were replaced is not the one that was
// published, and the lists are.
func Rewritten(folder string) (detail string, err error) {
	for _, s := range moneySheets {
		var listed, shown []string
		columns := []string{"reference", "depositary", "participant", "currency", "settlement_date", "status", "accepted",
			"total"}
		err := readCSV(filepath.Join(folder, lists[s.name]), columns, func(text []string) (int, error) {
			return add(&listed, text)
		})
		if errors.Is(err, fs.ErrNotExist) || (err == nil && len(listed) == 0) {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("%s: %w", lists[s.name], err)
		}
		headings := []string{"Payment reference", "Depositary", "Participant", "Currency", "Settlement date", "Status",
			"Principal accepted", s.total}
		err = readSheets(filepath.Join(folder, result.WorkbookName), s.name, headings, len(headings),
			func(_ int, text []string) error {
				day, err := sheetDay(text[4])
				if err == nil {
					text[4] = day
					_, err = add(&shown, text)
				}
				return err
			})
		if err != nil {
			return "", fmt.Errorf("sheet %s: %w", s.name, err)
		}
		slices.Sort(listed)
		slices.Sort(shown)
		if !slices.Equal(listed, shown) {
			return fmt.Sprintf("its sheet %s says something else than %s", s.name, lists[s.name]), nil
		}
	}
	return "", nil
}

// add adds a row as one text, in which a number is written in one way; wrong is the column that has none.
func add(all *[]string, text []string) (wrong int, err error) {
	row := slices.Clone(text)
	for _, i := range []int{6, 7} {
		n, err := decimal.NewFromString(row[i])
		if err != nil {
			return i, fmt.Errorf("%q is not a number", row[i])
		}
		row[i] = n.String()
	}
	*all = append(*all, strings.Join(row, "\x00"))
	return 0, nil
}
