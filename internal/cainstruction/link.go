package cainstruction

import (
	"fmt"
	"regexp"

	"github.com/shopspring/decimal"
)

// Link finds the instructions that cancellations refer to, among the files of one depositary in the
// order of their reports; one with faults has none. In one file the cancelled instruction becomes
// one row, withdrawn. A cancellation of an instruction in an earlier file becomes a row of its own, with
// the time of receipt of that instruction.
func Link(files []*File) {
	sent := map[string]*message{} // by reference
	in := map[*message]*File{}
	for _, f := range files {
		for _, m := range f.messages {
			if !m.cancels {
				if ref := m.text[colReference]; ref != "" {
					sent[ref] = m
				}
				in[m] = f
			}
		}
		for _, m := range f.messages {
			if m.cancels {
				cancel(f, m, sent[m.refersTo], in)
			}
		}
		for _, m := range f.messages {
			if m.refersTo != "" && !m.cancels {
				if was := sent[m.refersTo]; was != nil && was != m && was.cancelledBy == nil {
					m.text[colFunction] += fmt.Sprintf(" in place of %s, which was not cancelled", m.refersTo)
				}
			}
		}
	}
}

// cancel works a cancellation into the instruction that it cancels, nil if that is not known.
func cancel(f *File, m, was *message, in map[*message]*File) {
	m.text[colReference], m.withdrawnBy = m.refersTo, m.line
	for _, c := range times {
		m.cancelTimes[c], m.text[c] = m.text[c], ""
	}
	if was == nil {
		return
	}
	m.compare(was)
	if first := was.cancelledBy; first != nil { // it is withdrawn since then
		m.cancelTimes = first.cancelTimes
	} else {
		was.cancelledBy = m
	}
	if in[was] == f {
		was.text[colFunction], was.cancelTimes, was.withdrawnBy = m.text[colFunction], m.cancelTimes, m.line
		for _, c := range []column{colSecurity, colQuantity, colAccount} {
			was.text[c] = m.text[c]
		}
		m.merged = true
		return
	}
	for _, c := range times {
		m.text[c], m.at[c] = was.text[c], m.line
	}
}

// allThereIs is the quantity of a cancellation of the whole instruction.
const allThereIs = "QALL"

// compare completes what a cancellation leaves out from the instruction that it cancels, and has
// what contradicts it be a value that is not taken.
func (m *message) compare(was *message) {
	for _, c := range []column{colSecurity, colQuantity, colAccount} {
		switch {
		case m.text[c] == "" || (c == colQuantity && m.text[c] == allThereIs):
			m.text[c] = was.text[c]
		case m.text[c] != was.text[c] && was.text[c] != "" && (c != colQuantity || !sameNumber(m.text[c], was.text[c])):
			m.text[c] = fmt.Sprintf("%s, in the instruction that is cancelled %s", m.text[c], was.text[c])
		}
	}
	if m.text[colBid] == "" {
		m.text[colBid] = was.text[colBid]
	}
	if m.text[colDelivery] == "" {
		m.text[colDelivery] = was.text[colDelivery]
	}
}

// sameNumber reports whether two texts are the same number, such as 1000 and 1000.00.
func sameNumber(x, y string) bool {
	if !plainNumber.MatchString(x) || !plainNumber.MatchString(y) {
		return false
	}
	a, b := decimal.RequireFromString(x), decimal.RequireFromString(y)
	return a.Equal(b)
}

var plainNumber = regexp.MustCompile(`^[0-9]{1,18}(\.[0-9]{1,18})?$`)
