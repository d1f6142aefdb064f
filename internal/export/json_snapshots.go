package export

import (
	"tenderbatch/internal/display"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

type (
	// SnapshotsJSON is the comparison of reports as in result.json.
	SnapshotsJSON struct {
		Reports []snapshotReportJSON `json:"reports"`
		Changes []snapshotChangeJSON `json:"changes"`
	}
	snapshotReportJSON struct {
		Depositary string `json:"depositary"`
		File       string `json:"file"`
		SHA256     string `json:"sha256"`
		Bytes      int64  `json:"bytes"`
		KeptBy     string `json:"kept_by"`
		Used       bool   `json:"used"`
		Unread     string `json:"unread"`
		Rows       int    `json:"rows"`
		New        int    `json:"new"`
		Vanished   int    `json:"vanished"`
		Changed    int    `json:"changed"`
		Tendered   string `json:"tendered"`
		Pending    string `json:"pending"`
		Withdrawn  string `json:"withdrawn"`
		Cancelled  string `json:"cancelled"`
		Faulty     string `json:"faulty"`
		Carried    int    `json:"carried"`
		Principal  string `json:"carried_principal"`
	}
	snapshotChangeJSON struct {
		Kind        result.SnapshotKind `json:"kind"`
		Depositary  string              `json:"depositary"`
		Instruction string              `json:"instruction"`
		What        string              `json:"what"`
		Was         snapshotLineJSON    `json:"was"`
		Now         *snapshotLineJSON   `json:"now"`
		NowFile     string              `json:"now_file"`
		Difference  string              `json:"difference"`
		Deadline    string              `json:"deadline"`
		After       bool                `json:"after_deadline"`
		Rule        string              `json:"rule"`
		Open        bool                `json:"open"`
		Resolved    string              `json:"resolution"`
		Counts      bool                `json:"counts"`
		Accepted    string              `json:"accepted"`
		Cash        string              `json:"cash"`
	}
	snapshotLineJSON struct {
		File        string        `json:"file"`
		Sheet       string        `json:"sheet"`
		Row         int           `json:"row"`
		Participant string        `json:"participant"`
		Series      string        `json:"series"`
		Window      tender.Window `json:"window"`
		Principal   string        `json:"principal"`
	}
)

// SnapshotsAsJSON is the comparison of reports as in result.json, nil where none was
// compared.
func SnapshotsAsJSON(r *result.Run) *SnapshotsJSON {
	if r.Snapshots == nil {
		return nil
	}
	return &SnapshotsJSON{
		Reports: List(r.Snapshots.Reports, func(s result.SnapshotReport) snapshotReportJSON {
			return snapshotReportJSON{
				s.Depositary, s.File, s.SHA256, s.Bytes, s.KeptBy, s.Used, s.Unread, s.Rows, s.New, s.Vanished, s.Changed,
				s.Tendered.String(), s.Pending.String(), s.Withdrawn.String(), s.Cancelled.String(), s.Faulty.String(),
				s.Carried, s.CarriedPrincipal.String(),
			}
		}),
		Changes: List(r.Snapshots.Changes, func(c result.SnapshotChange) snapshotChangeJSON {
			return newSnapshotChangeJSON(r,
				&c)
		}),
	}
}

func newSnapshotChangeJSON(r *result.Run, c *result.SnapshotChange) snapshotChangeJSON {
	line := func(l *result.SnapshotLine) snapshotLineJSON {
		return snapshotLineJSON{l.File, l.Sheet, l.Row, l.Participant, l.Series, l.Window, l.Principal.String()}
	}
	j := snapshotChangeJSON{
		Kind: c.Kind, Depositary: c.Depositary, Instruction: c.Instruction, What: c.What, Was: line(&c.Was),
		NowFile:    c.Now.File,
		Difference: c.Difference().String(), Deadline: display.Stamp(c.Deadline, r.Offer.Zone), After: c.After, Rule: c.Rule,
		Open:     c.Open,
		Resolved: c.Resolved, Counts: c.Counts, Accepted: c.Accepted.String(),
		Cash: tender.CashText(c.Cash, r.CurrencyOf(c.Line().Series)),
	}
	if c.Kind != result.SnapshotVanished {
		now := line(&c.Now)
		j.Now = &now
	}
	return j
}
