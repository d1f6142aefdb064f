package retention

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/readback"
	"tenderbatch/internal/release"
	"tenderbatch/internal/tender"
)

const namedReport = "VOI Number,CUSIP,Principal Amount,Submitted At,DTC Participant,Holder Reference,Contact,Notes,Withdrawn\n" +
	"0000019,52729NAA8,7000,2026-05-01 10:00:00,2399,Quillfeather,jane@quillfeather.example,,\n" +
	"0000020,52729NAA8,8000,2026-05-01 11:00:00,2399,Quillfeather,jane@quillfeather.example,withdrawn per phone by Quillfeather,\n" +
	"0000021,52729NAA8,nine for Quillfeather,2026-05-01 11:00:00,2399,Quillfeather,,,\n" +
	"0000022,52729NAA8,8000,2026-05-01 11:00:00,2399,Quillfeather,,,see Quillfeather\n"

var ann = ledger.Actor{Kind: ledger.User, Name: "ann"}

// namedOffer is an offer with an indicative run and a final one, in which findings quote a holder's name.
func namedOffer(t *testing.T, keep string) Request {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "small")
	now := time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)
	for name, content := range map[string]string{"offer.yaml": strings.NewReplacer("{runs: 1y}", keep, "status: none}", "status: none, reject_limit: 100}").Replace(terms),
		"inbox/dtc-2026-05-02.csv": namedReport, "received/abc": namedReport,
		".staging/ABC/dtc-2026-05-03.csv": namedReport} {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o750), os.WriteFile(path, []byte(content), 0o640),
			os.Chtimes(path, now.Add(-24*time.Hour), now.Add(-24*time.Hour))); err != nil {
			t.Fatal(err)
		}
	}
	for _, of := range [][2]string{{"2026-05-03T12:00", ""}, {"2026-05-20T00:00", "a test"}} {
		if _, err := pipeline.Run(context.Background(), pipeline.Request{Folder: folder, Clock: func() time.Time { return now }, Version: "test",
			Actor: ann, By: "ann", AsOf: of[0], AcceptRejects: of[1], Owner: func(fs.FileInfo) string { return "ann" }}); err != nil {
			t.Fatal(err)
		}
	}
	return Request{Folder: folder, Actor: ledger.Actor{Kind: ledger.User, Name: "bob"}, By: "bob", Version: "test", Wait: time.Second,
		Clock: func() time.Time { return now.AddDate(2, 0, 0) }}
}

// contents are the files of an offer that have a text in them, workbooks unpacked.
func holding(t *testing.T, folder, text string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if book, wrong := zip.NewReader(bytes.NewReader(content), int64(len(content))); wrong == nil {
			for _, f := range book.File {
				part, err := f.Open()
				if err != nil {
					return err
				}
				more, err := io.ReadAll(part)
				if err != nil {
					return err
				}
				content = append(content, more...)
			}
		}
		if bytes.Contains(bytes.ToLower(content), []byte(strings.ToLower(text))) {
			names = append(names, strings.TrimPrefix(path, folder+"/"))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// sums are what is paid by the runs of an offer, byte for byte.
func paid(t *testing.T, folder string) string {
	t.Helper()
	all := ""
	for _, name := range []string{"wires.csv", "payments.csv", "instructions.csv", "paid.csv"} {
		found, err := filepath.Glob(filepath.Join(folder, "runs", "2*", name))
		if err != nil || len(found) != 2 {
			t.Fatal(found, err)
		}
		for _, path := range found {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			all += path + "\n" + string(content)
		}
	}
	return all
}

func allVerified(t *testing.T, req Request) {
	t.Helper()
	if found, _, err := release.Verify(req.Folder, release.Signers{}); err != nil || len(found) > 0 {
		t.Errorf("%v, %v", found, err)
	}
}

func TestNamesOfHoldersAreReplacedInWhatStays(t *testing.T) {
	req := namedOffer(t, "{holders: 1y}")
	if held := holding(t, req.Folder, "quillfeather"); len(held) < 10 {
		t.Fatalf("the test has the name in %v only", held)
	}
	before, was := paid(t, req.Folder), runsIn(t, req)
	plan, err := Plan(req)
	if err != nil || len(plan) != 5 {
		t.Fatalf("%+v, %v", plan, err)
	}
	done, err := Prune(context.Background(), req)
	if err != nil || len(done) != 5 {
		t.Fatalf("%+v, %v", done, err)
	}
	if held := holding(t, req.Folder, "quillfeather"); len(held) > 0 {
		t.Errorf("the name is still in %v", held)
	}
	entries, err := ledger.ReadEntries(filepath.Join(req.Folder, "runs"))
	if err != nil || !slices.ContainsFunc(entries, ledger.Entry.ClearsInbox) {
		t.Errorf("nothing says that the inbox was emptied: %v", err)
	}
	if paid(t, req.Folder) != before {
		t.Error("what is paid has changed")
	}
	allVerified(t, req)
	runs := runsIn(t, req)
	for i, r := range runs {
		p := r.Pseudonymised
		if r.ManifestDigest() != was[i].ManifestDigest() || p == nil || p.By.Name != "bob" || p.Manifest != was[i].ManifestDigest() || len(p.Removed) == 0 {
			t.Errorf("run %s: %+v", r.Run, p)
		}
		if err := r.Check(); err != nil {
			t.Error(err)
		}
		if unlisted, err := r.Unlisted(); err != nil || len(unlisted) > 0 {
			t.Errorf("%v, %v", unlisted, err)
		}
		if _, err := r.ReadKept("dtc-2026-05-02.csv"); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "it was removed on 2028-05-20 by") {
			t.Errorf("%v", err)
		}
	}
	// The same holder has the same pseudonym in all runs, and another at the next prune.
	mark := regexp.MustCompile(`H-[A-Z2-7]{12}`)
	var seen [][]string
	for _, r := range runs {
		content, err := r.Read("rejects.csv")
		if err != nil {
			t.Fatal(err)
		}
		found := mark.FindAllString(string(content), -1)
		slices.Sort(found)
		seen = append(seen, found)
	}
	if len(seen[0]) < 2 || !slices.Equal(seen[0], seen[1]) {
		t.Errorf("%v", seen)
	}
	other := namedOffer(t, "{holders: 1y}")
	if _, err := Prune(context.Background(), other); err != nil || len(holding(t, other.Folder, seen[0][0])) > 0 {
		t.Errorf("the pseudonym follows from the name: %v", err)
	}
	if again, err := Prune(context.Background(), req); err != nil || len(again) > 0 {
		t.Errorf("%v, %v", again, err)
	}
}

func runsIn(t *testing.T, req Request) []*ledger.Run {
	t.Helper()
	a, err := ledger.OpenArchive(filepath.Join(req.Folder, "runs"), "small")
	if err == nil {
		err = a.Check()
	}
	if err != nil {
		t.Fatal(err)
	}
	return a.Runs()
}

// TestAReplacementThatIsCutOff has each change of the disk fail in turn: the next prune completes it, the history holds,
// and the pseudonyms are the same in all runs.
func TestAReplacementThatIsCutOff(t *testing.T) {
	whole := namedOffer(t, "{holders: 1y}")
	before := paid(t, whole.Folder)
	for at, seen := 1, 0; ; at++ {
		req := whole
		req.Folder = filepath.Join(t.TempDir(), "small")
		if out, err := exec.Command("cp", "-a", whole.Folder, req.Folder).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		changes := 0
		req.Disk = disk.Disk{Fault: func(op, _ string) error {
			// Of all that is done to files, as there are hundreds, one in twelve.
			if slices.Contains([]string{"create", "write", "sync", "close"}, op) {
				if seen++; seen%12 != 0 {
					return nil
				}
			}
			if changes++; changes == at {
				return errors.New("the power failed")
			}
			return nil
		}}
		_, err := Prune(context.Background(), req)
		if err == nil && changes < at {
			if at < 20 {
				t.Errorf("only %d changes", changes)
			}
			return
		}
		req.Disk = disk.Disk{}
		if _, err := Prune(context.Background(), req); err != nil {
			t.Fatalf("cut off at change %d, then: %v", at, err)
		}
		if held := holding(t, req.Folder, "quillfeather"); len(held) > 0 {
			t.Fatalf("cut off at change %d, the name is still in %v", at, held)
		}
		if strings.ReplaceAll(paid(t, req.Folder), req.Folder, whole.Folder) != before {
			t.Fatalf("cut off at change %d, what is paid has changed", at)
		}
		left, err := filepath.Glob(filepath.Join(req.Folder, "runs", ".p*"))
		if err != nil || len(left) > 0 {
			t.Fatalf("cut off at change %d, there is %v, %v", at, left, err)
		}
		allVerified(t, req)
	}
}

// forged changes a run and its manifest, as a person can who may write the folder, and returns the new digest.
func forged(t *testing.T, run *ledger.Run, file, old, by string, more func(m map[string]any)) string {
	t.Helper()
	path := filepath.Join(run.Folder(), file)
	content, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(content, []byte(old)) {
		t.Fatalf("%s has no %q, %v", path, old, err)
	}
	content = bytes.Replace(content, []byte(old), []byte(by), 1)
	var m map[string]any
	manifest, err := os.ReadFile(filepath.Join(run.Folder(), "manifest.json"))
	if err == nil {
		err = json.Unmarshal(manifest, &m)
	}
	if err != nil {
		t.Fatal(err)
	}
	f, err := ledger.Digest(file, func(w io.Writer) error { _, err := w.Write(content); return err })
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range m["outputs"].([]any) {
		if o := o.(map[string]any); o["name"] == file {
			o["sha256"], o["bytes"] = f.SHA256, f.Bytes
		}
	}
	if more != nil {
		more(m)
	}
	manifest, err = json.MarshalIndent(m, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string][]byte{path: content, filepath.Join(run.Folder(), "manifest.json"): manifest} {
		if err := errors.Join(os.Remove(path), os.WriteFile(path, content, 0o640)); err != nil {
			t.Fatal(err)
		}
	}
	f, err = ledger.Digest("", func(w io.Writer) error { _, err := w.Write(manifest); return err })
	if err != nil {
		t.Fatal(err)
	}
	return f.SHA256
}

// refused demands that the verification finds something, and that the run is not handed out.
func refused(t *testing.T, req Request, want string) {
	t.Helper()
	found, err := ledger.Verify(filepath.Join(req.Folder, "runs"), "small")
	said := ""
	for _, f := range found {
		said += f.String() + "\n"
	}
	if err != nil || !strings.Contains(said, want) {
		t.Errorf("found %q, want %q, %v", said, want, err)
	}
	a, err := ledger.OpenArchive(filepath.Join(req.Folder, "runs"), "small")
	if err != nil || a.Check() == nil {
		t.Errorf("the run is taken, %v", err)
	}
}

func note(t *testing.T, req Request, rewritten ledger.Rewritten) {
	t.Helper()
	log, err := ledger.OpenLog(filepath.Join(req.Folder, "runs"))
	if err == nil {
		_, err = log.Append(ledger.Entry{At: req.Clock(), Event: ledger.Pseudonymised, Offer: "small", Rewritten: []ledger.Rewritten{rewritten}})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestWhatARunThatWasKilledLeftIsDeleted: it has copies of the reports, and the next run, which would take it away, may
// never come.
func TestWhatARunThatWasKilledLeftIsDeleted(t *testing.T) {
	req := namedOffer(t, "{holders: 1y}")
	for _, name := range []string{".stage/inputs", ".latest.copy"} {
		folder := filepath.Join(req.Folder, "runs", name)
		if err := errors.Join(os.MkdirAll(folder, 0o750), os.WriteFile(filepath.Join(folder, "abc"), []byte(namedReport), 0o640)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Prune(context.Background(), req); err != nil {
		t.Fatal(err)
	}
	if held := holding(t, req.Folder, "quillfeather"); len(held) > 0 {
		t.Errorf("the name is still in %v", held)
	}
	allVerified(t, req)
}

// TestACopyThatFollowedLinksHasNoNamesEither: a restored back-up may have folders in the places of the links.
func TestACopyThatFollowedLinksHasNoNamesEither(t *testing.T) {
	req := namedOffer(t, "{holders: 1y}")
	for _, link := range []string{"final", "latest"} {
		path := filepath.Join(req.Folder, "runs", link)
		run, err := filepath.EvalSymlinks(path)
		if err == nil {
			err = errors.Join(os.Remove(path), os.CopyFS(path, os.DirFS(run)))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Prune(context.Background(), req); err != nil {
		t.Fatal(err)
	}
	if held := holding(t, req.Folder, "quillfeather"); len(held) > 0 {
		t.Errorf("the name is still in %v", held)
	}
	allVerified(t, req)
}

// elsewhere is a workbook in which another participant is paid.
func elsewhere(t *testing.T, content []byte) []byte {
	t.Helper()
	book, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range book.File {
		from, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		part, err := io.ReadAll(from)
		if err != nil {
			t.Fatal(err)
		}
		to, err := w.Create(f.Name)
		if err == nil {
			_, err = to.Write(bytes.ReplaceAll(part, []byte("<t>2399</t>"), []byte("<t>9932</t>")))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestAForgedReplacementIsRefused(t *testing.T) {
	pruned := func(t *testing.T) (Request, []*ledger.Run) {
		req := namedOffer(t, "{holders: 1y}")
		if _, err := Prune(context.Background(), req); err != nil {
			t.Fatal(err)
		}
		return req, runsIn(t, req)
	}
	t.Run("a file of it, with the manifest", func(t *testing.T) {
		req, runs := pruned(t)
		forged(t, runs[0], "rejects.csv", "H-", "J-", nil)
		refused(t, req, "its digest is not the one in the ledger")
	})
	t.Run("without an entry", func(t *testing.T) {
		req := namedOffer(t, "{holders: 1y}")
		run := runsIn(t, req)[0]
		forged(t, run, "rejects.csv", "Quillfeather", "H-", func(m map[string]any) {
			m["pseudonymised"] = map[string]any{"at": req.Clock(), "by": req.Actor, "manifest": run.ManifestDigest(), "removed": []string{}, "outputs": []any{}}
		})
		refused(t, req, "its digest is not the one in the ledger")
	})
	t.Run("with an entry, and other payments", func(t *testing.T) {
		req := namedOffer(t, "{holders: 1y}")
		run := runsIn(t, req)[0]
		whole, err := os.ReadFile(filepath.Join(run.Folder(), "manifest.json"))
		if err == nil {
			err = os.WriteFile(filepath.Join(run.Folder(), ledger.PublishedManifestName), whole, 0o640)
		}
		if err != nil {
			t.Fatal(err)
		}
		wires := run.Outputs[slices.IndexFunc(run.Outputs, func(f ledger.File) bool { return f.Name == "wires.csv" })]
		digest := forged(t, run, "wires.csv", "2399", "9932", func(m map[string]any) {
			m["pseudonymised"] = map[string]any{"at": req.Clock(), "by": req.Actor, "manifest": run.ManifestDigest(), "removed": []string{},
				"outputs": []any{wires}}
		})
		note(t, req, ledger.Rewritten{Run: run.Run, Was: run.ManifestDigest(), Manifest: digest})
		refused(t, req, "says something else than manifest-as-published.json, beyond names of holders")
	})
	t.Run("with an entry, and other wires in result.json", func(t *testing.T) {
		for _, change := range [][2]string{{`"participant": "2399"`, `"participant": "9932"`}, {`"total": "`, `"total": "1`},
			{`"status": "due"`, `"status": "paid"`}} {
			req := namedOffer(t, "{holders: 1y}")
			run := runsIn(t, req)[1]
			whole, err := os.ReadFile(filepath.Join(run.Folder(), "manifest.json"))
			if err == nil {
				err = os.WriteFile(filepath.Join(run.Folder(), ledger.PublishedManifestName), whole, 0o640)
			}
			if err != nil {
				t.Fatal(err)
			}
			text, err := run.Read("result.json")
			if err != nil {
				t.Fatal(err)
			}
			at := bytes.Index(text, []byte(`"wires": [`))
			old := string(text[at:][:bytes.Index(text[at:], []byte("]"))])
			if !strings.Contains(old, change[0]) {
				continue
			}
			was := run.Outputs[slices.IndexFunc(run.Outputs, func(f ledger.File) bool { return f.Name == "result.json" })]
			digest := forged(t, run, "result.json", old, strings.Replace(old, change[0], change[1], 1), func(m map[string]any) {
				m["pseudonymised"] = map[string]any{"at": req.Clock(), "by": req.Actor, "manifest": run.ManifestDigest(), "removed": []string{},
					"outputs": []any{was}}
			})
			note(t, req, ledger.Rewritten{Run: run.Run, Was: run.ManifestDigest(), Manifest: digest})
			refused(t, req, "says something else than wires.csv, beyond names of holders")
		}
	})
	t.Run("with an entry, and a workbook that pays another", func(t *testing.T) {
		req, runs := pruned(t)
		book, err := runs[1].Read("result.xlsx")
		if err != nil {
			t.Fatal(err)
		}
		if detail, err := readback.Rewritten(runs[1].Folder()); detail != "" || err != nil {
			t.Errorf("as it is: %s, %v", detail, err)
		}
		path := filepath.Join(runs[1].Folder(), "result.xlsx")
		if err := errors.Join(os.Remove(path), os.WriteFile(path, elsewhere(t, book), 0o640)); err != nil {
			t.Fatal(err)
		}
		detail, err := readback.Rewritten(runs[1].Folder())
		if err != nil || detail != "its sheet Wires says something else than wires.csv" {
			t.Errorf("%s, %v", detail, err)
		}
		if found, _, err := release.Verify(req.Folder, release.Signers{}); err != nil || !strings.Contains(fmt.Sprint(found), "its sheet Wires says something else") {
			t.Errorf("%v, %v", found, err)
		}
	})
	t.Run("an entry that names another run as it was", func(t *testing.T) {
		req, runs := pruned(t)
		note(t, req, ledger.Rewritten{Run: runs[0].Run, Was: runs[0].DigestNow(), Manifest: strings.Repeat("a", 64)})
		found, err := ledger.Verify(filepath.Join(req.Folder, "runs"), "small")
		if err != nil || len(found) != 1 || !strings.Contains(found[0].What, "says that names were replaced in run") {
			t.Errorf("%v, %v", found, err)
		}
	})
	t.Run("another manifest as it was published", func(t *testing.T) {
		req, runs := pruned(t)
		path := filepath.Join(runs[0].Folder(), ledger.PublishedManifestName)
		if err := errors.Join(os.Remove(path), os.WriteFile(path, []byte(`{"run":"x","offer":"small","phase":"final"}`), 0o640)); err != nil {
			t.Fatal(err)
		}
		refused(t, req, "whose digest is not the one in the history")
	})
	t.Run("a copy that is back", func(t *testing.T) {
		req, runs := pruned(t)
		path := filepath.Join(runs[0].Folder(), runs[0].Pseudonymised.Removed[0])
		if err := os.WriteFile(path, []byte(namedReport), 0o640); err != nil {
			t.Fatal(err)
		}
		if found, err := ledger.Verify(filepath.Join(req.Folder, "runs"), "small"); err != nil || len(found) != 1 || !strings.Contains(found[0].What, "is not in the manifest") {
			t.Errorf("%v, %v", found, err)
		}
	})
}

func TestAnOldCopyThatIsPutBackIsNamed(t *testing.T) {
	req := namedOffer(t, "{holders: 1y}")
	run := runsIn(t, req)[0]
	aside := filepath.Join(t.TempDir(), "old")
	if err := os.CopyFS(aside, os.DirFS(run.Folder())); err != nil {
		t.Fatal(err)
	}
	if _, err := Prune(context.Background(), req); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.RemoveAll(run.Folder()), os.Rename(aside, run.Folder())); err != nil {
		t.Fatal(err)
	}
	refused(t, req, "still has the names of holders that entry 10 says were replaced")
	if _, err := Prune(context.Background(), req); err == nil {
		t.Error("it is pruned")
	}
}

// After the ledger was lost, the manifests say that names were replaced.
func TestALedgerIsRebuiltAfterNamesWereReplaced(t *testing.T) {
	req := namedOffer(t, "{holders: 1y}")
	if _, err := Prune(context.Background(), req); err != nil {
		t.Fatal(err)
	}
	was := runsIn(t, req)
	for _, name := range []string{"ledger.db", "ledger.sum"} {
		if err := os.Remove(filepath.Join(req.Folder, "runs", name)); err != nil {
			t.Fatal(err)
		}
	}
	found, err := pipeline.RebuildHistory(context.Background(), pipeline.Request{Folder: req.Folder, Clock: req.Clock, Version: "test", Actor: ann, By: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range found {
		if !c.Taken {
			t.Errorf("%s was left out: %v", c.Run, c.Against)
		}
	}
	allVerified(t, req)
	for i, r := range runsIn(t, req) {
		if r.ManifestDigest() != was[i].ManifestDigest() {
			t.Errorf("run %s has another digest", r.Run)
		}
	}
}

// A run that is not kept is deleted, and names are replaced in the others, in one go.
func TestRunsAndNamesTogether(t *testing.T) {
	req := namedOffer(t, "{holders: 1y, runs: 1y}")
	done, err := Prune(context.Background(), req)
	if err != nil || len(done) != 5 {
		t.Fatalf("%+v, %v", done, err)
	}
	if held := holding(t, req.Folder, "quillfeather"); len(held) > 0 || len(runsIn(t, req)) != 1 {
		t.Errorf("the name is still in %v", held)
	}
	allVerified(t, req)
	kinds := map[Kind]int{}
	for _, i := range done {
		kinds[i.Kind]++
	}
	if kinds[Run] != 1 || kinds[Holders] != 1 || kinds[Files] != 3 {
		t.Errorf("%v", kinds)
	}
	if o := (tender.Retention{}); !o.Holders.IsZero() {
		t.Error("names are not kept by default")
	}
}
