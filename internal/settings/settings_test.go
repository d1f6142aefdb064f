package settings

import (
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"tenderbatch/internal/strictyaml"
	"testing"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// examples are the smallest example of docs/settings.md and the one that has every key.
func examples(t testing.TB) (smallest, complete string) {
	t.Helper()
	page, err := os.ReadFile("../../docs/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(page), "```yaml\n")
	if len(blocks) != 3 {
		t.Fatalf("docs/settings.md has %d examples in YAML, want the smallest and the complete one", len(blocks)-1)
	}
	smallest, _, _ = strings.Cut(blocks[1], "```\n")
	complete, _, _ = strings.Cut(blocks[2], "```\n")
	return smallest, complete
}

// example is the example that has every key.
func example(t testing.TB) string {
	_, complete := examples(t)
	return complete
}

func TestTheSmallestExampleOfThePageNotifiesByPingAndMail(t *testing.T) {
	smallest, _ := examples(t)
	got, err := Parse("batch.yaml", []byte(smallest))
	if err != nil || got.Ping.URL == "" || len(got.Mail.To) == 0 || got.Webhook.URL != "" {
		t.Errorf("read %+v, %v", got, err)
	}
}

func TestTheExampleOfThePageIsReadAsItSays(t *testing.T) {
	got, err := Parse("batch.yaml", []byte(example(t)))
	if err != nil {
		t.Fatal(err)
	}
	most := []Occasion{Failure, Rejects, Missed, Reminder}
	want := Settings{
		Metrics: Metrics{Listen: "127.0.0.1:9464", TextfileDir: "/var/lib/prometheus/node-exporter"},
		Ping:    Ping{URL: "https://hc-ping.com/0b1a6ad9-9f5a-4b1c-8c7f-2d4f1e0d9c11/{offer}"},
		Mail: Mail{
			Server: "mail.example.com", Port: 587, Security: StartTLS,
			Username: "batch@example.com", PasswordEnv: "BATCH_MAIL_PASSWORD", CAFile: "/etc/batch/mail-ca.pem",
			From: "Tender desk <batch@example.com>", To: []string{"desk@example.com", "operations@example.com"}, On: most, AttachUpTo: 20 << 20,
		},
		Webhook: Webhook{URLEnv: "BATCH_WEBHOOK_URL", SecretEnv: "BATCH_WEBHOOK_SECRET", On: most},
		Serve:   Serve{Poll: 30 * time.Second, QuietPeriod: 10 * time.Second, Grace: 2 * time.Minute, Runs: 2, Memory: 2 << 30, Remind: Daily{Hour: 8, Minute: 30}},
		Console: Console{Listen: "127.0.0.1:8080", Hosts: []string{"batch.example.com"}, TLSCert: "/etc/batch/console.pem",
			TLSKey: "/etc/batch/console.key", TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.7/32")},
			OIDC: OIDC{Issuer: "https://login.example.com", ClientID: "batch", ClientSecretFile: "/etc/batch/oidc.secret",
				NameClaim: "preferred_username", RolesClaim: "groups", Roles: map[string][]string{"treasury-desk": {"preparer"},
					"treasury-leads": {"approver"}, "issuer-acme": {"viewer:acme-2026"}}}},
		Signers: []Signer{
			{"ann", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPEiPTCeyqdy40crhmqX5MB0lhzYwi5+t876TkZtw0uq"}, {"bob", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF95NgJQJNnM56c0NyWG7fpqKuIMOZyLxAl8daf95snq"},
			{"bob", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ+HX1GmUVuDJsA9feQaICPUUPSKVFWXi0WOl3GiXcbg"},
		},
		SignersFile: "/etc/batch/allowed_signers",
		PGP:         PGP{KeyFile: "/etc/batch/pgp.asc", PassphraseEnv: "BATCH_PGP_PASSPHRASE"},
		Intake: Intake{Every: time.Minute, Largest: 64 << 20, SignedBy: map[string][]string{"DTC": {"/etc/batch/dtc.asc"}}, Channels: []Channel{
			{Name: "clearstream-mail", From: []string{"Clearstream"}, Maildir: "/var/mail/batch", Senders: []string{"reports@clearstream.example"}},
			{Name: "dtc-s3", From: []string{"DTC"}, S3: S3{Bucket: "dtc-reports", Prefix: "outgoing", Endpoint: "https://s3.example.com",
				Region: "eu-central-1", AccessKeyEnv: "BATCH_DTC_S3_KEY", SecretKeyEnv: "BATCH_DTC_S3_SECRET"}},
			{Name: "dtc-sftp", From: []string{"DTC"}, SFTP: SFTP{Host: "sftp.dtc.example", Port: 2222, Username: "batch", KeyFile: "/etc/batch/id_ed25519",
				PassphraseEnv: "BATCH_SSH_PASSPHRASE", PasswordEnv: "BATCH_SFTP_PASSWORD", Folder: "/outgoing",
				HostKeys: []string{"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPEiPTCeyqdy40crhmqX5MB0lhzYwi5+t876TkZtw0uq"}}},
			{Name: "euroclear-drop", From: []string{"Euroclear"}, Folder: "/srv/drop/euroclear"},
			{Name: "euroclear-mail", From: []string{"Euroclear"}, Senders: []string{"reports@euroclear.example"}, IMAP: IMAP{Host: "imap.example.com", Port: 993,
				Security: TLS, Username: "tenders@example.com", PasswordEnv: "BATCH_IMAP_PASSWORD", CAFile: "/etc/batch/mail-ca.pem",
				Folder: "INBOX", MoveTo: "Taken"}},
			{Name: "euroclear-old-mail", From: []string{"Euroclear"}, Senders: []string{"reports@euroclear.example"}, IMAP: IMAP{Host: "mail.example.com", Port: 993,
				Security: TLS, Username: "old-tenders", PasswordEnv: "BATCH_OLD_IMAP_PASSWORD", Folder: "INBOX",
				Certificates: []string{"3bc00f5b1c5a54e161c961ff2c7e6c2b8f4b0c1d5561575af60b29d8606eb12f"}}},
		}},
		Deliveries: []Delivery{
			{Name: "issuer-mail", Mail: []string{"treasury@acme.example"}},
			{Name: "our-archive", Folder: "/srv/released"},
			{Name: "our-bucket", S3: S3{Bucket: "released-runs"}},
			{Name: "paying-agent", Offers: []string{"level3-2004"}, EncryptTo: []string{"/etc/batch/agent.asc"}, SFTP: SFTP{Host: "sftp.agent.example",
				Port: 22, Username: "batch", KeyFile: "/etc/batch/id_ed25519", Folder: "./in",
				HostKeys: []string{"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF95NgJQJNnM56c0NyWG7fpqKuIMOZyLxAl8daf95snq"}}},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v\nwant %+v", got, want)
	}
}

func TestWhatIsLeftOutHasItsDefault(t *testing.T) {
	for _, source := range []string{"", "# later\n", "---\n", "\xef\xbb\xbf# with a mark\r\n"} {
		if got, err := Parse("batch.yaml", []byte(source)); err != nil || !reflect.DeepEqual(got, Default()) {
			t.Errorf("%q is read as %+v, %v", source, got, err)
		}
	}
	for security, port := range map[string]int{"starttls": 587, "tls": 465, "none": 25} {
		got, err := Parse("batch.yaml", []byte("mail: {server: m, from: a@b.example, to: [a@b.example], security: "+security+"}"))
		if err != nil || got.Mail.Port != port {
			t.Errorf("with %s the port is %d, want %d; %v", security, got.Mail.Port, port, err)
		}
	}
}

func TestAFaultSaysWhereAndWhatToDo(t *testing.T) {
	const mail = "mail: {server: m.example, from: a@b.example, to: [a@b.example], "
	for _, c := range []struct{ name, source, want string }{
		{"unknown section", "pings: {}\n", "1:1: unknown key in the settings; write console, deliveries, intake, mail, metrics, pgp, ping, serve, signers, signers_file or webhook"},
		{"unknown key", "serve:\n  poll: 1s\n  pol: 1s\n", "3:3: unknown key in serve; write grace, memory, poll, quiet_period, remind or runs"},
		{"twice", "serve:\n  poll: 1s\n  poll: 2s\n", "3:3: this key is here twice, first on line 2; keep one of the two"},
		{"section twice", "serve: {poll: 1s}\nserve: {poll: 2s}\n", "2:1: this key is here twice, first on line 1; keep one of the two"},
		{"section empty", "ping:\nserve: {}\n", "1:1: ping is empty here; write its keys below it: text, url or url_env"},
		{"section a text", "ping: https://example.com\n", "1:7: ping is a single value here; write its keys below it: text, url or url_env"},
		{"a list", "- serve\n", "1:1: the file is a list; settings are keys with values, such as metrics"},
		{"no value", "serve: {poll: }\n", "1:9: poll is empty here; write a length of time such as 30s or 2m"},
		{"empty text", "serve: {poll: ''}\n", "1:15: poll is an empty text here; write a length of time such as 30s or 2m"},
		{"no unit", "serve: {poll: 30}\n", "1:15: poll is not a length of time; write it with its unit, such as 30s or 2m"},
		{"too short", "serve: {poll: 10ms}\n", "1:15: poll is not between 1s and 24h; write one that is"},
		{"negative", "serve: {grace: -1s}\n", "1:16: grace is not between 1s and 24h; write one that is"},
		{"no quiet period", "serve: {quiet_period: 0s}\n", "1:23: quiet_period is not between 1s and 1h; write one that is"},
		{"no quiet period by its old name", "serve: {settle: 0s}\n", "1:17: settle is not between 1s and 1h; write one that is"},
		{"a quiet period by both names", "serve: {settle: 5s, quiet_period: 5s}\n", "1:17: settle is the old name of quiet_period, which is given as well; keep quiet_period"},
		{"no runs", "serve: {runs: 0}\n", "1:15: runs is not a number of runs; write one from 1 to 1000"},
		{"half a run", "serve: {runs: 1.5}\n", "1:15: runs is not a number of runs; write one from 1 to 1000"},
		{"no unit of memory", "serve: {memory: 600}\n", "1:17: memory is not an amount of memory; write it with its unit, such as 600MiB or 2GiB"},
		{"a unit of a thousand", "serve: {memory: 600MB}\n", "1:17: memory has a unit that is not MiB or GiB; write it such as 600MiB or 2GiB"},
		{"a console in the clear", "console: {listen: ':8080'}\n", "1:19: listen is an address that other machines can reach, and there is no TLS; give tls_cert and tls_key, or name the proxy in front of it under trusted_proxies, or write 127.0.0.1 before the port"},
		{"a provider in the clear", "console: {oidc: {issuer: 'http://login.example.com', client_id: b, client_secret_file: /s, roles: {a: [viewer]}}}\n", "1:26: issuer must begin with https://, as it says who people are"},
		{"a provider without roles", "console: {oidc: {issuer: 'https://login.example.com', client_id: b, client_secret_file: /s}}\n", "1:17: oidc has no roles; add it"},
		{"a role that there is not", "console: {oidc: {issuer: 'https://login.example.com', client_id: b, client_secret_file: /s, roles: {desk: [boss]}}}\n", "1:108: an item of the roles of desk is no role; write viewer, preparer, approver or admin, or a role for one offer such as preparer:level3-2004"},
		{"an administrator of one offer", "console: {oidc: {issuer: 'https://login.example.com', client_id: b, client_secret_file: /s, roles: {desk: ['admin:a']}}}\n", "1:108: an item of the roles of desk is for one offer, and accounts belong to no offer; write admin"},
		{"roles as a list", "console: {oidc: {issuer: 'https://login.example.com', client_id: b, client_secret_file: /s, roles: [viewer]}}\n", "1:100: roles is a list here; write below it the values of the claim and their roles, such as desk: [preparer]"},
		{"a claim with blanks", "console: {oidc: {issuer: 'https://login.example.com', client_id: b, client_secret_file: /s, roles: {a: [viewer]}, name_claim: my name}}\n", "1:127: name_claim is no name of a claim; write it as the provider's tokens have it, without blanks"},
		{"a section of sign-on that is a text", "console: {oidc: yes}\n", "1:17: oidc is a single value here; write its keys below it: client_id, client_secret_file, issuer, name_claim, roles or roles_claim"},
		{"a channel without a place", "intake: {channels: {a: {from: [DTC]}}}\n", "1:24: a has no place; add one of sftp, folder, maildir, imap or s3"},
		{"a channel of no depositary", "intake: {channels: {a: {folder: /a}}}\n", "1:24: a has no from; add it"},
		{"a channel with two places", "intake: {channels: {a: {from: [DTC], folder: /a, maildir: /b, senders: [a@b.example]}}}\n", "1:59: a has two places, folder and maildir; keep one of the two"},
		{"mail from anyone", "intake: {channels: {a: {from: [DTC], maildir: /b}}}\n", "1:24: a has no senders; anyone can write a mail, so name the addresses from which the files come"},
		{"senders of a folder", "intake: {channels: {a: {from: [DTC], folder: /b, senders: [a@b.example]}}}\n", "1:59: senders are for a maildir or imap only; leave them out"},
		{"a sender with a name", "intake: {channels: {a: {from: [DTC], maildir: /b, senders: ['A <a@b.example>']}}}\n", "1:61: an item of senders is not a mail address; write it as reports@example.com, without a name"},
		{"a mail server in the clear", "intake: {channels: {a: {from: [DTC], imap: {host: h.example, username: u, password_env: P, security: none}, senders: [a@b.example]}}}\n", "1:102: security is none, and the host is another machine, so the password would travel in the clear; write tls or starttls"},
		{"a fingerprint that is none", "intake: {channels: {a: {from: [DTC], imap: {host: h.example, username: u, password_env: P, certificates: [ab]}, senders: [a@b.example]}}}\n", "1:107: an item of certificates is no SHA-256 fingerprint; write the 64 digits that \"openssl x509 -noout -fingerprint -sha256\" shows"},
		{"a mail server without an account", "intake: {channels: {a: {from: [DTC], imap: {host: h.example, password_env: P}, senders: [a@b.example]}}}\n", "1:44: imap has no username; add it"},
		{"mail that is moved to where it is", "intake: {channels: {a: {from: [DTC], imap: {host: h.example, username: u, password_env: P, move_to: INBOX}, senders: [a@b.example]}}}\n", "1:101: move_to is the folder that is read; write another one"},
		{"a store in the clear", "deliveries: {a: {s3: {bucket: abc, endpoint: 'http://s3.example.com'}}}\n", "1:46: endpoint must begin with https://, as tenders would be readable on the way"},
		{"a store with a bucket in its address", "deliveries: {a: {s3: {bucket: abc, endpoint: 'https://s3.example.com/abc'}}}\n", "1:46: endpoint is no address of a store; write it as https://s3.example.com, without a bucket or a key"},
		{"half a key", "deliveries: {a: {s3: {bucket: abc, access_key_env: A}}}\n", "1:22: access_key_env and secret_key_env belong together; give both, or none"},
		{"a prefix that leads elsewhere", "deliveries: {a: {s3: {bucket: abc, prefix: ../x}}}\n", "1:44: prefix is no prefix; write it such as outgoing or from/dtc, or leave it out"},
		{"a mail without a server", "deliveries: {a: {mail: [a@example.com]}}\n", "1:13: deliveries: a goes by mail, and no mail server is named; add mail with server and from"},
		{"keys of a depositary that no channel is from", "intake: {signed_by: {DCT: [/a.asc]}, channels: {a: {from: [DTC], folder: /b}}}\n", "1:22: signed_by names DCT, and no channel is from it, so its keys would never be asked for; the channels are from DTC"},
		{"a channel with a strange name", "intake: {channels: {A b: {from: [DTC], folder: /b}}}\n", "1:21: the name of a channel is no name for this; write small letters, digits and hyphens, at most 40, such as dtc-sftp"},
		{"channels as a list", "intake: {channels: [a]}\n", "1:20: channels is a list here; write below it a name and where its files are, such as dtc-sftp"},
		{"a server whose key is not known", "intake: {channels: {a: {from: [DTC], sftp: {host: h.example, username: u, password_env: P, folder: /}}}}\n", "1:44: sftp has no host_keys; add it"},
		{"no way to log in", "deliveries: {a: {sftp: {host: h.example, username: u, host_keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPEiPTCeyqdy40crhmqX5MB0lhzYwi5+t876TkZtw0uq], folder: /}}}\n", "1:24: sftp has nothing to log in with; add key_file or password_env"},
		{"a host key that is none", "deliveries: {a: {sftp: {host: h.example, username: u, password_env: P, host_keys: [x], folder: /}}}\n", "1:84: an item of host_keys is not a public SSH key; write the line of the file that ends in .pub, such as ssh-ed25519 AAAA..."},
		{"a folder of which no one knows where it is", "intake: {channels: {a: {from: [DTC], sftp: {host: h, username: u, password_env: P, host_keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPEiPTCeyqdy40crhmqX5MB0lhzYwi5+t876TkZtw0uq], folder: out}}}}\n", "1:187: folder is no path on a server; write it from the root on such as /outgoing, or as ./outgoing from the account's own folder"},
		{"a file too large", "intake: {largest: 1GiB}\n", "1:19: largest is not a size of a file; write a size from 1MiB to 512MiB"},
		{"a key without a file", "pgp: {passphrase_env: P}\n", "1:6: pgp has no key_file; add it"},
		{"half of TLS", "console: {listen: 127.0.0.1:8080, tls_cert: /c.pem}\n", "1:10: tls_cert and tls_key belong together; give both, or none"},
		{"a proxy without a network", "console: {trusted_proxies: [proxy.example.com]}\n", "1:29: an item of trusted_proxies is not a network; write it as 10.0.0.0/8, a single machine as 10.0.0.7/32"},
		{"a private key", "signers: {ann: '-----BEGIN OPENSSH PRIVATE KEY-----'}\n", "1:16: the key of ann is not a public SSH key; write the line of the file that ends in .pub, such as ssh-ed25519 AAAA..."},
		{"a key with options", "signers: {ann: 'cert-authority ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPEiPTCeyqdy40crhmqX5MB0lhzYwi5+t876TkZtw0uq'}\n", "1:16: the key of ann is not a public SSH key; write the line of the file that ends in .pub, such as ssh-ed25519 AAAA..."},
		{"signers without names", "signers: [ssh-ed25519]\n", "1:10: signers is a list here; write below it the name of a person and their public key, such as ann: ssh-ed25519 AAAA..."},
		{"a person without a key", "signers: {ann: []}\n", "1:16: the key of ann is an empty list; write the line of a public key"},
		{"too little memory", "serve: {memory: 63MiB}\n", "1:17: memory is not between 64MiB and 1048576GiB; write one that is, such as 2GiB"},
		{"memory with a sign", "serve: {memory: +2GiB}\n", "1:17: memory is not between 64MiB and 1048576GiB; write one that is, such as 2GiB"},
		{"an attachment without unit", "mail: {server: a, from: a@example.com, to: [a@example.com], attach_up_to: 5}\n", "1:75: attach_up_to is not a size of an attachment; write none, or a size from 1MiB to 100MiB"},
		{"an attachment too large", "mail: {server: a, from: a@example.com, to: [a@example.com], attach_up_to: 1GiB}\n", "1:75: attach_up_to is not a size of an attachment; write none, or a size from 1MiB to 100MiB"},
		{"no time of the day", "serve: {remind: 24h}\n", "1:17: remind is no time of the day; write never, or a time such as '09:00'"},
		{"an hour too many", "serve: {remind: '25:00'}\n", "1:17: remind is no time of the day; write never, or a time such as '09:00'"},
		{"listen for all", "metrics: {listen: ':9464'}\n", "1:19: listen is an address that other machines can reach, and there is no password on it; write 127.0.0.1 before the port, or listen_anywhere: true if that is meant"},
		{"listen named", "metrics: {listen: 'example.com:9464'}\n", "1:19: listen is an address that other machines can reach, and there is no password on it; write 127.0.0.1 before the port, or listen_anywhere: true if that is meant"},
		{"listen without port", "metrics: {listen: 127.0.0.1}\n", "1:19: listen is not an address to listen on; write it as 127.0.0.1:9464"},
		{"flag quoted", "metrics: {listen_anywhere: 'true'}\n", "1:28: listen_anywhere must be true or false, without quotation marks"},
		{"relative folder", "metrics: {textfile_dir: prom}\n", "1:25: textfile_dir is not an absolute path; cron and services start in another folder, so write it from the root on"},
		{"ping without address", "ping:\n  text: full\n", "2:3: ping has no address; add url or url_env"},
		{"both addresses", "ping:\n  url: https://example.com/a\n  url_env: PING\n", "3:12: url_env is given and url as well; keep one of the two"},
		{"scheme", "ping: {url: 'ftp://example.com/a'}\n", "1:13: url must begin with https:// or http://"},
		{"no machine", "ping: {url: 'https:///a'}\n", "1:13: url has no valid name of a machine, or no valid port; write it as https://example.com/path"},
		{"password in the address", "ping: {url: 'https://a:secret@example.com/a'}\n", "1:13: url has a name or a password before the machine; name the variable that holds the URL in url_env, and use a token in its path"},
		{"placeholder", "ping: {url: 'https://example.com/{run}'}\n", "1:13: url has a placeholder that is not known; the only one is {offer}"},
		{"secret instead of its variable", "webhook: {url_env: A, secret_env: 'hunter2!'}\n", "1:35: secret_env is not the name of an environment variable; write letters, digits and underscores, and keep the secret itself out of the file"},
		{"text", "ping: {url_env: A, text: long}\n", "1:26: text is not known; write short or full"},
		{"mail without anything", "mail:\n  port: 25\n", "2:3: mail has no server; add it\nbatch.yaml:2:3: mail has no from; add it\nbatch.yaml:2:3: mail has no to; add it"},
		{"port", mail + "port: 70000}\n", "1:71: port is not a port; write a number from 1 to 65535"},
		{"security", mail + "security: ssl}\n", "1:75: security is not known; write starttls, tls or none"},
		{"password in the clear", mail + "security: none, username: a, password_env: B}\n", "1:91: username is given, but with security: none the password would travel in the clear; write starttls or tls"},
		{"no password", mail + "username: a}\n", "1:75: username is given, but no password_env; add the name of the environment variable that holds the password"},
		{"no username", mail + "password_env: A}\n", "1:79: password_env is given, but no username; add it"},
		{"recipient", "mail: {server: m.example, from: a@b.example, to: [a@b.example, desk]}\n", "1:64: an item of to is not a mail address; write it as desk@example.com or Desk <desk@example.com>"},
		{"sender with a line break", "mail: {server: m.example, from: \"a@b.example\\r\\nBcc: c@d.example\", to: [a@b.example]}\n", "1:33: from is not a mail address; write it as desk@example.com or Desk <desk@example.com>"},
		{"one recipient as a text", "mail: {server: m.example, from: a@b.example, to: a@b.example}\n", "1:50: to must be a list; write addresses such as [desk@example.com]"},
		{"no occasion", mail + "on: []}\n", "1:69: on must be a list; write a list of failure, rejects, missed, success, reminder, approval, released or channel, such as [failure, missed]"},
		{"occasion", mail + "on: [start]}\n", "1:70: an item of on is not known; write failure, rejects, missed, success, reminder, approval, released or channel"},
		{"occasion twice", mail + "on: [missed, missed]}\n", "1:78: an item of on is in it twice; keep one of the two"},
		{"tab", "serve:\n\tpoll: 1s\n", "2:1: there is a tab here; write spaces"},
		{"direction mark", "serve: {poll: 1s\u202e}\n", "1:17: the file has an invisible character here (U+202E); delete it"},
		{"not UTF-8", "serve: # \xe9\n", "1:10: the file is not text in UTF-8 here; save it as UTF-8"},
		{"anchor", "serve: &a {poll: 1s}\n", "1:8: an anchor (&) is not used in this file; write the value itself, in quotation marks if it is a text"},
		{"tag", "serve: {poll: !!str 1s}\n", "1:15: a tag (!) is not used in this file; write the value itself, in quotation marks if it is a text"},
		{"two documents", "serve: {poll: 1s}\n---\nserve: {poll: 1s}\n", "2:1: the file has a second document; write one document, with one --- at most, at its top"},
		{"brackets", strings.Repeat("[", 60_000), "1:17: the file is nested deeper than any of its kind; look for a bracket that is not closed"},
		{"too large", strings.Repeat("#\n", 40_000), "1:1: the file has 80000 bytes, more than the 65536 that such a file can have; is it the right file?"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("batch.yaml", []byte(c.source))
			if err == nil || err.Error() != "batch.yaml:"+c.want {
				t.Errorf("the error is\n%v\nwant\nbatch.yaml:%s", err, c.want)
			}
		})
	}
}

func TestWhatIsNotYAMLHasAPlace(t *testing.T) {
	for _, source := range []string{"serve: {poll: 1s", "serve:\n   poll: 1s\n  settle: 1s\n", "a: 'b", "]"} {
		_, err := Parse("batch.yaml", []byte(source))
		var faults *strictyaml.Error
		if !errors.As(err, &faults) || (!strings.Contains(err.Error(), "look at the indentation") && !strings.Contains(err.Error(), "write")) {
			t.Errorf("%q: %v", source, err)
		}
	}
}

func TestAllFaultsAreToldInTheOrderOfTheFile(t *testing.T) {
	_, err := Parse("batch.yaml", []byte("serve: {poll: a, settle: b}\nping: {url: c}\nmetric: d\n"))
	var faults *strictyaml.Error
	if !errors.As(err, &faults) || len(faults.Faults) != 4 {
		t.Fatalf("%v, want 4 faults", err)
	}
	for i, line := range []int{1, 1, 2, 3} {
		if faults.Faults[i].Line != line {
			t.Errorf("fault %d is on line %d, want %d", i, faults.Faults[i].Line, line)
		}
	}
}

// keyPlace is a key of the example, as the parser finds it.
type keyPlace struct {
	name         string
	line, column int
}

func keysOf(t *testing.T, source string) []keyPlace {
	t.Helper()
	parsed, err := parser.ParseBytes([]byte(source), 0)
	if err != nil {
		t.Fatal(err)
	}
	var keys []keyPlace
	var walk func(n ast.Node)
	walk = func(n ast.Node) {
		if m, ok := n.(*ast.MappingNode); ok {
			for _, v := range m.Values {
				at := v.Key.GetToken()
				keys = append(keys, keyPlace{at.Value, at.Position.Line, at.Position.Column})
				walk(v.Value)
			}
		}
	}
	walk(parsed.Docs[0].Body)
	if len(keys) < 24 {
		t.Fatalf("the example has %d keys; some are not seen", len(keys))
	}
	return keys
}

func TestEveryMisspeltKeyIsAFaultAtItsPlace(t *testing.T) {
	source := example(t)
	for _, k := range keysOf(t, source) {
		if slices.Contains([]string{"ann", "bob", "treasury-desk", "treasury-leads", "issuer-acme", "DTC", "dtc-sftp", "euroclear-drop",
			"dtc-s3", "clearstream-mail", "euroclear-mail", "euroclear-old-mail", "paying-agent", "issuer-mail", "our-archive", "our-bucket"}, k.name) {
			continue // any text is a name
		}
		lines := strings.Split(source, "\n")
		l := lines[k.line-1]
		lines[k.line-1] = l[:k.column-1] + "x" + l[k.column-1:]
		_, err := Parse("batch.yaml", []byte(strings.Join(lines, "\n")))
		var faults *strictyaml.Error
		if !errors.As(err, &faults) {
			t.Errorf("x%s is taken", k.name)
			continue
		}
		found := false
		for _, f := range faults.Faults {
			found = found || (f.Line == k.line && f.Column == k.column && strings.HasPrefix(f.Message, "unknown key"))
		}
		if !found {
			t.Errorf("x%s: %v, want an unknown key at %d:%d", k.name, err, k.line, k.column)
		}
	}
}

func TestEveryValueOfAWrongKindIsAFaultOnItsLine(t *testing.T) {
	source := example(t)
	for _, k := range keysOf(t, source) {
		if k.column == 1 || k.name == "oidc" || slices.Contains([]string{"treasury-desk", "treasury-leads", "issuer-acme", "signed_by", "channels", "DTC",
			"dtc-sftp", "euroclear-drop", "dtc-s3", "clearstream-mail", "euroclear-mail", "euroclear-old-mail", "paying-agent", "issuer-mail", "our-archive", "our-bucket", "sftp", "imap", "s3"}, k.name) {
			continue // sections and what is in braces have cases of their own
		}
		for _, wrong := range []string{"", " {unheard: of}", " [[]]", " 'neither this nor that ('"} {
			if strings.HasPrefix(wrong, " '") && slices.Contains([]string{"username", "client_id", "folder", "move_to", "prefix"}, k.name) {
				continue // any text is a name
			}
			lines := strings.Split(source, "\n")
			lines[k.line-1] = lines[k.line-1][:k.column-1] + k.name + ":" + wrong
			_, err := Parse("batch.yaml", []byte(strings.Join(lines, "\n")))
			var faults *strictyaml.Error
			if !errors.As(err, &faults) || faults.Faults[0].Line != k.line {
				t.Errorf("%s:%s gives %v, want a fault on line %d", k.name, wrong, err, k.line)
			}
		}
	}
}

func TestAFaultNeverShowsAValue(t *testing.T) {
	source := example(t)
	for _, k := range keysOf(t, source) {
		lines := strings.Split(source, "\n")
		lines[k.line-1] = lines[k.line-1][:k.column-1] + k.name + ": 's3cret (value'"
		if _, err := Parse("batch.yaml", []byte(strings.Join(lines, "\n"))); err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: the error shows the value: %v", k.name, err)
		}
	}
}

func TestAFileThatIsNotThereIsSaid(t *testing.T) {
	name := filepath.Join(t.TempDir(), FileName)
	if _, err := Load(name); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "docs/settings.md") {
		t.Errorf("%v, want one that says where an example is", err)
	}
	if err := os.WriteFile(name, []byte("serve: {poll: 5s}\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	if s, err := Load(name); err != nil || s.Serve.Poll != 5*time.Second {
		t.Errorf("poll is %s, %v", s.Serve.Poll, err)
	}
}

func TestOnlyAnAddressOfThisMachineIsLoopback(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:1": true, "127.8.8.8:1": true, "[::1]:1": true, "localhost:1": true, "[::ffff:127.0.0.1]:1": true,
		":1": false, "0.0.0.0:1": false, "[::]:1": false, "10.0.0.1:1": false, "localhost.example.com:1": false, "nonsense": false,
	} {
		if got := isLoopback(address); got != want {
			t.Errorf("%s is loopback: %t, want %t", address, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(example(f))
	f.Add("mail: {to: [a, ], from: }\n")
	f.Add("a: |\n  b\n? c\n")
	f.Fuzz(func(t *testing.T, source string) {
		_, err := Parse("batch.yaml", []byte(source))
		var faults *strictyaml.Error
		if err != nil && (!errors.As(err, &faults) || len(faults.Faults) == 0) {
			t.Errorf("%v is no list of faults", err)
		}
	})
}

func TestP9ATimeOfTheDayPasses(t *testing.T) {
	at := func(clock string) time.Time {
		when, err := time.Parse("15:04:05", clock)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	nine := Daily{Hour: 9}
	for clock, want := range map[string]bool{"08:59:59": false, "09:00:00": true, "23:59:59": true, "00:00:00": false} {
		if got := nine.Passed(at(clock)); got != want {
			t.Errorf("at %s: %v", clock, got)
		}
	}
	if (Daily{Never: true}).Passed(at("12:00:00")) {
		t.Error("never has passed")
	}
}

// TestTheOldNameOfTheQuietPeriodStillWorks reads a file from before settle was renamed.
func TestTheOldNameOfTheQuietPeriodStillWorks(t *testing.T) {
	s, err := Parse("batch.yaml", []byte("serve: {settle: 45s}\n"))
	if err != nil || s.Serve.QuietPeriod != 45*time.Second {
		t.Errorf("%+v, %v", s.Serve, err)
	}
	want := []string{"serve.settle is now called serve.quiet_period; rename the key"}
	if !slices.Equal(s.Deprecated, want) {
		t.Errorf("deprecated: %q, want %q", s.Deprecated, want)
	}
	if s, err = Parse("batch.yaml", []byte("serve: {quiet_period: 45s}\n")); err != nil || len(s.Deprecated) > 0 {
		t.Errorf("by the new name: %q, %v", s.Deprecated, err)
	}
}
