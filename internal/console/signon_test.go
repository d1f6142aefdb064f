package console

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/account"
	"tenderbatch/internal/signon"
)

// idp is a small identity provider: it vouches for whom a test says, with tokens that it signs.
type idp struct {
	*httptest.Server
	t      *testing.T
	key    *rsa.PrivateKey
	claims map[string]any              // of the next token, beside those that every token has
	change func(claims map[string]any) // spoils the next token
	asked  map[string]url.Values       // the question of each code
}

func newIDP(t *testing.T) *idp {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &idp{t: t, key: key, asked: map[string]url.Values{}, change: func(map[string]any) {}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		p.answer(w, map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token",
			"jwks_uri": p.URL + "/keys", "end_session_endpoint": p.URL + "/logout",
			"id_token_signing_alg_values_supported": []string{"RS256"}})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		p.answer(w, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "one",
			"n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
			"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes())}}})
	})
	mux.HandleFunc("GET /authorize", func(w http.ResponseWriter, r *http.Request) {
		code := rand.Text()
		p.asked[code] = r.URL.Query()
		back := r.FormValue("redirect_uri") + "?" + url.Values{"code": {code}, "state": {r.FormValue("state")}}.Encode()
		http.Redirect(w, r, back, http.StatusSeeOther)
	})
	mux.HandleFunc("POST /token", p.token)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *idp) answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		p.t.Error(err)
	}
}

// token gives a token for a code, once, to the client that can show the verifier of the question.
func (p *idp) token(w http.ResponseWriter, r *http.Request) {
	asked, ok := p.asked[r.FormValue("code")]
	delete(p.asked, r.FormValue("code"))
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	id, secret, _ := r.BasicAuth()
	if !ok || asked.Get("code_challenge_method") != "S256" || id != "console" || secret != "a-secret" ||
		base64.RawURLEncoding.EncodeToString(sum[:]) != asked.Get("code_challenge") {
		w.WriteHeader(http.StatusBadRequest)
		p.answer(w, map[string]any{"error": "invalid_grant"})
		return
	}
	now := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	claims := map[string]any{"iss": p.URL, "aud": "console", "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
		"nonce": asked.Get("nonce")}
	for k, v := range p.claims {
		claims[k] = v
	}
	p.change(claims)
	p.answer(w, map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": p.signed(claims)})
}

func (p *idp) signed(claims map[string]any) string {
	part := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			p.t.Error(err)
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	text := part(map[string]any{"alg": "RS256", "kid": "one", "typ": "JWT"}) + "." + part(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, sum[:])
	if err != nil {
		p.t.Error(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// vouchedHouse is a console for whose people an identity provider vouches.
func vouchedHouse(t *testing.T) (*house, *idp) {
	t.Helper()
	p := newIDP(t)
	h := newHouse(t, func(c *Config) {
		c.SignOn = p.provider(c.Now)
	})
	return h, p
}

// vouchedDemanding is one over an offer whose final runs need an approval.
func vouchedDemanding(t *testing.T) (*house, *idp) {
	t.Helper()
	h, p := demanding(t, "{approvals: 1}"), newIDP(t)
	h.console.SignOn = p.provider(h.console.Now)
	return h, p
}

func (p *idp) provider(now func() time.Time) *signon.Provider {
	return signon.New(signon.Config{Issuer: p.URL, ClientID: "console", ClientSecret: "a-secret", NameClaim: "preferred_username",
		RolesClaim: "realm.roles", Now: now, Roles: map[string][]account.Grant{
			"desk": {{Role: account.Preparer}}, "desk-lead": {{Role: account.Approver}}}})
}

// person has the provider vouch for a person from now on.
func (p *idp) person(sub, name string, roles ...any) {
	p.claims = map[string]any{"sub": sub, "preferred_username": name, "name": "Person " + sub, "realm": map[string]any{"roles": roles}}
}

// noRedirect shows a redirect instead of following it.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// logIn goes through the provider, and returns the page it ends on.
func (h *house) logIn() (*browser, int, string) {
	b := h.browser()
	b.CheckRedirect = nil
	status, body := b.get("/login/provider")
	return b, status, body
}

func TestThePeopleOfAnIdentityProvider(t *testing.T) {
	h, p := vouchedHouse(t)
	p.person("1", "Ann", "desk")
	_, status, body := h.logIn()
	if status != 200 || !strings.Contains(body, ">ann<") || !strings.Contains(body, "<h1>Offers") {
		t.Fatalf("%d %s", status, body)
	}
	a, err := h.accounts.Account("ann")
	if err != nil || a.Subject != p.URL+" 1" || !a.May(account.Prepare, offerName) || a.May(account.Approve, offerName) {
		t.Errorf("%+v, %v", a, err)
	}
	if _, err := h.accounts.Login("ann", "", "", ""); err == nil {
		t.Error("such an account logs in with a password")
	}
	if _, err := h.accounts.SetBack("root", "ann"); err == nil {
		t.Error("such an account is given a password")
	}
}

// A token that does not prove who the person is lets no one in.
func TestTokensThatProveNothing(t *testing.T) {
	for name, c := range map[string]struct {
		change func(map[string]any)
		want   string
	}{
		"wrong nonce":        {func(c map[string]any) { c["nonce"] = "another" }, "belongs to another login"},
		"no nonce":           {func(c map[string]any) { delete(c, "nonce") }, "belongs to another login"},
		"expired":            {func(c map[string]any) { c["exp"] = c["iat"].(int64) - 1 }, "expired"},
		"wrong audience":     {func(c map[string]any) { c["aud"] = "another console" }, "audience"},
		"wrong issuer":       {func(c map[string]any) { c["iss"] = "https://elsewhere.example.com" }, "is not valid"},
		"no subject":         {func(c map[string]any) { delete(c, "sub") }, "names no subject"},
		"unknown role":       {func(c map[string]any) { c["realm"] = map[string]any{"roles": []string{"gardener"}} }, "gives you no role"},
		"no roles":           {func(c map[string]any) { delete(c, "realm") }, "gives you no role"},
		"no name":            {func(c map[string]any) { delete(c, "preferred_username") }, "has no claim preferred_username"},
		"a name with a path": {func(c map[string]any) { c["preferred_username"] = "../ann" }, "cannot be the name of an account"},
	} {
		t.Run(name, func(t *testing.T) {
			h, p := vouchedHouse(t)
			p.person("1", "ann", "desk")
			p.change = c.change
			b, status, body := h.logIn()
			if status != http.StatusUnauthorized || !strings.Contains(body, c.want) {
				t.Errorf("%d, want %q in %s", status, c.want, body)
			}
			if _, body := b.get("/"); !strings.Contains(body, "<h1>Log in") {
				t.Error("the person is logged in")
			}
			if all, err := h.accounts.Accounts(); err != nil || len(all) > 0 {
				t.Errorf("there are accounts: %v, %v", all, err)
			}
		})
	}
}

// A key that is not the provider's signs nothing.
func TestATokenSignedByAnother(t *testing.T) {
	h, p := vouchedHouse(t)
	p.person("1", "ann", "desk")
	if _, status, _ := h.logIn(); status != 200 {
		t.Fatal(status)
	}
	var err error
	if p.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	if _, status, body := h.logIn(); status != http.StatusUnauthorized || !strings.Contains(body, "is not valid") {
		t.Errorf("%d %s", status, body)
	}
}

// The answer counts in the browser that asked only, and once.
func TestAnAnswerOfAnotherLogin(t *testing.T) {
	h, p := vouchedHouse(t)
	p.person("1", "ann", "desk")
	asks := h.browser()
	status, _ := asks.get("/login/provider")
	if status != http.StatusSeeOther {
		t.Fatal(status)
	}
	for name, query := range map[string]string{
		"no state": "code=x", "wrong state": "code=x&state=y", "an error without a state": "error=access_denied",
	} {
		b := h.browser()
		b.get("/login/provider")
		if status, body := b.get(signOnPath + "?" + query); status != http.StatusUnauthorized ||
			!strings.Contains(body, "belongs to another login") {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	// The address of an answer that is given to another person logs no one in.
	back := p.backOf(t, asks)
	if status, _ := h.browser().get(back); status != http.StatusUnauthorized {
		t.Errorf("in another browser: %d", status)
	}
	back = p.backOf(t, asks)
	if status, _ := asks.get(back); status != http.StatusSeeOther {
		t.Errorf("in the browser that asked: %d", status)
	}
	if status, _ := asks.get(back); status != http.StatusUnauthorized {
		t.Errorf("a second time: %d", status)
	}
}

// backOf asks again in a browser, and is the address to which the provider would send it.
func (p *idp) backOf(t *testing.T, b *browser) string {
	t.Helper()
	answer, err := b.Get(b.h.server.URL + "/login/provider")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	answer, err = b.Get(answer.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return strings.TrimPrefix(answer.Header.Get("Location"), b.h.server.URL)
}

// Roles are those of the last login: one that was taken away ends also in sessions before.
func TestARoleThatTheProviderTakesAway(t *testing.T) {
	h, p := vouchedHouse(t)
	p.person("1", "ann", "desk", "desk-lead")
	before, _, _ := h.logIn()
	if status, _ := before.get("/offers/" + offerName + "/files"); status != 200 {
		t.Fatal(status)
	}
	p.person("1", "ann", "desk-lead")
	if _, status, _ := h.logIn(); status != 200 {
		t.Fatal(status)
	}
	if a, err := h.accounts.Account("ann"); err != nil || a.May(account.Prepare, offerName) || !a.May(account.Approve, offerName) {
		t.Errorf("%+v, %v", a, err)
	}
	p.person("1", "ann")
	if _, status, body := h.logIn(); status != http.StatusUnauthorized || !strings.Contains(body, "gives you no role") {
		t.Errorf("%d %s", status, body)
	}
	if status, _ := before.get("/offers/" + offerName); status != http.StatusForbidden {
		t.Errorf("a session of before: %d", status)
	}
	// Without a login the provider is asked again after half a day.
	p.person("1", "ann", "desk")
	b, _, _ := h.logIn()
	h.at = h.at.Add(signedOnFor + time.Minute)
	if _, body := b.get("/"); !strings.Contains(body, "<h1>Log in") {
		t.Error("a session goes on after half a day")
	}
}

// The same subject under another name is the same person: who prepared a run cannot approve it.
func TestTheSameSubjectUnderAnotherName(t *testing.T) {
	h, p := vouchedHouse(t)
	p.person("1", "ann", "desk")
	h.logIn()
	p.person("1", "annabel", "desk-lead")
	_, status, body := h.logIn()
	if status != 200 || !strings.Contains(body, ">ann<") {
		t.Fatalf("%d %s", status, body)
	}
	if all, err := h.accounts.Accounts(); err != nil || len(all) != 1 {
		t.Errorf("%d accounts, %v", len(all), err)
	}
	// And another person under a name that is taken is no one's second account.
	p.person("2", "ann", "desk-lead")
	if _, status, body := h.logIn(); status != http.StatusUnauthorized || !strings.Contains(body, "belongs to another account") {
		t.Errorf("%d %s", status, body)
	}
	h.person("bob", account.Grant{Role: account.Preparer})
	p.person("3", "bob", "desk-lead")
	if _, status, _ := h.logIn(); status != http.StatusUnauthorized {
		t.Errorf("with the name of an account with a password: %d", status)
	}
}

// The approver rule sees one person, whatever the provider calls them between the two steps.
func TestAPersonWithTwoNamesApprovesNothingOfTheirOwn(t *testing.T) {
	h, p := vouchedDemanding(t)
	p.person("1", "ann", "desk")
	maker, _, _ := h.logIn()
	maker.CheckRedirect = noRedirect
	if status, body := maker.post(approvalPath + "/submit"); status != http.StatusSeeOther {
		t.Fatalf("%d %s", status, body)
	}
	p.person("1", "annabel", "desk-lead")
	again, _, _ := h.logIn()
	_, page := again.get(approvalPath + "/approval")
	if strings.Contains(page, "What you approve") || !strings.Contains(page, "Not for you to approve") {
		t.Error("the page offers a person to approve what they submitted")
	}
	p.person("2", "otto", "desk-lead")
	other, _, _ := h.logIn()
	_, page = other.get(approvalPath + "/approval")
	manifest, total := shown(t, page)
	again.CheckRedirect, other.CheckRedirect = noRedirect, noRedirect
	if status, _ := again.post(approvalPath+"/approve", "manifest", manifest, "total", total); status != http.StatusUnprocessableEntity {
		t.Errorf("the request itself: %d", status)
	}
	if status, body := other.post(approvalPath+"/approve", "manifest", manifest, "total", total); status != http.StatusSeeOther {
		t.Errorf("by another person: %d %s", status, body)
	}
}

// Who logs out here is shown where they log out of the provider, too.
func TestLoggingOutOfTheProvider(t *testing.T) {
	h, p := vouchedHouse(t)
	p.person("1", "ann", "desk")
	b, _, _ := h.logIn()
	_, body := b.post("/logout")
	if !strings.Contains(body, p.URL+"/logout?client_id=console&amp;post_logout_redirect_uri=") {
		t.Errorf("the page has no way out of the provider:\n%s", body)
	}
}

// A provider that is away is said to be away, and the password accounts go on.
func TestAProviderThatIsAway(t *testing.T) {
	h, p := vouchedHouse(t)
	p.Close()
	_, status, body := h.logIn()
	if status != http.StatusBadGateway || !strings.Contains(body, "the identity provider does not answer") {
		t.Errorf("%d %s", status, body)
	}
	if status, _ := h.person("bob", account.Grant{Role: account.Viewer}).get("/"); status != 200 {
		t.Errorf("a person with a password: %d", status)
	}
}
