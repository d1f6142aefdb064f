package swiftmt

import (
	"fmt"
	"io"
	"time"

	"tenderbatch/internal/confirm"
)

// WriteAnnouncement writes the text block of an MT 564.
func WriteAnnouncement(w io.Writer, a *confirm.Announcement, eventType string) error {
	b := &block{}
	b.general(a.Event, a.ID, eventType, func() {
		b.field("22F", ":CAMV//VOLU")
		b.field("25D", ":PROC//"+map[bool]string{true: "COMP", false: "PREC"}[a.Complete()])
	})
	b.within("USECU", func() {
		b.security(a.Security)
		b.within("ACCTINFO", func() { b.field("97C", ":SAFE//GENR") })
	})
	b.within("CADETL", func() {
		b.field("98A", ":ANOU//"+day(a.Announced))
		b.field("70E", append([]string{":OFFO//OFFEROR"}, wrapped(a.Offeror)...)...)
	})
	for i := range a.Options {
		b.option(a, &a.Options[i])
	}
	b.within("CAOPTN", func() {
		b.field("13A", ":CAON//"+a.Idle())
		b.field("22F", ":CAOP//NOAC")
		b.field("17B", ":DFLT//Y")
	})
	return b.write(w)
}

// option adds an option in cash.
func (b *block) option(a *confirm.Announcement, o *confirm.Option) {
	b.within("CAOPTN", func() {
		b.field("13A", ":CAON//"+o.Number)
		b.field("22F", ":CAOP//CASH")
		b.field("17B", ":DFLT//N")
		b.field("98E", ":MKDT//"+instant(o.Deadline))
		if o.Rate != nil {
			b.field("92A", ":PROR//"+b.number(*o.Rate))
		}
		b.field("36B", ":MIEX//FAMT/"+b.number(a.Minimum))
		b.field("36B", ":MILT//FAMT/"+b.number(a.Multiple))
		b.within("SECMOVE", func() {
			b.field("22H", ":CRDB//DEBT")
			b.security(a.Security)
			b.field("98A", ":PAYD//"+day(o.Day))
		})
		b.within("CASHMOVE", func() {
			b.field("22H", ":CRDB//CRED")
			b.field("98A", ":PAYD//"+day(o.Day))
			if o.Percent != nil {
				b.field("90A", ":OFFR//PRCT/"+b.number(*o.Percent))
			}
		})
	})
}

// instant is a wall time with its offset from UTC, such as 20041112170000/N05.
func instant(at time.Time) string {
	_, offset := at.Zone()
	sign := ""
	if offset < 0 {
		sign, offset = "N", -offset
	}
	text := fmt.Sprintf("%s/%s%02d", at.Format("20060102150405"), sign, offset/3600)
	if minutes := offset % 3600 / 60; minutes > 0 {
		text += fmt.Sprintf("%02d", minutes)
	}
	return text
}
