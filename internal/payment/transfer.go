package payment

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/accounts"
	"tenderbatch/internal/swifttext"
	"tenderbatch/internal/tender"
)

// transfers are those of some wires in one currency on one day, in the order of the wires: one to each
// account.
func (e *MissingError) transfers(o *Order, wires []Wire) []Transfer {
	at := map[string]int{}
	var all []Transfer
	for _, w := range wires {
		a := o.Accounts.Creditor(w.Depositary, w.Participant, w.Currency)
		if a == nil {
			missing := fmt.Sprintf("%s: no account for %s", whose(w), w.Currency)
			if other := o.Accounts.WithZeros(w.Depositary, w.Participant); other != "" {
				missing += fmt.Sprintf("; there is one of %s, which has other zeros at its front: if it is the same, format the "+
					"column as text, then write %s", other, w.Participant)
			}
			if !slices.Contains(e.What, missing) { // once, if it is paid on several days
				e.What = append(e.What, missing)
			}
			continue
		}
		n, known := at[a.Key()]
		if !known {
			n, all = len(all), append(all, Transfer{})
			at[a.Key()] = n
			name := a.Name
			if name == "" {
				name = w.Name
			}
			all[n].Creditor = e.party(a, name, whose(w))
		}
		all[n].Amount = all[n].Amount.Add(w.Amount)
		all[n].Wires = append(all[n].Wires, w)
	}
	for i := range all {
		e.identify(&all[i], o)
	}
	return all
}

// holdersOfOne warns of lines of accounts.csv that give one account the names of several holders: one may be a copy of
// another, and the money of one participant would go to another.
func holdersOfOne(book *accounts.Book, transfers []Transfer) (all []string) {
	for _, t := range transfers {
		first := t.Creditor.Account
		for _, w := range t.Wires[min(1, len(t.Wires)):] {
			other := book.Creditor(w.Depositary, w.Participant, w.Currency)
			if first.Name == "" || other.Name == "" || strings.EqualFold(first.Name, other.Name) {
				continue
			}
			all = append(all, fmt.Sprintf("%s, lines %d and %d: the account %s is that of %q and of %q, and both are paid with one "+
				"transfer to the first; if it is the account of one of them only, correct the other line, then export again",
				accounts.FileName, first.Line, other.Line, first.Number(), first.Name, other.Name))
		}
	}
	return all
}

// whose names the participant of a wire.
func whose(w Wire) string {
	who := w.Depositary + " " + w.Participant
	if w.Name != "" {
		who += " (" + w.Name + ")"
	}
	return who
}

// identify gives a transfer its identifications and its text.
func (e *MissingError) identify(t *Transfer, o *Order) {
	var references []string
	for _, w := range t.Wires {
		reference, err := swifttext.Reference(w.Reference)
		if err != nil {
			e.What = append(e.What, fmt.Sprintf("%s: %v", whose(w), err))
			return
		}
		references = append(references, reference)
	}
	t.EndToEndID = references[0]
	first := t.Wires[0]
	if len(references) > 1 || first.Further {
		// The reference alone is that of another transfer.
		of := []string{o.Offer}
		if slices.ContainsFunc(t.Wires, func(w Wire) bool { return w.Further }) {
			of = append(of, o.Run)
		}
		t.EndToEndID = identification(group{first.Currency, first.Date}, append(of, references...)...)
	}
	t.UETR = uetr(o.Offer, t.EndToEndID, o.Part)
	t.Texts = texts(references)
}

// mostText is how many characters a text for the creditor may have.
const mostText = 140

// texts are the references in as few texts as they fit in.
func texts(references []string) (all []string) {
	line := ""
	for _, r := range references {
		if line != "" && len(line)+1+len(r) > mostText {
			all, line = append(all, line), ""
		}
		line = strings.TrimPrefix(line+" "+r, " ")
	}
	return append(all, line)
}

// check tests the messages once more against what the run says that it wires, and that every
// identification is there once.
func check(o *Order, all []Message) error {
	sums, wanted := map[group]decimal.Decimal{}, map[group]decimal.Decimal{}
	for _, t := range o.Totals {
		at := group{t.Currency, t.Date}
		wanted[at] = wanted[at].Add(t.Amount)
	}
	seen := map[string]bool{}
	for i := range all {
		m := &all[i]
		ids := []string{m.ID}
		at := group{m.Currency, m.Date}
		for _, t := range m.Transfers {
			sums[at] = sums[at].Add(t.Amount)
			ids = append(ids, t.EndToEndID, t.UETR)
		}
		for _, id := range ids {
			if seen[id] {
				return broken("the identification %s is there twice", id)
			}
			seen[id] = true
		}
		if digits := len(strings.ReplaceAll(tender.CashText(m.Sum, m.Currency), ".", "")); digits > mostDigits {
			return fmt.Errorf("the payments in %s on %s add up to more than %d digits, the most that a message can state",
				m.Currency, m.Date, mostDigits)
		}
		if !m.Sum.Equal(wanted[at]) || !sums[at].Equal(wanted[at]) {
			return broken("the transfers in %s on %s add up to %s, and the run wires %s", m.Currency, m.Date, sums[at],
				wanted[at])
		}
	}
	for _, t := range o.Totals {
		if at := (group{t.Currency, t.Date}); !wanted[at].Equal(sums[at]) {
			return broken("the run wires %s %s on %s, and no message does", at.currency, wanted[at], at.date)
		}
	}
	return nil
}

// broken is the error for messages that do not say what the run does.
func broken(format string, args ...any) error {
	return &tender.ControlError{Rule: "R16", Message: fmt.Sprintf(format, args...) + "; no message was made"}
}

// Merged are the transfers that are for several wires, in words.
func (m *Message) Merged() (all []string) {
	for _, t := range m.Transfers {
		if len(t.Wires) < 2 {
			continue
		}
		var who []string
		for _, w := range t.Wires {
			who = append(who, whose(w))
		}
		all = append(all, fmt.Sprintf("%s are paid with one transfer, %s, as they have one account",
			strings.Join(who, " and "), t.EndToEndID))
	}
	return all
}
