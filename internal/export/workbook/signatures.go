package workbook

import "tenderbatch/internal/spreadsheet"

// laySignatures lays out, from a row on, where those who prepared, checked and approved
// the result sign on paper: side by side across the columns of the sheet.
func (b *workbook) laySignatures(s *spreadsheet.Sheet, row, columns int) {
	const signed = 3
	for i, what := range [signed]string{"Prepared", "Checked", "Approved"} {
		from, to := 1+columns*i/signed, columns*(i+1)/signed
		if i < signed-1 {
			to-- // so that the lines do not touch
		}
		s.Put(row, from, spreadsheet.Label(what).As(spreadsheet.InFact))
		for col := from; col <= to; col++ {
			s.Put(row+1, col, spreadsheet.Cell{}.As(spreadsheet.InBody))
		}
		s.Put(row+2, from, spreadsheet.Label("name, date, signature").WithTone(spreadsheet.Muted))
	}
	s.SetHeight(row+1, 26)
}
