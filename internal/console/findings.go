package console

import (
	"cmp"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/compare"
	"tenderbatch/internal/display"
	"tenderbatch/internal/export"
	"tenderbatch/internal/inbox"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// findingGroup are the findings of one rule about one value: what is wrong with them is one thing,
// and so is what to do.
type findingGroup struct {
	Rule, Column, Value, Advice string
	Open                        bool
	Principal                   []string // by currency
	Findings                    []export.FindingJSON

	same string          // what is said of every row alike
	most decimal.Decimal // the largest principal of a currency, by which groups are sorted
}

// Heading is what is wrong with all rows of the group: what the rule says.
func (g *findingGroup) Heading() string {
	meaning := tender.RuleMeaning(g.Rule)
	return strings.ToUpper(meaning[:min(1, len(meaning))]) + meaning[min(1, len(meaning)):]
}

// Same is what is said of every row alike, "" if each has words of its own or they are hidden.
func (g *findingGroup) Same() string { return g.same }

// Own is what is said of one row and not of all, "" for nothing.
func (g *findingGroup) Own(f export.FindingJSON) string {
	if g.same != "" || f.Message == result.Hidden {
		return ""
	}
	return f.Message
}

// groupsOf are the findings of a run by rule and value: the open ones first, those about most
// money first.
func groupsOf(all []export.FindingJSON) []*findingGroup {
	type key struct{ rule, column, value, outcome string }
	by := map[key]*findingGroup{}
	var groups []*findingGroup
	sums := map[*findingGroup]map[string]decimal.Decimal{}
	for _, f := range all {
		k := key{f.Rule, f.Column, f.Value, fmt.Sprint(f.Open)}
		g := by[k]
		if g == nil {
			g = &findingGroup{Rule: f.Rule, Column: f.Column, Value: f.Value, Advice: f.Advice, Open: f.Open}
			if f.Message != result.Hidden {
				g.same = f.Message
			}
			by[k], sums[g] = g, map[string]decimal.Decimal{}
			groups = append(groups, g)
		}
		g.Findings = append(g.Findings, f)
		if f.Message != g.same {
			g.same = ""
		}
		if principal, err := decimal.NewFromString(f.Principal); err == nil && !principal.IsZero() {
			sums[g][f.Currency] = sums[g][f.Currency].Add(principal)
		}
	}
	for _, g := range groups {
		for _, currency := range sortedKeys(sums[g]) {
			sum := sums[g][currency]
			g.Principal = append(g.Principal, strings.TrimSpace(currency+" "+display.Thousands(sum.String())))
			g.most = decimal.Max(g.most, sum)
		}
	}
	slices.SortStableFunc(groups, func(a, b *findingGroup) int {
		order := map[bool]int{true: 0, false: 1}
		return cmp.Or(order[a.Open]-order[b.Open], b.most.Cmp(a.most))
	})
	return groups
}

// groupsOnPage is how many groups of findings a page has, each with up to rowsOnPage rows.
const groupsOnPage = 100

// mostRows is how many rows of findings a page lists in all.
const mostRows = 1000

// findingsView is a page of findings: groups, or the rows of one group.
type findingsView struct {
	*readRun
	Groups       []*listedGroup
	All          int // groups
	One          bool
	Number       int
	Previous     int
	Following    int // 0 for none
	Depositaries []string
}

// listedGroup is a group with the rows that the page lists.
type listedGroup struct {
	*findingGroup
	Number int // among all groups, from 1
	Rows   []export.FindingJSON
}

// More is how many rows the page does not list.
func (g *listedGroup) More() int { return len(g.Findings) - len(g.Rows) }

// findingsPage says what is wrong in a run, and how much money depends on it.
func (c *Console) findingsPage(w http.ResponseWriter, r *http.Request) {
	run, err := c.runOf(r)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	groups := run.findings()
	page := &findingsView{readRun: run, All: len(groups), Number: pageNumber(r), Depositaries: reportersOf(run.doc)}
	page.Previous = page.Number - 1
	if n, err := strconv.Atoi(r.URL.Query().Get("group")); err == nil && n >= 1 && n <= len(groups) {
		page.one(groups[n-1], n)
	} else {
		page.list(groups)
	}
	c.show(w, r, "findings", "Findings of "+run.record.Run, page)
}

// OneNumber is the number of the only group that is shown, 0 if the page lists groups.
func (p *findingsView) OneNumber() int {
	if p.One {
		return p.Groups[0].Number
	}
	return 0
}

// one shows the rows of one group.
func (p *findingsView) one(g *findingGroup, number int) {
	rows := pageOf(g.Findings, p.Number, rowsOnPage)
	p.One, p.Groups = true, []*listedGroup{{g, number, rows}}
	if p.Number*rowsOnPage < len(g.Findings) {
		p.Following = p.Number + 1
	}
}

// list shows a page of groups, each with its first rows.
func (p *findingsView) list(groups []*findingGroup) {
	left := mostRows
	for i, g := range pageOf(groups, p.Number, groupsOnPage) {
		n := min(rowsOnPage, len(g.Findings), left)
		left -= n
		p.Groups = append(p.Groups, &listedGroup{g, (p.Number-1)*groupsOnPage + i + 1, g.Findings[:n]})
	}
	if p.Number*groupsOnPage < len(groups) {
		p.Following = p.Number + 1
	}
}

// pageNumber is the page that a request asks for, from 1.
func pageNumber(r *http.Request) int {
	const most = 1_000_000_000
	number, _ := strconv.Atoi(r.URL.Query().Get("page")) // without a number, the first
	return min(max(number, 1), most)
}

// pageOf are the elements of a page.
func pageOf[T any](all []T, page, size int) []T {
	from := min((page-1)*size, len(all))
	return all[from:min(from+size, len(all))]
}

// reportersOf are the depositaries with something that is open or rejected in a run.
func reportersOf(d *export.Document) []string {
	seen := map[string]bool{}
	for i := range d.Rejects {
		if f := &d.Rejects[i]; f.Open || f.Outcome == tender.OutcomeRejected {
			seen[f.Depositary] = true
		}
	}
	delete(seen, "")
	return sortedKeys(seen)
}

// explainPage follows one row of a report from its cells to what it is paid.
func (c *Console) explainPage(w http.ResponseWriter, r *http.Request) {
	folder, err := c.folderOf(r)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	run, err := c.runs.open(folder, r.PathValue("run"))
	if err != nil {
		c.failed(w, r, err)
		return
	}
	if run.record.Pseudonymised != nil {
		c.failed(w, r, &offerfolder.UsageError{Message: "the reports of this run were removed with the names of holders, so its " +
			"rows cannot be followed"})
		return
	}
	where := r.URL.Query().Get("row")
	checked, err := pipeline.Check(r.Context(), pipeline.Request{Folder: folder, AsOf: run.doc.AsOf, Clock: c.Now,
		Version: c.Version, Getenv: c.Getenv})
	if err != nil {
		c.failed(w, r, err)
		return
	}
	if file, _, ok := strings.Cut(where, ":"); ok && !sameInput(run, checked, file) {
		c.failed(w, r, &offerfolder.UsageError{Message: fmt.Sprintf("%s in the inbox is not the file that this run read, so its "+
			"rows cannot be followed; look at the copy with batch rerun", filepath.Base(file))})
		return
	}
	found, err := checked.Explain(r.Context(), where)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	c.show(w, r, "explain", where, struct {
		*readRun
		Where string
		Found []pipeline.Explanation
		Zone  string
	}{run, where, found, checked.Offer.Zone.String()})
}

// sameInput reports whether a file of the inbox is still the one that a run read; a name that is
// no file of the run is that of a depositary.
func sameInput(run *readRun, checked *pipeline.CheckResult, file string) bool {
	for _, in := range run.record.Inputs {
		if in.Name == file {
			return slices.ContainsFunc(checked.Choice.Chosen, func(f inbox.Chosen) bool {
				return f.Name == file && offerfolder.DigestOf(f.Content) == in.SHA256
			})
		}
	}
	return true
}

// comparePage says what differs between two runs of an offer.
func (c *Console) comparePage(w http.ResponseWriter, r *http.Request) {
	folder, err := c.folderOf(r)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	history, err := pipeline.HistoryOf(folder)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	page := comparison{Runs: history.Runs, Was: r.URL.Query().Get("was"), Now: r.URL.Query().Get("now")}
	if n := len(page.Runs); page.Was == "" && page.Now == "" && n > 1 {
		page.Was, page.Now = page.Runs[n-2].Manifest.Run, page.Runs[n-1].Manifest.Run
	}
	if page.Was != "" && page.Now != "" {
		if page.Was != filepath.Base(page.Was) || page.Now != filepath.Base(page.Now) {
			c.failed(w, r, errNotFound)
			return
		}
		if page.Difference, err = pipeline.Diff(filepath.Join(folder, offerfolder.RunsName, page.Was), page.Now, c.Version); err != nil {
			c.failed(w, r, err)
			return
		}
	}
	c.show(w, r, "compare", "Compare", page)
}

// mostLines is how many instructions that differ the page lists; batch diff lists all.
const mostLines = 100

// comparison is what the page that compares two runs shows.
type comparison struct {
	Runs     []pipeline.PublishedRun
	Was, Now string
	*compare.Difference
}

// Terms are the values of the terms that differ, in words.
func (c comparison) TermWords() (all []string) {
	for _, p := range c.Difference.Terms {
		all = append(all, compare.TermWords(p))
	}
	return all
}

// FileWords are the reports that differ, in words.
func (c comparison) FileWords() (all []string) {
	for _, p := range c.Files {
		all = append(all, p.Either().File+": "+compare.FileWord(p))
	}
	return all
}

// Listed are the instructions that differ, as many as the page lists.
func (c comparison) Listed() []result.Change { return c.Lines[:min(len(c.Lines), mostLines)] }

// SeriesThatDiffer are the series whose result differs.
func (c comparison) SeriesThatDiffer() []result.Pair[compare.SeriesResult] {
	return slices.DeleteFunc(slices.Clone(c.Series), func(p result.Pair[compare.SeriesResult]) bool { return !compare.SeriesDiffer(p) })
}

// FundingThatDiffers are the sums to wire that differ.
func (c comparison) FundingThatDiffers() []result.Pair[compare.FundingResult] {
	return slices.DeleteFunc(slices.Clone(c.Funding), func(p result.Pair[compare.FundingResult]) bool { return !compare.FundingDiffer(p) })
}
