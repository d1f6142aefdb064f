// Package kept has what others are to hear of work only once the work is kept. Where it is kept as it is done, as in a folder
// on one machine, that is at once.
package kept

import (
	"context"
	"sync"
)

// key is that of a list in a context.
type key struct{}

// list is what is to be done once some work is kept.
type list struct {
	mu  sync.Mutex
	all []func()
}

// Within is a context of work that is kept later, if at all. then does all that was to wait for that, in order; where the work
// is not kept, it is not called.
func Within(ctx context.Context) (_ context.Context, then func()) {
	l := &list{}
	return context.WithValue(ctx, key{}, l), func() {
		l.mu.Lock()
		all := l.all
		l.all = nil
		l.mu.Unlock()
		for _, do := range all {
			do()
		}
	}
}

// Then does something once the work of a context is kept.
func Then(ctx context.Context, do func()) {
	l, is := ctx.Value(key{}).(*list)
	if !is {
		do()
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, do)
}
