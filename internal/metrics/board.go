package metrics

import (
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Offer is the state of one offer. What is not known is zero.
type Offer struct {
	ID          string
	Runs        map[string]int // attempts by the event that ended them, since the ledger began
	Missed      int            // slots that passed without a run, since the ledger began
	LastRun     time.Time      // when the latest attempt ended
	LastSuccess time.Time      // when one last ended with exit code 0 or 3
	Duration    time.Duration  // of the latest attempt
	HasRows     bool           // whether there is a result, which has the rows below
	Counted     int
	NotCounted  int
	Rejected    int
	NextSlot    time.Time // the next time of the schedule
	Running     bool
	Broken      bool // offer.yaml cannot be read as it is
	LedgerBad   bool // the ledger was found altered or cannot be read
	Waiting     bool // a run waits for others to end
	Paused      bool // by a person: the scheduler makes no run
	Awaits      bool // the newest run waits for a step before money is wired on it
	AwaitsSince time.Time
	Parked      bool // the service died each time it ran the offer; it is tried now and then
}

// ends are the events that end an attempt. Each has a series from the beginning, since
// an increase is seen only from a value that was there before.
var ends = []string{"published", "unchanged", "restored", "rebuilt", "refused", "failed", "interrupted", "abandoned"}

// Board holds the state of all offers. It may be used by several goroutines.
type Board struct {
	version  string
	registry *prometheus.Registry

	mu     sync.Mutex
	offers map[string]Offer
	jobs   map[string]int // of a database, by state; nil where there is none

	channels map[string]Channel
}

// New returns an empty board; version is that of the program.
func New(version string) *Board {
	b := &Board{version: version, registry: prometheus.NewPedanticRegistry(), offers: map[string]Offer{},
		channels: map[string]Channel{}}
	b.registry.MustRegister(b)
	return b
}

// Update changes the state of an offer, which is the zero state with the id if there is
// none yet. The maps of the state must not be changed afterwards, only replaced.
func (b *Board) Update(id string, change func(*Offer)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o := b.offers[id]
	change(&o)
	o.ID = id
	b.offers[id] = o
}

// Remove takes an offer off the board, once its folder no longer exists.
func (b *Board) Remove(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.offers, id)
}

// SetJobs says how many jobs of a database there are, by state.
func (b *Board) SetJobs(byState map[string]int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.jobs = byState
}

// countJobs are the jobs of a database, by state.
func (b *Board) countJobs() map[string]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.jobs
}

// Offers returns the state of all offers, by id.
func (b *Board) Offers() []Offer {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]Offer, 0, len(b.offers))
	for _, o := range b.offers {
		all = append(all, o)
	}
	slices.SortFunc(all, func(x, y Offer) int { return strings.Compare(x.ID, y.ID) })
	return all
}

// series describes the series of one name.
func series(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("batch_"+name, help, labels, nil)
}

var (
	runsTotal = series("runs_total", "Attempts by how they ended, counted by the ledger since it began.", "offer",
		"event")
	missedTotal = series("missed_slots_total", "Slots of the schedule that passed without a run.", "offer")
	duration    = series("run_duration_seconds", "How long the latest attempt took.", "offer")
	lastRun     = series("last_run_timestamp_seconds", "When the latest attempt ended.", "offer")
	lastSuccess = series("last_success_timestamp_seconds", "When an attempt last succeeded, with rejects or without.",
		"offer")
	nextSlot = series("next_slot_timestamp_seconds", "The next time of the schedule.", "offer")
	rows     = series("rows", "Rows of the latest result by outcome.", "offer", "outcome")
	rejects  = series("rejects", "Rejects of the latest result.", "offer")
	running  = series("running", "Whether a run is under way.", "offer")
	broken   = series("offer_broken", "Whether the terms of the offer cannot be read.", "offer")
	waiting  = series("waiting", "Whether a run waits for memory, or for others to end.", "offer")
	parked   = series("offer_parked", "Whether the service died each time it ran the offer, so that it is only "+
		"tried now and then.", "offer")
	paused = series("offer_paused", "Whether a person paused the offer, so that the scheduler makes no run.", "offer")
	awaits = series("awaits_release", "Whether the newest run waits for a step before money is wired on it.", "offer")
	since  = series("awaits_release_since_timestamp_seconds", "Since when it waits for that step.", "offer")

	jobs = series("jobs", "Jobs of the database that wait, go on, or are parked.", "state")

	ledgerOK  = series("ledger_ok", "Whether the ledger was found sound.", "offer")
	buildInfo = series("build_info", "The program: always 1.", "version", "go")
)

// Describe implements prometheus.Collector.
func (b *Board) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{buildInfo, waiting, parked, jobs, channelFailing, channelRead, channelFiles} {
		to <- d
	}
	describeOffer(to)
}

func describeOffer(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{runsTotal, missedTotal, duration, lastRun, lastSuccess, nextSlot, rows,
		rejects, running, broken, ledgerOK, paused, awaits, since} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (b *Board) Collect(to chan<- prometheus.Metric) {
	to <- gauge(buildInfo, 1, b.version, runtime.Version())
	for state, n := range b.countJobs() {
		to <- gauge(jobs, float64(n), state)
	}
	b.collectChannels(to)
	for _, o := range b.Offers() {
		o.collect(to)
		to <- gauge(waiting, truth(o.Waiting), o.ID)
		to <- gauge(parked, truth(o.Parked), o.ID)
	}
}

func (o Offer) collect(to chan<- prometheus.Metric) {
	for event, n := range o.runs() {
		to <- counter(runsTotal, n, o.ID, event)
	}
	to <- counter(missedTotal, o.Missed, o.ID)
	to <- gauge(running, truth(o.Running), o.ID)
	to <- gauge(broken, truth(o.Broken), o.ID)
	to <- gauge(ledgerOK, truth(!o.LedgerBad), o.ID)
	to <- gauge(paused, truth(o.Paused), o.ID)
	to <- gauge(awaits, truth(o.Awaits), o.ID)
	if o.Awaits {
		to <- gauge(since, seconds(o.AwaitsSince), o.ID)
	}
	if !o.LastRun.IsZero() {
		to <- gauge(lastRun, seconds(o.LastRun), o.ID)
		to <- gauge(duration, o.Duration.Seconds(), o.ID)
	}
	if !o.LastSuccess.IsZero() {
		to <- gauge(lastSuccess, seconds(o.LastSuccess), o.ID)
	}
	if !o.NextSlot.IsZero() {
		to <- gauge(nextSlot, seconds(o.NextSlot), o.ID)
	}
	if o.HasRows {
		to <- gauge(rows, float64(o.Counted), o.ID, "counted")
		to <- gauge(rows, float64(o.NotCounted), o.ID, "not_counted")
		to <- gauge(rows, float64(o.Rejected), o.ID, "rejected")
		to <- gauge(rejects, float64(o.Rejected), o.ID)
	}
}

// runs are the counts of all events, those that never came included.
func (o Offer) runs() map[string]int {
	all := map[string]int{}
	for _, e := range ends {
		all[e] = 0
	}
	for e, n := range o.Runs {
		all[strings.ToValidUTF8(e, "\ufffd")] += n
	}
	return all
}

func gauge(d *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return metric(d, prometheus.GaugeValue, value, labels)
}

func counter(d *prometheus.Desc, n int, labels ...string) prometheus.Metric {
	return metric(d, prometheus.CounterValue, float64(n), labels)
}

// metric is a value with labels, which must be valid UTF-8.
func metric(d *prometheus.Desc, kind prometheus.ValueType, value float64, labels []string) prometheus.Metric {
	for i, l := range labels {
		labels[i] = strings.ToValidUTF8(l, "\ufffd")
	}
	m, err := prometheus.NewConstMetric(d, kind, value, labels...)
	if err != nil {
		return prometheus.NewInvalidMetric(d, err)
	}
	return m
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// seconds is an instant as Prometheus has it: seconds since 1970, to the millisecond.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
