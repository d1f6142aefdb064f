package main

import (
	_ "embed"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"tenderbatch/docs"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
)

// blankTerms are terms to fill in, up to the depositaries.
//
//go:embed blank.yaml
var blankTerms string

// wantedDepositary is a depositary as --depositary names it.
var wantedDepositary = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9 _-]*):(snapshot|incremental)$`)

// initBlank writes terms to fill in, with the depositaries named, into a new folder.
func (w world) initBlank(folder string, depositaries []string) error {
	entries, err := blankDepositaries(depositaries)
	if err != nil {
		return err
	}
	whole, err := filepath.Abs(folder)
	if err == nil {
		err = newOffer(folder)
	}
	if err != nil {
		return err
	}
	terms := strings.Replace(blankTerms, "id: null", fmt.Sprintf("id: %q", filepath.Base(whole)), 1) + entries
	for name, content := range map[string][]byte{"offer.yaml": []byte(terms), "offer.md": docs.Offer} {
		if err := writeWhole(filepath.Join(folder, name), content); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(w.stdout, `%[1]s is ready:
  %[1]s/offer.yaml   the terms: write what the Offer to Purchase says in place of each null
  %[1]s/offer.md     every key of the terms, explained
  %[1]s/inbox/       empty, for the depositaries' files
Next: fill in %[1]s/offer.yaml; batch check %[1]s says what is missing
`, folder)
	return pipeline.Unsaid(folder+" is ready", err)
}

// blankDepositaries are the entries of the depositaries.
func blankDepositaries(all []string) (string, error) {
	var b strings.Builder
	for _, d := range all {
		m := wantedDepositary.FindStringSubmatch(d)
		if m == nil {
			return "", &offerfolder.UsageError{Message: fmt.Sprintf("--depositary %s: write NAME:snapshot, if each report "+
				"shows the whole book, or NAME:incremental", d)}
		}
		pattern := strings.ToLower(strings.ReplaceAll(m[1], " ", "-"))
		fmt.Fprintf(&b, `  - name: %q
    files: %q              # its reports, named by their date: %s-2026-10-12.xlsx
    reports: %s
    # timezone: Europe/Brussels     # of its times, if it is another than the offer's
    # columns: {principal: "…"}     # headings that are not known, also of a bid; batch check names them
    # statuses: {…: tendered}       # codes for tendered, pending, withdrawn, rejected
    # status: none                  # if its reports list standing tenders only
`, m[1], pattern+"-*", pattern, m[2])
	}
	return b.String(), nil
}
