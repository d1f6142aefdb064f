package ingest

import (
	"bytes"
	"fmt"

	"tenderbatch/internal/headings"
	"tenderbatch/internal/tender"
)

// commas are the rows of a sheet whose amounts have one comma: before decimals in the one,
// and where both can be meant, which is read as thousands, in the other; 0 for none.
type commas struct{ decimals, either int }

// add takes an amount in text. Nearly none has just one comma.
func (c *commas) add(text []byte, row int) {
	at := bytes.IndexByte(text, ',')
	if at < 0 || bytes.IndexByte(text[at+1:], ',') >= 0 || bytes.IndexByte(text, '.') >= 0 {
		return
	}
	digits := 0
	for _, b := range text[at+1:] {
		if b < '0' || b > '9' {
			break
		}
		digits++
	}
	if digits == 3 {
		c.either = row
	} else {
		c.decimals = row
	}
}

// checkCommas stops on a sheet in which commas stand before decimals and elsewhere are read
// as those of thousands: 250000,00 and 5,000.
func (t *sheetTotals) checkCommas() {
	if t.layout.terms.depositary.Decimal != "" || t.commas.decimals == 0 || t.commas.either == 0 {
		return
	}
	t.fault(tender.FileFault{
		Cell: t.layout.cell(headings.ColPrincipal, t.commas.either), Rule: tender.RuleDecimal,
		Message: fmt.Sprintf("the comma in row %d can separate thousands or decimals, and the comma in row %d "+
			"separates decimals", t.commas.either, t.commas.decimals),
		Advice: fmt.Sprintf("say which it is, in the offer at depositary %s: decimal: comma, or decimal: point",
			t.layout.terms.depositary.Name),
		Paste: "decimal: comma\n",
	})
}
