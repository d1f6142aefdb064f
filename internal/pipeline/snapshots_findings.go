package pipeline

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/display"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// comparison is what follows for the book from comparing the reports of each depositary
// over time.
type comparison struct {
	carried  []tender.Instruction   // that count as an earlier report has them
	aside    map[tender.Source]bool // rows of files used that do not count, as an earlier report does
	findings []tender.Finding
	shown    *result.Snapshots // nil if there was nothing to compare
	files    []comparedFile
	remarks  []tender.Warning // for the person who makes the run; no part of the result
}

// judge draws the findings from a history.
func (c *comparison) judge(h *history) {
	for _, id := range slices.Sorted(maps.Keys(h.lines)) {
		t := h.lines[id]
		switch {
		case t.missing >= 0:
			c.judgeMissing(h, t)
		case t.before != nil && t.last.report == h.newest():
			c.judgeAmended(h, t)
		}
	}
}

// judgeAmended decides about a tender that the newest report has otherwise than an
// earlier one, in a way that shows first after its deadline (R5-amended).
func (c *comparison) judgeAmended(h *history, t *tracked) {
	finding, outcome := h.amended(t)
	if finding == nil {
		return
	}
	if outcome == tender.AsBefore {
		c.aside[t.last.Source] = true
		c.carry(h, *t.before)
	}
	if outcome == tender.AsBefore || !h.counts(t.last) {
		finding.Disposition = tender.LineNotCounted
	}
	c.say(h, finding, t, t.changed...)
}

// judgeMissing decides about an instruction that the newest report leaves out
// (R4-vanished).
func (c *comparison) judgeMissing(h *history, t *tracked) {
	last := t.last
	amended, outcome := h.amended(t)
	if amended != nil && outcome == tender.AsBefore {
		last = *t.before
	}
	if !h.counts(last) && amended == nil {
		return
	}
	var vanished *tender.Finding
	counts := h.counts(last)
	if counts {
		vanished, counts = h.vanished(t, last)
	}
	if counts {
		c.carry(h, last)
	}
	if amended != nil && (counts || vanished == nil) {
		if !counts {
			amended.Disposition = tender.LineNotCounted
		}
		c.say(h, amended, t, t.changed...)
	}
	if vanished != nil {
		c.say(h, vanished, t, t.missing)
	}
}

// carry has an instruction count as an earlier report has it.
func (c *comparison) carry(h *history, v version) {
	if !h.counts(v) {
		return
	}
	v.Carried = true
	c.carried = append(c.carried, v.Instruction)
	if h.reports[v.report].shown < 0 { // of an incremental report nothing is shown otherwise
		h.reports[v.report].shown = len(c.shown.Reports)
		c.shown.Reports = append(c.shown.Reports, result.SnapshotReport{Depositary: v.Depositary, File: v.Source.File,
			Used: true})
	}
	r := &c.shown.Reports[h.reports[v.report].shown]
	r.Carried++
	r.CarriedPrincipal = r.CarriedPrincipal.Add(v.Principal)
}

// say adds a finding, and notes it on the changes that some reports show.
func (c *comparison) say(h *history, f *tender.Finding, t *tracked, reports ...int) {
	c.findings = append(c.findings, *f)
	for _, report := range reports {
		if i, ok := h.at[changeKey{t.last.ID, report}]; ok {
			change := &h.changes[i]
			change.Rule, change.Resolved, change.Open = f.Rule, f.Resolved, f.Open()
		}
	}
}

// vanished is the finding on a tender that is left out, as a report had it last, and
// whether it counts all the same. It does if it was left out after the withdrawal
// deadline, until the terms say that it was withdrawn.
func (h *history) vanished(t *tracked, last version) (*tender.Finding, bool) {
	deadline := h.offer.WithdrawalDeadline(h.offer.Window(last.Received))
	late := h.after(t.missing, deadline)
	report, by, amount := h.reports[t.missing].name, h.clock(deadline.At), thousandsOf(last.Principal)
	f := finding(last, tender.RuleVanished,
		fmt.Sprintf("%s, made by the withdrawal deadline of %s, leaves the tender of %s out: it is taken to be "+
			"withdrawn in time", report, by, amount),
		"nothing, unless the holder disagrees")
	f.Disposition = tender.LineNotCounted
	if late {
		f.Message = fmt.Sprintf("%s, made after the withdrawal deadline of %s, leaves the tender of %s out; it counts "+
			"as it is reported here",
			report, by, amount)
		f.Advice = "ask the depositary, then write the outcome under resolutions in the offer: counts or withdrawn"
		f.Disposition, f.MustResolve = tender.LineRemarked, true
	}
	outcome := h.resolve(f, h.reports[t.missing].from)
	switch outcome {
	case tender.IsWithdrawn:
		f.Disposition = tender.LineNotCounted
	case tender.ItCounts:
		f.Disposition = tender.LineRemarked
	}
	return f, f.Disposition == tender.LineRemarked
}

// amended is the finding on a tender that changed after its deadline, nil if it is as
// it was before, and how the terms resolve it, "" if they do not.
func (h *history) amended(t *tracked) (*tender.Finding, tender.ResolutionOutcome) {
	if t.before == nil {
		return nil, ""
	}
	kind, what := h.difference(*t.before, t.last)
	if kind == "" {
		return nil, ""
	}
	f := finding(t.last, tender.RuleAmended, fmt.Sprintf("%s; it was %s in %s; %s, made after the deadline, shows it "+
		"first",
		what, thousandsOf(t.before.Principal), h.place(*t.before), h.reports[t.changed[0]].name),
		"ask the depositary, then write the outcome under resolutions in the offer: counts (as it is reported now) or "+
			"as_before")
	f.Disposition, f.MustResolve = tender.LineRemarked, true
	return f, h.resolve(f, t.since)
}

// resolve applies the newest resolution of the terms that covers a finding. One that
// was written before the day of the report which shows it does not know of it.
func (h *history) resolve(f *tender.Finding, shown time.Time) (outcome tender.ResolutionOutcome) {
	day := tender.DateOf(shown.In(h.offer.Zone))
	for i := range h.offer.Resolutions {
		r := &h.offer.Resolutions[i]
		if !r.Covers(f) {
			continue
		}
		if r.On.Before(day) {
			f.Advice += fmt.Sprintf("; the resolution by %s of %s is older than the report", r.By, r.On)
			continue
		}
		f.Resolved = r.String()
		return r.Outcome
	}
	return ""
}

// finding is a finding on an instruction as a report has it.
func finding(v version, rule, message, advice string) *tender.Finding {
	return &tender.Finding{
		Source: v.Source, Depositary: v.Depositary, Instruction: v.ID, Participant: v.Participant, Rule: rule,
		Message: message, Advice: advice,
		Series: v.Series, Principal: v.Principal,
	}
}

// place names the row of an instruction in a sentence.
func (h *history) place(v version) string {
	if v.Source.Sheet == "" {
		return fmt.Sprintf("row %d of %s", v.Source.Row, h.reports[v.report].name)
	}
	return fmt.Sprintf("row %d of %s, sheet %s", v.Source.Row, h.reports[v.report].name, v.Source.Sheet)
}

func thousandsOf(d decimal.Decimal) string { return display.Thousands(d.String()) }

// isCompared reports whether a finding follows from comparing reports.
func isCompared(f *tender.Finding) bool {
	return f.Rule == tender.RuleVanished || f.Rule == tender.RuleAmended
}
