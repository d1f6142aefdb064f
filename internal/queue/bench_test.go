package queue_test

import (
	"fmt"
	"testing"
	"time"

	"tenderbatch/internal/queue"
	"tenderbatch/internal/tender"
)

// BenchmarkWorkers makes runs of small offers on one machine with 1, 2 and 4 of them at once, and says how many a
// second: what limits it there is the machine. All offers are new to the workers, so each is brought into their folders.
func BenchmarkWorkers(b *testing.B) {
	for _, workers := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("at-once=%d", workers), func(b *testing.B) {
			in := install(b)
			in.setClock(b, launch.Add(time.Hour), 1)
			for i := range b.N {
				in.push(b, fmt.Sprintf("offer-%d", i))
			}
			m := in.join(b, func(c *queue.Config) { c.Runs, c.Plans, c.Poll = workers, true, time.Hour })
			b.ResetTimer()
			for i := range b.N {
				if _, err := m.Add(b.Context(), queue.Job{Offer: fmt.Sprintf("offer-%d", i), Reason: "bench", Trigger: tender.ByFiles}, false); err != nil {
					b.Fatal(err)
				}
			}
			await(b, "all runs", func() bool {
				n := 0
				in.query(b, &n, "SELECT count(*) FROM batch_entry WHERE event = 'published'")
				return n == b.N
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "runs/s")
		})
	}
}
