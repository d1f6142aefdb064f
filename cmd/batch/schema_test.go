package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"tenderbatch/internal/export"
	"tenderbatch/internal/result"
)

// schemas are those of docs/schemas by name, each compiled once.
var schemas = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	files, err := filepath.Glob("../../docs/schemas/*.schema.json")
	if err != nil {
		return nil, err
	}
	all := map[string]*jsonschema.Schema{}
	for _, file := range files {
		c := jsonschema.NewCompiler()
		c.DefaultDraft(jsonschema.Draft2020)
		schema, err := c.Compile(file)
		if err != nil {
			return nil, err
		}
		all[strings.TrimSuffix(filepath.Base(file), ".schema.json")] = schema
	}
	return all, nil
})

// validate holds JSON against the schema of a name.
func validate(name string, content []byte) error {
	all, err := schemas()
	if err != nil {
		return err
	}
	if all[name] == nil {
		return fmt.Errorf("docs/schemas has no schema %q", name)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
	if err != nil {
		return err
	}
	return all[name].Validate(value)
}

// schemaOf is the name of the schema of what a command line prints, "" if that is no JSON.
func schemaOf(args []string) string {
	switch {
	case !slices.Contains(args, "--json"):
		return ""
	case args[0] == "runs" && slices.Contains(args, "show"):
		return "runs-show"
	case args[0] == "runs" && slices.Contains(args, "--verify"):
		return "runs-verify"
	}
	if args[0] == "queue" && len(args) == 2 {
		return "jobs"
	}
	return args[0]
}

// TestP7EveryJSONHasASchemaThatItMatches validates what the program really writes, of every
// kind. The transcripts validate whatever they print with --json, too.
func TestP7EveryJSONHasASchemaThatItMatches(t *testing.T) {
	folder := level3Folder(t)
	early := runLevel3(t, folder, "2004-11-12T17:00")
	final := runLevel3(t, folder, "2004-12-02T09:00")
	var out, said bytes.Buffer
	if code := run(context.Background(), []string{"users", "add", "ann", "--role", "approver:a", "--in", folder},
		testWorld(&out, &said)); code != 0 {
		t.Fatalf("exit code %d: %s", code, said.String())
	}
	outputs := map[string][]byte{}
	drop := t.TempDir()
	for file, content := range map[string]string{filepath.Join(drop, "dtc-1.txt"): "no report",
		filepath.Join(folder, "batch.yaml"): "intake: {channels: {drop: {from: [DTC], folder: " + drop + "}}}\n"} {
		if err := os.WriteFile(file, []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	for _, line := range []string{
		"run OFFER --dry-run --json", "run OFFER --as-of 2004-12-02T09:00 --json", "check OFFER --json", "check OFFER --as-of 2004-11-12T17:00 --json",
		"whatif OFFER --cap Tender_Cap=450000000 --fx EUR/USD=1.30 --json", "whatif OFFER --sweep Tender_Cap=450000000:1150000000:350000000 --json",
		"whatif OFFER --solve accept_all_of_4 --json", "runs OFFER --json", "runs OFFER --verify --json", "runs show RUN --json",
		"diff EARLY RUN --json", "schedule OFFER --json", "users list --in OFFER --json", "queue OFFER --json",
		"fetch OFFER --quiet-period 0s --json", "prune OFFER --dry-run --json",
	} {
		args := strings.Fields(line)
		for i, arg := range args {
			args[i] = strings.NewReplacer("OFFER", folder, "RUN", final, "EARLY", early, "_", " ").Replace(arg)
		}
		var out, said bytes.Buffer
		if code := run(context.Background(), args, testWorld(&out, &said)); code != 0 && code != 3 {
			t.Errorf("%s: exit code %d: %s", line, code, said.String())
			continue
		}
		name := schemaOf(args)
		if err := validate(name, out.Bytes()); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		outputs[name] = out.Bytes()
	}
	for _, run := range []string{early, final} {
		for name, file := range map[string]string{"result": "result.json", "manifest": "manifest.json", "datapackage": "datapackage.json"} {
			content, err := os.ReadFile(filepath.Join(run, file))
			if err != nil {
				t.Fatal(err)
			}
			if err := validate(name, content); err != nil {
				t.Errorf("%s: %v", file, err)
			}
			outputs[name] = content
		}
	}
	all, err := schemas()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		// see internal/notify, offerfile, settings, delivery and sealed, and the transcripts archive, deliver and many-machines
		if slices.Contains([]string{"webhook", "offer", "batch", "jobs", "delivery", "release", "deliver", "archive", "verify-archive"}, name) {
			continue
		}
		if outputs[name] == nil {
			t.Errorf("nothing was validated against the schema %q", name)
			continue
		}
		mustRefuse(t, name, outputs[name])
	}
}

// mustRefuse checks that a schema knows every key: none may be missing, and none be new.
func mustRefuse(t *testing.T, name string, content []byte) {
	t.Helper()
	var whole map[string]any
	if err := json.Unmarshal(content, &whole); err != nil {
		return // a list
	}
	refused := func(what string, changed map[string]any) {
		b, err := json.Marshal(changed)
		if err != nil {
			t.Fatal(err)
		}
		if validate(name, b) == nil {
			t.Errorf("the schema %s takes a document %s", name, what)
		}
	}
	optional := map[string]bool{"replaces": true, "held": true, "decisions": true, "compared": true, "parked": true, "made": true, "by": true,
		"release": true, "makers": true, "awaits_release": true}
	for key := range whole {
		less := maps.Clone(whole)
		delete(less, key)
		if !optional[key] {
			refused("without "+key, less)
		}
	}
	more := maps.Clone(whole)
	more["surprise"] = 1
	refused("with an unknown key", more)
}

// documentedColumns are the columns of a CSV file by docs/result.md.
func documentedColumns(t *testing.T, file string) []string {
	t.Helper()
	page, err := os.ReadFile("../../docs/result.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "| CSV file | columns |\n")
	for line := range strings.Lines(table) {
		if rest, ok := strings.CutPrefix(line, "| `"+file+"` | `"); ok {
			columns, _, _ := strings.Cut(rest, "`")
			return strings.Split(columns, ",")
		}
	}
	t.Errorf("docs/result.md does not list the columns of %s", file)
	return nil
}

func TestP7CSVFilesHaveTheColumnsOfThePage(t *testing.T) {
	folder := level3Folder(t)
	run1 := runLevel3(t, folder, "2004-12-02T09:00")
	for _, name := range []string{result.InstructionsName, result.WiresName, result.PaymentsName, result.PaidName, result.RejectsName, export.SnapshotsName} {
		content, err := os.ReadFile(filepath.Join(run1, name))
		if err != nil {
			t.Fatal(err)
		}
		heading, err := csv.NewReader(bytes.NewReader(content)).Read()
		if want := documentedColumns(t, name); err != nil || !slices.Equal(heading, want) {
			t.Errorf("%s\nhas  %s\npage %s", name, strings.Join(heading, ", "), strings.Join(want, ", "))
		}
	}
	var out bytes.Buffer
	if err := export.WriteWireChanges(&out, &result.Run{WireChanges: &result.WireChanges{}}); err != nil {
		t.Fatal(err)
	}
	if want := strings.Join(documentedColumns(t, result.WireChangesName), ",") + "\n"; out.String() != want {
		t.Errorf("%s has %swant %s", result.WireChangesName, out.String(), want)
	}
	out.Reset()
	if code := run(context.Background(), []string{"whatif", folder, "--sweep", "Tender Cap=450000000:450000000:1", "--csv"}, testWorld(&out, &out)); code != 0 {
		t.Fatal(out.String())
	}
	heading, _, _ := strings.Cut(out.String(), "\n")
	if want := strings.Join(documentedColumns(t, "batch whatif --sweep --csv"), ","); heading != want {
		t.Errorf("the sweep has %s, want %s", heading, want)
	}
}
