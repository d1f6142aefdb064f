package settings

import (
	"encoding/hex"
	"io/fs"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"tenderbatch/internal/strictyaml"
)

// PGP is the installation's own key: it decrypts what comes in, and signs what goes out.
type PGP struct {
	KeyFile       string // absolute; "" for none
	PassphraseEnv string // the environment variable with its passphrase; "" for a key without
}

// Intake says from where depositaries' files are taken, and what they must be.
type Intake struct {
	Every    time.Duration       // between two looks of the service
	Largest  int64               // the bytes that a file may have, as it is sent and unpacked. Default 64 MiB
	SignedBy map[string][]string // by depositary: absolute, the files with the PGP keys that must have signed its files
	Channels []Channel           // by name
}

// Channel is one place to which files are sent: a folder on a server, a folder here, or a mailbox, here or on a server.
type Channel struct {
	Name    string
	From    []string // the depositaries whose files come this way
	SFTP    SFTP     // the zero SFTP for none
	Folder  string   // absolute; "" for none
	Maildir string   // absolute; "" for none
	IMAP    IMAP     // the zero IMAP for none
	S3      S3       // the zero S3 for none
	Senders []string // of a mailbox: the addresses from which the files come
}

// IsMail reports whether the files are attachments of mails.
func (c Channel) IsMail() bool { return c.Maildir != "" || c.IMAP.Host != "" }

// S3 is a place in an S3 store: the objects directly below a prefix of a bucket.
type S3 struct {
	Bucket       string
	Prefix       string // "" for the bucket itself
	Endpoint     string // https://HOST; "" for Amazon's
	Region       string // "" to ask
	AccessKeyEnv string // the environment variable with the id of the key; "" for the usual credentials
	SecretKeyEnv string // the environment variable with the secret of the key
}

// IMAP is a folder of a mailbox on a server.
type IMAP struct {
	Host         string
	Port         int      // default by Security: 993, 143, 143
	Security     Security // default TLS; None only within this machine
	Username     string
	PasswordEnv  string   // the environment variable with the password
	CAFile       string   // absolute: the authorities that count, in PEM; "" for those of the system
	Certificates []string // SHA-256 of the certificates that the server may have, in small hexadecimal; none: by authorities
	Folder       string   // default INBOX
	MoveTo       string   // the folder to which a message is moved that was taken; "" to leave it
}

// SFTP is a folder on a server that is reached by SSH.
type SFTP struct {
	Host          string
	Port          int // default 22
	Username      string
	KeyFile       string   // absolute; "" where a password is used
	PassphraseEnv string   // the environment variable with the passphrase of the key
	PasswordEnv   string   // the environment variable with the password
	HostKeys      []string // the public keys that the server may have
	Folder        string   // on the server
}

// Delivery is one place to which the files of a released run are sent.
type Delivery struct {
	Name      string
	Offers    []string // ids; empty for all
	SFTP      SFTP     // the zero SFTP for none
	S3        S3       // the zero S3 for none
	Folder    string   // absolute; "" for none
	Mail      []string // addresses; the server is that of mail
	EncryptTo []string // absolute: files with PGP keys
}

// MostIntake is the largest file that can be asked for, in bytes: a run holds a file in memory whole.
const MostIntake = 512 << 20

func (f *file) pgp(name string, n *strictyaml.Node, p *PGP) {
	given := f.section(name, n, map[string]reader{
		"key_file": f.value(&p.KeyFile, "a file such as /etc/batch/pgp.asc", checkFolder),
		"passphrase_env": f.value(&p.PassphraseEnv, "the name of an environment variable such as BATCH_PGP_PASSPHRASE",
			checkVariable),
	})
	f.needs(name, n, given, "key_file")
}

// needs is a fault for each key that a section cannot do without.
func (f *file) needs(name string, n *strictyaml.Node, given map[string]*strictyaml.Node, keys ...string) {
	for _, key := range keys {
		if given[key] == nil && n.Kind == strictyaml.Mapping {
			f.fault(n, "%s has no %s; add it", name, key)
		}
	}
}

func (f *file) intake(name string, n *strictyaml.Node, i *Intake) {
	given := f.section(name, n, map[string]reader{
		"every":     f.duration(&i.Every, time.Second, 24*time.Hour),
		"largest":   f.largest(&i.Largest),
		"signed_by": func(name string, n *strictyaml.Node) { f.signedBy(name, n, &i.SignedBy) },
		"channels":  func(name string, n *strictyaml.Node) { f.channels(name, n, &i.Channels) },
	})
	if keys := given["signed_by"]; keys != nil && keys.Kind == strictyaml.Mapping {
		f.checkSigners(keys, i.Channels)
	}
}

// checkSigners is a fault for keys that are no depositary's of a channel: of a name that is mistyped, no file
// would have to be signed.
func (f *file) checkSigners(keys *strictyaml.Node, channels []Channel) {
	var from []string
	for _, c := range channels {
		if len(c.From) == 0 || slices.Contains(c.From, "") {
			return // a fault of its own
		}
		from = append(from, c.From...)
	}
	for _, e := range keys.Entries {
		if len(from) > 0 && !slices.Contains(from, e.Key.Text) {
			f.fault(e.Key, "signed_by names %s, and no channel is from it, so its keys would never be asked for; the channels "+
				"are from %s", e.Key.Text, strings.Join(from, ", "))
		}
	}
}

// largest reads how large a file may be.
func (f *file) largest(to *int64) reader {
	const want = "a size from 1MiB to 512MiB"
	var s string
	return f.value(&s, want, func(s string) string {
		v, ok := inBytes(s)
		if !ok || v < 1<<20 || v > MostIntake {
			return "is not a size of a file; write " + want
		}
		*to = v
		return ""
	})
}

// named reads a mapping whose keys are names that people chose.
func (f *file) named(name string, n *strictyaml.Node, want string, read func(key, n *strictyaml.Node)) {
	f.walk.Of(n).Mapping()
	if n.Kind != strictyaml.Mapping && f.walk == nil {
		f.fault(n, "%s is %s here; write below it %s", name, n.Kind, want)
		return
	}
	for _, e := range n.Entries {
		read(e.Key, e.Value)
	}
}

func (f *file) signedBy(name string, n *strictyaml.Node, to *map[string][]string) {
	*to = map[string][]string{}
	f.named(name, n, "a depositary and the files with its keys, such as DTC: [/etc/batch/dtc.asc]",
		func(key, n *strictyaml.Node) {
			var files []string
			f.list(&files, "files such as [/etc/batch/dtc.asc]", checkFolder)("the keys of "+key.Text, n)
			(*to)[key.Text] = files
		})
}

// checkName says what is wrong with the name of a channel or a delivery, which is in the history.
func checkName(s string) string {
	if len(s) > 40 || s == "" || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return "is no name for this; write small letters, digits and hyphens, at most 40, such as dtc-sftp"
	}
	return ""
}

// places reads channels or deliveries, what, by their names.
func places[T any](f *file, name string, n *strictyaml.Node, what, want string, to *[]T,
	read func(name string, n *strictyaml.Node) T) {
	f.named(name, n, want, func(key, n *strictyaml.Node) {
		if wrong := checkName(key.Text); wrong != "" {
			f.fault(key, "the name of a %s %s", what, wrong)
		}
		*to = append(*to, read(key.Text, n))
	})
}

func (f *file) channels(name string, n *strictyaml.Node, to *[]Channel) {
	const want = "a name and where its files are, such as dtc-sftp"
	places(f, name, n, "channel", want, to, func(name string, n *strictyaml.Node) Channel {
		c := Channel{Name: name}
		given := f.section(name, n, map[string]reader{
			"from":    f.list(&c.From, "the depositaries whose files come this way, such as [DTC]", checkLine),
			"sftp":    func(name string, n *strictyaml.Node) { f.sftp(name, n, &c.SFTP) },
			"folder":  f.value(&c.Folder, "a folder such as /srv/drop/dtc", checkFolder),
			"maildir": f.value(&c.Maildir, "a folder such as /var/mail/batch", checkFolder),
			"imap":    func(name string, n *strictyaml.Node) { f.imap(name, n, &c.IMAP) },
			"s3":      func(name string, n *strictyaml.Node) { f.s3(name, n, &c.S3) },
			"senders": f.list(&c.Senders, "addresses such as [reports@dtc.example]", checkPlainAddress),
		})
		f.needs(name, n, given, "from")
		f.one(name, n, given, "sftp", "folder", "maildir", "imap", "s3")
		isMail := given["maildir"] != nil || given["imap"] != nil
		switch {
		case isMail && given["senders"] == nil:
			f.fault(n, "%s has no senders; anyone can write a mail, so name the addresses from which the files come", name)
		case given["senders"] != nil && !isMail:
			f.fault(given["senders"], "senders are for a maildir or imap only; leave them out")
		}
		return c
	})
	slices.SortFunc(*to, func(a, b Channel) int { return strings.Compare(a.Name, b.Name) })
}

// one is a fault unless a section has exactly one of some keys.
func (f *file) one(name string, n *strictyaml.Node, given map[string]*strictyaml.Node, keys ...string) {
	var there []string
	for _, key := range keys {
		if given[key] != nil {
			there = append(there, key)
		}
	}
	switch {
	case n.Kind != strictyaml.Mapping:
	case len(there) == 0:
		f.fault(n, "%s has no place; add one of %s", name, oneOf(keys))
	case len(there) > 1:
		f.fault(given[there[1]], "%s has two places, %s and %s; keep one of the two", name, there[0], there[1])
	}
}

func (f *file) sftp(name string, n *strictyaml.Node, s *SFTP) {
	s.Port = 22
	var port string
	given := f.section(name, n, map[string]reader{
		"host":     f.value(&s.Host, "the name of the server such as sftp.example.com", checkHost),
		"port":     f.value(&port, "a port such as 22", checkPort),
		"username": f.value(&s.Username, "the name of the account", checkLine),
		"key_file": f.value(&s.KeyFile, "a file such as /etc/batch/id_ed25519", checkFolder),
		"passphrase_env": f.value(&s.PassphraseEnv, "the name of an environment variable such as BATCH_SSH_PASSPHRASE",
			checkVariable),
		"password_env": f.value(&s.PasswordEnv, "the name of an environment variable such as BATCH_SFTP_PASSWORD",
			checkVariable),
		"host_keys": f.list(&s.HostKeys, "the public keys of the server, such as [ssh-ed25519 AAAA...]", checkKey),
		"folder":    f.value(&s.Folder, "a folder on the server such as /outgoing", checkRemote),
	})
	if port != "" {
		s.Port, _ = strconv.Atoi(port) // checked above
	}
	f.needs(name, n, given, "host", "username", "host_keys", "folder")
	if n.Kind == strictyaml.Mapping && given["key_file"] == nil && given["password_env"] == nil {
		f.fault(n, "sftp has nothing to log in with; add key_file or password_env")
	}
}

func (f *file) s3(name string, n *strictyaml.Node, s *S3) {
	given := f.section(name, n, map[string]reader{
		"bucket":   f.value(&s.Bucket, "the name of the bucket", checkBucket),
		"prefix":   f.value(&s.Prefix, "a prefix such as outgoing", checkPrefix),
		"endpoint": f.value(&s.Endpoint, "the address of the store such as https://s3.example.com", checkEndpoint),
		"region":   f.value(&s.Region, "a region such as eu-central-1", checkClaim),
		"access_key_env": f.value(&s.AccessKeyEnv, "the name of an environment variable such as BATCH_S3_KEY",
			checkVariable),
		"secret_key_env": f.value(&s.SecretKeyEnv, "the name of an environment variable such as BATCH_S3_SECRET",
			checkVariable),
	})
	f.needs(name, n, given, "bucket")
	if (given["access_key_env"] == nil) != (given["secret_key_env"] == nil) {
		f.fault(n, "access_key_env and secret_key_env belong together; give both, or none")
	}
	s.Prefix = strings.Trim(s.Prefix, "/")
}

// checkBucket says what is wrong with the name of a bucket.
func checkBucket(s string) string {
	if len(s) < 3 || len(s) > 63 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" {
		return "is no name of a bucket; write 3 to 63 small letters, digits, hyphens and dots"
	}
	return ""
}

// checkPrefix says what is wrong with a prefix in a bucket.
func checkPrefix(s string) string {
	if plain := strings.Trim(s, "/"); !fs.ValidPath(plain) || plain == "." || checkLine(s) != "" {
		return "is no prefix; write it such as outgoing or from/dtc, or leave it out"
	}
	return ""
}

// checkEndpoint says what is wrong with the address of a store: it is read in the clear on this machine only.
func checkEndpoint(s string) string {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || strings.Trim(u.Path, "/") != "" ||
		u.RawQuery != "" || u.User != nil:
		return "is no address of a store; write it as https://s3.example.com, without a bucket or a key"
	case u.Scheme == "http" && !isLoopback(net.JoinHostPort(u.Hostname(), "1")):
		return "must begin with https://, as tenders would be readable on the way"
	}
	return ""
}

func (f *file) imap(name string, n *strictyaml.Node, i *IMAP) {
	i.Security, i.Folder = TLS, "INBOX"
	var port, security string
	want, check := choices(f, TLS, StartTLS, None)
	given := f.section(name, n, map[string]reader{
		"host":     f.value(&i.Host, "the name of the server such as imap.example.com", checkHost),
		"port":     f.value(&port, "a port such as 993", checkPort),
		"security": f.value(&security, want, check),
		"username": f.value(&i.Username, "the name of the account", checkLine),
		"password_env": f.value(&i.PasswordEnv, "the name of an environment variable such as BATCH_IMAP_PASSWORD",
			checkVariable),
		"ca_file":      f.value(&i.CAFile, "a file such as /etc/batch/mail-ca.pem", checkFolder),
		"certificates": f.list(&i.Certificates, "SHA-256 fingerprints of 64 hexadecimal digits", checkFingerprint),
		"folder":       f.value(&i.Folder, "a folder of the mailbox such as INBOX", checkLine),
		"move_to":      f.value(&i.MoveTo, "a folder of the mailbox such as Taken", checkLine),
	})
	for at, s := range i.Certificates {
		i.Certificates[at] = plainFingerprint(s)
	}
	if security != "" {
		i.Security = Security(security)
	}
	if i.Port = 993; i.Security != TLS {
		i.Port = 143
	}
	if port != "" {
		i.Port, _ = strconv.Atoi(port) // checked above
	}
	f.needs(name, n, given, "host", "username", "password_env")
	switch {
	case i.Security == None && given["host"] != nil && !isLoopback(net.JoinHostPort(i.Host, "1")):
		f.fault(given["security"], "security is none, and the host is another machine, so the password would travel in the clear; "+
			"write tls or starttls")
	case i.Security == None && (given["ca_file"] != nil || given["certificates"] != nil):
		f.fault(given["security"], "security is none, so no certificate is looked at; write tls or starttls, or leave ca_file and "+
			"certificates out")
	case given["ca_file"] != nil && given["certificates"] != nil:
		f.fault(given["ca_file"], "ca_file and certificates exclude one another; keep one of the two")
	case i.MoveTo != "" && i.MoveTo == i.Folder:
		f.fault(given["move_to"], "move_to is the folder that is read; write another one")
	}
}

// plainFingerprint is a fingerprint without the signs between its digits.
func plainFingerprint(s string) string { return strings.ToLower(strings.ReplaceAll(s, ":", "")) }

// checkFingerprint says what is wrong with the fingerprint of a certificate.
func checkFingerprint(s string) string {
	if b, err := hex.DecodeString(plainFingerprint(s)); err != nil || len(b) != 32 {
		return "is no SHA-256 fingerprint; write the 64 digits that \"openssl x509 -noout -fingerprint -sha256\" shows"
	}
	return ""
}

func (f *file) deliveries(name string, n *strictyaml.Node, to *[]Delivery) {
	const want = "a name and where released runs go, such as paying-agent"
	places(f, name, n, "delivery", want, to, func(name string, n *strictyaml.Node) Delivery {
		d := Delivery{Name: name}
		given := f.section(name, n, map[string]reader{
			"offers":     f.list(&d.Offers, "ids of offers such as [level3-2004]", checkLine),
			"sftp":       func(name string, n *strictyaml.Node) { f.sftp(name, n, &d.SFTP) },
			"s3":         func(name string, n *strictyaml.Node) { f.s3(name, n, &d.S3) },
			"folder":     f.value(&d.Folder, "a folder such as /srv/released", checkFolder),
			"mail":       f.list(&d.Mail, "addresses such as [agent@example.com]", checkAddress),
			"encrypt_to": f.list(&d.EncryptTo, "files with PGP keys such as [/etc/batch/agent.asc]", checkFolder),
		})
		f.one(name, n, given, "sftp", "s3", "folder", "mail")
		return d
	})
	slices.SortFunc(*to, func(a, b Delivery) int { return strings.Compare(a.Name, b.Name) })
}

// checkPlainAddress says what is wrong with an address without a name beside it.
func checkPlainAddress(s string) string {
	if a, err := mail.ParseAddress(s); err != nil || a.Address != s {
		return "is not a mail address; write it as reports@example.com, without a name"
	}
	return checkAddress(s)
}

// checkRemote says what is wrong with a folder on a server.
func checkRemote(s string) string {
	if (!strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "./")) || checkLine(s) != "" {
		return "is no path on a server; write it from the root on such as /outgoing, or as ./outgoing from the account's " +
			"own folder"
	}
	return ""
}
