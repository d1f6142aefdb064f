package pipeline

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/display"
	"tenderbatch/internal/tender"
)

// rejectedShare is how much of the reports of a depositary is rejected. A row with
// several faults counts once; one that the terms resolve does not count.
type rejectedShare struct {
	rows, rejected       int
	principal, of        decimal.Decimal // rejected principal, and that of all rows, currencies mixed
	byRule               map[string]int
	mostFrequent, advice string
}

// checkRejected returns a *[tender.ControlError] where so much is rejected that the
// figures cannot stand for what was tendered: all rows of a depositary or of a series,
// or more of a depositary than its limit. One status code that is not mapped must not
// pay the others alone.
func (in *Intake) checkRejected(rejects []tender.Finding) error {
	for _, d := range in.Offer.Depositaries {
		if err := in.rejectedOf(d, rejects).check(d); err != nil {
			return err
		}
	}
	return in.checkSeriesRejected(rejects)
}

// isOfferRule reports whether a line was rejected by the offer, not for a fault of the
// report: it came after the expiration, or the offer takes no guaranteed deliveries.
func isOfferRule(rule string) bool {
	return rule == tender.RuleExpired || rule == tender.RuleNotOffered
}

func (in *Intake) rejectedOf(d tender.Depositary, rejects []tender.Finding) *rejectedShare {
	s := &rejectedShare{byRule: map[string]int{}}
	for _, report := range in.read.Reports {
		if report.Depositary == d.Name {
			s.rows += report.Rows
			s.of = s.of.Add(report.Principal)
		}
	}
	seen := map[tender.Source]bool{}
	for i := range rejects {
		f := &rejects[i]
		if f.Depositary != d.Name || f.Disposition != tender.LineRejected || !f.Open() || isOfferRule(f.Rule) {
			continue
		}
		if s.byRule[f.Rule]++; s.byRule[f.Rule] > s.byRule[s.mostFrequent] {
			s.mostFrequent, s.advice = f.Rule, f.Advice
		}
		if !seen[f.Source] {
			seen[f.Source] = true
			s.rejected++
			s.principal = s.principal.Add(f.Principal)
		}
	}
	return s
}

// check compares the share with the depositary's limit, without dividing.
func (s *rejectedShare) check(d tender.Depositary) error {
	hundred := decimal.NewFromInt(100)
	if s.rejected == 0 || d.RejectLimit.Equal(hundred) {
		return nil
	}
	rejected, all := decimal.NewFromInt(int64(s.rejected)), decimal.NewFromInt(int64(s.rows))
	rows := rejected.Mul(hundred).GreaterThan(d.RejectLimit.Mul(all))
	principal := s.principal.Mul(hundred).GreaterThan(d.RejectLimit.Mul(s.of))
	if s.rejected < s.rows && !rows && !principal {
		return nil
	}
	what := fmt.Sprintf("%d of %d rows of %s are rejected, %s of %s in principal; the limit is %s percent",
		s.rejected, s.rows, d.Name, display.Thousands(s.principal.String()), display.Thousands(s.of.String()), d.RejectLimit)
	if s.rejected == s.rows {
		what = fmt.Sprintf("all %d rows of %s are rejected", s.rows, d.Name)
	}
	return &tender.ControlError{Rule: tender.RuleRejectLimit, Message: fmt.Sprintf(
		"%s; most often by %s (%s); correct the cause (batch check lists the rows), resolve them in the offer, or, if "+
			"the report is right, raise reject_limit of the depositary",
		what, s.mostFrequent, s.advice)}
}

// checkSeriesRejected looks for a series of which every tender is rejected for a fault
// of the reports.
func (in *Intake) checkSeriesRejected(rejects []tender.Finding) error {
	rejected := map[string]int{}
	limit := map[string]decimal.Decimal{}
	for _, d := range in.Offer.Depositaries {
		limit[d.Name] = d.RejectLimit
	}
	seen := map[tender.Source]bool{}
	for i := range rejects {
		f := &rejects[i]
		if f.Disposition == tender.LineRejected && f.Open() && f.Series != "" && !isOfferRule(f.Rule) && !seen[f.Source] &&
			!limit[f.Depositary].Equal(decimal.NewFromInt(100)) {
			seen[f.Source] = true
			rejected[f.Series]++
		}
	}
	if len(rejected) == 0 {
		return nil
	}
	for i := range in.Book.Lines {
		delete(rejected, in.Book.Lines[i].Series)
	}
	for line := range in.read.Instructions() {
		if len(rejected) == 0 {
			return nil
		}
		delete(rejected, line.Series)
	}
	var all []string
	for _, s := range in.Offer.Series {
		if n := rejected[s.ID]; n > 0 {
			all = append(all, fmt.Sprintf("all %d rows of series %s are rejected", n, s.ID))
		}
	}
	if len(all) == 0 {
		return nil
	}
	return &tender.ControlError{Rule: tender.RuleRejectLimit, Message: strings.Join(all, "; ") +
		"; correct the cause (batch check lists the rows), or waive or resolve them in the offer"}
}
