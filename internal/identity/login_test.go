package identity

import (
	"strings"
	"testing"

	"tenderbatch/internal/ledger"
)

// someNames are the users of a system.
func someNames() Names {
	users := map[int]string{0: "root", 900: "batch", 1001: "ann", 1002: "bob"}
	return Names{of: func(uid int) string { return users[uid] }, lookup: func(name string) (int, bool) {
		for uid, known := range users {
			if known == name {
				return uid, true
			}
		}
		return 0, false
	}}
}

// TestTheSystemSaysWhoGivesACommand has each way in which a person can come to a command, and the
// ways in which one can pretend to be another.
func TestTheSystemSaysWhoGivesACommand(t *testing.T) {
	for name, c := range map[string]struct {
		Login
		want string
	}{
		"at their own login":                        {Login{1001, "1001\n", ""}, "ann"},
		"with sudo -u batch":                        {Login{900, "1001", "ann"}, "ann"},
		"with sudo":                                 {Login{0, "1001", "ann"}, "ann"},
		"with su to another user":                   {Login{1002, "1001", ""}, "ann"},
		"who sets SUDO_USER":                        {Login{1001, "1001", "bob"}, "ann"},
		"who sets SUDO_USER where no login is kept": {Login{1001, "4294967295", "bob"}, "ann"},
		"who sets SUDO_USER on another kernel":      {Login{1001, "", "bob"}, "ann"},
		"who sets SUDO_USER as root, after login":   {Login{0, "1001", "bob"}, "ann"},
		"with sudo where no login is kept":          {Login{0, "4294967295", "ann"}, "ann"},
		"with sudo -i of root":                      {Login{0, "1002", ""}, "bob"},
		"logged in as root":                         {Login{0, "0", ""}, "root"},
		"root in a container":                       {Login{0, "4294967295", ""}, "root"},
		"root who sets what is no user":             {Login{0, "4294967295", "bob, who is honest"}, "root"},
		"the service":                               {Login{900, "4294967295", ""}, "batch"},
		"the service, with SUDO_USER":               {Login{900, "4294967295", "ann"}, "batch"},
		"with a login that is no number":            {Login{1001, "bob", ""}, "ann"},
		"with a login that is out of range":         {Login{1001, "99999999999999", ""}, "ann"},
	} {
		got := c.Person(someNames())
		if got != (ledger.Actor{Kind: ledger.User, Name: c.want}) {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}

func TestTheHistorySaysFromWhereACommandCame(t *testing.T) {
	ann := ledger.Actor{Kind: ledger.User, Name: "ann"}
	if by := (Login{uid: 1001}).CameFrom(ann, someNames()); !strings.HasPrefix(by, "ann@") || strings.Contains(by, "for") {
		t.Errorf("%q", by)
	}
	if by := (Login{uid: 900}).CameFrom(ann, someNames()); !strings.HasPrefix(by, "batch@") || !strings.HasSuffix(by, ", for ann") {
		t.Errorf("%q", by)
	}
}

// TestTheProcessHasAPerson looks at the process that runs the tests.
func TestTheProcessHasAPerson(t *testing.T) {
	who := Current(func(string) string { return "no-such-user" }).Person(SystemNames())
	if err := who.Check(); err != nil || who.Kind != ledger.User || who.Name == "no-such-user" {
		t.Errorf("%v, %v", who, err)
	}
}
