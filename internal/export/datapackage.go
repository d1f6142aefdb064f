package export

import (
	"io"
	"strconv"
	"strings"

	"tenderbatch/internal/result"
)

// DataPackageName is the file that describes the CSV files of a run.
const DataPackageName = "datapackage.json"

// FormatVersion is the version of the files that a run writes for programs: result.json and the CSV
// files. docs/result.md says what it promises.
const FormatVersion = 1

// The types of datapackage.json, a Tabular Data Package of Frictionless.
type (
	dataPackage struct {
		Profile   string         `json:"profile"`
		Name      string         `json:"name"`
		ID        string         `json:"id"`
		Title     string         `json:"title"`
		Version   string         `json:"version"`
		Resources []dataResource `json:"resources"`
	}
	dataResource struct {
		Profile  string      `json:"profile"`
		Name     string      `json:"name"`
		Title    string      `json:"title"`
		Path     string      `json:"path"`
		Format   string      `json:"format"`
		Media    string      `json:"mediatype"`
		Encoding string      `json:"encoding"`
		Dialect  dataDialect `json:"dialect"`
		Schema   dataSchema  `json:"schema"`
	}
	dataDialect struct {
		Delimiter   string `json:"delimiter"`
		Terminator  string `json:"lineTerminator"`
		DoubleQuote bool   `json:"doubleQuote"`
		Header      bool   `json:"header"`
	}
	dataSchema struct {
		Fields  []dataField `json:"fields"`
		Missing []string    `json:"missingValues"`
	}
	dataField struct {
		Name        string           `json:"name"`
		Type        ColumnType       `json:"type"`
		Format      string           `json:"format,omitempty"`
		Constraints *dataConstraints `json:"constraints,omitempty"`
	}
	dataConstraints struct {
		Enum []string `json:"enum"`
	}
)

// WriteDataPackage writes datapackage.json.
func WriteDataPackage(w io.Writer, r *result.Run) error {
	return EncodeJSON(w, dataPackage{
		Profile: "tabular-data-package", Name: strings.ToLower(r.Name), ID: r.Offer.ID + "/" + r.Name,
		Title: r.Offer.Issuer + ", run " + r.Name, Version: strconv.Itoa(FormatVersion),
		Resources: List(Tables(r), newDataResource),
	})
}

func newDataResource(t Table) dataResource {
	return dataResource{
		Profile: "tabular-data-resource", Name: strings.TrimSuffix(t.File, ".csv"), Title: t.Title, Path: t.File,
		Format: "csv", Media: "text/csv", Encoding: "utf-8",
		Dialect: dataDialect{Delimiter: ",", Terminator: "\n", DoubleQuote: true, Header: true},
		Schema:  dataSchema{Fields: List(t.Columns, newDataField), Missing: []string{""}},
	}
}

func newDataField(c Column) dataField {
	f := dataField{Name: c.Name, Type: c.Type}
	if c.Type == Instant {
		f.Format = "any" // the default has neither milliseconds nor an offset
	}
	if c.Of != nil {
		f.Constraints = &dataConstraints{c.Of}
	}
	return f
}
