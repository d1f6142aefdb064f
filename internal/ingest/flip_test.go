package ingest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"tenderbatch/internal/inbox"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/xlsx/xlsxtest"
)

// flips is how many bits TestBitFlips flips in a workbook, usual if BIT_FLIPS does
// not set another number; the full measure is 20,000.
func flips(t *testing.T, usual int) int {
	t.Helper()
	set := os.Getenv("BIT_FLIPS")
	if set == "" {
		return usual
	}
	n, err := strconv.Atoi(set)
	if err != nil || n < 1 {
		t.Fatalf("BIT_FLIPS is %q, not a number", set)
	}
	return n
}

// flipBook is a workbook of tenders, of all kinds of cells, the same bytes each
// time.
func flipBook(tenders int) []byte {
	var texts, lines strings.Builder
	statuses := []string{"MADE", "MADE", "WITH", "PEND"}
	for _, s := range append([]string{"52729NAA8", "037833100", "Book-entry"}, statuses...) {
		fmt.Fprintf(&texts, `<si><t>%s</t></si>`, s)
	}
	for i := range tenders {
		fmt.Fprintf(&texts, `<si><t>HOLDER %d</t></si>`, i*31)
		fmt.Fprintf(&lines,
			`<row r="%[1]d"><c r="A%[1]d"><v>%[2]d</v></c><c r="B%[1]d" t="s"><v>%[3]d</v></c><c r="C%[1]d"><v>%[4]d000</v></c>`+
				`<c r="D%[1]d" s="1"><v>38303.%06[5]d</v></c><c r="E%[1]d" t="inlineStr"><is><t>%04[6]d</t></is></c>`+
				`<c r="F%[1]d" t="s"><v>%[7]d</v></c><c r="G%[1]d" t="s"><v>%[8]d</v></c></row>`,
			i+2, 900000+i, i%2, i*37%500+2, (i+1)*7919%1000000, i*13%997, 3+i%len(statuses), 7+i)
	}
	heading := strings.Replace(headingRow, "</row>",
		`<c t="str"><v>Status</v></c><c t="str"><v>Customer Reference</v></c></row>`, 1)
	return hostileBook{texts: texts.String(), sheet: `<sheetData>` + heading + lines.String() + `</sheetData>`}.bytes()
}

// outcomeClass is what a flipped bit came to.
type outcomeClass string

const (
	flipRefused   outcomeClass = "refused"
	flipIdentical outcomeClass = "read the same"
	flipVisible   outcomeClass = "rejects that were not there before"
	flipSilent    outcomeClass = "silently different"
)

// TestBitFlips flips one bit anywhere in a workbook of 500 tenders, plain and
// protected, and reads it all the way to instructions. Either the file is refused,
// or nothing is different, or what is different is a reject: never a tender that is
// missing or changed without a word.
func TestBitFlips(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	plain := flipBook(500)
	for _, c := range []struct {
		name    string
		content []byte
		usual   int // flips, for a few seconds each
		refused int // of 100 flips, at the least; in a compound file there are bytes that nothing uses
	}{
		{"plain", plain, 3000, 90},
		{"agile", xlsxtest.Lock{Spins: 100}.Protect(plain, testPassword), 3000, 80},
		{"agile in version 4", xlsxtest.Lock{Spins: 100, Wide: true, KeyBits: 128, Hash: "SHA1"}.Protect(plain,
			testPassword), 2000, 50},
		{"standard", xlsxtest.Lock{Standard: true}.Protect(plain, testPassword), 400,
			80}, // has 50,000 rounds to make each time
	} {
		t.Run(c.name, func(t *testing.T) { flipMany(t, c.content, flips(t, c.usual), c.refused) })
	}
}

func flipMany(t *testing.T, sound []byte, n, refused int) {
	want, err := readFlipped(t, sound)
	if err != nil || want.Count() != 500 || len(want.Findings) != 0 {
		t.Fatalf("the sound workbook: %v", err)
	}
	random := rand.New(rand.NewPCG(20_000, 4))
	bits := make(chan int, n)
	for range n {
		bits <- random.IntN(len(sound) * 8)
	}
	close(bits)
	counts := map[outcomeClass]int{}
	var lock sync.Mutex
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for bit := range bits {
				class := classify(t, sound, bit, want)
				lock.Lock()
				counts[class]++
				lock.Unlock()
			}
		})
	}
	workers.Wait()
	t.Logf("of %d flipped bits in %d bytes: %v", n, len(sound), counts)
	if counts[flipSilent] > 0 || counts[flipRefused] < n*refused/100 {
		t.Errorf("%v", counts)
	}
}

func classify(t *testing.T, sound []byte, bit int, want *Intake) outcomeClass {
	b := slices.Clone(sound)
	b[bit/8] ^= 1 << (bit % 8)
	got, err := readFlipped(t, b)
	var refusal *tender.FileError
	switch {
	case errors.As(err, &refusal):
		return flipRefused
	case err != nil:
		t.Errorf("bit %d: an error of another type: %v", bit, err)
	case reflect.DeepEqual(slices.Collect(got.Instructions()), slices.Collect(want.Instructions())) &&
		len(got.Findings) == 0:
		return flipIdentical
	case onlyRejected(got, want):
		return flipVisible
	default:
		t.Errorf("bit %d changed the tenders without a word", bit)
	}
	return flipSilent
}

// onlyRejected reports whether every row is still there, either as it was or with a
// reject.
func onlyRejected(got, want *Intake) bool {
	rejected := map[int]bool{}
	for _, r := range got.Findings {
		rejected[r.Source.Row] = true
	}
	rest := slices.Collect(got.Instructions())
	for in := range want.Instructions() {
		switch {
		case len(rest) > 0 && reflect.DeepEqual(rest[0], in):
			rest = rest[1:]
		case !rejected[in.Source.Row]:
			return false
		}
	}
	return len(rest) == 0 && len(rejected) > 0
}

func readFlipped(t *testing.T, content []byte) (*Intake, error) {
	o := testOffer(t)
	return Read(o, []inbox.Chosen{{Depositary: o.Depositaries[0], Password: testPassword,
		File: inbox.File{Name: "dtc-1.xlsx", Content: content}}})
}
