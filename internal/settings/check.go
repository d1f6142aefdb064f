package settings

import (
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/crypto/ssh"
)

// A check returns what is wrong with a value and what to do, "" for nothing. It never
// repeats the value, which may be a secret in the wrong place.

var (
	variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	hostName     = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*\.?$`)
)

func checkVariable(s string) string {
	if !variableName.MatchString(s) {
		return "is not the name of an environment variable; write letters, digits and underscores, and keep the secret " +
			"itself out of the file"
	}
	return ""
}

// CheckURL returns what is wrong with the URL of a ping or a webhook and what to do, ""
// for nothing. It does not repeat the URL, which is often a secret.
func CheckURL(s string) string {
	u, err := url.Parse(strings.ReplaceAll(s, "{offer}", "offer"))
	switch {
	case err != nil || u.Opaque != "" || strings.ContainsFunc(s, isBlank):
		return "is not a URL; write it as https://example.com/path"
	case u.Scheme != "https" && u.Scheme != "http":
		return "must begin with https:// or http://"
	case checkHost(u.Hostname()) != "" || (u.Port() != "" && checkPort(u.Port()) != ""):
		return "has no valid name of a machine, or no valid port; write it as https://example.com/path"
	case u.User != nil:
		return "has a name or a password before the machine; name the variable that holds the URL in url_env, and use a " +
			"token in its path"
	case u.Fragment != "":
		return "has a part after #, which is never sent; leave it out"
	case strings.ContainsAny(strings.ReplaceAll(s, "{offer}", ""), "{}"):
		return "has a placeholder that is not known; the only one is {offer}"
	}
	return ""
}

// checkKey says what is wrong with a public SSH key.
func checkKey(s string) string {
	if _, _, options, rest, err := ssh.ParseAuthorizedKey([]byte(s)); err != nil || len(options) > 0 || len(rest) > 0 {
		return "is not a public SSH key; write the line of the file that ends in .pub, such as ssh-ed25519 AAAA..."
	}
	return ""
}

func isBlank(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

func checkHost(s string) string {
	if _, err := netip.ParseAddr(s); err != nil && (len(s) > 253 || !hostName.MatchString(s)) {
		return "is not the name or address of a machine; write it as mail.example.com, the port apart from it"
	}
	return ""
}

func checkPort(s string) string {
	if n, err := strconv.Atoi(s); err != nil || n < 1 || n > 65535 || s != strconv.Itoa(n) {
		return "is not a port; write a number from 1 to 65535"
	}
	return ""
}

func checkListen(s string) string {
	host, port, err := net.SplitHostPort(s)
	if err != nil || (host != "" && checkHost(host) != "") || checkPort(port) != "" {
		return "is not an address to listen on; write it as 127.0.0.1:9464"
	}
	return ""
}

// isLoopback reports whether an address can be reached from this machine only.
func isLoopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().IsLoopback()
	}
	return host == "localhost"
}

func checkNetwork(s string) string {
	if _, err := netip.ParsePrefix(s); err != nil {
		return "is not a network; write it as 10.0.0.0/8, a single machine as 10.0.0.7/32"
	}
	return ""
}

func checkFolder(s string) string {
	if !filepath.IsAbs(s) {
		return "is not an absolute path; cron and services start in another folder, so write it from the root on"
	}
	return ""
}

func checkAddress(s string) string {
	a, err := mail.ParseAddress(s)
	if err != nil || strings.ContainsFunc(a.Name+a.Address, unicode.IsControl) {
		return "is not a mail address; write it as desk@example.com or Desk <desk@example.com>"
	}
	if _, host, _ := strings.Cut(a.Address, "@"); strings.Contains(host, "@") || checkHost(host) != "" {
		return "is not a mail address that can be reached; write a name, @ and the name of a machine"
	}
	return ""
}

func checkLine(s string) string {
	if strings.TrimSpace(s) != s || strings.ContainsFunc(s, unicode.IsControl) {
		return "begins or ends with a space, or has a line break; take it away"
	}
	return ""
}
