package pipeline

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/compare"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// keepTerms makes a run's folder, and the history, as one that read other terms, or,
// of nil, as one made before runs kept what they read.
func keepTerms(t *testing.T, folder string, source []byte) {
	t.Helper()
	found, err := FindRun(folder)
	if err != nil {
		t.Fatal(err)
	}
	m := found.Manifest
	m.Terms.File, m.Kept = "", nil
	if source != nil {
		digest := sha256.Sum256(source)
		m.Keep(ledger.Kept{Of: offerfolder.OfferName,
			File: ledger.File{Name: "inputs/terms", SHA256: hex.EncodeToString(digest[:]), Bytes: int64(len(source))}})
	}
	var content bytes.Buffer
	if err := m.Encode(&content); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{ledger.ManifestName: content.Bytes(), "inputs/terms": source} {
		if err := os.WriteFile(filepath.Join(folder, name), b, 0o640); err != nil {
			t.Fatal(err)
		}
	}
	log, err := ledger.OpenLog(found.Runs)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.Append(ledger.Entry{Event: ledger.Recovered, Run: m.Run, Offer: m.Offer, Phase: m.Phase,
		Manifest: hexDigest(content.Bytes())}); err != nil {
		t.Fatal(err)
	}
}

// publishExample publishes a run of the example, in place of the final one if
// there is one.
func publishExample(t *testing.T, folder, asOf string) string {
	t.Helper()
	latest := archiveOf(t, folder).Latest()
	req := Request{Folder: folder, AsOf: asOf}
	if strings.HasPrefix(asOf, "2004-12") {
		req.AcceptRejects, req.TermsChanged = "a test", "a test"
	}
	if latest != nil && latest.Phase == string(tender.Final) {
		req.Supersede, req.Reason = latest.Run, "a test"
	}
	return mustRun(t, req).Folder
}

func mustDiff(t *testing.T, was, now string) *compare.Difference {
	t.Helper()
	d, err := Diff(was, now, "1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestADifferenceSaysWhatBecameOfTheOffer(t *testing.T) {
	folder := example(t)
	early, final := publishExample(t, folder, "2004-11-12T17:00"), publishExample(t, folder, "2004-12-02T09:00")
	d := mustDiff(t, early, final)
	var terms []string
	for _, p := range d.Terms {
		if p.Was != nil {
			terms = append(terms, fmt.Sprintf("%s: %s → %s", p.Was.Path, p.Was.Text, p.Now.Text))
		}
	}
	want := []string{
		"dates.expiration.at: 2004-11-30T00:00:00-05:00 → 2004-12-02T00:00:00-05:00",
		"withdrawal.late.at: 2004-11-30T00:00:00-05:00 → 2004-12-02T00:00:00-05:00",
		"caps.Tender Cap.amount: 450000000 → 1105000000",
		"conditions.Financing.satisfied: false → true",
	}
	if !slices.Equal(terms, want) || d.NotCompared != "" {
		t.Errorf("terms\n%s\nwant\n%s (%s)", strings.Join(terms, "\n"), strings.Join(want, "\n"), d.NotCompared)
	}
	if n := d.Kinds(); n[result.New] != 42 || n[result.Reclassed] != 400 || len(n) != 2 {
		t.Errorf("instructions %v", n)
	}
	_, _, total := compare.Amounts(d.Totals[0])
	if got := total[1].String(); got != "654999277" {
		t.Errorf("accepted in all: %s more", got)
	}
	if d.Was.Phase != tender.Indicative || d.Now.Phase != tender.Final || d.Now.Previous != d.Was.Run ||
		d.Zone.String() != "America/New_York" {
		t.Errorf("%+v, %+v", d.Was, d.Now)
	}
	if again := mustDiff(t, final, final); again.Differs() {
		t.Errorf("a run differs from itself: %+v", again)
	}
}

// variety publishes runs that differ in every way: terms, files, rows, windows.
func variety(t *testing.T) []string {
	t.Helper()
	folder := example(t)
	runs := []string{publishExample(t, folder, "2004-11-12T17:00"), publishExample(t, folder, "2004-11-20T12:00"),
		publishExample(t, folder, "2004-12-02T09:00")}
	changeReport(t, filepath.Join(folder, offerfolder.InboxName, "dtc-2004-12-01.xlsx"))
	runs = append(runs, publishExample(t, folder, "2004-12-02T09:00"))
	replaceIn(t, filepath.Join(folder, offerfolder.OfferName), "early_tender_payment: 20.00",
		"early_tender_payment: 20.50", "total_consideration: 857.50", "total_consideration: 858.00",
		"total_consideration: 887.50", "total_consideration: 888.00", "total_consideration: 850.00",
		"total_consideration: 850.50", "order: priority", "order: early_first",
		"timezone: Europe/Brussels", "timezone: Europe/London", "priority: 3", "priority: 4")
	return append(runs, publishExample(t, folder, "2004-12-02T10:00"))
}

// changeReport amends some rows of a report, spoils one and takes one away, with
// the total that goes with it.
func changeReport(t *testing.T, path string) {
	t.Helper()
	book, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw := excelize.Options{RawCellValue: true}
	amount := func(cell string) int {
		text, err := book.GetCellValue("Tenders", cell, raw)
		n, wrong := strconv.Atoi(text)
		if err := errors.Join(err, wrong); err != nil {
			t.Fatal(err)
		}
		return n
	}
	total := amount("F506")
	for cell, value := range map[string]int{"F10": 1000, "F11": 17, "F12": 2000} {
		total += value - amount(cell)
		if err := book.SetCellValue("Tenders", cell, value); err != nil {
			t.Fatal(err)
		}
	}
	total -= amount("F30")
	if err := errors.Join(book.SetCellValue("Tenders", "F506", total), book.RemoveRow("Tenders", 30), book.Save(),
		book.Close()); err != nil {
		t.Fatal(err)
	}
}

func replaceIn(t *testing.T, path string, oldNew ...string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.NewReplacer(oldNew...).Replace(string(content))), 0o640); err != nil {
		t.Fatal(err)
	}
}

// The difference the other way round is the same one, mirrored. Each adds up: what
// the instructions that differ change is what changes of the series and the cash.
func TestReversedRunsGiveTheMirroredDifference(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	runs := variety(t)
	kinds := make(map[result.ChangeKind]int)
	for i, was := range runs {
		for _, now := range runs[:i] {
			forth, back := mustDiff(t, was, now), mustDiff(t, now, was)
			if got, want := listedDifference(t, mirrored(back)), listedDifference(t, forth); got != want {
				t.Errorf("%s and %s: there\n%s\nand back\n%s", filepath.Base(was), filepath.Base(now), want, got)
			}
			checkSums(t, forth)
			for kind, n := range forth.Kinds() {
				kinds[kind] += n
			}
			if !forth.Differs() || (len(forth.Files)+len(forth.Findings) == 0 && len(forth.Terms) == 0) {
				t.Errorf("%s and %s differ in nothing", filepath.Base(was), filepath.Base(now))
			}
		}
	}
	for _, kind := range []result.ChangeKind{result.New, result.NoLonger, result.Amended, result.Reclassed} {
		if kinds[kind] == 0 {
			t.Errorf("no instruction is %s", kind)
		}
	}
}

// mirrored is a difference seen from the other side.
func mirrored(d *compare.Difference) *compare.Difference {
	m := *d
	m.Was, m.Now = d.Now, d.Was
	m.Terms, m.Files, m.Findings = swap(d.Terms), swap(d.Files), swap(d.Findings)
	m.Series, m.Totals, m.Caps, m.Funding = swap(d.Series), swap(d.Totals), swap(d.Caps), swap(d.Funding)
	m.Lines = slices.Clone(d.Lines)
	for i := range m.Lines {
		c := &m.Lines[i]
		c.Was, c.Now = c.Now, c.Was
		if other := map[result.ChangeKind]result.ChangeKind{result.New: result.NoLonger,
			result.NoLonger: result.New}[c.Kind]; other != "" {
			c.Kind = other
		}
		c.Series = cmp.Or(c.Now.Series, c.Was.Series)
	}
	return &m
}

func swap[T any](pairs []result.Pair[T]) []result.Pair[T] {
	swapped := make([]result.Pair[T], len(pairs))
	for i, p := range pairs {
		swapped[i] = result.Pair[T]{Was: p.Now, Now: p.Was}
	}
	return swapped
}

// listedDifference is a difference as text, each list in an order that does not
// depend on the direction.
func listedDifference(t *testing.T, d *compare.Difference) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%+v\n%+v\n%s\n", d.Was, d.Now, d.NotCompared)
	for _, list := range []any{d.Terms, d.Files, d.Findings, d.Series, d.Totals, d.Caps, d.Funding, d.Lines} {
		v := reflect.ValueOf(list)
		var lines []string
		for i := range v.Len() {
			line, err := json.Marshal(v.Index(i).Interface())
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, string(line))
		}
		slices.Sort(lines)
		fmt.Fprintln(&b, strings.Join(lines, "\n"))
	}
	return b.String()
}

func checkSums(t *testing.T, d *compare.Difference) {
	t.Helper()
	currencies := d.Currencies()
	bySeries, cash := map[string]decimal.Decimal{}, map[string]decimal.Decimal{}
	for _, c := range d.Lines {
		was, now := currencies(&c)
		bySeries[c.Was.Series] = bySeries[c.Was.Series].Sub(c.Was.Accepted)
		bySeries[c.Now.Series] = bySeries[c.Now.Series].Add(c.Now.Accepted)
		cash[was], cash[now] = cash[was].Sub(c.Was.Total), cash[now].Add(c.Now.Total)
		if was == now { // the second of the two took the place of the first
			cash[now] = cash[now].Sub(c.Was.Total)
		}
	}
	for _, p := range d.Series {
		if _, _, change := compare.Amounts(p); !change[3].Equal(bySeries[p.Either().ID]) {
			t.Errorf("series %s: accepted %s more, its instructions %s", p.Either().ID, change[3], bySeries[p.Either().ID])
		}
	}
	for _, p := range d.Funding {
		_, _, change := compare.Amounts(p)
		cash[p.Either().Currency] = cash[p.Either().Currency].Sub(change[4])
	}
	for currency, left := range cash {
		if !left.IsZero() {
			t.Errorf("%s: the instructions and the funding differ by %s", currency, left)
		}
	}
}

// Random positions: every instruction is listed once, as what became of it, and
// mirrored the other way round.
func TestComparedPositionsAreMirrored(t *testing.T) {
	random := rand.New(rand.NewPCG(6, 2004))
	book := func() map[instructionKey]result.Position {
		all := make(map[instructionKey]result.Position)
		for range random.IntN(30) {
			tendered := int64(1 + random.IntN(3))
			all[instructionKey{[]string{"DTC", "Euroclear"}[random.IntN(2)], fmt.Sprint(random.IntN(20))}] = result.Position{
				Series: []string{"a", "b"}[random.IntN(2)], Window: tender.Windows[random.IntN(2)],
				Tendered: decimal.NewFromInt(tendered),
				Accepted: decimal.NewFromInt(random.Int64N(tendered + 1)), Total: decimal.New(random.Int64N(3), -2),
			}
		}
		return all
	}
	for range 2000 {
		was, now := book(), book()
		forth := comparePositions(was, maps.All(now))
		back := mirrored(&compare.Difference{Lines: comparePositions(now, maps.All(was))}).Lines
		if !reflect.DeepEqual(forth, back) {
			t.Fatalf("there\n%+v\nand back\n%+v", forth, back)
		}
		patched := maps.Clone(was)
		for _, c := range forth {
			key := instructionKey{c.Depositary, c.Instruction}
			patched[key] = c.Now
			if c.Kind == result.NoLonger {
				delete(patched, key)
			}
		}
		if !reflect.DeepEqual(patched, now) {
			t.Fatalf("the changes of %v do not lead to %v", was, now)
		}
	}
}

func TestRunsThatCannotBeCompared(t *testing.T) {
	folder := example(t)
	early, final := publishExample(t, folder, "2004-11-12T17:00"), publishExample(t, folder, "2004-12-02T09:00")
	other := example(t)
	replaceIn(t, filepath.Join(other, offerfolder.OfferName), "id: level3-2004", "id: other-2004")
	foreign := publishExample(t, other, "2004-12-02T09:00")
	var usage *offerfolder.UsageError
	for _, c := range []struct{ was, now, want string }{
		{folder, final, "is not the folder of a published run; name one"},
		{early, "nowhere", "is not the folder of a published run"},
		{filepath.Join(early, result.JSONName), final, "is not the folder of a published run"},
		{early, foreign, "of other-2004; name two runs of one offer"},
	} {
		if _, err := Diff(c.was, c.now, ""); !errors.As(err, &usage) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %s: %v, want %q", c.was, c.now, err, c.want)
		}
	}
	for _, now := range []string{"latest", filepath.Base(final), final,
		filepath.Join(folder, offerfolder.RunsName, "latest")} {
		if d := mustDiff(t, early+string(filepath.Separator), now); d.Now.Run != filepath.Base(final) {
			t.Errorf("%s is %s", now, d.Now.Run)
		}
	}
	found, err := FindRun(final)
	if err != nil {
		t.Fatal(err)
	}
	m := found.Manifest
	if m.Kept[0].Of != offerfolder.OfferName {
		t.Fatalf("kept first: %+v", m.Kept[0])
	}
	for _, name := range []string{result.JSONName, result.InstructionsName, result.RejectsName, m.Kept[0].Name} {
		path := filepath.Join(final, name)
		sound, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(slices.Clone(sound), '\n'), 0o640); err != nil {
			t.Fatal(err)
		}
		if _, err := Diff(early, final, ""); err == nil || !strings.Contains(err.Error(), "was changed after it was") {
			t.Errorf("%s changed: %v", name, err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if _, err := Diff(final, early, ""); err == nil || errors.As(err, &usage) ||
			!strings.Contains(err.Error(), "is damaged; restore it") {
			t.Errorf("%s removed: %v", name, err)
		}
		if err := os.WriteFile(path, sound, 0o640); err != nil {
			t.Fatal(err)
		}
	}
}

// Without the terms of both runs the difference says so, and shows the rest.
func TestTermsThatWereNotKeptAreSaid(t *testing.T) {
	folder := example(t)
	early := publishExample(t, folder, "2004-11-12T17:00")
	keepTerms(t, early, nil)
	final := publishExample(t, folder, "2004-12-02T09:00")
	d := mustDiff(t, early, final)
	if !strings.Contains(d.NotCompared, filepath.Base(early)+" was made before runs kept their terms") ||
		len(d.Terms) > 0 || !d.TermsDiffer() || len(d.Lines) == 0 {
		t.Errorf("%q, %d terms", d.NotCompared, len(d.Terms))
	}
	if d := mustDiff(t, early, early); d.NotCompared != "" || d.Differs() {
		t.Errorf("the same terms: %q", d.NotCompared)
	}
	keepTerms(t, early, []byte("id: level3-2004\nnew_key: 1\n"))
	if d := mustDiff(t, early, final); !strings.Contains(d.NotCompared,
		"has terms that this version of the program does not understand: ") || strings.Contains(d.NotCompared, "\n") {
		t.Errorf("%q", d.NotCompared)
	}
}

// The same reject in the next report, in another row or file, is no news; one more
// of the same kind is, and so is a waiver.
func TestRejectsAreFollowedFromReportToReport(t *testing.T) {
	at := func(file string, row int, value, waived string) tender.Finding {
		return tender.Finding{Source: tender.Source{File: file, Row: row}, Rule: "R5-multiple", Value: value, Waived: waived}
	}
	was := []tender.Finding{at("a", 1, "17", ""), at("a", 2, "17", ""), at("a", 3, "19", "")}
	now := []tender.Finding{at("b", 7, "17", ""), at("a", 2, "17", "x"), at("b", 9, "17", "")}
	var got []string
	for _, p := range different(result.PairUp(was, now, rejectPlace, rejectContent), differentRejects) {
		got = append(got, fmt.Sprintf("%s %s %d", compare.RejectWord(p), p.Either().Source.File, p.Either().Source.Row))
	}
	if want := []string{"waived a 2", "new b 9", "resolved a 3"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
