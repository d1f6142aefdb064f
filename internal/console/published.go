package console

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"tenderbatch/internal/export"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
)

// published keeps the published runs that were read, so that a page need not read and compare
// all the files of a run again. What it keeps counts as long as no file of the run changed: a run
// never changes, so a change is found, and refused, at the next request.
type published struct {
	mu   sync.Mutex
	kept []*readRun // the newest last
}

// mostRead is how many runs are kept.
const mostRead = 16

func newPublished() *published { return &published{} }

// readRun is a run all of whose files are as they were published.
type readRun struct {
	*pipeline.RunFolder
	state  string // of its files, by size, time and place
	record *pipeline.RunRecord
	doc    *export.Document
	views  *runViews
}

// runViews is what follows from the result of a run and is worked out once.
type runViews struct {
	mu     sync.Mutex
	groups []*findingGroup  // nil until asked for
	masked *export.Document // nil until asked for
	blind  *runViews        // of the masked one
	plain  map[string]bool  // by file, whether its lines are plain
}

// findings are the findings of the run in groups.
func (r *readRun) findings() []*findingGroup {
	r.views.mu.Lock()
	defer r.views.mu.Unlock()
	if r.views.groups == nil {
		r.views.groups = groupsOf(r.doc.Rejects)
	}
	return r.views.groups
}

// open returns a run of an offer. It is an error, an [ledger.AlteredError] for one, if the run
// is not as it was published.
func (p *published) open(folder, name string) (*readRun, error) {
	if name != filepath.Base(name) || strings.HasPrefix(name, ".") {
		return nil, errNotFound
	}
	found, err := pipeline.FindRun(filepath.Join(folder, offerfolder.RunsName, name))
	if err != nil {
		return nil, err
	}
	state, err := stateOf(found.Path)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.kept, func(r *readRun) bool { return r.Path == found.Path && r.state == state })
	if i >= 0 {
		r := p.kept[i]
		p.kept = append(slices.Delete(p.kept, i, i+1), r)
		// What the history says of it can have changed: it may be in force by now.
		fresh := *r
		fresh.RunFolder, fresh.record = found, found.Known()
		return &fresh, nil
	}
	record, err := found.Record()
	if err != nil {
		return nil, err
	}
	file, err := found.Open("result.json")
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	doc, err := export.ReadDocument(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", found.Path, err)
	}
	r := &readRun{RunFolder: found, state: state, record: record, doc: doc, views: &runViews{}}
	p.kept = append(slices.DeleteFunc(p.kept, func(old *readRun) bool { return old.Path == found.Path }), r)
	if len(p.kept) > mostRead {
		p.kept = slices.Delete(p.kept, 0, 1)
	}
	return r, nil
}

// stateOf is what the files of a folder look like from outside. Who can write into the folder
// can also make two states look the same, so downloads are compared with the manifest again.
func stateOf(folder string) (string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "%s %d %d\n", e.Name(), info.Size(), info.ModTime().UnixNano())
	}
	return b.String(), nil
}

// runOf is the run that a request names, masked where the account may not see names.
func (c *Console) runOf(r *http.Request) (*readRun, error) {
	folder, err := c.folderOf(r)
	if err != nil {
		return nil, err
	}
	run, err := c.runs.open(folder, r.PathValue("run"))
	if err != nil {
		return nil, err
	}
	return c.maskedFor(r, run), nil
}

// folderOf is the folder of the offer that a request names.
func (c *Console) folderOf(r *http.Request) (string, error) {
	all, err := c.offers()
	if err != nil {
		return "", err
	}
	folder, ok := all[r.PathValue("offer")]
	if !ok {
		return "", errNotFound
	}
	return folder, nil
}
