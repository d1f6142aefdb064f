// Package schema collects what the reader of a YAML file asks for, and says it as a JSON Schema
// (2020-12), so that an editor completes keys and shows errors. The reader itself is asked, so the
// schema never says anything else than the reader does: it runs again and again over a file in which
// every key is there, as each kind of value in turn, and notes each key, kind and choice that it
// asks for. Rules about several values, such as the order of dates, are not in a schema.
//
// A nil *Value notes nothing, so that a reader that reads a file notes at no cost.
package schema

import (
	"encoding/json"
	"io"
	"maps"
	"slices"

	"tenderbatch/internal/strictyaml"
)

// Value is what a reader asks of one value.
type Value struct {
	mapping, list bool
	keys          map[string]*Value
	optional      map[string]bool
	old           map[string]bool // keys that still work under another name
	any           *Value          // of a mapping whose keys are not known
	item          *Value
	filled        bool // the list must not be empty
	distinct      bool // no item twice
	forms         map[string]form
	same          string // the place in the schema of a value that can be in this one's place; "" for none
}

// form is one way to write a single value.
type form struct {
	want  string
	types []string
	rules map[string]any
	words []string
}

// New is a value of which nothing was asked yet.
func New() *Value { return &Value{} }

// Key is the value of a key of a mapping. It may be left out if the reader once says so.
func (v *Value) Key(name string, needed bool) *Value {
	if v == nil {
		return nil
	}
	if v.keys == nil {
		v.keys, v.optional, v.old = map[string]*Value{}, map[string]bool{}, map[string]bool{}
	}
	if v.keys[name] == nil {
		v.keys[name] = New()
	}
	v.optional[name] = v.optional[name] || !needed
	return v.keys[name]
}

// Old says of a key that another has taken its place.
func (v *Value) Old(name string) {
	if v != nil {
		v.old[name] = true
	}
}

// Mapping says that the value can be a mapping.
func (v *Value) Mapping() {
	if v != nil {
		v.mapping = true
	}
}

// Any is the value of any key of a mapping whose keys are the user's.
func (v *Value) Any() *Value {
	if v == nil {
		return nil
	}
	if v.any == nil {
		v.any = New()
	}
	return v.any
}

// List says that the value can be a list, and returns its items.
func (v *Value) List() *Value {
	if v == nil {
		return nil
	}
	v.list = true
	if v.item == nil {
		v.item = New()
	}
	return v.item
}

// Filled says that a list must not be empty.
func (v *Value) Filled() {
	if v != nil {
		v.filled = true
	}
}

// Distinct says that nothing can be in a list twice.
func (v *Value) Distinct() {
	if v != nil {
		v.distinct = true
	}
}

// Text says that the value can be a single one, written in any way; want says what it is to be.
func (v *Value) Text(want string) {
	if v != nil {
		v.note(form{want: want, types: []string{"string", "number", "boolean"}, rules: map[string]any{"minLength": 1}})
	}
}

// Pattern says that the value can be a text of a form, such as a date.
func (v *Value) Pattern(want, pattern string) {
	if v != nil {
		v.note(form{want: want, types: []string{"string"}, rules: map[string]any{"pattern": pattern}})
	}
}

// Number says that the value can be a number from least on, which may be in quotation marks.
func (v *Value) Number(want, pattern string, least int) {
	if v != nil {
		rules := map[string]any{"pattern": pattern, "minimum": least}
		v.note(form{want: want, types: []string{"number", "string"}, rules: rules})
	}
}

// Whole says that the value can be a whole number from 1 on, which may be in quotation marks.
func (v *Value) Whole(want, pattern string) {
	if v != nil {
		rules := map[string]any{"pattern": pattern, "minimum": 1}
		v.note(form{want: want, types: []string{"integer", "string"}, rules: rules})
	}
}

// Flag says that the value can be true or false.
func (v *Value) Flag() {
	if v != nil {
		v.note(form{want: "true or false", types: []string{"boolean"}})
	}
}

// Choice says that the value can be one of some words.
func (v *Value) Choice(words []string) {
	if v != nil {
		v.note(form{want: "one of", words: words})
	}
}

func (v *Value) note(f form) {
	if v.forms == nil {
		v.forms = map[string]form{}
	}
	f.words = append(slices.Clone(v.forms[f.want].words), f.words...)
	v.forms[f.want] = f
}

// Amending is what can be said of a change of the value: every key may be left out, some cannot be
// changed, and items of lists can be changed by the name in one of their keys.
func (v *Value) Amending(lists map[string]string, not []string) *Value {
	change := v.loose()
	for key, value := range v.keys {
		name, keyed := lists[key]
		switch {
		case slices.Contains(not, key):
			delete(change.keys, key)
		case keyed && name != "":
			change.keys[key] = &Value{same: "#/properties/" + key, mapping: true, any: value.item.loose()}
		case !value.mapping:
			change.keys[key] = &Value{same: "#/properties/" + key}
		}
	}
	return change
}

// loose is a value in which every key of a mapping may be left out. Lists are as they are: they
// take the place of others.
func (v *Value) loose() *Value {
	if v == nil {
		return nil
	}
	l := *v
	l.keys, l.optional = map[string]*Value{}, map[string]bool{}
	for name, key := range v.keys {
		l.keys[name], l.optional[name] = key.loose(), true
	}
	return &l
}

// Put puts a value in the place of the one at a key.
func (v *Value) Put(name string, value *Value) { v.keys[name] = value }

// At is the value at some keys, one in another; "[]" is the items of a list.
func (v *Value) At(path ...string) *Value {
	for _, step := range path {
		if step == "[]" {
			v = v.item
		} else {
			v = v.keys[step]
		}
	}
	return v
}

// Find is the value at some keys, one in another, as [Value.At]; nil if the reader asks for none there.
func (v *Value) Find(path ...string) *Value {
	for _, step := range path {
		switch {
		case v == nil:
			return nil
		case step == "[]":
			v = v.item
		default:
			v = v.keys[step]
		}
	}
	return v
}

// Keys are the keys of a mapping, sorted; none of a value that is no mapping.
func (v *Value) Keys() []string { return slices.Sorted(maps.Keys(v.keys)) }

// IsList reports whether the value can be a list.
func (v *Value) IsList() bool { return v.list }

// Words are the words one of which the value must be, sorted; none if it can be anything else.
func (v *Value) Words() []string {
	words := slices.Clone(v.forms["one of"].words)
	if len(words) == 0 || len(v.forms) > 1 {
		return nil
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// IsNumber reports whether the value can be a number and nothing but one.
func (v *Value) IsNumber() bool {
	for _, f := range v.forms {
		if f.rules["minimum"] == nil {
			return false
		}
	}
	return len(v.forms) > 0
}

// IsOpen reports whether the value can also be any text.
func (v *Value) IsOpen() bool {
	for _, f := range v.forms {
		if f.rules["minLength"] != nil {
			return true
		}
	}
	return false
}

// IsFlag reports whether the value is true or false.
func (v *Value) IsFlag() bool {
	_, is := v.forms["true or false"]
	return is && len(v.forms) == 1
}

// HasPattern reports whether the value can be a text of a form, as it was passed to [Value.Pattern].
func (v *Value) HasPattern(pattern string) bool {
	for _, f := range v.forms {
		if f.rules["pattern"] == pattern {
			return true
		}
	}
	return false
}

// Write writes the schema of a file. nulls says that null is the same as leaving an optional key out.
func (v *Value) Write(w io.Writer, title string, nulls bool) error {
	top := writing{nulls}.json(v, false)
	top["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	top["title"] = title
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(top)
}

// writing is how a schema is written.
type writing struct{ nulls bool }

// json is a value as a schema; optional says that its key can be left out.
func (to writing) json(v *Value, optional bool) map[string]any {
	var ways []map[string]any
	if v.same != "" {
		ways = append(ways, map[string]any{"$ref": v.same})
	}
	if v.mapping {
		ways = append(ways, to.mapping(v))
	}
	if v.list {
		way := map[string]any{"type": "array", "items": to.json(v.item, false)}
		if v.filled {
			way["minItems"] = 1
		}
		if v.distinct {
			way["uniqueItems"] = true
		}
		ways = append(ways, way)
	}
	for _, want := range slices.Sorted(maps.Keys(v.forms)) {
		ways = append(ways, v.forms[want].json())
	}
	if optional && to.nulls {
		ways = append(ways, map[string]any{"type": "null"})
	}
	if len(ways) == 1 {
		return ways[0]
	}
	return map[string]any{"anyOf": ways}
}

func (to writing) mapping(v *Value) map[string]any {
	properties, required := map[string]any{}, []string{}
	for name, key := range v.keys {
		property := to.json(key, v.optional[name])
		if v.old[name] {
			property["deprecated"] = true
		}
		properties[name] = property
		if !v.optional[name] {
			required = append(required, name)
		}
	}
	way := map[string]any{"type": "object", "additionalProperties": false}
	if v.any != nil && (v.any.mapping || v.any.list || len(v.any.forms) > 0) {
		way["additionalProperties"] = to.json(v.any, false)
	}
	if len(properties) > 0 {
		way["properties"] = properties
	}
	if len(required) > 0 {
		slices.Sort(required)
		way["required"] = required
	}
	return way
}

func (f form) json() map[string]any {
	if len(f.words) > 0 {
		words := slices.Clone(f.words)
		slices.Sort(words)
		return map[string]any{"enum": enum(slices.Compact(words))}
	}
	way := map[string]any{"description": f.want, "type": f.types}
	if len(f.types) == 1 {
		way["type"] = f.types[0]
	}
	maps.Copy(way, f.rules)
	return way
}

// enum are words as YAML has them: digits without quotation marks are a number.
func enum(words []string) (all []any) {
	for _, w := range words {
		all = append(all, w)
		if v := strictyaml.Plain(w); v != any(w) {
			all = append(all, v)
		}
	}
	return all
}
