package terminal

import (
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"tenderbatch/internal/pipeline"
)

// patience is how long a run goes on in silence.
const patience = time.Second

// progress shows how far a run has come, with rows per second, once it takes
// longer than a person likes to wait without a sign.
type progress struct {
	to    io.Writer
	now   func() time.Time
	began time.Time

	mu    sync.Mutex
	stage pipeline.Stage
	bar   *progressbar.ProgressBar // nil while nothing is shown
}

// NewProgress returns what a run calls with its progress; nil if no one sits at a terminal.
// done takes the bar away.
func NewProgress(out io.Writer, now func() time.Time) (report func(pipeline.Stage, int), done func()) {
	file, isFile := out.(*os.File)
	if !isFile || !Is(file) {
		return nil, func() {}
	}
	p := &progress{to: out, now: now, began: now()}
	return p.Report, p.done
}

// Report says that more rows have passed a stage.
func (p *progress) Report(stage pipeline.Stage, rows int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now().Sub(p.began) < patience {
		return
	}
	if p.bar == nil || p.stage != stage {
		p.clear()
		p.stage = stage
		p.bar = progressbar.NewOptions(-1, progressbar.OptionSetWriter(p.to), progressbar.OptionSetDescription(string(stage)),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("rows"),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
		return // these rows took no time that the bar has seen
	}
	_ = p.bar.Add(rows) // a terminal that was closed misses nothing
}

func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}

func (p *progress) clear() {
	if p.bar != nil {
		_ = p.bar.Finish()
		p.bar = nil
	}
}
