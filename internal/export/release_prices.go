package export

import (
	"fmt"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// The offer's words for what is paid.
const (
	totalConsideration = "Total Consideration"
	lateConsideration  = "Tender Offer Consideration"
)

// priceWords say what is paid for what is accepted, and when; "" if that is not known yet.
func priceWords(r *result.Run) string {
	o := r.Offer
	name := considerationName(r)
	var each []string
	early := false
	for _, i := range result.SeriesByLevel(r) {
		s := &o.Series[i]
		if r.SeriesFigures(i).Accepted().IsZero() || !s.HasPrice() {
			continue
		}
		if s.TenderOfferConsideration.IsZero() { // an auction in which each is paid its bid
			price, reduced := bidPriceWords(o, s)
			each, early = append(each, price), early || reduced
			continue
		}
		price := perThousand(s.Price(tender.Late), s.Currency)
		hasEarly := !o.Early.IsZero() && !s.EarlyTenderPayment.IsZero()
		early = early || hasEarly
		switch {
		case name == totalConsideration:
			price = perThousand(s.TotalConsideration(), s.Currency)
		case hasEarly:
			price += " (" + totalConsideration + " " + perThousand(s.Price(tender.Early), s.Currency) + ")"
		}
		each = append(each, price+" for each "+money(decimal.New(tender.PerThousand, 0), s.Currency)+" of the "+s.Title)
	}
	if len(each) == 0 && len(o.WithoutPrice()) > 0 {
		return ""
	}
	if len(each) == 0 {
		return "Nothing is to be paid."
	}
	each = append(each, pricesBefore(r)...)
	days, guaranteed := paymentDays(r)
	return fmt.Sprintf("Holders of accepted securities receive, in cash on %s, the %s, which is %s.%s In addition, all "+
		"receive accrued and unpaid interest from the last interest payment date up to, but not including, the day of payment.%s",
		joined(days), name, joined(each), earlyPaymentWords(name, early), guaranteed)
}

// considerationName is what those who are paid receive: the Total Consideration if all of them tendered
// early, or if the offer has one price only and it was computed.
func considerationName(r *result.Run) string {
	if r.Offer.Early.IsZero() {
		if priced(r) {
			return totalConsideration
		}
		return lateConsideration
	}
	for i := range r.Offer.Series {
		if s := &r.Offer.Series[i]; !r.SeriesFigures(i).AcceptedLate.IsZero() || !s.HasPrice() {
			return lateConsideration
		}
	}
	return totalConsideration
}

// earlyPaymentWords say to whom the Early Tender Payment goes, "" if there is none.
func earlyPaymentWords(name string, early bool) string {
	switch {
	case !early:
		return ""
	case name == totalConsideration:
		return " It includes the Early Tender Payment."
	}
	return " Those tendered by the Early Tender Date receive the Total Consideration instead, which includes the Early " +
		"Tender Payment."
}
