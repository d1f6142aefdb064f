package printout

import (
	"strconv"
	"strings"

	"tenderbatch/internal/display"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// snapshots shows in a few lines how the newest report of each depositary differs from
// the one before, and what vanished or changed earlier and is not resolved.
func (p *Printer) snapshots(e *pipeline.CheckResult) {
	if e.Snapshots == nil {
		return
	}
	run := &result.Run{Offer: e.Offer}
	var before *result.SnapshotReport
	for i := range e.Snapshots.Reports {
		r := &e.Snapshots.Reports[i]
		if i == 0 || e.Snapshots.Reports[i-1].Depositary != r.Depositary {
			before = nil
		}
		if r.Used && before != nil {
			var changes []result.SnapshotChange
			for _, c := range e.Snapshots.Changes {
				if c.Depositary == r.Depositary && c.Now.File == r.File {
					changes = append(changes, c)
				}
			}
			p.snapshot(run, r, before, changes)
		}
		if r.Unread == "" {
			before = r
		}
	}
}

// wasNow says what was and what is, or that it is as it was.
func wasNow(was, now string) string {
	if first, _, _ := strings.Cut(now, " "); first == was {
		return now + " as before"
	}
	return now + ", before " + was
}

func (p *Printer) snapshot(run *result.Run, r *result.SnapshotReport, before *result.SnapshotReport,
	changes []result.SnapshotChange) {
	words := []string{display.Plural(r.New, "new instruction", "new instructions")}
	for _, s := range run.Sum(changes) {
		words = append(words, s.Words())
	}
	p.Linef("\n%s against %s: %s; %s, tendered %s", r.File, before.File, strings.Join(words, ", "),
		wasNow(strconv.Itoa(before.Rows), strconv.Itoa(r.Rows)+" rows"),
		wasNow(tender.Thousands(before.Tendered), tender.Thousands(r.Tendered)))
	for i := range changes[:min(len(changes), MostShown)] {
		c := &changes[i]
		what := c.What
		if c.Kind == result.SnapshotVanished {
			what += ", " + tender.Thousands(c.Was.Principal) + " in row " + strconv.Itoa(c.Was.Row)
		}
		when := "by its deadline"
		if c.After {
			when = "after its deadline"
		}
		finding := ""
		if c.Rule != "" {
			finding = " [" + c.Rule + "]"
		}
		p.Linef("  %s %s, %s: %s%s", c.Instruction, c.Kind, when, oneLine(what), finding)
	}
	if left := len(changes) - MostShown; left > 0 {
		p.Linef("  … and %d more", left)
	}
}
