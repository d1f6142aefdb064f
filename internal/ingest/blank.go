package ingest

import (
	"bytes"
	"slices"
	"strings"

	"tenderbatch/internal/display"
	"tenderbatch/internal/headings"
	"tenderbatch/internal/values"
)

// nothingWords are how programs write that there is nothing, in small letters: databases,
// spreadsheets and people.
var nothingWords = strings.Split("null|(null)|<null>|\\n|nil|none|n/a|#n/a|na|n.a.|nan|nat|-|--|---|"+
	"\u2013|\u2014|(blank)|(none)|0000-00-00|0000-00-00 00:00|0000-00-00 00:00:00|0000-00-00t00:00:00", "|")

// maxNothing is the length of the longest of them, in bytes.
const maxNothing = 32

// nothing are the texts that say that there is nothing: those that are known, and those of
// the offer.
type nothing struct {
	words map[string]bool
	own   bool // the offer adds some, which may begin with anything
}

func newNothing(own []string) nothing {
	n := nothing{make(map[string]bool, len(nothingWords)+len(own)), len(own) > 0}
	for _, w := range slices.Concat(nothingWords, own) {
		n.words[strings.ToLower(w)] = true
	}
	return n
}

// says reports whether a text says that there is nothing. Nearly all texts are decided by
// their first character.
func (n nothing) says(text []byte) bool {
	if len(text) == 0 || len(text) > maxNothing {
		return false
	}
	if !n.own {
		switch text[0] {
		case 'n', 'N', '-', '#', '(', '<', '\\', 0xe2:
		case '0':
			if !bytes.HasPrefix(text, []byte("0000-00-00")) {
				return false
			}
		default:
			return false
		}
	}
	return n.words[strings.ToLower(string(text))]
}

// mayBeBlank are the columns whose cells say something by being blank, and the times, of
// which it is known elsewhere whether they may.
var mayBeBlank = func() (may [headings.ColumnCount]bool) {
	for _, c := range append([]headings.Column{headings.ColCurrency, headings.ColDelivery, headings.ColIsWithdrawn,
		headings.ColBid}, headings.TimeColumns...) {
		may[c] = true
	}
	return may
}()

// holdsNothing says, of a cell that must not be blank, what is there for nothing.
func (r *rowReader) holdsNothing(c headings.Column) string {
	if cell := r.cells[c]; r.terms.saysNothing(cell) {
		return ": the cell holds " + display.Quote(values.Trim(string(cell.Text))) + ", which means nothing"
	}
	return ""
}
