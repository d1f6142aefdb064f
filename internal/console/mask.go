package console

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"hash"
	"io"
	"net/http"
	"slices"
	"sync"

	"tenderbatch/internal/account"
	"tenderbatch/internal/export"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// masker gives participants and holders pseudonyms, for those who may not see names: the same
// each time, in every run and offer of this installation, and not to be turned back.
type masker struct {
	secret []byte
	macs   sync.Pool // of hash.Hash with the secret
}

// Name is the pseudonym of a person, firm or instruction at a depositary, "" for none.
func (m *masker) Name(depositary, name string) string {
	if name == "" {
		return ""
	}
	return "P-" + m.code(depositary+"\x00"+name)
}

// Reference is what a wire or payment goes by in place of its reference, which is made of the
// participant and so can be guessed from it.
func (m *masker) Reference(reference, depositary, participant string) string {
	if reference == "" {
		return ""
	}
	return m.Name(depositary, participant) + "-" + m.code("reference\x00"+reference)
}

// code is a short text that only this installation can make of another.
func (m *masker) code(of string) string {
	sum, ok := m.macs.Get().(hash.Hash)
	if !ok {
		sum = hmac.New(sha256.New, m.secret)
	}
	defer m.macs.Put(sum)
	sum.Reset()
	_, _ = io.WriteString(sum, of) // a hash never fails
	var digest [sha256.Size]byte
	var text [8]byte
	base32.StdEncoding.Encode(text[:], sum.Sum(digest[:0])[:5])
	return string(text[:])
}

// remembered gives the pseudonyms of one file. It remembers the first ones, as participants and wires
// are named many times.
type remembered struct {
	*masker
	names, references map[string]string
}

// mostRemembered is how many pseudonyms are remembered of a kind.
const mostRemembered = 100_000

// Name is [masker.Name].
func (r *remembered) Name(depositary, name string) string {
	return recall(r.names, depositary+"\x00"+name, func() string { return r.masker.Name(depositary, name) })
}

// Reference is [masker.Reference].
func (r *remembered) Reference(reference, depositary, participant string) string {
	return recall(r.references, reference+"\x00"+depositary, func() string {
		return r.masker.Reference(reference, depositary, participant)
	})
}

func recall(known map[string]string, key string, find func() string) string {
	if text, ok := known[key]; ok {
		return text
	}
	text := find()
	if len(known) < mostRemembered {
		known[key] = text
	}
	return text
}

// maskedFor is a run as the account of a request may see it.
func (c *Console) maskedFor(r *http.Request, run *readRun) *readRun {
	if me(r).May(account.SeeNames, r.PathValue("offer")) {
		return run
	}
	return c.maskedRun(run)
}

// maskedRun is a run without names. It is masked once.
func (c *Console) maskedRun(run *readRun) *readRun {
	masked := *run
	run.views.mu.Lock()
	defer run.views.mu.Unlock()
	if run.views.masked == nil {
		run.views.masked, run.views.blind = c.mask.document(run.doc), &runViews{}
	}
	masked.doc, masked.views = run.views.masked, run.views.blind
	return &masked
}

// document is a result.json without names: what is not known to be free of them is left out.
func (m *masker) document(d *export.Document) *export.Document {
	masked := *d
	masked.Masked = true
	masked.Wires = slices.Clone(d.Wires)
	for i := range masked.Wires {
		w := &masked.Wires[i]
		w.Reference = m.Reference(w.Reference, w.Depositary, w.Participant)
		w.Participant, w.ParticipantName = m.Name(w.Depositary, w.Participant), ""
	}
	masked.Payments = slices.Clone(d.Payments)
	for i := range masked.Payments {
		p := &masked.Payments[i]
		p.Reference = m.Reference(p.Reference, p.Depositary, p.Participant)
		p.Participant, p.ParticipantName = m.Name(p.Depositary, p.Participant), ""
	}
	masked.Rejects = slices.Clone(d.Rejects)
	for i := range masked.Rejects {
		f := &masked.Rejects[i]
		f.Participant, f.Instruction = m.Name(f.Depositary, f.Participant), m.Name(f.Depositary, f.Instruction)
		f.Value, f.Message, f.Column, f.Cell, f.Advice = result.MaskedText(f.Value), result.Hidden, "", "", ""
		f.Sheet, f.Waived = result.MaskedText(f.Sheet), result.MaskedText(f.Waived)
		f.Resolution = result.MaskedText(f.Resolution)
	}
	m.texts(&masked)
	return &masked
}

// texts masks what people and depositaries wrote that is in no list of tenders.
func (m *masker) texts(d *export.Document) {
	d.Inputs = slices.Clone(d.Inputs)
	for i := range d.Inputs {
		d.Inputs[i].Sheet, d.Inputs[i].Unread = result.MaskedText(d.Inputs[i].Sheet), []string{}
	}
	d.Terms.Amendments = slices.Clone(d.Terms.Amendments)
	for i := range d.Terms.Amendments {
		d.Terms.Amendments[i].Note = result.MaskedText(d.Terms.Amendments[i].Note)
	}
	d.Terms.Changed = d.Terms.Changed[:0:0]
	d.Invariants = slices.Clone(d.Invariants)
	for i := range d.Invariants {
		d.Invariants[i].Detail = result.MaskedText(d.Invariants[i].Detail)
	}
	d.Decisions, d.Warnings = []tender.Decision{}, []tender.Warning{}
	d.WireChanges, d.Changes, d.Snapshots = nil, nil, nil
}
