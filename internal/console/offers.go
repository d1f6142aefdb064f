package console

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"tenderbatch/internal/account"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/monitor"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/tender"
)

// offerSummary is what the page of the offers shows of one.
type offerSummary struct {
	Name   string // of its folder
	ID     string
	Issuer string
	Zone   *time.Location
	Phase  tender.Phase
	Fault  string // why it cannot be read, "" if it can

	Deadlines []deadline // those to come, and the last one that passed
	Latest    *pipeline.PublishedRun
	InForce   *pipeline.PublishedRun
	Open      int // findings of the latest run without a decision
	Missing   []string
	Planned   plannedRun
	Damage    string
	Release   *waiting // what the newest run waits for on its way to be paid on; nil for nothing
	Failed    *attempt // the last attempt at a run, if nothing came of it; nil if something did
}

// attempt is an attempt at a run that published nothing.
type attempt struct {
	At  time.Time
	Why string // "" for those who may not see names, which it can have
}

// failedAttempt is the last attempt that an offer's history ends with, nil if a run came of it.
// Without it a person who accepted a file would wait for a run that never comes.
func failedAttempt(entries []ledger.Entry, names bool) *attempt {
	for _, e := range slices.Backward(entries) {
		if !e.Event.Ends() {
			continue
		}
		if !slices.Contains([]ledger.Event{ledger.Refused, ledger.Failed, ledger.Interrupted, ledger.Abandoned}, e.Event) {
			return nil
		}
		if names {
			return &attempt{e.At.Truncate(time.Second), e.Message}
		}
		return &attempt{At: e.At.Truncate(time.Second)}
	}
	return nil
}

// Next is when the scheduler runs the offer; zero: with files only.
func (s *offerSummary) Next() time.Time { return s.Planned.next }

// Waiting reports whether a run of it waits for its turn.
func (s *offerSummary) Waiting() bool { return s.Planned.waiting }

// Parked reports whether the service died of its runs.
func (s *offerSummary) Parked() bool { return s.Planned.parked }

// deadline is a date of an offer.
type deadline struct {
	Name string
	At   time.Time
	Past bool
}

// urgency orders offers: first those that need a person now, then by the next deadline.
func (s *offerSummary) urgency(now time.Time) (class int, until time.Duration) {
	until = 1 << 62
	for _, d := range s.Deadlines {
		if !d.Past {
			until = min(until, d.At.Sub(now))
		}
	}
	switch {
	case s.Fault != "" || s.Damage != "" || s.Failed != nil || s.Parked():
		return 0, until
	case s.Release != nil && s.Release.Mine, s.Open > 0:
		return 1, until
	}
	return 2, until
}

func (c *Console) offersPage(w http.ResponseWriter, r *http.Request) {
	folders, err := c.offers()
	if err != nil {
		c.failed(w, r, err)
		return
	}
	var all []*offerSummary
	for name, folder := range folders {
		if me(r).May(account.See, name) {
			s := c.summaryOf(name, folder, me(r).May(account.SeeNames, name))
			if s.Fault == "" && s.Damage == "" {
				if s.Release, err = c.waitingOf(r, name, folder); err != nil {
					s.Damage = c.withoutFolder(err)
				}
			}
			all = append(all, s)
		}
	}
	now := c.Now()
	slices.SortFunc(all, func(a, b *offerSummary) int {
		ac, au := a.urgency(now)
		bc, bu := b.urgency(now)
		return cmp.Or(ac-bc, cmp.Compare(au, bu), cmp.Compare(a.Name, b.Name))
	})
	c.show(w, r, "offers", "Offers", all)
}

// summaryOf reads what there is to say of an offer. What cannot be read is said, too. names are
// shown to those only who may see them.
func (c *Console) summaryOf(name, folder string, names bool) *offerSummary {
	s := &offerSummary{Name: name, ID: name, Zone: time.UTC, Planned: c.plannedOf(folder)}
	now := c.Now()
	terms, err := offerfolder.Terms(folder)
	if err != nil {
		s.Fault = c.withoutFolder(err)
		return s
	}
	o := terms.AsOf(now)
	s.ID, s.Issuer, s.Zone, s.Phase, s.Deadlines = o.ID, o.Issuer, terms.Zone(), o.PhaseAt(now), deadlinesOf(o, now)
	history, err := pipeline.HistoryOf(folder)
	if err != nil {
		s.Fault = c.withoutFolder(err)
		return s
	}
	s.Damage, s.Failed = history.Damage, failedAttempt(history.Entries, names)
	for i := range history.Runs {
		run := &history.Runs[i]
		if run.Latest {
			s.Latest = run
		}
		if run.InForce {
			s.InForce = run
		}
	}
	if s.Latest != nil {
		read, err := c.runs.open(folder, s.Latest.Run)
		if err != nil {
			s.Damage = c.withoutFolder(err)
			return s
		}
		s.Open = read.doc.Counts.Open
		s.Missing = missingReports(o, read)
	}
	return s
}

// missingReports are the depositaries without a report in a run.
func missingReports(o *tender.Offer, run *readRun) (names []string) {
	have := map[string]bool{}
	for i := range run.doc.Inputs {
		have[run.doc.Inputs[i].Depositary] = true
	}
	for _, d := range o.Depositaries {
		if !have[d.Name] {
			names = append(names, d.Name)
		}
	}
	return names
}

// deadlinesOf are the dates of an offer, in their order.
func deadlinesOf(o *tender.Offer, now time.Time) (all []deadline) {
	add := func(name string, at time.Time) {
		if !at.IsZero() {
			all = append(all, deadline{name, at, !now.Before(at)})
		}
	}
	if !o.Early.IsZero() {
		add("Early Tender Date", o.Early.At)
	}
	add("Expiration Date", o.Expiration.At)
	if !o.Pricing.At.IsZero() {
		add("Pricing", o.Pricing.At)
	}
	if !o.Guaranteed.Deadline.At.IsZero() {
		add("Guaranteed deliveries", o.Guaranteed.Deadline.At)
	}
	settlement := func(name string, d tender.Date) {
		at := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, o.Zone)
		if !d.IsZero() && !slices.ContainsFunc(all, func(other deadline) bool { return other.At.Equal(at) }) {
			add(name, at)
		}
	}
	settlement("Early settlement", o.Settlement.Early)
	for _, s := range o.Settlement.Interim {
		settlement("Interim settlement", s.On)
	}
	settlement("Final settlement", o.Settlement.Final)
	slices.SortStableFunc(all, func(a, b deadline) int { return a.At.Compare(b.At) })
	return all
}

// withoutFolder is an error as a person sees it who does not know the machine.
func (c *Console) withoutFolder(err error) string {
	return inBrowser(monitor.WithoutFolder(err.Error(), c.Folder))
}

// inBrowser is a text of a run in the words of people who have no command line.
func inBrowser(text string) string {
	return strings.ReplaceAll(text, pipeline.HeldAdvice, "resolve or waive each of them on the page of the findings")
}
