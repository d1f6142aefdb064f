package console

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/account"
	"tenderbatch/internal/export"
	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/tender"
)

// offerPage says where an offer is: the table by level, the caps, what was tendered over time, the
// steps, and the versions of the terms.
func (c *Console) offerPage(w http.ResponseWriter, r *http.Request) {
	folder, err := c.folderOf(r)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	name := r.PathValue("offer")
	page := struct {
		*offerSummary
		Doc      *export.Document
		Caps     []capBar
		Over     []tenderedChart
		Versions []termsVersion
		Run      *readRun
	}{offerSummary: c.summaryOf(name, folder, me(r).May(account.SeeNames, name))}
	if page.Latest != nil && page.Damage == "" {
		run, err := c.runs.open(folder, page.Latest.Run)
		if err != nil {
			c.failed(w, r, err)
			return
		}
		page.Run = c.maskedFor(r, run)
		page.Doc, page.Caps = page.Run.doc, capBars(page.Run.doc)
		if page.Over, err = tenderedOver(run, page.Deadlines, page.Zone); err != nil {
			c.failed(w, r, err)
			return
		}
	}
	if page.Versions, err = versionsOf(folder); err != nil && page.Fault == "" {
		c.failed(w, r, err)
		return
	}
	c.show(w, r, "offer", page.ID, page)
}

// Record is what the history says of the run.
func (r *readRun) Record() *pipeline.RunRecord { return r.record }

// Zone is that of the run's offer.
func (r *readRun) Zone() *time.Location { return offerfolder.ZoneOf(filepath.Dir(r.Runs)) }

// Doc is the result of the run.
func (r *readRun) Doc() *export.Document { return r.doc }

// capBar is a cap as a bar: how much of it is used.
type capBar struct {
	Name, Currency, Measure, Amount, Used, Left string
	Permille                                    int // of the amount that is used, at most 1,000
	Over                                        bool
	Unpriced                                    []string
}

// capBars are the caps of a run as bars.
func capBars(d *export.Document) (all []capBar) {
	for _, k := range d.Caps {
		bar := capBar{Name: k.Name, Currency: k.Currency, Measure: string(k.Measure), Amount: k.Amount, Used: k.Used,
			Left: k.Left, Unpriced: k.Unpriced}
		amount, err := decimal.NewFromString(k.Amount)
		used, usedErr := decimal.NewFromString(k.Used)
		if err == nil && usedErr == nil && amount.Sign() > 0 {
			bar.Permille = int(min(1000, used.Mul(decimal.New(1000, 0)).Div(amount).IntPart()))
			bar.Over = used.GreaterThan(amount)
		}
		all = append(all, bar)
	}
	return all
}

// termsVersion is one version of the terms, with what an amendment changed.
type termsVersion struct {
	Number  int
	From    string // "" for the terms at launch
	Note    string
	Changed []termChange
}

// termChange is one value of the terms that differs from the version before.
type termChange struct{ Path, Was, Now string }

// versionsOf are the versions of an offer's terms, the newest first.
func versionsOf(folder string) ([]termsVersion, error) {
	terms, err := offerfolder.Terms(folder)
	if err != nil {
		return nil, err
	}
	all := terms.Last()
	before := map[string]string{}
	var versions []termsVersion
	for n := 0; n <= len(all.Amendments); n++ {
		v := termsVersion{Number: n + 1}
		o := terms.AsOf(time.Time{})
		if n > 0 {
			o = terms.AsOf(all.Amendments[n-1].Effective)
			v.From, v.Note = tender.WallTime(all.Amendments[n-1].Effective, all.Zone), all.Amendments[n-1].Note
		}
		now := map[string]string{}
		for _, t := range offerfile.ListTerms(o) {
			now[t.Path] = t.Text
			if was, ok := before[t.Path]; n > 0 && (!ok || was != t.Text) {
				v.Changed = append(v.Changed, termChange{t.Path, was, t.Text})
			}
			delete(before, t.Path)
		}
		for path, was := range before {
			if n > 0 {
				v.Changed = append(v.Changed, termChange{path, was, ""})
			}
		}
		slices.SortFunc(v.Changed, func(a, b termChange) int { return strings.Compare(a.Path, b.Path) })
		before, versions = now, append(versions, v)
	}
	slices.Reverse(versions)
	return versions, nil
}
