// Package exchange holds the commands with which files come in and go out, and with which they are kept or
// deleted: flags and printing. What they do is in the packages below internal.
package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/display"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/monitor"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/settings"
	"tenderbatch/internal/strictyaml"
)

// World is what the commands take from outside but their arguments.
type World struct {
	Stdout, Stderr io.Writer
	Now            func() time.Time
	Getenv         func(string) string
	Version        string
	By             string
	Actor          ledger.Actor
	Disk           disk.Disk
	Monitor        *monitor.Monitor // of a service: notices and metrics; nil where a person sees what is printed
}

// For is the world of a service, which notifies people and has metrics.
func (w World) For(m *monitor.Monitor) World {
	w.Monitor = m
	return w
}

// Commands are the commands of the package.
func Commands(w World) []*cobra.Command {
	return []*cobra.Command{newFetch(w), newDeliver(w), newPrune(w), newArchive(w), newVerifyArchive(w)}
}

// usage says that the command line is wrong and where to look.
func usage(c *cobra.Command, format string, args ...any) error {
	return &offerfolder.UsageError{Message: fmt.Sprintf(format, args...) +
		fmt.Sprintf("; see \"%s --help\"", c.CommandPath())}
}

// exactly demands named arguments, one each.
func exactly(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != len(names) {
			return usage(c, "%s takes %d argument(s), %v, and got %d", c.CommandPath(), len(names), names, len(args))
		}
		return nil
	}
}

// settingsFor are the settings in a file, or those in the folder of the offers: an offer's are beside it.
func settingsFor(folder, file string) (s settings.Settings, err error) {
	if file != "" {
		s, err = settings.Load(file)
		return s, asUsage(err)
	}
	whole, err := filepath.Abs(folder)
	if err != nil {
		return s, err
	}
	places := []string{whole}
	if offerfolder.IsOffer(folder) == nil {
		places = []string{filepath.Dir(whole), whole}
	}
	for _, place := range places {
		if s, err = settings.LoadIn(place); !errors.Is(err, fs.ErrNotExist) {
			return s, asUsage(err)
		}
	}
	return settings.Default(), nil
}

// asUsage makes what is wrong with a file of settings an error of usage.
func asUsage(err error) error {
	wrong, strange, large := new(strictyaml.Error), new(disk.StrangeError), new(disk.TooLargeError)
	if errors.Is(err, fs.ErrNotExist) || errors.As(err, &wrong) || errors.As(err, &strange) || errors.As(err, &large) {
		return &offerfolder.UsageError{Message: err.Error()}
	}
	return err
}

// sayJSON prints a value as JSON.
func (w World) sayJSON(v any) error {
	encoder := json.NewEncoder(w.Stdout)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// pause waits, and reports whether it waited to the end: not if the context is done before.
func pause(ctx context.Context, period time.Duration) bool {
	timer := time.NewTimer(period)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// printer prints lines until one fails.
type printer struct {
	to  io.Writer
	err error
}

func (p *printer) linef(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintln(p.to, display.Line(fmt.Sprintf(format, args...)))
	}
}
