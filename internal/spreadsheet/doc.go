// Package spreadsheet writes workbooks: cells with their styles, tables, lists that go on
// over several sheets, charts and pages. Rows are written cell by cell; excelize writes what
// is around them. It knows no offer. The same cells always give the same bytes.
package spreadsheet
