package pipeline

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// snapshotRemarks say, for the mail, what vanished or changed after its deadline and is
// not resolved, and what the newest report leaves out in time.
func snapshotRemarks(r *result.Run) (all []tender.Warning) {
	if r.Snapshots == nil {
		return nil
	}
	for _, d := range r.Offer.Depositaries {
		say := func(code tender.WarningCode, words string) {
			if words != "" {
				all = append(all, tender.Warnf(code, "%s: %s", d.Name, words))
			}
		}
		say(tender.WarnVanished, openPrincipal(r, d.Name, tender.RuleVanished))
		say(tender.WarnAmended, openPrincipal(r, d.Name, tender.RuleAmended))
		say(tender.WarnLeftOutInTime, inTime(r, d.Name))
	}
	return all
}

// openPrincipal counts the open findings of a rule on a depositary's tenders, "" if
// there are none.
func openPrincipal(r *result.Run, depositary, rule string) string {
	n, sum := 0, map[string]decimal.Decimal{}
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Depositary == depositary && f.Rule == rule && f.Open() {
			n++
			currency := currencyOf(r.Offer, f.Series)
			sum[currency] = sum[currency].Add(f.Principal)
		}
	}
	switch {
	case n == 0:
		return ""
	case rule == tender.RuleVanished:
		return fmt.Sprintf("%s vanished from the reports after the withdrawal deadline, %s in principal; "+
			"they count as last reported until the offer resolves them [%s]", tendersOf(n), amountsOf(r.Offer, sum), rule)
	}
	var steps []string
	for _, s := range r.Sum(openChanges(r, depositary, rule)) {
		steps = append(steps, s.Words())
	}
	return fmt.Sprintf("%s changed in the reports after the deadline, %s in principal as reported now: %s; "+
		"the offer must resolve them [%s]", tendersOf(n), amountsOf(r.Offer, sum), strings.Join(steps, ", "), rule)
}

func openChanges(r *result.Run, depositary, rule string) (open []result.SnapshotChange) {
	for _, c := range r.Snapshots.Changes {
		if c.Depositary == depositary && c.Rule == rule && c.Open {
			open = append(open, c)
		}
	}
	return open
}

// inTime counts what the newest report leaves out by the withdrawal deadline.
func inTime(r *result.Run, depositary string) string {
	newest := ""
	for _, report := range r.Snapshots.Reports {
		if report.Depositary == depositary && report.Used {
			newest = report.File
		}
	}
	n, sum := 0, map[string]decimal.Decimal{}
	for _, c := range r.Snapshots.Changes {
		vanished := c.Kind == result.SnapshotVanished && !c.After && c.Rule != "" && c.Resolved == ""
		if vanished && c.Depositary == depositary && c.Now.File == newest {
			n++
			currency := currencyOf(r.Offer, c.Was.Series)
			sum[currency] = sum[currency].Add(c.Was.Principal)
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%s left out by %s before the withdrawal deadline, %s in principal, taken to be withdrawn",
		tendersOf(n), newest, amountsOf(r.Offer, sum))
}

func tendersOf(n int) string {
	if n == 1 {
		return "1 tender"
	}
	return fmt.Sprintf("%d tenders", n)
}

// amountsOf shows principal by currency, in the order of the series.
func amountsOf(o *tender.Offer, sum map[string]decimal.Decimal) string {
	var words []string
	seen := map[string]bool{}
	for _, s := range o.Series {
		if amount, ok := sum[s.Currency]; ok && !seen[s.Currency] {
			seen[s.Currency] = true
			words = append(words, thousandsOf(amount)+" "+s.Currency)
		}
	}
	return strings.Join(words, " and ")
}

func currencyOf(o *tender.Offer, series string) string {
	if i, ok := o.SeriesByID(series); ok {
		return o.Series[i].Currency
	}
	return ""
}
