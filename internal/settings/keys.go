package settings

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"tenderbatch/internal/strictyaml"
)

// settings reads the whole file.
func (f *file) settings(root *strictyaml.Node, s *Settings) {
	given := f.section("the settings", root, map[string]reader{
		"metrics":    func(name string, n *strictyaml.Node) { f.metrics(name, n, &s.Metrics) },
		"ping":       func(name string, n *strictyaml.Node) { f.ping(name, n, &s.Ping) },
		"mail":       func(name string, n *strictyaml.Node) { f.mail(name, n, &s.Mail) },
		"webhook":    func(name string, n *strictyaml.Node) { f.webhook(name, n, &s.Webhook) },
		"serve":      func(name string, n *strictyaml.Node) { f.serve(name, n, s) },
		"console":    func(name string, n *strictyaml.Node) { f.console(name, n, &s.Console) },
		"signers":    func(name string, n *strictyaml.Node) { f.signers(name, n, &s.Signers) },
		"pgp":        func(name string, n *strictyaml.Node) { f.pgp(name, n, &s.PGP) },
		"intake":     func(name string, n *strictyaml.Node) { f.intake(name, n, &s.Intake) },
		"deliveries": func(name string, n *strictyaml.Node) { f.deliveries(name, n, &s.Deliveries) },
		"signers_file": f.value(&s.SignersFile, "a file such as /etc/batch/allowed_signers",
			checkFolder),
	})
	f.checkPosted(given, s)
}

// checkPosted is a fault for a delivery by mail where no mail server is named: it would be noticed only once a run was released.
func (f *file) checkPosted(given map[string]*strictyaml.Node, s *Settings) {
	for _, d := range s.Deliveries {
		if len(d.Mail) > 0 && given["mail"] == nil {
			f.fault(given["deliveries"], "deliveries: %s goes by mail, and no mail server is named; add mail with server and from", d.Name)
		}
	}
}

func (f *file) metrics(name string, n *strictyaml.Node, m *Metrics) {
	var anywhere bool
	given := f.section(name, n, map[string]reader{
		"listen":          f.value(&m.Listen, "an address such as 127.0.0.1:9464", checkListen),
		"listen_anywhere": f.flag(&anywhere),
		"textfile_dir":    f.value(&m.TextfileDir, "a folder such as /var/lib/prometheus/node-exporter", checkFolder),
	})
	if m.Listen != "" && !anywhere && !isLoopback(m.Listen) {
		f.fault(given["listen"], "listen is an address that other machines can reach, and there is no password on it; "+
			"write 127.0.0.1 before the port, or listen_anywhere: true if that is meant")
	}
}

func (f *file) console(name string, n *strictyaml.Node, c *Console) {
	var proxies []string
	given := f.section(name, n, map[string]reader{
		"listen":          f.value(&c.Listen, "an address such as 127.0.0.1:8080", checkListen),
		"hosts":           f.list(&c.Hosts, "names such as [batch.example.com]", checkHost),
		"tls_cert":        f.value(&c.TLSCert, "a file such as /etc/batch/console.pem", checkFolder),
		"tls_key":         f.value(&c.TLSKey, "a file such as /etc/batch/console.key", checkFolder),
		"trusted_proxies": f.list(&proxies, "networks such as [10.0.0.0/8]", checkNetwork),
		"bind_sessions":   f.flag(&c.BindSessions),
		"oidc":            func(name string, n *strictyaml.Node) { f.oidc(name, n, &c.OIDC) },
	})
	for _, p := range proxies {
		if network, err := netip.ParsePrefix(p); err == nil { // checked above
			c.TrustedProxies = append(c.TrustedProxies, network)
		}
	}
	if (given["tls_cert"] == nil) != (given["tls_key"] == nil) {
		f.fault(n, "tls_cert and tls_key belong together; give both, or none")
	}
	if wrong := c.CheckListen(); wrong != "" && given["listen"] != nil {
		f.fault(given["listen"], "listen %s", wrong)
	}
}

// oidc reads who vouches for people. Claims have the names that most providers give them.
func (f *file) oidc(name string, n *strictyaml.Node, o *OIDC) {
	o.NameClaim, o.RolesClaim = "preferred_username", "groups"
	given := f.section(name, n, map[string]reader{
		"issuer":             f.value(&o.Issuer, "the address of the provider such as https://login.example.com", checkIssuer),
		"client_id":          f.value(&o.ClientID, "the name by which the provider knows this console", checkLine),
		"client_secret_file": f.value(&o.ClientSecretFile, "a file such as /etc/batch/oidc.secret", checkFolder),
		"name_claim":         f.value(&o.NameClaim, "a claim such as preferred_username", checkClaim),
		"roles_claim":        f.value(&o.RolesClaim, "a claim such as groups or realm_access.roles", checkClaim),
		"roles":              func(name string, n *strictyaml.Node) { f.roles(name, n, &o.Roles) },
	})
	f.needs("oidc", n, given, "issuer", "client_id", "client_secret_file", "roles")
}

// roles reads what each value of a claim lets a person do.
func (f *file) roles(name string, n *strictyaml.Node, to *map[string][]string) {
	const want = "the values of the claim and their roles, such as desk: [preparer]"
	f.walk.Of(n).Mapping()
	if n.Kind != strictyaml.Mapping && f.walk == nil {
		f.fault(n, "%s is %s here; write below it %s", name, n.Kind, want)
		return
	}
	*to = map[string][]string{}
	for _, e := range n.Entries {
		var all []string
		f.list(&all, "roles such as [preparer, approver:level3-2004]", checkRole)("the roles of "+e.Key.Text, e.Value)
		(*to)[e.Key.Text] = all
	}
}

// checkRole says what is wrong with a role, as the accounts have them.
func checkRole(s string) string {
	role, offer, one := strings.Cut(s, ":")
	switch {
	case !slices.Contains([]string{"viewer", "preparer", "approver", "admin"}, role):
		return "is no role; write viewer, preparer, approver or admin, or a role for one offer such as preparer:level3-2004"
	case one && offer == "":
		return "names no offer; write it after the colon, or leave the colon out"
	case one && role == "admin":
		return "is for one offer, and accounts belong to no offer; write admin"
	}
	return ""
}

func checkClaim(s string) string {
	if strings.ContainsFunc(s, isBlank) {
		return "is no name of a claim; write it as the provider's tokens have it, without blanks"
	}
	return ""
}

// checkIssuer says what is wrong with the address of an identity provider: what it says of people
// is never read in the clear, but on this machine.
func checkIssuer(s string) string {
	if wrong := CheckURL(s); wrong != "" {
		return wrong
	}
	if u, err := url.Parse(s); err != nil || (u.Scheme != "https" && !isLoopback(net.JoinHostPort(u.Hostname(), "1"))) {
		return "must begin with https://, as it says who people are"
	}
	return ""
}

// signers reads the keys of people: a name, and a key or a list of keys.
func (f *file) signers(name string, n *strictyaml.Node, to *[]Signer) {
	const want = "the name of a person and their public key, such as ann: ssh-ed25519 AAAA..."
	f.walk.Of(n).Mapping()
	if n.Kind != strictyaml.Mapping && f.walk == nil {
		f.fault(n, "%s is %s here; write below it %s", name, n.Kind, want)
		return
	}
	for _, e := range n.Entries {
		keys := []*strictyaml.Node{e.Value}
		if e.Value.Kind == strictyaml.List {
			keys = e.Value.Items
			if v := f.walk.Of(e.Value); v != nil {
				keys = []*strictyaml.Node{f.walk.Node(v.List())}
			}
		}
		if len(keys) == 0 {
			f.fault(e.Value, "the key of %s is an empty list; write the line of a public key", e.Key.Text)
		}
		for _, k := range keys {
			s := Signer{Name: e.Key.Text}
			f.value(&s.Key, "the line of a public key, such as ssh-ed25519 AAAA...", checkKey)("the key of "+s.Name, k)
			*to = append(*to, s)
		}
	}
}

// CheckListen says what is wrong with where the console listens, "" for nothing: passwords never
// travel in the clear.
func (c Console) CheckListen() string {
	if c.Listen == "" || isLoopback(c.Listen) || c.BehindTLS() {
		return ""
	}
	return "is an address that other machines can reach, and there is no TLS; give tls_cert and tls_key, or name the proxy " +
		"in front of it under trusted_proxies, or write 127.0.0.1 before the port"
}

func (f *file) ping(name string, n *strictyaml.Node, p *Ping) {
	var extent string
	want, check := choices(f, "short", "full")
	given := f.section(name, n, map[string]reader{
		"url":     f.value(&p.URL, "a URL such as https://hc-ping.com/KEY/{offer}", CheckURL),
		"url_env": f.value(&p.URLEnv, "the name of an environment variable such as BATCH_PING_URL", checkVariable),
		"text":    f.value(&extent, want, check),
	})
	p.Full = extent == "full"
	f.oneAddress(name, n, given)
}

// oneAddress checks that a section has url or url_env, and not both.
func (f *file) oneAddress(name string, n *strictyaml.Node, given map[string]*strictyaml.Node) {
	switch url, env := given["url"], given["url_env"]; {
	case url != nil && env != nil:
		f.fault(env, "url_env is given and url as well; keep one of the two")
	case url == nil && env == nil && n.Kind == strictyaml.Mapping:
		f.fault(n, "%s has no address; add url or url_env", name)
	}
}

func (f *file) mail(name string, n *strictyaml.Node, m *Mail) {
	var port, security string
	var on []string
	securities, checkSecurity := choices(f, StartTLS, TLS, None)
	given := f.section(name, n, map[string]reader{
		"server":   f.value(&m.Server, "the name of the mail server such as mail.example.com", checkHost),
		"port":     f.value(&port, "a port such as 587", checkPort),
		"security": f.value(&security, securities, checkSecurity),
		"username": f.value(&m.Username, "the name of the account", checkLine),
		"password_env": f.value(&m.PasswordEnv, "the name of an environment variable such as BATCH_MAIL_PASSWORD",
			checkVariable),
		"ca_file":      f.value(&m.CAFile, "a file such as /etc/batch/mail-ca.pem", checkFolder),
		"from":         f.value(&m.From, "an address such as batch@example.com", checkAddress),
		"to":           f.list(&m.To, "addresses such as [desk@example.com]", checkAddress),
		"on":           f.occasions(&on),
		"attach_up_to": f.attachment(&m.AttachUpTo),
	})
	if security != "" {
		m.Security = Security(security)
	}
	m.Port = map[Security]int{StartTLS: 587, TLS: 465, None: 25}[m.Security]
	if port != "" {
		m.Port, _ = strconv.Atoi(port) // checked above
	}
	m.On = asOccasions(on, m.On)
	f.checkMail(n, given, *m)
}

// checkMail checks the keys of mail against each other.
func (f *file) checkMail(n *strictyaml.Node, given map[string]*strictyaml.Node, m Mail) {
	f.needs("mail", n, given, "server", "from", "to")
	username, password := given["username"], given["password_env"]
	switch {
	case username != nil && password == nil:
		f.fault(username, "username is given, but no password_env; add the name of the environment variable that holds "+
			"the password")
	case username == nil && password != nil:
		f.fault(password, "password_env is given, but no username; add it")
	case given["ca_file"] != nil && m.Security == None:
		f.fault(given["ca_file"], "ca_file is given, but with security: none no certificate is looked at; write starttls or tls")
	case username != nil && m.Security == None:
		f.fault(username, "username is given, but with security: none the password would travel in the clear; write "+
			"starttls or tls")
	}
}

func (f *file) webhook(name string, n *strictyaml.Node, w *Webhook) {
	var on []string
	given := f.section(name, n, map[string]reader{
		"url":     f.value(&w.URL, "a URL such as https://hooks.example.com/batch", CheckURL),
		"url_env": f.value(&w.URLEnv, "the name of an environment variable such as BATCH_WEBHOOK_URL", checkVariable),
		"secret_env": f.value(&w.SecretEnv, "the name of an environment variable such as BATCH_WEBHOOK_SECRET",
			checkVariable),
		"on": f.occasions(&on),
	})
	w.On = asOccasions(on, w.On)
	f.oneAddress(name, n, given)
}

// occasions reads the list of what a message is sent about.
func (f *file) occasions(to *[]string) reader {
	want, check := choices(f, Failure, Rejects, Missed, Success, Reminder, Approval, Released, AboutChannel)
	list := "a list of " + want + ", such as [failure, missed]"
	if f.walk != nil {
		f.words[list] = f.words[want]
	}
	return f.list(to, list, check)
}

func asOccasions(given []string, otherwise []Occasion) []Occasion {
	if given == nil {
		return otherwise
	}
	on := make([]Occasion, len(given))
	for i, s := range given {
		on[i] = Occasion(s)
	}
	return on
}

func (f *file) serve(name string, n *strictyaml.Node, to *Settings) {
	s := &to.Serve
	quietPeriod := f.duration(&s.QuietPeriod, time.Second, time.Hour)
	given := f.section(name, n, map[string]reader{
		"poll":         f.duration(&s.Poll, time.Second, 24*time.Hour),
		"quiet_period": quietPeriod,
		"settle":       quietPeriod,
		"grace":        f.duration(&s.Grace, time.Second, 24*time.Hour),
		"runs":         f.runs(&s.Runs),
		"memory":       f.memory(&s.Memory),
		"remind":       f.daily(&s.Remind),
	})
	if given["settle"] == nil {
		return
	}
	to.Deprecated = append(to.Deprecated, "serve.settle is now called serve.quiet_period; rename the key")
	if given["quiet_period"] != nil {
		f.fault(given["settle"], "settle is the old name of quiet_period, which is given as well; keep quiet_period")
	}
}

// daily reads a time of the day.
func (f *file) daily(to *Daily) reader {
	var s string
	return f.value(&s, "never, or a time of the day such as '09:00'", func(s string) string {
		if s == "never" {
			*to = Daily{Never: true}
			return ""
		}
		at, err := time.Parse("15:04", s)
		if err != nil || len(s) != len("09:00") {
			return "is no time of the day; write never, or a time such as '09:00'"
		}
		*to = Daily{Hour: at.Hour(), Minute: at.Minute()}
		return ""
	})
}

// duration reads a length of time within bounds, both allowed.
func (f *file) duration(to *time.Duration, least, most time.Duration) reader {
	return func(name string, n *strictyaml.Node) {
		var s string
		f.value(&s, "a length of time such as 30s or 2m", func(s string) string {
			d, err := time.ParseDuration(s)
			switch {
			case err != nil:
				return "is not a length of time; write it with its unit, such as 30s or 2m"
			case d < least || d > most:
				return "is not between " + brief(least) + " and " + brief(most) + "; write one that is"
			}
			*to = d
			return ""
		})(name, n)
	}
}

// brief shows a bound, 1h rather than 1h0m0s.
func brief(d time.Duration) string {
	if d >= time.Hour {
		return strconv.Itoa(int(d/time.Hour)) + "h"
	}
	return strconv.Itoa(int(d/time.Second)) + "s"
}

// MaxRuns is how many runs at once can be asked for.
const MaxRuns = 1000

// runs reads a number of runs.
func (f *file) runs(to *int) reader {
	var s string
	return f.value(&s, "a number of runs such as 2", func(s string) string {
		v, err := strconv.Atoi(s)
		if err != nil || v < 1 || v > MaxRuns || s != strconv.Itoa(v) {
			return "is not a number of runs; write one from 1 to " + strconv.Itoa(MaxRuns)
		}
		*to = v
		return ""
	})
}

// memory reads an amount of memory.
func (f *file) memory(to *int64) reader {
	var s string
	return f.value(&s, "an amount of memory such as 600MiB or 2GiB", func(s string) (wrong string) {
		*to, wrong = ParseMemory(s)
		return wrong
	})
}

// MaxAttachment is the largest attachment that can be asked for, in bytes: few mail servers
// take more.
const MaxAttachment = 100 << 20

// attachment reads how large an attachment may be.
func (f *file) attachment(to *int64) reader {
	const want = "none, or a size from 1MiB to 100MiB"
	var s string
	return f.value(&s, want, func(s string) string {
		if s == "none" {
			*to = 0
			return ""
		}
		v, ok := inBytes(s)
		if !ok || v < 1<<20 || v > MaxAttachment {
			return "is not a size of an attachment; write " + want
		}
		*to = v
		return ""
	})
}

// inBytes reads a size such as 600MiB or 2GiB.
func inBytes(s string) (bytes int64, ok bool) {
	for unit, size := range map[string]int64{"MiB": 1 << 20, "GiB": 1 << 30} {
		if digits, is := strings.CutSuffix(s, unit); is {
			v, err := strconv.ParseInt(digits, 10, 32)
			return v * size, err == nil && digits == strconv.FormatInt(v, 10)
		}
	}
	return 0, false
}

// LeastMemory is the least amount of memory that can be asked for, in bytes: a run of a
// small offer.
const LeastMemory = 64 << 20

// ParseMemory reads an amount of memory such as 600MiB or 2GiB, in bytes. It returns what
// is wrong with it and what to do, "" for nothing.
func ParseMemory(s string) (bytes int64, wrong string) {
	bytes, ok := inBytes(s)
	switch {
	case strings.TrimRight(s, "KMGTBkmgtb") != s && !strings.Contains(s, "i"):
		return 0, "has a unit that is not MiB or GiB; write it such as 600MiB or 2GiB"
	case !strings.HasSuffix(s, "MiB") && !strings.HasSuffix(s, "GiB"):
		return 0, "is not an amount of memory; write it with its unit, such as 600MiB or 2GiB"
	case !ok || bytes < LeastMemory || bytes > 1<<50:
		return 0, "is not between 64MiB and 1048576GiB; write one that is, such as 2GiB"
	}
	return bytes, ""
}
