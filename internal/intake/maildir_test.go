package intake

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pgp/pgptest"
	"tenderbatch/internal/settings"
)

// newMailDesk is an offer whose channel is a mailbox.
func newMailDesk(t *testing.T) *desk {
	t.Helper()
	d := newDesk(t)
	d.drop = filepath.Join(t.TempDir(), "Maildir")
	for _, name := range []string{"new", "cur", "tmp"} {
		if err := os.MkdirAll(filepath.Join(d.drop, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	d.c.Settings.Intake.Channels = []settings.Channel{{Name: "post", From: []string{"DTC"}, Maildir: d.drop, Senders: []string{"reports@dtc.example"}}}
	return d
}

// deliver has maildrop, the delivery agent, deliver a message.
func (d *desk) deliver(message string) {
	d.t.Helper()
	if _, err := exec.LookPath("maildrop"); err != nil {
		d.t.Skip("the test needs maildrop; ./test.sh installs it")
	}
	filter := filepath.Join(d.t.TempDir(), "filter")
	if err := os.WriteFile(filter, []byte("to \""+d.drop+"\"\n"), 0o600); err != nil {
		d.t.Fatal(err)
	}
	c := exec.Command("maildrop", filter)
	c.Stdin = strings.NewReader(message)
	if out, err := c.CombinedOutput(); err != nil {
		d.t.Fatalf("maildrop: %v: %s", err, out)
	}
}

// mailOf is a message with attachments, each a name and a content.
func mailOf(from, headers string, attachments ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%sFrom: %s\nTo: batch@example.com\nSubject: =?utf-8?q?Report_=E2=82=AC?=\nMIME-Version: 1.0\n"+
		"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nas agreed\n", headers, from)
	for i := 0; i < len(attachments); i += 2 {
		fmt.Fprintf(&b, "--b\nContent-Type: application/octet-stream; name=\"%s\"\nContent-Disposition: attachment; filename=\"%s\"\n"+
			"Content-Transfer-Encoding: base64\n\n%s\n", attachments[i], attachments[i], base64.StdEncoding.EncodeToString([]byte(attachments[i+1])))
	}
	return b.String() + "--b--\n"
}

func TestAnAttachmentIsTaken(t *testing.T) {
	d := newMailDesk(t)
	const passed = "Authentication-Results: mx.example.com; dkim=pass header.d=dtc.example;\n dmarc=pass\n"
	d.deliver(mailOf("Reports <Reports@DTC.example>", passed, "dtc-2004-11-12.csv", report, "logo.png", "x", "terms.pdf", "y"))
	r := d.fetch()
	if len(r.Files) != 1 || r.Files[0].State != Taken || r.Files[0].Sender != "Reports@DTC.example" {
		t.Fatalf("%+v", r)
	}
	if got := d.history(); len(got) != 1 || !strings.Contains(got[0], "by the mail server mx.example.com; dkim=pass header.d=dtc.example; dmarc=pass") {
		t.Errorf("the history: %q", got)
	}
	// A mail program marks it as read, which moves it.
	entries, err := os.ReadDir(filepath.Join(d.drop, "new"))
	if err != nil || len(entries) != 1 {
		t.Fatal(entries, err)
	}
	if err := os.Rename(filepath.Join(d.drop, "new", entries[0].Name()), filepath.Join(d.drop, "cur", entries[0].Name()+":2,S")); err != nil {
		t.Fatal(err)
	}
	if r := d.fetch(); len(r.Files) > 0 {
		t.Errorf("at the next look: %+v", r)
	}
}

func TestMailsThatAreKeptApart(t *testing.T) {
	for name, c := range map[string]struct{ from, headers, why string }{
		"the wrong sender":        {"reports@dtc.example.evil.example", "", "reports@dtc.example.evil.example is not one of the senders"},
		"a name as the address":   {`"reports@dtc.example" <a@evil.example>`, "", "a@evil.example is not one of the senders"},
		"two senders":             {"reports@dtc.example, a@evil.example", "", "names no single sender"},
		"two headers":             {"reports@dtc.example", "From: a@evil.example\n", "names no single sender"},
		"the server doubts it":    {"reports@dtc.example", "Authentication-Results: mx.example.com; dkim=fail\n", "by the mail server the address that it names did not send it"},
		"the server, in capitals": {"reports@dtc.example", "Authentication-Results: mx.example.com; DKIM = Fail (bad)\n", "did not send it"},
		"the server, topmost":     {"reports@dtc.example", "Authentication-Results: mx.example.com; dmarc=fail\nAuthentication-Results: mx.example.com; dmarc=pass\n", "did not send it"},
		"no sender at all":        {"", "", "names no single sender"},
		"a sender that is no one": {"undisclosed:;", "", "names no single sender"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newMailDesk(t)
			d.deliver(mailOf(c.from, c.headers, "dtc-2004-11-12.csv", report))
			d.deliver(mailOf("reports@dtc.example", "", "dtc-2004-11-20.csv", report+"good,037833100,2000\n"))
			d.deliver(mailOf(c.from, c.headers, "offer.pdf", "no report"))
			r := d.fetch()
			if len(r.Files) != 2 {
				t.Fatalf("%+v", r)
			}
			if f := d.one(r, "dtc-2004-11-12.csv"); f.State != Quarantined || !strings.Contains(f.Why, c.why) {
				t.Errorf("%+v, want %q", f, c.why)
			}
			if got := d.inbox(); !slices.Equal(got, []string{"dtc-2004-11-20.csv"}) {
				t.Errorf("the inbox has %v", got)
			}
		})
	}
}

// A report that two offers expect is kept apart from a stranger's mail, too, and not passed over.
func TestAMailWithAReportThatTwoOffersExpect(t *testing.T) {
	d := newMailDesk(t)
	next := filepath.Join(d.c.Folder, "next")
	put(t, filepath.Join(next, offerfolder.OfferName), strings.Replace(offerYAML, "id: x", "id: next", 1))
	d.c.Offers = append(d.c.Offers, next)
	d.deliver(mailOf("a@evil.example", "", "dtc-2004-11-12.csv", report))
	if f := d.one(d.fetch(), "dtc-2004-11-12.csv"); f.State != Quarantined || !strings.Contains(f.Why, "is not one of the senders") {
		t.Errorf("%+v", f)
	}
}

func TestASignedAttachment(t *testing.T) {
	dtc, other := pgptest.New(t, "dtc@example.com", "0"), pgptest.New(t, "other@example.com", "0")
	d := newMailDesk(t)
	d.c.Settings.Intake.SignedBy = map[string][]string{"DTC": {dtc.Public()}}
	d.deliver(mailOf("reports@dtc.example", "", "dtc-1.csv", report, "dtc-1.csv.asc", string(dtc.Sign([]byte(report)))))
	second := report + "6,037833100,1000\n"
	d.deliver(mailOf("reports@dtc.example", "", "dtc-2.csv", second, "dtc-2.csv.asc", string(other.Sign([]byte(second)))))
	r := d.fetch()
	if a, b := d.one(r, "dtc-1.csv"), d.one(r, "dtc-2.csv"); a.State != Taken || b.State != Quarantined || len(r.Files) != 2 {
		t.Errorf("%+v", r)
	}
	// As mail programs sign: the mail, and not the file.
	signed := string(dtc.Sign([]byte("the part of the mail")))
	d.deliver(mailOf("reports@dtc.example", "", "dtc-2004-11-13.csv", report+"7,037833100,1000\n", "signature.asc", signed))
	r = d.fetch()
	if f := d.one(r, "dtc-2004-11-13.csv"); f.State != Quarantined || len(r.Files) != 1 ||
		!strings.Contains(f.Why, "the signature of the mail as a whole does not count") {
		t.Errorf("%+v", r)
	}
}

func TestAFolderThatIsNoMailbox(t *testing.T) {
	d := newDesk(t)
	d.c.Settings.Intake.Channels = []settings.Channel{{Name: "post", From: []string{"DTC"}, Maildir: d.drop, Senders: []string{"a@b.example"}}}
	if r := d.fetch(); len(r.Faults) != 1 || !strings.Contains(r.Faults[0].What, "is no Maildir") {
		t.Errorf("%+v", r)
	}
}

// A mail that comes while offer.yaml cannot be read is looked at again.
func TestAMailWaitsForTermsThatCannotBeRead(t *testing.T) {
	d := newMailDesk(t)
	put(t, filepath.Join(d.offer, offerfolder.OfferName), "id: [")
	d.deliver(mailOf("reports@dtc.example", "", "dtc-2004-11-12.csv", report))
	d.fetch()
	put(t, filepath.Join(d.offer, offerfolder.OfferName), offerYAML)
	if f := d.one(d.fetch(), "dtc-2004-11-12.csv"); f.State != Taken {
		t.Errorf("%+v", f)
	}
}

// FuzzAMessage looks for a message that ends the program, or an attachment that comes in from a sender who is none.
func FuzzAMessage(f *testing.F) {
	f.Add([]byte(mailOf("reports@dtc.example", "", "dtc-1.csv", report)))
	f.Add([]byte(mailOf("a@evil.example", "Authentication-Results: mx; dkim=fail\n", "dtc-1.csv", report, "dtc-1.csv.asc", "x")))
	f.Add([]byte("From: <reports@dtc.example>\nContent-Type: multipart/mixed; boundary=\n\n--\n"))
	a := attached{senders: []string{"reports@dtc.example"}, wanted: func(name string) bool { return strings.HasSuffix(name, ".csv") },
		likely: func(string) bool { return false }}
	f.Fuzz(func(t *testing.T, message []byte) {
		for _, one := range a.arrivals("1", "a mailbox", message) {
			if one.refused == nil && !strings.EqualFold(one.sender, "reports@dtc.example") {
				t.Errorf("%s is from %s", one.name, one.sender)
			}
		}
	})
}

// TestAMailThatIsMarkedMeanwhileIsRead has a mail program mark a mail, and another one take one away, between the look at the
// folder and the reading.
func TestAMailThatIsMarkedMeanwhileIsRead(t *testing.T) {
	d := newMailDesk(t)
	put(t, filepath.Join(d.drop, "new", "1.x"), "Subject: marked\n\nx\n")
	put(t, filepath.Join(d.drop, "new", "2.x"), "Subject: taken away\n\nx\n")
	l := newLook(d.c)
	from, err := l.openMaildir(d.c.Settings.Intake.Channels[0])
	if err != nil {
		t.Fatal(err)
	}
	all, err := from.list()
	if err != nil || len(all) != 2 {
		t.Fatalf("%+v, %v", all, err)
	}
	err = errors.Join(os.Rename(filepath.Join(d.drop, "new", "1.x"), filepath.Join(d.drop, "cur", "1.x:2,S")),
		os.Remove(filepath.Join(d.drop, "new", "2.x")))
	if err != nil {
		t.Fatal(err)
	}
	box := from.(*maildir)
	if content, err := box.find("1.x", 1<<20); err != nil || !strings.Contains(string(content), "marked") {
		t.Errorf("%q, %v", content, err)
	}
	if _, err := box.find("2.x", 1<<20); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}
