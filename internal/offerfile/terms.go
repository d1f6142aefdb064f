package offerfile

import (
	"slices"
	"time"

	"tenderbatch/internal/schedule"
	"tenderbatch/internal/strictyaml"
	"tenderbatch/internal/tender"
)

// Terms are the terms of an offer in all their versions: those at launch and
// those after each amendment (R14). They do not change once they are read.
type Terms struct {
	zone       *time.Location
	versions   []termsVersion     // oldest first; at least the one at launch
	amendments []tender.Amendment // one for each version after the first
}

// termsVersion is the terms from one instant on. The versions share the parts of the
// file that no amendment changes; the offer is read from them when it is asked for.
type termsVersion struct {
	from time.Time // when the amendment takes effect; zero for the terms at launch
	root *strictyaml.Node
	plan schedule.Version
}

// enoughItems is how many items of lists are read at most in all versions together once
// a fault was found: enough to say what is wrong with any offer, and a second's work.
const enoughItems = 20_000

// ParseTerms reads an offer.yaml, which docs/offer.md describes; name is what
// messages call the file. Every version of the terms is checked. The error is
// an *[strictyaml.Error] that holds all faults found, in the order of the file.
func ParseTerms(name string, source []byte) (*Terms, error) {
	doc := parse(name, source)
	if doc.failed() {
		return nil, doc.err()
	}
	r := newTermsReader(doc.file.Root, 0)
	t := &Terms{}
	read, first := 0, r.offer()
	add := func(from time.Time, o *tender.Offer) {
		doc.report(r)
		read += r.count
		if !doc.failed() {
			t.versions = append(t.versions, termsVersion{from, r.root, planOf(from, o)})
		}
	}
	t.zone = r.zone
	add(time.Time{}, first)
	for _, a := range r.amendments {
		if doc.failed() && read > enoughItems {
			doc.add(remark{node: a.node, message: "the amendments from here on were not read, as the offer is long and has " +
				"faults before; correct those first"})
			break
		}
		r = r.amendedBy(a)
		add(a.Effective, r.offer())
		t.amendments = append(t.amendments, a.Amendment)
	}
	if doc.failed() {
		return nil, doc.err()
	}
	return t, nil
}

// AsOf returns the terms in force at an instant: those at launch with every
// amendment worked in that has taken effect by then (R14). The caller may change
// what it gets.
func (t *Terms) AsOf(at time.Time) *tender.Offer {
	n := 0
	for n+1 < len(t.versions) && !t.versions[n+1].from.After(at) {
		n++
	}
	o := newTermsReader(t.versions[n].root, n).offer() // which was found to have no fault
	if n > 0 {
		o.Amendments = slices.Clone(t.amendments[:n])
	}
	withoutPrices(o, at)
	o.TermsDigest = termsDigest(o)
	return o
}

// Last is the offer with every amendment in effect, also those that have not come yet.
func (t *Terms) Last() *tender.Offer {
	return t.AsOf(time.Date(9999, time.January, 1, 0, 0, 0, 0, time.UTC))
}

// Zone is the zone of the wall times of the offer.
func (t *Terms) Zone() *time.Location { return t.zone }
