package shared_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestOneMachineAtATimeHasTheTurn has several machines want it, which remember a number.
func TestOneMachineAtATimeHasTheTurn(t *testing.T) {
	k := newKept(t)
	var within, done atomic.Int32
	var all sync.WaitGroup
	for range 3 {
		s := k.open(t)
		all.Go(func() {
			for done.Load() < 20 {
				took, err := s.Turn(t.Context(), "channel a", 0, func(_ context.Context, memory *[]byte) error {
					if within.Add(1) != 1 {
						t.Error("two machines have the turn")
					}
					defer within.Add(-1)
					time.Sleep(10 * time.Millisecond)
					*memory = append(*memory, 'x')
					if n := int(done.Add(1)); n != len(*memory) {
						t.Errorf("it remembers %d turns after %d", len(*memory), n)
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
				if !took {
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	all.Wait()
}

func TestATurnComesAgainAfterItsPeriod(t *testing.T) {
	k := newKept(t)
	one, other := k.open(t), k.open(t)
	turns := 0
	do := func(context.Context, *[]byte) error { turns++; return nil }
	for _, step := range []struct {
		every time.Duration
		took  bool
	}{{time.Hour, true}, {time.Hour, false}, {time.Millisecond, true}} {
		for range 2 {
			one, other = other, one
		}
		took, err := one.Turn(t.Context(), "channel a", step.every, do)
		if err != nil || took != step.took {
			t.Errorf("after %v: took %v, %v", step.every, took, err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	if took, err := other.Turn(t.Context(), "channel b", time.Hour, do); err != nil || !took {
		t.Errorf("of another name: %v, %v", took, err)
	}
	if turns != 3 {
		t.Errorf("%d turns", turns)
	}
}

// TestATurnWhoseConnectionIsLostIsOver has the database end the connection: another machine has the turn then, and what
// the first one would remember is not kept.
func TestATurnWhoseConnectionIsLostIsOver(t *testing.T) {
	k := newKept(t)
	one, other := k.open(t), k.open(t)
	began := make(chan struct{})
	var ended atomic.Bool
	var first sync.WaitGroup
	first.Go(func() {
		_, err := one.Turn(t.Context(), "channel a", 0, func(ctx context.Context, memory *[]byte) error {
			close(began)
			<-ctx.Done()
			ended.Store(true)
			*memory = []byte("of the first")
			return nil
		})
		if err == nil || !strings.Contains(err.Error(), "the turn of channel a was lost") {
			t.Errorf("%v, want that it was lost", err)
		}
	})
	<-began
	if err := k.exec(t, `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`); err != nil {
		t.Fatal(err)
	}
	took, err := false, error(nil)
	for ; !took; time.Sleep(10 * time.Millisecond) { // the database takes a moment to end it
		took, err = other.Turn(t.Context(), "channel a", 0, func(_ context.Context, memory *[]byte) error {
			if len(*memory) > 0 {
				t.Errorf("%q", *memory)
			}
			*memory = []byte("of the other")
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	first.Wait()
	if !ended.Load() {
		t.Error("the first one was not ended")
	}
	broken := errors.New("planted")
	_, err = other.Turn(t.Context(), "channel a", 0, func(_ context.Context, memory *[]byte) error {
		if string(*memory) != "of the other" {
			t.Errorf("%q", *memory)
		}
		*memory = []byte("of one that failed")
		return broken
	})
	if !errors.Is(err, broken) {
		t.Error(err)
	}
	if _, err = one.Turn(t.Context(), "channel a", 0, func(_ context.Context, memory *[]byte) error {
		if string(*memory) != "of the other" {
			t.Errorf("%q", *memory)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}
