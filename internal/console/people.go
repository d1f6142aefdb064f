package console

import (
	"errors"
	"net/http"
	"strings"

	"tenderbatch/internal/account"
)

// peoplePage says who may do what, and lets an administrator change it.
func (c *Console) peoplePage(w http.ResponseWriter, r *http.Request) {
	c.showPeople(w, r, http.StatusOK, "", "", "")
}

// people is what the page shows.
type people struct {
	Accounts       []*account.Account
	Sessions       map[string]int // by account
	Events         []account.Event
	Offers         []string
	Roles          []account.Role
	Fault          string
	Name, Password string // of an account with a new password for one use, shown this once
}

func (c *Console) showPeople(w http.ResponseWriter, r *http.Request, status int, fault, name, password string) {
	const mostEvents = 100
	p := people{Roles: account.Roles, Fault: fault, Name: name, Password: password, Sessions: map[string]int{}}
	var err error
	if p.Accounts, err = c.Accounts.Accounts(); err != nil {
		c.failed(w, r, err)
		return
	}
	if p.Events, err = c.Accounts.Events(mostEvents); err != nil {
		c.failed(w, r, err)
		return
	}
	sessions, err := c.listed(r, "")
	if err != nil {
		c.failed(w, r, err)
		return
	}
	for _, s := range sessions {
		p.Sessions[s.Account]++
	}
	offers, err := c.offers()
	if err != nil {
		c.failed(w, r, err)
		return
	}
	p.Offers = sortedKeys(offers)
	c.showWith(w, r, status, "people", "People", p)
}

// grantsOf are the roles that a form names, such as "preparer approver:level3-2004".
func grantsOf(text string) (all []account.Grant, err error) {
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ' ' || r == ',' }) {
		g, err := account.ParseGrant(word)
		if err != nil {
			return nil, &account.RefusedError{Message: err.Error()}
		}
		all = append(all, g)
	}
	return all, nil
}

func (c *Console) addPerson(w http.ResponseWriter, r *http.Request) {
	grants, err := grantsOf(r.PostFormValue("roles"))
	name, password := strings.TrimSpace(r.PostFormValue("name")), ""
	if err == nil {
		password, err = c.Accounts.Add(me(r).Name, name, r.PostFormValue("full_name"), grants)
	}
	c.changedPeople(w, r, err, name, password)
}

// changePerson does to an account what the button says.
func (c *Console) changePerson(w http.ResponseWriter, r *http.Request) {
	name, by, password := r.PathValue("name"), me(r).Name, ""
	var err error
	switch what := r.PostFormValue("do"); what {
	case "roles":
		var grants []account.Grant
		if grants, err = grantsOf(r.PostFormValue("roles")); err == nil {
			err = c.Accounts.SetGrants(by, name, grants)
		}
	case "reset":
		if password, err = c.Accounts.SetBack(by, name); err == nil {
			err = c.end(r, name)
		}
	case "disable", "enable":
		if name == by {
			err = &account.RefusedError{Message: "you cannot disable your own account; another administrator can"}
			break
		}
		if err = c.Accounts.SetDisabled(by, name, what == "disable"); err == nil {
			err = c.end(r, name)
		}
	case "end":
		err = c.end(r, name)
	default:
		err = &account.RefusedError{Message: "the form says nothing to do; use the buttons of the page"}
	}
	c.changedPeople(w, r, err, name, password)
}

func (c *Console) changedPeople(w http.ResponseWriter, r *http.Request, err error, name, password string) {
	var wrong *account.RefusedError
	switch {
	case errors.As(err, &wrong):
		c.showPeople(w, r, http.StatusUnprocessableEntity, wrong.Message, "", "")
	case errors.Is(err, account.ErrNoAccount):
		c.showPeople(w, r, http.StatusNotFound, "There is no such account.", "", "")
	case err != nil:
		c.failed(w, r, err)
	case password != "":
		c.showPeople(w, r, http.StatusOK, "", name, password) // shown once, so no other page can
	default:
		c.done(w, r, "/people", "Changed.")
	}
}
