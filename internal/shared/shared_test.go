package shared_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/servertest"
	"tenderbatch/internal/shared"
	"tenderbatch/internal/storage"
)

// kept is a database and a storage for a test.
type kept struct {
	address string
	store   storage.Store
}

// newKept is an empty database, with its tables, and an empty storage in a folder.
func newKept(t *testing.T) kept {
	t.Helper()
	if testing.Short() {
		t.Skip("needs PostgreSQL")
	}
	k := kept{address: servertest.Postgres(t)}
	if err := shared.MakeTables(t.Context(), k.address); err != nil {
		t.Fatal(err)
	}
	var err error
	if onBucket() {
		b := servertest.S3(t)
		k.store, err = storage.Open(t.Context(), b.Address(), b.Getenv)
	} else {
		k.store, err = storage.NewFolder(t.TempDir())
	}
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// open opens the offers as one machine of several does.
func (k kept) open(t *testing.T) *shared.Offers {
	t.Helper()
	s, err := shared.Open(t.Context(), shared.Config{Database: k.address, Store: k.store, Mirror: t.TempDir(), Holder: t.Name(), Now: time.Now,
		Wait: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// exec does something with the database beside the program.
func (k kept) exec(t *testing.T, sql string, args ...any) error {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), k.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	_, err = conn.Exec(t.Context(), sql, args...)
	return err
}

// offer is a copy of the worked example.
func offer(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "level3")
	for _, name := range []string{"offer.yaml", "inbox"} {
		from := filepath.Join("..", "..", "fixtures", "level3-2004", name)
		info, err := os.Stat(from)
		if err == nil && info.IsDir() {
			err = os.CopyFS(filepath.Join(folder, name), os.DirFS(from))
		} else if err == nil {
			var content []byte
			if content, err = os.ReadFile(from); err == nil {
				err = errors.Join(os.MkdirAll(folder, 0o750), os.WriteFile(filepath.Join(folder, name), content, 0o640))
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

const final = "2004-12-01T08:00"

// run makes a run of the offer in a folder.
func run(ctx context.Context, folder, asOf string) (*pipeline.Outcome, error) {
	return pipeline.Run(ctx, pipeline.Request{Folder: folder, AsOf: asOf, Version: "test", By: "a test",
		Actor: ledger.Actor{Kind: ledger.Service, Name: "batch"},
		Clock: func() time.Time { return time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC) }})
}

// contents are the files of a folder by name, without those that each machine makes for itself.
func contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		below, relErr := filepath.Rel(folder, path)
		switch name := d.Name(); {
		case err != nil || relErr != nil:
			return errors.Join(err, relErr)
		case d.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			all[below] = "-> " + target
			return err
		case d.IsDir(), strings.HasPrefix(name, "ledger."), strings.HasPrefix(name, "."):
			return nil
		}
		content, err := os.ReadFile(path)
		all[below] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// wantSame compares two folders byte for byte, and their histories.
func wantSame(t *testing.T, got, want string) {
	t.Helper()
	is, should := contents(t, got), contents(t, want)
	for name, content := range should {
		if is[name] != content {
			t.Errorf("%s differs", name)
		}
	}
	for name := range is {
		if _, ok := should[name]; !ok {
			t.Errorf("%s should not be there", name)
		}
	}
	a, errA := ledger.ReadRows(filepath.Join(got, "runs"))
	b, errB := ledger.ReadRows(filepath.Join(want, "runs"))
	if errA != nil || errB != nil || len(a) == 0 || len(a) != len(b) || a[len(a)-1] != b[len(b)-1] {
		t.Errorf("%d entries (%v), want %d (%v)", len(a), errA, len(b), errB)
	}
}

func TestAnOfferGoesToTheDatabaseAndBack(t *testing.T) {
	k, folder := newKept(t), offer(t)
	for _, asOf := range []string{"2004-11-19T08:00", final} {
		if _, err := run(t.Context(), folder, asOf); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.open(t).Push(t.Context(), folder, "level3"); err != nil {
		t.Fatal(err)
	}
	other, s := filepath.Join(t.TempDir(), "copy"), k.open(t)
	for range 2 { // the second time nothing is to be done
		if err := s.Pull(t.Context(), "level3", other); err != nil {
			t.Fatal(err)
		}
		wantSame(t, other, folder)
	}
	if err := s.Push(t.Context(), other, "level3"); err != nil {
		t.Fatal(err)
	}
	heads, err := s.List(t.Context())
	if err != nil || len(heads) != 1 || heads[0].Latest == "" || heads[0].Count != 6 {
		t.Errorf("heads %v, %v", heads, err)
	}
}

func TestWorkIsKeptAndSeenByOthers(t *testing.T) {
	k, folder := newKept(t), offer(t)
	first, second := k.open(t), k.open(t)
	if err := first.Push(t.Context(), folder, "level3"); err != nil {
		t.Fatal(err)
	}
	err := first.Work(t.Context(), "level3", func(ctx context.Context, folder string) error {
		_, err := run(ctx, folder, final)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Refresh(t.Context(), "level3"); err != nil {
		t.Fatal(err)
	}
	wantSame(t, second.Folder("level3"), first.Folder("level3"))

	// The same bytes as in a folder.
	if _, err := run(t.Context(), folder, final); err != nil {
		t.Fatal(err)
	}
	is, should := contents(t, second.Folder("level3")), contents(t, folder)
	for name, content := range should {
		if is[name] != content && !strings.HasPrefix(name, "released") {
			t.Errorf("%s differs from what the folder has", name)
		}
	}

	// A failure is in the history as well, and the second machine goes on from there.
	failure := errors.New("a failure")
	if err := second.Work(t.Context(), "level3", func(context.Context, string) error { return failure }); !errors.Is(err, failure) {
		t.Error(err)
	}
	err = second.Work(t.Context(), "level3", func(ctx context.Context, folder string) error {
		_, err := run(ctx, folder, "2004-13-01")
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "2004-13-01") {
		t.Error(err)
	}
	if err := first.Refresh(t.Context(), "level3"); err != nil {
		t.Fatal(err)
	}
	entries, err := ledger.ReadEntries(filepath.Join(first.Folder("level3"), "runs"))
	if err != nil || len(entries) == 0 || entries[len(entries)-1].Event != ledger.Refused {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestWorkOfOthersIsWaitedFor(t *testing.T) {
	k := newKept(t)
	first, second := k.open(t), k.open(t)
	if err := first.Push(t.Context(), offer(t), "level3"); err != nil {
		t.Fatal(err)
	}
	err := first.Work(t.Context(), "level3", func(ctx context.Context, _ string) error {
		return second.Work(ctx, "level3", func(context.Context, string) error { return nil })
	})
	if !errors.Is(err, ledger.ErrBusy) {
		t.Errorf("%v, want %v", err, ledger.ErrBusy)
	}
	if err := first.Work(t.Context(), "another", nil); err == nil || !strings.Contains(err.Error(), `no offer "another"`) {
		t.Error(err)
	}
}

// cut ends every connection that holds the lock of an offer, as a database that is started again does.
func (k kept) cut(t *testing.T) {
	t.Helper()
	if err := k.exec(t, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid() AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"); err != nil {
		t.Fatal(err)
	}
}

func TestALostLockIsNoHarm(t *testing.T) {
	k := newKept(t)
	first, second := k.open(t), k.open(t)
	if err := first.Push(t.Context(), offer(t), "level3"); err != nil {
		t.Fatal(err)
	}
	// The connection is lost, and no other work began: the result is kept.
	err := first.Work(t.Context(), "level3", func(ctx context.Context, folder string) error {
		_, err := run(ctx, folder, "2004-11-19T08:00")
		k.cut(t)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	// Other work began meanwhile: it is kept, and this one is not.
	err = first.Work(t.Context(), "level3", func(ctx context.Context, folder string) error {
		k.cut(t)
		if err := second.Work(ctx, "level3", func(ctx context.Context, folder string) error {
			_, err := run(ctx, folder, final)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		_, err := run(ctx, folder, final)
		return err
	})
	if !errors.Is(err, shared.ErrOvertaken) {
		t.Errorf("%v, want %v", err, shared.ErrOvertaken)
	}
	if err := first.Refresh(t.Context(), "level3"); err != nil {
		t.Fatal(err)
	}
	wantSame(t, first.Folder("level3"), second.Folder("level3"))
	garbage, err := second.Collect(t.Context(), true)
	if err != nil || len(garbage) != 1 || garbage[0].Contents < 1 {
		t.Errorf("garbage %v, %v", garbage, err)
	}
	if garbage, err = second.Collect(t.Context(), true); err != nil || len(garbage) != 0 {
		t.Errorf("garbage %v, %v", garbage, err)
	}
	third := k.open(t)
	if err := third.Refresh(t.Context(), "level3"); err != nil {
		t.Fatal(err)
	}
	wantSame(t, third.Folder("level3"), second.Folder("level3"))
}

func TestWorkThatGoesOnIsNoGarbage(t *testing.T) {
	k := newKept(t)
	first, second := k.open(t), k.open(t)
	if err := first.Push(t.Context(), offer(t), "level3"); err != nil {
		t.Fatal(err)
	}
	err := first.Work(t.Context(), "level3", func(ctx context.Context, folder string) error {
		token := ""
		if err := k.query(t, &token, "SELECT token FROM batch_offer"); err != nil {
			t.Fatal(err)
		}
		name := "offers/level3/" + token + "/content"
		if err := k.store.Put(ctx, name, strings.NewReader("x"), 1); err != nil {
			t.Fatal(err)
		}
		if garbage, err := second.Collect(ctx, true); err != nil || len(garbage) > 0 {
			t.Errorf("garbage %v, %v", garbage, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if garbage, err := second.Collect(t.Context(), true); err != nil || len(garbage) != 1 {
		t.Errorf("garbage %v, %v", garbage, err)
	}
}

func (k kept) query(t *testing.T, to any, sql string) error {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), k.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	return conn.QueryRow(t.Context(), sql).Scan(to)
}

func TestWhatWasPublishedIsNotChangedInTheDatabase(t *testing.T) {
	k, folder := newKept(t), offer(t)
	if _, err := run(t.Context(), folder, final); err != nil {
		t.Fatal(err)
	}
	if err := k.open(t).Push(t.Context(), folder, "level3"); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"UPDATE batch_entry SET body = body", "DELETE FROM batch_entry", "TRUNCATE batch_entry",
		"INSERT INTO batch_entry (offer, seq, body, hash) VALUES ('level3', 99, '{}', '')",
		"UPDATE batch_content SET bytes = 1", "UPDATE batch_file SET sha256 = sha256", "DELETE FROM batch_file",
	} {
		if err := k.exec(t, sql); err == nil {
			t.Errorf("%s was done", sql)
		}
	}
}

func TestAnAlteredDatabaseOrStorageIsNotBelieved(t *testing.T) {
	k, folder := newKept(t), offer(t)
	if _, err := run(t.Context(), folder, final); err != nil {
		t.Fatal(err)
	}
	if err := k.open(t).Push(t.Context(), folder, "level3"); err != nil {
		t.Fatal(err)
	}
	disabled := "ALTER TABLE batch_entry DISABLE TRIGGER USER; "
	if err := k.exec(t, disabled+`UPDATE batch_entry SET body = replace(body, 'a test', 'A test') WHERE seq = 2`); err != nil {
		t.Fatal(err)
	}
	if err := k.open(t).Refresh(t.Context(), "level3"); err == nil || !strings.Contains(err.Error(), "entry 2 of the history of level3 in the database was altered") {
		t.Error(err)
	}
	if err := k.exec(t, disabled+`UPDATE batch_entry SET body = replace(body, 'A test', 'a test') WHERE seq = 2`); err != nil {
		t.Fatal(err)
	}
	if err := k.open(t).Refresh(t.Context(), "level3"); err != nil {
		t.Fatal(err)
	}
	err := k.store.List(t.Context(), "offers/", func(i storage.Info) error {
		if strings.HasSuffix(i.Name, ".json") {
			return nil
		}
		if err := k.store.Remove(t.Context(), i.Name); err != nil {
			return err
		}
		return k.store.Put(t.Context(), i.Name, bytes.NewReader(make([]byte, i.Bytes)), i.Bytes)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := k.open(t).Refresh(t.Context(), "level3"); err == nil || !strings.Contains(err.Error(), "the storage holds another content") {
		t.Error(err)
	}
}

func TestPushAndPullLoseNothing(t *testing.T) {
	k, folder := newKept(t), offer(t)
	s := k.open(t)
	if err := s.Push(t.Context(), folder, "level3"); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "other")
	if err := s.Pull(t.Context(), "level3", other); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t.Context(), folder, final); err != nil {
		t.Fatal(err)
	}
	if err := s.Push(t.Context(), folder, "level3"); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t.Context(), other, final); err != nil {
		t.Fatal(err)
	}
	if err := s.Push(t.Context(), other, "level3"); err == nil || !strings.Contains(err.Error(), "is another than in the database") {
		t.Error(err)
	}
	if err := s.Pull(t.Context(), "level3", other); err == nil || !strings.Contains(err.Error(), "pull into an empty folder") {
		t.Error(err)
	}
	third := filepath.Join(t.TempDir(), "third")
	if err := s.Pull(t.Context(), "level3", third); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(third, "inbox", "new.csv")
	if err := os.WriteFile(name, []byte("x"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := s.Pull(t.Context(), "level3", third); err == nil || !strings.Contains(err.Error(), "would be lost") {
		t.Error(err)
	}
	if err := s.Push(t.Context(), third, "level3"); err != nil {
		t.Fatal(err)
	}
	if err := s.Pull(t.Context(), "level3", folder); err != nil {
		t.Fatal(err)
	}
	wantSame(t, folder, third)
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if err := s.Push(t.Context(), third, "level3"); err != nil {
		t.Fatal(err)
	}
	if err := s.Pull(t.Context(), "level3", folder); err != nil {
		t.Fatal(err)
	}
	wantSame(t, folder, third)
}

func TestANameThatADatabaseCannotHold(t *testing.T) {
	k, folder := newKept(t), offer(t)
	if err := os.WriteFile(filepath.Join(folder, "inbox", "dtc-\xff.csv"), nil, 0o640); err != nil {
		t.Fatal(err)
	}
	err := k.open(t).Push(t.Context(), folder, "level3")
	if err == nil || !strings.Contains(err.Error(), `"inbox/dtc-\xff.csv" has a name that a database cannot hold; rename the file`) {
		t.Error(err)
	}
}

// TestOnABucket passes the tests of this package once more with the contents in a bucket.
func TestOnABucket(t *testing.T) {
	if onBucket() {
		t.Skip("once is enough")
	}
	if testing.Short() {
		t.Skip("needs a server")
	}
	servertest.S3(t) // says if it is missing
	c := exec.Command(os.Args[0], "-test.v", "-test.timeout=10m")
	c.Env = append(os.Environ(), bucketEnv+"=1")
	out, err := c.CombinedOutput()
	if n := strings.Count(string(out), "\n--- PASS: "); err != nil || n < 8 {
		t.Errorf("%v, %d tests passed\n%s", err, n, out)
	}
}

// bucketEnv is the variable that has the tests work on a bucket.
const bucketEnv = "BATCH_TEST_BUCKET"

func onBucket() bool { return os.Getenv(bucketEnv) != "" }

func TestAnOlderProgramRefusesTheTablesOfANewerOne(t *testing.T) {
	k := newKept(t)
	if err := k.exec(t, "INSERT INTO batch_version VALUES (99)"); err != nil {
		t.Fatal(err)
	}
	_, err := shared.Open(t.Context(), shared.Config{Database: k.address, Store: k.store, Mirror: t.TempDir(), Now: time.Now})
	if err == nil || !strings.Contains(err.Error(), "was brought up to a newer version of batch") {
		t.Error(err)
	}
	if err := shared.MakeTables(t.Context(), k.address); err == nil || !strings.Contains(err.Error(), "newer version") {
		t.Error(err)
	}
}

// TestAMigrationThatIsCutOffLeavesTheTablesAsTheyWere has the connection end in the middle of the steps.
func TestAMigrationThatIsCutOffLeavesTheTablesAsTheyWere(t *testing.T) {
	if testing.Short() {
		t.Skip("needs PostgreSQL")
	}
	k := kept{address: servertest.Postgres(t)}
	if err := k.exec(t, `CREATE FUNCTION cut() RETURNS event_trigger LANGUAGE plpgsql AS
		'BEGIN IF tg_tag = ''CREATE TRIGGER'' THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; END';
		CREATE EVENT TRIGGER cut ON ddl_command_end EXECUTE FUNCTION cut()`); err != nil {
		t.Fatal(err)
	}
	if err := shared.MakeTables(t.Context(), k.address); err == nil {
		t.Fatal("it was not cut off")
	}
	n := -1
	if err := k.query(t, &n, "SELECT count(*) FROM pg_tables WHERE tablename LIKE 'batch%'"); err != nil || n != 0 {
		t.Errorf("%d tables are there, %v", n, err)
	}
	if err := k.exec(t, "DROP EVENT TRIGGER cut"); err != nil {
		t.Fatal(err)
	}
	if err := shared.MakeTables(t.Context(), k.address); err != nil {
		t.Error(err)
	}
}

// TestAWorkersDiskThatIsFull has nothing committed, and the mirror is made again.
func TestAWorkersDiskThatIsFull(t *testing.T) {
	k := newKept(t)
	s := k.open(t)
	if err := s.Push(t.Context(), offer(t), "level3"); err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space left on device")
	err := s.Work(t.Context(), "level3", func(ctx context.Context, folder string) error {
		_, err := pipeline.Run(ctx, pipeline.Request{Folder: folder, AsOf: final, Version: "test", By: "a test",
			Actor: ledger.Actor{Kind: ledger.Service, Name: "batch"}, Clock: time.Now,
			Disk: disk.Disk{Fault: func(op, path string) error {
				if strings.HasSuffix(path, "result.xlsx") {
					return full
				}
				return nil
			}}})
		return err
	})
	if !errors.Is(err, full) {
		t.Error(err)
	}
	if err := s.Work(t.Context(), "level3", func(ctx context.Context, folder string) error {
		_, err := run(ctx, folder, final)
		return err
	}); err != nil {
		t.Error(err)
	}
	entries, err := s.Entries(t.Context(), "level3", 0)
	published := 0
	for _, e := range entries {
		if e.Event == ledger.Published {
			published++
		}
	}
	if err != nil || published != 1 {
		t.Errorf("%d runs, %v", published, err)
	}
}

func TestAPrunedRunGoesEverywhere(t *testing.T) {
	k, folder := newKept(t), offer(t)
	if err := os.WriteFile(filepath.Join(folder, "accounts.csv"), []byte("accounts"), 0o640); err != nil {
		t.Fatal(err)
	}
	o, err := run(t.Context(), folder, "2004-11-19T08:00")
	if err == nil {
		_, err = run(t.Context(), folder, final)
	}
	if err != nil {
		t.Fatal(err)
	}
	first, second := k.open(t), k.open(t)
	if err := first.Push(t.Context(), folder, "level3"); err != nil {
		t.Fatal(err)
	}
	if err := second.Refresh(t.Context(), "level3"); err != nil {
		t.Fatal(err)
	}
	old := filepath.Base(o.Folder)
	err = first.Work(t.Context(), "level3", func(_ context.Context, folder string) error {
		runs := filepath.Join(folder, "runs")
		log, err := ledger.OpenLog(runs)
		if err == nil {
			_, err = log.Append(ledger.Entry{At: time.Now(), Event: ledger.Pruned, Offer: "level3-2004", Run: old, By: "a test"})
		}
		return errors.Join(err, os.RemoveAll(filepath.Join(runs, old)))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Refresh(t.Context(), "level3"); err != nil {
		t.Fatal(err)
	}
	wantSame(t, second.Folder("level3"), first.Folder("level3"))
	if _, err := os.Stat(filepath.Join(second.Folder("level3"), "runs", old)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the run is still there: %v", err)
	}
	garbage, err := second.Collect(t.Context(), true)
	if err != nil || len(garbage) != 1 || garbage[0].Contents < 3 {
		t.Errorf("garbage %v, %v", garbage, err)
	}
	third := filepath.Join(t.TempDir(), "third")
	if err := second.Pull(t.Context(), "level3", third); err != nil {
		t.Fatal(err)
	}
	wantSame(t, third, second.Folder("level3"))
	if content, err := os.ReadFile(filepath.Join(third, "accounts.csv")); err != nil || string(content) != "accounts" {
		t.Errorf("%q, %v", content, err)
	}
}

// TestNamesThatWereReplacedAreSoEverywhere has a machine replace the names of holders in runs that another has, too: that
// one gets the new runs, the old contents go, and a file of a run is changed by no other work.
func TestNamesThatWereReplacedAreSoEverywhere(t *testing.T) {
	k, folder := newKept(t), offer(t)
	o, err := run(t.Context(), folder, final)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Base(o.Folder)
	first, second := k.open(t), k.open(t)
	if err := first.Push(t.Context(), folder, "level3"); err != nil {
		t.Fatal(err)
	}
	if err := second.Refresh(t.Context(), "level3"); err != nil {
		t.Fatal(err)
	}
	if err := k.exec(t, "UPDATE batch_file SET modified = modified WHERE path LIKE 'runs/%'"); err == nil {
		t.Error("a file of a run was changed before names were replaced")
	}
	err = first.Work(t.Context(), "level3", func(_ context.Context, folder string) error {
		runs := filepath.Join(folder, "runs")
		archive, err := ledger.OpenArchive(runs, "level3-2004")
		if err != nil {
			return err
		}
		r, err := archive.Run(name)
		if err != nil {
			return err
		}
		ann := ledger.Actor{Kind: ledger.User, Name: "ann"}
		replaced, err := ledger.StageRewritten(disk.Disk{}, r, ann, time.Now(), func(k ledger.Kept) bool { return k.Of != "offer.yaml" },
			func(name string, content []byte) ([]byte, error) {
				if name == "rejects.csv" {
					return append(content, "x\n"...), nil
				}
				return content, nil
			})
		if err != nil {
			return err
		}
		log, err := ledger.OpenLog(runs)
		if err == nil {
			_, err = log.Append(ledger.Entry{At: time.Now(), Event: ledger.Pseudonymised, Offer: "level3-2004", Actor: ann, By: "a test",
				Rewritten: []ledger.Rewritten{replaced}})
		}
		return errors.Join(err, ledger.PutRewritten(disk.Disk{}, runs, replaced))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Refresh(t.Context(), "level3"); err != nil {
		t.Fatal(err)
	}
	wantSame(t, second.Folder("level3"), first.Folder("level3"))
	if found, err := ledger.Verify(filepath.Join(second.Folder("level3"), "runs"), "level3-2004"); err != nil || len(found) > 0 {
		t.Errorf("%v, %v", found, err)
	}
	if err := k.exec(t, "UPDATE batch_file SET modified = modified WHERE path LIKE 'runs/%'"); err == nil {
		t.Error("a file of a run was changed after names were replaced")
	}
	garbage, err := second.Collect(t.Context(), true)
	if err != nil || len(garbage) != 1 || garbage[0].Contents != 1 /* rejects.csv */ {
		t.Errorf("garbage %v, %v", garbage, err)
	}
	third := filepath.Join(t.TempDir(), "third")
	if err := second.Pull(t.Context(), "level3", third); err != nil {
		t.Fatal(err)
	}
	wantSame(t, third, second.Folder("level3"))
}

// TestAsManyWorksAsConnections would hang if work needed a second connection while it holds one.
func TestAsManyWorksAsConnections(t *testing.T) {
	k := newKept(t)
	s := k.open(t)
	const works = 12 // more than there are connections
	for i := range works {
		if err := s.Push(t.Context(), offer(t), fmt.Sprintf("offer-%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	errs := make(chan error, works)
	for i := range works {
		go func() {
			errs <- s.Work(ctx, fmt.Sprintf("offer-%d", i), func(ctx context.Context, folder string) error {
				_, err := run(ctx, folder, final)
				return err
			})
		}()
	}
	for range works {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestAddressesOfDatabases(t *testing.T) {
	for address, want := range map[string]string{
		"":                                   "has no address",
		"mysql://a/b":                        "has no address",
		"postgres://u:secret@db/x":           "has a password in its address",
		"postgres://u@db/x?password=secret":  "has a password in its address",
		"postgres://u@db/x?sslmode=nonsense": "its address is wrong",
	} {
		_, err := shared.Connect(t.Context(), address, 0)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", address, err)
		}
	}
	pool, err := shared.Connect(t.Context(), "postgres://u@db.example.org/x", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	c := pool.Config().ConnConfig
	if c.TLSConfig == nil || c.TLSConfig.InsecureSkipVerify || c.TLSConfig.ServerName != "db.example.org" || len(c.Fallbacks) > 0 {
		t.Error("a database elsewhere may be reached without TLS")
	}
}
