package queue

import (
	"context"

	"golang.org/x/sync/semaphore"
)

// memory is what the runs of a process may need together.
type memory struct {
	all  int64
	free *semaphore.Weighted // in the order of asking; nil: any amount
}

func newMemory(bytes int64) *memory {
	if bytes <= 0 {
		return &memory{}
	}
	return &memory{bytes, semaphore.NewWeighted(bytes)}
}

// take waits until so much is free, until what it returns is called. One that needs more than there is has all of it.
func (m *memory) take(ctx context.Context, bytes int64) (release func(), err error) {
	if m.free == nil {
		return func() {}, nil
	}
	bytes = min(max(bytes, 0), m.all)
	if err := m.free.Acquire(ctx, bytes); err != nil {
		return nil, err
	}
	return func() { m.free.Release(bytes) }, nil
}
