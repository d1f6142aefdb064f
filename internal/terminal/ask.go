// Package terminal talks with the person who sits at a terminal, if there is one: it shows how far a run
// has come, and asks.
package terminal

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
)

// Is reports whether a file is a terminal.
func Is(f *os.File) bool {
	return isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd())
}

// Asking asks the person at the terminal, and returns the line that they type.
type Asking func(ctx context.Context, prompt string) (string, error)

// Asker asks at a terminal; it is nil if there is none, as in a pipe or under cron.
func Asker(in, out *os.File) Asking {
	if !Is(in) || !Is(out) {
		return nil
	}
	return func(ctx context.Context, prompt string) (string, error) {
		if _, err := fmt.Fprint(out, prompt+" "); err != nil {
			return "", err
		}
		typed := make(chan string, 1)
		go func() { // a read from a terminal cannot be interrupted; the process ends before it does
			line, _ := bufio.NewReader(in).ReadString('\n') // an end without a line is an empty one
			typed <- strings.TrimSpace(line)
		}()
		select {
		case line := <-typed:
			return line, nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}
