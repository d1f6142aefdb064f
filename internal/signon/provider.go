package signon

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"tenderbatch/internal/account"
)

// Config is how people are known by an identity provider.
type Config struct {
	Issuer       string // address of the provider, as its tokens name it
	ClientID     string
	ClientSecret string
	NameClaim    string                     // from which the name of a new account is made
	RolesClaim   string                     // whose values say what a person may do; of an object's member with dots
	Roles        map[string][]account.Grant // what each value of it gives
	Now          func() time.Time
}

// Provider asks an identity provider who a person is. Its methods can be called by several
// goroutines at once.
type Provider struct {
	Config
	client *http.Client

	mu    sync.Mutex
	found *oidc.Provider // nil until the provider answered once
	end   string         // where a person logs out of the provider, "" if it does not say
}

// answerWithin is how long the provider may take for one answer.
const answerWithin = 10 * time.Second

// New is a provider. Nothing is asked of it yet: it may be down while the service starts.
func New(c Config) *Provider {
	return &Provider{Config: c, client: &http.Client{Timeout: answerWithin}}
}

// Host is the name of the provider's machine, for people.
func (p *Provider) Host() string {
	u, err := url.Parse(p.Issuer)
	if err != nil {
		return p.Issuer
	}
	return u.Host
}

// UnreachableError says that the provider did not answer as one does.
type UnreachableError struct{ err error }

// Error implements error.
func (e *UnreachableError) Error() string {
	return fmt.Sprintf("the identity provider does not answer: %v; try again, or ask who runs it", e.err)
}

// Unwrap is what the connection to the provider said.
func (e *UnreachableError) Unwrap() error { return e.err }

// discovered is the provider with its addresses and keys, which are asked for once.
func (p *Provider) discovered(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	// The keys are fetched with this context later on, when the request is over.
	found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.Issuer)
	if err != nil {
		return nil, &UnreachableError{err}
	}
	var more struct {
		End string `json:"end_session_endpoint"`
	}
	if err := found.Claims(&more); err != nil {
		return nil, &UnreachableError{err}
	}
	p.found, p.end = found, more.End
	return found, nil
}

func (p *Provider) oauth(found *oidc.Provider, back string) *oauth2.Config {
	return &oauth2.Config{ClientID: p.ClientID, ClientSecret: p.ClientSecret, Endpoint: found.Endpoint(),
		RedirectURL: back, Scopes: []string{oidc.ScopeOpenID, "profile", "email"}}
}

// Question is what one login asks: it stays with the browser's session until the answer comes.
type Question struct{ State, Nonce, Verifier, Back string }

// Ask begins a login: the address at the provider to which the browser goes. The provider sends
// it to the address back with its answer.
func (p *Provider) Ask(ctx context.Context, back string) (Question, string, error) {
	found, err := p.discovered(ctx)
	if err != nil {
		return Question{}, "", err
	}
	q := Question{State: oauth2.GenerateVerifier(), Nonce: oauth2.GenerateVerifier(),
		Verifier: oauth2.GenerateVerifier(), Back: back}
	return q, p.oauth(found, back).AuthCodeURL(q.State, oidc.Nonce(q.Nonce), oauth2.S256ChallengeOption(q.Verifier)), nil
}

// Person is who the provider says a person is.
type Person struct {
	Subject  string // the issuer and the subject, which never changes
	Name     string
	FullName string
	Grants   []account.Grant
}

func refused(format string, args ...any) error {
	return &account.RefusedError{Message: fmt.Sprintf(format, args...)}
}

// Answer is who the person is, by what the provider sent with the browser. It is an
// [account.RefusedError] where the answer does not prove it.
func (p *Provider) Answer(ctx context.Context, q Question, sent url.Values) (*Person, error) {
	switch state := sent.Get("state"); {
	case q.State == "" || subtle.ConstantTimeCompare([]byte(state), []byte(q.State)) != 1:
		return nil, refused("this answer of the identity provider belongs to another login; log in again")
	case sent.Get("error") != "":
		return nil, refused("the identity provider refused the login (%.100q); ask who runs it", sent.Get("error"))
	}
	found, err := p.discovered(ctx)
	if err != nil {
		return nil, err
	}
	within, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), answerWithin)
	defer cancel()
	tokens, err := p.oauth(found, q.Back).Exchange(within, sent.Get("code"), oauth2.VerifierOption(q.Verifier))
	var denied *oauth2.RetrieveError
	switch {
	case errors.As(err, &denied) && denied.Response.StatusCode < http.StatusInternalServerError:
		return nil, refused("the identity provider does not take its own answer (%.100q); log in again", denied.ErrorCode)
	case err != nil:
		return nil, &UnreachableError{err}
	}
	raw, _ := tokens.Extra("id_token").(string) // "" is no token, which is found below
	token, err := found.Verifier(&oidc.Config{ClientID: p.ClientID, Now: p.Now}).Verify(within, raw)
	if err != nil {
		return nil, refused("the token of the identity provider is not valid: %v; log in again, or ask who runs it", err)
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(q.Nonce)) != 1 {
		return nil, refused("the token of the identity provider belongs to another login; log in again")
	}
	return p.person(token)
}

// End is where the browser goes to log out of the provider, too; "" if the provider has no such place.
func (p *Provider) End(back string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	u, err := url.Parse(p.end)
	if p.end == "" || err != nil {
		return ""
	}
	query := u.Query()
	query.Set("client_id", p.ClientID)
	query.Set("post_logout_redirect_uri", back)
	u.RawQuery = query.Encode()
	return u.String()
}

// person reads the claims of a token.
func (p *Provider) person(token *oidc.IDToken) (*Person, error) {
	var claims map[string]any
	if err := token.Claims(&claims); err != nil {
		return nil, refused("the token of the identity provider cannot be read: %v; ask who runs it", err)
	}
	if token.Subject == "" {
		return nil, refused("the token of the identity provider names no subject; ask who runs it")
	}
	who := &Person{Subject: token.Issuer + " " + token.Subject}
	who.Name, _ = claims[p.NameClaim].(string)
	who.FullName, _ = claims["name"].(string)
	who.Name = strings.ToLower(strings.TrimSpace(who.Name))
	if who.Name == "" {
		return nil, refused("the token of the identity provider has no claim %s, from which the name of the account is "+
			"made; set name_claim in batch.yaml, or ask who runs the provider", p.NameClaim)
	}
	for _, value := range values(claim(claims, p.RolesClaim)) {
		who.Grants = append(who.Grants, p.Roles[value]...)
	}
	return who, nil
}

// claim is a claim by its name, or the member of an object in one by a path with dots.
func claim(claims map[string]any, path string) any {
	if v, ok := claims[path]; ok {
		return v
	}
	first, rest, more := strings.Cut(path, ".")
	inner, ok := claims[first].(map[string]any)
	if !more || !ok {
		return nil
	}
	return claim(inner, rest)
}

// values are those of a claim: one text, or a list of them.
func values(claim any) (all []string) {
	switch v := claim.(type) {
	case string:
		return []string{v}
	case []any:
		for _, one := range v {
			if text, ok := one.(string); ok {
				all = append(all, text)
			}
		}
	}
	return all
}
