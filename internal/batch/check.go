package batch

import (
	"time"

	"tenderbatch/internal/export"
	"tenderbatch/internal/ingest"
	"tenderbatch/internal/schedule"
	"tenderbatch/internal/tender"
)

// Examination is how a run would understand the terms and the files.
type Examination struct {
	Offer   *tender.Offer
	AsOf    time.Time
	Phase   tender.Phase
	Next    time.Time // when the next regular run is due; zero without a schedule or after the offer
	Choice  ingest.Choice
	Reports []ingest.Report
	Inputs  []export.Input
	Book    *tender.Book
	Rejects []tender.Reject
}

// Check reads the terms and the files as [Run] would and writes nothing. Its
// errors are those of Run.
func Check(req Request) (*Examination, error) {
	req.DryRun = true
	in, err := take(req)
	if err != nil {
		return nil, err
	}
	e := &Examination{
		Offer: in.offer, AsOf: in.asOf, Phase: in.offer.PhaseAt(in.asOf), Choice: in.choice,
		Reports: in.read.Reports, Inputs: in.inputs(), Book: in.book, Rejects: in.rejects(),
	}
	if in.offer.Schedule != "" {
		s, err := schedule.Parse(in.offer.Schedule, in.offer.Zone)
		if err != nil {
			return nil, &UsageError{Message: err.Error()}
		}
		if next := s.Next(req.Now); next.Before(latest(in.offer.Expiration.At, in.offer.Guaranteed.Deadline.At).AddDate(0, 0, 1)) {
			e.Next = next
		}
	}
	return e, nil
}
