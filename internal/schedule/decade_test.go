package schedule

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"tenderbatch/internal/tender"
)

// regimes are schedules with what they mean, said in another way: on which days,
// and at which times of the day.
var regimes = []struct {
	expression string
	on         func(time.Time) bool // a day, as midnight UTC
	times      []string
}{
	{"30 17 * * 1-5", func(d time.Time) bool { return d.Weekday() != time.Saturday && d.Weekday() != time.Sunday },
		[]string{"17:30"}},
	{"30 2 * * *", always, []string{"02:30"}},
	{"30 1 * * *", always, []string{"01:30"}},
	{"0 0-5 * * *", always, every(60, "00:00", "06:00")},
	{"*/30 1-3 * * *", always, every(30, "01:00", "04:00")},
	{"*/5 0-3 * * SUN", func(d time.Time) bool { return d.Weekday() == time.Sunday }, every(5, "00:00", "04:00")},
	{"0 0 * * *", always, []string{"00:00"}},
	{"@weekly", func(d time.Time) bool { return d.Weekday() == time.Sunday }, []string{"00:00"}},
	{"0 9,18 1,15 * *", func(d time.Time) bool { return d.Day() == 1 || d.Day() == 15 }, []string{"09:00", "18:00"}},
	{"0 18 13 * 5", func(d time.Time) bool { return d.Day() == 13 || d.Weekday() == time.Friday }, []string{"18:00"}},
	{"15 2 * 3,4,10,11 *", func(d time.Time) bool { m := d.Month(); return m == 3 || m == 4 || m == 10 || m == 11 },
		[]string{"02:15"}},
	{"59 23 31 12 *", func(d time.Time) bool { return d.Month() == 12 && d.Day() == 31 }, []string{"23:59"}},
}

func always(time.Time) bool { return true }

// every lists times of the day some minutes apart.
func every(minutes int, from, to string) (times []string) {
	for t := minuteOf(from); t < minuteOf(to); t += minutes {
		times = append(times, fmt.Sprintf("%02d:%02d", t/60, t%60))
	}
	return times
}

func minuteOf(clock string) (minute int) {
	var h, m int
	if _, err := fmt.Sscanf(clock, "%d:%d", &h, &m); err != nil {
		panic(err)
	}
	return 60*h + m
}

// The ten years.
var (
	decadeStart = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	decadeEnd   = time.Date(2034, 12, 31, 0, 0, 0, 0, time.UTC)
)

// expected works out the slots of a regime in the ten years by watching the clocks
// of the zone minute by minute on every day on which they change.
func expected(zone *time.Location, on func(time.Time) bool, times []string) map[key]Slot {
	slots := map[key]Slot{}
	for d := decadeStart.AddDate(0, 0, -1); !d.After(decadeEnd); d = d.AddDate(0, 0, 1) {
		if !on(d) {
			continue
		}
		changes := offsetAt(d.Add(-36*time.Hour), zone) != offsetAt(d.Add(60*time.Hour), zone)
		for _, clock := range times {
			m := minuteOf(clock)
			at := time.Date(d.Year(), d.Month(), d.Day(), 0, m, 0, 0, zone)
			if changes {
				at = watch(d.Add(time.Duration(m)*time.Minute), zone)
			}
			s := Slot{At: at}
			if !at.Before(decadeStart) && at.Before(decadeEnd) {
				slots[s.key()] = s
			}
		}
	}
	return slots
}

// watch is the first minute at which the clocks show a wall time or later, if they
// did not before.
func watch(wall time.Time, zone *time.Location) time.Time {
	for t := wall.Add(-16 * time.Hour); ; t = t.Add(time.Minute) {
		if shown := t.In(zone).Format("2006-01-02T15:04"); shown >= wall.Format("2006-01-02T15:04") {
			return t.In(zone)
		}
	}
}

// simulation is one offer under a scheduler whose machine sleeps, is started again,
// and has a clock that is set forward and back.
type simulation struct {
	plan   Plan
	record *Record
	ledger []Entry
	rand   *rand.Rand
	true   time.Time     // what the time is
	skew   time.Duration // what the machine's clock is ahead
}

func (s *simulation) clock() time.Time { return s.true.Add(s.skew) }

func (s *simulation) write(slot Slot, outcome Outcome) {
	e := Entry{At: s.clock(), Slot: slot, Outcome: outcome, Own: true}
	s.ledger = append(s.ledger, e)
	s.record.Add(e)
}

// restart reads the ledger again. Long ones are read more seldom, to save time.
func (s *simulation) restart() {
	if s.rand.IntN(1+len(s.ledger)/2000) > 0 {
		return
	}
	s.record = &Record{}
	for _, e := range s.ledger {
		s.record.Add(e)
	}
}

// wake does what is due, as the scheduler does: the missed first, then one run,
// then it looks again.
func (s *simulation) wake() {
	for range 100 {
		s.record.See(s.clock())
		due := s.plan.Due(s.record, s.clock())
		for _, m := range due.Missed {
			if s.rand.IntN(500) == 0 {
				s.restart() // in the middle of it
				return
			}
			s.write(m.Slot, Missed)
		}
		if len(due.Run) == 0 {
			return
		}
		s.run(due.Run[0].Slot)
	}
}

// run makes a run, which may take its time, find the offer busy, or lose power.
func (s *simulation) run(slot Slot) {
	s.true = s.true.Add(time.Duration(s.rand.IntN(90)) * time.Second)
	switch s.rand.IntN(50) {
	case 0:
		s.write(slot, Noted) // busy
		s.true = s.true.Add(time.Minute)
	case 1:
		s.true = s.true.Add(time.Duration(s.rand.IntN(180)) * time.Minute)
		s.restart()
		s.write(slot, BrokenOff)
	case 2:
		s.true = s.true.Add(time.Duration(s.rand.IntN(180)) * time.Minute)
		s.write(slot, Ran)
	default:
		s.write(slot, Ran)
	}
}

// misfortune is what happens to the machine now and then.
func (s *simulation) misfortune() {
	between := func(least, most time.Duration) time.Duration {
		return least + time.Duration(s.rand.Int64N(int64(most-least)))
	}
	switch s.rand.IntN(300) {
	case 0, 1, 2:
		s.true = s.true.Add(between(time.Minute, 12*time.Hour)) // sleeps
	case 3:
		s.true = s.true.Add(between(time.Hour, 21*24*time.Hour))
		s.restart()
	case 4, 5:
		s.skew += between(time.Minute, 3*time.Hour)
	case 6, 7:
		s.skew -= between(time.Minute, 3*time.Hour)
	case 8:
		s.skew += between(24*time.Hour, 40*24*time.Hour)
	case 9, 10, 11:
		s.skew = 0 // set right
	case 12, 13:
		s.restart()
	}
}

// live lets the ten years pass.
func (s *simulation) live() {
	s.write(Slot{}, Noted) // the run with which the scheduler begins
	last := s.true
	for s.true.Before(decadeEnd) {
		s.wake()
		if s.true.After(decadeStart.AddDate(0, 1, 0)) && time.Duration(s.rand.Int64N(int64(6*time.Hour))) < s.true.Sub(last) {
			s.misfortune()
		}
		last = s.true
		step := time.Duration(s.rand.IntN(36*60)) * time.Minute
		if next := s.plan.Next(s.clock(), 1); len(next) > 0 {
			step = min(step, next[0].At.Sub(s.clock()))
		}
		s.true = s.true.Add(step + time.Duration(s.rand.IntN(5000))*time.Millisecond)
	}
	s.skew = 0
	s.restart()
	for range 10 { // a busy offer is tried again
		s.wake()
		s.true = s.true.Add(time.Minute)
	}
}

// TestTenYears lets ten years pass in eight zones under twelve schedules, each with
// sleeps, restarts, lost power and clocks set wrong and right. The slots are worked
// out in another way. None may be run twice or recorded as missed twice, none be
// without an entry, and none have an entry that is not one.
func TestTenYears(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	zones := []string{"America/New_York", "Europe/London", "Europe/Brussels", "Australia/Sydney", "Australia/Lord_Howe",
		"Africa/Cairo", "Pacific/Chatham", "Asia/Kolkata"}
	var total, ran, missed, moved, first int
	for z, name := range zones {
		zone := zoneOf(t, name)
		for i, regime := range regimes {
			if testing.Short() && (z+i)%4 > 0 {
				continue
			}
			s := &simulation{record: &Record{}, true: decadeStart, rand: rand.New(rand.NewPCG(uint64(z), uint64(i)))}
			s.plan = Plan{Zone: zone, Versions: []Version{{
				Schedule: parseIn(t, regime.expression, zone),
				CatchUp:  []tender.CatchUp{tender.CatchUpLast, tender.CatchUpNone}[(z+i)%2],
				RunAfter: 15 * time.Minute,
				Dates:    []Date{{EarlyTender, decadeStart.AddDate(2, 3, 0)}, {Expiration, decadeStart.AddDate(9, 0, 0)}},
				Launch:   decadeStart, End: decadeEnd,
			}}}
			s.live()
			want := expected(zone, regime.on, regime.times)
			for _, d := range s.plan.dates() {
				want[d.key()] = d
			}
			total += s.check(t, name+" "+regime.expression, want, &ran, &missed)
			for k, slot := range want {
				if k.kind == Regular {
					switch next := s.plan.Versions[0].Schedule.Next(slot.At.Add(-time.Second)); next.Clock {
					case Moved:
						moved++
					case First:
						first++
					}
				}
			}
		}
	}
	t.Logf("%d slots: %d run, %d recorded as missed (some of them by a clock that was ahead, and run then); %d moved "+
		"in spring, %d the first of two in autumn", total, ran, missed, moved, first)
	if !testing.Short() && (moved == 0 || first == 0 || ran == 0 || missed == 0) {
		t.Error("a case did not come up")
	}
}

// check compares the ledger with the slots that there should be, and counts them.
func (s *simulation) check(t *testing.T, what string, want map[key]Slot, ran, missed *int) (total int) {
	t.Helper()
	counts := map[key][4]int{}
	for _, e := range s.ledger {
		c := counts[e.Slot.key()]
		c[e.Outcome]++
		counts[e.Slot.key()] = c
		if _, ok := want[e.Slot.key()]; !ok && !e.Slot.At.IsZero() {
			t.Fatalf("%s: the ledger has %s, which is no slot", what, e.Slot)
		}
	}
	for k, slot := range want {
		if !slot.At.After(decadeStart) {
			continue // before the scheduler began
		}
		total++
		c := counts[k]
		*ran += c[Ran]
		*missed += c[Missed]
		if c[Ran] > 1 || c[Missed] > 1 || c[Ran]+c[Missed] == 0 {
			t.Fatalf("%s: %s was run %d times and recorded as missed %d times", what, slot, c[Ran], c[Missed])
		}
	}
	return total
}
