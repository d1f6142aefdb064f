package offerfile

import (
	"fmt"
	"slices"

	"tenderbatch/internal/display"
	"tenderbatch/internal/tender"
)

// checkInterim checks the interim settlements against each other and the other days.
func (r *termsReader) checkInterim(o *tender.Offer) {
	s := o.Settlement
	r.made = s.Made()
	r.checkKept()
	seen := map[string]string{s.EarlyRun: "dates.settlement.early_run"}
	for i, interim := range s.Interim {
		on, run := interimPath(i, "on"), interimPath(i, "run")
		if !r.sound(on, run) {
			continue
		}
		r.checkInterimDay(o, i)
		if i > 0 && interim.Run != "" && s.Interim[i-1].Run == "" && r.sound(interimPath(i-1, "on")) {
			r.faultAmong([]string{run, interimPath(i-1, "on")},
				"run is given, but the interim settlement of %s before it has none; name its run, too, or take it out",
				s.Interim[i-1].On)
		}
		if first, twice := seen[interim.Run]; twice && interim.Run != "" && r.sound(first) {
			r.faultAmong([]string{run, first}, "run %s is there twice, also %s; a run is one settlement",
				display.Quote(interim.Run), r.line(first))
		}
		seen[interim.Run] = run
	}
}

// checkKept checks that an amendment takes out no settlement that was made: what was paid would
// be due again.
func (r *termsReader) checkKept() {
	if r.before == nil || !r.sound("dates.settlement.interim") {
		return
	}
	for _, was := range r.before.made {
		if !slices.Contains(r.made, was) {
			r.faultAmong([]string{"dates.settlement", "dates.settlement.interim", "dates.settlement.early_run"},
				"the settlement of %s, which run %s made, is not there any more, and what it paid would be due again; keep it in "+
					"interim, before others", was.On, display.Quote(was.Run))
		}
	}
}

// checkInterimDay checks the day of an interim settlement.
func (r *termsReader) checkInterimDay(o *tender.Offer, i int) {
	s := o.Settlement
	interim, on := s.Interim[i], interimPath(i, "on")
	if r.sound("dates.launch") && interim.On.Before(o.Launch) {
		r.faultAmong([]string{on, "dates.launch"}, "the interim settlement %s is before launch %s; correct one of them",
			interim.On, o.Launch)
	}
	final := "dates.settlement.final"
	if r.sound(final, "dates.guaranteed_delivery.settlement") && lastPayment(o).Before(interim.On) {
		r.faultAmong([]string{on, final}, "the interim settlement %s is after the last settlement %s; correct one of them",
			interim.On, lastPayment(o))
	}
	if i > 0 && r.sound(interimPath(i-1, "on")) && !s.Interim[i-1].On.Before(interim.On) {
		r.faultAmong([]string{on, interimPath(i-1, "on")},
			"the interim settlement %s is not after the one before it, %s; write them in the order of their days", interim.On,
			s.Interim[i-1].On)
	}
	early := "dates.settlement.early"
	switch {
	case s.Early.IsZero() || !r.sound(early):
	case s.EarlyRun != "" && interim.On == s.Early:
		r.faultAmong([]string{on, early},
			"the interim settlement %s is on the day of the early one, which early_run names; keep one of the two", interim.On)
	case interim.Run == "" && !s.Early.Before(interim.On):
		r.faultAmong([]string{on, early},
			"the interim settlement %s is not after the early one, %s, and names no run; correct its day, or name the run that "+
				"was paid then", interim.On, s.Early)
	}
}

func interimPath(i int, key string) string {
	return fmt.Sprintf("dates.settlement.interim[%d].%s", i, key)
}
