package delivery

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/jhillyerd/enmime/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/notify"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pgp/pgptest"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/release"
	"tenderbatch/internal/servertest"
	"tenderbatch/internal/settings"
	"tenderbatch/internal/sshlink/sshtest"
)

var terms = servertest.OneSeries(`release: {}
caps:
  - {name: Cap, amount: 10000, currency: USD, measure: principal}
`)

const report = servertest.OneTender

// house is an offer with a run that was released.
type house struct {
	t   *testing.T
	run string
	now time.Time
	c   Config
}

func newHouse(t *testing.T, deliveries ...settings.Delivery) *house {
	t.Helper()
	return newHouseAt(t, time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC), terms, deliveries...)
}

func newHouseAt(t *testing.T, now time.Time, terms string, deliveries ...settings.Delivery) *house {
	t.Helper()
	h := &house{t: t, now: now}
	folder := filepath.Join(t.TempDir(), "small")
	for name, content := range map[string]string{"offer.yaml": terms, "inbox/dtc-" + now.AddDate(0, 0, -1).Format("2006-01-02") + ".csv": report} {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o750), os.WriteFile(path, []byte(content), 0o640),
			os.Chtimes(path, h.now.Add(-24*time.Hour), h.now.Add(-24*time.Hour))); err != nil {
			t.Fatal(err)
		}
	}
	set := settings.Default()
	set.Deliveries = deliveries
	n, err := notify.New(settings.Settings{}, os.Getenv, "test")
	if err != nil {
		t.Fatal(err)
	}
	h.c = Config{Folder: folder, Settings: set, Now: h.clock, Getenv: os.Getenv, Version: "test", By: "test", Notifier: n}
	h.make("")
	return h
}

func (h *house) clock() time.Time {
	h.now = h.now.Add(time.Second)
	return h.now
}

// make makes a run and has it released.
func (h *house) make(supersede string) {
	h.t.Helper()
	person := func(name string) ledger.Actor { return ledger.Actor{Kind: ledger.User, Name: name} }
	out, err := pipeline.Run(context.Background(), pipeline.Request{Folder: h.c.Folder, Clock: h.clock, Version: "test", Actor: person("ann"),
		By: "ann", Supersede: supersede, Reason: supersede, Owner: func(fs.FileInfo) string { return "ann" }})
	if err != nil {
		h.t.Fatal(err)
	}
	as := func(name string) release.Request {
		return release.Request{Run: out.Folder, Actor: person(name), By: name, Clock: h.clock, Version: "test", Wait: time.Second}
	}
	_, err = release.Submit(context.Background(), as("ann"))
	if err != nil {
		h.t.Fatal(err)
	}
	s, err := release.Show(context.Background(), as("bob"))
	if err != nil {
		h.t.Fatal(err)
	}
	total := s.Entry.Totals[0]
	_, err = release.Approve(context.Background(), as("bob"),
		release.Confirmed{Manifest: s.Entry.Manifest, Typed: ledger.Amount{Currency: total.Currency, Amount: total.ToWire}})
	if err != nil {
		h.t.Fatal(err)
	}
	if _, _, err = release.Release(context.Background(), as("ann")); err != nil {
		h.t.Fatal(err)
	}
	h.run = filepath.Base(out.Folder)
}

func (h *house) deliver() []Result {
	h.t.Helper()
	results, err := Deliver(context.Background(), h.c)
	if err != nil {
		h.t.Fatal(err)
	}
	return results
}

// want demands the state of the only delivery.
func (h *house) want(state State, why string) {
	h.t.Helper()
	r := h.deliver()
	if len(r) != 1 || r[0].State != state || !strings.Contains(r[0].Why, why) || r[0].Run != h.run {
		h.t.Fatalf("%+v, want %s %q", r, state, why)
	}
}

// noted are the events of deliveries in the history, which must hold.
func (h *house) noted() string {
	h.t.Helper()
	runs := filepath.Join(h.c.Folder, offerfolder.RunsName)
	entries, err := ledger.ReadEntries(runs)
	if err != nil {
		h.t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		if strings.HasPrefix(e.Actor.Name, "delivery ") {
			all = append(all, string(e.Event))
		}
	}
	if found, _, err := release.Verify(h.c.Folder, release.Signers{}); err != nil || len(found) > 0 {
		h.t.Errorf("%v, %v", found, err)
	}
	if found, err := ledger.Verify(runs, "small"); err != nil || len(found) > 0 {
		h.t.Errorf("%v, %v", found, err)
	}
	return strings.Join(all, " ")
}

func names(t *testing.T, folder string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// checkPackage demands that an archive has the files of the released run, as the manifest says.
func (h *house) checkPackage(manifest, archive []byte) {
	h.t.Helper()
	var m Manifest
	if err := json.Unmarshal(manifest, &m); err != nil {
		h.t.Fatal(err)
	}
	follows(h.t, "delivery", manifest)
	if m.Package.SHA256 != offerfolder.DigestOf(archive) || m.Run != h.run {
		h.t.Errorf("the manifest is of another package: %+v", m)
	}
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		h.t.Fatal(err)
	}
	if len(z.File) != len(m.Files) || len(z.File) < 5 {
		h.t.Fatalf("%d files, the manifest has %d", len(z.File), len(m.Files))
	}
	for i, f := range z.File {
		r, err := f.Open()
		if err != nil {
			h.t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil || offerfolder.DigestOf(content) != m.Files[i].SHA256 || f.Name != m.Files[i].Name {
			h.t.Errorf("%s: %v", f.Name, err)
		}
		if want := read(h.t, filepath.Join(h.c.Folder, "released", h.run, f.Name)); !bytes.Equal(content, want) {
			h.t.Errorf("%s is not that of the run", f.Name)
		}
		if f.Name == "release.json" {
			follows(h.t, "release", content)
		}
	}
}

// follows demands that JSON is as its schema says, and that the schema knows every key of it.
func follows(t *testing.T, name string, content []byte) {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	schema, err := c.Compile("../../docs/schemas/" + name + ".schema.json")
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	object := value.(map[string]any)
	for key := range object {
		less := maps.Clone(object)
		delete(less, key)
		if schema.Validate(less) == nil {
			t.Errorf("the schema %s takes a document without %s", name, key)
		}
	}
}

// The package goes to others, who read who released it and on whose approvals by machine, too.
func TestReleaseJSONHasASchema(t *testing.T) {
	to := t.TempDir()
	h := newHouse(t, settings.Delivery{Name: "archive", Folder: to})
	h.want(Delivered, "")
	content := read(t, filepath.Join(h.c.Folder, "released", h.run, "release.json"))
	follows(t, "release", content)
	r := ledger.Release{}
	if err := json.Unmarshal(content, &r); err != nil || len(r.Approvals) == 0 || len(r.ToWire) == 0 {
		t.Errorf("what the schema says of approvals and amounts is not seen: %+v, %v", r, err)
	}
}

func TestAReleasedRunIsSentToAFolderOnce(t *testing.T) {
	to := t.TempDir()
	h := newHouse(t, settings.Delivery{Name: "archive", Folder: to})
	h.want(Delivered, "")
	base := filepath.Join(to, "small-"+h.run)
	h.checkPackage(read(t, base+".manifest.json"), read(t, base+".zip"))
	if got := names(t, to); len(got) != 2 {
		t.Errorf("the folder has %v", got)
	}
	if err := os.Remove(base + ".zip"); err != nil { // who has it may do with it what they like
		t.Fatal(err)
	}
	h.want(Before, "")
	if got := names(t, to); len(got) != 1 || h.noted() != "delivered" {
		t.Errorf("the folder has %v; the history: %s", got, h.noted())
	}
}

// A folder that the unit of the service does not name is read-only for it: what to do is said.
func TestAFolderThatTheServiceMayNotWriteTo(t *testing.T) {
	for wrong, want := range map[syscall.Errno]string{syscall.EROFS: "add ReadWritePaths=", syscall.EACCES: "may write to "} {
		to := t.TempDir()
		h := newHouse(t, settings.Delivery{Name: "archive", Folder: to})
		h.c.Disk = disk.Disk{Fault: func(_, path string) error {
			if strings.HasPrefix(path, to) {
				return wrong
			}
			return nil
		}}
		h.want(Failed, want+to)
		h.c.Disk = disk.Disk{}
		h.want(Delivered, "")
	}
}

// TestSentToAServer has a real server take it, and GnuPG open and verify it.
func TestSentToAServer(t *testing.T) {
	server := sshtest.Start(t)
	us, agent := pgptest.New(t, "batch@example.com", "0"), pgptest.New(t, "agent@example.com", "0")
	agent.Know(us)
	h := newHouse(t, settings.Delivery{Name: "agent", SFTP: server.Settings(), EncryptTo: []string{agent.Public()}})
	h.c.Settings.PGP.KeyFile = us.Private()
	h.now = time.Now().Add(time.Minute) // keys are not older than the test
	h.c.Run = h.run
	h.want(Delivered, "")
	base := filepath.Join(server.Folder, "small-"+h.run)
	manifest := read(t, base+".manifest.json")
	if err := agent.Verify(manifest, read(t, base+".manifest.json.asc")); err != nil {
		t.Errorf("the signature of the manifest: %v", err)
	}
	archive, said := agent.Open(read(t, base+".zip.pgp"))
	if !strings.Contains(said, "GOODSIG") {
		t.Errorf("GnuPG says %s", said)
	}
	h.checkPackage(manifest, archive)
	if _, err := os.Stat(base + ".zip"); err == nil {
		t.Error("it was sent in the clear, too")
	}
	if got := names(t, server.Folder); len(got) != 3 {
		t.Errorf("the server has %v", got)
	}
	h.want(Before, "")
}

func TestWhatCannotBeSentIsNotedOnceAndTriedAgain(t *testing.T) {
	server := sshtest.Start(t)
	to := server.Settings()
	to.HostKeys = []string{sshtest.OtherKey(t)}
	h := newHouse(t, settings.Delivery{Name: "agent", SFTP: to})
	h.want(Failed, "which is none of host_keys")
	h.want(Failed, "which is none of host_keys")
	if got := h.noted(); got != "undelivered" {
		t.Errorf("the history: %s", got)
	}
	port, cuts := sshtest.Cut(t, server.Port, 4_000)
	h.c.Settings.Deliveries[0].SFTP = server.Settings()
	h.c.Settings.Deliveries[0].SFTP.Port = port
	if r := h.deliver(); r[0].State == Delivered || cuts.Load() == 0 {
		t.Fatalf("%+v, %d cuts", r, cuts.Load())
	}
	h.c.Settings.Deliveries[0].SFTP = server.Settings()
	h.want(Delivered, "")
	for _, name := range names(t, server.Folder) {
		if strings.HasPrefix(name, ".") {
			t.Errorf("%s is left over", name)
		}
	}
}

// TestAServerThatTricklesHarmsNoOtherDelivery has one that sends a byte now and then: it is silent at no time.
func TestAServerThatTricklesHarmsNoOtherDelivery(t *testing.T) {
	servertest.Within(t, time.Second)
	server, folder := sshtest.Start(t), t.TempDir()
	line := servertest.NewLine(t, server.Port)
	to := server.Settings()
	to.Port = line.Port
	h := newHouse(t, settings.Delivery{Name: "agent", SFTP: to}, settings.Delivery{Name: "folder", Folder: folder})
	line.Slow(8_000, 1, 20*time.Millisecond) // once the session is there
	for _, second := range []State{Delivered, Before} {
		r := h.deliver()
		if len(r) != 2 || r[0].State != Failed || !strings.Contains(r[0].Why, "was silent or slower than 1024 bytes a second") ||
			r[1].State != second {
			t.Fatalf("%+v", r)
		}
	}
	if got := h.noted(); got != "undelivered delivered" {
		t.Errorf("the history: %s", got)
	}
	line.Fast()
	if r := h.deliver(); r[0].State != Delivered {
		t.Errorf("%+v", r)
	}
}

// TestACrashBetweenSendingAndNoting has the history forget that it was sent.
func TestACrashBetweenSendingAndNoting(t *testing.T) {
	to := t.TempDir()
	h := newHouse(t, settings.Delivery{Name: "archive", Folder: to})
	h.c.Disk = disk.Disk{}
	other := *h
	h.want(Delivered, "")
	name := filepath.Join(to, "small-"+h.run+".manifest.json")
	was := read(t, name)
	// The same run, of an offer whose history knows of no delivery: another target name has none.
	other.c.Settings.Deliveries = []settings.Delivery{{Name: "archive-2", Folder: to}}
	other.want(Delivered, "")
	if !bytes.Equal(read(t, name), was) {
		t.Error("the manifest was written again")
	}
	if err := os.WriteFile(name, []byte(`{"manifest": "another"}`), 0o640); err != nil {
		t.Fatal(err)
	}
	other.c.Settings.Deliveries = []settings.Delivery{{Name: "archive-3", Folder: to}}
	other.want(Failed, "already that is of something else")
	// The package of the same run before names were replaced is nothing strange.
	var earlier Manifest
	if err := json.Unmarshal(was, &earlier); err != nil {
		t.Fatal(err)
	}
	earlier.Package.SHA256 = strings.Repeat("0", 64)
	content, err := json.Marshal(earlier)
	if err := errors.Join(err, os.WriteFile(name, content, 0o640)); err != nil {
		t.Fatal(err)
	}
	other.want(Failed, "of this run, with a package of other bytes")
}

// TestDueIsARunFromItsReleaseOn, for a week, as the service looks at nothing else of an offer then.
func TestDueIsARunFromItsReleaseOn(t *testing.T) {
	if due, err := IsDue(t.TempDir(), time.Now()); err != nil || due {
		t.Errorf("of no offer: %t, %v", due, err)
	}
	h := newHouse(t, settings.Delivery{Name: "share", Folder: t.TempDir()})
	for after, want := range map[time.Duration]bool{0: true, Due - time.Hour: true, Due + time.Hour: false} {
		if due, err := IsDue(h.c.Folder, h.clock().Add(after)); err != nil || due != want {
			t.Errorf("after %s: %t, %v", after, due, err)
		}
	}
}

func TestOnlyTheRunInForceIsSent(t *testing.T) {
	to := t.TempDir()
	h := newHouse(t, settings.Delivery{Name: "archive", Folder: to})
	first := h.run
	path := filepath.Join(h.c.Folder, "inbox", "dtc-2026-05-19.csv")
	if err := errors.Join(os.WriteFile(path, []byte(report+"0000027,52729NAA8,2000,2026-05-18 10:00:00,0902\n"), 0o640),
		os.Chtimes(path, h.now.Add(-24*time.Hour), h.now.Add(-24*time.Hour))); err != nil {
		t.Fatal(err)
	}
	h.make("final")
	h.want(Delivered, "")
	if got := names(t, to); len(got) != 2 || strings.Contains(got[0], first) {
		t.Errorf("the folder has %v", got)
	}
	h.c.Run = first
	if _, err := Deliver(context.Background(), h.c); err == nil || !strings.Contains(err.Error(), "is not in force any more") {
		t.Error(err)
	}
	h.c.Run, h.now = "", h.now.Add(30*24*time.Hour)
	h.c.Settings.Deliveries = []settings.Delivery{{Name: "new", Folder: t.TempDir()}}
	if r := h.deliver(); len(r) > 0 {
		t.Errorf("a month later a new target gets %+v", r)
	}
	h.c.Settings.Deliveries[0].Offers = []string{"another"}
	h.c.Run = h.run
	if r := h.deliver(); len(r) > 0 {
		t.Errorf("the target of another offer gets %+v", r)
	}
}

// Of indicative runs, too, only the one that was released last is sent, whichever is asked for.
func TestAnIndicativeRunThatAnotherWasReleasedAfterIsNotSent(t *testing.T) {
	h := newHouseAt(t, time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC).AddDate(0, 0, -10), strings.Replace(terms, "release: {}", "release: {from: indicative}", 1))
	first := h.run
	h.now = h.now.Add(time.Hour)
	path := filepath.Join(h.c.Folder, "inbox", "dtc-2026-05-10.csv")
	if err := errors.Join(os.WriteFile(path, []byte(report+"0000027,52729NAA8,2000,2026-05-09 10:00:00,0902\n"), 0o640),
		os.Chtimes(path, h.now.Add(-time.Minute), h.now.Add(-time.Minute))); err != nil {
		t.Fatal(err)
	}
	h.make("")
	to := t.TempDir()
	h.c.Settings.Deliveries = []settings.Delivery{{Name: "archive", Folder: to}}
	h.c.Run = first
	if r, err := Deliver(context.Background(), h.c); err == nil || !strings.Contains(err.Error(), "deliver "+h.run) || len(names(t, to)) > 0 {
		t.Errorf("%+v, %v", r, err)
	}
	h.c.Run = h.run
	h.want(Delivered, "")
}

func TestAnAlteredRunIsNotSent(t *testing.T) {
	to := t.TempDir()
	h := newHouse(t, settings.Delivery{Name: "archive", Folder: to})
	if err := os.WriteFile(filepath.Join(h.c.Folder, "runs", h.run, "payments.csv"), []byte("forged"), 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := Deliver(context.Background(), h.c); err == nil || len(names(t, to)) > 0 {
		t.Errorf("%v, the folder has %v", err, names(t, to))
	}
}

// office is a mail server.
type office struct {
	mu    sync.Mutex
	mails [][]byte
	fail  bool
	cut   bool // the connection is cut before the answer
}

// set changes how the server answers.
func (o *office) set(fail, cut bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fail, o.cut = fail, cut
}

// all are the mails that it has.
func (o *office) all() [][]byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.mails)
}

func (o *office) NewSession(c *smtp.Conn) (smtp.Session, error) { return &session{o, c}, nil }

type session struct {
	*office
	conn *smtp.Conn
}

func (session) Reset()                               {}
func (session) Logout() error                        { return nil }
func (session) Mail(string, *smtp.MailOptions) error { return nil }
func (session) Rcpt(string, *smtp.RcptOptions) error { return nil }

func (s session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail {
		return &smtp.SMTPError{Code: 451, Message: "try later"}
	}
	s.mails = append(s.mails, raw)
	if s.cut {
		return s.conn.Conn().Close()
	}
	return err
}

func newOffice(t *testing.T) (*office, settings.Mail) {
	t.Helper()
	o := &office{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := smtp.NewServer(o)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return o, settings.Mail{Server: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, Security: settings.None, From: "batch@example.com"}
}

func TestByMail(t *testing.T) {
	o, server := newOffice(t)
	h := newHouse(t, settings.Delivery{Name: "post", Mail: []string{"agent@example.com"}})
	h.c.Settings.Mail = server
	o.set(true, false)
	h.want(Failed, "try later")
	o.set(false, false)
	h.want(Delivered, "")
	h.want(Before, "")
	if len(o.all()) != 1 || h.noted() != "sending undelivered sending delivered" {
		t.Fatalf("%d mails; the history: %s", len(o.all()), h.noted())
	}
	message, err := enmime.ReadEnvelope(bytes.NewReader(o.all()[0]))
	if err != nil || len(message.Attachments) != 2 {
		t.Fatalf("%v, %v", message, err)
	}
	h.checkPackage(message.Attachments[1].Content, message.Attachments[0].Content)
	h.c.Only, h.c.Again, h.c.Run = "post", true, h.run
	h.want(Delivered, "")
	second, err := enmime.ReadEnvelope(bytes.NewReader(o.all()[1]))
	if err != nil || second.GetHeader("Message-Id") == message.GetHeader("Message-Id") {
		t.Errorf("sent again by a person, it has the same id: %v", err)
	}
}

// A mail of which it is not known whether it was sent is not sent again by itself.
func TestACrashWhileAMailIsSent(t *testing.T) {
	o, server := newOffice(t)
	h := newHouse(t, settings.Delivery{Name: "post", Mail: []string{"agent@example.com"}})
	h.c.Settings.Mail = server
	log, err := ledger.OpenLog(filepath.Join(h.c.Folder, "runs"))
	if err == nil {
		_, err = log.Append(ledger.Entry{At: h.clock(), Event: ledger.Sending, Run: h.run, Offer: "small",
			Actor: target{h.c.Settings.Deliveries[0], "agent@example.com"}.actor()})
	}
	if err != nil {
		t.Fatal(err)
	}
	h.want(Unknown, "ask whether it came")
	if len(o.all()) > 0 {
		t.Error("it was sent")
	}
	h.c.Only, h.c.Again = "post", true
	h.want(Delivered, "")
}

// The server took the mail, and its answer was lost.
func TestAMailWithoutAnAnswerIsNotSentAgainByItself(t *testing.T) {
	o, server := newOffice(t)
	h := newHouse(t, settings.Delivery{Name: "post", Mail: []string{"agent@example.com"}})
	h.c.Settings.Mail = server
	o.set(false, true)
	h.want(Unknown, "ask whether it came")
	o.set(false, false)
	h.want(Unknown, "ask whether it came")
	if len(o.all()) != 1 || h.noted() != "sending" {
		t.Errorf("%d mails; the history: %s", len(o.all()), h.noted())
	}
}

// Who delivers while another does reads that, and not that a run goes on.
func TestADeliveryBesideAnotherSaysSo(t *testing.T) {
	h := newHouse(t, settings.Delivery{Name: "archive", Folder: t.TempDir()})
	other := &work{Config: h.c}
	unlock, err := other.lock()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Deliver(t.Context(), h.c); !errors.Is(err, ledger.ErrBusy) || !strings.Contains(err.Error(), "another delivery of this offer goes on") {
		t.Error(err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	h.want(Delivered, "")
}
