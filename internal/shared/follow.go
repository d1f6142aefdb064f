package shared

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Follow keeps all mirrors where the database is until the context is done, and calls changed with the folder of each that
// was brought forward. What fails is given to failed, once as long as it goes on; it is tried again.
func (s *Offers) Follow(ctx context.Context, every time.Duration, changed func(folder string), failed func(error)) {
	last := ""
	for {
		err := s.followOnce(ctx, changed)
		if err != nil && ctx.Err() == nil && err.Error() != last {
			failed(err)
		}
		if last = ""; err != nil {
			last = err.Error()
		}
		if !sleep(ctx, every) {
			return
		}
	}
}

// followOnce brings forward the mirrors that are behind.
func (s *Offers) followOnce(ctx context.Context, changed func(folder string)) error {
	heads, err := s.List(ctx)
	if err != nil {
		return err
	}
	var faults []error
	for _, h := range heads {
		if s.isAt(h) {
			continue
		}
		if err := s.Refresh(ctx, h.Name); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", h.Name, err))
			continue
		}
		changed(s.Folder(h.Name))
	}
	return errors.Join(faults...)
}
