package main

import (
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strings"
	"testing"

	"tenderbatch/internal/monitor"
	"tenderbatch/internal/schedule"
	"tenderbatch/internal/serve"
	"tenderbatch/internal/settings"
)

// TestEveryEventIsObserved gives the service each type of event that package serve has, and
// one that does not exist.
func TestEveryEventIsObserved(t *testing.T) {
	_, offer := oneExample(t)
	events := map[string]serve.Event{
		"NextSlot":    serve.NextSlot{Folder: offer},
		"TermsBroken": serve.TermsBroken{Folder: offer, Fault: errors.New("a typo")},
		"TermsRead":   serve.TermsRead{Folder: offer}, "Waiting": serve.Waiting{Folder: offer, Waits: true},
		"Parked": serve.Parked{Folder: offer, Deaths: schedule.Deaths{Count: 4}}, "Idle": serve.Idle{Folder: offer},
		"Heartbeat": serve.Heartbeat{Offers: 1}, "Dropped": serve.Dropped{Folder: offer}, "Running": serve.Running{Folder: offer},
	}
	file, err := parser.ParseFile(token.NewFileSet(), "../../internal/serve/event.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var declared []string
	for _, d := range file.Decls {
		if method, is := d.(*ast.FuncDecl); is && method.Name.Name == "event" {
			declared = append(declared, method.Recv.List[0].Type.(*ast.Ident).Name)
		}
	}
	if slices.Sort(declared); !slices.Equal(declared, slices.Sorted(maps.Keys(events))) {
		t.Errorf("package serve has the events %q, and this test %q", declared, slices.Sorted(maps.Keys(events)))
	}
	var log bytes.Buffer
	logger, err := newLogger(&log, "text", false, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := monitor.NewService(testWorld(&log, &log).installation(), settings.Default(), "", logger)
	for _, e := range events {
		s.Observe(e)
	}
	if strings.Contains(log.String(), "internal error") {
		t.Errorf("an event is not known:\n%s", &log)
	}
	s.Observe(nil)
	if !strings.Contains(log.String(), "an event is not known") {
		t.Errorf("an unknown event is passed over:\n%s", &log)
	}
	s.Monitor.Notices.Wait()
}
