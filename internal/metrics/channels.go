package metrics

import (
	"maps"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Channel is the state of a channel through which files come, as this process saw it last.
type Channel struct {
	Failing            bool
	Read               time.Time // when it was read last; zero if it was not
	Taken, Quarantined int       // files since the process began
}

var (
	channelFailing = series("channel_failing", "Whether this process could not read the channel when it looked last.", "channel")
	channelRead    = series("channel_last_read_timestamp_seconds", "When this process last read the channel.", "channel")
	channelFiles   = series("channel_files_total", "Files that came through the channel, by what became of them, since the "+
		"process began.", "channel", "outcome")
)

// UpdateChannel changes the state of a channel, which is the zero state if there is none yet.
func (b *Board) UpdateChannel(name string, change func(*Channel)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.channels[name]
	change(&c)
	b.channels[name] = c
}

// Channels returns the state of all channels, by name.
func (b *Board) Channels() map[string]Channel {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.channels)
}

// collectChannels sends the series of all channels.
func (b *Board) collectChannels(to chan<- prometheus.Metric) {
	for name, c := range b.Channels() {
		to <- gauge(channelFailing, truth(c.Failing), name)
		to <- counter(channelFiles, c.Taken, name, "taken")
		to <- counter(channelFiles, c.Quarantined, name, "quarantined")
		if !c.Read.IsZero() {
			to <- gauge(channelRead, seconds(c.Read), name)
		}
	}
}
