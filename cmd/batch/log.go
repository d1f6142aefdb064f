package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-isatty"

	"tenderbatch/internal/display"
	"tenderbatch/internal/notify"
	"tenderbatch/internal/offerfolder"
)

// maxLogged bounds a message and each value of the log, in bytes.
const maxLogged = 4 << 10

// unloggable are the keys under which the names and references of holders would stand.
// No value of theirs gets into the log, from any package.
var unloggable = map[string]bool{"holder": true, "contact": true, "reference": true, "participant_name": true}

// newLogger returns a logger that writes to w. format is text (readable), json, off, or
// auto: text on a terminal, JSON otherwise. What is logged has control characters and
// direction marks written out and secrets masked, is bounded, and names of holders are
// left out.
func newLogger(w io.Writer, format string, terminal bool, secrets *display.Secrets) (*slog.Logger, error) {
	switch {
	case format == "off":
		return slog.New(slog.DiscardHandler), nil
	case format == "text", format == "auto" && terminal:
		return slog.New(cleanHandler{&lineHandler{out: &lineWriter{w: w}}, secrets}), nil
	case format == "json", format == "auto":
		return slog.New(cleanHandler{slog.NewJSONHandler(w, nil), secrets}), nil
	}
	return nil, &offerfolder.UsageError{Message: fmt.Sprintf("there is no log format %q; write auto, text, json or off", notify.Line(format, 60))}
}

// newLogger returns the logger of a command, on standard error.
func (w world) newLogger(format string) (*slog.Logger, error) {
	file, isFile := w.stderr.(*os.File)
	return newLogger(w.stderr, format, isFile && terminal(file), w.secrets)
}

// terminal reports whether a file is a terminal.
func terminal(f *os.File) bool {
	return isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd())
}

// cleanHandler cleans what it passes on to the next handler.
type cleanHandler struct {
	next    slog.Handler
	secrets *display.Secrets // masked in every text
}

// Enabled implements slog.Handler.
func (h cleanHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (h cleanHandler) Handle(ctx context.Context, r slog.Record) error {
	cleaned := slog.NewRecord(r.Time, r.Level, h.line(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		cleaned.AddAttrs(h.cleanAttr(a))
		return true
	})
	return h.next.Handle(ctx, cleaned)
}

// WithAttrs implements slog.Handler.
func (h cleanHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return cleanHandler{h.next.WithAttrs(h.cleanAttrs(attrs)), h.secrets}
}

// WithGroup implements slog.Handler.
func (h cleanHandler) WithGroup(name string) slog.Handler {
	return cleanHandler{h.next.WithGroup(h.line(name)), h.secrets}
}

// line is a text as it is logged. It is masked before it is cut, as half a secret would
// not be known again.
func (h cleanHandler) line(s string) string { return notify.Line(h.secrets.Hide(s), maxLogged) }

func (h cleanHandler) cleanAttrs(attrs []slog.Attr) []slog.Attr {
	cleaned := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		cleaned[i] = h.cleanAttr(a)
	}
	return cleaned
}

// cleanAttr cleans a key and its value, those of groups too.
func (h cleanHandler) cleanAttr(a slog.Attr) slog.Attr {
	key := h.line(a.Key)
	if unloggable[strings.ToLower(strings.TrimSpace(key))] {
		return slog.String(key, "(left out)")
	}
	value := a.Value.Resolve()
	if key == "" && value.Equal(slog.Value{}) {
		return slog.Attr{} // which a handler leaves out
	}
	switch value.Kind() {
	case slog.KindGroup:
		return slog.Attr{Key: key, Value: slog.GroupValue(h.cleanAttrs(value.Group())...)}
	case slog.KindString:
		value = slog.StringValue(h.line(value.String()))
	case slog.KindAny:
		value = h.cleanAny(value.Any())
	}
	return slog.Attr{Key: key, Value: value}
}

// cleanAny cleans a value of any type. Errors, what has a text of its own, and lists of
// texts are shown; of others, which may hold the name of a holder, only the type.
func (h cleanHandler) cleanAny(v any) (cleaned slog.Value) {
	defer func() {
		if p := recover(); p != nil { // a nil pointer in an error, as a rule
			cleaned = slog.StringValue(fmt.Sprintf("(%T cannot be shown)", v))
		}
	}()
	switch v := v.(type) {
	case nil:
		return slog.StringValue("(none)")
	case error:
		return slog.StringValue(h.line(v.Error()))
	case fmt.Stringer:
		return slog.StringValue(h.line(v.String()))
	case []error:
		return h.cleanAny(texts(v, error.Error))
	case []string:
		return slog.StringValue(h.line(strings.Join(v, ", ")))
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.String:
		return slog.StringValue(h.line(r.String()))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return slog.Int64Value(r.Int())
	case reflect.Slice, reflect.Array:
		if r.Type().Elem().Kind() == reflect.String {
			all := make([]string, r.Len())
			for i := range all {
				all[i] = r.Index(i).String()
			}
			return h.cleanAny(all)
		}
	}
	return slog.StringValue(fmt.Sprintf("(%T)", v))
}

// texts are the texts of several values.
func texts[T any](values []T, text func(T) string) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = text(v)
	}
	return all
}

// lineHandler writes records for a reader: the time with its date and zone, level, message, and key=value for
// each attribute. It expects what cleanHandler passes on.
type lineHandler struct {
	out    *lineWriter
	prefix string // of keys: the groups that are open
	given  []byte // attributes given before, written out
}

// lineWriter writes whole lines.
type lineWriter struct {
	mu sync.Mutex
	w  io.Writer
}

// Enabled implements slog.Handler.
func (h *lineHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo
}

// Handle implements slog.Handler.
func (h *lineHandler) Handle(_ context.Context, r slog.Record) error {
	var line []byte
	if !r.Time.IsZero() {
		line = append(r.Time.AppendFormat(line, time.RFC3339), ' ')
	}
	line = fmt.Appendf(line, "%-5s %s", r.Level, r.Message)
	line = append(line, h.given...)
	r.Attrs(func(a slog.Attr) bool {
		line = appendAttr(line, h.prefix, a)
		return true
	})
	h.out.mu.Lock()
	defer h.out.mu.Unlock()
	_, err := h.out.w.Write(append(line, '\n'))
	return err
}

// WithAttrs implements slog.Handler.
func (h *lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *h
	with.given = bytes.Clone(h.given)
	for _, a := range attrs {
		with.given = appendAttr(with.given, h.prefix, a)
	}
	return &with
}

// WithGroup implements slog.Handler.
func (h *lineHandler) WithGroup(name string) slog.Handler {
	with := *h
	if name != "" {
		with.prefix += name + "."
	}
	return &with
}

// appendAttr appends " key=value", for a group one for each of its attributes.
func appendAttr(line []byte, prefix string, a slog.Attr) []byte {
	if a.Value.Kind() == slog.KindGroup {
		if a.Key != "" {
			prefix += a.Key + "."
		}
		for _, member := range a.Value.Group() {
			line = appendAttr(line, prefix, member)
		}
		return line
	}
	if a.Equal(slog.Attr{}) {
		return line
	}
	value := a.Value.String()
	if value == "" {
		return line // nothing is known of it
	}
	if strings.ContainsAny(value, " =\"") {
		value = strconv.Quote(value)
	}
	return append(line, " "+prefix+a.Key+"="+value...)
}
