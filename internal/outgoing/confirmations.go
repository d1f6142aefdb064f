package outgoing

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/confirm"
	"tenderbatch/internal/display"
	"tenderbatch/internal/export"
	"tenderbatch/internal/export/seev"
	"tenderbatch/internal/export/swiftmt"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// confirmed are the columns of instructions.csv that a confirmation needs.
var confirmed = []string{
	"depositary", "participant", "series", "security", "currency", "window", "status", "settlement_date", "reference",
	"factor", "price", "early_price", "tendered", "accepted", "returned", "consideration", "early_payment",
	"accrued_interest", "total",
}

// Confirmations are those of what is due by the run; where what it superseded was confirmed, of the day that was left out
// then. without is how many accounts have none, as nothing of theirs is accepted.
func (r *Run) Confirmations(superseded Superseded) (all []confirm.Confirmation, without int, err error) {
	if err := r.Payable(); err != nil {
		return nil, 0, err
	}
	only := ""
	if r.Doc.Replaces == "" {
		err = r.unsuperseded(superseded)
	} else if superseded != Unpaid {
		only, err = r.unconfirmed(superseded)
	}
	if err = errors.Join(err, r.overdue()); err != nil {
		return nil, 0, err
	}
	lines, err := r.lines()
	if err != nil {
		return nil, 0, err
	}
	r.unpriced = nil
	lines = slices.DeleteFunc(lines, func(l confirm.Line) bool {
		without := l.Price == "" && !l.Accepted.IsZero()
		if without && !slices.Contains(r.unpriced, l.Series) {
			r.unpriced = append(r.unpriced, l.Series)
		}
		return without // it is not due yet
	})
	o := &confirm.Offer{ID: r.Doc.Offer, Run: r.Doc.Run, Auctions: map[string]bool{}, HasEarly: !r.Offer.Early.IsZero()}
	for i := range r.Offer.Auctions {
		for _, id := range r.Offer.Auctions[i].Series {
			o.Auctions[id] = true
		}
	}
	all, without, err = confirm.Make(o, lines)
	if err == nil {
		err = r.checkConfirmed(all)
	}
	if only != "" {
		all, without = slices.DeleteFunc(all, func(c confirm.Confirmation) bool { return c.Date.String() != only }), 0
	}
	if err == nil && len(all) == 0 {
		err = ErrNothingDue
	}
	return all, without, err
}

// unconfirmed is the day that was left out when what the run supersedes was confirmed, as notes could still come. It is an
// error if anything else would have to be confirmed otherwise than it was.
func (r *Run) unconfirmed(said Superseded) (day string, err error) {
	reverse := refused("run %s supersedes %s: if that was confirmed, its confirmations have to be reversed first, "+
		"which is not done here; if nothing of it was, say so with --superseded unpaid", r.Doc.Run, r.Doc.Replaces)
	if said == NotSaid {
		return "", reverse
	}
	confirmed, err := r.lastPaid(said)
	if err != nil {
		return "", err
	}
	day, unsent, err := r.unsent(confirmed)
	if err != nil {
		return "", err
	}
	if day == "" {
		return "", reverse
	}
	changes, err := r.changesSince(confirmed)
	if err != nil {
		return "", err
	}
	for i := range changes.Wires {
		if c := &changes.Wires[i]; c.Was != c.Now && !unsent(c.SettlementDate, c.Reference) {
			return "", reverse
		}
	}
	return day, nil
}

// lines are the instructions that were not paid before.
func (r *Run) lines() (lines []confirm.Line, err error) {
	file, err := r.run.Open(result.InstructionsName)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	err = export.ReadRows(file, confirmed, func(text []string) (int, error) {
		if text[6] == string(settle.Paid) || (text[7] != "" && !r.pays(text[7])) {
			return 0, nil
		}
		l := confirm.Line{
			Depositary: text[0], Participant: text[1], Series: text[2], Security: text[3], Currency: text[4],
			Window: tender.Window(text[5]), Reference: text[8], Factor: text[9], Price: text[10], Early: text[11],
		}
		if text[7] != "" {
			date, err := tender.ParseDate(text[7])
			if err != nil {
				return 7, err
			}
			l.Date = date
		}
		for i, to := range []*decimal.Decimal{&l.Tendered, &l.Accepted, &l.Returned, &l.Cash.Consideration, &l.Cash.Early,
			&l.Cash.Interest, &l.Cash.Total} {
			const first = 12
			if text[first+i] == "" {
				continue // a series without a price yet
			}
			d, err := decimal.NewFromString(text[first+i])
			if err != nil {
				return first + i, err
			}
			*to = d
		}
		lines = append(lines, l)
		return 0, nil
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(r.Path, result.InstructionsName), err)
	}
	return lines, nil
}

// checkConfirmed holds what is confirmed against the payments of the run.
func (r *Run) checkConfirmed(all []confirm.Confirmation) error {
	type key struct{ reference, series string }
	left, keys := map[key]decimal.Decimal{}, []key{}
	add := func(k key, amount decimal.Decimal) {
		if _, is := left[k]; !is {
			keys = append(keys, k)
		}
		left[k] = left[k].Add(amount)
	}
	var a reading
	for i := range r.Doc.Payments {
		p := &r.Doc.Payments[i]
		if p.Status == settle.Due && r.pays(p.SettlementDate) {
			add(key{p.Reference, p.Series}, a.amount(p.Total))
		}
	}
	if a.err != nil {
		return a.err
	}
	for i := range all {
		add(key{all[i].Reference, all[i].Series}, all[i].Cash.Total.Neg())
	}
	for _, k := range keys { // the first that differs is the same each time
		if rest := left[k]; !rest.IsZero() {
			return &tender.ControlError{Rule: "R16", Message: fmt.Sprintf("what is confirmed of %s by the wire %s differs by "+
				"%s from what is paid; no confirmation was made", k.series, k.reference, rest)}
		}
	}
	return nil
}

// confirmations makes the files of a format of confirmations.
func (r *Run) confirmations(superseded Superseded, name, extension string,
	write func(io.Writer, *confirm.Confirmation) error) (*Export, error) {
	all, without, err := r.Confirmations(superseded)
	e := &Export{}
	if err == nil || errors.Is(err, ErrNothingDue) {
		e.Warnings = r.awaitedWords()
	}
	for _, series := range r.unpriced {
		e.Warnings = append(e.Warnings, "what is accepted of series "+series+" has no price yet, so nothing of that is confirmed")
	}
	if err != nil {
		return e, err
	}
	for i := range all {
		c := &all[i]
		var content bytes.Buffer
		if err := write(&content, c); err != nil {
			return nil, fmt.Errorf("the confirmation to %s %s of %s: %w", c.Depositary, c.Participant, c.Security, err)
		}
		says := fmt.Sprintf("%s %s, %s: %s of %s accepted, %s %s on %s",
			c.Depositary, c.Participant, c.Series, tender.Thousands(c.Accepted), tender.Thousands(c.Tendered), c.Currency,
			display.Thousands(tender.CashText(c.Cash.Total, c.Currency)), c.Date)
		id := c.ID
		if name == adviceName {
			id = c.Advice
		}
		e.Files = append(e.Files, File{Name: name + "-" + id + extension, Says: says, Content: content.Bytes()})
	}
	if without > 0 {
		e.Notes = append(e.Notes, display.Plural(without, "account has", "accounts have")+
			" no confirmation, as nothing was accepted")
	}
	return e, nil
}

// adviceName is the format of preliminary advices: of the same movements as confirmations, before them.
const adviceName = "seev.035"

func (r *Run) seev035(superseded Superseded) (*Export, error) {
	return r.confirmations(superseded, adviceName, ".xml", seev.WriteAdvice)
}

func (r *Run) seev036(superseded Superseded) (*Export, error) {
	return r.confirmations(superseded, "seev.036", ".xml", seev.WriteConfirmation)
}

func (r *Run) mt566(superseded Superseded) (*Export, error) {
	return r.confirmations(superseded, "mt566", ".txt", func(w io.Writer, c *confirm.Confirmation) error {
		return swiftmt.WriteConfirmation(w, c, seev.EventType(c.Auction))
	})
}
