package monitor

import (
	"errors"
	"fmt"
	"path/filepath"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/notify"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/release"
	"tenderbatch/internal/result"
)

// Stepped reports a step of a run of the offer in a folder on its way to be paid on, as the history
// has it: who waits is reminded, and the workbook goes out with the release, not before.
func (m *Monitor) Stepped(folder string, step ledger.Entry) {
	e := notify.Event{Kind: notify.Approval, At: step.At, Zone: offerfolder.ZoneOf(folder), Offer: m.OfferID(folder), Run: step.Run,
		Attempt: fmt.Sprintf("step %d", step.Seq), Counted: step.Counts.Counted, Rejected: step.Counts.Rejected,
		Rows: step.Counts.Rows, Open: step.Counts.Open, Title: fmt.Sprintf("run %s by %s", step.Event, step.Actor),
		Message: step.Message, Folder: filepath.Join(folder, offerfolder.RunsName, step.Run)}
	if path, err := filepath.Abs(e.Folder); err == nil {
		e.Folder = path // its reader does not know where the program was started
	}
	for _, t := range step.Totals {
		e.Totals = append(e.Totals, notify.Total(t))
	}
	if step.Event == ledger.Released {
		e.Kind, e.Title = notify.Released, "RELEASED by "+step.Actor.String()+": the run is in force"
		m.attachReleased(&e)
	} else if w, err := release.WaitingIn(folder, m.now()); err == nil && w != nil {
		e.Issuer, e.Title = w.Issuer, e.Title+", AWAITING "+awaited(w)
		e.Advice = "the run waits for " + w.WaitsFor() + "; nothing is to be paid on it yet"
	}
	m.send(e)
}

// awaited is the step that a run waits for, in a word.
func awaited(w *release.Waiting) string {
	switch w.State {
	case release.Submitted:
		return "APPROVAL"
	case release.Approved:
		return "RELEASE"
	}
	return "SUBMISSION"
}

// attachReleased has mail bring the workbook of a run that was released, if it is not too large.
func (m *Monitor) attachReleased(e *notify.Event) {
	most := m.Settings.Mail.AttachUpTo
	if m.Settings.Mail.Server == "" || most == 0 {
		return
	}
	content, size, err := workbookOf(e.Folder, most)
	m.attach(e, content, size, err)
}

// workbookOf is the workbook of the run in a folder if it has at most so many bytes, or else nil,
// and its size.
func workbookOf(folder string, most int64) (content []byte, size int64, err error) {
	run, err := pipeline.FindRun(folder)
	if err != nil {
		return nil, 0, err
	}
	file, err := run.Open(result.WorkbookName)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil || info.Size() > most {
		return nil, info.Size(), err
	}
	content = make([]byte, info.Size())
	_, err = file.ReadAt(content, 0)
	return content, info.Size(), err
}
