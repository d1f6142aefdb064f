package serve

import (
	"path/filepath"
	"sync"
)

// Ask is who asks for a run.
type Ask struct {
	Name string // of the person, as the system knows it
	From string // from where
}

// Desk takes runs that people ask for, until the offer's goroutine makes them.
type Desk struct {
	mu    sync.Mutex
	asked map[string]Ask // by folder
	wakes map[string]chan<- struct{}
}

// NewDesk is a desk at which nothing was asked for.
func NewDesk() *Desk { return &Desk{asked: map[string]Ask{}, wakes: map[string]chan<- struct{}{}} }

// Run asks for a run of the offer in a folder. It reports whether the scheduler will make it: not if it
// does not follow the offer, or if one is asked for already.
func (d *Desk) Run(folder string, by Ask) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	folder = filepath.Clean(folder)
	wake, followed := d.wakes[folder]
	if _, already := d.asked[folder]; already || !followed {
		return false
	}
	d.asked[folder] = by
	select {
	case wake <- struct{}{}:
	default: // it wakes already
	}
	return true
}

// Asked is who asked for a run of the offer in a folder that has not begun, and whether anyone did.
func (d *Desk) Asked(folder string) (Ask, bool) {
	if d == nil {
		return Ask{}, false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	ask, ok := d.asked[filepath.Clean(folder)]
	return ask, ok
}

// served notes that what was asked for is done.
func (d *Desk) served(folder string) {
	if d != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.asked, filepath.Clean(folder))
	}
}

// follow notes how the goroutine of an offer is woken; nil: it ends.
func (d *Desk) follow(folder string, wake chan<- struct{}) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	folder = filepath.Clean(folder)
	if d.wakes[folder] = wake; wake == nil {
		delete(d.wakes, folder)
		delete(d.asked, folder)
	}
}
