package pseudonym

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// json is result.json with what its findings quote replaced. All other bytes stay.
func (r *Run) json(content []byte) ([]byte, error) {
	return eachString(content, func(keys []string, text string) string {
		if isQuoting(keys) {
			return r.text(keys[len(keys)-1], text)
		}
		return text
	})
}

// errJSON says that a text is no JSON.
var errJSON = errors.New("it is no JSON that can be read")

// eachString calls do with each string of a JSON text that is a value, and the keys that lead to it, and returns the
// text with what do returned. It changes no other byte.
func eachString(content []byte, do func(keys []string, text string) string) ([]byte, error) {
	if !json.Valid(content) {
		return nil, errJSON
	}
	var out bytes.Buffer
	var keys []string // of the objects that are open; "" for a list
	for at := 0; at < len(content); {
		switch c := content[at]; c {
		case '{', '[':
			keys = append(keys, "")
		case '}', ']':
			keys = keys[:len(keys)-1]
		case '"':
			end := endOf(content, at)
			var text string
			if err := json.Unmarshal(content[at:end], &text); err != nil {
				return nil, err
			}
			if rest := bytes.TrimLeft(content[end:], " \t\r\n"); len(rest) > 0 && rest[0] == ':' {
				keys[len(keys)-1] = text
			} else if now := do(named(keys), text); now != text {
				out.Write(encoded(now))
				at = end
				continue
			}
			out.Write(content[at:end])
			at = end
			continue
		}
		out.WriteByte(content[at])
		at++
	}
	return out.Bytes(), nil
}

// endOf is where the string that begins at a place ends.
func endOf(content []byte, at int) int {
	for i := at + 1; i < len(content); i++ {
		switch content[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(content)
}

// named are the keys without those of lists; one at least.
func named(keys []string) (all []string) {
	for _, k := range keys {
		if k != "" {
			all = append(all, k)
		}
	}
	if len(all) == 0 {
		all = []string{""}
	}
	return all
}

func encoded(text string) []byte {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a text can always be encoded
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}
