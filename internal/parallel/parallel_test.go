package parallel

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
)

func TestEachIsDoneOnce(t *testing.T) {
	for _, workers := range []int{0, 1, 3, 100} {
		var done [50]atomic.Int32
		if err := Each(workers, len(done), func(i int) error { done[i].Add(1); return nil }); err != nil {
			t.Fatal(err)
		}
		for i := range done {
			if n := done[i].Load(); n != 1 {
				t.Errorf("%d workers: %d was done %d times", workers, i, n)
			}
		}
	}
}

func TestTheErrorIsThatOfTheFirst(t *testing.T) {
	first, second := errors.New("first"), errors.New("second")
	var begun atomic.Int32
	failing := make(chan struct{})
	err := Each(2, 1000, func(i int) error {
		begun.Add(1)
		switch i {
		case 0:
			<-failing // it fails after the other
			return first
		case 1:
			defer close(failing)
			return second
		}
		return nil
	})
	if err != first {
		t.Errorf("%v, want the first", err)
	}
	if n := begun.Load(); n > 3 {
		t.Errorf("%d began, though one had failed", n)
	}
}

func TestAPanicIsThatOfTheCaller(t *testing.T) {
	for _, workers := range []int{1, 2} {
		func() {
			defer func() {
				p := recover()
				if shown, ok := p.(error); p == nil || (ok && !strings.Contains(shown.Error(), "no such series")) {
					t.Errorf("%d workers: %v", workers, p)
				}
			}()
			_ = Each(workers, 8, func(i int) error {
				if i == 5 {
					panic("no such series")
				}
				return nil
			})
			t.Errorf("%d workers: no panic", workers)
		}()
	}
}
