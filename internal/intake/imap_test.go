package intake

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/imaplink/imaptest"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/settings"
	"tenderbatch/internal/sshlink/sshtest"
)

// newIMAPDesk is an offer whose channel is a mailbox on a real server.
func newIMAPDesk(t *testing.T) (*desk, *imaptest.Server) {
	t.Helper()
	server := imaptest.Start(t)
	d := newDesk(t)
	d.c.Getenv = imaptest.Getenv
	d.c.Settings.Intake.Channels = []settings.Channel{{Name: "post", From: []string{"DTC"}, IMAP: server.Settings(),
		Senders: []string{"reports@dtc.example"}}}
	return d, server
}

// imap are the settings of the mailbox, to be changed.
func (d *desk) imap() *settings.IMAP { return &d.c.Settings.Intake.Channels[0].IMAP }

// wantFault demands that the channel cannot be read, and whether only a person can go on.
func (d *desk) wantFault(what string, person bool) {
	d.t.Helper()
	r := d.fetch()
	if len(r.Faults) != 1 || !strings.Contains(r.Faults[0].What, what) || r.Faults[0].NeedsPerson != person {
		d.t.Fatalf("%+v, want %q, needs a person: %v", r, what, person)
	}
}

const genuine = "Authentication-Results: mx.example.com; dkim=pass header.d=dtc.example\n"

func TestMailFromAServer(t *testing.T) {
	d, server := newIMAPDesk(t)
	if r := d.fetch(); len(r.Files) > 0 || len(r.Faults) > 0 {
		t.Fatalf("of an empty mailbox: %+v", r)
	}
	server.Deliver(t, "INBOX", mailOf("reports@dtc.example", genuine, "dtc-2004-11-12.csv", report, "logo.png", "x"))
	server.Deliver(t, "INBOX", mailOf("a@evil.example", genuine, "dtc-2004-11-13.csv", report+"4,037833100,1000\n"))
	server.Deliver(t, "INBOX", mailOf("reports@dtc.example", "Authentication-Results: mx.example.com; dkim=fail\n", "dtc-2004-11-14.csv", report+"5,037833100,1000\n"))
	server.Deliver(t, "INBOX", mailOf("reports@dtc.example", genuine, "agenda.pdf", "no report"))
	r := d.fetch()
	if len(r.Files) != 3 || len(r.Faults) > 0 {
		t.Fatalf("%+v", r)
	}
	if f := d.one(r, "dtc-2004-11-12.csv"); f.State != Taken || f.Sender != "reports@dtc.example" {
		t.Errorf("%+v", f)
	}
	if f := d.one(r, "dtc-2004-11-13.csv"); f.State != Quarantined || !strings.Contains(f.Why, "a@evil.example is not one of the senders") {
		t.Errorf("%+v", f)
	}
	if f := d.one(r, "dtc-2004-11-14.csv"); f.State != Quarantined || !strings.Contains(f.Why, "did not send it") {
		t.Errorf("%+v", f)
	}
	if got := d.history(); !slices.ContainsFunc(got, func(s string) bool {
		return strings.Contains(s, "dtc-2004-11-12.csv came through post from reports@dtc.example, by the mail server mx.example.com; dkim=pass")
	}) {
		t.Errorf("the history: %q", got)
	}
	if r := d.fetch(); len(r.Files) > 0 {
		t.Errorf("at the next look: %+v", r)
	}
	if n := server.Marked(t); n != 1 {
		t.Errorf("%d messages are marked as taken, want the one", n)
	}
	// The same mail again is known, and the same report under another name is not taken.
	server.Deliver(t, "INBOX", mailOf("reports@dtc.example", genuine, "dtc-2004-11-12.csv", report))
	server.Deliver(t, "INBOX", mailOf("reports@dtc.example", genuine, "dtc-2004-11-20.csv", report))
	r = d.fetch()
	if a, b := d.one(r, "dtc-2004-11-12.csv"), d.one(r, "dtc-2004-11-20.csv"); a.State != Known || b.State != Quarantined ||
		!strings.Contains(b.Why, "the same content") {
		t.Errorf("%+v", r)
	}
	if n := server.Messages(t, ""); n != 6 {
		t.Errorf("%d messages are left of 6", n)
	}
}

// TestTheNumbersOfMessagesChange has the server give its messages new numbers: they are read again, and known.
func TestTheNumbersOfMessagesChange(t *testing.T) {
	d, server := newIMAPDesk(t)
	server.Deliver(t, "INBOX", mailOf("reports@dtc.example", "", "dtc-2004-11-12.csv", report))
	server.Deliver(t, "INBOX", mailOf("a@evil.example", "", "dtc-2004-11-13.csv", report+"4,037833100,1000\n"))
	d.fetch()
	server.Number(t)
	r := d.fetch()
	if len(r.Files) != 2 || r.Files[0].State != Known || r.Files[1].State != Known {
		t.Errorf("%+v", r)
	}
	if got := d.history(); len(got) != 2 {
		t.Errorf("the history: %q", got)
	}
	if r := d.fetch(); len(r.Files) > 0 {
		t.Errorf("%+v", r)
	}
}

func TestMailsThatWereTakenAreMoved(t *testing.T) {
	d, server := newIMAPDesk(t)
	server.Deliver(t, "Reports", mailOf("reports@dtc.example", "", "dtc-2004-11-12.csv", report))
	server.Deliver(t, "Reports", mailOf("a@evil.example", "", "dtc-2004-11-13.csv", report+"4,037833100,1000\n"))
	d.imap().Folder, d.imap().MoveTo = "Reports", "Done"
	d.wantFault("the mailbox has no folder Done that can be opened", true)
	if got := d.inbox(); len(got) > 0 {
		t.Errorf("the inbox has %v, and the mail could not be moved", got)
	}
	server.Deliver(t, "Done", mailOf("reports@dtc.example", "", "old.txt", "x"))
	if f := d.one(d.fetch(), "dtc-2004-11-12.csv"); f.State != Taken {
		t.Errorf("%+v", f)
	}
	if here, there := server.Messages(t, "Reports"), server.Messages(t, "Done"); here != 1 || there != 2 {
		t.Errorf("%d messages are here and %d there", here, there)
	}
	if r := d.fetch(); len(r.Files) > 0 || len(r.Faults) > 0 {
		t.Errorf("%+v", r)
	}
}

// A mail with a report that is no offer's stays where it is, also when other files are expected.
func TestAMailWithAReportThatIsNoOffersStays(t *testing.T) {
	d, server := newIMAPDesk(t)
	server.Deliver(t, "Done", mailOf("reports@dtc.example", "", "old.txt", "x"))
	d.imap().Folder, d.imap().MoveTo = "Reports", "Done"
	server.Deliver(t, "Reports", mailOf("reports@dtc.example", "", "strange.csv", report))
	if f := d.one(d.fetch(), "strange.csv"); f.State != Quarantined {
		t.Fatalf("%+v", f)
	}
	for _, pattern := range []string{"dtc-2*.csv", "dtc-20*.csv"} {
		put(t, filepath.Join(d.offer, offerfolder.OfferName), strings.ReplaceAll(offerYAML, "dtc-*.csv", pattern))
		if r := d.fetch(); len(r.Files) > 0 || len(r.Faults) > 0 {
			t.Errorf("%s: %+v", pattern, r)
		}
		if here, there := server.Messages(t, "Reports"), server.Messages(t, "Done"); here != 1 || there != 1 {
			t.Errorf("%s: %d messages are here and %d there", pattern, here, there)
		}
	}
	put(t, filepath.Join(d.offer, offerfolder.OfferName), strings.ReplaceAll(offerYAML, "dtc-*.csv", "s*.csv"))
	if f := d.one(d.fetch(), "strange.csv"); f.State != Taken {
		t.Errorf("%+v", f)
	}
}

func TestAMailThatIsTooLarge(t *testing.T) {
	d, server := newIMAPDesk(t)
	d.c.Settings.Intake.Largest = 1 << 20
	server.Deliver(t, "INBOX", mailOf("reports@dtc.example", "", "dtc-2004-11-12.csv", strings.Repeat("1,037833100,1000\n", 100_000)))
	server.Deliver(t, "INBOX", mailOf("reports@dtc.example", "", "dtc-2004-11-20.csv", report))
	r := d.fetch()
	if len(r.Files) != 2 || r.Files[0].State != Quarantined || !strings.Contains(r.Files[0].Why, "raise intake.largest") || r.Files[1].State != Taken {
		t.Errorf("%+v", r)
	}
}

func TestHowTheMailServerProvesItself(t *testing.T) {
	d, server := newIMAPDesk(t)
	server.Deliver(t, "INBOX", mailOf("reports@dtc.example", "", "dtc-2004-11-12.csv", report))
	d.imap().CAFile = ""
	d.wantFault("is not trusted", true)
	d.imap().Certificates = []string{strings.Repeat("0", 64)}
	d.wantFault("which is none of certificates; nothing was sent to it", true)
	d.imap().Certificates = []string{server.Certificate}
	d.imap().Host = "localhost" // the certificate itself counts
	if f := d.one(d.fetch(), "dtc-2004-11-12.csv"); f.State != Taken {
		t.Fatalf("%+v", f)
	}
	server.NewCertificate(t)
	server.Restart(t)
	d.wantFault("which is none of certificates", true)
	*d.imap() = server.Settings()
	d.imap().Security, d.imap().Port = settings.StartTLS, server.PlainPort
	server.Deliver(t, "INBOX", mailOf("reports@dtc.example", "", "dtc-2004-11-20.csv", report+"7,037833100,1000\n"))
	if f := d.one(d.fetch(), "dtc-2004-11-20.csv"); f.State != Taken {
		t.Fatalf("by STARTTLS: %+v", f)
	}
	d.imap().CAFile = ""
	d.wantFault("is not trusted", true)
}

func TestAMailServerThatRefuses(t *testing.T) {
	d, server := newIMAPDesk(t)
	d.imap().Username = "another"
	d.wantFault("refuses to let another log in", true)
	d.imap().Username = imaptest.Username
	d.imap().Folder = "Nowhere"
	d.wantFault("the mailbox has no folder Nowhere that can be opened", true)
	*d.imap() = server.Settings()
	d.c.Getenv = func(string) string { return "" }
	d.wantFault("set the environment variable BATCH_IMAP_PASSWORD", true)
	d.c.Getenv = imaptest.Getenv
	d.imap().Port = 1
	d.wantFault("cannot be reached", false)
	d.imap().Host, d.imap().Security = "192.0.2.1", settings.None
	d.wantFault("no password is sent to 192.0.2.1:1 in the clear", true)
	*d.imap() = server.Settings()
	d.imap().Port, d.imap().Security = server.PlainPort, settings.None // within this machine
	if r := d.fetch(); len(r.Faults) > 0 {
		t.Errorf("in the clear, within this machine: %+v", r)
	}
	d.imap().Port, d.imap().Security = server.TLSPort, settings.StartTLS // it waits for what will not come
	began := time.Now()
	d.wantFault("does not change to TLS", false)
	if took := time.Since(began); took > 45*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestAConnectionToAMailServerThatIsCut cuts it in the middle of a large mail: nothing of that is used, what came before
// is, and all comes once the connection is whole.
func TestAConnectionToAMailServerThatIsCut(t *testing.T) {
	d, server := newIMAPDesk(t)
	server.Deliver(t, "INBOX", mailOf("reports@dtc.example", "", "dtc-2004-11-12.csv", report))
	server.Deliver(t, "INBOX", mailOf("reports@dtc.example", "", "dtc-2004-11-13.csv", report+strings.Repeat("1,037833100,1000\n", 50_000)))
	port, cuts := sshtest.Cut(t, server.TLSPort, 200_000)
	d.imap().Port = port
	r := d.fetch()
	if len(r.Faults) != 1 || !strings.Contains(r.Faults[0].What, "was not read to its end, and nothing of it was used") || cuts.Load() == 0 {
		t.Fatalf("%+v, %d cuts", r, cuts.Load())
	}
	if got := d.inbox(); !slices.Equal(got, []string{"dtc-2004-11-12.csv"}) {
		t.Errorf("the inbox has %v", got)
	}
	d.imap().Port = server.TLSPort
	if f := d.one(d.fetch(), "dtc-2004-11-13.csv"); f.State != Taken {
		t.Errorf("%+v", f)
	}
}

// TestAMailThatTheServerCannotReadHarmsNoOther has the server end the session at one message, each time.
func TestAMailThatTheServerCannotReadHarmsNoOther(t *testing.T) {
	d, server := newIMAPDesk(t)
	for _, n := range []string{"1", "2", "3"} {
		server.Deliver(t, "INBOX", mailOf("reports@dtc.example", "X-Number: "+n+"\n", "dtc-2004-11-0"+n+".csv", report+n+",037833100,1000\n"))
	}
	server.Damage(t, "X-Number: 2")
	d.fetch()
	r := d.fetch()
	if got := d.inbox(); !slices.Equal(got, []string{"dtc-2004-11-01.csv", "dtc-2004-11-03.csv"}) {
		t.Errorf("the inbox has %v: %+v", got, r)
	}
	if len(r.Faults) != 1 || !strings.Contains(r.Faults[0].What, "was not read to its end") {
		t.Errorf("%+v", r)
	}
	server.Deliver(t, "INBOX", mailOf("reports@dtc.example", "", "dtc-2004-11-04.csv", report+"4,037833100,1000\n"))
	if f := d.one(d.fetch(), "dtc-2004-11-04.csv"); f.State != Taken {
		t.Errorf("%+v", f)
	}
}
