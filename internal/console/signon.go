package console

import (
	"encoding/json"
	"errors"
	"net/http"

	"tenderbatch/internal/account"
	"tenderbatch/internal/signon"
)

// signOnPath is the address to which the identity provider sends browsers back.
const signOnPath = "/login/provider/back"

// own is an address of this console as browsers reach it. The host was compared with those known.
func (c *Console) own(r *http.Request, path string) string {
	scheme := "http"
	if c.Secure {
		scheme = "https"
	}
	return scheme + "://" + r.Host + path
}

// signOn sends the browser to the identity provider, with a question that stays in its session.
func (c *Console) signOn(w http.ResponseWriter, r *http.Request) {
	if c.SignOn == nil {
		c.failed(w, r, errNotFound)
		return
	}
	question, to, err := c.SignOn.Ask(r.Context(), c.own(r, signOnPath))
	if err != nil {
		c.notSignedOn(w, r, err)
		return
	}
	kept, err := json.Marshal(question)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	c.sessions.Put(r.Context(), keyAsked, string(kept))
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// signedOn takes the answer of the identity provider. A question is answered once.
func (c *Console) signedOn(w http.ResponseWriter, r *http.Request) {
	if c.SignOn == nil {
		c.failed(w, r, errNotFound)
		return
	}
	var question signon.Question
	// Without a question in the session there is no state, so no answer fits.
	_ = json.Unmarshal([]byte(c.sessions.PopString(r.Context(), keyAsked)), &question)
	who, err := c.SignOn.Answer(r.Context(), question, r.URL.Query())
	var a *account.Account
	if err == nil {
		a, err = c.Accounts.SignOn(who.Subject, who.Name, who.FullName, who.Grants, c.address(r))
	}
	if err != nil {
		c.notSignedOn(w, r, err)
		return
	}
	c.loggedIn(w, r, a)
}

// notSignedOn answers a login at the identity provider that failed.
func (c *Console) notSignedOn(w http.ResponseWriter, r *http.Request, err error) {
	var wrong *account.RefusedError
	var away *signon.UnreachableError
	status := http.StatusUnauthorized
	switch {
	case errors.As(err, &away):
		status = http.StatusBadGateway
	case !errors.As(err, &wrong):
		c.failed(w, r, err)
		return
	}
	c.Log.Warn("a login by the identity provider failed", "error", err, "address", c.address(r))
	c.showWith(w, r, status, "login", "Log in", c.loginForm("", err.Error(), false))
}
