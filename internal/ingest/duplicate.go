package ingest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"math/bits"
	"slices"
	"strings"

	"tenderbatch/internal/display"
	"tenderbatch/internal/headings"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// rejectDuplicates finds instruction numbers that are on several lines. All of
// them are rejected, unless they are the same in every column: then the first
// counts. Only lines whose number comes again are compared, so they are read a
// second time.
func (r *reading) rejectDuplicates(tables []table) {
	groups := r.sameNumber()
	if len(groups) == 0 {
		return
	}
	digests := make(map[place][sha256.Size]byte)
	for _, group := range groups {
		for _, i := range group {
			digests[placeOf(r.line(i).instruction.Source)] = [sha256.Size]byte{}
		}
	}
	for _, t := range tables {
		_, err := t.each(func(row *xlsx.Row) error {
			at := place{t.name, row.Number}
			if _, wanted := digests[at]; wanted {
				digests[at] = rowDigest(row)
			}
			return nil
		})
		if err != nil {
			r.addError(t.name, err)
			return
		}
	}
	for _, group := range groups {
		r.duplicates(group, digests)
	}
}

// sameNumber lists the lines of each instruction number that is on several,
// in the order of the first of them.
func (r *reading) sameNumber() (groups [][]int) {
	if r.lines.ascend() {
		return nil
	}
	// A table by a hash of the number, at most half full; line 0 of it is free, and
	// i+1 is line i, the first of its number.
	type slot struct{ hash, line uint32 }
	table := make([]slot, 2<<bits.Len(uint(len(r.lines.states))))
	byFirst := make(map[int][]int)
	for i := range r.lines.states {
		id := r.lines.instruction(i).ID
		if id == "" || r.lines.struck[i] { // people strike a row out and write it again
			continue
		}
		hash := maphash.String(keptSeed, id)
		at, short := hash%uint64(len(table)), uint32(hash>>32)
		for table[at].line != 0 && (table[at].hash != short || r.lines.instruction(int(table[at].line-1)).ID != id) {
			at = (at + 1) % uint64(len(table))
		}
		if table[at].line == 0 {
			table[at] = slot{short, uint32(i + 1)}
			continue
		}
		first := int(table[at].line - 1)
		byFirst[first] = append(byFirst[first], i)
	}
	for first, others := range byFirst {
		groups = append(groups, append([]int{first}, others...))
	}
	slices.SortFunc(groups, func(a, b []int) int { return a[0] - b[0] })
	return groups
}

// rowDigest is the same for rows that have the same cells.
func rowDigest(row *xlsx.Row) [sha256.Size]byte {
	var b []byte
	for i := range row.Cells {
		c := &row.Cells[i]
		if c.Kind == xlsx.Blank && !c.Formula {
			continue
		}
		formula := byte(0)
		if c.Formula {
			formula = 1
		}
		b = binary.AppendUvarint(b, uint64(c.Col))
		b = append(b, byte(c.Kind), formula)
		b = binary.AppendUvarint(b, uint64(len(c.Text)))
		b = append(b, c.Text...)
	}
	return sha256.Sum256(b)
}

// duplicates says what becomes of lines that have one instruction number.
func (r *reading) duplicates(same []int, digests map[place][sha256.Size]byte) {
	first := r.line(same[0])
	want := digests[placeOf(first.instruction.Source)]
	identical := !slices.ContainsFunc(same, func(i int) bool {
		other := digests[placeOf(r.line(i).instruction.Source)]
		return !bytes.Equal(other[:], want[:])
	})
	for _, i := range same {
		if r.found.overrun() {
			return
		}
		l := r.line(i)
		in := l.instruction
		reject := l.sheet.layout.finding(in, headings.ColInstruction, values.Fault{
			Rule: tender.RuleDuplicate, Message: fmt.Sprintf("the instruction number is also in %s, and the lines "+
				"differ", r.otherRows(same, i)),
			Advice: "ask the depositary which line is right",
		})
		reject.Value = in.ID
		r.found.refuse(in.Source, reject.Cell)
		if identical {
			if i == same[0] {
				continue
			}
			l.state.outcome = repeated
			reject.Disposition = tender.LineNotCounted
			reject.Message = fmt.Sprintf("the line is the same as %s in every column; it counts once",
				l.sheet.shownRow(first))
			reject.Advice = "nothing to do, unless two tenders are meant"
		} else {
			l.state.outcome = rejected
		}
		r.found.reject(reject)
	}
}

// shownRow names the row of a line, with its sheet if that is another one.
func (s *sheet) shownRow(l line) string {
	if l.sheet == s {
		return fmt.Sprintf("row %d", l.instruction.Source.Row)
	}
	return fmt.Sprintf("row %d of sheet %s", l.instruction.Source.Row, display.Quote(l.sheet.name))
}

// otherRows names the rows of lines other than i.
func (r *reading) otherRows(same []int, i int) string {
	s := r.line(i).sheet
	var here []int
	var all []string
	for _, k := range same[:min(shownRows+1, len(same))] {
		if k == i {
			continue
		}
		l := r.line(k)
		all = append(all, s.shownRow(l))
		if l.sheet == s {
			here = append(here, l.instruction.Source.Row)
		}
	}
	if len(here) == len(all) {
		return rowList(here, len(same)-1)
	}
	if more := len(same) - 1 - len(all); more > 0 {
		all = append(all, fmt.Sprintf("%d more", more))
	}
	return strings.Join(all, ", ")
}
