package console

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"tenderbatch/internal/account"
)

// loginForm is what the page of the login shows again after a try that failed.
type loginForm struct {
	Name, Fault string
	AsksCode    bool
	Provider    string // the machine of the identity provider, "" for none
	End         string // where a person who logged out here logs out of it, too
}

func (c *Console) loginForm(name, fault string, asksCode bool) loginForm {
	f := loginForm{Name: name, Fault: fault, AsksCode: asksCode}
	if c.SignOn != nil {
		f.Provider = c.SignOn.Host()
	}
	return f
}

func (c *Console) loginPage(w http.ResponseWriter, r *http.Request) {
	if me(r) != nil {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	form := c.loginForm("", "", false)
	if r.URL.Query().Has("out") && c.SignOn != nil {
		form.End = c.SignOn.End(c.own(r, "/login"))
	}
	c.show(w, r, "login", "Log in", form)
}

func (c *Console) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, formBytes)
	name := strings.ToLower(strings.TrimSpace(r.PostFormValue("name")))
	a, err := c.Accounts.Login(name, r.PostFormValue("password"), strings.TrimSpace(r.PostFormValue("code")), c.address(r))
	var wrong *account.RefusedError
	switch {
	case errors.As(err, &wrong):
		c.Log.Warn("a login failed", "account", name, "address", c.address(r))
		c.showWith(w, r, http.StatusUnauthorized, "login", "Log in",
			c.loginForm(name, wrong.Message, errors.Is(err, account.ErrCodeNeeded)))
		return
	case err != nil:
		c.failed(w, r, err)
		return
	}
	c.loggedIn(w, r, a)
}

// loggedIn begins the session of an account, and goes on to the page that was asked for before.
func (c *Console) loggedIn(w http.ResponseWriter, r *http.Request, a *account.Account) {
	to := c.sessions.PopString(r.Context(), keyBefore)
	if err := c.begin(r, a); err != nil {
		c.failed(w, r, err)
		return
	}
	c.Log.Info("logged in", "account", a.Name, "address", c.address(r))
	if to == "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") {
		to = "/"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// entered is what a person wrote into a form, in words of their own.
type entered struct{ Name, Text string }

// ended answers a form that came after the end of the session: nothing of it was taken. What
// was written in words is shown again, as the browser keeps no page; of passwords and
// choices nothing is. After the login the page with the form comes back.
func (c *Console) ended(w http.ResponseWriter, r *http.Request) {
	var words []entered
	for _, name := range []string{"effective", "reason", "comment", "set"} {
		if text := r.PostFormValue(name); strings.TrimSpace(text) != "" {
			words = append(words, entered{name, text})
		}
	}
	if from, err := url.Parse(r.Referer()); err == nil && from.Host == r.Host && from.Path != "/login" {
		c.sessions.Put(r.Context(), keyBefore, from.RequestURI())
	}
	c.showWith(w, r, http.StatusUnauthorized, "ended", "Your session has ended", words)
}

func (c *Console) logout(w http.ResponseWriter, r *http.Request) {
	if err := c.sessions.Destroy(r.Context()); err != nil {
		c.failed(w, r, err)
		return
	}
	http.Redirect(w, r, "/login?out=1", http.StatusSeeOther)
}

// ownAccount is what a person sees of the own account.
type ownAccount struct {
	Sessions        []session
	Fault           string
	Secret, Address string // of a second factor that is being set up
}

func (c *Console) mePage(w http.ResponseWriter, r *http.Request) { c.showOwn(w, r, http.StatusOK, "") }

func (c *Console) showOwn(w http.ResponseWriter, r *http.Request, status int, fault string) {
	all, err := c.listed(r, me(r).Name)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	own := ownAccount{Sessions: all, Fault: fault}
	if !me(r).HasSecond && !me(r).OneTime && me(r).Subject == "" {
		own.Secret = c.sessions.GetString(r.Context(), keySecond)
		if own.Secret == "" {
			if own.Secret, _, err = account.NewSecond(me(r).Name); err != nil {
				c.failed(w, r, err)
				return
			}
			c.sessions.Put(r.Context(), keySecond, own.Secret)
		}
	}
	c.showWith(w, r, status, "me", "Your account", own)
}

// changed answers a change of the own account.
func (c *Console) changed(w http.ResponseWriter, r *http.Request, err error, to, notice string) {
	var wrong *account.RefusedError
	switch {
	case errors.As(err, &wrong):
		c.showOwn(w, r, http.StatusUnprocessableEntity, wrong.Message)
	case err != nil:
		c.failed(w, r, err)
	default:
		c.done(w, r, to, notice)
	}
}

func (c *Console) changePassword(w http.ResponseWriter, r *http.Request) {
	first := me(r).OneTime
	var err error = &account.RefusedError{Message: "the two new passwords differ; enter the same one twice"}
	if r.PostFormValue("new") == r.PostFormValue("again") {
		err = c.Accounts.ChangePassword(me(r).Name, r.PostFormValue("old"), r.PostFormValue("new"))
	}
	if err == nil {
		// All who knew the old password are logged out.
		if err = c.end(r, me(r).Name); err == nil {
			err = c.goOn(r)
		}
	}
	to := "/me"
	if first {
		to = "/"
	}
	c.changed(w, r, err, to, "Your password is changed. Other sessions of your account have ended.")
}

// goOn takes the session on after its account changed what it logs in with, under a new token.
func (c *Console) goOn(r *http.Request) error {
	a, err := c.Accounts.Account(me(r).Name)
	if err != nil {
		return err
	}
	c.sessions.Put(r.Context(), keyLogin, a.Login())
	return c.sessions.RenewToken(r.Context())
}

func (c *Console) changeSecond(w http.ResponseWriter, r *http.Request) {
	secret := c.sessions.GetString(r.Context(), keySecond)
	if me(r).HasSecond {
		secret = ""
	}
	err := c.Accounts.SetSecond(me(r).Name, secret, strings.TrimSpace(r.PostFormValue("code")))
	if err == nil {
		c.sessions.Remove(r.Context(), keySecond)
	}
	c.changed(w, r, err, "/me", "Your second factor is changed.")
}

func (c *Console) endOwnSessions(w http.ResponseWriter, r *http.Request) {
	c.changed(w, r, c.end(r, me(r).Name), "/me", "Your other sessions have ended.")
}
