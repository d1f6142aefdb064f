// Package parallel does the same for many things, side by side. What fails or panics in one
// of them does so for the caller, as it would in a loop.
package parallel

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
)

// Each calls do with 0 to n-1, in that order but several at a time, at most workers at once;
// 0 means one for each processor. It returns when all have returned: the error
// of the first in order, if there is one. After an error no further calls begin. A panic in
// one is a panic of the caller, a *[Panic].
func Each(workers, n int, do func(i int) error) error {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	if workers = min(workers, n); workers <= 1 {
		for i := range n {
			if err := do(i); err != nil {
				return err
			}
		}
		return nil
	}
	var (
		lock   sync.Mutex
		next   int
		failed bool
		panics *Panic
		errs   = make([]error, n)
		wait   sync.WaitGroup
	)
	take := func() (i int, ok bool) {
		lock.Lock()
		defer lock.Unlock()
		i, next = next, next+1
		return i, i < n && !failed
	}
	one := func(i int) {
		defer func() {
			if p := recover(); p != nil {
				lock.Lock()
				defer lock.Unlock()
				failed, panics = true, &Panic{p, debug.Stack()}
			}
		}()
		if errs[i] = do(i); errs[i] != nil {
			lock.Lock()
			defer lock.Unlock()
			failed = true
		}
	}
	for range workers {
		wait.Go(func() {
			for i, ok := take(); ok; i, ok = take() {
				one(i)
			}
		})
	}
	wait.Wait()
	if panics != nil {
		panic(panics)
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Panic is a panic in one of the calls.
type Panic struct {
	Value any
	Stack []byte // of the goroutine that panicked
}

// Error shows the value that the call panicked with.
func (p *Panic) Error() string { return fmt.Sprint(p.Value) }
