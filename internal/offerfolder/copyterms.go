package offerfolder

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/tender"
)

// CopyTerms is the offer.yaml of the offer in a folder with another id, byte for byte
// the same otherwise: the terms from which another offer begins, without the runs of
// the old one. Notes say what in it still speaks of the old offer. Errors are a
// *[UsageError], or an *[strictyaml.Error] for terms that are wrong.
func CopyTerms(folder, id string) (content []byte, notes []string, err error) {
	was, err := Terms(folder)
	if err != nil {
		return nil, nil, err
	}
	path := filepath.Join(folder, OfferName)
	source, err := disk.In(folder).ReadFile(path, mostTerms)
	if err != nil {
		return nil, nil, err
	}
	launch := was.AsOf(time.Time{})
	if id == launch.ID {
		return nil, nil, &UsageError{Message: fmt.Sprintf("%q is the id of the offer in %s; give the new offer another "+
			"one with --id", id, folder)}
	}
	at := idLine.FindAllSubmatchIndex(source, -1)
	if len(at) != 1 {
		return nil, nil, noIDLine(path)
	}
	changed := slices.Concat(source[:at[0][2]], []byte(yamlText(id)), source[at[0][3]:])
	now, err := offerfile.ParseTerms(path, changed)
	if err != nil || !sameBut(was, now, id) {
		return nil, nil, noIDLine(path)
	}
	settlement := now.AsOf(endOfTime).Settlement
	if run := settlement.EarlyRun; run != "" {
		notes = append(notes, fmt.Sprintf("dates.settlement.early_run names %s, a run of %s; take it out until this offer "+
			"has an early settlement of its own", run, launch.ID))
	}
	for _, s := range settlement.Interim {
		notes = append(notes, fmt.Sprintf("dates.settlement.interim has %s, a settlement of %s; take it out until "+
			"this offer has one of its own", s.On, launch.ID))
	}
	return changed, notes, nil
}

func noIDLine(path string) error {
	return &UsageError{Message: fmt.Sprintf("%s: the line with the offer's id was not understood; copy the file by "+
		"hand, and change the id in it", path)}
}

// idLine finds the value in the line of an offer.yaml with the offer's id.
var idLine = regexp.MustCompile(`(?m)^id:[ \t]+([^\s#].*?)(?:[ \t]+#.*)?\r?$`)

// endOfTime is after every amendment.
var endOfTime = time.Date(9999, time.January, 1, 0, 0, 0, 0, time.UTC)

// plainText is a text that YAML takes as it is, and for no number.
var plainText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*[0-9_-][A-Za-z0-9_-]*$`)

// yamlText is a text as it is written in YAML.
func yamlText(s string) string {
	if plainText.MatchString(s) {
		return s
	}
	return strconv.Quote(s)
}

// sameBut reports whether two offers have the same terms but for the id.
func sameBut(was, now *offerfile.Terms, id string) bool {
	isID := func(t tender.Term) bool { return t.Path == "id" }
	for _, at := range []time.Time{{}, endOfTime} {
		a, b := was.AsOf(at), now.AsOf(at)
		if b.ID != id || !slices.Equal(slices.DeleteFunc(offerfile.ListTerms(a), isID),
			slices.DeleteFunc(offerfile.ListTerms(b), isID)) {
			return false
		}
	}
	return true
}
