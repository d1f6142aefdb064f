package outgoing

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"tenderbatch/internal/display"
	"tenderbatch/internal/export"
	"tenderbatch/internal/export/parquetfile"
	"tenderbatch/internal/result"
)

// parquet writes the lists of instructions and payments as Parquet. It is the run's own content in
// another format, so any published run has it.
func (r *Run) parquet(Superseded) (*Export, error) {
	e := &Export{}
	for _, name := range []string{result.InstructionsName, result.WiresName, result.PaymentsName, result.PaidName} {
		f, err := r.table(export.TableOf(name))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(r.Path, name), err)
		}
		e.Files = append(e.Files, *f)
	}
	return e, nil
}

// table is a CSV file of the run as Parquet.
func (r *Run) table(t *export.Table) (f *File, err error) {
	file, err := r.run.Open(t.File)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	var content bytes.Buffer
	if err := parquetfile.Write(&content, t, file); err != nil {
		return nil, err
	}
	return &File{Name: strings.TrimSuffix(t.File, ".csv") + ".parquet",
		Says: t.Title + ", in " + display.Plural(len(t.Columns), "column", "columns"), Content: content.Bytes()}, nil
}
