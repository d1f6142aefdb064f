package account

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"tenderbatch/internal/servertest"
)

// clock is a time that a test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func open(t *testing.T) (*Store, *clock) {
	t.Helper()
	c := &clock{time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)}
	s, err := openForTest(t, c.now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, c
}

func add(t *testing.T, s *Store, name string, grants ...Grant) (password string) {
	t.Helper()
	password, err := s.Add("root", name, "A Person", grants)
	if err != nil {
		t.Fatal(err)
	}
	return password
}

func TestALoginNeedsTheRightPassword(t *testing.T) {
	s, _ := open(t)
	password := add(t, s, "ann", Grant{Role: Viewer})
	if _, err := s.Login("ann", "wrong", "", "10.0.0.1"); !errors.Is(err, errWrong) {
		t.Errorf("a wrong password: %v", err)
	}
	if _, err := s.Login("bob", password, "", "10.0.0.1"); !errors.Is(err, errWrong) {
		t.Errorf("a name without an account: %v", err)
	}
	a, err := s.Login("ann", password, "", "10.0.0.1")
	if err != nil || !a.OneTime || len(a.Grants) != 1 {
		t.Errorf("the right password: %+v, %v", a, err)
	}
}

func TestAPasswordForOneUseExpires(t *testing.T) {
	s, c := open(t)
	password := add(t, s, "ann", Grant{Role: Viewer})
	c.at = c.at.Add(oneTimeFor)
	if _, err := s.Login("ann", password, "", ""); !errors.Is(err, errWrong) {
		t.Errorf("after three days: %v", err)
	}
}

// Wrong passwords delay the next try, longer each time; while that lasts the right one is
// refused as well, so a guess finds out nothing.
func TestWrongPasswordsDelayTheNextTry(t *testing.T) {
	s, c := open(t)
	password := add(t, s, "ann", Grant{Role: Viewer})
	for range freeFailures {
		if _, err := s.Login("ann", "wrong password", "", ""); !errors.Is(err, errWrong) {
			t.Fatal(err)
		}
	}
	if _, err := s.Login("ann", password, "", ""); err == nil || !strings.Contains(err.Error(), "too many wrong logins") {
		t.Errorf("right after: %v", err)
	}
	c.at = c.at.Add(firstDelay)
	if _, err := s.Login("ann", "wrong password", "", ""); !errors.Is(err, errWrong) {
		t.Error(err)
	}
	c.at = c.at.Add(firstDelay)
	if _, err := s.Login("ann", password, "", ""); err == nil {
		t.Error("the second delay is no longer than the first")
	}
	c.at = c.at.Add(firstDelay)
	if _, err := s.Login("ann", password, "", ""); err != nil {
		t.Error(err)
	}
	if delayAfter(1000) != longestDelay {
		t.Errorf("after a thousand: %s", delayAfter(1000))
	}
}

// Many guesses at once count each, so that they cannot go round the delay.
func TestGuessesAtOnceCountEach(t *testing.T) {
	s, _ := open(t)
	add(t, s, "ann", Grant{Role: Viewer})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { _, _ = s.Login("ann", "wrong password", "", "") })
	}
	all.Wait()
	a, err := s.Account("ann")
	if err != nil || a.LockedUntil.IsZero() {
		t.Errorf("after twenty guesses at once: %+v, %v", a, err)
	}
}

func TestAPasswordIsChangedByItsOwner(t *testing.T) {
	s, _ := open(t)
	password := add(t, s, "ann", Grant{Role: Preparer})
	for _, c := range []struct{ old, new, want string }{
		{"wrong", "correct horse battery", "present password is wrong"},
		{password, "short", "fewer than 12"},
		{password, strings.Repeat("x y", 100), "more than 200"},
		{password, "ann and her horse", "name of the account"},
		{password, password, "is the old one"},
		{password, "abababababab", "few different"},
	} {
		if err := s.ChangePassword("ann", c.old, c.new); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.new, err, c.want)
		}
	}
	if err := s.ChangePassword("ann", password, "correct horse battery"); err != nil {
		t.Fatal(err)
	}
	a, err := s.Login("ann", "correct horse battery", "", "")
	if err != nil || a.OneTime {
		t.Errorf("%+v, %v", a, err)
	}
	if _, err := s.Login("ann", password, "", ""); !errors.Is(err, errWrong) {
		t.Errorf("the password for one use again: %v", err)
	}
}

// A code of the second factor is asked for, must be that of now, and is used once.
func TestASecondFactor(t *testing.T) {
	s, c := open(t)
	password := add(t, s, "ann", Grant{Role: Approver})
	secret, address, err := NewSecond("ann")
	if err != nil || !strings.HasPrefix(address, "otpauth://totp/") {
		t.Fatal(address, err)
	}
	code := func(away time.Duration) string {
		text, err := totp.GenerateCode(secret, c.at.Add(away))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	if err := s.SetSecond("ann", secret, "000000"); err == nil {
		t.Fatal("a wrong code sets a second factor")
	}
	if err := s.SetSecond("ann", secret, code(0)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Login("ann", password, "", ""); !errors.Is(err, ErrCodeNeeded) {
		t.Errorf("without a code: %v", err)
	}
	if _, err := s.Login("ann", password, code(0), ""); !errors.Is(err, errWrong) {
		t.Errorf("a code that was used: %v", err)
	}
	c.at = c.at.Add(2 * time.Minute)
	if _, err := s.Login("ann", password, code(-2*time.Minute), ""); !errors.Is(err, errWrong) {
		t.Errorf("an old code: %v", err)
	}
	if _, err := s.Login("ann", password, code(0), ""); err != nil {
		t.Errorf("the code of now: %v", err)
	}
}

// A code that is entered twice at the same moment lets one in, be it the person or who looked over a shoulder.
func TestACodeCountsOnceAtTheSameMoment(t *testing.T) {
	s, c := open(t)
	password := add(t, s, "ann", Grant{Role: Approver})
	secret, _, err := NewSecond("ann")
	if err != nil {
		t.Fatal(err)
	}
	code := func() string {
		text, err := totp.GenerateCode(secret, c.at)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	if err := s.SetSecond("ann", secret, code()); err != nil {
		t.Fatal(err)
	}
	c.at = c.at.Add(2 * time.Minute)
	if n := succeed(func() error { _, err := s.Login("ann", password, code(), ""); return err }); n != 1 {
		t.Errorf("%d logins with one code", n)
	}
	c.at = c.at.Add(longestDelay)
	if n := succeed(func() error { return s.SetSecond("ann", "", code()) }); n != 1 {
		t.Errorf("one code took the second factor off %d times", n)
	}
}

// A password that is changed twice at the same moment is changed once: the second no longer has the present one.
func TestAPasswordIsChangedOnceAtTheSameMoment(t *testing.T) {
	s, _ := open(t)
	password := add(t, s, "ann", Grant{Role: Approver})
	var next atomic.Int32
	if n := succeed(func() error {
		return s.ChangePassword("ann", password, fmt.Sprint("correct horse battery ", next.Add(1)))
	}); n != 1 {
		t.Errorf("it was changed %d times", n)
	}
}

// succeed counts how often something succeeds that six do at the same moment.
func succeed(do func() error) int32 {
	var n atomic.Int32
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if do() == nil {
				n.Add(1)
			}
		})
	}
	all.Wait()
	return n.Load()
}

func TestADisabledAccountCannotLogIn(t *testing.T) {
	s, _ := open(t)
	password := add(t, s, "ann", Grant{Role: Preparer})
	if err := s.SetDisabled("root", "ann", true); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Login("ann", password, "", ""); !errors.Is(err, errWrong) {
		t.Error(err)
	}
	if a, err := s.Account("ann"); err != nil || a.May(See, "") {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestWhatRolesMay(t *testing.T) {
	all := []Act{See, SeeNames, Prepare, Approve, Administer}
	for role, want := range map[Role]string{
		Viewer: "see", Preparer: "see, see names, prepare", Approver: "see, see names, approve", Admin: "administer",
	} {
		a := &Account{Grants: []Grant{{Role: role}}}
		var may []string
		for _, act := range all {
			if a.May(act, "offer") {
				may = append(may, string(act))
			}
		}
		if got := strings.Join(may, ", "); got != want {
			t.Errorf("%s may %s, want %s", role, got, want)
		}
	}
	one := &Account{Grants: []Grant{{Role: Approver, Offer: "a"}}}
	if !one.May(Approve, "a") || one.May(Approve, "b") || !one.May(Approve, "") {
		t.Error("a role for one offer counts for another")
	}
}

func TestRolesAsText(t *testing.T) {
	for text, want := range map[string]string{
		"viewer": "viewer", "approver:level3-2004": "approver:level3-2004",
		"boss": `"boss" is no role`, "viewer:": "names no offer", "admin:a": "belong to no offer", "": `"" is no role`,
	} {
		g, err := ParseGrant(text)
		got := g.String()
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestNamesOfAccounts(t *testing.T) {
	s, _ := open(t)
	for _, name := range []string{"", "Ann", "ann/x", "../ann", "a b", strings.Repeat("a", 65), ".ann"} {
		if _, err := s.Add("root", name, "", []Grant{{Role: Viewer}}); err == nil {
			t.Errorf("%q is the name of an account", name)
		}
	}
	add(t, s, "ann", Grant{Role: Viewer})
	if _, err := s.Add("root", "ann", "", []Grant{{Role: Viewer}}); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a second ann: %v", err)
	}
}

// Only the owner of the file reads it, and no password is in it.
func TestTheFileHasNoPassword(t *testing.T) {
	if servertest.OnPostgres() {
		t.Skip("about the file")
	}
	s, _ := open(t)
	password := add(t, s, "ann", Grant{Role: Viewer})
	var path string
	if err := s.db.QueryRow("SELECT file FROM pragma_database_list").Scan(&path); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + "-wal"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s can be read by others: %s", name, info.Mode())
		}
		if content, err := os.ReadFile(name); err != nil || strings.Contains(string(content), password) {
			t.Errorf("%s has the password in it, or %v", name, err)
		}
	}
}

// What was done to accounts is kept, with who did it.
func TestEventsSayWhoDidWhat(t *testing.T) {
	s, _ := open(t)
	password := add(t, s, "ann", Grant{Role: Viewer})
	_, _ = s.Login("ann", "wrong", "", "10.0.0.1")
	if _, err := s.Login("ann", password, "", "10.0.0.2"); err != nil {
		t.Fatal(err)
	}
	if err := s.SetGrants("boss", "ann", []Grant{{Role: Approver, Offer: "a"}}); err != nil {
		t.Fatal(err)
	}
	events, err := s.Events(10)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, e := range events {
		said = append(said, e.By+" "+e.What+" "+e.Address)
	}
	want := "boss roles set to approver:a |ann logged in 10.0.0.2|ann login failed 10.0.0.1|root added as viewer "
	if got := strings.Join(said, "|"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAFileOfANewerVersionIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	s, err := Open(path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.Exec("PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, time.Now); err == nil || !strings.Contains(err.Error(), "newer version") {
		t.Error(err)
	}
}
