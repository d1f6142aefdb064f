package shared_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/shared"
)

func TestGarbageOfAWorkThatLostItsLockAndGoesOn(t *testing.T) {
	k := newKept(t)
	h := &hooked{Store: k.store}
	mine := k
	mine.store = h
	s, other := mine.open(t), k.open(t)
	if err := s.Push(t.Context(), offer(t), "level3"); err != nil {
		t.Fatal(err)
	}
	h.before = func(name string) {
		if strings.HasSuffix(name, "commit.json") { // the contents are there by now
			k.cut(t)
			time.Sleep(200 * time.Millisecond)
			if _, err := other.Collect(t.Context(), true); err != nil {
				t.Error(err)
			}
		}
	}
	err := s.Work(t.Context(), "level3", func(ctx context.Context, folder string) error {
		_, err := run(ctx, folder, final)
		return err
	})
	if err != nil && !errors.Is(err, shared.ErrOvertaken) {
		t.Error(err)
	}
	if err := k.open(t).Refresh(t.Context(), "level3"); err != nil {
		t.Errorf("what was kept is not there: %v", err)
	}
}

func TestTheGarbageOfAnotherDatabaseIsLeft(t *testing.T) {
	one, two := newKept(t), newKept(t)
	two.store = one.store
	if err := one.open(t).Push(t.Context(), offer(t), "level3"); err != nil {
		t.Fatal(err)
	}
	garbage, err := two.open(t).Collect(t.Context(), true)
	if err == nil || !strings.Contains(err.Error(), "level3") || len(garbage) > 0 {
		t.Errorf("%v, %v", garbage, err)
	}
	if err := one.open(t).Refresh(t.Context(), "level3"); err != nil {
		t.Error(err)
	}
}
