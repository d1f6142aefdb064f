package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"path/filepath"
	"time"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/strictyaml"
)

// FileName is what the file is called in the folder of the offers.
const FileName = "batch.yaml"

// Settings are the settings of an installation. What is not given is zero, or the
// default that its comment names.
type Settings struct {
	Metrics Metrics
	Ping    Ping
	Mail    Mail
	Webhook Webhook
	Serve   Serve
	Console Console

	PGP        PGP        // the installation's own key
	Intake     Intake     // from where depositaries' files are taken
	Deliveries []Delivery // where released runs are sent, by name

	Signers     []Signer // whose SSH keys count for approvals that are signed
	SignersFile string   // absolute; more of them, in the format of OpenSSH's allowed signers; "" for none

	Deprecated []string // old names that were used and still work, each with what to do
}

// Signer is an SSH key of a person, by the name that the system or the console knows them under.
type Signer struct {
	Name string
	Key  string // as in the file of a public key
}

// Metrics says where the figures for Prometheus can be read.
type Metrics struct {
	Listen      string // host:port; "" for no listener
	TextfileDir string // absolute; "" for no textfile
}

// Console says where and how the pages for browsers are served.
type Console struct {
	Listen         string         // host:port; "" for no console
	Hosts          []string       // names under which browsers reach it, beside this machine's own
	TLSCert        string         // absolute; "" where a proxy ends TLS, or only this machine reaches it
	TLSKey         string         // absolute
	TrustedProxies []netip.Prefix // whose word counts on where a request comes from
	BindSessions   bool           // a session counts from the address only that began it
	OIDC           OIDC
}

// OIDC is the identity provider that vouches for people, by OpenID Connect.
type OIDC struct {
	Issuer           string // "" for none
	ClientID         string
	ClientSecretFile string // absolute
	NameClaim        string
	RolesClaim       string
	Roles            map[string][]string // by value of the claim, each such as approver or approver:level3-2004
}

// BehindTLS reports whether browsers reach the console over TLS: its own, or that of a proxy.
func (c Console) BehindTLS() bool { return c.TLSCert != "" || len(c.TrustedProxies) > 0 }

// Ping is a dead man's switch in the manner of healthchecks.io.
type Ping struct {
	URL    string // "{offer}" is for the id of the offer; "" if URLEnv has it, or there is none
	URLEnv string // the environment variable with the URL
	Full   bool   // also send message, totals and folder
}

// IsZero reports whether no ping is wanted.
func (p Ping) IsZero() bool { return p.URL == "" && p.URLEnv == "" }

// Security is how the connection to a mail server is protected.
type Security string

// The protections there are.
const (
	StartTLS Security = "starttls" // in the clear until both sides change to TLS; refused if the server cannot
	TLS      Security = "tls"      // from the first byte
	None     Security = "none"     // in the clear
)

// Occasion is what a mail or a webhook can be about.
type Occasion string

// The occasions there are. All but Success are the default.
const (
	Failure Occasion = "failure" // nothing was published
	Rejects Occasion = "rejects" // published, with rejects
	Missed  Occasion = "missed"  // a slot passed without a run
	Success Occasion = "success" // published, or nothing was new

	Reminder Occasion = "reminder" // findings are open, and nothing has changed

	Approval Occasion = "approval" // a run waits to be submitted, approved or released
	Released Occasion = "released" // a run is in force, as it was released

	AboutChannel Occasion = "channel" // a channel or a delivery fails, or does not any more; a file was quarantined
)

// Mail says who is written to, and through which server.
type Mail struct {
	Server      string // "" for no mail
	Port        int    // default by Security: 587, 465, 25
	Security    Security
	Username    string // "" for a server that asks for none
	PasswordEnv string // the environment variable with the password
	CAFile      string // absolute: the authorities that vouch for the server, in PEM; "" for those of the system
	From        string // an address, with or without a name
	To          []string
	On          []Occasion
	AttachUpTo  int64 // the largest workbook that is attached, in bytes; 0: none is. Default 10 MiB
}

// Webhook says where a POST goes.
type Webhook struct {
	URL       string // "" if URLEnv has it, or there is none
	URLEnv    string // the environment variable with the URL
	SecretEnv string // the environment variable with the key of the signature; "" for none
	On        []Occasion
}

// IsZero reports whether no webhook is wanted.
func (w Webhook) IsZero() bool { return w.URL == "" && w.URLEnv == "" }

// Serve says how the service watches its folders.
type Serve struct {
	Poll        time.Duration // between two scans of the folders
	QuietPeriod time.Duration // for which a file must be unchanged before it is used
	Grace       time.Duration // that a stopped service lets a run finish in
	Runs        int           // at once, at most; 0: as many as there are processors
	Memory      int64         // that runs may need together, in bytes; 0: by what the machine has
	Remind      Daily         // of open findings, on the clocks of the offer
}

// Daily is a time of each day.
type Daily struct {
	Never        bool
	Hour, Minute int
}

// Passed reports whether the time of the day of an instant, on its clocks, has passed.
func (d Daily) Passed(at time.Time) bool {
	return !d.Never && (at.Hour() > d.Hour || (at.Hour() == d.Hour && at.Minute() >= d.Minute))
}

// Default is what holds without a file.
func Default() Settings {
	usual := func() []Occasion {
		return []Occasion{Failure, Rejects, Missed, Reminder, Approval, Released, AboutChannel}
	}
	return Settings{
		Mail:    Mail{Port: 587, Security: StartTLS, On: usual(), AttachUpTo: 10 << 20},
		Webhook: Webhook{On: usual()},
		Serve: Serve{
			Poll: 30 * time.Second, QuietPeriod: 10 * time.Second, Grace: 2 * time.Minute, Remind: Daily{Hour: 9},
		},
		Intake: Intake{Every: time.Minute, Largest: 64 << 20},
	}
}

// Load reads a file. One that is not there is an error, fs.ErrNotExist. What is wrong
// in it is an *Error; what is no file, or far too large, is a *[disk.StrangeError] or a
// *[disk.TooLargeError].
func Load(name string) (Settings, error) {
	return load(name, disk.ReadFile)
}

// LoadIn is Load of the file in the folder of the offers: others may put
// files there, so a link in its place is not followed.
func LoadIn(folder string) (Settings, error) {
	return load(filepath.Join(folder, FileName), disk.In(folder).ReadFile)
}

// mostBytes is how much of a file is read at most: enough to say how large it is, if
// it was mistaken for settings.
const mostBytes = 1 << 20

func load(name string, read func(path string, most int64) ([]byte, error)) (Settings, error) {
	content, err := read(name, mostBytes)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Settings{}, fmt.Errorf("there are no settings %s; docs/settings.md has an example to start from: %w", name,
			fs.ErrNotExist)
	case err != nil:
		return Settings{}, fmt.Errorf("the settings cannot be read: %w", err)
	}
	return Parse(name, content)
}

// format bounds a batch.yaml, far above what one needs. A value may be a secret that was
// put where the name of a variable belongs: no fault shows one.
var format = strictyaml.Format{Bytes: 64 << 10, Nesting: 16, Hidden: true}

// Parse reads the content of a file; name is used in messages. What is wrong in it is
// a *[strictyaml.Error]. An empty file has the defaults.
func Parse(name string, content []byte) (Settings, error) {
	f, s := &file{yaml: strictyaml.Parse(name, content, format)}, Default()
	switch root := f.yaml.Root; {
	case root == nil || f.yaml.Failed():
	case root.Kind != strictyaml.Mapping:
		f.fault(root, "the file is %s; settings are keys with values, such as metrics", root.Kind)
	default:
		f.settings(root, &s)
	}
	if f.yaml.Failed() {
		return Settings{}, f.yaml.Err()
	}
	return s, nil
}
