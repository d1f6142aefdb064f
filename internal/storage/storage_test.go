package storage_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"tenderbatch/internal/servertest"
	"tenderbatch/internal/storage"
)

// stores are one of each kind.
func stores(t *testing.T) map[string]storage.Store {
	t.Helper()
	folder, err := storage.NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]storage.Store{"folder": folder}
	if !testing.Short() {
		all["bucket"] = open(t, servertest.S3(t), "")
	}
	return all
}

// open opens a bucket, through another address if one is given.
func open(t *testing.T, b servertest.Bucket, instead string) storage.Store {
	t.Helper()
	if instead != "" {
		b.Endpoint = instead
	}
	s, err := storage.Open(t.Context(), b.Address(), b.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t *testing.T, s storage.Store, name, content string) error {
	t.Helper()
	return s.Put(t.Context(), name, strings.NewReader(content), int64(len(content)))
}

func get(t *testing.T, s storage.Store, name string) (string, error) {
	t.Helper()
	r, err := s.Open(t.Context(), name)
	if err != nil {
		return "", err
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	return string(content), err
}

func list(t *testing.T, s storage.Store, prefix string) string {
	t.Helper()
	var all []string
	if err := s.List(t.Context(), prefix, func(i storage.Info) error {
		all = append(all, fmt.Sprintf("%s:%d", i.Name, i.Bytes))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}

func TestStores(t *testing.T) {
	for kind, s := range stores(t) {
		t.Run(kind, func(t *testing.T) {
			for _, name := range []string{"offers/b/1/x", "offers/a/2/y", "offers/a/1/x", "other"} {
				if err := put(t, s, name, "content of "+name); err != nil {
					t.Fatal(err)
				}
			}
			if got, err := get(t, s, "offers/a/1/x"); err != nil || got != "content of offers/a/1/x" {
				t.Errorf("%q, %v", got, err)
			}
			if got, want := list(t, s, "offers/a/"), "offers/a/1/x:23 offers/a/2/y:23"; got != want {
				t.Errorf("list %q, want %q", got, want)
			}
			if got := list(t, s, "offers/c"); got != "" {
				t.Errorf("list %q", got)
			}
			stop := errors.New("stop")
			if err := s.List(t.Context(), "", func(storage.Info) error { return stop }); !errors.Is(err, stop) {
				t.Error(err)
			}
			if i, err := s.Stat(t.Context(), "other"); err != nil || i.Bytes != 16 || time.Since(i.At) > time.Hour {
				t.Errorf("%v, %v", i, err)
			}
			if err := put(t, s, "other", "another"); !errors.Is(err, storage.ErrThere) {
				t.Errorf("put twice: %v", err)
			}
			for range 2 {
				if err := s.Remove(t.Context(), "other"); err != nil {
					t.Error(err)
				}
			}
			if _, err := get(t, s, "other"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("open what is removed: %v", err)
			}
			if _, err := s.Stat(t.Context(), "other"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("stat what is removed: %v", err)
			}
			for _, name := range []string{"../x", "", ".", "/etc/passwd", "a/../b"} {
				if put(t, s, name, "x") == nil {
					t.Errorf("%q was put", name)
				}
			}
			if err := s.Put(t.Context(), "cut", iotest.TimeoutReader(strings.NewReader("half")), 8); err == nil {
				t.Error("a content that was cut was kept")
			}
			if _, err := s.Stat(t.Context(), "cut"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("what was cut is there: %v", err)
			}
			done, stopped := context.WithCancel(t.Context())
			stopped()
			if err := s.Put(done, "late", strings.NewReader("x"), 1); err == nil {
				t.Error("put after the end of the context")
			}
		})
	}
}

func TestALockedContentStays(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a server")
	}
	s := open(t, servertest.S3WithLock(t), "")
	if err := put(t, s, "released", "x"); err != nil {
		t.Fatal(err)
	}
	if err := s.Protect(t.Context(), "released", time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	b := servertest.S3WithLock(t)
	if s, err := storage.Open(t.Context(), b.Address()+"&lock=30", b.Getenv); err != nil || s.LockFor() != 30*24*time.Hour {
		t.Errorf("a bucket with locks: %v", err)
	}
	b = servertest.S3(t)
	if _, err := storage.Open(t.Context(), b.Address()+"&lock=30", b.Getenv); err == nil || !strings.Contains(err.Error(), "keeps no locks") {
		t.Errorf("a bucket without locks: %v", err)
	}
	plain := open(t, servertest.S3(t), "")
	if err := put(t, plain, "x", "x"); err != nil {
		t.Fatal(err)
	}
	if err := plain.Protect(t.Context(), "x", time.Now().Add(time.Hour)); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a bucket without locks: %v", err)
	}
}

func TestAStoreThatIsOverloadedForAWhile(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a server")
	}
	b := servertest.S3(t)
	var n atomic.Int64
	s := open(t, b, b.Through(t, func(w http.ResponseWriter, r *http.Request, on http.Handler) {
		if n.Add(1)%3 != 0 {
			http.Error(w, "<Error><Code>SlowDown</Code></Error>", http.StatusServiceUnavailable)
			return
		}
		on.ServeHTTP(w, r)
	}))
	if err := put(t, s, "a", strings.Repeat("x", 100_000)); err != nil {
		t.Fatal(err)
	}
	if got, err := get(t, s, "a"); err != nil || len(got) != 100_000 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func TestABodyThatIsCutIsAnError(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a server")
	}
	b := servertest.S3(t)
	s := open(t, b, b.Through(t, func(w http.ResponseWriter, r *http.Request, on http.Handler) {
		if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "/a") {
			on.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		on.ServeHTTP(answer, r)
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes()[:answer.Body.Len()/2])
		panic(http.ErrAbortHandler)
	}))
	if err := put(t, s, "a", strings.Repeat("x", 100_000)); err != nil {
		t.Fatal(err)
	}
	if got, err := get(t, s, "a"); err == nil {
		t.Errorf("%d bytes without an error", len(got))
	}
}

func TestAStoreWithoutConditionalWrites(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a server")
	}
	b := servertest.S3(t)
	s := open(t, b, b.Through(t, func(w http.ResponseWriter, r *http.Request, on http.Handler) {
		if r.Header.Get("If-None-Match") != "" {
			http.Error(w, "<Error><Code>NotImplemented</Code></Error>", http.StatusNotImplemented)
			return
		}
		on.ServeHTTP(w, r)
	}))
	for range 2 {
		if err := put(t, s, "offers/a/token/digest", "the same"); err != nil && !errors.Is(err, storage.ErrThere) {
			t.Fatal(err)
		}
	}
	if got, err := get(t, s, "offers/a/token/digest"); err != nil || got != "the same" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestAPutThatConflictsIsNotTakenForDone: S3 says so of two at once, of which neither may come to an end.
func TestAPutThatConflictsIsNotTakenForDone(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a server")
	}
	b := servertest.S3(t)
	s := open(t, b, b.Through(t, func(w http.ResponseWriter, r *http.Request, on http.Handler) {
		if r.Method == http.MethodPut {
			w.WriteHeader(http.StatusConflict)
			_, _ = io.WriteString(w, "<Error><Code>ConditionalRequestConflict</Code></Error>")
			return
		}
		on.ServeHTTP(w, r)
	}))
	if err := put(t, s, "a", "x"); err == nil || errors.Is(err, storage.ErrThere) || !storage.Passes(err) {
		t.Errorf("%v", err)
	}
}

func TestAddressesOfStorages(t *testing.T) {
	for address, want := range map[string]string{
		"/no/such/folder":         "make the folder",
		"s3://id:secret@bucket/x": "has a password in its address",
		"ftp://host/x":            "is not known",
		"s3:///x":                 "is not known",
		"s3://bucket/x?endpoint=http://s3.example.org":     "is not encrypted",
		"s3://bucket/x?endpoint=nonsense":                  "is no address",
		"s3://bucket/x?sse=none":                           "write s3, or kms:",
		"s3://bucket/x?colour=red":                         `the parameter "colour"`,
		"s3://bucket/x?endpoint=http://127.0.0.1:1&sse=s3": "cannot be reached",
	} {
		ctx, stop := context.WithTimeout(t.Context(), 3*time.Second)
		_, err := storage.Open(ctx, address, func(name string) string {
			return map[string]string{"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}[name]
		})
		stop()
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
	}
}

func TestAsManyAtOnce(t *testing.T) {
	for kind, s := range stores(t) {
		t.Run(kind, func(t *testing.T) {
			const n = 16
			errs := make(chan error, n)
			for i := range n {
				go func() {
					content := bytes.Repeat([]byte{byte(i)}, 10_000)
					errs <- s.Put(t.Context(), "one", bytes.NewReader(content), int64(len(content)))
				}()
			}
			kept := 0
			for range n {
				if err := <-errs; err == nil {
					kept++
				} else if !errors.Is(err, storage.ErrThere) {
					t.Error(err)
				}
			}
			got, err := get(t, s, "one")
			if err != nil || len(got) != 10_000 || strings.Trim(got, got[:1]) != "" {
				t.Errorf("%d bytes, %v", len(got), err)
			}
			if kept != 1 && kind == "folder" {
				t.Errorf("%d were kept", kept)
			}
		})
	}
}
