package pipeline

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"tenderbatch/internal/compare"
	"tenderbatch/internal/export"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// DiffOffer compares the latest run of the offer in a folder with the one that it was
// compared with when it was made. It is a *[offerfolder.UsageError] if there is none.
func DiffOffer(folder, version string) (*compare.Difference, error) {
	if offerfolder.IsOffer(folder) != nil {
		return nil, &offerfolder.UsageError{Message: fmt.Sprintf("%s is not the folder of an offer; name one, or two runs",
			folder)}
	}
	run, err := FindRun(filepath.Join(folder, offerfolder.RunsName, "latest"))
	if err != nil {
		return nil, err
	}
	if run.Manifest.Previous == "" {
		return nil, &offerfolder.UsageError{Message: fmt.Sprintf("%s is the first run of the offer: there is none "+
			"before to compare it with", run.Manifest.Run)}
	}
	return Diff(filepath.Join(run.Runs, run.Manifest.Previous), run.Path, version)
}

// Diff compares two published runs of one offer. Each is named by the path of its
// folder; the second may also be the name of a run beside the first. version is
// that of the program. Errors are a *[offerfolder.UsageError] if there is no such run or the
// runs are of different offers, or else say which file of a run is damaged.
func Diff(was, now, version string) (*compare.Difference, error) {
	first, err := openRun(was)
	if err != nil {
		return nil, err
	}
	second, err := openRun(besides(now, was))
	if err != nil {
		return nil, err
	}
	if first.Offer != second.Offer {
		return nil, &offerfolder.UsageError{Message: fmt.Sprintf("%s is a run of the offer %s and %s of %s; name two "+
			"runs of one offer", was, first.Offer, now, second.Offer)}
	}
	return first.difference(second, version), nil
}

// besides is the path of a run that may be given as a name beside another run.
func besides(name, other string) string {
	if _, err := os.Lstat(name); err != nil && filepath.Base(name) == name {
		return filepath.Join(filepath.Dir(filepath.Clean(other)), name)
	}
	return name
}

// publishedRun is a run as its folder shows it.
type publishedRun struct {
	*ledger.Run
	result    *export.Result
	positions map[instructionKey]result.Position
	rejects   []tender.Finding
	wires     map[string]*result.WireChange // by reference; nil for a run of version 0.1
	terms     *tender.Offer                 // in force; nil if they are not known
	noTerms   string                        // why they cannot
}

// openRun reads a published run. Every file it reads must be as it was published.
func openRun(folder string) (*publishedRun, error) {
	found, err := FindRun(folder)
	if err != nil {
		return nil, err
	}
	run := found.run
	if err := run.Check(); err != nil {
		return nil, err
	}
	r := &publishedRun{Run: run}
	content, err := run.Read(result.JSONName)
	if err != nil {
		return nil, err
	}
	if r.result, err = export.ReadResult(content); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(folder, result.JSONName), err)
	}
	if content, err = run.Read(result.InstructionsName); err != nil {
		return nil, err
	}
	if r.positions, err = readPositions(bytes.NewReader(content)); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(folder, result.InstructionsName), err)
	}
	if content, err = run.Read(result.RejectsName); err != nil {
		return nil, err
	}
	if r.rejects, err = readRejects(content); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(folder, result.RejectsName), err)
	}
	if r.wires, err = readWires(run.Read); err != nil {
		return nil, fmt.Errorf("%s: %w", folder, err)
	}
	return r, r.readTerms(folder)
}

// settled are the wires of the run as another one is compared with them.
func (r *publishedRun) settled() []settle.Wire {
	var all []settle.Wire
	for _, reference := range slices.Sorted(maps.Keys(r.wires)) {
		w := r.wires[reference]
		all = append(all, settle.Wire{Party: w.Party, Reference: reference, Cash: settle.Cash{Consideration: w.Was}})
	}
	return all
}

// readRejects reads a rejects.csv.
func readRejects(content []byte) ([]tender.Finding, error) {
	var all []tender.Finding
	columns := []string{"file", "sheet", "row", "column", "value", "rule", "message", "waived"}
	return all, export.ReadRows(bytes.NewReader(content), columns, func(text []string) (int, error) {
		row, err := strconv.Atoi(text[2])
		all = append(all, tender.Finding{
			Source: tender.Source{File: text[0], Sheet: text[1], Row: row},
			Column: text[3], Value: text[4], Rule: text[5], Message: text[6], Waived: text[7],
		})
		return 2, err
	})
}

// readTerms reads the terms as the run read them. A run made before copies were
// kept has none, and terms that this program does not understand cannot be
// compared: neither is an error. A copy that was changed is one.
func (r *publishedRun) readTerms(folder string) error {
	if r.Terms.File == "" {
		r.noTerms = "was made before runs kept their terms"
		return nil
	}
	source, err := r.ReadKept(offerfolder.OfferName)
	if err != nil {
		return err
	}
	terms, err := offerfile.ParseTerms(filepath.Join(folder, offerfolder.OfferName), source)
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		r.noTerms = "has terms that this version of the program does not understand: " + first
		return nil
	}
	r.terms = terms.AsOf(r.AsOf)
	return nil
}

// difference compares the run with a second one.
func (r *publishedRun) difference(now *publishedRun, version string) *compare.Difference {
	d := &compare.Difference{
		Offer: r.Offer, Issuer: now.result.Issuer, Version: version, Was: r.side(), Now: now.side(),
		Files:    different(result.PairUp(r.result.Inputs, now.result.Inputs, inputName, inputContent), differentInputs),
		Lines:    byKind(comparePositions(r.positions, maps.All(now.positions))),
		Findings: different(result.PairUp(r.rejects, now.rejects, rejectPlace, rejectContent), differentRejects),
		Series: result.PairUp(r.result.Series, now.result.Series,
			func(s compare.SeriesResult) string { return s.ID + " " + s.Currency }),
		Totals: result.PairUp(oneOrNone(r.result.Totals), oneOrNone(now.result.Totals),
			func(t compare.TotalResult) string { return t.Currency }),
		Caps: result.PairUp(r.result.Caps, now.result.Caps, func(c compare.CapResult) string {
			return strings.Join([]string{c.Name, c.Currency, string(c.Measure)}, "\x00")
		}),
		Funding: result.PairUp(r.result.Funding, now.result.Funding,
			func(f compare.FundingResult) string { return fmt.Sprint(f.Currency, f.Date, f.Status) },
			func(f compare.FundingResult) string { return f.Currency + f.Date }),
	}
	for _, side := range []*publishedRun{r, now} {
		if side.terms != nil {
			d.Zone, d.Paper = side.terms.Zone, side.terms.PrintedOn()
		}
	}
	d.NotCompared = whyNotCompared(r, now)
	if r.wires != nil && now.wires != nil {
		d.Wires = compareWires(r.Run.Run, r.wires, now.settled())
	}
	if r.terms != nil && now.terms != nil {
		d.Terms = different(result.PairUp(offerfile.ListTerms(r.terms), offerfile.ListTerms(now.terms),
			func(t tender.Term) string { return t.Path }),
			func(was, now *tender.Term) bool { return *was != *now })
	}
	return d
}

// byKind puts first what the depositaries changed, then what the terms did.
func byKind(lines []result.Change) []result.Change {
	order := []result.ChangeKind{result.New, result.NoLonger, result.Amended, result.Reclassed}
	sorted := make([]result.Change, 0, len(lines))
	for _, kind := range order {
		for i := range lines {
			if lines[i].Kind == kind {
				sorted = append(sorted, lines[i])
			}
		}
	}
	return sorted
}

// whyNotCompared says why the terms of two runs cannot be compared value by
// value, "" if they can. Those with the same digest are the same.
func whyNotCompared(was, now *publishedRun) string {
	if was.Terms.Digest == now.Terms.Digest {
		return ""
	}
	var reasons []string
	for _, r := range []*publishedRun{was, now} {
		if r.terms == nil {
			reasons = append(reasons, fmt.Sprintf("run %s %s", r.Manifest.Run, r.noTerms))
		}
	}
	return strings.Join(reasons, "; ")
}

func (r *publishedRun) side() compare.Side {
	return compare.Side{
		Run: r.Manifest.Run, Phase: tender.Phase(r.Phase), AsOf: r.AsOf, Version: r.Program, Terms: r.Terms.Version,
		Digest:   r.Terms.Digest,
		Previous: r.Previous, Replaces: r.Replaces, Counts: r.result.Counts,
	}
}

func oneOrNone[T any](one *T) []T {
	if one == nil {
		return nil
	}
	return []T{*one}
}

// different keeps the pairs that differ.
func different[T any](pairs []result.Pair[T], differ func(was, now *T) bool) []result.Pair[T] {
	return slices.DeleteFunc(pairs, func(p result.Pair[T]) bool {
		return p.Was != nil && p.Now != nil &&
			!differ(p.Was, p.Now)
	})
}

func inputName(in result.Input) string { return in.File }

func inputContent(in result.Input) string { return in.SHA256 }

func differentInputs(was, now *result.Input) bool {
	return was.File != now.File || was.SHA256 != now.SHA256
}

// rejectPlace is a reject in its place, rejectContent wherever it is: the next
// report shows the same line in another row or file.
func rejectPlace(r tender.Finding) string {
	return fmt.Sprintf("%q %q %d %s", r.Source.File, r.Source.Sheet, r.Source.Row, rejectContent(r))
}

func rejectContent(r tender.Finding) string {
	return fmt.Sprintf("%q %q %q %q", r.Column, r.Value, r.Rule, r.Message)
}

// differentRejects reports whether a reject was waived, or no longer is.
func differentRejects(was, now *tender.Finding) bool { return was.Waived != now.Waived }
