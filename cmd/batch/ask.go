package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
)

// asking asks the person at the terminal, and returns the line that they type.
type asking func(ctx context.Context, prompt string) (string, error)

// asker asks at a terminal; it is nil if there is none, as in a pipe or under cron.
func asker(in, out *os.File) asking {
	if !terminal(in) || !terminal(out) {
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
