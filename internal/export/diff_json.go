package export

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/compare"
	"tenderbatch/internal/display"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// The types of a difference as JSON; docs/result.md describes them.
type (
	differenceJSON struct {
		Offer        string           `json:"offer"`
		Issuer       string           `json:"issuer"`
		Differs      bool             `json:"differs"`
		Was          sideJSON         `json:"was"`
		Now          sideJSON         `json:"now"`
		Terms        termsDiffJSON    `json:"terms"`
		Files        []pairJSON       `json:"files"`
		Series       []object         `json:"series"`
		Totals       []object         `json:"totals"`
		Caps         []object         `json:"caps"`
		Funding      []object         `json:"funding"`
		Wires        *WireChangesJSON `json:"wires"`
		Instructions []object         `json:"instructions"`
		Rejects      []pairJSON       `json:"rejects"`
	}
	sideJSON struct {
		Run      string       `json:"run"`
		Phase    tender.Phase `json:"phase"`
		AsOf     string       `json:"as_of"`
		Version  string       `json:"program_version"`
		Terms    int          `json:"terms_version"`
		Digest   string       `json:"terms_digest"`
		Previous string       `json:"previous"`
		Replaces string       `json:"replaces"`
		Counts   countsJSON   `json:"counts"`
	}
	termsDiffJSON struct {
		Differ      bool       `json:"differ"`
		NotCompared string     `json:"not_compared"`
		Changes     []termJSON `json:"changes"`
	}
	termJSON struct {
		Path string  `json:"path"`
		Was  *string `json:"was"`
		Now  *string `json:"now"`
	}
	pairJSON struct {
		Kind string `json:"kind"`
		Was  any    `json:"was"`
		Now  any    `json:"now"`
	}
	fileJSON struct {
		Depositary string `json:"depositary"`
		File       string `json:"file"`
		SHA256     string `json:"sha256"`
		Bytes      int64  `json:"bytes"`
		Rows       int    `json:"rows"`
		Counted    int    `json:"counted"`
		NotCounted int    `json:"not_counted"`
		Rejected   int    `json:"rejected"`
	}
	rejectJSON struct {
		File    string `json:"file"`
		Sheet   string `json:"sheet"`
		Row     int    `json:"row"`
		Column  string `json:"column"`
		Value   string `json:"value"`
		Rule    string `json:"rule"`
		Message string `json:"message"`
		Waived  string `json:"waived"`
	}
)

// object is a JSON object whose keys keep their order.
type object []member

type member struct {
	key   string
	value any
}

// MarshalJSON implements json.Marshaler.
func (o object) MarshalJSON() ([]byte, error) {
	if o == nil {
		return []byte("null"), nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := enc.Encode(m.key); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := enc.Encode(m.value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// WriteDifferenceJSON writes a difference for machines. Every amount is a
// decimal in a string.
func WriteDifferenceJSON(w io.Writer, d *compare.Difference) error {
	return EncodeJSON(w, differenceJSON{
		Offer: d.Offer, Issuer: d.Issuer, Differs: d.Differs(), Was: newSideJSON(d.Was), Now: newSideJSON(d.Now),
		Terms: termsDiffJSON{d.TermsDiffer(), d.NotCompared, List(d.Terms, termDiffJSON)},
		Files: List(d.Files, func(p result.Pair[result.Input]) pairJSON {
			return pairJSON{fileKind(p), fileDiffJSON(p.Was), fileDiffJSON(p.Now)}
		}),
		Series: List(d.Series, func(p result.Pair[compare.SeriesResult]) object {
			s := p.Either()
			return append(object{{"series", s.ID}, {"title", s.Title}, {"currency", s.Currency}},
				measuresJSON(compare.SeriesMeasures, p, s.Currency, factorJSON)...)
		}),
		Totals: List(d.Totals, func(p result.Pair[compare.TotalResult]) object {
			currency := p.Either().Currency
			return append(object{{"currency", currency}}, measuresJSON(compare.TotalMeasures, p, currency, nil)...)
		}),
		Caps: List(d.Caps, func(p result.Pair[compare.CapResult]) object {
			c := p.Either()
			return append(object{{"name", c.Name}, {"currency", c.Currency}, {"measure", c.Measure}},
				measuresJSON(compare.CapMeasures, p, c.Currency, nil)...)
		}),
		Funding: List(d.Funding, func(p result.Pair[compare.FundingResult]) object {
			f := p.Either()
			return append(object{{"currency", f.Currency}, {"settlement_date", f.Date}},
				measuresJSON(compare.FundingMeasures, p, f.Currency, statusJSON)...)
		}),
		Wires: WireChangesOf(d.Wires), Instructions: linesJSON(d),
		Rejects: List(d.Findings, func(p result.Pair[tender.Finding]) pairJSON {
			return pairJSON{compare.RejectWord(p), rejectDiffJSON(p.Was), rejectDiffJSON(p.Now)}
		}),
	})
}

func newSideJSON(s compare.Side) sideJSON {
	return sideJSON{s.Run, s.Phase, display.Stamp(s.AsOf, s.AsOf.Location()), s.Version, s.Terms, s.Digest, s.Previous,
		s.Replaces, countsJSON(s.Counts)}
}

func termDiffJSON(p result.Pair[tender.Term]) termJSON {
	text := func(t *tender.Term) *string {
		if t == nil {
			return nil
		}
		return &t.Text
	}
	return termJSON{p.Either().Path, text(p.Was), text(p.Now)}
}

func fileDiffJSON(in *result.Input) any {
	if in == nil {
		return nil
	}
	return fileJSON{in.Depositary, in.File, in.SHA256, in.Bytes, in.Rows, in.Counted, in.NotCounted, in.Rejected}
}

func rejectDiffJSON(r *tender.Finding) any {
	if r == nil {
		return nil
	}
	return rejectJSON{r.Source.File, r.Source.Sheet, r.Source.Row, r.Column, r.Value, r.Rule, r.Message, r.Waived}
}

func factorJSON(s *compare.SeriesResult) object { return object{{"factor", s.FactorWords()}} }

func statusJSON(f *compare.FundingResult) object { return object{{"status", f.Status}} }

func linesJSON(d *compare.Difference) []object {
	in := d.SeriesCurrencies()
	return List(d.Lines, func(c result.Change) object {
		was, now := in.Of(&c)
		o := append(object{{"kind", c.Kind}, {"depositary", c.Depositary}, {"instruction", c.Instruction}},
			measuresJSON(compare.LineMeasures, compare.Positions(&c), cmp.Or(now, was), func(p *result.Position) object {
				return object{{"series", p.Series}, {"window", p.Window}}
			})...)
		if was != now && was != "" && now != "" { // amounts in two currencies have no difference
			o[len(o)-1].value = nil
		}
		return o
	})
}

// json are the members was, now and difference; more gives what a side has
// besides its amounts.
func measuresJSON[T compare.Figured](m compare.Measures[T], p result.Pair[T], currency string,
	more func(*T) object) object {
	side := func(t *T, amounts []decimal.Decimal) object {
		var o object
		if t != nil && more != nil {
			o = more(t)
		}
		for i, a := range amounts {
			o = append(o, member{m.Names[i].Key, m.Text(i, a, currency)})
		}
		return o
	}
	was, now, difference := compare.Amounts(p)
	return object{{"was", side(p.Was, was)}, {"now", side(p.Now, now)}, {"difference", side(nil, difference)}}
}

// fileKind is the kind of the difference of a file. What people read as removed has been
// "gone" for programs since the first version.
func fileKind(p result.Pair[result.Input]) string {
	if word := compare.FileWord(p); word != "removed" {
		return word
	}
	return "gone"
}
