package offerfile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/display"
	"tenderbatch/internal/schema"
	"tenderbatch/internal/strictyaml"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
)

// termsReader reads one version of the terms and collects what is wrong.
type termsReader struct {
	root    *strictyaml.Node
	version int              // number of amendments worked in
	set     *strictyaml.Node // what the last of them sets; nil at launch
	zone    *time.Location

	amendments []amendment // read at launch

	before *termsReader                  // of the version before, if that has no fault; see offer_share.go
	result *tender.Offer                 // what was read; the reader of the next version takes it over
	words  map[*strictyaml.Node][]string // lists of texts that were read, in any version
	made   []tender.Interim              // the settlements that were made
	count  int                           // the items of lists that were read

	unsound map[string]bool // the paths that have a fault
	remarks []remark

	walk *schema.Walk // nil, but where what is asked for is collected, see schema.go
}

func newTermsReader(root *strictyaml.Node, version int) *termsReader {
	return &termsReader{
		root: root, version: version, zone: time.UTC,
		words: map[*strictyaml.Node][]string{}, unsound: map[string]bool{},
	}
}

// fault notes what is wrong with the value at a path.
func (r *termsReader) fault(path string, at *strictyaml.Node, format string, args ...any) {
	if r.walk != nil {
		return
	}
	r.unsound[path] = true
	r.remarks = append(r.remarks, remark{node: at, path: path, message: fmt.Sprintf(format, args...)})
}

// faultAmong notes that values contradict each other. It is at the one that
// was amended last; among equals, at the first.
func (r *termsReader) faultAmong(paths []string, format string, args ...any) {
	at := r.node(paths[0])
	for _, p := range paths[1:] {
		if n := r.node(p); n.Version > at.Version {
			at = n
		}
	}
	r.fault(paths[0], at, format, args...)
}

// node is the value at a path, or what it would stand in if it is not given.
func (r *termsReader) node(path string) *strictyaml.Node {
	n := r.root
	for path != "" {
		var next *strictyaml.Node
		if next, path = step(n, path); next == nil {
			return n
		}
		n = next
	}
	return n
}

// step follows the first part of a path, which is never empty, to the value of a key or
// an item, nil if there is none, and returns the rest of the path.
func step(n *strictyaml.Node, path string) (next *strictyaml.Node, rest string) {
	inside, isIndex := strings.CutPrefix(path, "[")
	if !isIndex {
		path = strings.TrimPrefix(path, ".")
		end := strings.IndexAny(path+".", ".[")
		return n.Entry(path[:end]), path[end:]
	}
	if quoted, err := strconv.QuotedPrefix(inside); err == nil {
		key, _ := strconv.Unquote(quoted) // it was found to be a quoted text
		return n.Entry(key), strings.TrimPrefix(inside[len(quoted):], "]")
	}
	number, rest, _ := strings.Cut(inside, "]")
	if i, err := strconv.Atoi(number); err == nil && i >= 0 && i < len(n.Items) {
		return n.Items[i], rest
	}
	return nil, rest
}

// sound reports whether there is no fault at the paths or above them. Rules
// about several values are checked only if the values are sound.
func (r *termsReader) sound(paths ...string) bool {
	if r.walk != nil {
		return false // what is collected is no file whose values could contradict each other
	}
	if len(r.unsound) == 0 {
		return true
	}
	for _, p := range paths {
		for {
			if r.unsound[p] {
				return false
			}
			if p == "" {
				break
			}
			p = parentPath(p)
		}
	}
	return true
}

// parentPath is the path of what a value is in.
func parentPath(path string) string {
	return path[:max(0, strings.LastIndexAny(path, ".["))]
}

// termsField is a value in its place: of a key of a mapping, or an item of a
// list.
type termsField struct {
	r    *termsReader
	name string // in messages
	path string
	node *strictyaml.Node // nil: not given
}

func (f termsField) given() bool { return f.node != nil }

func (f termsField) fault(format string, args ...any) {
	f.r.fault(f.path, f.node, "%s "+format, append([]any{f.name}, args...)...)
}

// scalar is the text of a value that must be a single one; want says what it is
// to be, with an example. The text is "" with ok false if it is not given or not
// a scalar.
func (f termsField) scalar(want string) (text string, ok bool) {
	f.asked().Text(want)
	return f.single(want)
}

// asked is where it is noted what is asked of the value; nil notes nothing.
func (f termsField) asked() *schema.Value {
	if !f.given() {
		return nil
	}
	return f.r.walk.Of(f.node)
}

// single is scalar for a kind of value that is noted otherwise.
func (f termsField) single(want string) (text string, ok bool) {
	if f.given() && f.r.walk != nil {
		return f.r.walk.Sample, true
	}
	switch {
	case !f.given():
		return "", false
	case f.node.Kind == strictyaml.Scalar:
		return f.node.Text, true
	case f.node.Kind == strictyaml.Empty:
		f.fault("has no value; write %s", want)
	default:
		f.fault("is %s here; write %s", f.node.Kind, want)
	}
	return "", false
}

// text is a text of one line, "" if it is not given.
func (f termsField) text() string {
	s, ok := f.scalar("a text")
	switch {
	case !ok:
		return ""
	case s == "":
		f.fault("is an empty text; write what it is, or leave the key out if it is not needed")
	case strings.TrimSpace(s) != s:
		f.fault("%s begins or ends with a space; take it away", display.Quote(s))
	case strings.ContainsFunc(s, display.Unseen):
		f.fault("%s has a character that cannot be seen, such as a line break; take it away", display.Quote(s))
	}
	return s
}

// prose is a text that may have several lines, "" if it is not given.
func (f termsField) prose() string {
	s, ok := f.scalar("a text")
	if ok && strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && display.Unseen(r) }) {
		f.fault("has a character that cannot be seen; take it away")
	}
	return s
}

// amount is an exact amount of zero or more, zero if it is not given.
func (f termsField) amount() decimal.Decimal {
	const want = "an amount such as 837.50"
	f.asked().Number(want, offerAmountForm.String(), 0)
	s, ok := f.single(want)
	if !ok {
		return decimal.Zero
	}
	v, wrong := offerAmount(s)
	if wrong != "" {
		f.fault("%s %s", display.Quote(s), wrong)
	}
	return v
}

// positive is an amount above zero, zero if it is not given.
func (f termsField) positive() decimal.Decimal {
	v := f.amount()
	if f.given() && f.r.sound(f.path) && v.Sign() <= 0 {
		f.fault("is 0; write an amount above zero")
	}
	return v
}

// whole is a whole number of one or more, 0 if it is not given.
func (f termsField) whole() int {
	const want = "a whole number such as 1"
	f.asked().Whole(want, "^[1-9][0-9]{0,5}$")
	s, ok := f.single(want)
	if !ok {
		return 0
	}
	if !values.IsDigits(s) || s[0] == '0' || len(s) > 6 {
		f.fault("%s is not a whole number from 1 on; write digits only, such as 1", display.Quote(s))
		return 0
	}
	return values.Whole(s)
}

// flag is true or false, false if it is not given.
func (f termsField) flag() bool {
	f.asked().Flag()
	s, ok := f.single("true or false")
	if ok && (f.node.Quoted || (s != "true" && s != "false")) {
		f.fault("%s is neither true nor false; write true or false, without quotation marks", display.Quote(s))
	}
	return s == "true"
}

// date is a day of the calendar, zero if it is not given.
func (f termsField) date() tender.Date {
	const want = "a date such as 2004-11-12"
	f.asked().Pattern(want, tender.DateForm)
	s, ok := f.single(want)
	if !ok {
		return tender.Date{}
	}
	d, err := tender.ParseDate(s)
	if err != nil {
		f.fault("%v", err)
	}
	return d
}

// instant is a wall time in the offer's zone, zero if it is not given.
func (f termsField) instant() time.Time {
	const want = "a time such as 2004-11-12T17:00"
	f.asked().Pattern(want, instantForm.String())
	s, ok := f.single(want)
	if !ok {
		return time.Time{}
	}
	t, err := ParseInstant(s, f.r.zone)
	if err != nil {
		f.fault("%v", err)
	}
	return t
}

// currency is a code of ISO 4217, "" if it is not given.
func (f termsField) currency() string {
	const want = "a currency such as USD"
	f.asked().Pattern(want, "^[A-Z]{3}$")
	s, ok := f.single(want)
	if _, known := tender.MinorUnits(s); ok && !known {
		f.fault("%s is not a currency of ISO 4217; write its three capital letters, such as USD", display.Quote(s))
	}
	return s
}

// location is a time zone, otherwise if it is not given.
func (f termsField) location(otherwise *time.Location) *time.Location {
	const want = "the name of a time zone such as America/New_York"
	s, ok := f.scalar(want)
	if !ok {
		return otherwise
	}
	if city, wrong := values.FixedZone(s); wrong {
		f.fault("%s is %s; write %s", display.Quote(s),
			"not a time zone with its own daylight saving, and would be an hour off for half of the year", city)
		return otherwise
	}
	zone, err := time.LoadLocation(s)
	if err != nil || s == "" || s == "Local" {
		f.fault("%s is not a time zone that is known; write %s", display.Quote(s), want)
		return otherwise
	}
	return zone
}

// choice is one of the values, "" if it is not given.
func choice[T ~string](f termsField, values ...T) T {
	allowed := make([]string, len(values))
	for i, v := range values {
		allowed[i] = string(v)
	}
	f.asked().Choice(allowed)
	s, ok := f.single(oneOf(allowed))
	if !ok {
		return ""
	}
	if f.r.walk != nil {
		return values[f.r.walk.Chosen(len(values))]
	}
	if !slices.Contains(allowed, s) {
		f.fault("%s is not known; write %s", display.Quote(s), oneOf(allowed))
		return ""
	}
	return T(s)
}

// oneOf lists what may be written.
func oneOf(values []string) string {
	last := len(values) - 1
	if last <= 0 {
		return strings.Join(values, "")
	}
	return strings.Join(values[:last], ", ") + " or " + values[last]
}

// list is the items of a list, none if it is not given.
func (f termsField) list() []termsField {
	if !f.given() {
		return nil
	}
	if f.r.walk != nil {
		return []termsField{{f.r, f.name, f.path + "[0]", f.r.walk.Node(f.asked().List())}}
	}
	if f.node.Kind != strictyaml.List {
		f.fault("is %s here; write a list, [] for an empty one", f.node.Kind)
		return nil
	}
	items := make([]termsField, len(f.node.Items))
	for i := range f.node.Items {
		items[i] = f.item(i)
	}
	return items
}

// item is an item of a list.
func (f termsField) item(i int) termsField {
	return termsField{f.r, fmt.Sprintf("item %d of %s", i+1, f.name), fmt.Sprintf("%s[%d]", f.path, i), f.node.Items[i]}
}

// filledList is the items of a list that may not be empty.
func (f termsField) filledList() []termsField { return f.filled().list() }

// filled is the field, and it is a fault if it is an empty list.
func (f termsField) filled() termsField {
	f.asked().Filled()
	if f.given() && f.node.Kind == strictyaml.List && len(f.node.Items) == 0 && f.r.sound(f.path) {
		f.fault("is an empty list; write at least one item")
	}
	return f
}

// termsMapping is a mapping that is being read. Every key that is asked for is
// known; when it is closed, the others are faults.
type termsMapping struct {
	r     *termsReader
	name  string // in messages
	path  string
	node  *strictyaml.Node // nil: not given, or not a mapping
	known []string
	lacks []string
	// either is a key beside which another may be left out: if it is misspelt, the other is not missing.
	either map[string]string
}

// mapping begins to read a mapping. One that is not given has no keys.
func (f termsField) mapping() *termsMapping {
	m := &termsMapping{r: f.r, name: f.name, path: f.path}
	if !f.given() {
		return m
	}
	f.asked().Mapping()
	if f.node.Kind != strictyaml.Mapping && f.r.walk == nil {
		f.fault("is %s here; write a mapping of keys to values", f.node.Kind)
		return m
	}
	m.node = f.node
	return m
}

// may is the value of a key that may be left out. null is the same as leaving it
// out.
func (m *termsMapping) may(key string) termsField {
	f := m.field(key, false)
	if f.given() && f.node.Kind == strictyaml.Null {
		f.node = nil
	}
	return f
}

// need is the value of a key that may not be left out.
func (m *termsMapping) need(key string) termsField {
	f := m.field(key, true)
	if m.node != nil && !f.given() {
		m.lacks = append(m.lacks, key)
	}
	return f
}

func (m *termsMapping) field(key string, needed bool) termsField {
	m.known = append(m.known, key)
	f := termsField{r: m.r, name: key, path: strictyaml.PathTo(m.path, key)}
	switch {
	case m.node == nil:
	case m.r.walk != nil && needed:
		f.node = m.r.walk.Node(m.r.walk.Of(m.node).Key(key, true))
	case m.r.walk != nil:
		f.node = m.r.walk.Optional(m.r.walk.Of(m.node).Key(key, false))
	default:
		f.node = m.node.Entry(key)
	}
	return f
}

// close adds the faults for the keys that are not known and for those that are
// missing. A key that is missing because it is misspelt is one fault.
func (m *termsMapping) close() {
	if m.node == nil {
		return
	}
	misspelt := map[string]bool{}
	for _, e := range m.node.Entries {
		key := e.Key.Text
		if slices.Contains(m.known, key) {
			continue
		}
		path := strictyaml.PathTo(m.path, key)
		if near, ok := nearest(key, m.known); ok {
			misspelt[near] = true
			m.r.unsound[strictyaml.PathTo(m.path, near)] = true
			m.r.fault(path, e.Key, "unknown key %s; did you mean %s?", display.Quote(key), near)
			continue
		}
		m.r.fault(path, e.Key, "unknown key %s; the keys known here are %s", display.Quote(key), strings.Join(m.known, ", "))
	}
	for _, key := range m.lacks {
		path := strictyaml.PathTo(m.path, key)
		m.r.unsound[path] = true
		if !misspelt[key] && !misspelt[m.either[key]] {
			m.r.remarks = append(m.r.remarks, remark{node: m.node, path: path, key: key,
				message: fmt.Sprintf("%s lacks the key %s; add it", m.name, key)})
		}
	}
}
