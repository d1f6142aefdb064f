package ingest

import (
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tenderbatch/internal/display"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
)

// An identifier of a depositary, of an instruction or of a participant, is written in many
// ways on its way through spreadsheets: Excel takes leading zeros away, other programs make
// 901.0 or 2,901 of it, people copy it with a no-break space, another hyphen or full-width
// digits. Two that are written differently and look the same are one question for the
// depositary, never two tenders or two payees.

// Canonical is what is left of an identifier if everything is taken away that programs and
// people add, lose or exchange: capital letters and digits of ASCII, hyphens, and other
// signs, without leading zeros.
func Canonical(id string) string {
	b := make([]byte, 0, len(id))
	for _, r := range id {
		r = plainForm(r)
		switch {
		case r < 0, unicode.IsSpace(r), r == '\'', r == ',' && len(b) > 0 && isDigit(b[len(b)-1]):
		default:
			b = utf8.AppendRune(b, unicode.ToUpper(r))
		}
	}
	text := strings.TrimLeft(decimalZeros.ReplaceAllString(string(b), "$1"), "0")
	return text
}

// decimalZeros are the decimals that a program adds which takes identifiers for numbers.
var decimalZeros = regexp.MustCompile(`^(\d+)\.0+$`)

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// plainForm is the character of ASCII that another one looks like, itself if there is
// none, and -1 for what is not seen.
func plainForm(r rune) rune {
	switch {
	case r < utf8.RuneSelf:
		return r
	case r >= '！' && r <= '～': // the full-width forms
		return r - '！' + '!'
	case unicode.Is(unicode.Pd, r), r == '\u2212':
		return '-'
	case r == '\u2018', r == '\u2019', r == '\u02bc':
		return '\''
	case unicode.In(r, unicode.Cf, unicode.Mn):
		return -1
	}
	if plain, ok := lookAlikes[r]; ok {
		return plain
	}
	return r
}

// lookAlikes are capital letters of Greek and Cyrillic that are drawn like those of Latin.
var lookAlikes = map[rune]rune{
	'Α': 'A', 'Β': 'B', 'Ε': 'E', 'Ζ': 'Z', 'Η': 'H', 'Ι': 'I', 'Κ': 'K', 'Μ': 'M', 'Ν': 'N', 'Ο': 'O', 'Ρ': 'P',
	'Τ': 'T', 'Υ': 'Y', 'Χ': 'X',
	'А': 'A', 'В': 'B', 'Е': 'E', 'К': 'K', 'М': 'M', 'Н': 'H', 'О': 'O', 'Р': 'P', 'С': 'C', 'Т': 'T', 'У': 'Y',
	'Х': 'X',
}

// confusion finds identifiers that look the same.
type confusion struct {
	length int                      // of all so far, 0 for none
	mixed  bool                     // they differ in length, or not all are plain: some can look alike
	first  map[string]written       // by canonical form
	found  map[[2]string][2]written // pairs that look the same
}

// written is an identifier and where it is.
type written struct {
	ID     string
	source tender.Source
}

// look notes whether any two identifiers can look alike: while all are plain and of one
// length, as in nearly every report, none can.
func (c *confusion) look(id string) {
	if id == "" || c.mixed {
		return
	}
	if c.length == 0 {
		c.length = len(id)
	}
	c.mixed = len(id) != c.length || !isPlainID(id)
}

// add compares an identifier with those before.
func (c *confusion) add(w written) {
	if w.ID == "" || !c.mixed {
		return
	}
	if c.first == nil {
		c.first, c.found = make(map[string]written), make(map[[2]string][2]written)
	}
	key := Canonical(w.ID)
	before, known := c.first[key]
	switch {
	case !known:
		c.first[key] = w
	case before.ID != w.ID:
		c.found[[2]string{before.ID, w.ID}] = [2]written{before, w}
	}
}

// isPlainID reports whether an identifier has nothing but digits, capital letters and
// hyphens.
func isPlainID(id string) bool {
	for i := range len(id) {
		if c := id[i]; !isDigit(c) && (c < 'A' || c > 'Z') && c != '-' {
			return false
		}
	}
	return true
}

// CheckIdentifiers finds, among the tenders of each depositary, instruction numbers and
// participants that are written differently and look the same. Its error is a *[FileError]
// with rule R6-identifier.
func CheckIdentifiers(tenders iter.Seq[*tender.Instruction]) error {
	asked := map[string]*confusions{}
	var order []string
	var now *confusions
	eachRun(tenders, func(in *tender.Instruction, newDepositary, newParticipant bool) {
		if newDepositary {
			if now = asked[in.Depositary]; now == nil {
				now = &confusions{}
				asked[in.Depositary] = now
				order = append(order, in.Depositary)
			}
		}
		now.ids.look(in.ID)
		if newParticipant {
			now.participants.look(in.Participant)
		}
	})
	eachRun(tenders, func(in *tender.Instruction, newDepositary, newParticipant bool) {
		if newDepositary {
			now = asked[in.Depositary]
		}
		now.ids.add(written{in.ID, in.Source})
		if newParticipant {
			now.participants.add(written{in.Participant, in.Source})
		}
	})
	var faults []tender.FileFault
	for _, name := range order {
		faults = append(faults, asked[name].ids.faults(name, "instruction")...)
		faults = append(faults, asked[name].participants.faults(name, "participant")...)
	}
	return tender.Failed(faults)
}

// confusions are those of a depositary's identifiers.
type confusions struct{ ids, participants confusion }

// eachRun passes the tenders on, and whether one is of another depositary or participant
// than the one before.
func eachRun(tenders iter.Seq[*tender.Instruction], do func(in *tender.Instruction, newDepositary, newParticipant bool)) {
	var before *tender.Instruction
	for in := range tenders {
		newDepositary := before == nil || in.Depositary != before.Depositary
		do(in, newDepositary, newDepositary || in.Participant != before.Participant)
		before = in
	}
}

// reported are the tenders that readings have, before any is set aside.
func reported(readings []*reading) iter.Seq[*tender.Instruction] {
	return func(yield func(*tender.Instruction) bool) {
		for _, r := range readings {
			for i := range r.lines.states {
				if !yield(r.line(i).instruction) {
					return
				}
			}
		}
	}
}

// faults are the pairs that look the same, the first few of them.
func (c *confusion) faults(depositary, what string) (faults []tender.FileFault) {
	const most = 5
	var pairs [][2]written
	for _, pair := range c.found {
		pairs = append(pairs, pair)
	}
	slices.SortFunc(pairs, func(x, y [2]written) int {
		return strings.Compare(x[0].ID+"\x00"+x[1].ID,
			y[0].ID+"\x00"+y[1].ID)
	})
	for i, pair := range pairs[:min(most, len(pairs))] {
		f := tender.FileFault{
			File: pair[1].source.File, Sheet: pair[1].source.Sheet, Cell: fmt.Sprintf("row %d", pair[1].source.Row),
			Rule: tender.RuleIdentifier,
			Message: fmt.Sprintf("the %s %s of %s looks the same as %s in %s: a spreadsheet may have removed zeros "+
				"or changed characters, and they would count as two",
				what, display.Quote(pair[1].ID), depositary, display.Quote(pair[0].ID), describePlace(pair[0].source)),
			Advice: "ask the depositary which is right, and have the report sent with that column formatted as text",
		}
		if i == most-1 && len(pairs) > most {
			f.Message += fmt.Sprintf(" (and %d more such pairs)", len(pairs)-most)
		}
		faults = append(faults, f)
	}
	return faults
}

// numberForm is an identifier that a program has written as a number: 901.0, or 2,901.
var numberForm = regexp.MustCompile(`^\d+[.,]0+$|^\d{1,3}([.,]\d{3})+$`)

// asNumber refuses the text of an identifier that was written as a number: leading zeros may be
// lost.
func asNumber(text, rule string) *values.Fault {
	if !numberForm.MatchString(text) {
		return nil
	}
	return values.NewFault(rule, "the identifier is written as a number, with decimals or separators, so leading "+
		"zeros may be lost",
		"ask the depositary for the number, in a column formatted as text")
}
