package identity

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"strings"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
)

// Login is what the system says of the process: as whom it runs, and who logged in to start it.
type Login struct {
	uid      int
	loginUID string // content of /proc/self/loginuid, "" where the kernel has none
	sudoUser string // SUDO_USER, which only root's word makes more than a text
}

// noLogin is the login of a process that no login began, such as a service.
const noLogin = 1<<32 - 1

// Names are how the system finds a user's name by number, and the number by name.
type Names struct {
	of     func(uid int) string
	lookup func(name string) (uid int, is bool)
}

// SystemNames are those of this system.
func SystemNames() Names {
	return Names{of: nameOf, lookup: func(name string) (int, bool) {
		u, err := user.Lookup(name)
		if err != nil {
			return 0, false
		}
		uid, err := strconv.Atoi(u.Uid)
		return uid, err == nil
	}}
}

// noNumber is what [os.Getuid] returns where users have no numbers.
const noNumber = -1

// nameOf is the system's name for the number of a user.
func nameOf(uid int) string {
	if uid == noNumber {
		if u, err := user.Current(); err == nil {
			return u.Username
		}
	}
	return offerfolder.UserName(uid)
}

// Person is who gives the command. The kernel keeps who logged in, and no program without
// privileges changes that, so it goes first: "sudo -u batch" and "su" change only as whom a
// program runs. SUDO_USER can be set to any text; it counts where root says so, and names a user.
func (l Login) Person(system Names) ledger.Actor {
	uid := l.uid
	at, err := strconv.ParseUint(strings.TrimSpace(l.loginUID), 10, 32)
	switch {
	case err == nil && at != noLogin:
		uid = int(at)
	case uid == 0 && l.sudoUser != "":
		if asked, is := system.lookup(l.sudoUser); is {
			uid = asked
		}
	}
	return ledger.Actor{Kind: ledger.User, Name: system.of(uid)}
}

// Current is the login of this process.
func Current(getenv func(string) string) Login {
	at, err := os.ReadFile("/proc/self/loginuid")
	if err != nil {
		at = nil // a kernel that keeps no logins
	}
	return Login{uid: os.Getuid(), loginUID: string(at), sudoUser: getenv("SUDO_USER")}
}

// CameFrom says for the history from where a command came: user@host, the number of the process,
// and the person if the program runs as another user.
func (l Login) CameFrom(person ledger.Actor, system Names) string {
	host, err := os.Hostname()
	if err != nil {
		host = "?"
	}
	name := system.of(l.uid)
	by := fmt.Sprintf("%s@%s pid %d", name, host, os.Getpid())
	if person.Name != name {
		by += ", for " + person.Name
	}
	return by
}
