// Package parquetfile writes the CSV files of a run as Apache Parquet, with the columns that
// datapackage.json says: the same names in the same order. A number is a DECIMAL with 38 digits, 10 of
// them behind the point, whatever the currency, so that the files of all runs have one schema. An empty
// cell is null.
package parquetfile

import (
	"fmt"
	"io"
	"math/big"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/shopspring/decimal"

	"tenderbatch/internal/export"
	"tenderbatch/internal/tender"
)

// The digits of a number, and how many of them are behind the point.
const (
	precision = 38
	scale     = 10
	width     = 16 // bytes
)

// inOrder is a group of columns in their own order: one of the library has them by name.
type inOrder struct {
	parquet.Group
	fields []parquet.Field
}

// Fields are the columns, in order.
func (g inOrder) Fields() []parquet.Field { return g.fields }

// schemaOf is the schema of a table.
func schemaOf(t *export.Table) (*parquet.Schema, error) {
	group := parquet.Group{}
	for _, c := range t.Columns {
		node, err := nodeOf(c.Type)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		group[c.Name] = parquet.Optional(node)
	}
	byName := map[string]parquet.Field{}
	for _, f := range group.Fields() {
		byName[f.Name()] = f
	}
	ordered := inOrder{Group: group}
	for _, c := range t.Columns {
		ordered.fields = append(ordered.fields, byName[c.Name])
	}
	return parquet.NewSchema("row", ordered), nil
}

// nodeOf is a column of a type.
func nodeOf(kind export.ColumnType) (parquet.Node, error) {
	switch kind {
	case export.Text:
		return parquet.String(), nil
	case export.Number:
		return parquet.Decimal(scale, precision, parquet.FixedLenByteArrayType(width)), nil
	case export.Integer:
		return parquet.Int(64), nil
	case export.Day:
		return parquet.Date(), nil
	case export.Instant:
		return parquet.Timestamp(parquet.Millisecond), nil
	case export.Bool:
		return parquet.Leaf(parquet.BooleanType), nil
	}
	return nil, fmt.Errorf("there is no column of the type %q", kind)
}

// atOnce is how many rows are handed to the writer together.
const atOnce = 1024

// Write writes a table from the CSV file that a run has of it. The same file gives the same bytes.
func Write(w io.Writer, t *export.Table, csv io.Reader) error {
	schema, err := schemaOf(t)
	if err != nil {
		return err
	}
	out := parquet.NewGenericWriter[any](w, schema, parquet.Compression(&parquet.Snappy),
		parquet.CreatedBy("batch", "", ""))
	rows := make([]parquet.Row, 0, atOnce)
	flush := func() error {
		_, err := out.WriteRows(rows)
		rows = rows[:0]
		return err
	}
	names := export.List(t.Columns, func(c export.Column) string { return c.Name })
	err = export.ReadRows(csv, names, func(text []string) (int, error) {
		row := make(parquet.Row, len(text))
		for i, cell := range text {
			value, err := valueOf(t.Columns[i].Type, cell)
			if err != nil {
				return i, err
			}
			defined := 1
			if value.IsNull() {
				defined = 0
			}
			row[i] = value.Level(0, defined, i)
		}
		if rows = append(rows, row); len(rows) == atOnce {
			return 0, flush()
		}
		return 0, nil
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return err
	}
	return out.Close()
}

// valueOf is the value of a cell, null for an empty one.
func valueOf(kind export.ColumnType, cell string) (parquet.Value, error) {
	if cell == "" {
		return parquet.NullValue(), nil
	}
	switch kind {
	case export.Number:
		d, err := decimal.NewFromString(cell)
		if err != nil {
			return parquet.Value{}, err
		}
		return decimalValue(d)
	case export.Integer:
		n, err := strconv.ParseInt(cell, 10, 64)
		return parquet.Int64Value(n), err
	case export.Day:
		d, err := tender.ParseDate(cell)
		const seconds = 24 * 60 * 60
		return parquet.Int32Value(int32(d.Time().Unix() / seconds)), err
	case export.Instant:
		t, err := time.Parse(time.RFC3339Nano, cell)
		return parquet.Int64Value(t.UnixMilli()), err
	case export.Bool:
		b, err := strconv.ParseBool(cell)
		return parquet.BooleanValue(b), err
	}
	return parquet.ByteArrayValue([]byte(cell)), nil
}

// decimalValue is a number as Parquet has it: a signed whole number of 10^-10, the highest byte first.
func decimalValue(d decimal.Decimal) (parquet.Value, error) {
	if !d.Equal(d.Truncate(scale)) {
		return parquet.Value{}, fmt.Errorf("%s has more than %d decimals", d, scale)
	}
	units := d.Shift(scale).BigInt()
	if len(new(big.Int).Abs(units).String()) > precision {
		return parquet.Value{}, fmt.Errorf("%s has more than %d digits before the point", d, precision-scale)
	}
	if units.Sign() < 0 {
		units.Add(units, new(big.Int).Lsh(big.NewInt(1), 8*width))
	}
	return parquet.FixedLenByteArrayValue(units.FillBytes(make([]byte, width))), nil
}
