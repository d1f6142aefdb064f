package ingest

import (
	"maps"
	"slices"
	"time"

	"tenderbatch/internal/tender"
)

// Terms are the terms of an offer in all their versions: those at launch and
// those after each amendment (R14). They do not change once they are read.
type Terms struct {
	zone     *time.Location
	versions []termsVersion // oldest first; at least the one at launch
}

// termsVersion is the terms from one instant on.
type termsVersion struct {
	from  time.Time // when the amendment takes effect; zero for the terms at launch
	offer *tender.Offer
}

// ParseTerms reads an offer.yaml, which docs/offer.md describes; name is what
// messages call the file. Every version of the terms is checked. The error is
// an *[OfferError] that holds all faults found, in the order of the file.
func ParseTerms(name string, source []byte) (*Terms, error) {
	doc := parseYAML(name, source)
	if doc.failed() {
		return nil, doc.err()
	}
	r := newTermsReader(doc.root, 0)
	t := &Terms{versions: []termsVersion{{offer: r.offer()}}}
	t.zone = r.zone
	doc.report(r)

	var inForce []tender.Amendment
	for _, a := range r.amendments {
		r = r.amendedBy(a)
		amended := r.offer()
		doc.report(r)
		inForce = append(inForce, a.Amendment)
		amended.Amendments = slices.Clone(inForce)
		t.versions = append(t.versions, termsVersion{a.Effective, amended})
	}
	if doc.failed() {
		return nil, doc.err()
	}
	for _, v := range t.versions {
		v.offer.TermsDigest = termsDigest(v.offer)
	}
	return t, nil
}

// AsOf returns the terms in force at an instant: those at launch with every
// amendment worked in that has taken effect by then (R14). The caller may change
// what it gets.
func (t *Terms) AsOf(at time.Time) *tender.Offer {
	inForce := t.versions[0]
	for _, v := range t.versions[1:] {
		if v.from.After(at) {
			break
		}
		inForce = v
	}
	return copyOffer(inForce.offer)
}

// Zone is the zone of the wall times of the offer.
func (t *Terms) Zone() *time.Location { return t.zone }

// copyOffer returns an offer that shares nothing with o that can change.
func copyOffer(o *tender.Offer) *tender.Offer {
	c := *o
	c.Caps = slices.Clone(o.Caps)
	for i := range c.Caps {
		c.Caps[i].Series = slices.Clone(o.Caps[i].Series)
	}
	c.Rates = slices.Clone(o.Rates)
	c.Conditions = slices.Clone(o.Conditions)
	c.Series = slices.Clone(o.Series)
	for i := range c.Series {
		c.Series[i].Securities = slices.Clone(o.Series[i].Securities)
	}
	c.Depositaries = slices.Clone(o.Depositaries)
	for i := range c.Depositaries {
		c.Depositaries[i].Sheets = slices.Clone(o.Depositaries[i].Sheets)
		c.Depositaries[i].Skip = slices.Clone(o.Depositaries[i].Skip)
		c.Depositaries[i].Columns = maps.Clone(o.Depositaries[i].Columns)
		c.Depositaries[i].Statuses = maps.Clone(o.Depositaries[i].Statuses)
	}
	c.Waivers = slices.Clone(o.Waivers)
	c.Resolutions = slices.Clone(o.Resolutions)
	c.Amendments = slices.Clone(o.Amendments)
	return &c
}
