package serve

import (
	"path/filepath"
	"sync"

	"github.com/fsnotify/fsnotify"
)

// watcher has the system report changes in folders. Shares do not report them, so it
// complements polling and never replaces it.
type watcher struct {
	fs    *fsnotify.Watcher
	mu    sync.Mutex
	wakes map[string]chan<- struct{} // by folder
}

// watch begins to watch, and returns what ends it.
func (s *server) watch() (stop func()) {
	if s.config.PollOnly {
		return func() {}
	}
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		s.config.Log.Warn("the system does not report changes; files are noticed by polling only", "error", err.Error(),
			"every", s.config.Poll.String())
		return func() {}
	}
	w := &watcher{fs: notify, wakes: map[string]chan<- struct{}{}}
	s.watcher = w
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.pass()
	}()
	return func() {
		_ = notify.Close() // there is nothing to lose
		<-done
	}
}

// pass passes events on until the watcher is closed.
func (w *watcher) pass() {
	for {
		select {
		case event, ok := <-w.fs.Events:
			if !ok {
				return
			}
			if event.Op != fsnotify.Chmod {
				w.wake(filepath.Dir(event.Name))
			}
		case _, ok := <-w.fs.Errors:
			if !ok {
				return
			}
			w.wake("") // events were lost: all offers scan their files
		}
	}
}

// wake wakes the offer of a folder, all for "".
func (w *watcher) wake(folder string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for path, wake := range w.wakes {
		if folder == "" || path == folder {
			select {
			case wake <- struct{}{}:
			default: // it is to wake already
			}
		}
	}
}

// follow has an offer woken by changes in a folder. A folder that was removed and
// made again must be followed again, so it is called each time an offer looks.
func (w *watcher) follow(folder string, wake chan<- struct{}) error {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	w.wakes[filepath.Clean(folder)] = wake
	w.mu.Unlock()
	return w.fs.Add(folder)
}

// leave ends what follow began.
func (w *watcher) leave(folder string) {
	if w == nil {
		return
	}
	w.mu.Lock()
	delete(w.wakes, filepath.Clean(folder))
	w.mu.Unlock()
	_ = w.fs.Remove(folder) // it may no longer exist
}
