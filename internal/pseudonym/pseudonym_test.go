package pseudonym

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func names(t testing.TB, seed string) *Names {
	t.Helper()
	n, err := New(strings.NewReader(strings.Repeat(seed, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

const instructions = "instruction,depositary,participant,participant_name,series,currency,security,window,status,file,sheet\n" +
	"0000019,DTC,2399,Example Bank,A,USD,52729NAA8,late,due,dtc.csv,\n"

const rejects = "file,sheet,row,column,value,rule,message,waived,outcome,depositary,instruction,participant,series,currency,cell\n"

const results = `{"offer": "small", "rejects": [], "inputs": [{"columns_not_read": ["Description"]}]}`

// of is a run with some findings.
func of(t testing.TB, n *Names, findings string) *Run {
	t.Helper()
	r, err := n.Run(func(name string) ([]byte, error) {
		content, is := map[string]string{"instructions.csv": instructions, "rejects.csv": rejects + findings, "result.json": results}[name]
		if !is {
			return nil, errors.New("no such output")
		}
		return []byte(content), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWhatIsReplaced(t *testing.T) {
	n := names(t, "a")
	r := of(t, n, "")
	for text, want := range map[string]string{
		"J. Doe":          n.Of("J. Doe"),
		"'=J. Doe":        n.Of("=J. Doe"), // a spreadsheet would run it
		"0000019":         "0000019",
		"12,345.6":        "12,345.6",
		"Example Bank":    "Example Bank",
		"52729NAA8":       "52729NAA8",
		"Description":     "Description",
		"XS0999999997":    "XS0999999997",
		"":                "",
		n.Of("J. Doe"):    n.Of("J. Doe"), // a second time
		"Example Bank II": n.Of("Example Bank II"),
	} {
		if got := r.value(text); got != want {
			t.Errorf("the value %q is %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"it is missing": "it is missing",
		`the comment on cell B2 says "withdrawn per J. Doe"`: `the comment on cell B2 says "` + n.Of("withdrawn per J. Doe") + `"`,
		`it says "a "b" c", so it is not`:                    `it says "` + n.Of(`a "b" c`) + `", so it is not`,
		`"Description" is not "Example Bank"`:                `"Description" is not "Example Bank"`,
		`12" notes`:                                          `12" notes`,
	} {
		if got := r.message(text); got != want {
			t.Errorf("the message %q is %q, want %q", text, got, want)
		}
	}
}

func TestAPseudonymIsTheSameForATextAndAnotherForEachKey(t *testing.T) {
	a, b := names(t, "a"), names(t, "b")
	if a.Of("J. Doe") != a.Of(" J. Doe ") || a.Of("J. Doe") == b.Of("J. Doe") || a.Of("J. Doe") == a.Of("J. Roe") {
		t.Errorf("%s, %s, %s", a.Of("J. Doe"), b.Of("J. Doe"), a.Of("J. Roe"))
	}
	if _, err := New(strings.NewReader("too short")); err == nil {
		t.Error("a key of nine bytes")
	}
}

// TestNothingElseChanges draws findings: the name is in none of them afterwards, and all other cells stay.
func TestNothingElseChanges(t *testing.T) {
	n := names(t, "a")
	rapid.Check(t, func(rt *rapid.T) {
		name := "Zq" + rapid.StringMatching(`[A-Za-zÄé ,;'\n=-]{0,40}x`).Draw(rt, "name")
		value, err := json.Marshal(name)
		if err != nil {
			rt.Fatal(err)
		}
		quoted := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
		line := fmt.Sprintf("dtc.csv,,2,Principal,%s,R5,%s,,rejected,DTC,0000019,2399,A,USD,B2\n", quoted(name),
			quoted(`the cell says "`+name+`", and "Description" too`))
		r := of(t, n, line)
		list, err := r.Edit("rejects.csv", []byte(rejects+line))
		if err != nil || bytes.Contains(list, []byte(name)) || bytes.Contains(list, []byte("Zq")) {
			rt.Fatalf("%s, %v", list, err)
		}
		if !bytes.HasPrefix(list, []byte(rejects+"dtc.csv,,2,Principal,"+n.Of(name)+",R5,")) ||
			!bytes.HasSuffix(list, []byte(",,rejected,DTC,0000019,2399,A,USD,B2\n")) {
			rt.Fatalf("%s", list)
		}
		message, err := json.Marshal("it says \"" + name + "\"")
		if err != nil {
			rt.Fatal(err)
		}
		source := fmt.Sprintf(`{ "offer":"Zq", "rejects": [ {"value":%s,"message": %s , "rule":"R5"}], "value":%s}`, value, message, value)
		now, err := r.Edit("result.json", []byte(source))
		want := fmt.Sprintf(`{ "offer":"Zq", "rejects": [ {"value":"%s","message": "it says \"%s\"" , "rule":"R5"}], "value":%s}`, n.Of(name), n.Of(name),
			value)
		if err != nil || string(now) != want {
			rt.Fatalf("%s, want %s, %v", now, want, err)
		}
	})
}

// TestWhatTheAdviceQuotesIsReplaced: the line to paste for a status that is not known has the status in it.
func TestWhatTheAdviceQuotesIsReplaced(t *testing.T) {
	n := names(t, "a")
	r := of(t, n, "")
	head := strings.TrimSpace(rejects) + ",advice,resolution\n"
	line := `dtc.csv,,2,Status,"J. Doe",R2,it is not known,,rejected,DTC,0000019,2399,A,USD,B2,"say what it means: {""J. Doe"": …}",` + "\n"
	list, err := r.Edit("rejects.csv", []byte(head+line))
	if want := head + strings.NewReplacer(`"J. Doe"`, n.Of("J. Doe"), `""J. Doe""`, `""`+n.Of("J. Doe")+`""`).Replace(line); err != nil ||
		string(list) != want {
		t.Errorf("%s, want %s, %v", list, want, err)
	}
	now, err := r.Edit("result.json", []byte(`{"rejects": [{"advice": "say what it means: {\"J. Doe\": …}"}]}`))
	if want := `{"rejects": [{"advice": "say what it means: {\"` + n.Of("J. Doe") + `\": …}"}]}`; err != nil || string(now) != want {
		t.Errorf("%s, want %s, %v", now, want, err)
	}
	cell := func(column, text string) string {
		return `<c r="` + column + `1" t="inlineStr"><is><t>` + text + `</t></is></c>`
	}
	head = cell("A", "Value as written") + cell("B", "What is wrong") + cell("C", "What to do")
	sheet, err := r.sheet([]byte(head + cell("A", "What to do") + cell("A", "J. Doe") +
		cell("C", "say: {&#34;J. Doe&#34;: …}")))
	if want := head + cell("A", n.Of("What to do")) + cell("A", n.Of("J. Doe")) + cell("C", "say: {&#34;"+n.Of("J. Doe")+"&#34;: …}"); err != nil || string(sheet) != want {
		t.Errorf("%s, want %s, %v", sheet, want, err)
	}
}

func TestOtherOutputsStay(t *testing.T) {
	r := of(t, names(t, "a"), "")
	for _, name := range []string{"wires.csv", "payments.csv", "instructions.csv", "release.txt"} {
		if now, err := r.Edit(name, []byte("J. Doe")); err != nil || string(now) != "J. Doe" {
			t.Errorf("%s: %s, %v", name, now, err)
		}
	}
	for _, name := range []string{"result.json", "result.xlsx"} {
		if _, err := r.Edit(name, []byte("{")); err == nil {
			t.Errorf("%s is taken as it is", name)
		}
	}
}

// FuzzEachString changes every string of a text: what was JSON still is, and where nothing is changed no byte is.
func FuzzEachString(f *testing.F) {
	for _, s := range []string{`{"a": ["b", {"c": "d\"\\"}], "e": 1e3}`, `"a"`, `[]`, `{"": {"": "\u2028"}}`, `[["x"],"y"]`, `{`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		same, err := eachString(content, func(_ []string, text string) string { return text })
		if err != nil {
			if json.Valid(content) {
				t.Fatal(err)
			}
			return
		}
		if !bytes.Equal(same, content) {
			t.Fatalf("%s became %s", content, same)
		}
		other, err := eachString(content, func(_ []string, text string) string { return text + "<\"x" })
		if err != nil || !json.Valid(other) {
			t.Fatalf("%s became %s, %v", content, other, err)
		}
	})
}
