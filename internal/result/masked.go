package result

import (
	"slices"
	"strings"

	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// Pseudonyms are what participants, instructions and references go by in a masked run: each the same
// whenever it is asked for, and "" for "".
type Pseudonyms interface {
	Name(depositary, name string) string
	Reference(reference, depositary, participant string) string
}

// Hidden is in place of a text that can have any name in it.
const Hidden = "(hidden)"

// MaskedText is a text of people or depositaries, without its content: "" stays so.
func MaskedText(text string) string {
	if text == "" {
		return ""
	}
	return Hidden
}

// MaskedReason is what [ReasonWords] says without who waived a rule.
func MaskedReason(words string) string {
	words, _, _ = strings.Cut(words, "; "+waivedWords)
	return words
}

// Mask is the run for those who may not see who tendered. The figures are the same. Everything that can
// have a name in it is put together here, and what is not known to be free of names is left out.
func (r *Run) Mask(p Pseudonyms) *Run {
	m := &Run{Name: r.Name, Version: r.Version, Identity: r.Identity, Offer: maskedOffer(r.Offer), Phase: r.Phase,
		AsOf: r.AsOf, Made: r.Made, Replaces: r.Replaces, Held: r.Held, Supposed: r.Supposed, Masked: true,
		Allocation: r.Allocation, Prices: r.Prices, Progress: r.Progress}
	book := *r.Book
	book.Findings, book.Lines = nil, make([]tender.Line, len(r.Book.Lines))
	instructions := make([]tender.Instruction, len(r.Book.Lines))
	for i := range r.Book.Lines {
		l, in := &r.Book.Lines[i], &instructions[i]
		*in = tender.Instruction{ID: p.Name(l.Depositary, l.ID), Depositary: l.Depositary, Source: l.Source,
			Security: l.Security, Series: l.Series, Principal: l.Principal, Bid: l.Bid, Received: l.Received, Status: l.Status,
			WithdrawnAt: l.WithdrawnAt, Delivery: l.Delivery, CoveredAt: l.CoveredAt,
			Participant: p.Name(l.Depositary, l.Participant), Carried: l.Carried}
		in.Source.Sheet = MaskedText(l.Source.Sheet)
		book.Lines[i] = tender.Line{Instruction: in, Window: l.Window, Settled: l.Settled, Undelivered: l.Undelivered}
	}
	m.Book, m.Settlement, m.Findings = &book, maskedSettlement(r.Settlement, p), maskedFindings(r.Findings, p)
	for _, in := range r.Inputs {
		in.Sheet, in.Unread = MaskedText(in.Sheet), nil
		m.Inputs = append(m.Inputs, in)
	}
	for _, inv := range r.Invariants {
		m.Invariants = append(m.Invariants, tender.Invariant{Name: inv.Name, Holds: inv.Holds,
			Detail: MaskedText(inv.Detail)})
	}
	return m
}

// maskedOffer is an offer without what people wrote about its tenders.
func maskedOffer(o *tender.Offer) *tender.Offer {
	m := *o
	m.Waivers, m.Resolutions, m.Amendments = nil, nil, slices.Clone(o.Amendments)
	for i := range m.Amendments {
		m.Amendments[i].Note = MaskedText(m.Amendments[i].Note)
	}
	return &m
}

func maskedSettlement(s *settle.Settlement, p Pseudonyms) *settle.Settlement {
	m := &settle.Settlement{Lines: s.Lines, Funding: s.Funding, ByDepositary: s.ByDepositary,
		Payments: slices.Clone(s.Payments), Wires: slices.Clone(s.Wires)}
	for i := range m.Payments {
		maskPayment(&m.Payments[i], p)
	}
	for i := range m.Wires {
		w := &m.Wires[i]
		w.Reference = p.Reference(w.Reference, w.Depositary, w.Participant)
		w.Participant, w.ParticipantName = p.Name(w.Depositary, w.Participant), ""
		w.Payments = slices.Clone(w.Payments)
		for k := range w.Payments {
			maskPayment(&w.Payments[k], p)
		}
	}
	return m
}

func maskPayment(pay *settle.Payment, p Pseudonyms) {
	pay.Reference = p.Reference(pay.Reference, pay.Depositary, pay.Participant)
	pay.Participant, pay.ParticipantName = p.Name(pay.Depositary, pay.Participant), ""
}

func maskedFindings(all []tender.Finding, p Pseudonyms) []tender.Finding {
	masked := make([]tender.Finding, len(all))
	for i := range all {
		f := &all[i]
		m := tender.Finding{Source: f.Source, Depositary: f.Depositary, Instruction: p.Name(f.Depositary, f.Instruction),
			Participant: p.Name(f.Depositary, f.Participant), Rule: f.Rule, Value: MaskedText(f.Value), Message: Hidden,
			Disposition: f.Disposition, Waived: MaskedText(f.Waived), Resolved: MaskedText(f.Resolved),
			MustResolve: f.MustResolve, Series: f.Series, Principal: f.Principal}
		m.Source.Sheet = MaskedText(f.Source.Sheet)
		masked[i] = m
	}
	return masked
}

// maskedColumns say of each column of the CSV files of a run what becomes of it in a masked copy. A
// column that is not here is hidden.
var maskedColumns = columnKinds()

// columnKind is what becomes of a column.
type columnKind int

const (
	hiddenColumn columnKind = iota
	keptColumn
	blankColumn
	nameColumn
	referenceColumn
	reasonColumn
)

func columnKinds() map[string]columnKind {
	kinds := map[string]columnKind{"participant": nameColumn, "instruction": nameColumn, "reference": referenceColumn,
		"participant_name": blankColumn, "reason": reasonColumn}
	const kept = "depositary series currency window received tendered accepted returned consideration early_payment " +
		"accrued_interest total row status security factor price early_price settlement_date code payments rule outcome " +
		"open principal change total_superseded total_now pay_in_addition claw_back principal_before principal_now " +
		"difference row_before row_now deadline after_deadline cash file file_before file_now"
	for column := range strings.FieldsSeq(kept) {
		kinds[column] = keptColumn
	}
	return kinds
}

// RowMask masks the rows of one of the CSV files of a run.
type RowMask struct {
	kinds                   []columnKind
	depositary, participant int // places of the columns, -1 for none
}

// NewRowMask masks the rows of a file with these headings.
func NewRowMask(headings []string) *RowMask {
	m := &RowMask{depositary: slices.Index(headings, "depositary"), participant: slices.Index(headings, "participant")}
	for _, h := range headings {
		m.kinds = append(m.kinds, maskedColumns[h])
	}
	return m
}

// Mask masks a row in place. plain is the text of a cell without what guards a spreadsheet from it.
func (m *RowMask) Mask(row []string, p Pseudonyms, plain func(string) string) {
	of := func(place int) string {
		if place < 0 || place >= len(row) {
			return ""
		}
		return plain(row[place])
	}
	depositary, participant := of(m.depositary), of(m.participant)
	for i := range row {
		kind := hiddenColumn
		if i < len(m.kinds) {
			kind = m.kinds[i]
		}
		switch kind {
		case keptColumn:
		case blankColumn:
			row[i] = ""
		case nameColumn:
			row[i] = p.Name(depositary, plain(row[i]))
		case referenceColumn:
			row[i] = p.Reference(row[i], depositary, participant)
		case reasonColumn:
			row[i] = MaskedReason(row[i])
		default:
			row[i] = MaskedText(row[i])
		}
	}
}
