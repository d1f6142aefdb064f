package account

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

const issuer = "https://login.example.com"

// The subject is the person: whatever the provider calls them, they have one account and its name.
func TestOneSubjectIsOneAccount(t *testing.T) {
	s, _ := open(t)
	a, err := s.SignOn(issuer+" 1", "ann", "Ann", []Grant{{Role: Preparer}}, "10.0.0.1")
	if err != nil || a.Name != "ann" || a.Subject != issuer+" 1" || a.OneTime {
		t.Fatalf("%+v, %v", a, err)
	}
	a, err = s.SignOn(issuer+" 1", "annabel", "Annabel", []Grant{{Role: Approver}}, "10.0.0.1")
	if err != nil || a.Name != "ann" || a.FullName != "Annabel" || !a.May(Approve, "x") || a.May(Prepare, "x") {
		t.Errorf("%+v, %v", a, err)
	}
	for name, c := range map[string]struct{ subject, name, want string }{
		"a name that is taken":   {issuer + " 2", "ann", "belongs to another account"},
		"a subject of elsewhere": {"https://other.example.com 1", "ann", "belongs to another account"},
		"no subject":             {"", "eve", "does not say who this is"},
		"a name with capitals":   {issuer + " 3", "Eve", "cannot be the name of an account"},
	} {
		if _, err := s.SignOn(c.subject, c.name, "", []Grant{{Role: Viewer}}, ""); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if all, err := s.Accounts(); err != nil || len(all) != 1 {
		t.Errorf("%d accounts, %v", len(all), err)
	}
}

// Without a role no one is let in, and the roles of before do not stay.
func TestASubjectWithoutARole(t *testing.T) {
	s, _ := open(t)
	if _, err := s.SignOn(issuer+" 1", "ann", "", nil, ""); err == nil {
		t.Error("a first login without a role makes an account")
	}
	if _, err := s.SignOn(issuer+" 1", "ann", "", []Grant{{Role: Viewer}}, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SignOn(issuer+" 1", "ann", "", nil, ""); err == nil {
		t.Error("a login without a role")
	}
	if a, err := s.Account("ann"); err != nil || len(a.Grants) > 0 {
		t.Errorf("%+v, %v", a, err)
	}
	if err := s.SetDisabled("root", "ann", true); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SignOn(issuer+" 1", "ann", "", []Grant{{Role: Viewer}}, ""); err == nil {
		t.Error("a disabled account logs in")
	}
}

// An account that is linked has no password any more, and nothing gives it one.
func TestALinkedAccountHasNoPassword(t *testing.T) {
	s, _ := open(t)
	password := add(t, s, "ann", Grant{Role: Preparer})
	if err := s.Link("root", "ann", issuer+" 1"); err != nil {
		t.Fatal(err)
	}
	var refusal *RefusedError
	_, loginErr := s.Login("ann", password, "", "")
	_, backErr := s.SetBack("root", "ann")
	for what, err := range map[string]error{
		"a login": loginErr, "with no password": func() error { _, err := s.Login("ann", "", "", ""); return err }(),
		"set back": backErr, "changed": s.ChangePassword("ann", password, "correct horse battery"),
		"roles": s.SetGrants("root", "ann", []Grant{{Role: Approver}}),
	} {
		if !errors.As(err, &refusal) {
			t.Errorf("%s: %v", what, err)
		}
	}
	a, err := s.SignOn(issuer+" 1", "another.name", "", []Grant{{Role: Viewer}}, "")
	if err != nil || a.Name != "ann" {
		t.Errorf("%+v, %v", a, err)
	}
}

// A person whose browser logs in twice at the same moment, as with two tabs, has one account and is let in.
func TestAPersonWhoSignsOnTwiceAtTheSameMoment(t *testing.T) {
	s, _ := open(t)
	if n := succeed(func() error {
		_, err := s.SignOn(issuer+" 1", "ann", "Ann", []Grant{{Role: Preparer}}, "10.0.0.1")
		if err != nil {
			t.Error(err)
		}
		return err
	}); n != 6 {
		t.Errorf("%d of 6 were let in", n)
	}
}

// One person has one account, also if two are linked to them at the same moment: the other is refused in words.
func TestTwoAccountsAreLinkedToOnePersonAtTheSameMoment(t *testing.T) {
	s, _ := open(t)
	names := []string{"a", "b", "c", "d", "e", "f"}
	for _, name := range names {
		add(t, s, name, Grant{Role: Viewer})
	}
	var next atomic.Int32
	if n := succeed(func() error {
		err := s.Link("root", names[next.Add(1)-1], issuer+" 1")
		if err != nil && !strings.Contains(err.Error(), "one person has one account") {
			t.Error(err)
		}
		return err
	}); n != 1 {
		t.Errorf("%d were linked", n)
	}
}

// An account that is linked while its password is set back has no password then.
func TestAnAccountThatIsLinkedWhileItsPasswordIsSetBack(t *testing.T) {
	s, _ := open(t)
	for round := range 20 {
		name := fmt.Sprint("ann-", round)
		add(t, s, name, Grant{Role: Viewer})
		var both sync.WaitGroup
		both.Go(func() { _, _ = s.SetBack("root", name) }) // it may be refused
		both.Go(func() {
			if err := s.Link("root", name, issuer+" "+name); err != nil {
				t.Error(err)
			}
		})
		both.Wait()
		if c, err := s.credentials(name); err != nil || c.password != "" {
			t.Errorf("it has a password: %v", err)
		}
	}
}
