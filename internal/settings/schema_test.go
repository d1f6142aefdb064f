package settings

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"tenderbatch/internal/strictyaml"
)

var updateSchema = flag.Bool("update-schema", false, "write docs/schemas/batch.schema.json")

func TestTheSchemaIsWhatTheReaderAsksFor(t *testing.T) {
	const file = "../../docs/schemas/batch.schema.json"
	var b bytes.Buffer
	if err := WriteSchema(&b); err != nil {
		t.Fatal(err)
	}
	if *updateSchema {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(b.Bytes(), want) {
		t.Errorf("%s is not what the reader asks for (%v); write it again with -update-schema", file, err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	schema, err := c.Compile(file)
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := 0
	for _, part := range strings.Split(string(page), "\n```yaml\n")[1:] {
		source, _, _ := strings.Cut(part, "\n```")
		if _, err := Parse("batch.yaml", []byte(source)); err != nil {
			continue
		}
		examples++
		if err := schema.Validate(strictyaml.Parse("batch.yaml", []byte(source), format).Root.JSON()); err != nil {
			t.Errorf("%s\n%v", source, err)
		}
	}
	if examples == 0 {
		t.Error("docs/settings.md has no example that was held against the schema")
	}
	for _, wrong := range []string{
		"surprise: 1", "mail: {surprise: 1}", "mail: {on: failure}", "mail: {on: [surprise]}", "mail: {on: []}", "mail: {security: rot13}",
		"metrics: {listen_anywhere: 'yes'}", "serve: []", "signers: {ann: [[a]]}", "console: {oidc: {roles: [a]}}",
	} {
		if schema.Validate(strictyaml.Parse("batch.yaml", []byte(wrong), format).Root.JSON()) == nil {
			t.Errorf("the schema takes %s", wrong)
		}
		if _, err := Parse("batch.yaml", []byte(wrong)); err == nil {
			t.Errorf("the reader takes %s", wrong)
		}
	}
}
