package queue_test

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tenderbatch/internal/queue"
	"tenderbatch/internal/serve"
)

// TestARunThatIsStoppedIsMadeAgain has a worker leave in the middle of a run that does not end within the grace.
func TestARunThatIsStoppedIsMadeAgain(t *testing.T) {
	in := install(t)
	in.setClock(t, launch.Add(time.Hour+59*time.Minute+50*time.Second), 10)
	in.push(t, "one")
	began := make(chan struct{}, 10)
	first := in.join(t, func(c *queue.Config) {
		run := c.Run
		c.Run = func(ctx context.Context, j serve.Job) (serve.Outcome, error) {
			if j.Slot.At.IsZero() {
				return run(ctx, j)
			}
			began <- struct{}{}
			<-ctx.Done()
			return run(ctx, j)
		}
	})
	<-began
	if err := first.Leave(time.Second); err != nil {
		t.Log(err)
	}
	m := in.join(t, nil)
	await(t, "the run of the slot", func() bool {
		return slices.ContainsFunc(m.entries(t, "one"), func(e string) bool {
			return strings.HasSuffix(e, " 2024-03-04T11:00:00-05:00") && !strings.HasPrefix(e, "interrupted")
		})
	})
}

// TestAParkedJobIsSaidOnce has a job for files and one for a slot fail, the offer being busy when it is to be noted.
func TestAParkedJobIsSaidOnce(t *testing.T) {
	in := install(t)
	in.setClock(t, launch.Add(time.Hour+45*time.Minute), 60) // the first slot comes in a quarter of a minute
	in.push(t, "files")
	in.push(t, "slots")
	busy, err := pgx.Connect(t.Context(), in.address)
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close(context.Background())
	var failed atomic.Int32
	m := in.join(t, func(c *queue.Config) {
		c.Pause = 100 * time.Millisecond
		parked := c.Parked
		c.Parked = func(offer, slot, why string) {
			parked(cmp.Or(slot, "no slot")+" of "+offer, slot, why)
		}
		run := c.Run
		c.Run = func(ctx context.Context, j serve.Job) (serve.Outcome, error) {
			switch offer := filepath.Base(j.Folder); {
			case offer == "files" && len(j.Missed) == 0:
				panic("planted")
			case offer == "slots" && !j.Slot.At.IsZero():
				if failed.Add(1) == 3 {
					go func() {
						_, _ = busy.Exec(context.Background(), "SELECT pg_advisory_lock(hashtextextended('batch:slots', 0))")
					}()
				}
				panic("planted")
			}
			return run(ctx, j)
		}
	})
	const ofSlot, ofFiles = "2024-03-04T11:00:00-05:00 of slots", "no slot of files" // of the slots of files another number is right
	said := map[string]int{}
	collect := func(end <-chan time.Time, enough func() bool) {
		for !enough() {
			select {
			case s := <-m.parked:
				of, _, _ := strings.Cut(s, ": ")
				said[of]++
			case <-end:
				return
			}
		}
	}
	never := func() bool { return false }
	await(t, "three tries", func() bool { return failed.Load() >= 3 })
	collect(time.After(15*time.Second), never)
	if said[ofSlot] > 0 {
		t.Errorf("said %d times while it could not be noted", said[ofSlot])
	}
	if _, err := busy.Exec(t.Context(), "SELECT pg_advisory_unlock_all()"); err != nil {
		t.Fatal(err)
	}
	collect(time.After(90*time.Second), func() bool { return said[ofSlot] > 0 && said[ofFiles] > 0 })
	collect(time.After(5*time.Second), never) // for what would be said twice
	if said[ofSlot] != 1 || said[ofFiles] != 1 {
		t.Errorf("said %v, want each once", said)
	}
}

// TestAConnectionThatIsLostForAMomentIsNoDeath has the connection by which a worker is known to live cut in the middle of a
// run.
func TestAConnectionThatIsLostForAMomentIsNoDeath(t *testing.T) {
	in := install(t)
	in.setClock(t, launch.Add(time.Hour), 1)
	in.push(t, "one")
	began, end := make(chan struct{}, 10), make(chan struct{})
	m := in.join(t, func(c *queue.Config) {
		run := c.Run
		c.Run = func(ctx context.Context, j serve.Job) (serve.Outcome, error) {
			began <- struct{}{}
			<-end
			return run(ctx, j)
		}
	})
	<-began
	time.Sleep(6 * time.Second)
	in.exec(t, `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	time.Sleep(9 * time.Second)
	if n := 0; strings.Contains(m.log.String(), "a worker died") {
		in.query(t, &n, "SELECT count(*) FROM river_job WHERE kind = 'run' AND attempted_at < now() - interval '1 hour'")
		t.Errorf("it is taken for dead, and %d jobs of it are to be made again", n)
	}
	close(end)
	await(t, "the run", func() bool { return slices.Contains(m.entries(t, "one"), "published") })
}

// TestAnErrorOfTheDatabaseThatDoesNotPassIsATry has the database refuse what one offer is to keep.
func TestAnErrorOfTheDatabaseThatDoesNotPassIsATry(t *testing.T) {
	in := install(t)
	in.setClock(t, launch.Add(time.Hour), 1)
	in.push(t, "bad")
	in.exec(t, `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''planted''; END';
		CREATE TRIGGER refuse BEFORE INSERT ON batch_file FOR EACH ROW WHEN (NEW.path LIKE 'runs/%') EXECUTE FUNCTION refuse()`)
	m := in.join(t, func(c *queue.Config) { c.Pause = 100 * time.Millisecond })
	select {
	case said := <-m.parked:
		if !strings.Contains(said, "planted") {
			t.Error(said)
		}
	case <-time.After(60 * time.Second):
		t.Error("it is tried for ever, and nothing is said")
	}
}

// TestPlanningManyOffersAsksLittle counts what is asked of the database while nothing is due.
func TestPlanningManyOffersAsksLittle(t *testing.T) {
	in := install(t)
	in.setClock(t, launch.Add(-time.Hour*24), 1)
	const offers, seconds, windows = 60, 8, 5
	for i := range offers {
		in.push(t, fmt.Sprintf("offer-%d", i))
	}
	in.join(t, func(c *queue.Config) { c.Runs = 0 })
	asked := func() (n int) {
		in.query(t, &n, "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")
		return n
	}
	// The database counts late: what is asked at the beginning can be in the first of these. What is asked at each look,
	// one a second, is in every one of them.
	for window := 1; ; window++ {
		before, began := asked(), time.Now()
		time.Sleep(seconds * time.Second)
		n, took := asked()-before, time.Since(began)
		if n <= offers*int(took/time.Millisecond)/2000 {
			return
		}
		if window == windows {
			t.Fatalf("%d transactions in %v for %d offers of which none is due", n, took, offers)
		}
	}
}
