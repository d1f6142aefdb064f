package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"tenderbatch/internal/display"
	"tenderbatch/internal/notify"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/terminal"
)

// maxLogged bounds a message and each value of the log, in bytes.
const maxLogged = 4 << 10

// unloggable are the keys under which the names and references of holders would stand.
// No value of theirs gets into the log, from any package.
var unloggable = map[string]bool{"holder": true, "contact": true, "reference": true, "participant_name": true}

func isUnloggable(key string) bool { return unloggable[strings.ToLower(strings.TrimSpace(key))] }

// newLogger returns a logger that writes to w. format is text (readable), json, off, or
// auto: text on a terminal, JSON otherwise. What is logged has control characters and
// direction marks written out and secrets masked, is bounded, and names of holders are
// left out.
func newLogger(w io.Writer, format string, terminal bool, secrets *display.Secrets) (*slog.Logger, error) {
	switch {
	case format == "off":
		return slog.New(slog.DiscardHandler), nil
	case format == "text", format == "auto" && terminal:
		return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{ReplaceAttr: cleaner{secrets, true}.clean})), nil
	case format == "json", format == "auto":
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{ReplaceAttr: cleaner{secrets, false}.clean})), nil
	}
	return nil, &offerfolder.UsageError{
		Message: fmt.Sprintf("there is no log format %q; write auto, text, json or off", notify.Line(format, 60)),
	}
}

// newLogger returns the logger of a command, on standard error.
func (w world) newLogger(format string) (*slog.Logger, error) {
	file, isFile := w.stderr.(*os.File)
	return newLogger(w.stderr, format, isFile && terminal.Is(file), w.secrets)
}

// cleaner cleans what is logged.
type cleaner struct {
	secrets *display.Secrets // masked in every text
	short   bool             // empty texts are left out, and times are to the second
}

// clean cleans a key and its value. No text of a caller names a group.
func (c cleaner) clean(groups []string, a slog.Attr) slog.Attr {
	if isUnloggable(a.Key) || slices.ContainsFunc(groups, isUnloggable) {
		return slog.String(c.line(a.Key), "(left out)")
	}
	a.Key = c.line(a.Key)
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(c.line(a.Value.String()))
		if c.short && a.Value.String() == "" {
			return slog.Attr{}
		}
	case slog.KindTime:
		if c.short {
			a.Value = slog.StringValue(a.Value.Time().Format(time.RFC3339))
		}
	case slog.KindAny:
		a.Value = slog.StringValue(c.text(a.Value.Any()))
	}
	return a
}

// line is a text as it is logged. It is masked before it is cut, as half a secret would
// not be known again.
func (c cleaner) line(s string) string { return notify.Line(c.secrets.Hide(s), maxLogged) }

// text is the text of a value of any type. Errors, what has a text of its own, and lists of
// texts are shown; of others, which may hold the name of a holder, only the type.
func (c cleaner) text(v any) (text string) {
	defer func() {
		if p := recover(); p != nil { // a nil pointer in an error, as a rule
			text = fmt.Sprintf("(%T cannot be shown)", v)
		}
	}()
	switch v := v.(type) {
	case nil:
		return "(none)"
	case error:
		return c.line(v.Error())
	case fmt.Stringer:
		return c.line(v.String())
	case []string:
		return c.line(strings.Join(v, ", "))
	}
	return fmt.Sprintf("(%T)", v)
}
