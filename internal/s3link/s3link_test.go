package s3link

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tenderbatch/internal/idleconn"
	"tenderbatch/internal/servertest"
	"tenderbatch/internal/settings"
)

func open(t *testing.T) *Folder {
	t.Helper()
	b := bucket(t)
	return openAt(t, b, b.Endpoint)
}

func bucket(t *testing.T) servertest.Bucket {
	t.Helper()
	if testing.Short() {
		t.Skip("needs an S3 server")
	}
	return servertest.S3(t)
}

func openAt(t *testing.T, b servertest.Bucket, endpoint string) *Folder {
	t.Helper()
	f, err := Open(settings.S3{Bucket: b.Name, Prefix: "in", Endpoint: endpoint, Region: "us-east-1"}, b.Getenv)
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

// TestWhatAnotherOneWritesIsWaitedFor: a store may say that an object is there, or is being written, a moment before it
// gives it, and what was being written may come to nothing.
func TestWhatAnotherOneWritesIsWaitedFor(t *testing.T) {
	b := bucket(t)
	for _, status := range []int{http.StatusPreconditionFailed, http.StatusConflict} {
		name, puts := fmt.Sprint(status), 0
		f := openAt(t, b, b.Through(t, func(w http.ResponseWriter, r *http.Request, on http.Handler) {
			if r.Method == http.MethodPut {
				if puts++; puts < 3 {
					w.WriteHeader(status)
					return
				}
			}
			on.ServeHTTP(w, r)
		}))
		if err := f.Put(t.Context(), name, []byte("x"), ""); err != nil || puts != 3 {
			t.Errorf("%d: %v after %d", status, err, puts)
		}
	}
}

// TestALongListIsRead has a store of which each part of a list is given in time, and all of it together is not.
func TestALongListIsRead(t *testing.T) {
	servertest.Within(t, 2*time.Second)
	const parts = 6
	pause := idleconn.Most / 2
	store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("continuation-token"))
		select {
		case <-time.After(pause):
		case <-r.Context().Done():
			return
		}
		fmt.Fprintf(w, `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix>in/</Prefix>`+
			`<IsTruncated>%t</IsTruncated><NextContinuationToken>%d</NextContinuationToken><Contents><Key>in/%d.csv</Key>`+
			`<LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>"%d"</ETag><Size>1</Size></Contents></ListBucketResult>`,
			n+1 < parts, n+1, n, n)
	}))
	defer store.Close()
	f, err := Open(settings.S3{Bucket: "bucket", Prefix: "in", Endpoint: store.URL, Region: "us-east-1"}, func(name string) string {
		return map[string]string{"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	if all, err := f.List(t.Context()); err != nil || len(all) != parts {
		t.Errorf("%d objects, %v", len(all), err)
	}
	pause = 3 * idleconn.Most
	if _, err := f.List(t.Context()); err == nil || !strings.Contains(err.Error(), "the store was silent or slower than 1024 bytes a second for longer than 2s") {
		t.Errorf("of a store that gives no answer: %v", err)
	}
}

// TestAStoreThatTricklesIsNotWaitedForWithoutEnd has a byte of an object pass at a time: it is silent at no time.
func TestAStoreThatTricklesIsNotWaitedForWithoutEnd(t *testing.T) {
	servertest.Within(t, 2*time.Second)
	b := bucket(t)
	u, err := url.Parse(b.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	line := servertest.NewLine(t, port)
	f := openAt(t, b, fmt.Sprintf("http://127.0.0.1:%d", line.Port))
	content := strings.Repeat("content", 40_000)
	if err := f.Put(t.Context(), "x", []byte(content), ""); err != nil {
		t.Fatal(err)
	}
	const want = "x: the store was silent or slower than 1024 bytes a second for longer than 2s"
	line.Slow(100_000, 1, 20*time.Millisecond)
	if _, err := f.Read(t.Context(), "x", "", 1<<30); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %q", err, want)
	}
	line.Slow(0, 4<<10, 50*time.Millisecond) // slow, and fast enough
	if is, err := f.Read(t.Context(), "x", "", 1<<30); err != nil || string(is) != content {
		t.Errorf("%d of %d bytes, %v", len(is), len(content), err)
	}
}

// TestWhatIsNeverThereIsSaid does not wait for ever.
func TestWhatIsNeverThereIsSaid(t *testing.T) {
	defer func(before []time.Duration) { lookAgain = before }(lookAgain)
	lookAgain = []time.Duration{time.Millisecond, time.Millisecond}
	b := bucket(t)
	f := openAt(t, b, b.Through(t, func(w http.ResponseWriter, r *http.Request, on http.Handler) {
		if r.Method == http.MethodPut {
			w.WriteHeader(http.StatusPreconditionFailed)
			return
		}
		on.ServeHTTP(w, r)
	}))
	err := f.Put(t.Context(), "x", []byte("x"), "")
	if err == nil || !strings.Contains(err.Error(), "another one writes it") {
		t.Error(err)
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
