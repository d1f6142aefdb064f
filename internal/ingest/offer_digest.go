package ingest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/tender"
)

// termsDigest is the SHA-256 of the terms in force, in hexadecimal. It is taken
// of one line for each value, path="value", in a fixed order: amounts without
// trailing zeros, instants in UTC. How the file is written makes no difference.
// When runs are made (schedule, catch_up, run_after), the names of password variables
// and the notes of amendments and waivers are left out: no figure depends on them.
func termsDigest(o *tender.Offer) string {
	d := digest{sha256.New()}
	d.text("id", o.ID)
	d.text("issuer", o.Issuer)
	d.text("timezone", o.Zone.String())
	d.text("launch", o.Launch.String())
	d.cutOff("early_tender", o.Early)
	d.cutOff("expiration", o.Expiration)
	d.text("settlement.early", o.Settlement.Early.String())
	d.text("settlement.early_run", o.Settlement.EarlyRun)
	d.text("settlement.final", o.Settlement.Final.String())
	d.cutOff("guaranteed_delivery.deadline", o.Guaranteed.Deadline)
	d.text("guaranteed_delivery.settlement", o.Guaranteed.Settlement.String())
	d.cutOff("withdrawal.early", o.Withdrawal.Early)
	d.cutOff("withdrawal.late", o.Withdrawal.Late)
	d.acceptance(o.Acceptance)
	for i, c := range o.Caps {
		d.limit(fmt.Sprintf("caps[%d].", i), c)
	}
	for i, r := range o.Rates {
		d.rate(fmt.Sprintf("fx[%d].", i), r)
	}
	for i, c := range o.Conditions {
		at := fmt.Sprintf("conditions[%d].", i)
		d.text(at+"name", c.Name)
		d.text(at+"text", c.Text)
		d.text(at+"satisfied", fmt.Sprint(c.Satisfied))
	}
	for i, s := range o.Series {
		d.series(fmt.Sprintf("series[%d].", i), s)
	}
	for i, p := range o.Depositaries {
		d.depositary(fmt.Sprintf("depositaries[%d].", i), p)
	}
	for i, w := range o.Waivers {
		d.waiver(fmt.Sprintf("waivers[%d].", i), w)
	}
	for i, a := range o.Amendments {
		d.instant(fmt.Sprintf("amendments[%d].effective", i), a.Effective)
	}
	return hex.EncodeToString(d.Sum(nil))
}

// digest takes values of the terms, one line each.
type digest struct{ hash.Hash }

func (d digest) text(path, value string) { fmt.Fprintf(d, "%s=%q\n", path, value) }

func (d digest) amount(path string, v decimal.Decimal) { d.text(path, v.String()) }

func (d digest) instant(path string, t time.Time) {
	d.text(path, t.UTC().Format(time.RFC3339Nano))
}

func (d digest) cutOff(path string, c tender.CutOff) {
	if !c.IsZero() {
		d.instant(path+".at", c.At)
		d.text(path+".boundary", string(c.Boundary))
	}
}

func (d digest) acceptance(a tender.Acceptance) {
	d.text("acceptance.order", string(a.Order))
	d.text("acceptance.shortfall", string(a.Shortfall))
	d.text("acceptance.factor", string(a.Factor))
	d.amount("acceptance.given", a.Given)
	d.text("acceptance.below_minimum", string(a.BelowMinimum))
	d.text("acceptance.returned_below_minimum", string(a.ReturnedBelowMinimum))
}

func (d digest) limit(at string, c tender.Cap) {
	d.text(at+"name", c.Name)
	d.amount(at+"amount", c.Amount)
	d.text(at+"currency", c.Currency)
	d.text(at+"measure", string(c.Measure))
	for i, id := range c.Series {
		d.text(fmt.Sprintf("%sseries[%d]", at, i), id)
	}
}

func (d digest) rate(at string, r tender.Rate) {
	d.text(at+"from", r.From)
	d.text(at+"to", r.To)
	d.amount(at+"rate", r.Rate)
	d.text(at+"date", r.Date.String())
	d.text(at+"source", r.Source)
}

func (d digest) series(at string, s tender.Series) {
	d.text(at+"id", s.ID)
	d.text(at+"title", s.Title)
	for i, security := range s.Securities {
		d.text(fmt.Sprintf("%ssecurities[%d]", at, i), security)
	}
	d.text(at+"currency", s.Currency)
	d.text(at+"priority", fmt.Sprint(s.Priority))
	d.amount(at+"outstanding", s.Outstanding)
	if s.HasMaximum {
		d.amount(at+"maximum_offer_amount", s.MaximumOfferAmount)
	}
	d.amount(at+"tender_offer_consideration", s.TenderOfferConsideration)
	d.amount(at+"early_tender_payment", s.EarlyTenderPayment)
	d.amount(at+"denomination.minimum", s.Denomination.Minimum)
	d.amount(at+"denomination.multiple", s.Denomination.Multiple)
	d.amount(at+"interest.coupon", s.Interest.Coupon)
	d.text(at+"interest.day_count", string(s.Interest.DayCount))
	d.text(at+"interest.last_paid", s.Interest.LastPaid.String())
	d.text(at+"interest.frequency", fmt.Sprint(s.Interest.Frequency))
	d.text(at+"interest.first_payment", s.Interest.FirstPayment.String())
	d.text(at+"interest.accretes_until", s.Interest.AccretesUntil.String())
	if s.Interest.FixedDay {
		d.text(at+"interest.end_of_month", "false")
	}
	for i, step := range s.Interest.Steps {
		d.text(fmt.Sprintf("%sinterest.steps[%d].from", at, i), step.From.String())
		d.amount(fmt.Sprintf("%sinterest.steps[%d].coupon", at, i), step.Coupon)
	}
}

func (d digest) depositary(at string, p tender.Depositary) {
	d.text(at+"name", p.Name)
	d.text(at+"files", p.Files)
	d.text(at+"incremental", fmt.Sprint(p.Incremental))
	d.text(at+"timezone", p.Zone.String())
	d.sheets(at, p.Sheets)
	for i, name := range p.Skip {
		d.text(fmt.Sprintf("%sskip_sheets[%d]", at, i), name)
	}
	for _, column := range slices.Sorted(maps.Keys(p.Columns)) {
		d.text(fmt.Sprintf("%scolumns[%q]", at, column), p.Columns[column])
	}
	for _, code := range slices.Sorted(maps.Keys(p.Statuses)) {
		d.text(fmt.Sprintf("%sstatuses[%q]", at, code), string(p.Statuses[code]))
	}
	d.unless("", at+"date_format", string(p.Dates))
	d.unless(string(tender.RejectFormulas), at+"formulas", string(p.Formulas))
	d.unless(string(tender.UTF8), at+"encoding", string(p.Encoding))
}

// sheets takes one name as the key sheet gives it, so that it makes no
// difference which of the two keys does.
func (d digest) sheets(at string, names []string) {
	if len(names) <= 1 {
		d.text(at+"sheet", strings.Join(names, ""))
		return
	}
	for i, name := range names {
		d.text(fmt.Sprintf("%ssheets[%d]", at, i), name)
	}
}

// unless takes a value that is not the default. Keys that came later are taken
// so: the digest of terms that do not use them stays what it was.
func (d digest) unless(usual, path, value string) {
	if value != usual && value != "" {
		d.text(path, value)
	}
}

func (d digest) waiver(at string, w tender.Waiver) {
	d.text(at+"depositary", w.Depositary)
	d.text(at+"instruction", w.Instruction)
	d.text(at+"rule", w.Rule)
	d.text(at+"by", w.By)
	d.text(at+"on", w.On.String())
}
