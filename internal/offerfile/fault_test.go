package offerfile

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/rogpeppe/go-internal/txtar"

	"tenderbatch/internal/display"
	"tenderbatch/internal/strictyaml"
)

var update = flag.Bool("update", false, "write the expected errors of the offer's faults")

// keyPlace is a key of an offer.yaml and its value, as the parser finds them.
type keyPlace struct {
	path   string
	key    string
	line   int // 1 is the first
	column int // of the key; 1 is the first
	value  ast.Node
}

// keysOf lists all keys of a source that the loader knows by name: not the codes
// of statuses, nor the names by which an amendment changes items.
func keysOf(t *testing.T, source string) []keyPlace {
	t.Helper()
	keys := keysIn(t, source)
	if len(keys) < 90 {
		t.Fatalf("the example has %d keys; some are not seen", len(keys))
	}
	return keys
}

func keysIn(t *testing.T, source string) []keyPlace {
	t.Helper()
	file, err := parser.ParseBytes([]byte(source), 0)
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`^depositaries\[\d\]\.statuses$|^amendments\[\d\]\.set\.(caps|series)$`)
	var keys []keyPlace
	var walk func(n ast.Node, path string)
	walk = func(n ast.Node, path string) {
		switch n := n.(type) {
		case *ast.MappingNode:
			for _, v := range n.Values {
				at, key := v.Key.GetToken().Position, v.Key.GetToken().Value
				if !named.MatchString(path) {
					keys = append(keys, keyPlace{path, key, at.Line, at.Column, v.Value})
				}
				walk(v.Value, strictyaml.PathTo(path, key))
			}
		case *ast.SequenceNode:
			for i, v := range n.Values {
				walk(v, fmt.Sprintf("%s[%d]", path, i))
			}
		}
	}
	walk(file.Docs[0].Body, "")
	return keys
}

// replaceAt puts a text in the place of n characters of a line.
func replaceAt(source string, line, column, n int, with string) string {
	lines := strings.Split(source, "\n")
	l := lines[line-1]
	lines[line-1] = l[:column-1] + with + l[column-1+n:]
	return strings.Join(lines, "\n")
}

// quote is the reference of the example whose yield follows from its bid price.
var quote = regexp.MustCompile(`    coupon: 3\.375 .*\n    maturity: 2009-10-15\n    bid_price: .*\n    settlement: 2004-11-16\n`)

// soonPriced is the source for a fault of one key. In the short tests a yield is in the place of the bid price, unless
// the key is one of the reference: to solve the yield takes longer than all the rest, for each of a thousand faults.
func soonPriced(source string, k keyPlace) string {
	if !testing.Short() || strings.HasPrefix(k.path, "references[0]") {
		return source
	}
	return quote.ReplaceAllString(source, "    yield: 3.5\n\n\n\n")
}

// The short tests have the same keys in the same places.
func TestSoonPricedChangesNothingElse(t *testing.T) {
	source := completeOffer(t)
	soon := quote.ReplaceAllString(source, "    yield: 3.5\n\n\n\n")
	if soon == source {
		t.Fatal("the example has no bid price")
	}
	if _, err := ParseTerms("offer.yaml", []byte(soon)); err != nil {
		t.Fatal(err)
	}
	elsewhere := func(source string) (keys []string) {
		for _, k := range keysOf(t, source) {
			if !strings.HasPrefix(k.path, "references[0]") {
				keys = append(keys, fmt.Sprintf("%s %d:%d", strictyaml.PathTo(k.path, k.key), k.line, k.column))
			}
		}
		return keys
	}
	if before, now := elsewhere(source), elsewhere(soon); !slices.Equal(before, now) {
		t.Errorf("the keys differ:\n%q\n%q", before, now)
	}
}

// TestMisspeltKeys misspells every key in turn, at every depth. Each must give
// one fault, at the key, that says what was probably meant.
func TestMisspeltKeys(t *testing.T) {
	source := completeOffer(t)
	slip := map[string]func(key string) string{
		"a letter too many":   func(k string) string { return k[:1] + "x" + k[1:] },
		"last letter missing": func(k string) string { return k[:len(k)-1] },
		"capital":             func(k string) string { return strings.ToUpper(k[:1]) + k[1:] },
	}
	for _, k := range keysOf(t, source) {
		for name, misspelt := range slip {
			wrong := misspelt(k.key)
			if wrong == "" || wrong == "sheet" { // sheets without its s is a key, too
				continue
			}
			t.Run(strictyaml.PathTo(k.path, k.key)+" "+name, func(t *testing.T) {
				faults := faultsOf(t, replaceAt(soonPriced(source, k), k.line, k.column, len(k.key), wrong))
				if len(faults) != 1 {
					t.Fatalf("%d faults, want 1: %v", len(faults), &strictyaml.Error{Faults: faults})
				}
				f := faults[0]
				if f.Line != k.line || f.Column != k.column {
					t.Errorf("the fault is at %d:%d, the key at %d:%d", f.Line, f.Column, k.line, k.column)
				}
				if want := "unknown key " + display.Quote(wrong); !strings.HasPrefix(f.Message, want) {
					t.Errorf("the message is %q, want %s", f.Message, want)
				}
				if f.Path != strictyaml.PathTo(k.path, wrong) {
					t.Errorf("the path is %s, want %s", f.Path, strictyaml.PathTo(k.path, wrong))
				}
			})
		}
	}
}

// TestWrongTypes gives every key in turn values of a wrong type: a mapping, a
// list, nothing, and a single value where a mapping or a list belongs. Each must
// give a fault on that line.
func TestWrongTypes(t *testing.T) {
	source := completeOffer(t)
	for _, k := range keysOf(t, source) {
		wrong := []string{"", " {unheard: of}", " [[]]", " 'neither this nor that'"}
		if isText(k) {
			wrong = wrong[:3]
		}
		for _, value := range wrong {
			t.Run(strictyaml.PathTo(k.path, k.key)+value, func(t *testing.T) {
				faults := faultsOf(t, withValue(soonPriced(source, k), k, value))
				for _, f := range faults {
					if f.Line == k.line {
						return
					}
				}
				t.Errorf("no fault on line %d: %v", k.line, &strictyaml.Error{Faults: faults})
			})
		}
	}
}

// isText reports whether any single text is a value of the key.
func isText(k keyPlace) bool {
	switch k.key {
	case "id", "issuer", "schedule", "name", "text", "title", "source", "note", "instruction", "by", "files", "sheet", "early_run", "run", "yes", "no", "file":
		return true
	}
	return strings.HasSuffix(k.path, "columns") || strings.HasSuffix(k.path, "withdrawn")
}

// withValue is the source with another value for a key.
func withValue(source string, k keyPlace, value string) string {
	lines := strings.Split(source, "\n")
	l := lines[k.line-1]
	if before := l[:k.column-1]; strings.ContainsAny(before, "{") {
		rest := l[k.column-1+len(k.key)+1:]
		return strings.Join(append(append(lines[:k.line-1:k.line-1], before+k.key+":"+value+rest[flowEnd(rest):]), lines[k.line:]...), "\n")
	}
	next := k.line
	for next < len(lines) && (strings.TrimSpace(lines[next]) == "" || indent(lines[next]) >= k.column || (indent(lines[next]) == k.column-1 && strings.HasPrefix(strings.TrimSpace(lines[next]), "- ") && k.value.Type() == ast.SequenceType)) {
		next++
	}
	changed := append([]string{}, lines[:k.line-1]...)
	changed = append(changed, l[:k.column-1]+k.key+":"+value)
	return strings.Join(append(changed, lines[next:]...), "\n")
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// flowEnd is where a value within brackets ends.
func flowEnd(s string) int {
	depth := 0
	for i, c := range s {
		switch c {
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	return len(s)
}

// TestFaults runs the cases of testdata/faults.txtar: each file is a
// number of edits of the complete example, old text => new text, and below them
// the whole error.
//
// go test -run TestFaults -update writes the errors again, to be read.
func TestFaults(t *testing.T) {
	const path = "testdata/faults.txtar"
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	escapes := strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\u200b`, "\u200b")
	for i, c := range archive.Files {
		t.Run(c.Name, func(t *testing.T) {
			edits, want, ok := strings.Cut(string(c.Data), "----\n")
			if !ok {
				t.Fatal("the case has no line ----")
			}
			source := completeOffer(t)
			for _, edit := range strings.Split(strings.TrimSuffix(edits, "\n"), "\n") {
				old, new, _ := strings.Cut(escapes.Replace(edit), " =>")
				source = editedOffer(t, source, old, strings.TrimPrefix(new, " "))
			}
			_, err := ParseTerms("offer.yaml", []byte(source))
			got := fmt.Sprintln(err)
			if *update {
				archive.Files[i].Data = []byte(edits + "----\n" + got)
				return
			}
			if got != want {
				t.Errorf("the error is\n%swant\n%s", got, want)
			}
		})
	}
	if *update {
		if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFaultOfAnAmendment checks that a fault that only an amendment brings about
// is in the amendment, even if what is at fault is older, and that the fault
// of an earlier version is not said again.
func TestFaultOfAnAmendment(t *testing.T) {
	d := parse("offer.yaml", []byte("id: a\nissuer: b\namendments: [{set: {issuer: c}}]\n"))
	id, set := d.file.Root.Entry("id"), d.file.Root.Entry("amendments").Items[0].Entry("set")
	launch, amended := newTermsReader(d.file.Root, 0), newTermsReader(d.file.Root, 1)
	amended.set = set
	launch.fault("issuer", d.file.Root.Entry("issuer"), "is wrong at launch")
	amended.fault("issuer", d.file.Root.Entry("issuer"), "is wrong at launch")
	amended.fault("issuer", d.file.Root.Entry("issuer"), "is as wrong as at launch")
	amended.fault("id", id, "id is wrong now")
	d.report(launch)
	d.report(amended)
	var got []string
	for _, f := range d.file.Err().(*strictyaml.Error).Faults {
		got = append(got, fmt.Sprintf("%d:%d %s %s", f.Line, f.Column, f.Path, f.Message))
	}
	want := []string{"2:9 issuer is wrong at launch", "3:20 amendments[0].set with this amendment, id is wrong now"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the faults are %q, want %q", got, want)
	}
}
