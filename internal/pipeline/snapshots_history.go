package pipeline

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/ingest"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// history is what the reports of one depositary said of each instruction, oldest
// first. It is a function of the reports alone: which runs were made of them, and when,
// does not matter.
type history struct {
	offer      *tender.Offer
	asOf       time.Time
	depositary tender.Depositary
	reports    []reportTime
	lines      map[string]*tracked
	changes    []result.SnapshotChange
	at         map[changeKey]int // position in changes
	usedAsOf   time.Time         // until when the report in hand was used under its name; zero if that is not known
}

// reportTime is a report and the earliest instant at which it can have been made.
type reportTime struct {
	name  string // in a sentence
	file  string
	from  time.Time
	shown int // position in the list of reports; -1: not in it
}

// changeKey names a change: what a report says of an instruction.
type changeKey struct {
	id     string
	report int
}

// version is an instruction as a report has it.
type version struct {
	tender.Instruction
	report int
}

// tracked is one instruction over time.
type tracked struct {
	last    version   // as the newest report has it in which it can be read
	seen    int       // the newest report that has a row of it, with or without a fault
	missing int       // the first report since then that leaves it out; -1 if the newest has it
	before  *version  // as it was before the first change after its deadline, nil if there is none
	changed []int     // the reports that show a change after its deadline
	since   time.Time // when the last of them was made, at the earliest
}

func newHistory(o *tender.Offer, d tender.Depositary, asOf time.Time) *history {
	return &history{offer: o, asOf: asOf, depositary: d, lines: map[string]*tracked{}, at: map[changeKey]int{}}
}

// newestStamp is the newest time that a report states: it was not made before.
func newestStamp(instructions iter.Seq[*tender.Instruction]) (newest time.Time) {
	for in := range instructions {
		newest = tender.Later(newest, tender.Later(in.Received, in.WithdrawnAt))
	}
	return newest
}

// begin adds a report; its instructions follow. from and to are the instants between
// which it was made by its name, zero for a name without a date.
func (h *history) begin(name, file string, from, to, newest time.Time) {
	if !to.IsZero() && newest.After(to) {
		newest = to // a stamp after the report was made is a slip
	}
	if last := h.newest(); last >= 0 && h.reports[last].file == file {
		newest = tender.Later(newest, h.usedAsOf) // it took the other's place in the inbox after that
	}
	h.usedAsOf = time.Time{}
	h.reports = append(h.reports, reportTime{name, file, tender.Later(from, newest), -1})
}

// newest is the position of the report in hand.
func (h *history) newest() int { return len(h.reports) - 1 }

// line adds an instruction of the report in hand, and says whether an earlier one had
// it.
func (h *history) line(in *tender.Instruction) (known bool) {
	now := version{*in, h.newest()}
	t := h.lines[in.ID]
	if t == nil {
		h.lines[in.ID] = &tracked{last: now, seen: now.report, missing: -1}
		h.noteLate(now)
		return false
	}
	was, back := t.last, t.missing >= 0
	t.last, t.seen, t.missing = now, now.report, -1
	kind, what := h.difference(was, now)
	if kind == "" {
		if back && h.counts(now) {
			h.note(result.SnapshotBack, "as it was before", was, now)
		}
		return true
	}
	c := h.note(kind, what, was, now)
	if back {
		c.What = "came back; " + c.What
	}
	if c.After {
		if t.before == nil {
			t.before = &was
		}
		t.changed = append(t.changed, now.report)
		t.since = h.reports[now.report].from
	}
	return true
}

// noteLate notes a tender of a snapshot that was received before the snapshot before was
// made, which did not have it though its deadline had passed. That happens where a clearing
// system takes its time, so it is shown and is no finding.
func (h *history) noteLate(now version) {
	before := now.report - 1
	if h.depositary.Incremental || before < 0 || !h.counts(now) || !now.Received.Before(h.reports[before].from) {
		return
	}
	deadline := h.deadline(result.SnapshotAdded, now, now)
	if !h.after(before, deadline) {
		return
	}
	h.add(changeKey{now.ID, now.report}, result.SnapshotChange{
		Kind: result.SnapshotAdded, Depositary: h.depositary.Name, Instruction: now.ID,
		What: fmt.Sprintf("received %s, and %s, made later, did not have it", h.clock(now.Received), h.reports[before].name),
		Was:  result.SnapshotLine{Source: tender.Source{File: h.reports[before].file}}, Now: h.shown(now),
		Deadline: deadline.At, After: true,
	})
}

// faulty notes that the report in hand has a row of an instruction that cannot be used.
func (h *history) faulty(id string) {
	if t := h.lines[id]; t != nil {
		t.seen, t.missing = h.newest(), -1
	}
}

// end notes which instructions the report in hand leaves out.
func (h *history) end() {
	for id, t := range h.lines {
		if t.seen == h.newest() || t.missing >= 0 {
			continue
		}
		t.missing = h.newest()
		if !h.counts(t.last) {
			continue
		}
		deadline := h.offer.WithdrawalDeadline(h.offer.Window(t.last.Received))
		h.add(changeKey{id, t.missing}, result.SnapshotChange{
			Kind: result.SnapshotVanished, Depositary: h.depositary.Name, Instruction: id, What: "left out of the report",
			Was: h.shown(t.last), Now: result.SnapshotLine{Source: tender.Source{File: h.reports[t.missing].file}},
			Deadline: deadline.At, After: h.after(t.missing, deadline),
		})
	}
}

// counts reports whether an instruction counts as a report has it.
func (h *history) counts(v version) bool {
	return !v.Received.After(h.asOf) && h.offer.Counts(&v.Instruction, h.asOf)
}

// after reports whether a report was made after a deadline. One that was made on the
// deadline's day, at a time that is not known, was made before: it may show what was
// withdrawn in time.
func (h *history) after(report int, deadline tender.CutOff) bool {
	return deadline.IsZero() || h.reports[report].from.After(deadline.At)
}

// difference says how two reports differ about a tender; "" if they do not, or in a way
// that the reports say themselves, such as a withdrawal with its time.
func (h *history) difference(was, now version) (kind result.SnapshotKind, what string) {
	counted, counts := h.counts(was), h.counts(now)
	switch {
	case counted && counts:
		return h.amendment(was, now)
	case counted && h.backdated(was, now):
		return result.SnapshotStopped, fmt.Sprintf("withdrawn %s, and %s, made later, still had it as tendered",
			h.clock(now.WithdrawnAt), h.reports[was.report].name)
	case counted && now.Received.After(h.asOf):
		return result.SnapshotStopped, h.received(was, now)
	case counted && now.Status == tender.Withdrawn && !now.WithdrawnAt.IsZero():
		return "", ""
	case counted && now.Status == tender.Withdrawn:
		return result.SnapshotStopped, "withdrawn, without a time"
	case counted && h.offer.Window(now.Received) == tender.Expired:
		return result.SnapshotStopped, h.received(was, now)
	case counted:
		return result.SnapshotStopped, "reported as " + string(now.Status) + " now"
	case counts && (was.Status == tender.Withdrawn || was.Status == tender.Rejected):
		return result.SnapshotReinstated, "was " + string(was.Status) + ", and is tendered now"
	}
	return "", ""
}

// backdated reports whether a withdrawal in time shows first after a report that was
// made after the deadline and still had the tender.
func (h *history) backdated(was, now version) bool {
	deadline := h.offer.WithdrawalDeadline(h.offer.Window(now.Received))
	return now.Status == tender.Withdrawn && deadline.Met(now.WithdrawnAt) && h.after(was.report, deadline)
}

// amendment says how two versions of a tender that both count differ.
func (h *history) amendment(was, now version) (kind result.SnapshotKind, what string) {
	var all []string
	if d := now.Principal.Cmp(was.Principal); d != 0 {
		if kind = result.SnapshotGrew; d < 0 {
			kind = result.SnapshotShrank
		}
		what = "the principal was " + thousandsOf(was.Principal) + ", and is " + thousandsOf(now.Principal)
		if was.Received.Equal(now.Received) {
			what += ", the time of receipt unchanged"
		}
		all = append(all, what)
	}
	if was.Series != now.Series || !sameSecurity(was.Security, now.Security) {
		all = append(all, fmt.Sprintf("the security was %s (%s), and is %s (%s)",
			was.Security, was.Series, now.Security, now.Series))
	}
	if was.Participant != now.Participant && ingest.Canonical(was.Participant) != ingest.Canonical(now.Participant) {
		all = append(all, fmt.Sprintf("the participant was %s, and is %s", was.Participant, now.Participant))
	}
	if bidWords(was.Bid) != bidWords(now.Bid) {
		all = append(all, fmt.Sprintf("the bid was %s, and is %s", bidWords(was.Bid), bidWords(now.Bid)))
	}
	if !was.Received.Equal(now.Received) {
		all = append(all, h.received(was, now))
	}
	if kind == "" && len(all) > 0 {
		kind = result.SnapshotChanged
	}
	return kind, strings.Join(all, "; ")
}

// bidWords is a bid in an auction.
func bidWords(bid *decimal.Decimal) string {
	if bid == nil {
		return "none"
	}
	return bid.String()
}

func (h *history) received(was, now version) string {
	return fmt.Sprintf("the time of receipt was %s, and is %s", h.clock(was.Received), h.clock(now.Received))
}

func (h *history) clock(t time.Time) string {
	return tender.WallTime(t, h.offer.Zone)
}

// sameSecurity reports whether two numbers are of one security: an ISIN may hold the
// CUSIP.
func sameSecurity(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return a == b || (len(a) == len("037833100") && len(b) == len("US0378331005") && b[2:11] == a)
}

// note adds a change that the report in hand shows.
func (h *history) note(kind result.SnapshotKind, what string, was, now version) *result.SnapshotChange {
	deadline := h.deadline(kind, was, now)
	return h.add(changeKey{now.ID, now.report}, result.SnapshotChange{
		Kind: kind, Depositary: h.depositary.Name, Instruction: now.ID, What: what,
		Was: h.shown(was), Now: h.shown(now), Deadline: deadline.At, After: h.after(now.report, deadline),
	})
}

func (h *history) add(key changeKey, c result.SnapshotChange) *result.SnapshotChange {
	h.at[key] = len(h.changes)
	h.changes = append(h.changes, c)
	return &h.changes[len(h.changes)-1]
}

// deadline is the cut-off after which nothing of a kind may change about a tender: of
// the windows that it was and is in, the earlier. Less may be tendered until the
// withdrawal deadline; for the rest, what is early is fixed at the Early Tender Date.
func (h *history) deadline(kind result.SnapshotKind, was, now version) (earliest tender.CutOff) {
	for _, v := range []version{was, now} {
		window := h.offer.Window(v.Received)
		cut := h.offer.WithdrawalDeadline(window)
		less := kind == result.SnapshotShrank || kind == result.SnapshotStopped
		if window == tender.Early && !less && (cut.IsZero() || h.offer.Early.At.Before(cut.At)) {
			cut = h.offer.Early
		}
		if window != tender.Expired && (earliest.IsZero() || cut.At.Before(earliest.At)) {
			earliest = cut
		}
	}
	return earliest
}

func (h *history) shown(v version) result.SnapshotLine {
	return result.SnapshotLine{
		Source: v.Source, Participant: v.Participant, Series: v.Series, Window: h.offer.Window(v.Received),
		Principal: v.Principal,
	}
}

// sorted puts the changes in the order of the reports, then of the instructions.
func (h *history) sorted() []result.SnapshotChange {
	type placed struct {
		changeKey
		change result.SnapshotChange
	}
	all := make([]placed, 0, len(h.changes))
	for key, i := range h.at {
		all = append(all, placed{key, h.changes[i]})
	}
	slices.SortFunc(all, func(a, b placed) int { return cmp.Or(a.report-b.report, cmp.Compare(a.id, b.id)) })
	changes := make([]result.SnapshotChange, len(all))
	for i, p := range all {
		changes[i] = p.change
	}
	return changes
}
