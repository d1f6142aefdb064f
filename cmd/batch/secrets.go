package main

import (
	"os"
	"path/filepath"
	"strings"
	"sync"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/display"
)

// keepingSecrets is the world in which every secret that is looked up is masked from
// then on in whatever is logged or said.
func (w world) keepingSecrets() world {
	secrets, getenv := &display.Secrets{}, w.getenv
	w.secrets = secrets
	w.getenv = func(name string) string {
		value := secretOf(name, getenv)
		if !ofSystem(name) {
			secrets.Add(value)
		}
		return value
	}
	return w
}

// ofSystem reports whether a variable is one of the system's: it is no secret, whatever
// file names it as one, and the process needs it.
func ofSystem(name string) bool {
	switch name {
	case "PATH", "HOME", "USER", "LOGNAME", "SHELL", "PWD", "LANG", "TZ", "TMPDIR", "TERM", "NOTIFY_SOCKET",
		"WATCHDOG_USEC", "WATCHDOG_PID",
		"INVOCATION_ID", "JOURNAL_STREAM", "GOMEMLIMIT", "GODEBUG", "SSL_CERT_FILE", "SSL_CERT_DIR", credentials:
		return true
	}
	return strings.HasPrefix(name, "LC_") || strings.HasSuffix(strings.ToUpper(name), "_PROXY")
}

// credentials is the variable in which systemd names the folder of a service's
// credentials (LoadCredential=).
const credentials = "CREDENTIALS_DIRECTORY"

// mostSecret is more than the bytes of any secret.
const mostSecret = 64 << 10

// secretOf looks up a secret: in the environment, or else in the file of its name among
// the service's credentials.
func secretOf(name string, getenv func(string) string) string {
	if getenv == nil {
		return ""
	}
	if value := getenv(name); value != "" {
		return value
	}
	folder := getenv(credentials)
	if folder == "" || name != filepath.Base(name) || strings.HasPrefix(name, ".") {
		return ""
	}
	content, err := disk.In(folder).ReadFile(filepath.Join(folder, name), mostSecret)
	if err != nil {
		return "" // the user of it says that it is missing
	}
	return strings.TrimRight(string(content), "\r\n")
}

// forgetting is the world in which a secret that was looked up is taken out of the
// environment of the process: what reads that by mistake or by a trick finds none.
func (w world) forgetting(unset func(name string) error) world {
	var mu sync.Mutex
	known, getenv := map[string]string{}, w.getenv
	w.getenv = func(name string) string {
		mu.Lock()
		defer mu.Unlock()
		value, looked := known[name]
		if !looked {
			value = getenv(name)
			known[name] = value
			if !ofSystem(name) {
				_ = unset(name) // it fails for names only that hold nothing
			}
		}
		return value
	}
	return w
}

// forgetSecrets is forgetting for the environment that the process has.
func (w world) forgetSecrets() world { return w.forgetting(os.Unsetenv) }
