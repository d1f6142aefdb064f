package prepare

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/tender"
)

// text is a text as YAML has it on one line, whatever is in it.
func text(s string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // a text can always be written
	return strings.TrimSpace(b.String())
}

// pair is a key of an item with its value, as offer.yaml has it.
type pair struct{ key, value string }

// flow is an item on one line; keys without a value are left out.
func flow(pairs ...pair) string {
	var words []string
	for _, p := range pairs {
		switch {
		case p.value == "":
		case p.key == "row" || p.key == "on": // a number and a date are no texts
			words = append(words, p.key+": "+p.value)
		default:
			words = append(words, p.key+": "+text(p.value))
		}
	}
	return "{" + strings.Join(words, ", ") + "}"
}

// lastTerms are the terms of an offer.yaml with all amendments; none if they cannot be read: what comes
// of the change is parsed before it is written.
func lastTerms(content []byte) *tender.Offer {
	terms, err := offerfile.ParseTerms(offerfolder.OfferName, content)
	if err != nil {
		return &tender.Offer{}
	}
	return terms.Last()
}

// decided says that another person was first, as on a page that is older.
func decided(by string, on tender.Date, note string) error {
	return refused("%s decided this on %s already: %s; look at the findings of the next run", by, on, note)
}

// Waived is offer.yaml with a waiver more. It is an error if there is one for the same already.
func Waived(content []byte, w tender.Waiver) ([]byte, error) {
	for _, was := range lastTerms(content).Waivers {
		if was.Rule == w.Rule && was.Depositary == w.Depositary && was.Instruction == w.Instruction {
			return nil, decided(was.By, was.On, was.Note)
		}
	}
	return withItem(content, "waivers", flow(pair{"depositary", w.Depositary}, pair{"instruction", w.Instruction},
		pair{"rule", w.Rule}, pair{"by", w.By}, pair{"on", w.On.String()}, pair{"note", w.Note}))
}

// Resolved is offer.yaml with a resolution more. It is an error if there is one for the same already.
func Resolved(content []byte, r tender.Resolution) ([]byte, error) {
	for _, was := range lastTerms(content).Resolutions {
		if was.Rule == r.Rule && was.Depositary == r.Depositary && was.Instruction == r.Instruction && was.File == r.File &&
			was.Row == r.Row {
			return nil, decided(was.By, was.On, was.Note)
		}
	}
	row := ""
	if r.Row > 0 {
		row = strconv.Itoa(r.Row)
	}
	return withItem(content, "resolutions", flow(pair{"rule", r.Rule}, pair{"depositary", r.Depositary},
		pair{"instruction", r.Instruction}, pair{"file", r.File}, pair{"row", row}, pair{"outcome", string(r.Outcome)},
		pair{"by", r.By}, pair{"on", r.On.String()}, pair{"note", r.Note}))
}

// Amended is offer.yaml with an amendment more: set are the values, as YAML. The note says why, and
// who it is from.
func Amended(content []byte, effective time.Time, note, set string) ([]byte, error) {
	if strings.TrimSpace(note) == "" {
		return nil, refused("say why the terms are amended: it is kept with the amendment")
	}
	if strings.TrimSpace(set) == "" {
		return nil, refused("the amendment sets nothing; write the values that change, such as " +
			"caps: {Tender Cap: {amount: 1105000000}}")
	}
	item := "effective: " + effective.Format("2006-01-02T15:04:05-07:00") + "\n    note: " + text(note) + "\n    set:"
	for line := range strings.Lines(strings.ReplaceAll(strings.TrimRight(set, " \n\t"), "\r\n", "\n")) {
		item += "\n      " + strings.TrimRight(line, "\n")
	}
	return withItem(content, "amendments", item)
}

// withItem is offer.yaml with one more item at the end of one of its lists, everything else byte
// for byte as it was. A list that is written in brackets, or another shape than a list, is left to
// a person with an editor.
func withItem(content []byte, key, item string) ([]byte, error) {
	lines := strings.SplitAfter(string(content), "\n")
	begin := -1
	for i, line := range lines {
		if strings.HasPrefix(line, key+":") {
			begin = i
		}
	}
	if begin < 0 {
		end := ""
		if n := len(content); n > 0 && content[n-1] != '\n' {
			end = "\n"
		}
		return []byte(string(content) + end + "\n" + key + ":\n  - " + item + "\n"), nil
	}
	rest, _, _ := strings.Cut(strings.TrimPrefix(lines[begin], key+":"), "#")
	if rest = strings.TrimSpace(rest); rest == "[]" || rest == "null" || rest == "~" {
		lines[begin] = key + ":\n"
	} else if rest != "" {
		return nil, refused("%s in offer.yaml is written in brackets on one line; write its items on lines of their own, "+
			"each after a hyphen, then they can be added to here", key)
	}
	last, indent := begin, "  "
	for i := begin + 1; i < len(lines); i++ {
		bare := strings.TrimSpace(lines[i])
		if bare == "" || strings.HasPrefix(bare, "#") {
			continue
		}
		if !strings.HasPrefix(lines[i], " ") && !strings.HasPrefix(lines[i], "-") {
			break
		}
		if strings.HasPrefix(bare, "-") && last == begin {
			indent = lines[i][:strings.Index(lines[i], "-")]
		}
		last = i
	}
	if !strings.HasSuffix(lines[last], "\n") {
		lines[last] += "\n"
	}
	if indent != "  " { // the lines of an item are as far in as the first
		item = strings.ReplaceAll(item, "\n    ", "\n"+indent+"  ")
	}
	lines[last] += indent + "- " + item + "\n"
	return []byte(strings.Join(lines, "")), nil
}

// Difference lists what a change of offer.yaml changes: the values of the last version of the
// terms, and the faults it would have. It is the error of the new terms if they have any.
func Difference(before, after []byte) (changed []string, err error) {
	was, err := offerfile.ParseTerms(offerfolder.OfferName, before)
	if err != nil {
		return nil, err
	}
	now, err := offerfile.ParseTerms(offerfolder.OfferName, after)
	if err != nil {
		return nil, err
	}
	last := time.Date(9999, time.January, 1, 0, 0, 0, 0, time.UTC)
	values := map[string]string{}
	for _, t := range offerfile.ListTerms(was.AsOf(last)) {
		values[t.Path] = t.Text
	}
	for _, t := range offerfile.ListTerms(now.AsOf(last)) {
		if old, there := values[t.Path]; !there {
			changed = append(changed, fmt.Sprintf("%s: none → %s", t.Path, t.Text))
		} else if old != t.Text {
			changed = append(changed, fmt.Sprintf("%s: %s → %s", t.Path, old, t.Text))
		}
		delete(values, t.Path)
	}
	for _, t := range offerfile.ListTerms(was.AsOf(last)) {
		if old, left := values[t.Path]; left {
			changed = append(changed, fmt.Sprintf("%s: %s → none", t.Path, old))
		}
	}
	return changed, nil
}
