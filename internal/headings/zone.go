package headings

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"tenderbatch/internal/display"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
	"tenderbatch/internal/xlsx"
)

// headingZone is a zone that the heading of a time names, as in "Received (UTC)".
type headingZone struct {
	text  string         // as written there
	zone  *time.Location // taken by its word: EST is five hours behind UTC all year
	write string         // what to write under timezone in the offer; "" if that is not known
}

// zoneWords are the zones that headings name in words, with what to write in the offer.
// Those with hours are in force for a part of the year only where they are used.
var zoneWords = map[string]struct {
	write string
	hours int // ahead of UTC, if fixed
	fixed bool
}{
	"utc": {write: "UTC"}, "gmt": {write: "UTC"}, "zulu": {write: "UTC"}, "coordinated universal time": {write: "UTC"},
	"greenwich mean time": {write: "UTC"},
	"est":                 {"America/New_York", -5, true}, "edt": {"America/New_York", -4, true},
	"eastern":               {write: "America/New_York"},
	"eastern standard time": {"America/New_York", -5, true}, "eastern daylight time": {"America/New_York", -4, true},
	"cst": {"America/Chicago", -6, true}, "cdt": {"America/Chicago", -5, true},
	"us central": {write: "America/Chicago"},
	"mst":        {"America/Denver", -7, true}, "mdt": {"America/Denver", -6, true},
	"pst": {"America/Los_Angeles", -8, true}, "pdt": {"America/Los_Angeles", -7, true},
	"cet": {"Europe/Brussels", 1, true}, "cest": {"Europe/Brussels", 2, true}, "mez": {"Europe/Brussels", 1, true},
	"mesz":             {"Europe/Brussels", 2, true},
	"central european": {write: "Europe/Brussels"}, "central european summer": {"Europe/Brussels", 2, true},
	"bst": {"Europe/London", 1, true}, "british summer time": {"Europe/London", 1, true},
	"eet": {"Europe/Helsinki", 2, true}, "eest": {"Europe/Helsinki", 3, true},
	"jst": {write: "Asia/Tokyo"}, "hkt": {write: "Asia/Hong_Kong"}, "sgt": {write: "Asia/Singapore"},
	"aest": {"Australia/Sydney", 10, true}, "aedt": {"Australia/Sydney", 11, true},
	"new york": {write: "America/New_York"}, "nyc": {write: "America/New_York"}, "toronto": {write: "America/Toronto"},
	"chicago": {write: "America/Chicago"},
	"london":  {write: "Europe/London"}, "brussels": {write: "Europe/Brussels"},
	"luxembourg": {write: "Europe/Luxembourg"}, "paris": {write: "Europe/Paris"},
	"frankfurt": {write: "Europe/Berlin"}, "zurich": {write: "Europe/Zurich"}, "tokyo": {write: "Asia/Tokyo"},
	"hong kong": {write: "Asia/Hong_Kong"},
	"singapore": {write: "Asia/Singapore"}, "sydney": {write: "Australia/Sydney"},
	// Two letters can be anything: only at an end of the heading.
	"et": {write: "America/New_York"}, "ny": {write: "America/New_York"}, "ct": {write: "America/Chicago"},
	"mt": {write: "America/Denver"}, "pt": {write: "America/Los_Angeles"}, "z": {write: "UTC"},
}

// The ways in which a heading names a zone. What names it is the group 1.
var (
	zoneByOffset = regexp.MustCompile(`(?i)(?:^|[^\pL\pN/])((?:utc|gmt)\s*[+\-−–]\s*\d{1,2}(?::?\d{2})?|` +
		`[+\-−–]\d{2}:\d{2})(?:[^\pN]|$)`)
	zoneByName = regexp.MustCompile(`(?:^|[^\pL\pN/])(` +
		`(?:Africa|America|Asia|Atlantic|Australia|Europe|Indian|Pacific|US)/` +
		`[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)?)`)
	zoneByWord = regexp.MustCompile(`(?:^|[^\pL\pN])(` + zoneAlternatives(func(w string) bool {
		return len(w) > 2 &&
			!isCity(w)
	}) + `)(?:[^\pL\pN]|$)`)
	zoneByCity = regexp.MustCompile(`(?:^|[^\pL\pN])(` + zoneAlternatives(isCity) +
		`)(?:[\s_]+(?i:local[\s_]+)?(?i:time)|\s*[\])]|\s*$)`)
	zoneAtEnd = regexp.MustCompile(`(?i)[^\pL\pN](` + zoneAlternatives(isShort) +
		`|\(z)(?:[^\pL\pN]+(?:time)?[^\pL\pN]*)?$`)
	zoneAtStart = regexp.MustCompile(`(?i)^(` + zoneAlternatives(isShort) + `)[^\pL\pN]`)
	camelHump   = regexp.MustCompile(`(\p{Ll})(\p{Lu})`)
	offsetParts = regexp.MustCompile(`([+\-−–])\s*(\d{1,2}):?(\d{2})?$`)
	// emptyGroup is a pair of brackets of which nothing is left but such words.
	emptyGroup = regexp.MustCompile(`(?i)[(\[](?:\s|in|all|local|times?|zone|[:,./-])*[)\]]`)
	lostIn     = regexp.MustCompile(`(?i)[\s_-]+in[\s_]*$`)
)

// isShort reports whether a word can be anything but at an end of a heading.
func isShort(word string) bool { return len(word) == 2 }

// isCity reports whether a word is the name of a city, which may also say who received
// something.
func isCity(word string) bool {
	w := zoneWords[word]
	_, place, _ := strings.Cut(w.write, "/")
	return len(word) > 2 && (strings.EqualFold(strings.ReplaceAll(place, "_", " "), word) || word == "nyc" ||
		word == "frankfurt")
}

// zoneAlternatives are the words as alternatives of a pattern, the longest first. The short
// ones are no other word in capitals or in small letters only: Est. is an estimate.
func zoneAlternatives(wanted func(word string) bool) string {
	var all []string
	for word := range maps.Keys(zoneWords) {
		switch {
		case !wanted(word):
		case len(word) <= 4 && word != "utc" && word != "gmt" && len(word) > 2:
			all = append(all, strings.ToUpper(word), word)
		default:
			all = append(all, "(?i:"+strings.ReplaceAll(word, " ", `[\s_-]+`)+")")
		}
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return strings.Join(all, "|")
}

// HeadingZones are the zones that a heading names, and the heading without them.
func HeadingZones(text string) (zones []headingZone, bare string) {
	bare = camelHump.ReplaceAllString(text, "$1 $2")
	for _, form := range []*regexp.Regexp{zoneByOffset, zoneByName, zoneByWord, zoneByCity, zoneAtEnd, zoneAtStart} {
		for {
			m := form.FindStringSubmatchIndex(bare)
			if m == nil {
				break
			}
			name := strings.TrimPrefix(bare[m[2]:m[3]], "(")
			bare = bare[:m[3]-len(name)] + " " + bare[m[3]:]
			if z, ok := zoneOf(name); ok {
				zones = append(zones, z)
			}
		}
	}
	if len(zones) == 0 {
		return nil, text
	}
	return zones, lostIn.ReplaceAllString(emptyGroup.ReplaceAllString(bare, " "), "")
}

// zoneOf is the zone that a few characters of a heading name.
func zoneOf(text string) (headingZone, bool) {
	z := headingZone{text: text}
	word := strings.ToLower(strings.Join(strings.FieldsFunc(text,
		func(r rune) bool { return values.IsSpace(r) || r == '_' || r == '-' }), " "))
	if w, known := zoneWords[word]; known {
		z.write = w.write
		if w.fixed {
			z.zone = time.FixedZone(text, w.hours*3600)
			return z, true
		}
		zone, err := time.LoadLocation(w.write)
		z.zone = zone
		return z, err == nil
	}
	if m := offsetParts.FindStringSubmatch(text); m != nil && !strings.Contains(text, "/") {
		seconds := values.Whole(m[2])*3600 + values.Whole("0"+m[3])*60
		if m[1] != "+" {
			seconds = -seconds
		}
		if seconds == 0 {
			z.write = "UTC"
		}
		z.zone = time.FixedZone(text, seconds)
		return z, true
	}
	zone, err := time.LoadLocation(text)
	if _, wrong := values.FixedZone(text); !wrong {
		z.write = text
	}
	z.zone = zone
	return z, err == nil
}

// agreement says how far the clocks of two zones agree.
type agreement int

const (
	never agreement = iota
	seasonally
	throughout
)

// agrees compares the zone of a heading with the one the offer gives, over the time in
// which tenders can be received.
func (z headingZone) agrees(o *tender.Offer, zone *time.Location) agreement {
	until := o.Expiration.At
	if until.Before(o.Guaranteed.Deadline.At) {
		until = o.Guaranteed.Deadline.At
	}
	from := time.Date(o.Launch.Year, o.Launch.Month, o.Launch.Day, 0, 0, 0, 0, time.UTC)
	if o.Launch.IsZero() || until.Sub(from) > 5*366*24*time.Hour {
		from = until.AddDate(-1, 0, 0)
	}
	if sameOffsets(z.zone, zone, from, until, true) {
		return throughout
	}
	if !sameOffsets(z.zone, zone, from.AddDate(0, -6, 0), until.AddDate(0, 6, 0), false) {
		return never
	}
	return seasonally
}

// sameOffsets reports whether two zones are equally far from UTC between two times: always,
// or at any time.
func sameOffsets(a, b *time.Location, from, until time.Time, always bool) bool {
	for t := from; ; t = t.Add(12 * time.Hour) {
		if t.After(until) {
			t = until
		}
		_, here := t.In(a).Zone()
		_, there := t.In(b).Zone()
		if same := here == there; same != always {
			return same
		}
		if !t.Before(until) {
			return always
		}
	}
}

// TimeColumns are those that hold a time or a part of one.
var TimeColumns = []Column{ColReceived, ColReceivedDate, ColReceivedTime, ColWithdrawn, ColWithdrawnDate,
	ColWithdrawnTime, ColCovered}

// zoneFaults refuse times whose heading names another zone than the one in which they
// would be read.
func (l *Layout) zoneFaults(o *tender.Offer, d tender.Depositary) (faults []tender.FileFault) {
	for _, c := range TimeColumns {
		if !l.Has(c) {
			continue
		}
		zones, _ := HeadingZones(l.Heading(c))
		named := d.Columns[Headings[c].Name] != "" && d.ZoneGiven
		for _, z := range zones {
			if f := z.Fault(o, d, "the heading "+display.Quote(display.Copied(l.Heading(c))), named); f != nil {
				f.Cell = xlsx.CellName(l.Position(c), l.Row)
				if f.Paste == "" {
					f.Paste, f.Advice = l.pasteSeason(c, d),
						f.Advice+fmt.Sprintf(", and the column: columns: {%s: %q}", Headings[c].Name,
							display.Copied(l.Heading(c)))
				}
				faults = append(faults, *f)
			}
		}
	}
	return faults
}

// Fault says why times for which a place of the file names a zone cannot be read in the
// depositary's; nil if they can. Where the two agree for a part of the year, the person who
// resolved it in the offer has decided. Without a line to paste, zone and column together
// resolve it.
func (z headingZone) Fault(o *tender.Offer, d tender.Depositary, place string, resolved bool) *tender.FileFault {
	zone := cmp.Or(d.Zone, o.Zone)
	f := &tender.FileFault{Rule: tender.RuleZone}
	switch z.agrees(o, zone) {
	case throughout:
		return nil
	case seasonally:
		if resolved {
			return nil
		}
		f.Message = fmt.Sprintf("%s says %s, but the times of %s are read in %s, which has that offset only for a "+
			"part of the year", place, z.text, d.Name, zone)
		f.Advice = fmt.Sprintf("ask the depositary; if %s with its daylight saving is meant, say so in the offer at "+
			"depositary %s: timezone: %s", zone, d.Name, zone)
		if z.write != "" && z.write != zone.String() {
			f.Advice += fmt.Sprintf(" (if not: timezone: %s)", z.write)
		}
		return f
	}
	f.Message = fmt.Sprintf("%s says %s, but the times of %s are read in %s", place, z.text, d.Name, zone)
	write := cmp.Or(z.write, "…")
	f.Advice = fmt.Sprintf("say in which zone the times are, in the offer at depositary %s: timezone: %s", d.Name,
		write)
	if write == "…" {
		f.Advice += ", with the city whose clocks they show, such as Europe/Brussels"
	}
	f.Paste = "timezone: " + write + "\n"
	return f
}

// pasteSeason are the lines by which the offer says that the depositary's clocks are
// meant although the heading of a column names an offset that they do not always have.
func (l *Layout) pasteSeason(c Column, d tender.Depositary) string {
	zone := ""
	if d.Zone != nil {
		zone = fmt.Sprintf("timezone: %s\n", d.Zone)
	}
	return zone + pasteColumns(d, []Column{c}, func(c Column) string { return display.Copied(l.Heading(c)) })
}

// zoneToPaste is the line for the offer that goes with a heading offered for a time, "" if
// none is needed.
func zoneToPaste(heading string, d tender.Depositary) string {
	zones, _ := HeadingZones(heading)
	if len(zones) == 0 || (d.Zone != nil && zones[0].zone.String() == d.Zone.String()) {
		return ""
	}
	return "timezone: " + cmp.Or(zones[0].write, "…")
}
