package offerfile

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"tenderbatch/internal/strictyaml"
)

var updateSchema = flag.Bool("update-schema", false, "write docs/schemas/offer.schema.json")

const schemaFile = "../../docs/schemas/offer.schema.json"

func TestTheSchemaIsWhatTheReaderAsksFor(t *testing.T) {
	var b bytes.Buffer
	if err := WriteSchema(&b); err != nil {
		t.Fatal(err)
	}
	if *updateSchema {
		if err := os.WriteFile(schemaFile, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(schemaFile)
	if err != nil || !bytes.Equal(b.Bytes(), want) {
		t.Errorf("%s is not what the reader asks for (%v); write it again with -update-schema", schemaFile, err)
	}
}

// TestTheExamplesOfThePageHaveEveryKey: the page says so, and retention, reject_limit and others were not in them.
func TestTheExamplesOfThePageHaveEveryKey(t *testing.T) {
	page, err := os.ReadFile("../../docs/offer.md")
	if err != nil {
		t.Fatal(err)
	}
	var examples strings.Builder
	for i, part := range strings.Split(string(page), "```") {
		if i%2 == 1 {
			examples.WriteString(part)
		}
	}
	content, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(content, &schema); err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	schemaKeys(schema, keys)
	if len(keys) < 100 {
		t.Errorf("only %d keys", len(keys))
	}
	for key := range keys {
		if !regexp.MustCompile(`\b` + regexp.QuoteMeta(key) + `:`).MatchString(examples.String()) {
			t.Errorf("no example of docs/offer.md has the key %s", key)
		}
	}
}

// schemaKeys collects the keys of the mappings that a schema describes.
func schemaKeys(schema any, keys map[string]bool) {
	switch s := schema.(type) {
	case []any:
		for _, part := range s {
			schemaKeys(part, keys)
		}
	case map[string]any:
		if properties, ok := s["properties"].(map[string]any); ok {
			for key := range properties {
				keys[key] = true
			}
		}
		for _, part := range s {
			schemaKeys(part, keys)
		}
	}
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	schema, err := c.Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// offers are terms that people could have written: the fixtures, and those in the transcripts.
func offers(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	names, err := filepath.Glob("../../fixtures/*/offer.yaml")
	if err != nil || len(names) < 5 {
		t.Fatal(names, err)
	}
	scripts, err := filepath.Glob("../../cmd/batch/testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(names, scripts...) {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Ext(name) == ".yaml" {
			all[name] = content
			continue
		}
		for i, part := range strings.Split("\n"+string(content), "\n-- ")[1:] {
			file, text, _ := strings.Cut(part, " --\n")
			if strings.HasSuffix(file, "offer.yaml") {
				all[fmt.Sprint(name, i)] = []byte(text)
			}
		}
	}
	return all
}

// TestTheSchemaTakesWhatTheReaderTakes holds real terms, and changes of them, against both: what the
// reader takes, the schema takes; an unknown key, a key that is missing and a value of the wrong kind
// neither takes.
func TestTheSchemaTakesWhatTheReaderTakes(t *testing.T) {
	schema, taken := compiled(t), 0
	for name, source := range offers(t) {
		if _, err := ParseTerms(name, source); err != nil {
			continue
		}
		taken++
		value := parse(name, source).file.Root.JSON()
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if taken < 10 {
		t.Errorf("only %d terms were held against the schema", taken)
	}
}

func TestTheSchemaRefusesWhatIsNoTerm(t *testing.T) {
	schema := compiled(t)
	for _, name := range []string{"level3-2004", "solventum-2025", "cobank-2012", "rogers-2025", "sampo-2025"} {
		source, err := os.ReadFile("../../fixtures/" + name + "/offer.yaml")
		if err != nil {
			t.Fatal(err)
		}
		root := parse(name, source).file.Root
		changed := 0
		eachNode(root, func(n *strictyaml.Node) {
			was := *n
			if n.Kind == strictyaml.Mapping && !strings.Contains(n.Path, "statuses") && !strings.HasSuffix(n.Path, "references") &&
				!strings.HasSuffix(n.Path, "base_spreads") {
				n.Entries = append(n.Entries[:len(n.Entries):len(n.Entries)], strictyaml.Entry{
					Key:   &strictyaml.Node{Kind: strictyaml.Scalar, Text: "surprise"},
					Value: &strictyaml.Node{Kind: strictyaml.Scalar, Text: "1"},
				})
				changed++
				if schema.Validate(root.JSON()) == nil && !strings.Contains(n.Path, ".set") {
					t.Errorf("%s takes an unknown key in %q", name, n.Path)
				}
				*n = was
			}
			if n.Kind != strictyaml.Null {
				*n = strictyaml.Node{Kind: strictyaml.List, Items: []*strictyaml.Node{{Kind: strictyaml.List}}}
				changed++
				if schema.Validate(root.JSON()) == nil {
					t.Errorf("%s takes a list of lists as %q", name, was.Path)
				}
				*n = was
			}
		})
		for i, e := range root.Entries {
			if !strings.Contains(" id issuer dates series depositaries ", " "+e.Key.Text+" ") {
				continue
			}
			less := *root
			less.Entries = append(append([]strictyaml.Entry{}, root.Entries[:i]...), root.Entries[i+1:]...)
			changed++
			if schema.Validate(less.JSON()) == nil {
				t.Errorf("%s is taken without %s", name, e.Key.Text)
			}
		}
		if changed < 50 {
			t.Errorf("%s was changed in %d ways only", name, changed)
		}
	}
}

func eachNode(n *strictyaml.Node, do func(*strictyaml.Node)) {
	do(n)
	for _, e := range n.Entries {
		eachNode(e.Value, do)
	}
	for _, item := range n.Items {
		eachNode(item, do)
	}
}
