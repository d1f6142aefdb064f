package outgoing

import (
	"bytes"
	"fmt"
	"io"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/confirm"
	"tenderbatch/internal/display"
	"tenderbatch/internal/export/seev"
	"tenderbatch/internal/export/swiftmt"
	"tenderbatch/internal/swifttext"
	"tenderbatch/internal/tender"
)

// Announcements are the notifications of the event of each security, with the prices that the run knows
// and, of a final run, the proration rates. A run that is not in force says nothing to others.
func (r *Run) Announcements() (all []confirm.Announcement, err error) {
	if r.archive.Awaits(r.run) || r.run.Phase == string(tender.Final) {
		if err := r.Payable(); err != nil {
			return nil, err
		}
	}
	offeror, err := swifttext.Text(r.Offer.Issuer)
	if err != nil {
		return nil, fmt.Errorf("the issuer: %w; write its name in Latin letters under issuer in offer.yaml, then run again", err)
	}
	for i := range r.Offer.Series {
		s := &r.Offer.Series[i]
		options, err := r.options(s.ID)
		if err != nil {
			return nil, err
		}
		for _, security := range s.Securities {
			all = append(all, confirm.Announcement{
				ID: swifttext.Mark(r.Doc.Offer, r.Doc.Run, "announcement", security), Event: swifttext.Mark(r.Doc.Offer, security),
				Auction: r.Offer.AuctionOf(s.ID) != nil, Security: security, Offeror: offeror, Announced: r.Offer.Launch,
				Options: options, Minimum: s.Denomination.Minimum, Multiple: s.Denomination.Multiple,
			})
		}
	}
	return all, nil
}

// options are what holders of a series can choose: to tender early, where there is an Early Tender Date,
// or later.
func (r *Run) options(series string) (all []confirm.Option, err error) {
	late := confirm.Option{Number: "001", Deadline: r.Offer.Expiration.At, Day: r.Offer.Settlement.Final}
	if !r.Offer.Early.IsZero() {
		early := confirm.Option{Number: "001", Deadline: r.Offer.Early.At, Day: r.Offer.Settlement.Early}
		if early.Day.IsZero() {
			early.Day = r.Offer.Settlement.Final
		}
		late.Number = "002"
		all = append(all, early)
	}
	all = append(all, late)
	var a reading
	for i := range r.Doc.Series {
		s := &r.Doc.Series[i]
		if s.ID != series {
			continue
		}
		for k := range all {
			o, early := &all[k], len(all) > 1 && k == 0
			if s.Consideration != nil {
				price := a.amount(*s.Consideration)
				if early {
					price = price.Add(a.amount(s.EarlyPayment))
				}
				o.Percent = new(decimal.Decimal)
				*o.Percent = price.Shift(-1) // of 1,000 to 100
			}
			if r.run.Phase == string(tender.Final) {
				o.Rate = confirm.RateOf(map[bool]string{true: s.FactorEarly, false: s.FactorLate}[early])
			}
		}
	}
	return all, a.err
}

// announcements makes the files of a format of announcements.
func (r *Run) announcements(name, extension string,
	write func(io.Writer, *confirm.Announcement) error) (*Export, error) {
	all, err := r.Announcements()
	if err != nil {
		return nil, err
	}
	e := &Export{}
	for i := range all {
		a := &all[i]
		var content bytes.Buffer
		if err := write(&content, a); err != nil {
			return nil, fmt.Errorf("the announcement of %s: %w", a.Security, err)
		}
		says := a.Security + ": " + display.Plural(len(a.Options), "option", "options") + " in cash"
		if !a.Complete() {
			says += ", without prices"
		}
		e.Files = append(e.Files, File{Name: name + "-" + a.ID + extension, Says: says, Content: content.Bytes()})
	}
	return e, nil
}

func (r *Run) seev031(Superseded) (*Export, error) {
	return r.announcements("seev.031", ".xml", seev.WriteAnnouncement)
}

func (r *Run) mt564(Superseded) (*Export, error) {
	return r.announcements("mt564", ".txt", func(w io.Writer, a *confirm.Announcement) error {
		return swiftmt.WriteAnnouncement(w, a, seev.EventType(a.Auction))
	})
}
