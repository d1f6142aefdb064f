package xlsx

import (
	"slices"
	"strconv"
)

// mostStriking is how many ranges are kept that conditional formats strike through.
const mostStriking = 8

// readStriking reads the styles of conditional formats: of each, whether its font strikes
// through.
func readStriking(s *scanner) (all []bool, err error) {
	for {
		more, err := s.child()
		if !more || err != nil {
			return all, err
		}
		if !s.is("dxf") {
			if err := s.skip(); err != nil {
				return nil, err
			}
			continue
		}
		strikes, err := s.styleStrikes()
		if err != nil {
			return nil, err
		}
		all = append(all, strikes)
	}
}

// styleStrikes reads one such style to its end.
func (s *scanner) styleStrikes() (struck bool, err error) {
	for {
		more, err := s.child()
		if !more || err != nil {
			return struck, err
		}
		if s.is("font") {
			struck, err = s.strikes()
		} else {
			err = s.skip()
		}
		if err != nil {
			return false, err
		}
	}
}

// readConditional reads the conditional formats of a range and keeps the range if one of
// them strikes through.
func (r *sheetReader) readConditional() error {
	value, _ := r.attr("sqref")
	cells := string(value)
	for {
		more, err := r.child()
		if !more || err != nil {
			return err
		}
		value, _ := r.attr("dxfId")
		style, err := strconv.Atoi(string(value))
		if err == nil && style >= 0 && style < len(r.book.striking) && r.book.striking[style] &&
			len(r.tail.Striking) < mostStriking && !slices.Contains(r.tail.Striking, cells) {
			r.tail.Striking = append(r.tail.Striking, cells)
		}
		if err := r.skip(); err != nil {
			return err
		}
	}
}
