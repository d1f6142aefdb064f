package s3link

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"tenderbatch/internal/servertest"
	"tenderbatch/internal/settings"
)

func open(t *testing.T) *Folder {
	t.Helper()
	if testing.Short() {
		t.Skip("needs an S3 server")
	}
	b := servertest.S3(t)
	f, err := Open(settings.S3{Bucket: b.Name, Prefix: "in", Endpoint: b.Endpoint, Region: "us-east-1"}, b.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestOfManyWhoWriteOneNameOneDoes has the store decide, not a look before the writing.
func TestOfManyWhoWriteOneNameOneDoes(t *testing.T) {
	f := open(t)
	for round := range 5 {
		name := fmt.Sprintf("%d.zip", round)
		var wrote atomic.Int32
		var content string
		var all sync.WaitGroup
		begin := make(chan struct{})
		for i := range 8 {
			all.Go(func() {
				<-begin
				mine := strings.Repeat(fmt.Sprint(i), 100_000)
				switch err := f.Put(t.Context(), name, []byte(mine), ""); {
				case err == nil:
					wrote.Add(1)
					content = mine
				case !strings.Contains(err.Error(), "already in") && !strings.Contains(err.Error(), "be written"):
					t.Error(err)
				}
			})
		}
		close(begin)
		all.Wait()
		is, err := f.Read(t.Context(), name, "", 1<<20)
		if err != nil || wrote.Load() != 1 || string(is) != content {
			t.Errorf("%s: %d wrote it, %v", name, wrote.Load(), err)
		}
	}
}

// TestWhatWasMadeOfTheSameStays has two tries that encrypt the same in another way, and one of something else.
func TestWhatWasMadeOfTheSameStays(t *testing.T) {
	f := open(t)
	for _, step := range []struct{ content, of, want string }{
		{"first", "a", ""}, {"first", "a", ""}, {"second", "a", ""}, {"second", "b", "of something else"}, {"second", "", "of something else"},
		{strings.Repeat("x", 200_000), "b", "of something else"},
	} {
		err := f.Put(t.Context(), "x", []byte(step.content), step.of)
		if (err == nil) != (step.want == "") || (err != nil && !strings.Contains(err.Error(), step.want)) {
			t.Errorf("%.10s of %q: %v, want %q", step.content, step.of, err, step.want)
		}
	}
	if is, err := f.Read(t.Context(), "x", "", 100); err != nil || string(is) != "first" {
		t.Errorf("%q, %v", is, err)
	}
}

func TestReadingAnObject(t *testing.T) {
	f := open(t)
	if err := f.Put(t.Context(), "x", []byte("content"), ""); err != nil {
		t.Fatal(err)
	}
	all, err := f.List(t.Context())
	if err != nil || len(all) != 1 || all[0].Name != "x" || all[0].Size != 7 || all[0].Tag == "" {
		t.Fatalf("%+v, %v", all, err)
	}
	if is, err := f.Read(t.Context(), "x", all[0].Tag, 7); err != nil || string(is) != "content" {
		t.Errorf("%q, %v", is, err)
	}
	if _, err := f.Read(t.Context(), "x", "another", 7); !errors.Is(err, ErrChanged) {
		t.Errorf("of another tag: %v", err)
	}
	if _, err := f.Read(t.Context(), "x", "", 6); err == nil || !strings.Contains(err.Error(), "more than 6") {
		t.Errorf("too large: %v", err)
	}
	if _, err := f.Read(t.Context(), "y", "", 6); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("not there: %v", err)
	}
}
