package settle_test

import (
	"strings"
	"testing"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// A day count, a delivery, a series or a window that is not known is an error:
// nothing is paid as if it were another.
func TestM6AnUnknownValueIsNotPaid(t *testing.T) {
	for what, change := range map[string]func(*tender.Offer, *tender.Line){
		`day count: "ACT/364"`:    func(o *tender.Offer, _ *tender.Line) { o.Series[0].Interest.DayCount = "ACT/364" },
		`delivery: "by hand"`:     func(_ *tender.Offer, l *tender.Line) { l.Delivery = "by hand" },
		`delivery: ""`:            func(_ *tender.Offer, l *tender.Line) { l.Delivery = "" },
		`series "t"`:              func(_ *tender.Offer, l *tender.Line) { l.Series = "t" },
		`window "in between"`:     func(_ *tender.Offer, l *tender.Line) { l.Window = "in between" },
		`window "expired"`:        func(_ *tender.Offer, l *tender.Line) { l.Window = tender.Expired },
		`day count: "30/360 ISD"`: func(o *tender.Offer, _ *tender.Line) { o.Series[0].Interest.DayCount = "30/360 ISD" },
	} {
		o := &tender.Offer{
			Series:     []tender.Series{{ID: "s", Currency: "USD"}},
			Settlement: tender.Settlement{Final: date("2004-12-02")},
		}
		l := tender.Line{Window: tender.Early, Instruction: &tender.Instruction{
			ID: "1", Series: "s", Principal: dec("1000"), Delivery: tender.BookEntry}}
		change(o, &l)
		accepted := &allocate.Result{Lines: []allocate.Line{{Accepted: dec("1000")}}}
		s, err := settle.Settle(o, &tender.Book{Lines: []tender.Line{l}}, accepted)
		if err == nil || s != nil || !strings.Contains(err.Error(), what) {
			t.Errorf("an unknown %s: %v", what, err)
		}
	}
}
