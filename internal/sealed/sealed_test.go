package sealed

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/pgp"
	"tenderbatch/internal/pgp/pgptest"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/servertest"
)

var terms = servertest.OneSeries("")

const report = servertest.OneTender

var now = time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)

// put writes files of an offer as they were a day ago.
func put(t testing.TB, folder string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o750), os.WriteFile(path, []byte(content), 0o640),
			os.Chtimes(path, now.Add(-24*time.Hour), now.Add(-24*time.Hour))); err != nil {
			t.Fatal(err)
		}
	}
}

// newOffer is an offer with an indicative run and a final one.
func newOffer(t testing.TB) Request {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "small")
	put(t, folder, map[string]string{"offer.yaml": terms, "inbox/dtc-2026-05-02.csv": report, "accounts.csv": "role\n",
		"notes.txt": "no part of it", "quarantine/a/content": "x"})
	ann := ledger.Actor{Kind: ledger.User, Name: "ann"}
	for _, asOf := range []string{"2026-05-03T12:00", "2026-05-20T00:00"} {
		if _, err := pipeline.Run(context.Background(), pipeline.Request{Folder: folder, Clock: func() time.Time { return now }, Version: "test",
			Actor: ann, By: "ann", AsOf: asOf, Owner: func(fs.FileInfo) string { return "ann" }}); err != nil {
			t.Fatal(err)
		}
	}
	return Request{Folder: folder, To: filepath.Join(t.TempDir(), "small.tar.zst"), Version: "test", Wait: time.Second, Now: now}
}

func seal(t testing.TB, req Request) *Written {
	t.Helper()
	w, err := Seal(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func verify(t testing.TB, file string, keys Keys) *Report {
	t.Helper()
	if keys.Now.IsZero() {
		keys.Now = now
	}
	r, err := Verify(context.Background(), file, keys)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// found are the findings of an archive, in lines.
func found(t testing.TB, file string) string {
	t.Helper()
	said := ""
	for _, f := range verify(t, file, Keys{}).Findings {
		said += f.String() + "\n"
	}
	return said
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestAnArchiveIsWhatTarAndSha256sumRead(t *testing.T) {
	req := newOffer(t)
	w := seal(t, req)
	validate(t, unpack(t, read(t, req.To))[0].content)
	if len(w.LeftOut) != 1 || w.LeftOut[0].Name != "notes.txt" {
		t.Errorf("left out: %v", w.LeftOut)
	}
	r := verify(t, req.To, Keys{})
	if len(r.Findings) > 0 || r.Signature != Unsigned || r.Offer != "small" || r.Files != len(w.Files) || r.SHA256 != digestOf(read(t, req.To)) {
		t.Fatalf("%+v", r)
	}
	folder := byTar(t, req.To)
	c := exec.Command("diff", "-r", "--no-dereference", "-x", "notes.txt", "-x", ".lock", "-x", ".ledger.lock", filepath.Join(folder, "small", "offer"), req.Folder)
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("unpacked by tar, it is another: %v: %s", err, out)
	}
	if found, err := ledger.Verify(filepath.Join(folder, "small", "offer", "runs"), "small"); err != nil || len(found) > 0 {
		t.Errorf("unpacked by tar: %v, %v", found, err)
	}
}

// validate holds a manifest against its schema.
func validate(t *testing.T, manifest []byte) {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	schema, err := c.Compile("../../docs/schemas/archive.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(manifest))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		t.Error(err)
	}
}

func TestTheSameOfferGivesTheSameBytes(t *testing.T) {
	req := newOffer(t)
	seal(t, req)
	again := req
	again.To, again.Now = filepath.Join(t.TempDir(), "b.tar.zst"), now.AddDate(1, 0, 0)
	seal(t, again)
	if !bytes.Equal(read(t, req.To), read(t, again.To)) {
		t.Error("two archives of one offer differ")
	}
	if _, err := Seal(context.Background(), req); err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("an archive in the place of another: %v", err)
	}
	t.Chdir(t.TempDir())
	again.To = ""
	if w := seal(t, again); w.File != "small.tar.zst" || !bytes.Equal(read(t, req.To), read(t, w.File)) {
		t.Errorf("without a name it is %s", w.File)
	}
	again.To = filepath.Join(req.Folder, "runs", "a.tar.zst")
	if _, err := Seal(context.Background(), again); err == nil || !strings.Contains(err.Error(), "in the folder of the offer") {
		t.Errorf("an archive in the offer: %v", err)
	}
}

func TestAnOfferThatDoesNotHoldIsNotArchived(t *testing.T) {
	req := newOffer(t)
	path, err := filepath.Glob(filepath.Join(req.Folder, "runs", "*", "instructions.csv"))
	if err != nil || len(path) == 0 {
		t.Fatal(path, err)
	}
	put(t, filepath.Dir(path[0]), map[string]string{"instructions.csv": "other"})
	_, err = Seal(context.Background(), req)
	if altered := new(ledger.AlteredError); !errors.As(err, &altered) || !strings.Contains(err.Error(), "instructions.csv: was changed") {
		t.Errorf("%v", err)
	}
	nothingThere(t, req.To)
	empty := Request{Folder: filepath.Join(t.TempDir(), "x"), To: req.To}
	put(t, empty.Folder, map[string]string{"offer.yaml": terms})
	if _, err := Seal(context.Background(), empty); err == nil || !strings.Contains(err.Error(), "nothing was published") {
		t.Errorf("%v", err)
	}
}

// nothingThere demands that neither a file nor a draft of it is there.
func nothingThere(t *testing.T, file string) {
	t.Helper()
	if entries, err := os.ReadDir(filepath.Dir(file)); err != nil || len(entries) > 0 {
		t.Errorf("there is %v, %v", entries, err)
	}
}

// TestAnArchiveAppearsWholeOrNotAtAll has each change of the disk fail in turn.
func TestAnArchiveAppearsWholeOrNotAtAll(t *testing.T) {
	req := newOffer(t)
	seal(t, req)
	whole := read(t, req.To)
	for at := 1; ; at++ {
		req.To = filepath.Join(t.TempDir(), "small.tar.zst")
		changes := 0
		req.Disk = disk.Disk{Fault: func(op, _ string) error {
			if changes++; changes == at {
				return errors.New("the power failed")
			}
			return nil
		}}
		_, err := Seal(context.Background(), req)
		if err == nil {
			if at < 5 {
				t.Errorf("only %d changes", at)
			}
			return
		}
		if content, err := os.ReadFile(req.To); err == nil && !bytes.Equal(content, whole) {
			t.Errorf("cut off at change %d, there is half an archive", at)
		}
	}
}

// Archives of several offers into one file at the same moment: one is there, whole, and the others are refused as there is a
// file already.
func TestArchivesIntoOneFileAtTheSameMoment(t *testing.T) {
	first := newOffer(t)
	var offers []Request
	for range 4 {
		other := first
		other.Folder = filepath.Join(t.TempDir(), "small")
		if err := os.CopyFS(other.Folder, os.DirFS(first.Folder)); err != nil {
			t.Fatal(err)
		}
		offers = append(offers, other)
	}
	for range 5 {
		var written atomic.Int32
		var all sync.WaitGroup
		for _, req := range offers {
			all.Go(func() {
				_, err := Seal(t.Context(), req)
				if err == nil {
					written.Add(1)
				} else if !strings.Contains(err.Error(), "is there already; name another file with --to") {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if said := found(t, first.To); written.Load() != 1 || said != "" {
			t.Errorf("%d were written; %s", written.Load(), said)
		}
		if err := os.Remove(first.To); err != nil {
			t.Fatal(err)
		}
	}
}

// one is a member of an archive that a test changes.
type one struct {
	tar.Header
	content []byte
}

func unpack(t testing.TB, archive []byte) (all []one) {
	t.Helper()
	z, err := zstd.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	r := tar.NewReader(z)
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, one{*h, content})
	}
}

func tarOf(t testing.TB, all []one) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := range all {
		h := all[i].Header
		if h.Typeflag == tar.TypeReg {
			h.Size = int64(len(all[i].content))
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(all[i].content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func compressed(t testing.TB, content []byte) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(true))
	if err != nil {
		t.Fatal(err)
	}
	return z.EncodeAll(content, nil)
}

// reseal has manifest and digests agree with what is in an archive, as a forger without the key can.
func reseal(t testing.TB, all []one, change func(m *Manifest)) []one {
	t.Helper()
	m, err := decode(all[0].content)
	if err != nil {
		t.Fatal(err)
	}
	for i := range m.Files {
		for _, o := range all {
			if o.Name == "small/offer/"+m.Files[i].Name {
				m.Files[i] = ledger.File{Name: m.Files[i].Name, SHA256: digestOf(o.content), Bytes: int64(len(o.content))}
			}
		}
	}
	if change != nil {
		change(m)
	}
	if all[0].content, err = m.encode(); err != nil {
		t.Fatal(err)
	}
	all[1].content = sums(m, all[0].content)
	return all
}

// index is where the first member is whose name ends as said.
func index(t testing.TB, all []one, suffix string) int {
	t.Helper()
	for i := range all {
		if strings.HasSuffix(all[i].Name, suffix) {
			return i
		}
	}
	t.Fatalf("no member ends with %s", suffix)
	return 0
}

func TestEachPartThatIsAlteredIsFound(t *testing.T) {
	req := newOffer(t)
	seal(t, req)
	whole := read(t, req.To)
	insert := func(all []one, o one) []one { return append(all, o) }
	file := func(name string) one {
		return one{tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o640}, []byte("x")}
	}
	for what, c := range map[string]struct {
		want  string
		alter func(all []one) []one
	}{
		"a report":            {"inbox/dtc-2026-05-02.csv: was altered", func(a []one) []one { a[index(t, a, "05-02.csv")].content[70] ^= 1; return a }},
		"the terms":           {"offer.yaml: was altered", func(a []one) []one { a[index(t, a, "/offer/offer.yaml")].content[5] ^= 1; return a }},
		"the history":         {"ledger.db: was altered", func(a []one) []one { a[index(t, a, "/ledger.db")].content[5000] ^= 1; return a }},
		"the digests":         {"SHA256SUMS: does not have", func(a []one) []one { a[1].content[3] ^= 1; return a }},
		"the manifest":        {"manifest.json: ", func(a []one) []one { a[0].content[3] ^= 1; return a }},
		"a longer file":       {"has 112 bytes, and the manifest says 111", func(a []one) []one { i := index(t, a, "05-02.csv"); a[i].content = append(a[i].content, 'x'); return a }},
		"a missing file":      {"accounts.csv: is missing, or not in its place", func(a []one) []one { return append(a[:2], a[3:]...) }},
		"a missing end":       {"is missing", func(a []one) []one { return a[:len(a)-1] }},
		"a file too many":     {"small/offer/z: is in the archive, and not in its manifest", func(a []one) []one { return insert(a, file("small/offer/z")) }},
		"a path upwards":      {"and not in its manifest", func(a []one) []one { return insert(a, file("small/../../z")) }},
		"a path from the top": {"and not in its manifest", func(a []one) []one { return insert(a, file("/etc/z")) }},
		"a file twice":        {"and not in its manifest", func(a []one) []one { return insert(a, a[2]) }},
		"a link in the place of a file": {"of another kind", func(a []one) []one {
			a[2].Typeflag, a[2].Linkname, a[2].content = tar.TypeSymlink, "/etc/passwd", nil
			return a
		}},
		"a link elsewhere": {"is a link to", func(a []one) []one { a[index(t, a, "runs/latest")].Linkname = "../../../etc"; return a }},
		"an owner":         {"holds bytes that no file has", func(a []one) []one { a[2].Uname = "eve"; return a }},
		"a comment": {"holds bytes that no file has", func(a []one) []one {
			a[2].PAXRecords, a[2].Format = map[string]string{"comment": "hidden"}, tar.FormatPAX
			return a
		}},
		"a forged report": {"", func(a []one) []one {
			a[index(t, a, "05-02.csv")].content = []byte(report + report)
			return reseal(t, a, nil) // the inbox is no part of the history; only the signature guards it
		}},
		"a forged run": {"was changed after it was published", func(a []one) []one {
			i := index(t, a, "payments.csv")
			a[i].content = append(a[i].content, "more\n"...)
			return reseal(t, a, nil)
		}},
		"another history": {"says that the history ends with entry 99", func(a []one) []one {
			return reseal(t, a, func(m *Manifest) { m.History.Entries = 99 })
		}},
		"another offer": {"is under \"small\"", func(a []one) []one { return reseal(t, a, func(m *Manifest) { m.Offer = "other" }) }},
		"a path in the manifest": {"is no name of a file of an offer", func(a []one) []one {
			return reseal(t, a, func(m *Manifest) { m.Files[0].Name = "../a" })
		}},
		"a name that no disk has": {"is no name of a file of an offer", func(a []one) []one {
			return reseal(t, a, func(m *Manifest) { m.Files[0].Name = "accounts.csv/" + strings.Repeat("a", 300) })
		}},
		"a link in the manifest": {"is none that an offer has", func(a []one) []one {
			return reseal(t, a, func(m *Manifest) { m.Links[0].To = "../../.." })
		}},
		"a size that no disk has": {"has no size or digest", func(a []one) []one {
			return reseal(t, a, func(m *Manifest) { m.Files[0].Bytes = 1 << 50 })
		}},
		"a newer format": {"is of format 2, and this program knows", func(a []one) []one { return reseal(t, a, func(m *Manifest) { m.Format = 2 }) }},
	} {
		t.Run(what, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.tar.zst")
			if err := os.WriteFile(path, compressed(t, tarOf(t, c.alter(unpack(t, whole)))), 0o640); err != nil {
				t.Fatal(err)
			}
			if said := found(t, path); !strings.Contains(said, c.want) || (c.want == "") != (said == "") {
				t.Errorf("found %q, want %q", said, c.want)
			}
		})
	}
}

func TestTheFileItselfIsOneFrame(t *testing.T) {
	req := newOffer(t)
	seal(t, req)
	whole := read(t, req.To)
	for what, c := range map[string]struct {
		content []byte
		want    string
	}{
		"as it is":               {whole, ""},
		"nothing":                {nil, "does not begin as a Zstandard frame"},
		"another kind of file":   {[]byte("PK\x03\x04 and so on, for long enough"), "does not begin as"},
		"a byte after it":        {append(bytes.Clone(whole), 0), "has 1 bytes after its end"},
		"a second frame":         {append(bytes.Clone(whole), whole...), "after its end"},
		"a frame to be skipped":  {append(bytes.Clone(whole), 0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 'x'), "has 9 bytes after its end"},
		"what is no tar archive": {compressed(t, []byte("nothing of this kind")), "cut off or damaged"},
	} {
		path := filepath.Join(t.TempDir(), "x.tar.zst")
		if err := os.WriteFile(path, c.content, 0o640); err != nil {
			t.Fatal(err)
		}
		if said := found(t, path); !strings.Contains(said, c.want) || (c.want == "") != (said == "") {
			t.Errorf("%s: found %q, want %q", what, said, c.want)
		}
	}
	step := max(len(whole)/100, 1)
	for at := 0; at < len(whole); at += step {
		path := filepath.Join(t.TempDir(), "x.tar.zst")
		if err := os.WriteFile(path, whole[:at], 0o640); err != nil {
			t.Fatal(err)
		}
		if found(t, path) == "" {
			t.Errorf("cut off after %d bytes, it is whole", at)
		}
		flipped := bytes.Clone(whole)
		flipped[at] ^= 4
		if err := os.WriteFile(path, flipped, 0o640); err != nil {
			t.Fatal(err)
		}
		if found(t, path) == "" {
			// A reference to other bytes that are the same, for instance.
			if was, is := plainOf(t, whole), plainOf(t, flipped); !bytes.Equal(was, is) {
				t.Errorf("with a bit flipped at %d, it is whole", at)
			}
		}
	}
}

// plainOf is an archive before it was compressed.
func plainOf(t *testing.T, archive []byte) []byte {
	t.Helper()
	z, err := zstd.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	content, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// TestABombEndsSoon has an archive of a few bytes claim to hold far more than its manifest says.
func TestABombEndsSoon(t *testing.T) {
	req := newOffer(t)
	seal(t, req)
	all := unpack(t, read(t, req.To))
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(tarOf(t, all)); err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range 600 {
		if _, err := z.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.tar.zst")
	if err := os.WriteFile(path, b.Bytes(), 0o640); err != nil {
		t.Fatal(err)
	}
	if said := found(t, path); !strings.Contains(said, "has more than its manifest says") {
		t.Errorf("found %q", said)
	}
}

func TestASignatureCountsOnlyByTheKeyThatIsNamed(t *testing.T) {
	ann, eve := pgptest.New(t, "ann@example.com", "never"), pgptest.New(t, "eve@example.com", "never")
	req := newOffer(t)
	own, err := pgp.ReadOwn(ann.Private(), "")
	if err != nil {
		t.Fatal(err)
	}
	req.Own, req.Now = own, time.Now()
	w := seal(t, req)
	keys := func(p *pgptest.Person) Keys {
		k, err := pgp.ReadKeys([]string{p.Public()})
		if err != nil {
			t.Fatal(err)
		}
		return Keys{Archive: k, Now: time.Now()}
	}
	if r := verify(t, req.To, keys(ann)); len(r.Findings) > 0 || r.Signature != Proven || r.SignedBy != w.SignedBy {
		t.Errorf("%+v", r)
	}
	if r := verify(t, req.To, Keys{}); len(r.Findings) > 0 || r.Signature != Unproven {
		t.Errorf("%+v", r)
	}
	if r := verify(t, req.To, keys(eve)); len(r.Findings) != 1 || r.Signature == Proven {
		t.Errorf("%+v", r)
	}
	// GnuPG agrees.
	all := unpack(t, read(t, req.To))
	if err := ann.Verify(all[0].content, all[1].content); all[1].Name != "small/"+signatureName || err != nil {
		t.Errorf("gpg on %s: %v", all[1].Name, err)
	}
	// The signature is taken away, and the manifest does not speak of it any more.
	m, err := decode(all[0].content)
	if err != nil {
		t.Fatal(err)
	}
	m.SignedBy = ""
	if all[0].content, err = m.encode(); err != nil {
		t.Fatal(err)
	}
	all[2].content = sums(m, all[0].content)
	path := filepath.Join(t.TempDir(), "x.tar.zst")
	if err := os.WriteFile(path, compressed(t, tarOf(t, append(all[:1], all[2:]...))), 0o640); err != nil {
		t.Fatal(err)
	}
	if r := verify(t, path, keys(ann)); len(r.Findings) != 1 || !strings.Contains(r.Findings[0].What, "is not signed") {
		t.Errorf("%+v", r.Findings)
	}
	if r := verify(t, path, Keys{}); r.Signature != Unsigned {
		t.Errorf("%+v", r)
	}
}

// TestMemoryDoesNotGrowWithTheArchive compares what is allocated in all for a small offer and for one with large files.
func TestMemoryDoesNotGrowWithTheArchive(t *testing.T) {
	const large = 64 << 20
	allocated := func(size int) uint64 {
		req := newOffer(t)
		put(t, req.Folder, map[string]string{"received/big": strings.Repeat("0123456789abcdef", size/16)})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		seal(t, req)
		if said := found(t, req.To); said != "" {
			t.Error(said)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	few, many := allocated(16), allocated(large)
	if many > few+large/2 {
		t.Errorf("%d bytes for a small offer, %d for one of %d more", few, many, large)
	}
}

// TestRoundTrip archives an offer with files of any name and content; tar unpacks some of the archives.
func TestRoundTrip(t *testing.T) {
	req := newOffer(t)
	received, n := filepath.Join(req.Folder, "received"), 0
	rapid.Check(t, func(rt *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-zA-Z0-9 _äß€'"\n*-][a-zA-Z0-9 ._äß€'"\n*-]{0,70}`), 0, 4, strings.ToLower).Draw(rt, "names")
		want := map[string]string{}
		for _, name := range names {
			want["received/"+name] = string(rapid.SliceOf(rapid.Byte()).Draw(rt, "content"))
		}
		if err := errors.Join(os.RemoveAll(received), os.RemoveAll(req.To)); err != nil {
			rt.Fatal(err)
		}
		put(t, req.Folder, want)
		seal(t, req)
		out := t.TempDir()
		root, err := os.OpenRoot(out)
		if err != nil {
			rt.Fatal(err)
		}
		defer root.Close()
		if r, err := check(context.Background(), req.To, root); err != nil || len(r.Findings) > 0 {
			rt.Fatal(r, err)
		}
		if n++; n%20 == 1 {
			out = filepath.Join(byTar(t, req.To), "small")
		}
		for name, content := range want {
			if got := read(t, filepath.Join(out, "offer", name)); string(got) != content {
				rt.Fatalf("%s has %q", name, got)
			}
		}
	})
}

// byTar is a folder into which tar unpacked an archive whose digests sha256sum found right.
func byTar(t *testing.T, file string) string {
	t.Helper()
	if _, err := exec.LookPath("zstd"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%v; ./test.sh installs it", err)
		}
		t.Skip("tar needs zstd; ./test.sh installs it")
	}
	folder := t.TempDir()
	for _, line := range []string{"tar --zstd -xf " + file, "cd small && sha256sum --strict --quiet -c SHA256SUMS"} {
		c := exec.Command("sh", "-c", line)
		c.Dir, c.Env = folder, append(os.Environ(), "LC_ALL=C.UTF-8")
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", line, err, out)
		}
	}
	return folder
}

// tiny is an archive of one file and one link.
func tiny(t testing.TB) []one {
	t.Helper()
	m := &Manifest{Format: format, Offer: "a", History: History{Entries: 1, Last: strings.Repeat("0", 64), At: now},
		Files: []ledger.File{{Name: "accounts.csv", SHA256: digestOf([]byte("role")), Bytes: 4}}, Links: []Link{{"runs/latest", "b"}},
		LeftOut: []LeftOut{}}
	content, err := m.encode()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	p := newPacker(&b, m)
	if err := errors.Join(p.small(manifestName, content), p.small(sumsName, sums(m, content)), p.small("offer/accounts.csv", []byte("role")),
		p.head("offer/runs/latest", 0, "b"), p.tar.Close()); err != nil {
		t.Fatal(err)
	}
	return unpack(t, compressed(t, b.Bytes()))
}

// encoder is one for all that a fuzzer makes.
var encoder = sync.OnceValues(func() (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(true), zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithWindowSize(1<<17))
})

// FuzzCheck reads archives with any manifest and any member: nothing is written outside of the folder that is named, and
// what is not found to be wrong is what [Seal] writes.
func FuzzCheck(f *testing.F) {
	all := tiny(f)
	f.Add(all[0].content, "a/offer/accounts.csv", "", byte(tar.TypeReg), []byte("role"))
	f.Add(all[0].content, "a/offer/runs/x", "../../..", byte(tar.TypeSymlink), []byte(nil))
	f.Add([]byte("{}"), "../x", "", byte(tar.TypeReg), []byte("x"))
	f.Add(bytes.Replace(all[0].content, []byte("accounts.csv"), []byte("inbox/../../x"), 1), "a/offer/inbox/../../x", "", byte(tar.TypeReg), []byte("role"))
	z, err := encoder()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, manifest []byte, name, link string, kind byte, content []byte) {
		members := []one{all[0], all[1], {tar.Header{Typeflag: kind, Name: name, Linkname: link, Mode: 0o640}, content}, all[3]}
		members[0].content = manifest
		if m, err := decode(manifest); err == nil {
			members[1].content = sums(m, manifest)
		}
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for i := range members {
			h := members[i].Header
			h.Size = int64(len(members[i].content))
			if err := w.WriteHeader(&h); err != nil {
				return // no such header can be written
			}
			if _, err := w.Write(members[i].content); err != nil {
				return
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "x.tar.zst")
		if err := os.WriteFile(path, z.EncodeAll(b.Bytes(), nil), 0o640); err != nil {
			t.Fatal(err)
		}
		outside := t.TempDir()
		inside := filepath.Join(outside, "inside")
		if err := os.Mkdir(inside, 0o750); err != nil {
			t.Fatal(err)
		}
		root, err := os.OpenRoot(inside)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		r, err := check(context.Background(), path, root)
		if err != nil {
			if !errors.Is(err, fs.ErrInvalid) && !strings.Contains(err.Error(), "bytes left") {
				t.Fatal(err)
			}
			return
		}
		if there, err := os.ReadDir(outside); err != nil || len(there) != 1 {
			t.Fatalf("there is %v, %v", there, err)
		}
		if len(r.Findings) == 0 && (r.manifest == nil || r.SHA256 == "") {
			t.Fatalf("%+v", r)
		}
	})
}

// FuzzFrame reads any file.
func FuzzFrame(f *testing.F) {
	f.Add(compressed(f, []byte("x")))
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x24, 0, 1, 0, 0})
	f.Add([]byte{0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 'x'})
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := oneFrame(bytes.NewReader(content), int64(len(content))); err != nil {
			return
		}
		z, err := zstd.NewReader(bytes.NewReader(content), zstd.WithDecoderMaxWindow(mostWindow))
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		_, _ = io.Copy(io.Discard, io.LimitReader(z, 1<<20))
	})
}
