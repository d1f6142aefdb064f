package export

// laySignatures lays out, from a row on, where those who prepared, checked and approved
// the result sign on paper: side by side across the columns of the sheet.
func (b *workbook) laySignatures(s *sheet, row, columns int) {
	const signed = 3
	for i, what := range [signed]string{"Prepared", "Checked", "Approved"} {
		from, to := 1+columns*i/signed, columns*(i+1)/signed
		if i < signed-1 {
			to-- // so that the lines do not touch
		}
		s.put(row, from, label(what).as(inFact))
		for col := from; col <= to; col++ {
			s.put(row+1, col, cell{}.as(inBody))
		}
		s.put(row+2, from, label("name, date, signature").toned(muted))
	}
	s.tall(row+1, 26)
}
