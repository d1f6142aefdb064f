package console

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"net/http"
	"strings"

	"tenderbatch/internal/account"
	"tenderbatch/internal/export"
)

// masker gives participants and holders pseudonyms, for those who may not see names: the same
// each time, in every run and offer of this installation, and not to be turned back.
type masker struct{ secret []byte }

// name is the pseudonym of a person at a depositary, "" for none.
func (m *masker) name(depositary, participant string) string {
	if participant == "" {
		return ""
	}
	sum := hmac.New(sha256.New, m.secret)
	sum.Write([]byte(depositary + "\x00" + participant))
	return "P-" + base32.StdEncoding.EncodeToString(sum.Sum(nil))[:8]
}

// reference is the reference of a wire or payment with the pseudonym in place of the participant.
func (m *masker) reference(reference, depositary, participant string) string {
	rest, ok := strings.CutPrefix(reference, participant)
	if !ok || participant == "" {
		return m.name(depositary, reference)
	}
	return m.name(depositary, participant) + rest
}

// hidden is what is shown in place of a text of a report, which can have any name in it.
const hidden = "(hidden)"

// maskedFor is a run as the account of a request may see it.
func (c *Console) maskedFor(r *http.Request, run *readRun) *readRun {
	if me(r).May(account.SeeNames, r.PathValue("offer")) {
		return run
	}
	masked := *run
	masked.doc = c.mask.document(run.doc)
	return &masked
}

// document is a result.json without names: what is not known to be free of them is left out.
func (m *masker) document(d *export.Document) *export.Document {
	masked := *d
	masked.Wires = append(masked.Wires[:0:0], d.Wires...)
	for i := range masked.Wires {
		w := &masked.Wires[i]
		w.Reference = m.reference(w.Reference, w.Depositary, w.Participant)
		w.Participant, w.ParticipantName = m.name(w.Depositary, w.Participant), ""
	}
	masked.Payments = append(masked.Payments[:0:0], d.Payments...)
	for i := range masked.Payments {
		p := &masked.Payments[i]
		p.Reference = m.reference(p.Reference, p.Depositary, p.Participant)
		p.Participant, p.ParticipantName = m.name(p.Depositary, p.Participant), ""
	}
	masked.Rejects = append(masked.Rejects[:0:0], d.Rejects...)
	for i := range masked.Rejects {
		f := &masked.Rejects[i]
		f.Participant, f.Instruction = m.name(f.Depositary, f.Participant), m.name(f.Depositary, f.Instruction)
		f.Value, f.Message, f.Advice, f.Waived, f.Resolution = hidden, hidden, "", "", ""
	}
	masked.Decisions, masked.WireChanges, masked.Changes, masked.Snapshots, masked.Warnings = nil, nil, nil, nil, nil
	return &masked
}
