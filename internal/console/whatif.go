package console

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/account"
	"tenderbatch/internal/display"
	"tenderbatch/internal/export"
	"tenderbatch/internal/export/workbook"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/whatif"
)

// supposer keeps the book about which what-ifs were last asked, so that the files are read once for
// several questions. One question is answered at a time: each can need much memory.
type supposer struct {
	turn    chan struct{}
	key     string
	session *whatif.Session
	opened  time.Time
}

func newSupposer() *supposer { return &supposer{turn: make(chan struct{}, 1)} }

// bookKept is how long a book is kept.
const bookKept = 10 * time.Minute

// openError is why the book could not be read: it can have what is in the reports.
type openError struct{ error }

// Unwrap returns the error.
func (e openError) Unwrap() error { return e.error }

// ask has a question answered about the book of an offer as it is now.
func (c *Console) ask(ctx context.Context, folder, asOf string, answer func(*whatif.Session) error) error {
	s := c.supposed
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	key, err := bookKey(folder, asOf)
	if err != nil {
		return err
	}
	if s.session == nil || s.key != key || c.Now().Sub(s.opened).Abs() > bookKept {
		s.session = nil // so that two are never in memory
		opened, err := whatif.Open(ctx, pipeline.Request{Folder: folder, AsOf: asOf, Clock: c.Now, Version: c.Version,
			Getenv: c.Getenv})
		if err != nil {
			return openError{err}
		}
		s.key, s.session, s.opened = key, opened, c.Now()
	}
	return answer(s.session)
}

// bookKey changes with whatever the book of an offer is made of.
func bookKey(folder, asOf string) (string, error) {
	key := folder + "\n" + asOf + "\n"
	for _, of := range []string{offerfolder.OfferName, offerfolder.InboxName, offerfolder.RunsName} {
		path := filepath.Join(folder, of)
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, os.ErrNotExist) && of != offerfolder.OfferName:
			continue
		case err != nil:
			return "", err
		case of == offerfolder.InboxName:
			state, err := stateOf(path)
			if err != nil {
				return "", err
			}
			key += state
		}
		key += fmt.Sprintf("%s %d %d\n", of, info.Size(), info.ModTime().UnixNano())
	}
	return key, nil
}

// supposition is what a form asks.
type supposition struct {
	scenario whatif.Scenario
	grow     *whatif.Growth // nil: no sweep, or the usual one of sweepOf
	sweepOf  *whatif.Variable
	goal     *whatif.Goal
	seek     whatif.Variable
}

// The fields of the form besides those of variables, which are named as [whatif.ParseVariable] reads
// them, and of rates, which have "fx " in front.
const (
	fieldAsOf  = "as_of"
	fieldSweep = "sweep"
	fieldFrom  = "from"
	fieldTo    = "to"
	fieldStep  = "step"
	fieldSeek  = "seek"
	fieldGoal  = "goal"
	ratePrefix = "fx "
)

// supposed reads the form of an offer.
func supposed(o *tender.Offer, form url.Values) (*supposition, error) {
	var s supposition
	for _, v := range whatif.Variables(o) {
		text := plainFigure(form.Get(fieldOf(v.Variable)))
		if text == "" {
			continue
		}
		value, err := v.Parse(text)
		if err != nil {
			return nil, &offerfolder.UsageError{Message: v.Variable.Words(o) + ": " + err.Error()}
		}
		s.scenario = s.scenario.With(v.Variable, value)
	}
	for _, r := range o.Rates {
		pair := r.From + "/" + r.To
		if text := plainFigure(form.Get(ratePrefix + pair)); text != "" {
			rate, err := whatif.ParseRate(pair, text)
			if err != nil {
				return nil, &offerfolder.UsageError{Message: pair + ": the rate is digits above zero, such as 1.30"}
			}
			s.scenario.Rates = append(s.scenario.Rates, rate)
		}
	}
	return &s, s.readMore(form)
}

// readMore reads what is swept or sought.
func (s *supposition) readMore(form url.Values) (err error) {
	if of := form.Get(fieldSweep); of != "" {
		v := whatif.ParseVariable(of)
		s.sweepOf = &v
		from, to, step := plainFigure(form.Get(fieldFrom)), plainFigure(form.Get(fieldTo)), plainFigure(form.Get(fieldStep))
		if from != "" || to != "" || step != "" {
			if s.grow, err = whatif.ParseGrowth(of + "=" + from + ":" + to + ":" + step); err != nil {
				return &offerfolder.UsageError{Message: "the sweep: fill in from, to and step with digits: " + err.Error()}
			}
		}
	}
	if goal := form.Get(fieldGoal); goal != "" {
		if seek := form.Get(fieldSeek); seek != "" {
			goal = seek + ": " + goal
		}
		if s.goal, s.seek, err = whatif.ParseGoal(goal); err != nil {
			return &offerfolder.UsageError{Message: err.Error()}
		}
	}
	return nil
}

// fieldOf is the name of the field of a variable.
func fieldOf(v whatif.Variable) string { return string(v.Kind) + " " + v.Name }

// plainFigure is a figure as a person may type or paste it: with commas for thousands.
func plainFigure(text string) string { return strings.ReplaceAll(strings.TrimSpace(text), ",", "") }

// whatIf is what the page shows.
type whatIf struct {
	Fault     string
	AsOf      string
	AsOfText  string
	Zone      *time.Location
	Variables []whatIfField
	Rates     []whatIfField
	Sweeps    []whatIfOption
	Goals     []whatIfOption
	Form      url.Values
	Query     string
	Supposed  string
	Series    []whatif.SeriesDifference
	Cash      []whatif.CashDifference
	Rest      []whatif.NotAccepted
	Caps      []string
	CapsToday []capBar
	CapsThen  []capBar
	Today     export.FiguresJSON
	Then      *export.FiguresJSON
	Warnings  []tender.Warning
	Solution  []string
	Sweep     *sweepChart
}

// whatIfField is one value that can be supposed.
type whatIfField struct{ Name, Label, Today, Unit, Value string }

// whatIfOption is one choice of a list.
type whatIfOption struct {
	Value, Label string
	Chosen       bool
}

// whatIfPage answers what would be accepted under other terms.
func (c *Console) whatIfPage(w http.ResponseWriter, r *http.Request) {
	folder, err := c.folderOf(r)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	form := r.URL.Query()
	page := &whatIf{AsOf: strings.TrimSpace(form.Get(fieldAsOf)), Form: form, Query: r.URL.RawQuery}
	err = c.ask(r.Context(), folder, page.AsOf, func(s *whatif.Session) error { return page.answer(r.Context(), s) })
	status := http.StatusOK
	switch {
	case r.Context().Err() != nil:
		return // the browser went away
	case err != nil && (isUsage(err) || errors.As(err, new(openError))):
		page.Fault, status = c.whyNot(r, err), http.StatusUnprocessableEntity
	case err != nil:
		c.failed(w, r, err)
		return
	}
	c.showWith(w, r, status, "whatif", "What if", page)
}

// whyNot is why a question has no answer. What is wrong with reports is for those who may see names.
func (c *Console) whyNot(r *http.Request, err error) string {
	if errors.As(err, new(openError)) && !me(r).May(account.SeeNames, r.PathValue("offer")) {
		return "the reports cannot be read now, so there is no book to ask about; the preparer sees why"
	}
	return c.withoutFolder(err)
}

// answer fills the page in.
func (p *whatIf) answer(ctx context.Context, s *whatif.Session) error {
	o := s.Today.Offer
	p.Zone, p.AsOfText = o.Zone, tender.WallTime(s.Today.AsOf, o.Zone)
	p.Today = export.FiguresAsJSON(s.Today)
	p.CapsToday = capBars(&export.Document{Caps: p.Today.Caps})
	p.fields(o)
	q, err := supposed(o, p.Form)
	if err != nil {
		return err
	}
	p.Supposed = q.scenario.Words(o)
	if q.sweepOf != nil {
		if err := p.sweep(ctx, s, q); err != nil {
			return err
		}
	}
	then, err := p.then(ctx, s, q)
	if then == nil || err != nil {
		return err
	}
	figures := export.FiguresAsJSON(then)
	p.Then, p.CapsThen = &figures, capBars(&export.Document{Caps: figures.Caps})
	p.Series, p.Cash = whatif.CompareSeries(s.Today, then), whatif.CompareCash(s.Today, then)
	p.Rest = whatif.NotAcceptedBy(then)
	p.Warnings = then.Warnings
	for _, set := range q.scenario.Of(whatif.CapAmount) {
		p.Caps = append(p.Caps, whatif.CapWords(set.Name, then))
	}
	return nil
}

// then is the other result: with what is sought, if something is; nil if nothing is supposed.
func (p *whatIf) then(ctx context.Context, s *whatif.Session, q *supposition) (*result.Run, error) {
	if q.goal == nil {
		if p.Supposed == "" {
			return nil, nil
		}
		return s.Under(ctx, q.scenario)
	}
	found, err := s.Solve(ctx, q.seek, *q.goal, q.scenario)
	if err != nil {
		return nil, err
	}
	p.Solution, p.Supposed = found.Words(s.Today.Offer), found.Then.Supposed
	return found.Then, nil
}

// fields lists what can be supposed of an offer.
func (p *whatIf) fields(o *tender.Offer) {
	for _, v := range whatif.Variables(o) {
		name := fieldOf(v.Variable)
		p.Variables = append(p.Variables, whatIfField{name, capitalised(v.Variable.Words(o)),
			display.Thousands(v.Value), v.Unit, p.Form.Get(name)})
		p.Sweeps = append(p.Sweeps, whatIfOption{name, v.Variable.Words(o), false})
	}
	for _, r := range o.Rates {
		pair, today := r.From+"/"+r.To, ""
		if !r.Rate.IsZero() {
			today = r.Rate.String()
		}
		p.Rates = append(p.Rates, whatIfField{ratePrefix + pair, pair, today, "", p.Form.Get(ratePrefix + pair)})
	}
	for _, g := range whatif.Goals(o) {
		p.Goals = append(p.Goals, whatIfOption{g.Asked(), g.String(), g.Asked() == p.Form.Get(fieldGoal)})
	}
}

// SweepChosen are the variables as the list of the sweep has them.
func (p *whatIf) SweepChosen() []whatIfOption { return chosenOf(p.Sweeps, p.Form.Get(fieldSweep)) }

// SeekChosen are the variables as the list of what is sought has them.
func (p *whatIf) SeekChosen() []whatIfOption { return chosenOf(p.Sweeps, p.Form.Get(fieldSeek)) }

func chosenOf(all []whatIfOption, value string) []whatIfOption {
	chosen := make([]whatIfOption, len(all))
	for i, o := range all {
		o.Chosen = o.Value == value
		chosen[i] = o
	}
	return chosen
}

// Field is what was entered into a field of the form.
func (p *whatIf) Field(name string) string { return p.Form.Get(name) }

// How many steps a sweep takes here; the command line takes more.
const (
	mostSteps     = 200
	mostStepsLong = 25 // in a book of more than longBook instructions
	longBook      = 50_000
)

func (p *whatIf) sweep(ctx context.Context, s *whatif.Session, q *supposition) (err error) {
	o, grow := s.Today.Offer, q.grow
	if grow == nil {
		if grow, err = whatif.UsualGrowth(o, *q.sweepOf); err != nil {
			return err
		}
	}
	most := int64(mostSteps)
	if len(s.Today.Book.Lines) > longBook {
		most = mostStepsLong
	}
	if err := grow.Within(most); err != nil {
		return &offerfolder.UsageError{Message: "the sweep: " + err.Error() + " here; batch whatif takes more"}
	}
	others := whatif.Scenario{Rates: q.scenario.Rates} // the form also has what is swept
	for _, set := range q.scenario.Settings {
		if set.Variable != grow.Of {
			others = others.With(set.Variable, set.Value)
		}
	}
	points, _, err := s.Sweep(ctx, grow, others)
	if err != nil {
		return err
	}
	p.Sweep = newSweepChart(o, s.Today, grow, points)
	return nil
}

// sweepChart is how much is accepted as a value grows: a curve for each series, and the table.
type sweepChart struct {
	Of, Unit string
	From, To string
	Flat     bool
	Today    int // where the value is today in the curves, 0 if it is not in them
	Curves   []sweepCurve
	Heads    []string
	Rows     []sweepRow
}

// sweepCurve is the curve of one series: from nothing to all that is tendered.
type sweepCurve struct {
	Name, Level, Currency, Tendered, First, Last string
	Line                                         string
}

// sweepRow is the result at one value.
type sweepRow struct {
	Amount string
	Cells  []string
	InAll  string
}

// The size of a curve, in its own units.
const (
	curveWidth  = 320
	curveTop    = 10
	curveBottom = 110
)

func newSweepChart(o *tender.Offer, today *result.Run, g *whatif.Growth, points []whatif.Point) *sweepChart {
	last := points[len(points)-1].Amount
	c := &sweepChart{Of: g.Of.Words(o), Unit: g.Of.Unit(o), From: tender.Thousands(g.From), To: tender.Thousands(last),
		Flat: whatif.Level(points)}
	span := decimal.Max(last.Sub(g.From), decimal.New(1, -6))
	x := func(at decimal.Decimal) int64 {
		return at.Sub(g.From).Mul(decimal.NewFromInt(curveWidth)).Div(span).IntPart()
	}
	for i := range o.Series {
		s, tendered := &o.Series[i], today.Book.Totals[i].Sum()
		if tendered.IsZero() {
			continue
		}
		curve := sweepCurve{Name: s.ID, Level: s.LevelText(), Currency: s.Currency, Tendered: tender.Thousands(tendered),
			First: percentOf(points[0].Accepted[i], tendered), Last: percentOf(points[len(points)-1].Accepted[i], tendered)}
		var line strings.Builder
		for n, point := range points {
			up := point.Accepted[i].Mul(decimal.NewFromInt(curveBottom - curveTop)).Div(tendered).IntPart()
			fmt.Fprintf(&line, "%s%d %d", map[bool]string{true: "M", false: " L"}[n == 0], x(point.Amount), curveBottom-up)
		}
		curve.Line = line.String()
		c.Curves = append(c.Curves, curve)
	}
	for _, v := range whatif.Variables(o) {
		if now, err := decimal.NewFromString(v.Value); err == nil && v.Variable == g.Of && !now.LessThan(g.From) &&
			!now.GreaterThan(last) {
			c.Today = int(max(1, x(now)))
		}
	}
	c.table(o, points)
	return c
}

func (c *sweepChart) table(o *tender.Offer, points []whatif.Point) {
	for i := range o.Series {
		c.Heads = append(c.Heads, o.Series[i].ID+" "+o.Series[i].Currency)
	}
	for _, point := range points {
		row := sweepRow{Amount: tender.Thousands(point.Amount)}
		for i := range point.Accepted {
			row.Cells = append(row.Cells, tender.Thousands(point.Accepted[i]))
		}
		if point.InAll != nil {
			row.InAll = tender.Thousands(*point.InAll)
		}
		c.Rows = append(c.Rows, row)
	}
}

// percentOf is a part of a whole in percent.
func percentOf(part, whole decimal.Decimal) string {
	return part.Mul(decimal.NewFromInt(100)).Div(whole).Round(1).String() + " %"
}

// capitalised is a text with a capital first letter.
func capitalised(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// whatIfWorkbook sends the workbook of a what-if.
func (c *Console) whatIfWorkbook(w http.ResponseWriter, r *http.Request) {
	folder, err := c.folderOf(r)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	form := r.URL.Query()
	var content bytes.Buffer
	var name string
	err = c.ask(r.Context(), folder, strings.TrimSpace(form.Get(fieldAsOf)), func(s *whatif.Session) error {
		q, err := supposed(s.Today.Offer, form)
		if err != nil {
			return err
		}
		page := &whatIf{Supposed: cmp.Or(q.scenario.Words(s.Today.Offer), "the terms as they are")}
		then, err := page.then(r.Context(), s, q)
		if err != nil {
			return err
		}
		name = then.Offer.ID + "-what-if.xlsx"
		if !me(r).May(account.SeeNames, r.PathValue("offer")) {
			then = then.Mask(c.mask)
		}
		return workbook.WriteWorkbook(&content, then)
	})
	if err != nil {
		if errors.As(err, new(openError)) {
			err = &offerfolder.UsageError{Message: c.whyNot(r, err)}
		}
		c.failed(w, r, err)
		return
	}
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	w.Header().Set("Content-Type", typeOf(name))
	_, _ = content.WriteTo(w) // a browser that went away
}
