package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/terminal"
)

// logged is what a logger of a format writes.
func logged(t *testing.T, format string, terminal bool, write func(*slog.Logger)) string {
	t.Helper()
	var out bytes.Buffer
	log, err := newLogger(&out, format, terminal, nil)
	if err != nil {
		t.Fatal(err)
	}
	write(log)
	return out.String()
}

func TestTheLogIsReadableOnATerminalAndJSONOtherwise(t *testing.T) {
	write := func(log *slog.Logger) {
		log.With("offer", "level3-2004").WithGroup("run").Warn("one file is passed over", "file", "dtc 1.xlsx", "rows", 3,
			"took", 1500*time.Millisecond, "why", "")
	}
	text := logged(t, "auto", true, write)
	at, rest, _ := strings.Cut(text, " ")
	if _, err := time.Parse("time="+time.RFC3339, at); err != nil ||
		rest != "level=WARN msg=\"one file is passed over\" offer=level3-2004 run.file=\"dtc 1.xlsx\" run.rows=3 "+
			"run.took=1.5s\n" {
		t.Errorf("on a terminal: %q", text)
	}
	var record struct {
		Level, Msg, Offer string
		Time              time.Time
		Run               map[string]any
	}
	source := logged(t, "auto", false, write)
	if err := json.Unmarshal([]byte(source), &record); err != nil {
		t.Fatal(err)
	}
	if record.Level != "WARN" || record.Msg != "one file is passed over" || record.Offer != "level3-2004" ||
		record.Time.IsZero() || record.Run["file"] != "dtc 1.xlsx" || record.Run["rows"] != 3.0 {
		t.Errorf("otherwise: %s", source)
	}
	if forced := logged(t, "text", false, write); !strings.Contains(forced, `level=WARN msg="one file`) {
		t.Errorf("text is %q", forced)
	}
	if forced := logged(t, "json", true, write); !strings.HasPrefix(forced, "{") {
		t.Errorf("json is %q", forced)
	}
	if off := logged(t, "off", true, write); off != "" {
		t.Errorf("off is %q", off)
	}
}

func TestAnUnknownLogFormatIsAUsageError(t *testing.T) {
	_, err := newLogger(&bytes.Buffer{}, "xml", false, nil)
	var usage *offerfolder.UsageError
	if !errors.As(err, &usage) || !strings.Contains(err.Error(), `no log format "xml"; write auto, text, json or off`) {
		t.Errorf("%v", err)
	}
}

type (
	word   string
	number int
	hidden struct{ Holder string }
	broken struct{ text string }
	lazy   struct{ v any }
)

func (b *broken) Error() string        { return b.text } // panics for nil
func (l lazy) LogValue() slog.Value    { return slog.AnyValue(l.v) }
func hostile(what string) string       { return what + "\r\nFORGED\x1b[2J\u202e\u2066\u009b\x00\u2028" }
func tidy(what string) string          { return what + ` FORGED\u001b[2J\u202e\u2066\u009b\u0000 ` }
func sequence[T any](v ...T) (all []T) { return append(all, v...) }
func keyOf(line string, key string) any {
	var m map[string]any
	_ = json.Unmarshal([]byte(line), &m)
	return m[key]
}

func TestNothingUnseenGetsIntoTheLog(t *testing.T) {
	for name, value := range map[string]any{
		"text": hostile("a"), "error": errors.New(hostile("a")), "wrapped": fmt.Errorf("%w", errors.New(hostile("a"))),
		"texts": sequence(hostile("a")), "lazy": lazy{hostile("a")},
	} {
		line := logged(t, "json", false, func(log *slog.Logger) { log.Info("m", "key", value) })
		if got := keyOf(line, "key"); got != tidy("a") {
			t.Errorf("%s is logged as %q, want %q", name, got, tidy("a"))
		}
	}
	for _, format := range []string{"text", "json"} {
		out := logged(t, format, false, func(log *slog.Logger) {
			log = log.With(hostile("k"), hostile("v")).WithGroup("g")
			log.Error(hostile("m"), hostile("k"), hostile("v"), slog.Group("g", slog.Any("e", errors.New(hostile("e")))))
		})
		line, rest, _ := strings.Cut(out, "\n")
		if rest != "" || strings.ContainsFunc(line,
			func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
			t.Errorf("%s: %q", format, out)
		}
	}
}

func TestNamesOfHoldersNeverGetIntoTheLog(t *testing.T) {
	const name = "Jane Q. Holder"
	write := func(log *slog.Logger) {
		log.With("holder", name).WithGroup("g").With("Contact", name).Info("m",
			"reference", name, "PARTICIPANT_NAME", name,
			slog.Group("row", "holder", name, slog.Group("deep", "contact", lazy{name})), slog.Group("holder", "first", name),
			"struct", hidden{name}, "pointer", &hidden{name}, "map", map[string]string{"holder": name}, "list",
			sequence(hidden{name}), "lazy", lazy{hidden{name}}, "bytes", []byte(name))
	}
	for _, format := range []string{"text", "json"} {
		out := logged(t, format, false, write)
		if strings.Contains(out, "Jane") || strings.Contains(out, "SmFuZ") || strings.Count(out, "(left out)") != 7 ||
			!strings.Contains(out, "(main.hidden)") {
			t.Errorf("%s: %s", format, out)
		}
	}
}

func TestALongValueIsCut(t *testing.T) {
	long := strings.Repeat("é", 10_000)
	out := logged(t, "json", false, func(log *slog.Logger) {
		log.Info(long, "a", long, "b", errors.New(long),
			"c", sequence(long, long))
	})
	for _, key := range []string{"msg", "a", "b", "c"} {
		if got, _ := keyOf(out, key).(string); len(got) > maxLogged || len(got) < maxLogged-4 ||
			!strings.HasSuffix(got, "é…") {
			t.Errorf("%s has %d bytes", key, len(got))
		}
	}
}

func TestValuesThatAreNoTextStayWhatTheyAre(t *testing.T) {
	var none *broken
	at := time.Date(2004, 11, 12, 17, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct{ value, want any }{
		"number": {7, 7.0}, "typed number": {number(7), "(main.number)"}, "typed text": {word("a"), "(main.word)"},
		"truth": {true, true}, "time": {at, "2004-11-12T17:00:00Z"},
		"amount": {decimal.RequireFromString("837.50"), "837.5"}, "nothing": {nil, "(none)"},
		"broken error": {none, "(*main.broken cannot be shown)"}, "function": {fmt.Sprint, "(func(...interface {}) string)"},
	} {
		line := logged(t, "json", false, func(log *slog.Logger) { log.Info("m", "key", c.value) })
		if got := keyOf(line, "key"); got != c.want {
			t.Errorf("%s is logged as %v, want %v", name, got, c.want)
		}
	}
}

func TestLinesOfSeveralRunsDoNotMix(t *testing.T) {
	var out bytes.Buffer
	log, err := newLogger(&out, "text", true, nil)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for range 100 {
				log.With("run", i).InfoContext(context.Background(), "line", "end", "end")
			}
		})
	}
	all.Wait()
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	for _, l := range lines {
		if !strings.Contains(l, " level=INFO msg=line run=") || !strings.HasSuffix(l, " end=end") {
			t.Fatalf("a line is %q", l)
		}
	}
	if len(lines) != 400 {
		t.Errorf("%d lines, want 400", len(lines))
	}
}

func TestATerminalIsToldFromAFile(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	if terminal.Is(f) {
		t.Error("a file is taken for a terminal")
	}
	if tty, err := os.Open("/dev/ptmx"); err == nil { // a terminal of its own, where there are any
		if !terminal.Is(tty) {
			t.Error("a terminal is taken for a file")
		}
		if err := tty.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
