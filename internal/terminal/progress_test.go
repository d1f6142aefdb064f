package terminal

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/pipeline"
)

func TestProgressIsShownOnlyOfWhatTakesLong(t *testing.T) {
	var shown bytes.Buffer
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	p := &progress{to: &shown, now: func() time.Time { return now }, began: now}
	p.Report(pipeline.Reading, 1000)
	if shown.Len() > 0 {
		t.Errorf("shown at once: %q", shown.String())
	}
	now = now.Add(2 * time.Second)
	for _, stage := range []pipeline.Stage{pipeline.Reading, pipeline.Writing} {
		p.Report(stage, 1000)
		time.Sleep(150 * time.Millisecond) // the bar's own clock
		p.Report(stage, 1000)
	}
	p.done()
	for _, part := range []string{"reading", "writing", "rows/s"} {
		if !strings.Contains(shown.String(), part) {
			t.Errorf("no %q in %q", part, shown.String())
		}
	}
	if lines := strings.Split(strings.TrimRight(shown.String(), "\r \n"), "\n"); len(lines) > 1 {
		t.Errorf("lines are left behind: %q", shown.String())
	}
}

func TestThereIsNoProgressWhereNobodySits(t *testing.T) {
	var shown bytes.Buffer
	if report, done := NewProgress(&shown, time.Now); report != nil {
		t.Error("a bar in a buffer")
	} else {
		done()
	}
}
