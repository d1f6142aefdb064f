package ingest

import (
	"fmt"
	"slices"
	"strings"

	"tenderbatch/internal/display"
	"tenderbatch/internal/headings"
	"tenderbatch/internal/tender"
)

// choose finds the sheets that hold the tenders: those the offer names, else the
// only one that has the headings.
func (r *reading) choose(tables []table) ([]table, bool) {
	var all, with []peeked
	for _, t := range tables {
		p, err := r.peek(t)
		if err != nil {
			r.addError(t.name, err)
			return nil, false
		}
		all = append(all, p)
		if p.looksLikeTenders() && !slices.Contains(r.terms.depositary.Skip, t.name) {
			with = append(with, p)
		}
	}
	var chosen []peeked
	if len(r.terms.depositary.Sheets) > 0 {
		chosen = r.namedSheets(all, with)
	} else {
		chosen = r.onlySheet(all, with)
	}
	if len(r.found.faults) == 0 {
		r.checkBeside(chosen, all)
	}
	if len(r.found.faults) > 0 {
		return nil, false
	}
	return r.tablesOf(chosen, all), true
}

// tablesOf are the tables of the sheets chosen; the others are named in the
// report.
func (r *reading) tablesOf(chosen, all []peeked) []table {
	var tables []table
	for _, p := range chosen {
		tables = append(tables, p.table)
	}
	for _, p := range all {
		if !isAmong(chosen, p.table.name) {
			r.report.Unread = append(r.report.Unread, p.table.name)
		}
	}
	return tables
}

func isAmong(sheets []peeked, name string) bool {
	return slices.ContainsFunc(sheets, func(p peeked) bool { return p.table.name == name })
}

// onlySheet is the one sheet that has the headings, if it is the only one that
// looks like tenders and is not hidden.
func (r *reading) onlySheet(all, with []peeked) []peeked {
	switch {
	case len(with) == 1 && with[0].complete() && !with[0].table.hidden:
		return with
	case !slices.ContainsFunc(with, peeked.complete):
		r.addMissing(all)
	default:
		r.found.fault("", r.whichSheet(with))
	}
	return nil
}

// namedSheets are the sheets the offer names. Another one that looks like tenders
// must not be ignored silently.
func (r *reading) namedSheets(all, with []peeked) (named []peeked) {
	for _, name := range r.terms.depositary.Sheets {
		i := slices.IndexFunc(all, func(p peeked) bool { return p.table.name == name })
		switch {
		case i < 0:
			r.found.fault("", r.noSuchSheet(name, all))
		case !all[i].complete():
			r.addMissing(all[i : i+1])
		default:
			named = append(named, all[i])
		}
	}
	if len(named) < len(r.terms.depositary.Sheets) {
		return nil // it may be one of those that were looked for
	}
	for _, p := range with {
		if !isAmong(named, p.table.name) {
			hidden := ""
			if p.table.hidden {
				hidden = "hidden "
			}
			r.found.fault(p.table.name, tender.FileFault{Rule: tender.RuleSheet, Cell: p.best.Cells(),
				Message: "the " + hidden + "sheet also has the headings of tenders, and the offer does not mention it",
				Advice: fmt.Sprintf("say what it is, in the offer at depositary %s: sheets: [%s] if its tenders "+
					"count, or skip_sheets: [%s] if they do not",
					r.terms.depositary.Name, display.List(append(slices.Clone(r.terms.depositary.Sheets),
						p.table.name)), display.Quote(p.table.name))})
		}
	}
	return named
}

func (r *reading) noSuchSheet(name string, all []peeked) tender.FileFault {
	var names []string
	for _, p := range all {
		names = append(names, p.table.name)
	}
	return tender.FileFault{Rule: tender.RuleSheet,
		Message: fmt.Sprintf("there is no sheet %s; the sheets are %s", display.Quote(name), display.List(names)),
		Advice:  "correct the name in the offer at depositary " + r.terms.depositary.Name}
}

// whichSheet says that the sheet must be named in the offer.
func (r *reading) whichSheet(with []peeked) tender.FileFault {
	var names []string
	for _, p := range with {
		name := display.Quote(p.table.name)
		if p.table.hidden {
			name += " (hidden)"
		}
		if !p.complete() {
			name += " (some are missing)"
		}
		names = append(names, name)
	}
	first := with[slices.IndexFunc(with, peeked.complete)].table.name
	f := tender.FileFault{Rule: tender.RuleSheet,
		Message: fmt.Sprintf("%d sheets have the headings of tenders: %s", len(with), strings.Join(names, ", ")),
		Advice: fmt.Sprintf("say which to read, in the offer at depositary %s: sheet: %s", r.terms.depositary.Name,
			display.Quote(first))}
	if len(with) == 1 {
		f.Message = "the only sheet that has the headings of tenders is " + names[0]
	} else {
		f.Advice += ", or sheets with several; and skip_sheets for those that are not to be read"
	}
	return f
}

// looksLikeTenders reports whether a sheet has all needed headings, or so many
// that its rows may be tenders: number, security and principal.
func (p peeked) looksLikeTenders() bool {
	return p.best != nil && (p.complete() ||
		(p.best.Has(headings.ColInstruction) && p.best.Has(headings.ColSecurity) && p.best.Has(headings.ColPrincipal)))
}
