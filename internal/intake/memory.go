package intake

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"tenderbatch/internal/disk"
)

// memoryName is the file of what was dealt with. It saves reading it again; if it is lost, the history still
// knows each content that was taken.
const memoryName = "seen.json"

// mostMemory is more than the bytes of the memory, and forgotten after how long a file is not remembered.
const (
	mostMemory = 64 << 20
	forgotten  = 400 * 24 * time.Hour
)

// memory is what was dealt with by channel and name, and what was wrong with a channel at the last look.
type memory struct {
	path    string
	Ended   time.Time                  `json:"ended"` // the look before, whole
	Seen    map[string]map[string]seen `json:"seen"`
	Failing map[string]*failing        `json:"failing"`
	Waiting map[string]map[string]int  `json:"waiting"` // by channel and file, at how many looks in a row it was postponed
	Unread  map[string][]string        `json:"unread"`  // by channel, what could not be read at the last look
}

type seen struct {
	Size     int64     `json:"size"`
	Modified time.Time `json:"modified"`
	Tag      string    `json:"tag,omitempty"`
	Beside   string    `json:"beside,omitempty"` // the state of its digest and its signature
	At       time.Time `json:"at"`
	Expected string    `json:"expected,omitempty"` // of a file that was no offer's: what was expected then, as [look.expects]
}

func readMemory(path string) (*memory, error) {
	content, err := disk.In(filepath.Dir(path)).ReadFile(path, mostMemory)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	m := parseMemory(content)
	m.path = path
	return m, nil
}

// parseMemory reads what was remembered. What cannot be read is read from the channels again.
func parseMemory(content []byte) *memory {
	m := &memory{}
	if len(content) > 0 && json.Unmarshal(content, m) != nil {
		m = &memory{}
	}
	if m.Seen == nil {
		m.Seen = map[string]map[string]seen{}
	}
	if m.Waiting == nil {
		m.Waiting = map[string]map[string]int{}
	}
	if m.Unread == nil {
		m.Unread = map[string][]string{}
	}
	if m.Failing == nil {
		m.Failing = map[string]*failing{}
	}
	return m
}

// knows reports whether something was dealt with as it is now.
func (m *memory) knows(channel string, i item) bool {
	s, is := m.Seen[channel][i.name]
	return is && s.Size == i.size && s.Modified.Equal(i.modified) && s.Tag == i.tag && s.Beside == i.beside
}

// isOutdated reports whether something that it knows was no offer's, and other files are expected now.
func (m *memory) isOutdated(channel string, i item, expected string) bool {
	was := m.Seen[channel][i.name].Expected
	return was != "" && was != expected && m.knows(channel, i)
}

// keep keeps that something was dealt with. expected is "" unless it was no offer's.
func (m *memory) keep(channel string, i item, now time.Time, expected string) {
	if m.Seen[channel] == nil {
		m.Seen[channel] = map[string]seen{}
	}
	m.Seen[channel][i.name] = seen{Size: i.size, Modified: i.modified, Tag: i.tag, Beside: i.beside, At: now, Expected: expected}
}

// end notes that a look ended, and forgets what is old.
func (m *memory) end(now time.Time) {
	m.Ended = now
	for _, seen := range m.Seen {
		for name, s := range seen {
			if now.Sub(s.At) > forgotten {
				delete(seen, name)
			}
		}
	}
}

// lastUnread puts what could not be read at the look before behind all else, and forgets what is not there any more.
func (m *memory) lastUnread(channel string, items []item) []item {
	var first, last []item
	var names []string
	for _, i := range items {
		if slices.Contains(m.Unread[channel], i.name) {
			last, names = append(last, i), append(names, i.name)
			continue
		}
		first = append(first, i)
	}
	m.Unread[channel] = names
	return append(first, last...)
}

// noteUnread notes whether something could not be read.
func (m *memory) noteUnread(channel, name string, unread bool) {
	at := slices.Index(m.Unread[channel], name)
	switch {
	case unread && at < 0:
		m.Unread[channel] = append(m.Unread[channel], name)
	case !unread && at >= 0:
		m.Unread[channel] = slices.Delete(m.Unread[channel], at, at+1)
	}
}

// waits counts the looks in a row at which a file was postponed.
func (m *memory) waits(channel string, f File) int {
	if f.State != Postponed {
		delete(m.Waiting[channel], f.Name)
		return 0
	}
	if m.Waiting[channel] == nil {
		m.Waiting[channel] = map[string]int{}
	}
	m.Waiting[channel][f.Name]++
	return m.Waiting[channel][f.Name]
}

// write keeps the memory for the next look, whole or as it was.
func (m *memory) write(d disk.Disk) error {
	draft := m.path + ".draft"
	if err := d.Remove(draft); err != nil {
		return err
	}
	err := d.Write(draft, func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", " ")
		return encoder.Encode(m)
	})
	if err != nil {
		return err
	}
	return d.Rename(draft, m.path)
}
