package main

import (
	"tenderbatch/internal/export"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/whatif"
)

// The JSON of whatif; docs/result.md describes it.
type (
	whatIfJSON struct {
		Offer        string              `json:"offer"`
		Issuer       string              `json:"issuer"`
		Phase        tender.Phase        `json:"phase"`
		AsOf         string              `json:"as_of"`
		TermsVersion int                 `json:"terms_version"`
		Scenario     scenarioJSON        `json:"scenario"`
		Today        export.FiguresJSON  `json:"today"`
		Then         *export.FiguresJSON `json:"then"`
		Difference   *comparedJSON       `json:"difference"`
		Solution     *solutionJSON       `json:"solution"`
		Sweep        *sweepJSON          `json:"sweep"`
	}
	scenarioJSON struct {
		Caps  []amountJSON  `json:"caps"`
		Rates []newRateJSON `json:"rates"`

		Yields    []newYieldJSON `json:"yields"` // from which prices follow that are hypothetical, as from the next two
		Spreads   []amountJSON   `json:"spreads"`
		Clearings []amountJSON   `json:"clearings"`
	}
	newYieldJSON struct {
		Reference string `json:"reference"`
		Yield     string `json:"yield"`
	}
	amountJSON struct {
		Name   string `json:"name"`
		Amount string `json:"amount"`
	}
	newRateJSON struct {
		From string `json:"from"`
		To   string `json:"to"`
		Rate string `json:"rate"`
	}
	comparedJSON struct {
		Series []seriesMoreJSON `json:"series"`
		ToWire []moreJSON       `json:"to_wire"`
	}
	seriesMoreJSON struct {
		Series   string `json:"series"`
		Currency string `json:"currency"`
		Accepted string `json:"accepted"`
	}
	moreJSON struct {
		Currency string `json:"currency"`
		Total    string `json:"total"`
	}
	solutionJSON struct {
		Cap     string         `json:"cap"` // or what else was sought
		Pool    string         `json:"pool"`
		Level   int            `json:"level"`
		Series  string         `json:"series"`
		Amount  string         `json:"amount"`
		Room    bool           `json:"room"`
		Reached bool           `json:"reached"`
		LeftOut []unboughtJSON `json:"unbought"`
	}
	unboughtJSON struct {
		Series    string `json:"series"`
		Currency  string `json:"currency"`
		Principal string `json:"principal"`
		Why       string `json:"why"`
	}
	sweepJSON struct {
		Cap    string      `json:"cap"`
		Points []pointJSON `json:"points"`
	}
	pointJSON struct {
		Amount        string           `json:"amount"`
		Series        []pointSeries    `json:"series"`
		AcceptedInAll *moreJSON        `json:"accepted_in_all"`
		Warnings      []tender.Warning `json:"warnings"`
	}
	pointSeries struct {
		Series   string `json:"series"`
		Pool     string `json:"pool,omitempty"`
		Level    int    `json:"level"`
		Currency string `json:"currency"`
		Accepted string `json:"accepted"`
		Factor   string `json:"factor"`
	}
)

// answerJSON is what every answer has.
func (q *question) answerJSON(s *whatif.Session) whatIfJSON {
	r := s.Today
	return whatIfJSON{
		Offer: r.Offer.ID, Issuer: r.Offer.Issuer, Phase: r.Phase, AsOf: rfc3339(r.AsOf, r.Offer.Zone),
		TermsVersion: r.Offer.Version(),
		Scenario: scenarioJSON{
			export.List(q.scenario.Of(whatif.CapAmount), newAmountJSON),
			export.List(q.scenario.Rates, func(r tender.Rate) newRateJSON { return newRateJSON{r.From, r.To, r.Rate.String()} }),
			export.List(q.scenario.Of(whatif.Yield), func(s whatif.Setting) newYieldJSON {
				return newYieldJSON{s.Name, s.Value.String()}
			}),
			export.List(q.scenario.Of(whatif.FixedSpread), newAmountJSON),
			export.List(q.scenario.Of(whatif.ClearingLevel), newAmountJSON),
		},
		Today: export.FiguresAsJSON(r),
	}
}

func newAmountJSON(s whatif.Setting) amountJSON { return amountJSON{s.Name, s.Value.String()} }

// comparison is the answer that shows another result beside today's.
func (q *question) comparison(s *whatif.Session, other *result.Run) whatIfJSON {
	j := q.answerJSON(s)
	then := export.FiguresAsJSON(other)
	j.Then, j.Difference = &then, &comparedJSON{[]seriesMoreJSON{}, []moreJSON{}}
	for _, d := range whatif.CompareSeries(s.Today, other) {
		j.Difference.Series = append(j.Difference.Series, seriesMoreJSON{d.Series, d.Currency, d.More().String()})
	}
	for _, d := range whatif.CompareCash(s.Today, other) {
		j.Difference.ToWire = append(j.Difference.ToWire, moreJSON{d.Currency, tender.CashText(d.More(), d.Currency)})
	}
	return j
}

func newSolutionJSON(found *whatif.Solution) *solutionJSON {
	return &solutionJSON{
		Cap: found.Variable.String(), Pool: found.Goal.Pool, Level: found.Goal.Level, Series: found.Goal.Series,
		Amount: found.Amount.String(), Room: found.Room, Reached: found.Reached,
		LeftOut: export.List(found.LeftOut, func(l whatif.LeftOut) unboughtJSON {
			return unboughtJSON{l.Series, l.Currency, l.Principal.String(), l.Why}
		}),
	}
}

func newSweepJSON(name string, o *tender.Offer, points []whatif.Point) *sweepJSON {
	j := &sweepJSON{name, []pointJSON{}}
	for _, p := range points {
		point := pointJSON{Amount: p.Amount.String(), Series: []pointSeries{}, Warnings: append([]tender.Warning{}, p.Warnings...)}
		for n := range o.Series {
			series := &o.Series[n]
			point.Series = append(point.Series, pointSeries{series.ID, series.Pool, series.Priority, series.Currency,
				p.Accepted[n].String(), p.Factors[n]})
		}
		if p.InAll != nil {
			point.AcceptedInAll = &moreJSON{o.TotalCurrency(), tender.CashText(*p.InAll, o.TotalCurrency())}
		}
		j.Points = append(j.Points, point)
	}
	return j
}
