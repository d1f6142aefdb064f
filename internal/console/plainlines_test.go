package console

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// The fast reader gives the lines that the slow one gives: all, behind some, and those with a text in them.
func TestPlainLines(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for n := 0; b.Len() < 3*readAhead+17; n++ {
		fmt.Fprintf(&b, "%07d,Bank %c%c Ä,%s\n", n, 'A'+random.IntN(26), 'a'+random.IntN(26), strings.Repeat("x", random.IntN(200)))
	}
	b.WriteString("the last,without an end")
	text := b.String()
	read := func(next func() ([]byte, error)) (all []string) {
		for {
			line, err := next()
			if errors.Is(err, io.EOF) {
				return all
			}
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(line))
		}
	}
	want := read(newLineReader(strings.NewReader(text)).next)
	same := func(what string, got, want []string) {
		t.Helper()
		if len(got) != len(want) {
			t.Errorf("%s: %d lines, want %d", what, len(got), len(want))
			return
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%s: line %d is %q, want %q", what, i, got[i], want[i])
				return
			}
		}
	}
	same("all", read(newPlainLines(strings.NewReader(text)).next), want)
	for _, skip := range []int{0, 1, 49, 5000, len(want) - 2, len(want) - 1} {
		l := newPlainLines(strings.NewReader(text))
		if err := l.skip(skip); err != nil {
			t.Fatal(err)
		}
		same(fmt.Sprint("behind ", skip), read(l.next), want[skip:])
	}
	if err := newPlainLines(strings.NewReader(text)).skip(len(want) + 5); !errors.Is(err, io.EOF) {
		t.Errorf("behind the end: %v", err)
	}
	for _, q := range []string{"bank q", "0001234", "bank zz", "without", "nothing of it", "k a", "7,"} {
		l := newPlainLines(strings.NewReader(text))
		var has []string
		for _, line := range want {
			if strings.Contains(strings.ToLower(line), q) {
				has = append(has, line)
			}
		}
		same(q, read(func() ([]byte, error) { return l.find([]byte(q)) }), has)
	}
	if n, err := countLines(strings.NewReader(text)); err != nil || n != strings.Count(text, "\n") {
		t.Errorf("%d lines, %v", n, err)
	}
}

func TestLowerASCII(t *testing.T) {
	var all []byte
	for n := range 256 * 5 {
		all = append(all, byte(n*7))
	}
	to := make([]byte, len(all))
	lowerASCII(to, all)
	for i, c := range all {
		if want := bytes.ToLower([]byte{c}); c < 0x80 && to[i] != want[0] || c >= 0x80 && to[i] != c {
			t.Errorf("%x became %x", c, to[i])
		}
	}
}
