package shared

import "sync"

// locks are one lock for each name, for the work of this process: the database's locks are between
// processes.
type locks struct {
	mu    sync.Mutex
	names map[string]*sync.Mutex
}

// take takes the lock of a name until what it returns is called.
func (l *locks) take(name string) (release func()) {
	l.mu.Lock()
	if l.names == nil {
		l.names = map[string]*sync.Mutex{}
	}
	one := l.names[name]
	if one == nil {
		one = new(sync.Mutex)
		l.names[name] = one
	}
	l.mu.Unlock()
	one.Lock()
	return one.Unlock
}
