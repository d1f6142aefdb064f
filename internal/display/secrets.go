package display

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Mask takes the place of a secret.
const Mask = "********"

// Secrets are values that must not be shown: passwords, keys, and the addresses that
// are as good as passwords. They are found by value, wherever a text has them from.
// The zero value and nil know none. They may be used by several goroutines.
type Secrets struct {
	mu     sync.RWMutex
	values []string // longest first, so that a part does not leave the rest
}

// leastSecret is how many bytes a value must have to be masked: a shorter one is in
// every other word.
const leastSecret = 4

// Add adds a value, as it is and as it looks in addresses, HTML, JSON and mail.
func (s *Secrets) Add(value string) {
	if s == nil || len(value) < leastSecret {
		return
	}
	quoted, err := json.Marshal(value)
	if err != nil {
		quoted = nil // a text can always be
	}
	s.add(value, url.QueryEscape(value), url.PathEscape(value), html.EscapeString(value),
		strings.Trim(string(quoted), `"`), base64.StdEncoding.EncodeToString([]byte(value)), Line(value))
}

// AddLogin adds a password with the name of its account, as mail servers get both.
func (s *Secrets) AddLogin(name, password string) {
	s.Add(password)
	if len(password) >= leastSecret {
		s.Add(base64.StdEncoding.EncodeToString([]byte("\x00" + name + "\x00" + password)))
	}
}

// AddURL adds what of an address may be secret: name and password, each part of the
// path but common words, and the values of the query. {offer} is for the offer and
// is none.
func (s *Secrets) AddURL(address string) {
	if s == nil || address == "" {
		return
	}
	u, err := url.Parse(strings.ReplaceAll(address, "{offer}", "/"))
	if err != nil {
		s.Add(address)
		return
	}
	if password, given := u.User.Password(); given {
		s.AddLogin(u.User.Username(), password)
	}
	for part := range strings.SplitSeq(u.Path, "/") {
		if !commonParts[strings.ToLower(part)] {
			s.Add(part)
		}
	}
	for _, values := range u.Query() {
		for _, value := range values {
			s.Add(value)
		}
	}
}

// commonParts are parts of addresses that are no secret.
var commonParts = map[string]bool{
	"alert": true, "alerts": true, "api": true, "batch": true, "event": true, "events": true, "fail": true, "hook": true,
	"hooks": true, "incoming": true, "notices": true, "notifications": true, "notify": true, "offer": true,
	"offers": true, "ping": true, "rest": true, "services": true,
	"start": true, "tender": true, "tenders": true, "webhook": true, "webhooks": true, "workflows": true,
}

// AddAll adds the secrets that another knows.
func (s *Secrets) AddAll(other *Secrets) {
	if s == nil || other == nil {
		return
	}
	other.mu.RLock()
	values := slices.Clone(other.values)
	other.mu.RUnlock()
	s.add(values...)
}

func (s *Secrets) add(values ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range values {
		if !slices.Contains(s.values, v) {
			s.values = append(s.values, v)
		}
	}
	slices.SortFunc(s.values, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
}

// Hide is a text with every secret in it masked.
func (s *Secrets) Hide(text string) string {
	if s == nil {
		return text
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, v := range s.values {
		text = strings.ReplaceAll(text, v, Mask)
	}
	return text
}
