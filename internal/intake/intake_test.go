package intake

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pgp/pgptest"
	"tenderbatch/internal/servertest"
	"tenderbatch/internal/settings"
	"tenderbatch/internal/sshlink/sshtest"
	"tenderbatch/internal/xlsx/xlsxtest"
)

const offerYAML = servertest.BareTerms + `depositaries:
  - {name: DTC, files: "dtc-*.csv"}
  - {name: Euroclear, files: "ec-*.csv"}
`

const report = "Reference,CUSIP,Principal\n1,037833100,1000\n"

// desk is an offer with a channel, and where its files are.
type desk struct {
	t     *testing.T
	drop  string // the folder that files are sent to
	offer string
	c     Config
}

// newDesk is an offer whose channel is a folder here.
func newDesk(t *testing.T) *desk {
	t.Helper()
	top, drop := t.TempDir(), t.TempDir()
	d := &desk{t: t, drop: drop, offer: filepath.Join(top, "x")}
	put(t, filepath.Join(d.offer, offerfolder.OfferName), offerYAML)
	set := settings.Default()
	set.Intake.Channels = []settings.Channel{{Name: "drop", From: []string{"DTC"}, Folder: drop}}
	d.c = Config{Folder: top, Offers: []string{d.offer}, Settings: set, QuietPeriod: 20 * time.Millisecond, Version: "test", By: "test",
		Now: func() time.Time { return time.Now() }, Getenv: os.Getenv}
	return d
}

// newServerDesk is an offer whose channel is a folder of a real server.
func newServerDesk(t *testing.T) (*desk, *sshtest.Server) {
	t.Helper()
	server := sshtest.Start(t)
	d := newDesk(t)
	d.drop = server.Folder
	d.c.Settings.Intake.Channels = []settings.Channel{{Name: "dtc", From: []string{"DTC"}, SFTP: server.Settings()}}
	return d, server
}

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o640); err != nil {
		t.Fatal(err)
	}
}

func (d *desk) send(name, content string) { put(d.t, filepath.Join(d.drop, name), content) }

func (d *desk) fetch() Report {
	d.t.Helper()
	r, err := Fetch(context.Background(), d.c)
	if err != nil {
		d.t.Fatal(err)
	}
	return r
}

// one is what became of a file that a look found.
func (d *desk) one(r Report, name string) File {
	d.t.Helper()
	at := slices.IndexFunc(r.Files, func(f File) bool { return f.Name == name })
	if at < 0 {
		d.t.Fatalf("%s is not in the report: %+v", name, r)
	}
	return r.Files[at]
}

func (d *desk) inbox() (names []string) {
	entries, err := os.ReadDir(filepath.Join(d.offer, "inbox"))
	if err != nil && !os.IsNotExist(err) {
		d.t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// history is what the history says of what came in.
func (d *desk) history() (said []string) {
	d.t.Helper()
	entries, err := ledger.ReadEntries(filepath.Join(d.offer, offerfolder.RunsName))
	if err != nil {
		d.t.Fatal(err)
	}
	for _, e := range entries {
		said = append(said, string(e.Event)+" "+e.Actor.String()+": "+e.Message)
	}
	if found, err := ledger.Verify(filepath.Join(d.offer, offerfolder.RunsName), "x"); err != nil || len(found) > 0 {
		d.t.Errorf("%v, %v", found, err)
	}
	return said
}

// wantApart demands that a file is in quarantine with a reason, in the history too, and that a good file that
// came with it was taken.
func (d *desk) wantApart(name, why string) {
	d.t.Helper()
	d.send("dtc-2004-11-20.csv", report+"good,037833100,2000\n")
	r := d.fetch()
	f := d.one(r, name)
	if f.State != Quarantined || !strings.Contains(f.Why, why) {
		d.t.Fatalf("%+v, want %q", f, why)
	}
	if good := d.one(r, "dtc-2004-11-20.csv"); good.State != Taken {
		d.t.Errorf("the good file: %+v", good)
	}
	if got := d.inbox(); !slices.Equal(got, []string{"dtc-2004-11-20.csv"}) {
		d.t.Errorf("the inbox has %v", got)
	}
	var kept File
	content, err := os.ReadFile(filepath.Join(d.c.Folder, f.Path, "why.json"))
	if err != nil || json.Unmarshal(content, &kept) != nil || kept.Why != f.Why || kept.Name != name {
		d.t.Errorf("why.json: %s, %v", content, err)
	}
	if !slices.ContainsFunc(d.history(), func(s string) bool {
		return strings.HasPrefix(s, "quarantined channel ") && strings.Contains(s, why)
	}) {
		d.t.Errorf("the history: %q", d.history())
	}
	if again := d.fetch(); len(again.Files) > 0 {
		d.t.Errorf("at the next look: %+v", again)
	}
}

func TestAFileIsTakenFromAServer(t *testing.T) {
	d, server := newServerDesk(t)
	d.send("dtc-2004-11-12.csv", report)
	d.send("dtc-2004-11-12.csv.done", "")
	r := d.fetch()
	if f := d.one(r, "dtc-2004-11-12.csv"); f.State != Taken || f.Depositary != "DTC" || f.Offer != "x" || len(r.Faults) > 0 {
		t.Fatalf("%+v", r)
	}
	content, err := os.ReadFile(filepath.Join(d.offer, "inbox", "dtc-2004-11-12.csv"))
	if err != nil || string(content) != report {
		t.Errorf("%q, %v", content, err)
	}
	want := "prepared channel dtc (service): dtc-2004-11-12.csv came through dtc from " + server.Settings().Username + "@127.0.0.1:"
	if got := d.history(); len(got) != 1 || !strings.HasPrefix(got[0], want) {
		t.Errorf("the history: %q", got)
	}
	if again := d.fetch(); len(again.Files) > 0 || len(again.Faults) > 0 {
		t.Errorf("at the next look: %+v", again)
	}
	if err := os.Remove(filepath.Join(d.c.Folder, folderName, memoryName)); err != nil {
		t.Fatal(err)
	}
	if f := d.one(d.fetch(), "dtc-2004-11-12.csv"); f.State != Known {
		t.Errorf("without its memory: %+v", f)
	}
}

func TestAChannelThatCannotBeReadHarmsNoOther(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*testing.T, *settings.SFTP)
		want   string
	}{
		"host key changed": {func(t *testing.T, s *settings.SFTP) { s.HostKeys = []string{sshtest.OtherKey(t)} }, "which is none of host_keys"},
		"login refused":    {func(t *testing.T, s *settings.SFTP) { s.KeyFile = sshtest.StrangerKey(t) }, "refuses to let"},
		"no password":      {func(_ *testing.T, s *settings.SFTP) { s.KeyFile, s.PasswordEnv = "", "BATCH_TEST_NOT_SET" }, "set the environment variable"},
		"no folder":        {func(_ *testing.T, s *settings.SFTP) { s.Folder += "/none" }, "cannot be read"},
		"not there":        {func(_ *testing.T, s *settings.SFTP) { s.Port = 1 }, "cannot be reached"},
	} {
		t.Run(name, func(t *testing.T) {
			d, server := newServerDesk(t)
			to := server.Settings()
			c.change(t, &to)
			d.c.Settings.Intake.Channels = append([]settings.Channel{{Name: "broken", From: []string{"DTC"}, SFTP: to}},
				d.c.Settings.Intake.Channels...)
			d.send("dtc-2004-11-12.csv", report)
			r := d.fetch()
			if len(r.Faults) != 1 || r.Faults[0].Channel != "broken" || !strings.Contains(r.Faults[0].What, c.want) {
				t.Fatalf("%+v, want %q", r.Faults, c.want)
			}
			if f := d.one(r, "dtc-2004-11-12.csv"); f.State != Taken || f.Channel != "dtc" {
				t.Errorf("%+v", f)
			}
			d.fetch()
			got := d.history()
			if len(got) != 2 || !strings.HasPrefix(got[0], "unreached channel broken (service): ") || !strings.Contains(got[0], c.want) {
				t.Errorf("the history, after two looks: %q", got)
			}
		})
	}
}

func TestAConnectionThatIsCutInTheMiddleOfAFile(t *testing.T) {
	d, server := newServerDesk(t)
	large := report + strings.Repeat("2,037833100,1000\n", 60_000)
	d.send("dtc-2004-11-12.csv", large)
	port, cuts := sshtest.Cut(t, server.Port, 200_000)
	d.c.Settings.Intake.Channels[0].SFTP.Port = port
	r := d.fetch()
	if len(r.Faults) != 1 || !strings.Contains(r.Faults[0].What, "was not read to its end, and nothing of it was used") || cuts.Load() != 1 {
		t.Fatalf("%+v, %d cuts", r, cuts.Load())
	}
	if got := d.inbox(); len(got) > 0 {
		t.Errorf("the inbox has %v", got)
	}
	d.c.Settings.Intake.Channels[0].SFTP.Port = server.Port
	if f := d.one(d.fetch(), "dtc-2004-11-12.csv"); f.State != Taken {
		t.Errorf("%+v", f)
	}
}

// TestAServerThatTricklesHarmsNoOther has servers that send a byte now and then in the middle of a file: they are silent at no
// time, and are not waited for.
func TestAServerThatTricklesHarmsNoOther(t *testing.T) {
	servertest.Within(t, 2*time.Second)
	large := report + strings.Repeat("2,037833100,1000\n", 60_000)
	for way, begin := range map[string]func(*testing.T) (d *desk, port *int, server int){
		"SFTP": func(t *testing.T) (*desk, *int, int) {
			d, server := newServerDesk(t)
			d.send("dtc-2004-11-12.csv", large)
			return d, &d.c.Settings.Intake.Channels[0].SFTP.Port, server.Port
		},
		"IMAP": func(t *testing.T) (*desk, *int, int) {
			d, server := newIMAPDesk(t)
			server.Deliver(t, "INBOX", mailOf("reports@dtc.example", "", "dtc-2004-11-12.csv", large))
			return d, &d.imap().Port, server.TLSPort
		},
	} {
		t.Run(way, func(t *testing.T) {
			d, port, server := begin(t)
			other := t.TempDir()
			put(t, filepath.Join(other, "dtc-2004-11-13.csv"), report)
			line := servertest.NewLine(t, server)
			line.Slow(200_000, 1, 20*time.Millisecond)
			*port = line.Port
			d.c.Settings.Intake.Channels = append(d.c.Settings.Intake.Channels, settings.Channel{Name: "other", From: []string{"DTC"}, Folder: other})
			for range 2 {
				r := d.fetch()
				if len(r.Faults) != 1 || r.Faults[0].Channel == "other" || r.Faults[0].NeedsPerson ||
					!strings.Contains(r.Faults[0].What, "was silent or slower than 1024 bytes a second for longer than 2s") {
					t.Fatalf("%+v", r.Faults)
				}
			}
			if got := d.inbox(); !slices.Equal(got, []string{"dtc-2004-11-13.csv"}) {
				t.Errorf("the inbox has %v", got)
			}
			if got := strings.Join(d.history(), "\n"); strings.Count(got, "unreached") != 1 {
				t.Errorf("the history, after two looks: %s", got)
			}
			line.Fast()
			if f := d.one(d.fetch(), "dtc-2004-11-12.csv"); f.State != Taken {
				t.Errorf("%+v", f)
			}
		})
	}
}

func TestAFileThatGrowsWaits(t *testing.T) {
	d, _ := newServerDesk(t)
	d.c.QuietPeriod = 500 * time.Millisecond
	d.send("dtc-2004-11-12.csv", report)
	stop, stopped := make(chan bool), make(chan bool)
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Millisecond):
				f, err := os.OpenFile(filepath.Join(d.drop, "dtc-2004-11-12.csv"), os.O_APPEND|os.O_WRONLY, 0)
				if err == nil {
					_, _ = f.WriteString("3,037833100,1000\n")
					_ = f.Close()
				}
			}
		}
	}()
	f := d.one(d.fetch(), "dtc-2004-11-12.csv")
	close(stop)
	<-stopped
	if f.State != Unfinished || len(d.inbox()) > 0 {
		t.Fatalf("%+v, the inbox has %v", f, d.inbox())
	}
	if f := d.one(d.fetch(), "dtc-2004-11-12.csv"); f.State != Taken {
		t.Errorf("once it is whole: %+v", f)
	}
}

func TestFilesThatAreBeingSentAreNotLookedAt(t *testing.T) {
	d := newDesk(t)
	for _, name := range []string{".dtc-1.csv", "dtc-1.csv.part", "dtc-1.csv.tmp", "~dtc-1.csv", "dtc-2.csv.done"} {
		d.send(name, report)
	}
	if err := os.Symlink("/etc/hostname", filepath.Join(d.drop, "dtc-3.csv")); err != nil {
		t.Fatal(err)
	}
	if r := d.fetch(); len(r.Files) > 0 || len(r.Faults) > 0 {
		t.Errorf("%+v", r)
	}
}

func TestTheSameFileUnderAnotherName(t *testing.T) {
	d := newDesk(t)
	d.send("dtc-2004-11-12.csv", report)
	if f := d.one(d.fetch(), "dtc-2004-11-12.csv"); f.State != Taken {
		t.Fatalf("%+v", f)
	}
	d.send("dtc-2004-11-13.csv", report)
	f := d.one(d.fetch(), "dtc-2004-11-13.csv")
	if f.State != Quarantined || !strings.Contains(f.Why, `the same content, byte for byte, as "dtc-2004-11-12.csv"`) {
		t.Errorf("%+v", f)
	}
	d.send("dtc-2004-11-12.csv", report+"4,037833100,9000\n")
	if f := d.one(d.fetch(), "dtc-2004-11-12.csv"); f.State != Quarantined || !strings.Contains(f.Why, "is in the inbox already") {
		t.Errorf("%+v", f)
	}
	if got := d.inbox(); len(got) != 1 {
		t.Errorf("the inbox has %v", got)
	}
}

// zipped is a zip archive of files with one content.
func zipped(t *testing.T, content string, names ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range names {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFilesThatAreKeptApart(t *testing.T) {
	sum := offerfolder.DigestOf([]byte("another"))
	for name, c := range map[string]struct{ name, content, beside, why string }{
		"two in an archive":      {"dtc-1.zip", zipped(t, report, "dtc-1.csv", "dtc-2.csv"), "", `has 2 files in it ("dtc-1.csv", "dtc-2.csv"), and one report is expected`},
		"a path in an archive":   {"dtc-1.zip", zipped(t, report, "../../x/inbox/dtc-1.csv"), "", "has a path or something else than a file in it"},
		"a path of Windows":      {"dtc-1.zip", zipped(t, report, `a\dtc-1.csv`), "", "has a path or something else than a file in it"},
		"a folder in an archive": {"dtc-1.zip", zipped(t, "", "dtc-1.csv/"), "", "has a path or something else than a file in it"},
		"nothing in an archive":  {"dtc-1.zip", zipped(t, report), "", "has 0 files in it"},
		"accents of Windows":     {"dtc-1.zip", zipped(t, report, "dtc-Z\x81rich-1.csv"), "", "is not text in UTF-8, as happens with accents"},
		"half an archive":        {"dtc-1.zip", zipped(t, report, "dtc-1.csv")[:40], "", "is no whole zip archive"},
		"a bomb":                 {"dtc-1.zip", zipped(t, strings.Repeat("0", 2<<20), "dtc-1.csv"), "", "has more than 1048576 bytes"},
		"too large":              {"dtc-1.csv", strings.Repeat("0", 2<<20), "", "it has 2097152 bytes, and 1048576 are allowed"},
		"empty":                  {"dtc-1.csv", "", "", "it is empty"},
		"another name":           {"report.csv", report, "", "no offer expects a file with the name \"report.csv\"; have it sent by a name that is expected: DTC: dtc-*.csv"},
		"of another depositary":  {"ec-1.csv", report, "", "its name is that of a file of Euroclear, and this channel is that of DTC"},
		"a workbook as a text":   {"dtc-1.csv", zipped(t, report, "dtc-1.csv"), "", "its name says that it is a text"},
		"no text":                {"dtc-1.csv", "a\xff\xfeb\x00", "", "it is no text that can be read"},
		"another digest":         {"dtc-1.csv", report, sum + "  dtc-1.csv\n", "dtc-1.csv.sha256 says another"},
		"encrypted to none":      {"dtc-1.csv.pgp", report, "", "it is no whole OpenPGP message"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.c.Settings.Intake.Largest = 1 << 20
			d.send(c.name, c.content)
			if c.beside != "" {
				d.send(c.name+".sha256", c.beside)
			}
			d.wantApart(c.name, c.why)
		})
	}
}

func TestOldWorkbooksAreRefusedWithAWord(t *testing.T) {
	d := newDesk(t)
	put(t, filepath.Join(d.offer, offerfolder.OfferName), strings.ReplaceAll(offerYAML, "dtc-*.csv", "dtc-*"))
	for name, c := range map[string]struct{ content, why string }{
		"dtc-1.xls":  {"\x09\x08\x10\x00\x00\x06", "old Excel workbook (.xls); ask for it saved as Excel Workbook (.xlsx)"},
		"dtc-2.ods":  {zipped(t, "application/vnd.oasis.opendocument.spreadsheet", "mimetype"), "ask for"},
		"dtc-3.pdf":  {"%PDF-1.7", "the file is a PDF"},
		"dtc-4.xlsx": {"PK\x03\x04", "ask for"},
	} {
		d.send(name, c.content)
		if f := d.one(d.fetch(), name); f.State != Quarantined || !strings.Contains(f.Why, c.why) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestAnArchiveWithOneReport(t *testing.T) {
	d := newDesk(t)
	content := zipped(t, report, "dtc-2004-11-12.csv")
	d.send("anything.zip", content)
	if f := d.one(d.fetch(), "anything.zip"); f.State != Taken || filepath.Base(f.Path) != "dtc-2004-11-12.csv" {
		t.Fatalf("%+v", f)
	}
	kept, err := os.ReadFile(filepath.Join(d.offer, offerfolder.ReceivedName, offerfolder.DigestOf([]byte(content))))
	if err != nil || string(kept) != content {
		t.Errorf("as it came: %v", err)
	}
}

// What macOS and Windows put into an archive by themselves is no second report.
func TestAnArchiveWithWhatSystemsPutBesideAReport(t *testing.T) {
	for name, beside := range map[string][]string{
		"macOS":   {"__MACOSX/._dtc-2004-11-12.csv", ".DS_Store"},
		"Windows": {"Thumbs.db", "desktop.ini"},
	} {
		d := newDesk(t)
		d.send("a.zip", zipped(t, report, append(beside, "dtc-2004-11-12.csv")...))
		if f := d.one(d.fetch(), "a.zip"); f.State != Taken || filepath.Base(f.Path) != "dtc-2004-11-12.csv" {
			t.Errorf("%s: %+v", name, f)
		}
		d.send("b.zip", zipped(t, report, append(beside, "dtc-2004-11-13.csv", "dtc-2004-11-14.csv")...))
		if f := d.one(d.fetch(), "b.zip"); f.State != Quarantined || !strings.Contains(f.Why, "has 2 files in it (\"dtc-2004-11-13.csv\"") {
			t.Errorf("%s: %+v", name, f)
		}
		d.send("c.zip", zipped(t, report, append(beside, "__MACOSX/dtc-2004-11-15.csv")...))
		if f := d.one(d.fetch(), "c.zip"); f.State != Quarantined || !strings.Contains(f.Why, "a path or something else") {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// What is expected as another kind of file is said how to save, also where the pattern of the depositary has an extension.
func TestAReportOfAnotherKindIsSaidHowToSave(t *testing.T) {
	d := newDesk(t)
	put(t, filepath.Join(d.offer, offerfolder.OfferName), strings.ReplaceAll(offerYAML, "dtc-*.csv", "dtc-*.xlsx"))
	for name, why := range map[string]string{
		"dtc-1.xls":     "ask for it saved as Excel Workbook (.xlsx), by a name that is expected: DTC: dtc-*.xlsx",
		"dtc-1.xlsb":    "ask for it saved as Excel Workbook (.xlsx)",
		"dtc-1.ods":     "ask for it saved as Excel Workbook (.xlsx)",
		"tenders.ods":   "ask for it saved as Excel Workbook (.xlsx)",
		"dtc-1.pdf":     "ask for it in the kind of file that is expected",
		"DTC-1.xlsx":    "differs from what is expected by capital and small letters only",
		"strange-1.csv": "have it sent by a name that is expected",
	} {
		d.send(name, "x"+name)
		if f := d.one(d.fetch(), name); f.State != Quarantined || !strings.Contains(f.Why, why) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// Offers of one depositary often have one pattern: of several, the one that is not over gets the file, if it can be its.
func TestAFileThatTwoOffersExpectIsForTheOneThatIsNotOver(t *testing.T) {
	for name, c := range map[string]struct {
		as, more, want string
		now            time.Time
	}{
		"the old one is over":    {"dtc-2005-01-12.csv", "", "next/inbox", time.Date(2005, 1, 12, 12, 0, 0, 0, time.UTC)},
		"both are open":          {"dtc-2004-12-01.csv", "", "", time.Date(2004, 12, 1, 12, 0, 0, 0, time.UTC)},
		"both are over":          {"dtc-2005-01-12.csv", "", "", time.Date(2006, 1, 12, 12, 0, 0, 0, time.UTC)},
		"a date before it began": {"dtc-2004-12-01.csv", "", "", time.Date(2005, 1, 12, 12, 0, 0, 0, time.UTC)},
		"the old one is closed":  {"dtc-2004-12-01.csv", ", closed: 2004-11-30T12:00", "next/inbox", time.Date(2004, 12, 1, 12, 0, 0, 0, time.UTC)},
	} {
		d := newDesk(t)
		d.c.Now = func() time.Time { return c.now }
		next := filepath.Join(d.c.Folder, "next")
		terms := strings.NewReplacer("id: x", "id: next", "2004-12", "2005-02")
		if name != "both are open" && c.more == "" {
			terms = strings.NewReplacer("id: x", "id: next", "2004-12", "2005-02", "2004-10-29", "2005-01-10")
		}
		put(t, filepath.Join(next, offerfolder.OfferName), terms.Replace(offerYAML))
		put(t, filepath.Join(d.offer, offerfolder.OfferName), strings.Replace(offerYAML, `"dtc-*.csv"`, `"dtc-*.csv"`+c.more, 1))
		d.c.Offers = append(d.c.Offers, next)
		d.send(c.as, report)
		f := d.one(d.fetch(), c.as)
		if c.want == "" && (f.State != Quarantined || !strings.HasPrefix(f.Path, "quarantine/") || !strings.Contains(f.Why, "2 offers expect a file of this name from DTC")) ||
			c.want != "" && (f.State != Taken || f.Path != c.want+"/"+c.as) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// A workbook with a password is taken where the terms name one, and is kept apart where they do not.
func TestAWorkbookWithAPassword(t *testing.T) {
	locked := string(xlsxtest.Lock{Spins: 10}.Protect([]byte("PK\x03\x04"), "secret"))
	for terms, want := range map[string]State{"": Quarantined, ", password_env: DTC_PASSWORD": Taken} {
		d := newDesk(t)
		put(t, filepath.Join(d.offer, offerfolder.OfferName), strings.Replace(offerYAML, `"dtc-*.csv"`, `"dtc-*.xlsx"`+terms, 1))
		d.send("dtc-2004-11-12.xlsx", locked)
		if f := d.one(d.fetch(), "dtc-2004-11-12.xlsx"); f.State != want || (want == Quarantined && !strings.Contains(f.Why, "password")) {
			t.Errorf("%q: %+v", terms, f)
		}
	}
}

// The largest file is taken, and one byte more is not.
func TestAFileOfTheLargestSize(t *testing.T) {
	d := newDesk(t)
	d.c.Settings.Intake.Largest = 1 << 20
	line := "1,037833100,1000\n"
	content := strings.Repeat(line, (1<<20)/len(line)+1)
	d.send("dtc-2004-11-12.csv", content[:1<<20])
	d.send("dtc-2004-11-13.csv", content[:1<<20+1])
	d.send("dtc-2004-11-14.zip", zipped(t, "0"+content[:1<<20-1], "dtc-2004-11-14.csv"))
	d.send("dtc-2004-11-15.zip", zipped(t, content[:1<<20+1], "dtc-2004-11-15.csv"))
	r := d.fetch()
	for name, want := range map[string]State{"dtc-2004-11-12.csv": Taken, "dtc-2004-11-13.csv": Quarantined, "dtc-2004-11-14.zip": Taken,
		"dtc-2004-11-15.zip": Quarantined} {
		if f := d.one(r, name); f.State != want {
			t.Errorf("%+v", f)
		}
	}
}

// The same file by two channels is taken once, and the second is known.
func TestTheSameFileByTwoChannels(t *testing.T) {
	d := newDesk(t)
	other := t.TempDir()
	d.c.Settings.Intake.Channels = append(d.c.Settings.Intake.Channels, settings.Channel{Name: "other", From: []string{"DTC"}, Folder: other})
	d.send("dtc-2004-11-12.csv", report)
	put(t, filepath.Join(other, "dtc-2004-11-12.csv"), report)
	r := d.fetch()
	if len(r.Files) != 2 || r.Files[0].State != Taken || r.Files[1].State != Known || len(d.history()) != 1 {
		t.Errorf("%+v, %q", r, d.history())
	}
}

// A file that no offer expected, as the settings or the terms were mistyped, is looked at again once they are corrected, and
// other files that are still no offer's are not said again.
func TestAFileThatNoOfferExpectedIsLookedAtAgainOnceTheTermsAreCorrected(t *testing.T) {
	right := newDesk(t).c.Settings.Intake.Channels[0].From
	for name, wrong := range map[string]func(*desk){
		"from": func(d *desk) { d.c.Settings.Intake.Channels[0].From = []string{"DCT"} },
		"files": func(d *desk) {
			put(t, filepath.Join(d.offer, offerfolder.OfferName), strings.ReplaceAll(offerYAML, "dtc-*", "dct-*"))
		},
		"no offer yet": func(d *desk) { d.c.Offers = nil },
	} {
		d := newDesk(t)
		offers := d.c.Offers
		d.send("dtc-2004-11-12.csv", report)
		d.send("strange.csv", report+"x,037833100,2000\n")
		wrong(d)
		if f := d.one(d.fetch(), "dtc-2004-11-12.csv"); f.State != Quarantined {
			t.Fatalf("%s: %+v", name, f)
		}
		if r := d.fetch(); len(r.Files) > 0 {
			t.Errorf("%s: at the next look: %+v", name, r)
		}
		put(t, filepath.Join(d.offer, offerfolder.OfferName), offerYAML)
		d.c.Offers, d.c.Settings.Intake.Channels[0].From = offers, right
		r := d.fetch()
		if f := d.one(r, "dtc-2004-11-12.csv"); f.State != Taken || len(r.Files) != 1 {
			t.Errorf("%s: once it is corrected: %+v", name, r)
		}
		if r := d.fetch(); len(r.Files) > 0 {
			t.Errorf("%s: at the look after: %+v", name, r)
		}
	}
}

// A digest is found in whichever form programs write it, and what is beside a file also under an extension in capitals.
func TestWhatIsBesideAFileInTheFormsOfPrograms(t *testing.T) {
	is := offerfolder.DigestOf([]byte(report))
	for name, content := range map[string]string{
		"sha256sum":  is + " *dtc-2004-11-12.csv\r\n",
		"BSD":        "SHA256 (dtc-2004-11-12.csv) = " + is + "\n",
		"openssl":    "SHA2-256(dtc-2004-11-12.csv)= " + is + "\n",
		"PowerShell": "\xff\xfeS\x00H\x00A\x002\x005\x006\x00 \x00" + strings.Join(strings.Split(strings.ToUpper(is), ""), "\x00") + "\x00 \x00C\x00:\x00",
	} {
		d := newDesk(t)
		d.send("dtc-2004-11-12.csv", report)
		d.send("dtc-2004-11-12.csv.SHA256", content)
		d.send("dtc-2004-11-13.csv", report+"x,037833100,1000\n")
		d.send("dtc-2004-11-13.csv.SHA256", content)
		r := d.fetch()
		if f := d.one(r, "dtc-2004-11-12.csv"); f.State != Taken {
			t.Errorf("%s: %+v", name, f)
		}
		if f := d.one(r, "dtc-2004-11-13.csv"); f.State != Quarantined || !strings.Contains(f.Why, "says another") {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// A clock that was ahead, by more than what is remembered, and is set back: nothing is taken twice or said again, and what
// is new is taken.
func TestAClockThatWasSetBack(t *testing.T) {
	d := newDesk(t)
	today := time.Now()
	ahead := today.AddDate(2, 0, 0)
	d.send("dtc-2004-11-12.csv", report)
	d.send("strange.csv", report+"4,037833100,1000\n")
	look := func(at time.Time, want int) Report {
		t.Helper()
		d.c.Now = func() time.Time { return at }
		r := d.fetch()
		fresh := slices.DeleteFunc(slices.Clone(r.Files), func(f File) bool { return f.State == Known })
		if len(fresh) != want || len(r.Faults) > 0 {
			t.Errorf("at %s: %+v", at, r)
		}
		return r
	}
	look(today, 2)
	look(ahead, 0)
	d.send("dtc-2004-11-13.csv", report+"5,037833100,1000\n")
	if f := d.one(look(ahead, 1), "dtc-2004-11-13.csv"); f.State != Taken {
		t.Errorf("%+v", f)
	}
	look(today, 0)
	d.send("dtc-2004-11-14.csv", report+"6,037833100,1000\n")
	d.send("strange-2.csv", report+"7,037833100,1000\n")
	if f := d.one(look(today, 2), "dtc-2004-11-14.csv"); f.State != Taken {
		t.Errorf("%+v", f)
	}
	if got := d.history(); len(got) != 5 {
		t.Errorf("the history: %q", got)
	}
}

// TestSignedAndEncrypted has GnuPG make what comes in.
func TestSignedAndEncrypted(t *testing.T) {
	us, dtc, other := pgptest.New(t, "batch@example.com", "0"), pgptest.New(t, "dtc@example.com", "0"), pgptest.New(t, "other@example.com", "0")
	old := pgptest.New(t, "old@example.com", "2020-02-01", "--faked-system-time", "20200101T000000")
	signedDesk := func(t *testing.T) *desk {
		d := newDesk(t)
		d.c.Settings.PGP.KeyFile = us.Private()
		d.c.Settings.Intake.SignedBy = map[string][]string{"DTC": {dtc.Public(), old.Public()}}
		return d
	}
	signed := func(d *desk) {
		d.t.Helper()
		d.send("dtc-2004-11-20.csv.asc", string(dtc.Sign([]byte(report+"good,037833100,2000\n"))))
	}
	for name, c := range map[string]struct {
		as, content string
		beside      []byte
	}{
		"sealed":            {"dtc-2004-11-12.csv.pgp", string(dtc.Seal([]byte(report), us)), nil},
		"signed":            {"dtc-2004-11-12.csv.gpg", string(dtc.SignInto([]byte(report))), nil},
		"beside":            {"dtc-2004-11-12.csv", report, dtc.Sign([]byte(report))},
		"an archive in it":  {"a.zip.pgp", string(dtc.Seal([]byte(zipped(t, report, "dtc-2004-11-12.csv")), us)), nil},
		"encrypted, beside": {"dtc-2004-11-12.csv.pgp", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			d := signedDesk(t)
			if name == "encrypted, beside" {
				c.content = string(dtc.Encrypt([]byte(report), us))
				c.beside = dtc.Sign([]byte(c.content))
			}
			d.send(c.as, c.content)
			if c.beside != nil {
				d.send(c.as+".sig", string(c.beside))
			}
			f := d.one(d.fetch(), c.as)
			if f.State != Taken || len(f.SignedBy) != 40 {
				t.Fatalf("%+v", f)
			}
			content, err := os.ReadFile(filepath.Join(d.offer, "inbox", "dtc-2004-11-12.csv"))
			if err != nil || string(content) != report {
				t.Errorf("%q, %v", content, err)
			}
			if got := d.history(); len(got) != 1 || !strings.Contains(got[0], "signed by the key "+f.SignedBy) {
				t.Errorf("the history: %q", got)
			}
		})
	}
	sealed := dtc.Seal([]byte(report), us)
	for name, c := range map[string]struct {
		as, content string
		beside      []byte
		why         string
	}{
		"by an unknown key":        {"dtc-1.csv.pgp", string(other.Seal([]byte(report), us)), nil, "which is none of the keys that are known for it; ask DTC by another way"},
		"beside, by an unknown":    {"dtc-1.csv", report, other.Sign([]byte(report)), "which is none of the keys that are known for it; ask DTC by another way"},
		"by an expired key":        {"dtc-1.csv", report, old.Sign([]byte(report), "--faked-system-time", "20200110T000000"), "expired"},
		"unsigned":                 {"dtc-1.csv", report, nil, "it is not signed, and files of DTC must be"},
		"encrypted, unsigned":      {"dtc-1.csv.pgp", string(dtc.Encrypt([]byte(report), us)), nil, "it is not signed"},
		"encrypted to another key": {"dtc-1.csv.pgp", string(dtc.Seal([]byte(report), other)), nil, "encrypted to the key"},
		"of another content":       {"dtc-1.csv", report, dtc.Sign([]byte(report + "5,037833100,1000\n")), "does not count: it is of another content"},
		"altered":                  {"dtc-1.csv.pgp", string(flip(sealed)), nil, "no whole OpenPGP message"},
		"cut off":                  {"dtc-1.csv.pgp", string(sealed[:len(sealed)-30]), nil, "no whole OpenPGP message"},
	} {
		t.Run(name, func(t *testing.T) {
			d := signedDesk(t)
			signed(d)
			d.send(c.as, c.content)
			if c.beside != nil {
				d.send(c.as+".sig", string(c.beside))
			}
			d.wantApart(c.as, c.why)
		})
	}
}

// A file of keys holds what gpg --export writes: several keys, in one block, in one after the other, or as bytes.
func TestAllKeysOfAFileCount(t *testing.T) {
	us, dtc, next := pgptest.New(t, "batch@example.com", "0"), pgptest.New(t, "dtc@example.com", "0"), pgptest.New(t, "next@example.com", "0")
	dtc.Know(next)
	one, err := os.ReadFile(dtc.Public())
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.ReadFile(next.Public())
	if err != nil {
		t.Fatal(err)
	}
	for name, keys := range map[string]string{
		"in one block":      string(dtc.Export("--armor")),
		"one after another": string(one) + "\n" + string(other),
		"as bytes":          string(dtc.Export()),
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			file := filepath.Join(t.TempDir(), "keys")
			put(t, file, keys)
			d.c.Settings.PGP.KeyFile = us.Private()
			d.c.Settings.Intake.SignedBy = map[string][]string{"DTC": {file}}
			for as, by := range map[string]*pgptest.Person{"dtc-2004-11-12.csv": dtc, "dtc-2004-11-13.csv": next} {
				content := []byte(report + as + ",037833100,2000\n")
				d.send(as, string(content))
				d.send(as+".sig", string(by.Sign(content)))
			}
			r := d.fetch()
			for _, as := range []string{"dtc-2004-11-12.csv", "dtc-2004-11-13.csv"} {
				if f := d.one(r, as); f.State != Taken {
					t.Errorf("%+v", f)
				}
			}
		})
	}
	d := newDesk(t)
	file := filepath.Join(t.TempDir(), "keys")
	put(t, file, string(one)+string(other[:len(other)/2]))
	d.c.Settings.Intake.SignedBy = map[string][]string{"DTC": {file}}
	if r := d.fetch(); len(r.Faults) != 1 || !strings.Contains(r.Faults[0].What, "a part of it is cut off") {
		t.Errorf("a key that is cut off: %+v", r)
	}
}

// Who asks later whether a depositary signed a file must be able to see it for themselves: also of one that was kept apart.
func TestTheSignatureBesideAFileIsKept(t *testing.T) {
	us, dtc, other := pgptest.New(t, "batch@example.com", "0"), pgptest.New(t, "dtc@example.com", "0"), pgptest.New(t, "other@example.com", "0")
	d := newDesk(t)
	d.c.Settings.PGP.KeyFile = us.Private()
	d.c.Settings.Intake.SignedBy = map[string][]string{"DTC": {dtc.Public()}}
	second := []byte(report + "good,037833100,2000\n")
	sealed := dtc.Encrypt(second, us)
	for as, c := range map[string]struct{ content, signature []byte }{
		"dtc-2004-11-12.csv":     {[]byte(report), dtc.Sign([]byte(report))},
		"dtc-2004-11-13.csv.pgp": {sealed, dtc.Sign(sealed)},
		"dtc-2004-11-14.csv":     {append(second, "x,037833100,1000\n"...), other.Sign(append(second, "x,037833100,1000\n"...))},
	} {
		d.send(as, string(c.content))
		d.send(as+".sig", string(c.signature))
	}
	r, history := d.fetch(), strings.Join(d.history(), "\n")
	kept := regexp.MustCompile(`by the key [0-9a-f]{40} \(the signature is kept as (received/[0-9a-f]{64})\)`).FindAllStringSubmatch(history, -1)
	if len(kept) != 2 {
		t.Fatalf("%d signatures are kept: %s", len(kept), history)
	}
	signed := map[string]int{report: 0, string(sealed): 0}
	for content := range signed {
		for _, k := range kept {
			signature, err := os.ReadFile(filepath.Join(d.offer, k[1]))
			if err != nil {
				t.Fatal(err)
			}
			if dtc.Verify([]byte(content), signature) == nil {
				signed[content]++
			}
		}
		if signed[content] != 1 {
			t.Errorf("%d of the kept signatures are of %.20q", signed[content], content)
		}
	}
	apart := filepath.Join(d.c.Folder, d.one(r, "dtc-2004-11-14.csv").Path)
	content, err := os.ReadFile(filepath.Join(apart, "content"))
	signature, wrong := os.ReadFile(filepath.Join(apart, "signature"))
	if err != nil || wrong != nil || other.Verify(content, signature) != nil {
		t.Errorf("what was kept apart cannot be checked: %v, %v", err, wrong)
	}
}

// A signature of a time that has not come yet is that of a clock which is wrong, and not of a stranger.
func TestASignatureOfATimeThatHasNotComeWaits(t *testing.T) {
	dtc := pgptest.New(t, "dtc@example.com", "0")
	for days, want := range map[int]State{0: Postponed, 3: Quarantined} {
		d := newDesk(t)
		d.c.Settings.Intake.SignedBy = map[string][]string{"DTC": {dtc.Public()}}
		at := time.Now().UTC().AddDate(0, 0, days).Add(10 * time.Minute)
		d.send("dtc-2004-11-12.csv", report)
		d.send("dtc-2004-11-12.csv.sig", string(dtc.Sign([]byte(report), "--faked-system-time", at.Format("20060102T150405")+"!")))
		f := d.one(d.fetch(), "dtc-2004-11-12.csv")
		if f.State != want || !strings.Contains(f.Why, "by the clock of this machine has not come yet") {
			t.Errorf("%d days: %+v", days, f)
		}
		if d.c.Now = func() time.Time { return at.Add(time.Minute) }; want == Quarantined {
			continue
		}
		if f := d.one(d.fetch(), "dtc-2004-11-12.csv"); f.State != Taken {
			t.Errorf("once it has come: %+v", f)
		}
	}
}

// A signature can come before its file. If that never comes, it is kept apart, and said.
func TestASignatureThatComesBeforeItsFile(t *testing.T) {
	dtc := pgptest.New(t, "dtc@example.com", "0")
	for _, ext := range []string{".sig", ".asc"} {
		d := newDesk(t)
		d.c.Settings.Intake.SignedBy = map[string][]string{"DTC": {dtc.Public()}}
		d.send("dtc-2004-11-12.csv"+ext, string(dtc.Sign([]byte(report))))
		if f := d.one(d.fetch(), "dtc-2004-11-12.csv"+ext); f.State != Unfinished || !strings.Contains(f.Why, "is not there yet") {
			t.Errorf("%s: %+v", ext, f)
		}
		d.send("dtc-2004-11-12.csv", report)
		if f := d.one(d.fetch(), "dtc-2004-11-12.csv"); f.State != Taken {
			t.Errorf("%s: %+v", ext, f)
		}
		d.send("dtc-2004-11-13.csv"+ext, string(dtc.Sign([]byte(report))))
		d.c.Now = func() time.Time { return time.Now().Add(2 * time.Hour) }
		if f := d.one(d.fetch(), "dtc-2004-11-13.csv"+ext); f.State != Quarantined || !strings.Contains(f.Why, "did not come with it") {
			t.Errorf("%s: %+v", ext, f)
		}
	}
}

// What a key signed that was revoked does not count, beside the file, in it, or with a successor in the same file.
func TestASignatureOfAKeyThatWasRevoked(t *testing.T) {
	us, dtc, next := pgptest.New(t, "batch@example.com", "0"), pgptest.New(t, "dtc@example.com", "0"), pgptest.New(t, "next@example.com", "0")
	beside, sealed := dtc.Sign([]byte(report)), dtc.Seal([]byte(report), us)
	dtc.Know(next)
	dtc.Revoke()
	d := newDesk(t)
	keys := filepath.Join(t.TempDir(), "keys.asc")
	put(t, keys, string(dtc.Export("--armor")))
	d.c.Settings.PGP.KeyFile = us.Private()
	d.c.Settings.Intake.SignedBy = map[string][]string{"DTC": {keys}}
	d.send("dtc-2004-11-12.csv", report)
	d.send("dtc-2004-11-12.csv.sig", string(beside))
	d.send("dtc-2004-11-13.csv.pgp", string(sealed))
	second := []byte(report + "2,037833100,1000\n")
	d.send("dtc-2004-11-14.csv", string(second))
	d.send("dtc-2004-11-14.csv.sig", string(next.Sign(second)))
	r := d.fetch()
	for _, name := range []string{"dtc-2004-11-12.csv", "dtc-2004-11-13.csv.pgp"} {
		if f := d.one(r, name); f.State != Quarantined || f.SignedBy != "" || !strings.Contains(f.Why, "revoked") {
			t.Errorf("%+v", f)
		}
	}
	if f := d.one(r, "dtc-2004-11-14.csv"); f.State != Taken {
		t.Errorf("by its successor: %+v", f)
	}
}

// flip changes a bit near the end.
func flip(b []byte) []byte {
	b = bytes.Clone(b)
	b[len(b)-40] ^= 1
	return b
}

// Two looks at once: one is refused, and nothing is taken twice.
func TestTwoLooksAtOnce(t *testing.T) {
	d := newDesk(t)
	d.c.QuietPeriod = 300 * time.Millisecond
	d.send("dtc-2004-11-12.csv", report)
	errs := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := Fetch(context.Background(), d.c)
			errs <- err
		}()
	}
	a, b := <-errs, <-errs
	if (a == nil) == (b == nil) {
		t.Fatalf("%v, %v", a, b)
	}
	if got := d.history(); len(got) != 1 {
		t.Errorf("the history: %q", got)
	}
}

// A crash, or a disk that is full, after the history has that a file comes and before it is in the inbox: the next
// look completes it.
func TestAFileThatWasNotedAndNeverCameIsTaken(t *testing.T) {
	d := newDesk(t)
	d.send("dtc-2004-11-12.csv", report)
	d.c.Disk = disk.Disk{Fault: func(action, path string) error {
		if filepath.Base(path) == "dtc-2004-11-12.csv" {
			return errors.New("the power failed")
		}
		return nil
	}}
	if f := d.one(d.fetch(), "dtc-2004-11-12.csv"); f.State != Postponed || len(d.inbox()) > 0 {
		t.Fatalf("%+v, %v", f, d.inbox())
	}
	d.c.Disk = disk.Disk{}
	if f := d.one(d.fetch(), "dtc-2004-11-12.csv"); f.State != Taken || len(d.inbox()) != 1 {
		t.Errorf("%+v, %v", f, d.inbox())
	}
	d.send("dtc-2004-11-13.csv", report)
	if f := d.one(d.fetch(), "dtc-2004-11-13.csv"); f.State != Quarantined {
		t.Errorf("the same content again: %+v", f)
	}
}

// A report that a person put into the inbox by hand has come, too, before any run has read it.
func TestTheSameContentAsAFileThatWasPutIntoTheInboxByHand(t *testing.T) {
	d := newDesk(t)
	put(t, filepath.Join(d.offer, "inbox", "dtc-2004-11-12.csv"), report)
	d.send("dtc-2004-11-13.csv", report)
	f := d.one(d.fetch(), "dtc-2004-11-13.csv")
	if f.State != Quarantined || !strings.Contains(f.Why, `the same content, byte for byte, as "dtc-2004-11-12.csv"`) {
		t.Errorf("%+v", f)
	}
}

// While offer.yaml cannot be read, as when it is being changed, files wait for it.
func TestFilesWaitForTermsThatCannotBeRead(t *testing.T) {
	d := newDesk(t)
	put(t, filepath.Join(d.offer, offerfolder.OfferName), "id: [")
	d.send("dtc-2004-11-12.csv", report)
	if f := d.one(d.fetch(), "dtc-2004-11-12.csv"); f.State != Postponed || !strings.Contains(f.Why, "offer.yaml") {
		t.Errorf("%+v", f)
	}
	put(t, filepath.Join(d.offer, offerfolder.OfferName), offerYAML)
	if f := d.one(d.fetch(), "dtc-2004-11-12.csv"); f.State != Taken {
		t.Errorf("%+v", f)
	}
}

// denied is a channel of which one file may not be read.
type denied struct {
	source
	name string
}

func (d denied) read(i item, most int64) ([]*arrival, error) {
	if i.name == d.name {
		return nil, &fs.PathError{Op: "open", Path: i.name, Err: fs.ErrPermission}
	}
	return d.source.read(i, most)
}

// A file that may not be read keeps none of the others of its channel from being taken.
func TestAFileThatCannotBeReadHarmsNoOther(t *testing.T) {
	d := newDesk(t)
	d.send("dtc-2004-11-12.csv", "a,b\n")
	d.send("dtc-2004-11-13.csv", report)
	l := newLook(d.c)
	if err := errors.Join(d.c.Disk.MakeFolders(filepath.Join(d.c.Folder, folderName)), l.prepare()); err != nil {
		t.Fatal(err)
	}
	err := l.readFrom(context.Background(), d.c.Settings.Intake.Channels[0], denied{local(d.drop), "dtc-2004-11-12.csv"})
	if f := d.one(l.Report, "dtc-2004-11-13.csv"); f.State != Taken || err == nil || !strings.Contains(err.Error(), "dtc-2004-11-12.csv was not read") {
		t.Errorf("%+v, %v", f, err)
	}
}

// What is beside a file can be anything, too.
func TestASignatureThatIsTooLargeIsKeptApart(t *testing.T) {
	for _, mark := range []string{".sig", ".sha256"} {
		d := newDesk(t)
		d.send("dtc-2004-11-12.csv", "a,b\n")
		d.send("dtc-2004-11-12.csv"+mark, strings.Repeat("x", 2*mostMark))
		d.wantApart("dtc-2004-11-12.csv", "dtc-2004-11-12.csv"+mark)
	}
}

// TestKeysThatCannotBeRead has the keys of one depositary be lost while the service runs: its channel fails, of which people
// are notified at once, and the others are read.
func TestKeysThatCannotBeRead(t *testing.T) {
	d := newDesk(t)
	key, other := filepath.Join(t.TempDir(), "dtc.asc"), t.TempDir()
	d.c.Settings.Intake.SignedBy = map[string][]string{"DTC": {key}}
	d.c.Settings.Intake.Channels = append(d.c.Settings.Intake.Channels, settings.Channel{Name: "ec", From: []string{"Euroclear"}, Folder: other})
	d.c.Notifies = true
	d.send("dtc-2004-11-12.csv", report)
	put(t, filepath.Join(other, "ec-2004-11-12.csv"), report+"2,037833100,1000\n")
	r, err := Fetch(context.Background(), d.c)
	if err != nil || len(r.Faults) != 1 || !r.Faults[0].NeedsPerson || !r.Faults[0].Due || r.Faults[0].Channel != "drop" ||
		!strings.Contains(r.Faults[0].What, "intake.signed_by: DTC: ") {
		t.Fatalf("%+v, %v", r, err)
	}
	if got := d.inbox(); !slices.Equal(got, []string{"ec-2004-11-12.csv"}) {
		t.Errorf("the inbox has %v", got)
	}
	if got := d.history(); len(got) != 2 || !strings.Contains(strings.Join(got, "\n"), "unreached channel drop (service): intake.signed_by: DTC") {
		t.Errorf("the history: %q", got)
	}
	dtc := pgptest.New(t, "dtc@example.com", "0")
	d.c.Settings.Intake.SignedBy["DTC"] = []string{dtc.Public()}
	if r := d.fetch(); len(r.Faults) > 0 || len(r.Recovered) != 1 || d.one(r, "dtc-2004-11-12.csv").State != Quarantined {
		t.Errorf("%+v", r)
	}
	d.c.Settings.PGP.KeyFile = filepath.Join(t.TempDir(), "none.asc")
	if r := d.fetch(); len(r.Faults) != 2 || !r.Faults[1].NeedsPerson {
		t.Errorf("without the installation's own key: %+v", r)
	}
}

// counted is a channel that counts how often a file of it is read.
type counted struct {
	source
	reads *int
}

func (c counted) read(i item, most int64) ([]*arrival, error) {
	*c.reads++
	return c.source.read(i, most)
}

// TestFilesThatWaitForAnOfferAreNotReadAgainAndAgain has files come for which there is no offer yet, on many machines and where
// terms cannot be read.
func TestFilesThatWaitForAnOfferAreNotReadAgainAndAgain(t *testing.T) {
	for what, why := range map[string]string{"many machines": "no offer has a depositary DTC", "terms": "whose terms cannot be read"} {
		d := newDesk(t)
		d.send("dtc-2004-11-12.csv", report)
		if what == "terms" {
			put(t, filepath.Join(d.offer, offerfolder.OfferName), "id: [")
		} else {
			d.c.Offers, d.c.Work = nil, func(_ context.Context, _ string, do func() error) error { return do() }
		}
		l, reads := newLook(d.c), 0
		err := errors.Join(d.c.Disk.MakeFolders(filepath.Join(d.c.Folder, folderName)), l.prepare(),
			l.readFrom(context.Background(), d.c.Settings.Intake.Channels[0], counted{local(d.drop), &reads}))
		if f := d.one(l.Report, "dtc-2004-11-12.csv"); err != nil || reads > 0 || f.State != Postponed || f.Waits != 1 || !strings.Contains(f.Why, why) {
			t.Errorf("%s: read %d times: %+v, %v", what, reads, f, err)
		}
	}
}

// TestALookThatIsBrokenOffEndsAtOnce stops the service in the middle of many files: what was dealt with by then is remembered.
func TestALookThatIsBrokenOffEndsAtOnce(t *testing.T) {
	d := newDesk(t)
	for _, n := range []string{"1", "2", "3", "4", "5", "6"} {
		d.send("dtc-2004-11-0"+n+".csv", report+n+",037833100,1000\n")
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	c := d.c
	c.Now = func() time.Time {
		if len(d.inbox()) >= 2 {
			stop()
		}
		return time.Now()
	}
	r, err := Fetch(ctx, c)
	if !errors.Is(err, context.Canceled) || len(r.Files) < 2 || len(r.Files) > 3 || d.one(r, "dtc-2004-11-01.csv").State != Taken {
		t.Fatalf("%+v, %v", r, err)
	}
	before := len(r.Files)
	if r := d.fetch(); len(r.Files) != 6-before || r.Files[0].State != Taken || len(r.Faults) > 0 {
		t.Errorf("%d and then %+v", before, r)
	}
}

// TestASignatureThatComesLater comes after the look at which its file was not taken for want of it.
func TestASignatureThatComesLater(t *testing.T) {
	dtc := pgptest.New(t, "dtc@example.com", "0")
	d := newDesk(t)
	d.c.Settings.Intake.SignedBy = map[string][]string{"DTC": {dtc.Public()}}
	d.send("dtc-2004-11-01.csv", report)
	if f := d.one(d.fetch(), "dtc-2004-11-01.csv"); f.State != Quarantined || !strings.Contains(f.Why, "it is not signed") {
		t.Fatalf("%+v", f)
	}
	if r := d.fetch(); len(r.Files) > 0 {
		t.Errorf("nothing new: %+v", r)
	}
	d.send("dtc-2004-11-01.csv.asc", string(dtc.Sign([]byte(report))))
	if f := d.one(d.fetch(), "dtc-2004-11-01.csv"); f.State != Taken {
		t.Errorf("%+v", f)
	}
	// So it is with a digest that was wrong.
	second := report + "2,037833100,1000\n"
	d.send("dtc-2004-11-02.csv", second)
	d.send("dtc-2004-11-02.csv.asc", string(dtc.Sign([]byte(second))))
	d.send("dtc-2004-11-02.csv.sha256", strings.Repeat("0", 64))
	if f := d.one(d.fetch(), "dtc-2004-11-02.csv"); f.State != Quarantined {
		t.Errorf("%+v", f)
	}
	d.send("dtc-2004-11-02.csv.sha256", offerfolder.DigestOf([]byte(second))+"  dtc-2004-11-02.csv\n")
	if f := d.one(d.fetch(), "dtc-2004-11-02.csv"); f.State != Taken {
		t.Errorf("%+v", f)
	}
	if r := d.fetch(); len(r.Files) > 0 {
		t.Errorf("nothing new: %+v", r)
	}
}

// TestAMarkThatIsOlderThanItsFile was left beside an earlier file of the name: it does not say that what is being written now
// is whole.
func TestAMarkThatIsOlderThanItsFile(t *testing.T) {
	d := newDesk(t)
	d.send("dtc-1.csv", "")
	d.send("dtc-1.csv.done", "")
	if f := d.one(d.fetch(), "dtc-1.csv"); f.State != Quarantined { // it is empty
		t.Fatalf("%+v", f)
	}
	old := time.Now().Add(-time.Minute)
	if err := os.Chtimes(filepath.Join(d.drop, "dtc-1.csv.done"), old, old); err != nil {
		t.Fatal(err)
	}
	d.c.QuietPeriod = 300 * time.Millisecond
	d.send("dtc-1.csv", report)
	file, err := os.OpenFile(filepath.Join(d.drop, "dtc-1.csv"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	stop, written, whole := make(chan bool), make(chan error), report
	go func() { // it is written all the while that it is looked at
		for {
			select {
			case <-stop:
				written <- nil
				return
			case <-time.After(20 * time.Millisecond):
			}
			line := strconv.Itoa(len(whole)) + ",037833100,1000\n"
			if _, err := file.WriteString(line); err != nil {
				written <- err
				return
			}
			whole += line
		}
	}()
	f := d.one(d.fetch(), "dtc-1.csv")
	close(stop)
	if err := <-written; err != nil || f.State != Unfinished {
		t.Errorf("while it is written: %+v, %v", f, err)
	}
	if f := d.one(d.fetch(), "dtc-1.csv"); f.State != Taken || f.SHA256 != offerfolder.DigestOf([]byte(whole)) {
		t.Errorf("%+v", f)
	}
}

// TestAFileInQuarantineOfALookThatWasKilled has the program end before the look could say what it had put into quarantine: the
// next one says it, and puts nothing there again.
func TestAFileInQuarantineOfALookThatWasKilled(t *testing.T) {
	d := newDesk(t)
	d.fetch()
	d.send("other.csv", "x")
	c := d.c
	c.Disk = disk.Disk{Fault: func(_, path string) error {
		if strings.Contains(path, memoryName) {
			return errors.New("killed")
		}
		return nil
	}}
	if _, err := Fetch(context.Background(), c); err == nil {
		t.Fatal("no error")
	}
	first := d.history()
	if f := d.one(d.fetch(), "other.csv"); f.State != Quarantined || f.Path == "" {
		t.Errorf("%+v", f)
	}
	if got := d.history(); len(got) != len(first) {
		t.Errorf("the history: %q", got)
	}
	if all, err := os.ReadDir(filepath.Join(d.offer, offerfolder.QuarantineName)); err != nil || len(all) != 1 {
		t.Errorf("%v, %v", all, err)
	}
	if r := d.fetch(); len(r.Files) > 0 {
		t.Errorf("%+v", r)
	}
}

// TestAFileThatAnotherMachineKeptApartMeanwhileIsNotKeptApartTwice has a machine lose its turn in the middle of a look, and
// another take it and deal with the same files before the first works on the offer again.
func TestAFileThatAnotherMachineKeptApartMeanwhileIsNotKeptApartTwice(t *testing.T) {
	d := newDesk(t)
	for _, name := range []string{"bad-1.csv", "bad-2.csv", "bad-3.csv"} {
		d.send(name, report+name)
	}
	other, works := d.c, 0
	other.Folder, other.Offers = t.TempDir(), []string{d.offer}
	other.Memory, d.c.Memory = new([]byte), new([]byte)
	other.Work = func(_ context.Context, _ string, do func() error) error { return do() }
	d.c.Work = func(ctx context.Context, _ string, do func() error) error {
		if works++; works == 2 {
			if r, err := Fetch(ctx, other); err != nil || len(r.Files) != 3 {
				t.Errorf("the other machine: %+v, %v", r, err)
			}
		}
		return do()
	}
	d.fetch()
	if got := d.history(); len(got) != 3 || works != 3 {
		t.Errorf("after %d works the history is %q, want each file once", works, got)
	}
}

// TestAFileWhoseOfferCannotBeWorkedOnIsNamed has the storage of the offers away when files come, for one that is expected and
// for one that is not: they wait, under their names, and where they would be is not said.
func TestAFileWhoseOfferCannotBeWorkedOnIsNamed(t *testing.T) {
	for name, lost := range map[string]func(do func() error) error{
		"before the work": func(func() error) error { return errors.New("the storage is away") },
		"after it":        func(do func() error) error { return errors.Join(do(), errors.New("the storage is away")) },
	} {
		d := newDesk(t)
		d.c.Work = func(_ context.Context, _ string, do func() error) error { return lost(do) }
		d.c.Memory = new([]byte)
		d.send("dtc-2004-11-12.csv", report)
		d.send("dtc-2004-11-13.csv", "")
		for look := 1; look <= 2; look++ {
			r := d.fetch()
			for _, file := range []string{"dtc-2004-11-12.csv", "dtc-2004-11-13.csv"} {
				f := d.one(r, file)
				if f.State != Postponed || f.Channel != "drop" || f.Sender == "" || f.Path != "" || f.Waits != look ||
					!strings.Contains(f.Why, "the storage is away") {
					t.Errorf("%s, at look %d: %+v", name, look, f)
				}
			}
		}
	}
}
