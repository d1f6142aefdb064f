package shared_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tenderbatch/internal/disk"
	after "tenderbatch/internal/kept"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/shared"
	"tenderbatch/internal/storage"
)

// answerLoser is a proxy before the database's socket that, once it is asked to, loses the answer to a commit.
type answerLoser struct {
	lose atomic.Bool
	lost atomic.Int64
}

// before returns the address of a database behind the proxy.
func (p *answerLoser) before(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	there := filepath.Join(query.Get("host"), ".s.PGSQL.5432")
	folder, err := os.MkdirTemp("", "proxy") // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(folder, ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(l.Close(), os.RemoveAll(folder)) })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.pass(c, there)
		}
	}()
	query.Set("host", folder)
	u.RawQuery = query.Encode()
	return u.String()
}

func (p *answerLoser) pass(c net.Conn, there string) {
	defer c.Close()
	on, err := net.Dial("unix", there)
	if err != nil {
		return
	}
	defer on.Close()
	var losing atomic.Bool
	done := make(chan struct{}, 2)
	go func() {
		defer func() { done <- struct{}{} }()
		b := make([]byte, 64<<10)
		for {
			n, err := c.Read(b)
			if bytes.Contains(b[:n], []byte("commit\x00")) && p.lose.CompareAndSwap(true, false) {
				losing.Store(true)
			}
			if _, wErr := on.Write(b[:n]); err != nil || wErr != nil {
				return
			}
		}
	}()
	go func() {
		defer func() { done <- struct{}{} }()
		b := make([]byte, 64<<10)
		for {
			n, err := on.Read(b)
			if losing.Load() {
				p.lost.Add(1)
				return
			}
			if _, wErr := c.Write(b[:n]); err != nil || wErr != nil {
				return
			}
		}
	}()
	<-done
}

func TestACommitWhoseAnswerIsLostIsKept(t *testing.T) {
	k, p := newKept(t), &answerLoser{}
	through := k
	through.address = p.before(t, k.address)
	s := through.open(t)
	if err := k.open(t).Push(t.Context(), offer(t), "level3"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what string
		do   func(ctx context.Context, folder string) error
	}{
		{"a run", func(ctx context.Context, folder string) error { // first, as a history without entries is none
			_, err := run(ctx, folder, final)
			return err
		}},
		{"a report, and no entry", func(_ context.Context, folder string) error {
			return os.WriteFile(filepath.Join(folder, "inbox", "new.csv"), []byte("x"), 0o640)
		}},
	} {
		what, do := c.what, c.do
		before := p.lost.Load()
		err := s.Work(t.Context(), "level3", func(ctx context.Context, folder string) error {
			p.lose.Store(true)
			return do(ctx, folder)
		})
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if p.lost.Load() != before+1 {
			t.Errorf("%s: no answer was lost", what)
		}
		other := k.open(t)
		if err := other.Refresh(t.Context(), "level3"); err != nil {
			t.Fatal(err)
		}
		wantSame(t, other.Folder("level3"), s.Folder("level3"))
	}
}

// hooked is a storage that does something before a content is put.
type hooked struct {
	storage.Store
	before    func(name string)
	locks     time.Duration
	mu        sync.Mutex
	protected map[string]bool
}

func (h *hooked) Put(ctx context.Context, name string, content io.Reader, n int64) error {
	if h.before != nil {
		h.before(name)
	}
	return h.Store.Put(ctx, name, content, n)
}

func (h *hooked) LockFor() time.Duration { return h.locks }

func (h *hooked) Protect(ctx context.Context, name string, _ time.Time) error {
	if _, err := h.Stat(ctx, name); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.protected == nil {
		h.protected = map[string]bool{}
	}
	h.protected[name] = true
	return nil
}

func TestAllConnectionsAreLostAtOnce(t *testing.T) {
	k := newKept(t)
	one := k
	one.address += "&pool_max_conns=1"
	s := one.open(t)
	if err := s.Push(t.Context(), offer(t), "level3"); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		done <- s.Work(t.Context(), "level3", func(ctx context.Context, folder string) error {
			_, err := run(ctx, folder, final)
			k.cut(t)
			return err
		})
	}()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the work waits for a second connection while it holds the one there is")
	}
}

// TestTheLockIsStillHeldByTheSessionThatWasLost has the database notice only after a while that a session has ended.
func TestTheLockIsStillHeldByTheSessionThatWasLost(t *testing.T) {
	k := newKept(t)
	h := &hooked{Store: k.store}
	k.store = h
	s := k.open(t)
	if err := s.Push(t.Context(), offer(t), "level3"); err != nil {
		t.Fatal(err)
	}
	old, err := pgx.Connect(t.Context(), k.address)
	if err != nil {
		t.Fatal(err)
	}
	var ended sync.WaitGroup
	h.before = func(name string) {
		if !strings.HasSuffix(name, "commit.json") {
			return
		}
		k.cut(t)
		if _, err := old.Exec(t.Context(), "SELECT pg_advisory_lock(hashtextextended('batch:level3', 0))"); err != nil {
			t.Error(err)
		}
		ended.Go(func() {
			time.Sleep(2 * time.Second) // longer than a lock is waited for
			_ = old.Close(context.Background())
		})
	}
	err = s.Work(t.Context(), "level3", func(ctx context.Context, folder string) error {
		_, err := run(ctx, folder, final)
		return err
	})
	ended.Wait()
	if err != nil {
		t.Error(err)
	}
}

func TestWhatIsReleasedAndNewIsProtected(t *testing.T) {
	k, folder := newKept(t), offer(t)
	o, err := run(t.Context(), folder, final)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Base(o.Folder)
	log, err := ledger.OpenLog(filepath.Join(folder, "runs"))
	if err == nil {
		_, err = log.Append(ledger.Entry{At: time.Now(), Event: ledger.Released, Offer: "level3-2004", Run: name, By: "a test"})
	}
	if err != nil {
		t.Fatal(err)
	}
	archive, err := ledger.OpenArchive(filepath.Join(folder, "runs"), "")
	if err == nil {
		_, err = archive.Repair(disk.Disk{})
	}
	if err != nil {
		t.Fatal(err)
	}
	h := &hooked{Store: k.store, locks: time.Hour}
	k.store = h
	if err := k.open(t).Push(t.Context(), folder, "level3"); err != nil {
		t.Fatal(err)
	}
	if len(h.protected) == 0 {
		t.Error("nothing is protected")
	}
}

// TestAMirrorThatWasLeftHalfWay leaves in a mirror what a process leaves that is killed.
func TestAMirrorThatWasLeftHalfWay(t *testing.T) {
	k, folder := newKept(t), offer(t)
	o, err := run(t.Context(), folder, "2004-11-19T08:00")
	if err == nil {
		_, err = run(t.Context(), folder, final)
	}
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Base(o.Folder)
	if err := k.open(t).Push(t.Context(), folder, "level3"); err != nil {
		t.Fatal(err)
	}
	first := k.open(t)
	if err := first.Refresh(t.Context(), "level3"); err != nil {
		t.Fatal(err)
	}
	whole := first.Folder("level3")
	for what, leave := range map[string]func(mirror string) error{
		"a draft in the inbox, before offer.yaml came": func(mirror string) error {
			return write(filepath.Join(mirror, "inbox", ".draft-1"), "half")
		},
		"a report that was removed, before offer.yaml came": func(mirror string) error {
			return write(filepath.Join(mirror, "inbox", "old.csv"), "old")
		},
		"a draft in a run, before its entry": func(mirror string) error {
			return write(filepath.Join(mirror, "runs", name, ".draft-1"), "half")
		},
		"another run of that name, before its entry": func(mirror string) error {
			return errors.Join(write(filepath.Join(mirror, "runs", name, "manifest.json"), "{}"),
				write(filepath.Join(mirror, "runs", name, "another"), "x"))
		},
		"a draft in a run that was published": func(mirror string) error {
			return errors.Join(os.CopyFS(mirror, os.DirFS(whole)), write(filepath.Join(mirror, "runs", name, ".draft-1"), "half"))
		},
	} {
		s := k.open(t)
		mirror := s.Folder("level3")
		if err := leave(mirror); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := s.Work(t.Context(), "level3", func(context.Context, string) error { return nil }); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		if found, err := ledger.Verify(filepath.Join(mirror, "runs"), ""); err != nil || len(found) > 0 {
			t.Errorf("%s: %v, %v", what, found, err)
		}
		for name := range contents(t, mirror) {
			if strings.Contains(name, "old.csv") || strings.Contains(name, "another") {
				t.Errorf("%s: %s is still there", what, name)
			}
		}
		var n int
		if err := k.query(t, &n, "SELECT count(*) FROM batch_file WHERE path ~ 'draft|old|another'"); err != nil || n > 0 {
			t.Fatalf("%s: %d files of it are in the database, %v", what, n, err)
		}
	}
}

func write(path, content string) error {
	return errors.Join(os.MkdirAll(filepath.Dir(path), 0o750), os.WriteFile(path, []byte(content), 0o640))
}

func TestOthersHearOfWorkOnlyOnceItIsKept(t *testing.T) {
	k := newKept(t)
	s := k.open(t)
	if err := s.Push(t.Context(), offer(t), "level3"); err != nil {
		t.Fatal(err)
	}
	heard, entries := 0, 0
	work := func(lost bool) error {
		return s.Work(t.Context(), "level3", func(ctx context.Context, folder string) error {
			after.Then(ctx, func() {
				heard++
				if err := k.query(t, &entries, "SELECT count(*) FROM batch_entry"); err != nil {
					t.Error(err)
				}
			})
			if lost {
				if err := k.exec(t, "UPDATE batch_offer SET term = term + 1"); err != nil {
					t.Error(err)
				}
			}
			_, err := run(ctx, folder, final)
			return err
		})
	}
	if err := work(true); !errors.Is(err, shared.ErrOvertaken) || heard > 0 {
		t.Errorf("heard %d times of work that was not kept, %v", heard, err)
	}
	if err := work(false); err != nil || heard != 1 || entries == 0 {
		t.Errorf("heard %d times, after %d entries, %v", heard, entries, err)
	}
}

// TestAPanicLeavesNothingForTheNext has work panic in the middle, as River lets the process go on.
func TestAPanicLeavesNothingForTheNext(t *testing.T) {
	k := newKept(t)
	s := k.open(t)
	if err := s.Push(t.Context(), offer(t), "level3"); err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = s.Work(t.Context(), "level3", func(_ context.Context, folder string) error {
			if err := write(filepath.Join(folder, "inbox", "half.csv"), "half"); err != nil {
				t.Fatal(err)
			}
			panic("planted")
		})
	}()
	if err := s.Work(t.Context(), "level3", func(_ context.Context, folder string) error {
		if _, err := os.Stat(filepath.Join(folder, "inbox", "half.csv")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("what the panic left is there: %v", err)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	n := 0
	if err := k.query(t, &n, "SELECT count(*) FROM batch_file WHERE path = 'inbox/half.csv'"); err != nil || n > 0 {
		t.Errorf("it is in the database: %d, %v", n, err)
	}
}

func TestAnOlderProgramThatStillRunsKeepsNothing(t *testing.T) {
	k := newKept(t)
	s := k.open(t)
	if err := s.Push(t.Context(), offer(t), "level3"); err != nil {
		t.Fatal(err)
	}
	if err := k.exec(t, "INSERT INTO batch_version VALUES (99)"); err != nil {
		t.Fatal(err)
	}
	err := s.Work(t.Context(), "level3", func(ctx context.Context, folder string) error {
		_, err := run(ctx, folder, final)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "newer version") {
		t.Error(err)
	}
}

func TestAReportThatIsRemovedAndComesAgain(t *testing.T) {
	k := newKept(t)
	s, other := k.open(t), k.open(t)
	if err := s.Push(t.Context(), offer(t), "level3"); err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"one", "", "one", "two", "one"} {
		if err := s.Work(t.Context(), "level3", func(_ context.Context, folder string) error {
			name := filepath.Join(folder, "inbox", "new.csv")
			if content == "" {
				return os.Remove(name)
			}
			return write(name, content)
		}); err != nil {
			t.Fatal(err)
		}
		if err := other.Refresh(t.Context(), "level3"); err != nil {
			t.Fatal(err)
		}
		if got := contents(t, other.Folder("level3"))["inbox/new.csv"]; got != content {
			t.Errorf("%q, want %q", got, content)
		}
	}
}
